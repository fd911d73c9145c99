// The routes of rest.h about orders and executions.
#include "bourse/order_store.h"
#include "bourse/private_json.h"
#include "bourse/rest.h"
#include "bourse/settle.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void write_names(const struct entry_answer *answer, struct text *out)
{
    wire_open(out, NULL, '{');
    wire_string(out, "orderId", answer->order_id);
    wire_string(out, "orderLinkId", answer->link);
    wire_close(out, '}');
}

static void handle_one(struct bourse *bourse, struct account *account, enum entry_op op,
                       const json_t *params, struct rest_reply *reply)
{
    struct entry_answer answer;
    entry_handle(bourse, account, op, params, &answer);
    reply->late_tag = answer.late_tag;
    if (answer.code != 0) {
        rest_refuse(reply, answer.code, "%s", answer.message);
        return;
    }
    write_names(&answer, &reply->result);
}

static void post_create(struct bourse *bourse, struct account *account, const json_t *params,
                        struct rest_reply *reply)
{
    handle_one(bourse, account, ENTRY_CREATE, params, reply);
}

static void post_amend(struct bourse *bourse, struct account *account, const json_t *params,
                       struct rest_reply *reply)
{
    handle_one(bourse, account, ENTRY_AMEND, params, reply);
}

static void post_cancel(struct bourse *bourse, struct account *account, const json_t *params,
                        struct rest_reply *reply)
{
    handle_one(bourse, account, ENTRY_CANCEL, params, reply);
}

static void handle_batch(struct bourse *bourse, struct account *account, enum entry_op op,
                         const json_t *params, struct rest_reply *reply)
{
    struct entry_answer answers[BATCH_MAX];
    size_t count;
    const char *message;
    int code = entry_handle_batch(bourse, account, op, params, answers, &count, &message);
    if (code != 0) {
        rest_refuse(reply, code, "%s", message);
        return;
    }
    entry_write_batch(op, params, answers, count, &reply->result, &reply->extra);
}

static void post_create_batch(struct bourse *bourse, struct account *account, const json_t *params,
                              struct rest_reply *reply)
{
    handle_batch(bourse, account, ENTRY_CREATE, params, reply);
}

static void post_amend_batch(struct bourse *bourse, struct account *account, const json_t *params,
                             struct rest_reply *reply)
{
    handle_batch(bourse, account, ENTRY_AMEND, params, reply);
}

static void post_cancel_batch(struct bourse *bourse, struct account *account, const json_t *params,
                              struct rest_reply *reply)
{
    handle_batch(bourse, account, ENTRY_CANCEL, params, reply);
}

static void post_cancel_all(struct bourse *bourse, struct account *account, const json_t *params,
                            struct rest_reply *reply)
{
    uint32_t tags[CANCEL_ALL_MAX];
    size_t count;
    const char *message;
    int code = entry_cancel_all(bourse, account, params, tags, &count, &message);
    if (code != 0) {
        rest_refuse(reply, code, "%s", message);
        return;
    }
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_open(out, "list", '[');
    for (size_t i = 0; i < count; i++) {
        wire_open(out, NULL, '{');
        wire_string(out, "orderId", bourse->orders[tags[i]].id);
        wire_string(out, "orderLinkId", bourse->orders[tags[i]].link);
        wire_close(out, '}');
    }
    wire_close(out, ']');
    wire_string(out, "success", "1");
    wire_close(out, '}');
}

// ---- queries ----

// What of an account's orders a query asks for.
struct order_query {
    enum category category;
    const json_t *params;
    int64_t start_ns, end_ns;
    uint64_t ended_since; // end_serial
    char status[PARAM_TEXT_SIZE];
};

static bool matches(const struct bourse *bourse, const struct order_query *query,
                    const struct order *order)
{
    return entry_concerns(&bourse->listings[order->listing], query->category, query->params) &&
           (order->live || order->end_serial > query->ended_since) &&
           order->created_ns >= query->start_ns && order->created_ns <= query->end_ns &&
           (query->status[0] == '\0' ||
            strcmp(query->status, bourse_status_text(order->status)) == 0);
}

