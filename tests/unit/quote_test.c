#include "trade/quote.h"

#include "cmocka_all.h"

#include <math.h>

// A price level at which 0.01 bps is a tick: prices are close to the model's.
enum { MID_HALF = 2000000, MID = MID_HALF / 2 };

static struct quote_config config_of(double half_bps)
{
    return (struct quote_config){.base_half_spread_bps = half_bps,
                                 .half_spread_max_bps = 1000,
                                 .level_count = 1,
                                 .quote_qty_lots = 10};
}

static struct quote_market market(void)
{
    return (struct quote_market){.trusted = true,
                                 .best_ticks = {MID - 1, MID + 1},
                                 .depth_lots = {10000, 10000},
                                 .mid_half_ticks = MID_HALF,
                                 .microprice_half_ticks = MID_HALF,
                                 .price_min_ticks = 1,
                                 .price_max_ticks = 2 * MID};
}

static struct params params_of(double spread_delta_bps)
{
    struct params params = params_of_profile(PARAMS_DEFAULT);
    params.steps[PARAM_BASE_SPREAD_BPS_DELTA] = (int32_t)(spread_delta_bps / 0.005 + 0.5);
    return params;
}

static struct quote_set compute(const struct quote_config *config, const struct quote_market *seen,
                                int64_t position)
{
    struct params params = params_of(0);
    struct quote_set set;
    quote_compute(config, &params, seen, (struct quote_inventory){position, 1000}, &set);
    return set;
}

static void assert_price(const struct quote_set *set, enum side side, int64_t ticks)
{
    assert_int_equal(set->want[side][0].reason, QUOTE_WANTED);
    assert_int_equal(set->want[side][0].price_ticks, ticks);
}

static void both_quotes_stand_a_half_spread_from_the_fair_value(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    struct quote_market seen = market();
    struct quote_set set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 200);
    assert_price(&set, SIDE_SELL, MID + 200);
    assert_int_equal(set.want[SIDE_BUY][0].qty_lots, 10);
}

static void the_spread_delta_and_the_volatility_widen_both_quotes_within_bounds(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    struct quote_market seen = market();
    struct params params = params_of(0.1);
    struct quote_set set;
    quote_compute(&config, &params, &seen, (struct quote_inventory){0, 1000}, &set);
    assert_price(&set, SIDE_BUY, MID - 210);
    assert_price(&set, SIDE_SELL, MID + 210);

    config.volatility_weight = 0.5;
    seen.volatility_bps = 4.0;
    set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 400);
    config.half_spread_max_bps = 3.0;
    set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 300);
    config.half_spread_min_bps = 2.5;
    seen.volatility_bps = 0;
    set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_SELL, MID + 250);
}

// Gueant, Lehalle, Fernandez-Tapia (2013): delta_bid(q) = c + (2q + 1) s / 2 and delta_ask(q) =
// c - (2q - 1) s / 2. The numbers are the closed form's for the sets of parameters of their
// figures.
static void inventory_moves_both_quotes_as_the_closed_form_says(void **state)
{
    (void)state;
    static const struct {
        double sigma, intensity, k, gamma;
        double bid_at[4]; // q = -2, 0, 2, 5
    } rows[] = {
        {0.3, 0.9, 0.3, 0.01, {3.177184, 3.312915, 3.448647, 3.652244}},
        {0.4, 0.9, 0.3, 0.01, {3.143251, 3.324226, 3.505202, 3.776665}},
        {1.0, 0.2, 0.3, 0.01, {2.559156, 3.518924, 4.478692, 5.918344}},
        {2.0, 140., 1.5, 0.1, {0.567809, 0.671244, 0.774678, 0.929830}},
    };
    static const int64_t positions[4] = {-2, 0, 2, 5};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double ratio = rows[i].gamma / rows[i].k;
        double base = log(1 + ratio) / rows[i].gamma;
        double slope = sqrt(rows[i].sigma * rows[i].sigma * rows[i].gamma /
                            (2 * rows[i].k * rows[i].intensity) *
                            pow(1 + ratio, 1 + rows[i].k / rows[i].gamma));
        struct quote_config config = config_of(base + slope / 2);
        config.skew_bps_at_limit = slope * 1000; // the limit in `compute` is 1000 lots
        struct quote_market seen = market();
        seen.mid_half_ticks = INT64_C(200000000000000); // a tick is 1e-10 bps
        seen.microprice_half_ticks = 2e14;
        seen.price_max_ticks = INT64_MAX;
        int64_t mid = seen.mid_half_ticks / 2;
        seen.best_ticks[SIDE_BUY] = mid - 1;
        seen.best_ticks[SIDE_SELL] = mid + 1;
        for (int p = 0; p < 4; p++) {
            struct quote_set set = compute(&config, &seen, positions[p]);
            double bid_bps = (double)(mid - set.want[SIDE_BUY][0].price_ticks) * 1e-10;
            assert_true(fabs(bid_bps - rows[i].bid_at[p]) < 1e-6);
            struct quote_set mirror = compute(&config, &seen, -positions[p]);
            double ask_bps = (double)(mirror.want[SIDE_SELL][0].price_ticks - mid) * 1e-10;
            assert_true(fabs(ask_bps - rows[i].bid_at[p]) < 1e-6);
        }
    }
}

