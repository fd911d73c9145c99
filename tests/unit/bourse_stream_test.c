// The simulated exchange's WebSockets: acknowledgements to the byte, books whose deltas add up,
// private sequences, orders by the trade endpoint, disconnect-cancel-all.
#include "bourse_bench.h"

// ---- ops ----

static void acknowledgements_are_the_exchanges_own(void **state)
{
    (void)state;
    static const struct {
        const char *path, *say, *expect;
    } cases[] = {
        {"/v5/public/linear", "{\"req_id\":\"a\",\"op\":\"ping\"}",
         "{\"success\":true,\"ret_msg\":\"pong\",\"req_id\":\"a\",\"op\":\"ping\"}"},
        {"/v5/public/linear", "{\"req_id\":17,\"op\":\"ping\"}",
         "{\"success\":true,\"ret_msg\":\"pong\",\"req_id\":17,\"op\":\"ping\"}"},
        {"/v5/public/spot", "{\"op\":\"ping\"}",
         "{\"success\":true,\"ret_msg\":\"pong\",\"op\":\"ping\"}"},
        {"/v5/public/linear",
         "{\"req_id\":\"t\",\"op\":\"subscribe\",\"args\":[\"publicTrade.ALTUSDT\"]}",
         "{\"success\":true,\"ret_msg\":\"\",\"req_id\":\"t\",\"op\":\"subscribe\"}"},
        {"/v5/public/linear", "{\"op\":\"subscribe\",\"args\":[\"orderbook.500.ALTUSDT\"]}",
         "{\"success\":false,\"ret_msg\":\"error:handler not found,topic:orderbook.500.ALTUSDT\","
         "\"op\":\"subscribe\"}"},
        {"/v5/public/linear",
         "{\"op\":\"subscribe\",\"args\":[\"orderbook.50.ALTUSDT\",\"orderbook.50.NOPE\"]}",
         "{\"success\":false,\"ret_msg\":\"error:handler not found,topic:orderbook.50.NOPE\","
         "\"op\":\"subscribe\"}"},
        {"/v5/public/linear", "{\"op\":\"subscribe\",\"args\":[\"order\"]}",
         "{\"success\":false,\"ret_msg\":\"error:handler not found,topic:order\",\"op\":"
         "\"subscribe\"}"},
        {"/v5/public/linear", "{\"op\":\"dance\"}",
         "{\"success\":false,\"ret_msg\":\"error:invalid op\",\"op\":\"dance\"}"},
        {"/v5/public/linear", "hello",
         "{\"success\":false,\"ret_msg\":\"Failed to decode incoming data:readObjectStart: expect "
         "{ "
         "or n\",\"op\":\"\"}"},
        {"/v5/public/spot", "{\"op\":\"subscribe\",\"args\":[1,2,3,4,5,6,7,8,9,10,11]}",
         "{\"success\":false,\"ret_msg\":\"args size >10\",\"op\":\"subscribe\"}"},
        {"/v5/private", "{\"op\":\"subscribe\",\"args\":[\"order\"]}", // not authenticated
         "{\"success\":false,\"ret_msg\":\"error:handler not found,topic:order\",\"op\":"
         "\"subscribe\"}"},
        {"/v5/private", "{\"req_id\":\"1\",\"op\":\"ping\"}",
         "{\"req_id\":\"1\",\"op\":\"pong\",\"args\":[\"1764000000000\"]}"},
        {"/v5/trade", "{\"op\":\"ping\"}",
         "{\"retCode\":0,\"retMsg\":\"OK\",\"op\":\"pong\",\"data\":[\"1764000000000\"]}"},
        {"/v5/trade", "{\"op\":\"order.dance\",\"reqId\":\"x\"}",
         "{\"reqId\":\"x\",\"retCode\":10404,\"retMsg\":\"op is not found\",\"op\":"
         "\"order.dance\"}"},
        {"/v5/trade", "{\"op\":\"auth\",\"args\":[\"nobody\",1,\"\"]}",
         "{\"retCode\":10003,\"retMsg\":\"API key is invalid.\",\"op\":\"auth\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_create();
        uint32_t connection = bench_open(bench, cases[i].path);
        bench_say(bench, connection, cases[i].say);
        bench_expect(bench, connection, cases[i].expect);
        bench_destroy(bench);
    }
}

static void a_topic_is_subscribed_once_and_ends_with_unsubscribe(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_open(bench, "/v5/public/linear");
    static const char subscribe[] = "{\"op\":\"subscribe\",\"args\":[\"tickers.ALTUSDT\"]}";
    bench_say(bench, connection, subscribe);
    bench_expect(bench, connection, "{\"success\":true,\"ret_msg\":\"\",\"op\":\"subscribe\"}");
    json_t *snapshot = bench_take(bench, connection, "tickers.ALTUSDT");
    assert_string_equal(bench_text(snapshot, "type"), "snapshot");
    json_decref(snapshot);
    bench_say(bench, connection, subscribe);
    bench_expect(
        bench, connection,
        "{\"success\":false,\"ret_msg\":\"error:already subscribed,topic:tickers.ALTUSDT\","
        "\"op\":\"subscribe\"}");
    bench_run(bench, 5000);
    json_t *delta = bench_take(bench, connection, "tickers.ALTUSDT");
    assert_string_equal(bench_text(delta, "type"), "delta"); // the first one keeps running
    json_decref(delta);
    bench_say(bench, connection, "{\"op\":\"unsubscribe\",\"args\":[\"tickers.ALTUSDT\"]}");
    bench_forget(bench);
    bench_run(bench, 5000);
    assert_int_equal(bench->frame_count, 0);
    bench_destroy(bench);
}

static void the_vectors_open_the_private_stream(void **state)
{
    (void)state;
    static const struct {
        const char *expires, *sign;
    } vectors[] = {
        {"1700000000000", "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925"},
        {"1795332375567", "db520ad170c819cf4cdd4d67d4e0eaa61eb8db912fae5ba80c894e32f7abd86d"},
        {"1795332393164", "2f8778410d440d47e7e0b8455b3702ec259cce31be39df4c32e33129d24c7eb4"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct bench *bench =
            bench_create_at((strtoll(vectors[i].expires, NULL, 10) - 1000) * BENCH_MS);
        uint32_t connection = bench_open(bench, "/v5/private");
        char text[256];
        // As a number and as a string.
        snprintf(text, sizeof text, "{\"op\":\"auth\",\"args\":[\"test_api_key\",%s%s%s,\"%s\"]}",
                 i == 1 ? "\"" : "", vectors[i].expires, i == 1 ? "\"" : "", vectors[i].sign);
        bench_say(bench, connection, text);
        bench_expect(bench, connection, "{\"success\":true,\"ret_msg\":\"\",\"op\":\"auth\"}");
        bench_run(bench, 1000); // expired
        bench_say(bench, connection, text);
        bench_expect(
            bench, connection,
            "{\"success\":false,\"ret_msg\":\"Params Error: expires is not in the future\","
            "\"op\":\"auth\"}");
        bench_destroy(bench);
    }
}

// ---- books ----

enum { BOOK_PRICES = 200000 };

struct client_book {
    int64_t lots[2][BOOK_PRICES];
    int64_t update;
};

static void apply_side(struct client_book *book, int side, const json_t *levels)
{
    for (size_t i = 0; i < json_array_size(levels); i++) {
        json_t *level = json_array_get(levels, i);
        int64_t ticks = (int64_t)(bench_number(level, "0") * 10000 + 0.5);
        assert_true(ticks > 0 && ticks < BOOK_PRICES);
        book->lots[side][ticks] = (int64_t)bench_number(level, "1");
    }
}

static void apply(struct client_book *book, const json_t *frame)
{
    int64_t update = json_integer_value(bench_at(frame, "data.u"));
    if (strcmp(bench_text(frame, "type"), "snapshot") == 0) {
        memset(book->lots, 0, sizeof book->lots);
    } else {
        assert_int_equal(update, book->update + 1);
        assert_true(json_array_size(bench_at(frame, "data.b")) +
                        json_array_size(bench_at(frame, "data.a")) >
                    0);
    }
    book->update = update;
    apply_side(book, 0, bench_at(frame, "data.b"));
    apply_side(book, 1, bench_at(frame, "data.a"));
}

// The client's best `count` levels are those of the REST book.
static void check_book(struct bench *bench, const struct client_book *book, int64_t count)
{
    char query[96];
    snprintf(query, sizeof query, "category=linear&symbol=ALTUSDT&limit=%" PRId64, count);
    json_t *answer = bench_get(bench, "/v5/market/orderbook", query);
    for (int side = 0; side < 2; side++) {
        json_t *levels = bench_at(answer, side == 0 ? "result.b" : "result.a");
        int64_t known = 0;
        for (int64_t i = 0; i < BOOK_PRICES; i++) {
            known += book->lots[side][i] != 0;
        }
        assert_int_equal(known, json_array_size(levels));
        for (size_t i = 0; i < json_array_size(levels); i++) {
            json_t *level = json_array_get(levels, i);
            int64_t ticks = (int64_t)(bench_number(level, "0") * 10000 + 0.5);
            assert_int_equal(book->lots[side][ticks], (int64_t)bench_number(level, "1"));
        }
    }
}

static void deltas_add_up_to_the_book_at_every_depth(void **state)
{
    (void)state;
    static const int64_t depths[] = {50, 200, 1000};
    struct client_book *book = calloc(1, sizeof *book);
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        struct bench *bench = bench_create();
        char topic[64], text[128];
        snprintf(topic, sizeof topic, "orderbook.%" PRId64 ".ALTUSDT", depths[i]);
        snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"args\":[\"%s\"]}", topic);
        uint32_t follower = bench_open(bench, "/v5/public/linear");
        bench_say(bench, follower, text);
        for (int step = 0; step < 40; step++) {
            bench_run(bench, 200); // a multiple of every depth's interval
            json_t *frame;
            while ((frame = bench_take(bench, follower, topic)) != NULL) {
                apply(book, frame);
                json_decref(frame);
            }
            check_book(bench, book, depths[i]);
            bench_forget(bench);
            if (step == 19) { // one that joins later starts from the same image
                follower = bench_open(bench, "/v5/public/linear");
                bench_say(bench, follower, text);
            }
        }
        bench_destroy(bench);
    }
    free(book);
}

