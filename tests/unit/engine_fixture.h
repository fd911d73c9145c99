// An engine on a scripted exchange, with everything it sends and writes kept for the test.
#ifndef MM_TESTS_UNIT_ENGINE_FIXTURE_H
#define MM_TESTS_UNIT_ENGINE_FIXTURE_H

#include "cmocka_all.h"
#include "engine/engine.h"
#include "fake_venue.h"

#include <string.h>

// The mid stands at 100,000 ticks: a bps is ten ticks, and the half-spread just under twenty, so
// that quotes are rounded out to twenty. Requests take 5 ms there and 5 ms back.
enum { MID = 100000, QTY = 10, LIMIT = 1000 };

static const int64_t MS = 1000000;
static const int64_t SECOND = 1000000000;

enum { RECORDED_MAX = 4096 };

struct recorded {
    struct engine_order_row orders[RECORDED_MAX];
    struct engine_fill_row fills[RECORDED_MAX];
    uint32_t order_count, fill_count;
};

struct fixture {
    struct fake_venue fake;
    struct engine *engine;
    struct recorded recorded;
};

static struct fixture fixture; // too large for a stack

static inline void record_order(void *context, const struct engine_order_row *row)
{
    struct recorded *recorded = context;
    recorded->orders[recorded->order_count++ % RECORDED_MAX] = *row;
}

static inline void record_fill(void *context, const struct engine_fill_row *row)
{
    struct recorded *recorded = context;
    recorded->fills[recorded->fill_count++ % RECORDED_MAX] = *row;
}

static inline struct params test_params(void)
{
    return (struct params){.steps = {[PARAM_MIN_INTERVAL_MS] = 70,
                                     [PARAM_REPLACE_RATE_PER_MIN] = 300,
                                     [PARAM_BASE_SPREAD_BPS_DELTA] = 0,
                                     [PARAM_TAIL_AGE_MS] = 60,
                                     [PARAM_IMPACT_CAP_RATIO] = 20,
                                     [PARAM_MAX_DELTA_RATIO] = 20}};
}

static inline struct engine_config test_config(void)
{
    return (struct engine_config){
        .quote = {.base_half_spread_bps = 1.995,
                  .half_spread_max_bps = 100,
                  .level_count = 1,
                  .quote_qty_lots = QTY,
                  .replace_threshold_bps = 0.2},
        .risk = {.position_limit_lots = LIMIT, .order_qty_max_lots = LIMIT},
        .orders = {.concurrency_limit = 8, .unknown_query_ns = 1000000000},
        .kpi = {.markout_ns = 1000000000, .pending_max = 1024, .samples_max = 1024},
        .params = test_params()};
}

// An engine before a market that has yet to say something.
static inline void start_unseen(const struct engine_config *config)
{
    fixture.recorded = (struct recorded){0};
    fake_venue_init(&fixture.fake);
    struct engine_sink sink = {
        .context = &fixture.recorded, .order = record_order, .fill = record_fill};
    fixture.engine = engine_create(config, &fixture.fake.venue, &sink);
    engine_open_window(fixture.engine);
}

// The same before a quiet, deep market of two ticks' spread.
static inline void start(const struct engine_config *config)
{
    start_unseen(config);
    fake_market(&fixture.fake, 0, MID - 1, 1000, MID + 1, 1000);
}

static inline void run_to(int64_t ts_ns)
{
    assert_int_equal(engine_run_until(fixture.engine, ts_ns, NULL), MM_OK);
    assert_int_equal(fixture.fake.venue.now_ns, ts_ns);
}

// Moves both bests by `ticks` from the first market.
static inline void market_at(int64_t ts_ns, int64_t ticks)
{
    fake_market(&fixture.fake, ts_ns, MID - 1 + ticks, 1000, MID + 1 + ticks, 1000);
}

static inline struct kpi_summary finish(void)
{
    struct kpi_summary summary;
    engine_close_window(fixture.engine, &summary);
    engine_destroy(fixture.engine);
    return summary;
}

static inline uint32_t count_sent(enum venue_op op, enum side side)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < fixture.fake.sent_count; i++) {
        const struct venue_request *request = &fixture.fake.sent[i].request;
        count += request->op == op && request->side == side;
    }
    return count;
}

// The request with this number (0 = first) of its kind, which must exist.
static inline const struct fake_sent *nth_sent(enum venue_op op, enum side side, uint32_t number)
{
    for (uint32_t i = 0; i < fixture.fake.sent_count; i++) {
        const struct fake_sent *sent = &fixture.fake.sent[i];
        if (sent->request.op == op && sent->request.side == side && number-- == 0) {
            return sent;
        }
    }
    fail_msg("no such request was sent");
    return NULL;
}

static inline const struct fake_sent *last_sent(enum venue_op op, enum side side)
{
    uint32_t count = count_sent(op, side);
    return nth_sent(op, side, count > 0 ? count - 1 : 0);
}

static inline void assert_order_reason(const char *reason)
{
    assert_true(fixture.recorded.order_count > 0);
    uint32_t last = fixture.recorded.order_count - 1;
    assert_string_equal(fixture.recorded.orders[last].reason, reason);
}

static inline void assert_quote_says(enum side side, const char *words)
{
    struct engine_quote quotes[ENGINE_QUOTES_MAX];
    uint32_t count = engine_get_quotes(fixture.engine, quotes);
    for (uint32_t i = 0; i < count; i++) {
        if (quotes[i].side == side) {
            assert_non_null(strstr(quotes[i].reason, words));
        }
    }
}

#endif
