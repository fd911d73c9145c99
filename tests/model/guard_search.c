// Every reachable state of scaled-down guards: breadth-first over guard_step itself, every input in
// every state, judged by the monitor; and in each state what must hold of it by itself (nothing
// valid is refused, nothing corrupt resumes, failures lead to the safe profile, steady good windows
// to an applied change).
//
// usage: guard_search [brief | quick | full]; exit status 0 when all holds, else 1 with the way
// there.
#include "state_set.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SHIFT_EVERY = 16, SHIFT_ITERATIONS = 4321, TRACE_MAX = 1000 };

#define SHIFT_NS INT64_C(987654)

struct search {
    const struct scale *scale;
    struct guard_config config;
    struct state_set set;
    uint32_t at;                      // the state looked at
    struct quotient_pair here, after; // it, and what a step makes of it
    struct guard_outcome out;
    uint64_t transitions, shifts, corruptions;
    uint64_t reasons[GUARD_REASON_COUNT], actions[GUARD_RECOVER + 1];
    uint32_t longest_wait; // for a useful proposal
};

// ---- telling ------------------------------------------------------------------------------------

static const char *operator_name(const struct search *search, uint32_t input)
{
    return input == scale_input_count(search->scale) ? "the operator reverts"
                                                     : "the operator re-arms";
}

static void print_step(const struct guard_input *input, const struct guard_outcome *out)
{
    printf("  %-12s %s latency %-4" PRId64 " at %" PRId64 ":", gate_verdict_name(input->verdict),
           input->stable ? "stable" : "      ", input->has_latency ? input->latency_p95_ms : 0,
           input->now_ns - QUOTIENT_NOW_NS);
    for (int p = 0; p < PARAM_COUNT; p++) {
        if (out->fate[p].proposed != 0) {
            printf(" %s %" PRId32 " asked %" PRId32 " applied %" PRId32 " (%s)", param_specs[p].key,
                   out->before.steps[p], out->fate[p].proposed, out->fate[p].applied,
                   guard_reason_name(out->fate[p].reason));
        }
    }
    printf(" -> %s\n", guard_action_name(out->action));
}

// Steps from a state as the search did, and prints it.
static void print_input(struct search *search, uint32_t state, uint32_t number)
{
    quotient_unpack(search->scale, &search->set.states[state], &search->here);
    if (number >= scale_input_count(search->scale)) {
        printf("  %s\n", operator_name(search, number));
        return;
    }
    struct guard_input input = scale_input(search->scale, number, QUOTIENT_ITERATION + 1,
                                           search->here.now_ns, &search->here.state.params);
    guard_step(&search->config, &search->here.state, &input, &search->out);
    print_step(&input, &search->out);
}

// `number` is the input that broke it; UINT32_MAX when the state itself is at fault.
static bool fail(struct search *search, uint32_t number, const char *what)
{
    static struct origin way[TRACE_MAX];
    uint32_t count = 0;
    printf("BROKEN: %s\nin \"%s\", on this way:\n", what, search->scale->name);
    for (uint32_t at = search->at; search->set.origins[at].from != UINT32_MAX && count < TRACE_MAX;
         at = search->set.origins[at].from) {
        way[count++] = search->set.origins[at];
    }
    while (count > 0) {
        count--;
        print_input(search, way[count].from, way[count].input);
    }
    if (number != UINT32_MAX) {
        print_input(search, search->at, number);
    }
    return false;
}

// ---- one transition -----------------------------------------------------------------------------

// To `after`, as `here` is.
static void start_step(struct search *search)
{
    quotient_copy_state(search->scale, &search->after.state, &search->here.state);
    monitor_copy(&search->after.monitor, &search->here.monitor);
    search->after.now_ns = search->here.now_ns;
}

static bool keep(struct search *search, uint32_t number, bool *is_new)
{
    struct quotient packed;
    if (!quotient_pack(search->scale, &search->config, &search->after, &packed)) {
        return fail(search, number, "a state does not fit the model's sizes");
    }
    *is_new = state_set_add(&search->set, &packed, (struct origin){search->at, number});
    return true;
}

