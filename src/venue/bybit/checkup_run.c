// The questions themselves, in an order in which each needs what those before it have shown.
#include "base/integers.h"
#include "base/platform.h"
#include "venue/bybit/checkup.h"
#include "venue/bybit/feed.h"
#include "venue/bybit/rest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

enum { LAGS_MAX = 8192 };

struct checkup {
    const struct checkup_config *config;
    struct bybit_rest rest;
    struct instrument instrument;
    bool has_instrument;
};

static void take(struct checkup *checkup, const struct finding *finding)
{
    checkup->config->take(checkup->config->context, finding);
}

// What the error stack says, as a finding.
static void take_error(struct checkup *checkup, const char *name, const char *advice)
{
    struct finding finding = {.name = name, .level = FINDING_FAIL};
    (void)snprintf(finding.text, sizeof finding.text, "%s", mm_error_text());
    (void)snprintf(finding.advice, sizeof finding.advice, "%s", advice);
    mm_error_clear();
    take(checkup, &finding);
}

static bool is_stopped(const struct checkup *checkup)
{
    return checkup->config->stop != NULL && *checkup->config->stop != 0;
}

// ---- this machine ----

static void check_disk(struct checkup *checkup)
{
    struct finding finding;
    uint64_t free_bytes = 0;
    if (platform_free_bytes(checkup->config->disk_path, &free_bytes) < 0) {
        finding = (struct finding){.name = "disk", .level = FINDING_FAIL};
        (void)snprintf(finding.text, sizeof finding.text, "%.200s cannot be looked at",
                       checkup->config->disk_path);
    } else {
        checkup_disk(free_bytes, &finding);
    }
    take(checkup, &finding);
}

// ---- the exchange ----

// False when there was no answer.
static bool check_clock(struct checkup *checkup)
{
    struct bybit_clock clock;
    struct finding finding;
    if (bybit_rest_clock(&checkup->rest, &clock) != MM_OK) {
        take_error(checkup, "network",
                   "look at the connection, the name service and --rest; some countries are not "
                   "served");
        return false;
    }
    checkup_clock(clock.ahead_ns, clock.round_trip_ns, &finding);
    take(checkup, &finding);
    checkup->rest.ahead_ms = clock.ahead_ns / 1000000;
    return true;
}

static void check_market(struct checkup *checkup)
{
    const struct bybit_market *market = checkup->config->market;
    if (bybit_market_fetch(market, &checkup->instrument) != MM_OK) {
        take_error(checkup, "market", "choose another --symbol or --category");
        return;
    }
    checkup->has_instrument = true;
    struct finding finding = {.name = "market", .level = FINDING_OK};
    char tick[DECIMAL_TEXT_SIZE], lot[DECIMAL_TEXT_SIZE];
    (void)decimal_print(checkup->instrument.tick, tick);
    (void)decimal_print(checkup->instrument.lot, lot);
    (void)snprintf(finding.text, sizeof finding.text, "%s %s trades, tick %.40s, lot %.40s, in %s",
                   bybit_category_text(market->category), market->symbol, tick, lot,
                   checkup->instrument.settle);
    take(checkup, &finding);
}

// ---- the feed ----

struct listening {
    int64_t lags_ns[LAGS_MAX];
    uint64_t count;
};

static void note_batches(struct bybit_feed *feed, struct listening *listening)
{
    struct market_batch batch;
    while (bybit_feed_take(feed, &batch)) {
        if (batch.kind == EVENT_DEPTH && batch.exch_ts_ns != 0) {
            listening->lags_ns[listening->count++ % LAGS_MAX] =
                batch.local_ts_ns - batch.exch_ts_ns;
        }
    }
}

static void judge_feed(struct listening *listening, struct finding *out)
{
    struct checkup_feed seen = {.messages = listening->count};
    size_t kept = listening->count < LAGS_MAX ? (size_t)listening->count : LAGS_MAX;
    qsort(listening->lags_ns, kept, sizeof listening->lags_ns[0], int64_compare);
    if (kept > 0) {
        seen.lag_p50_ns = listening->lags_ns[kept / 2];
        seen.lag_p95_ns = listening->lags_ns[kept * 95 / 100];
    }
    checkup_feed(&seen, out);
}

// Waits for a snapshot as long as a feed does, then listens.
static void listen_to(struct checkup *checkup, struct ws_loop *loop, struct bybit_feed *feed,
                      struct listening *listening)
{
    int64_t until_ns = platform_monotonic_ns() + 10 * SECOND;
    bool trusted = false;
    while (!is_stopped(checkup) && platform_monotonic_ns() < until_ns &&
           !bybit_feed_is_refused(feed)) {
        ws_loop_run(loop, platform_monotonic_ns() + SECOND / 20);
        bybit_feed_check(feed);
        note_batches(feed, listening);
        if (!trusted && bybit_feed_is_trusted(feed)) {
            trusted = true;
            until_ns = platform_monotonic_ns() + checkup->config->listen_ns;
        }
    }
}

static void finish_feed(struct checkup *checkup, struct bybit_feed *feed,
                        struct listening *listening)
{
    struct finding finding = {.name = "feed", .level = FINDING_FAIL};
    if (bybit_feed_get_counters(feed)->snapshots > 0) {
        judge_feed(listening, &finding);
    } else {
        (void)snprintf(finding.text, sizeof finding.text, "no order book from %.100s: %.150s",
                       checkup->config->market->stream_url, bybit_feed_problem(feed));
        (void)snprintf(finding.advice, sizeof finding.advice,
                       "look at --stream and whether a proxy lets WebSockets through");
    }
    take(checkup, &finding);
}

