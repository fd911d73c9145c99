// mmbot backtest: one strategy over one recorded market, with the order log of the run.
#include "base/decimal.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cmd/commands.h"
#include "engine/ladder_run.h"
#include "market/tape.h"
#include "market/tape_cache.h"
#include "market/tape_import.h"
#include "venue/replay/replay.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_INTERVAL_NS = 100000000, LOG_BUFFER_SIZE = 1 << 16, LOG_LINE_SIZE_MAX = 512 };

static const char help[] =
    "usage: mmbot backtest --tape FILE [OPTIONS]\n"
    "\n"
    "Runs a strategy over a recorded market: a tape, or a raw capture, which is imported first.\n"
    "\n"
    "  --tape FILE          the market\n"
    "  --strategy ladder    what trades (default ladder)\n"
    "  --fills compat       the rules of fills (default compat)\n"
    "  --queue MODEL        risk, pow:N, pow2:N, pow3:N, log, log2 (default pow3:3)\n"
    "  --latency E,R|FILE   entry and response (default 10ms,10ms), or recorded 32-byte rows\n"
    "  --ladder K=V,...     qty, max_position, half_spread (default 0.001, 0.01 and 20 ticks;\n"
    "                       1 and 10 lots where the lot is larger than that)\n"
    "  --orders OUT.csv     write a row for every order that ended\n"
    "  --symbol S  --tick T  --lot L  --contract linear|inverse:SIZE\n"
    "                       what a raw capture does not say about its instrument\n"
    "  --json               print the result as JSON\n";

struct options {
    const char *tape_path, *strategy, *fills, *queue, *latency, *ladder, *orders_path;
    struct tape_import_options import;
    bool json, help;
};

enum option_id {
    OPTION_TAPE = 1,
    OPTION_STRATEGY,
    OPTION_FILLS,
    OPTION_QUEUE,
    OPTION_LATENCY,
    OPTION_LADDER,
    OPTION_ORDERS,
    OPTION_SYMBOL,
    OPTION_TICK,
    OPTION_LOT,
    OPTION_CONTRACT,
    OPTION_JSON,
    OPTION_HELP
};

static const struct option long_options[] = {{"tape", required_argument, NULL, OPTION_TAPE},
                                             {"strategy", required_argument, NULL, OPTION_STRATEGY},
                                             {"fills", required_argument, NULL, OPTION_FILLS},
                                             {"queue", required_argument, NULL, OPTION_QUEUE},
                                             {"latency", required_argument, NULL, OPTION_LATENCY},
                                             {"ladder", required_argument, NULL, OPTION_LADDER},
                                             {"orders", required_argument, NULL, OPTION_ORDERS},
                                             {"symbol", required_argument, NULL, OPTION_SYMBOL},
                                             {"tick", required_argument, NULL, OPTION_TICK},
                                             {"lot", required_argument, NULL, OPTION_LOT},
                                             {"contract", required_argument, NULL, OPTION_CONTRACT},
                                             {"json", no_argument, NULL, OPTION_JSON},
                                             {"help", no_argument, NULL, OPTION_HELP},
                                             {NULL, 0, NULL, 0}};

static int take_option(struct options *options, int id)
{
    const char **texts[] = {
        [OPTION_TAPE] = &options->tape_path,    [OPTION_STRATEGY] = &options->strategy,
        [OPTION_FILLS] = &options->fills,       [OPTION_QUEUE] = &options->queue,
        [OPTION_LATENCY] = &options->latency,   [OPTION_LADDER] = &options->ladder,
        [OPTION_ORDERS] = &options->orders_path};
    switch (id) {
    case OPTION_SYMBOL:
        return tape_import_option(&options->import, "symbol", optarg);
    case OPTION_TICK:
        return tape_import_option(&options->import, "tick", optarg);
    case OPTION_LOT:
        return tape_import_option(&options->import, "lot", optarg);
    case OPTION_CONTRACT:
        return tape_import_option(&options->import, "contract", optarg);
    case OPTION_JSON:
        options->json = true;
        return MM_OK;
    case OPTION_HELP:
        options->help = true;
        return MM_OK;
    case '?':
    case ':':
        return mm_fail(MM_ERROR_USAGE, "mmbot backtest --help lists the options");
    default:
        *texts[id] = optarg;
        return MM_OK;
    }
}

