// A finished run as one JSON object, the same for the page and for a program: docs/report.md.
//
// Everything is borrowed for the call. Numbers that add up are integers as everywhere (ticks, half
// ticks, lots, 1e-9 of the settlement coin); the instrument's steps are beside them. What is not
// known is null. Equal runs give equal objects: no path, no wall-clock time.
#ifndef MM_OBSERVE_REPORT_JSON_H
#define MM_OBSERVE_REPORT_JSON_H

#include "engine/fill_history.h"
#include "engine/order_outcomes.h"
#include "engine/series.h"
#include "kpi/gate.h"

#include <jansson.h>
#include <stdint.h>

struct report_setting {
    const char *section; // "run", "parameters", ...
    const char *name, *value;
    const char *unit;   // "" = none
    const char *source; // "default", "preset", "cli", ...
};

struct report_run {
    const char *command;  // "backtest"
    const char *strategy; // "quoter", ...
    const char *market;   // the tape's name
    const struct instrument *instrument;
    const struct kpi_summary *kpi;
    const struct gate_levels *levels;  // NULL = not judged
    const struct gate_result *verdict; // NULL = not judged
    int64_t markout_ns, sample_interval_ns;
    const struct series *series;
    const struct fill_history *fills;
    const struct order_outcomes *orders;
    const struct report_setting *settings;
    uint32_t setting_count;
};

// A new reference.
json_t *report_json(const struct report_run *run);

#endif