static void level_one_repeats_itself_when_nothing_changes(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_open(bench, "/v5/public/linear");
    bench_say(bench, connection, "{\"op\":\"subscribe\",\"args\":[\"orderbook.1.ALTUSDT\"]}");
    int64_t last = 0, repeats = 0, count = 0;
    for (int second = 0; second < 120; second++) {
        bench_run(bench, 1000);
        json_t *frame;
        while ((frame = bench_take(bench, connection, "orderbook.1.ALTUSDT")) != NULL) {
            int64_t update = json_integer_value(bench_at(frame, "data.u"));
            assert_string_equal(bench_text(frame, "type"), "snapshot");
            assert_int_equal(json_array_size(bench_at(frame, "data.b")), 1);
            assert_true(update == last || update == last + 1 || last == 0);
            repeats += update == last;
            last = update;
            count++;
            json_decref(frame);
        }
    }
    assert_true(count > 40);
    assert_true(repeats >= 0 && repeats < count / 4);
    bench_destroy(bench);
}

static void trades_come_in_order_with_their_direction(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_open(bench, "/v5/public/linear");
    bench_say(bench, connection, "{\"op\":\"subscribe\",\"args\":[\"publicTrade.ALTUSDT\"]}");
    bench_run(bench, 60000);
    double last_price = 0;
    int64_t last_time = 0, count = 0;
    json_t *frame;
    while ((frame = bench_take(bench, connection, "publicTrade.ALTUSDT")) != NULL) {
        json_t *data = bench_at(frame, "data");
        for (size_t i = 0; i < json_array_size(data); i++, count++) {
            json_t *trade = json_array_get(data, i);
            double price = bench_number(trade, "p");
            int64_t time = json_integer_value(bench_at(trade, "T"));
            const char *direction = bench_text(trade, "L");
            assert_true(time >= last_time);
            if (last_price > 0) {
                assert_true((price > last_price) == (strcmp(direction, "PlusTick") == 0));
                assert_true((price < last_price) == (strcmp(direction, "MinusTick") == 0));
            }
            last_price = price;
            last_time = time;
        }
        json_decref(frame);
    }
    assert_true(count > 20);
    bench_destroy(bench);
}

