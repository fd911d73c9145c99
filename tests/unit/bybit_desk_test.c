// What is true of our orders, by what the exchange says and does not say: without a socket.
#include "cmocka_all.h"

#include "venue/bybit/desk.h"
#include "venue/bybit/rate_budget.h"
#include "venue/live/watchdog.h"

#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

static struct desk *desk;
static int64_t now_ns;
static struct venue_report report;

static int start(void **state)
{
    (void)state;
    const struct desk_config config = {
        .answer_ns = 2000 * MS, .recv_window_ns = 4000 * MS, .ask_again_ns = 1000 * MS};
    desk = malloc(sizeof *desk);
    desk_init(desk, &config);
    desk->takes_places = true;
    now_ns = 1000 * MS;
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(desk);
    return 0;
}

static void request(enum venue_op op, uint64_t id, int64_t price_ticks, int64_t qty_lots)
{
    desk_send(desk,
              &(struct venue_request){.op = op,
                                      .side = SIDE_BUY,
                                      .tif = TIF_POST_ONLY,
                                      .order_id = id,
                                      .price_ticks = price_ticks,
                                      .qty_lots = qty_lots},
              now_ns);
}

// Sends what is queued of `op`; returns how many that were.
static uint32_t flush(enum venue_op op)
{
    uint32_t cursor = 0, count = 0;
    struct desk_order *order;
    while ((order = desk_queued(desk, op, &cursor, now_ns)) != NULL) {
        desk_sent(desk, order, now_ns);
        count++;
    }
    return count;
}

// An order of 10 lots at 100 that was sent.
static void place(uint64_t id)
{
    request(VENUE_PLACE, id, 100, 10);
    assert_int_equal(flush(VENUE_PLACE), 1);
}

static void answer(uint64_t id, enum venue_op op, json_int_t code)
{
    desk_answer(desk, id, op, desk_order(desk, id)->sent_ns, code_read(code), now_ns);
}

static struct order_row row_of(enum order_stage stage, int64_t price_ticks, int64_t qty_lots,
                               int64_t cum_lots)
{
    return (struct order_row){.stage = stage,
                              .side = SIDE_BUY,
                              .price_ticks = price_ticks,
                              .qty_lots = qty_lots,
                              .cum_lots = cum_lots,
                              .updated_ms = now_ns / MS};
}

static void show(uint64_t id, enum order_stage stage, int64_t price_ticks, int64_t qty_lots,
                 int64_t cum_lots)
{
    struct order_row row = row_of(stage, price_ticks, qty_lots, cum_lots);
    (void)desk_row(desk, id, &row, 0, now_ns);
}

static bool fill(uint64_t id, uint64_t execution, int64_t qty_lots, int64_t leaves_lots)
{
    struct execution_row row = {.id = execution,
                                .kind = EXECUTION_FILL,
                                .side = SIDE_BUY,
                                .maker = true,
                                .has_leaves = true,
                                .price_ticks = 100,
                                .qty_lots = qty_lots,
                                .leaves_lots = leaves_lots,
                                .time_ms = now_ns / MS};
    return desk_execution(desk, id, &row, now_ns);
}

static void expect(enum venue_report_kind kind)
{
    assert_true(desk_take_report(desk, &report));
    assert_int_equal(report.kind, kind);
}

static void expect_nothing(void)
{
    assert_false(desk_take_report(desk, &report));
}

// An order of 10 lots at 100 that the exchange has shown.
static void rest(uint64_t id)
{
    place(id);
    answer(id, VENUE_PLACE, 0);
    expect_nothing();
    show(id, STAGE_OPEN, 100, 10, 0);
    expect(REPORT_PLACED);
}

// An order about which the exchange says nothing until it counts as unknown.
static void place_unanswered(uint64_t id)
{
    place(id);
    now_ns += 2000 * MS;
    desk_check(desk, now_ns);
    expect(REPORT_LOST);
}

static void an_answer_says_accepted_and_a_row_says_placed(void **state)
{
    (void)state;
    rest(1);
    assert_int_equal(report.answers, VENUE_PLACE);
    assert_int_equal(report.leaves_qty_lots, 10);
    expect_nothing();
}

