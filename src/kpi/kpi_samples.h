// A bounded store of samples of which the 95th percentile is wanted, exact until it is full.
//
// Each store keeps at most its capacity: when it is full every second kept sample is dropped and
// from then on only every second one is taken (then every fourth, and so on), so that what is kept
// stays spread evenly over the window. The memory is the owner's from samples_init to samples_fini;
// nothing is allocated in between. One owner thread.
#ifndef MM_KPI_KPI_SAMPLES_H
#define MM_KPI_KPI_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

struct samples {
    int64_t *values; // owned
    uint32_t capacity, count;
    uint64_t stride;  // one of so many is kept
    uint64_t skipped; // since the last one kept
};

// `capacity` is at least 2; an odd one counts as one more.
void samples_init(struct samples *samples, uint32_t capacity);
void samples_fini(struct samples *samples);

void samples_add(struct samples *samples, int64_t value);

// sorted[floor(0.95 * n)]; false and nothing written when there are none.
// Empties the store, because finding the value reorders it.
bool samples_take_p95(struct samples *samples, int64_t *out);

// The value that sorting would put at `index` < `count`; reorders the array.
int64_t samples_select(int64_t *values, uint32_t count, uint32_t index);

#endif
