// mmbot backtest --strategy quoter: the engine over a tape, in one window.
#include "base/json.h"
#include "base/memory.h"
#include "cmd/backtest.h"
#include "cmd/backtest_explain.h"
#include "engine/history.h"
#include "engine/recorder.h"
#include "soak/embedded.h"
#include "soak/run_market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRESET_FILE_MAX = 1 << 20, STOP_GRACE_NS = 1000000000 };

// Those of a soak that a backtest has too.
static void add_run_settings(struct backtest_settings *settings, const struct run_config *config)
{
    static const enum config_setting_id shown[] = {
        CONFIG_TAPE,  CONFIG_MARKET,  CONFIG_PROFILE_NAME, CONFIG_QUEUE,
        CONFIG_FILLS, CONFIG_CONSUME, CONFIG_LATENCY};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const struct config_setting *setting = &config->settings[shown[i]];
        backtest_add_setting(
            settings, (struct report_setting){"run", config_setting_name(shown[i]), setting->value,
                                              "", config_source_name(setting->source)});
    }
}

static void add_params(struct backtest_settings *settings, const struct run_config *config)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        char value[DECIMAL_TEXT_SIZE], origin[CONFIG_ORIGIN_SIZE];
        param_print((enum param_id)i, config->params.steps[i], value);
        config_param_origin(config, (enum param_id)i, origin);
        backtest_add_setting(settings, (struct report_setting){"parameters", param_specs[i].key,
                                                               value, param_specs[i].unit, origin});
    }
}

// The preset's document again, this time as it is written.
static json_t *read_preset(const char *market, const struct run_config *config)
{
    json_t *document = NULL;
    size_t length = market != NULL ? strlen(market) : 0;
    if (length > 5 && strcmp(market + length - 5, ".json") == 0) {
        return json_document_read(market, PRESET_FILE_MAX, &document) == MM_OK ? document : NULL;
    }
    char name[PRESET_TEXT_SIZE + 16];
    (void)snprintf(name, sizeof name, "market/%s.json", config->preset.name);
    for (size_t i = 0; i < embedded_file_count; i++) {
        const struct embedded_file *file = &embedded_files[i];
        if (strcmp(file->name, name) == 0 &&
            json_document_parse(file->data, file->size, name, &document) == MM_OK) {
            return document;
        }
    }
    return NULL;
}

static const char *unit_of_preset(const char *key)
{
    static const char *const amounts[] = {"notional", "position_limit", "order_max",
                                          "loss_from_peak", "loss_from_start"};
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        if (strcmp(key, amounts[i]) == 0) {
            return "quote coin";
        }
    }
    size_t length = strlen(key);
    return length > 4 && strcmp(key + length - 4, "_bps") == 0 ? "bps" : "";
}

static void add_preset_value(struct backtest_settings *settings, const char *section,
                             const char *key, const json_t *value, const char *source)
{
    char *text = json_is_string(value)
                     ? NULL
                     : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    if (text != NULL || json_is_string(value)) {
        backtest_add_setting(settings,
                             (struct report_setting){section, key,
                                                     text != NULL ? text : json_string_value(value),
                                                     unit_of_preset(key), source});
    }
    free(text);
}

// What of the market's preset the engine goes by.
static void add_preset(struct backtest_settings *settings, const json_t *preset,
                       const struct run_config *config)
{
    static const char *const sections[] = {"quote", "risk", "orders", "fees", "kpi"};
    char source[BACKTEST_SOURCE_SIZE];
    (void)snprintf(source, sizeof source, "preset:%s", config->preset.name);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        json_t *section = json_object_get(preset, sections[i]);
        const char *key;
        json_t *value;
        json_object_foreach(section, key, value)
        {
            add_preset_value(settings, sections[i], key, value, source);
        }
    }
}

// ---- the run ----

struct quoter_run {
    const struct config_options *options;
    struct run_config config;
    struct run_market market;
    struct history *history; // owned
    struct explain *explain; // owned; NULL = no order's life is told
    struct kpi_summary summary;
    const char *halt_reason; // static; NULL = trading was never halted
};

// One window over everything the tape has, ended with no order left open.
static int run_engine(struct quoter_run *run, struct engine *engine)
{
    uint32_t open = 0;
    engine_open_window(engine);
    int code = engine_run_until(engine, run->market.venue->end_ns, NULL);
    struct engine_status status = engine_get_status(engine);
    run->halt_reason = status.halted ? status.halt_reason : NULL;
    if (code == MM_OK) {
        code = engine_stop(engine, STOP_GRACE_NS, &open);
    }
    if (code == MM_OK) {
        engine_close_window(engine, &run->summary);
    }
    return code;
}

static void judge(const struct quoter_run *run, struct gate_result *out)
{
    gate_window(&run->config.preset.gate, &run->summary, out);
    if (run->halt_reason != NULL) {
        char text[GATE_TEXT_SIZE];
        (void)snprintf(text, sizeof text, "trading was halted: %s", run->halt_reason);
        gate_add(out, GATE_REASON_PANIC, text);
    }
}