static void bars_are_confirmed_when_their_minute_ends(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_open(bench, "/v5/public/linear");
    bench_say(bench, connection, "{\"op\":\"subscribe\",\"args\":[\"kline.1.ALTUSDT\"]}");
    bench_run(bench, 125000);
    int confirmed = 0;
    json_t *frame;
    while ((frame = bench_take(bench, connection, "kline.1.ALTUSDT")) != NULL) {
        confirmed += json_is_true(bench_at(frame, "data.0.confirm"));
        json_decref(frame);
    }
    assert_int_equal(confirmed, 2);
    bench_destroy(bench);
}

// ---- private streams ----

static const char all_topics[] =
    "\"order\",\"execution\",\"execution.fast\",\"position\",\"wallet\",\"dcp.future\"";

// The topics of the frames to a connection, in their order, separated by blanks; takes the frames.
static const char *sequence(struct bench *bench, uint32_t connection)
{
    static char out[512];
    json_t *frame;
    out[0] = '\0';
    while ((frame = bench_take(bench, connection, NULL)) != NULL) {
        size_t used = strlen(out);
        const char *status = bench_text(frame, "data.0.orderStatus");
        bool is_order = strcmp(bench_text(frame, "topic"), "order") == 0;
        snprintf(out + used, sizeof out - used, "%s%s%s%s", used > 0 ? " " : "",
                 bench_text(frame, "topic"), is_order ? ":" : "", is_order ? status : "");
        json_decref(frame);
    }
    return out;
}

