// What a session left is read back: requests with the time they took effect, and what came of them.
#include "soak/session.h"

#include "base/json.h"
#include "engine/recorder.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS_SIZE = 4096 };

static struct session session;

static void write_rows(const char *rows)
{
    char text[ROWS_SIZE];
    int size = snprintf(text, sizeof text, "%s%s", recorder_request_columns, rows);
    assert_true(size > 0 && size < ROWS_SIZE);
    scratch_write(scratch_path("requests.csv.gz"), text, (size_t)size);
}

static int read_rows(const char *rows, bool is_live)
{
    session_fini(&session);
    session.is_live = is_live;
    session.instrument = (struct instrument){
        .symbol = "TEST", .tick = {1, -1}, .lot = {1, -3}, .contract_size = {1, 0}};
    assert_int_equal(instrument_prepare(&session.instrument), MM_OK);
    write_rows(rows);
    return session_read_requests(scratch_path("requests.csv.gz"), &session);
}

static void assert_request(size_t at, enum venue_op op, int64_t sent_ns, int64_t exch_ts_ns,
                           bool is_assumed)
{
    assert_true(at < session.request_count);
    assert_int_equal(session.requests[at].op, op);
    assert_int_equal(session.requests[at].sent_ns, sent_ns);
    assert_int_equal(session.requests[at].exch_ts_ns, exch_ts_ns);
    assert_int_equal(session.requests[at].is_assumed, is_assumed);
}

static int end(void **state)
{
    (void)state;
    session_fini(&session);
    return 0;
}

static void requests_take_effect_when_their_answers_say(void **state)
{
    (void)state;
    assert_int_equal(read_rows("place,,3,buy,post_only,100,5,,10,,,,,,,\n"
                               "place,,4,sell,post_only,105,6,,10,,,,,,,\n"
                               "placed,place,3,buy,,100,5,5,40,11,1020,,,,,\n"
                               "placed,place,4,sell,,105,6,6,41,12,1021,,,,,\n"
                               "amend,,3,buy,,101,5,,50,,,,,,,\n"
                               "amended,amend,3,buy,,101,5,5,90,51,1060,,,,,\n"
                               "filled,,3,buy,,101,2,3,95,51,1070,,maker,queue,2,0\n"
                               "cancel,,3,buy,,,,,100,,,,,,,\n"
                               "canceled,cancel,3,buy,,101,5,3,130,102,1110,,,,,\n",
                               false),
                     MM_OK);
    assert_int_equal(session.order_count, 2);
    assert_int_equal(session.orders[0].id, 3);
    assert_int_equal(session.orders[1].side, SIDE_SELL);
    assert_int_equal(session.orders[0].tif, TIF_POST_ONLY);
    assert_int_equal(session.request_count, 4);
    assert_request(0, VENUE_PLACE, 11, 1020, false);
    assert_request(1, VENUE_PLACE, 12, 1021, false);
    assert_request(2, VENUE_AMEND, 51, 1060, false);
    assert_int_equal(session.requests[2].price_ticks, 101);
    assert_int_equal(session.requests[2].answered_ns, 90);
    assert_request(3, VENUE_CANCEL, 102, 1110, false);
    assert_int_equal(session.report_count, 5);
    const struct session_report *fill = &session.reports[3];
    assert_int_equal(fill->kind, REPORT_FILLED);
    assert_int_equal(fill->qty_lots, 2);
    assert_int_equal(fill->rule, FILL_QUEUE);
    assert_true(fill->maker);
    assert_int_equal(fill->ahead_at_arrival_lots, 2);
    assert_int_equal(session.reports[4].ahead_at_arrival_lots, -1);
}

static void what_no_answer_tells_takes_as_long_as_the_request_before(void **state)
{
    (void)state;
    assert_int_equal(read_rows("place,,1,buy,post_only,100,5,,10,,,,,,,\n" // never answered
                               "place,,2,buy,post_only,100,5,,20,,,,,,,\n"
                               "placed,place,2,buy,,100,5,5,40,20,1050,,,,,\n"
                               "cancel,,2,buy,,,,,60,,,,,,,\n",
                               false),
                     MM_OK);
    assert_request(0, VENUE_PLACE, 10, 1040, true);
    assert_request(1, VENUE_PLACE, 20, 1050, false);
    assert_request(2, VENUE_CANCEL, 60, 1090, true);
}

static void what_no_answer_tells_came_after_the_fill_that_ended_its_order(void **state)
{
    (void)state;
    assert_int_equal(read_rows("place,,1,buy,post_only,100,5,,10,,,,,,,\n"
                               "placed,place,1,buy,,100,5,5,40,10,1020,,,,,\n"
                               "cancel,,1,buy,,,,,50,,,,,,,\n"
                               "filled,,1,buy,,100,5,0,90,,1080,,maker,matched,,\n",
                               true),
                     MM_OK);
    assert_request(1, VENUE_CANCEL, 50, 1081, true);
}

