// The exchange without partial fills: each rule of replay-semantics 2.5 to 2.7 as a case.
#include "venue/replay/exchange.h"

#include "tape_fixture.h"

struct bench {
    struct fixture fixture;
    struct exchange *exchange;
    const struct tape_message *next, *end;
};

// The book every case starts from: bids 100 (5), 99 (7), 98 (9); asks 103 (5), 104 (7), 105 (9).
static void bench_begin(struct bench *bench)
{
    fixture_begin(&bench->fixture);
    for (int i = 0; i < 3; i++) {
        fixture_row(&bench->fixture, SIDE_BUY, 100 - i, 5 + 2 * i);
        fixture_row(&bench->fixture, SIDE_SELL, 103 + i, 5 + 2 * i);
    }
    // Far levels, so that the geometry is wide.
    fixture_row(&bench->fixture, SIDE_BUY, 1, 1);
    fixture_row(&bench->fixture, SIDE_SELL, 900, 1);
    fixture_message(&bench->fixture, EVENT_DEPTH, 1, 1);
}

// Opens what was recorded and brings the exchange to just after the starting book.
static void bench_open(struct bench *bench, const char *model_text)
{
    struct queue_model model;
    assert_int_equal(queue_model_parse(model_text, &model), MM_OK);
    struct tape *tape = fixture_open(&bench->fixture);
    bench->exchange = calloc(1, sizeof *bench->exchange);
    assert_int_equal(exchange_init(bench->exchange, tape, &model, &fill_rules_of[FILLS_COMPAT]),
                     MM_OK);
    bench->next = tape->messages[TAPE_EXCH];
    bench->end = bench->next + tape->message_count;
    bench->next = exchange_run(bench->exchange, bench->next, bench->end, 2 * MS);
    assert_int_equal(bench->exchange->report_count, 0);
}

static void bench_end(struct bench *bench)
{
    exchange_fini(bench->exchange);
    free(bench->exchange);
    fixture_end(&bench->fixture);
}

static void send_request(struct bench *bench, struct venue_request request, int64_t exch_ms)
{
    bench->exchange->report_count = 0;
    assert_int_equal(exchange_request(bench->exchange, &request, (exch_ms - 1) * MS, exch_ms * MS),
                     MM_OK);
}

static const struct venue_report *place(struct bench *bench, uint64_t id, enum side side,
                                        int64_t price, int64_t lots, enum time_in_force tif)
{
    send_request(bench,
                 (struct venue_request){.op = VENUE_PLACE,
                                        .side = side,
                                        .tif = tif,
                                        .order_id = id,
                                        .price_ticks = price,
                                        .qty_lots = lots},
                 2);
    assert_int_equal(bench->exchange->report_count, 1);
    return &bench->exchange->reports[0];
}

static const struct venue_report *amend(struct bench *bench, uint64_t id, int64_t price,
                                        int64_t lots)
{
    send_request(bench,
                 (struct venue_request){
                     .op = VENUE_AMEND, .order_id = id, .price_ticks = price, .qty_lots = lots},
                 3);
    assert_int_equal(bench->exchange->report_count, 1);
    return &bench->exchange->reports[0];
}

static const struct venue_report *cancel(struct bench *bench, uint64_t id)
{
    send_request(bench, (struct venue_request){.op = VENUE_CANCEL, .order_id = id}, 3);
    assert_int_equal(bench->exchange->report_count, 1);
    return &bench->exchange->reports[0];
}

// Applies the rest of the tape until reports come; returns how many.
static uint32_t advance(struct bench *bench)
{
    bench->exchange->report_count = 0;
    bench->next = exchange_run(bench->exchange, bench->next, bench->end, INT64_MAX);
    return bench->exchange->report_count;
}

static void assert_filled(const struct venue_report *report, uint64_t id, enum fill_rule rule,
                          int64_t price)
{
    assert_int_equal(report->kind, REPORT_FILLED);
    assert_int_equal(report->order_id, id);
    assert_int_equal(report->provenance.rule, rule);
    assert_int_equal(report->exec_price_ticks, price);
    assert_int_equal(report->leaves_qty_lots, 0);
    assert_int_equal(report->maker, rule != FILL_TAKER);
}