// The same step from a state that the quotient calls the same must lead to the same.
static const char *check_shifted(struct search *search, const struct guard_input *input)
{
    static struct quotient_pair pair;
    struct guard_outcome out;
    struct quotient wanted, found;
    quotient_unpack(search->scale, &search->set.states[search->at], &pair);
    quotient_shift(&search->config, &pair, SHIFT_ITERATIONS, SHIFT_NS);
    struct guard_input shifted = *input;
    shifted.iteration += SHIFT_ITERATIONS;
    shifted.proposal.iteration += SHIFT_ITERATIONS;
    shifted.now_ns += SHIFT_NS;
    guard_step(&search->config, &pair.state, &shifted, &out);
    if (monitor_observe(&pair.monitor, &search->config, &shifted, &out, &pair.state.params)) {
        return "a state moved in time breaks a rule";
    }
    pair.now_ns = shifted.now_ns;
    search->shifts++;
    bool same = quotient_pack(search->scale, &search->config, &search->after, &wanted) &&
                quotient_pack(search->scale, &search->config, &pair, &found) &&
                memcmp(&wanted, &found, sizeof found) == 0 && out.action == search->out.action &&
                memcmp(out.fate, search->out.fate, sizeof out.fate) == 0;
    return same ? NULL : "a state moved in time is stepped differently";
}

// Of whole states: what a step leaves alone it leaves alone to the last byte.
static bool is_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

// A step done again does nothing, nor does its proposal handed in with the next iteration.
static const char *check_again(struct search *search, const struct guard_input *input)
{
    static struct guard_state again;
    struct guard_outcome out;
    again = search->after.state;
    guard_step(&search->config, &again, input, &out);
    if (!is_same(&again, &search->after.state, sizeof again) || out.action != GUARD_KEEP) {
        return "a step done again did something";
    }
    bool applied = search->out.action == GUARD_APPLY;
    if (applied && out.skip_reason != GUARD_REASON_SIGNATURE) {
        return "a proposal applied already was not recognised";
    }
    struct guard_input next = *input;
    next.iteration++;
    next.verdict = GATE_PASS;
    guard_step(&search->config, &again, &next, &out);
    return out.action != GUARD_KEEP ? "a proposal was applied with another iteration" : NULL;
}

static void count_outcome(struct search *search)
{
    search->transitions++;
    search->actions[search->out.action]++;
    for (uint32_t i = 0; i < search->scale->param_count; i++) {
        search->reasons[search->out.fate[search->scale->params[i].id].reason]++;
    }
}

static bool take_input(struct search *search, uint32_t number)
{
    start_step(search);
    struct guard_input input = scale_input(search->scale, number, QUOTIENT_ITERATION + 1,
                                           search->here.now_ns, &search->here.state.params);
    guard_step(&search->config, &search->after.state, &input, &search->out);
    count_outcome(search);
    const char *broken = monitor_observe(&search->after.monitor, &search->config, &input,
                                         &search->out, &search->after.state.params);
    search->after.now_ns = input.now_ns;
    bool is_new = false;
    if (broken == NULL && !keep(search, number, &is_new)) {
        return false;
    }
    if (broken == NULL && (search->out.action == GUARD_APPLY || is_new)) {
        broken = check_again(search, &input);
    }
    if (broken == NULL && (number + search->at) % SHIFT_EVERY == 0) {
        broken = check_shifted(search, &input);
    }
    return broken == NULL || fail(search, number, broken);
}

// The operator may revert in any state, and re-arm a halted one.
static bool take_operator(struct search *search)
{
    uint32_t number = scale_input_count(search->scale);
    bool is_new;
    start_step(search);
    guard_revert(&search->config, &search->after.state);
    monitor_revert(&search->after.monitor, &search->config);
    search->transitions++;
    if (!keep(search, number, &is_new)) {
        return false;
    }
    if (!search->here.state.halted) {
        return true;
    }
    start_step(search);
    guard_rearm(&search->after.state);
    monitor_rearm(&search->after.monitor);
    search->transitions++;
    return keep(search, number + 1, &is_new);
}

// ---- what must hold in each state ---------------------------------------------------------------

static bool is_safe(const struct search *search, const struct guard_state *state)
{
    return memcmp(&state->params, &search->config.safe, sizeof state->params) == 0;
}

static struct guard_input plain_input(const struct guard_state *state, int64_t now_ns,
                                      enum gate_verdict verdict)
{
    return (struct guard_input){
        .iteration = state->iteration + 1,
        .now_ns = now_ns,
        .verdict = verdict,
        .proposal = {.iteration = state->iteration + 1, .before = state->params}};
}

