// The replay venue: two clocks, latencies, and the order of events that fall on one instant.
#include "venue/replay/replay.h"

#include "tape_fixture.h"

struct desk {
    struct fixture fixture;
    struct latency_model latency;
    struct venue *venue;
    struct venue_event event;
};

// Bid 100 (5), ask 103 (5), both clocks at 1 ms.
static void desk_begin(struct desk *desk)
{
    *desk = (struct desk){0};
    fixture_begin(&desk->fixture);
    fixture_row(&desk->fixture, SIDE_BUY, 100, 5);
    fixture_row(&desk->fixture, SIDE_SELL, 103, 5);
    fixture_message(&desk->fixture, EVENT_DEPTH, 1, 1);
}

static void desk_open(struct desk *desk, int64_t entry_ms, int64_t response_ms)
{
    struct tape *tape = fixture_open(&desk->fixture);
    if (desk->latency.rows == NULL) {
        desk->latency.entry_ns = entry_ms * MS;
        desk->latency.response_ns = response_ms * MS;
    }
    struct replay_config config = {
        .fills = FILLS_COMPAT, .queue_model = {.kind = QUEUE_RISK}, .latency = &desk->latency};
    assert_int_equal(replay_create(tape, &config, &desk->venue), MM_OK);
}

static void desk_end(struct desk *desk)
{
    venue_destroy(desk->venue);
    fixture_end(&desk->fixture);
}

static enum venue_event_kind next(struct desk *desk, int64_t until_ms)
{
    assert_int_equal(venue_next(desk->venue, until_ms * MS, &desk->event), MM_OK);
    return desk->event.kind;
}

static void assert_market(struct desk *desk, int64_t until_ms, int64_t local_ms)
{
    assert_int_equal(next(desk, until_ms), VENUE_MARKET);
    assert_int_equal(desk->event.batch->local_ts_ns, local_ms * MS);
    assert_int_equal(desk->event.now_ns, local_ms * MS);
}

static void assert_report(struct desk *desk, int64_t until_ms, enum venue_report_kind kind,
                          int64_t exch_ms, int64_t local_ms)
{
    assert_int_equal(next(desk, until_ms), VENUE_REPORT);
    assert_int_equal(desk->event.report->kind, kind);
    assert_int_equal(desk->event.report->exch_ts_ns, exch_ms * MS);
    assert_int_equal(desk->event.report->local_ts_ns, local_ms * MS);
}

static void place(struct desk *desk, uint64_t id, int64_t price)
{
    assert_int_equal(venue_send(desk->venue, &(struct venue_request){.op = VENUE_PLACE,
                                                                     .side = SIDE_BUY,
                                                                     .tif = TIF_POST_ONLY,
                                                                     .order_id = id,
                                                                     .price_ticks = price,
                                                                     .qty_lots = 2}),
                     MM_OK);
}

static void cancel(struct desk *desk, uint64_t id)
{
    assert_int_equal(
        venue_send(desk->venue, &(struct venue_request){.op = VENUE_CANCEL, .order_id = id}),
        MM_OK);
}

static void market_data_comes_by_the_local_clock_and_time_passes_between(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 3, 5, SIDE_BUY, 100, 6);
    fixture_level(&desk.fixture, 4, 9, SIDE_BUY, 100, 7);
    desk_open(&desk, 0, 0);
    assert_int_equal(desk.venue->now_ns, 1 * MS);
    assert_int_equal(desk.venue->start_ns, 1 * MS);
    assert_int_equal(desk.venue->end_ns, 9 * MS);
    assert_false(desk.venue->own_orders_in_feed);
    assert_market(&desk, 4, 1);
    assert_int_equal(next(&desk, 4), VENUE_TIME);
    assert_int_equal(desk.event.now_ns, 4 * MS);
    assert_market(&desk, 9, 5);
    assert_market(&desk, 9, 9); // at the target: before its VENUE_TIME
    assert_int_equal(next(&desk, 9), VENUE_END);
    assert_int_equal(desk.event.now_ns, 9 * MS); // the end leaves the clock where it is
    desk_end(&desk);
}

