// Whether a recorded order book lost nothing: exchanges number the updates of a book, and each says
// which one it follows.
//
// A snapshot joins the chain where its number lies. Updates up to it that come afterwards are
// stale; the first one beyond it must follow an update that it holds. A snapshot that is older than
// the updates before it (a slow answer) is fine as long as nothing between the two is missing.
// Number 0 is no number: what has none is not checked. Plain struct; pure functions; any thread.
#ifndef MM_MARKET_UPDATE_CHAIN_H
#define MM_MARKET_UPDATE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

struct update_chain {
    uint64_t start;         // what the oldest update of the unbroken run follows
    uint64_t last;          // the newest update or snapshot; 0: none yet
    uint64_t first_follows; // what the very first update follows; 0: a snapshot came first
    bool at_snapshot;       // `last` is a snapshot's: updates up to it may still come
};

struct update_ids {
    uint64_t previous; // the last update before this one
    uint64_t last;     // this one's, the last if it holds several
};

enum update_step {
    UPDATE_FOLLOWS,
    UPDATE_STALE, // the book holds it already
    UPDATE_BREAKS // something before it is missing
};

// `is_newer`: the exchange's clock says so. Then a lower number is not stale: the exchange began to
// count anew, and what was between is unknown.
enum update_step update_chain_follow(struct update_chain *chain, struct update_ids ids,
                                     bool is_newer);

// False when updates between the snapshot and those already seen are missing.
bool update_chain_snapshot(struct update_chain *chain, uint64_t id);

#endif
