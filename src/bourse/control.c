#include "bourse/control.h"

#include "bourse/listing.h"
#include "bourse/money.h"
#include "bourse/params.h"
#include "bourse/push.h"
#include "bourse/settle.h"
#include "bourse/state.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t BALANCE_MOST_E9 = INT64_C(1000000000) * 100000000;
static const int64_t RATE_MOST_E9 = 10000000; // 1 %
static const int64_t MS_MOST = 3600000;

// ---- accounts ----

static int read_money(const json_t *description, const char *name, int64_t least_e9,
                      int64_t most_e9, int64_t *inout_e9)
{
    char text[PARAM_TEXT_SIZE];
    int64_t value_e9;
    if (!param_present(description, name)) {
        return MM_OK;
    }
    param_text(description, name, text);
    if (decimal_parse_scaled(text, strlen(text), -9, &value_e9) != DECIMAL_OK ||
        value_e9 < least_e9 || value_e9 > most_e9) {
        return mm_fail(MM_ERROR_USAGE, "%s: '%.32s' is no number from %g to %g", name, text,
                       (double)least_e9 / 1e9, (double)most_e9 / 1e9);
    }
    *inout_e9 = value_e9;
    return MM_OK;
}

static int read_name(const json_t *description, const char *name, const char **inout)
{
    const json_t *value = json_object_get(description, name);
    if (value == NULL) {
        return MM_OK;
    }
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) < 4 || strlen(text) >= TOKEN_SIZE) {
        return mm_fail(MM_ERROR_USAGE, "%s: a text of 4 to %d bytes is needed", name,
                       TOKEN_SIZE - 1);
    }
    *inout = text;
    return MM_OK;
}

static int read_flag(const json_t *description, const char *name, bool *inout)
{
    const json_t *value = json_object_get(description, name);
    if (value == NULL) {
        return MM_OK;
    }
    if (!json_is_boolean(value)) {
        return mm_fail(MM_ERROR_USAGE, "%s: true or false is needed", name);
    }
    *inout = json_is_true(value);
    return MM_OK;
}

static int refuse_others(const json_t *description)
{
    static const char *const names[] = {"key",          "secret",     "balance",
                                        "maker_fee",    "taker_fee",  "read_only",
                                        "may_withdraw", "hedge_mode", "dcp"};
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)description, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            known = known || strcmp(names[i], key) == 0;
        }
        if (!known) {
            return mm_fail(MM_ERROR_USAGE, "an account has no field '%.64s'", key);
        }
    }
    return MM_OK;
}

int control_read_account(const json_t *description, struct bourse_account_spec *spec)
{
    if (!json_is_object(description)) {
        return mm_fail(MM_ERROR_USAGE, "an account is described by a JSON object");
    }
    int code = refuse_others(description);
    code = code == MM_OK ? read_name(description, "key", &spec->key) : code;
    code = code == MM_OK ? read_name(description, "secret", &spec->secret) : code;
    code = code == MM_OK ? read_money(description, "balance", 0, BALANCE_MOST_E9, &spec->balance_e9)
                         : code;
    code = code == MM_OK ? read_money(description, "maker_fee", -RATE_MOST_E9, RATE_MOST_E9,
                                      &spec->maker_rate_e9)
                         : code;
    code = code == MM_OK ? read_money(description, "taker_fee", -RATE_MOST_E9, RATE_MOST_E9,
                                      &spec->taker_rate_e9)
                         : code;
    code = code == MM_OK ? read_flag(description, "read_only", &spec->read_only) : code;
    code = code == MM_OK ? read_flag(description, "may_withdraw", &spec->may_withdraw) : code;
    code = code == MM_OK ? read_flag(description, "hedge_mode", &spec->hedge_mode) : code;
    return code == MM_OK ? read_flag(description, "dcp", &spec->dcp) : code;
}

// ---- answers ----

struct control_reply {
    int status;
    struct text body;
};

static void reply_error(struct control_reply *reply, int status, const char *message)
{
    reply->status = status;
    text_clear(&reply->body);
    wire_open(&reply->body, NULL, '{');
    wire_string(&reply->body, "error", message);
    wire_close(&reply->body, '}');
}

