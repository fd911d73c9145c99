// The simulated exchange's faults on command, and its control port.
#include "bourse_bench.h"

static const char book_topic[] = "orderbook.50.ALTUSDT";
static const char subscribe_book[] = "{\"op\":\"subscribe\",\"args\":[\"orderbook.50.ALTUSDT\"]}";

static uint32_t follow_book(struct bench *bench)
{
    uint32_t connection = bench_open(bench, "/v5/public/linear");
    bench_say(bench, connection, subscribe_book);
    return connection;
}

// Takes the book's frames and counts gaps in the update ids of its deltas; *last goes on.
static int count_gaps(struct bench *bench, uint32_t connection, int64_t *last)
{
    int gaps = 0;
    json_t *frame;
    while ((frame = bench_take(bench, connection, book_topic)) != NULL) {
        int64_t update = json_integer_value(bench_at(frame, "data.u"));
        bool delta = strcmp(bench_text(frame, "type"), "delta") == 0;
        gaps += delta && update != *last + 1;
        *last = update;
        json_decref(frame);
    }
    return gaps;
}

static void a_dropped_delta_leaves_a_gap(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = follow_book(bench);
    int64_t last = 0;
    bench_run(bench, 5000);
    assert_int_equal(count_gaps(bench, connection, &last), 0);
    bench_fault(bench, "{\"fault\":\"drop_delta\",\"topic\":\"orderbook.200.ALTUSDT\"}");
    bench_run(bench, 5000);
    assert_int_equal(count_gaps(bench, connection, &last), 0); // another topic's
    bench_fault(bench, "{\"fault\":\"drop_delta\",\"topic\":\"orderbook.50.ALTUSDT\"}");
    bench_run(bench, 5000);
    assert_int_equal(count_gaps(bench, connection, &last), 1);
    json_t *state_answer = bench_control(bench, "GET", "/control/state", "");
    assert_int_equal(json_integer_value(bench_at(state_answer, "counters.deltasDropped")), 1);
    bench_destroy(bench);
}

static void a_restart_sends_a_smaller_snapshot_with_update_id_one(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = follow_book(bench);
    json_decref(bench_take(bench, connection, NULL)); // the acknowledgement
    json_t *before = bench_take(bench, connection, book_topic);
    bench_fault(bench, "{\"fault\":\"restart_book\"}");
    json_t *after = bench_take(bench, connection, book_topic);
    assert_string_equal(bench_text(after, "type"), "snapshot");
    assert_int_equal(json_integer_value(bench_at(after, "data.u")), 1);
    assert_true(json_array_size(bench_at(after, "data.b")) <
                json_array_size(bench_at(before, "data.b")));
    json_decref(before);
    json_decref(after);
    bench_run(bench, 20);
    json_t *next = bench_take(bench, connection, book_topic);
    assert_int_equal(json_integer_value(bench_at(next, "data.u")), 2);
    json_decref(next);
    bench_destroy(bench);
}

static void a_crossed_book_is_taken_back(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = follow_book(bench);
    double ask = (double)bench_best(bench, false) / 10000;
    bench_forget(bench);
    bench_fault(bench, "{\"fault\":\"cross_book\"}");
    json_t *frame = bench_take(bench, connection, book_topic);
    double bid = bench_number(frame, "data.b.0.0");
    assert_true(bid > ask);
    json_decref(frame);
    bench_run(bench, 20);
    frame = bench_take(bench, connection, book_topic);
    assert_true(bench_number(frame, "data.b.0.0") == bid);
    assert_string_equal(bench_text(frame, "data.b.0.1"), "0");
    json_decref(frame);
    bench_destroy(bench);
}

static void a_lost_acknowledgement_loses_nothing_else(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_fault(bench, "{\"fault\":\"lose_ack\",\"count\":1}");
    assert_null(bench_order(bench, "test_api_key", "Buy", 19000, 10, ",\"orderLinkId\":\"lost\""));
    assert_int_equal(bench->dropped, 1);
    json_t *answer = bench_get(bench, "/v5/order/realtime", "category=linear&orderLinkId=lost");
    assert_string_equal(bench_text(answer, "result.list.0.orderStatus"), "New");
    // Sent again with the same link it says that it landed.
    answer = bench_order(bench, "test_api_key", "Buy", 19000, 10, ",\"orderLinkId\":\"lost\"");
    assert_int_equal(bench_code(answer), 110072);
    bench_destroy(bench);
}

