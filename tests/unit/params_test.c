#include "trade/params.h"

#include "cmocka_all.h"

#include <string.h>

static void assert_parses_to(enum param_id id, const char *text, int32_t steps)
{
    const struct param_spec *spec = &param_specs[id];
    int32_t parsed = -1;
    assert_int_equal(param_parse(id, text, spec->hard_min, spec->hard_max, &parsed), MM_OK);
    assert_int_equal(parsed, steps);
}

static void assert_refused(enum param_id id, const char *text, const char *said)
{
    const struct param_spec *spec = &param_specs[id];
    int32_t parsed = -1;
    assert_int_equal(param_parse(id, text, spec->live_min, spec->live_max, &parsed),
                     MM_ERROR_USAGE);
    assert_int_equal(parsed, -1);
    assert_non_null(strstr(mm_error_text(), spec->key));
    assert_non_null(strstr(mm_error_text(), said));
}

// The table as the design prints it, in each parameter's own unit.
static void the_table_says_what_the_design_says(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *text[11]; // step, live, hard, default, steady_safe, ultra_safe, aggressive
    } rows[PARAM_COUNT] = {
        {"min_interval_ms", {"1", "40", "80", "20", "300", "20", "30", "70", "75", "80", "50"}},
        {"replace_rate_per_min",
         {"1", "200", "320", "60", "360", "60", "60", "260", "260", "240", "320"}},
        {"base_spread_bps_delta",
         {"0.005", "0.08", "0.25", "0", "0.6", "0.05", "0.06", "0.14", "0.16", "0.16", "0.1"}},
        // 75 ms is no whole number of steps: the cap is the last step below it.
        {"tail_age_ms",
         {"10", "500", "800", "200", "1000", "70", "120", "650", "740", "700", "500"}},
        {"impact_cap_ratio",
         {"0.005", "0.08", "0.12", "0.04", "0.12", "0.02", "0.04", "0.09", "0.08", "0.08", "0.12"}},
        {"max_delta_ratio",
         {"0.005", "0.1", "0.16", "0.05", "0.2", "0.02", "0.03", "0.14", "0.12", "0.12", "0.16"}},
    };
    for (int id = 0; id < PARAM_COUNT; id++) {
        const struct param_spec *spec = &param_specs[id];
        const int32_t values[11] = {1,
                                    spec->live_min,
                                    spec->live_max,
                                    spec->hard_min,
                                    spec->hard_max,
                                    spec->cap_per_iteration,
                                    spec->cap_per_hour,
                                    spec->profile[PARAMS_DEFAULT],
                                    spec->profile[PARAMS_STEADY_SAFE],
                                    spec->profile[PARAMS_ULTRA_SAFE],
                                    spec->profile[PARAMS_AGGRESSIVE]};
        assert_string_equal(spec->key, rows[id].key);
        for (int i = 0; i < 11; i++) {
            char text[DECIMAL_TEXT_SIZE];
            param_print((enum param_id)id, values[i], text);
            assert_string_equal(text, rows[id].text[i]);
        }
    }
}

static void every_profile_lies_within_the_live_bounds_and_those_within_the_hard_limits(void **state)
{
    (void)state;
    for (int id = 0; id < PARAM_COUNT; id++) {
        const struct param_spec *spec = &param_specs[id];
        assert_true(spec->hard_min <= spec->live_min && spec->live_max <= spec->hard_max);
        for (int profile = 0; profile < PARAMS_PROFILE_COUNT; profile++) {
            struct params params = params_of_profile((enum params_profile)profile);
            assert_in_range(params.steps[id], spec->live_min, spec->live_max);
        }
        assert_int_equal(param_find(spec->key), id);
    }
    assert_int_equal(param_find("nosuch"), PARAM_COUNT);
    assert_string_equal(params_profile_name(PARAMS_ULTRA_SAFE), "ultra_safe");
}

