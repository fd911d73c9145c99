#include "tuner_null.h"

#include "tuner_run.h"

#include "base/check.h"
#include "base/random.h"
#include "kpi/selection.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// All windows of all runs, run by run; owned.
struct pool {
    struct kpi_summary *windows;
    uint32_t count;
};

enum { WINDOWS_MOST = 4000, /* of one run */ DRAWN_RUNS = 200 };

// What became of `runs` runs in which nothing could be gained.
struct null_counts {
    uint32_t runs, changed, changed_late, panicked, failed_window, failed;
    uint64_t changes, changes_late; // late: after the first quarter
    struct rule_counts rules[TUNER_RULE_COUNT];
};

static void keep_window(void *context, const struct iteration_record *record)
{
    struct pool *pool = context;
    pool->windows[pool->count++] = record->summary;
}

static int fill_pool(struct run_config *config, const struct tuner_bench *bench, const char *regime,
                     struct pool *out)
{
    struct player player = {.params = params_of_profile(PARAMS_DEFAULT)};
    *out = (struct pool){.windows =
                             calloc(bench->seed_count * config->iterations, sizeof *out->windows)};
    MM_ASSERT(out->windows != NULL);
    config->regime = regime;
    for (uint32_t s = 0; s < bench->seed_count; s++) {
        struct tuner_run run;
        struct tuner_watch watch = {out, keep_window};
        int code = tuner_run(config, bench->first_seed + s, &player, watch, &run);
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

// Where no rule that quotes more has any room left.
static struct params settled_params(const struct run_config *config)
{
    struct params params = params_of_profile(PARAMS_DEFAULT);
    static const enum tuner_rule growing[] = {TUNER_AGE_RELIEF, TUNER_ZONE_NORMALIZE, TUNER_SIZE_UP,
                                              TUNER_SPREAD_CLOSE};
    for (size_t i = 0; i < sizeof growing / sizeof growing[0]; i++) {
        for (int id = 0; id < PARAM_COUNT; id++) {
            struct tuner_move move = config->preset.tuner.moves[growing[i]][id];
            bool beyond = move.delta > 0 ? move.limit > params.steps[id]
                                         : move.delta < 0 && move.limit < params.steps[id];
            params.steps[id] = beyond ? move.limit : params.steps[id];
        }
    }
    return params;
}

static void judge_run(const struct run_config *config, const struct kpi_summary *const *windows,
                      struct null_counts *counts)
{
    struct tuning tuning;
    static enum gate_verdict verdicts[WINDOWS_MOST];
    uint32_t changes = 0, late = 0, panics = 0, fails = 0;
    tuning_init(&tuning, config, 1);
    for (uint32_t i = 0; i < config->iterations; i++) {
        struct iteration_record record = {.iteration = i + 1, .summary = *windows[i]};
        record.summary.from_ns = (int64_t)i * config->window_ns;
        record.summary.to_ns = (int64_t)(i + 1) * config->window_ns;
        tuning_step(&tuning, &record);
        rule_counts_add(counts->rules, &record);
        bool panic = record.outcome.action == GUARD_PANIC || record.outcome.action == GUARD_HALT;
        panics += panic;
        fails += record.gate.verdict == GATE_FAIL;
        changes += record.outcome.changed_count;
        late += i >= config->iterations / 4 ? record.outcome.changed_count : 0;
        verdicts[i] = record.gate.verdict;
    }
    struct gate_run run;
    gate_run(verdicts, config->iterations, tuning.guard.halted, &run);
    counts->runs++;
    counts->changed += changes > 0;
    counts->changed_late += late > 0;
    counts->panicked += panics > 0;
    counts->failed_window += fails > 0;
    counts->failed += run.verdict == GATE_FAIL;
    counts->changes += changes;
    counts->changes_late += late;
}

static void print_counts(const char *what, const char *from, const struct null_counts *counts)
{
    double runs = counts->runs;
    printf("%-16s %-9s %8.1f %8.1f %8.2f %8.2f %8.1f %8.1f %8.1f\n", what, from,
           100 * counts->changed / runs, 100 * counts->changed_late / runs,
           (double)counts->changes / runs, (double)counts->changes_late / runs,
           100 * counts->panicked / runs, 100 * counts->failed_window / runs,
           100 * counts->failed / runs);
    printf("%27s", "by rule:");
    for (int rule = 0; rule < TUNER_RULE_COUNT; rule++) {
        if (counts->rules[rule].applied > 0) {
            printf(" %s %.2f", tuner_rule_name((enum tuner_rule)rule),
                   (double)counts->rules[rule].applied / runs);
        }
    }
    printf("\n");
}

// The windows of each run in their own order.
static void judge_runs(const struct run_config *config, const struct pool *pool,
                       struct null_counts *counts)
{
    static const struct kpi_summary *windows[WINDOWS_MOST];
    for (uint32_t first = 0; first + config->iterations <= pool->count;
         first += config->iterations) {
        for (uint32_t i = 0; i < config->iterations; i++) {
            windows[i] = &pool->windows[first + i];
        }
        judge_run(config, windows, counts);
    }
}

static int by_net(const void *a, const void *b)
{
    const struct kpi_summary *x = a, *y = b;
    return (x->part_bps[KPI_NET] > y->part_bps[KPI_NET]) -
           (x->part_bps[KPI_NET] < y->part_bps[KPI_NET]);
}

// `pool` is sorted by net.
static void judge_drawn(const struct run_config *config, const struct pool *pool, double phi,
                        struct null_counts *counts)
{
    static const struct kpi_summary *windows[WINDOWS_MOST];
    for (uint32_t run = 0; run < DRAWN_RUNS; run++) {
        struct random_stream stream;
        random_init(&stream, run + 1, RANDOM_TEST, 0);
        double state = random_normal(&stream);
        for (uint32_t i = 0; i < config->iterations; i++) {
            uint32_t rank = (uint32_t)(normal_cdf(state) * pool->count);
            windows[i] = &pool->windows[rank < pool->count ? rank : pool->count - 1];
            state = phi * state + sqrt(1 - phi * phi) * random_normal(&stream);
        }
        judge_run(config, windows, counts);
    }
}

// Once from each start; phi below 0: the runs as they are.
static void judge(struct run_config *config, const struct pool *pool, const char *what, double phi)
{
    const struct {
        const char *name;
        struct params params;
    } starts[] = {{"defaults", params_of_profile(PARAMS_DEFAULT)},
                  {"settled", settled_params(config)}};
    config->tuner_on = true;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct null_counts counts = {0};
        config->params = starts[i].params;
        if (phi < 0) {
            judge_runs(config, pool, &counts);
        } else {
            judge_drawn(config, pool, phi, &counts);
        }
        print_counts(what, starts[i].name, &counts);
    }
}

int tuner_null(struct run_config *config, const struct tuner_bench *bench)
{
    static const double phis[] = {0, 0.4, 0.8};
    struct pool switching, calm;
    MM_ASSERT(config->iterations <= WINDOWS_MOST);
    int code = fill_pool(config, bench, NULL, &switching);
    code = code == MM_OK ? fill_pool(config, bench, "calm", &calm) : code;
    if (code != MM_OK) {
        return code;
    }
    printf("share of runs in %%, changes per run; late = after the first quarter\n");
    printf("%-16s %-9s %8s %8s %8s %8s %8s %8s %8s\n", "windows", "from", "changed", "late",
           "changes", "late", "panic", "any FAIL", "run FAIL");
    judge(config, &switching, "runs, switching", -1);
    judge(config, &calm, "runs, calm", -1);
    qsort(calm.windows, calm.count, sizeof calm.windows[0], by_net);
    for (size_t i = 0; i < sizeof phis / sizeof phis[0]; i++) {
        char what[32];
        snprintf(what, sizeof what, "calm, phi %.1f", phis[i]);
        judge(config, &calm, what, phis[i]);
    }
    free(switching.windows);
    free(calm.windows);
    return MM_OK;
}
