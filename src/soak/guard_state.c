// What the guard's numbers and its state may be, and the words for what it decides.
#include "soak/guard.h"

#include <stdio.h>

struct guard_config guard_config_default(uint64_t run_id, uint32_t iterations)
{
    struct guard_config config = {.run_id = run_id,
                                  .iterations = iterations,
                                  .safe = params_of_profile(PARAMS_STEADY_SAFE),
                                  .velocity_window_ns = INT64_C(3600) * 1000000000,
                                  .keys_max = 3,
                                  .panic_fails = 3,
                                  .panic_hold = 4,
                                  .freeze_stable = 2,
                                  .freeze_hold = 4,
                                  .oscillation_hold = 3,
                                  .oscillation_permille = 100,
                                  .cooldown_permille = 350,
                                  .cooldown_hold = 2,
                                  .latency_freeze_ms = 400,
                                  .latency_calm_ms = 350,
                                  .latency_calm_count = 2};
    for (int i = 0; i < PARAM_COUNT; i++) {
        config.min[i] = param_specs[i].live_min;
        config.max[i] = param_specs[i].live_max;
        config.cap_per_iteration[i] = param_specs[i].cap_per_iteration;
        config.cap_per_window[i] = param_specs[i].cap_per_hour;
    }
    return config;
}

enum { COUNT_MAX = 1000, PERMILLE_MAX = 10000 };

static const char *limits_problem(const struct guard_config *config)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        int32_t safe = config->safe.steps[i];
        if (config->min[i] < 0 || config->min[i] >= config->max[i]) {
            return "a bound is not below the other";
        }
        if (safe < config->min[i] || safe > config->max[i]) {
            return "the safe profile is outside the bounds";
        }
        if (config->cap_per_iteration[i] < 1 || config->cap_per_window[i] < 1) {
            return "a cap is below one step";
        }
    }
    return NULL;
}

const char *guard_config_problem(const struct guard_config *config)
{
    const uint32_t counts[] = {config->keys_max, config->panic_fails, config->freeze_stable,
                               config->latency_calm_count};
    const uint32_t holds[] = {config->panic_hold, config->freeze_hold, config->oscillation_hold,
                              config->cooldown_hold};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i] < 1 || counts[i] > COUNT_MAX || holds[i] > COUNT_MAX) {
            return "a count is outside 1 .. 1000 or a hold outside 0 .. 1000";
        }
    }
    if (config->oscillation_permille > 1000 || config->cooldown_permille > PERMILLE_MAX) {
        return "a share is too large";
    }
    if (config->velocity_window_ns <= 0) {
        return "the velocity window is not above 0";
    }
    if (config->latency_calm_ms > config->latency_freeze_ms) {
        return "the calm latency is above the freezing one";
    }
    return limits_problem(config);
}

static const char *changes_problem(const struct guard_param_state *param, int64_t now_ns)
{
    if (param->change_count > GUARD_CHANGES_MAX) {
        return "more changes than can be remembered";
    }
    for (uint32_t i = 0; i < param->change_count; i++) {
        if (param->changes[i].size < 1) {
            return "a change without a size";
        }
        if (param->changes[i].at_ns > now_ns) {
            return "a change from the future";
        }
    }
    return NULL;
}

static const char *params_problem(const struct guard_config *config,
                                  const struct guard_state *state, int64_t now_ns)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        const struct guard_param_state *param = &state->param[i];
        if (state->params.steps[i] < config->min[i] || state->params.steps[i] > config->max[i]) {
            return "a parameter outside its bounds";
        }
        if (state->on_safe && state->params.steps[i] != config->safe.steps[i]) {
            return "not on the safe profile although it says so";
        }
        if (param->held_until > state->iteration + config->oscillation_hold) {
            return "held for longer than there is a hold";
        }
        if (param->has_previous && param->previous == state->params.steps[i]) {
            return "the value before is the one in force";
        }
        const char *problem = changes_problem(param, now_ns);
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

static const char *holds_problem(const struct guard_config *config, const struct guard_state *state)
{
    if (state->panic_hold_until > state->iteration + config->panic_hold ||
        state->frozen_until > state->iteration + config->freeze_hold ||
        state->cooldown_until > state->iteration + config->cooldown_hold) {
        return "held for longer than there is a hold";
    }
    if (state->fail_streak >= config->panic_fails ||
        state->stable_streak >= config->freeze_stable ||
        state->calm_streak >= config->latency_calm_count) {
        return "a streak that had ended already";
    }
    return NULL;
}

