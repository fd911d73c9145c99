#include "soak/guard.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

// What one step works on; `out->fate[i].applied` is what is left of each proposed change.
struct step {
    const struct guard_config *config;
    struct guard_state *state;
    const struct guard_input *input;
    struct guard_outcome *out;
};

// What the steady-state freeze and the latency freeze hold.
static const bool freezes_when_stable[PARAM_COUNT] = {
    [PARAM_IMPACT_CAP_RATIO] = true, [PARAM_MAX_DELTA_RATIO] = true};
static const bool freezes_when_late[PARAM_COUNT] = {[PARAM_MIN_INTERVAL_MS] = true,
                                                    [PARAM_REPLACE_RATE_PER_MIN] = true,
                                                    [PARAM_BASE_SPREAD_BPS_DELTA] = true};

void guard_state_init(struct guard_state *state, struct params params)
{
    *state = (struct guard_state){.version = GUARD_STATE_VERSION, .params = params};
}

uint64_t guard_signature(const struct guard_config *config, const struct guard_proposal *proposal)
{
    uint64_t words[2 + 2 * PARAM_COUNT] = {config->run_id, proposal->iteration};
    for (int i = 0; i < PARAM_COUNT; i++) {
        words[2 + i] = (uint64_t)(int64_t)proposal->before.steps[i];
        words[2 + PARAM_COUNT + i] = (uint64_t)(int64_t)proposal->deltas[i];
    }
    uint64_t hash = XXH64(words, sizeof words, 0);
    return hash != 0 ? hash : 1;
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

static int64_t range_of(const struct guard_config *config, int param)
{
    return (int64_t)config->max[param] - config->min[param];
}

static void refuse(struct step *step, int param, enum guard_reason reason)
{
    struct guard_fate *fate = &step->out->fate[param];
    if (fate->applied != 0) {
        fate->applied = 0;
        fate->reason = reason;
    }
}

static void refuse_all(struct step *step, enum guard_reason reason)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        refuse(step, i, reason);
    }
    if (step->out->skip_reason == GUARD_REASON_NONE) {
        step->out->skip_reason = reason;
    }
}

// Leaves `delta` of a change; what is cut to nothing is refused by the same reason.
static void cut(struct step *step, int param, int64_t delta, enum guard_reason reason)
{
    struct guard_fate *fate = &step->out->fate[param];
    if (fate->applied != delta) {
        fate->applied = (int32_t)delta;
        fate->reason = reason;
    }
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : (value > high ? high : value);
}

void guard_revert(const struct guard_config *config, struct guard_state *state)
{
    state->params = config->safe;
    state->on_safe = true;
    state->fail_streak = 0;
    state->stable_streak = 0;
    state->frozen_until = 0;
    state->cooldown_until = 0;
    memset(state->param, 0, sizeof state->param);
}

void guard_rearm(struct guard_state *state)
{
    state->halted = false;
}

static void begin(struct step *step)
{
    *step->out =
        (struct guard_outcome){.before = step->state->params,
                               .after = step->state->params,
                               .signature = guard_signature(step->config, &step->input->proposal)};
    for (int i = 0; i < PARAM_COUNT; i++) {
        int32_t delta = step->input->proposal.deltas[i];
        step->out->fate[i] = (struct guard_fate){.proposed = delta, .applied = delta};
    }
}

// A state that cannot be trusted is replaced by the safe profile; only a halt survives it.
static void recover(struct step *step, const char *problem)
{
    bool halted = step->state->halted;
    guard_state_init(step->state, step->config->safe);
    guard_revert(step->config, step->state);
    step->state->iteration = step->input->iteration;
    step->state->halted = halted;
    refuse_all(step, GUARD_REASON_INVALID_STATE);
    step->out->action = GUARD_RECOVER;
    step->out->state_problem = problem;
    step->out->after = step->state->params;
}

static bool is_fit(enum gate_verdict verdict)
{
    return verdict == GATE_PASS || verdict == GATE_WARN;
}

static bool reaches_panic(struct step *step)
{
    struct guard_state *state = step->state;
    if (is_fit(step->input->verdict)) {
        state->fail_streak = 0;
    } else if (step->input->verdict == GATE_FAIL) {
        state->fail_streak++;
    }
    return state->fail_streak >= step->config->panic_fails;
}

// To the safe profile; where that is what failed, to a halt. Like any failure it ends a freeze.
static void panic(struct step *step)
{
    struct guard_state *state = step->state;
    refuse_all(step, GUARD_REASON_PANIC);
    state->frozen_until = 0;
    state->stable_streak = 0;
    if (state->on_safe) {
        state->fail_streak = 0;
        state->halted = true;
        step->out->action = GUARD_HALT;
    } else {
        guard_revert(step->config, state);
        state->panic_hold_until = step->input->iteration + step->config->panic_hold;
        step->out->action = GUARD_PANIC;
        step->out->after = state->params;
    }
}

