// A venue that misbehaves: it wraps another one and disturbs what passes, on request.
//
// Each kind of fault strikes at times drawn from its own stream (seed, RANDOM_FAULT, kind), so that
// asking for one more leaves the others where they were. Some strike the next message that fits,
// some last; how long is drawn within the bounds of fault_specs. Every strike is counted.
//
// The wrapper does what an exchange's adapter does: a break in the feed's numbering becomes
// EVENT_GAP and, a while later, a clear of both sides and a snapshot; executions that happened
// while nobody was connected are told after the reconnect. What it may hide is an answer, never an
// execution and never the end of an order that the exchange ended by itself. Reports keep their
// order. Our clock never goes back: a clock jump moves the exchange's stamps.
//
// It owns the wrapped venue and a copy of its book; faults_create takes all memory. One owner
// thread.
#ifndef MM_VENUE_FAULTS_H
#define MM_VENUE_FAULTS_H

#include "venue/fault_config.h"
#include "venue/venue.h"

struct fault_counters {
    uint64_t struck[FAULT_COUNT];
    uint64_t batch_dropped_count, answer_dropped_count, forced_cancel_count;
    uint64_t untrusted_request_count; // places and amends sent while the feed shown has a gap
    uint64_t report_lost_count;       // report line full; stays 0
    int64_t position_lots;            // sum of the wrapped venue's executions
};

// Takes over `inner`.
struct venue *faults_create(struct venue *inner, const struct fault_config *config, uint64_t seed);

// No more strikes; what has begun comes to its end.
void faults_stop(struct venue *venue);

// Whether the venue is such a wrapper, and then what it counted and what it wraps.
bool faults_is(const struct venue *venue);
const struct fault_counters *faults_get_counters(const struct venue *venue);
const struct venue *faults_get_inner(const struct venue *venue);

// "gap 3, reject 2": what has struck; "" when nothing has. `out` holds FAULTS_TEXT_SIZE bytes.
enum { FAULTS_TEXT_SIZE = 512 };
void faults_print(const struct venue *venue, char *out);

#endif
