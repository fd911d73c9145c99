// A session's requests replayed on its tape: what comes out alike, and why what differs does.
#include "soak/compare.h"

#include "tape_fixture.h"

#include <signal.h>

enum { LIST_MAX = 32, NEVER = 0 };

// A session put together by hand, on the fixture's tape.
struct bench {
    struct fixture fixture;
    struct session_order orders[LIST_MAX];
    struct session_request requests[LIST_MAX];
    struct session_report reports[LIST_MAX];
    struct session session;
    struct compare_options options;
    struct comparison out;
};

// Bid 100 (5), ask 103 (5), at 1 ms.
static void bench_begin(struct bench *bench)
{
    *bench =
        (struct bench){.options = {.queue_model = {.kind = QUEUE_RISK}, .tolerance_ns = 2 * MS}};
    fixture_begin(&bench->fixture);
    fixture_row(&bench->fixture, SIDE_BUY, 100, 5);
    fixture_row(&bench->fixture, SIDE_SELL, 103, 5);
    fixture_message(&bench->fixture, EVENT_DEPTH, 1, 1);
}

static void trade(struct bench *bench, int64_t ms, int64_t price_ticks, int64_t lots)
{
    fixture_trade(&bench->fixture, ms, ms, SIDE_BUY, price_ticks, lots);
}

static struct session_request *ask(struct bench *bench, enum venue_op op, uint32_t order,
                                   int64_t price_ticks, int64_t lots, int64_t ms)
{
    struct session *session = &bench->session;
    struct session_request *request = &bench->requests[session->request_count++];
    *request = (struct session_request){.op = op,
                                        .order = order,
                                        .price_ticks = price_ticks,
                                        .qty_lots = lots,
                                        .sent_ns = (ms - 1) * MS,
                                        .answered_ns = (ms + 1) * MS,
                                        .exch_ts_ns = ms * MS};
    return request;
}

static struct session_report *hear(struct bench *bench, enum venue_report_kind kind, int64_t order,
                                   int64_t price_ticks, int64_t lots, int64_t leaves_lots,
                                   int64_t ms)
{
    struct session *session = &bench->session;
    struct session_report *report = &bench->reports[session->report_count++];
    *report = (struct session_report){.kind = kind,
                                      .order = order,
                                      .price_ticks = price_ticks,
                                      .qty_lots = lots,
                                      .leaves_qty_lots = leaves_lots,
                                      .local_ts_ns = (ms + 1) * MS,
                                      .exch_ts_ns = ms * MS,
                                      .maker = true,
                                      .rule = FILL_QUEUE};
    return report;
}

static void fill(struct bench *bench, int64_t lots, int64_t leaves_lots, int64_t ms)
{
    (void)hear(bench, REPORT_FILLED, 0, 100, lots, leaves_lots, ms);
}

// A post-only order to buy that both have at the exchange from `ms` on, if it does not cross.
static uint32_t buy(struct bench *bench, int64_t price_ticks, int64_t lots, int64_t ms)
{
    uint32_t order = (uint32_t)bench->session.order_count++;
    bench->orders[order] =
        (struct session_order){.id = order + 1, .side = SIDE_BUY, .tif = TIF_POST_ONLY};
    (void)ask(bench, VENUE_PLACE, order, price_ticks, lots, ms);
    (void)hear(bench, REPORT_PLACED, order, price_ticks, lots, lots, ms);
    return order;
}

static int run(struct bench *bench)
{
    struct session *session = &bench->session;
    struct tape *tape = fixture_open(&bench->fixture);
    session->orders = bench->orders;
    session->requests = bench->requests;
    session->reports = bench->reports;
    if (session->instrument.symbol[0] == '\0') {
        session->instrument = tape->instrument;
    }
    return compare_run(session, tape, &bench->options, &bench->out);
}

static void bench_end(struct bench *bench)
{
    comparison_fini(&bench->out);
    fixture_end(&bench->fixture);
}