static void the_row_may_come_before_the_answer(void **state)
{
    (void)state;
    place(1);
    int64_t sent_ns = desk_order(desk, 1)->sent_ns;
    show(1, STAGE_OPEN, 100, 10, 0);
    expect(REPORT_PLACED);
    desk_answer(desk, 1, VENUE_PLACE, sent_ns, CODE_ACCEPTED, now_ns);
    desk_answer(desk, 1, VENUE_PLACE, sent_ns, CODE_AMBIGUOUS, now_ns); // of no request any more
    expect_nothing();
}

static void a_post_only_order_that_would_cross_expires_by_either_status(void **state)
{
    (void)state;
    const enum order_stage stages[] = {STAGE_ENDED, STAGE_REJECTED};
    for (uint64_t i = 0; i < 2; i++) {
        place(i + 1);
        answer(i + 1, VENUE_PLACE, 0);
        struct order_row row = row_of(stages[i], 100, 10, 0);
        row.would_take = true;
        (void)desk_row(desk, i + 1, &row, 0, now_ns);
        expect(REPORT_EXPIRED);
    }
    assert_int_equal(desk_open_count(desk), 0);
}

static void silence_makes_an_order_unknown_and_never_sends_it_again(void **state)
{
    (void)state;
    place_unanswered(1);
    assert_int_equal(desk_question(desk, now_ns), 1);
    assert_int_equal(flush(VENUE_PLACE), 0);
    assert_int_equal(desk_open_count(desk), 1);
}

static void ambiguous_codes_leave_an_order_unknown(void **state)
{
    (void)state;
    const json_int_t codes[] = {10000, 10006, 10016, 10019, 10429, 20003, 170007, 110072};
    for (uint64_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        place(i + 1);
        answer(i + 1, VENUE_PLACE, codes[i]);
        expect(REPORT_LOST);
        assert_true(desk_order(desk, i + 1)->is_unknown);
    }
}

static void a_refusal_ends_a_place_and_leaves_an_amended_order_as_it_was(void **state)
{
    (void)state;
    place(1);
    answer(1, VENUE_PLACE, 110007);
    expect(REPORT_REJECTED);
    assert_int_equal(desk_open_count(desk), 0);
    rest(2);
    request(VENUE_AMEND, 2, 101, 10);
    flush(VENUE_AMEND);
    answer(2, VENUE_AMEND, 110003);
    expect(REPORT_REJECTED);
    assert_int_equal(report.price_ticks, 100);
    assert_int_equal(desk_open_count(desk), 1);
}

// "Not there" is believed only of a question asked when the request could no longer be taken, and
// only the second time; an order that was shown is never believed away.
static void only_the_exchange_can_say_that_an_order_does_not_exist(void **state)
{
    (void)state;
    place(1);
    desk_no_answer(desk, 1, VENUE_PLACE, desk_order(desk, 1)->sent_ns, now_ns);
    expect(REPORT_LOST);
    int64_t lost_ns = now_ns;
    for (int i = 0; i < 5; i++) {
        desk_absent(desk, 1, lost_ns + 3999 * MS, now_ns); // it may still be on its way
    }
    expect_nothing();
    desk_absent(desk, 1, lost_ns + 4000 * MS, now_ns);
    expect_nothing();
    desk_absent(desk, 1, lost_ns + 5000 * MS, now_ns);
    expect(REPORT_REJECTED);
    assert_int_equal(report.reject, VENUE_REJECT_UNREACHABLE);
    assert_int_equal(desk_open_count(desk), 0);
    rest(2);
    desk_doubt(desk, now_ns);
    expect(REPORT_LOST);
    for (int i = 0; i < 5; i++) {
        desk_absent(desk, 2, now_ns + 60000 * MS, now_ns);
    }
    expect_nothing();
    assert_int_equal(desk_open_count(desk), 1);
}

static void an_order_whose_answer_was_lost_is_found_by_a_question(void **state)
{
    (void)state;
    place_unanswered(1);
    desk_asked(desk, 1, now_ns);
    assert_int_equal(desk_question(desk, now_ns), 0); // one at a time
    struct order_row row = row_of(STAGE_OPEN, 100, 10, 0);
    assert_true(desk_row(desk, 1, &row, now_ns, now_ns));
    desk_answered(desk, 1, now_ns);
    expect(REPORT_PLACED);
    assert_int_equal(desk_question(desk, now_ns + 60000 * MS), 0);
}

