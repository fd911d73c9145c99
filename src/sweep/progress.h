// How far a sweep is: a bar that is overwritten in place on a terminal, else a line now and then.
// The stream is borrowed; NULL = say nothing. One thread.
#ifndef MM_SWEEP_PROGRESS_H
#define MM_SWEEP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *out;
    bool interactive;
    uint32_t point_count;      // to be run now
    uint32_t done, failed;     // of them
    int64_t point_ns;          // market time of one
    int64_t start_ns, last_ns; // monotonic
    bool shown;
};

void progress_begin(struct progress *progress, FILE *out, bool is_terminal, uint32_t point_count,
                    int64_t point_ns);

// `running` points are under way and have `running_ns` of market time behind them together. At
// most ten times a second on a terminal, else every ten seconds.
void progress_show(struct progress *progress, uint32_t running, int64_t running_ns);

void progress_clear(struct progress *progress); // before anything else is printed

#endif
