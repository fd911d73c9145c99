// What must be known before the first order: the key, the account, the instrument's limits.
#include "venue/live/live_state.h"

#include "base/log.h"
#include "venue/bybit/checkup.h"

#include <inttypes.h>
#include <string.h>

#define MS INT64_C(1000000)

static int ask(struct bybit_rest *rest, const char *path, const char *query, bool is_private,
               struct bybit_reply *out)
{
    int code = bybit_rest_get(rest, path, query, is_private, out);
    if (code != MM_OK || out->code == 0) {
        return code;
    }
    json_int_t refusal = out->code;
    char why[192];
    bybit_reply_refusal(out, 150, why, sizeof why);
    bybit_reply_fini(out);
    return mm_fail(refusal == 10003 || refusal == 10004 || refusal == 10005 || refusal == 10010
                       ? MM_ERROR_USAGE
                       : MM_ERROR_SYSTEM,
                   "%s: the exchange refused: %s", path, why);
}

// What mmbot doctor would call a failure ends the start; what it would warn of is logged.
static int judge(const struct finding *finding, bool must_be_ok)
{
    char quoted[2 * FINDING_TEXT_SIZE];
    if (finding->level == FINDING_FAIL || (must_be_ok && finding->level != FINDING_OK)) {
        return mm_fail(MM_ERROR_USAGE, "%s: %s%s%s", finding->name, finding->text,
                       finding->advice[0] != '\0' ? "; " : "", finding->advice);
    }
    log_event(finding->level == FINDING_OK ? LOG_INFO : LOG_WARN, "checked", "what=%s found=%s",
              finding->name, log_quote(finding->text, quoted, sizeof quoted));
    return MM_OK;
}

static int check_key(struct bybit_rest *rest)
{
    struct bybit_reply reply;
    struct finding finding;
    int code = ask(rest, "/v5/user/query-api", "", true, &reply);
    if (code != MM_OK) {
        return code;
    }
    checkup_key(reply.result, &finding);
    code = judge(&finding, false);
    if (code == MM_OK && !checkup_key_may_trade(reply.result)) {
        code = mm_fail(MM_ERROR_USAGE, "key: the key may only read; make one that may trade");
    }
    bybit_reply_fini(&reply);
    return code;
}

static int check_account(struct live *live, struct bybit_rest *rest)
{
    struct bybit_reply reply;
    struct finding finding;
    int code = ask(rest, "/v5/account/info", "", true, &reply);
    if (code != MM_OK) {
        return code;
    }
    checkup_account(reply.result, &finding);
    code = judge(&finding, false);
    checkup_cancel_on_disconnect(reply.result, &finding);
    live->dcp_armed = finding.level == FINDING_OK;
    if (code == MM_OK) {
        code = judge(&finding, false);
    }
    bybit_reply_fini(&reply);
    return code;
}

static int check_margin(struct bybit_rest *rest, const json_t *position, int64_t limit_e9)
{
    struct bybit_reply reply;
    struct finding finding;
    int code = ask(rest, "/v5/account/wallet-balance", "accountType=UNIFIED", true, &reply);
    if (code == MM_OK) {
        checkup_margin(position, reply.result, limit_e9, &finding);
        code = judge(&finding, false);
        bybit_reply_fini(&reply);
    }
    return code;
}

static int check_position(struct bybit_rest *rest, const char *query, int64_t limit_e9)
{
    struct bybit_reply reply;
    struct finding finding;
    int code = ask(rest, "/v5/position/list", query, true, &reply);
    if (code != MM_OK) {
        return code;
    }
    checkup_position(reply.result, &finding);
    finding.advice[0] = '\0'; // the position is taken over
    code = judge(&finding, false);
    if (code == MM_OK) {
        code = check_margin(rest, reply.result, limit_e9);
    }
    bybit_reply_fini(&reply);
    return code;
}

static int read_rate(const json_t *row, const char *key, int64_t *out)
{
    const char *text = json_string_value(json_object_get(row, key));
    if (text == NULL || decimal_parse_scaled(text, strlen(text), -9, out) != DECIMAL_OK) {
        return mm_fail(MM_ERROR_INPUT, "/v5/account/fee-rate: %s is no rate", key);
    }
    return MM_OK;
}

static int ask_fees(struct live *live, struct bybit_rest *rest, const char *query)
{
    struct bybit_reply reply;
    int code = ask(rest, "/v5/account/fee-rate", query, true, &reply);
    if (code != MM_OK) {
        return code;
    }
    const json_t *row = json_array_get(json_object_get(reply.result, "list"), 0);
    code = read_rate(row, "makerFeeRate", &live->account.maker_fee_e9);
    if (code == MM_OK) {
        code = read_rate(row, "takerFeeRate", &live->account.taker_fee_e9);
    }
    bybit_reply_fini(&reply);
    if (code == MM_OK) {
        log_event(LOG_INFO, "fees", "maker_e9=%" PRId64 " taker_e9=%" PRId64,
                  live->account.maker_fee_e9, live->account.taker_fee_e9);
    }
    return code;
}