static void delays_hold_everything_back_in_order(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_private(bench, "test_api_key", "\"order\"");
    bench_fault(bench, "{\"fault\":\"delay\",\"by_ms\":200,\"for_ms\":50}");
    assert_null(bench_order(bench, "test_api_key", "Buy", 19000, 10, ""));
    assert_int_equal(bench->frame_count, 0);
    bench_run(bench, 100);
    assert_null(bench_order(bench, "test_api_key", "Buy", 19001, 10, "")); // behind the first
    bench_run(bench, 99);
    assert_null(bench_take(bench, connection, NULL));
    uint32_t answered = bench->answered;
    bench_run(bench, 1);
    assert_int_equal(bench->answered, answered + 2);
    json_t *first = bench_take(bench, connection, NULL),
           *second = bench_take(bench, connection, NULL);
    assert_string_equal(bench_text(first, "data.0.price"), "1.9000");
    assert_string_equal(bench_text(second, "data.0.price"), "1.9001");
    json_decref(first);
    json_decref(second);
    assert_non_null(bench_order(bench, "test_api_key", "Buy", 19002, 10, "")); // over
    bench_destroy(bench);
}

static void what_was_delayed_does_not_reach_the_next_of_a_place(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_private(bench, "test_api_key", "\"order\"");
    bench_fault(bench, "{\"fault\":\"delay\",\"by_ms\":200,\"for_ms\":50}");
    bench_order(bench, "test_api_key", "Buy", 19000, 10, "");
    bourse_close(bench->bourse, connection, bench->now_ns);
    assert_int_equal(bench_open(bench, "/v5/private"), connection); // the same place
    bench_run(bench, 1000);
    assert_int_equal(bench->frame_count, 0);
    bench_destroy(bench);
}

static void connections_are_closed_by_kind(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t public = follow_book(bench), private = bench_private(bench, "second_key", "\"order\"");
    bench_fault(bench, "{\"fault\":\"close\",\"kind\":\"private\"}");
    assert_true(bench->closed[private] && !bench->closed[public]);
    bench_fault(bench, "{\"fault\":\"close\"}");
    assert_true(bench->closed[public]);
    bench_destroy(bench);
}

static void refusals_on_command_are_the_exchanges(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_fault(bench, "{\"fault\":\"rate_limit\",\"count\":2}");
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 10006);
    assert_int_equal(bench_code(bench_get(bench, "/v5/account/info", "")), 10006);
    json_t *answer = bench_order(bench, "test_api_key", "Buy", 19000, 10, ",\"orderLinkId\":\"a\"");
    assert_int_equal(bench_code(answer), 0);

    static const char cancel[] =
        "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderLinkId\":\"a\"}";
    bench_fault(bench, "{\"fault\":\"processing\"}");
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/cancel", cancel)), 110079);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/cancel", cancel)), 0);

    bench_fault(bench, "{\"fault\":\"forget_ended\"}");
    answer = bench_get(bench, "/v5/order/realtime", "category=linear&orderLinkId=a");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 0);
    answer = bench_get(bench, "/v5/order/history", "category=linear&orderLinkId=a");
    assert_int_equal(json_array_size(bench_at(answer, "result.list")), 1);

    bench_fault(bench, "{\"fault\":\"ban\",\"for_ms\":1000}");
    bench_get(bench, "/v5/market/time", "");
    assert_int_equal(bench->status, 403);
    bench_run(bench, 1000);
    bench_get(bench, "/v5/market/time", "");
    assert_int_equal(bench->status, 200);
    bench_destroy(bench);
}

static void maintenance_ends_connections_and_refuses_for_its_time(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t status = bench_open(bench, "/v5/public/misc/status");
    bench_say(bench, status, "{\"op\":\"subscribe\",\"args\":[\"system.status\"]}");
    uint32_t trade = bench_open(bench, "/v5/trade");
    bench_fault(bench, "{\"fault\":\"maintenance\",\"for_ms\":5000}");
    json_t *frame = bench_take(bench, status, "system.status");
    assert_string_equal(bench_text(frame, "data.0.state"), "ongoing");
    json_decref(frame);
    assert_true(bench->closed[trade] && !bench->closed[status]);
    assert_int_equal(bourse_open(bench->bourse, "/v5/trade", "", bench->now_ns), 0);
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 10016);
    json_t *answer = bench_get(bench, "/v5/system/status", "");
    assert_string_equal(bench_text(answer, "result.list.0.state"), "ongoing");
    bench_set(bench, "maintenance", "http");
    bench_get(bench, "/v5/account/info", "");
    assert_int_equal(bench->status, 503);
    bench_run(bench, 5000);
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 0);
    bench_destroy(bench);
}

static void a_skewed_clock_shows_in_the_time_and_in_what_is_let_in(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    bench_fault(bench, "{\"fault\":\"clock_skew\",\"by_ms\":-1500}");
    json_t *answer = bench_get(bench, "/v5/market/time", "");
    assert_string_equal(bench_text(answer, "result.timeNano"), "1763999998500000000");
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 10002);
    bench_fault(bench, "{\"fault\":\"clock_skew\",\"by_ms\":900}");
    assert_int_equal(bench_code(bench_order(bench, "test_api_key", "Buy", 19000, 10, "")), 0);
    bench_destroy(bench);
}

