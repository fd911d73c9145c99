#include "market/instrument.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <math.h>
#include <string.h>

static struct instrument make(struct decimal tick, struct decimal lot, struct decimal size,
                              enum contract_kind contract)
{
    struct instrument instrument = {
        .symbol = "TEST", .tick = tick, .lot = lot, .contract_size = size, .contract = contract};
    assert_int_equal(instrument_prepare(&instrument), MM_OK);
    return instrument;
}

static struct instrument linear_btc(void)
{
    return make((struct decimal){1, -1}, (struct decimal){1, -3}, (struct decimal){1, 0},
                CONTRACT_LINEAR);
}

static struct instrument inverse_btc(void)
{
    return make((struct decimal){1, -1}, (struct decimal){1, 0}, (struct decimal){100, 0},
                CONTRACT_INVERSE);
}

static void a_linear_position_is_worth_quantity_times_price(void **state)
{
    (void)state;
    struct instrument instrument = linear_btc();
    // 0.003 BTC at 61800.25 USDT
    assert_int_equal(instrument_value_e9(&instrument, 3, 1236005), INT64_C(185400750000));
    assert_int_equal(instrument_value_e9(&instrument, -3, 1236005), -INT64_C(185400750000));
    assert_int_equal(instrument_notional_e9(&instrument, -3, 1236005), INT64_C(185400750000));
}

static void an_inverse_position_is_worth_minus_quantity_over_price(void **state)
{
    (void)state;
    struct instrument instrument = inverse_btc();
    // 5 contracts of 100 USD at 50000 USD are 0.01 BTC.
    assert_int_equal(instrument_value_e9(&instrument, 5, 1000000), -10000000);
    assert_int_equal(instrument_value_e9(&instrument, -5, 1000000), 10000000);
    // 1 contract at 61800.25: 100 / 61800.25 BTC = 0.001618116431...
    assert_int_equal(instrument_value_e9(&instrument, -1, 1236005), 1618116);
}

static void half_a_unit_is_rounded_away_from_zero(void **state)
{
    (void)state;
    // One lot at one half tick is 0.5e-9.
    struct instrument instrument = make((struct decimal){1, -9}, (struct decimal){1, 0},
                                        (struct decimal){1, 0}, CONTRACT_LINEAR);
    assert_int_equal(instrument_value_e9(&instrument, 1, 1), 1);
    assert_int_equal(instrument_value_e9(&instrument, -1, 1), -1);
    assert_int_equal(instrument_value_e9(&instrument, 1, 3), 2);
    assert_int_equal(instrument_value_e9(&instrument, 0, 3), 0);
}

static void steps_that_are_not_powers_of_ten_are_counted_exactly(void **state)
{
    (void)state;
    // tick 0.25, lot 5, size 0.02: one lot at 100 ticks is 5 * 25 * 0.02 = 2.5
    struct instrument instrument = make((struct decimal){25, -2}, (struct decimal){5, 0},
                                        (struct decimal){2, -2}, CONTRACT_LINEAR);
    assert_int_equal(instrument_value_e9(&instrument, 1, 200), INT64_C(2500000000));
}

// What V is by its definition, in the widest floating point there is.
static long double oracle(const struct instrument *instrument, int64_t qty_lots, int64_t half_ticks)
{
    long double tick = (long double)instrument->tick.mantissa * powl(10, instrument->tick.exponent);
    long double qty = (long double)qty_lots * (long double)instrument->lot.mantissa *
                      powl(10, instrument->lot.exponent) *
                      (long double)instrument->contract_size.mantissa *
                      powl(10, instrument->contract_size.exponent);
    long double price = (long double)half_ticks * tick / 2;
    return (instrument->contract == CONTRACT_LINEAR ? qty * price : -qty / price) * 1e9L;
}

static struct decimal draw_step(struct random_stream *stream)
{
    return (struct decimal){(int64_t)(1 + random_below(stream, 30)),
                            (int32_t)random_below(stream, 6) - 5};
}

