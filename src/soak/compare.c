#include "soak/compare.h"

#include "base/check.h"
#include "base/integers.h"
#include "base/memory.h"
#include "soak/compare_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 256, STOP_CHECK_STEPS = 1024 };

// What happens at one instant, in this order. A request comes after the data, as in a replay,
// unless it was filled in the same instant.
enum phase { PHASE_LIFE, PHASE_REQUEST_FIRST, PHASE_DATA, PHASE_REQUEST, PHASE_LOOK };

struct step {
    int64_t ts_ns;
    enum phase phase;
    uint32_t index; // of the request or the report
};

// A live session's own order as the recorded book holds it.
struct own_order {
    uint32_t order, key;
    int64_t lots;
};

// A fill of the replay that is valued once everything of its stamp has been recorded.
struct pending_fill {
    enum side side;
    int64_t price_ticks, lots;
};

struct walk {
    const struct session *session;
    const struct tape *tape;
    struct exchange *exchange;           // owned
    const struct tape_message *at, *end; // next message of the tape
    struct compare_walked *orders;       // owned, as the session's
    struct step *steps;                  // owned
    size_t step_count;
    struct row *rows; // owned: of one message, without own orders
    struct own_order own[OWN_MAX];
    uint32_t own_count;
    int64_t tolerance_ns;
    struct compare_totals session_totals, replay_totals;
    struct pending_fill *pending; // owned, EXCHANGE_REPORTS_MAX
    uint32_t pending_count;
    int64_t pending_ns; // their stamp
};

// ---- totals ----

// The recorded mid, with everything of the present stamp in it. Where a side is empty there is
// none, and the fill's own price stands for it.
static int64_t mid_half_ticks(const struct walk *walk)
{
    const struct book *book = &walk->exchange->book;
    int64_t mid = 0;
    for (int side = 0; side < 2; side++) {
        uint32_t index = book->best[side];
        while (index > 0 && book_lots(book, (enum side)side, index) == 0) {
            index--; // own orders that were taken off
        }
        if (index == 0) {
            return 0;
        }
        mid += geometry_ticks(book->geometry, (enum side)side, index);
    }
    return mid;
}

// instrument_value_e9 without its rounding and its limits: for presentation.
static double value_e9(const struct instrument *instrument, int64_t qty_lots, int64_t half_ticks)
{
    double qty = (double)qty_lots, price = (double)half_ticks;
    double num = (double)instrument->value_num, den = (double)instrument->value_den;
    return instrument->contract == CONTRACT_INVERSE ? -qty * num / (price * den)
                                                    : qty * price * num / den;
}

static void add_to_totals(const struct walk *walk, struct compare_totals *totals, enum side side,
                          int64_t price_ticks, int64_t lots)
{
    const struct instrument *instrument = &walk->tape->instrument;
    int64_t mid = mid_half_ticks(walk), signed_lots = side_sign(side) * lots;
    totals->fills++;
    totals->lots += lots;
    totals->notional_e9 += fabs(value_e9(instrument, lots, 2 * price_ticks));
    if (mid > 0) {
        totals->gross_e9 += value_e9(instrument, signed_lots, mid) -
                            value_e9(instrument, signed_lots, 2 * price_ticks);
    }
}

static void value_pending(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->pending_count; i++) {
        const struct pending_fill *fill = &walk->pending[i];
        add_to_totals(walk, &walk->replay_totals, fill->side, fill->price_ticks, fill->lots);
    }
    walk->pending_count = 0;
}

static void add_pending(struct walk *walk, const struct venue_report *report)
{
    if (walk->pending_count == EXCHANGE_REPORTS_MAX || report->exch_ts_ns != walk->pending_ns) {
        value_pending(walk);
    }
    walk->pending_ns = report->exch_ts_ns;
    walk->pending[walk->pending_count++] =
        (struct pending_fill){report->side, report->exec_price_ticks, report->exec_qty_lots};
}

static void add_fill(struct compare_fills *fills, int64_t ts_ns, int64_t price_ticks, int64_t lots,
                     bool took, enum fill_rule rule)
{
    fills->first_ns = fills->count == 0 ? ts_ns : fills->first_ns;
    fills->last_ns = ts_ns;
    fills->count++;
    fills->lots += lots;
    fills->price_lots += (double)price_ticks * (double)lots;
    fills->took |= took;
    fills->rule = rule;
}

// ---- the replay ----