static void what_was_refused_before_the_exchange_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(read_rows("place,,1,buy,post_only,100,5,,10,,,,,,,\n"
                               "rejected,place,1,buy,,100,5,5,11,10,10,rate_limit,,,,\n"
                               "place,,2,buy,post_only,100,5,,20,,,,,,,\n"
                               "expired,place,2,buy,,100,5,5,40,20,1050,,,,,\n",
                               false),
                     MM_OK);
    assert_int_equal(session.order_count, 2);
    assert_int_equal(session.request_count, 1);
    assert_int_equal(session.requests[0].order, 1);
    assert_request(0, VENUE_PLACE, 20, 1050, false);
}

static void a_cancel_that_came_too_late_did_get_there(void **state)
{
    (void)state;
    const char *rows = "place,,1,buy,post_only,100,5,,10,,,,,,,\n"
                       "placed,place,1,buy,,100,5,5,40,10,1020,,,,,\n"
                       "cancel,,1,buy,,,,,50,,,,,,,\n"
                       "rejected,cancel,1,buy,,0,0,0,90,50,1065,unknown_order,,,,\n";
    assert_int_equal(read_rows(rows, false), MM_OK);
    assert_request(1, VENUE_CANCEL, 50, 1065, false);
    assert_int_equal(read_rows(rows, true), MM_OK); // who refused it is not known there
    assert_request(1, VENUE_CANCEL, 50, 1060, true);
}

static void an_end_that_nobody_asked_for_is_the_exchange_s_cancel(void **state)
{
    (void)state;
    assert_int_equal(read_rows("place,,1,buy,post_only,100,5,,10,,,,,,,\n"
                               "placed,place,1,buy,,100,5,5,40,10,1020,,,,,\n"
                               "canceled,,1,buy,,100,5,5,80,,1070,,,,,\n",
                               true),
                     MM_OK);
    assert_int_equal(session.request_count, 2);
    assert_request(1, VENUE_CANCEL, 80, 1070, false);
    assert_true(session.requests[1].by_exchange);
}

// The row that says it rests is stamped with its newest change.
static void an_order_was_there_when_it_first_filled(void **state)
{
    (void)state;
    assert_int_equal(read_rows("place,,1,buy,post_only,100,5,,10,,,,,,,\n"
                               "placed,place,1,buy,,100,5,4,40,10,1030,,,,,\n"
                               "filled,,1,buy,,100,1,4,41,,1030,,maker,matched,0,0\n"
                               "filled,,1,buy,,100,1,3,42,,1025,,maker,matched,0,0\n",
                               true),
                     MM_OK);
    assert_request(0, VENUE_PLACE, 10, 1025, false);
}

static void an_answer_without_a_change_says_nothing_of_the_time(void **state)
{
    (void)state;
    assert_int_equal(read_rows("place,,1,buy,post_only,100,5,,10,,,,,,,\n"
                               "placed,place,1,buy,,100,5,5,40,10,1030,,,,,\n"
                               "amend,,1,buy,,100,5,,200,,,,,,,\n"
                               "amended,amend,1,buy,,100,5,5,200,200,1030,,,,,\n",
                               true),
                     MM_OK);
    assert_request(1, VENUE_AMEND, 200, 1220, true);
    assert_int_equal(session.requests[1].whole_lots, 5);
}

static void a_stranger_s_fill_belongs_to_no_order(void **state)
{
    (void)state;
    assert_int_equal(read_rows("filled,,0,sell,,100,1,0,41,,1030,,maker,matched,0,0\n", true),
                     MM_OK);
    assert_int_equal(session.report_count, 1);
    assert_int_equal(session.reports[0].order, SESSION_NO_ORDER);
}

static void rows_that_no_run_writes_are_refused_by_their_line(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "place,,1,buy,post_only,100,5,,10,,,,,,\n",    // a column too few
        "place,,1,buy,post_only,100,5,,10,,,,,,,,\n",  // a column too many
        "placing,,1,buy,post_only,100,5,,10,,,,,,,\n", // no such event
        "place,,0,buy,post_only,100,5,,10,,,,,,,\n",   // no id
        "place,,1,long,post_only,100,5,,10,,,,,,,\n",  // no such side
        "place,,1,buy,never,100,5,,10,,,,,,,\n",       // no such time in force
        "place,,1,buy,post_only,0,5,,10,,,,,,,\n",     // no price
        "place,,1,buy,post_only,100,,,10,,,,,,,\n",    // no quantity
        "place,,1,buy,post_only,100,5,,,,,,,,,\n",     // no time
        "place,,1,buy,post_only,100,5,,-1,,,,,,,\n",   // a time before all
        "place,,1,buy,post_only,9007199254740993,5,,10,,,,,,,\n",
        "place,,1,buy,post_only,100,4398046511105,,10,,,,,,,\n",
        "cancel,,1,buy,,,,,10,,,,,,,\n", // of an order that was not placed
        "filled,,1,buy,,0,1,0,41,,1030,,maker,matched,0,0\n",
        "filled,,1,buy,,100,0,0,41,,1030,,maker,matched,0,0\n",
        "placed,nothing,1,buy,,100,5,5,40,10,1030,,,,,\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_rows(rows[i], false), MM_ERROR_INPUT);
        assert_non_null(strstr(mm_error_text(), "requests.csv.gz:2 "));
    }
    assert_int_equal(read_rows("place,,2,buy,post_only,100,5,,10,,,,,,,\n"
                               "place,,2,buy,post_only,100,5,,10,,,,,,,\n",
                               false),
                     MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "requests.csv.gz:3 "));
    scratch_write(scratch_path("requests.csv.gz"), "order_id,side\n", 14);
    session_fini(&session);
    assert_int_equal(session_read_requests(scratch_path("requests.csv.gz"), &session),
                     MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "does not begin with the columns"));
}