static void a_cancel_too_late_is_unknown_until_the_fill_that_beat_it(void **state)
{
    (void)state;
    rest(1);
    request(VENUE_CANCEL, 1, 0, 0);
    flush(VENUE_CANCEL);
    answer(1, VENUE_CANCEL, 110001);
    expect(REPORT_LOST);
    assert_int_equal(desk_question(desk, now_ns), 1);
    assert_true(fill(1, 77, 10, 0));
    expect(REPORT_FILLED);
    assert_int_equal(report.leaves_qty_lots, 0);
    show(1, STAGE_FILLED, 100, 10, 10);
    show(1, STAGE_FILLED, 100, 10, 10); // the exchange says so twice
    expect_nothing();
    assert_int_equal(desk->position_lots, 10);
    assert_int_equal(desk_open_count(desk), 0);
}

static void an_execution_counts_once_however_often_it_comes(void **state)
{
    (void)state;
    rest(1);
    assert_true(fill(1, 77, 4, 6));
    assert_false(fill(1, 77, 4, 6));
    expect(REPORT_FILLED);
    assert_int_equal(report.leaves_qty_lots, 6);
    show(1, STAGE_OPEN, 100, 10, 4); // what the row says is executed is not added
    expect_nothing();
    assert_int_equal(desk->position_lots, 4);
}

static void funding_is_not_a_fill(void **state)
{
    (void)state;
    struct execution_row row = {
        .id = 5, .kind = EXECUTION_FUNDING, .qty_lots = 10, .fee_e9 = -250, .time_ms = 1234};
    assert_true(desk_execution(desk, 0, &row, now_ns));
    assert_false(desk_execution(desk, 0, &row, now_ns)); // once, however often it comes
    expect(REPORT_FUNDING);
    assert_int_equal(report.paid_quote_e9, -250);
    assert_int_equal(report.order_id, 0);
    assert_int_equal(report.exec_qty_lots, 0);
    row.kind = EXECUTION_OTHER;
    row.id = 6;
    assert_false(desk_execution(desk, 0, &row, now_ns));
    expect_nothing();
    assert_int_equal(desk->position_lots, 0);
    assert_int_equal(desk->counters.fills, 0);
    assert_int_equal(desk->counters.funding_quote_e9, -250);
}

static void a_fill_after_the_end_is_booked_once(void **state)
{
    (void)state;
    rest(1);
    request(VENUE_CANCEL, 1, 0, 0);
    flush(VENUE_CANCEL);
    show(1, STAGE_ENDED, 100, 10, 0);
    expect(REPORT_CANCELED);
    assert_true(fill(1, 77, 3, 7));
    assert_false(fill(1, 77, 3, 7));
    expect(REPORT_FILLED);
    assert_int_equal(report.order_id, 1);
    expect_nothing();
    assert_int_equal(desk->counters.late_fills, 1);
}

static void an_end_waits_for_its_executions(void **state)
{
    (void)state;
    rest(1);
    show(1, STAGE_ENDED, 100, 10, 4);
    expect_nothing();
    assert_int_equal(desk_question(desk, now_ns + 500 * MS), 1);
    assert_true(fill(1, 77, 4, 6));
    expect(REPORT_FILLED);
    expect(REPORT_CANCELED);
}

static void an_amend_that_changes_nothing_is_not_sent(void **state)
{
    (void)state;
    rest(1);
    request(VENUE_AMEND, 1, 100, 10);
    expect(REPORT_AMENDED);
    assert_int_equal(flush(VENUE_AMEND), 0);
}

static void an_amend_asks_for_what_is_executed_too(void **state)
{
    (void)state;
    rest(1);
    fill(1, 77, 4, 6);
    expect(REPORT_FILLED);
    request(VENUE_AMEND, 1, 101, 10);
    assert_int_equal(desk_order(desk, 1)->target_lots, 14);
    flush(VENUE_AMEND);
    show(1, STAGE_OPEN, 100, 10, 4); // still the old one
    expect_nothing();
    show(1, STAGE_OPEN, 101, 14, 4);
    expect(REPORT_AMENDED);
    assert_int_equal(report.leaves_qty_lots, 10);
}