static void write_account(const struct bourse *bourse, const struct account *account,
                          struct text *out)
{
    wire_open(out, NULL, '{');
    wire_number(out, "account", account->number);
    wire_number(out, "uid", account->uid);
    wire_string(out, "key", account->key);
    wire_open(out, "wallet", '{');
    for (uint32_t i = 0; i < bourse->coin_count; i++) {
        wire_money(out, bourse->coins[i], account->coins[i].balance_e9);
    }
    wire_close(out, '}');
    wire_open(out, "positions", '[');
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        for (int index = 0; index < POSITION_INDEXES; index++) {
            const struct position *position = &account->positions[i][index];
            if (position->lots != 0 || position->realised_ever_e9 != 0) {
                wire_open(out, NULL, '{');
                wire_string(out, "symbol", bourse->listings[i].instrument.symbol);
                wire_number(out, "positionIdx", index);
                wire_number(out, "lots", position->lots);
                wire_money(out, "entryValue", position->entry_value_e9);
                wire_money(out, "realised", position->realised_ever_e9);
                wire_close(out, '}');
            }
        }
    }
    wire_close(out, ']');
    wire_open(out, "openOrders", '[');
    for (uint32_t tag = account->open_first; tag != 0; tag = bourse->orders[tag].older) {
        wire_string(out, NULL, bourse->orders[tag].id);
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

static void write_counters(const struct bourse *bourse, struct text *out)
{
    const struct bourse_counters *counters = &bourse->counters;
    wire_open(out, "counters", '{');
    wire_number(out, "requests", (int64_t)counters->requests);
    wire_number(out, "framesIn", (int64_t)counters->frames_in);
    wire_number(out, "framesOut", (int64_t)counters->frames_out);
    wire_number(out, "orders", (int64_t)counters->orders);
    wire_number(out, "executions", (int64_t)counters->executions);
    wire_number(out, "rateLimited", (int64_t)counters->rate_limited);
    wire_number(out, "banned", (int64_t)counters->banned);
    wire_number(out, "dcpFired", (int64_t)counters->dcp_fired);
    wire_number(out, "deltasDropped", (int64_t)counters->deltas_dropped);
    wire_number(out, "acksLost", (int64_t)counters->acks_lost);
    wire_number(out, "executionsDuplicated", (int64_t)counters->executions_duplicated);
    wire_number(out, "connectionsOpened", (int64_t)counters->connections_opened);
    wire_close(out, '}');
}

static void write_connections(const struct bourse *bourse, struct text *out)
{
    static const char *const names[] = {"", "public", "private", "trade", "status"};
    wire_open(out, "connections", '[');
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        const struct connection *connection = connection_of(bourse, number);
        if (connection->endpoint == ENDPOINT_FREE) {
            continue;
        }
        wire_open(out, NULL, '{');
        wire_string(out, "id", connection->name);
        wire_string(out, "kind", names[connection->endpoint]);
        wire_number(out, "account", connection->account);
        wire_open(out, "topics", '[');
        for (uint32_t i = 0; i < connection->subscription_count; i++) {
            wire_string(out, NULL, connection->subscriptions[i].name);
        }
        wire_close(out, ']');
        wire_close(out, '}');
    }
    wire_close(out, ']');
}

static void get_state(struct bourse *bourse, const json_t *params, struct control_reply *reply)
{
    struct text *out = &reply->body;
    (void)params;
    wire_open(out, NULL, '{');
    wire_number(out, "time", bourse_clock_ms(bourse));
    write_counters(bourse, out);
    wire_open(out, "accounts", '[');
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        write_account(bourse, &bourse->accounts[i], out);
    }
    wire_close(out, ']');
    wire_open(out, "markets", '[');
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        const struct listing *listing = &bourse->listings[i];
        wire_open(out, NULL, '{');
        wire_string(out, "symbol", listing->instrument.symbol);
        wire_string(out, "category", category_text(listing->category));
        wire_bool(out, "recorded", listing->recorded);
        wire_number(out, "seq", (int64_t)listing->sequence);
        wire_steps(out, "markPrice", listing_mark_ticks(listing), listing->instrument.tick);
        wire_close(out, '}');
    }
    wire_close(out, ']');
    write_connections(bourse, out);
    wire_close(out, '}');
}

static void get_switches(struct bourse *bourse, const json_t *params, struct control_reply *reply)
{
    struct text *out = &reply->body;
    (void)params;
    wire_open(out, NULL, '[');
    for (int id = 0; id < SWITCH_COUNT; id++) {
        char value[SWITCH_TEXT_SIZE], allowed[SWITCH_TEXT_SIZE];
        switch_value_text((enum switch_id)id, bourse->switches.values[id], value);
        switch_allowed_text((enum switch_id)id, allowed);
        wire_open(out, NULL, '{');
        wire_string(out, "name", switch_specs[id].name);
        wire_string(out, "value", value);
        wire_string(out, "allowed", allowed);
        wire_string(out, "decides", switch_specs[id].decides);
        wire_close(out, '}');
    }
    wire_close(out, ']');
}