static void a_post_only_order_that_crosses_expires(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    const struct venue_report *report = place(&bench, 1, SIDE_BUY, 103, 2, TIF_POST_ONLY);
    assert_int_equal(report->kind, REPORT_EXPIRED);
    assert_int_equal(report->answers, VENUE_PLACE);
    assert_int_equal(report->leaves_qty_lots, 2);
    assert_int_equal(report->exch_ts_ns, 2 * MS);
    assert_int_equal(report->request_ts_ns, 1 * MS);
    assert_int_equal(place(&bench, 2, SIDE_SELL, 100, 2, TIF_POST_ONLY)->kind, REPORT_EXPIRED);
    assert_int_equal(place(&bench, 3, SIDE_BUY, 102, 2, TIF_POST_ONLY)->kind, REPORT_PLACED);
    assert_int_equal(place(&bench, 4, SIDE_SELL, 101, 2, TIF_POST_ONLY)->kind, REPORT_PLACED);
    bench_end(&bench);
}

static void a_crossing_order_takes_the_best_price_in_full_whatever_its_size(void **state)
{
    (void)state;
    static const enum time_in_force tifs[] = {TIF_GTC, TIF_IOC, TIF_FOK};
    for (size_t i = 0; i < 3; i++) {
        struct bench bench;
        bench_begin(&bench);
        bench_open(&bench, "risk");
        const struct venue_report *report = place(&bench, 1, SIDE_BUY, 110, 1000, tifs[i]);
        assert_filled(report, 1, FILL_TAKER, 103);
        assert_int_equal(report->exec_qty_lots, 1000);
        assert_int_equal(report->answers, VENUE_PLACE);
        report = place(&bench, 2, SIDE_SELL, 90, 1000, tifs[i]);
        assert_filled(report, 2, FILL_TAKER, 100);
        assert_int_equal(bench.exchange->count, 0);
        bench_end(&bench);
    }
}

static void ioc_and_fok_that_do_not_cross_expire_and_gtc_rests(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    assert_int_equal(place(&bench, 1, SIDE_BUY, 102, 1, TIF_IOC)->kind, REPORT_EXPIRED);
    assert_int_equal(place(&bench, 2, SIDE_SELL, 101, 1, TIF_FOK)->kind, REPORT_EXPIRED);
    assert_int_equal(place(&bench, 3, SIDE_BUY, 102, 1, TIF_GTC)->kind, REPORT_PLACED);
    bench_end(&bench);
}

static void a_market_order_takes_the_best_and_expires_on_an_empty_side(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    struct venue_request request = {
        .op = VENUE_PLACE, .side = SIDE_SELL, .type = ORDER_MARKET, .order_id = 1, .qty_lots = 50};
    send_request(&bench, request, 2);
    assert_filled(&bench.exchange->reports[0], 1, FILL_TAKER, 100);
    bench.exchange->book.best[SIDE_BUY] = 0;
    send_request(&bench, request, 2);
    assert_int_equal(bench.exchange->reports[0].kind, REPORT_EXPIRED);
    bench_end(&bench);
}

static void an_id_that_is_resting_cannot_be_used_again(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    place(&bench, 7, SIDE_BUY, 99, 1, TIF_GTC);
    struct venue_request again = {
        .op = VENUE_PLACE, .order_id = 7, .price_ticks = 98, .qty_lots = 1};
    assert_int_equal(exchange_request(bench.exchange, &again, 1, 2), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "order id 7"));
    bench_end(&bench);
}

static void a_quantity_of_nothing_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    const struct venue_report *report = place(&bench, 1, SIDE_BUY, 99, 0, TIF_GTC);
    assert_int_equal(report->kind, REPORT_REJECTED);
    assert_int_equal(report->reject, VENUE_REJECT_INVALID);
    place(&bench, 2, SIDE_BUY, 99, 1, TIF_GTC);
    assert_int_equal(amend(&bench, 2, 99, 0)->reject, VENUE_REJECT_INVALID);
    assert_int_equal(bench.exchange->count, 1);
    bench_end(&bench);
}

static void cancel_removes_the_order_and_an_unknown_one_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 3, TIF_GTC);
    const struct venue_report *report = cancel(&bench, 1);
    assert_int_equal(report->kind, REPORT_CANCELED);
    assert_int_equal(report->leaves_qty_lots, 3);
    assert_int_equal(report->request_ts_ns, 2 * MS);
    report = cancel(&bench, 1);
    assert_int_equal(report->kind, REPORT_REJECTED);
    assert_int_equal(report->reject, VENUE_REJECT_UNKNOWN_ORDER);
    assert_int_equal(report->answers, VENUE_CANCEL);
    assert_int_equal(amend(&bench, 1, 99, 1)->reject, VENUE_REJECT_UNKNOWN_ORDER);
    bench_end(&bench);
}

