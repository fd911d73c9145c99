#include "sweep/plan.h"

#include "base/file.h"
#include "base/platform.h"
#include "base/text.h"
#include "base/units.h"
#include "market/tape_format.h"
#include "soak/embedded.h"
#include "sweep/workers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { SHARDS_MAX = 1000000, PRESET_SIZE_MAX = 1 << 20 };

static const char default_window[] = "10s";

int plan_read_whole(const char *flag, const char *text, int64_t min, int64_t max, int64_t *out)
{
    enum decimal_status status = decimal_parse_scaled(text, strlen(text), 0, out);
    if (status != DECIMAL_OK || *out < min || *out > max) {
        return mm_fail(MM_ERROR_USAGE,
                       "%s: '%.64s' is not a whole number in %" PRId64 " .. %" PRId64, flag, text,
                       min, max);
    }
    return MM_OK;
}

// ---- the options ----

static int read_jobs(struct sweep_plan *plan)
{
    uint32_t cores = platform_core_count();
    int64_t jobs = cores < WORKERS_MAX ? cores : WORKERS_MAX;
    int code = MM_OK;
    if (plan->options->jobs != NULL) {
        code = plan_read_whole("--jobs", plan->options->jobs, 1, WORKERS_MAX, &jobs);
    }
    plan->jobs = (uint32_t)jobs;
    return code;
}

// "I/N", I from 1
static int read_shard(struct sweep_plan *plan)
{
    const char *text = plan->options->shard;
    plan->shard_count = 1;
    if (text == NULL) {
        return MM_OK;
    }
    const char *slash = strchr(text, '/');
    char first[32];
    int64_t number = 0, count = 0;
    snprintf(first, sizeof first, "%.*s", (int)(slash != NULL ? slash - text : 0), text);
    if (slash == NULL || plan_read_whole("--shard", slash + 1, 1, SHARDS_MAX, &count) != MM_OK ||
        plan_read_whole("--shard", first, 1, count, &number) != MM_OK) {
        return mm_fail(MM_ERROR_USAGE, "--shard: '%.64s' is not I/N with I in 1 .. N", text);
    }
    plan->shard = (uint32_t)(number - 1);
    plan->shard_count = (uint32_t)count;
    return MM_OK;
}

static int read_points(struct sweep_plan *plan)
{
    const struct sweep_options *options = plan->options;
    int64_t count = 0;
    int code = MM_OK;
    for (uint32_t i = 0; i < options->grid_count && code == MM_OK; i++) {
        code = points_add_axis(&plan->points, options->grids[i]);
    }
    if (code == MM_OK && options->grid_count == 0) {
        code = mm_fail(MM_ERROR_USAGE, "--grid KEY=LO:HI:STEP is missing");
    }
    if (code == MM_OK && options->sample != NULL) {
        code = sample_parse(options->sample, &plan->points.sample);
    }
    if (code == MM_OK && options->count != NULL) {
        code = plan_read_whole("--count", options->count, 1, POINTS_MAX, &count);
    }
    return code == MM_OK ? points_choose(&plan->points, (uint64_t)count) : code;
}

// The values of what is not swept, and every other option a run has.
static int read_config(struct sweep_plan *plan)
{
    struct run_config config;
    plan->config = plan->options->config;
    plan->config.tape = plan->options->tapes[0];
    if (plan->config.window == NULL) {
        plan->config.window = default_window;
    }
    int code = config_resolve(&plan->config, &config);
    plan->points.base = config.params;
    memcpy(plan->points.low.steps, config.preset.guard.min, sizeof plan->points.low.steps);
    memcpy(plan->points.high.steps, config.preset.guard.max, sizeof plan->points.high.steps);
    plan->points.seed = config.seed;
    return code;
}

static int refuse_both(const struct sweep_plan *plan)
{
    for (uint32_t i = 0; i < plan->config.set_count; i++) {
        const char *set = plan->config.sets[i];
        for (size_t id = 0; id < PARAM_COUNT; id++) {
            size_t length = strlen(param_specs[id].key);
            if (plan->points.axes[id].count > 0 && strncmp(set, param_specs[id].key, length) == 0 &&
                set[length] == '=') {
                return mm_fail(MM_ERROR_USAGE, "--set: %s is swept by --grid", param_specs[id].key);
            }
        }
    }
    return MM_OK;
}

int plan_make(struct sweep_plan *plan, const struct sweep_options *options)
{
    static int (*const steps[])(struct sweep_plan *) = {read_jobs, read_shard, read_config,
                                                        read_points};
    *plan = (struct sweep_plan){.options = options};
    int code = options->tape_count > 0 ? MM_OK : mm_fail(MM_ERROR_USAGE, "--tape FILE is missing");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && code == MM_OK; i++) {
        code = steps[i](plan);
    }
    if (code == MM_OK) {
        code = refuse_both(plan);
    }
    if (code != MM_OK) {
        plan_fini(plan);
    }
    return code;
}

void plan_fini(struct sweep_plan *plan)
{
    points_fini(&plan->points);
    *plan = (struct sweep_plan){0};
}

// ---- the identity ----

static void add_text(json_t *identity, const char *key, const char *text)
{
    json_object_set_new(identity, key, json_string(text));
}

