#include "base/histogram.h"

#include "base/check.h"

static uint32_t bucket_of(int64_t value_ns)
{
    if (value_ns < INT64_C(1) << HISTOGRAM_LOW_SHIFT) {
        return 0;
    }
    if (value_ns >= INT64_C(1) << HISTOGRAM_HIGH_SHIFT) {
        return HISTOGRAM_BUCKETS - 1;
    }
    uint32_t shift = 63 - (uint32_t)__builtin_clzll((uint64_t)value_ns);
    uint32_t part = (uint32_t)(value_ns >> (shift - 3)) & (HISTOGRAM_PARTS - 1);
    return 1 + (shift - HISTOGRAM_LOW_SHIFT) * HISTOGRAM_PARTS + part;
}

void histogram_add(struct histogram *histogram, int64_t value_ns)
{
    value_ns = value_ns > 0 ? value_ns : 0;
    histogram->count++;
    histogram->sum_ns += value_ns;
    histogram->max_ns = value_ns > histogram->max_ns ? value_ns : histogram->max_ns;
    histogram->buckets[bucket_of(value_ns)]++;
}

int64_t histogram_upper_ns(uint32_t bucket)
{
    MM_ASSERT(bucket < HISTOGRAM_BUCKETS);
    if (bucket == HISTOGRAM_BUCKETS - 1) {
        return INT64_MAX;
    }
    uint32_t shift = HISTOGRAM_LOW_SHIFT + bucket / HISTOGRAM_PARTS;
    int64_t parts = HISTOGRAM_PARTS + bucket % HISTOGRAM_PARTS;
    return (parts << shift) / HISTOGRAM_PARTS;
}

int64_t histogram_quantile_ns(const struct histogram *histogram, double q)
{
    if (histogram->count == 0) {
        return -1;
    }
    uint64_t rank = (uint64_t)(q * (double)histogram->count);
    rank = rank < histogram->count ? rank : histogram->count - 1;
    uint64_t passed = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        passed += histogram->buckets[i];
        if (passed > rank) {
            int64_t upper = histogram_upper_ns(i);
            return upper < histogram->max_ns ? upper : histogram->max_ns;
        }
    }
    return histogram->max_ns;
}

uint64_t histogram_below(const struct histogram *histogram, int64_t bound_ns)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS && histogram_upper_ns(i) <= bound_ns; i++) {
        count += histogram->buckets[i];
    }
    return count;
}
