// mmbot backtest: one strategy over one recorded market, with the order log of the run.
#include "cmd/backtest.h"
#include "base/decimal.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cmd/backtest_explain.h"
#include "cmd/commands.h"
#include "cmd/import_progress.h"
#include "cmd/options.h"
#include "engine/ladder_run.h"
#include "market/tape.h"
#include "market/tape_cache.h"
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
    "  --strategy S         what trades: ladder (default) or quoter\n" OPTIONS_REPLAY_HELP
    "  --ladder K=V,...     qty, max_position, half_spread (default 0.001, 0.01 and 20 ticks;\n"
    "                       1 and 10 lots where the lot is larger than that)\n"
    "  --orders OUT.csv     write a row for every order that ended\n" OPTIONS_IMPORT_HELP
    "  --explain ID         tell the life of one order: sent, queue, fill or cancel, seen by us\n"
    "  --report OUT.html    write a page to look at\n"
    "  --json               print the result as JSON; the ladder without --report: its counts,\n"
    "                       else all that the page shows\n"
    "\n"
    "By default --queue is pow3:3 and --latency 10ms,10ms; the quoter has those of its preset.\n"
    "\n"
    "With --strategy quoter:\n"
    "  --market PRESET      btc-perp (default), alt-perp, or a .json file\n"
    "  --profile NAME       steady_safe, ultra_safe or aggressive\n"
    "  --set KEY=VALUE      one parameter; may be repeated\n"
    "\n"
    "Exit codes: 0 done; the quoter is judged by the preset's gate: 0 PASS or WARN, 1 FAIL or\n"
    "halted, 3 INCONCLUSIVE (too few fills). 2 wrong usage, 4 an input or system error.\n";

struct options {
    const char *strategy, *ladder;
    struct config_options bot; // the ladder takes of it the tape and how it is replayed
    struct backtest_output output;
    struct backtest_settings settings; // of the ladder, for its report
    bool help;
};

static int take_explain(void *target, const char *value)
{
    return explain_parse(value, &((struct options *)target)->output.explain_id);
}

#define AT(field) offsetof(struct options, field), NULL

static const struct option_spec specs[] = {
    {"tape", OPTION_TEXT, AT(bot.tape)},       {"strategy", OPTION_TEXT, AT(strategy)},
    {"ladder", OPTION_TEXT, AT(ladder)},       {"orders", OPTION_TEXT, AT(output.orders_path)},
    {"explain", OPTION_TAKE, 0, take_explain}, {"report", OPTION_TEXT, AT(output.report_path)},
    {"json", OPTION_FLAG, AT(output.json)},    {"help", OPTION_FLAG, AT(help)},
};

static int parse_options(int argc, char **argv, struct options *out)
{
    *out = (struct options){.strategy = "ladder"};
    out->bot.overrides_json = getenv(CONFIG_OVERRIDES_VARIABLE);
    out->bot.import_progress = import_progress();
    const struct option_group groups[] = {{specs, sizeof specs / sizeof specs[0], out},
                                          {bot_options, BOT_OPTION_COUNT, &out->bot}};
    int rc = options_parse("backtest", argc, argv, groups, 2);
    if (rc < 0 || out->help) {
        return rc;
    }
    if (optind < argc) {
        return mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind]);
    }
    if (out->bot.tape == NULL) {
        return mm_fail(MM_ERROR_USAGE, "--tape FILE is missing");
    }
    return MM_OK;
}

// Notes what was given, then fills in what was not.
static void default_ladder(struct options *options)
{
    const char *slash = strrchr(options->bot.tape, '/');
    const struct {
        const char *name, *otherwise, **slot;
    } texts[] = {{"fills", "strict", &options->bot.fills},
                 {"queue", "pow3:3", &options->bot.queue},
                 {"latency", "10ms,10ms", &options->bot.latency}};
    backtest_add_option(&options->settings, "tape", slash != NULL ? slash + 1 : options->bot.tape,
                        NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        backtest_add_option(&options->settings, texts[i].name, *texts[i].slot, texts[i].otherwise);
        *texts[i].slot = *texts[i].slot != NULL ? *texts[i].slot : texts[i].otherwise;
    }
}