static void batches_carry_the_recorded_bests(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 3, 5, SIDE_BUY, 102, 6);
    fixture_trade(&desk.fixture, 3, 5, SIDE_SELL, 103, 2);
    fixture_level(&desk.fixture, 4, 6, SIDE_SELL, 102, 1); // the bid gives way
    fixture_row(&desk.fixture, SIDE_BUY, 99, 0);
    fixture_message(&desk.fixture, EVENT_CLEAR, 5, 7);
    fixture_level(&desk.fixture, 6, 8, SIDE_BUY, 101, 4);
    desk_open(&desk, 0, 0);
    struct book searched, followed;
    assert_int_equal(book_init(&searched, desk.venue->geometry), MM_OK);
    assert_int_equal(book_init(&followed, desk.venue->geometry), MM_OK);
    while (next(&desk, 100) == VENUE_MARKET) {
        struct market_batch batch = *desk.event.batch;
        assert_true(batch.best_known);
        book_follow(&followed, &batch);
        batch.best_known = false;
        book_apply(&searched, &batch);
        for (int side = 0; side < 2; side++) {
            assert_int_equal(searched.best[side], followed.best[side]);
            for (uint32_t index = 0; index <= desk.venue->geometry.span; index++) {
                assert_int_equal(searched.lots[side][index], followed.lots[side][index]);
            }
        }
    }
    assert_int_equal(book_best_ticks(&followed, SIDE_BUY), 101);
    assert_int_equal(book_best_ticks(&followed, SIDE_SELL), 102);
    assert_int_equal(book_scan(&followed, SIDE_BUY, followed.best[0] - 1), 0);
    book_fini(&searched);
    book_fini(&followed);
    desk_end(&desk);
}

static void requests_and_reports_take_their_latency(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_trade(&desk.fixture, 50, 60, SIDE_BUY, 90, 1);
    desk_open(&desk, 10, 7);
    assert_market(&desk, 5, 1);
    assert_int_equal(next(&desk, 5), VENUE_TIME);
    place(&desk, 1, 99);
    assert_report(&desk, 100, REPORT_PLACED, 15, 22);
    assert_int_equal(desk.event.now_ns, 22 * MS);
    assert_int_equal(desk.event.report->request_ts_ns, 5 * MS);
    assert_report(&desk, 100, REPORT_FILLED, 50, 57);
    assert_market(&desk, 100, 60);
    assert_int_equal(next(&desk, 100), VENUE_END);
    desk_end(&desk);
}

static void at_one_instant_the_exchange_sees_data_before_a_request(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 15, 40, SIDE_BUY, 100, 9);
    fixture_trade(&desk.fixture, 30, 40, SIDE_BUY, 90, 1);
    desk_open(&desk, 10, 0);
    assert_market(&desk, 5, 1);
    assert_int_equal(next(&desk, 5), VENUE_TIME);
    place(&desk, 1, 100); // arrives at 15
    assert_report(&desk, 39, REPORT_PLACED, 15, 15);
    assert_report(&desk, 39, REPORT_FILLED, 30, 30);
    assert_int_equal(desk.event.report->provenance.ahead_at_arrival_lots, 9);
    desk_end(&desk);
}

static void at_one_instant_we_see_data_before_a_report(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 15, 25, SIDE_BUY, 100, 9);
    fixture_level(&desk.fixture, 15, 25, SIDE_BUY, 100, 10);
    desk_open(&desk, 10, 10);
    assert_market(&desk, 5, 1);
    assert_int_equal(next(&desk, 5), VENUE_TIME);
    place(&desk, 1, 99); // back at 25
    assert_market(&desk, 25, 25);
    assert_market(&desk, 25, 25);
    assert_report(&desk, 25, REPORT_PLACED, 15, 25);
    desk_end(&desk);
}

static void at_one_instant_a_report_reaches_us_before_the_exchange_sees_data(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_trade(&desk.fixture, 15, 40, SIDE_BUY, 99, 1); // level 99 is empty: fills at once
    desk_open(&desk, 0, 10);
    assert_market(&desk, 5, 1);
    assert_int_equal(next(&desk, 5), VENUE_TIME);
    place(&desk, 1, 99);                             // there at 5, back at 15
    assert_report(&desk, 15, REPORT_PLACED, 5, 15);  // ... before the trade at 15 happens
    cancel(&desk, 1);                                // there at 15, after the trade
    assert_report(&desk, 39, REPORT_FILLED, 15, 25); // too late
    assert_report(&desk, 39, REPORT_REJECTED, 15, 25);
    assert_int_equal(desk.event.report->reject, VENUE_REJECT_UNKNOWN_ORDER);
    desk_end(&desk);
}

static void local_data_comes_before_what_the_exchange_does_at_that_instant(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 3, 20, SIDE_BUY, 100, 6);
    fixture_level(&desk.fixture, 20, 50, SIDE_SELL, 99, 1); // would cross at 20
    desk_open(&desk, 0, 0);
    assert_market(&desk, 30, 1);
    assert_market(&desk, 30, 20);
    place(&desk, 1, 100); // at 20: after the data of 20, so it crosses
    assert_report(&desk, 30, REPORT_EXPIRED, 20, 20);
    desk_end(&desk);
}

