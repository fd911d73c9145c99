// REST requests to the simulated exchange: signatures, envelopes, order entry, accounts, limits.
#include "bourse_bench.h"

static const char symbol[] = "category=linear&symbol=ALTUSDT";

// ---- who asks ----

static void a_request_signed_like_the_vector_is_let_in(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *time, *payload, *sign;
        int code; // 0, or what the request itself deserves
    } vectors[] = {
        {"GET", "/v5/position/list", "1700000000000", "category=linear&symbol=BTCUSDT",
         "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7", 0},
        {"POST", "/v5/order/cancel", "1700000000000",
         "{\"category\": \"linear\", \"symbol\": \"BTCUSDT\", \"orderLinkId\": \"test-order-1\"}",
         "2df4a0603d69c08d5dea29ba85b46eb7db64ce9e9ebd34a7802a3d69700cb2a1", 10001},
        {"GET", "/v5/account/info", "1795332473055", "",
         "4b9dab47ad75646027a323424b90faedd9c27ab3946689ad8a54fa594c0e335e", 0},
        {"GET", "/v5/account/wallet-balance", "1795332901769",
         "accountType=UNIFIED&coin=USDT%2CUSDC",
         "d874013a627806a37a3b099009eadd3a56138f662c56e3a5690ff2f892ef436f", 0},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct bench *bench = bench_create_at(strtoll(vectors[i].time, NULL, 10) * BENCH_MS);
        bool is_get = vectors[i].method[0] == 'G';
        struct bourse_request request = {.handle = bench,
                                         .method = vectors[i].method,
                                         .path = vectors[i].path,
                                         .query = is_get ? vectors[i].payload : "",
                                         .api_key = "test_api_key",
                                         .timestamp = vectors[i].time,
                                         .recv_window = "5000",
                                         .sign = vectors[i].sign,
                                         .body = is_get ? "" : vectors[i].payload,
                                         .body_size = is_get ? 0 : strlen(vectors[i].payload)};
        bourse_handle(bench->bourse, &request, bench->now_ns);
        assert_int_equal(bench_code(bench->answer), vectors[i].code);
        request.sign = "0000000000000000000000000000000000000000000000000000000000000000";
        bourse_handle(bench->bourse, &request, bench->now_ns);
        assert_int_equal(bench_code(bench->answer), 10004);
        bench_destroy(bench);
    }
}

static void a_signature_over_other_bytes_is_refused_with_what_should_have_been_signed(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    char sign[BYBIT_SIGNATURE_SIZE];
    // Decoded, as it would be wrong to sign it.
    bench_sign("test_secret", "1764000000000test_api_key5000accountType=UNIFIED&coin=USDT,USDC",
               sign);
    struct bourse_request request = {.handle = bench,
                                     .method = "GET",
                                     .path = "/v5/account/wallet-balance",
                                     .query = "accountType=UNIFIED&coin=USDT%2CUSDC",
                                     .api_key = "test_api_key",
                                     .timestamp = "1764000000000",
                                     .recv_window = "5000",
                                     .sign = sign,
                                     .body = ""};
    bourse_handle(bench->bourse, &request, bench->now_ns);
    assert_int_equal(bench->status, 200);
    assert_int_equal(bench_code(bench->answer), 10004);
    assert_string_equal(bench_text(bench->answer, "retMsg"),
                        "error sign! origin_string[1764000000000test_api_key5000accountType="
                        "UNIFIED&coin=USDT%2CUSDC]");
    bench_destroy(bench);
}

static int code_with(struct bench *bench, const char *key, const char *timestamp,
                     const char *window)
{
    char text[256], sign[BYBIT_SIGNATURE_SIZE];
    snprintf(text, sizeof text, "%s%s%s", timestamp, key, window);
    bench_sign("test_secret", text, sign);
    bourse_handle(bench->bourse,
                  &(struct bourse_request){.handle = bench,
                                           .method = "GET",
                                           .path = "/v5/account/info",
                                           .query = "",
                                           .api_key = key,
                                           .timestamp = timestamp,
                                           .recv_window = window,
                                           .sign = sign,
                                           .body = ""},
                  bench->now_ns);
    return bench_code(bench->answer);
}

