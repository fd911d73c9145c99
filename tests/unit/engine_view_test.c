// What may be seen of an engine: book, own orders in it, reasons, and the queue before them.
#include "engine/engine_view.h"
#include "engine_fixture.h"

static struct engine_view view;

static const struct engine_view *look(void)
{
    engine_view(fixture.engine, &view);
    return &view;
}

// The engine of the fixture, but with a sink that wants what watchers want.
static struct {
    int64_t delay_ns[ENGINE_DELAY_COUNT];
    uint32_t delay_count[ENGINE_DELAY_COUNT], mid_count;
    int64_t mid_ns, mid_before;
} heard;

static void hear_delay(void *context, enum engine_delay delay, int64_t delay_ns)
{
    (void)context;
    heard.delay_ns[delay] = delay_ns;
    heard.delay_count[delay]++;
}

static void hear_mid(void *context, int64_t now_ns, int64_t before_half_ticks)
{
    (void)context;
    heard.mid_count++;
    heard.mid_ns = now_ns;
    heard.mid_before = before_half_ticks;
}

static void start_watched(const struct engine_config *config)
{
    memset(&heard, 0, sizeof heard);
    fake_venue_init(&fixture.fake);
    struct engine_sink sink = {.delay = hear_delay, .mid = hear_mid, .wants_queues = true};
    fixture.engine = engine_create(config, &fixture.fake.venue, &sink);
    engine_open_window(fixture.engine);
    fake_market(&fixture.fake, 0, MID - 1, 1000, MID + 1, 1000);
}

static void the_ladder_has_the_levels_of_others_and_ours(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(100 * MS);
    look();
    assert_int_equal(view.mid_half_ticks, 2 * MID);
    assert_int_equal(view.best_ticks[SIDE_BUY], MID - 1);
    assert_int_equal(view.level_count[SIDE_BUY], 2);
    assert_int_equal(view.levels[SIDE_BUY][0].price_ticks, MID - 1);
    assert_int_equal(view.levels[SIDE_BUY][0].lots, 1000);
    assert_int_equal(view.levels[SIDE_BUY][0].own_lots, 0);
    assert_int_equal(view.levels[SIDE_BUY][1].price_ticks, MID - 20);
    assert_int_equal(view.levels[SIDE_BUY][1].lots, 0);
    assert_int_equal(view.levels[SIDE_BUY][1].own_lots, QTY);
    assert_int_equal(view.levels[SIDE_SELL][1].price_ticks, MID + 20);
    assert_int_equal(view.orders_by_state[ORDER_LIVE], 2);
    assert_true(view.sides[SIDE_BUY].is_quoting && view.sides[SIDE_SELL].is_quoting);
    assert_string_equal(view.sides[SIDE_BUY].code, "ok");
    finish();
}

static void a_side_says_why_it_is_not_quoting(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start_unseen(&config);
    look();
    assert_false(view.has_market);
    assert_int_equal(view.mid_half_ticks, 0);
    assert_string_equal(view.sides[SIDE_BUY].code, "no_mid");
    fake_market(&fixture.fake, 10 * MS, MID - 1, 1000, MID + 1, 1000);
    run_to(100 * MS);
    engine_halt(fixture.engine, "a test");
    run_to(200 * MS);
    look();
    assert_false(view.sides[SIDE_SELL].is_quoting);
    assert_string_equal(view.sides[SIDE_SELL].code, "halted");
    assert_string_equal(view.sides[SIDE_SELL].text, "a test");
    finish();
}

