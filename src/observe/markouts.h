// The mids 1, 5 and 30 s after each fill, measured in their time.
//
// A markout at t + h is the last mid with a stamp of at most t + h: the caller gives, for every
// change of the mid, the time of the change and the mid until then. Bounded: what does not fit is
// not measured, and counted. Memory is the owner's from init to fini. One owner thread, but for
// markouts_lost.
#ifndef MM_OBSERVE_MARKOUTS_H
#define MM_OBSERVE_MARKOUTS_H

#include "base/memory.h"
#include "observe/observed.h"

struct markouts {
    struct ring pending[MARKOUT_COUNT]; // owned; by the time they are due
    int64_t due_ns;                     // the earliest of all, INT64_MAX = none
    _Atomic uint64_t lost;
};

void markouts_init(struct markouts *markouts);
void markouts_fini(struct markouts *markouts); // accepts a zeroed one

// A fill at `now_ns`; fills come in the order of their time.
void markouts_add(struct markouts *markouts, uint64_t number, int64_t now_ns);

// Takes the next one that was due before `now_ns`, until when `mid_half_ticks` was the mid.
bool markouts_take(struct markouts *markouts, int64_t now_ns, int64_t mid_half_ticks,
                   struct observed_markout *out);

uint64_t markouts_lost(struct markouts *markouts); // any thread

#endif
