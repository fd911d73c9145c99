// A scripted exchange for tests: what happens in it is queued beforehand or follows from requests.
//
// Requests arrive after entry_ns, reports come back after response_ns; each can be made to vary,
// get lost or be refused; reports never overtake one another. Orders rest until they are cancelled
// or a queued fill reaches them: prices never match by themselves. Everything sent is kept in
// `sent`.
#ifndef MM_TESTS_UNIT_FAKE_VENUE_H
#define MM_TESTS_UNIT_FAKE_VENUE_H

#include "base/check.h"
#include "base/random.h"
#include "venue/venue.h"

#include <string.h>

enum { FAKE_EVENTS_MAX = 4096, FAKE_SENT_MAX = 16384, FAKE_ORDERS_MAX = 16384, FAKE_ROWS_MAX = 8 };

enum fake_kind { FAKE_MARKET, FAKE_REPORT, FAKE_ARRIVAL, FAKE_FILL };

struct fake_event {
    int64_t ts_ns;
    uint64_t number; // ties keep the order in which they were queued
    enum fake_kind kind;
    struct market_batch batch;
    struct row rows[FAKE_ROWS_MAX];
    struct venue_report report;
    struct venue_request request;
    uint64_t fill_order_id; // 0 = the newest that rests on fill_side
    enum side fill_side;
    int64_t fill_lots;
};

struct fake_order {
    uint64_t id;
    enum side side;
    int64_t price_ticks, qty_lots, leaves_lots; // leaves 0 = ended
};

struct fake_sent {
    int64_t ts_ns;
    struct venue_request request;
};

struct fake_venue {
    struct venue venue;
    struct fake_event events[FAKE_EVENTS_MAX];
    uint32_t event_count;
    uint64_t event_number;
    struct fake_event current;
    struct fake_order orders[FAKE_ORDERS_MAX];
    uint32_t order_count;
    struct fake_sent sent[FAKE_SENT_MAX];
    uint32_t sent_count;
    int64_t entry_ns, response_ns;
    bool is_silent;               // answers never come, fills do
    enum venue_reject reject;     // of everything that arrives
    bool ends;                    // the market is over when nothing is queued
    int64_t awake_ns;             // it says VENUE_TIME so often; 0 = only when it must
    struct random_stream *jitter; // NULL = constant delays; else up to three times them
    double lost_share;            // of requests, and of answers
    int64_t last_report_ns;
    int64_t filled_lots[2]; // by side, at the exchange
    int64_t best_ticks[2], best_lots[2];
};

static inline struct fake_event *fake_queue(struct fake_venue *fake, enum fake_kind kind,
                                            int64_t ts_ns)
{
    MM_ASSERT(fake->event_count < FAKE_EVENTS_MAX);
    struct fake_event *event = &fake->events[fake->event_count++];
    memset(event, 0, sizeof *event);
    event->ts_ns = ts_ns;
    event->number = fake->event_number++;
    event->kind = kind;
    return event;
}

static inline int64_t fake_delay(struct fake_venue *fake, int64_t delay_ns)
{
    return fake->jitter == NULL
               ? delay_ns
               : delay_ns + (int64_t)random_below(fake->jitter, 2 * (uint64_t)delay_ns + 1);
}

static inline bool fake_is_lost(struct fake_venue *fake)
{
    return fake->jitter != NULL && random_uniform(fake->jitter) < fake->lost_share;
}

// The book's best levels become these; 0 lots empties a side.
static inline void fake_market(struct fake_venue *fake, int64_t ts_ns, int64_t bid_ticks,
                               int64_t bid_lots, int64_t ask_ticks, int64_t ask_lots)
{
    struct fake_event *event = fake_queue(fake, FAKE_MARKET, ts_ns);
    const int64_t ticks[2] = {bid_ticks, ask_ticks};
    const int64_t lots[2] = {bid_lots, ask_lots};
    for (int side = 0; side < 2; side++) {
        if (fake->best_lots[side] > 0) {
            event->rows[event->batch.count++].key =
                geometry_key(fake->venue.geometry, (enum side)side, fake->best_ticks[side]);
        }
        fake->best_ticks[side] = ticks[side];
        fake->best_lots[side] = lots[side];
    }
    for (int side = 0; side < 2; side++) {
        if (lots[side] > 0) {
            event->rows[event->batch.count++] =
                (struct row){geometry_key(fake->venue.geometry, (enum side)side, ticks[side]),
                             (uint32_t)lots[side]};
        }
    }
    event->batch.kind = EVENT_DEPTH;
}

