// What the comparison's files share: where an order stands in session and replay while both are
// walked through, and what was seen at its fills.
//
// Private to src/soak/compare*.c. compare.c walks through tape, requests and reports in the order
// of the exchange's time; compare_reason.c judges what is left.
#ifndef MM_SOAK_COMPARE_STATE_H
#define MM_SOAK_COMPARE_STATE_H

#include "soak/compare.h"
#include "venue/replay/exchange.h"

// Where an order stands in one of the two.
struct compare_stand {
    enum compare_state state;
    int64_t price_ticks, leaves_lots;
    int64_t since_ns; // in this state at this price
    int64_t ended_ns; // 0: it has not
    bool is_assumed;  // the time of the request that led to it is
};

// What was seen at the first fill that one has and the other has not.
struct compare_sight {
    bool has;
    int64_t at_ns;
    struct compare_stand other, own; // in the one that has not filled it, and in the one that has
    bool took;
    enum fill_rule rule;
    int64_t ahead_at_arrival_lots, ahead_lots; // in the replay
    int64_t session_ahead_lots;                // at arrival, of a missing fill; -1: not known
};

struct compare_walked {
    struct compare_stand session, replay;
    struct compare_fills session_fills, replay_fills;
    struct compare_sight missing, surplus; // of the replay
    int64_t ahead_at_arrival_lots;
    int64_t asked_price_ticks;
    bool place_is_assumed; // when it got there
    bool was_refused;      // in the session, being post-only
    int64_t gone_ns;       // when a cancel took effect in the session; 0: none
};

// What of the tape cannot be taken at its word, in the order of the exchange's stamps.
struct compare_span {
    int64_t from_ns, to_ns;
};
struct compare_faults {
    struct compare_span *gaps; // owned: from a gap to the snapshot after it
    int64_t *late_ns;          // owned: stamps of messages that came late
    size_t gap_count, late_count;
};

struct compare_judge {
    const struct session *session;
    const struct tape *tape;
    struct compare_faults faults;
    int64_t tolerance_ns;
};

// Looks through the tape once; what it finds is freed by compare_judge_fini.
void compare_judge_init(struct compare_judge *judge, const struct session *session,
                        const struct tape *tape, int64_t tolerance_ns);
void compare_judge_fini(struct compare_judge *judge);

// Kind, shift, reason and evidence of an order that filled in either.
void compare_judge_order(const struct compare_judge *judge, const struct session_order *order,
                         const struct compare_walked *walked, struct compare_order *out);

#endif