static void a_pause_cancels_everything_and_a_halt_outlives_it(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(100 * MS);
    engine_pause(fixture.engine, "an operator");
    run_to(200 * MS);
    look();
    assert_int_equal(view.status.open_order_count, 0);
    assert_string_equal(view.pause_reason, "an operator");
    assert_string_equal(view.sides[SIDE_BUY].code, "paused");
    assert_order_reason("halted");
    engine_halt(fixture.engine, "a loss");
    engine_pause(fixture.engine, NULL);
    run_to(300 * MS);
    assert_string_equal(look()->sides[SIDE_BUY].code, "halted");
    engine_rearm(fixture.engine);
    run_to(400 * MS);
    assert_true(look()->sides[SIDE_BUY].is_quoting);
    finish();
}

static void the_queue_before_an_order_shrinks_with_trades_and_with_its_level(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start_watched(&config);
    // Others stand where our bid comes to rest.
    fake_level(&fixture.fake, 1 * MS, SIDE_BUY, MID - 20, 300);
    run_to(100 * MS);
    assert_int_equal(look()->ahead_lots[0], 300);
    fake_level(&fixture.fake, 110 * MS, SIDE_BUY, MID - 20, 500); // behind us
    run_to(120 * MS);
    assert_int_equal(look()->ahead_lots[0], 300);
    fake_trade(&fixture.fake, 130 * MS, SIDE_BUY, MID - 20, 120);
    fake_trade(&fixture.fake, 131 * MS, SIDE_BUY, MID - 19, 50); // elsewhere
    fake_trade(&fixture.fake, 132 * MS, SIDE_SELL, MID - 20, 50);
    run_to(140 * MS);
    assert_int_equal(look()->ahead_lots[0], 180);
    fake_level(&fixture.fake, 150 * MS, SIDE_BUY, MID - 20, 70);
    run_to(160 * MS);
    assert_int_equal(look()->ahead_lots[0], 70);
    fake_trade(&fixture.fake, 170 * MS, SIDE_BUY, MID - 20, 1000);
    run_to(180 * MS);
    assert_int_equal(look()->ahead_lots[0], 0);
    finish();
}

static void delays_and_changes_of_the_mid_are_told(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start_watched(&config);
    run_to(100 * MS);
    assert_int_equal(heard.delay_count[ENGINE_DELAY_PLACE], 2);
    assert_int_equal(heard.delay_ns[ENGINE_DELAY_PLACE], 10 * MS);
    assert_int_equal(heard.mid_count, 0); // the first has none before it
    market_at(200 * MS, 10);
    run_to(400 * MS);
    assert_int_equal(heard.mid_count, 1);
    assert_int_equal(heard.mid_ns, 200 * MS);
    assert_int_equal(heard.mid_before, 2 * MID);
    assert_true(heard.delay_count[ENGINE_DELAY_AMEND] > 0);
    finish();
}

static void the_open_window_is_seen_as_it_would_close(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(100 * MS);
    fake_fill(&fixture.fake, 150 * MS, SIDE_BUY, QTY);
    run_to(2 * SECOND);
    look();
    assert_true(view.has_window);
    assert_int_equal(view.window.fill_count, 1);
    assert_int_equal(view.status.position_lots, QTY);
    int64_t net = view.window.part_quote_e9[KPI_NET];
    assert_int_equal(view.realised_quote_e9 + view.unrealised_quote_e9 - view.fees_quote_e9, net);
    struct kpi_summary closed;
    engine_close_window(fixture.engine, &closed);
    assert_int_equal(closed.part_quote_e9[KPI_NET], net);
    assert_int_equal(closed.part_quote_e9[KPI_GROSS], view.window.part_quote_e9[KPI_GROSS]);
    assert_false(look()->has_window);
    engine_destroy(fixture.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ladder_has_the_levels_of_others_and_ours),
        cmocka_unit_test(a_side_says_why_it_is_not_quoting),
        cmocka_unit_test(a_pause_cancels_everything_and_a_halt_outlives_it),
        cmocka_unit_test(the_queue_before_an_order_shrinks_with_trades_and_with_its_level),
        cmocka_unit_test(delays_and_changes_of_the_mid_are_told),
        cmocka_unit_test(the_open_window_is_seen_as_it_would_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
