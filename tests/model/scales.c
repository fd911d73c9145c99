#include "scales.h"

enum { VERDICTS = GATE_PANIC, STABLES = 2, LATENCIES = 4, RUN_ID = 9 };

// What a parameter's kind is matters (sizes are frozen when stable, senders when late, the third
// is free), not which of its kind it is: the table-driven tests go through all six.
const struct scale scales[] = {
    {.name = "one sender and one size, all guards",
     .since = SEARCH_QUICK,
     .param_count = 2,
     .params = {{PARAM_MIN_INTERVAL_MS, 2, 1, 1, 2}, {PARAM_IMPACT_CAP_RATIO, 2, 0, 2, 2}},
     .reach = 2,
     .window = 2,
     .durations = {1},
     .duration_count = 1,
     .keys_max = 1,
     .panic_fails = 2,
     .panic_hold = 1,
     .freeze_stable = 2,
     .freeze_hold = 1,
     .oscillation_hold = 1,
     .oscillation_permille = 100,
     .cooldown_permille = 500,
     .cooldown_hold = 1,
     .calm_count = 1},
    {.name = "one size, the shipped streaks and holds",
     .since = SEARCH_BRIEF,
     .param_count = 1,
     .params = {{PARAM_MAX_DELTA_RATIO, 3, 1, 2, 3}},
     .reach = 3,
     .window = 3,
     .durations = {1},
     .duration_count = 1,
     .keys_max = 3,
     .panic_fails = 3,
     .panic_hold = 4,
     .freeze_stable = 2,
     .freeze_hold = 4,
     .oscillation_hold = 3,
     .oscillation_permille = 333,
     .cooldown_permille = 350,
     .cooldown_hold = 2,
     .calm_count = 2},
    {.name = "one sender, the shipped streaks and holds",
     .since = SEARCH_FULL,
     .param_count = 1,
     .params = {{PARAM_BASE_SPREAD_BPS_DELTA, 3, 2, 2, 3}},
     .reach = 4,
     .window = 3,
     .durations = {1},
     .duration_count = 1,
     .keys_max = 3,
     .panic_fails = 3,
     .panic_hold = 4,
     .freeze_stable = 2,
     .freeze_hold = 4,
     .oscillation_hold = 3,
     .oscillation_permille = 100,
     .cooldown_permille = 350,
     .cooldown_hold = 2,
     .calm_count = 2},
    {.name = "one free parameter, uneven time",
     .since = SEARCH_FULL,
     .param_count = 1,
     .params = {{PARAM_TAIL_AGE_MS, 5, 2, 3, 4}},
     .reach = 6,
     .window = 3,
     .durations = {0, 1, 2},
     .duration_count = 3,
     .keys_max = 1,
     .panic_fails = 1,
     .panic_hold = 0,
     .freeze_stable = 1,
     .freeze_hold = 2,
     .oscillation_hold = 2,
     .oscillation_permille = 200,
     .cooldown_permille = 400,
     .cooldown_hold = 1,
     .calm_count = 1},
    {.name = "one sender and one size, the shipped holds",
     .since = SEARCH_FULL,
     .param_count = 2,
     .params = {{PARAM_REPLACE_RATE_PER_MIN, 2, 1, 1, 2}, {PARAM_IMPACT_CAP_RATIO, 2, 1, 2, 3}},
     .reach = 2,
     .window = 3,
     .durations = {1},
     .duration_count = 1,
     .keys_max = 2,
     .panic_fails = 3,
     .panic_hold = 4,
     .freeze_stable = 2,
     .freeze_hold = 4,
     .oscillation_hold = 3,
     .oscillation_permille = 100,
     .cooldown_permille = 600,
     .cooldown_hold = 2,
     .calm_count = 2},
    {.name = "three parameters, two of them at a time",
     .since = SEARCH_FULL,
     .param_count = 3,
     .params = {{PARAM_REPLACE_RATE_PER_MIN, 1, 0, 1, 1},
                {PARAM_TAIL_AGE_MS, 2, 1, 1, 2},
                {PARAM_IMPACT_CAP_RATIO, 1, 1, 1, 1}},
     .reach = 1,
     .window = 2,
     .durations = {1},
     .duration_count = 1,
     .keys_max = 2,
     .panic_fails = 1,
     .panic_hold = 1,
     .freeze_stable = 1,
     .freeze_hold = 1,
     .oscillation_hold = 1,
     .oscillation_permille = 100,
     .cooldown_permille = 1000,
     .cooldown_hold = 1,
     .calm_count = 1},
};
const uint32_t scale_count = sizeof scales / sizeof scales[0];