static void one_operation_per_order_and_one_more_try_when_it_is_busy(void **state)
{
    (void)state;
    rest(1);
    request(VENUE_AMEND, 1, 101, 10);
    request(VENUE_CANCEL, 1, 0, 0); // while the amend is outstanding
    assert_int_equal(flush(VENUE_CANCEL), 0);
    assert_int_equal(flush(VENUE_AMEND), 1);
    answer(1, VENUE_AMEND, 110079);
    assert_int_equal(flush(VENUE_AMEND), 0); // not at once
    now_ns += 50 * MS;
    assert_int_equal(flush(VENUE_AMEND), 1);
    answer(1, VENUE_AMEND, 110079);
    expect(REPORT_LOST);
}

static void a_break_puts_every_order_in_doubt_and_none_away(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 6; id++) {
        rest(id);
    }
    desk_doubt(desk, now_ns);
    for (int i = 0; i < 6; i++) {
        expect(REPORT_LOST);
    }
    assert_int_equal(desk_open_count(desk), 6);
    assert_int_equal(desk_unknown_count(desk), 6);
    for (uint64_t id = 1; id <= 6; id++) {
        struct order_row row = row_of(STAGE_OPEN, 100, 10, 0);
        (void)desk_row(desk, id, &row, now_ns, now_ns);
        expect(REPORT_PLACED);
    }
    assert_int_equal(desk_unknown_count(desk), 0);
}

static void an_order_that_the_list_of_open_ones_lacks_is_asked_after(void **state)
{
    (void)state;
    rest(1);
    rest(2);
    rest(3);
    int64_t asked_ns = now_ns += 1000 * MS;
    struct order_row row = row_of(STAGE_OPEN, 100, 10, 0);
    now_ns += 50 * MS;
    rest(4);                                         // after the list was asked for
    show(3, STAGE_OPEN, 100, 10, 0);                 // it is there, whatever the list says
    (void)desk_row(desk, 2, &row, asked_ns, now_ns); // from the list
    desk_list_taken(desk, asked_ns, now_ns);
    assert_int_equal(desk_question(desk, now_ns), 1);
    desk_asked(desk, 1, now_ns);
    assert_int_equal(desk_question(desk, now_ns), 0);
    assert_int_equal(desk_unknown_count(desk), 0);
    row = row_of(STAGE_ENDED, 100, 10, 0);
    (void)desk_row(desk, 1, &row, now_ns, now_ns);
    desk_answered(desk, 1, now_ns);
    expect(REPORT_CANCELED);
    assert_int_equal(desk_open_count(desk), 3);
}

static void a_whole_fill_whose_row_was_lost_ends_by_a_question(void **state)
{
    (void)state;
    rest(1);
    assert_true(fill(1, 77, 10, 0));
    expect(REPORT_FILLED);
    assert_int_equal(desk_question(desk, now_ns + 499 * MS), 0); // its row is on its way
    assert_int_equal(desk_question(desk, now_ns + 500 * MS), 1);
    show(1, STAGE_FILLED, 100, 10, 10);
    expect_nothing();
    assert_int_equal(desk_open_count(desk), 0);
}

static void a_place_that_is_free_again_is_used_again(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= DESK_ORDERS_MAX; id++) {
        rest(id);
    }
    request(VENUE_PLACE, 1000, 100, 10);
    expect(REPORT_REJECTED);
    assert_int_equal(report.reject, VENUE_REJECT_UNREACHABLE);
    show(7, STAGE_ENDED, 100, 10, 0);
    expect(REPORT_CANCELED);
    rest(1001);
    assert_int_equal(desk_open_count(desk), DESK_ORDERS_MAX);
    for (uint64_t id = 2; id <= DESK_ORDERS_MAX; id++) {
        show(id == 7 ? 1001 : id, STAGE_ENDED, 100, 10, 0);
        expect(REPORT_CANCELED);
    }
    assert_int_equal(desk->order_end, 1);
    assert_non_null(desk_order(desk, 1));
    assert_null(desk_order(desk, 0));
}