static void add_params(json_t *identity, const struct points *points)
{
    for (size_t id = 0; id < PARAM_COUNT; id++) {
        const struct axis *axis = &points->axes[id];
        char key[80], value[DECIMAL_TEXT_SIZE];
        struct text values = {0};
        for (uint32_t i = 0; i < axis->count; i++) {
            param_print((enum param_id)id, axis->steps[i], value);
            text_add(&values, "%s%s", i > 0 ? "," : "", value);
        }
        if (axis->count == 0) {
            param_print((enum param_id)id, points->base.steps[id], value);
            text_add(&values, "%s", value);
        }
        snprintf(key, sizeof key, "%s.%s", axis->count > 0 ? "grid" : "set", param_specs[id].key);
        add_text(identity, key, text_string(&values));
        text_fini(&values);
    }
}

// As --market tells a file from the name of a preset.
static bool is_file_name(const char *market)
{
    size_t length = market != NULL ? strlen(market) : 0;
    return length > 5 && strcmp(market + length - 5, ".json") == 0;
}

// A preset's content by its hash: a file of the operator's can change under its name.
static void add_market(json_t *identity, const struct sweep_plan *plan, const char *name)
{
    char *data = NULL;
    size_t size = 0;
    char value[PRESET_TEXT_SIZE + 32];
    snprintf(value, sizeof value, "%s", name);
    if (is_file_name(plan->config.market) &&
        file_read_all(plan->config.market, PRESET_SIZE_MAX, &data, &size) == MM_OK) {
        snprintf(value, sizeof value, "%s %016" PRIx64, name, (uint64_t)XXH3_64bits(data, size));
        free(data);
    }
    char file[PRESET_TEXT_SIZE + 16];
    snprintf(file, sizeof file, "market/%s.json", name);
    for (size_t i = 0; i < embedded_file_count && data == NULL; i++) {
        if (strcmp(embedded_files[i].name, file) == 0) {
            snprintf(value, sizeof value, "%s %016" PRIx64, name,
                     (uint64_t)XXH3_64bits(embedded_files[i].data, embedded_files[i].size));
        }
    }
    add_text(identity, "market", value);
}

// What of a run's settings is no part of a sweep, or is told better elsewhere here.
static bool is_left_out(enum config_setting_id id)
{
    return id == CONFIG_MARKET || id == CONFIG_TAPE || id == CONFIG_REGIME ||
           id == CONFIG_ITERATIONS || id == CONFIG_TUNER || id == CONFIG_PROFILE_NAME ||
           config_setting_is_real_time(id);
}

// Whole, unlike the setting that is shown, but of a file of round trips its rows, not its path.
static void add_latency(json_t *identity, const char *given, const struct latency_model *model)
{
    bool is_list = strchr(given, '=') != NULL;
    struct text items = {0};
    char rows[64];
    (void)snprintf(rows, sizeof rows, "%zu recorded %016" PRIx64, model->row_count,
                   (uint64_t)XXH3_64bits(model->rows, model->row_count * sizeof *model->rows));
    if (model->rows != NULL && !is_list) {
        given = rows;
    }
    for (const char *item = given; *item != '\0';) {
        size_t length = strcspn(item, ",");
        bool is_log = is_list && strncmp(item, "log=", 4) == 0;
        text_add(&items, "%s%.*s", item == given ? "" : ",", is_log ? 4 : (int)length, item);
        text_add(&items, "%s", is_log ? rows : "");
        item += length + (item[length] == ',');
    }
    add_text(identity, config_setting_name(CONFIG_LATENCY), text_string(&items));
    text_fini(&items);
}

static void add_settings(json_t *identity, const struct trial_market *market)
{
    for (int id = 0; id < CONFIG_SETTING_COUNT; id++) {
        if (!is_left_out((enum config_setting_id)id)) {
            add_text(identity, config_setting_name((enum config_setting_id)id),
                     market->config.settings[id].value);
        }
    }
    add_latency(identity, config_latency(&market->config), &market->market.latency);
}

static void add_tapes(json_t *identity, const struct trial_bench *bench)
{
    for (uint32_t i = 0; i < bench->market_count; i++) {
        const struct tape *tape = &bench->markets[i].market.tape;
        const struct tape_header *header = tape->map.data;
        char key[32], description[TAPE_DESCRIPTION_SIZE], value[TAPE_DESCRIPTION_SIZE + 32];
        tape_describe(tape, description, sizeof description);
        snprintf(key, sizeof key, "tape.%" PRIu32, i + 1);
        snprintf(value, sizeof value, "%016" PRIx64 " %s", header->body_checksum, description);
        add_text(identity, key, value);
    }
}

json_t *plan_identity(const struct sweep_plan *plan, const struct trial_bench *bench)
{
    const struct trial_market *market = &bench->markets[0];
    char count[32], length[DURATION_TEXT_SIZE];
    snprintf(count, sizeof count, "%" PRIu32, plan->points.count);
    duration_print(bench->period_ns, length);
    json_t *identity = json_object();
    add_settings(identity, market);
    add_market(identity, plan, market->config.preset.name);
    add_params(identity, &plan->points);
    add_tapes(identity, bench);
    add_text(identity, "points", count);
    add_text(identity, "sample", sample_name(plan->points.sample));
    add_text(identity, "settle", market->market.venue->instrument.settle);
    add_text(identity, "window", length);
    return identity;
}
