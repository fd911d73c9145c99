// The scaled-down configurations that are searched whole, and the inputs tried in each state.
// Everything is static or on the caller's memory; any thread.
#ifndef MM_TESTS_MODEL_SCALES_H
#define MM_TESTS_MODEL_SCALES_H

#include "soak/guard.h"

enum { SCALE_PARAMS_MAX = 3, SCALE_DURATIONS_MAX = 3 };

#define SCALE_UNIT_NS INT64_C(1000)

// One of up to three parameters that may move, from 0 to `top`; the others stay where they are.
struct scale_param {
    enum param_id id;
    int32_t top, safe, cap, window_cap;
};

// How much is searched; each includes those before it.
enum scale_search { SEARCH_BRIEF, SEARCH_QUICK, SEARCH_FULL };

struct scale {
    const char *name;
    enum scale_search since; // the first that includes it
    uint32_t param_count;
    struct scale_param params[SCALE_PARAMS_MAX];
    int32_t reach;  // changes from -reach to reach are proposed, of all parameters at once
    int64_t window; // of the velocity, in units
    int64_t durations[SCALE_DURATIONS_MAX]; // of an iteration, in units
    uint32_t duration_count;
    uint32_t keys_max, panic_fails, panic_hold, freeze_stable, freeze_hold;
    uint32_t oscillation_hold, oscillation_permille, cooldown_permille, cooldown_hold, calm_count;
};

extern const struct scale scales[];
extern const uint32_t scale_count;

struct guard_config scale_config(const struct scale *scale);

// Inputs are numbered: every duration, verdict, stable or not, latency (none, calm, between, late)
// and proposal.
uint32_t scale_input_count(const struct scale *scale);
uint32_t scale_proposal_count(const struct scale *scale);
// Of the step of `iteration`, for the values in force; `now_ns` is that of the step before.
struct guard_input scale_input(const struct scale *scale, uint32_t number, uint32_t iteration,
                               int64_t now_ns, const struct params *values);

// Numbers all values of the parameters, for the states a run starts from.
uint32_t scale_start_count(const struct scale *scale);
struct params scale_start(const struct scale *scale, uint32_t number);

#endif