static void write_edge(const char *venue, const char *market, const char *record)
{
    json_t *edge = json_pack(
        "{s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}, s:{s:{s:s}, s:{s:s}, s:{s:s}}, s:s?}",
        "venue", venue, "instrument", "symbol", "TEST", "venue", "bybit", "settle", "USDT", "tick",
        "0.1", "lot", "0.001", "contract", "linear", "contract_size", "1", "configuration", "queue",
        "value", "risk", "consume", "value", "off", "market", "value", market, "record", record);
    assert_non_null(edge);
    assert_int_equal(json_document_write(scratch_path("EDGE_REPORT.json"), edge, 0644), MM_OK);
    json_decref(edge);
}

static void a_session_says_its_market_its_model_and_its_recording(void **state)
{
    (void)state;
    write_edge("paper", "btc-perp", "feed.gz");
    write_rows("place,,1,buy,post_only,100,5,,10,,,,,,,\n");
    session_fini(&session);
    assert_int_equal(session_read(scratch_directory, &session), MM_OK);
    assert_false(session.is_live);
    assert_string_equal(session.instrument.symbol, "TEST");
    assert_int_equal(session.instrument.lot.exponent, -3);
    assert_true(session.has_queue_model);
    assert_int_equal(session.queue_model.kind, QUEUE_RISK);
    assert_true(session.forget_taken);
    assert_string_equal(session.record, "feed.gz");
    assert_int_equal(session.request_count, 1);
    session_fini(&session);
    write_edge("live", "btc-perp", NULL); // its preset's model
    assert_int_equal(session_read(scratch_directory, &session), MM_OK);
    assert_true(session.is_live);
    assert_int_equal(session.queue_model.kind, QUEUE_POW3);
    assert_null(session.record);
    session_fini(&session);
    write_edge("live", "of-my-own.json", NULL);
    assert_int_equal(session_read(scratch_directory, &session), MM_OK);
    assert_false(session.has_queue_model);
}

static void what_is_no_session_is_refused_with_the_reason(void **state)
{
    (void)state;
    session_fini(&session);
    assert_int_equal(session_read(scratch_path("nowhere"), &session), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "holds no session"));
    write_edge("sim", "alt-perp", NULL);
    write_rows("");
    assert_int_equal(session_read(scratch_directory, &session), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "a run on 'sim'"));
    write_edge("paper", "alt-perp", NULL);
    assert_int_equal(remove(scratch_path("requests.csv.gz")), 0);
    assert_int_equal(session_read(scratch_directory, &session), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "still running or was killed"));
    scratch_write(scratch_path("EDGE_REPORT.json"), "{\"venue\": \"paper\"}", 18);
    assert_int_equal(session_read(scratch_directory, &session), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "'instrument'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(requests_take_effect_when_their_answers_say, end),
        cmocka_unit_test_teardown(what_no_answer_tells_takes_as_long_as_the_request_before, end),
        cmocka_unit_test_teardown(what_no_answer_tells_came_after_the_fill_that_ended_its_order,
                                  end),
        cmocka_unit_test_teardown(what_was_refused_before_the_exchange_is_left_out, end),
        cmocka_unit_test_teardown(a_cancel_that_came_too_late_did_get_there, end),
        cmocka_unit_test_teardown(an_end_that_nobody_asked_for_is_the_exchange_s_cancel, end),
        cmocka_unit_test_teardown(an_order_was_there_when_it_first_filled, end),
        cmocka_unit_test_teardown(an_answer_without_a_change_says_nothing_of_the_time, end),
        cmocka_unit_test_teardown(a_stranger_s_fill_belongs_to_no_order, end),
        cmocka_unit_test_teardown(rows_that_no_run_writes_are_refused_by_their_line, end),
        cmocka_unit_test_teardown(a_session_says_its_market_its_model_and_its_recording, end),
        cmocka_unit_test_teardown(what_is_no_session_is_refused_with_the_reason, end),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
