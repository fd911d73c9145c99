// What the replay's benchmarks share: the reference ladder over a tape, medians, temporary files.
#ifndef MM_BENCH_REPLAY_RUN_H
#define MM_BENCH_REPLAY_RUN_H

#include "engine/ladder_run.h"
#include "market/tape.h"
#include "venue/replay/replay.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 1000, LOOK_INTERVAL_NS = 100000000, WAY_NS = 10000000 };

static inline _Noreturn void stop(void)
{
    fprintf(stderr, "bench: %s\n", mm_error_text());
    exit(1);
}

// Time that this process had a core, in ns: on a machine that others use too, the time on the wall
// is mostly theirs.
static inline int64_t core_ns(void)
{
    return (int64_t)clock() * (1000000000 / CLOCKS_PER_SEC);
}

// Nanoseconds from creating the venue to destroying it. Without orders the market is only followed.
static inline double time_ladder(const struct tape *tape, enum fills_mode fills, bool place_orders,
                                 struct ladder_totals *totals)
{
    struct latency_model latency = {.entry_ns = WAY_NS, .response_ns = WAY_NS};
    struct replay_config config = {.fills = fills, .latency = &latency};
    struct venue *venue = NULL;
    if (queue_model_parse("pow3:3", &config.queue_model) < 0) {
        stop();
    }
    int64_t from_ns = core_ns();
    struct ladder_run_config run = {.ladder = ladder_defaults(&tape->instrument),
                                    .start_ns = replay_earliest_ns(tape),
                                    .interval_ns = LOOK_INTERVAL_NS,
                                    .place_orders = place_orders};
    if (replay_create(tape, &config, &venue) < 0 || ladder_run(venue, &run, totals) < 0) {
        stop();
    }
    venue_destroy(venue);
    return (double)(core_ns() - from_ns);
}

static inline int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

// Sorts the times of the rounds and prints their median and least, by row.
static inline void print_times(const char *name, double *ns, unsigned rounds, double rows)
{
    qsort(ns, rounds, sizeof *ns, by_value);
    double median = ns[rounds / 2];
    printf("%-8s %10.0f rows  %7.2f ns/row (least %6.2f)  %6.1f M rows/s", name, rows,
           median / rows, ns[0] / rows, rows / median * 1e3);
}

// An empty file of that name, a template as mkstemp's.
static inline void make_temporary(char *name)
{
    int file = mkstemp(name);
    if (file < 0) {
        perror(name);
        exit(1);
    }
    close(file);
}

#endif
