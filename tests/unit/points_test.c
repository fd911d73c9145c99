// Which points a sweep has, and what is refused with which words.
#include "sweep/points.h"

#include "cmocka_all.h"

#include <string.h>

// No axes, and the table's own bounds.
static struct points no_axes(void)
{
    struct points points = {.base = params_of_profile(PARAMS_DEFAULT), .seed = 42};
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        points.low.steps[i] = param_specs[i].live_min;
        points.high.steps[i] = param_specs[i].live_max;
    }
    return points;
}

static struct points with_axes(enum sample sample, const char *first, const char *second)
{
    struct points points = no_axes();
    points.sample = sample;
    assert_int_equal(points_add_axis(&points, first), MM_OK);
    if (second != NULL) {
        assert_int_equal(points_add_axis(&points, second), MM_OK);
    }
    return points;
}

static void assert_refused(const char *axis, const char *words)
{
    struct points points = no_axes();
    assert_int_equal(points_add_axis(&points, axis), MM_ERROR_USAGE);
    if (strstr(mm_error_text(), words) == NULL) {
        fail_msg("%s: '%s' does not say '%s'", axis, mm_error_text(), words);
    }
}

static void a_grid_is_the_product_in_the_order_of_the_table(void **state)
{
    (void)state;
    // Given the other way round than the table has them: the order does not matter.
    struct points points =
        with_axes(SAMPLE_GRID, "base_spread_bps_delta=0.08:0.24:0.04", "min_interval_ms=40:80:10");
    assert_int_equal(points_choose(&points, 0), MM_OK);
    assert_int_equal(points.count, 25);
    for (uint32_t i = 0; i < points.count; i++) {
        struct params params = points_at(&points, i);
        assert_int_equal(params.steps[PARAM_MIN_INTERVAL_MS], 40 + 10 * (int)(i / 5));
        assert_int_equal(params.steps[PARAM_BASE_SPREAD_BPS_DELTA], 16 + 8 * (int)(i % 5));
        assert_int_equal(params.steps[PARAM_TAIL_AGE_MS], points.base.steps[PARAM_TAIL_AGE_MS]);
    }
    points_fini(&points);
}

static void lists_and_ranges_mean_the_same_values(void **state)
{
    (void)state;
    static const char *const texts[] = {"tail_age_ms=500:540:20", "tail_age_ms=540,500,520"};
    for (size_t i = 0; i < 2; i++) {
        struct points points = with_axes(SAMPLE_GRID, texts[i], NULL);
        const struct axis *axis = &points.axes[PARAM_TAIL_AGE_MS];
        assert_int_equal(axis->count, 3);
        assert_int_equal(axis->steps[0], 50);
        assert_int_equal(axis->steps[1], 52);
        assert_int_equal(axis->steps[2], 54);
        points_fini(&points);
    }
    struct points whole = with_axes(SAMPLE_GRID, "replace_rate_per_min=200:320", NULL);
    assert_int_equal(whole.axes[PARAM_REPLACE_RATE_PER_MIN].count, 121);
    points_fini(&whole);
}

static void a_wrong_axis_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused("min_interval=40:80:10", "did you mean min_interval_ms?");
    assert_refused("zebra=1", "there are min_interval_ms, replace_rate_per_min");
    assert_refused("min_interval_ms", "is not KEY=LO:HI:STEP or KEY=A,B,C");
    assert_refused("min_interval_ms=30:80:10", "30 is outside 40 .. 80 ms");
    assert_refused("min_interval_ms=40:90:10", "90 is outside 40 .. 80 ms");
    assert_refused("min_interval_ms=40.5",
                   "not a multiple of the step (40 .. 80 ms in steps of 1)");
    assert_refused("base_spread_bps_delta=0.08:0.2:0.003", "in steps of 0.005");
    assert_refused("min_interval_ms=40:75:10", "75 is not reached from 40 in steps of 10");
    assert_refused("min_interval_ms=40:80:0", "0 is outside 1 .. 40 ms");
    assert_refused("min_interval_ms=80:40:10", "runs backwards");
    assert_refused("min_interval_ms=40,,50", "min_interval_ms");
    assert_refused("min_interval_ms=", "min_interval_ms");
    assert_refused("min_interval_ms=40:80:10:5", "min_interval_ms");
    assert_refused("min_interval_ms=40,50,40", "40 is given twice");
    struct points points = with_axes(SAMPLE_GRID, "min_interval_ms=40,50", NULL);
    assert_int_equal(points_add_axis(&points, "min_interval_ms=60"), MM_ERROR_USAGE);
    points_fini(&points);
}