static void nothing_is_placed_while_the_account_is_not_known(void **state)
{
    (void)state;
    desk->takes_places = false;
    request(VENUE_PLACE, 1, 100, 10);
    expect(REPORT_REJECTED);
    assert_int_equal(report.reject, VENUE_REJECT_UNREACHABLE);
    assert_int_equal(flush(VENUE_PLACE), 0);
}

// At least 4 lots, at most 40, a price from 50 to 200 ticks and a value of 500: lots times price.
static void what_the_exchange_would_not_take_is_neither_placed_nor_amended_to(void **state)
{
    (void)state;
    struct desk_config config = desk->config;
    config.filters = (struct desk_filters){4, 40, 50, 200, INT64_C(500000000000)};
    config.instrument = (struct instrument){.tick = {1, 0}, .lot = {1, 0}, .contract_size = {1, 0}};
    assert_int_equal(instrument_prepare(&config.instrument), MM_OK);
    desk_init(desk, &config);
    desk->takes_places = true;
    static const int64_t refused[][2] = {{200, 3}, {100, 41}, {49, 20}, {201, 10}, {100, 4}};
    for (uint64_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        request(VENUE_PLACE, i + 1, refused[i][0], refused[i][1]);
        expect(REPORT_REJECTED);
        assert_int_equal(report.reject, VENUE_REJECT_INVALID);
        assert_int_equal(report.answers, VENUE_PLACE);
    }
    assert_int_equal(flush(VENUE_PLACE), 0);
    assert_int_equal(desk_open_count(desk), 0);
    rest(9);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        request(VENUE_AMEND, 9, refused[i][0], refused[i][1]);
        expect(REPORT_REJECTED);
        assert_int_equal(report.reject, VENUE_REJECT_INVALID);
        assert_int_equal(report.answers, VENUE_AMEND);
    }
    assert_int_equal(flush(VENUE_AMEND), 0);
    assert_int_equal(desk_order(desk, 9)->op, VENUE_NONE); // it stands as it was
    request(VENUE_AMEND, 9, 125, 4);
    assert_int_equal(flush(VENUE_AMEND), 1);
}

// What has been executed of an order belongs to what the filters judge.
static void an_amend_is_judged_by_the_whole_order(void **state)
{
    (void)state;
    struct desk_config config = desk->config;
    config.filters.qty_min_lots = 8;
    config.filters.qty_max_lots = 12;
    desk_init(desk, &config);
    desk->takes_places = true;
    rest(1);
    assert_true(fill(1, 77, 6, 4));
    expect(REPORT_FILLED);
    request(VENUE_AMEND, 1, 101, 7);
    expect(REPORT_REJECTED);
    request(VENUE_AMEND, 1, 101, 2);
    assert_int_equal(flush(VENUE_AMEND), 1);
}

static void strangers_fills_move_the_position(void **state)
{
    (void)state;
    assert_true(fill(0, 9, 5, 0));
    expect(REPORT_FILLED);
    assert_int_equal(report.order_id, 0);
    assert_int_equal(desk->position_lots, 5);
}

static void old_executions_are_forgotten_and_the_newest_are_not(void **state)
{
    (void)state;
    uint64_t last = 0;
    for (uint64_t i = 1; i <= DESK_EXECUTIONS_KEPT; i++) {
        last = i * UINT64_C(0x9E3779B97F4A7C15);
        desk_skip_execution(desk, last);
    }
    assert_false(fill(0, last, 1, 0));
}

// ---- ids ----

