#include "soak/config_manager.h"

#include "base/json.h"
#include "base/suggest.h"
#include "base/units.h"
#include "net/url.h"
#include "soak/embedded.h"
#include "soak/legacy.h"
#include "soak/pacer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const source_names[] = {
    [CONFIG_DEFAULT] = "default", [CONFIG_LEGACY] = "legacy", [CONFIG_PRESET] = "preset",
    [CONFIG_PROFILE] = "profile", [CONFIG_ENV] = "env",       [CONFIG_CLI] = "cli",
    [CONFIG_SAFE] = "safe",
};

static const char *const setting_names[CONFIG_SETTING_COUNT] = {
    [CONFIG_MARKET] = "market",         [CONFIG_TAPE] = "tape",
    [CONFIG_REGIME] = "regime",         [CONFIG_SEED] = "seed",
    [CONFIG_ITERATIONS] = "iterations", [CONFIG_WINDOW] = "window",
    [CONFIG_TUNER] = "tuner",           [CONFIG_PROFILE_NAME] = "profile",
    [CONFIG_PINNED] = "pinned",         [CONFIG_QUEUE] = "queue",
    [CONFIG_FILLS] = "fills",           [CONFIG_CONSUME] = "consume",
    [CONFIG_LATENCY] = "latency",       [CONFIG_SLEEP] = "sleep",
    [CONFIG_FAULTS] = "faults",         [CONFIG_PACE] = "pace",
};

enum { PRESET_FILE_SIZE_MAX = 1 << 20, MARKET_NAMES_MAX = 16, SET_KEY_SIZE = 64 };

const char *config_source_name(enum config_source source)
{
    return source_names[source];
}

const char *config_setting_name(enum config_setting_id id)
{
    return setting_names[id];
}

bool config_setting_is_real_time(enum config_setting_id id)
{
    return id == CONFIG_SLEEP || id == CONFIG_PACE;
}

static void set_setting(struct run_config *config, enum config_setting_id id, const char *value,
                        enum config_source source)
{
    size_t length = strlen(value);
    if (length >= CONFIG_VALUE_SIZE) {
        length = CONFIG_VALUE_SIZE - 1;
        while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80) {
            length--; // not within a character
        }
    }
    memcpy(config->settings[id].value, value, length);
    config->settings[id].value[length] = '\0';
    config->settings[id].source = source;
}

// ---- the six parameters ----

static int set_param(struct run_config *config, const char *key, const char *value,
                     enum config_source source, const char *origin)
{
    enum param_id id = param_find(key);
    if (id == PARAM_COUNT) {
        return overrides_refuse_key(key, origin);
    }
    const struct guard_config *bounds = &config->preset.guard;
    int code = param_parse(id, value, bounds->min[id], bounds->max[id], &config->params.steps[id]);
    if (code != MM_OK) {
        return mm_fail_add(code, "%s", origin);
    }
    config->param_source[id] = source;
    return MM_OK;
}

static int apply_profile(struct run_config *config, const char *name)
{
    const char *names[PARAMS_PROFILE_COUNT];
    size_t count = 0;
    for (enum params_profile profile = PARAMS_STEADY_SAFE; profile < PARAMS_PROFILE_COUNT;
         profile++) {
        names[count++] = params_profile_name(profile);
        if (strcmp(name, params_profile_name(profile)) == 0) {
            config->profile = profile;
            config->params = params_of_profile(profile);
            for (size_t i = 0; i < PARAM_COUNT; i++) {
                config->param_source[i] = CONFIG_PROFILE;
            }
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_USAGE, "--profile: there is no profile '%.64s'; there are %s, %s, %s",
                   name, names[0], names[1], names[2]);
}

static int apply_overrides(struct run_config *config, const struct overrides *overrides,
                           enum config_source source, const char *origin)
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (overrides->has[i]) {
            int code = set_param(config, param_specs[i].key, overrides->texts[i], source, origin);
            if (code != MM_OK) {
                return code;
            }
        }
    }
    return MM_OK;
}

