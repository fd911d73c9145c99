// The table of tunables: one array that validation, tuner, guard, configuration, metrics, dashboard
// and documentation read. Values are integers in units of each parameter's step. Pure; any thread.
#ifndef MM_TRADE_PARAMS_H
#define MM_TRADE_PARAMS_H

#include "base/decimal.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum param_id {
    PARAM_MIN_INTERVAL_MS,
    PARAM_REPLACE_RATE_PER_MIN,
    PARAM_BASE_SPREAD_BPS_DELTA,
    PARAM_TAIL_AGE_MS,
    PARAM_IMPACT_CAP_RATIO,
    PARAM_MAX_DELTA_RATIO,
    PARAM_COUNT
};

enum params_profile {
    PARAMS_DEFAULT,
    PARAMS_STEADY_SAFE,
    PARAMS_ULTRA_SAFE,
    PARAMS_AGGRESSIVE,
    PARAMS_PROFILE_COUNT
};

// One row of DESIGN 7's table; everything but the step is in steps.
struct param_spec {
    const char *key;
    const char *unit;
    const char *what;
    struct decimal step;
    int32_t live_min, live_max;
    int32_t hard_min, hard_max;
    int32_t cap_per_iteration, cap_per_hour;
    int32_t profile[PARAMS_PROFILE_COUNT];
};

extern const struct param_spec param_specs[PARAM_COUNT];

struct params {
    int32_t steps[PARAM_COUNT];
};

struct params params_of_profile(enum params_profile profile);
const char *params_profile_name(enum params_profile profile); // "default", "steady_safe", ...

// PARAM_COUNT when there is no such key.
enum param_id param_find(const char *key);

// Value in the parameter's own unit, for models and presentation.
double param_value(const struct params *params, enum param_id id);

// The parameter's share of `whole` (>= 0), rounded down, in integers.
int64_t param_share_of(const struct params *params, enum param_id id, int64_t whole);

// The least whole whose share is at least `share` (>= 0); INT64_MAX when none is, or none this
// small.
int64_t param_whole_of(const struct params *params, enum param_id id, int64_t share);

// Decimal text to steps within [min, max] steps; MM_ERROR_USAGE names key, value, range.
int param_parse(enum param_id id, const char *text, int32_t min, int32_t max,
                int32_t *out) MM_CHECKED;
// Writes the value without trailing zeros; `out` holds DECIMAL_TEXT_SIZE bytes.
size_t param_print(enum param_id id, int32_t steps, char *out);

#endif