static void ids_are_read_back_and_strangers_are_told_apart(void **state)
{
    (void)state;
    struct link_namer namer, other;
    char text[LINK_ID_SIZE];
    assert_int_equal(link_namer_init(&namer, "abcdefghij", 1790134712030, 77), MM_OK);
    assert_int_equal(link_namer_init(&other, "abcdefghij", 1790134712031, 77), MM_OK);
    link_write(&namer, UINT64_C(1) << 56, text);
    assert_true(strlen(text) <= 36);
    link_write(&namer, 123456, text);
    struct link_meaning meaning = link_read(&namer, text);
    assert_int_equal(meaning.owner, LINK_OWN);
    assert_int_equal(meaning.order_number, 123456);
    assert_int_equal(meaning.run_ms, 1790134712030);
    assert_int_equal(link_read(&other, text).owner, LINK_OTHER_RUN);
    const char *const strangers[] = {
        "", "x", "abcdefghij", "abcdefghij-1-1", "1234", "manual", "abcdefghijk-0mx2850frx43a-1"};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        assert_int_equal(link_read(&namer, strangers[i]).owner, LINK_STRANGER);
    }
    assert_int_equal(link_namer_init(&namer, "with-dash", 1, 1), MM_ERROR_USAGE);
    mm_error_clear();
}

// ---- the rate ----

static void no_second_holds_more_requests_than_the_limit(void **state)
{
    (void)state;
    struct rate_budget budget = {0};
    int64_t sent[200];
    uint32_t count = 0;
    for (int64_t t = 0; t < 5000; t += 7) {
        if (rate_budget_take(&budget, 1, t * MS) && count < 200) {
            sent[count++] = t;
        }
    }
    assert_true(count >= 45);
    for (uint32_t i = 10; i < count; i++) {
        assert_true(sent[i] - sent[i - 10] > 1000);
    }
}

// How many more requests the budget lets through now.
static uint32_t take_all(struct rate_budget *budget, int64_t at_ns)
{
    uint32_t count = 0;
    while (rate_budget_take(budget, 1, at_ns)) {
        count++;
    }
    return count;
}

static void what_the_exchange_says_of_the_limit_is_obeyed(void **state)
{
    (void)state;
    struct rate_budget budget = {0};
    struct rate_limit said = rate_limit_read("20", "19", "1000");
    assert_true(rate_budget_take(&budget, 1, now_ns));
    assert_true(rate_budget_note(&budget, &said, false, 0, now_ns));
    assert_false(rate_budget_note(&budget, &said, false, 0, now_ns)); // nothing new
    assert_int_equal(take_all(&budget, now_ns), 19);
    struct rate_budget other = {0};
    said = rate_limit_read("10", "0", "1950"); // on its clock, which is 250 ms ahead
    (void)rate_budget_note(&other, &said, false, 250, now_ns);
    assert_false(rate_budget_take(&other, 1, now_ns + 699 * MS));
    assert_true(rate_budget_take(&other, 1, now_ns + 700 * MS));
    said = (struct rate_limit){0};
    (void)rate_budget_note(&other, &said, true, 0, now_ns); // refused, and no word of when
    assert_false(rate_budget_take(&other, 1, now_ns + 999 * MS));
    assert_true(rate_budget_take(&other, 1, now_ns + 1000 * MS));
}

// Others trade on the account, too: of 10 we sent 2, and 3 are left.
static void what_others_use_of_the_limit_is_left_to_them(void **state)
{
    (void)state;
    struct rate_budget budget = {0};
    struct rate_limit said = rate_limit_read("10", "3", "1000");
    assert_true(rate_budget_take(&budget, 2, now_ns));
    (void)rate_budget_note(&budget, &said, false, 0, now_ns);
    (void)rate_budget_note(&budget, &said, false, 0, now_ns); // they are counted once
    assert_int_equal(take_all(&budget, now_ns), 3);
    now_ns += RATE_WINDOW_NS;
    assert_int_equal(take_all(&budget, now_ns), 10);
}

