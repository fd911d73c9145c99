#include "soak/preset_gate.h"

#include "base/json.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { MIN_FILLS_MAX = 1000000, NAME_SIZE = 96 };

static const char *const kind_names[GATE_LEVEL_KIND_COUNT] = {"soft", "hard"};

// What a level may be.
static const struct {
    double min, max;
} ranges[GATE_METRIC_COUNT] = {
    [GATE_NET] = {-1000, 1000},   [GATE_RISK] = {0, 1},           [GATE_MAKER] = {0, 1},
    [GATE_LATENCY_MS] = {0, 1e6}, [GATE_ADVERSE] = {-1000, 1000}, [GATE_SLIPPAGE] = {-1000, 1000},
};

static const char *name_of(enum gate_metric metric)
{
    return kpi_name_specs[gate_metric_kpi(metric)].name;
}

static enum gate_metric find_metric(const char *name)
{
    enum gate_metric metric = 0;
    while (metric < GATE_METRIC_COUNT && strcmp(name_of(metric), name) != 0) {
        metric++;
    }
    return metric;
}

static int refuse_name(const char *name, const char *kind, const char *origin)
{
    const char *names[GATE_METRIC_COUNT];
    for (enum gate_metric metric = 0; metric < GATE_METRIC_COUNT; metric++) {
        names[metric] = name_of(metric);
    }
    const char *near = suggest_name(name, names, GATE_METRIC_COUNT);
    return mm_fail(MM_ERROR_USAGE, "%s: gate.%s.%.64s is not a level%s%s%s", origin, kind, name,
                   near != NULL ? ", did you mean " : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
}

static int read_level(enum gate_metric metric, const json_t *value, const char *place,
                      struct gate_level *out)
{
    double level = json_number_value(value);
    if (!json_is_number(value)) {
        return mm_fail(MM_ERROR_USAGE, "%s.%s: expected a number", place, name_of(metric));
    }
    if (level < ranges[metric].min || level > ranges[metric].max) {
        return mm_fail(MM_ERROR_USAGE, "%s.%s is %.15g: expected a number in %.15g .. %.15g", place,
                       name_of(metric), level, ranges[metric].min, ranges[metric].max);
    }
    *out = (struct gate_level){.has = true, .value = level};
    return MM_OK;
}

static int read_levels(const json_t *object, const char *kind, const char *origin,
                       struct gate_level out[GATE_METRIC_COUNT])
{
    char place[2 * NAME_SIZE];
    snprintf(place, sizeof place, "%.128s: gate.%s", origin, kind);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        enum gate_metric metric = find_metric(key);
        int code = metric == GATE_METRIC_COUNT ? refuse_name(key, kind, origin)
                                               : read_level(metric, value, place, &out[metric]);
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

int preset_gate_read(const json_t *section, const char *origin, struct gate_levels *out)
{
    json_t *soft = NULL, *hard = NULL;
    json_int_t min_fills = -1;
    json_error_t error;
    if (json_unpack_ex((json_t *)section, &error, JSON_STRICT, "{s:o, s:o, s:I}", "soft", &soft,
                       "hard", &hard, "min_fills", &min_fills) != 0) {
        return mm_fail(MM_ERROR_USAGE, "%s: section gate: %s", origin, error.text);
    }
    if (!json_is_object(soft) || !json_is_object(hard)) {
        return mm_fail(MM_ERROR_USAGE, "%s: section gate: expected objects soft and hard", origin);
    }
    if (min_fills < 0 || min_fills > MIN_FILLS_MAX) {
        return mm_fail(MM_ERROR_USAGE,
                       "%s: gate.min_fills is %" JSON_INTEGER_FORMAT
                       ": expected a whole number in 0 .. %d",
                       origin, min_fills, MIN_FILLS_MAX);
    }
    *out = (struct gate_levels){.min_fills = (uint64_t)min_fills};
    int code = read_levels(soft, "soft", origin, out->of[GATE_SOFT]);
    return code == MM_OK ? read_levels(hard, "hard", origin, out->of[GATE_HARD]) : code;
}

static json_t *entry_of(double value, double min, double max)
{
    return json_pack("{s:o, s:o, s:o}", "value", json_real_stable(value, JSON_DECIMALS_MAX), "min",
                     json_real_stable(min, JSON_DECIMALS_MAX), "max",
                     json_real_stable(max, JSON_DECIMALS_MAX));
}

void preset_gate_show(const struct gate_levels *levels, json_t *out)
{
    for (enum gate_level_kind kind = 0; kind < GATE_LEVEL_KIND_COUNT; kind++) {
        for (enum gate_metric metric = 0; metric < GATE_METRIC_COUNT; metric++) {
            struct gate_level level = levels->of[kind][metric];
            char name[NAME_SIZE];
            snprintf(name, sizeof name, "gate.%s.%s", kind_names[kind], name_of(metric));
            if (level.has) {
                json_object_set_new(out, name,
                                    entry_of(level.value, ranges[metric].min, ranges[metric].max));
            }
        }
    }
    json_object_set_new(out, "gate.min_fills",
                        json_pack("{s:I, s:i, s:i}", "value", (json_int_t)levels->min_fills, "min",
                                  0, "max", MIN_FILLS_MAX));
}
