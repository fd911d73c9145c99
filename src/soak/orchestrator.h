// The soak: iterations of run, measure, judge, tune, apply, each leaving its artifacts.
//
// A run is a pure function of its configuration and its market: what it leaves under latest/ and in
// runtime_overrides.json does not depend on the clock, the terminal or the machine. One thread.
#ifndef MM_SOAK_ORCHESTRATOR_H
#define MM_SOAK_ORCHESTRATOR_H

#include "base/error.h"
#include "soak/config_manager.h"
#include "soak/metrics_collector.h"
#include "soak/soak_watch.h"
#include "soak/terminal.h"

#include <signal.h>

// Runs the whole soak. *stop becoming non-zero ends it cleanly: orders cancelled, finished
// iterations kept, MM_ERROR_STOPPED. `run` is filled as far as the run came, also on an error, and
// must be given to run_record_fini. Before the configuration is known to be good, the market open
// and the directory ours, nothing on disk changes. `watches` as in
// soak_watcher_init.
int orchestrator_run(struct run_config *config, struct terminal *terminal,
                     const struct soak_watch *const watches[], uint32_t watch_count,
                     const volatile sig_atomic_t *stop, struct run_record *run) MM_CHECKED;

#endif
