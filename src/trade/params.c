#include "trade/params.h"

#include "base/check.h"

#include <string.h>

// DESIGN 7's table. A cap that is no whole number of steps is rounded down: changes are whole
// steps, so that 75 ms in steps of 10 allows the same moves as 70.
const struct param_spec param_specs[PARAM_COUNT] = {
    [PARAM_MIN_INTERVAL_MS] = {.key = "min_interval_ms",
                               .unit = "ms",
                               .what = "least time between two replaces of one quote",
                               .step = {1, 0},
                               .live_min = 40,
                               .live_max = 80,
                               .hard_min = 20,
                               .hard_max = 300,
                               .cap_per_iteration = 20,
                               .cap_per_hour = 30,
                               .profile = {70, 75, 80, 50}},
    [PARAM_REPLACE_RATE_PER_MIN] = {.key = "replace_rate_per_min",
                                    .unit = "1/min",
                                    .what = "replaces a minute, at most one second's worth at once",
                                    .step = {1, 0},
                                    .live_min = 200,
                                    .live_max = 320,
                                    .hard_min = 60,
                                    .hard_max = 360,
                                    .cap_per_iteration = 60,
                                    .cap_per_hour = 60,
                                    .profile = {260, 260, 240, 320}},
    [PARAM_BASE_SPREAD_BPS_DELTA] = {.key = "base_spread_bps_delta",
                                     .unit = "bps",
                                     .what = "added to the base half-spread",
                                     .step = {5, -3},
                                     .live_min = 16,
                                     .live_max = 50,
                                     .hard_min = 0,
                                     .hard_max = 120,
                                     .cap_per_iteration = 10,
                                     .cap_per_hour = 12,
                                     .profile = {28, 32, 32, 20}},
    [PARAM_TAIL_AGE_MS] = {.key = "tail_age_ms",
                           .unit = "ms",
                           .what = "age at which a quote that is not where it is wanted is pulled",
                           .step = {10, 0},
                           .live_min = 50,
                           .live_max = 80,
                           .hard_min = 20,
                           .hard_max = 100,
                           .cap_per_iteration = 7,
                           .cap_per_hour = 12,
                           .profile = {65, 74, 70, 50}},
    [PARAM_IMPACT_CAP_RATIO] = {.key = "impact_cap_ratio",
                                .unit = "share",
                                .what = "a quote's size as a share of the depth near the touch",
                                .step = {5, -3},
                                .live_min = 16,
                                .live_max = 24,
                                .hard_min = 8,
                                .hard_max = 24,
                                .cap_per_iteration = 4,
                                .cap_per_hour = 8,
                                .profile = {18, 16, 16, 24}},
    [PARAM_MAX_DELTA_RATIO] = {.key = "max_delta_ratio",
                               .unit = "share",
                               .what = "one side's resting size as a share of the position limit",
                               .step = {5, -3},
                               .live_min = 20,
                               .live_max = 32,
                               .hard_min = 10,
                               .hard_max = 40,
                               .cap_per_iteration = 4,
                               .cap_per_hour = 6,
                               .profile = {28, 24, 24, 32}},
};

static const char *const profile_names[PARAMS_PROFILE_COUNT] = {
    [PARAMS_DEFAULT] = "default",
    [PARAMS_STEADY_SAFE] = "steady_safe",
    [PARAMS_ULTRA_SAFE] = "ultra_safe",
    [PARAMS_AGGRESSIVE] = "aggressive",
};

struct params params_of_profile(enum params_profile profile)
{
    MM_ASSERT(profile < PARAMS_PROFILE_COUNT);
    struct params params;
    for (int id = 0; id < PARAM_COUNT; id++) {
        params.steps[id] = param_specs[id].profile[profile];
    }
    return params;
}

const char *params_profile_name(enum params_profile profile)
{
    MM_ASSERT(profile < PARAMS_PROFILE_COUNT);
    return profile_names[profile];
}

enum param_id param_find(const char *key)
{
    int id = 0;
    while (id < PARAM_COUNT && strcmp(param_specs[id].key, key) != 0) {
        id++;
    }
    return (enum param_id)id;
}

double param_value(const struct params *params, enum param_id id)
{
    struct decimal step = param_specs[id].step;
    return decimal_to_double(
        (struct decimal){(int64_t)params->steps[id] * step.mantissa, step.exponent});
}

static int64_t share_divisor(enum param_id id)
{
    int64_t divisor = 1;
    for (int32_t i = param_specs[id].step.exponent; i < 0; i++) {
        divisor *= 10;
    }
    return divisor;
}

int64_t param_share_of(const struct params *params, enum param_id id, int64_t whole)
{
    struct decimal step = param_specs[id].step;
    MM_ASSERT(whole >= 0 && params->steps[id] >= 0 && step.exponent <= 0);
    int64_t numerator = params->steps[id] * step.mantissa;
    int64_t divisor = share_divisor(id);
    int64_t share;
    if (!__builtin_mul_overflow(whole, numerator, &share)) {
        return divisor == 1000 ? share / 1000 : share / divisor; // by a constant where it can be
    }
    return whole / divisor * numerator + whole % divisor * numerator / divisor;
}

int64_t param_whole_of(const struct params *params, enum param_id id, int64_t share)
{
    int64_t numerator = params->steps[id] * param_specs[id].step.mantissa;
    int64_t product;
    if (numerator == 0 || __builtin_mul_overflow(share, share_divisor(id), &product)) {
        return INT64_MAX;
    }
    return product / numerator + (product % numerator != 0);
}

size_t param_print(enum param_id id, int32_t steps, char *out)
{
    return decimal_print_steps(steps, param_specs[id].step, out);
}

static int fail_range(enum param_id id, const char *text, int32_t min, int32_t max)
{
    char low[DECIMAL_TEXT_SIZE];
    char high[DECIMAL_TEXT_SIZE];
    param_print(id, min, low);
    param_print(id, max, high);
    return mm_fail(MM_ERROR_USAGE, "%s: %.64s is outside %s .. %s %s", param_specs[id].key, text,
                   low, high, param_specs[id].unit);
}

int param_parse(enum param_id id, const char *text, int32_t min, int32_t max, int32_t *out)
{
    const struct param_spec *spec = &param_specs[id];
    int64_t steps;
    enum decimal_status status = decimal_parse_steps(text, strlen(text), spec->step, &steps);
    if (status == DECIMAL_OVERFLOW) {
        return fail_range(id, text, min, max);
    }
    if (status != DECIMAL_OK) {
        char step[DECIMAL_TEXT_SIZE], low[DECIMAL_TEXT_SIZE], high[DECIMAL_TEXT_SIZE];
        decimal_print(spec->step, step);
        param_print(id, min, low);
        param_print(id, max, high);
        return mm_fail(MM_ERROR_USAGE, "%s: '%.64s' is %s (%s .. %s %s in steps of %s)", spec->key,
                       text, decimal_status_text(status), low, high, spec->unit, step);
    }
    if (steps < min || steps > max) {
        return fail_range(id, text, min, max);
    }
    *out = (int32_t)steps;
    return MM_OK;
}
