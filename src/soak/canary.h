// The one page that a long run ends with: what trading was worth over time, what the tuner did and
// what the guards stopped, how often which guard held, how soon windows were good again, and how
// likely a panic by chance is at the failure rate that was measured. Pure functions of the run
// record but for the machine's figures, which the caller measures.
#ifndef MM_SOAK_CANARY_H
#define MM_SOAK_CANARY_H

#include "base/text.h"
#include "soak/metrics_collector.h"

#include <stdint.h>

// The probability that `windows` windows, each failing with `rate` whatever the others do, have
// `fails` failures in a row somewhere (exact, by the Markov chain of the streak's length).
double canary_panic_probability(double rate, uint32_t windows, uint32_t fails);

// The end of the 95 % interval of a rate (Wilson 1927): of `failed` of `windows`, > 0.
double canary_rate_upper(uint32_t failed, uint32_t windows);

struct canary_machine {
    uint64_t disk_bytes, memory_bytes; // 0 = not known
};

void canary_report(const struct run_record *run, struct canary_machine before,
                   struct canary_machine after, struct text *out);

#endif