static void post_switch(struct bourse *bourse, const json_t *params, struct control_reply *reply)
{
    char name[PARAM_TEXT_SIZE], value[PARAM_TEXT_SIZE];
    param_text(params, "name", name);
    if (bourse_set_switch(bourse, name, param_text(params, "value", value)) != MM_OK) {
        reply_error(reply, 400, mm_error_text());
        return;
    }
    text_add(&reply->body, "{}");
}

static void post_account(struct bourse *bourse, const json_t *params, struct control_reply *reply)
{
    // As the first account, but for its name.
    struct bourse_account_spec spec = {.balance_e9 = INT64_C(100000) * ONE_E9};
    if (bourse->account_count > 0) {
        spec.maker_rate_e9 = bourse->accounts[0].maker_rate_e9;
        spec.taker_rate_e9 = bourse->accounts[0].taker_rate_e9;
    }
    uint32_t number;
    int code = control_read_account(params, &spec);
    code = code == MM_OK ? bourse_add_account(bourse, &spec, &number) : code;
    if (code != MM_OK) {
        reply_error(reply, 400, mm_error_text());
        return;
    }
    wire_open(&reply->body, NULL, '{');
    wire_number(&reply->body, "account", number);
    wire_string(&reply->body, "key", bourse->accounts[number].key);
    wire_string(&reply->body, "secret", bourse->accounts[number].secret);
    wire_close(&reply->body, '}');
}

static void post_funding(struct bourse *bourse, const json_t *params, struct control_reply *reply)
{
    (void)params;
    settle_funding(bourse);
    text_add(&reply->body, "{}");
}

// ---- faults ----

// What every fault is given: how often, or for how long.
struct fault_order {
    uint32_t count;
    int64_t for_ns;
    const json_t *params;
};

static void fault_drop_delta(struct bourse *bourse, const struct fault_order *order)
{
    char topic[PARAM_TEXT_SIZE];
    bourse->faults.drop_delta = order->count;
    snprintf(bourse->faults.drop_topic, TOPIC_NAME_SIZE, "%.63s",
             param_text(order->params, "topic", topic));
}

static void fault_restart_book(struct bourse *bourse, const struct fault_order *order)
{
    (void)order;
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        listing_restart_books(&bourse->listings[i]);
    }
}

static void fault_cross_book(struct bourse *bourse, const struct fault_order *order)
{
    (void)order;
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        listing_cross_books(&bourse->listings[i]);
    }
}

static void fault_lose_ack(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.lose_ack = order->count;
}

static void fault_processing(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.processing = order->count;
}

static void fault_no_margin(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.no_margin = order->count;
}

static void fault_rate_limit(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.rate_limited = order->count;
}

static void fault_duplicate_execution(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.duplicate_execution = order->count;
}

static void fault_ban(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.banned_until_ns = bourse->now_ns + order->for_ns;
}

static void fault_silence(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.silent_until_ns = bourse->now_ns + order->for_ns;
}

static void fault_delay(struct bourse *bourse, const struct fault_order *order)
{
    int64_t by_ms;
    if (param_number(order->params, "by_ms", 0, MS_MOST, 200, &by_ms)) {
        bourse->faults.delay_ns = by_ms * MS_NS;
        bourse->faults.delay_until_ns = bourse->now_ns + order->for_ns;
    }
}

static void fault_clock_skew(struct bourse *bourse, const struct fault_order *order)
{
    int64_t by_ms;
    if (param_number(order->params, "by_ms", -MS_MOST, MS_MOST, 0, &by_ms)) {
        bourse->faults.skew_ns = by_ms * MS_NS;
    }
}

// Closes connections: of the kind given, or all.
static void close_connections(struct bourse *bourse, const char *kind)
{
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        enum endpoint endpoint = connection_of(bourse, number)->endpoint;
        bool meant = strcmp(kind, "public") == 0    ? endpoint == ENDPOINT_PUBLIC
                     : strcmp(kind, "private") == 0 ? endpoint == ENDPOINT_PRIVATE
                     : strcmp(kind, "trade") == 0   ? endpoint == ENDPOINT_TRADE
                                                    : endpoint != ENDPOINT_FREE;
        if (meant) {
            push_close(bourse, number);
        }
    }
}

static void fault_close(struct bourse *bourse, const struct fault_order *order)
{
    char kind[PARAM_TEXT_SIZE];
    close_connections(bourse, param_text(order->params, "kind", kind));
}

static void fault_forget_ended(struct bourse *bourse, const struct fault_order *order)
{
    (void)order;
    bourse->realtime_since = bourse->end_serial;
}