// Failures alone revert within panic_fails iterations, and as many more halt.
static const char *check_failures(struct search *search)
{
    struct guard_state *state = &search->after.state;
    int64_t now_ns = search->here.now_ns;
    bool reverted = false, halted = search->here.state.halted;
    start_step(search);
    for (uint32_t i = 0; i < 2 * search->config.panic_fails && !halted; i++) {
        now_ns += SCALE_UNIT_NS;
        struct guard_input input = plain_input(state, now_ns, GATE_FAIL);
        guard_step(&search->config, state, &input, &search->out);
        reverted = reverted || search->out.action == GUARD_PANIC;
        halted = search->out.action == GUARD_HALT;
        bool in_time = reverted || halted || i + 1 < search->config.panic_fails;
        if (!in_time || ((reverted || halted) && !is_safe(search, state))) {
            return "failures did not lead to the safe profile in time";
        }
    }
    return state->halted ? NULL : "failures on the safe profile did not halt";
}

// Makes a valid state one that cannot be. False when there is no such way.
static bool spoil(const struct search *search, struct guard_state *state, int way)
{
    const struct guard_config *config = &search->config;
    enum param_id id = search->scale->params[0].id;
    struct guard_param_state *param = &state->param[id];
    uint32_t now = state->iteration;
    switch (way) {
    case 0:
        state->version--;
        return true;
    case 1:
        state->iteration += 2;
        return true;
    case 2:
        state->iteration--;
        return true;
    case 3:
        state->params.steps[id] = config->min[id] - 1;
        return true;
    case 4:
        state->params.steps[PARAM_COUNT - 1] = config->max[PARAM_COUNT - 1] + 1;
        return true;
    case 5:
        state->fail_streak = config->panic_fails;
        return true;
    case 6:
        state->stable_streak = config->freeze_stable;
        return true;
    case 7:
        state->calm_streak = config->latency_calm_count;
        return true;
    case 8:
        state->panic_hold_until = now + config->panic_hold + 1;
        return true;
    case 9:
        state->frozen_until = now + config->freeze_hold + 1;
        return true;
    case 10:
        state->cooldown_until = now + config->cooldown_hold + 1;
        return true;
    case 11:
        param->held_until = now + config->oscillation_hold + 1;
        return true;
    case 12:
        param->change_count = GUARD_CHANGES_MAX + 1;
        return true;
    case 13:
        param->changes[param->change_count++].size = 0;
        return true;
    case 14:
        param->changes[param->change_count++] = (struct guard_change){INT64_MAX, 1};
        return true;
    case 15:
        param->has_previous = true;
        param->previous = state->params.steps[id];
        return true;
    case 16:
        state->on_safe = true;
        return !is_safe(search, state);
    default:
        return false;
    }
}

enum { SPOIL_COUNT = 17 };

// A state that cannot be is replaced by the safe profile, and nothing of the proposal is applied.
static const char *check_corrupt(struct search *search)
{
    struct guard_state *state = &search->after.state;
    enum param_id id = search->scale->params[0].id;
    int64_t now_ns = search->here.now_ns + SCALE_UNIT_NS;
    for (int way = 0; way < SPOIL_COUNT; way++) {
        start_step(search);
        struct guard_input input = plain_input(state, now_ns, GATE_PASS);
        input.proposal.deltas[id] = state->params.steps[id] > 0 ? -1 : 1;
        if (!spoil(search, state, way)) {
            continue;
        }
        search->corruptions++;
        guard_step(&search->config, state, &input, &search->out);
        bool recovered = search->out.action == GUARD_RECOVER && is_safe(search, state) &&
                         state->on_safe && state->halted == search->here.state.halted &&
                         search->out.state_problem != NULL &&
                         search->out.skip_reason == GUARD_REASON_INVALID_STATE;
        if (!recovered) {
            return "a state that cannot be was resumed";
        }
        if (guard_state_problem(&search->config, state, input.iteration + 1, now_ns) != NULL) {
            return "recovery left a state that cannot be";
        }
        memset(state->param, 0, sizeof state->param);
    }
    search->actions[GUARD_RECOVER]++;
    return NULL;
}

