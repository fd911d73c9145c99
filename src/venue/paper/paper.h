// The paper market: a live feed, and what would have become of our orders by the rules of a strict
// replay. It has no way to send an order anywhere.
//
// The exchange's side is run on the feed as it arrives: in arrival order, its clock being the
// newest stamp seen. A request is on its way for as long as the latency model says and then takes
// effect between the messages before and after that instant. What happens at the exchange is known
// here only when the feed has told it, so no report comes before that. While nothing is said, the
// exchange's clock follows ours at a distance (PAPER_HOLD_NS).
//
// In real time: venue_next waits for the feed, at most until the time it is given. The venue owns
// the loop, the feed and the desk; nothing is allocated after creation. One owner thread.
#ifndef MM_VENUE_PAPER_PAPER_H
#define MM_VENUE_PAPER_PAPER_H

#include "venue/bybit/feed.h"
#include "venue/latency.h"
#include "venue/replay/queue_model.h"
#include "venue/venue.h"

#include <signal.h>

#define PAPER_HOLD_NS INT64_C(200000000)

struct paper_config {
    const struct bybit_market *market;   // borrowed
    const struct latency_model *latency; // borrowed
    struct queue_model queue_model;
    bool forget_taken; // what we took of a level is there again at once
    uint64_t seed;
    int64_t first_wait_ns;             // for the first snapshot
    bool polls_busily;                 // waits without sleeping, as ws_loop_poll_busily
    const volatile sig_atomic_t *stop; // ends that wait; may be NULL
    // As bybit_feed_config's.
    void *context;
    void (*raw)(void *context, const char *text, size_t size, int64_t local_ns);
    void (*broken)(void *context, enum bybit_break reason, int64_t local_ns);
};

// Asks for the instrument, connects and waits for the first snapshot. MM_ERROR_USAGE when there is
// no such market, MM_ERROR_SYSTEM when the exchange does not answer, MM_ERROR_STOPPED.
int paper_create(const struct paper_config *config, struct venue **out) MM_CHECKED;

bool paper_is(const struct venue *venue);
const struct bybit_feed *paper_feed(const struct venue *venue);

#endif
