// What a market preset may say about the six parameters: their live bounds, the guard's caps, and
// how far each rule of the tuner moves them.
//
//     "parameters": {"tail_age_ms": {"min": 400, "max": 900, "step_cap": 50, "velocity_cap": 100}}
//     "moves": {"net_low": {"base_spread_bps_delta": {"delta": 0.02, "limit": 0.25}}}
//
// Both sections may be left out, and so may everything in them: what is not given is the parameter
// table's and the tuner's own. Bounds and limits stay within the table's hard limits, and changes
// within their width; a delta of 0 has the rule leave the parameter alone. One thread.
#ifndef MM_SOAK_PRESET_LIMITS_H
#define MM_SOAK_PRESET_LIMITS_H

#include "base/error.h"
#include "soak/guard.h"
#include "soak/tuner.h"

#include <jansson.h>
#include <stdbool.h>

enum preset_limit {
    PRESET_LIMIT_MIN,
    PRESET_LIMIT_MAX,
    PRESET_LIMIT_STEP_CAP,     // largest change in an iteration
    PRESET_LIMIT_VELOCITY_CAP, // largest sum of changes in the velocity window
    PRESET_LIMIT_COUNT
};

// Which of them the preset gives.
struct preset_given {
    bool limit[PARAM_COUNT][PRESET_LIMIT_COUNT];
    bool move[TUNER_RULE_COUNT][PARAM_COUNT];
};

// `*guard` and `*rules` come with what holds where nothing is given; `section` may be NULL.
// MM_ERROR_USAGE names the place, the value and what is allowed.
int preset_parameters_read(const json_t *section, const char *origin, struct guard_config *guard,
                           struct preset_given *given) MM_CHECKED;
int preset_moves_read(const json_t *section, const char *origin, struct tuner_rules *rules,
                      struct preset_given *given) MM_CHECKED;

// Adds {"parameters.tail_age_ms.min": {"value": 500, "min": 200, "max": 990}, ...} and the moves
// that do something, or are given, to `out`; those not given with "source": "default".
void preset_limits_show(const struct guard_config *guard, const struct tuner_rules *rules,
                        const struct preset_given *given, json_t *out);

#endif
