// The points of a sweep: which values each parameter takes, and which combinations are run.
//
// An axis is the values of one swept parameter, in steps, ascending. The cells are all
// combinations of the axes' values, numbered in the order of the parameter table, the last
// parameter fastest. A grid runs every cell; `random` and `sobol` run `count` different cells.
// Everything is a function of axes, sample, count and seed. The struct is the caller's memory and
// owns `cells`; one thread fills it, any may read.
#ifndef MM_SWEEP_POINTS_H
#define MM_SWEEP_POINTS_H

#include "base/error.h"
#include "trade/params.h"

#include <stdbool.h>
#include <stdint.h>

enum { AXIS_VALUES_MAX = 512, POINTS_MAX = 1000000 };

enum sample { SAMPLE_GRID, SAMPLE_RANDOM, SAMPLE_SOBOL, SAMPLE_COUNT };

struct axis {
    uint32_t count; // 0 = not swept
    int32_t steps[AXIS_VALUES_MAX];
};

struct points {
    struct params base;      // of the parameters that are not swept
    struct params low, high; // live bounds
    struct axis axes[PARAM_COUNT];
    enum sample sample;
    uint64_t seed;
    uint32_t count;
    uint64_t *cells; // owned, `count` of them; NULL for a grid, whose point i is cell i
};

const char *sample_name(enum sample sample);                     // "grid", ...
int sample_parse(const char *text, enum sample *out) MM_CHECKED; // MM_ERROR_USAGE

// Reads "key=lo:hi:step", "key=lo:hi" (in the parameter's own step) or "key=a,b,c", within the live
// bounds, which must be there. MM_ERROR_USAGE names key, value and what is allowed; a key twice is
// one, too.
int points_add_axis(struct points *points, const char *text) MM_CHECKED;

// Chooses the points once the axes, `sample` and `seed` are there. `count` 0 = not given, which
// only a grid may leave out. MM_ERROR_USAGE when there are too many points, or fewer cells.
int points_choose(struct points *points, uint64_t count) MM_CHECKED;

void points_fini(struct points *points); // accepts a zeroed one

// The six parameters of a point below points->count.
struct params points_at(const struct points *points, uint32_t index);

#endif
