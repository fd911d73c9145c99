// One run of the whole bot for the tuner's benchmark: in this process, without artifacts.
//
// A player is the tuner with start values, or values that stay. The run is the orchestrator's: the
// same windows, gate, tuner, guard and engine (soak/tuning.h), so that its net is what
// `mmbot soak` with the same seed reports. The caller owns everything; one thread.
#ifndef MM_BENCH_TUNER_RUN_H
#define MM_BENCH_TUNER_RUN_H

#include "base/error.h"
#include "soak/config_manager.h"
#include "soak/tuning.h"

enum { PLAYER_NAME_SIZE = 256 };

struct player {
    char name[PLAYER_NAME_SIZE];
    bool tuner; // false = the values stay
    struct params params;
};

// What became of the moves that rules wanted, over any number of runs.
struct rule_counts {
    uint64_t windows; // in which the rule wanted any move
    uint64_t by_fate[TUNER_FATE_COUNT];
    uint64_t applied, by_guard[GUARD_REASON_COUNT]; // of the proposed; a cut one counts in both
};

struct tuner_run {
    double net_per_hour; // coins of the settlement, over the whole run
    uint32_t windows, fails, panics;
    uint32_t changes; // applied
    bool halted;
    double mean_steps[PARAM_COUNT]; // of the values in force, over the windows
};

// Called after each window's step, before it takes effect; may be NULL.
struct tuner_watch {
    void *context;
    void (*window)(void *context, const struct iteration_record *record);
};

// `config` is changed in seed, tuner and start values only.
int tuner_run(struct run_config *config, uint64_t seed, const struct player *player,
              struct tuner_watch watch, struct tuner_run *out) MM_CHECKED;

void rule_counts_add(struct rule_counts counts[TUNER_RULE_COUNT],
                     const struct iteration_record *record);

#endif