static void a_timestamp_counts_from_the_window_before_to_a_second_after(void **state)
{
    (void)state;
    struct bench *bench = bench_create(); // at 1764000000000
    assert_int_equal(code_with(bench, "test_api_key", "1763999995000", "5000"), 0);
    assert_int_equal(code_with(bench, "test_api_key", "1763999994999", "5000"), 10002);
    assert_string_equal(bench_text(bench->answer, "retMsg"),
                        "invalid request, please check your server timestamp or recv_window param. "
                        "req_timestamp[1763999994999],server_timestamp[1764000000000],"
                        "recv_window[5000]");
    assert_int_equal(code_with(bench, "test_api_key", "1763999999500", "500"), 0);
    assert_int_equal(code_with(bench, "test_api_key", "1763999999499", "500"), 10002);
    assert_int_equal(code_with(bench, "test_api_key", "1764000000999", ""), 0);
    assert_int_equal(code_with(bench, "test_api_key", "1764000001000", ""), 10002);
    assert_int_equal(code_with(bench, "test_api_key", "soon", ""), 10001);
    assert_int_equal(code_with(bench, "nobody", "1764000000000", ""), 10003);
    bench_destroy(bench);
}

static void a_key_that_may_only_read_changes_nothing(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t number;
    struct bourse_account_spec spec = {.key = "reader", .secret = "test_secret", .read_only = true};
    assert_int_equal(bourse_add_account(bench->bourse, &spec, &number), MM_OK);
    assert_int_equal(bench_code(bench_call(bench, "reader", "GET", "/v5/account/info", "")), 0);
    assert_int_equal(bench_code(bench_order(bench, "reader", "Buy", 19000, 100, "")), 10005);
    json_t *key = bench_call(bench, "reader", "GET", "/v5/user/query-api", "");
    assert_int_equal(json_integer_value(bench_at(key, "result.readOnly")), 1);
    bench_destroy(bench);
}

static void what_is_not_served_says_so(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_get(bench, "/v5/no/such", "");
    assert_int_equal(bench->status, 404);
    assert_int_equal(bench_code(bench->answer), 10017);
    bench_post(bench, "/v5/market/time", "{}"); // the method belongs to the route
    assert_int_equal(bench->status, 404);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/create", "[1]")), 10001);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/create", "{")), 10001);
    assert_int_equal(bench_code(bench_get(bench, "/v5/position/list", "category=shares")), 10001);
    assert_string_equal(bench_text(bench->answer, "retMsg"), "Illegal category");
    bourse_handle(bench->bourse,
                  &(struct bourse_request){.handle = bench,
                                           .method = "GET",
                                           .path = "/v5/market/time",
                                           .query = "",
                                           .body = "{}",
                                           .body_size = 2},
                  bench->now_ns);
    assert_int_equal(bench->status, 403); // a GET with a body
    bench_destroy(bench);
}

// ---- the market ----

