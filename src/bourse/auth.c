#include "bourse/auth.h"

#include "base/decimal.h"
#include "net/secret.h"
#include "venue/bybit/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_DEFAULT_MS = 5000, WINDOW_MOST_MS = 60000, AHEAD_MS = 1000 };

static bool read_ms(const char *text, int64_t *out)
{
    return decimal_parse_scaled(text, strlen(text), 0, out) == DECIMAL_OK && *out >= 0;
}

static struct account *find_account(const struct bourse *bourse, const char *key)
{
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        if (strcmp(bourse->accounts[i].key, key) == 0) {
            return &bourse->accounts[i];
        }
    }
    return NULL;
}

bool auth_in_time(const struct bourse *bourse, const char *timestamp, const char *window,
                  struct auth_result *out)
{
    int64_t ts_ms, window_ms = WINDOW_DEFAULT_MS, now_ms = bourse_clock_ms(bourse);
    if (!read_ms(timestamp, &ts_ms) ||
        (window[0] != '\0' && (!read_ms(window, &window_ms) || window_ms > WINDOW_MOST_MS))) {
        out->code = 10001;
        snprintf(out->message, sizeof out->message,
                 "params error: timestamp or recv_window invalid");
        return false;
    }
    if (now_ms - window_ms <= ts_ms && ts_ms < now_ms + AHEAD_MS) {
        return true;
    }
    out->code = 10002;
    snprintf(out->message, sizeof out->message,
             "invalid request, please check your server timestamp or recv_window param. "
             "req_timestamp[%" PRId64 "],server_timestamp[%" PRId64 "],recv_window[%" PRId64 "]",
             ts_ms, now_ms, window_ms);
    return false;
}

static bool is_signed(struct account *account, const struct bybit_piece *pieces, size_t count,
                      const char *sign)
{
    char expected[BYBIT_SIGNATURE_SIZE];
    bybit_sign(&account->signer, pieces, count, expected);
    return secret_equal(expected, sign);
}

static struct bybit_piece piece_of(const char *text)
{
    return (struct bybit_piece){text, strlen(text)};
}

static bool request_signed(struct account *account, const struct bourse_request *request,
                           struct bybit_piece payload)
{
    const struct bybit_piece pieces[] = {piece_of(request->timestamp), piece_of(request->api_key),
                                         piece_of(request->recv_window), payload};
    return is_signed(account, pieces, sizeof pieces / sizeof pieces[0], request->sign);
}

static void refuse(struct auth_result *out, int code, const char *message)
{
    out->code = code;
    snprintf(out->message, sizeof out->message, "%s", message);
}

void auth_request(struct bourse *bourse, const struct bourse_request *given,
                  struct auth_result *out)
{
    struct bourse_request request = *given;
    request.recv_window = request.recv_window != NULL ? request.recv_window : "";
    *out = (struct auth_result){.code = 0};
    if (request.api_key == NULL || request.timestamp == NULL || request.sign == NULL) {
        refuse(out, 10001,
               "params error: X-BAPI-API-KEY, X-BAPI-TIMESTAMP and X-BAPI-SIGN must be "
               "given");
        return;
    }
    struct account *account = find_account(bourse, request.api_key);
    if (account == NULL) {
        refuse(out, 10003, "API key is invalid.");
        return;
    }
    if (!auth_in_time(bourse, request.timestamp, request.recv_window, out)) {
        return;
    }
    bool is_get = strcmp(request.method, "GET") == 0;
    struct bybit_piece payload = {is_get ? request.query : request.body,
                                  is_get ? strlen(request.query) : request.body_size};
    bool fine = request_signed(account, &request, payload) ||
                (is_get && request.query_else != NULL &&
                 request_signed(account, &request, piece_of(request.query_else)));
    if (!fine) {
        out->code = 10004;
        snprintf(out->message, sizeof out->message, "error sign! origin_string[%s%s%s%.*s]",
                 request.timestamp, request.api_key, request.recv_window, (int)payload.size,
                 payload.data);
        for (char *at = out->message; *at != '\0'; at++) {
            *at = (unsigned char)*at >= 0x7f ? '?' : *at; // the bytes may be no text
        }
        return;
    }
    out->account = account;
}

void auth_socket(struct bourse *bourse, const char *key, const char *expires, const char *sign,
                 struct auth_result *out)
{
    int64_t expires_ms;
    *out = (struct auth_result){.code = 0};
    struct account *account = find_account(bourse, key);
    if (account == NULL) {
        refuse(out, 10003, "API key is invalid.");
        return;
    }
    if (!read_ms(expires, &expires_ms) || expires_ms <= bourse_clock_ms(bourse)) {
        refuse(out, 10001, "Params Error: expires is not in the future");
        return;
    }
    const struct bybit_piece pieces[] = {piece_of("GET/realtime"), piece_of(expires)};
    if (!is_signed(account, pieces, sizeof pieces / sizeof pieces[0], sign)) {
        refuse(out, 10004, "Invalid sign");
        return;
    }
    out->account = account;
}
