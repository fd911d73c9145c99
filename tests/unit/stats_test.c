#include "market/stats.h"

#include "cmocka_all.h"

#include <math.h>

enum { SPAN = 1 << 16, MIDDLE = 20000 };

static const int64_t MS_NS = 1000000;

static struct market_stats stats;
static double values[STAT_COUNT];

static int set_up(void **state)
{
    (void)state;
    return market_stats_init(&stats, (struct book_geometry){.base_ticks = 0, .span = SPAN});
}

static int tear_down(void **state)
{
    (void)state;
    market_stats_fini(&stats);
    return 0;
}

static void add(int64_t ms, enum event_kind kind, const struct row *rows, uint32_t count)
{
    market_stats_add(
        &stats, &(struct market_batch){
                    .exch_ts_ns = (1000 + ms) * MS_NS, .rows = rows, .count = count, .kind = kind});
}

static struct row row(enum side side, int64_t price_ticks, uint32_t lots)
{
    struct book_geometry geometry = {.base_ticks = 0, .span = SPAN};
    return (struct row){.key = geometry_key(geometry, side, price_ticks), .lots = lots};
}

// A book of one level a side: the touch is set to `bid` and `bid + spread`, the last one removed.
static void quote(int64_t ms, int64_t bid, int64_t spread)
{
    static int64_t last_bid, last_ask;
    struct row rows[4] = {row(SIDE_BUY, last_bid ? last_bid : 1, 0),
                          row(SIDE_SELL, last_ask ? last_ask : 1, 0), row(SIDE_BUY, bid, 10),
                          row(SIDE_SELL, bid + spread, 10)};
    add(ms, EVENT_DEPTH, rows, 4);
    last_bid = bid;
    last_ask = bid + spread;
}

static void trade(int64_t ms, enum side taken_from, int64_t price_ticks, uint32_t lots)
{
    struct row one = row(taken_from, price_ticks, lots);
    add(ms, EVENT_TRADE, &one, 1);
}

static void assert_near(enum market_stat stat, double expected)
{
    market_stats_values(&stats, values);
    if (!(fabs(values[stat] - expected) <= 1e-6 + 1e-6 * fabs(expected))) {
        fail_msg("%s is %g, not %g", stat_specs[stat].name, values[stat], expected);
    }
}

static void what_was_never_seen_is_not_a_number(void **state)
{
    (void)state;
    market_stats_values(&stats, values);
    for (int stat = 0; stat < STAT_COUNT; stat++) {
        assert_true(isnan(values[stat]));
        assert_non_null(stat_specs[stat].name);
    }
}

static void spreads_are_weighed_by_time(void **state)
{
    (void)state;
    quote(0, MIDDLE, 1);
    quote(300, MIDDLE, 3);
    quote(400, MIDDLE, 1);
    assert_near(STAT_SPREAD_ONE, .75);
    double one = 1e4 / (MIDDLE + .5), three = 3e4 / (MIDDLE + 1.5);
    assert_near(STAT_SPREAD_BPS, .75 * one + .25 * three);
    assert_near(STAT_EMPTY_SHARE, 0);
    struct row clear = row(SIDE_BUY, 1, 0);
    add(500, EVENT_CLEAR, &clear, 1);
    add(1000, EVENT_GAP, NULL, 0);
    assert_near(STAT_EMPTY_SHARE, .5);
}

static void trades_of_one_millisecond_and_side_are_one_market_order(void **state)
{
    (void)state;
    quote(0, MIDDLE, 1);
    trade(100, SIDE_SELL, MIDDLE + 1, 3);
    trade(100, SIDE_SELL, MIDDLE + 2, 4); // the same order
    trade(100, SIDE_BUY, MIDDLE, 5);      // another side
    trade(101, SIDE_BUY, MIDDLE, 5);      // another millisecond
    trade(501, SIDE_BUY, MIDDLE, 5);
    trade(1000, SIDE_SELL, MIDDLE, 1);
    market_stats_values(&stats, values);
    assert_near(STAT_TRADE_RATE, 6);
    assert_near(STAT_ORDER_RATE, 5);
    assert_near(STAT_ORDER_SIZE_MEAN, (7 + 5 + 5 + 5) / 4.); // the last is not over yet
    assert_near(STAT_ARRIVAL_1MS, 2 / 4.);
}