static void a_cancel_and_a_fill_have_latencies_of_their_own(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    fixture_trade(&desk.fixture, 70, 90, SIDE_BUY, 90, 1);
    desk.latency.ways[LATENCY_CANCEL] =
        (struct latency_way){.given = true, .entry_ns = 2 * MS, .response_ns = 3 * MS};
    desk.latency.ways[LATENCY_FILL] = (struct latency_way){.given = true, .response_ns = 1 * MS};
    desk_open(&desk, 10, 7);
    assert_market(&desk, 5, 1);
    assert_int_equal(next(&desk, 5), VENUE_TIME);
    place(&desk, 1, 99);
    place(&desk, 2, 98);
    assert_report(&desk, 100, REPORT_PLACED, 15, 22);
    assert_report(&desk, 100, REPORT_PLACED, 15, 22);
    cancel(&desk, 1);
    assert_report(&desk, 100, REPORT_CANCELED, 24, 27);
    assert_report(&desk, 100, REPORT_FILLED, 70, 71);
    desk_end(&desk);
}

static void requests_never_overtake(void **state)
{
    (void)state;
    // 20 ms for a request sent at 2, 1 ms for one sent at 10.
    static struct latency_row rows[] = {{2 * MS, 22 * MS, 23 * MS, 0},
                                        {10 * MS, 11 * MS, 12 * MS, 0}};
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 60, 60, SIDE_BUY, 100, 6);
    desk.latency = (struct latency_model){.rows = rows, .row_count = 2};
    desk_open(&desk, 0, 0);
    assert_market(&desk, 2, 1);
    assert_int_equal(next(&desk, 2), VENUE_TIME);
    place(&desk, 1, 99);
    assert_int_equal(next(&desk, 10), VENUE_TIME);
    place(&desk, 2, 98); // would be there at 11
    assert_report(&desk, 50, REPORT_PLACED, 22, 23);
    assert_int_equal(desk.event.report->order_id, 1);
    assert_report(&desk, 50, REPORT_PLACED, 22, 23);
    assert_int_equal(desk.event.report->order_id, 2);
    desk_end(&desk);
}

static void a_report_waits_for_the_one_before_it(void **state)
{
    (void)state;
    // Answered at exchange time 10 after 30 ms, at 20 after 1 ms.
    static struct latency_row rows[] = {{9 * MS, 10 * MS, 40 * MS, 0},
                                        {19 * MS, 20 * MS, 21 * MS, 0}};
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 90, 90, SIDE_BUY, 100, 6);
    desk.latency = (struct latency_model){.rows = rows, .row_count = 2};
    desk_open(&desk, 0, 0);
    assert_market(&desk, 9, 1);
    assert_int_equal(next(&desk, 9), VENUE_TIME);
    place(&desk, 1, 99); // there at 10
    assert_int_equal(next(&desk, 19), VENUE_TIME);
    place(&desk, 2, 98); // there at 20
    assert_report(&desk, 80, REPORT_PLACED, 10, 40);
    assert_report(&desk, 80, REPORT_PLACED, 20, 40);
    assert_int_equal(desk.event.report->order_id, 2);
    desk_end(&desk);
}

static void an_outage_rejects_without_reaching_the_exchange(void **state)
{
    (void)state;
    static struct latency_row rows[] = {{1 * MS, 0, 31 * MS, 0}, {50 * MS, 0, 80 * MS, 0}};
    struct desk desk;
    desk_begin(&desk);
    fixture_level(&desk.fixture, 90, 90, SIDE_BUY, 100, 6);
    desk.latency = (struct latency_model){.rows = rows, .row_count = 2};
    desk_open(&desk, 0, 0);
    assert_market(&desk, 5, 1);
    assert_int_equal(next(&desk, 5), VENUE_TIME);
    place(&desk, 1, 99);
    assert_report(&desk, 80, REPORT_REJECTED, 0, 35);
    assert_int_equal(desk.event.report->reject, VENUE_REJECT_UNREACHABLE);
    assert_int_equal(desk.event.report->answers, VENUE_PLACE);
    assert_int_equal(desk.event.report->request_ts_ns, 5 * MS);
    desk_end(&desk);
}