const char *guard_state_problem(const struct guard_config *config, const struct guard_state *state,
                                uint32_t iteration, int64_t now_ns)
{
    if (state->version != GUARD_STATE_VERSION) {
        return "an unknown version";
    }
    if (state->iteration > iteration) {
        return "a state from the future";
    }
    if (state->iteration + 1 < iteration) {
        return "iterations are missing";
    }
    const char *problem = holds_problem(config, state);
    return problem != NULL ? problem : params_problem(config, state, now_ns);
}

static const char *const action_names[] = {[GUARD_KEEP] = "keep",
                                           [GUARD_APPLY] = "apply",
                                           [GUARD_PANIC] = "panic",
                                           [GUARD_HALT] = "halt",
                                           [GUARD_RECOVER] = "recover"};

static const struct {
    const char *name, *text;
} reasons[GUARD_REASON_COUNT] = {
    [GUARD_REASON_NONE] = {"none", "applied as proposed"},
    [GUARD_REASON_INVALID_STATE] = {"invalid_state", "the state could not be trusted"},
    [GUARD_REASON_HALTED] = {"halted", "the run is halted"},
    [GUARD_REASON_PANIC] = {"panic", "too many failures in a row"},
    [GUARD_REASON_PANIC_HOLD] = {"panic_hold", "too soon after a panic"},
    [GUARD_REASON_LATE] = {"late", "nothing is changed after the last iteration"},
    [GUARD_REASON_BOUNDS] = {"bounds", "the parameter's bounds"},
    [GUARD_REASON_STEP_CAP] = {"step_cap", "the largest change in one iteration"},
    [GUARD_REASON_FREEZE] = {"freeze", "frozen while the run is stable"},
    [GUARD_REASON_LATENCY_FREEZE] = {"latency_freeze", "frozen while acknowledgements are late"},
    [GUARD_REASON_OSCILLATION] = {"oscillation", "it would go back to where it came from"},
    [GUARD_REASON_OSCILLATION_HOLD] = {"oscillation_hold", "held after an oscillation"},
    [GUARD_REASON_VELOCITY] = {"velocity", "the largest change within the velocity window"},
    [GUARD_REASON_KEYS] = {"keys", "too many parameters at once"},
    [GUARD_REASON_COOLDOWN] = {"cooldown", "resting after a large change"},
    [GUARD_REASON_SIGNATURE] = {"signature", "applied already"},
    [GUARD_REASON_STALE] = {"stale", "made for another iteration or other values"},
    [GUARD_REASON_NO_OP] = {"no_op", "nothing to change"},
};

const char *guard_action_name(enum guard_action action)
{
    return action_names[action];
}

const char *guard_reason_name(enum guard_reason reason)
{
    return reasons[reason].name;
}

const char *guard_reason_text(enum guard_reason reason)
{
    return reasons[reason].text;
}

// A proposal may ask for anything; what is beyond any bound prints as the far end of the numbers.
static void print_value(enum param_id id, int64_t steps, char *out)
{
    int64_t shown = steps > INT32_MAX ? INT32_MAX : (steps < INT32_MIN ? INT32_MIN : steps);
    param_print(id, (int32_t)shown, out);
}

void guard_describe(const struct guard_outcome *outcome, enum param_id id, char *out)
{
    const struct guard_fate *fate = &outcome->fate[id];
    char before[DECIMAL_TEXT_SIZE], after[DECIMAL_TEXT_SIZE], asked[DECIMAL_TEXT_SIZE];
    int64_t from = outcome->before.steps[id];
    out[0] = '\0';
    if (fate->proposed == 0) {
        return;
    }
    print_value(id, from, before);
    print_value(id, from + fate->applied, after);
    print_value(id, from + fate->proposed, asked);
    const char *key = param_specs[id].key;
    const char *name = guard_reason_name(fate->reason);
    const char *text = guard_reason_text(fate->reason);
    if (fate->reason == GUARD_REASON_NONE) {
        snprintf(out, GUARD_TEXT_SIZE, "%s %s -> %s", key, before, after);
    } else if (fate->applied != 0) {
        snprintf(out, GUARD_TEXT_SIZE, "%s %s -> %s, asked %s: cut by %s (%s)", key, before, after,
                 asked, name, text);
    } else {
        snprintf(out, GUARD_TEXT_SIZE, "%s stays %s, asked %s: %s (%s)", key, before, asked, name,
                 text);
    }
}
