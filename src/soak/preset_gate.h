// The section `gate` of a market preset: soft and hard levels by the KPIs' own names.
//
//     {"soft": {"net_bps": 2.7, ...}, "hard": {...}, "min_fills": 30}
//
// A level that is not there is not judged. Pure but for jansson's allocation; one thread.
#ifndef MM_SOAK_PRESET_GATE_H
#define MM_SOAK_PRESET_GATE_H

#include "base/error.h"
#include "kpi/gate.h"

#include <jansson.h>

// MM_ERROR_USAGE names the level, its value and its range; `origin` names the document.
int preset_gate_read(const json_t *section, const char *origin, struct gate_levels *out) MM_CHECKED;

// Adds {"gate.hard.net_bps": {"max": 1000, "min": -1000, "value": 2}, ...} to `out`.
void preset_gate_show(const struct gate_levels *levels, json_t *out);

#endif
