#include "venue/sim/matching.h"

#include "cmocka_all.h"

enum { SPAN = 1 << 18, ORDERS = 64, EXECUTIONS = 64 };

struct exchange {
    struct matching matching;
    struct match_execution executions[EXECUTIONS];
    uint32_t count;
};

static void on_executed(void *context, const struct match_execution *execution)
{
    struct exchange *exchange = context;
    assert_true(exchange->count < EXECUTIONS);
    exchange->executions[exchange->count++] = *execution;
}

static int set_up(void **state)
{
    static struct exchange exchange;
    exchange.count = 0;
    matching_init(&exchange.matching, (struct book_geometry){.base_ticks = 0, .span = SPAN}, ORDERS,
                  on_executed, &exchange);
    *state = &exchange;
    return 0;
}

static int tear_down(void **state)
{
    struct exchange *exchange = *state;
    matching_fini(&exchange->matching);
    return 0;
}

static struct match_result place(struct exchange *exchange, enum side side, enum time_in_force tif,
                                 int64_t price_ticks, int64_t qty_lots)
{
    return matching_place(&exchange->matching, &(struct match_request){.side = side,
                                                                       .type = ORDER_LIMIT,
                                                                       .tif = tif,
                                                                       .price_ticks = price_ticks,
                                                                       .qty_lots = qty_lots});
}

static uint32_t rest(struct exchange *exchange, enum side side, int64_t price_ticks,
                     int64_t qty_lots)
{
    struct match_result result = place(exchange, side, TIF_GTC, price_ticks, qty_lots);
    assert_int_equal(result.outcome, MATCH_RESTING);
    return result.slot;
}

static int64_t lots_at(const struct exchange *exchange, enum side side, int64_t price_ticks)
{
    uint32_t index = geometry_index(exchange->matching.geometry, side, price_ticks);
    return exchange->matching.levels[side][index].lots;
}

static void orders_at_one_price_fill_in_the_order_they_came(void **state)
{
    struct exchange *exchange = *state;
    uint32_t first = rest(exchange, SIDE_SELL, 100, 5);
    uint32_t second = rest(exchange, SIDE_SELL, 100, 7);
    struct match_result taken = place(exchange, SIDE_BUY, TIF_IOC, 100, 8);
    assert_int_equal(taken.outcome, MATCH_FILLED);
    assert_int_equal(exchange->count, 2);
    assert_int_equal(exchange->executions[0].maker_slot, first);
    assert_int_equal(exchange->executions[0].lots, 5);
    assert_int_equal(exchange->executions[0].consumed_lots, 0);
    assert_int_equal(exchange->executions[1].maker_slot, second);
    assert_int_equal(exchange->executions[1].lots, 3);
    assert_int_equal(exchange->executions[1].maker_leaves_lots, 4);
    assert_int_equal(exchange->executions[1].consumed_lots, 5);
    assert_int_equal(lots_at(exchange, SIDE_SELL, 100), 4);
}

static void a_better_price_fills_before_an_earlier_order(void **state)
{
    struct exchange *exchange = *state;
    rest(exchange, SIDE_BUY, 100, 5);
    uint32_t better = rest(exchange, SIDE_BUY, 101, 5);
    place(exchange, SIDE_SELL, TIF_IOC, 99, 6);
    assert_int_equal(exchange->executions[0].maker_slot, better);
    assert_int_equal(exchange->executions[0].price_ticks, 101);
    assert_int_equal(exchange->executions[1].price_ticks, 100);
    assert_int_equal(exchange->executions[1].lots, 1);
}

static void a_limit_order_rests_with_what_it_could_not_take(void **state)
{
    struct exchange *exchange = *state;
    rest(exchange, SIDE_SELL, 100, 5);
    rest(exchange, SIDE_SELL, 102, 5);
    struct match_result result = place(exchange, SIDE_BUY, TIF_GTC, 101, 8);
    assert_int_equal(result.outcome, MATCH_RESTING);
    assert_int_equal(result.executed_lots, 5);
    assert_int_equal(result.leaves_lots, 3);
    assert_int_equal(matching_best_ticks(&exchange->matching, SIDE_BUY), 101);
    assert_int_equal(matching_best_ticks(&exchange->matching, SIDE_SELL), 102);
}