static void the_market_is_described_and_moves(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    json_t *answer = bench_get(bench, "/v5/market/instruments-info", "category=linear");
    assert_string_equal(bench_text(answer, "result.list.0.symbol"), "ALTUSDT");
    assert_string_equal(bench_text(answer, "result.list.0.priceFilter.tickSize"), "0.0001");
    assert_string_equal(bench_text(answer, "result.list.0.lotSizeFilter.qtyStep"), "1");
    answer = bench_get(bench, "/v5/market/instruments-info", "category=linear&status=PreLaunch");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 0);
    answer = bench_get(bench, "/v5/market/instruments-info", "category=spot");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 0);
    bench_run(bench, 60000);
    answer = bench_get(bench, "/v5/market/recent-trade", symbol);
    assert_true(json_array_size(bench_at(answer, "result.list")) > 10);
    answer = bench_get(bench, "/v5/market/tickers", symbol);
    assert_true(bench_number(answer, "result.list.0.volume24h") > 0);
    assert_true(bench_at(answer, "result.list.0.openInterestValue") != NULL); // ccxt asks for it
    assert_true(bench_number(answer, "result.list.0.ask1Price") >
                bench_number(answer, "result.list.0.bid1Price"));
    answer = bench_get(bench, "/v5/market/kline", "category=linear&symbol=ALTUSDT&interval=1");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 2);
    assert_true(bench_number(answer, "result.list.0.0") > bench_number(answer, "result.list.1.0"));
    answer = bench_get(bench, "/v5/market/kline", "category=linear&symbol=ALTUSDT&interval=7");
    assert_int_equal(bench_code(answer), 10001);
    bench_destroy(bench);
}

// ---- orders ----

static void an_order_is_refused_for_what_is_wrong_with_it(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_set(bench, "rate_limits", "off");
    static const struct {
        const char *fields;
        int code;
        const char *message;
    } cases[] = {
        {"\"side\":\"Up\"", 10001, "params error: side invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Stop\"", 10001, "params error: orderType invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"timeInForce\":\"DAY\"", 10001,
         "params error: timeInForce invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"1.5\",\"price\":\"1.9\"", 10001,
         "Qty invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"0\",\"price\":\"1.9\"", 10001,
         "The number of contracts exceeds minimum limit allowed"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"99999999\",\"price\":\"1.9\"", 10001,
         "The number of contracts exceeds maximum limit allowed"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"9\"", 10001, "Price invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"9\",\"price\":\"1.90005\"", 10001,
         "Price invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"9\",\"price\":\"3\"", 110003,
         "price is invalid"},
        {"\"side\":\"Sell\",\"orderType\":\"Limit\",\"qty\":\"9\",\"price\":\"1.5\"", 110003,
         "price is invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"2\",\"price\":\"1.9\"", 110094,
         "Order does not meet minimum order value 5USDT"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"99\",\"price\":\"1.9\","
         "\"positionIdx\":1",
         10001, "position idx not match position mode"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"99\",\"price\":\"1.9\","
         "\"orderLinkId\":\"no blanks\"",
         10001, "params error: orderLinkId invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"99\",\"price\":\"1.9\","
         "\"orderLinkId\":\"0123456789012345678901234567890123456\"",
         10001, "params error: orderLinkId invalid"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"99\",\"price\":\"1.9\","
         "\"triggerPrice\":\"1.8\"",
         10001, "params error: triggerPrice is not supported by this venue"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"99\",\"price\":\"1.9\","
         "\"reduceOnly\":true",
         110017, "current position is zero, cannot fix reduce-only order qty"},
        {"\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"99999\",\"price\":\"1.9\"", 110007,
         "ab not enough for new order"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[512];
        snprintf(body, sizeof body, "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",%s}",
                 cases[i].fields);
        json_t *answer = bench_post(bench, "/v5/order/create", body);
        assert_string_equal(bench_text(answer, "retMsg"), cases[i].message);
        assert_int_equal(bench_code(answer), cases[i].code);
        assert_int_equal(bench->status, 200);
        assert_int_equal(json_object_size(bench_at(answer, "result")), 0);
    }
    json_t *answer = bench_get(bench, "/v5/order/realtime", symbol);
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 0);
    bench_destroy(bench);
}

