// What a sweep was asked to do, checked, and the identity that its database is told by.
//
// Texts given by the operator stay borrowed from the options, which must outlive the plan. The
// identity holds everything that a result depends on and nothing else: no path, no number of jobs,
// no shard, so that machines that spread one sweep agree on it. One thread.
#ifndef MM_SWEEP_PLAN_H
#define MM_SWEEP_PLAN_H

#include "base/error.h"
#include "soak/config_manager.h"
#include "sweep/points.h"
#include "sweep/trial.h"

#include <jansson.h>
#include <stdint.h>

enum { PLAN_GRIDS_MAX = 32 };

// As the operator wrote it; NULL = not given.
struct sweep_options {
    struct config_options config; // its tape is not used
    const char *tapes[TRIAL_TAPES_MAX];
    uint32_t tape_count;
    const char *grids[PLAN_GRIDS_MAX];
    uint32_t grid_count;
    const char *sample, *count, *jobs, *shard, *database;
};

struct sweep_plan {
    const struct sweep_options *options; // borrowed
    struct config_options config;        // with the defaults of a sweep
    struct points points;                // owned
    uint32_t jobs;
    uint32_t shard, shard_count; // runs the points i with i % shard_count == shard
};

// MM_ERROR_USAGE names the option, the value and what is allowed. Opens no tape.
int plan_make(struct sweep_plan *plan, const struct sweep_options *options) MM_CHECKED;
void plan_fini(struct sweep_plan *plan); // accepts a zeroed one

static inline bool plan_has(const struct sweep_plan *plan, uint32_t point)
{
    return point % plan->shard_count == plan->shard;
}

// Texts by key; a new reference.
json_t *plan_identity(const struct sweep_plan *plan, const struct trial_bench *bench);

// A whole number in min .. max; MM_ERROR_USAGE names the flag and the value.
int plan_read_whole(const char *flag, const char *text, int64_t min, int64_t max,
                    int64_t *out) MM_CHECKED;

#endif
