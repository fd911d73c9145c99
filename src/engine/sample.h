// The state of a run at one moment, as reports draw it: a plain struct, copied freely.
//
// Prices of 0 are unknown or not there: no mid yet, an empty side, no quote of ours. Money is what
// has been gained or lost since the KPI window was opened; the parts add up as in kpi.h.
#ifndef MM_ENGINE_SAMPLE_H
#define MM_ENGINE_SAMPLE_H

#include "kpi/kpi.h"

#include <stdint.h>

struct engine_sample {
    int64_t now_ns;
    int64_t mid_half_ticks;  // the last valid one
    int64_t best_ticks[2];   // of others; both 0 while the feed cannot be trusted
    int64_t live_ticks[2];   // our best resting order
    int64_t wanted_ticks[2]; // what the quoter last wanted on its first level
    int64_t position_lots;
    int64_t part_quote_e9[KPI_PART_COUNT]; // so far; KPI_NET is the change of equity
    int64_t drawdown_quote_e9;             // below the highest equity so far
};

#endif
