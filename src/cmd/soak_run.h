// A run from its options to its exit code, which soak, canary and run have in common.
#ifndef MM_CMD_SOAK_RUN_H
#define MM_CMD_SOAK_RUN_H

#include "cmd/soak_options.h"
#include "soak/metrics_collector.h"

// Called once with what the run has shown, also when a signal stopped it.
typedef void soak_run_done(const struct run_record *run, void *context);

// Runs, prints, wipes the keys, and returns the process's exit code. `done` may be NULL.
int soak_run(struct soak_options *options, soak_run_done *done, void *context);

// The exit code of a run that ended with `code`; says what went wrong. `run` is needed for MM_OK.
int soak_run_exit_code(const struct soak_options *options, int code, const struct run_record *run);

#endif