static void check_panic_hold(struct step *step)
{
    if (step->input->iteration <= step->state->panic_hold_until) {
        refuse_all(step, GUARD_REASON_PANIC_HOLD);
    }
}

static void check_late(struct step *step)
{
    uint32_t last = step->config->iterations;
    if (last != 0 && step->input->iteration >= last) {
        refuse_all(step, GUARD_REASON_LATE);
    }
}

static void check_bounds(struct step *step)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        int64_t now = step->state->params.steps[i];
        int64_t wanted = now + step->out->fate[i].applied;
        int64_t allowed = clamp(wanted, step->config->min[i], step->config->max[i]);
        cut(step, i, allowed - now, GUARD_REASON_BOUNDS);
    }
}

static void check_step_cap(struct step *step)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        int64_t cap = step->config->cap_per_iteration[i];
        cut(step, i, clamp(step->out->fate[i].applied, -cap, cap), GUARD_REASON_STEP_CAP);
    }
}

static void refuse_where(struct step *step, const bool held[PARAM_COUNT], enum guard_reason reason)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        if (held[i]) {
            refuse(step, i, reason);
        }
    }
}

static void check_freeze(struct step *step)
{
    struct guard_state *state = step->state;
    uint32_t now = step->input->iteration;
    if (step->input->verdict == GATE_FAIL) {
        state->frozen_until = 0;
    }
    if (now <= state->frozen_until) {
        refuse_where(step, freezes_when_stable, GUARD_REASON_FREEZE);
        return; // stable iterations count again after its end, so that it is never extended
    }
    bool stable = step->input->stable && is_fit(step->input->verdict);
    state->stable_streak = stable ? state->stable_streak + 1 : 0;
    if (state->stable_streak >= step->config->freeze_stable) {
        state->stable_streak = 0;
        state->frozen_until = now + step->config->freeze_hold;
    }
}

// In every iteration, also in one that panics: late acknowledgements do not wait for it to end.
static void follow_latency(struct step *step)
{
    struct guard_state *state = step->state;
    int64_t latency = step->input->latency_p95_ms;
    if (!step->input->has_latency) {
        return;
    }
    if (latency > step->config->latency_freeze_ms) {
        state->latency_frozen = true;
        state->calm_streak = 0;
    } else if (state->latency_frozen) {
        bool calm = latency <= step->config->latency_calm_ms;
        state->calm_streak = calm ? state->calm_streak + 1 : 0;
        if (state->calm_streak >= step->config->latency_calm_count) {
            state->latency_frozen = false;
            state->calm_streak = 0;
        }
    }
}

static void check_latency_freeze(struct step *step)
{
    if (step->state->latency_frozen) {
        refuse_where(step, freezes_when_late, GUARD_REASON_LATENCY_FREEZE);
    }
}

// Whether a move from B goes back to the A it came from: A and the new value are near each other,
// B is not. A longer A-B-A-B contains such a return.
static bool returns(const struct step *step, int param)
{
    const struct guard_param_state *state = &step->state->param[param];
    int64_t near = range_of(step->config, param) * step->config->oscillation_permille;
    int64_t here = step->state->params.steps[param];
    int64_t there = here + step->out->fate[param].applied;
    return state->has_previous && 1000 * magnitude(there - state->previous) <= near &&
           1000 * magnitude(here - state->previous) > near;
}

// Once caught the way back is forgotten: after the hold the parameter may move anywhere again.
static void check_oscillation(struct step *step)
{
    uint32_t now = step->input->iteration;
    for (int i = 0; i < PARAM_COUNT; i++) {
        struct guard_param_state *state = &step->state->param[i];
        if (now <= state->held_until) {
            refuse(step, i, GUARD_REASON_OSCILLATION_HOLD);
        }
        if (step->out->fate[i].applied != 0 && returns(step, i)) {
            refuse(step, i, GUARD_REASON_OSCILLATION);
            state->has_previous = false;
            state->held_until = now + step->config->oscillation_hold;
        }
    }
}

// Forgets changes at or before `from_ns` and returns the size of those after it.
static int64_t recent_size(struct guard_param_state *state, int64_t from_ns)
{
    uint32_t kept = 0;
    int64_t size = 0;
    for (uint32_t i = 0; i < state->change_count; i++) {
        if (state->changes[i].at_ns > from_ns) {
            size += state->changes[i].size;
            state->changes[kept++] = state->changes[i];
        }
    }
    memset(&state->changes[kept], 0, (state->change_count - kept) * sizeof state->changes[0]);
    state->change_count = kept;
    return size;
}

