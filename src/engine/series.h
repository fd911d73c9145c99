// The course of a run of any length in bounded memory: one point per sample, until it is full.
//
// When it is full each two neighbours become one point, and from then on a point takes in twice as
// many samples. A point keeps its last sample whole, so that what is read at one moment belongs
// together, and beside it the extremes of what extremes matter for, over all its samples. Memory is
// the owner's from series_init to series_fini; nothing is allocated in between. One owner thread.
#ifndef MM_ENGINE_SERIES_H
#define MM_ENGINE_SERIES_H

#include "engine/sample.h"

#include <stdint.h>

enum { SERIES_POINTS_DEFAULT = 100000 };

struct series_range {
    int64_t low, high;
};

struct series_point {
    struct engine_sample last;
    struct series_range mid_half_ticks; // 0, 0 = no mid yet
    struct series_range position_lots;
    struct series_range net_quote_e9;
    int64_t drawdown_high_quote_e9;
};

struct series {
    struct series_point *points; // owned, ascending in time
    uint32_t capacity, count;
    uint64_t samples_per_point; // a power of two
    uint64_t samples_in_last;   // of the newest point, 1 .. samples_per_point
};

// `capacity` is at least 2; an odd one counts as one more.
void series_init(struct series *series, uint32_t capacity);
void series_fini(struct series *series);

// Samples come in the order of their time.
void series_add(struct series *series, const struct engine_sample *sample);

// The distance of samples with which a run of `span_ns` just fits: 1, 2 or 5 times a power of ten
// nanoseconds, at least 1 ms. A run of unknown length (INT64_MAX) starts with 100 ms.
int64_t series_interval_ns(int64_t span_ns, uint32_t capacity);

#endif
