#include "trade/risk.h"

#include "cmocka_all.h"

static const struct risk_config config = {.position_limit_lots = 100,
                                          .order_qty_max_lots = 40,
                                          .price_band_bps = 50,
                                          .loss_from_peak_quote_e9 = 300,
                                          .loss_from_start_quote_e9 = 500,
                                          .stale_ns = 1000,
                                          .volatility_halt_bps = 5};

static struct risk_market market(void)
{
    return (struct risk_market){.now_ns = 5000,
                                .last_event_ns = 4500,
                                .best_ticks = {9999, 10001},
                                .mid_half_ticks = 20000};
}

static struct risk_verdict check(struct risk *risk, const struct risk_market *seen,
                                 struct risk_quote quote, int64_t position)
{
    return risk_check(risk, risk_check_market(risk, seen), seen, &quote, position);
}

static void assert_verdict(struct risk_verdict verdict, enum risk_reason reason, int64_t qty)
{
    assert_int_equal(verdict.reason, reason);
    assert_int_equal(verdict.qty_lots, qty);
}

static void a_quote_within_all_limits_is_allowed_whole(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    struct risk_market seen = market();
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 9990, 40, 20}, 40), RISK_OK,
                   40);
}

static void the_position_limit_counts_the_position_and_all_that_is_open(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    struct risk_market seen = market();
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 9990, 40, 20}, 50),
                   RISK_POSITION_LIMIT, 30);
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 9990, 40, 50}, 50),
                   RISK_POSITION_LIMIT, 0);
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 9990, 40, 10}, 150),
                   RISK_POSITION_LIMIT, 0);
    // The side that brings the position back is free.
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_SELL, 10010, 40, 50}, 50), RISK_OK,
                   40);
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_SELL, 10010, 40, 0}, -70),
                   RISK_POSITION_LIMIT, 30);
    assert_int_equal(risk.refused_count[RISK_POSITION_LIMIT], 2);
    assert_int_equal(risk.reduced_count[RISK_POSITION_LIMIT], 2);
}

static void an_order_is_cut_to_the_largest_allowed(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    struct risk_market seen = market();
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 9990, 41, 0}, 0),
                   RISK_ORDER_SIZE, 40);
}

static void a_price_far_from_the_mid_is_refused(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    struct risk_market seen = market();
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 9950, 1, 0}, 0), RISK_OK, 1);
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 9949, 1, 0}, 0),
                   RISK_PRICE_BAND, 0);
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_SELL, 10051, 1, 0}, 0),
                   RISK_PRICE_BAND, 0);
}

static void a_silent_crossed_or_wild_market_is_not_quoted(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    struct risk_quote quote = {SIDE_BUY, 9990, 1, 0};
    struct risk_market seen = market();
    seen.now_ns = 5499;
    assert_verdict(check(&risk, &seen, quote, 0), RISK_OK, 1);
    seen.now_ns = 5500;
    assert_verdict(check(&risk, &seen, quote, 0), RISK_STALE_DATA, 0);
    seen = market();
    seen.best_ticks[SIDE_BUY] = 10001;
    assert_verdict(check(&risk, &seen, quote, 0), RISK_CROSSED_BOOK, 0);
    seen = market();
    seen.volatility_bps = 5.01;
    assert_verdict(check(&risk, &seen, quote, 0), RISK_VOLATILITY, 0);
}

static void a_loss_from_the_peak_halts_until_it_is_rearmed(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    assert_int_equal(risk_follow_equity(&risk, 200), RISK_OK);
    assert_int_equal(risk_follow_equity(&risk, -99), RISK_OK);
    assert_int_equal(risk_follow_equity(&risk, -100), RISK_LOSS_FROM_PEAK);
    assert_int_equal(risk_follow_equity(&risk, -101), RISK_OK); // said once
    risk_rearm(&risk, -101);
    assert_int_equal(risk_follow_equity(&risk, -400), RISK_OK);
    assert_int_equal(risk_follow_equity(&risk, -401), RISK_LOSS_FROM_PEAK);
}

static void a_loss_from_the_start_halts_even_when_it_creeps(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    risk.config.loss_from_peak_quote_e9 = 0;
    assert_int_equal(risk_follow_equity(&risk, -499), RISK_OK);
    assert_int_equal(risk_follow_equity(&risk, -500), RISK_LOSS_FROM_START);
    risk_rearm(&risk, -500);
    assert_int_equal(risk_follow_equity(&risk, -999), RISK_OK);
    assert_int_equal(risk_follow_equity(&risk, -1000), RISK_LOSS_FROM_START);
}

static void rearming_after_another_halt_keeps_the_references(void **state)
{
    (void)state;
    struct risk risk;
    risk_init(&risk, &config);
    assert_int_equal(risk_follow_equity(&risk, -200), RISK_OK);
    risk_rearm(&risk, -200); // e.g. after a panic
    assert_int_equal(risk_follow_equity(&risk, -300), RISK_LOSS_FROM_PEAK);
}

static void limits_that_are_zero_are_off(void **state)
{
    (void)state;
    struct risk_config open = {.position_limit_lots = 100, .order_qty_max_lots = 100};
    struct risk risk;
    risk_init(&risk, &open);
    struct risk_market seen = market();
    seen.now_ns = INT64_MAX;
    seen.volatility_bps = 1e9;
    assert_verdict(check(&risk, &seen, (struct risk_quote){SIDE_BUY, 1, 100, 0}, 0), RISK_OK, 100);
    assert_int_equal(risk_follow_equity(&risk, INT64_MIN / 2), RISK_OK);
}

static void every_reason_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int reason = 0; reason < RISK_REASON_COUNT; reason++) {
        assert_non_null(risk_reason_text((enum risk_reason)reason));
        assert_non_null(risk_reason_name((enum risk_reason)reason));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_within_all_limits_is_allowed_whole),
        cmocka_unit_test(the_position_limit_counts_the_position_and_all_that_is_open),
        cmocka_unit_test(an_order_is_cut_to_the_largest_allowed),
        cmocka_unit_test(a_price_far_from_the_mid_is_refused),
        cmocka_unit_test(a_silent_crossed_or_wild_market_is_not_quoted),
        cmocka_unit_test(a_loss_from_the_peak_halts_until_it_is_rearmed),
        cmocka_unit_test(a_loss_from_the_start_halts_even_when_it_creeps),
        cmocka_unit_test(rearming_after_another_halt_keeps_the_references),
        cmocka_unit_test(limits_that_are_zero_are_off),
        cmocka_unit_test(every_reason_has_a_name_and_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
