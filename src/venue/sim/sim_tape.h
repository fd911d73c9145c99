// A simulated market as a recorded one: its feed, without us in it, written as a tape.
#ifndef MM_VENUE_SIM_SIM_TAPE_H
#define MM_VENUE_SIM_SIM_TAPE_H

#include "venue/sim/sim.h"

#include <stdint.h>

// Runs a market of its own for `duration_ns` and writes what its feed showed, with both stamps; the
// tape appears at `path` whole or not at all. Memory grows with the duration: 16 bytes a row.
int sim_write_tape(const struct sim_config *config, int64_t duration_ns,
                   const char *path) MM_CHECKED;

#endif
