// The engine before an exchange that misbehaves: requests and answers are late, overtake one
// another, get lost or are refused, and fills fall anywhere in between. Whatever happens, every
// execution is booked once, no position leaves its limit, and the parts of a window add up (the
// engine asserts the last).
#include "cmocka_all.h"
#include "engine/engine.h"
#include "fake_venue.h"

enum { MID = 100000, LIMIT = 60, RUNS = 150, STEPS = 400 };

static const int64_t MS = 1000000;
static const int64_t SECOND = 1000000000;

static struct fake_venue fake;
static uint32_t rows_ended;
static int64_t booked_lots;

static void count_order(void *context, const struct engine_order_row *row)
{
    (void)context;
    (void)row;
    rows_ended++;
}

static void count_fill(void *context, const struct engine_fill_row *row)
{
    (void)context;
    booked_lots += side_sign(row->side) * row->qty_lots;
}

static struct engine_config random_config(struct random_stream *stream)
{
    struct engine_config config = {
        .quote = {.base_half_spread_bps = 2,
                  .half_spread_max_bps = 100,
                  .skew_bps_at_limit = (double)random_below(stream, 5),
                  .level_step_ratio = 0.5,
                  .level_count = 1 + (uint32_t)random_below(stream, 3),
                  .quote_qty_lots = 1 + (int64_t)random_below(stream, 30),
                  .replace_threshold_bps = 0.2,
                  .fast_cancel_bps = random_below(stream, 2) == 0 ? 0 : 1.5},
        .risk = {.position_limit_lots = LIMIT, .order_qty_max_lots = LIMIT, .stale_ns = SECOND},
        .orders = {.concurrency_limit = 1 + (uint32_t)random_below(stream, 6),
                   .unknown_query_ns = 100 * MS},
        .kpi = {.markout_ns = SECOND, .pending_max = 64, .samples_max = 256},
        .fees = {-20000, 50000},
        .params = params_of_profile(PARAMS_DEFAULT)};
    // A fifth to all of the position limit on one side, so that the limit itself is reached.
    config.params.steps[PARAM_MAX_DELTA_RATIO] = 40 + (int32_t)random_below(stream, 160);
    config.params.steps[PARAM_MIN_INTERVAL_MS] = 1;
    return config;
}

static void queue_a_step(struct random_stream *stream, int64_t ts_ns)
{
    int64_t at_ns = ts_ns + 1 + (int64_t)random_below(stream, 30) * MS;
    int64_t move = (int64_t)random_below(stream, 41) - 20;
    switch (random_below(stream, 12)) {
    case 0:
        fake_notice(&fake, at_ns, EVENT_GAP);
        fake_notice(&fake, at_ns + 20 * MS, EVENT_SNAPSHOT);
        break;
    case 1:
        fake_market(&fake, at_ns, MID - 1, 1000, 0, 0);
        break;
    case 2:
        fake.reject = random_below(stream, 3) == 0 ? VENUE_REJECT_RATE_LIMIT : VENUE_REJECT_NONE;
        break;
    default:
        fake_market(&fake, at_ns, MID - 1 + move, 1000, MID + 1 + move, 1000);
    }
    // Two fills a step: one side is hit more often than the other for a while.
    for (int i = 0; i < 2; i++) {
        enum side side = (enum side)(random_below(stream, 4) == 0 ? 1 : ts_ns / (3 * SECOND) % 2);
        fake_fill(&fake, ts_ns + 1 + (int64_t)random_below(stream, 40) * MS, side,
                  1 + (int64_t)random_below(stream, 20));
    }
}

static void assert_within_limit(const struct engine *engine)
{
    int64_t position = engine_get_status(engine).position_lots;
    int64_t exchange = fake.filled_lots[SIDE_BUY] - fake.filled_lots[SIDE_SELL];
    if (position > LIMIT || position < -LIMIT || exchange > LIMIT || exchange < -LIMIT) {
        fail_msg("position %lld, at the exchange %lld, limit %d", (long long)position,
                 (long long)exchange, LIMIT);
    }
}

// Lets the exchange behave again, so that everything still on its way is settled.
static void settle(struct engine *engine)
{
    fake.lost_share = 0;
    fake.reject = VENUE_REJECT_NONE;
    uint32_t open = 0;
    assert_int_equal(engine_stop(engine, 60 * SECOND, &open), MM_OK);
    assert_int_equal(open, 0);
    while (fake.event_count > 0) {
        assert_int_equal(engine_run_until(engine, fake.venue.now_ns + SECOND, NULL), MM_OK);
    }
    for (uint32_t i = 0; i < fake.order_count; i++) {
        assert_int_equal(fake.orders[i].leaves_lots, 0);
    }
    int64_t exchange = fake.filled_lots[SIDE_BUY] - fake.filled_lots[SIDE_SELL];
    assert_int_equal(engine_get_status(engine).position_lots, exchange);
    assert_int_equal(booked_lots, exchange);
}

static void run_once(uint32_t run)
{
    struct random_stream stream;
    struct random_stream jitter;
    random_init(&stream, run, RANDOM_TEST, 0);
    random_init(&jitter, run, RANDOM_FAULT, 0);
    rows_ended = 0;
    booked_lots = 0;
    fake_venue_init(&fake);
    fake.entry_ns = 1 + (int64_t)random_below(&stream, 20) * MS;
    fake.response_ns = 1 + (int64_t)random_below(&stream, 20) * MS;
    fake.jitter = &jitter;
    fake.lost_share = 0.02 * (double)random_below(&stream, 4);
    struct engine_config config = random_config(&stream);
    struct engine_sink sink = {.order = count_order, .fill = count_fill};
    struct engine *engine = engine_create(&config, &fake.venue, &sink);
    struct kpi_summary summary;
    for (int step = 0; step < STEPS; step++) {
        if (step % 50 == 0) {
            engine_open_window(engine);
        }
        queue_a_step(&stream, fake.venue.now_ns);
        int64_t until_ns = fake.venue.now_ns + 1 + (int64_t)random_below(&stream, 50) * MS;
        assert_int_equal(engine_run_until(engine, until_ns, NULL), MM_OK);
        assert_within_limit(engine);
        if (step % 50 == 49) {
            engine_close_window(engine, &summary);
        }
    }
    settle(engine);
    uint32_t placed = 0;
    for (uint32_t i = 0; i < fake.sent_count; i++) {
        placed += fake.sent[i].request.op == VENUE_PLACE;
    }
    assert_int_equal(rows_ended, placed);
    engine_destroy(engine);
}

static void nothing_is_lost_and_no_limit_broken_when_the_exchange_misbehaves(void **state)
{
    (void)state;
    for (uint32_t run = 0; run < RUNS; run++) {
        mm_check_context.seed = run;
        run_once(run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_no_limit_broken_when_the_exchange_misbehaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