// Of a filter that is absent, or that cannot be read, nothing is known: 0.
static int64_t read_steps(const json_t *filter, const char *key, struct decimal step)
{
    int64_t steps = 0;
    const char *text = json_string_value(json_object_get(filter, key));
    bool fine = text != NULL && decimal_parse_steps(text, strlen(text), step, &steps) == DECIMAL_OK;
    return fine && steps > 0 ? steps : 0;
}

static void read_filters(struct live *live, const json_t *item)
{
    const json_t *lot = json_object_get(item, "lotSizeFilter");
    const json_t *price = json_object_get(item, "priceFilter");
    const struct instrument *instrument = &live->venue.instrument;
    struct desk_filters *filters = &live->filters;
    filters->qty_min_lots = read_steps(lot, "minOrderQty", instrument->lot);
    filters->qty_max_lots = read_steps(lot, "maxOrderQty", instrument->lot);
    filters->price_min_ticks = read_steps(price, "minPrice", instrument->tick);
    filters->price_max_ticks = read_steps(price, "maxPrice", instrument->tick);
    if (live->market.category == BYBIT_LINEAR) { // it is in dollars: no value of inverse contracts
        filters->value_min_e9 = read_steps(lot, "minNotionalValue", (struct decimal){1, -9});
    }
    log_event(LOG_INFO, "filters",
              "qty_min_lots=%" PRId64 " qty_max_lots=%" PRId64 " price_min_ticks=%" PRId64
              " price_max_ticks=%" PRId64 " value_min_e9=%" PRId64,
              filters->qty_min_lots, filters->qty_max_lots, filters->price_min_ticks,
              filters->price_max_ticks, filters->value_min_e9);
}

static int ask_filters(struct live *live, struct bybit_rest *rest, const char *query)
{
    struct bybit_reply reply;
    int code = bybit_market_fetch(&live->market, &live->venue.instrument);
    if (code == MM_OK) {
        code = ask(rest, "/v5/market/instruments-info", query, false, &reply);
    }
    if (code == MM_OK) {
        read_filters(live, json_array_get(json_object_get(reply.result, "list"), 0));
        bybit_reply_fini(&reply);
    }
    return code;
}

static int ask_clock(struct live *live, struct bybit_rest *rest)
{
    struct bybit_clock clock;
    struct finding finding;
    int code = bybit_rest_clock(rest, &clock);
    if (code != MM_OK) {
        return code;
    }
    checkup_clock(clock.ahead_ns, clock.round_trip_ns, &finding);
    live->ahead_ms = rest->ahead_ms = clock.ahead_ns / MS;
    live->run_ms = live_now_ns(live) / MS + live->ahead_ms;
    // Requests carry the exchange's time, so a clock that is off is no reason not to trade.
    finding.level = finding.level == FINDING_FAIL ? FINDING_WARN : finding.level;
    return judge(&finding, false);
}

// Arms what cancels our orders at the exchange when we are gone.
static void arm_dcp(struct live *live, struct bybit_rest *rest)
{
    struct bybit_reply reply;
    static const char body[] = "{\"product\":\"DERIVATIVES\",\"timeWindow\":10}";
    if (!live->dcp_armed) {
        log_event(LOG_WARN, "dead_man",
                  "exchange=off next=\"run mmbot watchdog: nothing else cancels orders of a dead "
                  "process\"");
        return;
    }
    int code = bybit_rest_post(rest, "/v5/order/disconnected-cancel-all", body, &reply);
    live->dcp_armed = code == MM_OK && reply.code == 0;
    log_event(live->dcp_armed ? LOG_INFO : LOG_WARN, "dead_man", "exchange=%s window_s=10",
              live->dcp_armed ? "on" : "off");
    bybit_reply_fini(&reply);
    mm_error_clear();
}

static int ask_all(struct live *live, const struct live_config *config, struct bybit_rest *rest)
{
    char query[128];
    (void)snprintf(query, sizeof query, "category=%s&symbol=%s",
                   bybit_category_text(live->market.category), live->market.symbol);
    int code = ask_clock(live, rest);
    if (code == MM_OK) {
        code = ask_filters(live, rest, query);
    }
    if (code == MM_OK) {
        code = check_key(rest);
    }
    if (code == MM_OK) {
        code = check_account(live, rest);
    }
    if (code == MM_OK) {
        code = check_position(rest, query, config->position_limit_e9);
    }
    if (code == MM_OK) {
        code = ask_fees(live, rest, query);
    }
    if (code == MM_OK) {
        arm_dcp(live, rest);
    }
    return code;
}

int live_ask_account(struct live *live, const struct live_config *config)
{
    struct bybit_rest rest;
    if (live->market.category == BYBIT_SPOT) {
        return mm_fail(MM_ERROR_USAGE, "--category: live trading is for linear and inverse; spot "
                                       "has no position to keep");
    }
    int code = bybit_rest_init(&rest, live->market.rest_url, live->market.ca_file, config->keys);
    if (code == MM_OK) {
        bybit_rest_keep_open(&rest);
        code = ask_all(live, config, &rest);
    }
    bybit_rest_fini(&rest);
    return code;
}