static int apply_overrides_json(struct run_config *config, const char *text)
{
    const char *origin = CONFIG_OVERRIDES_VARIABLE;
    struct overrides overrides;
    json_t *document = NULL;
    int code = json_document_parse(text, strlen(text), origin, &document);
    if (code != MM_OK) {
        return mm_fail_add(MM_ERROR_USAGE, "environment");
    }
    code = overrides_read(document, origin, &overrides);
    json_decref(document);
    return code == MM_OK ? apply_overrides(config, &overrides, CONFIG_ENV, origin) : code;
}

// A layout that has not been migrated: weaker than a profile, stronger than the defaults; a legacy
// profile stands for the profile of its name.
static int apply_legacy(struct run_config *config, const char *profile)
{
    struct legacy_layout legacy;
    int code = legacy_read(config->out_dir, profile, &legacy);
    if (code != MM_OK || legacy.file_count == 0) {
        return code;
    }
    config->legacy = true;
    if (legacy.has_runtime && profile == NULL) {
        code = apply_overrides(config, &legacy.runtime, CONFIG_LEGACY, "runtime_overrides.json");
    }
    if (code == MM_OK && legacy.has_profile) {
        code = apply_overrides(config, &legacy.profile, CONFIG_LEGACY, legacy.profile_name);
    }
    return code;
}

static int resolve_pins(const struct config_options *options, struct run_config *config)
{
    char list[CONFIG_VALUE_SIZE] = "none";
    for (uint32_t i = 0; i < options->pin_count; i++) {
        enum param_id id = param_find(options->pins[i]);
        if (id == PARAM_COUNT) {
            return overrides_refuse_key(options->pins[i], "--pin");
        }
        config->pinned[id] = true;
    }
    size_t length = 0;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (config->pinned[i] && length < sizeof list) {
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                       length > 0 ? "," : "", param_specs[i].key);
        }
    }
    set_setting(config, CONFIG_PINNED, list, options->pin_count > 0 ? CONFIG_CLI : CONFIG_DEFAULT);
    return MM_OK;
}

static int apply_set(struct run_config *config, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment) {
        return mm_fail(MM_ERROR_USAGE, "--set: '%.64s' is not KEY=VALUE", assignment);
    }
    char key[SET_KEY_SIZE];
    snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
    enum param_id id = param_find(key);
    if (id != PARAM_COUNT && config->param_source[id] == CONFIG_CLI) {
        return mm_fail(MM_ERROR_USAGE, "--set: %s is given twice", key);
    }
    return set_param(config, key, equals + 1, CONFIG_CLI, "--set");
}

// What a default or a profile says may lie outside bounds that the preset has narrowed.
static int check_params(const struct run_config *config)
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        enum param_id id = (enum param_id)i;
        char value[DECIMAL_TEXT_SIZE], origin[CONFIG_ORIGIN_SIZE];
        int32_t steps = 0;
        param_print(id, config->params.steps[i], value);
        int code = param_parse(id, value, config->preset.guard.min[i], config->preset.guard.max[i],
                               &steps);
        if (code != MM_OK) {
            config_param_origin(config, id, origin);
            return mm_fail_add(code, "%s, and market %s", origin, config->preset.name);
        }
    }
    return MM_OK;
}

// From the weakest source to the strongest, so that each overrides what came before.
static int resolve_params(const struct config_options *options, struct run_config *config)
{
    config->params = params_of_profile(PARAMS_DEFAULT);
    int code = MM_OK;
    if (options->profile != NULL) {
        code = apply_profile(config, options->profile);
    }
    if (code == MM_OK) {
        code = apply_legacy(config, options->profile);
    }
    if (code == MM_OK && options->overrides_json != NULL && options->overrides_json[0] != '\0') {
        code = apply_overrides_json(config, options->overrides_json);
    }
    for (uint32_t i = 0; i < options->set_count && code == MM_OK; i++) {
        code = apply_set(config, options->sets[i]);
    }
    set_setting(config, CONFIG_PROFILE_NAME,
                options->profile != NULL ? options->profile : params_profile_name(PARAMS_DEFAULT),
                options->profile != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    return code == MM_OK ? check_params(config) : code;
}

// ---- the market preset ----

static size_t market_names(char out[MARKET_NAMES_MAX][PRESET_TEXT_SIZE])
{
    static const char prefix[] = "market/";
    size_t count = 0;
    for (size_t i = 0; i < embedded_file_count && count < MARKET_NAMES_MAX; i++) {
        const char *name = embedded_files[i].name;
        if (strncmp(name, prefix, sizeof prefix - 1) == 0) {
            name += sizeof prefix - 1;
            snprintf(out[count++], PRESET_TEXT_SIZE, "%.*s", (int)strcspn(name, "."), name);
        }
    }
    return count;
}

static int refuse_market(const char *name)
{
    char names[MARKET_NAMES_MAX][PRESET_TEXT_SIZE], list[256] = "";
    size_t count = market_names(names), length = 0;
    for (size_t i = 0; i < count && length < sizeof list; i++) {
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i == 0 ? "" : ", ",
                                   names[i]);
    }
    return mm_fail(MM_ERROR_USAGE,
                   "--market: there is no preset '%.64s'; there are %s, or name a .json file", name,
                   list);
}