static void immediate_or_cancel_and_market_orders_never_rest(void **state)
{
    struct exchange *exchange = *state;
    rest(exchange, SIDE_SELL, 100, 5);
    struct match_result result = place(exchange, SIDE_BUY, TIF_IOC, 100, 8);
    assert_int_equal(result.outcome, MATCH_EXPIRED);
    assert_int_equal(result.executed_lots, 5);
    rest(exchange, SIDE_SELL, 200, 5);
    result = matching_place(
        &exchange->matching,
        &(struct match_request){.side = SIDE_BUY, .type = ORDER_MARKET, .qty_lots = 9});
    assert_int_equal(result.outcome, MATCH_EXPIRED);
    assert_int_equal(result.executed_lots, 5);
    assert_int_equal(exchange->matching.order_count, 0);
}

static void fill_or_kill_takes_all_or_nothing(void **state)
{
    struct exchange *exchange = *state;
    rest(exchange, SIDE_SELL, 100, 5);
    rest(exchange, SIDE_SELL, 150, 5);
    assert_int_equal(place(exchange, SIDE_BUY, TIF_FOK, 149, 6).outcome, MATCH_EXPIRED);
    assert_int_equal(exchange->count, 0);
    assert_int_equal(place(exchange, SIDE_BUY, TIF_FOK, 150, 10).outcome, MATCH_FILLED);
    assert_int_equal(exchange->count, 2);
}

static void post_only_expires_rather_than_take(void **state)
{
    struct exchange *exchange = *state;
    rest(exchange, SIDE_SELL, 100, 5);
    assert_int_equal(place(exchange, SIDE_BUY, TIF_POST_ONLY, 100, 1).outcome, MATCH_EXPIRED);
    struct match_result resting = place(exchange, SIDE_BUY, TIF_POST_ONLY, 99, 1);
    assert_int_equal(resting.outcome, MATCH_RESTING);
    assert_int_equal(matching_amend(&exchange->matching, resting.slot, 100, 1).outcome,
                     MATCH_EXPIRED);
    assert_int_equal(exchange->matching.best[SIDE_BUY], 0);
    assert_int_equal(exchange->count, 0);
}

static void a_smaller_amend_keeps_its_place_a_larger_one_goes_back(void **state)
{
    struct exchange *exchange = *state;
    uint32_t first = rest(exchange, SIDE_BUY, 100, 5);
    uint32_t second = rest(exchange, SIDE_BUY, 100, 5);
    assert_int_equal(matching_amend(&exchange->matching, first, 100, 4).outcome, MATCH_RESTING);
    place(exchange, SIDE_SELL, TIF_IOC, 100, 1);
    assert_int_equal(exchange->executions[0].maker_slot, first);
    struct match_result back = matching_amend(&exchange->matching, first, 100, 4);
    assert_int_equal(back.ahead_lots, 5);
    place(exchange, SIDE_SELL, TIF_IOC, 100, 1);
    assert_int_equal(exchange->executions[1].maker_slot, second);
}

static void an_amend_across_the_spread_takes_and_rests(void **state)
{
    struct exchange *exchange = *state;
    rest(exchange, SIDE_SELL, 105, 3);
    uint32_t bid = rest(exchange, SIDE_BUY, 100, 5);
    struct match_result result = matching_amend(&exchange->matching, bid, 105, 5);
    assert_int_equal(result.outcome, MATCH_RESTING);
    assert_int_equal(result.executed_lots, 3);
    assert_int_equal(lots_at(exchange, SIDE_BUY, 105), 2);
    assert_int_equal(lots_at(exchange, SIDE_BUY, 100), 0);
    assert_int_equal(exchange->matching.best[SIDE_SELL], 0);
}

