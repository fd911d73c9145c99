// A sweep from end to end: the plan, the tapes, the database, the workers, the report.
//
// Results go to `out`, and depend on the points alone; progress and what went wrong go to `log`.
// Called from the one thread of a process that has no other.
#ifndef MM_SWEEP_SWEEP_H
#define MM_SWEEP_SWEEP_H

#include "base/error.h"
#include "sweep/plan.h"
#include "sweep/report.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sweep_streams {
    FILE *out;
    FILE *log;
    bool log_is_terminal;
};

// Runs the points of this shard that the database does not have yet, then prints the report.
// MM_ERROR_STOPPED: finished points are kept and nothing is printed to `out`. MM_ERROR_INPUT when
// points failed; the others are kept and reported.
int sweep_run(const struct sweep_options *options, const struct report_options *report,
              const struct sweep_streams *streams, const volatile sig_atomic_t *stop) MM_CHECKED;

// Joins databases of one sweep into the one at `into`, which may exist, all or nothing, and prints
// the report; with no inputs, just that. *out_missing is how many points have no result.
int sweep_merge(const char *into, const char *const *inputs, uint32_t count,
                const struct report_options *report, const struct sweep_streams *streams,
                uint32_t *out_missing) MM_CHECKED;

#endif