// Nothing is applied in the last iteration or after it, and before it the end does not matter.
static const char *check_end(struct search *search)
{
    struct guard_config config = search->config;
    for (uint32_t number = 0; number < scale_proposal_count(search->scale); number++) {
        for (uint32_t last = QUOTIENT_ITERATION; last <= QUOTIENT_ITERATION + 2; last++) {
            config.iterations = last;
            start_step(search);
            struct guard_input input = scale_input(search->scale, number, QUOTIENT_ITERATION + 1,
                                                   search->here.now_ns, &search->here.state.params);
            guard_step(&config, &search->after.state, &input, &search->out);
            count_outcome(search);
            const char *broken = monitor_observe(&search->after.monitor, &config, &input,
                                                 &search->out, &search->after.state.params);
            if (broken != NULL) {
                return broken;
            }
        }
    }
    return NULL;
}

// ---- liveness -----------------------------------------------------------------------------------

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

// All holds run at once and the window empties meanwhile; then the change may be refused once as a
// return and be held; then a freeze may have begun; then it is applied.
static uint32_t wait_max(const struct search *search)
{
    const struct guard_config *config = &search->config;
    uint32_t wait = larger(config->panic_hold, config->cooldown_hold);
    wait = larger(wait, larger(config->freeze_hold, config->oscillation_hold));
    wait = larger(wait, larger(config->latency_calm_count, (uint32_t)search->scale->window));
    return wait + 1 + config->oscillation_hold + config->freeze_hold + 1;
}

// Proposes one step of one parameter until it is applied; the number of iterations, 0 = never.
static uint32_t wait_for(struct search *search, enum param_id id, int32_t delta, bool stable)
{
    struct guard_state *state = &search->after.state;
    int64_t now_ns = search->here.now_ns;
    start_step(search);
    for (uint32_t i = 1; i <= wait_max(search); i++) {
        now_ns += SCALE_UNIT_NS;
        struct guard_input input = plain_input(state, now_ns, i % 2 == 0 ? GATE_WARN : GATE_PASS);
        input.stable = stable;
        input.has_latency = true;
        input.latency_p95_ms = search->config.latency_calm_ms;
        input.proposal.deltas[id] = delta;
        guard_step(&search->config, state, &input, &search->out);
        if (search->out.fate[id].applied == delta) {
            return i;
        }
        if (search->out.skip_reason == GUARD_REASON_NONE) {
            return 0;
        }
    }
    return 0;
}

static const char *check_liveness(struct search *search)
{
    if (search->here.state.halted) {
        return NULL; // it says so, and waits for the operator
    }
    for (uint32_t i = 0; i < search->scale->param_count; i++) {
        enum param_id id = search->scale->params[i].id;
        for (int way = 0; way < 4; way++) {
            int32_t delta = way < 2 ? 1 : -1;
            int32_t wanted = search->here.state.params.steps[id] + delta;
            if (wanted < search->config.min[id] || wanted > search->config.max[id]) {
                continue;
            }
            uint32_t wait = wait_for(search, id, delta, way % 2 == 0);
            if (wait == 0) {
                return "steady good windows never let a useful change through";
            }
            search->longest_wait = larger(search->longest_wait, wait);
        }
    }
    return NULL;
}

// ---- the search ---------------------------------------------------------------------------------

static bool check_state(struct search *search)
{
    if (guard_state_problem(&search->config, &search->here.state, QUOTIENT_ITERATION + 1,
                            search->here.now_ns) != NULL ||
        guard_state_problem(&search->config, &search->here.state, QUOTIENT_ITERATION,
                            search->here.now_ns) != NULL) {
        return fail(search, UINT32_MAX, "a state that was reached is called invalid");
    }
    const char *broken = check_failures(search);
    broken = broken != NULL ? broken : check_corrupt(search);
    broken = broken != NULL ? broken : check_end(search);
    broken = broken != NULL ? broken : check_liveness(search);
    return broken == NULL || fail(search, UINT32_MAX, broken);
}

static bool visit(struct search *search)
{
    quotient_unpack(search->scale, &search->set.states[search->at], &search->here);
    memset(&search->after, 0, sizeof search->after);
    if (!check_state(search) || !take_operator(search)) {
        return false;
    }
    uint32_t count = scale_input_count(search->scale);
    for (uint32_t number = 0; number < count; number++) {
        if (!take_input(search, number)) {
            return false;
        }
    }
    return true;
}