static int64_t ahead_in_replay(const struct walk *walk, uint32_t order)
{
    const struct exchange *exchange = walk->exchange;
    for (uint32_t i = 0; i < exchange->count; i++) {
        const struct exchange_order *resting = &exchange->orders[exchange->slots[i]];
        if (resting->order_id == (uint64_t)order + 1) {
            return queue_ahead_lots(&resting->queue, exchange->lot);
        }
    }
    return -1;
}

// What one had and the other had not is no difference when the other has it soon.
static void forgive(const struct walk *walk, struct compare_sight *sight, bool has_caught_up,
                    int64_t now_ns)
{
    if (sight->has && has_caught_up && now_ns - sight->at_ns <= walk->tolerance_ns) {
        sight->has = false;
    }
}

static void fill_in_replay(struct walk *walk, uint32_t index, const struct venue_report *report)
{
    struct compare_walked *order = &walk->orders[index];
    add_fill(&order->replay_fills, report->exch_ts_ns, report->exec_price_ticks,
             report->exec_qty_lots, !report->maker, report->provenance.rule);
    add_pending(walk, report);
    forgive(walk, &order->missing, order->replay_fills.lots >= order->session_fills.lots,
            report->exch_ts_ns);
    if (!order->surplus.has && order->replay_fills.lots > order->session_fills.lots) {
        order->surplus = (struct compare_sight){
            .has = true,
            .at_ns = report->exch_ts_ns,
            .other = order->session,
            .own = order->replay,
            .took = !report->maker,
            .rule = report->provenance.rule,
            .ahead_at_arrival_lots = report->maker ? report->provenance.ahead_at_arrival_lots : -1,
            .ahead_lots = report->maker ? report->provenance.ahead_at_fill_lots : -1,
            .session_ahead_lots = -1};
    }
    order->replay.leaves_lots = report->leaves_qty_lots;
    if (report->leaves_qty_lots == 0) {
        order->replay.state = COMPARE_FILLED;
        order->replay.ended_ns = report->exch_ts_ns;
    }
}

// `assumed`: of the request that is answered, if one is.
static void take_replay_report(struct walk *walk, const struct venue_report *report, bool assumed)
{
    uint32_t index = (uint32_t)(report->order_id - 1);
    struct compare_walked *order = &walk->orders[index];
    struct compare_stand *stand = &order->replay;
    bool moved = stand->state != COMPARE_RESTING || stand->price_ticks != report->price_ticks;
    switch (report->kind) {
    case REPORT_PLACED:
    case REPORT_AMENDED:
        stand->since_ns = moved ? report->exch_ts_ns : stand->since_ns;
        stand->state = COMPARE_RESTING;
        stand->price_ticks = report->price_ticks;
        stand->leaves_lots = report->leaves_qty_lots;
        stand->is_assumed = assumed;
        order->ahead_at_arrival_lots = report->provenance.ahead_at_arrival_lots;
        return;
    case REPORT_FILLED:
        fill_in_replay(walk, index, report);
        return;
    case REPORT_CANCELED:
    case REPORT_EXPIRED:
        stand->state = report->kind == REPORT_CANCELED ? COMPARE_ENDED : COMPARE_REFUSED;
        stand->ended_ns = stand->since_ns = report->exch_ts_ns;
        stand->is_assumed = assumed;
        return;
    case REPORT_REJECTED:
    case REPORT_LOST:
    case REPORT_FUNDING: // of no order
        return;
    }
}

static void take_replay_reports(struct walk *walk, bool assumed)
{
    struct exchange *exchange = walk->exchange;
    for (uint32_t i = 0; i < exchange->report_count; i++) {
        take_replay_report(walk, &exchange->reports[i], assumed);
    }
    exchange->report_count = 0;
}

static int request_in_replay(struct walk *walk, const struct session_request *request)
{
    const struct session_order *order = &walk->session->orders[request->order];
    struct venue_request sent = {.op = request->op,
                                 .side = order->side,
                                 .type = ORDER_LIMIT,
                                 .tif = order->tif,
                                 .order_id = (uint64_t)request->order + 1,
                                 .price_ticks = request->price_ticks,
                                 .qty_lots = request->qty_lots};
    if (request->whole_lots > 0) { // the exchange counts what it has executed
        sent.qty_lots = request->whole_lots - walk->orders[request->order].replay_fills.lots;
        sent.op = sent.qty_lots > 0 ? sent.op : VENUE_CANCEL;
    }
    if (request->op != VENUE_CANCEL) {
        walk->orders[request->order].asked_price_ticks = request->price_ticks;
    }
    int code = exchange_request(walk->exchange, &sent, request->sent_ns, request->exch_ts_ns);
    take_replay_reports(walk, request->is_assumed);
    return code;
}

