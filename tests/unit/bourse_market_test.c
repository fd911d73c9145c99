// The two kinds of market at the simulated exchange, seen from its clients.
#include "bourse_bench.h"

#include "tape_fixture.h"

// ---- recorded ----

// Bid 100.0 and ask 100.2, ten lots each, from 0 ms; a seller takes 15 lots of the bid at 1000 ms.
static struct tape *make_tape(struct fixture *fixture)
{
    fixture_begin(fixture);
    fixture_row(fixture, SIDE_BUY, 1000, 10000);
    fixture_row(fixture, SIDE_SELL, 1002, 10000);
    fixture_message(fixture, EVENT_SNAPSHOT, 0, 0);
    fixture_trade(fixture, 1000, 1000, SIDE_BUY, 1000, 15000);
    fixture_level(fixture, 1001, 1001, SIDE_BUY, 1000, 0);
    fixture_level(fixture, 1002, 1002, SIDE_BUY, 999, 7000);
    fixture_level(fixture, 5000, 5000, SIDE_SELL, 1003, 3000);
    return fixture_open(fixture);
}

static struct bench *bench_of_tape(const struct tape *tape)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct queue_model queue;
    assert_non_null(bench);
    assert_int_equal(queue_model_parse("risk", &queue), MM_OK);
    bench->now_ns = BENCH_START_NS;
    bench->bourse = bourse_create(&(struct bourse_setup){.sink = {.context = bench,
                                                                  .answer = bench_on_answer,
                                                                  .drop = bench_on_drop,
                                                                  .frame = bench_on_frame,
                                                                  .close = bench_on_close},
                                                         .seed = 7,
                                                         .now_ns = bench->now_ns});
    assert_int_equal(bourse_list_tape(bench->bourse, tape, &queue), MM_OK);
    bench_add_account(bench, "test_api_key", true);
    bench_add_account(bench, "second_key", false);
    return bench;
}

static json_t *order_on_tape(struct bench *bench, const char *key, const char *side,
                             const char *price, const char *qty, const char *tif)
{
    char body[256];
    snprintf(body, sizeof body,
             "{\"category\":\"linear\",\"symbol\":\"TEST\",\"side\":\"%s\",\"orderType\":\"Limit\","
             "\"price\":\"%s\",\"qty\":\"%s\",\"timeInForce\":\"%s\"}",
             side, price, qty, tif);
    return bench_call(bench, key, "POST", "/v5/order/create", body);
}

static void orders_meet_a_tape_through_its_queues(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bench *bench = bench_of_tape(make_tape(&fixture));
    char first[40], second[40];
    bench_run(bench, 500);
    json_t *answer = bench_get(bench, "/v5/market/orderbook", "category=linear&symbol=TEST");
    assert_string_equal(bench_text(answer, "result.b.0.0"), "100.0");
    assert_string_equal(bench_text(answer, "result.a.0.1"), "10.000");
    // Behind the ten lots of the bid, one after the other: the trade leaves five for them.
    answer = order_on_tape(bench, "test_api_key", "Buy", "100", "4", "PostOnly");
    snprintf(first, sizeof first, "%s", bench_text(answer, "result.orderId"));
    answer = order_on_tape(bench, "second_key", "Buy", "100", "4", "PostOnly");
    snprintf(second, sizeof second, "%s", bench_text(answer, "result.orderId"));
    bench_run(bench, 600);
    json_t *order = bench_find(bench, "test_api_key", first);
    assert_string_equal(bench_text(order, "orderStatus"), "Filled");
    order = bench_find(bench, "second_key", second);
    assert_string_equal(bench_text(order, "orderStatus"), "PartiallyFilled");
    assert_string_equal(bench_text(order, "cumExecQty"), "1.000");
    answer = bench_get(bench, "/v5/market/recent-trade", "category=linear&symbol=TEST");
    assert_string_equal(bench_text(answer, "result.list.0.side"), "Sell");
    assert_string_equal(bench_text(answer, "result.list.0.size"), "15.000");
    // What crosses takes what the recorded book holds.
    answer = order_on_tape(bench, "test_api_key", "Buy", "100.2", "3", "IOC");
    order = bench_find(bench, "test_api_key", bench_text(answer, "result.orderId"));
    assert_string_equal(bench_text(order, "avgPrice"), "100.2");
    answer = order_on_tape(bench, "test_api_key", "Buy", "100.2", "30", "FOK");
    order = bench_find(bench, "test_api_key", bench_text(answer, "result.orderId"));
    assert_string_equal(bench_text(order, "rejectReason"), "EC_CancelForNoFullFill");
    bench_destroy(bench);
    fixture_end(&fixture);
}

static void an_order_on_a_tape_can_be_amended_and_cancelled(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bench *bench = bench_of_tape(make_tape(&fixture));
    char body[256], id[40];
    bench_run(bench, 500);
    json_t *answer = order_on_tape(bench, "test_api_key", "Buy", "99", "4", "GTC");
    snprintf(id, sizeof id, "%s", bench_text(answer, "result.orderId"));
    snprintf(body, sizeof body,
             "{\"category\":\"linear\",\"symbol\":\"TEST\",\"orderId\":\"%s\",\"price\":\"99.5\","
             "\"qty\":\"5\"}",
             id);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/amend", body)), 0);
    json_t *order = bench_find(bench, "test_api_key", id);
    assert_string_equal(bench_text(order, "price"), "99.5");
    assert_string_equal(bench_text(order, "leavesQty"), "5.000");
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/cancel", body)), 0);
    order = bench_find(bench, "test_api_key", id);
    assert_string_equal(bench_text(order, "orderStatus"), "Cancelled");
    bench_destroy(bench);
    fixture_end(&fixture);
}

