// The page of a finished run, latest/report.html: what the feed would tell of it at its end.
//
// A watch of the soak that gathers the newest of everything in memory sized at creation and writes
// the page once, when the run ends. Equal runs write equal bytes: nothing of the clock, the machine
// or the directory, nor of a page that was open, is in it. One owner thread, the engine's.
#ifndef MM_OBSERVE_RUN_REPORT_H
#define MM_OBSERVE_RUN_REPORT_H

#include "base/error.h"
#include "observe/feed_model.h"

struct run_report;

// `directory` is the run's; `span_ns` as in feed_model_sample_ns.
struct run_report *run_report_create(const char *directory, int64_t span_ns);
void run_report_destroy(struct run_report *report); // accepts NULL

// What orchestrator_run is given; borrows the report.
struct soak_watch run_report_watch(struct run_report *report);

// After the run: whether the page could be written.
int run_report_status(const struct run_report *report) MM_CHECKED;

#endif
