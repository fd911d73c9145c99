#include "kpi/kpi_samples.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

void samples_init(struct samples *samples, uint32_t capacity)
{
    MM_ASSERT(capacity >= 2);
    uint32_t even = capacity + capacity % 2; // so that dropping keeps the distances equal
    *samples = (struct samples){
        .values = mm_alloc(even, sizeof *samples->values), .capacity = even, .stride = 1};
}

void samples_fini(struct samples *samples)
{
    if (samples != NULL) {
        free(samples->values);
        *samples = (struct samples){0};
    }
}

static void drop_every_second(struct samples *samples)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < samples->count; i += 2) {
        samples->values[kept++] = samples->values[i];
    }
    samples->count = kept;
    samples->stride *= 2;
}

void samples_add(struct samples *samples, int64_t value)
{
    samples->skipped++;
    if (samples->skipped < samples->stride) {
        return;
    }
    samples->skipped = 0;
    if (samples->count == samples->capacity) {
        drop_every_second(samples);
    }
    samples->values[samples->count++] = value;
}

static void swap(int64_t *a, int64_t *b)
{
    int64_t held = *a;
    *a = *b;
    *b = held;
}

static int64_t median_of_three(int64_t a, int64_t b, int64_t c)
{
    int64_t low = a < b ? a : b;
    int64_t high = a < b ? b : a;
    return c < low ? low : (c > high ? high : c);
}

struct equal_range {
    uint32_t from, to; // [from, to) equals the pivot
};

// Puts what is less than the pivot before it and what is greater after it (Dijkstra's three ways:
// latencies repeat the same value many times).
static struct equal_range partition(int64_t *values, uint32_t from, uint32_t to, int64_t pivot)
{
    uint32_t less = from, at = from, greater = to;
    while (at < greater) {
        if (values[at] < pivot) {
            swap(&values[at++], &values[less++]);
        } else if (values[at] > pivot) {
            swap(&values[at], &values[--greater]);
        } else {
            at++;
        }
    }
    return (struct equal_range){.from = less, .to = greater};
}

int64_t samples_select(int64_t *values, uint32_t count, uint32_t index)
{
    MM_ASSERT(index < count);
    uint32_t from = 0, to = count;
    for (;;) {
        int64_t pivot =
            median_of_three(values[from], values[from + (to - from) / 2], values[to - 1]);
        struct equal_range equal = partition(values, from, to, pivot);
        if (index < equal.from) {
            to = equal.from;
        } else if (index >= equal.to) {
            from = equal.to;
        } else {
            return pivot;
        }
    }
}

bool samples_take_p95(struct samples *samples, int64_t *out)
{
    uint32_t count = samples->count;
    samples->count = 0;
    samples->stride = 1;
    samples->skipped = 0;
    if (count == 0) {
        return false;
    }
    uint32_t index = (uint32_t)((uint64_t)count * 95 / 100); // below count for every count
    *out = samples_select(samples->values, count, index);
    return true;
}
