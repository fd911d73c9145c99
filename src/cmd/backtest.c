// mmbot backtest: one strategy over one recorded market, with the order log of the run.
#include "cmd/backtest.h"
#include "base/decimal.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cmd/backtest_explain.h"
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
    "  --strategy S         what trades: ladder (default) or quoter\n"
    "  --fills strict|compat  the rules of fills: strict (default), or the reference's with its\n"
    "                       defects; docs/replay.md has the differences\n"
    "  --consume on|off     strict: what an order took of a level is gone until the level changes\n"
    "                       (default on)\n"
    "  --queue MODEL        risk, pow:N, pow2:N, pow3:N, log, log2 (default pow3:3, the quoter:\n"
    "                       the market preset's)\n"
    "  --latency E,R|FILE   entry and response (default 10ms,10ms, the quoter: the market\n"
    "                       preset's), or recorded 32-byte rows\n"
    "  --ladder K=V,...     qty, max_position, half_spread (default 0.001, 0.01 and 20 ticks;\n"
    "                       1 and 10 lots where the lot is larger than that)\n"
    "  --orders OUT.csv     write a row for every order that ended\n"
    "  --symbol S  --tick T  --lot L  --contract linear|inverse:SIZE\n"
    "                       what a raw capture does not say about its instrument\n"
    "  --explain ID         tell the life of one order: sent, queue, fill or cancel, seen by us\n"
    "  --report OUT.html    write a page to look at\n"
    "  --json               print the result as JSON; the ladder without --report: its counts,\n"
    "                       else all that the page shows\n"
    "\n"
    "With --strategy quoter:\n"
    "  --market PRESET      btc-perp (default), alt-perp, or a .json file\n"
    "  --profile NAME       steady_safe, ultra_safe or aggressive\n"
    "  --set KEY=VALUE      one parameter; may be repeated\n";

struct options {
    const char *tape_path, *strategy, *fills, *consume, *queue, *latency, *ladder, *orders_path;
    struct tape_import_options import;
    struct config_options quoter;
    struct backtest_output output;
    struct backtest_settings settings; // of the ladder, for its report
    bool help;
};

enum option_id {
    OPTION_TAPE = 1,
    OPTION_STRATEGY,
    OPTION_FILLS,
    OPTION_CONSUME,
    OPTION_EXPLAIN,
    OPTION_QUEUE,
    OPTION_LATENCY,
    OPTION_LADDER,
    OPTION_ORDERS,
    OPTION_SYMBOL,
    OPTION_TICK,
    OPTION_LOT,
    OPTION_CONTRACT,
    OPTION_MARKET,
    OPTION_PROFILE,
    OPTION_SET,
    OPTION_REPORT,
    OPTION_JSON,
    OPTION_HELP
};

static const struct option long_options[] = {{"tape", required_argument, NULL, OPTION_TAPE},
                                             {"strategy", required_argument, NULL, OPTION_STRATEGY},
                                             {"fills", required_argument, NULL, OPTION_FILLS},
                                             {"consume", required_argument, NULL, OPTION_CONSUME},
                                             {"explain", required_argument, NULL, OPTION_EXPLAIN},
                                             {"queue", required_argument, NULL, OPTION_QUEUE},
                                             {"latency", required_argument, NULL, OPTION_LATENCY},
                                             {"ladder", required_argument, NULL, OPTION_LADDER},
                                             {"orders", required_argument, NULL, OPTION_ORDERS},
                                             {"symbol", required_argument, NULL, OPTION_SYMBOL},
                                             {"tick", required_argument, NULL, OPTION_TICK},
                                             {"lot", required_argument, NULL, OPTION_LOT},
                                             {"contract", required_argument, NULL, OPTION_CONTRACT},
                                             {"market", required_argument, NULL, OPTION_MARKET},
                                             {"profile", required_argument, NULL, OPTION_PROFILE},
                                             {"set", required_argument, NULL, OPTION_SET},
                                             {"report", required_argument, NULL, OPTION_REPORT},
                                             {"json", no_argument, NULL, OPTION_JSON},
                                             {"help", no_argument, NULL, OPTION_HELP},
                                             {NULL, 0, NULL, 0}};

