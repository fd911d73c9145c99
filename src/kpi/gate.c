#include "kpi/gate.h"

#include "base/check.h"

#include <stdio.h>

static const char *const verdict_names[GATE_VERDICT_COUNT] = {
    [GATE_PASS] = "PASS",   [GATE_WARN] = "WARN", [GATE_INCONCLUSIVE] = "INCONCLUSIVE",
    [GATE_ERROR] = "ERROR", [GATE_FAIL] = "FAIL", [GATE_PANIC] = "PANIC"};

static const struct {
    const char *name;
    enum gate_verdict verdict;
} reasons[GATE_REASON_COUNT] = {
    [GATE_REASON_SOFT_LEVEL] = {"soft_level", GATE_WARN},
    [GATE_REASON_FEW_FILLS] = {"few_fills", GATE_INCONCLUSIVE},
    [GATE_REASON_NO_DATA] = {"no_data", GATE_INCONCLUSIVE},
    [GATE_REASON_OPERATOR] = {"operator", GATE_INCONCLUSIVE},
    [GATE_REASON_ERROR] = {"error", GATE_ERROR},
    [GATE_REASON_HARD_LEVEL] = {"hard_level", GATE_FAIL},
    [GATE_REASON_PANIC] = {"panic", GATE_PANIC},
};

static const struct {
    enum kpi_name kpi;
    bool at_least;   // else at most
    bool from_fills; // needs the minimum of fills
} metrics[GATE_METRIC_COUNT] = {
    [GATE_NET] = {KPI_NET_BPS, true, true},
    [GATE_RISK] = {KPI_RISK_RATIO, false, false},
    [GATE_MAKER] = {KPI_MAKER_TAKER_RATIO, true, true},
    [GATE_LATENCY_MS] = {KPI_P95_LATENCY_MS, false, false},
    [GATE_ADVERSE] = {KPI_ADVERSE_BPS_P95, false, true},
    [GATE_SLIPPAGE] = {KPI_SLIPPAGE_BPS_P95, false, true},
};

const char *gate_verdict_name(enum gate_verdict verdict)
{
    return verdict_names[verdict];
}

const char *gate_reason_name(enum gate_reason reason)
{
    return reasons[reason].name;
}

enum gate_verdict gate_reason_verdict(enum gate_reason reason)
{
    return reasons[reason].verdict;
}

enum kpi_name gate_metric_kpi(enum gate_metric metric)
{
    return metrics[metric].kpi;
}

bool gate_metric_is_at_least(enum gate_metric metric)
{
    return metrics[metric].at_least;
}

struct gate_levels gate_levels_default(void)
{
    return (struct gate_levels){.of = {[GATE_SOFT] = {[GATE_NET] = {true, 2.7},
                                                      [GATE_RISK] = {true, 0.40},
                                                      [GATE_MAKER] = {true, 0.85},
                                                      [GATE_LATENCY_MS] = {true, 350},
                                                      [GATE_ADVERSE] = {true, 3.0},
                                                      [GATE_SLIPPAGE] = {true, 2.5}},
                                       [GATE_HARD] = {[GATE_NET] = {true, 2.0},
                                                      [GATE_RISK] = {true, 0.50},
                                                      [GATE_MAKER] = {true, 0.83},
                                                      [GATE_LATENCY_MS] = {true, 400}}},
                                .min_fills = 30};
}

// Where to put a finding; a full list keeps the verdict and loses the words.
static struct gate_finding *new_finding(struct gate_result *result, enum gate_reason reason,
                                        struct gate_finding *spare)
{
    if (reasons[reason].verdict > result->verdict) {
        result->verdict = reasons[reason].verdict;
    }
    struct gate_finding *finding = result->finding_count < GATE_REASON_MAX
                                       ? &result->findings[result->finding_count++]
                                       : spare;
    *finding = (struct gate_finding){.reason = reason};
    return finding;
}

void gate_add(struct gate_result *result, enum gate_reason reason, const char *text)
{
    struct gate_finding spare;
    struct gate_finding *finding = new_finding(result, reason, &spare);
    snprintf(finding->text, sizeof finding->text, "%s", text);
}

static void add_few_fills(struct gate_result *result, uint64_t fills, uint64_t min_fills)
{
    struct gate_finding spare;
    struct gate_finding *finding = new_finding(result, GATE_REASON_FEW_FILLS, &spare);
    finding->has_kpi = true;
    finding->kpi = KPI_FILLS;
    finding->has_value = true;
    finding->value = (double)fills;
    finding->limit = (double)min_fills;
    snprintf(finding->text, sizeof finding->text, "%.0f fills, %.0f are needed to judge",
             finding->value, finding->limit);
}

