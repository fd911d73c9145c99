// What the live market makes of the answers of the trade stream: batches item by item, refusals
// without an id, limits. Without a connection: answers are handed in as text.
#include "cmocka_all.h"

#include "venue/live/live_state.h"

#include <inttypes.h>
#include <stdlib.h>

static struct live *live;
static struct venue_report report;

static int start(void **state)
{
    (void)state;
    live = calloc(1, sizeof *live);
    live->desk = calloc(1, sizeof *live->desk);
    live->clock = live_clock_start();
    desk_init(live->desk, &(struct desk_config){.answer_ns = INT64_C(2000000000),
                                                .recv_window_ns = INT64_C(4000000000),
                                                .ask_again_ns = INT64_C(1000000000)});
    live->desk->takes_places = true;
    return link_namer_init(&live->namer, "mmb", 1790134712030, 7);
}

static int end(void **state)
{
    (void)state;
    free(live->desk);
    free(live);
    return 0;
}

// Orders 1 to `count`, whose `op` has been sent in one request.
static void send(enum venue_op op, uint32_t count, bool is_batch)
{
    int64_t now_ns = live_now_ns(live);
    struct live_request *sent = &live->requests[++live->request_number % LIVE_REQUESTS_MAX];
    *sent = (struct live_request){
        .number = live->request_number, .op = op, .sent_ns = now_ns, .is_batch = is_batch};
    for (uint64_t id = 1; id <= count; id++) {
        struct venue_request request = {.op = op,
                                        .tif = TIF_POST_ONLY,
                                        .order_id = id,
                                        .price_ticks = op == VENUE_AMEND ? 101 : 100,
                                        .qty_lots = 10};
        desk_send(live->desk, &request, now_ns);
        sent->ids[sent->count++] = id;
    }
    uint32_t cursor = 0;
    struct desk_order *order;
    while ((order = desk_queued(live->desk, op, &cursor, now_ns)) != NULL) {
        desk_sent(live->desk, order, now_ns);
    }
}

// `rest`: what follows the id.
static void answer(const char *rest)
{
    char text[1024];
    int size = snprintf(text, sizeof text, "{\"reqId\":\"%s-%" PRIu64 "\",%s}", live->namer.run,
                        live->request_number, rest);
    live_take_answer(live, text, (size_t)size);
}

static void show(uint64_t id)
{
    struct order_row row = {
        .stage = STAGE_OPEN, .price_ticks = 100, .qty_lots = 10, .updated_ms = 1};
    assert_true(desk_row(live->desk, id, &row, 0, live_now_ns(live)));
    assert_true(desk_take_report(live->desk, &report));
    assert_int_equal(report.kind, REPORT_PLACED);
}

static void rest(uint32_t count)
{
    send(VENUE_PLACE, count, true);
    for (uint64_t id = 1; id <= count; id++) {
        show(id);
    }
}

static void expect(enum venue_report_kind kind, uint64_t id)
{
    assert_true(desk_take_report(live->desk, &report));
    assert_int_equal(report.kind, kind);
    assert_int_equal(report.order_id, id);
}

static void expect_nothing(void)
{
    assert_false(desk_take_report(live->desk, &report));
}

#define BATCH(op, codes)                                                                           \
    "\"retCode\":0,\"retMsg\":\"OK\",\"op\":\"order." op                                           \
    "-batch\",\"data\":{\"list\":[]},\"retExtInfo\":{\"list\":[" codes "]},\"header\":{}"
#define CODE(code) "{\"code\":" code ",\"msg\":\"words\"}"

static void each_order_of_a_batch_has_a_code_of_its_own(void **state)
{
    (void)state;
    send(VENUE_PLACE, 3, true);
    answer(BATCH("create", CODE("0") "," CODE("110007") "," CODE("10006")));
    expect(REPORT_REJECTED, 2);
    expect(REPORT_LOST, 3); // it may have been done: asked after, not sent again
    expect_nothing();
    assert_int_equal(desk_open_count(live->desk), 2);
    assert_false(desk_order(live->desk, 1)->is_unknown);
    show(1);
    answer(BATCH("create", CODE("110007") "," CODE("110007") "," CODE("110007"))); // a second time
    expect_nothing();
}

static void of_an_amend_batch_one_is_busy_one_is_gone_and_one_goes_through(void **state)
{
    (void)state;
    rest(3);
    send(VENUE_AMEND, 3, true);
    answer(BATCH("amend", CODE("110079") "," CODE("110001") "," CODE("0")));
    expect(REPORT_LOST, 2);
    expect_nothing();
    assert_true(desk_order(live->desk, 1)->is_queued); // once more, a little later
    assert_int_equal(desk_order(live->desk, 3)->op, VENUE_AMEND);
    assert_int_equal(desk_open_count(live->desk), 3);
}