static void the_microprice_pulls_the_fair_value_by_its_weight(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    config.microprice_weight = 0.5;
    struct quote_market seen = market();
    seen.best_ticks[SIDE_BUY] = MID - 100;
    seen.best_ticks[SIDE_SELL] = MID + 100;
    seen.microprice_half_ticks = MID_HALF + 80;
    struct quote_set set = compute(&config, &seen, 0);
    assert_true(fabs(set.fair_ticks - (MID + 20)) < 1e-9);
}

static void prices_are_rounded_away_from_the_touch(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    struct quote_market seen = market();
    seen.mid_half_ticks = MID_HALF + 1; // half a tick up
    struct quote_set set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 200);
    assert_price(&set, SIDE_SELL, MID + 201);
}

static void no_quote_crosses_the_opposite_best_of_others_or_our_own(void **state)
{
    (void)state;
    struct quote_config config = config_of(0.1);
    config.skew_bps_at_limit = 5.0;
    struct quote_market seen = market();
    struct quote_set set = compute(&config, &seen, -1000); // short: both quotes five bps up
    assert_price(&set, SIDE_BUY, MID);                     // a tick below the best ask
    seen.own_best_ticks[SIDE_SELL] = MID - 50;
    set = compute(&config, &seen, -1000);
    assert_price(&set, SIDE_BUY, MID - 51);
    set = compute(&config, &seen, 1000);
    assert_price(&set, SIDE_SELL, MID);
}

static void joining_at_the_touch_never_improves_it(void **state)
{
    (void)state;
    struct quote_config config = config_of(0.1);
    struct quote_market seen = market();
    seen.best_ticks[SIDE_BUY] = MID - 70;
    seen.best_ticks[SIDE_SELL] = MID + 70;
    struct quote_set set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 10);
    config.join_at_touch = true;
    set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 70);
    assert_price(&set, SIDE_SELL, MID + 70);
}

static void outer_levels_stand_further_out(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    config.level_count = 3;
    config.level_step_ratio = 0.5;
    struct quote_market seen = market();
    struct quote_set set = compute(&config, &seen, 0);
    for (int level = 0; level < 3; level++) {
        assert_int_equal(set.want[SIDE_BUY][level].price_ticks, MID - 200 - 100 * level);
        assert_int_equal(set.want[SIDE_SELL][level].price_ticks, MID + 200 + 100 * level);
    }
    assert_int_equal(set.want[SIDE_BUY][3].reason, QUOTE_LEVEL_OFF);
}

static void only_the_threatened_side_steps_back(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    config.imbalance_guard = 0.6;
    config.drift_guard_bps = 3.0;
    config.guard_widen_ratio = 0.5;
    struct quote_market seen = market();
    seen.imbalance = 0.7; // buyers press: asks are threatened
    struct quote_set set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 200);
    assert_price(&set, SIDE_SELL, MID + 300);
    seen.imbalance = 0.6; // at the guard is not above it
    seen.drift_bps = -3.5;
    set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 300);
    assert_price(&set, SIDE_SELL, MID + 200);
    seen.imbalance = -0.7; // both guards on one side widen it once
    set = compute(&config, &seen, 0);
    assert_price(&set, SIDE_BUY, MID - 300);
}