static void an_orders_life_is_told_in_the_exchanges_order(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_private(bench, "test_api_key", all_topics);
    assert_string_equal(sequence(bench, connection), ""); // nothing is told at the start
    int64_t ask = bench_best(bench, false);
    json_t *answer = bench_order(bench, "test_api_key", "Sell", ask - 1, 100, "");
    char body[256], id[40];
    snprintf(id, sizeof id, "%s", bench_text(answer, "result.orderId"));
    assert_string_equal(sequence(bench, connection), "order:New position wallet");
    snprintf(body, sizeof body,
             "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderId\":\"%s\",\"qty\":\"90\"}",
             id);
    bench_post(bench, "/v5/order/amend", body);
    assert_string_equal(sequence(bench, connection), "order:New position wallet");
    bench_order(bench, "second_key", "Buy", ask - 1, 40, ",\"timeInForce\":\"IOC\"");
    assert_string_equal(sequence(bench, connection),
                        "execution.fast execution order:PartiallyFilled position wallet");
    bench_order(bench, "second_key", "Buy", ask - 1, 50, ",\"timeInForce\":\"IOC\"");
    assert_string_equal(sequence(bench, connection),
                        "execution.fast execution order:Filled position wallet");
    bench_order(bench, "test_api_key", "Buy", ask + 5, 20, ",\"timeInForce\":\"PostOnly\"");
    assert_string_equal(sequence(bench, connection), "order:Cancelled position wallet");
    bench_order(bench, "test_api_key", "Buy", 19000, 20, "");
    bench_post(bench, "/v5/order/cancel-all", "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\"}");
    assert_string_equal(sequence(bench, connection),
                        "order:New position wallet order:Cancelled position wallet");
    bench_destroy(bench);
}

static void fast_executions_of_makers_hide_the_link(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_private(bench, "test_api_key", "\"execution.fast\",\"execution\"");
    int64_t price = bench_best(bench, false) - 1;
    bench_order(bench, "test_api_key", "Sell", price, 50, ",\"orderLinkId\":\"shy\"");
    bench_order(bench, "second_key", "Buy", price, 50, ",\"timeInForce\":\"IOC\"");
    json_t *fast = bench_take(bench, connection, "execution.fast");
    json_t *full = bench_take(bench, connection, "execution");
    assert_string_equal(bench_text(fast, "data.0.orderLinkId"), "");
    assert_string_equal(bench_text(full, "data.0.orderLinkId"), "shy");
    assert_string_equal(bench_text(fast, "data.0.execId"), bench_text(full, "data.0.execId"));
    assert_null(bench_at(fast, "id"));
    assert_non_null(bench_at(full, "id"));
    json_decref(fast);
    json_decref(full);
    bench_destroy(bench);
}

static void a_topic_comes_by_the_name_it_was_asked_for(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t linear = bench_private(bench, "test_api_key", "\"order.linear\"");
    uint32_t spot = bench_private(bench, "test_api_key", "\"order.spot\"");
    uint32_t other = bench_private(bench, "second_key", "\"order\"");
    bench_order(bench, "test_api_key", "Buy", 19000, 20, "");
    json_t *frame = bench_take(bench, linear, "order.linear");
    assert_non_null(frame);
    json_decref(frame);
    assert_null(bench_take(bench, spot, NULL));
    assert_null(bench_take(bench, other, NULL)); // another account's order
    bench_destroy(bench);
}

