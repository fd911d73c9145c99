// The stylised facts of a recorded market: a tape through stats.h, on the exchange's clock.
#ifndef MM_MARKET_STATS_TAPE_H
#define MM_MARKET_STATS_TAPE_H

#include "market/stats.h"
#include "market/tape.h"

// Feeds the whole tape, its best bid/offer rows included. `stats` has been initialised with the
// tape's geometry.
void stats_add_tape(struct market_stats *stats, const struct tape *tape);

#endif