// REST and order entry refuse, and connections end; the market goes on.
static void fault_maintenance(struct bourse *bourse, const struct fault_order *order)
{
    bourse->faults.maintenance_until_ns = bourse->now_ns + order->for_ns;
    struct text *out = &bourse->message;
    text_clear(out);
    wire_open(out, NULL, '{');
    wire_string(out, "topic", "system.status");
    wire_number(out, "ts", bourse_clock_ms(bourse));
    wire_open(out, "data", '[');
    wire_open(out, NULL, '{');
    wire_string(out, "id", "1");
    wire_string(out, "title", "Maintenance");
    wire_string(out, "state", "ongoing");
    wire_number_text(out, "begin", bourse_clock_ms(bourse));
    wire_number_text(out, "end", (bourse_clock(bourse) + order->for_ns) / MS_NS);
    wire_raw(out, "serviceTypes", "[1,2,3,4,5]");
    wire_string(out, "maintainType", "2");
    wire_close(out, '}');
    wire_close(out, ']');
    wire_close(out, '}');
    push_public(bourse, TOPIC_STATUS, 0, 0, out);
    close_connections(bourse, "public");
    close_connections(bourse, "private");
    close_connections(bourse, "trade");
}

static const struct {
    const char *name;
    void (*apply)(struct bourse *bourse, const struct fault_order *order);
} faults[] = {{"drop_delta", fault_drop_delta},
              {"restart_book", fault_restart_book},
              {"cross_book", fault_cross_book},
              {"lose_ack", fault_lose_ack},
              {"processing", fault_processing},
              {"no_margin", fault_no_margin},
              {"rate_limit", fault_rate_limit},
              {"duplicate_execution", fault_duplicate_execution},
              {"ban", fault_ban},
              {"silence", fault_silence},
              {"delay", fault_delay},
              {"clock_skew", fault_clock_skew},
              {"close", fault_close},
              {"forget_ended", fault_forget_ended},
              {"maintenance", fault_maintenance}};

static void post_fault(struct bourse *bourse, const json_t *params, struct control_reply *reply)
{
    char name[PARAM_TEXT_SIZE];
    int64_t count, for_ms;
    param_text(params, "fault", name);
    if (!param_number(params, "count", 0, INT32_MAX, 1, &count) ||
        !param_number(params, "for_ms", 0, MS_MOST, 1000, &for_ms)) {
        reply_error(reply, 400, "count is a whole number from 0, for_ms one from 0 to 3600000");
        return;
    }
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (strcmp(faults[i].name, name) == 0) {
            struct fault_order order = {(uint32_t)count, for_ms * MS_NS, params};
            faults[i].apply(bourse, &order);
            text_add(&reply->body, "{}");
            return;
        }
    }
    struct text message = {0};
    text_add(&message, "there is no fault '%.64s'; there are", name);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        text_add(&message, "%s %s", i > 0 ? "," : "", faults[i].name);
    }
    reply_error(reply, 400, text_string(&message));
    text_fini(&message);
}

// ---- requests ----

static const struct {
    const char *method, *path;
    void (*handle)(struct bourse *bourse, const json_t *params, struct control_reply *reply);
} routes[] = {{"GET", "/control/state", get_state},     {"GET", "/control/switches", get_switches},
              {"POST", "/control/switch", post_switch}, {"POST", "/control/account", post_account},
              {"POST", "/control/fault", post_fault},   {"POST", "/control/funding", post_funding}};

void bourse_control(struct bourse *bourse, const struct bourse_request *request, int64_t now_ns)
{
    struct control_reply reply = {.status = 200};
    size_t i = 0;
    const size_t count = sizeof routes / sizeof routes[0];
    bourse_run(bourse, now_ns);
    while (i < count && (strcmp(routes[i].path, request->path) != 0 ||
                         strcmp(routes[i].method, request->method) != 0)) {
        i++;
    }
    json_t *params = params_of_body(request->body, request->body_size);
    if (i == count) {
        reply_error(&reply, 404,
                    "the control port knows state, switches, switch, account, fault "
                    "and funding");
    } else if (params == NULL) {
        reply_error(&reply, 400, "the body is not a JSON object");
    } else {
        routes[i].handle(bourse, params, &reply);
    }
    json_decref(params);
    // Past what is delayed or silent: the control port is not the exchange's.
    bourse->sink.answer(bourse->sink.context, request->handle,
                        &(struct bourse_answer){.status = reply.status,
                                                .body = text_string(&reply.body),
                                                .body_size = reply.body.size});
    text_fini(&reply.body);
}