// ---- a live session's own orders in the recorded book ----

static void forget_own(struct walk *walk, uint32_t order)
{
    for (uint32_t i = 0; i < walk->own_count; i++) {
        if (walk->own[i].order == order) {
            walk->own[i] = walk->own[--walk->own_count];
            return;
        }
    }
}

static void follow_own(struct walk *walk, uint32_t order)
{
    const struct compare_stand *stand = &walk->orders[order].session;
    struct book_geometry geometry = walk->tape->geometry;
    forget_own(walk, order);
    if (walk->session->is_live && stand->state == COMPARE_RESTING && walk->own_count < OWN_MAX &&
        geometry_holds(geometry, stand->price_ticks)) {
        walk->own[walk->own_count++] = (struct own_order){
            order, geometry_key(geometry, walk->session->orders[order].side, stand->price_ticks),
            stand->leaves_lots};
    }
}

static uint32_t lots_of_others(const struct walk *walk, struct row row)
{
    int64_t lots = row.lots;
    for (uint32_t i = 0; i < walk->own_count; i++) {
        lots -= walk->own[i].key == row.key ? walk->own[i].lots : 0;
    }
    return (uint32_t)int64_larger(lots, 0);
}

// One message, whose levels are shown to the exchange without own orders.
static void apply_without_own(struct walk *walk)
{
    struct exchange *exchange = walk->exchange;
    struct tape_message message = *walk->at++;
    enum event_kind kind = tape_message_kind(&message);
    uint32_t count = tape_message_count(&message);
    exchange->rows = walk->tape->rows;
    if (walk->own_count > 0 && (kind == EVENT_DEPTH || kind == EVENT_SNAPSHOT)) {
        for (uint32_t i = 0; i < count; i++) {
            struct row row = walk->tape->rows[message.first_row + i];
            row.lots = row.key != ROW_WIDE ? lots_of_others(walk, row) : row.lots;
            walk->rows[i] = row;
        }
        message.first_row = 0;
        exchange->rows = walk->rows;
    }
    (void)exchange_run(exchange, &message, &message + 1, INT64_MAX);
}

static void run_data(struct walk *walk, int64_t until_ns)
{
    while (walk->at < walk->end && walk->at->ts_ns < until_ns) {
        if (walk->at->ts_ns > walk->pending_ns) {
            value_pending(walk);
        }
        if (walk->session->is_live) {
            apply_without_own(walk);
        } else {
            walk->at = exchange_run(walk->exchange, walk->at, walk->end, until_ns);
        }
        take_replay_reports(walk, false);
    }
    if (until_ns > walk->pending_ns) {
        value_pending(walk);
    }
}

// ---- the session ----

// Where the order stands at the session's exchange from this report on.
static void live_on(struct walk *walk, const struct session_report *report)
{
    struct compare_walked *order = &walk->orders[report->order];
    struct compare_stand *stand = &order->session;
    if (stand->ended_ns != 0) {
        return;
    }
    switch (report->kind) {
    case REPORT_PLACED:
    case REPORT_AMENDED:
        if (stand->state != COMPARE_RESTING || stand->price_ticks != report->price_ticks) {
            stand->since_ns = report->exch_ts_ns;
        }
        stand->state = COMPARE_RESTING;
        stand->price_ticks = report->price_ticks;
        stand->leaves_lots = report->leaves_qty_lots;
        break;
    case REPORT_FILLED:
        stand->leaves_lots = report->leaves_qty_lots;
        if (report->leaves_qty_lots == 0) {
            stand->state = COMPARE_FILLED;
            stand->ended_ns = report->exch_ts_ns;
        }
        break;
    case REPORT_CANCELED:
    case REPORT_EXPIRED:
        order->was_refused |= report->kind == REPORT_EXPIRED;
        order->gone_ns = report->exch_ts_ns;
        stand->state = report->kind == REPORT_EXPIRED ? COMPARE_REFUSED : COMPARE_ENDED;
        stand->ended_ns = stand->since_ns = report->exch_ts_ns;
        break;
    case REPORT_REJECTED:
    case REPORT_LOST:
    case REPORT_FUNDING: // of no order
        return;
    }
    follow_own(walk, (uint32_t)report->order);
}

