#include "base/decimal.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <inttypes.h>
#include <string.h>

__extension__ typedef __int128 int128;

enum { ROUNDS = 200000 };

static const struct decimal TICK = {5, -1}; // 0.5

// A number whose size, not only its value, is random, so that small and extreme ones both come up.
static int64_t random_any_size(struct random_stream *stream)
{
    uint64_t bits = random_u64(stream) >> random_below(stream, 64);
    switch (random_below(stream, 16)) {
    case 0:
        return INT64_MAX - (int64_t)(bits & 3);
    case 1:
        return INT64_MIN + (int64_t)(bits & 3);
    default:
        return (int64_t)bits;
    }
}

static struct decimal random_step(struct random_stream *stream)
{
    uint64_t mantissa = (random_u64(stream) >> random_below(stream, 64)) & INT64_MAX;
    return (struct decimal){.mantissa = mantissa > 0 ? (int64_t)mantissa : 1,
                            .exponent = (int32_t)random_below(stream, 37) - 18};
}

static enum decimal_status parse_ticks(const char *text, int64_t *out)
{
    return decimal_parse_steps(text, strlen(text), TICK, out);
}

static void assert_parses(const char *text, int64_t mantissa, int32_t exponent)
{
    struct decimal value = {0};
    assert_int_equal(decimal_parse(text, strlen(text), &value), DECIMAL_OK);
    assert_int_equal(value.mantissa, mantissa);
    assert_int_equal(value.exponent, exponent);
}

static void parsing_keeps_every_digit_and_drops_trailing_zeros_of_the_fraction(void **state)
{
    (void)state;
    assert_parses("0", 0, 0);
    assert_parses("-0", 0, 0);
    assert_parses("-0.000", 0, 0);
    assert_parses("0.001", 1, -3);
    assert_parses("1000", 1000, 0);
    assert_parses("0012.340", 1234, -2);
    assert_parses("-1.50000000000000000000000000000000000000000000000", -15, -1);
    assert_parses("0.000000000000000001", 1, -18);
    assert_parses("9223372036854775807", INT64_MAX, 0);
    assert_parses("-9223372036854775808", INT64_MIN, 0);
    assert_parses("-9.223372036854775808", INT64_MIN, -18);
}

static void parsing_refuses_what_is_not_a_plain_decimal(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",    "-",    ".",    "5.",   ".5",  "-.5",  "+1",  " 1",
                                        "1 ",  "1e3",  "1.2.", "1..2", "--1", "0x10", "nan", "1,5",
                                        "1.-", "1.5a", "1-",   "inf",  "-",   "١"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct decimal value = {77, 7};
        assert_int_equal(decimal_parse(TEXTS[i], strlen(TEXTS[i]), &value), DECIMAL_SYNTAX);
        assert_int_equal(value.mantissa, 77);
        assert_int_equal(value.exponent, 7);
    }
}

static void parsing_looks_at_no_byte_beyond_the_length(void **state)
{
    (void)state;
    struct decimal value;
    assert_int_equal(decimal_parse("12345", 2, &value), DECIMAL_OK);
    assert_int_equal(value.mantissa, 12);
    char *exact = malloc(3); // with no end behind it, so that the address sanitizer sees a misstep
    memcpy(exact, "1.2", 3);
    assert_int_equal(decimal_parse(exact, 3, &value), DECIMAL_OK);
    assert_int_equal(decimal_parse(exact, 2, &value), DECIMAL_SYNTAX);
    assert_int_equal(decimal_parse(exact, 1, &value), DECIMAL_OK);
    assert_int_equal(decimal_parse(exact, 0, &value), DECIMAL_SYNTAX);
    assert_int_equal(decimal_parse("1\0002", 3, &value), DECIMAL_SYNTAX);
    free(exact);
}

static void parsing_refuses_what_does_not_fit(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "9223372036854775808",
        "-9223372036854775809",
        "0.0000000000000000001",
        "10000000000000000000000000000000000000000000000000000",
        "340282366920938463463374607431768211456",
        "0.12345678901234567891",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct decimal value = {77, 7};
        assert_int_equal(decimal_parse(TEXTS[i], strlen(TEXTS[i]), &value), DECIMAL_OVERFLOW);
        assert_int_equal(value.mantissa, 77);
        assert_int_equal(value.exponent, 7);
    }
}

