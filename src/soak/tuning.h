// What follows a window: gate, tuner and guard in this order, and their outcome put into force.
//
// The one place where the three meet, so that a run with artifacts and a run without (bench/tuner)
// decide alike. The struct is the caller's memory; it borrows the configuration. One thread.
#ifndef MM_SOAK_TUNING_H
#define MM_SOAK_TUNING_H

#include "engine/engine.h"
#include "soak/metrics_collector.h"

#include <signal.h>
#include <stdint.h>

struct tuning {
    const struct run_config *config; // borrowed
    struct guard_config guard_config;
    struct guard_state guard; // the parameters in force are its
    struct tuner_rules rules;
    struct tuner_history history;
};

void tuning_init(struct tuning *tuning, const struct run_config *config, uint64_t run_id);

// From the record's iteration, summary, halt reason and whether an operator acted makes the rest of
// it but the state's hash.
void tuning_step(struct tuning *tuning, struct iteration_record *record);

// Gives the engine the values in force. After a panic everything is cancelled at this instant, and
// quoting goes on with the safe values; after a halt nothing is quoted. What a loss limit halted
// stays so. Errors are engine_run_until's.
int tuning_apply(const struct tuning *tuning, const struct iteration_record *record,
                 struct engine *engine, const volatile sig_atomic_t *stop) MM_CHECKED;

#endif