static int take_set(struct config_options *quoter)
{
    if (quoter->set_count == CONFIG_SETS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "--set is given more than %d times", CONFIG_SETS_MAX);
    }
    quoter->sets[quoter->set_count++] = optarg;
    return MM_OK;
}

static int take_option(struct options *options, int id)
{
    const char **texts[] = {[OPTION_TAPE] = &options->tape_path,
                            [OPTION_STRATEGY] = &options->strategy,
                            [OPTION_FILLS] = &options->fills,
                            [OPTION_CONSUME] = &options->consume,
                            [OPTION_QUEUE] = &options->queue,
                            [OPTION_LATENCY] = &options->latency,
                            [OPTION_LADDER] = &options->ladder,
                            [OPTION_ORDERS] = &options->orders_path,
                            [OPTION_MARKET] = &options->quoter.market,
                            [OPTION_PROFILE] = &options->quoter.profile,
                            [OPTION_REPORT] = &options->output.report_path};
    switch (id) {
    case OPTION_SYMBOL:
        options->quoter.symbol = optarg;
        return tape_import_option(&options->import, "symbol", optarg);
    case OPTION_TICK:
        options->quoter.tick = optarg;
        return tape_import_option(&options->import, "tick", optarg);
    case OPTION_LOT:
        options->quoter.lot = optarg;
        return tape_import_option(&options->import, "lot", optarg);
    case OPTION_CONTRACT:
        options->quoter.contract = optarg;
        return tape_import_option(&options->import, "contract", optarg);
    case OPTION_SET:
        return take_set(&options->quoter);
    case OPTION_EXPLAIN:
        return explain_parse(optarg, &options->output.explain_id);
    case OPTION_JSON:
        options->output.json = true;
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
    *out = (struct options){.strategy = "ladder"};
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
    return MM_OK;
}

// Notes what was given, then fills in what was not.
static void default_ladder(struct options *options)
{
    const char *slash = strrchr(options->tape_path, '/');
    const struct {
        const char *name, *otherwise, **slot;
    } texts[] = {{"fills", "strict", &options->fills},
                 {"queue", "pow3:3", &options->queue},
                 {"latency", "10ms,10ms", &options->latency}};
    backtest_add_option(&options->settings, "tape", slash != NULL ? slash + 1 : options->tape_path,
                        NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        backtest_add_option(&options->settings, texts[i].name, *texts[i].slot, texts[i].otherwise);
        *texts[i].slot = *texts[i].slot != NULL ? *texts[i].slot : texts[i].otherwise;
    }
}

// What each strategy leaves to the other.
static int check_strategy(struct options *options)
{
    struct config_options *quoter = &options->quoter;
    if (strcmp(options->strategy, "quoter") == 0) {
        if (options->ladder != NULL) {
            return mm_fail(MM_ERROR_USAGE, "--ladder is for --strategy ladder");
        }
        options->output.orders_path = options->orders_path;
        quoter->tape = options->tape_path;
        quoter->queue = options->queue;
        quoter->fills = options->fills;
        quoter->consume = options->consume;
        quoter->latency = options->latency;
        quoter->overrides_json = getenv(CONFIG_OVERRIDES_VARIABLE);
        return MM_OK;
    }
    if (strcmp(options->strategy, "ladder") != 0) {
        return mm_fail(MM_ERROR_USAGE, "--strategy %s: there are ladder and quoter",
                       options->strategy);
    }
    if (quoter->market != NULL || quoter->profile != NULL || quoter->set_count > 0) {
        return mm_fail(MM_ERROR_USAGE, "--market, --profile and --set are for --strategy quoter");
    }
    default_ladder(options);
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
    char instrument[TAPE_DESCRIPTION_SIZE];
    tape_describe(tape, instrument, sizeof instrument);
    printf("%s\n%" PRIu64 " messages, %" PRIu64 " rows; %s, %s, %s, %s\n", instrument,
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

// The ladder's constants as lines of the report.
static void describe_ladder(struct options *options, const struct ladder_config *ladder,
                            const struct instrument *instrument)
{
    char qty[DECIMAL_TEXT_SIZE], position[DECIMAL_TEXT_SIZE], spread[DECIMAL_TEXT_SIZE];
    const char *source = config_source_name(options->ladder != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    decimal_print_steps(ladder->qty_lots, instrument->lot, qty);
    (void)snprintf(position, sizeof position, "%.9g", ladder->max_position);
    (void)snprintf(spread, sizeof spread, "%" PRId64, ladder->half_spread_ticks);
    struct backtest_settings *settings = &options->settings;
    backtest_add_setting(settings, (struct report_setting){"ladder", "qty", qty, "", source});
    backtest_add_setting(settings,
                         (struct report_setting){"ladder", "max_position", position, "", source});
    backtest_add_setting(settings,
                         (struct report_setting){"ladder", "half_spread", spread, "ticks", source});
}

static int run_ladder(struct options *options, const struct tape *tape, struct venue *venue,
                      enum fills_mode fills, struct order_log *log)
{
    struct ladder_run_config config = {.start_ns = replay_earliest_ns(tape),
                                       .interval_ns = LOOK_INTERVAL_NS,
                                       .place_orders = true,
                                       .heed_gaps = fills == FILLS_STRICT, // the reference has none
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
    struct backtest_watch watch = {0};
    bool reports = options->output.report_path != NULL;
    if (rc == MM_OK && reports) {
        describe_ladder(options, &config.ladder, &tape->instrument);
        backtest_watch_open(&watch, venue);
    }
    if (rc == MM_OK) {
        rc = ladder_run(reports ? watch_venue(watch.watch) : venue, &config, &totals);
    }
    if (rc == MM_OK && log->open) {
        log_flush_rows(log);
        rc = log->rc == MM_OK ? file_writer_commit(&log->writer, 0644) : log->rc;
    }
    if (rc == MM_OK && reports) {
        const char *market = options->settings.of[0].value;
        rc = backtest_watch_write(&watch, "ladder", market, &options->settings, &options->output);
    } else if (rc == MM_OK) {
        (options->output.json ? print_json : print_text)(options, tape, &totals);
    }
    backtest_watch_close(&watch);
    return rc;
}

static int run_on_tape(struct options *options, const struct tape *tape)
{
    struct replay_config config = {0};
    struct latency_model latency = {0};
    struct venue *venue = NULL;
    struct order_log *log = mm_alloc(1, sizeof *log);
    struct explain *explain = NULL;
    int rc = replay_fills_parse(options->fills, options->consume, &config);
    if (rc == MM_OK) {
        rc = queue_model_parse(options->queue, &config.queue_model);
    }
    if (rc == MM_OK) {
        rc = latency_parse(options->latency, &latency);
    }
    if (rc == MM_OK) {
        config.latency = &latency;
        explain = explain_create(options->output.explain_id);
        config.probe = explain_probe(explain);
        rc = replay_create(tape, &config, &venue);
    }
    if (rc == MM_OK && options->output.explain_id == 0) {
        rc = run_ladder(options, tape, venue, config.fills, log);
    } else if (rc == MM_OK) {
        rc = run_ladder(options, tape, explain_venue(explain, venue), config.fills, log);
        if (rc == MM_OK) {
            rc = explain_print(explain, options->output.json ? stderr : stdout, options->tape_path);
        }
    }
    file_writer_abandon(&log->writer);
    venue_destroy(venue);
    explain_destroy(explain);
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
        rc = check_strategy(&options);
    }
    if (rc == MM_OK && strcmp(options.strategy, "quoter") == 0) {
        rc = backtest_quoter(&options.quoter, &options.output);
    } else if (rc == MM_OK) {
        rc = tape_cache_open(&tape, options.tape_path, &options.import);
        if (rc == MM_OK) {
            rc = run_on_tape(&options, &tape);
        }
    }
    tape_close(&tape);
    if (rc < 0) {
        fprintf(stderr, "mmbot backtest: %s\n", mm_error_text());
        return mm_error_exit_code(rc);
    }
    return 0;
}
