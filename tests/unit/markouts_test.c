// Markouts at three horizons: which mid each fill gets, and what happens when there are too many.
#include "observe/markouts.h"

#include "cmocka_all.h"

static const int64_t SECOND = 1000000000;

static void each_horizon_gets_the_last_mid_until_it(void **state)
{
    (void)state;
    struct markouts markouts;
    struct observed_markout markout;
    markouts_init(&markouts);
    markouts_add(&markouts, 7, 0);
    assert_false(markouts_take(&markouts, SECOND, 100, &markout)); // not over yet
    assert_true(markouts_take(&markouts, SECOND + 1, 101, &markout));
    assert_int_equal(markout.number, 7);
    assert_int_equal(markout.horizon, 0);
    assert_int_equal(markout.later_half_ticks, 101);
    assert_false(markouts_take(&markouts, SECOND + 1, 101, &markout));
    assert_true(markouts_take(&markouts, 31 * SECOND, 130, &markout));
    assert_int_equal(markout.horizon, 1);
    assert_true(markouts_take(&markouts, 31 * SECOND, 130, &markout));
    assert_int_equal(markout.horizon, 2);
    assert_false(markouts_take(&markouts, INT64_MAX, 140, &markout));
    markouts_fini(&markouts);
}

static void fills_come_out_in_the_order_of_their_time(void **state)
{
    (void)state;
    struct markouts markouts;
    struct observed_markout markout;
    markouts_init(&markouts);
    for (uint64_t i = 0; i < 100; i++) {
        markouts_add(&markouts, i, (int64_t)i * SECOND / 10);
    }
    uint64_t next[MARKOUT_COUNT] = {0};
    for (int64_t now = 0; now < 60 * SECOND; now += SECOND / 7) {
        while (markouts_take(&markouts, now, now, &markout)) {
            assert_int_equal(markout.number, next[markout.horizon]++);
            int64_t due =
                (int64_t)markout.number * SECOND / 10 + markout_horizons_ns[markout.horizon];
            assert_true(due < now && due >= now - SECOND / 7);
        }
    }
    for (int i = 0; i < MARKOUT_COUNT; i++) {
        assert_int_equal(next[i], 100);
    }
    assert_int_equal(markouts_lost(&markouts), 0);
    markouts_fini(&markouts);
}

static void what_does_not_fit_is_counted(void **state)
{
    (void)state;
    struct markouts markouts;
    struct observed_markout markout;
    markouts_init(&markouts);
    for (uint64_t i = 0; i < 5000; i++) {
        markouts_add(&markouts, i, 0);
    }
    uint64_t taken = 0;
    while (markouts_take(&markouts, INT64_MAX, 1, &markout)) {
        taken++;
    }
    assert_true(markouts_lost(&markouts) > 0);
    assert_int_equal(taken + markouts_lost(&markouts), MARKOUT_COUNT * 5000);
    markouts_fini(&markouts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_horizon_gets_the_last_mid_until_it),
        cmocka_unit_test(fills_come_out_in_the_order_of_their_time),
        cmocka_unit_test(what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