static void an_order_lives_through_create_amend_and_cancel(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    json_t *answer =
        bench_order(bench, "test_api_key", "Buy", 19000, 100, ",\"orderLinkId\":\"mine-1\"");
    assert_int_equal(bench_code(answer), 0);
    assert_string_equal(bench_text(answer, "result.orderLinkId"), "mine-1");
    char id[40], body[256];
    snprintf(id, sizeof id, "%s", bench_text(answer, "result.orderId"));
    json_t *order = bench_find(bench, "test_api_key", id);
    assert_string_equal(bench_text(order, "orderStatus"), "New");
    assert_string_equal(bench_text(order, "price"), "1.9000");
    assert_string_equal(bench_text(order, "leavesQty"), "100");
    // Another account does not see it and cannot touch it.
    assert_null(bench_find(bench, "second_key", id));
    snprintf(body, sizeof body,
             "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderId\":\"%s\"}", id);
    answer = bench_call(bench, "second_key", "POST", "/v5/order/cancel", body);
    assert_int_equal(bench_code(answer), 110001);
    assert_string_equal(bench_text(answer, "retMsg"), "order not exists or too late to cancel");

    static const char amend[] = "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderLinkId\":"
                                "\"mine-1\",\"price\":\"1.9010\"}";
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/amend", amend)), 0);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/amend", amend)), 10001); // unchanged
    order = bench_find(bench, "test_api_key", id);
    assert_string_equal(bench_text(order, "price"), "1.9010");

    answer = bench_order(bench, "test_api_key", "Buy", 19000, 100, ",\"orderLinkId\":\"mine-1\"");
    assert_int_equal(bench_code(answer), 110072); // the link is taken
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/cancel", body)), 0);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/cancel", body)), 110001);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/amend", amend)), 110001);
    order = bench_find(bench, "test_api_key", id);
    assert_string_equal(bench_text(order, "orderStatus"), "Cancelled");
    assert_string_equal(bench_text(order, "cancelType"), "CancelByUser");
    assert_string_equal(bench_text(order, "rejectReason"), "EC_PerCancelRequest");
    assert_string_equal(bench_text(order, "leavesQty"), "0");
    // Links stay taken, unless the switch says that only open orders' are.
    answer = bench_order(bench, "test_api_key", "Buy", 19000, 100, ",\"orderLinkId\":\"mine-1\"");
    assert_int_equal(bench_code(answer), 110072);
    bench_set(bench, "link_horizon", "open");
    answer = bench_order(bench, "test_api_key", "Buy", 19000, 100, ",\"orderLinkId\":\"mine-1\"");
    assert_int_equal(bench_code(answer), 0);
    bench_destroy(bench);
}

static void orders_of_two_accounts_trade_with_each_other(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    // Between the best prices, so that nobody else is in the way.
    int64_t price = bench_best(bench, false) - 1;
    json_t *answer = bench_order(bench, "test_api_key", "Sell", price, 100, "");
    char id[40];
    snprintf(id, sizeof id, "%s", bench_text(answer, "result.orderId"));
    answer = bench_order(bench, "second_key", "Buy", price, 60, ",\"timeInForce\":\"IOC\"");
    assert_int_equal(bench_code(answer), 0);
    json_t *order = bench_find(bench, "test_api_key", id);
    assert_string_equal(bench_text(order, "orderStatus"), "PartiallyFilled");
    assert_string_equal(bench_text(order, "cumExecQty"), "60");
    assert_string_equal(bench_text(order, "leavesQty"), "40");
    answer = bench_get(bench, "/v5/execution/list", symbol);
    assert_string_equal(bench_text(answer, "result.list.0.execQty"), "60");
    assert_true(json_is_true(bench_at(answer, "result.list.0.isMaker")));
    double value = bench_number(answer, "result.list.0.execValue");
    assert_true(value > 0 && value == 60.0 * (double)price / 10000);
    double fee = bench_number(answer, "result.list.0.execFee");
    assert_true(fee > value * 0.00019999 && fee < value * 0.00020001);
    answer = bench_call(bench, "second_key", "GET", "/v5/execution/list", symbol);
    assert_string_equal(bench_text(answer, "result.list.0.feeRate"), "0.00055");
    assert_true(json_is_false(bench_at(answer, "result.list.0.isMaker")));
    answer = bench_get(bench, "/v5/position/list", symbol);
    assert_string_equal(bench_text(answer, "result.list.0.side"), "Sell");
    assert_string_equal(bench_text(answer, "result.list.0.size"), "60");
    assert_true(bench_number(answer, "result.list.0.avgPrice") == (double)price / 10000);
    answer = bench_call(bench, "second_key", "GET", "/v5/position/list",
                        "category=linear&settleCoin=USDT");
    assert_string_equal(bench_text(answer, "result.list.0.side"), "Buy");
    bench_destroy(bench);
}

