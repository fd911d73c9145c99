#include "engine_fixture.h"

static void min_interval_delays_the_second_replace_to_the_nanosecond(void **state)
{
    (void)state;
    static const int32_t intervals[2] = {40, 80};
    for (int i = 0; i < 2; i++) {
        struct engine_config config = test_config();
        config.params.steps[PARAM_MIN_INTERVAL_MS] = intervals[i];
        start(&config);
        market_at(100 * MS, 10);
        market_at(120 * MS, 20);
        run_to(500 * MS);
        assert_int_equal(nth_sent(VENUE_AMEND, SIDE_BUY, 0)->ts_ns, 100 * MS);
        assert_int_equal(nth_sent(VENUE_AMEND, SIDE_BUY, 1)->ts_ns, (100 + intervals[i]) * MS);
        assert_int_equal(nth_sent(VENUE_AMEND, SIDE_BUY, 1)->request.price_ticks, MID);
        assert_int_equal(count_sent(VENUE_AMEND, SIDE_BUY), 2);
        struct kpi_summary summary = finish();
        assert_int_equal(summary.block_count[KPI_BLOCK_MIN_INTERVAL], 2); // one a side
    }
}

static uint32_t replaces_in_a_minute(int32_t rate)
{
    struct engine_config config = test_config();
    config.params.steps[PARAM_MIN_INTERVAL_MS] = 20;
    config.params.steps[PARAM_REPLACE_RATE_PER_MIN] = rate;
    config.params.steps[PARAM_TAIL_AGE_MS] = 6000;
    start(&config);
    for (int i = 1; i <= 600; i++) {
        market_at(i * 100 * MS, 10 * (i % 2));
    }
    run_to(61 * SECOND);
    struct kpi_summary summary = finish();
    assert_true(summary.block_count[KPI_BLOCK_THROTTLE] > 0);
    return (uint32_t)summary.replace_count;
}

static void replace_rate_caps_the_symbols_replaces(void **state)
{
    (void)state;
    // A minute's rate, and what the bucket held at its start.
    assert_in_range(replaces_in_a_minute(200), 199, 204);
    assert_in_range(replaces_in_a_minute(320), 318, 326);
}

static void neither_side_uses_up_the_replace_rate_alone(void **state)
{
    (void)state;
    replaces_in_a_minute(200);
    uint32_t buys = count_sent(VENUE_AMEND, SIDE_BUY);
    uint32_t sells = count_sent(VENUE_AMEND, SIDE_SELL);
    assert_in_range(buys, sells - 3, sells + 3);
}

static void the_spread_delta_moves_both_quotes_out(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.params.steps[PARAM_BASE_SPREAD_BPS_DELTA] = 40; // 0.2 bps: two ticks
    start(&config);
    run_to(100 * MS);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 0)->request.price_ticks, MID - 22);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_SELL, 0)->request.price_ticks, MID + 22);
    finish();
}

static void new_parameters_act_from_the_next_look(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(100 * MS);
    struct params params = test_params();
    params.steps[PARAM_BASE_SPREAD_BPS_DELTA] = 100; // 0.5 bps
    engine_set_params(fixture.engine, params);
    run_to(101 * MS);
    assert_int_equal(nth_sent(VENUE_AMEND, SIDE_BUY, 0)->ts_ns, 100 * MS);
    assert_int_equal(nth_sent(VENUE_AMEND, SIDE_BUY, 0)->request.price_ticks, MID - 25);
    finish();
}

static void a_quote_slightly_off_is_pulled_at_its_tail_age(void **state)
{
    (void)state;
    static const int32_t ages[2] = {50, 80}; // steps of 10 ms
    for (int i = 0; i < 2; i++) {
        struct engine_config config = test_config();
        config.params.steps[PARAM_TAIL_AGE_MS] = ages[i];
        start(&config);
        market_at(300 * MS, 1); // within the replace threshold of two ticks
        run_to(2 * SECOND);
        assert_int_equal(count_sent(VENUE_AMEND, SIDE_BUY), 0);
        // Seen resting at 10 ms.
        assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 0)->ts_ns, (10 + ages[i] * 10) * MS);
        assert_order_reason("tail_age");
        assert_int_equal(last_sent(VENUE_PLACE, SIDE_BUY)->request.price_ticks, MID - 19);
        assert_int_equal(count_sent(VENUE_CANCEL, SIDE_BUY), 1);
        finish();
    }
}

static void a_quote_whose_replace_is_throttled_is_pulled_at_its_tail_age(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.params.steps[PARAM_REPLACE_RATE_PER_MIN] = 60; // one at once, one a second
    start(&config);
    market_at(300 * MS, 10); // one side takes the only replace
    run_to(700 * MS);
    assert_int_equal(count_sent(VENUE_AMEND, SIDE_BUY) + count_sent(VENUE_AMEND, SIDE_SELL), 1);
    enum side waiting = count_sent(VENUE_AMEND, SIDE_BUY) == 1 ? SIDE_SELL : SIDE_BUY;
    assert_int_equal(nth_sent(VENUE_CANCEL, waiting, 0)->ts_ns, 610 * MS);
    finish();
}

static void the_oldest_quotes_are_pulled_first(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.quote.level_count = 2;
    config.quote.level_step_ratio = 1;
    start(&config);
    fake_fill(&fixture.fake, 50 * MS, SIDE_BUY, QTY); // the inner bid, placed anew at 55 ms
    fixture.fake.events[fixture.fake.event_count - 1].fill_order_id = 2;
    market_at(SECOND, 1);
    run_to(2 * SECOND);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 2)->request.order_id, 5);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 0)->ts_ns, SECOND);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 0)->request.order_id, 4);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 1)->ts_ns, SECOND);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 1)->request.order_id, 5);
    finish();
}

static void the_impact_cap_follows_the_visible_depth(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.params.steps[PARAM_IMPACT_CAP_RATIO] = 16; // 0.08
    start_unseen(&config);
    fake_level(&fixture.fake, 0, SIDE_BUY, MID - 20, 40); // at the edge of the range: counts
    fake_level(&fixture.fake, 0, SIDE_BUY, MID - 21, 900);
    fake_market(&fixture.fake, 0, MID - 1, 50, MID + 1, 75);
    run_to(100 * MS);
    assert_int_equal(last_sent(VENUE_PLACE, SIDE_BUY)->request.qty_lots, 7);
    assert_int_equal(last_sent(VENUE_PLACE, SIDE_SELL)->request.qty_lots, 6);
    finish();
}

static void max_delta_caps_a_sides_resting_size(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.risk.position_limit_lots = 150;
    config.quote.level_count = 2;
    config.params.steps[PARAM_MAX_DELTA_RATIO] = 20; // 0.1: fifteen lots
    start(&config);
    run_to(100 * MS);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 0)->request.qty_lots, 10);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 1)->request.qty_lots, 5);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(min_interval_delays_the_second_replace_to_the_nanosecond),
        cmocka_unit_test(replace_rate_caps_the_symbols_replaces),
        cmocka_unit_test(neither_side_uses_up_the_replace_rate_alone),
        cmocka_unit_test(the_spread_delta_moves_both_quotes_out),
        cmocka_unit_test(new_parameters_act_from_the_next_look),
        cmocka_unit_test(a_quote_slightly_off_is_pulled_at_its_tail_age),
        cmocka_unit_test(a_quote_whose_replace_is_throttled_is_pulled_at_its_tail_age),
        cmocka_unit_test(the_oldest_quotes_are_pulled_first),
        cmocka_unit_test(the_impact_cap_follows_the_visible_depth),
        cmocka_unit_test(max_delta_caps_a_sides_resting_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