static void a_duplicate_execution_is_the_same_one_twice(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = bench_private(bench, "test_api_key", "\"execution\"");
    bench_fault(bench, "{\"fault\":\"duplicate_execution\"}");
    int64_t ask = bench_best(bench, false);
    bench_order(bench, "test_api_key", "Buy", ask, 10, ",\"timeInForce\":\"IOC\"");
    bench_order(bench, "test_api_key", "Buy", ask, 10, ",\"timeInForce\":\"IOC\"");
    json_t *frames[3];
    for (int i = 0; i < 3; i++) {
        frames[i] = bench_take(bench, connection, "execution");
        assert_non_null(frames[i]);
    }
    assert_string_equal(bench_text(frames[0], "data.0.execId"),
                        bench_text(frames[1], "data.0.execId"));
    assert_string_not_equal(bench_text(frames[1], "data.0.execId"),
                            bench_text(frames[2], "data.0.execId"));
    for (int i = 0; i < 3; i++) {
        json_decref(frames[i]);
    }
    bench_destroy(bench);
}

static void a_late_cancel_may_be_acknowledged_and_tell_of_a_second_fill(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    static const char cancel[] =
        "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderLinkId\":\"q\"}";
    uint32_t connection = bench_private(bench, "test_api_key", "\"order\"");
    int64_t ask = bench_best(bench, false);
    bench_order(bench, "test_api_key", "Buy", ask, 10, ",\"orderLinkId\":\"q\"");
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/cancel", cancel)), 110001);
    bench_set(bench, "late_cancel", "acked");
    bench_forget(bench);
    assert_int_equal(bench_code(bench_post(bench, "/v5/order/cancel", cancel)), 0);
    json_t *frame = bench_take(bench, connection, "order");
    assert_string_equal(bench_text(frame, "data.0.orderStatus"), "Filled");
    assert_string_equal(bench_text(frame, "data.0.cancelType"), "CancelByUser");
    assert_string_equal(bench_text(frame, "data.0.rejectReason"), "EC_OrigClOrdIDDoesNotExist");
    json_decref(frame);
    bench_destroy(bench);
}

static void silence_is_silent_and_ends(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    uint32_t connection = follow_book(bench);
    bench_fault(bench, "{\"fault\":\"silence\",\"for_ms\":3000}");
    bench_forget(bench);
    bench_run(bench, 2990);
    bench_say(bench, connection, "{\"op\":\"ping\"}");
    assert_int_equal(bench->frame_count, 0);
    assert_false(bench->closed[connection]);
    bench_run(bench, 2000);
    assert_true(bench->frame_count > 0);
    bench_destroy(bench);
}

static void the_control_port_says_what_it_does_not_know(void **state)
{
    (void)state;
    struct bench *bench = bench_create();
    static const struct {
        const char *method, *path, *body;
        int status;
    } cases[] = {{"GET", "/control/nothing", "", 404},
                 {"POST", "/control/fault", "{\"fault\":\"flood\"}", 400},
                 {"POST", "/control/fault", "{\"fault\":\"ban\",\"for_ms\":-1}", 400},
                 {"POST", "/control/fault", "nonsense", 400},
                 {"POST", "/control/switch", "{\"name\":\"colour\",\"value\":\"red\"}", 400},
                 {"POST", "/control/switch", "{\"name\":\"ip_ban_s\",\"value\":\"0\"}", 400},
                 {"POST", "/control/switch", "{\"name\":\"ip_ban_s\",\"value\":\"5\"}", 200},
                 {"POST", "/control/account", "{\"balance\":\"-1\"}", 400},
                 {"POST", "/control/account", "{\"colour\":1}", 400},
                 {"POST", "/control/account", "{\"key\":\"test_api_key\"}", 400},
                 {"POST", "/control/account", "{\"balance\":\"5\"}", 200},
                 {"GET", "/control/switches", "", 200}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench_control(bench, cases[i].method, cases[i].path, cases[i].body);
        assert_int_equal(bench->status, cases[i].status);
        mm_error_clear();
    }
    assert_int_equal(bourse_account_count(bench->bourse), 3);
    bench_destroy(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dropped_delta_leaves_a_gap),
        cmocka_unit_test(a_restart_sends_a_smaller_snapshot_with_update_id_one),
        cmocka_unit_test(a_crossed_book_is_taken_back),
        cmocka_unit_test(a_lost_acknowledgement_loses_nothing_else),
        cmocka_unit_test(delays_hold_everything_back_in_order),
        cmocka_unit_test(what_was_delayed_does_not_reach_the_next_of_a_place),
        cmocka_unit_test(connections_are_closed_by_kind),
        cmocka_unit_test(refusals_on_command_are_the_exchanges),
        cmocka_unit_test(maintenance_ends_connections_and_refuses_for_its_time),
        cmocka_unit_test(a_skewed_clock_shows_in_the_time_and_in_what_is_let_in),
        cmocka_unit_test(a_duplicate_execution_is_the_same_one_twice),
        cmocka_unit_test(a_late_cancel_may_be_acknowledged_and_tell_of_a_second_fill),
        cmocka_unit_test(silence_is_silent_and_ends),
        cmocka_unit_test(the_control_port_says_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
