// The null market: the tuner's step on windows that none of its changes can touch.
//
// Two kinds of windows, both measured, none invented:
//   runs    those of runs whose values stay (the defaults), in their own order; the regimes as
//           asked for, or calm alone, in which nothing ever changes
//   drawn   windows of the calm runs in an order with memory: ranked by net, the rank follows an
//           AR(1) with coefficient phi (phi 0: drawn at random), so that each window is a real one
//           and bad windows cluster as phi says
// Each is judged by gate, tuner and guard from the defaults, from which the rules that quote more
// have room, and from where these rules have no room left, so that only noise can move anything.
#ifndef MM_BENCH_TUNER_NULL_H
#define MM_BENCH_TUNER_NULL_H

#include "base/error.h"
#include "soak/config_manager.h"

#include <stdbool.h>
#include <stdint.h>

struct tuner_bench {
    uint64_t first_seed;
    uint32_t seed_count;
    long hours;   // of each run
    bool corners; // tuner.c's
};

int tuner_null(struct run_config *config, const struct tuner_bench *bench) MM_CHECKED;

#endif
