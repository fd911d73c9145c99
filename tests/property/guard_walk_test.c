// The guard over random runs at full scale, each step judged by the monitor that the search of its
// states uses (tests/model): default and random numbers, proposals of any size and old ones, the
// operator's revert and re-arm, states that cannot be.
//
// usage: guard_walk_test [--runs N] [SEED [CASE]]; CASE repeats one. A failing case is shrunk by
// leaving out steps one at a time.
#include "base/random.h"
#include "monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MAX = 240, RUN_COUNT = 3000, DEFAULT_SEED = 1, TEXT_SIZE = 200 };

// What is out of the ordinary in a step.
enum oddity { NOTHING_ODD, OPERATOR_REVERTS, OPERATOR_REARMS, STATE_IS_CORRUPT, OLD_PROPOSAL };

struct move {
    enum oddity oddity;
    enum gate_verdict verdict;
    bool stable, has_latency;
    int64_t latency_ms, passed_ns;
    int32_t deltas[PARAM_COUNT];
};

struct scenario {
    struct guard_config config;
    struct params start;
    uint32_t count;
    struct move moves[STEP_MAX];
};

static uint64_t step_count, applied_count; // of all runs

// ---- making a scenario ------------------------------------------------------------------------

static enum gate_verdict pick_verdict(struct random_stream *stream, uint64_t mood)
{
    static const enum gate_verdict moods[4][5] = {
        {GATE_PASS, GATE_PASS, GATE_WARN, GATE_PASS, GATE_INCONCLUSIVE},
        {GATE_FAIL, GATE_FAIL, GATE_FAIL, GATE_ERROR, GATE_PASS},
        {GATE_PASS, GATE_WARN, GATE_INCONCLUSIVE, GATE_ERROR, GATE_FAIL},
        {GATE_PASS, GATE_PASS, GATE_PASS, GATE_PASS, GATE_FAIL}};
    return moods[mood][random_below(stream, 5)];
}

static int32_t pick_delta(struct random_stream *stream, int param)
{
    int64_t cap = param_specs[param].cap_per_iteration;
    switch (random_below(stream, 5)) {
    case 0:
        return 0;
    case 1:
        return random_below(stream, 2) == 0 ? INT32_MAX : INT32_MIN;
    default:
        return (int32_t)((int64_t)random_below(stream, (uint64_t)(4 * cap + 1)) - 2 * cap);
    }
}

// The numbers of half the runs are random, within what a configuration may say.
static void pick_numbers(struct random_stream *stream, struct guard_config *config)
{
    uint32_t *counts[] = {&config->keys_max, &config->panic_fails, &config->freeze_stable,
                          &config->latency_calm_count};
    uint32_t *holds[] = {&config->panic_hold, &config->freeze_hold, &config->oscillation_hold,
                         &config->cooldown_hold};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        *counts[i] = 1 + (uint32_t)random_below(stream, 5);
        *holds[i] = (uint32_t)random_below(stream, 7);
    }
    config->oscillation_permille = (uint32_t)random_below(stream, 400);
    config->cooldown_permille = (uint32_t)random_below(stream, 1200);
    config->velocity_window_ns = 1 + (int64_t)random_below(stream, UINT64_C(7200000000000));
    for (int p = 0; p < PARAM_COUNT; p++) {
        uint64_t range = (uint64_t)(config->max[p] - config->min[p]);
        config->cap_per_iteration[p] = 1 + (int32_t)random_below(stream, range);
        config->cap_per_window[p] = 1 + (int32_t)random_below(stream, 3 * range);
    }
}

static enum oddity pick_oddity(struct random_stream *stream)
{
    uint64_t draw = random_below(stream, 160);
    return draw < 2    ? OPERATOR_REVERTS
           : draw < 8  ? OPERATOR_REARMS
           : draw < 9  ? STATE_IS_CORRUPT
           : draw < 14 ? OLD_PROPOSAL
                       : NOTHING_ODD;
}