static void a_best_that_reaches_own_orders_fills_them_at_their_own_prices(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_level(&bench.fixture, 5, 5, SIDE_SELL, 101, 1);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 102, 1, TIF_GTC);
    place(&bench, 2, SIDE_BUY, 101, 1, TIF_GTC);
    place(&bench, 3, SIDE_BUY, 100, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 2);
    assert_filled(&bench.exchange->reports[0], 1, FILL_BEST_CROSSED, 102);
    assert_filled(&bench.exchange->reports[1], 2, FILL_BEST_CROSSED, 101);
    assert_int_equal(bench.exchange->reports[0].exch_ts_ns, 5 * MS);
    assert_int_equal(bench.exchange->reports[0].answers, VENUE_NONE);
    assert_int_equal(bench.exchange->count, 1);
    bench_end(&bench);
}

static void a_sell_is_reached_by_a_best_bid_likewise(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_level(&bench.fixture, 5, 5, SIDE_BUY, 102, 1);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_SELL, 102, 1, TIF_GTC);
    place(&bench, 2, SIDE_SELL, 103, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 1);
    assert_filled(&bench.exchange->reports[0], 1, FILL_BEST_CROSSED, 102);
    bench_end(&bench);
}

static void a_best_seen_only_within_a_message_fills_too(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_row(&bench.fixture, SIDE_SELL, 101, 4);
    fixture_row(&bench.fixture, SIDE_SELL, 101, 0);
    fixture_message(&bench.fixture, EVENT_DEPTH, 5, 5);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 101, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 1);
    assert_filled(&bench.exchange->reports[0], 1, FILL_BEST_CROSSED, 101);
    bench_end(&bench);
}

static void a_trade_beyond_the_price_fills_and_one_short_of_it_does_not(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 4, 4, SIDE_BUY, 100, 50); // a seller took bids at 100
    fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 98, 1);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 1, TIF_GTC);
    place(&bench, 2, SIDE_BUY, 98, 1, TIF_GTC);
    place(&bench, 3, SIDE_SELL, 104, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 1);
    assert_filled(&bench.exchange->reports[0], 1, FILL_TRADE_THROUGH, 99);
    assert_int_equal(bench.exchange->reports[0].exch_ts_ns, 5 * MS);
    assert_int_equal(advance(&bench), 0);
    assert_int_equal(bench.exchange->count, 2);
    bench_end(&bench);
}

static void a_trade_at_the_price_fills_once_the_queue_ahead_is_used_up(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 4, 4, SIDE_BUY, 99, 7); // exactly what is ahead
    fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 99, 1);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 3, TIF_GTC);
    assert_int_equal(advance(&bench), 1);
    const struct venue_report *report = &bench.exchange->reports[0];
    assert_filled(report, 1, FILL_QUEUE, 99);
    assert_int_equal(report->exch_ts_ns, 5 * MS);
    assert_int_equal(report->exec_qty_lots, 3); // in full, though one lot was left of the trade
    assert_int_equal(report->provenance.ahead_at_arrival_lots, 7);
    assert_int_equal(report->provenance.ahead_at_fill_lots, 0);
    assert_int_equal(report->provenance.event_row, 9);
    bench_end(&bench);
}

static void a_trade_of_the_other_side_touches_nothing(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 4, 4, SIDE_SELL, 99, 100); // a buy printed below the best bid
    fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 104, 100); // a sale printed above the best ask
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 1, TIF_GTC);
    place(&bench, 2, SIDE_SELL, 104, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 0);
    bench_end(&bench);
}

static void own_orders_at_one_price_do_not_queue_behind_one_another(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 4, 4, SIDE_SELL, 103, 6);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_SELL, 103, 4, TIF_GTC);
    place(&bench, 2, SIDE_SELL, 103, 4, TIF_GTC);
    assert_int_equal(advance(&bench), 2);
    assert_filled(&bench.exchange->reports[0], 1, FILL_QUEUE, 103);
    assert_filled(&bench.exchange->reports[1], 2, FILL_QUEUE, 103);
    bench_end(&bench);
}

static void a_level_change_moves_the_queue_of_every_order_there(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_level(&bench.fixture, 4, 4, SIDE_BUY, 99, 2); // 7 -> 2
    fixture_level(&bench.fixture, 5, 5, SIDE_BUY, 98, 1); // not ours
    fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 99, 3);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 1, TIF_GTC);
    place(&bench, 2, SIDE_BUY, 99, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 2);
    assert_int_equal(bench.exchange->reports[0].exch_ts_ns, 6 * MS);
    bench_end(&bench);
}

static void the_queue_moves_before_a_message_fills_by_its_best(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_row(&bench.fixture, SIDE_BUY, 99, 2);
    fixture_row(&bench.fixture, SIDE_SELL, 99, 1);
    fixture_message(&bench.fixture, EVENT_DEPTH, 4, 4);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 1);
    assert_int_equal(bench.exchange->reports[0].provenance.ahead_at_fill_lots, 2);
    bench_end(&bench);
}

