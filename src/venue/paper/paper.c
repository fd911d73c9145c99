#include "venue/paper/paper.h"

#include "base/integers.h"
#include "base/log.h"
#include "base/memory.h"
#include "venue/bybit/rest.h"
#include "venue/replay/order_desk.h"

#include <stdlib.h>

#define CHECK_NS INT64_C(50000000) // between two looks at the feed's deadlines

struct paper {
    struct venue venue; // first: what callers hold
    struct bybit_market market;
    struct live_clock clock;
    struct ws_loop *loop;
    struct bybit_feed *feed;
    struct market_batch batch; // the next one, or the one given out last
    bool has_batch;            // it is the next one
    int64_t ahead_ns;          // the exchange's clock less ours
    int64_t exch_ts_ns;        // the newest stamp of the feed, by our clock
    uint32_t row_number;       // rows seen, for provenance
    struct order_desk desk;
};

static int64_t real_now_ns(const struct paper *paper)
{
    return live_clock_now_ns(paper->clock);
}

static void run_loop(struct paper *paper, int64_t until_ns)
{
    ws_loop_run(paper->loop, until_ns - paper->clock.ahead_ns);
    bybit_feed_check(paper->feed);
}

// ---- the exchange's side ----

// Requests that arrived before `until_ns` take effect.
static int take_requests(struct paper *paper, int64_t until_ns, int64_t known_ns)
{
    int code = MM_OK;
    while (code == MM_OK && paper->desk.requests.head_ts_ns < until_ns) {
        code = order_desk_take(&paper->desk, known_ns);
    }
    return code;
}

// A batch of the feed as a message to the exchange. The peaks say that every row may reach an own
// order, so that each is looked at.
static void apply_batch(struct paper *paper)
{
    struct exchange *exchange = &paper->desk.exchange;
    const struct market_batch *batch = &paper->batch;
    uint32_t top = paper->venue.geometry.span - 1;
    struct tape_message message = {.ts_ns = paper->exch_ts_ns,
                                   .count_kind = batch->count << 8 | (uint32_t)batch->kind,
                                   .best_peak = {top, top},
                                   .best_end = {batch->best_end[0], batch->best_end[1]}};
    exchange->rows = batch->rows;
    exchange->wide = batch->wide;
    (void)exchange_run(exchange, &message, &message + 1, INT64_MAX);
    exchange->event_row = paper->row_number;
    for (uint32_t i = 0; i < exchange->report_count; i++) {
        exchange->reports[i].provenance.event_row = paper->row_number;
    }
    paper->row_number += batch->count;
}

// The exchange comes to the batch: what arrived there before it goes first.
static int run_exchange(struct paper *paper)
{
    int64_t known_ns = paper->batch.local_ts_ns;
    int64_t exch_ts_ns = paper->batch.exch_ts_ns - paper->ahead_ns;
    if (exch_ts_ns > paper->exch_ts_ns) {
        paper->exch_ts_ns = exch_ts_ns;
    }
    int code = take_requests(paper, paper->exch_ts_ns, known_ns);
    if (code == MM_OK) {
        apply_batch(paper);
        code = order_desk_post(&paper->desk, known_ns);
    }
    return code;
}

// ---- our side ----

static void set_now(struct paper *paper, int64_t ts_ns, struct venue_event *out)
{
    struct venue *venue = &paper->venue;
    venue->now_ns = ts_ns > venue->now_ns ? ts_ns : venue->now_ns;
    out->now_ns = venue->now_ns;
}

static int deliver_market(struct paper *paper, struct venue_event *out)
{
    paper->has_batch = false;
    out->kind = VENUE_MARKET;
    out->batch = &paper->batch;
    set_now(paper, paper->batch.local_ts_ns, out);
    return run_exchange(paper);
}

static int deliver_report(struct paper *paper, struct venue_event *out)
{
    int64_t ts_ns = paper->desk.reports.head_ts_ns;
    struct venue_report *report = order_bus_pop(&paper->desk.reports);
    report->local_ts_ns = ts_ns;
    report->exch_ts_ns += paper->ahead_ns;
    out->kind = VENUE_REPORT;
    out->report = report;
    set_now(paper, ts_ns, out);
    return MM_OK;
}

// Until when nothing needs to be done here unless something arrives.
static int64_t idle_until_ns(const struct paper *paper, int64_t now_ns, int64_t until_ns)
{
    int64_t request_ns = paper->desk.requests.head_ts_ns;
    int64_t wait_ns =
        int64_smaller(int64_smaller(until_ns, paper->desk.reports.head_ts_ns), now_ns + CHECK_NS);
    return request_ns == INT64_MAX ? wait_ns : int64_smaller(wait_ns, request_ns + PAPER_HOLD_NS);
}

static int paper_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct paper *paper = (struct paper *)venue;
    for (;;) {
        int64_t now_ns = real_now_ns(paper);
        int code = take_requests(paper, now_ns - PAPER_HOLD_NS, now_ns);
        if (code != MM_OK) {
            return code;
        }
        paper->has_batch = paper->has_batch || bybit_feed_take(paper->feed, &paper->batch);
        int64_t batch_ns = paper->has_batch ? paper->batch.local_ts_ns : INT64_MAX;
        int64_t report_ns = paper->desk.reports.head_ts_ns;
        if (batch_ns <= report_ns && batch_ns <= until_ns && batch_ns != INT64_MAX) {
            return deliver_market(paper, out);
        }
        if (report_ns <= until_ns && report_ns <= now_ns) {
            return deliver_report(paper, out);
        }
        if (now_ns >= until_ns) {
            out->kind = VENUE_TIME;
            set_now(paper, until_ns, out);
            return MM_OK;
        }
        run_loop(paper, idle_until_ns(paper, now_ns, until_ns));
    }
}