static void add_no_data(struct gate_result *result, enum kpi_name kpi, double limit)
{
    struct gate_finding spare;
    struct gate_finding *finding = new_finding(result, GATE_REASON_NO_DATA, &spare);
    finding->has_kpi = true;
    finding->kpi = kpi;
    finding->limit = limit;
    snprintf(finding->text, sizeof finding->text, "%s has no data", kpi_name_specs[kpi].name);
}

static void add_level(struct gate_result *result, enum gate_metric metric,
                      enum gate_level_kind kind, double value, double limit)
{
    struct gate_finding spare;
    struct gate_finding *finding = new_finding(
        result, kind == GATE_HARD ? GATE_REASON_HARD_LEVEL : GATE_REASON_SOFT_LEVEL, &spare);
    finding->has_kpi = true;
    finding->kpi = metrics[metric].kpi;
    finding->has_value = true;
    finding->value = value;
    finding->limit = limit;
    snprintf(finding->text, sizeof finding->text, "%s %.6g is %s the %s level %.6g",
             kpi_name_specs[finding->kpi].name, value, metrics[metric].at_least ? "below" : "above",
             kind == GATE_HARD ? "hard" : "soft", limit);
}

static bool is_beyond(enum gate_metric metric, struct gate_level level, double value)
{
    return level.has && (metrics[metric].at_least ? value < level.value : value > level.value);
}

static void judge_metric(const struct gate_levels *levels, const struct kpi_summary *summary,
                         enum gate_metric metric, struct gate_result *out)
{
    struct gate_level soft = levels->of[GATE_SOFT][metric];
    struct gate_level hard = levels->of[GATE_HARD][metric];
    struct kpi_value value = kpi_value(summary, metrics[metric].kpi);
    if (!soft.has && !hard.has) {
        return;
    }
    if (!value.has) {
        add_no_data(out, metrics[metric].kpi, hard.has ? hard.value : soft.value);
    } else if (is_beyond(metric, hard, value.real)) {
        add_level(out, metric, GATE_HARD, value.real, hard.value);
    } else if (is_beyond(metric, soft, value.real)) {
        add_level(out, metric, GATE_SOFT, value.real, soft.value);
    }
}

void gate_window(const struct gate_levels *levels, const struct kpi_summary *summary,
                 struct gate_result *out)
{
    *out = (struct gate_result){.verdict = GATE_PASS};
    bool few_fills = summary->fill_count < levels->min_fills;
    if (few_fills) {
        add_few_fills(out, summary->fill_count, levels->min_fills);
    }
    for (enum gate_metric metric = 0; metric < GATE_METRIC_COUNT; metric++) {
        if (!few_fills || !metrics[metric].from_fills) {
            judge_metric(levels, summary, metric, out);
        }
    }
}

static enum gate_verdict run_verdict(const struct gate_run *run, bool any_warn)
{
    if (run->good_count >= run->needed_count && run->judged_count > 0) {
        return any_warn ? GATE_WARN : GATE_PASS;
    }
    return 2 * run->inconclusive_count > run->judged_count || run->judged_count == 0
               ? GATE_INCONCLUSIVE
               : GATE_FAIL;
}

// "6 of the last 8 windows passed (6 needed), 1 inconclusive"; of a single window, what it was.
static void say_run(struct gate_run *run, size_t count)
{
    if (count <= 1) {
        snprintf(run->text, sizeof run->text, "%s",
                 count == 0                    ? "there was no window"
                 : run->good_count > 0         ? "the only window passed"
                 : run->inconclusive_count > 0 ? "the only window is inconclusive"
                                               : "the only window failed");
        return;
    }
    snprintf(run->text, sizeof run->text, "%u of %s%u windows passed (%u needed), %u inconclusive",
             run->good_count, count > run->judged_count ? "the last " : "", run->judged_count,
             run->needed_count, run->inconclusive_count);
}

void gate_run(const enum gate_verdict *verdicts, size_t count, bool halted, struct gate_run *out)
{
    bool panicked = false, any_warn = false;
    for (size_t i = 0; i < count; i++) {
        panicked = panicked || verdicts[i] == GATE_PANIC;
    }
    uint32_t judged = count < GATE_LAST_WINDOWS ? (uint32_t)count : GATE_LAST_WINDOWS;
    *out = (struct gate_run){.judged_count = judged, .needed_count = (3 * judged + 3) / 4};
    for (size_t i = count - judged; i < count; i++) {
        out->good_count += verdicts[i] == GATE_PASS || verdicts[i] == GATE_WARN;
        out->inconclusive_count += verdicts[i] == GATE_INCONCLUSIVE;
        any_warn = any_warn || verdicts[i] == GATE_WARN;
    }
    if (halted || panicked) {
        out->verdict = GATE_FAIL;
        snprintf(out->text, sizeof out->text, "the run %s", halted ? "was halted" : "panicked");
        return;
    }
    out->verdict = run_verdict(out, any_warn);
    say_run(out, count);
}