static void text_becomes_steps_and_back(void **state)
{
    (void)state;
    assert_parses_to(PARAM_MIN_INTERVAL_MS, "60", 60);
    assert_parses_to(PARAM_BASE_SPREAD_BPS_DELTA, "0.140", 28);
    assert_parses_to(PARAM_TAIL_AGE_MS, "650", 65);
    struct params params = {.steps[PARAM_BASE_SPREAD_BPS_DELTA] = 28};
    assert_true(param_value(&params, PARAM_BASE_SPREAD_BPS_DELTA) == 0.14);
}

static void a_refused_value_names_the_key_the_value_and_the_range(void **state)
{
    (void)state;
    assert_refused(PARAM_MIN_INTERVAL_MS, "7", "7 is outside 40 .. 80 ms");
    assert_refused(PARAM_BASE_SPREAD_BPS_DELTA, "0.3", "0.3 is outside 0.08 .. 0.25 bps");
    assert_refused(PARAM_TAIL_AGE_MS, "655",
                   "'655' is not a multiple of the step (500 .. 800 ms in steps of 10)");
    assert_refused(PARAM_MAX_DELTA_RATIO, "much",
                   "'much' is not a plain decimal number (0.1 .. 0.16 share");
    assert_refused(PARAM_MIN_INTERVAL_MS, "99999999999999999999", "is outside 40 .. 80");
    assert_refused(PARAM_MIN_INTERVAL_MS, "-60", "-60 is outside");
}

static void a_share_is_cut_off_in_integers(void **state)
{
    (void)state;
    struct params params = {
        .steps = {[PARAM_IMPACT_CAP_RATIO] = 18, [PARAM_MAX_DELTA_RATIO] = 1}}; // 0.09, 0.005
    assert_int_equal(param_share_of(&params, PARAM_IMPACT_CAP_RATIO, 100), 9);
    assert_int_equal(param_share_of(&params, PARAM_IMPACT_CAP_RATIO, 11), 0);
    assert_int_equal(param_share_of(&params, PARAM_IMPACT_CAP_RATIO, 12), 1);
    assert_int_equal(param_share_of(&params, PARAM_MAX_DELTA_RATIO, 199), 0);
    assert_int_equal(param_share_of(&params, PARAM_MAX_DELTA_RATIO, 200), 1);
    assert_int_equal(param_share_of(&params, PARAM_IMPACT_CAP_RATIO, INT64_MAX / 100),
                     INT64_C(8301034833169298));
    assert_int_equal(param_share_of(&params, PARAM_IMPACT_CAP_RATIO, INT64_MAX),
                     INT64_C(830103483316929822)); // 0.09 of it, rounded down
}

static void the_least_whole_with_a_share_is_found(void **state)
{
    (void)state;
    struct params params = {.steps = {[PARAM_IMPACT_CAP_RATIO] = 18}}; // 0.09
    for (int64_t share = 1; share < 500; share++) {
        int64_t whole = param_whole_of(&params, PARAM_IMPACT_CAP_RATIO, share);
        assert_int_equal(param_share_of(&params, PARAM_IMPACT_CAP_RATIO, whole), share);
        assert_int_equal(param_share_of(&params, PARAM_IMPACT_CAP_RATIO, whole - 1), share - 1);
    }
    assert_int_equal(param_whole_of(&params, PARAM_IMPACT_CAP_RATIO, 0), 0);
    assert_int_equal(param_whole_of(&params, PARAM_IMPACT_CAP_RATIO, INT64_MAX), INT64_MAX);
    params.steps[PARAM_IMPACT_CAP_RATIO] = 0;
    assert_int_equal(param_whole_of(&params, PARAM_IMPACT_CAP_RATIO, 1), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_what_the_design_says),
        cmocka_unit_test(
            every_profile_lies_within_the_live_bounds_and_those_within_the_hard_limits),
        cmocka_unit_test(text_becomes_steps_and_back),
        cmocka_unit_test(a_refused_value_names_the_key_the_value_and_the_range),
        cmocka_unit_test(a_share_is_cut_off_in_integers),
        cmocka_unit_test(the_least_whole_with_a_share_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
