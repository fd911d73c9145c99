// A run of guard steps with one proposal at a time.
#ifndef MM_TESTS_UNIT_GUARD_RUN_H
#define MM_TESTS_UNIT_GUARD_RUN_H

#include "soak/guard.h"

#include "cmocka_all.h"

#include <string.h>

enum {
    INTERVAL = PARAM_MIN_INTERVAL_MS,
    RATE = PARAM_REPLACE_RATE_PER_MIN,
    SPREAD = PARAM_BASE_SPREAD_BPS_DELTA,
    TAIL = PARAM_TAIL_AGE_MS,
    IMPACT = PARAM_IMPACT_CAP_RATIO,
    DELTA = PARAM_MAX_DELTA_RATIO
};

static const int64_t minute_ns = INT64_C(60) * 1000000000;

struct run {
    struct guard_config config;
    struct guard_state state;
    struct guard_input input; // of the next step; its proposal is emptied after each
    struct guard_outcome out;
    int64_t window_ns;
};

// An endless run on the default profile with windows of 15 minutes.
static inline struct run new_run(void)
{
    struct run run = {.config = guard_config_default(7, 0), .window_ns = 15 * minute_ns};
    assert_null(guard_config_problem(&run.config));
    guard_state_init(&run.state, params_of_profile(PARAMS_DEFAULT));
    run.input.verdict = GATE_PASS;
    return run;
}

static inline void propose(struct run *run, int param, int32_t delta)
{
    run->input.proposal.deltas[param] = delta;
}

static inline enum guard_action step(struct run *run, enum gate_verdict verdict)
{
    run->input.iteration = run->state.iteration + 1;
    run->input.now_ns += run->window_ns;
    run->input.verdict = verdict;
    run->input.proposal.iteration = run->input.iteration;
    run->input.proposal.before = run->state.params;
    guard_step(&run->config, &run->state, &run->input, &run->out);
    memset(run->input.proposal.deltas, 0, sizeof run->input.proposal.deltas);
    return run->out.action;
}

// One step with one proposal: what of it was applied.
static inline int32_t try_one(struct run *run, int param, int32_t delta)
{
    propose(run, param, delta);
    step(run, GATE_PASS);
    return run->out.fate[param].applied;
}

static inline bool on_safe_profile(const struct run *run)
{
    return memcmp(&run->state.params, &run->config.safe, sizeof run->config.safe) == 0;
}

#endif