// Writes a page of the list that starts with `tag`, newest first. Returns whether more follow.
static bool write_page(const struct bourse *bourse, const struct order_query *query, uint32_t tag,
                       const struct rest_page *page, struct text *out)
{
    int64_t seen = 0;
    for (; tag != 0; tag = bourse->orders[tag].older) {
        const struct order *order = &bourse->orders[tag];
        if (!matches(bourse, query, order)) {
            continue;
        }
        if (seen == page->skip + page->limit) {
            return true;
        }
        if (seen++ >= page->skip) {
            order_write(bourse, order, false, out);
        }
    }
    return false;
}

// An order by its id or link, whatever its state. True when the query names one.
static bool write_named(const struct bourse *bourse, const struct account *account,
                        const struct order_query *query, struct text *out)
{
    char text[PARAM_TEXT_SIZE];
    bool by_id = param_present(query->params, "orderId");
    if (!by_id && !param_present(query->params, "orderLinkId")) {
        return false;
    }
    param_text(query->params, by_id ? "orderId" : "orderLinkId", text);
    uint32_t tag =
        order_store_find(bourse, account->number, by_id ? ORDER_BY_ID : ORDER_BY_LINK, text);
    if (tag != 0 && bourse->listings[bourse->orders[tag].listing].category == query->category &&
        (bourse->orders[tag].live || bourse->orders[tag].end_serial > query->ended_since)) {
        order_write(bourse, &bourse->orders[tag], false, out);
    }
    return true;
}

static bool read_span(const json_t *params, int64_t *out_start_ns, int64_t *out_end_ns,
                      struct rest_reply *reply)
{
    int64_t start_ms, end_ms;
    const int64_t most = INT64_MAX / MS_NS;
    const int64_t week_ms = 7 * 86400 * INT64_C(1000);
    if (!param_number(params, "startTime", 0, most, 0, &start_ms) ||
        !param_number(params, "endTime", 0, most, most, &end_ms)) {
        rest_refuse(reply, 10001, "params error: startTime or endTime invalid");
        return false;
    }
    bool both = start_ms > 0 && end_ms < most;
    if (both && (end_ms < start_ms || end_ms - start_ms > week_ms)) {
        rest_refuse(reply, 10001,
                    "The time range between startTime and endTime cannot exceed 7 "
                    "days");
        return false;
    }
    *out_start_ns = start_ms * MS_NS;
    *out_end_ns = end_ms == most ? INT64_MAX : end_ms * MS_NS + MS_NS - 1;
    return true;
}

static void list_orders(struct bourse *bourse, const struct account *account,
                        const struct order_query *query, uint32_t first, int64_t limit_most,
                        struct rest_reply *reply)
{
    struct rest_page page;
    if (!rest_page(query->params, 20, limit_most, &page, reply)) {
        return;
    }
    struct text *out = &reply->result;
    bool more = false;
    wire_open(out, NULL, '{');
    wire_string(out, "category", category_text(query->category));
    wire_open(out, "list", '[');
    if (!write_named(bourse, account, query, out)) {
        more = write_page(bourse, query, first, &page, out);
    }
    wire_close(out, ']');
    rest_cursor(out, page.skip + page.limit, more);
    wire_close(out, '}');
}

static void get_realtime(struct bourse *bourse, struct account *account, const json_t *params,
                         struct rest_reply *reply)
{
    struct order_query query = {
        .params = params, .end_ns = INT64_MAX, .ended_since = bourse->realtime_since};
    int64_t closed;
    if (!rest_category(params, &query.category, reply)) {
        return;
    }
    bool named = param_present(params, "orderId") || param_present(params, "orderLinkId");
    if (query.category == CATEGORY_LINEAR && !named && !entry_names_some(params)) {
        rest_refuse(reply, 10001,
                    "Missing some parameters that must be filled in, symbol or "
                    "settleCoin or baseCoin");
        return;
    }
    if (!param_number(params, "openOnly", 0, 2, 0, &closed)) {
        rest_refuse(reply, 10001, "params error: openOnly invalid");
        return;
    }
    list_orders(bourse, account, &query, closed != 0 ? account->ended_first : account->open_first,
                50, reply);
}