static void after_the_last_data_requests_are_still_answered(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    desk_open(&desk, 10, 10);
    assert_market(&desk, 100, 1);
    assert_int_equal(next(&desk, 100), VENUE_END);
    place(&desk, 1, 99);
    assert_int_equal(next(&desk, 15), VENUE_TIME);
    assert_report(&desk, 100, REPORT_PLACED, 11, 21);
    assert_int_equal(next(&desk, 100), VENUE_END);
    assert_int_equal(desk.event.now_ns, 21 * MS);
    desk_end(&desk);
}

static void a_far_target_does_not_overflow(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    desk_open(&desk, 10, 10);
    assert_int_equal(venue_next(desk.venue, INT64_MAX, &desk.event), MM_OK);
    assert_int_equal(desk.event.kind, VENUE_MARKET);
    place(&desk, 1, 99);
    assert_int_equal(venue_next(desk.venue, INT64_MAX, &desk.event), MM_OK);
    assert_int_equal(desk.event.kind, VENUE_REPORT);
    assert_int_equal(venue_next(desk.venue, INT64_MAX, &desk.event), MM_OK);
    assert_int_equal(desk.event.kind, VENUE_END);
    desk_end(&desk);
}

static void an_order_id_used_twice_ends_the_run_with_an_error(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    desk_open(&desk, 1, 1);
    assert_market(&desk, 2, 1);
    place(&desk, 1, 99);
    place(&desk, 1, 98);
    assert_int_equal(venue_next(desk.venue, 100 * MS, &desk.event), MM_ERROR_USAGE);
    desk_end(&desk);
}

static void too_many_requests_at_once_are_an_error_not_a_loss(void **state)
{
    (void)state;
    struct desk desk;
    desk_begin(&desk);
    desk_open(&desk, 1, 1);
    assert_market(&desk, 2, 1);
    struct venue_request request = {.op = VENUE_CANCEL, .order_id = 1};
    for (int i = 0; i < REPLAY_IN_FLIGHT_MAX; i++) {
        assert_int_equal(venue_send(desk.venue, &request), MM_OK);
    }
    assert_int_equal(venue_send(desk.venue, &request), MM_ERROR_SYSTEM);
    for (int i = 0; i < REPLAY_IN_FLIGHT_MAX; i++) {
        assert_report(&desk, 100, REPORT_REJECTED, 2, 3);
    }
    assert_int_equal(next(&desk, 100), VENUE_END);
    desk_end(&desk);
}

static void fills_are_strict_or_compat(void **state)
{
    (void)state;
    enum fills_mode mode;
    assert_int_equal(fills_mode_parse("strict", &mode), MM_OK);
    assert_int_equal(mode, FILLS_STRICT);
    assert_int_equal(fills_mode_parse("compat", &mode), MM_OK);
    assert_int_equal(mode, FILLS_COMPAT);
    assert_int_equal(fills_mode_parse("strikt", &mode), MM_ERROR_USAGE);
}

static void rules_and_refusals_have_names(void **state)
{
    (void)state;
    for (int rule = FILL_NONE; rule <= FILL_EXCHANGE; rule++) {
        assert_string_not_equal(fill_rule_text((enum fill_rule)rule), "?");
    }
    for (int reject = VENUE_REJECT_NONE; reject <= VENUE_REJECT_UNREACHABLE; reject++) {
        assert_string_not_equal(venue_reject_text((enum venue_reject)reject), "?");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_data_comes_by_the_local_clock_and_time_passes_between),
        cmocka_unit_test(batches_carry_the_recorded_bests),
        cmocka_unit_test(requests_and_reports_take_their_latency),
        cmocka_unit_test(at_one_instant_the_exchange_sees_data_before_a_request),
        cmocka_unit_test(at_one_instant_we_see_data_before_a_report),
        cmocka_unit_test(at_one_instant_a_report_reaches_us_before_the_exchange_sees_data),
        cmocka_unit_test(local_data_comes_before_what_the_exchange_does_at_that_instant),
        cmocka_unit_test(a_cancel_and_a_fill_have_latencies_of_their_own),
        cmocka_unit_test(requests_never_overtake),
        cmocka_unit_test(a_report_waits_for_the_one_before_it),
        cmocka_unit_test(an_outage_rejects_without_reaching_the_exchange),
        cmocka_unit_test(after_the_last_data_requests_are_still_answered),
        cmocka_unit_test(a_far_target_does_not_overflow),
        cmocka_unit_test(an_order_id_used_twice_ends_the_run_with_an_error),
        cmocka_unit_test(too_many_requests_at_once_are_an_error_not_a_loss),
        cmocka_unit_test(fills_are_strict_or_compat),
        cmocka_unit_test(rules_and_refusals_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