static void parsing_counts_ticks(void **state)
{
    (void)state;
    int64_t ticks = 0;
    assert_int_equal(parse_ticks("65000.5", &ticks), DECIMAL_OK);
    assert_int_equal(ticks, 130001);
    assert_int_equal(parse_ticks("-0.50", &ticks), DECIMAL_OK);
    assert_int_equal(ticks, -1);
    assert_int_equal(parse_ticks("-0", &ticks), DECIMAL_OK);
    assert_int_equal(ticks, 0);
}

static void parsing_refuses_a_price_that_is_not_a_multiple_of_the_tick(void **state)
{
    (void)state;
    int64_t ticks = 77;
    assert_int_equal(parse_ticks("65000.25", &ticks), DECIMAL_NOT_MULTIPLE);
    assert_int_equal(parse_ticks("0.3", &ticks), DECIMAL_NOT_MULTIPLE);
    assert_int_equal(
        parse_ticks("0.00000000000000000000000000000000000000000000000000000001", &ticks),
        DECIMAL_NOT_MULTIPLE);
    assert_int_equal(parse_ticks("5000000000000000000", &ticks), DECIMAL_OVERFLOW);
    assert_int_equal(parse_ticks("x", &ticks), DECIMAL_SYNTAX);
    assert_int_equal(ticks, 77);
}

static void money_is_parsed_exactly_or_refused(void **state)
{
    (void)state;
    int64_t money = 77;
    assert_int_equal(decimal_parse_scaled("1.5", 3, -9, &money), DECIMAL_OK);
    assert_int_equal(money, 1500000000);
    assert_int_equal(decimal_parse_scaled("-0.000000001", 12, -9, &money), DECIMAL_OK);
    assert_int_equal(money, -1);
    assert_int_equal(decimal_parse_scaled("0.0000000005", 12, -9, &money), DECIMAL_NOT_MULTIPLE);
    assert_int_equal(decimal_parse_scaled("9223372036.854775808", 20, -9, &money),
                     DECIMAL_OVERFLOW);
    assert_int_equal(decimal_parse_scaled("25000", 5, 3, &money), DECIMAL_OK);
    assert_int_equal(money, 25);
    assert_int_equal(decimal_parse_scaled("10000000000000000000000", 23, 18, &money), DECIMAL_OK);
    assert_int_equal(money, 10000);
}