static void an_order_ends_by_its_own_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        int64_t away; // from the best ask, for a buy
        const char *status, *reason;
    } cases[] = {
        {",\"timeInForce\":\"PostOnly\"", 0, "Cancelled", "EC_PostOnlyWillTakeLiquidity"},
        {",\"timeInForce\":\"IOC\"", -3, "Cancelled", "EC_NoImmediateQtyToFill"},
        {",\"timeInForce\":\"FOK\"", 0, "Cancelled", "EC_CancelForNoFullFill"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_create();
        int64_t price = bench_best(bench, false) + cases[i].away;
        json_t *answer = bench_order(bench, "test_api_key", "Buy", price, 30000, cases[i].more);
        assert_int_equal(bench_code(answer), 0); // accepted is not done
        char id[40];
        snprintf(id, sizeof id, "%s", bench_text(answer, "result.orderId"));
        json_t *order = bench_find(bench, "test_api_key", id);
        assert_string_equal(bench_text(order, "orderStatus"), cases[i].status);
        assert_string_equal(bench_text(order, "rejectReason"), cases[i].reason);
        assert_string_equal(bench_text(order, "leavesQty"), "0");
        assert_string_equal(bench_text(order, "cumExecQty"), "0");
        bench_destroy(bench);
    }
}

static void an_account_does_not_trade_with_itself_when_it_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *maker_status, *taker_status;
    } cases[] = {{"None", "Filled", "Filled"},
                 {"CancelMaker", "Cancelled", "New"},
                 {"CancelTaker", "New", "Cancelled"},
                 {"CancelBoth", "Cancelled", "Cancelled"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_create();
        char more[64], maker[40], taker[40];
        int64_t price = bench_best(bench, false) - 1;
        snprintf(maker, sizeof maker, "%s",
                 bench_text(bench_order(bench, "test_api_key", "Sell", price, 50, ""),
                            "result.orderId"));
        snprintf(more, sizeof more, ",\"smpType\":\"%s\"", cases[i].type);
        snprintf(taker, sizeof taker, "%s",
                 bench_text(bench_order(bench, "test_api_key", "Buy", price, 50, more),
                            "result.orderId"));
        json_t *order = bench_find(bench, "test_api_key", maker);
        assert_string_equal(bench_text(order, "orderStatus"), cases[i].maker_status);
        if (strcmp(cases[i].maker_status, "Cancelled") == 0) {
            assert_string_equal(bench_text(order, "cancelType"), "CancelBySmp");
            assert_string_equal(bench_text(order, "smpOrderId"), taker);
        }
        order = bench_find(bench, "test_api_key", taker);
        assert_string_equal(bench_text(order, "orderStatus"), cases[i].taker_status);
        bench_destroy(bench);
    }
}