// A fill of the session, once the replay has come to the same instant.
static void look_at_fill(struct walk *walk, const struct session_report *report)
{
    uint32_t index = (uint32_t)report->order;
    struct compare_walked *order = &walk->orders[index];
    add_fill(&order->session_fills, report->exch_ts_ns, report->price_ticks, report->qty_lots,
             !report->maker, report->rule);
    add_to_totals(walk, &walk->session_totals, walk->session->orders[index].side,
                  report->price_ticks, report->qty_lots);
    forgive(walk, &order->surplus, order->session_fills.lots >= order->replay_fills.lots,
            report->exch_ts_ns);
    if (order->missing.has || order->session_fills.lots <= order->replay_fills.lots) {
        return;
    }
    order->missing = (struct compare_sight){.has = true,
                                            .at_ns = report->exch_ts_ns,
                                            .other = order->replay,
                                            .own = order->session,
                                            .took = !report->maker,
                                            .rule = report->rule,
                                            .ahead_at_arrival_lots = order->ahead_at_arrival_lots,
                                            .ahead_lots = ahead_in_replay(walk, index),
                                            .session_ahead_lots = report->ahead_at_arrival_lots};
}

// ---- the walk ----

static int by_time(const void *a, const void *b)
{
    const struct step *left = a, *right = b;
    if (left->ts_ns != right->ts_ns) {
        return left->ts_ns < right->ts_ns ? -1 : 1;
    }
    if (left->phase != right->phase) {
        return left->phase < right->phase ? -1 : 1;
    }
    return left->index < right->index ? -1 : left->index > right->index;
}

// Which requests made a price that filled at the stamp at which they took effect: they were there
// before what filled them. Of a live session, whose stamps are whole milliseconds. To be freed.
static bool *find_filled_at_once(const struct session *session)
{
    bool *at_once = mm_alloc(session->request_count + 1, sizeof *at_once);
    size_t *newest = mm_alloc(session->order_count + 1, sizeof *newest); // of the order, from 1
    size_t *before = mm_alloc(session->request_count + 1, sizeof *before);
    for (size_t i = 0; i < session->request_count; i++) {
        before[i] = newest[session->requests[i].order];
        newest[session->requests[i].order] = i + 1;
    }
    for (size_t i = 0; i < session->report_count && session->is_live; i++) {
        const struct session_report *fill = &session->reports[i];
        bool is_ours = fill->kind == REPORT_FILLED && fill->order != SESSION_NO_ORDER;
        size_t at = is_ours ? newest[fill->order] : 0;
        // An order's requests are in the order of their stamps.
        while (at != 0 && session->requests[at - 1].exch_ts_ns >= fill->exch_ts_ns) {
            const struct session_request *request = &session->requests[at - 1];
            at_once[at - 1] |= request->exch_ts_ns == fill->exch_ts_ns &&
                               request->price_ticks == fill->price_ticks;
            at = before[at - 1];
        }
    }
    free(newest);
    free(before);
    return at_once;
}

static void list_steps(struct walk *walk)
{
    const struct session *session = walk->session;
    bool *at_once = find_filled_at_once(session);
    walk->steps =
        mm_alloc(session->request_count + 2 * session->report_count + 1, sizeof *walk->steps);
    for (size_t i = 0; i < session->request_count; i++) {
        walk->steps[walk->step_count++] =
            (struct step){session->requests[i].exch_ts_ns,
                          at_once[i] ? PHASE_REQUEST_FIRST : PHASE_REQUEST, (uint32_t)i};
        walk->orders[session->requests[i].order].place_is_assumed |=
            session->requests[i].op == VENUE_PLACE && session->requests[i].is_assumed;
    }
    for (size_t i = 0; i < session->report_count; i++) {
        const struct session_report *report = &session->reports[i];
        if (report->order == SESSION_NO_ORDER || report->exch_ts_ns == 0) {
            continue;
        }
        walk->steps[walk->step_count++] =
            (struct step){report->exch_ts_ns, PHASE_LIFE, (uint32_t)i};
        if (report->kind == REPORT_FILLED) {
            walk->steps[walk->step_count++] =
                (struct step){report->exch_ts_ns, PHASE_LOOK, (uint32_t)i};
        }
    }
    free(at_once);
    qsort(walk->steps, walk->step_count, sizeof *walk->steps, by_time);
}