static void a_venue_of_tapes_is_over_when_they_end(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bench *bench = bench_of_tape(make_tape(&fixture));
    bench_run(bench, 4999);
    assert_false(bourse_is_over(bench->bourse));
    bench_run(bench, 1);
    assert_true(bourse_is_over(bench->bourse));
    bench_destroy(bench);
    fixture_end(&fixture);
}

// ---- simulated ----

static void a_resting_order_is_seen_by_all_and_met_by_the_market(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    int64_t price = bench_best(bench, true) + 1;
    json_t *answer = bench_order(bench, "test_api_key", "Buy", price, 777, "");
    char id[40];
    snprintf(id, sizeof id, "%s", bench_text(answer, "result.orderId"));
    answer = bench_call(bench, "second_key", "GET", "/v5/market/orderbook",
                        "category=linear&symbol=ALTUSDT&limit=1");
    assert_string_equal(bench_text(answer, "result.b.0.1"), "777");
    bench_run(bench, 60000); // the market's own takers come along
    answer = bench_find(bench, "test_api_key", id);
    assert_true(bench_number(answer, "cumExecQty") > 0);
    bench_destroy(bench);
}

static void accounts_at_one_price_stand_in_the_order_of_their_coming(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    int64_t price = bench_best(bench, false) - 1;
    char first[40], second[40];
    json_t *answer = bench_order(bench, "test_api_key", "Sell", price, 50, "");
    snprintf(first, sizeof first, "%s", bench_text(answer, "result.orderId"));
    answer = bench_order(bench, "second_key", "Sell", price, 50, "");
    snprintf(second, sizeof second, "%s", bench_text(answer, "result.orderId"));
    bench_order(bench, "second_key", "Buy", price, 60, ",\"timeInForce\":\"IOC\"");
    assert_string_equal(bench_text(bench_find(bench, "test_api_key", first), "orderStatus"),
                        "Filled");
    assert_string_equal(bench_text(bench_find(bench, "second_key", second), "cumExecQty"), "10");
    bench_destroy(bench);
}

static void an_amend_keeps_the_place_only_for_less_at_the_same_price(void **state)
{
    (void)state;
    static const struct {
        const char *change;
        const char *filled; // of the amended order, after 30 lots were taken
    } cases[] = {{"\"qty\":\"40\"", "30"}, {"\"qty\":\"60\"", "0"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_create();
        int64_t price = bench_best(bench, false) - 1;
        char body[256];
        bench_order(bench, "test_api_key", "Sell", price, 50, ",\"orderLinkId\":\"first\"");
        bench_order(bench, "second_key", "Sell", price, 50, "");
        snprintf(body, sizeof body,
                 "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderLinkId\":\"first\",%s}",
                 cases[i].change);
        assert_int_equal(bench_code(bench_post(bench, "/v5/order/amend", body)), 0);
        bench_order(bench, "second_key", "Buy", price, 30, ",\"timeInForce\":\"IOC\"");
        json_t *answer =
            bench_get(bench, "/v5/order/realtime", "category=linear&orderLinkId=first");
        assert_string_equal(bench_text(answer, "result.list.0.cumExecQty"), cases[i].filled);
        bench_destroy(bench);
    }
}

static void an_amend_may_take_unless_the_order_is_post_only(void **state)
{
    (void)state;
    static const struct {
        const char *tif, *status;
    } cases[] = {{"GTC", "Filled"}, {"PostOnly", "Cancelled"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_create();
        int64_t ask = bench_best(bench, false);
        char more[96], body[256];
        snprintf(more, sizeof more, ",\"orderLinkId\":\"a\",\"timeInForce\":\"%s\"", cases[i].tif);
        bench_order(bench, "test_api_key", "Buy", ask - 50, 10, more);
        snprintf(body, sizeof body,
                 "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderLinkId\":\"a\",\"price\":"
                 "\"%" PRId64 ".%04" PRId64 "\"}",
                 ask / 10000, ask % 10000);
        assert_int_equal(bench_code(bench_post(bench, "/v5/order/amend", body)), 0);
        json_t *answer = bench_get(bench, "/v5/order/realtime", "category=linear&orderLinkId=a");
        assert_string_equal(bench_text(answer, "result.list.0.orderStatus"), cases[i].status);
        bench_destroy(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_meet_a_tape_through_its_queues),
        cmocka_unit_test(an_order_on_a_tape_can_be_amended_and_cancelled),
        cmocka_unit_test(a_venue_of_tapes_is_over_when_they_end),
        cmocka_unit_test(a_resting_order_is_seen_by_all_and_met_by_the_market),
        cmocka_unit_test(accounts_at_one_price_stand_in_the_order_of_their_coming),
        cmocka_unit_test(an_amend_keeps_the_place_only_for_less_at_the_same_price),
        cmocka_unit_test(an_amend_may_take_unless_the_order_is_post_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