static void a_clear_leaves_orders_and_queues_and_the_snapshot_moves_them(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_row(&bench.fixture, SIDE_BUY, 98, 0);
    fixture_message(&bench.fixture, EVENT_CLEAR, 4, 4);
    fixture_row(&bench.fixture, SIDE_BUY, 99, 3);
    fixture_message(&bench.fixture, EVENT_SNAPSHOT, 4, 4);
    fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 99, 4);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 1, TIF_GTC);
    assert_int_equal(advance(&bench), 1);
    assert_filled(&bench.exchange->reports[0], 1, FILL_QUEUE, 99);
    assert_int_equal(bench.exchange->count, 0);
    assert_int_equal(book_qty_at(&bench.exchange->book, SIDE_BUY, 98), 0);
    bench_end(&bench);
}

static void an_amend_to_less_keeps_the_place_in_the_queue(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 4, 4, SIDE_BUY, 99, 6);
    fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 99, 2);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 4, TIF_POST_ONLY);
    const struct venue_report *report = amend(&bench, 1, 99, 2);
    assert_int_equal(report->kind, REPORT_AMENDED);
    assert_int_equal(report->answers, VENUE_AMEND);
    assert_int_equal(report->leaves_qty_lots, 2);
    assert_int_equal(advance(&bench), 1);
    assert_int_equal(bench.exchange->reports[0].exec_qty_lots, 2);
    assert_int_equal(bench.exchange->reports[0].request_ts_ns, 2 * MS);
    bench_end(&bench);
}

// The reference keeps the old quantity left: measured, hftbacktest 2.4.4, 1 -> 4 fills 1.
static void
an_amend_to_more_or_another_price_goes_to_the_end_and_fills_the_old_quantity(void **state)
{
    (void)state;
    static const struct {
        int64_t price, lots, leaves, ahead;
    } cases[] = {{99, 4, 2, 9}, {98, 2, 2, 9}, {98, 1, 2, 9}, {98, 4, 2, 9}, {101, 2, 2, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        bench_begin(&bench);
        fixture_level(&bench.fixture, 2, 2, SIDE_BUY, 99, 9); // before the amend
        fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 90, 1);
        bench_open(&bench, "risk");
        place(&bench, 1, SIDE_BUY, 99, 2, TIF_POST_ONLY);
        bench.next = exchange_run(bench.exchange, bench.next, bench.end, 3 * MS);
        const struct venue_report *report = amend(&bench, 1, cases[i].price, cases[i].lots);
        assert_int_equal(report->kind, REPORT_AMENDED);
        assert_int_equal(report->qty_lots, cases[i].lots);
        assert_int_equal(report->leaves_qty_lots, cases[i].leaves);
        assert_int_equal(advance(&bench), 1);
        report = &bench.exchange->reports[0];
        assert_filled(report, 1, FILL_TRADE_THROUGH, cases[i].price);
        assert_int_equal(report->exec_qty_lots, cases[i].leaves);
        assert_int_equal(report->provenance.ahead_at_arrival_lots, cases[i].ahead);
        bench_end(&bench);
    }
}

static void an_amend_that_crosses_expires_when_post_only_and_takes_otherwise(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    place(&bench, 1, SIDE_BUY, 99, 2, TIF_POST_ONLY);
    place(&bench, 2, SIDE_BUY, 99, 2, TIF_GTC);
    const struct venue_report *report = amend(&bench, 1, 103, 2);
    assert_int_equal(report->kind, REPORT_EXPIRED);
    assert_int_equal(report->price_ticks, 103);
    report = amend(&bench, 2, 110, 2);
    assert_filled(report, 2, FILL_TAKER, 103);
    assert_int_equal(report->answers, VENUE_AMEND);
    assert_int_equal(bench.exchange->count, 0);
    bench_end(&bench);
}

static void prices_far_outside_the_recorded_ones_rest_or_are_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 50, 1);
    bench_open(&bench, "risk");
    int64_t below = bench.exchange->book.geometry.base_ticks - 10;
    assert_int_equal(place(&bench, 1, SIDE_BUY, below, 2, TIF_GTC)->kind, REPORT_PLACED);
    int64_t above =
        bench.exchange->book.geometry.base_ticks + bench.exchange->book.geometry.span + 10;
    assert_int_equal(place(&bench, 2, SIDE_SELL, above, 2, TIF_GTC)->kind, REPORT_PLACED);
    assert_filled(place(&bench, 3, SIDE_BUY, above, 2, TIF_GTC), 3, FILL_TAKER, 103);
    assert_int_equal(advance(&bench), 0);
    assert_int_equal(cancel(&bench, 1)->kind, REPORT_CANCELED);
    assert_int_equal(cancel(&bench, 2)->kind, REPORT_CANCELED);
    bench.exchange->book.best[SIDE_SELL] = 0;
    const struct venue_report *report = place(&bench, 4, SIDE_BUY, above, 2, TIF_GTC);
    assert_int_equal(report->reject, VENUE_REJECT_INVALID);
    bench_end(&bench);
}

