// The stylised facts of a simulated market: so much of its feed through market/stats.h.
#ifndef MM_VENUE_SIM_SIM_STATS_H
#define MM_VENUE_SIM_SIM_STATS_H

#include "market/stats.h"
#include "venue/sim/sim.h"

#include <stdint.h>

// Runs a market of its own for `duration_ns` and fills STAT_COUNT values.
int sim_stats(const struct sim_config *config, int64_t duration_ns, double *values) MM_CHECKED;

#endif
