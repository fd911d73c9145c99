#include "observe/markouts.h"

#include <stdatomic.h>

enum { PENDING = 4096 };

struct pending {
    uint64_t number;
    int64_t due_ns;
};

void markouts_init(struct markouts *markouts)
{
    for (int i = 0; i < MARKOUT_COUNT; i++) {
        ring_init(&markouts->pending[i], sizeof(struct pending), PENDING);
    }
    markouts->due_ns = INT64_MAX;
    atomic_store(&markouts->lost, 0);
}

void markouts_fini(struct markouts *markouts)
{
    for (int i = 0; i < MARKOUT_COUNT; i++) {
        ring_fini(&markouts->pending[i]);
    }
}

void markouts_add(struct markouts *markouts, uint64_t number, int64_t now_ns)
{
    for (int i = 0; i < MARKOUT_COUNT; i++) {
        struct pending pending = {number, now_ns + markout_horizons_ns[i]};
        if (!ring_push(&markouts->pending[i], &pending)) {
            atomic_fetch_add(&markouts->lost, 1);
        } else if (pending.due_ns < markouts->due_ns) {
            markouts->due_ns = pending.due_ns;
        }
    }
}

static int64_t earliest_ns(struct markouts *markouts)
{
    int64_t due_ns = INT64_MAX;
    for (int i = 0; i < MARKOUT_COUNT; i++) {
        const struct pending *front = ring_front(&markouts->pending[i]);
        if (front != NULL && front->due_ns < due_ns) {
            due_ns = front->due_ns;
        }
    }
    return due_ns;
}

bool markouts_take(struct markouts *markouts, int64_t now_ns, int64_t mid_half_ticks,
                   struct observed_markout *out)
{
    if (markouts->due_ns >= now_ns) {
        return false; // of nearly every call
    }
    for (uint32_t i = 0; i < MARKOUT_COUNT; i++) {
        const struct pending *front = ring_front(&markouts->pending[i]);
        if (front != NULL && front->due_ns < now_ns) {
            *out = (struct observed_markout){
                .number = front->number, .horizon = i, .later_half_ticks = mid_half_ticks};
            ring_pop(&markouts->pending[i]);
            markouts->due_ns = earliest_ns(markouts);
            return true;
        }
    }
    return false;
}

uint64_t markouts_lost(struct markouts *markouts)
{
    return atomic_load(&markouts->lost);
}
