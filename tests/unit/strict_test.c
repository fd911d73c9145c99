// Strict fills: every case runs under both modes and says where they differ; docs/replay.md lists
// the differences by the names of these tests.
#include "venue/replay/exchange.h"

#include "tape_fixture.h"

struct bench {
    struct fixture fixture;
    struct exchange *exchange;
    const struct tape_message *next, *end;
    int64_t exch_ms; // when the next request arrives
};

// Bids 100 (5), 99 (7), 98 (9); asks 103 (5), 104 (7), 105 (9); far levels for a wide geometry.
static void bench_begin(struct bench *bench)
{
    *bench = (struct bench){.exch_ms = 2};
    fixture_begin(&bench->fixture);
    for (int i = 0; i < 3; i++) {
        fixture_row(&bench->fixture, SIDE_BUY, 100 - i, 5 + 2 * i);
        fixture_row(&bench->fixture, SIDE_SELL, 103 + i, 5 + 2 * i);
    }
    fixture_row(&bench->fixture, SIDE_BUY, 1, 1);
    fixture_row(&bench->fixture, SIDE_SELL, 900, 1);
    fixture_message(&bench->fixture, EVENT_DEPTH, 1, 1);
}

static void bench_open_rules(struct bench *bench, const struct fill_rules *rules)
{
    struct queue_model model = {.kind = QUEUE_RISK};
    struct tape *tape = fixture_open(&bench->fixture);
    bench->exchange = calloc(1, sizeof *bench->exchange);
    assert_int_equal(exchange_init(bench->exchange, tape, &model, rules), MM_OK);
    bench->next = tape->messages[TAPE_EXCH];
    bench->end = bench->next + tape->message_count;
    bench->next = exchange_run(bench->exchange, bench->next, bench->end, 2 * MS);
}

static void bench_open(struct bench *bench, enum fills_mode mode)
{
    bench_open_rules(bench, &fill_rules_of[mode]);
}

static void bench_end(struct bench *bench)
{
    exchange_fini(bench->exchange);
    free(bench->exchange);
    fixture_end(&bench->fixture);
}

// Sends a request; returns how many reports it made.
static uint32_t ask(struct bench *bench, struct venue_request request)
{
    bench->exchange->report_count = 0;
    assert_int_equal(
        exchange_request(bench->exchange, &request, (bench->exch_ms - 1) * MS, bench->exch_ms * MS),
        MM_OK);
    return bench->exchange->report_count;
}

static uint32_t place(struct bench *bench, uint64_t id, enum side side, int64_t price, int64_t lots,
                      enum time_in_force tif)
{
    return ask(bench, (struct venue_request){.op = VENUE_PLACE,
                                             .side = side,
                                             .tif = tif,
                                             .order_id = id,
                                             .price_ticks = price,
                                             .qty_lots = lots});
}

static uint32_t amend(struct bench *bench, uint64_t id, int64_t price, int64_t lots)
{
    return ask(bench,
               (struct venue_request){
                   .op = VENUE_AMEND, .order_id = id, .price_ticks = price, .qty_lots = lots});
}

// Applies the tape until reports come; returns how many.
static uint32_t advance(struct bench *bench)
{
    bench->exchange->report_count = 0;
    bench->next = exchange_run(bench->exchange, bench->next, bench->end, INT64_MAX);
    return bench->exchange->report_count;
}

static void assert_execution(const struct bench *bench, uint32_t at, uint64_t id, int64_t price,
                             int64_t lots, int64_t leaves)
{
    const struct venue_report *report = &bench->exchange->reports[at];
    assert_int_equal(report->kind, REPORT_FILLED);
    assert_int_equal(report->order_id, id);
    assert_int_equal(report->exec_price_ticks, price);
    assert_int_equal(report->exec_qty_lots, lots);
    assert_int_equal(report->leaves_qty_lots, leaves);
}