static int write_result(const struct quoter_run *run, const struct backtest_output *output,
                        const struct gate_result *verdict)
{
    const struct run_config *config = &run->config;
    struct backtest_settings *settings = mm_alloc(1, sizeof *settings);
    // The lines' names point into it.
    json_t *preset = read_preset(run->options->market, config);
    add_run_settings(settings, config);
    add_params(settings, config);
    add_preset(settings, preset, config);
    struct report_run report = {.command = "backtest",
                                .strategy = "quoter",
                                .market = config->settings[CONFIG_TAPE].value,
                                .instrument = &run->market.venue->instrument,
                                .kpi = &run->summary,
                                .levels = &config->preset.gate,
                                .verdict = verdict,
                                .markout_ns = config->preset.engine.kpi.markout_ns,
                                .sample_interval_ns = run->history->sample_interval_ns,
                                .series = &run->history->series,
                                .fills = &run->history->fills,
                                .orders = &run->history->orders,
                                .settings = settings->of,
                                .setting_count = settings->count};
    if (!output->json) {
        char instrument[TAPE_DESCRIPTION_SIZE];
        tape_describe(&run->market.tape, instrument, sizeof instrument);
        printf("%s\n", instrument);
    }
    int code = backtest_write(&report, output);
    json_decref(preset);
    free(settings);
    return code;
}

// Where orders, fills and samples go: all to the history, orders also to the log when there is one.
struct quoter_sinks {
    struct engine_sink history, log;
};

static void tell_order(void *context, const struct engine_order_row *row)
{
    struct quoter_sinks *sinks = context;
    sinks->history.order(sinks->history.context, row);
    if (sinks->log.order != NULL) {
        sinks->log.order(sinks->log.context, row);
    }
}

static void tell_fill(void *context, const struct engine_fill_row *row)
{
    struct quoter_sinks *sinks = context;
    sinks->history.fill(sinks->history.context, row);
}

static void tell_markout(void *context, uint64_t fill_number, int64_t later_half_ticks)
{
    struct quoter_sinks *sinks = context;
    sinks->history.markout(sinks->history.context, fill_number, later_half_ticks);
}

static void tell_sample(void *context, const struct engine_sample *sample)
{
    struct quoter_sinks *sinks = context;
    sinks->history.sample(sinks->history.context, sample);
}

static int run_recorded(struct quoter_run *run, const struct engine_config *config,
                        struct recorder *log)
{
    struct quoter_sinks sinks = {.history = history_sink(run->history)};
    if (log != NULL) {
        sinks.log = recorder_sink(log);
    }
    struct engine_sink sink = {.context = &sinks,
                               .order = tell_order,
                               .fill = tell_fill,
                               .markout = tell_markout,
                               .sample_interval_ns = sinks.history.sample_interval_ns,
                               .sample = tell_sample};
    struct venue *venue =
        run->explain != NULL ? explain_venue(run->explain, run->market.venue) : run->market.venue;
    struct engine *engine = engine_create(config, venue, &sink);
    int code = run_engine(run, engine);
    engine_destroy(engine);
    return code == MM_OK && log != NULL ? recorder_commit(log) : code;
}

static int run_on_market(struct quoter_run *run, const struct backtest_output *output,
                         enum gate_verdict *out_verdict)
{
    struct venue *venue = run->market.venue;
    struct engine_config config =
        market_preset_engine(&run->config.preset, &venue->instrument, run->market.price_half_ticks);
    config.params = run->config.params;
    run->history = history_create(venue->now_ns, venue->end_ns - venue->now_ns);
    struct recorder *log = NULL;
    int code = output->orders_path != NULL ? recorder_create(output->orders_path, NULL, NULL, &log)
                                           : MM_OK;
    if (code == MM_OK) {
        code = run_recorded(run, &config, log);
    }
    if (code == MM_OK) {
        struct gate_result verdict;
        judge(run, &verdict);
        *out_verdict = verdict.verdict;
        code = write_result(run, output, &verdict);
    }
    recorder_destroy(log);
    history_destroy(run->history);
    return code;
}

int backtest_quoter(const struct config_options *options, const struct backtest_output *output,
                    enum gate_verdict *out_verdict)
{
    struct quoter_run run = {.options = options};
    int code = config_resolve(options, &run.config);
    if (code == MM_OK && output->explain_id != 0) {
        run.explain = explain_create(output->explain_id);
        run.market.probe = explain_probe(run.explain);
    }
    if (code == MM_OK) {
        code = run_market_open(&run.market, &run.config);
    }
    if (code == MM_OK) {
        code = run_on_market(&run, output, out_verdict);
    }
    if (code == MM_OK && run.explain != NULL) {
        code = explain_print(run.explain, output->json ? stderr : stdout, options->tape);
    }
    run_market_close(&run.market);
    explain_destroy(run.explain);
    return code;
}
