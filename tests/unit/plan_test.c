// What a sweep is asked to do: shards, jobs, what excludes what.
#include "sweep/plan.h"

#include "cmocka_all.h"

#include <string.h>

static struct sweep_options options(void)
{
    return (struct sweep_options){.tapes = {"a.tape"},
                                  .tape_count = 1,
                                  .grids = {"min_interval_ms=40:80:10"},
                                  .grid_count = 1};
}

static void assert_refused(const struct sweep_options *asked, const char *words)
{
    struct sweep_plan plan;
    assert_int_equal(plan_make(&plan, asked), MM_ERROR_USAGE);
    if (strstr(mm_error_text(), words) == NULL) {
        fail_msg("'%s' does not say '%s'", mm_error_text(), words);
    }
}

static void shards_share_the_points_between_them(void **state)
{
    (void)state;
    static const char *const shards[] = {"1/3", "2/3", "3/3"};
    uint32_t owners[5] = {0};
    for (size_t i = 0; i < 3; i++) {
        struct sweep_options asked = options();
        struct sweep_plan plan;
        asked.shard = shards[i];
        assert_int_equal(plan_make(&plan, &asked), MM_OK);
        assert_int_equal(plan.points.count, 5);
        for (uint32_t point = 0; point < 5; point++) {
            owners[point] += plan_has(&plan, point);
            assert_int_equal(plan_has(&plan, point), point % 3 == i);
        }
        plan_fini(&plan);
    }
    for (size_t point = 0; point < 5; point++) {
        assert_int_equal(owners[point], 1);
    }
}

static void without_a_shard_every_point_is_run(void **state)
{
    (void)state;
    struct sweep_options asked = options();
    struct sweep_plan plan;
    assert_int_equal(plan_make(&plan, &asked), MM_OK);
    assert_true(plan.jobs >= 1);
    for (uint32_t point = 0; point < plan.points.count; point++) {
        assert_true(plan_has(&plan, point));
    }
    plan_fini(&plan);
}

static void wrong_options_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const shards[] = {"0/4", "5/4", "1", "1/0", "a/b", "/4", "1/", "-1/4"};
    for (size_t i = 0; i < sizeof shards / sizeof shards[0]; i++) {
        struct sweep_options asked = options();
        asked.shard = shards[i];
        assert_refused(&asked, "is not I/N with I in 1 .. N");
    }
    struct sweep_options asked = options();
    asked.jobs = "0";
    assert_refused(&asked, "--jobs: '0' is not a whole number in 1 .. 1024");
    asked = options();
    asked.sample = "sobel";
    assert_refused(&asked, "did you mean sobol?");
    asked = options();
    asked.count = "3";
    assert_refused(&asked, "--count is for --sample random and sobol");
    asked = options();
    asked.config.window = "10";
    assert_refused(&asked, "--window");
    asked = options();
    asked.grid_count = 0;
    assert_refused(&asked, "--grid KEY=LO:HI:STEP is missing");
    asked = options();
    asked.tape_count = 0;
    assert_refused(&asked, "--tape FILE is missing");
}

static void a_swept_parameter_cannot_be_set_too(void **state)
{
    (void)state;
    struct sweep_options asked = options();
    struct sweep_plan plan;
    asked.config.sets[0] = "min_interval_ms=50";
    asked.config.set_count = 1;
    assert_refused(&asked, "min_interval_ms is swept by --grid");
    asked.config.sets[0] = "tail_age_ms=500";
    assert_int_equal(plan_make(&plan, &asked), MM_OK);
    assert_int_equal(points_at(&plan.points, 0).steps[PARAM_TAIL_AGE_MS], 50);
    plan_fini(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_share_the_points_between_them),
        cmocka_unit_test(without_a_shard_every_point_is_run),
        cmocka_unit_test(wrong_options_are_refused_by_name),
        cmocka_unit_test(a_swept_parameter_cannot_be_set_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