static int take_step(struct walk *walk, const struct step *step)
{
    run_data(walk, step->ts_ns + (step->phase > PHASE_DATA));
    switch (step->phase) {
    case PHASE_LIFE:
        live_on(walk, &walk->session->reports[step->index]);
        return MM_OK;
    case PHASE_LOOK:
        look_at_fill(walk, &walk->session->reports[step->index]);
        return MM_OK;
    case PHASE_REQUEST_FIRST:
    case PHASE_REQUEST:
        return request_in_replay(walk, &walk->session->requests[step->index]);
    case PHASE_DATA:
        break;
    }
    return MM_OK;
}

static int walk_through(struct walk *walk, const volatile sig_atomic_t *stop)
{
    int code = MM_OK;
    for (size_t i = 0; i < walk->step_count && code == MM_OK; i++) {
        if (i % STOP_CHECK_STEPS == 0 && stop != NULL && *stop != 0) {
            return mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
        }
        code = take_step(walk, &walk->steps[i]);
    }
    value_pending(walk);
    return code;
}

static uint32_t longest_message(const struct tape *tape)
{
    uint32_t longest = 1;
    for (uint64_t i = 0; i < tape->message_count; i++) {
        uint32_t count = tape_message_count(&tape->messages[TAPE_EXCH][i]);
        longest = count > longest ? count : longest;
    }
    return longest;
}

static int walk_init(struct walk *walk, const struct session *session, const struct tape *tape,
                     const struct compare_options *options)
{
    struct fill_rules rules = fill_rules_of[FILLS_STRICT];
    rules.remember_taken &= !session->forget_taken;
    *walk = (struct walk){.session = session,
                          .tape = tape,
                          .exchange = mm_alloc(1, sizeof *walk->exchange),
                          .at = tape->messages[TAPE_EXCH],
                          .end = tape->messages[TAPE_EXCH] + tape->message_count,
                          .orders = mm_alloc(session->order_count + 1, sizeof *walk->orders),
                          .tolerance_ns = options->tolerance_ns,
                          .pending = mm_alloc(EXCHANGE_REPORTS_MAX, sizeof *walk->pending),
                          .rows = mm_alloc(longest_message(tape), sizeof *walk->rows)};
    list_steps(walk);
    return exchange_init(walk->exchange, tape, &options->queue_model, &rules);
}

static void walk_fini(struct walk *walk)
{
    exchange_fini(walk->exchange);
    free(walk->exchange);
    free(walk->orders);
    free(walk->pending);
    free(walk->rows);
    free(walk->steps);
}

// ---- what is found ----

static void find_shifts(struct comparison *out)
{
    int64_t *shifts = mm_alloc(out->order_count + 1, sizeof *shifts);
    size_t count = 0;
    for (size_t i = 0; i < out->order_count; i++) {
        const struct compare_order *order = &out->orders[i];
        if (order->session.lots > 0 && order->replay.lots > 0) {
            shifts[count++] = llabs(order->shift_ns);
        }
    }
    qsort(shifts, count, sizeof *shifts, int64_compare);
    if (count > 0) {
        out->shift_p50_ns = shifts[count / 2];
        out->shift_p95_ns = shifts[count * 95 / 100];
    }
    free(shifts);
}

static void count_order(struct comparison *out, const struct compare_order *order)
{
    struct compare_count *counts[2] = {&out->kinds[order->kind], &out->reasons[order->reason]};
    for (int i = 0; i < 2; i++) {
        counts[i]->orders++;
        counts[i]->session_lots += order->session.lots;
        counts[i]->replay_lots += order->replay.lots;
    }
    out->session.orders += order->session.lots > 0;
    out->replay.orders += order->replay.lots > 0;
    out->matched_lots += int64_smaller(order->session.lots, order->replay.lots);
}

// Fills under ids that the session has not placed: of strangers, or of an earlier run.
static void count_unlogged(const struct session *session, struct comparison *out)
{
    for (size_t i = 0; i < session->report_count; i++) {
        const struct session_report *report = &session->reports[i];
        if (report->order == SESSION_NO_ORDER && report->kind == REPORT_FILLED) {
            out->reasons[COMPARE_UNLOGGED].orders++;
            out->reasons[COMPARE_UNLOGGED].session_lots += report->qty_lots;
        }
    }
}

