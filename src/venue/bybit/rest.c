#include "venue/bybit/rest.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/platform.h"
#include "net/http_client.h"
#include "net/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECV_WINDOW "5000"

enum { ANSWER_SIZE_MAX = 4 << 20, HEADER_LINE_SIZE = 256, HEADERS = 4, CLOCK_QUESTIONS = 5 };

static const int64_t answer_ns = INT64_C(10000000000);

int bybit_rest_init(struct bybit_rest *rest, const char *url, const char *ca_file,
                    const struct bybit_keys *keys)
{
    *rest = (struct bybit_rest){.url = url, .ca_file = ca_file};
    if (!bybit_keys_given(keys)) {
        return MM_OK;
    }
    memcpy(rest->key, keys->key, sizeof rest->key);
    return bybit_signer_init(&rest->signer, keys->secret, strlen(keys->secret));
}

void bybit_rest_fini(struct bybit_rest *rest)
{
    bybit_signer_fini(&rest->signer);
    *rest = (struct bybit_rest){0};
}

static void sign_request(struct bybit_rest *rest, const char *query,
                         char lines[HEADERS][HEADER_LINE_SIZE])
{
    char time[32], signature[BYBIT_SIGNATURE_SIZE];
    int64_t now_ms = platform_wall_ns() / 1000000 + rest->ahead_ms;
    (void)snprintf(time, sizeof time, "%" PRId64, now_ms);
    struct bybit_piece pieces[] = {{time, strlen(time)},
                                   {rest->key, strlen(rest->key)},
                                   {RECV_WINDOW, sizeof RECV_WINDOW - 1},
                                   {query, strlen(query)}};
    bybit_sign(&rest->signer, pieces, sizeof pieces / sizeof pieces[0], signature);
    (void)snprintf(lines[0], HEADER_LINE_SIZE, "X-BAPI-API-KEY: %s", rest->key);
    (void)snprintf(lines[1], HEADER_LINE_SIZE, "X-BAPI-TIMESTAMP: %s", time);
    (void)snprintf(lines[2], HEADER_LINE_SIZE, "X-BAPI-RECV-WINDOW: " RECV_WINDOW);
    (void)snprintf(lines[3], HEADER_LINE_SIZE, "X-BAPI-SIGN: %s", signature);
}

static int read_answer(const char *url, int status, const struct text *body,
                       struct bybit_reply *out)
{
    if (status != 200) {
        return mm_fail(MM_ERROR_SYSTEM, "%s: HTTP status %d%s", url, status,
                       status == 403 ? ", refused: too many requests, or a country not served"
                                     : "");
    }
    int code = bybit_reply_read(text_string(body), body->size, out);
    return code == MM_OK ? MM_OK : mm_fail_add(code, "%s", url);
}

int bybit_rest_get(struct bybit_rest *rest, const char *path, const char *query, bool is_private,
                   struct bybit_reply *out)
{
    char url[URL_SIZE], lines[HEADERS][HEADER_LINE_SIZE];
    const char *headers[HEADERS + 1] = {lines[0], lines[1], lines[2], lines[3], NULL};
    struct http_options options = {
        .ca_file = rest->ca_file, .timeout_ns = answer_ns, .body_size_max = ANSWER_SIZE_MAX};
    struct text body = {0};
    int status = 0;
    *out = (struct bybit_reply){0};
    size_t length = strlen(rest->url);
    bool has_slash = length > 0 && rest->url[length - 1] == '/';
    (void)snprintf(url, sizeof url, "%s%s%s%s", rest->url, path + has_slash,
                   query[0] != '\0' ? "?" : "", query);
    if (is_private) {
        MM_ASSERT(rest->key[0] != '\0');
        sign_request(rest, query, lines);
        options.headers = headers;
    }
    int code = http_get(url, &options, &body, &status);
    if (code == MM_OK) {
        code = read_answer(url, status, &body, out);
    }
    text_fini(&body);
    return code;
}

static int ask_time(struct bybit_rest *rest, struct bybit_clock *out)
{
    struct bybit_reply reply;
    int64_t server_ns = 0, start_ns = platform_monotonic_ns(), wall_ns = platform_wall_ns();
    int code = bybit_rest_get(rest, "/v5/market/time", "", false, &reply);
    if (code != MM_OK) {
        return code;
    }
    out->round_trip_ns = platform_monotonic_ns() - start_ns;
    const char *text = json_string_value(json_object_get(reply.result, "timeNano"));
    bool fine =
        text != NULL && decimal_parse_scaled(text, strlen(text), 0, &server_ns) == DECIMAL_OK;
    bybit_reply_fini(&reply);
    out->ahead_ns = server_ns - (wall_ns + out->round_trip_ns / 2);
    return fine ? MM_OK : mm_fail(MM_ERROR_INPUT, "/v5/market/time: the answer has no timeNano");
}

int bybit_rest_clock(struct bybit_rest *rest, struct bybit_clock *out)
{
    out->round_trip_ns = INT64_MAX;
    for (int i = 0; i < CLOCK_QUESTIONS; i++) {
        struct bybit_clock clock;
        int code = ask_time(rest, &clock);
        if (code != MM_OK) {
            return code;
        }
        *out = clock.round_trip_ns < out->round_trip_ns ? clock : *out;
    }
    return MM_OK;
}