// One more level, or a change of one.
static inline void fake_level(struct fake_venue *fake, int64_t ts_ns, enum side side,
                              int64_t price_ticks, int64_t lots)
{
    struct fake_event *event = fake_queue(fake, FAKE_MARKET, ts_ns);
    event->batch.kind = EVENT_DEPTH;
    event->batch.count = 1;
    event->rows[0] =
        (struct row){geometry_key(fake->venue.geometry, side, price_ticks), (uint32_t)lots};
}

// A trade that took from this side of the book.
static inline void fake_trade(struct fake_venue *fake, int64_t ts_ns, enum side side,
                              int64_t price_ticks, int64_t lots)
{
    fake_level(fake, ts_ns, side, price_ticks, lots);
    fake->events[fake->event_count - 1].batch.kind = EVENT_TRADE;
}

// A batch without rows.
static inline void fake_notice(struct fake_venue *fake, int64_t ts_ns, enum event_kind kind)
{
    fake_queue(fake, FAKE_MARKET, ts_ns)->batch.kind = kind;
}

static inline void fake_fill(struct fake_venue *fake, int64_t ts_ns, enum side side, int64_t lots)
{
    struct fake_event *event = fake_queue(fake, FAKE_FILL, ts_ns);
    event->fill_side = side;
    event->fill_lots = lots;
}

static inline struct fake_order *fake_order_of(struct fake_venue *fake, uint64_t id)
{
    for (uint32_t i = 0; i < fake->order_count; i++) {
        if (fake->orders[i].id == id && fake->orders[i].leaves_lots > 0) {
            return &fake->orders[i];
        }
    }
    return NULL;
}

static inline struct fake_order *fake_newest(struct fake_venue *fake, enum side side)
{
    for (uint32_t i = fake->order_count; i > 0; i--) {
        if (fake->orders[i - 1].side == side && fake->orders[i - 1].leaves_lots > 0) {
            return &fake->orders[i - 1];
        }
    }
    return NULL;
}

static inline struct venue_report *fake_report(struct fake_venue *fake, int64_t ts_ns,
                                               enum venue_report_kind kind,
                                               const struct fake_order *order)
{
    int64_t at_ns = ts_ns + fake_delay(fake, fake->response_ns);
    at_ns = at_ns > fake->last_report_ns ? at_ns : fake->last_report_ns;
    fake->last_report_ns = at_ns;
    struct venue_report *report = &fake_queue(fake, FAKE_REPORT, at_ns)->report;
    report->kind = kind;
    report->side = order->side;
    report->order_id = order->id;
    report->exch_ts_ns = ts_ns;
    report->local_ts_ns = at_ns;
    report->price_ticks = order->price_ticks;
    report->qty_lots = order->qty_lots;
    report->leaves_qty_lots = order->leaves_lots;
    return report;
}

static inline void fake_answer(struct fake_venue *fake, int64_t ts_ns, enum venue_report_kind kind,
                               enum venue_op answers, enum venue_reject reject,
                               const struct fake_order *order)
{
    if (fake->is_silent || fake_is_lost(fake)) {
        return;
    }
    struct venue_report *report = fake_report(fake, ts_ns, kind, order);
    report->answers = answers;
    report->reject = reject;
}

static inline void fake_execute(struct fake_venue *fake, const struct fake_event *event)
{
    struct fake_order *order = event->fill_order_id != 0 ? fake_order_of(fake, event->fill_order_id)
                                                         : fake_newest(fake, event->fill_side);
    if (order == NULL) {
        return;
    }
    int64_t lots = event->fill_lots < order->leaves_lots ? event->fill_lots : order->leaves_lots;
    order->leaves_lots -= lots;
    fake->filled_lots[order->side] += lots;
    struct venue_report *report = fake_report(fake, event->ts_ns, REPORT_FILLED, order);
    report->exec_price_ticks = order->price_ticks;
    report->exec_qty_lots = lots;
    report->maker = true;
    report->provenance.rule = FILL_QUEUE;
}