static void the_impact_cap_is_a_share_of_the_sides_own_depth(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    struct quote_market seen = market();
    seen.depth_lots[SIDE_BUY] = 50; // 9 % of it
    struct quote_set set = compute(&config, &seen, 0);
    assert_int_equal(set.want[SIDE_BUY][0].qty_lots, 4);
    assert_int_equal(set.want[SIDE_SELL][0].qty_lots, 10);
    seen.depth_lots[SIDE_BUY] = 11;
    set = compute(&config, &seen, 0);
    assert_int_equal(set.want[SIDE_BUY][0].reason, QUOTE_IMPACT_CAP);
}

static void the_depth_that_counts_lies_within_one_base_half_spread(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    struct params params = params_of(0.1);
    assert_int_equal(quote_depth_range_ticks(&config, &params, MID_HALF), 210);
}

static void max_delta_limits_a_sides_size_over_all_levels(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    config.level_count = 5;
    config.quote_qty_lots = 60;
    struct quote_market seen = market();
    struct quote_set set = compute(&config, &seen, 0); // 14 % of 1000
    static const int64_t qty[5] = {60, 60, 20, 0, 0};
    for (int level = 0; level < 5; level++) {
        assert_int_equal(set.want[SIDE_SELL][level].qty_lots, qty[level]);
        assert_int_equal(set.want[SIDE_SELL][level].reason,
                         qty[level] > 0 ? QUOTE_WANTED : QUOTE_MAX_DELTA);
    }
}

static void with_one_side_empty_only_the_other_is_quoted_behind_its_touch(void **state)
{
    (void)state;
    struct quote_config config = config_of(0.1);
    struct quote_market seen = market();
    seen.best_ticks[SIDE_SELL] = 0;
    seen.best_ticks[SIDE_BUY] = MID - 40;
    seen.microprice_half_ticks = 0;
    struct quote_set set = compute(&config, &seen, 0);
    assert_int_equal(set.want[SIDE_SELL][0].reason, QUOTE_SIDE_EMPTY);
    assert_price(&set, SIDE_BUY, MID - 40);
}

static void a_market_that_cannot_be_trusted_or_valued_is_not_quoted(void **state)
{
    (void)state;
    struct quote_config config = config_of(2.0);
    struct quote_market seen = market();
    seen.mid_half_ticks = 0;
    struct quote_set set = compute(&config, &seen, 0);
    assert_int_equal(set.want[SIDE_BUY][0].reason, QUOTE_NO_MID);
    seen = market();
    seen.trusted = false;
    set = compute(&config, &seen, 0);
    assert_int_equal(set.want[SIDE_SELL][0].reason, QUOTE_FEED_GAP);
    seen = market();
    seen.price_min_ticks = MID - 100;
    set = compute(&config, &seen, 0);
    assert_int_equal(set.want[SIDE_BUY][0].reason, QUOTE_PRICE_RANGE);
}

static void every_reason_has_a_sentence(void **state)
{
    (void)state;
    for (int reason = 0; reason < QUOTE_REASON_COUNT; reason++) {
        assert_non_null(quote_reason_text((enum quote_reason)reason));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_quotes_stand_a_half_spread_from_the_fair_value),
        cmocka_unit_test(the_spread_delta_and_the_volatility_widen_both_quotes_within_bounds),
        cmocka_unit_test(inventory_moves_both_quotes_as_the_closed_form_says),
        cmocka_unit_test(the_microprice_pulls_the_fair_value_by_its_weight),
        cmocka_unit_test(prices_are_rounded_away_from_the_touch),
        cmocka_unit_test(no_quote_crosses_the_opposite_best_of_others_or_our_own),
        cmocka_unit_test(joining_at_the_touch_never_improves_it),
        cmocka_unit_test(outer_levels_stand_further_out),
        cmocka_unit_test(only_the_threatened_side_steps_back),
        cmocka_unit_test(the_impact_cap_is_a_share_of_the_sides_own_depth),
        cmocka_unit_test(the_depth_that_counts_lies_within_one_base_half_spread),
        cmocka_unit_test(max_delta_limits_a_sides_size_over_all_levels),
        cmocka_unit_test(with_one_side_empty_only_the_other_is_quoted_behind_its_touch),
        cmocka_unit_test(a_market_that_cannot_be_trusted_or_valued_is_not_quoted),
        cmocka_unit_test(every_reason_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
