// How fast a recorded market is replayed: rows per second and nanoseconds per row.
//
//   bench_replay TAPE [--repeat N] [--rounds N] [--mode feed|ladder|both] [--fills strict|compat]
//                     [--keep FILE]
//
// The tape is repeated N times (default 20) into a temporary tape, so that a short recording fills
// more than the caches; --keep writes that tape to FILE and leaves it there. `feed` only follows
// the market, on the exchange's book and on ours; `ladder` trades the reference ladder on it, queue
// model pow3:3, 10 ms each way. bench/README.md has the method.
#include "venue/replay/replay.h"
#include "base/memory.h"
#include "base/platform.h"
#include "engine/ladder_run.h"
#include "market/tape.h"
#include "market/tape_builder.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS_MAX = 1000, LOOK_INTERVAL_NS = 100000000 };

struct arrival {
    uint32_t first_row, count_kind;
    int64_t exch_ts_ns, local_ts_ns;
};

static _Noreturn void stop(void)
{
    fprintf(stderr, "bench_replay: %s\n", mm_error_text());
    exit(1);
}

static int by_first_row(const void *a, const void *b)
{
    const struct tape_message *left = a, *right = b;
    return left->first_row < right->first_row ? -1 : left->first_row > right->first_row;
}

// The tape's messages as they arrived, with both stamps: those of one message name the same rows.
static struct arrival *arrivals_of(const struct tape *tape)
{
    size_t count = tape->message_count, size = sizeof(struct tape_message);
    struct arrival *arrivals = mm_alloc(count, sizeof *arrivals);
    struct tape_message *exch = mm_alloc(count, size);
    memcpy(exch, tape->messages[TAPE_EXCH], count * size);
    qsort(exch, count, size, by_first_row);
    for (size_t i = 0; i < count; i++) {
        const struct tape_message *local = &tape->messages[TAPE_LOCAL][i];
        const struct tape_message *same = bsearch(local, exch, count, size, by_first_row);
        arrivals[i] = (struct arrival){.first_row = local->first_row,
                                       .count_kind = local->count_kind,
                                       .exch_ts_ns = same->ts_ns,
                                       .local_ts_ns = local->ts_ns};
    }
    free(exch);
    return arrivals;
}

static int add_message(struct tape_builder *builder, const struct tape *tape,
                       const struct arrival *arrival, int64_t shift_ns)
{
    size_t first = builder->row_count;
    uint32_t count = arrival->count_kind >> 8;
    for (uint32_t i = 0; i < count; i++) {
        struct row row = tape->rows[arrival->first_row + i];
        struct wide_row wide = {0};
        if (row.key == ROW_WIDE) {
            wide = tape->wide[row.lots];
        } else {
            wide.side = row_side(row.key);
            wide.qty_lots = row.lots;
            wide.price_ticks =
                geometry_ticks(tape->geometry, row_side(row.key), row_index(row.key));
        }
        int rc = tape_builder_row(builder, (enum side)wide.side, wide.price_ticks, wide.qty_lots);
        if (rc < 0) {
            return rc;
        }
    }
    return tape_builder_message(builder, (enum event_kind)(arrival->count_kind & 0xff),
                                arrival->exch_ts_ns + shift_ns, arrival->local_ts_ns + shift_ns,
                                first, count);
}

// Writes `tape` `repeat` times, one after the other, and opens that instead.
static void repeat_tape(struct tape *tape, unsigned repeat, const char *keep)
{
    char temporary[] = "/tmp/mmbot_bench_XXXXXX";
    const char *path = keep != NULL ? keep : temporary;
    int file = keep != NULL ? -1 : mkstemp(temporary);
    if (file < 0 && keep == NULL) {
        perror("bench_replay: /tmp");
        exit(1);
    }
    if (file >= 0) {
        close(file);
    }
    struct arrival *arrivals = arrivals_of(tape);
    int64_t span_ns = tape->facts.last_local_ns - tape->messages[TAPE_EXCH][0].ts_ns + 1000000;
    struct tape_builder builder;
    tape_builder_init(&builder);
    int rc = MM_OK;
    for (unsigned i = 0; rc == MM_OK && i < repeat; i++) {
        for (size_t m = 0; rc == MM_OK && m < tape->message_count; m++) {
            rc = add_message(&builder, tape, &arrivals[m], (int64_t)i * span_ns);
        }
    }
    if (rc == MM_OK) {
        rc = tape_builder_write(&builder, &tape->instrument, path);
    }
    tape_builder_fini(&builder);
    free(arrivals);
    tape_close(tape);
    bool opened = rc == MM_OK && tape_open(tape, path) == MM_OK;
    if (keep == NULL) {
        unlink(path);
    }
    if (!opened) {
        stop();
    }
}