static void an_answer_without_a_limit_says_nothing_of_it(void **state)
{
    (void)state;
    static const char *const texts[][3] = {{"", "", ""},      {"10", "", "1"}, {"", "3", "1"},
                                           {"ten", "3", "1"}, {"10", "x", ""}, {"0", "0", "1"},
                                           {"10", "11", "1"}, {"-1", "0", "1"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct rate_limit said = rate_limit_read(texts[i][0], texts[i][1], texts[i][2]);
        assert_int_equal(said.limit, 0);
    }
    assert_int_equal(rate_limit_read("10", "0", "").limit, 10);
}

// ---- the heartbeat ----

static void a_heartbeat_that_stands_still_is_dead_once_unless_it_said_stopped(void **state)
{
    (void)state;
    char text[HEARTBEAT_SIZE + 1];
    struct heartbeat_watch watch = {.after_ns = 5000 * MS};
    assert_int_equal(heartbeat_look(&watch, "", 0), HEART_SAME); // nobody has begun
    assert_int_equal(heartbeat_look(&watch, "", 60000 * MS), HEART_SAME);
    heartbeat_write("alive", "mmb", 1, text);
    assert_int_equal(heartbeat_look(&watch, text, 60000 * MS), HEART_BEGAN);
    assert_int_equal(heartbeat_look(&watch, text, 64999 * MS), HEART_SAME);
    heartbeat_write("alive", "mmb", 2, text);
    assert_int_equal(heartbeat_look(&watch, text, 64999 * MS), HEART_SAME);
    assert_int_equal(heartbeat_look(&watch, "", 69999 * MS), HEART_DEAD); // gone is as still
    assert_int_equal(heartbeat_look(&watch, text, 90000 * MS), HEART_SAME);
    heartbeat_write("alive", "mmb", 3, text);
    assert_int_equal(heartbeat_look(&watch, text, 91000 * MS), HEART_BEGAN);
    heartbeat_write("stopped", "mmb", 4, text);
    assert_int_equal(heartbeat_look(&watch, text, 92000 * MS), HEART_STOPPED);
    assert_int_equal(heartbeat_look(&watch, text, 999000 * MS), HEART_SAME);
}

// ---- rows ----

static const struct instrument instrument = {.symbol = "BTCUSDT", .tick = {1, -1}, .lot = {1, -3}};

static void rows_are_read_with_empty_numbers_and_unknown_words(void **state)
{
    (void)state;
    struct order_row row;
    bool is_broken;
    json_t *item = json_pack("{ssssssssssssss}", "symbol", "BTCUSDT", "orderStatus", "New", "side",
                             "Buy", "price", "27673.40", "qty", "0.001", "cumExecQty", "",
                             "updatedTime", "1682917170026");
    assert_true(order_row_read(item, &instrument, &row, &is_broken));
    assert_int_equal(row.price_ticks, 276734);
    assert_int_equal(row.cum_lots, 0);
    json_object_set_new(item, "orderStatus", json_string("Surprising"));
    assert_true(order_row_read(item, &instrument, &row, &is_broken));
    assert_int_equal(row.stage, STAGE_UNKNOWN);
    json_object_set_new(item, "price", json_string("27673.43"));
    assert_false(order_row_read(item, &instrument, &row, &is_broken));
    assert_true(is_broken);
    json_object_set_new(item, "symbol", json_string("ETHUSDT"));
    assert_false(order_row_read(item, &instrument, &row, &is_broken));
    assert_false(is_broken);
    json_decref(item);
}

static void every_status_of_an_order_says_whether_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum order_stage stage;
    } cases[] = {{"New", STAGE_OPEN},          {"PartiallyFilled", STAGE_OPEN},
                 {"Untriggered", STAGE_OPEN},  {"Filled", STAGE_FILLED},
                 {"Cancelled", STAGE_ENDED},   {"PartiallyFilledCanceled", STAGE_ENDED}, // of spot
                 {"Deactivated", STAGE_ENDED}, {"Rejected", STAGE_REJECTED},
                 {"", STAGE_UNKNOWN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct order_row row;
        bool is_broken;
        json_t *item = json_pack("{ssssssssss}", "symbol", "BTCUSDT", "orderStatus",
                                 cases[i].status, "side", "Sell", "price", "1.0", "qty", "0.001");
        assert_true(order_row_read(item, &instrument, &row, &is_broken));
        assert_int_equal(row.stage, cases[i].stage);
        json_decref(item);
    }
}