static int parse_options(int argc, char **argv, struct options *out)
{
    *out = (struct options){
        .strategy = "ladder", .fills = "compat", .queue = "pow3:3", .latency = "10ms,10ms"};
    optind = 1;
    int id;
    while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        int rc = take_option(out, id);
        if (rc < 0) {
            return rc;
        }
    }
    if (out->help) {
        return MM_OK;
    }
    if (optind < argc) {
        return mm_fail(MM_ERROR_USAGE, "unexpected argument '%s'", argv[optind]);
    }
    if (out->tape_path == NULL) {
        return mm_fail(MM_ERROR_USAGE, "--tape FILE is missing");
    }
    if (strcmp(out->strategy, "ladder") != 0) {
        return mm_fail(MM_ERROR_USAGE, "--strategy %s: only ladder is known", out->strategy);
    }
    return MM_OK;
}

// ---- the order log ----

struct order_log {
    struct file_writer writer;
    const struct instrument *instrument;
    bool open;
    int rc; // of the first write that failed
    size_t used;
    char buffer[LOG_BUFFER_SIZE];
};

static void log_flush_rows(struct order_log *log)
{
    if (log->rc == MM_OK && log->used > 0) {
        log->rc = file_writer_put(&log->writer, log->buffer, log->used);
    }
    log->used = 0;
}

static void log_row(void *context, const struct ladder_row *row)
{
    struct order_log *log = context;
    char qty[DECIMAL_TEXT_SIZE], leaves[DECIMAL_TEXT_SIZE], exec[DECIMAL_TEXT_SIZE];
    struct decimal lot = log->instrument->lot;
    decimal_print_steps(row->qty_lots, lot, qty);
    decimal_print_steps(row->leaves_lots, lot, leaves);
    decimal_print_steps(row->exec_lots, lot, exec);
    if (log->used + LOG_LINE_SIZE_MAX > sizeof log->buffer) {
        log_flush_rows(log);
    }
    int length = snprintf(log->buffer + log->used, LOG_LINE_SIZE_MAX,
                          "%" PRId64 ",%" PRIu64 ",%d,%d,%d,%" PRId64 ",%s,%s,%s,%" PRId64
                          ",%d,%" PRId64 ",%" PRId64 "\n",
                          row->seen_ts_ns, row->order_id, side_sign(row->side), TIF_POST_ONLY,
                          (int)row->status, row->price_ticks, qty, leaves, exec,
                          row->exec_price_ticks, row->maker, row->request_ts_ns, row->exch_ts_ns);
    log->used += (size_t)length;
}

static int log_open(struct order_log *log, const char *path, const struct instrument *instrument)
{
    static const char header[] = "local_ts_seen,order_id,side,tif,status,price_tick,qty,leaves_qty,"
                                 "exec_qty,exec_price_tick,maker,req_local_ts,exch_ts\n";
    log->instrument = instrument;
    int rc = file_writer_open(&log->writer, path);
    if (rc == MM_OK) {
        log->open = true;
        rc = file_writer_put(&log->writer, header, sizeof header - 1);
    }
    return rc;
}

// ---- the run ----

static void print_json(const struct options *options, const struct tape *tape,
                       const struct ladder_totals *totals)
{
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "symbol",
        tape->instrument.symbol, "strategy", options->strategy, "fills", options->fills, "queue",
        options->queue, "latency", options->latency, "messages", (json_int_t)totals->batch_count,
        "rows", (json_int_t)totals->row_count, "places", (json_int_t)totals->place_count, "cancels",
        (json_int_t)totals->cancel_count, "filled", (json_int_t)totals->fill_count, "canceled",
        (json_int_t)totals->canceled_count, "expired", (json_int_t)totals->expired_count,
        "position_lots", (json_int_t)totals->position_lots, "volume_lots",
        (json_int_t)totals->volume_lots, "end_ts_ns", (json_int_t)totals->end_ns);
    char *text = json_document_text(document, NULL);
    fputs(text, stdout);
    free(text);
    json_decref(document);
}

