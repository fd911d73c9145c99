// mmbot backtest --strategy quoter: the engine over a tape, in one window.
#include "base/json.h"
#include "base/memory.h"
#include "cmd/backtest.h"
#include "engine/history.h"
#include "soak/embedded.h"
#include "soak/run_market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRESET_FILE_MAX = 1 << 20, STOP_GRACE_NS = 1000000000 };

// Those of a soak that a backtest has too.
static void add_run_settings(struct backtest_settings *settings, const struct run_config *config)
{
    static const enum config_setting_id shown[] = {CONFIG_TAPE, CONFIG_MARKET, CONFIG_PROFILE_NAME,
                                                   CONFIG_QUEUE, CONFIG_LATENCY};
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
        char value[DECIMAL_TEXT_SIZE], origin[CONFIG_VALUE_SIZE];
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
    char source[CONFIG_VALUE_SIZE];
    (void)snprintf(source, sizeof source, "preset:%.*s", CONFIG_VALUE_SIZE - 8,
                   config->preset.name);
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

// One window over everything the tape has, ended with no order left open.
static int run_engine(struct engine *engine, const struct venue *venue, struct kpi_summary *out)
{
    uint32_t open = 0;
    engine_open_window(engine);
    int code = engine_run_until(engine, venue->end_ns, NULL);
    if (code == MM_OK) {
        code = engine_stop(engine, STOP_GRACE_NS, &open);
    }
    if (code == MM_OK) {
        engine_close_window(engine, out);
    }
    return code;
}

static int write_result(const struct config_options *options, const char *fills,
                        const struct run_config *config, const struct venue *venue,
                        const struct history *history, const struct kpi_summary *summary,
                        const struct backtest_output *output)
{
    struct backtest_settings *settings = mm_alloc(1, sizeof *settings);
    struct gate_result verdict;
    gate_window(&config->preset.gate, summary, &verdict);
    json_t *preset = read_preset(options->market, config); // the lines' names point into it
    add_run_settings(settings, config);
    backtest_add_option(settings, "fills", fills, "compat");
    add_params(settings, config);
    add_preset(settings, preset, config);
    struct report_run run = {.command = "backtest",
                             .strategy = "quoter",
                             .market = config->settings[CONFIG_TAPE].value,
                             .instrument = &venue->instrument,
                             .kpi = summary,
                             .levels = &config->preset.gate,
                             .verdict = &verdict,
                             .markout_ns = config->preset.engine.kpi.markout_ns,
                             .sample_interval_ns = history->sample_interval_ns,
                             .series = &history->series,
                             .fills = &history->fills,
                             .orders = &history->orders,
                             .settings = settings->of,
                             .setting_count = settings->count};
    int code = backtest_write(&run, output);
    json_decref(preset);
    free(settings);
    return code;
}

int backtest_quoter(const struct config_options *options, const char *fills,
                    const struct backtest_output *output)
{
    struct run_config config;
    struct run_market market = {0};
    int code = config_resolve(options, &config);
    if (code == MM_OK) {
        code = run_market_open(&market, &config);
    }
    if (code != MM_OK) {
        return code;
    }
    const struct venue *venue = market.venue;
    struct engine_config engine_config =
        market_preset_engine(&config.preset, &venue->instrument, market.price_half_ticks);
    engine_config.params = config.params;
    struct history *history = history_create(venue->now_ns, venue->end_ns - venue->now_ns);
    struct engine_sink sink = history_sink(history);
    struct engine *engine = engine_create(&engine_config, market.venue, &sink);
    struct kpi_summary summary;
    code = run_engine(engine, venue, &summary);
    if (code == MM_OK) {
        code = write_result(options, fills, &config, venue, history, &summary, output);
    }
    engine_destroy(engine);
    history_destroy(history);
    run_market_close(&market);
    return code;
}
