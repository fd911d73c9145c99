#include "trade/orders.h"

#include "cmocka_all.h"

static const int64_t MS = 1000000;
static const int64_t SECOND = 1000000000;

static const struct orders_config config = {
    .concurrency_limit = 2, .unknown_query_ns = 1000000000, .first_order_id = 7};

static struct orders new_orders(void)
{
    struct orders orders;
    orders_init(&orders, &config, 2);
    struct params params = params_of_profile(PARAMS_DEFAULT); // 70 ms, 260 a minute
    orders_set_params(&orders, &params, 0);
    return orders;
}

static struct venue_request place(struct orders *orders, enum side side, int64_t now_ns)
{
    struct venue_request request;
    orders_place(orders, side, 0, 100, 20, now_ns, &request);
    return request;
}

static struct orders_outcome report(struct orders *orders, struct venue_report what, int64_t now_ns)
{
    struct orders_outcome outcome;
    orders_report(orders, &what, now_ns, &outcome);
    return outcome;
}

static struct venue_report resting(enum venue_report_kind kind, uint64_t id, int64_t price,
                                   int64_t leaves)
{
    return (struct venue_report){.kind = kind,
                                 .answers = kind == REPORT_PLACED ? VENUE_PLACE : VENUE_AMEND,
                                 .order_id = id,
                                 .price_ticks = price,
                                 .qty_lots = leaves,
                                 .leaves_qty_lots = leaves};
}

static struct venue_report filled(uint64_t id, int64_t exec, int64_t leaves)
{
    return (struct venue_report){.kind = REPORT_FILLED,
                                 .order_id = id,
                                 .exec_qty_lots = exec,
                                 .exec_price_ticks = 100,
                                 .leaves_qty_lots = leaves};
}

static struct venue_report refused(enum venue_op answers, enum venue_reject why, uint64_t id)
{
    return (struct venue_report){
        .kind = REPORT_REJECTED, .answers = answers, .reject = why, .order_id = id};
}

static struct venue_report canceled(uint64_t id)
{
    return (struct venue_report){.kind = REPORT_CANCELED, .answers = VENUE_CANCEL, .order_id = id};
}

static struct orders with_live_order(int64_t now_ns)
{
    struct orders orders = new_orders();
    struct venue_request request = place(&orders, SIDE_BUY, now_ns);
    report(&orders, resting(REPORT_PLACED, request.order_id, 100, 20), now_ns);
    return orders;
}

static void amend(struct orders *orders, int64_t price, int64_t qty, int64_t now_ns)
{
    assert_int_equal(orders_check(orders, SIDE_BUY, 0, VENUE_AMEND, now_ns).block, ORDERS_CLEAR);
    struct venue_request request;
    orders_amend(orders, SIDE_BUY, 0, price, qty, now_ns, &request);
    assert_int_equal(request.op, VENUE_AMEND);
    assert_int_equal(request.price_ticks, price);
    assert_int_equal(request.qty_lots, qty);
}

static void cancel(struct orders *orders, int64_t now_ns)
{
    struct venue_request request;
    orders_cancel(orders, SIDE_BUY, 0, ORDER_REASON_TAIL_AGE, now_ns, &request);
    assert_int_equal(request.op, VENUE_CANCEL);
}

static enum order_state state_of(const struct orders *orders)
{
    return orders_at(orders, SIDE_BUY, 0)->state;
}

static void an_order_lives_from_place_to_fill(void **state)
{
    (void)state;
    struct orders orders = new_orders();
    struct venue_request request = place(&orders, SIDE_BUY, 5 * MS);
    assert_int_equal(request.order_id, 7);
    assert_int_equal(request.tif, TIF_POST_ONLY);
    assert_int_equal(state_of(&orders), ORDER_PENDING_PLACE);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 20);

    struct orders_outcome outcome = report(&orders, resting(REPORT_PLACED, 7, 100, 20), 25 * MS);
    assert_true(outcome.answered && !outcome.moved && !outcome.ended);
    assert_int_equal(outcome.latency_ns, 20 * MS);
    assert_int_equal(state_of(&orders), ORDER_LIVE);

    outcome = report(&orders, filled(7, 5, 15), 30 * MS);
    assert_true(outcome.is_known && !outcome.ended && !outcome.answered);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 15);

    outcome = report(&orders, filled(7, 15, 0), 65 * MS);
    assert_true(outcome.ended);
    assert_int_equal(outcome.status, ORDER_FILLED);
    assert_int_equal(outcome.age_ns, 40 * MS); // since it was seen resting
    assert_int_equal(state_of(&orders), ORDER_FREE);
    assert_int_equal(orders_open_count(&orders), 0);
}