static void values_agree_with_floating_point_and_are_odd_in_the_quantity(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 7, RANDOM_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        struct instrument instrument =
            make(draw_step(&stream), draw_step(&stream), draw_step(&stream),
                 random_below(&stream, 2) == 0 ? CONTRACT_LINEAR : CONTRACT_INVERSE);
        int64_t qty = (int64_t)random_below(&stream, 1000000);
        int64_t half_ticks = 1 + (int64_t)random_below(&stream, 1000000);
        long double wanted = oracle(&instrument, qty, half_ticks);
        if (fabsl(wanted) > 9e18L) {
            continue;
        }
        int64_t value = instrument_value_e9(&instrument, qty, half_ticks);
        assert_true(fabsl((long double)value - wanted) <= 0.5L + fabsl(wanted) * 1e-17L);
        assert_int_equal(instrument_value_e9(&instrument, -qty, half_ticks), -value);
        assert_true(qty == 0 || instrument_value_e9(&instrument, qty, half_ticks + 1) >= value);
    }
}

static void an_overflowing_value(void)
{
    struct instrument instrument = linear_btc();
    (void)instrument_value_e9(&instrument, INT64_MAX / 2, INT64_MAX / 2);
}

static void a_value_at_no_price(void)
{
    struct instrument instrument = linear_btc();
    (void)instrument_value_e9(&instrument, 1, 0);
}

static void a_value_that_does_not_fit_is_a_bug(void **state)
{
    (void)state;
    assert_true(ends_the_process(an_overflowing_value));
    assert_true(ends_the_process(a_value_at_no_price));
}

static void the_largest_value_that_fits_is_exact(void **state)
{
    (void)state;
    struct instrument instrument = make((struct decimal){2, -9}, (struct decimal){1, 0},
                                        (struct decimal){1, 0}, CONTRACT_LINEAR);
    assert_int_equal(instrument_value_e9(&instrument, INT64_MAX, 1), INT64_MAX);
    assert_int_equal(instrument_value_e9(&instrument, 1, INT64_MAX), INT64_MAX);
}

static void refuses(struct decimal tick, struct decimal lot, struct decimal size, const char *text)
{
    struct instrument instrument = {
        .symbol = "TEST", .tick = tick, .lot = lot, .contract_size = size};
    assert_int_equal(instrument_prepare(&instrument), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), text));
}

static void steps_that_cannot_be_counted_are_refused(void **state)
{
    (void)state;
    struct decimal one = {1, 0};
    refuses((struct decimal){0, 0}, one, one, "the tick must be above 0");
    refuses(one, (struct decimal){-1, 0}, one, "the lot must be above 0");
    refuses(one, one, (struct decimal){1, 19}, "the contract size must be above 0");
    refuses((struct decimal){1, 18}, (struct decimal){1, 18}, one, "too far apart");
    refuses((struct decimal){1, -18}, (struct decimal){1, -18}, (struct decimal){1, -18},
            "too far apart");
}

static void contracts_are_read_from_text(void **state)
{
    (void)state;
    struct instrument instrument = {0};
    assert_int_equal(instrument_contract_parse("linear", &instrument), MM_OK);
    assert_int_equal(instrument.contract, CONTRACT_LINEAR);
    assert_int_equal(instrument.contract_size.mantissa, 1);
    assert_int_equal(instrument_contract_parse("inverse:100", &instrument), MM_OK);
    assert_int_equal(instrument.contract, CONTRACT_INVERSE);
    assert_int_equal(decimal_to_double(instrument.contract_size), 100);
    assert_int_equal(instrument_contract_parse("linear:0.01", &instrument), MM_OK);
    const char *bad[] = {"", "inverse", "inverse:", "inverse:0", "linear:-1", "linear:x", "quanto"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(instrument_contract_parse(bad[i], &instrument), MM_ERROR_USAGE);
        assert_non_null(strstr(mm_error_text(), "inverse:SIZE"));
    }
}

static void basis_points_of_a_price_are_ticks(void **state)
{
    (void)state;
    assert_true(fabs(instrument_bps_to_ticks(2.5, 618000.0) - 154.5) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_position_is_worth_quantity_times_price),
        cmocka_unit_test(an_inverse_position_is_worth_minus_quantity_over_price),
        cmocka_unit_test(half_a_unit_is_rounded_away_from_zero),
        cmocka_unit_test(steps_that_are_not_powers_of_ten_are_counted_exactly),
        cmocka_unit_test(values_agree_with_floating_point_and_are_odd_in_the_quantity),
        cmocka_unit_test(a_value_that_does_not_fit_is_a_bug),
        cmocka_unit_test(the_largest_value_that_fits_is_exact),
        cmocka_unit_test(steps_that_cannot_be_counted_are_refused),
        cmocka_unit_test(contracts_are_read_from_text),
        cmocka_unit_test(basis_points_of_a_price_are_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
