#include "bourse/rest.h"

#include "bourse/auth.h"
#include "bourse/push.h"
#include "bourse/settle.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rest_refuse(struct rest_reply *reply, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reply->message, sizeof reply->message, format, arguments);
    va_end(arguments);
    reply->code = code;
    return code;
}

bool rest_category(const json_t *params, enum category *out, struct rest_reply *reply)
{
    char text[PARAM_TEXT_SIZE];
    if (!category_parse(param_text(params, "category", text), out)) {
        rest_refuse(reply, 10001, "Illegal category");
        return false;
    }
    return true;
}

// ---- pages ----

// Cursors are URL-encoded by the exchange and perhaps once more by the client.
static bool read_cursor(const json_t *params, int64_t *out_skip)
{
    char text[PARAM_TEXT_SIZE];
    *out_skip = 0;
    param_text(params, "cursor", text);
    if (text[0] == '\0') {
        return true;
    }
    const char *marks[] = {"page=", "page%3D", "page%253D"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t size = strlen(marks[i]);
        if (strncmp(text, marks[i], size) == 0) {
            return decimal_parse_scaled(text + size, strlen(text + size), 0, out_skip) ==
                       DECIMAL_OK &&
                   *out_skip >= 0;
        }
    }
    return false;
}

bool rest_page(const json_t *params, int64_t limit_default, int64_t limit_most,
               struct rest_page *out, struct rest_reply *reply)
{
    if (!param_number(params, "limit", 1, INT64_MAX, limit_default, &out->limit)) {
        rest_refuse(reply, 10001, "params error: limit invalid");
        return false;
    }
    if (!read_cursor(params, &out->skip)) {
        rest_refuse(reply, 10001, "params error: cursor invalid");
        return false;
    }
    out->limit = out->limit > limit_most ? limit_most : out->limit;
    return true;
}

void rest_cursor(struct text *out, int64_t next, bool more)
{
    char cursor[48] = "";
    if (more) {
        snprintf(cursor, sizeof cursor, "page%%3D%" PRId64, next);
    }
    wire_string(out, "nextPageCursor", cursor);
}

// ---- the envelope ----

struct rest_headers {
    bool limited; // the first three are known
    char limit[24], left[24], reset[24];
    char trace[TOKEN_SIZE], now[24];
};

static void send(struct bourse *bourse, void *handle, int status, const struct text *body,
                 const struct rest_headers *headers)
{
    struct bourse_field fields[5] = {{"Traceid", headers->trace}, {"Timenow", headers->now}};
    size_t count = 2;
    if (headers->limited) {
        fields[count++] = (struct bourse_field){"X-Bapi-Limit", headers->limit};
        fields[count++] = (struct bourse_field){"X-Bapi-Limit-Status", headers->left};
        fields[count++] = (struct bourse_field){"X-Bapi-Limit-Reset-Timestamp", headers->reset};
    }
    push_answer(bourse, handle,
                &(struct bourse_answer){.status = status,
                                        .fields = fields,
                                        .field_count = count,
                                        .body = text_string(body),
                                        .body_size = body->size});
}

static void send_reply(struct bourse *bourse, void *handle, const struct rest_reply *reply,
                       struct rest_headers *headers)
{
    struct text body = {0};
    const char *result = reply->result.size > 0 && reply->code == 0 ? reply->result.bytes : "{}";
    const char *extra = reply->extra.size > 0 && reply->code == 0 ? reply->extra.bytes : "{}";
    name_token(&bourse->ids, 32, headers->trace);
    snprintf(headers->now, sizeof headers->now, "%" PRId64, bourse_clock_ms(bourse));
    wire_open(&body, NULL, '{');
    wire_number(&body, "retCode", reply->code);
    wire_string(&body, "retMsg", reply->message);
    wire_raw(&body, "result", result);
    wire_raw(&body, "retExtInfo", extra);
    wire_number(&body, "time", bourse_clock_ms(bourse));
    wire_close(&body, '}');
    send(bourse, handle, 200, &body, headers);
    text_fini(&body);
}

static void send_status(struct bourse *bourse, void *handle, int status, const char *message)
{
    struct text body = {0};
    struct rest_headers headers = {0};
    name_token(&bourse->ids, 32, headers.trace);
    snprintf(headers.now, sizeof headers.now, "%" PRId64, bourse_clock_ms(bourse));
    wire_open(&body, NULL, '{');
    wire_number(&body, "retCode", status == 404 ? 10017 : status);
    wire_string(&body, "retMsg", message);
    wire_close(&body, '}');
    send(bourse, handle, status, &body, &headers);
    text_fini(&body);
}

// ---- a request ----