static void assert_expired(const struct bench *bench, uint32_t at, int64_t leaves)
{
    assert_int_equal(bench->exchange->reports[at].kind, REPORT_EXPIRED);
    assert_int_equal(bench->exchange->reports[at].leaves_qty_lots, leaves);
}

static void a_trade_fills_no_more_than_it_leaves_over(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        fixture_trade(&bench.fixture, 4, 4, SIDE_BUY, 100, 7); // 5 ahead, 2 are left over
        fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 100, 1);
        fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 100, 9);
        bench_open(&bench, (enum fills_mode)mode);
        place(&bench, 1, SIDE_BUY, 100, 4, TIF_POST_ONLY);
        assert_int_equal(advance(&bench), 1);
        if (mode == FILLS_COMPAT) {
            assert_execution(&bench, 0, 1, 100, 4, 0);
        } else {
            assert_execution(&bench, 0, 1, 100, 2, 2);
            assert_int_equal(bench.exchange->reports[0].provenance.ahead_at_arrival_lots, 5);
            assert_int_equal(advance(&bench), 1);
            assert_execution(&bench, 0, 1, 100, 1, 1);
            assert_int_equal(advance(&bench), 1);
            assert_execution(&bench, 0, 1, 100, 1, 0);
        }
        bench_end(&bench);
    }
}

static void an_exact_fill_leaves_nothing_behind(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 4, 4, SIDE_BUY, 100, 7);
    fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 100, 2); // exactly what is left of it
    fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 100, 3);
    fixture_trade(&bench.fixture, 7, 7, SIDE_BUY, 98, 3);
    bench_open(&bench, FILLS_STRICT);
    place(&bench, 1, SIDE_BUY, 100, 4, TIF_POST_ONLY);
    assert_int_equal(advance(&bench), 1);
    assert_execution(&bench, 0, 1, 100, 2, 2);
    assert_int_equal(advance(&bench), 1);
    assert_execution(&bench, 0, 1, 100, 2, 0);
    assert_int_equal(bench.exchange->count, 0);
    assert_int_equal(advance(&bench), 0);
    assert_int_equal(place(&bench, 1, SIDE_BUY, 100, 4, TIF_POST_ONLY), 1); // the id is free
    bench_end(&bench);
}

static void a_taker_walks_the_levels(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        bench_open(&bench, (enum fills_mode)mode);
        if (mode == FILLS_COMPAT) {
            assert_int_equal(place(&bench, 1, SIDE_BUY, 105, 14, TIF_GTC), 1);
            assert_execution(&bench, 0, 1, 103, 14, 0);
        } else {
            assert_int_equal(place(&bench, 1, SIDE_BUY, 105, 14, TIF_GTC), 3);
            assert_execution(&bench, 0, 1, 103, 5, 9);
            assert_execution(&bench, 1, 1, 104, 7, 2);
            assert_execution(&bench, 2, 1, 105, 2, 0);
            assert_false(bench.exchange->reports[2].maker);
            assert_int_equal(bench.exchange->count, 0);
            assert_int_equal(place(&bench, 2, SIDE_SELL, 99, 12, TIF_IOC), 2);
            assert_execution(&bench, 0, 2, 100, 5, 7);
            assert_execution(&bench, 1, 2, 99, 7, 0);
        }
        bench_end(&bench);
    }
}