static void the_stream_tells_before_or_after_the_answer_as_it_is_told_to(void **state)
{
    (void)state;
    static const char *const orders[] = {"after_ack", "before_ack"};
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_create();
        bench_set(bench, "stream_order", orders[i]);
        bench_private(bench, "test_api_key", "\"order\"");
        bench_order(bench, "test_api_key", "Buy", 19000, 20, "");
        assert_int_equal(bench->frame_count, 1);
        assert_true((bench->frames[0].order < bench->answer_order) == (i == 1));
        bench_destroy(bench);
    }
}

// ---- the trade endpoint ----

static const char create_frame[] =
    "{\"reqId\":\"%s\",\"header\":{\"X-BAPI-TIMESTAMP\":%s},\"op\":\"order.create\",\"args\":[{"
    "\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"side\":\"Buy\",\"orderType\":\"Limit\","
    "\"qty\":\"%s\",\"price\":\"1.9000\",\"orderLinkId\":\"%s\"}]}";

static json_t *trade(struct bench *bench, uint32_t connection, const char *id, const char *time,
                     const char *qty, const char *link)
{
    char text[512];
    snprintf(text, sizeof text, create_frame, id, time, qty, link);
    bench_say(bench, connection, text);
    return bench_take(bench, connection, NULL);
}

static void orders_by_socket_are_acknowledged_by_their_request_id(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_open(bench, "/v5/trade");
    json_t *ack = trade(bench, connection, "r0", "\"1764000000000\"", "10", "a");
    assert_int_equal(bench_code(ack), 10005); // not authenticated
    json_decref(ack);
    bench_authenticate(bench, connection, "test_api_key");
    bench_expect(bench, connection, "{\"retCode\":0,\"retMsg\":\"OK\",\"op\":\"auth\"}");
    bench_authenticate(bench, connection, "test_api_key");
    bench_expect(bench, connection,
                 "{\"retCode\":20001,\"retMsg\":\"Repeat auth\",\"op\":\"auth\"}");
    static const struct {
        const char *id, *time, *qty, *link;
        int code;
    } cases[] = {{"r1", "\"1764000000000\"", "10", "a", 0},
                 {"r2", "1764000000999", "10", "b", 0}, // a number is fine
                 {"r1", "\"1764000000000\"", "10", "c", 20006},
                 {"r3", "\"1763999994999\"", "10", "c", 10002},
                 {"r4", "\"1764000000000\"", "10", "a", 110072},
                 {"r5", "\"1764000000000\"", "1.5", "c", 10001},
                 {"0123456789012345678901234567890123456", "\"1764000000000\"", "10", "d", 10001}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ack = trade(bench, connection, cases[i].id, cases[i].time, cases[i].qty, cases[i].link);
        assert_int_equal(bench_code(ack), cases[i].code);
        assert_string_equal(bench_text(ack, "reqId"), cases[i].id);
        assert_string_equal(bench_text(ack, "op"), "order.create");
        assert_int_equal(json_object_size(bench_at(ack, "data")), cases[i].code == 0 ? 2 : 0);
        assert_true(bench_at(ack, "header.Timenow") != NULL);
        json_decref(ack);
    }
    bench_set(bench, "reject_without_id", "on");
    bench_say(bench, connection,
              "{\"reqId\":\"r9\",\"header\":{\"X-BAPI-TIMESTAMP\":"
              "\"1764000000000\"},\"op\":\"order.create\",\"args\":[{}]}");
    bench_expect(bench, connection,
                 "{\"success\":false,\"ret_msg\":\"Params Error\",\"op\":\"order.create\"}");
    bench_destroy(bench);
}