// Runs, and says how the first order came out.
static void assert_outcome(struct bench *bench, enum compare_kind kind, enum compare_reason reason)
{
    (void)hear(bench, REPORT_CANCELED, 0, 100, 2, 0, 900); // the log goes on until here
    fixture_level(&bench->fixture, 1000, 1000, SIDE_SELL, 110, 1);
    assert_int_equal(run(bench), MM_OK);
    assert_int_equal(bench->out.order_count, 1);
    assert_string_equal(compare_kind_name(bench->out.orders[0].kind), compare_kind_name(kind));
    assert_string_equal(compare_reason_name(bench->out.orders[0].reason),
                        compare_reason_name(reason));
    assert_int_equal(bench->out.kinds[kind].orders, 1);
    assert_int_equal(bench->out.reasons[reason].orders, 1);
}

static void what_fills_alike_is_no_difference(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 50, 100, 6);
    trade(&bench, 60, 100, 5);
    fill(&bench, 1, 1, 50);
    fill(&bench, 1, 0, 60);
    assert_outcome(&bench, COMPARE_SAME, COMPARE_REASON_NONE);
    double share = 0;
    assert_true(compare_match_share(&bench.out, &share));
    assert_true(share == 1);
    assert_int_equal(bench.out.session.fills, 2);
    assert_int_equal(bench.out.replay.fills, 2);
    assert_int_equal(bench.out.orders[0].shift_ns, 0);
    // Bought at 100 with a mid of 101.5: 150 bps, in both.
    assert_true(bench.out.session.gross_e9 == bench.out.replay.gross_e9);
    assert_true(bench.out.session.gross_e9 * 200 == bench.out.session.notional_e9 * 3);
    bench_end(&bench);
}

static void an_order_that_fills_in_neither_is_counted_only(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    fixture_level(&bench.fixture, 100, 100, SIDE_SELL, 104, 1);
    assert_int_equal(run(&bench), MM_OK);
    assert_int_equal(bench.out.order_count, 0);
    assert_int_equal(bench.out.kinds[COMPARE_UNFILLED].orders, 1);
    double share = 0;
    assert_false(compare_match_share(&bench.out, &share));
    bench_end(&bench);
}

static void a_longer_queue_is_told_with_what_was_ahead(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 50, 100, 3);
    hear(&bench, REPORT_FILLED, 0, 100, 2, 0, 50)->ahead_at_arrival_lots = 1;
    assert_outcome(&bench, COMPARE_SESSION_ONLY, COMPARE_QUEUE);
    const struct compare_evidence *evidence = &bench.out.orders[0].evidence;
    assert_true(evidence->is_missing);
    assert_int_equal(evidence->state, COMPARE_RESTING);
    assert_int_equal(evidence->at_ns, 50 * MS);
    assert_int_equal(evidence->changed_ns, 10 * MS);
    assert_int_equal(evidence->ahead_at_arrival_lots, 5);
    assert_int_equal(evidence->ahead_lots, 2);
    assert_int_equal(evidence->session_ahead_lots, 1);
    assert_int_equal(evidence->traded_lots, 3);
    assert_int_equal(evidence->beyond_lots, 0);
    bench_end(&bench);
}

static void a_shorter_queue_is_told_likewise(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 50, 100, 7);
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_QUEUE);
    assert_false(bench.out.orders[0].evidence.is_missing);
    assert_int_equal(bench.out.orders[0].evidence.traded_lots, 7);
    assert_int_equal(bench.out.matched_lots, 0);
    bench_end(&bench);
}

static void the_other_best_may_reach_it_in_the_replay_only(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    fixture_level(&bench.fixture, 50, 50, SIDE_SELL, 100, 1);
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_BEST_CROSSED);
    bench_end(&bench);
}

static void a_trade_may_go_beyond_it_in_the_replay_only(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 50, 99, 1);
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_TRADE_THROUGH);
    assert_int_equal(bench.out.orders[0].evidence.beyond_lots, 1);
    bench_end(&bench);
}