static void make_scenario(uint64_t seed, uint32_t number, struct scenario *out)
{
    struct random_stream stream;
    random_init(&stream, seed, RANDOM_TEST, number);
    memset(out, 0, sizeof *out);
    out->count = 1 + (uint32_t)random_below(&stream, STEP_MAX);
    out->config = guard_config_default(3, random_below(&stream, 2) == 0 ? 0 : out->count);
    out->start = params_of_profile((enum params_profile)random_below(&stream, 4));
    if (random_below(&stream, 2) == 0) {
        pick_numbers(&stream, &out->config);
    }
    uint64_t mood = random_below(&stream, 4), keys = 1 + random_below(&stream, PARAM_COUNT);
    uint64_t pace = random_below(&stream, 2) == 0 ? UINT64_C(1800000000000) : UINT64_C(60000000000);
    for (uint32_t i = 0; i < out->count; i++) {
        struct move *move = &out->moves[i];
        mood = random_below(&stream, 12) == 0 ? random_below(&stream, 4) : mood;
        move->oddity = pick_oddity(&stream);
        move->verdict = pick_verdict(&stream, mood);
        move->stable = random_below(&stream, 4) != 0;
        move->has_latency = random_below(&stream, 4) != 0;
        move->latency_ms = 300 + (int64_t)random_below(&stream, 130);
        move->passed_ns = (int64_t)random_below(&stream, pace);
        for (uint64_t k = 0; k < keys; k++) {
            int param = (int)random_below(&stream, PARAM_COUNT);
            move->deltas[param] = pick_delta(&stream, param);
        }
    }
}

// ---- one run ----------------------------------------------------------------------------------

struct walk {
    const struct scenario *scenario;
    struct guard_state state;
    struct monitor monitor;
    struct guard_proposal old; // the last one applied
    int64_t now_ns;
};

static struct guard_input make_input(const struct walk *walk, const struct move *move,
                                     uint32_t iteration)
{
    struct guard_input input = {.iteration = iteration,
                                .now_ns = walk->now_ns + move->passed_ns,
                                .verdict = move->verdict,
                                .stable = move->stable,
                                .has_latency = move->has_latency,
                                .latency_p95_ms = move->latency_ms,
                                .proposal = {.iteration = iteration, .before = walk->state.params}};
    memcpy(input.proposal.deltas, move->deltas, sizeof move->deltas);
    if (move->oddity == OLD_PROPOSAL) {
        input.proposal = walk->old;
    }
    return input;
}

static void operate(struct walk *walk, enum oddity oddity)
{
    if (oddity == OPERATOR_REVERTS) {
        guard_revert(&walk->scenario->config, &walk->state);
        monitor_revert(&walk->monitor, &walk->scenario->config);
    } else if (oddity == OPERATOR_REARMS) {
        guard_rearm(&walk->state);
        monitor_rearm(&walk->monitor);
    } else if (oddity == STATE_IS_CORRUPT) {
        walk->state.version++;
    }
}

static const char *check_recovery(struct walk *walk, const struct guard_outcome *out)
{
    const struct guard_config *config = &walk->scenario->config;
    monitor_recover(&walk->monitor, config);
    bool is_safe = memcmp(&walk->state.params, &config->safe, sizeof config->safe) == 0;
    return out->action == GUARD_RECOVER && is_safe && walk->state.halted == walk->monitor.halted
               ? NULL
               : "a state that cannot be was resumed";
}

// Of whole states: what a step leaves alone it leaves alone to the last byte.
static bool is_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static const char *check_again(const struct walk *walk, const struct guard_input *input)
{
    const struct guard_config *config = &walk->scenario->config;
    struct guard_state copy = walk->state;
    struct guard_outcome out;
    guard_step(config, &copy, input, &out);
    if (!is_same(&copy, &walk->state, sizeof copy) || out.action != GUARD_KEEP) {
        return "a step done again did something";
    }
    if (guard_state_problem(config, &walk->state, input->iteration + 1, input->now_ns) != NULL) {
        return "a step left a state that is not valid";
    }
    return NULL;
}

