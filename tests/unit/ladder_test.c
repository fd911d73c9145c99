// The reference ladder's policy and its options: replay-semantics 3.
#include "trade/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct ladder_config golden = {
    .qty_lots = 1, .max_position = 0.01, .half_spread_ticks = 20};

static struct ladder_view view_of(int64_t bid, int64_t ask, double position)
{
    return (struct ladder_view){.bid_ticks = bid, .ask_ticks = ask, .position = position};
}

static void assert_prices(const int64_t *found, int64_t first, int64_t step)
{
    for (int i = 0; i < LADDER_LEVELS; i++) {
        assert_int_equal(found[i], first + i * step);
    }
}

static void prices_are_whole_steps_away_from_the_mid(void **state)
{
    (void)state;
    int64_t prices[LADDER_LEVELS];
    struct ladder_view view = view_of(618000, 618001, 0.0);
    // mid 618000.5: bids from 617980.5 down to the step of 10, asks from 618020.5 up
    assert_int_equal(ladder_wanted(&golden, &view, SIDE_BUY, prices), LADDER_LEVELS);
    assert_prices(prices, 617980, -10);
    assert_int_equal(ladder_wanted(&golden, &view, SIDE_SELL, prices), LADDER_LEVELS);
    assert_prices(prices, 618030, 10);
}

static void the_position_shifts_both_sides_against_itself(void **state)
{
    (void)state;
    int64_t prices[LADDER_LEVELS];
    struct ladder_view view = view_of(618000, 618002, 0.005); // skew 10
    ladder_wanted(&golden, &view, SIDE_BUY, prices);
    assert_prices(prices, 617970, -10); // 618001 - 20 - 10 = 617971
    ladder_wanted(&golden, &view, SIDE_SELL, prices);
    assert_prices(prices, 618020, 10); // 618001 + 20 - 10 = 618011
    view.position = -0.005;
    ladder_wanted(&golden, &view, SIDE_BUY, prices);
    assert_prices(prices, 617990, -10); // 617991
}

static void quotes_do_not_cross_the_touch(void **state)
{
    (void)state;
    int64_t prices[LADDER_LEVELS];
    struct ladder_config config = golden;
    config.half_spread_ticks = 2; // step 1
    struct ladder_view view = view_of(100, 110, -0.009);
    ladder_wanted(&config, &view, SIDE_BUY, prices);
    assert_prices(prices, 100, -1); // 105 - 2 + 1.8 = 104.8, but the bid is 100
    view.position = 0.009;
    ladder_wanted(&config, &view, SIDE_SELL, prices);
    assert_prices(prices, 110, 1);
}

static void at_the_limit_a_side_is_not_quoted(void **state)
{
    (void)state;
    int64_t prices[LADDER_LEVELS];
    struct ladder_view view = view_of(618000, 618001, 0.01);
    assert_int_equal(ladder_wanted(&golden, &view, SIDE_BUY, prices), 0);
    assert_int_equal(ladder_wanted(&golden, &view, SIDE_SELL, prices), LADDER_LEVELS);
    view.position = -0.01;
    assert_int_equal(ladder_wanted(&golden, &view, SIDE_SELL, prices), 0);
    assert_int_equal(ladder_wanted(&golden, &view, SIDE_BUY, prices), LADDER_LEVELS);
}

static void a_half_spread_of_nothing_still_has_a_step_of_one(void **state)
{
    (void)state;
    int64_t prices[LADDER_LEVELS];
    struct ladder_config config = golden;
    config.half_spread_ticks = 0;
    struct ladder_view view = view_of(100, 101, 0.0);
    ladder_wanted(&config, &view, SIDE_BUY, prices);
    assert_prices(prices, 100, -1);
    ladder_wanted(&config, &view, SIDE_SELL, prices);
    assert_prices(prices, 101, 1);
}