static void a_fill_without_a_trade_on_the_tape_is_told(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 53, 100, 1); // later than the tolerance
    trade(&bench, 49, 101, 1); // at a better price
    fill(&bench, 2, 0, 50);
    assert_outcome(&bench, COMPARE_SESSION_ONLY, COMPARE_NO_TRADE);
    bench_end(&bench);
}

static void a_gap_of_the_tape_explains_both_ways(void **state)
{
    (void)state;
    for (int in_session = 0; in_session < 2; in_session++) {
        struct bench bench;
        bench_begin(&bench);
        buy(&bench, 100, 2, 10);
        fixture_message(&bench.fixture, EVENT_GAP, 20, 20);
        fixture_row(&bench.fixture, SIDE_BUY, 100, 5);
        fixture_message(&bench.fixture, EVENT_SNAPSHOT, 40, 40);
        if (in_session == 1) {
            fill(&bench, 2, 0, 50);
        } else {
            trade(&bench, 50, 99, 1);
        }
        assert_outcome(&bench, in_session == 1 ? COMPARE_SESSION_ONLY : COMPARE_REPLAY_ONLY,
                       COMPARE_GAP);
        bench_end(&bench);
    }
}

static void a_gap_that_was_over_before_explains_nothing(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_message(&bench.fixture, EVENT_GAP, 2, 2);
    fixture_row(&bench.fixture, SIDE_BUY, 100, 5);
    fixture_message(&bench.fixture, EVENT_SNAPSHOT, 5, 5);
    buy(&bench, 100, 2, 10);
    trade(&bench, 50, 99, 1);
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_TRADE_THROUGH);
    bench_end(&bench);
}

static void a_fill_after_the_tape_ended_lies_outside(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 20, 100, 1);
    fill(&bench, 2, 0, 50);
    assert_int_equal(run(&bench), MM_OK);
    assert_int_equal(bench.out.orders[0].reason, COMPARE_OUTSIDE);
    assert_int_equal(bench.out.reasons[COMPARE_OUTSIDE].session_lots, 2);
    bench_end(&bench);
}

static void a_request_without_a_known_arrival_is_no_evidence(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct bench bench;
        bench_begin(&bench);
        buy(&bench, 100, 2, before == 1 ? 55 : 10);
        bench.requests[0].is_assumed = true;
        trade(&bench, 50, 100, 1);
        fill(&bench, 2, 0, 50);
        assert_outcome(&bench, COMPARE_SESSION_ONLY, COMPARE_NO_LATENCY);
        assert_int_equal(bench.out.assumed_requests, 1);
        bench_end(&bench);
    }
}

static void an_answer_that_is_later_than_the_fill_is_told(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 55);
    trade(&bench, 50, 100, 1);
    fill(&bench, 2, 0, 50);
    assert_outcome(&bench, COMPARE_SESSION_ONLY, COMPARE_ARRIVAL);
    bench_end(&bench);
}

static void post_only_is_told_whichever_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 103, 2, 10); // crosses what was recorded
    fill(&bench, 2, 0, 50);
    assert_outcome(&bench, COMPARE_SESSION_ONLY, COMPARE_POST_ONLY);
    assert_int_equal(bench.out.orders[0].evidence.state, COMPARE_REFUSED);
    bench_end(&bench);

    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    bench.reports[0].kind = REPORT_EXPIRED;
    trade(&bench, 50, 99, 1);
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_POST_ONLY);
    bench_end(&bench);
}

static void taking_in_one_of_them_is_told(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 102, 2, 10);
    bench.orders[0].tif = TIF_GTC;
    hear(&bench, REPORT_FILLED, 0, 102, 2, 0, 10)->maker = false;
    assert_outcome(&bench, COMPARE_SESSION_ONLY, COMPARE_TOOK);
    bench_end(&bench);

    bench_begin(&bench);
    buy(&bench, 103, 2, 10);
    bench.orders[0].tif = TIF_GTC;
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_TOOK);
    bench_end(&bench);
}

