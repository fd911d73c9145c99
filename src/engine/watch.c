#include "engine/watch.h"

#include "base/check.h"
#include "base/memory.h"
#include "market/book.h"

#include <stdlib.h>
#include <string.h>

enum { WATCH_ORDERS_MAX = 1024 };

struct watched_order {
    struct engine_order_row row;
    int64_t wanted_ticks;
    bool rests;
};

struct watch {
    struct venue venue; // first: what the strategy holds
    struct venue *inner;
    struct engine_sink sink;
    struct kpi *kpi;
    struct ledger ledger;
    struct book book;
    struct watched_order orders[WATCH_ORDERS_MAX]; // open ones, oldest first
    uint32_t order_count;
    uint64_t unwatched_count; // orders for which there was no room
    int64_t mid_half_ticks;   // the last valid one
    int64_t next_sample_ns;
    bool feed_gap;
};

// ---- samples ----

static int64_t equity_e9(const struct watch *watch)
{
    return ledger_equity_e9(&watch->ledger, kpi_mark_half_ticks(watch->kpi));
}

// The better of two prices of a side; 0 is none.
static int64_t better_ticks(enum side side, int64_t a, int64_t b)
{
    if (a == 0 || b == 0) {
        return a == 0 ? b : a;
    }
    return side_sign(side) * (a - b) >= 0 ? a : b;
}

static void see_orders(const struct watch *watch, struct engine_sample *sample)
{
    for (uint32_t i = 0; i < watch->order_count; i++) {
        const struct watched_order *order = &watch->orders[i];
        enum side side = order->row.side;
        int64_t *wanted = &sample->wanted_ticks[side], *live = &sample->live_ticks[side];
        *wanted = better_ticks(side, *wanted, order->wanted_ticks);
        *live = order->rests ? better_ticks(side, *live, order->row.price_ticks) : *live;
    }
}

static void take_sample(struct watch *watch, int64_t now_ns)
{
    struct kpi_course course = kpi_so_far(watch->kpi, equity_e9(watch));
    struct engine_sample sample = {.now_ns = now_ns,
                                   .mid_half_ticks = watch->mid_half_ticks,
                                   .position_lots = watch->ledger.position_lots,
                                   .drawdown_quote_e9 = course.drawdown_quote_e9};
    memcpy(sample.part_quote_e9, course.part_quote_e9, sizeof sample.part_quote_e9);
    for (int side = 0; side < 2; side++) {
        bool is_seen = !watch->feed_gap && watch->book.best[side] != 0;
        sample.best_ticks[side] = is_seen ? book_best_ticks(&watch->book, (enum side)side) : 0;
    }
    see_orders(watch, &sample);
    watch->sink.sample(watch->sink.context, &sample);
}

static void take_samples(struct watch *watch, int64_t now_ns)
{
    while (watch->next_sample_ns < now_ns) {
        take_sample(watch, watch->next_sample_ns);
        watch->next_sample_ns += watch->sink.sample_interval_ns;
    }
}

// ---- orders ----

static struct watched_order *find_order(struct watch *watch, uint64_t order_id)
{
    for (uint32_t i = 0; i < watch->order_count; i++) {
        if (watch->orders[i].row.order_id == order_id) {
            return &watch->orders[i];
        }
    }
    return NULL;
}

static void end_order(struct watch *watch, struct watched_order *order, const char *status,
                      const char *reason)
{
    int64_t now_ns = watch->venue.now_ns;
    order->row.status = status;
    order->row.reason = reason;
    order->row.ended_ts_ns = now_ns;
    if (order->rests || strcmp(status, "filled") == 0) {
        kpi_sample(watch->kpi, KPI_SAMPLE_ORDER_AGE_NS, now_ns - order->row.placed_ts_ns);
    }
    if (watch->sink.order != NULL) {
        watch->sink.order(watch->sink.context, &order->row);
    }
    uint32_t index = (uint32_t)(order - watch->orders);
    watch->order_count--;
    memmove(order, order + 1, (watch->order_count - index) * sizeof *order);
}