static void ids_are_never_used_twice(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    cancel(&orders, 0);
    report(&orders, canceled(7), 0);
    assert_int_equal(place(&orders, SIDE_BUY, 0).order_id, 8);
    assert_int_equal(place(&orders, SIDE_SELL, 0).order_id, 9);
}

static void an_order_has_one_operation_at_a_time(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    amend(&orders, 101, 20, 0);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, SECOND / 2).block,
                     ORDERS_BLOCK_OUTSTANDING);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_CANCEL, SECOND / 2).block,
                     ORDERS_BLOCK_OUTSTANDING);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_PLACE, SECOND / 2).block,
                     ORDERS_BLOCK_OUTSTANDING);
}

static void operations_in_flight_are_limited_but_cancels_always_go(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    place(&orders, SIDE_SELL, 0);
    struct venue_request request;
    orders_place(&orders, SIDE_SELL, 1, 110, 20, 0, &request);
    assert_int_equal(orders_in_flight(&orders), 2);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 1, VENUE_PLACE, 0).block,
                     ORDERS_BLOCK_CONCURRENCY);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, 0).block,
                     ORDERS_BLOCK_CONCURRENCY);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_CANCEL, 0).block, ORDERS_CLEAR);
}

static void two_replaces_of_a_quote_keep_the_least_interval(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    amend(&orders, 101, 20, 10 * MS);
    report(&orders, resting(REPORT_AMENDED, 7, 101, 20), 30 * MS);
    struct orders_gate gate = orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, 80 * MS - 1);
    assert_int_equal(gate.block, ORDERS_BLOCK_MIN_INTERVAL);
    assert_int_equal(gate.retry_ns, 80 * MS);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, 80 * MS).block, ORDERS_CLEAR);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_CANCEL, 31 * MS).block, ORDERS_CLEAR);
}

// Replaces as often as it may for `seconds` and returns how often that was.
static int replaces_within(struct orders *orders, int64_t from_ns, int64_t seconds)
{
    int count = 0;
    for (int64_t now = from_ns; now < from_ns + seconds * SECOND; now += MS) {
        if (orders_check(orders, SIDE_BUY, 0, VENUE_AMEND, now).block == ORDERS_CLEAR) {
            amend(orders, 100 + count % 2, 20, now);
            report(orders, resting(REPORT_AMENDED, 7, 100 + count % 2, 20), now);
            count++;
        }
    }
    return count;
}

static void replaces_keep_their_rate_over_any_time(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    // 260 a minute: four at once (4.33 in the bucket), then one every 230.77 ms.
    assert_int_equal(replaces_within(&orders, 0, 600), 4 + 2600);
    struct orders_gate gate = orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, 600 * SECOND);
    assert_int_equal(gate.block, ORDERS_BLOCK_THROTTLE);
    assert_true(gate.retry_ns > 600 * SECOND && gate.retry_ns < 601 * SECOND);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, gate.retry_ns - 1).block,
                     ORDERS_BLOCK_THROTTLE);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, gate.retry_ns).block,
                     ORDERS_CLEAR);
}

static void a_new_rate_holds_from_when_it_is_set(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    replaces_within(&orders, 0, 60);
    struct params params = params_of_profile(PARAMS_DEFAULT);
    params.steps[PARAM_REPLACE_RATE_PER_MIN] = 60;
    orders_set_params(&orders, &params, 60 * SECOND);
    assert_in_range(replaces_within(&orders, 60 * SECOND, 600), 599, 601);
}

static void a_bucket_left_alone_for_years_does_not_overflow(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_AMEND, INT64_MAX / 2).block,
                     ORDERS_CLEAR);
    assert_int_equal(orders.bucket.units, 260 * SECOND);
}

static void an_amend_that_races_fills_counts_with_both_sizes(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    amend(&orders, 101, 20, 0);
    // 19 may fill before the amend makes the open quantity 20 again.
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 39);
    report(&orders, filled(7, 19, 1), MS);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 20);
    struct orders_outcome outcome = report(&orders, resting(REPORT_AMENDED, 7, 101, 20), 2 * MS);
    assert_true(outcome.moved && outcome.answered);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 20);
    assert_int_equal(orders_at(&orders, SIDE_BUY, 0)->amend_count, 1);
}

static void an_order_may_fill_at_its_old_price_while_its_amend_is_on_the_way(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    amend(&orders, 101, 20, 0);
    struct orders_outcome outcome = report(&orders, filled(7, 20, 0), 5 * MS);
    assert_true(outcome.ended);
    outcome = report(&orders, refused(VENUE_AMEND, VENUE_REJECT_UNKNOWN_ORDER, 7), 6 * MS);
    assert_false(outcome.is_known);
    assert_int_equal(orders_open_count(&orders), 0);
    assert_int_equal(orders.stray_report_count, 1);
}

