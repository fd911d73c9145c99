// How a soak ends on many seeds: verdicts of the runs and of their windows, and what they earned.
// usage: verdicts SEEDS [OPTIONS OF mmbot soak]; seeds 1 ... SEEDS, e.g.
//   verdicts 200
//   verdicts 200 --regime spike --profile steady_safe --tuner off
#include "base/directory.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/soak_options.h"
#include "soak/orchestrator.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct totals {
    uint32_t runs[GATE_VERDICT_COUNT], windows[GATE_VERDICT_COUNT];
    uint32_t halted_runs;
    uint64_t panics, fills;
    double net_quote_e9, notional_quote_e9;
    double least_bps, most_bps; // of a run
};

static const volatile sig_atomic_t never = 0; // stopped

static void add_run(struct totals *totals, const struct run_record *run)
{
    double net = (double)run->total.part_quote_e9[KPI_NET];
    double notional = (double)run->total.notional_quote_e9;
    totals->runs[run->verdict.verdict]++;
    for (uint32_t i = 0; i < run->iteration_count; i++) {
        totals->windows[run->verdicts[i]]++;
    }
    totals->halted_runs += run->end == RUN_HALTED;
    totals->panics += run->tuning.panics;
    totals->fills += run->total.fill_count;
    totals->net_quote_e9 += net;
    totals->notional_quote_e9 += notional;
    if (notional > 0) {
        totals->least_bps = fmin(totals->least_bps, net / notional * 1e4);
        totals->most_bps = fmax(totals->most_bps, net / notional * 1e4);
    }
}

static int run_seed(const struct soak_options *options, unsigned long seed, struct totals *totals)
{
    char text[32], directory[64];
    struct config_options chosen = options->config;
    struct run_config config;
    struct run_record run = {0};
    struct terminal terminal;
    snprintf(text, sizeof text, "%lu", seed);
    snprintf(directory, sizeof directory, "/tmp/mmbot_verdicts.%ld", (long)getpid());
    chosen.seed = text;
    chosen.out = directory;
    int code = config_resolve(&chosen, &config);
    if (code != MM_OK) {
        return code;
    }
    terminal_init(&terminal, NULL, false);
    code = orchestrator_run(&config, &terminal, NULL, 0, &never, &run);
    if (code == MM_OK) {
        add_run(totals, &run);
    }
    run_record_fini(&run);
    int removed = directory_remove(directory);
    return code != MM_OK ? code : removed;
}

static void print_counts(const char *what, const uint32_t counts[GATE_VERDICT_COUNT])
{
    printf("%-8s", what);
    for (enum gate_verdict verdict = 0; verdict < GATE_VERDICT_COUNT; verdict++) {
        if (counts[verdict] > 0) {
            printf(" %s %" PRIu32, gate_verdict_name(verdict), counts[verdict]);
        }
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    struct totals totals = {.least_bps = INFINITY, .most_bps = -INFINITY};
    struct soak_options options;
    char *end = NULL;
    unsigned long seeds = argc > 1 ? strtoul(argv[1], &end, 10) : 0;
    if (seeds < 1 || *end != '\0') {
        fprintf(stderr, "usage: verdicts SEEDS [OPTIONS OF mmbot soak]\n");
        return 2;
    }
    argv[1] = argv[0];
    int code = soak_options_parse(argc - 1, argv + 1, &options);
    file_set_durable(false);
    log_init(stderr, LOG_OFF);
    for (unsigned long seed = 1; code == MM_OK && seed <= seeds; seed++) {
        code = run_seed(&options, seed, &totals);
    }
    if (code != MM_OK) {
        fprintf(stderr, "verdicts: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    print_counts("runs", totals.runs);
    print_counts("windows", totals.windows);
    printf("net %.3f bps of what was traded (of a run %.2f to %.2f), %" PRIu64 " fills, %" PRIu64
           " panics, %" PRIu32 " runs halted\n",
           totals.net_quote_e9 / totals.notional_quote_e9 * 1e4, totals.least_bps, totals.most_bps,
           totals.fills, totals.panics, totals.halted_runs);
    return 0;
}
