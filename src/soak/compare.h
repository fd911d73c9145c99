// A session's own requests at a recorded exchange that works by the rules of a strict replay: which
// of its fills come out again, which do not, and why.
//
// Every request takes effect when it took effect in the session, so that no decision differs and
// each difference is one of the exchange's model, of the tape, or of what is known of the times. A
// live session's own orders are part of what was recorded: they are taken off the recorded levels.
// At one instant requests come after what was recorded, as in a replay; a live session's, whose
// stamps are whole milliseconds, before it where they were filled in the same.
//
// An order's difference is judged at the first fill that one of the two has and the other has not:
// by where the order stood in the other then, and by what the tape shows around it. Stamps are the
// exchange's. The struct is the caller's memory and owns its array; one thread.
#ifndef MM_SOAK_COMPARE_H
#define MM_SOAK_COMPARE_H

#include "base/error.h"
#include "market/tape.h"
#include "soak/session.h"
#include "venue/replay/queue_model.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum compare_kind {
    COMPARE_UNFILLED,  // in neither
    COMPARE_SAME,      // as much, at the same price, within the tolerance of time
    COMPARE_EARLIER,   // the same, but in the replay earlier
    COMPARE_LATER,     // in the replay later
    COMPARE_DIFFERENT, // in both, but not as much or at another price
    COMPARE_SESSION_ONLY,
    COMPARE_REPLAY_ONLY,
    COMPARE_KIND_COUNT
};

enum compare_reason {
    COMPARE_REASON_NONE,
    COMPARE_OUTSIDE,       // the fill lies outside the tape
    COMPARE_GAP,           // the tape has a gap while the order rests
    COMPARE_UNLOGGED,      // no request of the session's placed it
    COMPARE_NO_LATENCY,    // no answer told when its request took effect
    COMPARE_ARRIVAL,       // it filled before its answer says that it was there
    COMPARE_POST_ONLY,     // post-only: one of the two says that it would have crossed
    COMPARE_TOOK,          // it took liquidity in one of the two
    COMPARE_RACE,          // a request of its own took effect at about the same time
    COMPARE_NO_TRADE,      // the tape has no trade at its price or beyond it then
    COMPARE_OVERTAKEN,     // the feed was late then, or in another order than its stamps; on paper
    COMPARE_QUEUE,         // the queue ahead of it was longer or shorter
    COMPARE_BEST_CROSSED,  // the other side's best reached its price
    COMPARE_TRADE_THROUGH, // a trade beyond its price
    COMPARE_REASON_COUNT
};

enum compare_state {
    COMPARE_ABSENT,
    COMPARE_RESTING,
    COMPARE_FILLED,
    COMPARE_ENDED,
    COMPARE_REFUSED
};

// The fills of one order in one of the two.
struct compare_fills {
    uint32_t count;
    int64_t lots;
    double price_lots; // sum of ticks times lots
    int64_t first_ns, last_ns;
    bool took;
    enum fill_rule rule; // of the last
};

// What the reason is seen by, at the fill that one has and the other has not.
struct compare_evidence {
    int64_t at_ns;
    bool is_missing;               // of the replay; else of the session
    enum fill_rule rule;           // of the fill
    enum compare_state state;      // of the order then, in the one that has not filled it
    int64_t changed_ns;            // since when it was so; 0: not known
    int64_t ahead_at_arrival_lots; // in the replay; -1: not known, as below
    int64_t ahead_lots;            // likewise, then
    int64_t session_ahead_lots;    // at arrival in the session, of a fill on paper
    int64_t traded_lots;           // at its price since it rests there in the replay
    int64_t beyond_lots;           // beyond its price, likewise
};

struct compare_order {
    uint64_t id;
    enum side side;
    int64_t price_ticks; // as last asked for
    enum compare_kind kind;
    enum compare_reason reason;
    struct compare_fills session, replay;
    int64_t shift_ns; // of the last fill, in the replay later > 0; filled in both only
    struct compare_evidence evidence;
};

struct compare_totals {
    uint64_t orders, fills; // orders with a fill
    int64_t lots;
    double notional_e9, gross_e9; // settlement coins; gross: against the recorded mid of the moment
};

struct compare_count {
    uint64_t orders;
    int64_t session_lots, replay_lots;
};

struct comparison {
    struct compare_order *orders; // those that filled in either, by id
    size_t order_count;
    uint64_t sent_orders, requests, assumed_requests;
    struct compare_totals session, replay;
    struct compare_count kinds[COMPARE_KIND_COUNT], reasons[COMPARE_REASON_COUNT];
    int64_t matched_lots;               // the lesser of the two, order by order
    int64_t shift_p50_ns, shift_p95_ns; // of |shift_ns|; 0 when nothing filled in both
    int64_t tape_from_ns, tape_to_ns, session_from_ns, session_to_ns;
    uint64_t tape_gaps;
};

struct compare_options {
    struct queue_model queue_model;
    int64_t tolerance_ns;              // what counts as the same time
    const volatile sig_atomic_t *stop; // ends it with MM_ERROR_STOPPED; may be NULL
};

// MM_ERROR_USAGE for a tape of another instrument, MM_ERROR_INPUT for one that holds none of the
// session, MM_ERROR_STOPPED.
int compare_run(const struct session *session, const struct tape *tape,
                const struct compare_options *options, struct comparison *out) MM_CHECKED;
void comparison_fini(struct comparison *comparison); // accepts a zeroed one

// The share of the session's filled lots that the replay fills too; false without a fill.
bool compare_match_share(const struct comparison *comparison, double *out);

const char *compare_kind_name(enum compare_kind kind);       // one word; static
const char *compare_kind_text(enum compare_kind kind);       // for people; static
const char *compare_reason_name(enum compare_reason reason); // one word; static
const char *compare_reason_text(enum compare_reason reason); // a sentence; static

#endif