static void take_fill(struct watch *watch, const struct watched_order *order,
                      const struct venue_report *report)
{
    struct ledger_fill booked = {.side = report->side,
                                 .price_ticks = report->exec_price_ticks,
                                 .qty_lots = report->exec_qty_lots,
                                 .maker = report->maker};
    int64_t fee_e9 = ledger_apply(&watch->ledger, &booked);
    int64_t wanted_ticks = order != NULL ? order->wanted_ticks : 0;
    struct kpi_fill fill = {.now_ns = watch->venue.now_ns,
                            .side = report->side,
                            .price_ticks = report->exec_price_ticks,
                            .qty_lots = report->exec_qty_lots,
                            .wanted_price_ticks = wanted_ticks,
                            .fee_quote_e9 = fee_e9,
                            .has_wanted = wanted_ticks != 0,
                            .maker = report->maker};
    kpi_fill(watch->kpi, &fill);
    struct engine_fill_row row = {.order_id = report->order_id,
                                  .side = report->side,
                                  .local_ts_ns = fill.now_ns,
                                  .exch_ts_ns = report->exch_ts_ns,
                                  .price_ticks = report->exec_price_ticks,
                                  .qty_lots = report->exec_qty_lots,
                                  .wanted_price_ticks = wanted_ticks,
                                  .mid_half_ticks = watch->mid_half_ticks,
                                  .fee_quote_e9 = fee_e9,
                                  .position_lots = watch->ledger.position_lots,
                                  .maker = report->maker,
                                  .provenance = report->provenance};
    if (watch->sink.fill != NULL) {
        watch->sink.fill(watch->sink.context, &row);
    }
    kpi_mid(watch->kpi, fill.now_ns, watch->mid_half_ticks, equity_e9(watch));
}

static void follow_order(struct watch *watch, struct watched_order *order,
                         const struct venue_report *report)
{
    order->row.exch_ts_ns = report->exch_ts_ns;
    switch (report->kind) {
    case REPORT_PLACED:
    case REPORT_AMENDED:
        order->rests = true;
        order->row.amend_count += report->kind == REPORT_AMENDED;
        order->row.price_ticks = report->price_ticks;
        order->row.qty_lots = report->qty_lots;
        order->row.leaves_qty_lots = report->leaves_qty_lots;
        break;
    case REPORT_FILLED:
        order->row.leaves_qty_lots = report->leaves_qty_lots;
        if (report->leaves_qty_lots == 0) {
            end_order(watch, order, "filled", "filled");
        }
        break;
    case REPORT_CANCELED:
        end_order(watch, order, "canceled", "not_wanted");
        break;
    case REPORT_EXPIRED:
        end_order(watch, order, "expired", "post_only");
        break;
    case REPORT_REJECTED:
        if (report->answers == VENUE_PLACE) {
            end_order(watch, order, "rejected", "rejected");
        }
        break;
    case REPORT_LOST:
    case REPORT_FUNDING: // no recorded market has any
        break;
    }
}

static void take_report(struct watch *watch, const struct venue_report *report)
{
    struct watched_order *order = find_order(watch, report->order_id);
    if (report->answers != VENUE_NONE && report->kind != REPORT_LOST) {
        kpi_sample(watch->kpi, KPI_SAMPLE_LATENCY_NS, watch->venue.now_ns - report->request_ts_ns);
    }
    if (report->kind == REPORT_FILLED && report->exec_qty_lots > 0) {
        take_fill(watch, order, report);
    }
    if (order != NULL) {
        follow_order(watch, order, report);
    }
}

// ---- the market ----

static void take_market(struct watch *watch, const struct market_batch *batch)
{
    if (batch->exch_ts_ns != 0 && batch->local_ts_ns >= batch->exch_ts_ns) {
        kpi_sample(watch->kpi, KPI_SAMPLE_FEED_LAG_NS, batch->local_ts_ns - batch->exch_ts_ns);
    }
    if (batch->kind == EVENT_GAP || batch->kind == EVENT_SNAPSHOT) {
        watch->feed_gap = batch->kind == EVENT_GAP;
    }
    book_apply(&watch->book, batch);
    int64_t mid = watch->feed_gap ? 0 : book_mid_half_ticks(&watch->book);
    if (mid != 0 && mid != watch->mid_half_ticks) {
        watch->mid_half_ticks = mid;
        kpi_mid(watch->kpi, watch->venue.now_ns, mid, ledger_equity_e9(&watch->ledger, mid));
    }
}