static void the_amount_of_funding_is_read_to_the_unit_of_money(void **state)
{
    (void)state;
    static const struct {
        const char *fee;
        int64_t fee_e9;
        bool fine;
    } cases[] = {{"0.06101433", 61014330, true},
                 {"-0.06101433", -61014330, true}, // received
                 {"0.0610143399999", 61014339, true},
                 {"3", INT64_C(3000000000), true},
                 {"0", 0, true},
                 {"", 0, false},
                 {"much", 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct execution_row row;
        bool is_broken;
        json_t *item = json_pack("{ssssssssss}", "symbol", "BTCUSDT", "execId", "f1", "execType",
                                 "Funding", "execFee", cases[i].fee, "execTime", "1682640000000");
        assert_int_equal(execution_row_read(item, &instrument, &row, &is_broken), cases[i].fine);
        assert_int_equal(is_broken, !cases[i].fine); // told, not booked as nothing
        if (cases[i].fine) {
            assert_int_equal(row.kind, EXECUTION_FUNDING);
            assert_int_equal(row.fee_e9, cases[i].fee_e9);
        }
        json_decref(item);
    }
}

static void codes_mean_what_the_exchange_means_by_them(void **state)
{
    (void)state;
    assert_int_equal(code_read(0), CODE_ACCEPTED);
    assert_int_equal(code_read(110001), CODE_GONE);
    assert_int_equal(code_read(170213), CODE_GONE);
    assert_int_equal(code_read(110079), CODE_BUSY);
    assert_int_equal(code_read(10006), CODE_AMBIGUOUS);
    assert_int_equal(code_read(10002), CODE_REFUSED); // too old: for sure not done
    assert_int_equal(code_read(110007), CODE_REFUSED);
    assert_int_equal(code_read(170131), CODE_REFUSED);
    assert_int_equal(code_read(170212), CODE_BUSY);
    assert_int_equal(code_read(170141), CODE_GONE); // taken: the order is there
    assert_int_equal(code_read(170007), CODE_AMBIGUOUS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_says_accepted_and_a_row_says_placed),
        TEST(the_row_may_come_before_the_answer),
        TEST(a_post_only_order_that_would_cross_expires_by_either_status),
        TEST(silence_makes_an_order_unknown_and_never_sends_it_again),
        TEST(ambiguous_codes_leave_an_order_unknown),
        TEST(a_refusal_ends_a_place_and_leaves_an_amended_order_as_it_was),
        TEST(only_the_exchange_can_say_that_an_order_does_not_exist),
        TEST(an_order_whose_answer_was_lost_is_found_by_a_question),
        TEST(a_cancel_too_late_is_unknown_until_the_fill_that_beat_it),
        TEST(an_execution_counts_once_however_often_it_comes),
        TEST(funding_is_not_a_fill),
        TEST(a_fill_after_the_end_is_booked_once),
        TEST(an_end_waits_for_its_executions),
        TEST(an_amend_that_changes_nothing_is_not_sent),
        TEST(an_amend_asks_for_what_is_executed_too),
        TEST(one_operation_per_order_and_one_more_try_when_it_is_busy),
        TEST(a_break_puts_every_order_in_doubt_and_none_away),
        TEST(an_order_that_the_list_of_open_ones_lacks_is_asked_after),
        TEST(a_whole_fill_whose_row_was_lost_ends_by_a_question),
        TEST(a_place_that_is_free_again_is_used_again),
        TEST(nothing_is_placed_while_the_account_is_not_known),
        TEST(what_the_exchange_would_not_take_is_neither_placed_nor_amended_to),
        TEST(an_amend_is_judged_by_the_whole_order),
        TEST(strangers_fills_move_the_position),
        TEST(old_executions_are_forgotten_and_the_newest_are_not),
        TEST(ids_are_read_back_and_strangers_are_told_apart),
        TEST(no_second_holds_more_requests_than_the_limit),
        TEST(what_the_exchange_says_of_the_limit_is_obeyed),
        TEST(what_others_use_of_the_limit_is_left_to_them),
        TEST(an_answer_without_a_limit_says_nothing_of_it),
        TEST(a_heartbeat_that_stands_still_is_dead_once_unless_it_said_stopped),
        TEST(rows_are_read_with_empty_numbers_and_unknown_words),
        TEST(every_status_of_an_order_says_whether_it_stands),
        TEST(the_amount_of_funding_is_read_to_the_unit_of_money),
        TEST(codes_mean_what_the_exchange_means_by_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
