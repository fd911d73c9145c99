#include "engine/series.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static const int64_t INTERVAL_MIN_NS = 1000000, INTERVAL_UNKNOWN_NS = 100000000;

void series_init(struct series *series, uint32_t capacity)
{
    MM_ASSERT(capacity >= 2);
    uint32_t even = capacity + capacity % 2; // so that every point finds its neighbour
    *series = (struct series){
        .points = mm_alloc(even, sizeof *series->points), .capacity = even, .samples_per_point = 1};
}

void series_fini(struct series *series)
{
    if (series != NULL) {
        free(series->points);
        *series = (struct series){0};
    }
}

static struct series_range single(int64_t value)
{
    return (struct series_range){.low = value, .high = value};
}

static struct series_range join(struct series_range a, struct series_range b)
{
    return (struct series_range){.low = a.low < b.low ? a.low : b.low,
                                 .high = a.high > b.high ? a.high : b.high};
}

// As join, where 0 means that there is nothing yet.
static struct series_range join_known(struct series_range a, struct series_range b)
{
    if (a.low == 0) {
        return b;
    }
    return b.low == 0 ? a : join(a, b);
}

static struct series_point point_of(const struct engine_sample *sample)
{
    return (struct series_point){.last = *sample,
                                 .mid_half_ticks = single(sample->mid_half_ticks),
                                 .position_lots = single(sample->position_lots),
                                 .net_quote_e9 = single(sample->part_quote_e9[KPI_NET]),
                                 .drawdown_high_quote_e9 = sample->drawdown_quote_e9};
}

// The earlier point takes in the later one.
static void merge(struct series_point *point, const struct series_point *later)
{
    point->last = later->last;
    point->mid_half_ticks = join_known(point->mid_half_ticks, later->mid_half_ticks);
    point->position_lots = join(point->position_lots, later->position_lots);
    point->net_quote_e9 = join(point->net_quote_e9, later->net_quote_e9);
    if (later->drawdown_high_quote_e9 > point->drawdown_high_quote_e9) {
        point->drawdown_high_quote_e9 = later->drawdown_high_quote_e9;
    }
}

static void halve(struct series *series)
{
    for (uint32_t i = 0; i < series->count; i += 2) {
        struct series_point joined = series->points[i];
        merge(&joined, &series->points[i + 1]);
        series->points[i / 2] = joined;
    }
    series->count /= 2;
    series->samples_per_point *= 2;
}

void series_add(struct series *series, const struct engine_sample *sample)
{
    struct series_point point = point_of(sample);
    if (series->count > 0) {
        struct series_point *newest = &series->points[series->count - 1];
        MM_ASSERT(sample->now_ns >= newest->last.now_ns);
        if (series->samples_in_last < series->samples_per_point) {
            merge(newest, &point);
            series->samples_in_last++;
            return;
        }
    }
    if (series->count == series->capacity) {
        halve(series);
    }
    series->points[series->count++] = point;
    series->samples_in_last = 1;
}

int64_t series_interval_ns(int64_t span_ns, uint32_t capacity)
{
    MM_ASSERT(capacity > 0);
    if (span_ns == INT64_MAX) {
        return INTERVAL_UNKNOWN_NS;
    }
    static const int64_t steps[] = {1, 2, 5};
    int64_t decade_ns = INTERVAL_MIN_NS;
    for (uint32_t i = 0;; i++) {
        int64_t interval_ns = steps[i % 3] * decade_ns;
        if (span_ns / interval_ns < capacity) {
            return interval_ns;
        }
        decade_ns *= i % 3 == 2 ? 10 : 1;
    }
}
