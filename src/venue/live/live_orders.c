#include "venue/live/live_state.h"

#include "base/json.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

static const char *const op_names[] = {
    [VENUE_PLACE] = "create", [VENUE_AMEND] = "amend", [VENUE_CANCEL] = "cancel"};

static void note_limit(struct live *live, bool is_batch, enum venue_op op,
                       const struct rate_limit *said, json_int_t code, int64_t now_ns)
{
    struct rate_budget *budget = &live->budgets[is_batch][op];
    bool refused = code_is_rate_limit(code);
    if (rate_budget_note(budget, said, refused, live->ahead_ms, now_ns)) {
        log_event(LOG_INFO, "rate_limit", "op=%s%s in_a_second=%" PRIu32, op_names[op],
                  is_batch ? "-batch" : "", budget->limit);
    }
}

// ---- what a request says ----

static const char *tif_text(enum time_in_force tif)
{
    static const char *const texts[] = {
        [TIF_GTC] = "GTC", [TIF_POST_ONLY] = "PostOnly", [TIF_FOK] = "FOK", [TIF_IOC] = "IOC"};
    return texts[tif];
}

static void write_decimal(struct text *out, int64_t steps, struct decimal step)
{
    char digits[DECIMAL_TEXT_SIZE];
    text_put(out, digits, decimal_print_steps(steps, step, digits));
}

// The fields of one order, without braces and category; what both ways have in common.
static void write_order(const struct live *live, const struct desk_order *order, struct text *out)
{
    char link[LINK_ID_SIZE];
    link_write(&live->namer, order->id, link);
    text_word(out, "\"symbol\":\"");
    text_word(out, live->market.symbol);
    text_word(out, "\",\"orderLinkId\":\"");
    text_word(out, link);
    if (order->op != VENUE_CANCEL) {
        text_word(out, "\",\"price\":\"");
        write_decimal(out, order->target_price_ticks, live->venue.instrument.tick);
        text_word(out, "\",\"qty\":\"");
        write_decimal(out, order->target_lots, live->venue.instrument.lot);
    }
    if (order->op == VENUE_PLACE) {
        text_word(out, "\",\"side\":\"");
        text_word(out, order->side == SIDE_BUY ? "Buy" : "Sell");
        text_word(out, "\",\"orderType\":\"");
        text_word(out, order->type == ORDER_MARKET ? "Market" : "Limit");
        text_word(out, "\",\"timeInForce\":\"");
        text_word(out, tif_text(order->tif));
    }
    text_put(out, "\"", 1);
}

// ---- by the trade connection ----

static struct live_request *new_request(struct live *live, enum venue_op op, bool is_batch,
                                        int64_t now_ns)
{
    uint64_t number = ++live->request_number;
    struct live_request *request = &live->requests[number % LIVE_REQUESTS_MAX];
    *request =
        (struct live_request){.number = number, .op = op, .sent_ns = now_ns, .is_batch = is_batch};
    return request;
}

static void write_head(const struct live *live, const struct live_request *request,
                       struct text *out)
{
    text_word(out, "{\"reqId\":\"");
    text_word(out, live->namer.run);
    text_put(out, "-", 1);
    text_integer(out, (int64_t)request->number);
    text_word(out, "\",\"header\":{\"X-BAPI-TIMESTAMP\":\"");
    text_integer(out, request->sent_ns / MS + live->ahead_ms);
    text_word(out, "\",\"X-BAPI-RECV-WINDOW\":\"");
    text_integer(out, live->recv_window_ms);
    text_word(out, "\"},\"op\":\"order.");
    text_word(out, op_names[request->op]);
    text_word(out, request->is_batch ? "-batch" : "");
    text_word(out, "\",\"args\":[{\"category\":\"");
    text_word(out, bybit_category_text(live->market.category));
    text_word(out, request->is_batch ? "\",\"request\":[" : "\",");
}

// The whole message, into live->message.
static void write_request(struct live *live, const struct live_request *request,
                          struct desk_order *const orders[], uint32_t count)
{
    struct text *out = &live->message;
    text_clear(out);
    write_head(live, request, out);
    for (uint32_t i = 0; i < count; i++) {
        text_word(out, i > 0 ? "," : "");
        text_word(out, request->is_batch ? "{" : "");
        write_order(live, orders[i], out);
        text_word(out, request->is_batch ? "}" : "");
    }
    text_word(out, request->is_batch ? "]}]}" : "}]}");
}

static void send_request(struct live *live, struct live_request *request,
                         struct desk_order *const orders[], uint32_t count)
{
    write_request(live, request, orders, count);
    for (uint32_t i = 0; i < count; i++) {
        request->ids[request->count++] = orders[i]->id;
        desk_sent(live->desk, orders[i], request->sent_ns);
    }
    int64_t written_ns = live_now_ns(live);
    if (!ws_client_send(live->trade_line, text_string(&live->message), live->message.size)) {
        ws_client_drop(live->trade_line, "a request could not be sent"); // and is unknown by that
    }
    live->sending_ns += live_now_ns(live) - written_ns;
}