static void get_history(struct bourse *bourse, struct account *account, const json_t *params,
                        struct rest_reply *reply)
{
    struct order_query query = {.params = params};
    if (!rest_category(params, &query.category, reply) ||
        !read_span(params, &query.start_ns, &query.end_ns, reply)) {
        return;
    }
    param_text(params, "orderStatus", query.status);
    list_orders(bourse, account, &query, account->ended_first, 50, reply);
}

static bool execution_matches(const struct bourse *bourse, const struct execution *execution,
                              const struct order_query *query, const char *order_id,
                              const char *type)
{
    const char *own_type = execution->funding ? "Funding" : "Trade";
    return entry_concerns(&bourse->listings[execution->listing], query->category, query->params) &&
           execution->time_ns >= query->start_ns && execution->time_ns <= query->end_ns &&
           (order_id[0] == '\0' || strcmp(order_id, execution->order_id) == 0) &&
           (type[0] == '\0' || strcmp(type, own_type) == 0);
}

static void get_executions(struct bourse *bourse, struct account *account, const json_t *params,
                           struct rest_reply *reply)
{
    struct order_query query = {.params = params};
    struct rest_page page;
    char order_id[PARAM_TEXT_SIZE], link[PARAM_TEXT_SIZE], type[PARAM_TEXT_SIZE];
    if (!rest_category(params, &query.category, reply) ||
        !read_span(params, &query.start_ns, &query.end_ns, reply) ||
        !rest_page(params, 50, 100, &page, reply)) {
        return;
    }
    param_text(params, "orderId", order_id);
    param_text(params, "orderLinkId", link);
    param_text(params, "execType", type);
    struct text *out = &reply->result;
    int64_t seen = 0;
    const struct execution *execution;
    wire_open(out, NULL, '{');
    wire_string(out, "category", category_text(query.category));
    wire_open(out, "list", '[');
    for (uint64_t back = 0; (execution = settle_execution(bourse, back)) != NULL; back++) {
        if (execution->account != account->number ||
            (link[0] != '\0' && strcmp(link, execution->link) != 0) ||
            !execution_matches(bourse, execution, &query, order_id, type)) {
            continue;
        }
        if (seen++ >= page.skip && seen <= page.skip + page.limit) {
            execution_write(bourse, execution, false, out);
        } else if (seen > page.skip + page.limit) {
            break;
        }
    }
    wire_close(out, ']');
    rest_cursor(out, page.skip + page.limit, seen > page.skip + page.limit);
    wire_close(out, '}');
}

const struct rest_route rest_order_routes[] = {
    {"POST", "/v5/order/create", post_create, true, true, RATE_CREATE},
    {"POST", "/v5/order/amend", post_amend, true, true, RATE_AMEND},
    {"POST", "/v5/order/cancel", post_cancel, true, true, RATE_CANCEL},
    {"POST", "/v5/order/cancel-all", post_cancel_all, true, true, RATE_CANCEL_ALL},
    {"POST", "/v5/order/create-batch", post_create_batch, true, true, RATE_CREATE_BATCH},
    {"POST", "/v5/order/amend-batch", post_amend_batch, true, true, RATE_AMEND_BATCH},
    {"POST", "/v5/order/cancel-batch", post_cancel_batch, true, true, RATE_CANCEL_BATCH},
    {"GET", "/v5/order/realtime", get_realtime, true, false, RATE_REALTIME},
    {"GET", "/v5/order/history", get_history, true, false, RATE_HISTORY},
    {"GET", "/v5/execution/list", get_executions, true, false, RATE_EXECUTIONS},
};
const size_t rest_order_route_count = sizeof rest_order_routes / sizeof rest_order_routes[0];