static bool start(struct search *search)
{
    if (guard_config_problem(&search->config) != NULL) {
        printf("BROKEN: a configuration that makes no sense: %s\n", search->scale->name);
        return false;
    }
    for (uint32_t i = 0; i < scale_start_count(search->scale); i++) {
        static struct quotient_pair pair;
        struct params values = scale_start(search->scale, i);
        struct quotient packed;
        guard_state_init(&pair.state, values);
        monitor_init(&pair.monitor, &values);
        if (!quotient_pack(search->scale, &search->config, &pair, &packed)) {
            printf("BROKEN: a start does not fit: %s\n", search->scale->name);
            return false;
        }
        state_set_add(&search->set, &packed, (struct origin){UINT32_MAX, 0});
    }
    return true;
}

static bool run_search(struct search *search, const struct scale *scale)
{
    clock_t begin = clock(); // tidy: allow clock, because it only tells how long the search took
    *search = (struct search){.scale = scale, .config = scale_config(scale)};
    state_set_init(&search->set);
    bool holds = start(search);
    for (search->at = 0; holds && search->at < search->set.count; search->at++) {
        holds = visit(search);
    }
    clock_t end = clock(); // tidy: allow clock, because it only tells how long the search took
    if (holds) {
        printf("%-44s %8" PRIu32 " states %10" PRIu64 " transitions, longest wait %" PRIu32
               " of %" PRIu32 ", %.1f s\n",
               scale->name, search->set.count, search->transitions, search->longest_wait,
               wait_max(search), (double)(end - begin) / CLOCKS_PER_SEC);
        fflush(stdout);
    }
    state_set_fini(&search->set);
    return holds;
}

struct totals {
    uint64_t states, transitions, shifts, corruptions;
    uint64_t reasons[GUARD_REASON_COUNT], actions[GUARD_RECOVER + 1];
};

static void add_totals(struct totals *totals, const struct search *search, uint32_t states)
{
    totals->states += states;
    totals->transitions += search->transitions;
    totals->shifts += search->shifts;
    totals->corruptions += search->corruptions;
    for (int i = 0; i < GUARD_REASON_COUNT; i++) {
        totals->reasons[i] += search->reasons[i];
    }
    for (int i = 0; i <= GUARD_RECOVER; i++) {
        totals->actions[i] += search->actions[i];
    }
}

// A rule that never came into play was not checked: every reason must have been given.
// Whether every rule came into play, which a brief search need not do.
static bool print_totals(const struct totals *totals, bool is_brief)
{
    bool all = true;
    printf("fates:");
    for (int i = 0; i < GUARD_REASON_COUNT; i++) {
        bool elsewhere = i == GUARD_REASON_INVALID_STATE || i == GUARD_REASON_SIGNATURE ||
                         i == GUARD_REASON_STALE || i == GUARD_REASON_NO_OP;
        if (!elsewhere) {
            printf(" %s %" PRIu64, guard_reason_name((enum guard_reason)i), totals->reasons[i]);
            all = all && totals->reasons[i] > 0;
        }
    }
    printf("\nsteps:");
    for (int i = 0; i <= GUARD_RECOVER; i++) {
        printf(" %s %" PRIu64, guard_action_name((enum guard_action)i), totals->actions[i]);
        all = all && totals->actions[i] > 0;
    }
    printf("\n%" PRIu64 " states, %" PRIu64 " transitions, %" PRIu64
           " stepped again moved in time, "
           "%" PRIu64 " corrupt states: %s\n",
           totals->states, totals->transitions, totals->shifts, totals->corruptions,
           all || is_brief ? "every rule holds in each" : "BROKEN: a rule never came into play");
    return all || is_brief;
}

int main(int argc, char **argv)
{
    static struct search search;
    struct totals totals = {0};
    static const char *const names[] = {"brief", "quick", "full"};
    int extent = SEARCH_FULL;
    while (argc > 1 && extent >= 0 && strcmp(argv[1], names[extent]) != 0) {
        extent--;
    }
    if (extent < 0) {
        fprintf(stderr, "usage: guard_search [brief | quick | full]\n");
        return 2;
    }
    for (uint32_t i = 0; i < scale_count; i++) {
        if ((int)scales[i].since > extent) {
            continue;
        }
        if (!run_search(&search, &scales[i])) {
            return 1;
        }
        add_totals(&totals, &search, search.at);
    }
    return print_totals(&totals, extent == SEARCH_BRIEF) ? 0 : 1;
}