static void a_cancel_at_the_same_time_is_a_race(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    (void)ask(&bench, VENUE_CANCEL, 0, 0, 0, 49); // the session's order was filled first
    trade(&bench, 50, 99, 1);
    fill(&bench, 2, 0, 50);
    assert_outcome(&bench, COMPARE_SESSION_ONLY, COMPARE_RACE);
    assert_int_equal(bench.out.orders[0].evidence.state, COMPARE_ENDED);
    assert_int_equal(bench.out.orders[0].evidence.changed_ns, 49 * MS);
    bench_end(&bench);

    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    (void)ask(&bench, VENUE_CANCEL, 0, 0, 0, 51);
    (void)hear(&bench, REPORT_CANCELED, 0, 100, 2, 2, 51);
    trade(&bench, 50, 99, 1);
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_RACE);
    bench_end(&bench);
}

// Stamps of a live session are whole milliseconds: what traded in that of its coming was before it,
// unless it was filled then.
static void
a_trade_in_the_millisecond_of_its_coming_fills_what_it_filled_in_the_session(void **state)
{
    (void)state;
    for (int filled = 0; filled < 2; filled++) {
        struct bench bench;
        bench_begin(&bench);
        bench.session.is_live = true;
        buy(&bench, 100, 2, 50);
        trade(&bench, 50, 99, 1);
        fixture_level(&bench.fixture, 100, 100, SIDE_SELL, 104, 1);
        if (filled == 1) {
            fill(&bench, 2, 0, 50);
        }
        assert_int_equal(run(&bench), MM_OK);
        assert_int_equal(bench.out.replay.fills, filled);
        assert_int_equal(bench.out.kinds[filled == 1 ? COMPARE_SAME : COMPARE_UNFILLED].orders, 1);
        bench_end(&bench);
    }
}

static void an_amend_at_the_same_time_is_a_race(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    (void)ask(&bench, VENUE_AMEND, 0, 101, 2, 49);
    trade(&bench, 50, 99, 1);
    fill(&bench, 2, 0, 50); // at 100; the replay fills at 101
    assert_outcome(&bench, COMPARE_DIFFERENT, COMPARE_RACE);
    bench_end(&bench);
}

static void book_and_trades_that_overtake_one_another_are_told_of_paper(void **state)
{
    (void)state;
    for (int is_live = 0; is_live < 2; is_live++) {
        struct bench bench;
        bench_begin(&bench);
        bench.session.is_live = is_live == 1;
        buy(&bench, 100, 2, 10);
        fixture_trade(&bench.fixture, 50, 54, SIDE_BUY, 100, 3);
        fixture_level(&bench.fixture, 51, 53, SIDE_SELL, 104, 3); // stamped later, here earlier
        fill(&bench, 2, 0, 50);
        assert_outcome(&bench, COMPARE_SESSION_ONLY,
                       is_live == 1 ? COMPARE_QUEUE : COMPARE_OVERTAKEN);
        bench_end(&bench);
    }
}

static void a_late_feed_is_told_of_paper(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    fixture_trade(&bench.fixture, 50, 251, SIDE_BUY, 99, 1); // requests wait 200 ms for it
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_OVERTAKEN);
    bench_end(&bench);

    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    fixture_trade(&bench.fixture, 50, 249, SIDE_BUY, 99, 1);
    assert_outcome(&bench, COMPARE_REPLAY_ONLY, COMPARE_TRADE_THROUGH);
    bench_end(&bench);
}

static void fills_of_nobody_s_order_are_counted_apart(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    (void)hear(&bench, REPORT_FILLED, SESSION_NO_ORDER, 100, 7, 0, 50);
    fixture_level(&bench.fixture, 100, 100, SIDE_SELL, 104, 1);
    assert_int_equal(run(&bench), MM_OK);
    assert_int_equal(bench.out.session.fills, 0);
    assert_int_equal(bench.out.reasons[COMPARE_UNLOGGED].orders, 1);
    assert_int_equal(bench.out.reasons[COMPARE_UNLOGGED].session_lots, 7);
    bench_end(&bench);
}

