// What belongs to a market and not to a run: fees, quoter, limits, latencies, gate, tuner's levels.
//
// A preset is a JSON document (profiles/market/*.json, embedded in the binary, or a file of the
// operator's). One table of fields reads it, so every field must be there, within its range, and
// nothing else may; only bounds, caps and moves may be left out (preset_limits.h). Amounts are in
// the quote coin, because lots and settlement coins differ from instrument to instrument;
// market_preset_engine turns them into lots and money of the instrument that is traded. Plain
// structs on the caller's memory; the texts inside are owned by the struct.
#ifndef MM_SOAK_MARKET_PRESET_H
#define MM_SOAK_MARKET_PRESET_H

#include "base/error.h"
#include "engine/engine.h"
#include "kpi/gate.h"
#include "market/instrument.h"
#include "soak/guard.h"
#include "soak/preset_limits.h"
#include "soak/tuner.h"

#include <jansson.h>
#include <stdint.h>

enum { PRESET_TEXT_SIZE = 64 };

// Money of the quote coin in 1e-9.
struct preset_amounts {
    int64_t quote_e9;          // wanted on the first level of a side
    int64_t position_limit_e9; // worst case: position plus everything open on that side
    int64_t order_max_e9;
    int64_t loss_from_peak_e9;  // 0 = off
    int64_t loss_from_start_e9; // 0 = off
};

struct market_preset {
    char name[PRESET_TEXT_SIZE];
    char simulated[PRESET_TEXT_SIZE]; // the simulated market's preset; instrument included
    char queue[PRESET_TEXT_SIZE];     // queue model of a replay, as --queue spells it
    char latency[PRESET_TEXT_SIZE];   // as --latency spells it
    struct preset_amounts amounts;
    struct engine_config engine; // quantities in lots and money are 0: see market_preset_engine
    struct gate_levels gate;
    struct guard_config guard; // run and iterations are 0
    bool end_on_halt;          // else a halted run goes on to collect data, without quoting
    struct tuner_rules tuner;  // fewest fills as the gate's
    struct preset_given given; // of the guard's limits and the tuner's moves
};

// Reads a preset's document; `origin` names it in errors. MM_ERROR_USAGE names the field, the value
// and the range.
int market_preset_read(const json_t *document, const char *origin,
                       struct market_preset *out) MM_CHECKED;

// Everything but notes: {"quote.level_count": {"max": 8, "min": 1, "value": 1}}, without a range
// where there is none, with "source": "default" where the preset is silent. A new reference.
json_t *market_preset_json(const struct market_preset *preset);

// The engine's configuration for an instrument around a price in half ticks (> 0): amounts become
// lots (rounded to the nearest, at least one) and losses money of the settlement coin.
struct engine_config market_preset_engine(const struct market_preset *preset,
                                          const struct instrument *instrument,
                                          int64_t price_half_ticks);

#endif