static void batches_answer_item_by_item(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    json_t *answer = bench_post(
        bench, "/v5/order/create-batch",
        "{\"category\":\"linear\",\"request\":["
        "{\"symbol\":\"ALTUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"10\",\"price\":"
        "\"1.9\"},"
        "{\"symbol\":\"ALTUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"1.5\","
        "\"price\":\"1.9\"},"
        "{\"symbol\":\"NOPE\",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"10\",\"price\":"
        "\"1.9\"}, 7]}");
    assert_int_equal(bench_code(answer), 0);
    static const int codes[] = {0, 10001, 10001, 10001};
    for (size_t i = 0; i < 4; i++) {
        char path[48];
        snprintf(path, sizeof path, "retExtInfo.list.%zu.code", i);
        assert_int_equal(json_integer_value(bench_at(answer, path)), codes[i]);
        snprintf(path, sizeof path, "result.list.%zu.orderId", i);
        assert_int_equal(strlen(bench_text(answer, path)), codes[i] == 0 ? 36 : 0);
    }
    answer =
        bench_post(bench, "/v5/order/create-batch", "{\"category\":\"linear\",\"request\":[]}");
    assert_int_equal(bench_code(answer), 10001);
    answer = bench_post(bench, "/v5/order/cancel-all",
                        "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\"}");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 1);
    answer = bench_get(bench, "/v5/order/realtime", symbol);
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 0);
    bench_destroy(bench);
}

static void pages_follow_one_another_to_the_end(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_set(bench, "rate_limits", "off");
    for (int i = 0; i < 45; i++) {
        assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000 - i, 10, "")),
                         0);
    }
    static const char *const lists[] = {"/v5/order/realtime", "/v5/order/history"};
    for (int list = 0; list < 2; list++) {
        int seen = 0, pages = 0;
        double last = 0;
        char cursor[64] = "", query[256];
        do {
            snprintf(query, sizeof query, "%s%s%s", symbol, cursor[0] ? "&cursor=" : "", cursor);
            json_t *answer = bench_get(bench, lists[list], query);
            assert_int_equal(bench_code(answer), 0);
            json_t *items = bench_at(answer, "result.list");
            for (size_t i = 0; i < json_array_size(items); i++) {
                double price = bench_number(json_array_get(items, i), "price");
                assert_true(price != last);
                last = price;
            }
            seen += (int)json_array_size(items);
            snprintf(cursor, sizeof cursor, "%s", bench_text(answer, "result.nextPageCursor"));
            pages++;
        } while (cursor[0] != '\0');
        assert_int_equal(seen, 45);
        assert_int_equal(pages, 3); // of 20 at most
        bench_post(bench, "/v5/order/cancel-all",
                   "{\"category\":\"linear\",\"settleCoin\":\"USDT\"}");
    }
    assert_int_equal(bench_code(bench_get(bench, "/v5/order/realtime",
                                          "category=linear&symbol=ALTUSDT&cursor=what")),
                     10001);
    bench_destroy(bench);
}

static void an_order_that_only_reduces_follows_the_position(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    int64_t ask = bench_best(bench, false);
    assert_int_equal(
        bench_code(bench_order(bench, "test_api_key", "Buy", ask, 50, ",\"timeInForce\":\"IOC\"")),
        0);
    // Larger than the position: cut to it.
    json_t *answer =
        bench_order(bench, "test_api_key", "Sell", ask + 200, 500, ",\"reduceOnly\":true");
    char id[40];
    snprintf(id, sizeof id, "%s", bench_text(answer, "result.orderId"));
    assert_string_equal(bench_text(bench_find(bench, "test_api_key", id), "qty"), "50");
    int64_t bid = bench_best(bench, true);
    bench_order(bench, "test_api_key", "Sell", bid, 20, ",\"timeInForce\":\"IOC\"");
    assert_string_equal(bench_text(bench_find(bench, "test_api_key", id), "leavesQty"), "30");
    bench_order(bench, "test_api_key", "Sell", bid - 5, 30, ",\"timeInForce\":\"IOC\"");
    json_t *order = bench_find(bench, "test_api_key", id);
    assert_string_equal(bench_text(order, "orderStatus"), "Cancelled");
    assert_string_equal(bench_text(order, "cancelType"), "CancelByReduceOnly");
    bench_destroy(bench);
}

// ---- accounts ----