static inline void fake_arrive(struct fake_venue *fake, const struct fake_event *event)
{
    const struct venue_request *request = &event->request;
    int64_t ts_ns = event->ts_ns;
    struct fake_order named = {.id = request->order_id, .side = request->side};
    if (fake_is_lost(fake)) {
        return;
    }
    if (fake->reject != VENUE_REJECT_NONE) {
        fake_answer(fake, ts_ns, REPORT_REJECTED, request->op, fake->reject, &named);
        return;
    }
    if (request->op == VENUE_PLACE) {
        MM_ASSERT(fake->order_count < FAKE_ORDERS_MAX);
        struct fake_order *order = &fake->orders[fake->order_count++];
        *order = (struct fake_order){request->order_id, request->side, request->price_ticks,
                                     request->qty_lots, request->qty_lots};
        fake_answer(fake, ts_ns, REPORT_PLACED, VENUE_PLACE, VENUE_REJECT_NONE, order);
        return;
    }
    struct fake_order *order = fake_order_of(fake, request->order_id);
    if (order == NULL) {
        fake_answer(fake, ts_ns, REPORT_REJECTED, request->op, VENUE_REJECT_UNKNOWN_ORDER, &named);
    } else if (request->op == VENUE_AMEND) {
        order->price_ticks = request->price_ticks;
        order->qty_lots = request->qty_lots;
        order->leaves_lots = request->qty_lots;
        fake_answer(fake, ts_ns, REPORT_AMENDED, VENUE_AMEND, VENUE_REJECT_NONE, order);
    } else {
        fake_answer(fake, ts_ns, REPORT_CANCELED, VENUE_CANCEL, VENUE_REJECT_NONE, order);
        order->leaves_lots = 0;
    }
}

// Takes the earliest event at or before `until_ns` out of the queue.
static inline bool fake_pop(struct fake_venue *fake, int64_t until_ns)
{
    uint32_t first = fake->event_count;
    for (uint32_t i = 0; i < fake->event_count; i++) {
        const struct fake_event *event = &fake->events[i];
        const struct fake_event *best = &fake->events[first];
        if (event->ts_ns <= until_ns &&
            (first == fake->event_count || event->ts_ns < best->ts_ns ||
             (event->ts_ns == best->ts_ns && event->number < best->number))) {
            first = i;
        }
    }
    if (first == fake->event_count) {
        return false;
    }
    fake->current = fake->events[first];
    fake->events[first] = fake->events[--fake->event_count];
    return true;
}

static inline int fake_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct fake_venue *fake = (struct fake_venue *)venue;
    *out = (struct venue_event){.kind = VENUE_TIME};
    if (fake->awake_ns > 0 && until_ns - venue->now_ns > fake->awake_ns) {
        until_ns = venue->now_ns + fake->awake_ns;
    }
    while (out->kind == VENUE_TIME && fake_pop(fake, until_ns)) {
        struct fake_event *event = &fake->current;
        if (event->ts_ns > venue->now_ns) {
            venue->now_ns = event->ts_ns;
        }
        switch (event->kind) {
        case FAKE_ARRIVAL:
            fake_arrive(fake, event);
            break;
        case FAKE_FILL:
            fake_execute(fake, event);
            break;
        case FAKE_REPORT:
            out->kind = VENUE_REPORT;
            out->report = &event->report;
            break;
        case FAKE_MARKET:
            event->batch.rows = event->rows;
            event->batch.local_ts_ns = event->ts_ns;
            event->batch.exch_ts_ns = event->ts_ns - fake->response_ns;
            out->kind = VENUE_MARKET;
            out->batch = &event->batch;
            break;
        }
    }
    if (out->kind == VENUE_TIME && fake->ends && fake->event_count == 0) {
        out->kind = VENUE_END;
    } else if (out->kind == VENUE_TIME) {
        venue->now_ns = until_ns;
    }
    out->now_ns = venue->now_ns;
    return MM_OK;
}

static inline int fake_send(struct venue *venue, const struct venue_request *request)
{
    struct fake_venue *fake = (struct fake_venue *)venue;
    MM_ASSERT(fake->sent_count < FAKE_SENT_MAX);
    fake->sent[fake->sent_count++] = (struct fake_sent){venue->now_ns, *request};
    fake_queue(fake, FAKE_ARRIVAL, venue->now_ns + fake_delay(fake, fake->entry_ns))->request =
        *request;
    return MM_OK;
}

static inline void fake_destroy(struct venue *venue)
{
    (void)venue;
}

static const struct venue_ops fake_venue_ops = {
    .name = "fake", .next = fake_next, .send = fake_send, .destroy = fake_destroy};

// A linear instrument with ticks and lots of one.
static inline void fake_venue_init(struct fake_venue *fake)
{
    memset(fake, 0, sizeof *fake);
    fake->venue.ops = &fake_venue_ops;
    fake->venue.instrument = (struct instrument){
        .tick = {1, 0}, .lot = {1, 0}, .contract_size = {1, 0}, .contract = CONTRACT_LINEAR};
    int rc = instrument_prepare(&fake->venue.instrument);
    MM_ASSERT(rc == MM_OK);
    fake->venue.geometry = (struct book_geometry){.base_ticks = 0, .span = 1 << 18};
    fake->venue.end_ns = INT64_MAX;
    fake->entry_ns = 5000000;
    fake->response_ns = 5000000;
}

#endif