static const struct rest_route *find_in(const struct rest_route *routes, size_t count,
                                        const struct bourse_request *request)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(routes[i].path, request->path) == 0 &&
            strcmp(routes[i].method, request->method) == 0) {
            return &routes[i];
        }
    }
    return NULL;
}

static const struct rest_route *find_route(const struct bourse_request *request)
{
    const struct rest_route *route = find_in(rest_market_routes, rest_market_route_count, request);
    route = route != NULL ? route : find_in(rest_account_routes, rest_account_route_count, request);
    return route != NULL ? route : find_in(rest_order_routes, rest_order_route_count, request);
}

static bool check_rate(struct bourse *bourse, struct account *account,
                       const struct rest_route *route, struct rest_headers *headers)
{
    struct rate_state rate;
    bool fine = rate_take(bourse, account, (enum rate_group)route->group, &rate);
    headers->limited = true;
    snprintf(headers->limit, sizeof headers->limit, "%" PRIu32, rate.limit);
    snprintf(headers->left, sizeof headers->left, "%" PRIu32, rate.left);
    snprintf(headers->reset, sizeof headers->reset, "%" PRId64, rate.reset_ms);
    return fine;
}

// Fills the reply by the route's handler, or by what stands in its way.
static void fill_reply(struct bourse *bourse, const struct rest_route *route,
                       const struct bourse_request *request, struct rest_reply *reply,
                       struct rest_headers *headers)
{
    struct auth_result auth = {.account = NULL};
    if (route->is_private) {
        auth_request(bourse, request, &auth);
    }
    if (auth.code != 0) {
        rest_refuse(reply, auth.code, "%s", auth.message);
        return;
    }
    if (route->is_private && route->changes && auth.account->read_only) {
        rest_refuse(reply, 10005, "Permission denied, please check your API key permissions.");
        return;
    }
    if (route->is_private && !check_rate(bourse, auth.account, route, headers)) {
        rest_refuse(reply, 10006, "Too many visits. Exceeded the API Rate Limit.");
        return;
    }
    bool is_get = strcmp(request->method, "GET") == 0;
    json_t *params = is_get ? params_of_query(request->query)
                            : params_of_body(request->body, request->body_size);
    if (params == NULL) {
        rest_refuse(reply, 10001, "Request parameter error: the body is not a JSON object");
        return;
    }
    route->handle(bourse, auth.account, params, reply);
    json_decref(params);
}

static bool loses_ack(struct bourse *bourse, const struct rest_route *route)
{
    if (bourse->faults.lose_ack == 0 || !route->changes || route->group > RATE_CANCEL_BATCH) {
        return false;
    }
    bourse->faults.lose_ack--;
    bourse->counters.acks_lost++;
    return true;
}

static void answer(struct bourse *bourse, const struct rest_route *route,
                   const struct bourse_request *request)
{
    struct rest_reply reply = {.message = "OK"};
    struct rest_headers headers = {0};
    fill_reply(bourse, route, request, &reply, &headers);
    if (settle_tells_first(bourse)) {
        settle_round(bourse);
    }
    if (loses_ack(bourse, route)) {
        push_drop(bourse, request->handle);
    } else {
        send_reply(bourse, request->handle, &reply, &headers);
    }
    settle_round(bourse);
    if (reply.late_tag != 0) {
        entry_tell_late(bourse, reply.late_tag);
    }
    text_fini(&reply.result);
    text_fini(&reply.extra);
}

static void answer_maintenance(struct bourse *bourse, void *handle)
{
    struct rest_headers headers = {0};
    struct rest_reply reply = {.code = 10016};
    if (bourse_switch(bourse, SWITCH_MAINTENANCE) == MAINTENANCE_HTTP) {
        send_status(bourse, handle, 503, "Service Unavailable: the exchange is being maintained");
        return;
    }
    rest_refuse(&reply, 10016, "server error: the exchange is being maintained");
    send_reply(bourse, handle, &reply, &headers);
}

void bourse_handle(struct bourse *bourse, const struct bourse_request *request, int64_t now_ns)
{
    bourse_run(bourse, now_ns);
    bourse->counters.requests++;
    const struct rest_route *route = find_route(request);
    bool is_get = strcmp(request->method, "GET") == 0;
    if (!rate_take_address(bourse)) {
        send_status(bourse, request->handle, 403, "access too frequent");
    } else if (route == NULL) {
        send_status(bourse, request->handle, 404, "Request path not found");
    } else if (is_get && request->body_size > 0) {
        send_status(bourse, request->handle, 403, "a GET request has no body");
    } else if (bourse->now_ns < bourse->faults.maintenance_until_ns &&
               strcmp(request->path, "/v5/system/status") != 0 &&
               strcmp(request->path, "/v5/market/time") != 0) {
        answer_maintenance(bourse, request->handle);
    } else {
        answer(bourse, route, request);
    }
}
