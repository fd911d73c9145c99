#include "base/maths.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <float.h>
#include <math.h>

static struct random_stream stream;

static double between(double low, double high)
{
    return low + (high - low) * random_uniform(&stream);
}

static void assert_close(const char *what, double x, double value, double expected, double units)
{
    double allowed = units * DBL_EPSILON * fabs(expected);
    if (!(fabs(value - expected) <= allowed)) {
        fail_msg("%s(%.17g) is %.17g, the C library has %.17g", what, x, value, expected);
    }
}

enum { DRAWS = 200000 };

static void the_exponential_is_the_c_librarys_to_two_units_in_the_last_place(void **state)
{
    (void)state;
    random_init(&stream, 1, RANDOM_TEST, 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = i % 2 ? between(-708, 709) : between(-1, 1);
        assert_close("exp", x, mm_exp(x), exp(x), 2);
    }
    assert_true(mm_exp(0) == 1);
    assert_true(mm_exp(-800) == 0 && mm_exp(-INFINITY) == 0);
    assert_true(isinf(mm_exp(710)) && isinf(mm_exp(INFINITY)));
    assert_true(isnan(mm_exp(NAN)));
    assert_true(mm_exp(-740) > 0 && mm_exp(-740) < DBL_MIN);
}

static void the_logarithm_is_the_c_librarys_to_two_units_in_the_last_place(void **state)
{
    (void)state;
    random_init(&stream, 2, RANDOM_TEST, 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = i % 2 ? exp(between(-700, 700)) : between(.5, 2);
        assert_close("log", x, mm_log(x), log(x), 2);
    }
    assert_true(mm_log(1) == 0);
    assert_close("log", 5e-324, mm_log(5e-324), log(5e-324), 2);
    assert_close("log", DBL_MAX, mm_log(DBL_MAX), log(DBL_MAX), 2);
    assert_close("log", 1 + DBL_EPSILON, mm_log(1 + DBL_EPSILON), log(1 + DBL_EPSILON), 2);
    assert_close("log", 1 - DBL_EPSILON, mm_log(1 - DBL_EPSILON), log(1 - DBL_EPSILON), 2);
}

static void a_power_loses_no_more_than_its_exponent(void **state)
{
    (void)state;
    random_init(&stream, 3, RANDOM_TEST, 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = between(1e-6, 1000), y = between(-20, 20);
        assert_close("pow", x, mm_pow(x, y), pow(x, y), 3 + fabs(y * log(x)));
    }
    assert_true(mm_pow(7, 0) == 1 && mm_pow(1, 7) == 1);
}

static void the_cosine_of_a_turn_is_the_c_librarys(void **state)
{
    (void)state;
    random_init(&stream, 4, RANDOM_TEST, 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = random_uniform(&stream);
        // The C library gets a rounded angle, off by up to 7e-16.
        assert_true(fabs(mm_cos_turns(x) - cos(6.283185307179586 * x)) < 9e-16);
    }
    assert_true(mm_cos_turns(0) == 1 && mm_cos_turns(1) == 1 && mm_cos_turns(.5) == -1);
    assert_true(mm_cos_turns(.25) == 0 && mm_cos_turns(.75) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exponential_is_the_c_librarys_to_two_units_in_the_last_place),
        cmocka_unit_test(the_logarithm_is_the_c_librarys_to_two_units_in_the_last_place),
        cmocka_unit_test(a_power_loses_no_more_than_its_exponent),
        cmocka_unit_test(the_cosine_of_a_turn_is_the_c_librarys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
