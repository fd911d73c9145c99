// The guard's invariants over random runs, checked against a record kept beside it: bounds, step
// caps, the sliding sum, number of keys, rests, freezes, oscillation, panic, halt, applied once.
//
// Run without arguments, or with SEED and CASE to repeat one case. A failing case is shrunk by
// leaving out steps one at a time.
#include "base/random.h"
#include "soak/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MAX = 120, CASE_COUNT = 3000, DEFAULT_SEED = 1, TEXT_SIZE = 200 };

struct move {
    enum gate_verdict verdict;
    bool stable, has_latency;
    int64_t latency_ms, passed_ns;
    int32_t deltas[PARAM_COUNT];
};

struct scenario {
    uint32_t iterations; // 0 = endless
    struct params start;
    uint32_t count;
    struct move moves[STEP_MAX];
};

// What happened in iteration n, as seen from outside.
struct seen {
    int64_t at_ns;
    struct params before, after;
    struct guard_outcome out;
    enum gate_verdict verdict;
    bool stable;
};

struct record {
    uint32_t count;
    struct seen seen[STEP_MAX + 1]; // index = iteration
    uint32_t cleared_at;            // the last iteration that reverted
    char failure[TEXT_SIZE];
};

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

static void make_scenario(uint64_t seed, uint32_t number, struct scenario *out)
{
    struct random_stream stream;
    random_init(&stream, seed, RANDOM_TEST, number);
    *out = (struct scenario){0};
    out->start = params_of_profile((enum params_profile)random_below(&stream, 4));
    out->count = 1 + (uint32_t)random_below(&stream, STEP_MAX);
    out->iterations = random_below(&stream, 2) == 0 ? 0 : out->count;
    uint64_t mood = random_below(&stream, 4), keys = 1 + random_below(&stream, PARAM_COUNT);
    for (uint32_t i = 0; i < out->count; i++) {
        struct move *move = &out->moves[i];
        mood = random_below(&stream, 12) == 0 ? random_below(&stream, 4) : mood;
        move->verdict = pick_verdict(&stream, mood);
        move->stable = random_below(&stream, 4) != 0;
        move->has_latency = random_below(&stream, 4) != 0;
        move->latency_ms = 300 + (int64_t)random_below(&stream, 130);
        move->passed_ns = (int64_t)random_below(&stream, UINT64_C(1800000000000));
        for (uint64_t k = 0; k < keys; k++) {
            int param = (int)random_below(&stream, PARAM_COUNT);
            move->deltas[param] = pick_delta(&stream, param);
        }
    }
}

// ---- the invariants ---------------------------------------------------------------------------

static void expect(struct record *record, bool holds, const char *what, int param)
{
    if (!holds && record->failure[0] == '\0') {
        snprintf(record->failure, sizeof record->failure, "iteration %u: %s (%s)", record->count,
                 what, param < 0 ? "all" : param_specs[param].key);
    }
}

static bool reverts(const struct seen *seen)
{
    return seen->out.action == GUARD_PANIC;
}