int config_load_market(const char *name, struct market_preset *out)
{
    json_t *document = NULL;
    int code = MM_ERROR_USAGE;
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".json") == 0) {
        code = json_document_read(name, PRESET_FILE_SIZE_MAX, &document);
        if (code != MM_OK) {
            return mm_fail_add(code, "--market");
        }
    } else {
        char file[PRESET_TEXT_SIZE + 16];
        snprintf(file, sizeof file, "market/%.64s.json", name);
        const struct embedded_file *found = NULL;
        for (size_t i = 0; i < embedded_file_count && found == NULL; i++) {
            found = strcmp(embedded_files[i].name, file) == 0 ? &embedded_files[i] : NULL;
        }
        if (found == NULL) {
            return refuse_market(name);
        }
        code = json_document_parse(found->data, found->size, file, &document);
        if (code != MM_OK) {
            return code;
        }
    }
    code = market_preset_read(document, name, out);
    json_decref(document);
    return code;
}

static int resolve_queue(const char *given, struct run_config *config)
{
    if (given != NULL && (given[0] == '\0' || strlen(given) >= PRESET_TEXT_SIZE)) {
        return mm_fail(MM_ERROR_USAGE, "--queue: expected 1 to %d bytes", PRESET_TEXT_SIZE - 1);
    }
    if (given != NULL) {
        snprintf(config->preset.queue, PRESET_TEXT_SIZE, "%s", given);
    }
    return MM_OK;
}

const char *config_latency(const struct run_config *config)
{
    return config->latency != NULL ? config->latency : config->preset.latency;
}

// Whether others made the market: then an order fills by rules, and not by matching.
static bool is_recorded(const struct config_options *options)
{
    return options->tape != NULL || options->paper;
}

// What fills orders where no rules do.
static const char *filler(const struct config_options *options)
{
    return options->live ? "the exchange" : "matching engine";
}

