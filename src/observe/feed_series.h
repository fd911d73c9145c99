// The course of a run as the feed tells it: the whole in at most so many points, and the newest
// samples as they were taken, each with the number of the message in which it last changed.
//
// Memory is sized at init; the owner's. One owner thread.
#ifndef MM_OBSERVE_FEED_SERIES_H
#define MM_OBSERVE_FEED_SERIES_H

#include "base/text.h"
#include "engine/series.h"
#include "observe/observed.h"

struct feed_series {
    int64_t sample_ns;
    struct series run;
    uint64_t *run_versions; // owned; of run's points
    bool *run_gaps;         // owned; a point that stands for what was lost
    uint64_t generation, generation_version;
    struct series_point *recent; // owned ring; sample n is at n % capacity
    uint64_t *recent_versions;   // owned
    bool *recent_gaps;           // owned
    uint32_t recent_capacity;
    uint64_t recent_count; // of samples so far
    uint64_t version;      // the newest of all
};

void feed_series_init(struct feed_series *series, int64_t sample_ns, uint32_t run_capacity,
                      uint32_t recent_capacity);
void feed_series_fini(struct feed_series *series);

// `sample` is marked with `version`, which never falls.
void feed_series_add(struct feed_series *series, const struct observed_sample *sample,
                     uint64_t version);

// {"generation": ..., "start": ..., "interval_ns": ..., "columns": {...}} of what changed after
// `since`; market times from `origin_ns`. False, and nothing is added, when nothing did.
bool feed_series_run_text(const struct feed_series *series, uint64_t since, int64_t origin_ns,
                          struct text *out);
bool feed_series_recent_text(const struct feed_series *series, uint64_t since, int64_t origin_ns,
                             struct text *out);

#endif
