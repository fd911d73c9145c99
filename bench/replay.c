// How fast a recorded market is replayed: rows per second and nanoseconds per row.
//
//   bench_replay TAPE [--repeat N] [--rounds N] [--mode stream|feed|ladder|quoter|all]
//                     [--fills strict|compat] [--keep FILE]
//
// The tape is repeated N times (default 20) into a temporary tape, so that a short recording fills
// more than the caches; --keep writes that tape to FILE and leaves it there. `stream` only reads
// the tape from end to end, the floor of all else; `feed` follows the market, on the exchange's
// book and on ours; `ladder` trades the reference ladder on it, queue model pow3:3, 10 ms each way;
// `quoter` runs the bot on it with the preset btc-perp. bench/README.md has the method.
#include "base/memory.h"
#include "market/tape_builder.h"
#include "replay_run.h"
#include "soak/config_manager.h"

#include <getopt.h>
#include <string.h>

struct arrival {
    uint32_t first_row, count_kind;
    int64_t exch_ts_ns, local_ts_ns;
};

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
    if (keep == NULL) {
        make_temporary(temporary);
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

// ---- the modes ----

enum mode { MODE_STREAM, MODE_FEED, MODE_LADDER, MODE_QUOTER, MODE_COUNT };

static const char *const mode_names[MODE_COUNT] = {"stream", "feed", "ladder", "quoter"};

struct result {
    uint64_t row_count, order_count, fill_count, checksum;
};

static uint64_t sum(const void *data, size_t size)
{
    const uint64_t *words = data;
    uint64_t total = 0;
    for (size_t i = 0; i < size / sizeof *words; i++) {
        total += words[i];
    }
    return total;
}

// Every row once, and the messages of both clocks.
static double time_stream(const struct tape *tape, struct result *result)
{
    size_t index_size = tape->message_count * sizeof(struct tape_message);
    int64_t from_ns = core_ns();
    result->checksum += sum(tape->rows, tape->row_count * sizeof *tape->rows) +
                        sum(tape->messages[TAPE_EXCH], index_size) +
                        sum(tape->messages[TAPE_LOCAL], index_size);
    return (double)(core_ns() - from_ns);
}

static int64_t first_mid(const struct tape *tape)
{
    const struct tape_message *message = tape->messages[TAPE_LOCAL];
    const struct tape_message *end = message + tape->message_count;
    while (message < end && (message->best_end[0] == 0 || message->best_end[1] == 0)) {
        message++;
    }
    if (message == end) {
        fputs("bench: the tape never has both a bid and an ask\n", stderr);
        exit(1);
    }
    return geometry_ticks(tape->geometry, SIDE_BUY, message->best_end[SIDE_BUY]) +
           geometry_ticks(tape->geometry, SIDE_SELL, message->best_end[SIDE_SELL]);
}

static double time_quoter(const struct tape *tape, enum fills_mode fills, struct result *result)
{
    static struct run_config config;
    const struct config_options options = {.tape = "tape"};
    struct latency_model latency = {0};
    struct replay_config replay = {.fills = fills, .latency = &latency};
    if (config_resolve(&options, &config) < 0 ||
        latency_parse(config_latency(&config), &latency) < 0 ||
        queue_model_parse(config.preset.queue, &replay.queue_model) < 0) {
        stop();
    }
    struct engine_config settings =
        market_preset_engine(&config.preset, &tape->instrument, first_mid(tape));
    struct kpi_summary summary;
    struct venue *venue = NULL;
    uint32_t open = 0;
    settings.params = config.params;
    int64_t from_ns = core_ns();
    if (replay_create(tape, &replay, &venue) < 0) {
        stop();
    }
    struct engine *engine = engine_create(&settings, venue, NULL);
    engine_open_window(engine);
    if (engine_run_until(engine, venue->end_ns, NULL) < 0 ||
        engine_stop(engine, 1000000000, &open) < 0) {
        stop();
    }
    engine_close_window(engine, &summary);
    engine_destroy(engine);
    venue_destroy(venue);
    double ns = (double)(core_ns() - from_ns);
    result->order_count = summary.place_count + summary.replace_count;
    result->fill_count = summary.fill_count;
    return ns;
}

static double run_once(const struct tape *tape, enum fills_mode fills, enum mode mode,
                       struct result *result)
{
    struct ladder_totals totals;
    result->row_count = tape->row_count;
    if (mode == MODE_STREAM) {
        return time_stream(tape, result);
    }
    if (mode == MODE_QUOTER) {
        return time_quoter(tape, fills, result);
    }
    double ns = time_ladder(tape, fills, mode == MODE_LADDER, &totals);
    result->order_count = totals.place_count;
    result->fill_count = totals.fill_count;
    return ns;
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
    *out = (struct arguments){.mode = "all", .repeat = 20, .rounds = 5, .fills = FILLS_COMPAT};
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
    static double ns[MODE_COUNT][ROUNDS_MAX];
    struct result results[MODE_COUNT] = {{0}};
    bool all = strcmp(arguments->mode, "all") == 0;
    // Interleaved, so that a slow spell of the machine hits all alike.
    for (unsigned round = 0; round < arguments->rounds; round++) {
        for (int mode = 0; mode < MODE_COUNT; mode++) {
            if (all || strcmp(arguments->mode, mode_names[mode]) == 0) {
                ns[mode][round] = run_once(tape, arguments->fills, (enum mode)mode, &results[mode]);
            }
        }
    }
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        const struct result *result = &results[mode];
        if (result->row_count > 0) {
            print_times(mode_names[mode], ns[mode], arguments->rounds, (double)result->row_count);
            printf("  %llu orders, %llu fills\n", (unsigned long long)result->order_count,
                   (unsigned long long)result->fill_count);
        }
    }
    if (results[MODE_STREAM].checksum == 1) { // never, but then the sums must be made
        puts("");
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (!parse_arguments(argc, argv, &arguments)) {
        fputs("usage: bench_replay TAPE [--repeat N] [--rounds N] [--mode "
              "stream|feed|ladder|quoter|all]\n"
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