// Says a batch of two orders and compares the codes of the answer.
static void expect_batch(struct bench *bench, uint32_t connection, const char *op,
                         const char *orders, int64_t first, int64_t second)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"reqId\":\"%s\",\"header\":{\"X-BAPI-TIMESTAMP\":\"1764000000000\"},"
             "\"op\":\"order.%s-batch\",\"args\":[{\"category\":\"linear\",\"request\":[%s]}]}",
             op, op, orders);
    bench_say(bench, connection, text);
    json_t *ack = bench_take(bench, connection, NULL);
    assert_int_equal(bench_code(ack), 0);
    assert_int_equal(json_integer_value(bench_at(ack, "retExtInfo.list.0.code")), first);
    assert_int_equal(json_integer_value(bench_at(ack, "retExtInfo.list.1.code")), second);
    assert_int_equal(strlen(bench_text(ack, "data.list.0.orderId")), first == 0 ? 36 : 0);
    assert_int_equal(strlen(bench_text(ack, "data.list.1.orderId")), second == 0 ? 36 : 0);
    json_decref(ack);
}

static void of_a_batch_by_socket_one_order_may_fail_and_the_others_stand(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_open(bench, "/v5/trade");
    bench_authenticate(bench, connection, "test_api_key");
    json_decref(bench_take(bench, connection, NULL));
#define ONE(link, more) "{\"symbol\":\"ALTUSDT\",\"orderLinkId\":\"" link "\"" more "}"
#define NEW ",\"side\":\"Buy\",\"orderType\":\"Limit\",\"qty\":\"10\",\"price\":\"1.9\""
    bench_fault(bench, "{\"fault\":\"no_margin\"}");
    expect_batch(bench, connection, "create", ONE("a", NEW) "," ONE("b", NEW), 110007, 0);
    bench_fault(bench, "{\"fault\":\"processing\"}");
    expect_batch(bench, connection, "amend",
                 ONE("b", ",\"price\":\"1.89\"") "," ONE("b", ",\"price\":\"1.88\""), 110079, 0);
    json_t *answer = bench_get(bench, "/v5/order/realtime", "category=linear&orderLinkId=b");
    assert_true(bench_number(answer, "result.list.0.price") == 1.88);
    expect_batch(bench, connection, "cancel", ONE("a", "") "," ONE("b", ""), 110001, 0);
#undef ONE
#undef NEW
    answer = bench_get(bench, "/v5/order/realtime", "category=linear&symbol=ALTUSDT");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 0);
    bench_destroy(bench);
}

static void socket_and_rest_share_the_rate_limit(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_open(bench, "/v5/trade");
    bench_authenticate(bench, connection, "test_api_key");
    json_decref(bench_take(bench, connection, NULL));
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%d", i);
        if (i % 2 == 0) {
            bench_order(bench, "test_api_key", "Buy", 19000, 10, "");
        } else {
            json_decref(trade(bench, connection, id, "\"1764000000000\"", "10", id));
        }
    }
    json_t *ack = trade(bench, connection, "last", "\"1764000000000\"", "10", "last");
    assert_int_equal(bench_code(ack), 10006);
    assert_string_equal(bench_text(ack, "header.X-Bapi-Limit-Status"), "0");
    json_decref(ack);
    bench_destroy(bench);
}

// ---- connections ----

static void silent_connections_are_closed(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t idle = bench_open(bench, "/v5/public/linear");
    uint32_t busy = bench_open(bench, "/v5/public/linear");
    uint32_t private = bench_private(bench, "test_api_key", "\"wallet\"");
    uint32_t brief =
        bourse_open(bench->bourse, "/v5/private", "max_active_time=30s", bench->now_ns);
    bench_say(bench, busy, "{\"op\":\"subscribe\",\"args\":[\"publicTrade.ALTUSDT\"]}");
    bench_run(bench, 59000);
    assert_false(bench->closed[idle]);
    assert_true(bench->closed[brief]);
    bench_run(bench, 2000);
    assert_true(bench->closed[idle]);
    for (int i = 0; i < 12; i++) {
        bench_run(bench, 50000);
        bench_forget(bench);
    }
    assert_false(bench->closed[busy]);
    assert_true(bench->closed[private]);
    assert_int_equal(bourse_open(bench->bourse, "/v5/other", "", bench->now_ns), 0);
    bench_destroy(bench);
}

static size_t open_orders(struct bench *bench)
{
    json_t *answer = bench_get(bench, "/v5/order/realtime", "category=linear&symbol=ALTUSDT");
    return json_array_size(bench_at(answer, "result.list"));
}

