// The finished points of a sweep in order of merit, and what choosing among them is worth.
//
// A point's observations are the nets of its periods. Every finished point counts as a trial, so
// the benchmark that luck alone would reach is on the safe side when points are alike; a point
// whose periods are all equal (it never traded) has no Sharpe ratio of its own and counts as one
// of 0. docs/sweep.md states the method. Owns its rows; one thread.
#ifndef MM_SWEEP_RANKING_H
#define MM_SWEEP_RANKING_H

#include "base/error.h"
#include "sweep/store.h"

#include <stdbool.h>
#include <stdint.h>

enum ranking_order { RANK_SHARPE, RANK_NET, RANK_COUNT };

// Numbers that do not exist are NaN.
struct ranked_point {
    uint32_t point;
    struct params params;
    struct trial_result result;
    double sharpe;           // per period
    double psr;              // probability that the true ratio is above 0
    double dsr;              // the same against the ratio that luck alone would reach
    double min_track_record; // periods for psr to reach 95 %
    double min_length;       // periods below which luck alone is expected to reach this ratio
    double skewness, kurtosis;
};

struct ranking {
    struct ranked_point *points; // owned; best first, ties by point
    uint32_t count;
    uint32_t period_count;
    double sharpe_deviation; // of the trials' ratios
    double lucky_sharpe;     // the best one expected of trials without skill
    bool has_overfit;
    double overfit_probability;
    unsigned blocks;
};

const char *ranking_order_name(enum ranking_order order);
int ranking_order_parse(const char *text, enum ranking_order *out) MM_CHECKED;

// Reads `count` finished points (all there are) from the store. MM_ERROR_INPUT when their series
// are of different lengths.
int ranking_make(struct ranking *ranking, struct store *store, uint32_t count,
                 enum ranking_order order) MM_CHECKED;
void ranking_fini(struct ranking *ranking); // accepts a zeroed one

#endif
