#include "engine/ladder_run.h"

#include "base/check.h"
#include "base/memory.h"
#include "market/book.h"

#include <stdlib.h>

struct own_order {
    struct ladder_row row;
    enum venue_op pending; // request not answered yet
};

struct run {
    struct venue *venue;
    const struct ladder_run_config *config;
    struct ladder_totals *totals;
    struct book book;      // as we see it
    double position;       // adds up as the reference's does
    bool feed_gap;         // heeded
    bool settled;          // the last look did nothing, and no report came since
    uint32_t looked_at[2]; // the bests it saw
    uint64_t next_order_id;
    uint32_t count, finished_count;
    struct own_order orders[LADDER_ORDERS_MAX]; // ascending id
    struct ladder_order view[LADDER_ORDERS_MAX];
    struct ladder_actions actions;
};

static bool is_finished(enum ladder_status status)
{
    return status >= LADDER_EXPIRED;
}

static struct own_order *find_order(struct run *run, uint64_t order_id)
{
    for (uint32_t i = 0; i < run->count; i++) {
        if (run->orders[i].row.order_id == order_id) {
            return &run->orders[i];
        }
    }
    return NULL;
}

static void book_fill(struct run *run, const struct venue_report *report)
{
    struct decimal lot = run->venue->instrument.lot;
    double qty = decimal_to_double(
        (struct decimal){mul_checked(report->exec_qty_lots, lot.mantissa), lot.exponent});
    run->position += report->side == SIDE_BUY ? qty : -qty;
    run->totals->position_lots += side_sign(report->side) * report->exec_qty_lots;
    run->totals->volume_lots += report->exec_qty_lots;
    run->totals->fill_count++;
    run->totals->maker_fill_count += report->maker;
}

// A refused request leaves the order as it was, unless it was the one that should have opened it.
static void take_refusal(struct run *run, struct own_order *order,
                         const struct venue_report *report)
{
    run->totals->refused_count++;
    if (report->request_ts_ns == order->row.request_ts_ns) {
        if (order->pending == VENUE_PLACE) {
            order->row.status = LADDER_EXPIRED;
            run->finished_count++;
        }
        order->pending = VENUE_NONE;
    }
}

static void take_report(struct run *run, const struct venue_report *report)
{
    run->settled = false;
    if (report->kind == REPORT_FILLED) {
        book_fill(run, report);
    }
    struct own_order *order = find_order(run, report->order_id);
    if (order == NULL || report->kind == REPORT_LOST) {
        return;
    }
    if (report->kind == REPORT_REJECTED) {
        take_refusal(run, order, report);
        return;
    }
    static const enum ladder_status statuses[] = {[REPORT_PLACED] = LADDER_RESTING,
                                                  [REPORT_AMENDED] = LADDER_RESTING,
                                                  [REPORT_CANCELED] = LADDER_CANCELED,
                                                  [REPORT_EXPIRED] = LADDER_EXPIRED,
                                                  [REPORT_FILLED] = LADDER_FILLED};
    bool in_part = report->kind == REPORT_FILLED && report->leaves_qty_lots > 0;
    if (!in_part || report->answers == order->pending) {
        order->pending = VENUE_NONE; // a cancel that is on its way still is after a part fill
    }
    order->row.status = in_part ? LADDER_RESTING : statuses[report->kind];
    order->row.exch_ts_ns = report->exch_ts_ns;
    order->row.leaves_lots = report->leaves_qty_lots;
    if (report->kind == REPORT_FILLED) {
        order->row.exec_lots += report->exec_qty_lots;
        order->row.exec_price_ticks = report->exec_price_ticks;
        order->row.maker = report->maker;
        order->row.provenance = report->provenance;
    }
    run->finished_count += is_finished(order->row.status);
}

// Hands out the orders that ended and forgets them.
static void report_finished(struct run *run, int64_t now_ns)
{
    if (run->finished_count == 0) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        struct own_order *order = &run->orders[i];
        if (!is_finished(order->row.status)) {
            run->orders[kept++] = *order;
            continue;
        }
        run->totals->expired_count += order->row.status == LADDER_EXPIRED;
        run->totals->canceled_count += order->row.status == LADDER_CANCELED;
        order->row.seen_ts_ns = now_ns;
        if (run->config->row != NULL) {
            run->config->row(run->config->context, &order->row);
        }
    }
    run->count = kept;
    run->finished_count = 0;
}

static int send_cancel(struct run *run, struct own_order *order, int64_t now_ns)
{
    order->pending = VENUE_CANCEL;
    order->row.request_ts_ns = now_ns;
    run->totals->cancel_count++;
    return venue_send(run->venue, &(struct venue_request){.op = VENUE_CANCEL,
                                                          .side = order->row.side,
                                                          .order_id = order->row.order_id,
                                                          .price_ticks = order->row.price_ticks,
                                                          .qty_lots = order->row.qty_lots});
}

