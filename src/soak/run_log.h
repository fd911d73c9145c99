// What the log tells of a run: its configuration with sources at the start, and each iteration.
//
// Pure but for the log; on the log's thread.
#ifndef MM_SOAK_RUN_LOG_H
#define MM_SOAK_RUN_LOG_H

#include "soak/metrics_collector.h"

// `risk_percent` is how much of the position limit is in use.
void run_log_start(const struct run_record *run, double risk_percent, int64_t position_limit_lots);

// Its verdict, and what became of every proposed change.
void run_log_iteration(const struct iteration_record *record);

#endif
