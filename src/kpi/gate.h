// The gate: is a window, and a run, good enough? Pure; no allocation; any thread.
//
// One table of soft and hard levels per market preset. A window's verdict is that of its worst
// reason; every reason is kept with its value, its limit and a sentence, so that log, artifact and
// report use the same words. Unknown is not good: a KPI without data that a level needs, or fewer
// fills than the minimum, makes a window INCONCLUSIVE.
#ifndef MM_KPI_GATE_H
#define MM_KPI_GATE_H

#include "kpi/kpi.h"
#include "kpi/kpi_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// From best to worst: the worst reason wins.
enum gate_verdict {
    GATE_PASS,
    GATE_WARN,
    GATE_INCONCLUSIVE,
    GATE_ERROR,
    GATE_FAIL,
    GATE_PANIC,
    GATE_VERDICT_COUNT
};

enum gate_level_kind { GATE_SOFT, GATE_HARD, GATE_LEVEL_KIND_COUNT };

enum gate_metric {
    GATE_NET,        // at least
    GATE_RISK,       // at most
    GATE_MAKER,      // at least
    GATE_LATENCY_MS, // at most
    GATE_ADVERSE,    // p95, at most
    GATE_SLIPPAGE,   // p95, at most
    GATE_METRIC_COUNT
};

// What a level is called in configuration and artifacts is the KPI's name.
struct gate_level {
    bool has;
    double value;
};

struct gate_levels {
    struct gate_level of[GATE_LEVEL_KIND_COUNT][GATE_METRIC_COUNT];
    uint64_t min_fills;
};

// Soft net 2.7, risk 0.40, maker 0.85, latency 350, adverse p95 3.0, slippage p95 2.5; hard net
// 2.0, risk 0.50, maker 0.83, latency 400; 30 fills.
struct gate_levels gate_levels_default(void);

enum gate_reason {
    GATE_REASON_SOFT_LEVEL, // WARN
    GATE_REASON_FEW_FILLS,  // INCONCLUSIVE
    GATE_REASON_NO_DATA,    // INCONCLUSIVE
    GATE_REASON_OPERATOR,   // INCONCLUSIVE: an operator stopped or changed what was measured
    GATE_REASON_ERROR,      // ERROR: the window could not be measured or its result not kept
    GATE_REASON_HARD_LEVEL, // FAIL
    GATE_REASON_PANIC,      // PANIC
    GATE_REASON_COUNT
};

// Room for one reason per metric, few fills, and what the caller adds.
enum { GATE_REASON_MAX = GATE_METRIC_COUNT + 4, GATE_TEXT_SIZE = 128 };

struct gate_finding {
    enum gate_reason reason;
    bool has_kpi; // `kpi` is meant; false for what the caller adds
    enum kpi_name kpi;
    bool has_value;
    double value, limit; // limit when has_kpi
    char text[GATE_TEXT_SIZE];
};

struct gate_result {
    enum gate_verdict verdict;
    uint32_t finding_count;
    struct gate_finding findings[GATE_REASON_MAX];
};

// A window. With fewer fills than the minimum, levels on what fills measure (net, maker share,
// adverse, slippage) are not judged; those on decisions and operations (risk, latency) are.
void gate_window(const struct gate_levels *levels, const struct kpi_summary *summary,
                 struct gate_result *out);

// Adds a reason from outside the KPIs (an error, a panic); beyond the room only its verdict counts.
void gate_add(struct gate_result *result, enum gate_reason reason, const char *text);

enum { GATE_LAST_WINDOWS = 8 };

struct gate_run {
    enum gate_verdict verdict; // PASS, WARN, INCONCLUSIVE or FAIL
    uint32_t judged_count;     // k = min(8, windows)
    uint32_t needed_count;     // ceil(0.75 * k)
    uint32_t good_count, inconclusive_count;
    char text[GATE_TEXT_SIZE];
};

// A run of `count` finished windows, oldest first: halted or any PANIC is FAIL; else enough PASS or
// WARN among the last k is PASS (WARN if any of the k is); else most INCONCLUSIVE is INCONCLUSIVE;
// else FAIL. No window at all is INCONCLUSIVE.
void gate_run(const enum gate_verdict *verdicts, size_t count, bool halted, struct gate_run *out);

const char *gate_verdict_name(enum gate_verdict verdict); // "PASS", ...
const char *gate_reason_name(enum gate_reason reason);    // "soft_level", ...
enum gate_verdict gate_reason_verdict(enum gate_reason reason);
enum kpi_name gate_metric_kpi(enum gate_metric metric);
bool gate_metric_is_at_least(enum gate_metric metric); // else at most

#endif