static void the_next_level_is_found_at_any_distance_and_never_wraps(void **state)
{
    struct exchange *exchange = *state;
    uint32_t touch = rest(exchange, SIDE_BUY, SPAN - 1, 1);
    rest(exchange, SIDE_BUY, 70000, 1);
    rest(exchange, SIDE_BUY, 63, 1);
    uint32_t last = rest(exchange, SIDE_BUY, 1, 1);
    const int64_t expected[] = {70000, 63, 1};
    for (int i = 0; i < 3; i++) {
        matching_cancel(&exchange->matching, touch);
        assert_int_equal(matching_best_ticks(&exchange->matching, SIDE_BUY), expected[i]);
        uint32_t index = exchange->matching.best[SIDE_BUY];
        touch = exchange->matching.levels[SIDE_BUY][index].first;
    }
    assert_int_equal(touch, last);
    assert_int_equal(matching_scan(&exchange->matching, SIDE_BUY, 0), 0);
    rest(exchange, SIDE_SELL, SPAN - 1, 1);
    matching_cancel(&exchange->matching, last);
    assert_int_equal(exchange->matching.best[SIDE_BUY], 0);
    assert_int_equal(matching_best_ticks(&exchange->matching, SIDE_SELL), SPAN - 1);
}

static void what_cannot_be_an_order_is_refused_and_changes_nothing(void **state)
{
    struct exchange *exchange = *state;
    const int64_t bad[][2] = {{0, 1}, {SPAN, 1}, {-5, 1}, {10, 0}, {10, -1}, {10, ROW_LOTS_LIMIT}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(place(exchange, SIDE_BUY, TIF_GTC, bad[i][0], bad[i][1]).outcome,
                         MATCH_REFUSED);
    }
    uint32_t slot = rest(exchange, SIDE_BUY, 10, ROW_LOTS_LIMIT - 1);
    assert_int_equal(place(exchange, SIDE_BUY, TIF_GTC, 10, 1).outcome, MATCH_REFUSED);
    assert_int_equal(matching_amend(&exchange->matching, slot, 0, 1).outcome, MATCH_REFUSED);
    assert_int_equal(exchange->matching.changed_count, 1);
    for (int i = 1; i < ORDERS; i++) {
        rest(exchange, SIDE_BUY, 20 + i, 1);
    }
    assert_int_equal(place(exchange, SIDE_BUY, TIF_GTC, 9, 1).outcome, MATCH_REFUSED);
    assert_int_equal(exchange->matching.order_count, ORDERS);
}

static void every_changed_level_is_listed_once(void **state)
{
    struct exchange *exchange = *state;
    rest(exchange, SIDE_SELL, 100, 5);
    rest(exchange, SIDE_SELL, 100, 5);
    rest(exchange, SIDE_SELL, 101, 5);
    assert_int_equal(exchange->matching.changed_count, 2);
    matching_clear_changed(&exchange->matching);
    place(exchange, SIDE_BUY, TIF_GTC, 100, 12);
    assert_int_equal(exchange->matching.changed_count, 2);
    struct book_geometry geometry = exchange->matching.geometry;
    assert_int_equal(exchange->matching.changed_keys[0], geometry_key(geometry, SIDE_SELL, 100));
    assert_int_equal(exchange->matching.changed_keys[1], geometry_key(geometry, SIDE_BUY, 100));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(orders_at_one_price_fill_in_the_order_they_came),
        CASE(a_better_price_fills_before_an_earlier_order),
        CASE(a_limit_order_rests_with_what_it_could_not_take),
        CASE(immediate_or_cancel_and_market_orders_never_rest),
        CASE(fill_or_kill_takes_all_or_nothing),
        CASE(post_only_expires_rather_than_take),
        CASE(a_smaller_amend_keeps_its_place_a_larger_one_goes_back),
        CASE(an_amend_across_the_spread_takes_and_rests),
        CASE(the_next_level_is_found_at_any_distance_and_never_wraps),
        CASE(what_cannot_be_an_order_is_refused_and_changes_nothing),
        CASE(every_changed_level_is_listed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