static void print_text(const struct options *options, const struct tape *tape,
                       const struct ladder_totals *totals)
{
    char position[DECIMAL_TEXT_SIZE], volume[DECIMAL_TEXT_SIZE];
    decimal_print_steps(totals->position_lots, tape->instrument.lot, position);
    decimal_print_steps(totals->volume_lots, tape->instrument.lot, volume);
    printf("%s: %" PRIu64 " messages, %" PRIu64 " rows; %s, %s, %s, %s\n", tape->instrument.symbol,
           totals->batch_count, totals->row_count, options->strategy, options->fills,
           options->queue, options->latency);
    printf("orders: %" PRIu64 " placed, %" PRIu64 " filled, %" PRIu64 " canceled, %" PRIu64
           " expired\n",
           totals->place_count, totals->fill_count, totals->canceled_count, totals->expired_count);
    printf("volume %s, position %s\n", volume, position);
    if (options->orders_path != NULL) {
        printf("order log: %s\n", options->orders_path);
    }
}

static int run_ladder(const struct options *options, const struct tape *tape, struct venue *venue,
                      struct order_log *log)
{
    struct ladder_run_config config = {.start_ns = replay_earliest_ns(tape),
                                       .interval_ns = LOOK_INTERVAL_NS,
                                       .place_orders = true,
                                       .ladder = ladder_defaults(&tape->instrument)};
    int rc = MM_OK;
    if (options->ladder != NULL) {
        rc = ladder_parse(options->ladder, &tape->instrument, &config.ladder);
    }
    if (rc == MM_OK && options->orders_path != NULL) {
        config.context = log;
        config.row = log_row;
        rc = log_open(log, options->orders_path, &tape->instrument);
    }
    struct ladder_totals totals;
    if (rc == MM_OK) {
        rc = ladder_run(venue, &config, &totals);
    }
    if (rc == MM_OK && log->open) {
        log_flush_rows(log);
        rc = log->rc == MM_OK ? file_writer_commit(&log->writer, 0644) : log->rc;
    }
    if (rc == MM_OK) {
        (options->json ? print_json : print_text)(options, tape, &totals);
    }
    return rc;
}

static int run_on_tape(const struct options *options, const struct tape *tape)
{
    struct replay_config config = {0};
    struct latency_model latency = {0};
    struct venue *venue = NULL;
    struct order_log *log = mm_alloc(1, sizeof *log);
    int rc = fills_mode_parse(options->fills, &config.fills);
    if (rc == MM_OK) {
        rc = queue_model_parse(options->queue, &config.queue_model);
    }
    if (rc == MM_OK) {
        rc = latency_parse(options->latency, &latency);
    }
    if (rc == MM_OK) {
        config.latency = &latency;
        rc = replay_create(tape, &config, &venue);
    }
    if (rc == MM_OK) {
        rc = run_ladder(options, tape, venue, log);
    }
    file_writer_abandon(&log->writer);
    venue_destroy(venue);
    latency_fini(&latency);
    free(log);
    return rc;
}

int cmd_backtest(int argc, char **argv)
{
    struct options options;
    struct tape tape = {0};
    int rc = parse_options(argc, argv, &options);
    if (rc == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (rc == MM_OK) {
        rc = tape_cache_open(&tape, options.tape_path, &options.import);
    }
    if (rc == MM_OK) {
        rc = run_on_tape(&options, &tape);
    }
    tape_close(&tape);
    if (rc < 0) {
        fprintf(stderr, "mmbot backtest: %s\n", mm_error_text());
        return mm_error_exit_code(rc);
    }
    return 0;
}