static void cash_and_positions_add_up(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_set(bench, "rate_limits", "off");
    bench_set(bench, "ip_limit", "off");
    for (int i = 0; i < 60; i++) {
        int64_t bid = bench_best(bench, true), ask = bench_best(bench, false);
        bool buys = i % 3 != 0;
        bench_order(bench, "test_api_key", buys ? "Buy" : "Sell", buys ? ask : bid, 10 + i, "");
        bench_order(bench, "second_key", buys ? "Sell" : "Buy", buys ? ask + 3 : bid - 3, 300, "");
        bench_run(bench, 700);
    }
    // Cash = start + sum of the executions' cash flows; position = sum of their quantities.
    double cash = 10000, lots = 0;
    char query[128], cursor[64] = "";
    do {
        snprintf(query, sizeof query, "%s&limit=50%s%s", symbol, cursor[0] ? "&cursor=" : "",
                 cursor);
        json_t *answer = bench_get(bench, "/v5/execution/list", query);
        json_t *items = bench_at(answer, "result.list");
        for (size_t i = 0; i < json_array_size(items); i++) {
            json_t *item = json_array_get(items, i);
            double sign = strcmp(bench_text(item, "side"), "Buy") == 0 ? 1 : -1;
            cash -= sign * bench_number(item, "execValue") + bench_number(item, "execFee");
            lots += sign * bench_number(item, "execQty");
        }
        snprintf(cursor, sizeof cursor, "%s", bench_text(answer, "result.nextPageCursor"));
    } while (cursor[0] != '\0');
    json_t *answer = bench_get(bench, "/v5/position/list", symbol);
    double sign = strcmp(bench_text(answer, "result.list.0.side"), "Sell") == 0 ? -1 : 1;
    assert_true(sign * bench_number(answer, "result.list.0.size") == lots);
    double entry = sign * bench_number(answer, "result.list.0.avgPrice") *
                   bench_number(answer, "result.list.0.size");
    answer = bench_get(bench, "/v5/account/wallet-balance", "accountType=UNIFIED");
    double wallet = bench_number(answer, "result.list.0.coin.0.walletBalance");
    double difference = wallet - (cash + entry);
    assert_true(lots != 0 && difference < 1e-6 && difference > -1e-6);
    bench_destroy(bench);
}

static void funding_is_paid_and_is_not_a_trade(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    int64_t ask = bench_best(bench, false);
    bench_order(bench, "test_api_key", "Buy", ask, 100, ",\"timeInForce\":\"IOC\"");
    bench_control(bench, "POST", "/control/funding", "{}");
    json_t *answer =
        bench_get(bench, "/v5/execution/list", "category=linear&symbol=ALTUSDT&execType=Funding");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 1);
    double fee = bench_number(answer, "result.list.0.execFee");
    assert_true(fee > 0.015 && fee < 0.025); // 1e-4 of 200 USDT, paid by the long
    assert_string_equal(bench_text(answer, "result.list.0.orderType"), "UNKNOWN");
    answer = bench_get(bench, "/v5/position/list", symbol);
    assert_string_equal(bench_text(answer, "result.list.0.size"), "100");
    bench_destroy(bench);
}

static void settings_are_kept_and_no_change_is_told(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    static const char leverage[] = "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\","
                                   "\"buyLeverage\":\"5\",\"sellLeverage\":\"5\"}";
    static const char hedge[] = "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"mode\":3}";
    assert_int_equal(bench_code(bench_post(bench, "/v5/position/set-leverage", leverage)), 0);
    assert_int_equal(bench_code(bench_post(bench, "/v5/position/set-leverage", leverage)), 110043);
    json_t *answer = bench_get(bench, "/v5/position/list", symbol);
    assert_string_equal(bench_text(answer, "result.list.0.leverage"), "5");
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 0);
    assert_int_equal(bench_code(bench_post(bench, "/v5/position/switch-mode", hedge)), 110028);
    bench_post(bench, "/v5/order/cancel-all", "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\"}");
    assert_int_equal(bench_code(bench_post(bench, "/v5/position/switch-mode", hedge)), 0);
    assert_int_equal(bench_code(bench_post(bench, "/v5/position/switch-mode", hedge)), 110025);
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 10001);
    assert_int_equal(
        bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, ",\"positionIdx\":1")), 0);
    answer = bench_get(bench, "/v5/position/list", symbol);
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 2); // both sides
    bench_destroy(bench);
}

