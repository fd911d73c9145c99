// A log-linear histogram of times: counts in buckets whose width is an eighth of their octave, so
// that a quantile is known to within an eighth at any size.
//
// From HISTOGRAM_LOW_NS to HISTOGRAM_HIGH_NS; what is smaller or larger falls into the first or the
// last bucket. A plain struct, copied freely; adding allocates nothing. One owner thread.
#ifndef MM_BASE_HISTOGRAM_H
#define MM_BASE_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_LOW_SHIFT = 10,  // the first octave begins at 1.024 us
    HISTOGRAM_HIGH_SHIFT = 38, // the last one ends at 275 s
    HISTOGRAM_PARTS = 8,       // of an octave
    HISTOGRAM_BUCKETS = (HISTOGRAM_HIGH_SHIFT - HISTOGRAM_LOW_SHIFT) * HISTOGRAM_PARTS + 2
};

struct histogram {
    uint64_t count;
    int64_t sum_ns, max_ns;
    uint64_t buckets[HISTOGRAM_BUCKETS]; // the first below, the last above all octaves
};

void histogram_add(struct histogram *histogram, int64_t value_ns); // below 0 counts as 0

// The upper end of a bucket, exclusive; INT64_MAX of the last one.
int64_t histogram_upper_ns(uint32_t bucket);

// The upper end of the bucket that holds the value at floor(q * count), at most the largest value
// seen; -1 when there is none.
int64_t histogram_quantile_ns(const struct histogram *histogram, double q);

// How many values lie below `bound_ns`, which must be the upper end of a bucket.
uint64_t histogram_below(const struct histogram *histogram, int64_t bound_ns);

#endif