void live_rehearse_request(struct live *live)
{
    const struct book *book = bybit_feed_book(live->feed);
    struct desk_order order = {.id = 1,
                               .op = VENUE_AMEND,
                               .target_price_ticks =
                                   geometry_ticks(book->geometry, SIDE_BUY, book->best[SIDE_BUY]),
                               .target_lots = 1};
    struct desk_order *const orders[] = {&order};
    const struct live_request request = {
        .number = live->request_number, .op = VENUE_AMEND, .sent_ns = live_now_ns(live)};
    write_request(live, &request, orders, 1);
    __builtin_prefetch(&live->requests[(live->request_number + 1) % LIVE_REQUESTS_MAX], 1);
    (void)rate_budget_ready_ns(&live->budgets[0][VENUE_AMEND], request.sent_ns);
}

static void send_group(struct live *live, enum venue_op op, struct desk_order *const orders[],
                       uint32_t count, int64_t now_ns)
{
    if (count > 1 && rate_budget_take(&live->budgets[1][op], count, now_ns)) {
        send_request(live, new_request(live, op, true, now_ns), orders, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        bool single = rate_budget_take(&live->budgets[0][op], 1, now_ns);
        // A batch has a limit of its own.
        if (single || rate_budget_take(&live->budgets[1][op], 1, now_ns)) {
            send_request(live, new_request(live, op, !single, now_ns), &orders[i], 1);
        } else if (op == VENUE_CANCEL) {
            orders[i]->not_before_ns = rate_budget_ready_ns(&live->budgets[0][op], now_ns);
        } else {
            desk_withdraw(live->desk, orders[i], VENUE_REJECT_RATE_LIMIT, now_ns);
        }
    }
}

// ---- by REST ----

static void post_order(struct live *live, struct desk_order *order, int64_t now_ns)
{
    struct text *out = &live->message;
    bool fits = rate_budget_take(&live->budgets[0][order->op], 1, now_ns);
    struct rest_job *job = fits ? rest_worker_job(&live->worker, JOB_ORDER) : NULL;
    if (job == NULL && order->op == VENUE_CANCEL) {
        order->not_before_ns = now_ns + 20 * MS;
        return;
    }
    if (job == NULL) {
        desk_withdraw(live->desk, order, VENUE_REJECT_RATE_LIMIT, now_ns);
        return;
    }
    text_clear(out);
    write_order(live, order, out);
    (void)snprintf(job->body, sizeof job->body, "{\"category\":\"%s\",%s}",
                   bybit_category_text(live->market.category), text_string(out));
    job->op = order->op;
    job->order_id = order->id;
    job->sent_ns = now_ns;
    desk_sent(live->desk, order, now_ns);
    rest_worker_post(&live->worker, job);
}

void live_take_order_job(struct live *live, const struct rest_job *job)
{
    int64_t now_ns = live_now_ns(live);
    if (!job->is_answered) {
        desk_no_answer(live->desk, job->order_id, job->op, job->sent_ns, now_ns);
        return;
    }
    if (job->code != 0) {
        char quoted[2 * REST_REASON_SIZE];
        log_event(LOG_WARN, "order_refused", "op=%s way=rest why=%s", op_names[job->op],
                  log_quote(job->reason, quoted, sizeof quoted));
    }
    note_limit(live, false, job->op, &job->limit, job->code, now_ns);
    desk_answer(live->desk, job->order_id, job->op, job->sent_ns, code_read(job->code), now_ns);
}

// ---- what is queued ----

static void flush_op(struct live *live, enum venue_op op)
{
    int64_t now_ns = live_now_ns(live);
    uint32_t cursor = 0, count = 0;
    struct desk_order *orders[LIVE_BATCH_MAX], *order;
    while ((order = desk_queued(live->desk, op, &cursor, now_ns)) != NULL) {
        if (live->trade_state != LINE_UP) {
            post_order(live, order, now_ns);
            continue;
        }
        orders[count++] = order;
        if (count == LIVE_BATCH_MAX) {
            send_group(live, op, orders, count, now_ns);
            count = 0;
        }
    }
    if (count > 0) {
        send_group(live, op, orders, count, now_ns);
    }
}

void live_flush(struct live *live)
{
    flush_op(live, VENUE_CANCEL); // they only take exposure away
    flush_op(live, VENUE_AMEND);
    flush_op(live, VENUE_PLACE);
}

void live_lose_requests(struct live *live)
{
    int64_t now_ns = live_now_ns(live);
    for (uint32_t i = 0; i < LIVE_REQUESTS_MAX; i++) {
        struct live_request *request = &live->requests[i];
        for (uint32_t k = 0; k < request->count; k++) {
            desk_no_answer(live->desk, request->ids[k], request->op, request->sent_ns, now_ns);
        }
        *request = (struct live_request){0};
    }
}

// ---- answers of the trade connection ----

static struct live_request *find_request(struct live *live, const json_t *frame)
{
    const char *text = json_text_at(frame, "reqId");
    size_t length = strlen(live->namer.run);
    if (strncmp(text, live->namer.run, length) != 0 || text[length] != '-') {
        return NULL;
    }
    uint64_t number = strtoull(text + length + 1, NULL, 10);
    struct live_request *request = &live->requests[number % LIVE_REQUESTS_MAX];
    return number != 0 && request->number == number ? request : NULL;
}

static void note_budget(struct live *live, const struct live_request *request, const json_t *frame,
                        json_int_t code, int64_t now_ns)
{
    const json_t *header = json_object_get(frame, "header");
    struct rate_limit said = rate_limit_read(json_text_at(header, "X-Bapi-Limit"),
                                             json_text_at(header, "X-Bapi-Limit-Status"),
                                             json_text_at(header, "X-Bapi-Limit-Reset-Timestamp"));
    note_limit(live, request->is_batch, request->op, &said, code, now_ns);
}

static void log_latency(struct live *live, const struct live_request *request, const json_t *frame,
                        int64_t now_ns)
{
    int64_t exch_ms = strtoll(json_text_at(json_object_get(frame, "header"), "Timenow"), NULL, 10) -
                      live->ahead_ms;
    struct latency_row row = {request->sent_ns, exch_ms * MS, now_ns, 0};
    char line[LATENCY_LINE_SIZE];
    if (live->latency_file != NULL && exch_ms > 0) {
        (void)fwrite(line, 1, latency_log_line(&row, line), live->latency_file);
    }
}

static void take_one(struct live *live, const struct live_request *request, uint32_t index,
                     json_int_t code, const char *why, int64_t now_ns)
{
    if (code != 0) {
        char quoted[2 * LIVE_REASON_SIZE];
        log_event(LOG_WARN, "order_refused",
                  "op=%s way=stream code=%" JSON_INTEGER_FORMAT " why=%s", op_names[request->op],
                  code, log_quote(why, quoted, sizeof quoted));
    }
    if (code == 10002) {
        live->clock_due_ns = now_ns;
    }
    desk_answer(live->desk, request->ids[index], request->op, request->sent_ns, code_read(code),
                now_ns);
}

// In a batch each order has a code of its own, unless the whole was refused.
static void take_codes(struct live *live, const struct live_request *request, const json_t *frame,
                       json_int_t code, int64_t now_ns)
{
    const json_t *list = json_object_get(json_object_get(frame, "retExtInfo"), "list");
    for (uint32_t i = 0; i < request->count; i++) {
        const json_t *item = json_array_get(list, i);
        if (code == 0 && request->is_batch && item == NULL) {
            desk_no_answer(live->desk, request->ids[i], request->op, request->sent_ns, now_ns);
        } else if (code == 0 && request->is_batch) {
            take_one(live, request, i, json_integer_value(json_object_get(item, "code")),
                     json_text_at(item, "msg"), now_ns);
        } else {
            take_one(live, request, i, code, json_text_at(frame, "retMsg"), now_ns);
        }
    }
}

static void take_auth(struct live *live, json_int_t code)
{
    if (code == 0 || code == 20001) { // 20001: it was already
        live->trade_state = LINE_UP;
        log_event(LOG_INFO, "trade_open", "symbol=%s", live->market.symbol);
        return;
    }
    (void)snprintf(live->problem, sizeof live->problem,
                   "order entry: the exchange refused the key: code %" JSON_INTEGER_FORMAT, code);
    ws_client_drop(live->trade_line, live->problem);
}

void live_take_answer(struct live *live, const char *text, size_t size)
{
    int64_t now_ns = live_now_ns(live);
    json_t *frame = json_loadb(text, size, 0, NULL);
    json_int_t code = json_integer_value(json_object_get(frame, "retCode"));
    struct live_request *request = find_request(live, frame);
    if (request != NULL) {
        note_budget(live, request, frame, code, now_ns);
        log_latency(live, request, frame, now_ns);
        take_codes(live, request, frame, code, now_ns);
        *request = (struct live_request){0};
    } else if (strcmp(json_text_at(frame, "op"), "auth") == 0) {
        take_auth(live, code);
    } else if (strcmp(json_text_at(frame, "op"), "pong") != 0) {
        // A refusal without an id names no order: whoever it was about becomes unknown in time.
        log_event(LOG_WARN, "trade_message", "op=%.32s code=%" JSON_INTEGER_FORMAT,
                  json_text_at(frame, "op"), code);
    }
    json_decref(frame);
}