static int64_t change(const struct seen *seen, int param)
{
    return (int64_t)seen->after.steps[param] - seen->before.steps[param];
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

static void check_sizes(struct record *record, const struct guard_config *config)
{
    const struct seen *now = &record->seen[record->count];
    uint32_t keys = 0;
    for (int p = 0; p < PARAM_COUNT; p++) {
        int32_t value = now->after.steps[p];
        expect(record, value >= config->min[p] && value <= config->max[p], "outside bounds", p);
        if (reverts(now)) {
            expect(record, value == config->safe.steps[p], "not the safe profile", p);
            continue;
        }
        int64_t size = magnitude(change(now, p)), sum = 0;
        keys += size != 0;
        expect(record, size <= config->cap_per_iteration[p], "above the step cap", p);
        expect(record, change(now, p) == now->out.fate[p].applied, "not what was reported", p);
        bool as_asked = now->out.fate[p].applied == now->out.fate[p].proposed;
        expect(record, as_asked == (now->out.fate[p].reason == GUARD_REASON_NONE),
               "a cut without a reason", p);
        for (uint32_t n = record->cleared_at + 1; n <= record->count; n++) {
            bool recent = record->seen[n].at_ns > now->at_ns - config->velocity_window_ns;
            sum += recent ? magnitude(change(&record->seen[n], p)) : 0;
        }
        expect(record, sum <= config->cap_per_window[p], "above the velocity cap", p);
    }
    expect(record, keys <= config->keys_max, "too many keys", -1);
    expect(record, (keys > 0) == (now->out.action == GUARD_APPLY), "applied without saying", -1);
}

// Iteration n may change nothing within `hold` iterations after one that `caused` it.
static void check_rests(struct record *record, const struct guard_config *config)
{
    const struct seen *now = &record->seen[record->count];
    bool moved = now->out.action == GUARD_APPLY;
    for (uint32_t n = 1; n < record->count; n++) {
        const struct seen *past = &record->seen[n];
        uint32_t age = record->count - n;
        int64_t share = 0;
        for (int p = 0; p < PARAM_COUNT; p++) {
            int64_t range = config->max[p] - config->min[p];
            share += reverts(past) ? 0 : magnitude(change(past, p)) * 1000000000 / range;
        }
        bool large = share > (int64_t)config->cooldown_permille * 1000000;
        expect(record, !(moved && large && n > record->cleared_at && age <= 2), "no cooldown", -1);
        expect(record, !(moved && reverts(past) && age <= 4), "changed after a panic", -1);
        expect(record, !(moved && past->out.action == GUARD_HALT), "changed after a halt", -1);
    }
    bool late = config->iterations != 0 && record->count >= config->iterations;
    expect(record, !(moved && late), "changed after the end", -1);
}

// The freeze as its sentence says: two stable iterations in a row, not counting those inside a
// freeze, hold the next four; a FAIL ends it.
static void check_freeze(struct record *record)
{
    const struct seen *now = &record->seen[record->count];
    uint32_t stable = 0, until = 0;
    for (uint32_t n = 1; n < record->count; n++) {
        const struct seen *past = &record->seen[n];
        bool fit = past->verdict == GATE_PASS || past->verdict == GATE_WARN;
        if (past->verdict == GATE_FAIL) {
            until = stable = 0;
        } else if (n > until) {
            stable = past->stable && fit ? stable + 1 : 0;
        }
        if (stable == 2) {
            until = n + 4;
            stable = 0;
        }
    }
    bool frozen = record->count <= until && now->verdict != GATE_FAIL;
    bool moved =
        change(now, PARAM_IMPACT_CAP_RATIO) != 0 || change(now, PARAM_MAX_DELTA_RATIO) != 0;
    expect(record, !(frozen && moved), "changed while frozen", PARAM_IMPACT_CAP_RATIO);
}

// No applied value goes back to where the one before came from, unless a hold has ended since.
static void check_oscillation(struct record *record, const struct guard_config *config)
{
    const struct seen *now = &record->seen[record->count];
    for (int p = 0; p < PARAM_COUNT && now->out.action == GUARD_APPLY; p++) {
        uint32_t n = record->count - 1;
        while (n > record->cleared_at && change(&record->seen[n], p) == 0 &&
               record->seen[n].out.fate[p].reason != GUARD_REASON_OSCILLATION) {
            n--;
        }
        if (change(now, p) == 0 || n <= record->cleared_at) {
            continue;
        }
        if (record->seen[n].out.fate[p].reason == GUARD_REASON_OSCILLATION) {
            expect(record, record->count - n > config->oscillation_hold, "moved while held", p);
            continue;
        }
        int64_t tenth = (int64_t)config->max[p] - config->min[p];
        int64_t came_from = record->seen[n].before.steps[p];
        bool near = 10 * magnitude(now->after.steps[p] - came_from) <= tenth;
        bool was_far = 10 * magnitude(now->before.steps[p] - came_from) > tenth;
        expect(record, !(near && was_far), "went back to where it came from", p);
    }
}

// Panic and halt follow from the verdicts alone.
static void check_panic(struct record *record)
{
    const struct seen *now = &record->seen[record->count];
    uint32_t streak = 0;
    bool halted = false, left_safe = true;
    enum guard_action wanted = GUARD_KEEP;
    for (uint32_t n = 1; n <= record->count; n++) {
        const struct seen *seen = &record->seen[n];
        wanted = GUARD_KEEP;
        if (halted) {
            continue;
        }
        bool fit = seen->verdict == GATE_PASS || seen->verdict == GATE_WARN;
        streak = fit ? 0 : streak + (seen->verdict == GATE_FAIL);
        left_safe = left_safe || seen->out.action == GUARD_APPLY;
        if (streak == 3) {
            wanted = left_safe ? GUARD_PANIC : GUARD_HALT;
            halted = !left_safe;
            left_safe = false;
            streak = 0;
        }
    }
    bool is_panic = now->out.action == GUARD_PANIC || now->out.action == GUARD_HALT;
    expect(record, wanted == GUARD_KEEP ? !is_panic : now->out.action == wanted,
           "panic or halt at the wrong time", -1);
}

static void check_again(struct record *record, const struct guard_config *config,
                        const struct guard_state *state, const struct guard_input *input)
{
    struct guard_state copy = *state;
    struct guard_outcome out;
    guard_step(config, &copy, input, &out);
    expect(record, memcmp(&copy, state, sizeof copy) == 0, "a second time changed the state", -1);
    expect(record, out.action == GUARD_KEEP, "a second time did something", -1);
    expect(record, guard_state_problem(config, state, input->iteration + 1, input->now_ns) == NULL,
           "a step left a state that is not valid", -1);
}

static bool holds(const struct scenario *scenario, char failure[TEXT_SIZE])
{
    static struct record record;
    record = (struct record){0};
    struct guard_config config = guard_config_default(3, scenario->iterations);
    struct guard_state state;
    guard_state_init(&state, scenario->start);
    int64_t now_ns = 0;
    for (uint32_t i = 0; i < scenario->count && record.failure[0] == '\0'; i++) {
        const struct move *move = &scenario->moves[i];
        struct seen *seen = &record.seen[++record.count];
        now_ns += move->passed_ns;
        struct guard_input input = {
            .iteration = record.count,
            .now_ns = now_ns,
            .verdict = move->verdict,
            .stable = move->stable,
            .has_latency = move->has_latency,
            .latency_p95_ms = move->latency_ms,
            .proposal = {.iteration = record.count, .before = state.params}};
        memcpy(input.proposal.deltas, move->deltas, sizeof move->deltas);
        *seen = (struct seen){.at_ns = now_ns,
                              .before = state.params,
                              .verdict = move->verdict,
                              .stable = move->stable};
        guard_step(&config, &state, &input, &seen->out);
        seen->after = state.params;
        check_sizes(&record, &config);
        check_rests(&record, &config);
        check_freeze(&record);
        check_oscillation(&record, &config);
        check_panic(&record);
        check_again(&record, &config, &state, &input);
        record.cleared_at = reverts(seen) ? record.count : record.cleared_at;
    }
    snprintf(failure, TEXT_SIZE, "%s", record.failure);
    return record.failure[0] == '\0';
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
        printf("  %3u %-12s %s latency %" PRId64 " after %" PRId64 " s:", i + 1,
               gate_verdict_name(move->verdict), move->stable ? "stable" : "      ",
               move->has_latency ? move->latency_ms : 0, move->passed_ns / 1000000000);
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
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_SEED;
    if (argc > 2) {
        return check_case(seed, (uint32_t)strtoul(argv[2], NULL, 10), argv[0]) ? 0 : 1;
    }
    for (uint32_t number = 0; number < CASE_COUNT; number++) {
        if (!check_case(seed, number, argv[0])) {
            return 1;
        }
    }
    printf("%d cases hold\n", CASE_COUNT);
    return 0;
}
