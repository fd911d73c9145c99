#include "base/integers.h"
#include "base/memory.h"
#include "soak/compare_state.h"
#include "venue/paper/paper.h"

#include <stdlib.h>

// ---- what the tape shows ----

struct traded {
    int64_t at_lots, beyond_lots; // of trades at a price, and beyond it
};

static void add_trade(const struct tape *tape, struct row row, enum side side, int64_t price_ticks,
                      struct traded *out)
{
    int64_t ticks = 0, lots = row.lots;
    enum side hit = row_side(row.key);
    if (row.key == ROW_WIDE) {
        const struct wide_row *wide = &tape->wide[row.lots];
        hit = (enum side)wide->side;
        ticks = wide->price_ticks;
        lots = wide->qty_lots;
    } else {
        ticks = geometry_ticks(tape->geometry, hit, row_index(row.key));
    }
    int64_t beyond = side_sign(side) * (price_ticks - ticks);
    out->at_lots += hit == side && beyond == 0 ? lots : 0;
    out->beyond_lots += hit == side && beyond > 0 ? lots : 0;
}

// Trades that took from `side` at the price or beyond it, in [from_ns, to_ns].
static struct traded traded_between(const struct tape *tape, enum side side, int64_t price_ticks,
                                    int64_t from_ns, int64_t to_ns)
{
    struct traded traded = {0};
    const struct tape_message *messages = tape->messages[TAPE_EXCH];
    for (uint64_t i = tape_first_from(tape, TAPE_EXCH, from_ns);
         i < tape->message_count && messages[i].ts_ns <= to_ns; i++) {
        const struct row *rows = tape->rows + messages[i].first_row;
        uint32_t count =
            tape_message_kind(&messages[i]) == EVENT_TRADE ? tape_message_count(&messages[i]) : 0;
        for (uint32_t k = 0; k < count; k++) {
            add_trade(tape, rows[k], side, price_ticks, &traded);
        }
    }
    return traded;
}

// ---- what of the tape cannot be taken at its word ----

static void find_gaps(const struct tape *tape, struct compare_faults *faults)
{
    const struct tape_message *messages = tape->messages[TAPE_EXCH];
    faults->gaps = mm_alloc(tape->facts.gap_count + 1, sizeof *faults->gaps);
    bool is_open = false;
    for (uint64_t i = 0; i < tape->message_count && tape->facts.gap_count > 0; i++) {
        enum event_kind kind = tape_message_kind(&messages[i]);
        struct compare_span *newest = &faults->gaps[faults->gap_count];
        if (kind == EVENT_GAP && !is_open && faults->gap_count < tape->facts.gap_count) {
            *newest = (struct compare_span){messages[i].ts_ns, INT64_MAX};
            faults->gap_count++;
            is_open = true;
        } else if (kind == EVENT_SNAPSHOT && is_open) {
            newest[-1].to_ns = messages[i].ts_ns;
            is_open = false;
        }
    }
}

// How long the quickest message was on its way, by both clocks.
static int64_t least_lag_ns(const struct tape *tape)
{
    const struct tape_message *messages = tape->messages[TAPE_LOCAL];
    int64_t least_ns = INT64_MAX;
    for (uint64_t i = 0; i < tape->message_count; i++) {
        least_ns = int64_smaller(least_ns, messages[i].ts_ns - messages[i].exch_ts_ns);
    }
    return least_ns;
}

// Messages that came after ones with later stamps, or after requests that they were before: on
// paper a request waits for the feed no longer than PAPER_HOLD_NS. With `out` NULL: how many.
static size_t find_late(const struct tape *tape, int64_t *out)
{
    const struct tape_message *messages = tape->messages[TAPE_LOCAL];
    int64_t newest_ns = INT64_MIN, most_ns = least_lag_ns(tape) + PAPER_HOLD_NS;
    size_t count = 0;
    for (uint64_t i = 0; i < tape->message_count; i++) {
        int64_t stamp_ns = messages[i].exch_ts_ns;
        if (stamp_ns < newest_ns || messages[i].ts_ns - stamp_ns > most_ns) {
            if (out != NULL) {
                out[count] = stamp_ns;
            }
            count++;
        }
        newest_ns = int64_larger(newest_ns, stamp_ns);
    }
    return count;
}

void compare_judge_init(struct compare_judge *judge, const struct session *session,
                        const struct tape *tape, int64_t tolerance_ns)
{
    *judge = (struct compare_judge){.session = session, .tape = tape, .tolerance_ns = tolerance_ns};
    struct compare_faults *faults = &judge->faults;
    find_gaps(tape, faults);
    faults->late_ns = mm_alloc(find_late(tape, NULL) + 1, sizeof *faults->late_ns);
    faults->late_count = find_late(tape, faults->late_ns);
    qsort(faults->late_ns, faults->late_count, sizeof *faults->late_ns, int64_compare);
}

void compare_judge_fini(struct compare_judge *judge)
{
    free(judge->faults.gaps);
    free(judge->faults.late_ns);
    *judge = (struct compare_judge){0};
}

