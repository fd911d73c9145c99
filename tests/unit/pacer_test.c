// When market time may pass.
#include "soak/pacer.h"

#include "cmocka_all.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static void as_fast_as_possible_never_waits(void **state)
{
    (void)state;
    struct pacer pacer;
    pacer_start(&pacer, PACER_MAX, 0, 0);
    assert_int_equal(pacer_wait_ns(&pacer, 1000000 * SECOND, 0), 0);
    assert_int_equal(pacer_slice_ns(&pacer), 15 * SECOND);
}

static void a_slice_is_50_ms_of_real_time_and_at_most_15_s_of_the_market(void **state)
{
    (void)state;
    struct pacer pacer;
    pacer_start(&pacer, 1000, 0, 0);
    assert_int_equal(pacer_slice_ns(&pacer), 50 * MS);
    pacer_start(&pacer, 60000, 0, 0);
    assert_int_equal(pacer_slice_ns(&pacer), 3 * SECOND);
    pacer_start(&pacer, PACE_MIN_E3, 0, 0);
    assert_int_equal(pacer_slice_ns(&pacer), 5 * MS);
    pacer_start(&pacer, PACE_MAX_E3, 0, 0);
    assert_int_equal(pacer_slice_ns(&pacer), 15 * SECOND);
}

static void a_minute_a_second_waits_a_sixtieth(void **state)
{
    (void)state;
    struct pacer pacer;
    pacer_start(&pacer, 60000, 7 * SECOND, 100 * SECOND);
    assert_int_equal(pacer_wait_ns(&pacer, 10 * SECOND, 100 * SECOND), 50 * MS);
    // 20 ms were used for the slice.
    assert_int_equal(pacer_wait_ns(&pacer, 13 * SECOND, 100 * SECOND + 70 * MS), 30 * MS);
}

static void being_a_little_late_is_caught_up_with(void **state)
{
    (void)state;
    struct pacer pacer;
    pacer_start(&pacer, 1000, 0, 0);
    assert_int_equal(pacer_wait_ns(&pacer, 50 * MS, 950 * MS), 0);
    assert_int_equal(pacer_wait_ns(&pacer, 1000 * MS, 960 * MS), 40 * MS);
}

static void after_a_long_stop_the_market_does_not_hurry(void **state)
{
    (void)state;
    struct pacer pacer;
    pacer_start(&pacer, 1000, 0, 0);
    assert_int_equal(pacer_wait_ns(&pacer, 50 * MS, 3600 * SECOND), 0);
    assert_int_equal(pacer_wait_ns(&pacer, 100 * MS, 3600 * SECOND + 10 * MS), 40 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_fast_as_possible_never_waits),
        cmocka_unit_test(a_slice_is_50_ms_of_real_time_and_at_most_15_s_of_the_market),
        cmocka_unit_test(a_minute_a_second_waits_a_sixtieth),
        cmocka_unit_test(being_a_little_late_is_caught_up_with),
        cmocka_unit_test(after_a_long_stop_the_market_does_not_hurry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