static void what_a_taker_leaves_rests_at_its_price(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        fixture_level(&bench.fixture, 4, 4, SIDE_SELL, 103, 2); // less than before: nothing new
        fixture_level(&bench.fixture, 5, 5, SIDE_SELL, 103, 5); // 3 more
        fixture_trade(&bench.fixture, 6, 6, SIDE_BUY, 100, 1);  // sold below our bid
        fixture_level(&bench.fixture, 7, 7, SIDE_SELL, 103, 0); // no longer crossed
        fixture_trade(&bench.fixture, 8, 8, SIDE_BUY, 100, 1);
        bench_open(&bench, (enum fills_mode)mode);
        if (mode == FILLS_COMPAT) {
            assert_int_equal(place(&bench, 1, SIDE_BUY, 103, 14, TIF_GTC), 1);
            assert_execution(&bench, 0, 1, 103, 14, 0);
        } else {
            assert_int_equal(place(&bench, 1, SIDE_BUY, 103, 14, TIF_GTC), 2);
            assert_execution(&bench, 0, 1, 103, 5, 9);
            assert_int_equal(bench.exchange->reports[1].kind, REPORT_PLACED);
            assert_int_equal(bench.exchange->reports[1].leaves_qty_lots, 9);
            assert_int_equal(advance(&bench), 1);
            assert_execution(&bench, 0, 1, 103, 3, 6);
            assert_true(bench.exchange->reports[0].maker);
            assert_int_equal(advance(&bench), 1);
            assert_execution(&bench, 0, 1, 103, 1, 5);
            assert_int_equal(advance(&bench), 1);
            assert_execution(&bench, 0, 1, 103, 5, 0);
        }
        bench_end(&bench);
    }
}

static void an_ioc_takes_what_is_there_and_the_rest_expires(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        bench_open(&bench, (enum fills_mode)mode);
        if (mode == FILLS_COMPAT) {
            assert_int_equal(place(&bench, 1, SIDE_SELL, 99, 20, TIF_IOC), 1);
        } else {
            assert_int_equal(place(&bench, 1, SIDE_SELL, 99, 20, TIF_IOC), 3);
            assert_execution(&bench, 0, 1, 100, 5, 15);
            assert_execution(&bench, 1, 1, 99, 7, 8);
            assert_expired(&bench, 2, 8);
        }
        assert_int_equal(bench.exchange->count, 0);
        bench_end(&bench);
    }
}

static void a_fok_fills_whole_or_not_at_all(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        bench_open(&bench, (enum fills_mode)mode);
        assert_int_equal(place(&bench, 1, SIDE_SELL, 99, 13, TIF_FOK), 1);
        if (mode == FILLS_COMPAT) {
            assert_execution(&bench, 0, 1, 100, 13, 0);
        } else {
            assert_expired(&bench, 0, 13);
            assert_int_equal(place(&bench, 2, SIDE_SELL, 99, 12, TIF_FOK), 2);
            assert_execution(&bench, 1, 2, 99, 7, 0);
        }
        bench_end(&bench);
    }
}

static void a_market_order_takes_level_by_level_and_the_rest_expires(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        bench_open(&bench, (enum fills_mode)mode);
        struct venue_request request = {.op = VENUE_PLACE,
                                        .side = SIDE_BUY,
                                        .type = ORDER_MARKET,
                                        .order_id = 1,
                                        .qty_lots = 30};
        if (mode == FILLS_COMPAT) {
            assert_int_equal(ask(&bench, request), 1);
        } else {
            assert_int_equal(ask(&bench, request), 5);
            assert_execution(&bench, 3, 1, 900, 1, 8); // however far away
            assert_expired(&bench, 4, 8);
        }
        bench_end(&bench);
    }
}

static void own_orders_at_one_price_queue_behind_one_another(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        fixture_trade(&bench.fixture, 4, 4, SIDE_SELL, 103, 8); // 5 ahead, 3 for us
        fixture_trade(&bench.fixture, 5, 5, SIDE_SELL, 103, 4);
        bench_open(&bench, (enum fills_mode)mode);
        place(&bench, 1, SIDE_SELL, 103, 4, TIF_GTC);
        place(&bench, 2, SIDE_SELL, 103, 4, TIF_GTC);
        if (mode == FILLS_COMPAT) {
            assert_int_equal(advance(&bench), 2);
        } else {
            assert_int_equal(advance(&bench), 1);
            assert_execution(&bench, 0, 1, 103, 3, 1);
            assert_int_equal(advance(&bench), 2);
            assert_execution(&bench, 0, 1, 103, 1, 0);
            assert_execution(&bench, 1, 2, 103, 3, 1);
            assert_int_equal(bench.exchange->reports[1].provenance.ahead_at_arrival_lots, 9);
        }
        bench_end(&bench);
    }
}

