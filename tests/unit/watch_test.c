#include "engine/watch.h"

#include "cmocka_all.h"
#include "engine/history.h"
#include "fake_venue.h"

enum { MID = 100000 };

static const int64_t MS = 1000000;
static const int64_t SECOND = 1000000000;

static struct fake_venue fake; // too large for a stack
static struct history *history;
static struct watch *watch;

static void start(void)
{
    fake_venue_init(&fake);
    history = history_create(0, 1000 * SECOND);
    struct watch_config config = {
        .kpi = {.markout_ns = 1000000000, .pending_max = 16, .samples_max = 16},
        .fees = {.maker_e9 = -10000},
        .sink = history_sink(history)};
    watch = watch_create(&fake.venue, &config);
    fake_market(&fake, 0, MID - 1, 1000, MID + 1, 1000);
}

static void run_to(int64_t ts_ns)
{
    struct venue *venue = watch_venue(watch);
    struct venue_event event = {0};
    do {
        assert_int_equal(venue_next(venue, ts_ns, &event), MM_OK);
        assert_int_equal(venue->now_ns, fake.venue.now_ns);
    } while (event.kind != VENUE_TIME);
}

static void send(enum venue_op op, uint64_t id, enum side side, int64_t price_ticks)
{
    struct venue_request request = {.op = op,
                                    .side = side,
                                    .tif = TIF_POST_ONLY,
                                    .order_id = id,
                                    .price_ticks = price_ticks,
                                    .qty_lots = 10};
    assert_int_equal(venue_send(watch_venue(watch), &request), MM_OK);
}

static void end(void)
{
    watch_destroy(watch);
    history_destroy(history);
}

static void a_fill_is_measured_as_the_engine_measures_it(void **state)
{
    (void)state;
    start();
    run_to(10 * MS);
    send(VENUE_PLACE, 1, SIDE_BUY, MID - 5);
    run_to(50 * MS);
    fake_fill(&fake, 100 * MS, SIDE_BUY, 10);
    fake_market(&fake, 500 * MS, MID - 11, 1000, MID - 9, 1000);
    run_to(2 * SECOND);
    struct kpi_summary summary;
    watch_close(watch, &summary);
    const struct fill_record *record = &history->fills.records[0];
    assert_int_equal(history->fills.count, 1);
    assert_int_equal(record->row.wanted_price_ticks, MID - 5);
    assert_int_equal(record->row.mid_half_ticks, 2 * MID);
    assert_int_equal(record->row.position_lots, 10);
    assert_int_equal(record->later_half_ticks, 2 * (MID - 10));
    assert_int_equal(history->orders.order_count, 1);
    assert_string_equal(history->orders.of[0].status, "filled");
    assert_true(summary.part_quote_e9[KPI_GROSS] > 0);
    assert_true(summary.part_quote_e9[KPI_ADVERSE] > 0);
    assert_int_equal(summary.part_quote_e9[KPI_SLIPPAGE], 0);
    assert_true(summary.part_quote_e9[KPI_FEES] < 0);
    assert_int_equal(summary.fill_count, 1);
    assert_int_equal(summary.place_count, 1);
    end();
}

static void only_orders_that_rest_are_shown_as_live(void **state)
{
    (void)state;
    start();
    run_to(10 * MS);
    send(VENUE_PLACE, 1, SIDE_BUY, MID - 5);
    send(VENUE_PLACE, 2, SIDE_BUY, MID - 9);
    send(VENUE_PLACE, 3, SIDE_SELL, MID + 7);
    run_to(12 * MS);
    run_to(100 * MS);
    send(VENUE_CANCEL, 1, SIDE_BUY, MID - 5);
    run_to(200 * MS);
    const struct series_point *points = history->series.points; // every 20 ms
    assert_int_equal(points[0].last.live_ticks[SIDE_BUY], MID - 5);
    assert_int_equal(points[0].last.live_ticks[SIDE_SELL], MID + 7);
    assert_int_equal(points[0].last.best_ticks[SIDE_SELL], MID + 1);
    assert_int_equal(points[8].last.live_ticks[SIDE_BUY], MID - 9);
    assert_string_equal(history->orders.of[0].status, "canceled");
    end();
}

static void what_is_refused_ends_as_rejected(void **state)
{
    (void)state;
    start();
    run_to(10 * MS);
    fake.reject = VENUE_REJECT_RATE_LIMIT;
    send(VENUE_PLACE, 1, SIDE_BUY, MID - 5);
    run_to(100 * MS);
    assert_string_equal(history->orders.of[0].status, "rejected");
    assert_int_equal(history->series.points[2].last.live_ticks[SIDE_BUY], 0);
    end();
}

static void the_last_sample_says_what_the_window_says(void **state)
{
    (void)state;
    start();
    run_to(10 * MS);
    send(VENUE_PLACE, 1, SIDE_SELL, MID + 5);
    run_to(50 * MS);
    fake_fill(&fake, 100 * MS, SIDE_SELL, 4);
    fake_market(&fake, 700 * MS, MID + 30, 1000, MID + 33, 1000);
    run_to(900 * MS); // before the horizon
    struct kpi_summary summary;
    watch_close(watch, &summary);
    const struct engine_sample *last = &history->series.points[history->series.count - 1].last;
    assert_memory_equal(last->part_quote_e9, summary.part_quote_e9, sizeof summary.part_quote_e9);
    assert_int_equal(last->position_lots, -4);
    assert_int_equal(last->drawdown_quote_e9, summary.max_drawdown_quote_e9);
    assert_true(summary.part_quote_e9[KPI_NET] < 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fill_is_measured_as_the_engine_measures_it),
        cmocka_unit_test(only_orders_that_rest_are_shown_as_live),
        cmocka_unit_test(what_is_refused_ends_as_rejected),
        cmocka_unit_test(the_last_sample_says_what_the_window_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