static void a_full_table_refuses_the_next_order(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 90, 1);
    bench_open(&bench, "pow3:3");
    for (uint64_t id = 1; id <= EXCHANGE_ORDERS_MAX; id++) {
        assert_int_equal(place(&bench, id, SIDE_BUY, 98 - (int64_t)(id % 5), 1, TIF_GTC)->kind,
                         REPORT_PLACED);
    }
    const struct venue_report *report = place(&bench, 5000, SIDE_BUY, 98, 1, TIF_GTC);
    assert_int_equal(report->kind, REPORT_REJECTED);
    assert_int_equal(report->reject, VENUE_REJECT_RATE_LIMIT);
    // A crossing one is not refused: it never rests.
    assert_int_equal(place(&bench, 5001, SIDE_BUY, 103, 1, TIF_GTC)->kind, REPORT_FILLED);
    assert_int_equal(advance(&bench), EXCHANGE_ORDERS_MAX);
    assert_int_equal(bench.exchange->count, 0);
    for (int side = 0; side < 2; side++) {
        assert_int_equal(bench.exchange->own_best[side], 0);
        assert_int_equal(bench.exchange->trip[side], UINT32_MAX);
    }
    assert_int_equal(book_qty_at(&bench.exchange->book, SIDE_BUY, 98), 9); // no mark left behind
    assert_int_equal(
        bench.exchange->book.lots[0][geometry_index(bench.exchange->book.geometry, SIDE_BUY, 98)],
        9);
    bench_end(&bench);
}

static void quantities_are_what_their_decimal_text_parses_to(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    bench_open(&bench, "risk");
    for (int64_t lots = 0; lots < 100000; lots += 37) {
        char text[64];
        snprintf(text, sizeof text, "%lld.%03lld", (long long)lots / 1000, (long long)lots % 1000);
        assert_true(exchange_qty(bench.exchange, lots) == strtod(text, NULL));
    }
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_only_order_that_crosses_expires),
        cmocka_unit_test(a_crossing_order_takes_the_best_price_in_full_whatever_its_size),
        cmocka_unit_test(ioc_and_fok_that_do_not_cross_expire_and_gtc_rests),
        cmocka_unit_test(a_market_order_takes_the_best_and_expires_on_an_empty_side),
        cmocka_unit_test(an_id_that_is_resting_cannot_be_used_again),
        cmocka_unit_test(a_quantity_of_nothing_is_refused),
        cmocka_unit_test(cancel_removes_the_order_and_an_unknown_one_is_refused),
        cmocka_unit_test(a_best_that_reaches_own_orders_fills_them_at_their_own_prices),
        cmocka_unit_test(a_sell_is_reached_by_a_best_bid_likewise),
        cmocka_unit_test(a_best_seen_only_within_a_message_fills_too),
        cmocka_unit_test(a_trade_beyond_the_price_fills_and_one_short_of_it_does_not),
        cmocka_unit_test(a_trade_at_the_price_fills_once_the_queue_ahead_is_used_up),
        cmocka_unit_test(a_trade_of_the_other_side_touches_nothing),
        cmocka_unit_test(own_orders_at_one_price_do_not_queue_behind_one_another),
        cmocka_unit_test(a_level_change_moves_the_queue_of_every_order_there),
        cmocka_unit_test(the_queue_moves_before_a_message_fills_by_its_best),
        cmocka_unit_test(a_clear_leaves_orders_and_queues_and_the_snapshot_moves_them),
        cmocka_unit_test(an_amend_to_less_keeps_the_place_in_the_queue),
        cmocka_unit_test(
            an_amend_to_more_or_another_price_goes_to_the_end_and_fills_the_old_quantity),
        cmocka_unit_test(an_amend_that_crosses_expires_when_post_only_and_takes_otherwise),
        cmocka_unit_test(prices_far_outside_the_recorded_ones_rest_or_are_refused),
        cmocka_unit_test(a_full_table_refuses_the_next_order),
        cmocka_unit_test(quantities_are_what_their_decimal_text_parses_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
