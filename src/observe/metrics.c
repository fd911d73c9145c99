#include "observe/metrics.h"

#include "base/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const type_names[] = {
    [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

void metrics_family(struct metrics *metrics, const char *name, enum metric_type type,
                    const char *help)
{
    metrics->name = name;
    text_add(metrics->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type_names[type]);
}

static void add_escaped(struct text *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"') {
            text_add(out, "\\%c", *value);
        } else if (*value == '\n') {
            text_add(out, "\\n");
        } else {
            text_put(out, value, 1);
        }
    }
}

static void add_value(struct text *out, double value)
{
    if (isnan(value)) {
        text_add(out, " NaN\n");
    } else if (isinf(value)) {
        text_add(out, value > 0 ? " +Inf\n" : " -Inf\n");
    } else {
        text_add(out, " %.17g\n", value);
    }
}

void metrics_add_labels(struct metrics *metrics, const struct metric_label *labels, uint32_t count,
                        double value)
{
    struct text *out = metrics->out;
    MM_ASSERT(metrics->name != NULL);
    text_add(out, "%s", metrics->name);
    for (uint32_t i = 0; i < count; i++) {
        text_add(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        add_escaped(out, labels[i].value);
        text_add(out, "\"");
    }
    text_add(out, count > 0 ? "}" : "");
    add_value(out, value);
}

void metrics_add(struct metrics *metrics, struct metric_label label, double value)
{
    metrics_add_labels(metrics, &label, label.name != NULL ? 1 : 0, value);
}

void metrics_single(struct metrics *metrics, const char *name, enum metric_type type,
                    const char *help, double value)
{
    metrics_family(metrics, name, type, help);
    metrics_add(metrics, (struct metric_label){NULL, NULL}, value);
}

void metrics_add_states(struct metrics *metrics, const char *label, const char *const *names,
                        uint32_t count, const char *now)
{
    for (uint32_t i = 0; i < count; i++) {
        bool holds = now != NULL && strcmp(names[i], now) == 0;
        metrics_add(metrics, (struct metric_label){label, names[i]}, holds ? 1 : 0);
    }
}

// Names the sample NAME_SUFFIX{LABEL, le="BOUND"}.
static void add_bucket(struct metrics *metrics, struct metric_label label, const char *bound,
                       uint64_t count)
{
    text_add(metrics->out, "%s_bucket{", metrics->name);
    if (label.name != NULL) {
        text_add(metrics->out, "%s=\"%s\",", label.name, label.value);
    }
    text_add(metrics->out, "le=\"%s\"} %" PRIu64 "\n", bound, count);
}

static void add_suffixed(struct metrics *metrics, const char *suffix, struct metric_label label)
{
    text_add(metrics->out, "%s_%s", metrics->name, suffix);
    if (label.name != NULL) {
        text_add(metrics->out, "{%s=\"%s\"}", label.name, label.value);
    }
}

void metrics_add_histogram(struct metrics *metrics, struct metric_label label,
                           const struct histogram *histogram, int first_shift, int last_shift)
{
    for (int shift = first_shift; shift <= last_shift; shift++) {
        char bound[32];
        int64_t bound_ns = INT64_C(1) << shift;
        snprintf(bound, sizeof bound, "%.9g", (double)bound_ns / 1e9);
        add_bucket(metrics, label, bound, histogram_below(histogram, bound_ns));
    }
    add_bucket(metrics, label, "+Inf", histogram->count);
    add_suffixed(metrics, "sum", label);
    add_value(metrics->out, (double)histogram->sum_ns / 1e9);
    add_suffixed(metrics, "count", label);
    text_add(metrics->out, " %" PRIu64 "\n", histogram->count);
}