static void the_same_fill_at_another_time_is_earlier_or_later(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 50, 99, 1);
    fill(&bench, 2, 0, 60);
    assert_outcome(&bench, COMPARE_EARLIER, COMPARE_TRADE_THROUGH);
    assert_int_equal(bench.out.orders[0].shift_ns, -10 * MS);
    assert_int_equal(bench.out.shift_p50_ns, 10 * MS);
    bench_end(&bench);

    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    trade(&bench, 48, 100, 4);
    trade(&bench, 60, 100, 9);
    fill(&bench, 2, 0, 48);
    assert_outcome(&bench, COMPARE_LATER, COMPARE_QUEUE);
    bench_end(&bench);

    bench_begin(&bench); // within the tolerance
    buy(&bench, 100, 2, 10);
    trade(&bench, 50, 99, 1);
    fill(&bench, 2, 0, 52);
    assert_outcome(&bench, COMPARE_SAME, COMPARE_REASON_NONE);
    bench_end(&bench);
}

// The replay fills first what the session fills within the tolerance; later the session has more.
static void what_the_other_catches_up_with_is_not_the_difference(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 4, 10);
    trade(&bench, 50, 100, 6);
    fill(&bench, 1, 3, 51);
    trade(&bench, 70, 100, 1);
    fill(&bench, 3, 0, 70);
    assert_outcome(&bench, COMPARE_DIFFERENT, COMPARE_QUEUE);
    assert_true(bench.out.orders[0].evidence.is_missing);
    assert_int_equal(bench.out.orders[0].evidence.at_ns, 70 * MS);
    bench_end(&bench);
}

static void part_of_the_lots_is_a_difference_and_matches_in_part(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 4, 10);
    trade(&bench, 50, 100, 6);
    fill(&bench, 4, 0, 50);
    assert_outcome(&bench, COMPARE_DIFFERENT, COMPARE_QUEUE);
    double share = 0;
    assert_true(compare_match_share(&bench.out, &share));
    assert_true(share == 0.25);
    bench_end(&bench);
}

// 3 others cancel while 2 of the level's 7 lots are our own; 4 trade: 2 of others, 2 of ours.
static void a_live_session_s_own_orders_are_taken_off_the_recorded_book(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench.session.is_live = true;
    fixture_level(&bench.fixture, 10, 10, SIDE_BUY, 100, 7);
    fixture_level(&bench.fixture, 20, 20, SIDE_BUY, 100, 4);
    trade(&bench, 50, 100, 4);
    fixture_level(&bench.fixture, 50, 50, SIDE_BUY, 100, 0);
    buy(&bench, 100, 2, 10);
    fill(&bench, 2, 0, 50);
    assert_outcome(&bench, COMPARE_SAME, COMPARE_REASON_NONE);
    bench_end(&bench);
}

// One lot was executed while the amend to 4 was on its way: 3 are left of the 4 that it told.
static void a_live_amend_counts_what_the_exchange_has_executed(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench.session.is_live = true;
    buy(&bench, 101, 2, 10);
    trade(&bench, 20, 101, 1);
    (void)hear(&bench, REPORT_FILLED, 0, 101, 1, 1, 20);
    ask(&bench, VENUE_AMEND, 0, 102, 4, 30)->whole_lots = 4;
    (void)hear(&bench, REPORT_AMENDED, 0, 102, 4, 3, 30);
    trade(&bench, 50, 101, 9);
    (void)hear(&bench, REPORT_FILLED, 0, 102, 3, 0, 50);
    assert_outcome(&bench, COMPARE_SAME, COMPARE_REASON_NONE);
    assert_int_equal(bench.out.replay.lots, 4);
    bench_end(&bench);
}