static void unwanted_orders_are_cancelled_and_missing_prices_filled(void **state)
{
    (void)state;
    struct ladder_order orders[] = {
        {617980, SIDE_BUY, true},  // wanted
        {617975, SIDE_BUY, true},  // between the steps
        {617990, SIDE_BUY, false}, // unwanted, but a request is on its way
        {617980, SIDE_SELL, true}, // a bid's price, on the wrong side
        {618070, SIDE_SELL, false} // wanted, though not confirmed yet
    };
    struct ladder_view view = view_of(618000, 618001, 0.0);
    view.orders = orders;
    view.order_count = 5;
    struct ladder_actions actions;
    ladder_decide(&golden, &view, &actions);
    assert_int_equal(actions.cancel_count, 2);
    assert_int_equal(actions.cancels[0], 1);
    assert_int_equal(actions.cancels[1], 3);
    static const struct ladder_place expected[] = {
        {SIDE_BUY, 617970},  {SIDE_BUY, 617960},  {SIDE_BUY, 617950},  {SIDE_BUY, 617940},
        {SIDE_SELL, 618030}, {SIDE_SELL, 618040}, {SIDE_SELL, 618050}, {SIDE_SELL, 618060}};
    assert_int_equal(actions.place_count, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(actions.places[i].side, expected[i].side);
        assert_int_equal(actions.places[i].price_ticks, expected[i].price_ticks);
    }
}

static void at_the_limit_all_orders_of_that_side_go(void **state)
{
    (void)state;
    struct ladder_order orders[] = {{617960, SIDE_BUY, true}, {618010, SIDE_SELL, true}};
    struct ladder_view view = view_of(618000, 618002, 0.01);
    view.orders = orders;
    view.order_count = 2;
    struct ladder_actions actions;
    ladder_decide(&golden, &view, &actions);
    assert_int_equal(actions.cancel_count, 1);
    assert_int_equal(actions.cancels[0], 0);
    assert_int_equal(actions.place_count, 4);
}

static struct instrument instrument_of(int64_t mantissa, int32_t exponent)
{
    return (struct instrument){.tick = {1, -1}, .lot = {mantissa, exponent}};
}

static void options_replace_the_golden_constants(void **state)
{
    (void)state;
    struct instrument instrument = instrument_of(1, -3);
    struct ladder_config config = ladder_defaults(&instrument);
    assert_int_equal(config.qty_lots, 1);
    assert_true(config.max_position == 0.01);
    assert_int_equal(config.half_spread_ticks, 20);
    assert_int_equal(ladder_parse("half_spread=7,qty=0.02", &instrument, &config), MM_OK);
    assert_int_equal(config.qty_lots, 20);
    assert_true(config.max_position == 0.01);
    assert_int_equal(config.half_spread_ticks, 7);
    assert_int_equal(ladder_parse("max_position=0.3", &instrument, &config), MM_OK);
    assert_true(config.max_position == 0.3);
}

static void where_the_lot_is_larger_the_defaults_are_lots(void **state)
{
    (void)state;
    struct instrument contracts = instrument_of(1, 0);
    struct ladder_config config = ladder_defaults(&contracts);
    assert_int_equal(config.qty_lots, 1);
    assert_true(config.max_position == 10.0);
    struct instrument spot = instrument_of(1, -5);
    config = ladder_defaults(&spot);
    assert_int_equal(config.qty_lots, 100);
    assert_true(config.max_position == 0.01);
}

static void wrong_options_name_the_key_and_the_value(void **state)
{
    (void)state;
    static const struct {
        const char *text, *named;
    } cases[] = {{"qty=0.0005", "qty=0.0005"},
                 {"qty=-1", "qty=-1"},
                 {"qty=", "qty="},
                 {"max_position=0", "max_position=0"},
                 {"half_spread=1.5", "half_spread=1.5"},
                 {"half_spread=-1", "half_spread=-1"},
                 {"half_spread=1000001", "half_spread=1000001"},
                 {"size=1", "size"},
                 {"qty", "key=value"}};
    struct instrument instrument = instrument_of(1, -3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ladder_config config = golden;
        assert_int_equal(ladder_parse(cases[i].text, &instrument, &config), MM_ERROR_USAGE);
        assert_non_null(strstr(mm_error_text(), cases[i].named));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prices_are_whole_steps_away_from_the_mid),
        cmocka_unit_test(the_position_shifts_both_sides_against_itself),
        cmocka_unit_test(quotes_do_not_cross_the_touch),
        cmocka_unit_test(at_the_limit_a_side_is_not_quoted),
        cmocka_unit_test(a_half_spread_of_nothing_still_has_a_step_of_one),
        cmocka_unit_test(unwanted_orders_are_cancelled_and_missing_prices_filled),
        cmocka_unit_test(at_the_limit_all_orders_of_that_side_go),
        cmocka_unit_test(options_replace_the_golden_constants),
        cmocka_unit_test(where_the_lot_is_larger_the_defaults_are_lots),
        cmocka_unit_test(wrong_options_name_the_key_and_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