static double run_once(const struct tape *tape, enum fills_mode fills, bool place_orders,
                       struct ladder_totals *totals)
{
    struct latency_model latency = {.entry_ns = 10000000, .response_ns = 10000000};
    struct replay_config config = {.fills = fills, .latency = &latency};
    struct venue *venue = NULL;
    if (queue_model_parse("pow3:3", &config.queue_model) < 0) {
        stop();
    }
    int64_t from_ns = platform_monotonic_ns();
    struct ladder_run_config run = {.ladder = ladder_defaults(&tape->instrument),
                                    .start_ns = replay_earliest_ns(tape),
                                    .interval_ns = LOOK_INTERVAL_NS,
                                    .place_orders = place_orders};
    if (replay_create(tape, &config, &venue) < 0 || ladder_run(venue, &run, totals) < 0) {
        stop();
    }
    venue_destroy(venue);
    return (double)(platform_monotonic_ns() - from_ns);
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void print_mode(const char *name, double *ns, unsigned rounds,
                       const struct ladder_totals *totals)
{
    qsort(ns, rounds, sizeof *ns, by_value);
    double rows = (double)totals->row_count;
    double median = ns[rounds / 2], least = ns[0];
    printf("%-7s %10.0f rows  %6.2f ns/row (least %5.2f)  %6.1f M rows/s  %llu orders, %llu "
           "fills\n",
           name, rows, median / rows, least / rows, rows / median * 1e3,
           (unsigned long long)totals->place_count, (unsigned long long)totals->fill_count);
}

struct arguments {
    const char *tape_path, *mode, *keep;
    unsigned repeat, rounds;
    enum fills_mode fills;
};

static bool parse_arguments(int argc, char **argv, struct arguments *out)
{
    static const struct option options[] = {
        {"repeat", required_argument, NULL, 'r'}, {"rounds", required_argument, NULL, 'n'},
        {"mode", required_argument, NULL, 'm'},   {"fills", required_argument, NULL, 'f'},
        {"keep", required_argument, NULL, 'k'},   {NULL, 0, NULL, 0}};
    *out = (struct arguments){.mode = "both", .repeat = 20, .rounds = 5, .fills = FILLS_COMPAT};
    int id;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (id) {
        case 'r':
            out->repeat = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'n':
            out->rounds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'm':
            out->mode = optarg;
            break;
        case 'f':
            if (fills_mode_parse(optarg, &out->fills) < 0) {
                stop();
            }
            break;
        case 'k':
            out->keep = optarg;
            break;
        default:
            return false;
        }
    }
    out->tape_path = optind + 1 == argc ? argv[optind] : NULL;
    return out->tape_path != NULL && out->repeat > 0 && out->rounds > 0 &&
           out->rounds <= ROUNDS_MAX;
}

static void run_rounds(const struct tape *tape, const struct arguments *arguments)
{
    static const char *const names[2] = {"feed", "ladder"};
    static double ns[2][ROUNDS_MAX];
    struct ladder_totals totals[2] = {{0}};
    bool both = strcmp(arguments->mode, "both") == 0;
    // Interleaved, so that a slow spell of the machine hits both alike.
    for (unsigned round = 0; round < arguments->rounds; round++) {
        for (int mode = 0; mode < 2; mode++) {
            if (both || strcmp(arguments->mode, names[mode]) == 0) {
                ns[mode][round] = run_once(tape, arguments->fills, mode == 1, &totals[mode]);
            }
        }
    }
    for (int mode = 0; mode < 2; mode++) {
        if (totals[mode].row_count > 0) {
            print_mode(names[mode], ns[mode], arguments->rounds, &totals[mode]);
        }
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (!parse_arguments(argc, argv, &arguments)) {
        fputs("usage: bench_replay TAPE [--repeat N] [--rounds N] [--mode feed|ladder|both]\n"
              "                    [--fills strict|compat] [--keep FILE]\n",
              stderr);
        return 2;
    }
    struct tape tape;
    if (tape_open(&tape, arguments.tape_path) < 0) {
        stop();
    }
    if (arguments.repeat > 1) {
        repeat_tape(&tape, arguments.repeat, arguments.keep);
    }
    run_rounds(&tape, &arguments);
    tape_close(&tape);
    return 0;
}
