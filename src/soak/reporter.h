// What a run leaves for people and machines: the documents of docs/artifacts.md.
//
// Pure functions of the run record; every document is a new reference, every text the caller's.
#ifndef MM_SOAK_REPORTER_H
#define MM_SOAK_REPORTER_H

#include "base/text.h"
#include "soak/metrics_collector.h"

#include <jansson.h>

json_t *report_iteration(const struct iteration_record *record);      // ITER_SUMMARY_N
json_t *report_tuning(const struct run_record *run);                  // TUNING_REPORT
json_t *report_edge(const struct run_record *run);                    // EDGE_REPORT
json_t *report_gate(const struct run_record *run);                    // KPI_GATE
void report_markdown(const struct run_record *run, struct text *out); // REPORT.md

// What the iteration changed, and with REPORT_ALL also what it failed to change: one sentence for
// each parameter with its reason, in the same words everywhere; out[i] for i below the returned
// count.
enum report_scope { REPORT_APPLIED, REPORT_ALL };
enum { REPORT_CHANGE_SIZE = 512, REPORT_CHANGES_MAX = PARAM_COUNT + 1 };
struct report_change {
    char text[REPORT_CHANGE_SIZE];
};
uint32_t report_changes(const struct iteration_record *record, enum report_scope scope,
                        struct report_change out[REPORT_CHANGES_MAX]);

// What became of one parameter, the same sentence; "" when nothing was asked and nothing moved.
void report_change_text(const struct iteration_record *record, enum param_id id,
                        char out[REPORT_CHANGE_SIZE]);

// Who moved a parameter that the iteration changed: a rule, with its reason in *why, or the guard's
// action, with none. Static, *why the record's.
const char *report_change_cause(const struct iteration_record *record, enum param_id id,
                                const char **why);

// Why the iteration changed nothing; "" when it did. Static or the record's.
const char *report_skip_reason(const struct iteration_record *record);

// The value as `decimals` places show it, so that nothing is shown as -0.00.
double report_shown(double value, int decimals);

// Writes money in 1e-9 coins with `decimals` (0 .. 9) places, rounded half away from zero, and a
// sign; `out` holds DECIMAL_TEXT_SIZE bytes.
void report_money(int64_t money_e9, int decimals, char *out);

#endif
