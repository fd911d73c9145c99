// The metrics of a run (docs/metrics.md) from what was observed of it. Pure.
#ifndef MM_OBSERVE_RUN_METRICS_H
#define MM_OBSERVE_RUN_METRICS_H

#include "observe/metrics.h"
#include "observe/observed.h"

// Engine, orders, money, risk, tunables, tuner, guard and delays.
void run_metrics_add(const struct observed_run *run, const struct observed *now,
                     struct metrics *metrics);

#endif