static void a_modify_to_more_fills_the_larger_quantity_from_the_back(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        struct bench bench;
        bench_begin(&bench);
        fixture_trade(&bench.fixture, 4, 4, SIDE_BUY, 100, 5);
        fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 99, 1);
        bench_open(&bench, (enum fills_mode)mode);
        place(&bench, 1, SIDE_BUY, 100, 1, TIF_POST_ONLY);
        place(&bench, 2, SIDE_BUY, 100, 1, TIF_POST_ONLY);
        assert_int_equal(amend(&bench, 1, 100, 4), 1);
        assert_int_equal(bench.exchange->reports[0].kind, REPORT_AMENDED);
        assert_int_equal(bench.exchange->reports[0].leaves_qty_lots, mode == FILLS_COMPAT ? 1 : 4);
        assert_int_equal(advance(&bench), 2);
        assert_execution(&bench, 0, 2, 100, 1, 0);
        assert_execution(&bench, 1, 1, 100, mode == FILLS_COMPAT ? 1 : 4, 0);
        bench_end(&bench);
    }
}

static void a_modify_to_less_keeps_its_place(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_trade(&bench.fixture, 4, 4, SIDE_BUY, 100, 8);
    bench_open(&bench, FILLS_STRICT);
    place(&bench, 1, SIDE_BUY, 100, 4, TIF_POST_ONLY);
    place(&bench, 2, SIDE_BUY, 100, 4, TIF_POST_ONLY);
    assert_int_equal(amend(&bench, 1, 100, 2), 1);
    assert_int_equal(advance(&bench), 2); // of the 3 past the queue
    assert_execution(&bench, 0, 1, 100, 2, 0);
    assert_execution(&bench, 1, 2, 100, 1, 3);
    bench_end(&bench);
}

// A best that crosses leaves levels behind that only the map still knows.
static void a_clear_removes_levels_beyond_the_best_too(void **state)
{
    (void)state;
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        for (int side = SIDE_BUY; side <= SIDE_SELL; side++) {
            struct bench bench;
            bench_begin(&bench);
            bool buy = side == SIDE_BUY;
            int64_t crossing = buy ? 99 : 104, upto = buy ? 98 : 105;
            fixture_level(&bench.fixture, 3, 3, side_opposite((enum side)side), crossing, 1);
            fixture_row(&bench.fixture, (enum side)side, upto, 0);
            fixture_message(&bench.fixture, EVENT_CLEAR, 4, 4);
            bench_open(&bench, (enum fills_mode)mode);
            advance(&bench);
            const struct book *book = &bench.exchange->book;
            int64_t stale = mode == FILLS_COMPAT ? 5 : 0;
            assert_int_equal(book_qty_at(book, (enum side)side, buy ? 100 : 103), stale);
            assert_int_equal(book_qty_at(book, (enum side)side, upto), 0);
            assert_int_equal(book_qty_at(book, (enum side)side, buy ? 1 : 900), 1);
            assert_int_equal(book_best_ticks(book, (enum side)side), buy ? 1 : 900);
            bench_end(&bench);
        }
    }
}

// Measured in the reference: bids 100, 99, 98, a clear down to 100 leaves 98 as best.
static void a_clear_keeps_the_level_next_to_its_price(void **state)
{
    (void)state;
    for (int side = SIDE_BUY; side <= SIDE_SELL; side++) {
        struct bench bench;
        bench_begin(&bench);
        fixture_row(&bench.fixture, (enum side)side, side == SIDE_BUY ? 100 : 103, 0);
        fixture_message(&bench.fixture, EVENT_CLEAR, 4, 4);
        bench_open(&bench, FILLS_STRICT);
        advance(&bench);
        assert_int_equal(book_best_ticks(&bench.exchange->book, (enum side)side),
                         side == SIDE_BUY ? 99 : 104);
        bench_end(&bench);
    }
}

