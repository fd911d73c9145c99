// The state that the feed tells of, with the number of the message in which each part last changed.
//
// It is what a message is made of: whatever has changed after the last message a reader has seen,
// so that a reader that missed some gets their sum and nothing is kept per reader. Also what the
// snapshots and the page of a finished run are made of. Fed with what was observed, in any order
// that keeps each kind's own; bounded by the limits below, the oldest go first. One owner thread.
#ifndef MM_OBSERVE_FEED_MODEL_H
#define MM_OBSERVE_FEED_MODEL_H

#include "base/text.h"
#include "observe/observed.h"

#include <jansson.h>

enum {
    FEED_VERSION = 1,
    FEED_FILLS = 500,
    FEED_ORDERS = 300,
    FEED_ITERATIONS = 100,
    FEED_LOG = 500,
    FEED_AUDIT = 100,
    FEED_SERIES_RUN = 2000,
    FEED_SERIES_RECENT = 1200
};

enum feed_section {
    FEED_SECTION_RUN,
    FEED_SECTION_INSTRUMENT,
    FEED_SECTION_STATUS,
    FEED_SECTION_KPI,
    FEED_SECTION_LATENCY,
    FEED_SECTION_LADDER,
    FEED_SECTION_QUOTES,
    FEED_SECTION_PARAMS,
    FEED_SECTION_TUNER,
    FEED_SECTION_GATE,
    FEED_SECTION_COUNTERS,
    FEED_SECTION_CONFIG,
    FEED_SECTION_ARTIFACTS,
    FEED_SECTION_PROCESS,
    FEED_SECTION_COUNT
};

struct feed_model;

// The market time between samples with which a run of `span_ns` (0 = not known) just fits, or a
// whole part of it that is at most `most_ns`, so that samples of one run are taken at the same
// times however closely it is watched.
int64_t feed_model_sample_ns(int64_t span_ns, int64_t most_ns);

// `sample_ns` is the market time between samples. A model that is not live tells no wall times and
// nothing that a finished run has no use for (ladder, log).
struct feed_model *feed_model_create(int64_t sample_ns, bool is_live);
void feed_model_destroy(struct feed_model *model); // accepts NULL

// Begins a message: what changes from now on has the next number. Returns it.
uint64_t feed_model_advance(struct feed_model *model, int64_t wall_ns);

void feed_model_begin(struct feed_model *model, const struct observed_run *run);
void feed_model_moment(struct feed_model *model, const struct observed *now);
void feed_model_fill(struct feed_model *model, const struct observed_fill *fill);
// With its markouts, 0 = not known.
void feed_model_fill_known(struct feed_model *model, const struct observed_fill *fill,
                           const int64_t later_half_ticks[MARKOUT_COUNT]);
void feed_model_markout(struct feed_model *model, const struct observed_markout *markout);
void feed_model_order(struct feed_model *model, const struct observed_order *order);
void feed_model_sample(struct feed_model *model, const struct observed_sample *sample);
void feed_model_iteration(struct feed_model *model, const struct observed_iteration *iteration);
void feed_model_log(struct feed_model *model, const struct observed_log *line);
// An audit entry (docs/feed.md) of this id; takes the reference.
void feed_model_audit(struct feed_model *model, int64_t id, json_t *entry);

// Replaces the keys of a section by the object's and keeps others; takes the reference.
void feed_model_set(struct feed_model *model, enum feed_section section, json_t *object);

// Adds a state (since = 0) or diff message to `out`; false, and nothing is added, when nothing has
// changed after `since`.
bool feed_model_message(struct feed_model *model, uint64_t since, struct text *out);

uint64_t feed_model_sequence(const struct feed_model *model);

// A section, list or series by its name as JSON text, or an iteration's ITER_SUMMARY document by
// its number; false when there is none.
bool feed_model_part(const struct feed_model *model, const char *name, struct text *out);
bool feed_model_summary(const struct feed_model *model, uint32_t iteration, struct text *out);

#endif