// What each strategy leaves to the other.
static int check_strategy(struct options *options)
{
    const struct config_options *bot = &options->bot;
    if (strcmp(options->strategy, "quoter") == 0) {
        return options->ladder == NULL
                   ? MM_OK
                   : mm_fail(MM_ERROR_USAGE, "--ladder is for --strategy ladder");
    }
    if (strcmp(options->strategy, "ladder") != 0) {
        return mm_fail(MM_ERROR_USAGE, "--strategy %.64s: there are ladder and quoter",
                       options->strategy);
    }
    if (bot->market != NULL || bot->profile != NULL || bot->set_count > 0) {
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
        tape->instrument.symbol, "strategy", options->strategy, "fills", options->bot.fills,
        "queue", options->bot.queue, "latency", options->bot.latency, "messages",
        (json_int_t)totals->batch_count, "rows", (json_int_t)totals->row_count, "places",
        (json_int_t)totals->place_count, "cancels", (json_int_t)totals->cancel_count, "filled",
        (json_int_t)totals->fill_count, "canceled", (json_int_t)totals->canceled_count, "expired",
        (json_int_t)totals->expired_count, "position_lots", (json_int_t)totals->position_lots,
        "volume_lots", (json_int_t)totals->volume_lots, "end_ts_ns", (json_int_t)totals->end_ns);
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
           totals->batch_count, totals->row_count, options->strategy, options->bot.fills,
           options->bot.queue, options->bot.latency);
    printf("orders: %" PRIu64 " placed, %" PRIu64 " filled, %" PRIu64 " canceled, %" PRIu64
           " expired\n",
           totals->place_count, totals->fill_count, totals->canceled_count, totals->expired_count);
    printf("volume %s, position %s\n", volume, position);
    if (options->output.orders_path != NULL) {
        printf("order log: %s\n", options->output.orders_path);
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
    if (rc == MM_OK && options->output.orders_path != NULL) {
        config.context = log;
        config.row = log_row;
        rc = log_open(log, options->output.orders_path, &tape->instrument);
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
    int rc = replay_fills_parse(options->bot.fills, options->bot.consume, &config);
    if (rc == MM_OK) {
        rc = queue_model_parse(options->bot.queue, &config.queue_model);
    }
    if (rc == MM_OK) {
        rc = latency_parse(options->bot.latency, &latency);
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
            rc = explain_print(explain, options->output.json ? stderr : stdout, options->bot.tape);
        }
    }
    file_writer_abandon(&log->writer);
    venue_destroy(venue);
    explain_destroy(explain);
    latency_fini(&latency);
    free(log);
    return rc;
}

static int backtest_ladder(struct options *options)
{
    struct tape tape = {0};
    struct tape_import_options import;
    int rc = config_import(&options->bot, &import);
    if (rc == MM_OK) {
        rc = tape_cache_open(&tape, options->bot.tape, &import);
    }
    if (rc == MM_OK) {
        rc = run_on_tape(options, &tape);
    }
    tape_close(&tape);
    return rc;
}

int cmd_backtest(int argc, char **argv)
{
    struct options options;
    int rc = parse_options(argc, argv, &options);
    if (rc == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (rc == MM_OK) {
        rc = check_strategy(&options);
    }
    enum gate_verdict verdict = GATE_PASS;
    if (rc == MM_OK && strcmp(options.strategy, "quoter") == 0) {
        rc = backtest_quoter(&options.bot, &options.output, &verdict);
    } else if (rc == MM_OK) {
        rc = backtest_ladder(&options);
    }
    if (rc < 0) {
        fprintf(stderr, "mmbot backtest: %s\n", mm_error_text());
        return mm_error_exit_code(rc);
    }
    return verdict_exit_code(verdict);
}
