#include "engine/history.h"

#include "engine_fixture.h"

static struct history *history;

// An engine whose history is kept from its first window on, one sample every 10 ms.
static void start_with_history(void)
{
    struct engine_config config = test_config();
    config.fees = (struct fees){.maker_e9 = -10000};
    fake_venue_init(&fixture.fake);
    history = history_create(0, 1000 * SECOND);
    assert_int_equal(history->sample_interval_ns, 20 * MS);
    struct engine_sink sink = history_sink(history);
    fixture.engine = engine_create(&config, &fixture.fake.venue, &sink);
    engine_open_window(fixture.engine);
    fake_market(&fixture.fake, 0, MID - 1, 1000, MID + 1, 1000);
}

static void trade_for_three_seconds(void)
{
    run_to(50 * MS);
    fake_fill(&fixture.fake, 101 * MS, SIDE_BUY, 4);
    market_at(150 * MS, -40);
    fake_fill(&fixture.fake, 700 * MS, SIDE_SELL, 3);
    market_at(900 * MS, 25);
    market_at(1500 * MS, 60);
    market_at(2200 * MS, -15);
    fake_fill(&fixture.fake, 2900 * MS, SIDE_BUY, 5); // its horizon ends behind the window
    run_to(3 * SECOND);
}

static void end_with_history(void)
{
    history_destroy(history);
    history = NULL;
}

static void samples_come_at_their_interval_and_at_the_close(void **state)
{
    (void)state;
    start_with_history();
    trade_for_three_seconds();
    run_to(3 * SECOND + 7 * MS);
    struct kpi_summary summary = finish();
    const struct series *series = &history->series;
    assert_int_equal(series->count, 151);
    for (uint32_t i = 0; i < 150; i++) {
        assert_int_equal(series->points[i].last.now_ns, (i + 1) * 20 * MS);
    }
    assert_int_equal(series->points[150].last.now_ns, summary.to_ns);
    end_with_history();
}

static void the_parts_of_every_sample_add_up(void **state)
{
    (void)state;
    start_with_history();
    trade_for_three_seconds();
    finish();
    for (uint32_t i = 0; i < history->series.count; i++) {
        const int64_t *part = history->series.points[i].last.part_quote_e9;
        assert_int_equal(part[KPI_NET], part[KPI_GROSS] - part[KPI_SLIPPAGE] - part[KPI_ADVERSE] -
                                            part[KPI_INVENTORY] - part[KPI_FEES]);
    }
    end_with_history();
}

static void the_last_sample_says_what_the_window_says(void **state)
{
    (void)state;
    start_with_history();
    trade_for_three_seconds();
    struct kpi_summary summary = finish();
    const struct engine_sample *last = &history->series.points[history->series.count - 1].last;
    assert_memory_equal(last->part_quote_e9, summary.part_quote_e9, sizeof summary.part_quote_e9);
    assert_int_equal(last->position_lots, summary.position_lots);
    assert_true(summary.part_quote_e9[KPI_FEES] < 0 && summary.part_quote_e9[KPI_ADVERSE] != 0);
    int64_t deepest = 0;
    for (uint32_t i = 0; i < history->series.count; i++) {
        int64_t drawdown = history->series.points[i].last.drawdown_quote_e9;
        deepest = drawdown > deepest ? drawdown : deepest;
    }
    assert_int_equal(deepest, summary.max_drawdown_quote_e9);
    end_with_history();
}

static void a_sample_shows_market_quotes_and_position_of_its_moment(void **state)
{
    (void)state;
    start_with_history();
    trade_for_three_seconds();
    finish();
    const struct engine_sample *early = &history->series.points[4].last; // at 100 ms
    assert_int_equal(early->mid_half_ticks, 2 * MID);
    assert_int_equal(early->best_ticks[SIDE_BUY], MID - 1);
    assert_int_equal(early->live_ticks[SIDE_BUY], MID - 20);
    assert_int_equal(early->live_ticks[SIDE_SELL], MID + 20);
    assert_int_equal(early->wanted_ticks[SIDE_BUY], MID - 20);
    assert_int_equal(early->position_lots, 0);
    assert_int_equal(history->series.points[5].last.position_lots, 4); // the fill came at 106 ms
    end_with_history();
}