static void check_velocity(struct step *step)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        struct guard_param_state *state = &step->state->param[i];
        int64_t moved = recent_size(state, step->input->now_ns - step->config->velocity_window_ns);
        int64_t left = clamp(step->config->cap_per_window[i] - moved, 0, INT32_MAX);
        if (state->change_count == GUARD_CHANGES_MAX) {
            left = 0;
        }
        cut(step, i, clamp(step->out->fate[i].applied, -left, left), GUARD_REASON_VELOCITY);
    }
}

// Whether change `a` is a larger share of its range than `b` of its own.
static bool moves_more(const struct step *step, int a, int b)
{
    return magnitude(step->out->fate[a].applied) * range_of(step->config, b) >
           magnitude(step->out->fate[b].applied) * range_of(step->config, a);
}

// Keeps the largest changes; of equal ones the first in the table.
static void check_keys(struct step *step)
{
    for (;;) {
        uint32_t count = 0;
        int smallest = -1;
        for (int i = 0; i < PARAM_COUNT; i++) {
            if (step->out->fate[i].applied == 0) {
                continue;
            }
            count++;
            if (smallest < 0 || !moves_more(step, i, smallest)) {
                smallest = i;
            }
        }
        if (count <= step->config->keys_max) {
            return;
        }
        refuse(step, smallest, GUARD_REASON_KEYS);
    }
}

static void check_cooldown(struct step *step)
{
    if (step->input->iteration <= step->state->cooldown_until) {
        refuse_all(step, GUARD_REASON_COOLDOWN);
    }
}

static void check_signature(struct step *step)
{
    const struct guard_proposal *proposal = &step->input->proposal;
    bool fresh = proposal->iteration == step->input->iteration &&
                 memcmp(&proposal->before, &step->out->before, sizeof proposal->before) == 0;
    if (step->out->signature == step->state->last_signature) {
        refuse_all(step, GUARD_REASON_SIGNATURE);
    } else if (!fresh) {
        refuse_all(step, GUARD_REASON_STALE);
    }
}

static void apply_one(struct step *step, int param)
{
    int32_t delta = step->out->fate[param].applied;
    struct guard_param_state *state = &step->state->param[param];
    state->previous = step->state->params.steps[param];
    state->has_previous = true;
    state->changes[state->change_count++] =
        (struct guard_change){.at_ns = step->input->now_ns, .size = (int32_t)magnitude(delta)};
    step->state->params.steps[param] += delta;
    step->out->changed_count++;
}

// Applies what is left. A large change altogether is followed by a rest.
static void apply(struct step *step)
{
    int64_t share_e9 = 0;
    for (int i = 0; i < PARAM_COUNT; i++) {
        int64_t size = magnitude(step->out->fate[i].applied);
        if (size != 0) {
            apply_one(step, i);
            share_e9 += size * 1000000000 / range_of(step->config, i);
        }
    }
    if (step->out->changed_count == 0) {
        return;
    }
    step->state->on_safe = false;
    step->state->last_signature = step->out->signature;
    if (share_e9 > (int64_t)step->config->cooldown_permille * 1000000) {
        step->state->cooldown_until = step->input->iteration + step->config->cooldown_hold;
    }
    step->out->action = GUARD_APPLY;
    step->out->after = step->state->params;
}

// Why nothing changed: what refused everything, else what refused the first, else nothing to do.
static void explain_skip(struct step *step)
{
    struct guard_outcome *out = step->out;
    for (int i = 0; i < PARAM_COUNT && out->skip_reason == GUARD_REASON_NONE; i++) {
        out->skip_reason = out->fate[i].reason;
    }
    if (out->skip_reason == GUARD_REASON_NONE) {
        out->skip_reason = GUARD_REASON_NO_OP;
    }
}

void guard_step(const struct guard_config *config, struct guard_state *state,
                const struct guard_input *input, struct guard_outcome *out)
{
    MM_ASSERT(input->verdict < GATE_PANIC);
    struct step step = {config, state, input, out};
    begin(&step);
    const char *problem = guard_state_problem(config, state, input->iteration, input->now_ns);
    if (problem != NULL) {
        recover(&step, problem);
        return;
    }
    if (input->iteration == state->iteration) { // stepped already: nothing may count twice
        check_signature(&step);
        refuse_all(&step, GUARD_REASON_STALE);
        return;
    }
    state->iteration = input->iteration;
    follow_latency(&step);
    if (state->halted) {
        refuse_all(&step, GUARD_REASON_HALTED);
        return;
    }
    if (reaches_panic(&step)) { // before any guard that has a state of its own
        panic(&step);
        return;
    }
    check_panic_hold(&step);
    check_late(&step);
    check_bounds(&step);
    check_step_cap(&step);
    check_freeze(&step);
    check_latency_freeze(&step);
    check_oscillation(&step);
    check_velocity(&step);
    check_oscillation(&step); // again, because a cut change may end where it returns
    check_keys(&step);
    check_cooldown(&step);
    check_signature(&step);
    apply(&step);
    if (out->changed_count == 0) {
        explain_skip(&step);
    }
}