static const char *walk_step(struct walk *walk, const struct move *move, uint32_t iteration)
{
    operate(walk, move->oddity);
    struct guard_input input = make_input(walk, move, iteration);
    struct guard_outcome out;
    guard_step(&walk->scenario->config, &walk->state, &input, &out);
    step_count++;
    const char *broken = NULL;
    if (move->oddity == STATE_IS_CORRUPT) {
        broken = check_recovery(walk, &out);
    } else {
        broken = monitor_observe(&walk->monitor, &walk->scenario->config, &input, &out,
                                 &walk->state.params);
    }
    if (out.action == GUARD_APPLY) {
        applied_count++;
        walk->old = input.proposal;
    }
    walk->now_ns = input.now_ns;
    return broken != NULL ? broken : check_again(walk, &input);
}

static bool holds(const struct scenario *scenario, char failure[TEXT_SIZE])
{
    static struct walk walk;
    walk = (struct walk){.scenario = scenario};
    guard_state_init(&walk.state, scenario->start);
    monitor_init(&walk.monitor, &scenario->start);
    for (uint32_t i = 0; i < scenario->count; i++) {
        const char *broken = walk_step(&walk, &scenario->moves[i], i + 1);
        if (broken != NULL) {
            snprintf(failure, TEXT_SIZE, "iteration %" PRIu32 ": %s", i + 1, broken);
            return false;
        }
    }
    return true;
}

// ---- shrinking and telling --------------------------------------------------------------------

static void shrink(struct scenario *scenario)
{
    char unused[TEXT_SIZE];
    for (uint32_t i = 0; i < scenario->count;) {
        static struct scenario smaller;
        smaller = *scenario;
        smaller.count--;
        memmove(&smaller.moves[i], &smaller.moves[i + 1],
                (smaller.count - i) * sizeof smaller.moves[0]);
        if (holds(&smaller, unused)) {
            i++;
        } else {
            *scenario = smaller;
            i = 0;
        }
    }
}

static bool check_case(uint64_t seed, uint32_t number, const char *program)
{
    static struct scenario scenario;
    char failure[TEXT_SIZE];
    make_scenario(seed, number, &scenario);
    if (holds(&scenario, failure)) {
        return true;
    }
    shrink(&scenario);
    holds(&scenario, failure);
    printf("failed: %s\n", failure);
    for (uint32_t i = 0; i < scenario.count; i++) {
        const struct move *move = &scenario.moves[i];
        static const char *const odd[] = {"", "(revert) ", "(re-arm) ", "(corrupt) ", "(old) "};
        printf("  %3u %s%-12s %s latency %" PRId64 " after %" PRId64 " s:", i + 1,
               odd[move->oddity], gate_verdict_name(move->verdict),
               move->stable ? "stable" : "      ", move->has_latency ? move->latency_ms : 0,
               move->passed_ns / 1000000000);
        for (int p = 0; p < PARAM_COUNT; p++) {
            printf(" %" PRId32, move->deltas[p]);
        }
        printf("\n");
    }
    printf("to repeat: %s %" PRIu64 " %" PRIu32 "\n", program, seed, number);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t runs = RUN_COUNT, seed = DEFAULT_SEED;
    int next = 1;
    if (argc > 2 && strcmp(argv[1], "--runs") == 0) {
        runs = strtoull(argv[2], NULL, 10);
        next = 3;
    }
    seed = argc > next ? strtoull(argv[next], NULL, 10) : seed;
    if (argc > next + 1) {
        return check_case(seed, (uint32_t)strtoul(argv[next + 1], NULL, 10), argv[0]) ? 0 : 1;
    }
    for (uint64_t number = 0; number < runs; number++) {
        if (!check_case(seed, (uint32_t)number, argv[0])) {
            return 1;
        }
    }
    printf("%" PRIu64 " random runs hold: %" PRIu64 " steps, %" PRIu64
           " of them applied a change\n",
           runs, step_count, applied_count);
    return runs > 0 && applied_count > 0 ? 0 : 1;
}