static void signs_that_alternate_have_autocorrelation_minus_one(void **state)
{
    (void)state;
    quote(0, MIDDLE, 1);
    for (int i = 0; i < 1000; i++) {
        trade(10 * i, i % 2 ? SIDE_BUY : SIDE_SELL, MIDDLE, 1);
    }
    assert_near(STAT_SIGN_ACF_1, -1);
    assert_near(STAT_SIGN_ACF_2, 1);
    assert_near(STAT_SIGN_ACF_MIN, -1);
    assert_near(STAT_ARRIVAL_CV, 0);
    assert_near(STAT_FANO_1S, 0);
}

static void the_response_is_the_move_in_the_direction_of_the_taker(void **state)
{
    (void)state;
    quote(0, MIDDLE, 2); // mid MIDDLE + 1
    trade(100, SIDE_BUY, MIDDLE, 1);
    quote(105, MIDDLE - 4, 2); // 4 ticks down, with the seller
    quote(150, MIDDLE, 2);
    add(10000, EVENT_GAP, NULL, 0);
    assert_near(STAT_RESPONSE_10MS, 4e4 / (MIDDLE + 1));
    assert_near(STAT_RESPONSE_100MS, 0);
    assert_near(STAT_RESPONSE_1S, 0);
}

static void volatility_is_per_root_second_at_every_scale(void **state)
{
    (void)state;
    for (int i = 0; i <= 1000; i++) {
        quote(100 * i + 50, MIDDLE + i % 2, 2); // one tick up and down again
    }
    market_stats_values(&stats, values);
    double step = 1e4 * log((MIDDLE + 2.) / (MIDDLE + 1.));
    assert_near(STAT_VOL_100MS, step / sqrt(.1));
    assert_near(STAT_VOL_1S, 0); // an even number of steps
    assert_near(STAT_KURTOSIS_100MS, -2);
    assert_near(STAT_JUMP_Q50, 2);
}

static void the_imbalance_curve_tells_where_the_mid_goes(void **state)
{
    (void)state;
    int64_t bid = MIDDLE;
    for (int i = 0; i < 100; i++) {
        bool heavy_bid = i % 2 == 0;
        quote(20 * i, bid, 1);
        struct row heavy = heavy_bid ? row(SIDE_BUY, bid, 1000) : row(SIDE_SELL, bid + 1, 1000);
        for (uint32_t lots = 1000; lots < 1020; lots++) { // most updates see the heavy side
            heavy.lots = lots;
            add(20 * i + 10, EVENT_DEPTH, &heavy, 1);
        }
        bid += heavy_bid ? 1 : -1;
    }
    market_stats_values(&stats, values);
    assert_true(values[STAT_UP_1] < .1);
    assert_true(values[STAT_UP_5] > .9);
}

static void fills_are_counted_by_the_furthest_trade_of_an_interval(void **state)
{
    (void)state;
    quote(0, MIDDLE, 2);
    int64_t far = MIDDLE + 1 + 2; // 2 ticks = 1 bps from the mid
    for (int i = 0; i < 100; i++) {
        trade(100 * i + 150, SIDE_SELL, far, 1);
    }
    add(10100, EVENT_GAP, NULL, 0);
    // One side of two, in nearly every interval of .1 s.
    market_stats_values(&stats, values);
    assert_true(fabs(values[STAT_FILL_250] - 5) < .1);
    assert_true(values[STAT_FILL_1500] == 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_never_seen_is_not_a_number),
        CASE(spreads_are_weighed_by_time),
        CASE(trades_of_one_millisecond_and_side_are_one_market_order),
        CASE(signs_that_alternate_have_autocorrelation_minus_one),
        CASE(the_response_is_the_move_in_the_direction_of_the_taker),
        CASE(volatility_is_per_root_second_at_every_scale),
        CASE(the_imbalance_curve_tells_where_the_mid_goes),
        CASE(fills_are_counted_by_the_furthest_trade_of_an_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