static void a_count_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct points points = with_axes(SAMPLE_GRID, "min_interval_ms=40:80", NULL);
    assert_int_equal(points_choose(&points, 5), MM_ERROR_USAGE);
    points.sample = SAMPLE_SOBOL;
    assert_int_equal(points_choose(&points, 0), MM_ERROR_USAGE);
    assert_int_equal(points_choose(&points, 42), MM_ERROR_USAGE);
    points_fini(&points);
    points = with_axes(SAMPLE_GRID, "min_interval_ms=40:80", "replace_rate_per_min=200:320");
    assert_int_equal(points_add_axis(&points, "base_spread_bps_delta=0.08:0.25"), MM_OK);
    assert_int_equal(points_add_axis(&points, "tail_age_ms=500:800"), MM_OK);
    assert_int_equal(points_choose(&points, 0), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "5382685 points are more than 1000000"));
    points_fini(&points);
}

static bool same(struct params a, struct params b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void a_sample_has_no_point_twice_and_every_point_when_asked(void **state)
{
    (void)state;
    for (enum sample sample = SAMPLE_RANDOM; sample <= SAMPLE_SOBOL; sample++) {
        struct points points =
            with_axes(sample, "min_interval_ms=40:80:10", "tail_age_ms=500:800:50");
        assert_int_equal(points_choose(&points, 35), MM_OK);
        for (uint32_t i = 0; i < points.count; i++) {
            for (uint32_t k = 0; k < i; k++) {
                assert_false(same(points_at(&points, i), points_at(&points, k)));
            }
        }
        points_fini(&points);
    }
}

static void a_sample_depends_on_its_seed_alone(void **state)
{
    (void)state;
    for (enum sample sample = SAMPLE_RANDOM; sample <= SAMPLE_SOBOL; sample++) {
        struct points points[3];
        uint32_t different = 0;
        for (size_t i = 0; i < 3; i++) {
            points[i] = with_axes(sample, "min_interval_ms=40:80", "tail_age_ms=500:800");
            points[i].seed = i < 2 ? 7 : 8;
            // A longer sample begins as the shorter one does.
            assert_int_equal(points_choose(&points[i], i == 1 ? 200 : 100), MM_OK);
        }
        for (uint32_t i = 0; i < 100; i++) {
            assert_true(same(points_at(&points[0], i), points_at(&points[1], i)));
            different += !same(points_at(&points[0], i), points_at(&points[2], i));
        }
        assert_true(different > 50);
        for (size_t i = 0; i < 3; i++) {
            points_fini(&points[i]);
        }
    }
}

static void a_sobol_sample_covers_every_value_of_an_axis(void **state)
{
    (void)state;
    struct points points =
        with_axes(SAMPLE_SOBOL, "min_interval_ms=40:80:10", "base_spread_bps_delta=0.08:0.24:0.02");
    assert_int_equal(points_choose(&points, 24), MM_OK);
    unsigned intervals = 0, spreads = 0;
    for (uint32_t i = 0; i < points.count; i++) {
        struct params params = points_at(&points, i);
        intervals |= 1U << ((params.steps[PARAM_MIN_INTERVAL_MS] - 40) / 10);
        spreads |= 1U << ((params.steps[PARAM_BASE_SPREAD_BPS_DELTA] - 16) / 4);
    }
    assert_int_equal(intervals, 0x1f);
    assert_int_equal(spreads, 0x1ff);
    points_fini(&points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grid_is_the_product_in_the_order_of_the_table),
        cmocka_unit_test(lists_and_ranges_mean_the_same_values),
        cmocka_unit_test(a_wrong_axis_is_refused_by_name),
        cmocka_unit_test(a_count_that_cannot_be_is_refused),
        cmocka_unit_test(a_sample_has_no_point_twice_and_every_point_when_asked),
        cmocka_unit_test(a_sample_depends_on_its_seed_alone),
        cmocka_unit_test(a_sobol_sample_covers_every_value_of_an_axis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
