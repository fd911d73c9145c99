// What a person sees of a run: start, progress, one line per iteration, the end.
//
// Readable at 100 columns. Colour and the progress line, which is overwritten in place, only where
// the stream is a terminal. The stream is borrowed; one thread.
#ifndef MM_SOAK_TERMINAL_H
#define MM_SOAK_TERMINAL_H

#include "engine/engine.h"
#include "soak/metrics_collector.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct terminal {
    FILE *out;        // NULL = say nothing
    bool interactive; // progress line
    bool colour;
    bool progress_shown;
    int64_t progress_ns; // monotonic time of the last progress line
};

// `is_terminal` says what the stream is; the environment's NO_COLOR turns colour off.
void terminal_init(struct terminal *terminal, FILE *out, bool is_terminal);

// Profile, seed, venue and market, limits in %, every value with its source, and the table's head.
// `risk_percent` is how much of the position limit is in use.
void terminal_start(struct terminal *terminal, const struct run_record *run,
                    const struct engine_config *engine, double risk_percent);

// One line of its own.
void terminal_note(struct terminal *terminal, const char *what, const char *text);

struct terminal_progress {
    uint32_t iteration, iterations;
    int64_t window_from_ns, window_to_ns;
    struct engine_status status;
    int64_t position_limit_lots;
    const char *settle; // coin
};

// At most ten times a second.
void terminal_progress(struct terminal *terminal, const struct terminal_progress *progress);

void terminal_iteration(struct terminal *terminal, const struct iteration_record *record);
void terminal_end(struct terminal *terminal, const struct run_record *run, const char *directory);

#endif