static void what_was_taken_is_gone_until_the_level_changes(void **state)
{
    (void)state;
    static const struct {
        bool remembers;
        int64_t again, later;
    } cases[] = {{true, 2, 6}, {false, 5, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        bench_begin(&bench);
        fixture_level(&bench.fixture, 4, 4, SIDE_SELL, 103, 6);
        struct fill_rules rules = fill_rules_of[FILLS_STRICT];
        assert_true(rules.remember_taken);
        rules.remember_taken = cases[i].remembers;
        bench_open_rules(&bench, &rules);
        assert_int_equal(place(&bench, 1, SIDE_BUY, 103, 3, TIF_IOC), 1);
        assert_execution(&bench, 0, 1, 103, 3, 0);
        place(&bench, 2, SIDE_BUY, 103, 9, TIF_IOC);
        assert_execution(&bench, 0, 2, 103, cases[i].again, 9 - cases[i].again);
        advance(&bench);
        place(&bench, 3, SIDE_BUY, 103, 9, TIF_IOC);
        assert_execution(&bench, 0, 3, 103, cases[i].later, 9 - cases[i].later);
        bench_end(&bench);
    }
}

struct seen {
    uint32_t count;
    struct queue_move moves[8];
};

static void see(void *context, const struct queue_move *move)
{
    struct seen *seen = context;
    seen->moves[seen->count++] = *move;
}

static void a_probe_sees_every_move_of_its_order(void **state)
{
    (void)state;
    struct bench bench;
    bench_begin(&bench);
    fixture_level(&bench.fixture, 4, 4, SIDE_BUY, 100, 3); // ours: 5 -> 3 ahead
    fixture_trade(&bench.fixture, 5, 5, SIDE_BUY, 100, 2);
    fixture_level(&bench.fixture, 6, 6, SIDE_BUY, 99, 1); // not ours
    bench_open(&bench, FILLS_STRICT);
    struct seen seen = {0};
    struct exchange_probe probe = {.order_id = 1, .context = &seen, .moved = see};
    bench.exchange->probe = &probe;
    place(&bench, 1, SIDE_BUY, 100, 4, TIF_POST_ONLY);
    place(&bench, 2, SIDE_BUY, 100, 4, TIF_POST_ONLY);
    assert_int_equal(advance(&bench), 0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.moves[0].exch_ts_ns, 4 * MS);
    assert_int_equal(seen.moves[0].lots_before, 5);
    assert_int_equal(seen.moves[0].ahead_after, 3);
    assert_true(seen.moves[1].by_trade);
    assert_int_equal(seen.moves[1].ahead_after, 1);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trade_fills_no_more_than_it_leaves_over),
        cmocka_unit_test(an_exact_fill_leaves_nothing_behind),
        cmocka_unit_test(a_taker_walks_the_levels),
        cmocka_unit_test(what_a_taker_leaves_rests_at_its_price),
        cmocka_unit_test(an_ioc_takes_what_is_there_and_the_rest_expires),
        cmocka_unit_test(a_fok_fills_whole_or_not_at_all),
        cmocka_unit_test(a_market_order_takes_level_by_level_and_the_rest_expires),
        cmocka_unit_test(own_orders_at_one_price_queue_behind_one_another),
        cmocka_unit_test(a_modify_to_more_fills_the_larger_quantity_from_the_back),
        cmocka_unit_test(a_modify_to_less_keeps_its_place),
        cmocka_unit_test(a_clear_removes_levels_beyond_the_best_too),
        cmocka_unit_test(a_clear_keeps_the_level_next_to_its_price),
        cmocka_unit_test(what_was_taken_is_gone_until_the_level_changes),
        cmocka_unit_test(a_probe_sees_every_move_of_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