static void a_fill_after_the_cancel_was_refused_still_ends_the_order(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    cancel(&orders, 0);
    report(&orders, refused(VENUE_CANCEL, VENUE_REJECT_UNKNOWN_ORDER, 7), 5 * MS);
    assert_int_equal(state_of(&orders), ORDER_UNKNOWN);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 20);
    struct orders_outcome outcome = report(&orders, filled(7, 20, 0), 6 * MS);
    assert_true(outcome.ended);
    assert_int_equal(outcome.status, ORDER_FILLED);
}

static void a_late_fill_of_a_cancelled_order_still_finds_its_level(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    cancel(&orders, 0);
    struct orders_outcome outcome = report(&orders, canceled(7), 5 * MS);
    assert_int_equal(outcome.status, ORDER_CANCELED);
    assert_int_equal(outcome.order.reason, ORDER_REASON_TAIL_AGE);
    outcome = report(&orders, filled(7, 20, 0), 6 * MS);
    assert_false(outcome.is_known);
    assert_true(outcome.has_place);
    assert_int_equal(outcome.side, SIDE_BUY);
}

static void an_unanswered_operation_makes_the_order_unknown_and_it_is_asked_after(void **state)
{
    (void)state;
    struct orders orders = new_orders();
    place(&orders, SIDE_BUY, 0);
    struct orders_outcome outcome;
    assert_false(orders_time_out(&orders, SIDE_BUY, 0, SECOND - 1, &outcome));
    assert_int_equal(state_of(&orders), ORDER_PENDING_PLACE);
    assert_int_equal(orders_next_deadline_ns(&orders), SECOND);
    assert_false(orders_time_out(&orders, SIDE_BUY, 0, SECOND, &outcome));
    assert_int_equal(state_of(&orders), ORDER_UNKNOWN);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 20);
    assert_int_equal(orders_in_flight(&orders), 0);

    assert_false(orders_should_ask(&orders, SIDE_BUY, 0, 2 * SECOND - 1));
    assert_true(orders_should_ask(&orders, SIDE_BUY, 0, 2 * SECOND));
    cancel(&orders, 2 * SECOND);
    assert_int_equal(state_of(&orders), ORDER_UNKNOWN);
    assert_int_equal(orders_next_deadline_ns(&orders), 3 * SECOND);
    outcome = report(&orders, canceled(7), 2 * SECOND + MS);
    assert_true(outcome.ended);
    assert_int_equal(outcome.order.reason, ORDER_REASON_UNKNOWN);
}

static void an_order_its_venue_knows_no_more_is_given_up_after_a_while(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    amend(&orders, 101, 20, 0);
    report(&orders, refused(VENUE_AMEND, VENUE_REJECT_UNKNOWN_ORDER, 7), 5 * MS);
    struct orders_outcome outcome;
    assert_false(orders_time_out(&orders, SIDE_BUY, 0, SECOND, &outcome));
    assert_true(orders_exposure_lots(&orders, SIDE_BUY) > 0);
    assert_true(orders_time_out(&orders, SIDE_BUY, 0, SECOND + 5 * MS, &outcome));
    assert_true(outcome.ended);
    assert_int_equal(state_of(&orders), ORDER_FREE);
}

static void a_lost_answer_is_not_an_answer(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    amend(&orders, 101, 20, 0);
    struct venue_report lost = {.kind = REPORT_LOST, .answers = VENUE_AMEND, .order_id = 7};
    struct orders_outcome outcome = report(&orders, lost, 5 * MS);
    assert_false(outcome.answered || outcome.ended);
    assert_int_equal(state_of(&orders), ORDER_UNKNOWN);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 39);
    assert_int_equal(orders_unknown_open_count(&orders), 1);
    // It was only late.
    report(&orders, resting(REPORT_AMENDED, 7, 101, 20), 9 * MS);
    assert_int_equal(state_of(&orders), ORDER_LIVE);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 20);
}

static void a_fill_shows_that_a_lost_place_had_arrived(void **state)
{
    (void)state;
    struct orders orders = new_orders();
    place(&orders, SIDE_BUY, 0);
    struct venue_report lost = {.kind = REPORT_LOST, .answers = VENUE_PLACE, .order_id = 7};
    report(&orders, lost, 5 * MS);
    report(&orders, filled(7, 5, 15), 6 * MS);
    assert_int_equal(state_of(&orders), ORDER_LIVE);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 15);
}

static void a_fill_seen_before_its_place_is_not_forgotten(void **state)
{
    (void)state;
    struct orders orders = new_orders();
    place(&orders, SIDE_BUY, 0);
    report(&orders, filled(7, 5, 15), 6 * MS);
    report(&orders, resting(REPORT_PLACED, 7, 100, 20), 7 * MS);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 15);
}