// Whether the feed had lost something at any time in [from_ns, to_ns].
static bool meets_gap(const struct compare_judge *judge, int64_t from_ns, int64_t to_ns)
{
    for (size_t i = 0; i < judge->faults.gap_count; i++) {
        const struct compare_span *gap = &judge->faults.gaps[i];
        if (gap->from_ns <= to_ns && gap->to_ns >= from_ns) {
            return true;
        }
    }
    return false;
}

// Whether a message stamped within the tolerance of `ts_ns` was late.
static bool is_overtaken(const struct compare_judge *judge, int64_t ts_ns)
{
    const struct compare_faults *faults = &judge->faults;
    size_t low = 0, high = faults->late_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (faults->late_ns[middle] < ts_ns - judge->tolerance_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < faults->late_count && faults->late_ns[low] <= ts_ns + judge->tolerance_ns;
}

static bool is_outside(const struct tape *tape, int64_t ts_ns)
{
    const struct tape_message *messages = tape->messages[TAPE_EXCH];
    return ts_ns < messages[0].ts_ns || ts_ns > messages[tape->message_count - 1].ts_ns;
}

// ---- reasons ----

static bool is_near(const struct compare_judge *judge, int64_t ts_ns, int64_t other_ns)
{
    return other_ns != 0 && llabs(other_ns - ts_ns) <= judge->tolerance_ns;
}

// What the tape itself explains: of both kinds of difference.
static enum compare_reason reason_of_tape(const struct compare_judge *judge,
                                          const struct compare_sight *sight)
{
    int64_t since_ns = sight->own.since_ns != 0 ? sight->own.since_ns : sight->at_ns;
    if (is_outside(judge->tape, sight->at_ns)) {
        return COMPARE_OUTSIDE;
    }
    return meets_gap(judge, int64_smaller(since_ns, sight->at_ns), sight->at_ns)
               ? COMPARE_GAP
               : COMPARE_REASON_NONE;
}

// The replay has left a fill of the session's out, or makes it later.
static enum compare_reason reason_of_missing(const struct compare_judge *judge,
                                             const struct session_order *order,
                                             const struct compare_walked *walked)
{
    const struct compare_sight *sight = &walked->missing;
    const struct compare_stand *stand = &sight->other;
    enum compare_reason reason = reason_of_tape(judge, sight);
    if (reason != COMPARE_REASON_NONE) {
        return reason;
    }
    if (stand->state == COMPARE_REFUSED) {
        return COMPARE_POST_ONLY;
    }
    bool is_absent = stand->state == COMPARE_ABSENT;
    if (is_absent ? walked->place_is_assumed : stand->is_assumed) {
        return COMPARE_NO_LATENCY;
    }
    if (is_absent) {
        return COMPARE_ARRIVAL;
    }
    if (sight->took) {
        return COMPARE_TOOK;
    }
    if (stand->state != COMPARE_RESTING || stand->price_ticks != sight->own.price_ticks) {
        return COMPARE_RACE;
    }
    struct traded near =
        traded_between(judge->tape, order->side, stand->price_ticks,
                       sight->at_ns - judge->tolerance_ns, sight->at_ns + judge->tolerance_ns);
    if (near.at_lots + near.beyond_lots == 0 && sight->rule != FILL_BEST_CROSSED) {
        return COMPARE_NO_TRADE;
    }
    return is_overtaken(judge, sight->at_ns) && !judge->session->is_live ? COMPARE_OVERTAKEN
                                                                         : COMPARE_QUEUE;
}

// The replay fills what the session did not, or did later.
static enum compare_reason reason_of_surplus(const struct compare_judge *judge,
                                             const struct compare_walked *walked)
{
    const struct compare_sight *sight = &walked->surplus;
    enum compare_reason reason = reason_of_tape(judge, sight);
    if (reason != COMPARE_REASON_NONE) {
        return reason;
    }
    if (walked->was_refused) {
        return COMPARE_POST_ONLY;
    }
    if (sight->own.is_assumed) {
        return COMPARE_NO_LATENCY;
    }
    if (sight->took) {
        return COMPARE_TOOK;
    }
    bool is_elsewhere =
        sight->other.state != COMPARE_RESTING || sight->other.price_ticks != sight->own.price_ticks;
    if (is_elsewhere || is_near(judge, sight->at_ns, walked->gone_ns)) {
        return COMPARE_RACE;
    }
    if (!judge->session->is_live && is_overtaken(judge, sight->at_ns)) {
        return COMPARE_OVERTAKEN;
    }
    return sight->rule == FILL_BEST_CROSSED    ? COMPARE_BEST_CROSSED
           : sight->rule == FILL_TRADE_THROUGH ? COMPARE_TRADE_THROUGH
                                               : COMPARE_QUEUE;
}

// What is told with the reason: where the order stood in the other, and what traded since it came
// to rest in the replay.
static struct compare_evidence gather(const struct compare_judge *judge,
                                      const struct session_order *order,
                                      const struct compare_sight *sight, bool is_missing)
{
    const struct compare_stand *stand = is_missing ? &sight->other : &sight->own;
    int64_t from_ns = stand->since_ns != 0 ? stand->since_ns : sight->at_ns;
    struct traded traded =
        traded_between(judge->tape, order->side, stand->price_ticks, from_ns, sight->at_ns);
    return (struct compare_evidence){
        .at_ns = sight->at_ns,
        .is_missing = is_missing,
        .rule = sight->rule,
        .state = sight->other.state,
        .changed_ns = sight->other.ended_ns != 0 ? sight->other.ended_ns : sight->other.since_ns,
        .ahead_at_arrival_lots = sight->ahead_at_arrival_lots,
        .ahead_lots = sight->ahead_lots,
        .session_ahead_lots = sight->session_ahead_lots,
        .traded_lots = traded.at_lots,
        .beyond_lots = traded.beyond_lots};
}

static enum compare_kind kind_of(const struct compare_judge *judge,
                                 const struct compare_order *order)
{
    const struct compare_fills *session = &order->session, *replay = &order->replay;
    if (replay->lots == 0 || session->lots == 0) {
        return replay->lots == 0 ? COMPARE_SESSION_ONLY : COMPARE_REPLAY_ONLY;
    }
    if (session->lots != replay->lots || session->price_lots != replay->price_lots) {
        return COMPARE_DIFFERENT;
    }
    if (llabs(order->shift_ns) <= judge->tolerance_ns) {
        return COMPARE_SAME;
    }
    return order->shift_ns < 0 ? COMPARE_EARLIER : COMPARE_LATER;
}

// Of an order that differs both ways, the first difference counts.
static bool is_missing_first(const struct compare_walked *walked)
{
    return walked->missing.has &&
           (!walked->surplus.has || walked->missing.at_ns <= walked->surplus.at_ns);
}

void compare_judge_order(const struct compare_judge *judge, const struct session_order *order,
                         const struct compare_walked *walked, struct compare_order *out)
{
    out->price_ticks = walked->asked_price_ticks;
    out->session = walked->session_fills;
    out->replay = walked->replay_fills;
    if (out->session.count > 0 && out->replay.count > 0) {
        out->shift_ns = out->replay.last_ns - out->session.last_ns;
    }
    out->kind = kind_of(judge, out);
    if (out->kind == COMPARE_SAME) {
        return;
    }
    bool is_missing = is_missing_first(walked);
    const struct compare_sight *sight = is_missing ? &walked->missing : &walked->surplus;
    if (!sight->has) { // as much at every moment, at another price
        out->reason = COMPARE_RACE;
        out->evidence = (struct compare_evidence){.at_ns = out->session.last_ns,
                                                  .ahead_at_arrival_lots = -1,
                                                  .ahead_lots = -1,
                                                  .session_ahead_lots = -1};
        return;
    }
    out->reason =
        is_missing ? reason_of_missing(judge, order, walked) : reason_of_surplus(judge, walked);
    out->evidence = gather(judge, order, sight, is_missing);
}

// ---- words ----

const char *compare_kind_name(enum compare_kind kind)
{
    static const char *const names[COMPARE_KIND_COUNT] = {
        "unfilled", "same", "earlier", "later", "different", "session_only", "replay_only"};
    return names[kind];
}

const char *compare_kind_text(enum compare_kind kind)
{
    static const char *const texts[COMPARE_KIND_COUNT] = {"filled in neither",
                                                          "filled alike",
                                                          "earlier in the replay",
                                                          "later in the replay",
                                                          "in both, by quantity or price not alike",
                                                          "in the session only",
                                                          "in the replay only"};
    return texts[kind];
}

const char *compare_reason_name(enum compare_reason reason)
{
    static const char *const names[COMPARE_REASON_COUNT] = {
        "none", "outside", "gap",      "unlogged",  "no_latency", "arrival",      "post_only",
        "took", "race",    "no_trade", "overtaken", "queue",      "best_crossed", "trade_through"};
    return names[reason];
}

const char *compare_reason_text(enum compare_reason reason)
{
    static const char *const texts[COMPARE_REASON_COUNT] = {
        [COMPARE_REASON_NONE] = "no difference",
        [COMPARE_OUTSIDE] = "the fill lies outside the tape",
        [COMPARE_GAP] = "the tape has a gap while the order rests",
        [COMPARE_UNLOGGED] = "no request of the session's placed the order",
        [COMPARE_NO_LATENCY] = "no answer told when the request took effect",
        [COMPARE_ARRIVAL] = "it filled before its answer says that it was there",
        [COMPARE_POST_ONLY] = "post-only: in one of them it would have crossed",
        [COMPARE_TOOK] = "it took liquidity in one of them",
        [COMPARE_RACE] = "a request of its own took effect at about the same time",
        [COMPARE_NO_TRADE] = "the tape has no trade at its price or beyond it then",
        [COMPARE_OVERTAKEN] = "the feed was late, or in another order than its stamps",
        [COMPARE_QUEUE] = "the queue ahead was longer or shorter",
        [COMPARE_BEST_CROSSED] = "the other side's best reached its price",
        [COMPARE_TRADE_THROUGH] = "a trade went beyond its price"};
    return texts[reason];
}