// The simulated market matches, so that no rules of fills are needed there.
static void resolve_fills(const struct config_options *options, struct run_config *config)
{
    bool recorded = is_recorded(options);
    const char *fills = options->fills != NULL ? options->fills : "strict";
    bool consumes = strcmp(fills, "strict") == 0;
    const char *consume = options->consume != NULL ? options->consume : consumes ? "on" : "off";
    config->fills = options->fills;
    config->consume = options->consume;
    set_setting(config, CONFIG_FILLS, recorded ? fills : filler(options),
                options->fills != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    set_setting(config, CONFIG_CONSUME, recorded ? consume : filler(options),
                options->consume != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
}

static int resolve_market(const struct config_options *options, struct run_config *config)
{
    if (options->mock + (options->tape != NULL) + options->paper + options->live > 1) {
        return mm_fail(MM_ERROR_USAGE, "--mock, --tape, --paper and --live exclude each other");
    }
    const char *market = options->market != NULL                 ? options->market
                         : is_recorded(options) || options->live ? "btc-perp"
                                                                 : "alt-perp";
    int code = config_load_market(market, &config->preset);
    if (code == MM_OK) {
        code = resolve_queue(options->queue, config);
    }
    if (code != MM_OK) {
        return code;
    }
    config->latency = options->latency;
    resolve_fills(options, config);
    set_setting(config, CONFIG_MARKET, config->preset.name,
                options->market != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    // The simulated market has an exchange and latencies of its own.
    bool recorded = is_recorded(options);
    set_setting(config, CONFIG_QUEUE, recorded ? config->preset.queue : filler(options),
                options->queue != NULL ? CONFIG_CLI : CONFIG_PRESET);
    set_setting(config, CONFIG_LATENCY,
                recorded || options->latency != NULL ? config_latency(config)
                : options->live                      ? "the exchange"
                                                     : "simulated",
                options->latency != NULL ? CONFIG_CLI : CONFIG_PRESET);
    return MM_OK;
}

int config_import(const struct config_options *options, struct tape_import_options *out)
{
    const struct {
        const char *key, *value;
    } given[] = {
        {"symbol", options->symbol}, {"tick", options->tick},
        {"lot", options->lot},       {"contract", options->contract},
        {"format", options->format}, {"feed-latency", options->feed_latency},
    };
    *out = (struct tape_import_options){.progress = options->import_progress};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        int code =
            given[i].value == NULL ? MM_OK : tape_import_option(out, given[i].key, given[i].value);
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

enum source { SOURCE_MOCK = 1, SOURCE_TAPE = 2, SOURCE_PAPER = 4, SOURCE_LIVE = 8 };

enum { SOURCE_BYBIT = SOURCE_PAPER | SOURCE_LIVE };

// What makes sense for some kinds of market only is refused for the others, not ignored.
static int refuse_foreign(const struct config_options *options, enum source source)
{
    const struct bybit_market_options *bybit = &options->bybit;
    const struct live_options *live = &options->live_options;
    const char *sleep = options->sleep_seconds;
    const struct {
        const char *flag, *value;
        unsigned sources;
        const char *name;
    } only[] = {
        {"--regime", options->regime, SOURCE_MOCK, "--mock"},
        {"--faults", options->faults, SOURCE_MOCK, "--mock"},
        {"--queue", options->queue, SOURCE_TAPE | SOURCE_PAPER, "--tape and --paper"},
        {"--fills", options->fills, SOURCE_TAPE, "--tape"},
        {"--consume", options->consume, SOURCE_TAPE | SOURCE_PAPER, "--tape and --paper"},
        {"--format", options->format, SOURCE_TAPE, "--tape"},
        {"--feed-latency", options->feed_latency, SOURCE_TAPE, "--tape"},
        {"--tick", options->tick, SOURCE_TAPE, "--tape"},
        {"--lot", options->lot, SOURCE_TAPE, "--tape"},
        {"--contract", options->contract, SOURCE_TAPE, "--tape"},
        {"--symbol", options->symbol, SOURCE_TAPE | SOURCE_BYBIT, "--tape, --paper and --live"},
        {"--latency", options->latency, SOURCE_MOCK | SOURCE_TAPE | SOURCE_PAPER,
         "--mock, --tape and --paper"},
        {"--private", live->private_stream, SOURCE_LIVE, "--live"},
        {"--trade", live->trade_stream, SOURCE_LIVE, "--live"},
        {"--prefix", live->prefix, SOURCE_LIVE, "--live"},
        {"--heartbeat", live->heartbeat, SOURCE_LIVE, "--live"},
        {"--latency-log", live->latency_log, SOURCE_LIVE, "--live"},
        {"--recv-window", live->recv_window, SOURCE_LIVE, "--live"},
        {"--category", bybit->category, SOURCE_BYBIT, "--paper and --live"},
        {"--depth", bybit->depth, SOURCE_BYBIT, "--paper and --live"},
        {"--silence", bybit->silence, SOURCE_BYBIT, "--paper and --live"},
        {"--rest", bybit->rest, SOURCE_BYBIT, "--paper and --live"},
        {"--stream", bybit->stream, SOURCE_BYBIT, "--paper and --live"},
        {"--ca", bybit->ca, SOURCE_BYBIT, "--paper and --live"},
        {"--record", options->record, SOURCE_BYBIT, "--paper and --live"},
        {"--busy-poll", options->busy_poll ? "" : NULL, SOURCE_BYBIT, "--paper and --live"},
        {"--pace", options->pace, SOURCE_MOCK | SOURCE_TAPE, "--mock and --tape"},
        {"--resume", options->resume ? "" : NULL, SOURCE_MOCK | SOURCE_TAPE, "--mock and --tape"},
        {CONFIG_SLEEP_VARIABLE, sleep != NULL && sleep[0] != '\0' ? sleep : NULL,
         SOURCE_MOCK | SOURCE_TAPE, "--mock and --tape"},
    };
    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++) {
        if (only[i].value != NULL && (only[i].sources & source) == 0) {
            return mm_fail(MM_ERROR_USAGE, "%s is for %s only", only[i].flag, only[i].name);
        }
    }
    return MM_OK;
}

static int check_host(const char *option, const char *text)
{
    struct url url;
    int code = text == NULL ? MM_OK : url_parse(text, &url);
    if (text != NULL && code == MM_OK && (!url.is_socket || strcmp(url.path, "/") != 0)) {
        code = mm_fail(MM_ERROR_USAGE, "'%.200s' is not ws or wss://HOST[:PORT]", text);
    }
    return code == MM_OK ? MM_OK : mm_fail_add(code, "%s", option);
}

// Real orders need more than a flag, and go to the testnet unless another host is named.
static int resolve_live(const struct config_options *options, struct run_config *config)
{
    const struct live_options *live = &options->live_options;
    if (live->enable == NULL || strcmp(live->enable, "1") != 0) {
        return mm_fail(MM_ERROR_USAGE, "--live sends real orders: it also needs $%s to be 1",
                       CONFIG_LIVE_VARIABLE);
    }
    if (live->keys == NULL || !bybit_keys_given(live->keys)) {
        return mm_fail(MM_ERROR_USAGE,
                       "--live needs an API key: --keys FILE, --keys -, or $%s and "
                       "$%s",
                       BYBIT_KEY_VARIABLE, BYBIT_SECRET_VARIABLE);
    }
    config->is_live = true;
    config->live = *live;
    int64_t window_ns = INT64_C(1000000000);
    int code = live->recv_window == NULL ? MM_OK : duration_parse(live->recv_window, &window_ns);
    if (code == MM_OK && (window_ns < 100000000 || window_ns > INT64_C(5000000000))) {
        code = mm_fail(MM_ERROR_USAGE, "'%.64s' is not between 100ms and 5s", live->recv_window);
    }
    if (code != MM_OK) {
        return mm_fail_add(code, "--recv-window");
    }
    config->recv_window_ms = window_ns / 1000000;
    code = check_host("--private", live->private_stream);
    return code == MM_OK ? check_host("--trade", live->trade_stream) : code;
}

static int resolve_bybit(const struct config_options *options, struct run_config *config)
{
    struct bybit_market_options bybit = options->bybit;
    bybit.symbol = options->symbol;
    if (options->live) {
        bybit.rest = bybit.rest != NULL ? bybit.rest : BYBIT_TESTNET_REST_URL;
        bybit.stream = bybit.stream != NULL ? bybit.stream : BYBIT_TESTNET_STREAM_URL;
        int refused = resolve_live(options, config);
        if (refused != MM_OK) {
            return refused;
        }
    }
    config->is_paper = options->paper;
    config->record = options->record;
    config->busy_poll = options->busy_poll;
    int code = bybit_market_resolve(&bybit, &config->bybit);
    char name[CONFIG_VALUE_SIZE];
    snprintf(name, sizeof name, "bybit %s %.31s", bybit_category_text(config->bybit.category),
             config->bybit.symbol);
    set_setting(config, CONFIG_TAPE, name, CONFIG_CLI);
    return code;
}

static void name_tape(const struct config_options *options, struct run_config *config)
{
    const char *slash = options->tape != NULL ? strrchr(options->tape, '/') : NULL;
    const char *name = options->tape == NULL ? "mock" : slash != NULL ? slash + 1 : options->tape;
    set_setting(config, CONFIG_TAPE, name,
                options->tape != NULL || options->mock ? CONFIG_CLI : CONFIG_DEFAULT);
}

static int resolve_source(const struct config_options *options, struct run_config *config)
{
    int code = refuse_foreign(options, options->paper          ? SOURCE_PAPER
                                       : options->live         ? SOURCE_LIVE
                                       : options->tape != NULL ? SOURCE_TAPE
                                                               : SOURCE_MOCK);
    if (code != MM_OK) {
        return code;
    }
    config->tape = options->tape;
    config->regime = options->regime;
    if (options->paper || options->live) {
        code = resolve_bybit(options, config);
    } else {
        name_tape(options, config);
    }
    if (code != MM_OK) {
        return code;
    }
    const char *regime = options->regime != NULL           ? options->regime
                         : options->paper || options->live ? "live"
                         : options->tape != NULL           ? "recorded"
                                                           : "switch";
    set_setting(config, CONFIG_REGIME, regime,
                options->regime != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    const char *faults = options->faults != NULL ? options->faults : "none";
    set_setting(config, CONFIG_FAULTS, faults,
                options->faults != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    code = fault_config_parse(faults, &config->faults);
    return code == MM_OK ? config_import(options, &config->import) : mm_fail_add(code, "--faults");
}

// ---- the run ----

static int read_whole(const char *flag, const char *text, int64_t min, int64_t max, int64_t *out)
{
    enum decimal_status status = decimal_parse_scaled(text, strlen(text), 0, out);
    if (status != DECIMAL_OK || *out < min || *out > max) {
        return mm_fail(MM_ERROR_USAGE,
                       "%s: '%.64s' is not a whole number in %" PRId64 " .. %" PRId64, flag, text,
                       min, max);
    }
    return MM_OK;
}

static int resolve_numbers(const struct config_options *options, struct run_config *config)
{
    int64_t iterations = 6, seed = 42;
    int code = MM_OK;
    if (options->iterations != NULL) {
        code =
            read_whole("--iterations", options->iterations, 1, CONFIG_ITERATIONS_MAX, &iterations);
    }
    if (code == MM_OK && options->seed != NULL) {
        code = read_whole("--seed", options->seed, 0, INT64_MAX, &seed);
    }
    config->iterations = (uint32_t)iterations;
    config->seed = (uint64_t)seed;
    char text[CONFIG_VALUE_SIZE];
    snprintf(text, sizeof text, "%" PRIu32, config->iterations);
    set_setting(config, CONFIG_ITERATIONS, text,
                options->iterations != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    snprintf(text, sizeof text, "%" PRIu64, config->seed);
    set_setting(config, CONFIG_SEED, text, options->seed != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    return code;
}

static int resolve_window(const struct config_options *options, struct run_config *config)
{
    config->window_ns = options->tape != NULL ? 0 : INT64_C(900000000000);
    if (options->window != NULL) {
        int code = duration_parse(options->window, &config->window_ns);
        if (code != MM_OK) {
            return mm_fail_add(code, "--window");
        }
        if (config->window_ns < CONFIG_WINDOW_MIN_NS ||
            config->window_ns > INT64_C(31) * 86400 * 1000000000) {
            return mm_fail(MM_ERROR_USAGE, "--window: %.64s is outside 1s .. 31d", options->window);
        }
    }
    char text[DURATION_TEXT_SIZE] = "span / iterations";
    if (config->window_ns > 0) {
        duration_print(config->window_ns, text);
    }
    set_setting(config, CONFIG_WINDOW, text, options->window != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    return MM_OK;
}

static int resolve_sleep(const struct config_options *options, struct run_config *config)
{
    const char *text = options->sleep_seconds;
    bool given = text != NULL && text[0] != '\0';
    if (given && (decimal_parse_scaled(text, strlen(text), -9, &config->sleep_ns) != DECIMAL_OK ||
                  config->sleep_ns < 0 || config->sleep_ns > INT64_C(86400) * 1000000000)) {
        return mm_fail(MM_ERROR_USAGE,
                       CONFIG_SLEEP_VARIABLE ": '%.64s' is not a number of seconds in 0 .. 86400",
                       text);
    }
    char value[DURATION_TEXT_SIZE];
    duration_print(config->sleep_ns, value);
    set_setting(config, CONFIG_SLEEP, value, given ? CONFIG_ENV : CONFIG_DEFAULT);
    return MM_OK;
}

static int resolve_pace(const struct config_options *options, struct run_config *config)
{
    const char *text = options->pace != NULL ? options->pace : "max";
    bool is_max = strcmp(text, "max") == 0;
    if (!is_max && (decimal_parse_scaled(text, strlen(text), -3, &config->pace_e3) != DECIMAL_OK ||
                    config->pace_e3 < PACE_MIN_E3 || config->pace_e3 > PACE_MAX_E3)) {
        return mm_fail(MM_ERROR_USAGE,
                       "--pace: '%.64s' is neither max nor market seconds per second in "
                       "0.1 .. 1000000",
                       text);
    }
    set_setting(config, CONFIG_PACE, text, options->pace != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    return MM_OK;
}

static int resolve_tuner(const struct config_options *options, struct run_config *config)
{
    const char *tuner = options->tuner != NULL ? options->tuner : "rules";
    if (strcmp(tuner, "rules") != 0 && strcmp(tuner, "off") != 0) {
        return mm_fail(MM_ERROR_USAGE, "--tuner: '%.64s' is neither rules nor off", tuner);
    }
    config->tuner_on = strcmp(tuner, "rules") == 0;
    set_setting(config, CONFIG_TUNER, tuner, options->tuner != NULL ? CONFIG_CLI : CONFIG_DEFAULT);
    return MM_OK;
}

int config_resolve(const struct config_options *options, struct run_config *out)
{
    static int (*const steps[])(const struct config_options *, struct run_config *) = {
        resolve_source, resolve_market, resolve_numbers, resolve_window, resolve_tuner,
        resolve_sleep,  resolve_pace,   resolve_params,  resolve_pins,
    };
    *out = (struct run_config){.resume = options->resume};
    out->out_dir = options->out != NULL ? options->out : "artifacts/soak";
    if (out->out_dir[0] == '\0') {
        return mm_fail(MM_ERROR_USAGE, "--out: expected a directory");
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int code = steps[i](options, out);
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

void config_use_safe(struct run_config *config)
{
    config->params = params_of_profile(PARAMS_STEADY_SAFE);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        config->param_source[i] = CONFIG_SAFE;
    }
    set_setting(config, CONFIG_PROFILE_NAME, params_profile_name(PARAMS_STEADY_SAFE), CONFIG_SAFE);
}

// ---- showing it ----

void config_param_origin(const struct run_config *config, enum param_id id,
                         char out[CONFIG_ORIGIN_SIZE])
{
    enum config_source source = config->param_source[id];
    snprintf(out, CONFIG_ORIGIN_SIZE, "%s%s%s", source_names[source],
             source == CONFIG_PROFILE ? ":" : "",
             source == CONFIG_PROFILE ? params_profile_name(config->profile) : "");
}

json_t *config_param_json(enum param_id id, int32_t steps)
{
    struct params params = {0};
    params.steps[id] = steps;
    double value = param_value(&params, id);
    int32_t exponent = param_specs[id].step.exponent;
    return exponent == 0 ? json_integer((json_int_t)value) : json_real_stable(value, -exponent);
}

bool config_param_read(enum param_id id, const json_t *value, int32_t *out_steps)
{
    if (!json_is_number(value)) {
        return false;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    int code = param_parse(id, text != NULL ? text : "", param_specs[id].hard_min,
                           param_specs[id].hard_max, out_steps);
    free(text);
    if (code != MM_OK) {
        mm_error_clear();
    }
    return code == MM_OK;
}

json_t *config_params_json(const struct params *params)
{
    json_t *object = json_object();
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        json_object_set_new(object, param_specs[i].key,
                            config_param_json((enum param_id)i, params->steps[i]));
    }
    return object;
}

json_t *config_json(const struct run_config *config)
{
    json_t *object = json_object();
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        char origin[CONFIG_ORIGIN_SIZE];
        config_param_origin(config, (enum param_id)i, origin);
        json_object_set_new(object, param_specs[i].key,
                            json_pack("{s:o, s:s}", "value",
                                      config_param_json((enum param_id)i, config->params.steps[i]),
                                      "source", origin));
    }
    for (size_t i = 0; i < CONFIG_SETTING_COUNT; i++) {
        const struct config_setting *setting = &config->settings[i];
        if (!config_setting_is_real_time((enum config_setting_id)i)) {
            json_object_set_new(object, setting_names[i],
                                json_pack("{s:s, s:s}", "value", setting->value, "source",
                                          source_names[setting->source]));
        }
    }
    return object;
}