static void a_refused_operation_backs_off_for_one_interval(void **state)
{
    (void)state;
    struct orders orders = new_orders();
    place(&orders, SIDE_BUY, 0);
    struct orders_outcome outcome =
        report(&orders, refused(VENUE_PLACE, VENUE_REJECT_RATE_LIMIT, 7), 10 * MS);
    assert_true(outcome.ended && outcome.answered);
    assert_int_equal(outcome.status, ORDER_REJECTED);
    struct orders_gate gate = orders_check(&orders, SIDE_BUY, 0, VENUE_PLACE, 10 * MS);
    assert_int_equal(gate.block, ORDERS_BLOCK_BACK_OFF);
    assert_int_equal(gate.retry_ns, 80 * MS);
    place(&orders, SIDE_BUY, 80 * MS);
    struct venue_report expired = {.kind = REPORT_EXPIRED, .answers = VENUE_PLACE, .order_id = 8};
    outcome = report(&orders, expired, 90 * MS);
    assert_int_equal(outcome.order.reason, ORDER_REASON_POST_ONLY);
    assert_int_equal(orders_check(&orders, SIDE_BUY, 0, VENUE_PLACE, 91 * MS).block,
                     ORDERS_BLOCK_BACK_OFF);
}

static void a_refused_amend_leaves_the_order_as_it_was(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    amend(&orders, 101, 30, 0);
    report(&orders, refused(VENUE_AMEND, VENUE_REJECT_INVALID, 7), 10 * MS);
    assert_int_equal(state_of(&orders), ORDER_LIVE);
    assert_int_equal(orders_at(&orders, SIDE_BUY, 0)->price_ticks, 100);
    assert_int_equal(orders_exposure_lots(&orders, SIDE_BUY), 20);
}

static void age_counts_since_the_last_change_of_price(void **state)
{
    (void)state;
    struct orders orders = with_live_order(10 * MS);
    amend(&orders, 100, 10, 20 * MS); // only its size
    report(&orders, resting(REPORT_AMENDED, 7, 100, 10), 30 * MS);
    assert_int_equal(orders_at(&orders, SIDE_BUY, 0)->quoted_ns, 10 * MS);
    amend(&orders, 102, 10, 100 * MS);
    struct orders_outcome outcome = report(&orders, resting(REPORT_AMENDED, 7, 102, 10), 110 * MS);
    assert_int_equal(outcome.age_ns, 100 * MS);
    assert_int_equal(orders_at(&orders, SIDE_BUY, 0)->quoted_ns, 110 * MS);
}

static void the_best_price_includes_where_an_amend_is_going(void **state)
{
    (void)state;
    struct orders orders = with_live_order(0);
    struct venue_request request;
    orders_place(&orders, SIDE_BUY, 1, 95, 20, 0, &request);
    assert_int_equal(orders_best_ticks(&orders, SIDE_BUY), 100);
    amend(&orders, 103, 20, 0);
    assert_int_equal(orders_best_ticks(&orders, SIDE_BUY), 103);
    assert_int_equal(orders_best_ticks(&orders, SIDE_SELL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_lives_from_place_to_fill),
        cmocka_unit_test(ids_are_never_used_twice),
        cmocka_unit_test(an_order_has_one_operation_at_a_time),
        cmocka_unit_test(operations_in_flight_are_limited_but_cancels_always_go),
        cmocka_unit_test(two_replaces_of_a_quote_keep_the_least_interval),
        cmocka_unit_test(replaces_keep_their_rate_over_any_time),
        cmocka_unit_test(a_new_rate_holds_from_when_it_is_set),
        cmocka_unit_test(a_bucket_left_alone_for_years_does_not_overflow),
        cmocka_unit_test(an_amend_that_races_fills_counts_with_both_sizes),
        cmocka_unit_test(an_order_may_fill_at_its_old_price_while_its_amend_is_on_the_way),
        cmocka_unit_test(a_fill_after_the_cancel_was_refused_still_ends_the_order),
        cmocka_unit_test(a_late_fill_of_a_cancelled_order_still_finds_its_level),
        cmocka_unit_test(an_unanswered_operation_makes_the_order_unknown_and_it_is_asked_after),
        cmocka_unit_test(an_order_its_venue_knows_no_more_is_given_up_after_a_while),
        cmocka_unit_test(a_lost_answer_is_not_an_answer),
        cmocka_unit_test(a_fill_shows_that_a_lost_place_had_arrived),
        cmocka_unit_test(a_fill_seen_before_its_place_is_not_forgotten),
        cmocka_unit_test(a_refused_operation_backs_off_for_one_interval),
        cmocka_unit_test(a_refused_amend_leaves_the_order_as_it_was),
        cmocka_unit_test(age_counts_since_the_last_change_of_price),
        cmocka_unit_test(the_best_price_includes_where_an_amend_is_going),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
