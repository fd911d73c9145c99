#include "venue/bybit/rest.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/platform.h"
#include "net/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_SIZE_MAX = 4 << 20, HEADER_LINE_SIZE = 256, HEADERS = 4, CLOCK_QUESTIONS = 5 };

static const int64_t usual_answer_ns = INT64_C(10000000000), usual_recv_window_ms = 5000;

int bybit_rest_init(struct bybit_rest *rest, const char *url, const char *ca_file,
                    const struct bybit_keys *keys)
{
    *rest = (struct bybit_rest){.url = url,
                                .ca_file = ca_file,
                                .answer_ns = usual_answer_ns,
                                .recv_window_ms = usual_recv_window_ms};
    if (!bybit_keys_given(keys)) {
        return MM_OK;
    }
    memcpy(rest->key, keys->key, sizeof rest->key);
    return bybit_signer_init(&rest->signer, keys->secret, strlen(keys->secret));
}

void bybit_rest_keep_open(struct bybit_rest *rest)
{
    rest->session = http_session_create();
}

void bybit_rest_fini(struct bybit_rest *rest)
{
    http_session_destroy(rest->session);
    bybit_signer_fini(&rest->signer);
    *rest = (struct bybit_rest){0};
}

// `payload`: the query or the body.
static void sign_request(struct bybit_rest *rest, const char *payload,
                         char lines[HEADERS][HEADER_LINE_SIZE])
{
    char time[32], window[32], signature[BYBIT_SIGNATURE_SIZE];
    int64_t now_ms = platform_wall_ns() / 1000000 + rest->ahead_ms;
    (void)snprintf(time, sizeof time, "%" PRId64, now_ms);
    (void)snprintf(window, sizeof window, "%" PRId64, rest->recv_window_ms);
    struct bybit_piece pieces[] = {{time, strlen(time)},
                                   {rest->key, strlen(rest->key)},
                                   {window, strlen(window)},
                                   {payload, strlen(payload)}};
    bybit_sign(&rest->signer, pieces, sizeof pieces / sizeof pieces[0], signature);
    (void)snprintf(lines[0], HEADER_LINE_SIZE, "X-BAPI-API-KEY: %s", rest->key);
    (void)snprintf(lines[1], HEADER_LINE_SIZE, "X-BAPI-TIMESTAMP: %s", time);
    (void)snprintf(lines[2], HEADER_LINE_SIZE, "X-BAPI-RECV-WINDOW: %s", window);
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

static void write_url(const struct bybit_rest *rest, const char *path, const char *query,
                      char out[URL_SIZE])
{
    size_t length = strlen(rest->url);
    bool has_slash = length > 0 && rest->url[length - 1] == '/';
    (void)snprintf(out, URL_SIZE, "%s%s%s%s", rest->url, path + has_slash,
                   query[0] != '\0' ? "?" : "", query);
}

// `sent` NULL: a GET with `query`.
static int do_request(struct bybit_rest *rest, const char *path, const char *query,
                      const char *sent, bool is_private, struct bybit_reply *out)
{
    char url[URL_SIZE], lines[HEADERS][HEADER_LINE_SIZE];
    const char *headers[HEADERS + 1] = {lines[0], lines[1], lines[2], lines[3], NULL};
    struct http_options options = {.session = rest->session,
                                   .ca_file = rest->ca_file,
                                   .timeout_ns = rest->answer_ns,
                                   .body_size_max = ANSWER_SIZE_MAX};
    struct http_field fields[] = {{.name = "X-Bapi-Limit"},
                                  {.name = "X-Bapi-Limit-Status"},
                                  {.name = "X-Bapi-Limit-Reset-Timestamp"}};
    struct text body = {0};
    int status = 0;
    options.fields = fields;
    options.field_count = sizeof fields / sizeof fields[0];
    *out = (struct bybit_reply){0};
    write_url(rest, path, query, url);
    if (is_private) {
        MM_ASSERT(rest->key[0] != '\0');
        sign_request(rest, sent != NULL ? sent : query, lines);
        options.headers = headers;
    }
    int code = sent != NULL ? http_post(url, &options, sent, &body, &status)
                            : http_get(url, &options, &body, &status);
    rest->status = code == MM_OK ? status : 0;
    rest->limit = rate_limit_read(fields[0].value, fields[1].value, fields[2].value);
    if (code == MM_OK) {
        code = read_answer(url, status, &body, out);
    }
    text_fini(&body);
    return code;
}

int bybit_rest_get(struct bybit_rest *rest, const char *path, const char *query, bool is_private,
                   struct bybit_reply *out)
{
    return do_request(rest, path, query, NULL, is_private, out);
}

int bybit_rest_post(struct bybit_rest *rest, const char *path, const char *body,
                    struct bybit_reply *out)
{
    return do_request(rest, path, "", body, true, out);
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
