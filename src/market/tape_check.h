// How far a tape can be trusted: what the book does when it is replayed, how it compares with the
// best bid and offer that the exchange published beside it, and what the two clocks say.
#ifndef MM_MARKET_TAPE_CHECK_H
#define MM_MARKET_TAPE_CHECK_H

#include "base/error.h"
#include "market/tape.h"

#include <stdint.h>

struct tape_check {
    uint64_t gap_count;
    uint64_t crossed_count;    // messages that left levels beyond the best they moved past
    uint64_t one_sided_count;  // messages that left one side empty after both had been there
    uint64_t outside_count;    // rows that the book cannot hold exactly
    uint64_t annotation_count; // messages whose recorded best prices differ from the book's
    // At the time of each depth update, the book after it against the newest best bid and offer
    // published by then, both prices: on the exchange's clock, or on ours where the exchange gives
    // none (spot).
    enum tape_clock best_clock;
    uint64_t best_compared, best_agreed;
    // Feed latency, local minus exchange time after the correction of the clocks.
    int64_t latency_min_ns, latency_p50_ns, latency_p99_ns, latency_max_ns;
    int64_t silence_max_ns; // longest time without a message, on our clock
};

// Our clock's times of the first gaps; returns how many there are, at most TAPE_GAPS_SHOWN.
enum { TAPE_GAPS_SHOWN = 5 };
uint32_t tape_first_gaps(const struct tape *tape, int64_t out_local_ns[TAPE_GAPS_SHOWN]);

int tape_check(const struct tape *tape, struct tape_check *out) MM_CHECKED;

#endif