static void a_feed_that_lost_something_shows_no_market(void **state)
{
    (void)state;
    start_with_history();
    run_to(100 * MS);
    fake_notice(&fixture.fake, 110 * MS, EVENT_GAP);
    run_to(200 * MS);
    finish();
    assert_true(history->series.points[4].last.best_ticks[SIDE_BUY] != 0);
    const struct engine_sample *blind = &history->series.points[8].last;
    assert_int_equal(blind->best_ticks[SIDE_BUY], 0);
    assert_int_equal(blind->best_ticks[SIDE_SELL], 0);
    assert_int_equal(blind->live_ticks[SIDE_BUY], 0);
    end_with_history();
}

static void fills_learn_their_markouts_in_time_or_never(void **state)
{
    (void)state;
    start_with_history();
    trade_for_three_seconds();
    finish();
    const struct fill_record *records = history->fills.records;
    assert_int_equal(history->fills.count, 3);
    assert_int_equal(records[0].later_half_ticks, 2 * (MID + 25)); // in force at 1106 ms
    assert_int_equal(records[1].later_half_ticks, 2 * (MID + 60));
    assert_int_equal(records[2].later_half_ticks, 0);
    end_with_history();
}

static void orders_are_counted_by_how_they_ended(void **state)
{
    (void)state;
    start_with_history();
    run_to(50 * MS);
    fake_fill(&fixture.fake, 100 * MS, SIDE_BUY, QTY);
    run_to(300 * MS);
    fake_fill(&fixture.fake, 301 * MS, SIDE_SELL, 2);
    run_to(400 * MS);
    uint32_t open = 0;
    assert_int_equal(engine_stop(fixture.engine, SECOND, &open), MM_OK);
    finish();
    const struct order_outcomes *orders = &history->orders;
    assert_int_equal(orders->order_count, 3);
    assert_int_equal(orders->count, 2);
    assert_string_equal(orders->of[0].status, "filled");
    assert_int_equal(orders->of[0].count, 1);
    assert_string_equal(orders->of[1].status, "canceled");
    assert_int_equal(orders->of[1].count, 2);
    assert_int_equal(orders->of[1].part_filled_count, 1);
    assert_int_equal(orders->lifetimes_ns.count, 3);
    end_with_history();
}

static void outcomes_without_room_are_counted(void **state)
{
    (void)state;
    static char names[ORDER_OUTCOMES_MAX + 3][8];
    struct order_outcomes orders;
    order_outcomes_init(&orders);
    for (int i = 0; i < ORDER_OUTCOMES_MAX + 3; i++) {
        (void)snprintf(names[i], sizeof names[i], "r%d", i);
        struct engine_order_row row = {.status = "canceled", .reason = names[i]};
        order_outcomes_add(&orders, &row);
    }
    assert_int_equal(orders.order_count, ORDER_OUTCOMES_MAX + 3);
    assert_int_equal(orders.lost_count, 3);
    order_outcomes_fini(&orders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_at_their_interval_and_at_the_close),
        cmocka_unit_test(the_parts_of_every_sample_add_up),
        cmocka_unit_test(the_last_sample_says_what_the_window_says),
        cmocka_unit_test(a_sample_shows_market_quotes_and_position_of_its_moment),
        cmocka_unit_test(a_feed_that_lost_something_shows_no_market),
        cmocka_unit_test(fills_learn_their_markouts_in_time_or_never),
        cmocka_unit_test(orders_are_counted_by_how_they_ended),
        cmocka_unit_test(outcomes_without_room_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