static void assert_prints(struct decimal value, const char *expected)
{
    char text[DECIMAL_TEXT_SIZE];
    assert_int_equal(decimal_print(value, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void printing_is_plain_and_without_trailing_zeros(void **state)
{
    (void)state;
    assert_prints((struct decimal){0, -9}, "0");
    assert_prints((struct decimal){0, 18}, "0");
    assert_prints((struct decimal){1500000000, -9}, "1.5");
    assert_prints((struct decimal){-1, -9}, "-0.000000001");
    assert_prints((struct decimal){-1000, -3}, "-1");
    assert_prints((struct decimal){100, 2}, "10000");
    assert_prints((struct decimal){INT64_MIN, -18}, "-9.223372036854775808");
    assert_prints((struct decimal){INT64_MIN, 18}, "-9223372036854775808000000000000000000");
}

static void the_longest_text_fits_its_buffer(void **state)
{
    (void)state;
    char text[DECIMAL_TEXT_SIZE];
    size_t length = decimal_print_steps(INT64_MIN, (struct decimal){INT64_MAX, 18}, text);
    assert_int_equal(length, 57);
    assert_int_equal(strlen(text), length);
    length = decimal_print_steps(INT64_MIN, (struct decimal){INT64_MAX, -18}, text);
    assert_int_equal(length, 40);
    assert_int_equal(strlen(text), length);
}

static void what_is_printed_in_steps_parses_to_the_same_steps(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int64_t steps = random_any_size(&stream);
        struct decimal step = random_step(&stream);
        char text[DECIMAL_TEXT_SIZE];
        size_t length = decimal_print_steps(steps, step, text);
        int64_t again = ~steps;
        enum decimal_status status = decimal_parse_steps(text, length, step, &again);
        // The product can have more digits than are read; only then may it be refused.
        if (length > 38 && status == DECIMAL_OVERFLOW) {
            continue;
        }
        if (status != DECIMAL_OK || again != steps) {
            print_error("round %" PRIu32 ": %s, %s\n", round, text, decimal_status_text(status));
        }
        assert_int_equal(status, DECIMAL_OK);
        assert_true(again == steps);
    }
}

static void what_is_printed_parses_to_the_same_value(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 2, RANDOM_TEST, 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int32_t exponent = -(int32_t)random_below(&stream, 19);
        struct decimal value = {random_any_size(&stream), exponent};
        char text[DECIMAL_TEXT_SIZE];
        size_t length = decimal_print(value, text);
        int64_t mantissa = ~value.mantissa;
        assert_int_equal(decimal_parse_scaled(text, length, exponent, &mantissa), DECIMAL_OK);
        assert_true(mantissa == value.mantissa);
        // The parsed decimal is the printed one in lowest terms: it prints as the same text.
        struct decimal parsed;
        char again[DECIMAL_TEXT_SIZE];
        assert_int_equal(decimal_parse(text, length, &parsed), DECIMAL_OK);
        (void)decimal_print(parsed, again);
        assert_string_equal(again, text);
    }
}

static void a_step_more_than_fits_is_refused(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 3, RANDOM_TEST, 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        // Steps with mantissas small enough that 2^63 steps still print within 38 digits.
        struct decimal step = random_step(&stream);
        step.mantissa = 1 + (step.mantissa & 0xffff);
        step.exponent = -(int32_t)random_below(&stream, 19);
        // (2^63 + extra) steps, through a step twice as large or through INT64_MAX + 1 in text.
        int64_t half = (INT64_MAX >> 1) + 1 + (int64_t)(random_u64(&stream) >> 3);
        struct decimal twice = {step.mantissa * 2, step.exponent};
        char text[DECIMAL_TEXT_SIZE];
        size_t length = decimal_print_steps(half, twice, text);
        int64_t steps = 77;
        assert_int_equal(decimal_parse_steps(text, length, step, &steps), DECIMAL_OVERFLOW);
        assert_int_equal(steps, 77);
    }
}

static void off_the_step_is_refused_whatever_the_step(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 4, RANDOM_TEST, 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct decimal step = {2 + (int64_t)random_below(&stream, 1000000),
                               (int32_t)random_below(&stream, 31) - 18};
        int64_t count = (int64_t)random_below(&stream, 1000000000);
        int64_t rest = 1 + (int64_t)random_below(&stream, (uint64_t)step.mantissa - 1);
        struct decimal value = {count * step.mantissa + rest, step.exponent};
        char text[DECIMAL_TEXT_SIZE];
        size_t length = decimal_print(value, text);
        int64_t steps = 77;
        assert_int_equal(decimal_parse_steps(text, length, step, &steps), DECIMAL_NOT_MULTIPLE);
        assert_int_equal(steps, 77);
    }
}

static void a_decimal_becomes_the_double_that_its_text_names(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 5, RANDOM_TEST, 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct decimal value = {(int64_t)(random_u64(&stream) >> (11 + random_below(&stream, 53))),
                                (int32_t)random_below(&stream, 37) - 18};
        char text[DECIMAL_TEXT_SIZE];
        (void)decimal_print(value, text);
        assert_true(decimal_to_double(value) == strtod(text, NULL));
    }
}

static void mul_div_round_rounds_half_away_from_zero(void **state)
{
    (void)state;
    assert_int_equal(mul_div_round(1, 1, 2), 1);
    assert_int_equal(mul_div_round(-1, 1, 2), -1);
    assert_int_equal(mul_div_round(1, 1, 3), 0);
    assert_int_equal(mul_div_round(-2, 1, 3), -1);
    assert_int_equal(mul_div_round(5, -3, 10), -2);
    assert_int_equal(mul_div_round(0, INT64_MIN, 1), 0);
    assert_true(mul_div_round(INT64_MIN, INT64_MAX, INT64_MAX) == INT64_MIN);
    assert_true(mul_div_round(INT64_MIN, 1, 1) == INT64_MIN);
    assert_true(mul_div_round(INT64_MAX, INT64_MAX, INT64_MAX) == INT64_MAX);
}