static int send_place(struct run *run, struct ladder_place place, int64_t now_ns)
{
    if (run->count == LADDER_ORDERS_MAX) {
        return mm_fail(MM_ERROR_SYSTEM, "the ladder has more than %d orders out",
                       LADDER_ORDERS_MAX);
    }
    struct ladder_row row = {.order_id = run->next_order_id++,
                             .request_ts_ns = now_ns,
                             .side = place.side,
                             .price_ticks = place.price_ticks,
                             .qty_lots = run->config->ladder.qty_lots,
                             .leaves_lots = run->config->ladder.qty_lots};
    run->orders[run->count++] = (struct own_order){.row = row, .pending = VENUE_PLACE};
    run->totals->place_count++;
    return venue_send(run->venue, &(struct venue_request){.op = VENUE_PLACE,
                                                          .side = place.side,
                                                          .type = ORDER_LIMIT,
                                                          .tif = TIF_POST_ONLY,
                                                          .order_id = row.order_id,
                                                          .price_ticks = place.price_ticks,
                                                          .qty_lots = row.qty_lots});
}

// One look: cancels what is no longer wanted, then places what is missing.
static int look(struct run *run, int64_t now_ns)
{
    if (run->settled && run->looked_at[0] == run->book.best[0] &&
        run->looked_at[1] == run->book.best[1]) {
        return MM_OK; // the same question has the same answer: nothing
    }
    for (uint32_t i = 0; i < run->count; i++) {
        const struct own_order *order = &run->orders[i];
        run->view[i] = (struct ladder_order){.price_ticks = order->row.price_ticks,
                                             .side = order->row.side,
                                             .cancellable = order->row.status == LADDER_RESTING &&
                                                            order->pending == VENUE_NONE};
    }
    struct ladder_view view = {.bid_ticks = book_best_ticks(&run->book, SIDE_BUY),
                               .ask_ticks = book_best_ticks(&run->book, SIDE_SELL),
                               .position = run->position,
                               .orders = run->view,
                               .order_count = run->count};
    ladder_decide(&run->config->ladder, &view, &run->actions);
    run->settled = run->actions.cancel_count == 0 && run->actions.place_count == 0;
    run->looked_at[0] = run->book.best[0];
    run->looked_at[1] = run->book.best[1];
    int rc = MM_OK;
    for (uint32_t i = 0; rc == MM_OK && i < run->actions.cancel_count; i++) {
        rc = send_cancel(run, &run->orders[run->actions.cancels[i]], now_ns);
    }
    for (uint32_t i = 0; rc == MM_OK && i < run->actions.place_count; i++) {
        rc = send_place(run, run->actions.places[i], now_ns);
    }
    return rc;
}

// In a gap of the feed: whatever rests is cancelled, because the book it was placed by is not
// known.
static int leave_market(struct run *run, int64_t now_ns)
{
    run->settled = false;
    int rc = MM_OK;
    for (uint32_t i = 0; rc == MM_OK && i < run->count; i++) {
        struct own_order *order = &run->orders[i];
        if (order->row.status == LADDER_RESTING && order->pending == VENUE_NONE) {
            rc = send_cancel(run, order, now_ns);
        }
    }
    return rc;
}

// Takes everything up to and including `until_ns`; says whether the market ended before.
static int elapse(struct run *run, int64_t until_ns, bool *out_ended)
{
    struct venue_event event;
    uint64_t batch_count = 0, row_count = 0;
    int rc;
    while ((rc = venue_next(run->venue, until_ns, &event)) == MM_OK) {
        if (event.kind == VENUE_MARKET) {
            book_follow(&run->book, event.batch);
            batch_count++;
            row_count += event.batch->count;
            if (event.batch->kind >= EVENT_SNAPSHOT) {
                run->feed_gap = run->config->heed_gaps && event.batch->kind == EVENT_GAP;
            }
        } else if (event.kind == VENUE_REPORT) {
            take_report(run, event.report);
        } else {
            break;
        }
    }
    run->totals->batch_count += batch_count;
    run->totals->row_count += row_count;
    *out_ended = event.kind == VENUE_END;
    return rc;
}

static int run_to_end(struct run *run)
{
    int64_t now_ns = run->config->start_ns;
    bool ended = false;
    while (!ended) {
        int64_t until_ns = now_ns + run->config->interval_ns;
        int rc = elapse(run, until_ns, &ended);
        if (rc < 0) {
            return rc;
        }
        now_ns = ended ? now_ns : until_ns; // the reference's clock stays behind when data ends
        run->totals->look_count++;
        run->totals->end_ns = now_ns;
        report_finished(run, now_ns);
        if (!ended && run->feed_gap) {
            rc = leave_market(run, now_ns);
        } else if (!ended && run->config->place_orders && book_two_sided(&run->book)) {
            rc = look(run, now_ns);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return MM_OK;
}

int ladder_run(struct venue *venue, const struct ladder_run_config *config,
               struct ladder_totals *out)
{
    MM_ASSERT(config->interval_ns > 0);
    *out = (struct ladder_totals){0};
    struct run *run = mm_alloc(1, sizeof *run);
    run->venue = venue;
    run->config = config;
    run->totals = out;
    run->next_order_id = 1;
    int rc = book_init(&run->book, venue->geometry);
    if (rc == MM_OK) {
        rc = run_to_end(run);
    }
    if (run->book.best[SIDE_BUY] != 0) {
        out->bid_ticks = book_best_ticks(&run->book, SIDE_BUY);
    }
    if (run->book.best[SIDE_SELL] != 0) {
        out->ask_ticks = book_best_ticks(&run->book, SIDE_SELL);
    }
    book_fini(&run->book);
    free(run);
    return rc;
}