static int check_feed(struct checkup *checkup)
{
    static struct listening listening;
    struct ws_loop *loop;
    struct bybit_feed *feed;
    struct bybit_feed_config config = {.market = checkup->config->market,
                                       .instrument = checkup->instrument,
                                       .clock = live_clock_start()};
    listening.count = 0;
    int code = ws_loop_create(config.market->ca_file, &loop);
    if (code != MM_OK) {
        return code;
    }
    code = bybit_feed_create(&config, loop, &feed);
    if (code == MM_OK) {
        listen_to(checkup, loop, feed, &listening);
        finish_feed(checkup, feed, &listening);
    }
    bybit_feed_destroy(feed);
    ws_loop_destroy(loop);
    return code;
}

// ---- the account ----

static const char *advice_for(json_int_t code)
{
    switch (code) {
    case 10002:
        return "set this machine's clock by NTP";
    case 10003:
        return "the key is none of this exchange's: of the testnet, perhaps, or ended";
    case 10004:
        return "the secret does not belong to the key";
    case 10005:
        return "give the key the permission to read the account";
    case 10010:
        return "the key is bound to another address than this machine's";
    default:
        return "";
    }
}

// One question about the account; *out is to be ended. False when it was refused: that is a
// finding.
static bool ask(struct checkup *checkup, const char *name, const char *path, const char *query,
                struct bybit_reply *out)
{
    if (bybit_rest_get(&checkup->rest, path, query, true, out) != MM_OK) {
        take_error(checkup, name, "");
        return false;
    }
    if (out->code != 0) {
        struct finding finding = {.name = name, .level = FINDING_FAIL};
        char why[FINDING_TEXT_SIZE];
        bybit_reply_refusal(out, 100, why, sizeof why);
        (void)snprintf(finding.text, sizeof finding.text, "the exchange refused: %.150s", why);
        (void)snprintf(finding.advice, sizeof finding.advice, "%s", advice_for(out->code));
        take(checkup, &finding);
        bybit_reply_fini(out);
        return false;
    }
    return true;
}

static void ask_and_judge(struct checkup *checkup, const char *name, const char *path,
                          const char *query, void (*judge)(const json_t *, struct finding *))
{
    struct bybit_reply reply;
    struct finding finding;
    if (ask(checkup, name, path, query, &reply)) {
        judge(reply.result, &finding);
        take(checkup, &finding);
        bybit_reply_fini(&reply);
    }
}

// The position, and whether the account carries what a run may hold.
static void check_position(struct checkup *checkup, const char *query)
{
    int64_t limit_e9 = checkup->config->position_limit_e9;
    struct bybit_reply position, wallet;
    struct finding finding;
    if (!ask(checkup, "position", "/v5/position/list", query, &position)) {
        return;
    }
    checkup_position(position.result, &finding);
    take(checkup, &finding);
    if (limit_e9 > 0 &&
        ask(checkup, "margin", "/v5/account/wallet-balance", "accountType=UNIFIED", &wallet)) {
        checkup_margin(position.result, wallet.result, limit_e9, &finding);
        take(checkup, &finding);
        bybit_reply_fini(&wallet);
    }
    bybit_reply_fini(&position);
}

static void check_account(struct checkup *checkup)
{
    const struct bybit_market *market = checkup->config->market;
    struct bybit_reply reply;
    struct finding finding;
    char query[128];
    // Of a key that does not work nothing else is worth asking.
    if (!ask(checkup, "key", "/v5/user/query-api", "", &reply)) {
        return;
    }
    checkup_key(reply.result, &finding);
    take(checkup, &finding);
    bybit_reply_fini(&reply);
    if (ask(checkup, "account", "/v5/account/info", "", &reply)) {
        checkup_account(reply.result, &finding);
        take(checkup, &finding);
        checkup_cancel_on_disconnect(reply.result, &finding);
        take(checkup, &finding);
        bybit_reply_fini(&reply);
    }
    (void)snprintf(query, sizeof query, "category=%s&symbol=%s",
                   bybit_category_text(market->category), market->symbol);
    if (market->category != BYBIT_SPOT) {
        check_position(checkup, query);
    }
    ask_and_judge(checkup, "fees", "/v5/account/fee-rate", query, checkup_fees);
}

static void check_keys(struct checkup *checkup)
{
    if (bybit_keys_given(checkup->config->keys)) {
        check_account(checkup);
        return;
    }
    struct finding finding = {.name = "key", .level = FINDING_SKIPPED};
    (void)snprintf(finding.text, sizeof finding.text, "no key was given");
    (void)snprintf(finding.advice, sizeof finding.advice,
                   "recording and paper trading need none; else --keys, or $" BYBIT_KEY_VARIABLE
                   " and $" BYBIT_SECRET_VARIABLE);
    take(checkup, &finding);
}

int checkup_run(const struct checkup_config *config)
{
    struct checkup checkup = {.config = config};
    int code = bybit_rest_init(&checkup.rest, config->market->rest_url, config->market->ca_file,
                               config->keys);
    if (code != MM_OK) {
        return code;
    }
    check_disk(&checkup);
    if (check_clock(&checkup)) {
        check_market(&checkup);
        code = checkup.has_instrument ? check_feed(&checkup) : MM_OK;
        if (code == MM_OK && !is_stopped(&checkup)) {
            check_keys(&checkup);
        }
    }
    bybit_rest_fini(&checkup.rest);
    if (code == MM_OK && is_stopped(&checkup)) {
        code = mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
    }
    return code;
}