static void orders_are_cancelled_when_the_last_guarded_connection_stays_dead(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/disconnected-cancel-all",
                                           "{\"timeWindow\":5,\"product\":\"DERIVATIVES\"}")),
                     0);
    uint32_t first = bench_private(bench, "test_api_key", all_topics);
    uint32_t second = bench_private(bench, "test_api_key", "\"dcp.future\"");
    bench_order(bench, "test_api_key", "Buy", 19000, 10, "");
    bourse_close(bench->bourse, first, bench->now_ns);
    bench_run(bench, 10000);
    assert_int_equal(open_orders(bench), 1); // one is left
    bourse_close(bench->bourse, second, bench->now_ns);
    bench_run(bench, 4000);
    bench_forget(bench);
    first = bench_private(bench, "test_api_key", all_topics); // back in time
    bench_run(bench, 10000);
    assert_int_equal(open_orders(bench), 1);
    uint32_t watcher = bench_private(bench, "test_api_key", "\"order\""); // does not count
    bench_forget(bench);
    bourse_close(bench->bourse, first, bench->now_ns);
    bench_run(bench, 4990);
    assert_int_equal(open_orders(bench), 1);
    bench_run(bench, 20);
    assert_int_equal(open_orders(bench), 0);
    json_t *frame = bench_take(bench, watcher, "order");
    assert_string_equal(bench_text(frame, "data.0.cancelType"), "CancelByDCP");
    json_decref(frame);
    bench_destroy(bench);
}

static void a_connection_that_falls_silent_counts_as_dead(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_set(bench, "dcp_silent_s", "20");
    uint32_t connection = bench_private(bench, "test_api_key", all_topics);
    bench_order(bench, "test_api_key", "Buy", 19000, 10, "");
    for (int i = 0; i < 6; i++) {
        bench_run(bench, 15000);
        bench_say(bench, connection, "{\"op\":\"ping\"}");
    }
    bench_run(bench, 29990); // the silence and the window of 10 s
    assert_int_equal(open_orders(bench), 1);
    bench_run(bench, 20);
    assert_int_equal(open_orders(bench), 0);
    bench_destroy(bench);
}

static void an_account_without_the_protection_cannot_set_it(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    json_t *answer = bench_call(bench, "second_key", "POST", "/v5/order/disconnected-cancel-all",
                                "{\"timeWindow\":5,\"product\":\"DERIVATIVES\"}");
    assert_int_equal(bench_code(answer), 10005);
    answer = bench_call(bench, "second_key", "GET", "/v5/account/info", "");
    assert_string_equal(bench_text(answer, "result.dcpStatus"), "OFF");
    uint32_t connection = bench_private(bench, "second_key", "\"dcp.future\"");
    bench_order(bench, "second_key", "Buy", 19000, 10, "");
    bourse_close(bench->bourse, connection, bench->now_ns);
    bench_run(bench, 60000);
    answer = bench_call(bench, "second_key", "GET", "/v5/order/realtime",
                        "category=linear&symbol=ALTUSDT");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 1);
    bench_destroy(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acknowledgements_are_the_exchanges_own),
        cmocka_unit_test(a_topic_is_subscribed_once_and_ends_with_unsubscribe),
        cmocka_unit_test(the_vectors_open_the_private_stream),
        cmocka_unit_test(deltas_add_up_to_the_book_at_every_depth),
        cmocka_unit_test(level_one_repeats_itself_when_nothing_changes),
        cmocka_unit_test(trades_come_in_order_with_their_direction),
        cmocka_unit_test(bars_are_confirmed_when_their_minute_ends),
        cmocka_unit_test(an_orders_life_is_told_in_the_exchanges_order),
        cmocka_unit_test(fast_executions_of_makers_hide_the_link),
        cmocka_unit_test(a_topic_comes_by_the_name_it_was_asked_for),
        cmocka_unit_test(the_stream_tells_before_or_after_the_answer_as_it_is_told_to),
        cmocka_unit_test(orders_by_socket_are_acknowledged_by_their_request_id),
        cmocka_unit_test(of_a_batch_by_socket_one_order_may_fail_and_the_others_stand),
        cmocka_unit_test(socket_and_rest_share_the_rate_limit),
        cmocka_unit_test(silent_connections_are_closed),
        cmocka_unit_test(orders_are_cancelled_when_the_last_guarded_connection_stays_dead),
        cmocka_unit_test(a_connection_that_falls_silent_counts_as_dead),
        cmocka_unit_test(an_account_without_the_protection_cannot_set_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