// ---- the venue ----

static int watch_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct watch *watch = (struct watch *)venue;
    int rc = venue_next(watch->inner, until_ns, out);
    if (rc < 0) {
        return rc;
    }
    if (watch->inner->now_ns > watch->next_sample_ns) {
        take_samples(watch, watch->inner->now_ns);
    }
    venue->now_ns = watch->inner->now_ns;
    if (out->kind == VENUE_MARKET) {
        take_market(watch, out->batch);
    } else if (out->kind == VENUE_REPORT) {
        take_report(watch, out->report);
    }
    return MM_OK;
}

static void note_place(struct watch *watch, const struct venue_request *request)
{
    if (MM_COUNT_IF(watch->unwatched_count, watch->order_count == WATCH_ORDERS_MAX)) {
        return;
    }
    watch->orders[watch->order_count++] =
        (struct watched_order){.row = {.order_id = request->order_id,
                                       .side = request->side,
                                       .placed_ts_ns = watch->venue.now_ns,
                                       .price_ticks = request->price_ticks,
                                       .qty_lots = request->qty_lots,
                                       .leaves_qty_lots = request->qty_lots},
                               .wanted_ticks = request->price_ticks};
}

static int watch_send(struct venue *venue, const struct venue_request *request)
{
    struct watch *watch = (struct watch *)venue;
    struct watched_order *order = find_order(watch, request->order_id);
    kpi_sent(watch->kpi, (int)request->op);
    if (request->op == VENUE_PLACE) {
        note_place(watch, request);
    } else if (request->op == VENUE_AMEND && order != NULL) {
        order->wanted_ticks = request->price_ticks;
    }
    return venue_send(watch->inner, request);
}

static void watch_venue_destroy(struct venue *venue)
{
    (void)venue; // the watch owns it
}

static const struct venue_ops watch_ops = {
    .name = "watch", .next = watch_next, .send = watch_send, .destroy = watch_venue_destroy};

struct watch *watch_create(struct venue *venue, const struct watch_config *config)
{
    MM_ASSERT(!venue->own_orders_in_feed);
    struct watch *watch = mm_alloc(1, sizeof *watch);
    int rc = book_init(&watch->book, venue->geometry);
    MM_ASSERT(rc == MM_OK); // a venue's geometry is checked where it is made
    watch->venue = *venue;
    watch->venue.ops = &watch_ops;
    watch->inner = venue;
    watch->sink = config->sink;
    watch->kpi = kpi_create(&config->kpi, &venue->instrument);
    kpi_observe(watch->kpi, (struct kpi_observer){config->sink.context, config->sink.markout});
    ledger_init(&watch->ledger, &venue->instrument, config->fees);
    kpi_open(watch->kpi, venue->now_ns, 0, 0, 0);
    watch->next_sample_ns =
        config->sink.sample != NULL ? venue->now_ns + config->sink.sample_interval_ns : INT64_MAX;
    return watch;
}

void watch_destroy(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    kpi_destroy(watch->kpi);
    book_fini(&watch->book);
    free(watch);
}

struct venue *watch_venue(struct watch *watch)
{
    return &watch->venue;
}

void watch_close(struct watch *watch, struct kpi_summary *out)
{
    int64_t now_ns = watch->venue.now_ns;
    if (watch->sink.sample != NULL) {
        take_samples(watch, now_ns);
        take_sample(watch, now_ns);
        watch->next_sample_ns = INT64_MAX;
    }
    kpi_close(watch->kpi, now_ns, watch->ledger.position_lots, equity_e9(watch), out);
    MM_ASSERT(out->equity_change_quote_e9 == out->part_quote_e9[KPI_NET]);
}
