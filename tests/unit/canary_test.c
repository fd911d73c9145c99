// How likely a panic by chance is.
#include "soak/canary.h"

#include "cmocka_all.h"

// Published values of the exact recursion for a run of N failures within 288 and 96 windows.
static void the_probability_of_a_panic_is_that_of_the_table(void **state)
{
    (void)state;
    static const struct {
        double rate;
        uint32_t windows, fails;
        double probability, tolerance;
    } cases[] = {
        {.01, 288, 2, .0280, 5e-5}, {.01, 288, 3, .00028, 5e-6}, {.02, 288, 2, .1065, 5e-5},
        {.05, 288, 3, .0334, 5e-5}, {.10, 288, 4, .0253, 5e-5},  {.20, 288, 5, .0703, 5e-5},
        {.01, 96, 2, .0094, 5e-5},  {.02, 96, 3, .0007, 5e-5},   {.05, 96, 3, .0111, 5e-5},
        {.10, 96, 3, .0815, 5e-5},  {.20, 96, 4, .1131, 5e-5},   {.20, 96, 5, .0234, 5e-5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double got = canary_panic_probability(cases[i].rate, cases[i].windows, cases[i].fails);
        assert_true(got > cases[i].probability - cases[i].tolerance);
        assert_true(got < cases[i].probability + cases[i].tolerance);
    }
}

static void the_ends_of_the_probability_are_certain(void **state)
{
    (void)state;
    assert_true(canary_panic_probability(0, 1000, 1) <= 0);
    assert_true(canary_panic_probability(1, 3, 3) >= 1);
    assert_true(canary_panic_probability(1, 2, 3) <= 0);
    assert_true(canary_panic_probability(0.5, 0, 1) <= 0);
}

// Wilson's interval for 1 of 96 and for none of 10 (0.2775: z^2 / (n + z^2)).
static void the_upper_rate_is_wilsons(void **state)
{
    (void)state;
    double none = canary_rate_upper(0, 10), one = canary_rate_upper(1, 96);
    assert_true(none > 0.2775 && none < 0.2776);
    assert_true(one > 0.0566 && one < 0.0568);
    assert_true(canary_rate_upper(10, 10) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_probability_of_a_panic_is_that_of_the_table),
        cmocka_unit_test(the_ends_of_the_probability_are_certain),
        cmocka_unit_test(the_upper_rate_is_wilsons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