static void mul_div_round_is_the_nearest_integer(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 6, RANDOM_TEST, 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int64_t a = random_any_size(&stream);
        int64_t b = random_any_size(&stream);
        int64_t c = random_any_size(&stream) & INT64_MAX;
        c = c > 0 ? c : 1;
        int128 product = (int128)a * b;
        if (product / c > INT64_MAX - 1 || product / c < INT64_MIN + 1) {
            continue;
        }
        // The definition itself: |2 * (product - result * c)| <= c, and on a tie the larger one.
        int128 result = mul_div_round(a, b, c);
        int128 twice_rest = 2 * (product - result * c);
        int128 distance = twice_rest < 0 ? -twice_rest : twice_rest;
        if (distance > c) {
            print_error("round %" PRIu32 ": %" PRId64 " * %" PRId64 " / %" PRId64 "\n", round, a, b,
                        c);
        }
        assert_true(distance <= c);
        assert_true(distance < c || (product < 0) == (twice_rest > 0));
    }
}

static void checked_sums_are_plain_sums_while_they_fit(void **state)
{
    (void)state;
    assert_true(add_checked(INT64_MAX, INT64_MIN) == -1);
    assert_true(add_checked(INT64_MAX - 1, 1) == INT64_MAX);
    assert_true(sub_checked(-1, INT64_MAX) == INT64_MIN);
    assert_true(mul_checked(INT64_MIN, 1) == INT64_MIN);
    assert_true(mul_checked(-3, 4) == -12);
}

static void add_too_much(void)
{
    (void)add_checked(INT64_MAX, 1);
}

static void subtract_too_much(void)
{
    (void)sub_checked(INT64_MIN, 1);
}

static void multiply_too_much(void)
{
    (void)mul_checked(INT64_MIN, -1);
}

static void round_to_too_much(void)
{
    (void)mul_div_round(INT64_MIN, -1, 1);
}

static void round_up_to_too_much(void)
{
    // (2^63 - 1) * 2^62 / (2^62 - 1) lies beyond 2^63 - 1 only by a little.
    (void)mul_div_round(INT64_MAX, INT64_C(1) << 62, (INT64_C(1) << 62) - 1);
}

static void divide_by_zero(void)
{
    (void)mul_div_round(1, 1, 0);
}

static void parse_with_no_step(void)
{
    int64_t steps;
    (void)decimal_parse_steps("1", 1, (struct decimal){0, 0}, &steps);
}

static void what_does_not_fit_is_caught_as_a_bug(void **state)
{
    (void)state;
    assert_true(ends_the_process(add_too_much));
    assert_true(ends_the_process(subtract_too_much));
    assert_true(ends_the_process(multiply_too_much));
    assert_true(ends_the_process(round_to_too_much));
    assert_true(ends_the_process(round_up_to_too_much));
    assert_true(ends_the_process(divide_by_zero));
    assert_true(ends_the_process(parse_with_no_step));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing_keeps_every_digit_and_drops_trailing_zeros_of_the_fraction),
        cmocka_unit_test(parsing_refuses_what_is_not_a_plain_decimal),
        cmocka_unit_test(parsing_looks_at_no_byte_beyond_the_length),
        cmocka_unit_test(parsing_refuses_what_does_not_fit),
        cmocka_unit_test(parsing_counts_ticks),
        cmocka_unit_test(parsing_refuses_a_price_that_is_not_a_multiple_of_the_tick),
        cmocka_unit_test(money_is_parsed_exactly_or_refused),
        cmocka_unit_test(printing_is_plain_and_without_trailing_zeros),
        cmocka_unit_test(the_longest_text_fits_its_buffer),
        cmocka_unit_test(what_is_printed_in_steps_parses_to_the_same_steps),
        cmocka_unit_test(what_is_printed_parses_to_the_same_value),
        cmocka_unit_test(a_step_more_than_fits_is_refused),
        cmocka_unit_test(off_the_step_is_refused_whatever_the_step),
        cmocka_unit_test(a_decimal_becomes_the_double_that_its_text_names),
        cmocka_unit_test(mul_div_round_rounds_half_away_from_zero),
        cmocka_unit_test(mul_div_round_is_the_nearest_integer),
        cmocka_unit_test(checked_sums_are_plain_sums_while_they_fit),
        cmocka_unit_test(what_does_not_fit_is_caught_as_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