static int paper_send(struct venue *venue, const struct venue_request *request)
{
    struct paper *paper = (struct paper *)venue;
    int64_t now_ns = real_now_ns(paper);
    return order_desk_send(&paper->desk, request, now_ns > venue->now_ns ? now_ns : venue->now_ns);
}

static void paper_destroy(struct venue *venue)
{
    struct paper *paper = (struct paper *)venue;
    bybit_feed_destroy(paper->feed);
    ws_loop_destroy(paper->loop);
    order_desk_fini(&paper->desk);
    free(paper);
}

static const struct venue_ops paper_ops = {
    .name = "paper", .next = paper_next, .send = paper_send, .destroy = paper_destroy};

bool paper_is(const struct venue *venue)
{
    return venue->ops == &paper_ops;
}

const struct bybit_feed *paper_feed(const struct venue *venue)
{
    return ((const struct paper *)venue)->feed;
}

// ---- the start ----

static int fail_to_start(const struct paper *paper)
{
    const char *problem = bybit_feed_problem(paper->feed);
    return mm_fail(bybit_feed_is_refused(paper->feed) ? MM_ERROR_USAGE : MM_ERROR_SYSTEM,
                   "%s: no order book of %s%s%s", paper->market.stream_url, paper->market.symbol,
                   problem[0] != '\0' ? ": " : "", problem);
}

// Until there is a whole book with both sides.
static int await_book(struct paper *paper, const struct paper_config *config)
{
    int64_t until_ns = real_now_ns(paper) + config->first_wait_ns;
    while (!bybit_feed_is_trusted(paper->feed) || !book_two_sided(bybit_feed_book(paper->feed))) {
        int64_t now_ns = real_now_ns(paper);
        if (config->stop != NULL && *config->stop != 0) {
            return mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
        }
        if (now_ns >= until_ns || bybit_feed_is_refused(paper->feed)) {
            return fail_to_start(paper);
        }
        run_loop(paper, now_ns + CHECK_NS);
    }
    return MM_OK;
}

static int measure_clock(struct paper *paper)
{
    struct bybit_rest rest;
    struct bybit_clock clock;
    int code = bybit_rest_init(&rest, paper->market.rest_url, paper->market.ca_file,
                               &(struct bybit_keys){0});
    if (code == MM_OK) {
        code = bybit_rest_clock(&rest, &clock);
        bybit_rest_fini(&rest);
    }
    if (code == MM_OK) {
        paper->ahead_ns = clock.ahead_ns;
        log_event(LOG_INFO, "exchange_clock", "ahead_ms=%.3f round_trip_ms=%.3f",
                  (double)clock.ahead_ns / 1e6, (double)clock.round_trip_ns / 1e6);
    }
    return code;
}

static int connect_feed(struct paper *paper, const struct paper_config *config)
{
    struct instrument instrument;
    int code = bybit_market_fetch(&paper->market, &instrument);
    if (code == MM_OK) {
        code = measure_clock(paper);
    }
    if (code == MM_OK) {
        code = ws_loop_create(paper->market.ca_file, &paper->loop);
    }
    if (code != MM_OK) {
        return code;
    }
    if (config->polls_busily) {
        ws_loop_poll_busily(paper->loop);
    }
    paper->venue.instrument = instrument;
    struct bybit_feed_config feed = {.market = &paper->market,
                                     .instrument = instrument,
                                     .clock = paper->clock,
                                     .seed = config->seed,
                                     .context = config->context,
                                     .raw = config->raw,
                                     .broken = config->broken};
    code = bybit_feed_create(&feed, paper->loop, &paper->feed);
    return code == MM_OK ? await_book(paper, config) : code;
}

// The exchange gets a tape of which there is nothing yet but the instrument and its prices.
static int open_desk(struct paper *paper, const struct paper_config *config)
{
    struct fill_rules rules = fill_rules_of[FILLS_STRICT];
    rules.remember_taken &= !config->forget_taken;
    struct tape tape = {.instrument = paper->venue.instrument,
                        .geometry = paper->venue.geometry,
                        .wide_count = 1}; // row by row: any batch may have wide rows
    return order_desk_init(&paper->desk, &tape, &config->queue_model, &rules, config->latency);
}

int paper_create(const struct paper_config *config, struct venue **out)
{
    struct paper *paper = mm_alloc(1, sizeof *paper);
    *out = NULL;
    paper->venue.ops = &paper_ops;
    paper->market = *config->market;
    paper->clock = live_clock_start();
    int code = connect_feed(paper, config);
    if (code == MM_OK) {
        (void)bybit_feed_geometry(paper->feed, &paper->venue.geometry);
        code = open_desk(paper, config);
    }
    if (code != MM_OK) {
        paper_destroy(&paper->venue);
        return code;
    }
    paper->venue.is_real_time = true;
    paper->venue.now_ns = paper->venue.start_ns = real_now_ns(paper);
    paper->venue.end_ns = INT64_MAX;
    *out = &paper->venue;
    return MM_OK;
}
