// Fits a simulated market to a recorded one by moments.
//
// The shape of the mechanism stays the starting model's: its memories, tails and chances. What is
// fitted are rates, sizes and distances, each by the statistic that it moves most, in turns of a
// simulation and a damped correction. A model of a large-tick market: the makers' half-spread is
// not fitted.
#ifndef MM_VENUE_SIM_CALIBRATE_H
#define MM_VENUE_SIM_CALIBRATE_H

#include "market/instrument.h"
#include "market/stats.h"
#include "venue/sim/sim.h"

// `target` holds STAT_COUNT values of the recorded market. `model` comes with the texts and shape
// of the start and leaves fitted; `values` are the statistics of its last turn. MM_ERROR_INPUT for
// prices with more ticks than a book holds.
int sim_calibrate(const struct instrument *instrument, int64_t reference_ticks,
                  const double *target, struct sim_model *model, double *values) MM_CHECKED;

#endif