static void collect(const struct walk *walk, const struct compare_options *options,
                    struct comparison *out)
{
    const struct session *session = walk->session;
    struct compare_judge judge;
    compare_judge_init(&judge, session, walk->tape, options->tolerance_ns);
    out->session = walk->session_totals;
    out->replay = walk->replay_totals;
    out->orders = mm_alloc(session->order_count + 1, sizeof *out->orders);
    for (size_t i = 0; i < session->order_count; i++) {
        const struct compare_walked *walked = &walk->orders[i];
        struct compare_order order = {.id = session->orders[i].id, .side = session->orders[i].side};
        if (walked->session_fills.count > 0 || walked->replay_fills.count > 0) {
            compare_judge_order(&judge, &session->orders[i], walked, &order);
            out->orders[out->order_count++] = order;
        }
        count_order(out, &order);
    }
    compare_judge_fini(&judge);
    count_unlogged(session, out);
    find_shifts(out);
}

static void describe(const struct session *session, const struct tape *tape,
                     const struct walk *walk, struct comparison *out)
{
    const struct tape_message *messages = tape->messages[TAPE_EXCH];
    *out = (struct comparison){.sent_orders = session->order_count,
                               .requests = session->request_count,
                               .tape_from_ns = messages[0].ts_ns,
                               .tape_to_ns = messages[tape->message_count - 1].ts_ns,
                               .tape_gaps = tape->facts.gap_count};
    if (walk->step_count > 0) {
        out->session_from_ns = walk->steps[0].ts_ns;
        out->session_to_ns = walk->steps[walk->step_count - 1].ts_ns;
    }
    for (size_t i = 0; i < session->request_count; i++) {
        out->assumed_requests += session->requests[i].is_assumed;
    }
}

static int check_instrument(const struct session *session, const struct tape *tape)
{
    const struct instrument *own = &session->instrument, *other = &tape->instrument;
    bool same_steps =
        own->tick.mantissa == other->tick.mantissa && own->tick.exponent == other->tick.exponent &&
        own->lot.mantissa == other->lot.mantissa && own->lot.exponent == other->lot.exponent;
    if (strcmp(own->symbol, other->symbol) != 0 || !same_steps) {
        return mm_fail(MM_ERROR_USAGE,
                       "the tape is of %s%s, the session traded %s: name the recording of the "
                       "session with --tape",
                       other->symbol, same_steps ? "" : " with other steps of price or quantity",
                       own->symbol);
    }
    return MM_OK;
}

static int check_cover(const struct comparison *comparison)
{
    int64_t late_ns = comparison->tape_from_ns - comparison->session_to_ns;
    int64_t early_ns = comparison->session_from_ns - comparison->tape_to_ns;
    if ((late_ns <= 0 && early_ns <= 0) || comparison->requests == 0) {
        return MM_OK;
    }
    bool begins_late = late_ns > 0;
    return mm_fail(MM_ERROR_INPUT,
                   "the recording covers nothing of the session: it %s %.3f s %s; name the "
                   "session's own recording with --tape",
                   begins_late ? "begins" : "ends",
                   (double)(begins_late ? late_ns : early_ns) / 1e9,
                   begins_late ? "after the session's end" : "before its start");
}

int compare_run(const struct session *session, const struct tape *tape,
                const struct compare_options *options, struct comparison *out)
{
    *out = (struct comparison){0};
    if (tape->message_count == 0) {
        return mm_fail(MM_ERROR_INPUT, "the tape has no messages to replay");
    }
    int code = check_instrument(session, tape);
    if (code != MM_OK) {
        return code;
    }
    struct walk walk;
    code = walk_init(&walk, session, tape, options);
    if (code == MM_OK) {
        describe(session, tape, &walk, out);
        code = check_cover(out);
    }
    if (code == MM_OK) {
        code = walk_through(&walk, options->stop);
    }
    if (code == MM_OK) {
        collect(&walk, options, out);
    }
    walk_fini(&walk);
    return code;
}

void comparison_fini(struct comparison *comparison)
{
    free(comparison->orders);
    *comparison = (struct comparison){0};
}

bool compare_match_share(const struct comparison *comparison, double *out)
{
    if (comparison->session.lots == 0) {
        return false;
    }
    *out = (double)comparison->matched_lots / (double)comparison->session.lots;
    return true;
}