// ---- limits ----

static void an_endpoint_refuses_the_eleventh_request_of_a_second(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 0);
        bench_run(bench, 10);
    }
    assert_non_null(strstr(bench->headers, "X-Bapi-Limit: 10\nX-Bapi-Limit-Status: 0\n"));
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 10006);
    assert_non_null(strstr(bench->headers, "X-Bapi-Limit-Reset-Timestamp: 1764000001001\n"));
    // Another account and another endpoint have their own.
    assert_int_equal(bench_code(bench_order(bench, "second_key", "Buy", 19000, 10, "")), 0);
    assert_int_equal(bench_code(bench_get(bench, "/v5/order/realtime", symbol)), 0);
    bench_run(bench, 901);
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 0);
    bench_destroy(bench);
}

static void an_address_that_asks_too_much_is_banned_for_a_while(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    for (int i = 0; i < 600; i++) {
        bench_get(bench, "/v5/market/time", "");
        assert_int_equal(bench->status, 200);
    }
    bench_get(bench, "/v5/market/time", "");
    assert_int_equal(bench->status, 403);
    bench_run(bench, 599999);
    bench_get(bench, "/v5/market/time", "");
    assert_int_equal(bench->status, 403);
    bench_run(bench, 1);
    bench_get(bench, "/v5/market/time", "");
    assert_int_equal(bench->status, 200);
    bench_destroy(bench);
}

static void the_same_requests_get_the_same_answers(void **state)
{
    (void)state;
    char *texts[2];
    for (int run = 0; run < 2; run++) {
        struct bench *bench = bench_create();
        bench_run(bench, 5000);
        bench_order(bench, "test_api_key", "Buy", bench_best(bench, false), 500, "");
        bench_run(bench, 5000);
        json_t *answer = bench_get(bench, "/v5/execution/list", symbol);
        texts[run] = json_dumps(answer, JSON_COMPACT);
        bench_destroy(bench);
    }
    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_signed_like_the_vector_is_let_in),
        cmocka_unit_test(a_signature_over_other_bytes_is_refused_with_what_should_have_been_signed),
        cmocka_unit_test(a_timestamp_counts_from_the_window_before_to_a_second_after),
        cmocka_unit_test(a_key_that_may_only_read_changes_nothing),
        cmocka_unit_test(what_is_not_served_says_so),
        cmocka_unit_test(the_market_is_described_and_moves),
        cmocka_unit_test(an_order_is_refused_for_what_is_wrong_with_it),
        cmocka_unit_test(an_order_lives_through_create_amend_and_cancel),
        cmocka_unit_test(orders_of_two_accounts_trade_with_each_other),
        cmocka_unit_test(an_order_ends_by_its_own_conditions),
        cmocka_unit_test(an_account_does_not_trade_with_itself_when_it_says_so),
        cmocka_unit_test(batches_answer_item_by_item),
        cmocka_unit_test(pages_follow_one_another_to_the_end),
        cmocka_unit_test(an_order_that_only_reduces_follows_the_position),
        cmocka_unit_test(cash_and_positions_add_up),
        cmocka_unit_test(funding_is_paid_and_is_not_a_trade),
        cmocka_unit_test(settings_are_kept_and_no_change_is_told),
        cmocka_unit_test(an_endpoint_refuses_the_eleventh_request_of_a_second),
        cmocka_unit_test(an_address_that_asks_too_much_is_banned_for_a_while),
        cmocka_unit_test(the_same_requests_get_the_same_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