// Our own bid of 101 is the best that was recorded; without it the mid is (100 + 103) / 2.
static void the_mid_is_that_of_others(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench.session.is_live = true;
    fixture_level(&bench.fixture, 10, 10, SIDE_BUY, 101, 2);
    trade(&bench, 50, 101, 1);
    buy(&bench, 101, 2, 10);
    (void)hear(&bench, REPORT_FILLED, 0, 101, 1, 1, 50);
    assert_outcome(&bench, COMPARE_SAME, COMPARE_REASON_NONE);
    assert_true(bench.out.session.gross_e9 * 202 == bench.out.session.notional_e9);
    bench_end(&bench);
}

static void a_tape_of_something_else_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 10);
    bench.session.instrument = (struct instrument){.symbol = "OTHER", .tick = {1, -1}};
    assert_int_equal(run(&bench), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "the tape is of TEST"));
    assert_non_null(strstr(mm_error_text(), "OTHER"));
    bench_end(&bench);
}

static void a_tape_of_another_time_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    trade(&bench, 50, 100, 1);
    buy(&bench, 100, 2, 60);
    assert_int_equal(run(&bench), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "covers nothing of the session"));
    bench_end(&bench);
}

static void a_signal_ends_it(void **state)
{
    (void)state;
    static const volatile sig_atomic_t stop = SIGINT;
    struct bench bench;
    bench_begin(&bench);
    buy(&bench, 100, 2, 1);
    bench.options.stop = &stop;
    assert_int_equal(run(&bench), MM_ERROR_STOPPED);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fills_alike_is_no_difference),
        cmocka_unit_test(an_order_that_fills_in_neither_is_counted_only),
        cmocka_unit_test(a_longer_queue_is_told_with_what_was_ahead),
        cmocka_unit_test(a_shorter_queue_is_told_likewise),
        cmocka_unit_test(the_other_best_may_reach_it_in_the_replay_only),
        cmocka_unit_test(a_trade_may_go_beyond_it_in_the_replay_only),
        cmocka_unit_test(a_fill_without_a_trade_on_the_tape_is_told),
        cmocka_unit_test(a_gap_of_the_tape_explains_both_ways),
        cmocka_unit_test(a_gap_that_was_over_before_explains_nothing),
        cmocka_unit_test(a_fill_after_the_tape_ended_lies_outside),
        cmocka_unit_test(a_request_without_a_known_arrival_is_no_evidence),
        cmocka_unit_test(an_answer_that_is_later_than_the_fill_is_told),
        cmocka_unit_test(post_only_is_told_whichever_refused),
        cmocka_unit_test(taking_in_one_of_them_is_told),
        cmocka_unit_test(a_cancel_at_the_same_time_is_a_race),
        cmocka_unit_test(
            a_trade_in_the_millisecond_of_its_coming_fills_what_it_filled_in_the_session),
        cmocka_unit_test(an_amend_at_the_same_time_is_a_race),
        cmocka_unit_test(book_and_trades_that_overtake_one_another_are_told_of_paper),
        cmocka_unit_test(a_late_feed_is_told_of_paper),
        cmocka_unit_test(fills_of_nobody_s_order_are_counted_apart),
        cmocka_unit_test(the_same_fill_at_another_time_is_earlier_or_later),
        cmocka_unit_test(what_the_other_catches_up_with_is_not_the_difference),
        cmocka_unit_test(part_of_the_lots_is_a_difference_and_matches_in_part),
        cmocka_unit_test(a_live_session_s_own_orders_are_taken_off_the_recorded_book),
        cmocka_unit_test(a_live_amend_counts_what_the_exchange_has_executed),
        cmocka_unit_test(the_mid_is_that_of_others),
        cmocka_unit_test(a_tape_of_something_else_is_refused),
        cmocka_unit_test(a_tape_of_another_time_is_refused),
        cmocka_unit_test(a_signal_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