static void of_a_cancel_batch_the_one_that_is_gone_is_found_out_about(void **state)
{
    (void)state;
    rest(2);
    send(VENUE_CANCEL, 2, true);
    answer(BATCH("cancel", CODE("0") "," CODE("110001")));
    expect(REPORT_LOST, 2);
    expect_nothing();
    assert_int_equal(desk_open_count(live->desk), 2); // until the exchange shows their ends
}

static void a_batch_that_is_refused_as_a_whole_is_refused_for_each(void **state)
{
    (void)state;
    send(VENUE_PLACE, 2, true);
    answer("\"retCode\":10001,\"retMsg\":\"params error\",\"op\":\"order.create-batch\","
           "\"data\":{},\"retExtInfo\":{}");
    expect(REPORT_REJECTED, 1);
    expect(REPORT_REJECTED, 2);
    assert_int_equal(desk_open_count(live->desk), 0);
}

static void an_order_that_a_batchs_answer_leaves_out_is_unknown(void **state)
{
    (void)state;
    send(VENUE_PLACE, 2, true);
    answer(BATCH("create", CODE("0")));
    expect(REPORT_LOST, 2);
    expect_nothing();
}

// The old form of a refusal names neither request nor order.
static void a_refusal_without_an_id_leaves_the_order_to_the_time_limit(void **state)
{
    (void)state;
    static const char old[] = "{\"success\":false,\"ret_msg\":\"Params Error\","
                              "\"op\":\"order.create\",\"conn_id\":\"x\"}";
    send(VENUE_PLACE, 1, false);
    live_take_answer(live, old, sizeof old - 1);
    expect_nothing();
    desk_check(live->desk, live_now_ns(live) + INT64_C(2000000000));
    expect(REPORT_LOST, 1);
    assert_int_equal(desk_question(live->desk, live_now_ns(live) + INT64_C(2000000000)), 1);
}

static void single_orders_and_batches_have_limits_of_their_own(void **state)
{
    (void)state;
    send(VENUE_PLACE, 1, false);
    answer("\"retCode\":0,\"op\":\"order.create\",\"header\":{\"X-Bapi-Limit\":\"20\","
           "\"X-Bapi-Limit-Status\":\"19\",\"X-Bapi-Limit-Reset-Timestamp\":\"1\"}");
    assert_int_equal(live->budgets[0][VENUE_PLACE].limit, 20);
    assert_int_equal(live->budgets[1][VENUE_PLACE].limit, 0);
    show(1);
    send(VENUE_CANCEL, 1, true);
    answer("\"retCode\":0,\"op\":\"order.cancel-batch\",\"retExtInfo\":{\"list\":[" CODE(
        "0") "]},\"header\":{\"X-Bapi-Limit\":\"40\",\"X-Bapi-Limit-Status\":\"39\"}");
    assert_int_equal(live->budgets[1][VENUE_CANCEL].limit, 40);
    assert_int_equal(live->budgets[0][VENUE_CANCEL].limit, 0);
}

static void by_rest_an_answers_limit_counts_like_the_streams(void **state)
{
    (void)state;
    send(VENUE_PLACE, 1, false);
    struct rest_job job = {.kind = JOB_ORDER,
                           .op = VENUE_PLACE,
                           .order_id = 1,
                           .sent_ns = desk_order(live->desk, 1)->sent_ns,
                           .is_answered = true,
                           .limit = rate_limit_read("10", "0", "")};
    job.limit.reset_ms = live_now_ns(live) / 1000000 + 700;
    live_take_order_job(live, &job);
    int64_t ready_ns = rate_budget_ready_ns(&live->budgets[0][VENUE_PLACE], live_now_ns(live));
    assert_int_equal(ready_ns / 1000000, job.limit.reset_ms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_order_of_a_batch_has_a_code_of_its_own),
        TEST(of_an_amend_batch_one_is_busy_one_is_gone_and_one_goes_through),
        TEST(of_a_cancel_batch_the_one_that_is_gone_is_found_out_about),
        TEST(a_batch_that_is_refused_as_a_whole_is_refused_for_each),
        TEST(an_order_that_a_batchs_answer_leaves_out_is_unknown),
        TEST(a_refusal_without_an_id_leaves_the_order_to_the_time_limit),
        TEST(single_orders_and_batches_have_limits_of_their_own),
        TEST(by_rest_an_answers_limit_counts_like_the_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