struct guard_config scale_config(const struct scale *scale)
{
    struct guard_config config = guard_config_default(RUN_ID, 0);
    for (int p = 0; p < PARAM_COUNT; p++) {
        config.safe.steps[p] = config.min[p] = 0;
        config.max[p] = config.cap_per_iteration[p] = config.cap_per_window[p] = 1;
    }
    for (uint32_t i = 0; i < scale->param_count; i++) {
        const struct scale_param *param = &scale->params[i];
        config.max[param->id] = param->top;
        config.safe.steps[param->id] = param->safe;
        config.cap_per_iteration[param->id] = param->cap;
        config.cap_per_window[param->id] = param->window_cap;
    }
    config.velocity_window_ns = scale->window * SCALE_UNIT_NS;
    config.keys_max = scale->keys_max;
    config.panic_fails = scale->panic_fails;
    config.panic_hold = scale->panic_hold;
    config.freeze_stable = scale->freeze_stable;
    config.freeze_hold = scale->freeze_hold;
    config.oscillation_hold = scale->oscillation_hold;
    config.oscillation_permille = scale->oscillation_permille;
    config.cooldown_permille = scale->cooldown_permille;
    config.cooldown_hold = scale->cooldown_hold;
    config.latency_calm_count = scale->calm_count;
    return config;
}

uint32_t scale_proposal_count(const struct scale *scale)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < scale->param_count; i++) {
        count *= 2 * (uint32_t)scale->reach + 1;
    }
    return count;
}

uint32_t scale_input_count(const struct scale *scale)
{
    return scale_proposal_count(scale) * scale->duration_count * VERDICTS * STABLES * LATENCIES;
}

static uint32_t take_digit(uint32_t *number, uint32_t base)
{
    uint32_t digit = *number % base;
    *number /= base;
    return digit;
}

struct guard_input scale_input(const struct scale *scale, uint32_t number, uint32_t iteration,
                               int64_t now_ns, const struct params *values)
{
    static const int64_t latencies[LATENCIES] = {0, 350, 400, 401}; // at the levels themselves
    struct guard_input input = {.iteration = iteration,
                                .proposal = {.iteration = iteration, .before = *values}};
    for (uint32_t i = 0; i < scale->param_count; i++) {
        uint32_t digit = take_digit(&number, 2 * (uint32_t)scale->reach + 1);
        input.proposal.deltas[scale->params[i].id] = (int32_t)digit - scale->reach;
    }
    input.latency_p95_ms = latencies[take_digit(&number, LATENCIES)];
    input.has_latency = input.latency_p95_ms != 0;
    input.stable = take_digit(&number, STABLES) == 1;
    input.verdict = (enum gate_verdict)take_digit(&number, VERDICTS);
    input.now_ns = now_ns + scale->durations[number] * SCALE_UNIT_NS;
    return input;
}

uint32_t scale_start_count(const struct scale *scale)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < scale->param_count; i++) {
        count *= (uint32_t)scale->params[i].top + 1;
    }
    return count;
}

struct params scale_start(const struct scale *scale, uint32_t number)
{
    struct params values = {0};
    for (uint32_t i = 0; i < scale->param_count; i++) {
        const struct scale_param *param = &scale->params[i];
        values.steps[param->id] = (int32_t)take_digit(&number, (uint32_t)param->top + 1);
    }
    return values;
}
