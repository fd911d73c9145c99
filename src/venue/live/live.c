#include "venue/live/live.h"

#include "base/integers.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/platform.h"
#include "venue/live/live_state.h"
#include "venue/live/watchdog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

static const int64_t CHECK_NS = 50 * MS; // between two looks at what is due
// Measured on a machine whose cores share their caches with others: what was not used for 1 ms is
// gone from them.
static const int64_t REHEARSE_NS = MS / 10;
static const int64_t HEARTBEAT_NS = 500 * MS;
static const int64_t LISTEN_NS = 3000 * MS; // to orders that another process left, or works with
static const int64_t ANSWER_NS = 2000 * MS;
static const int64_t ASK_AGAIN_NS = 200 * MS; // whether nothing is open any more
enum { REST_WINDOW_EXTRA_MS = 2000 };

int64_t live_now_ns(const struct live *live)
{
    return live_clock_now_ns(live->clock);
}

static void set_now(struct live *live, int64_t ts_ns, struct venue_event *out)
{
    live->venue.now_ns = ts_ns > live->venue.now_ns ? ts_ns : live->venue.now_ns;
    out->now_ns = live->venue.now_ns;
}

// ---- the heartbeat ----

static void beat(const struct live *live, const char *state)
{
    char text[HEARTBEAT_SIZE + 1];
    if (live->heartbeat_file >= 0) {
        heartbeat_write(state, live->prefix, live_now_ns(live), text);
        (void)platform_write_at(live->heartbeat_file, 0, text, strlen(text));
    }
}

static void beat_when_due(struct live *live)
{
    int64_t now_ns = live_now_ns(live);
    if (now_ns >= live->heartbeat_due_ns) {
        live->heartbeat_due_ns = now_ns + HEARTBEAT_NS;
        beat(live, "alive");
    }
}

// ---- what is delivered ----

// While the account is not known the engine must not quote, whatever the book is.
static bool is_gap(const struct live *live)
{
    return live->feed_gap || live->account_state != ACCOUNT_READY;
}

// A gap or its end that comes of the account: the book itself has not changed.
static bool tell_account(struct live *live, struct venue_event *out)
{
    if (is_gap(live) == live->told_gap) {
        return false;
    }
    live->told_gap = !live->told_gap;
    const struct book *book = bybit_feed_book(live->feed);
    live->batch = (struct market_batch){.kind = live->told_gap ? EVENT_GAP : EVENT_SNAPSHOT,
                                        .local_ts_ns = live_now_ns(live),
                                        .best_known = true,
                                        .best_end = {book->best[0], book->best[1]}};
    out->kind = VENUE_MARKET;
    out->batch = &live->batch;
    set_now(live, live->batch.local_ts_ns, out);
    return true;
}

static void deliver_market(struct live *live, struct venue_event *out)
{
    live->has_batch = false;
    if (live->batch.kind == EVENT_GAP || live->batch.kind == EVENT_SNAPSHOT) {
        live->feed_gap = live->batch.kind == EVENT_GAP;
        live->told_gap = is_gap(live);
    }
    if (live->batch.kind == EVENT_SNAPSHOT && live->told_gap) {
        live->batch.kind = EVENT_DEPTH; // the gap goes on; the book is followed
    }
    out->kind = VENUE_MARKET;
    out->batch = &live->batch;
    set_now(live, live->batch.local_ts_ns, out);
    live->arrived_ns = live->batch.local_ts_ns;
    live->delivered_ns = live_now_ns(live);
    live->sending_ns = 0;
}

// The next thing that is there; false when nothing is.
static bool deliver(struct live *live, int64_t until_ns, struct venue_event *out)
{
    if (desk_take_report(live->desk, &live->report)) {
        out->kind = VENUE_REPORT;
        out->report = &live->report;
        set_now(live, live->report.local_ts_ns, out);
        return true;
    }
    // What the feed has queued is of before what the account is now.
    live->has_batch = live->has_batch || bybit_feed_take(live->feed, &live->batch);
    if (live->has_batch) {
        if (live->batch.local_ts_ns > until_ns) {
            return false;
        }
        deliver_market(live, out);
        return true;
    }
    return tell_account(live, out);
}

// What is due.
static void look_after(struct live *live)
{
    bybit_feed_check(live->feed);
    live_work(live);
    live_flush(live);
}

static void run_loop(struct live *live, int64_t until_ns)
{
    beat_when_due(live);
    ws_loop_run(live->loop, until_ns - live->clock.ahead_ns);
    look_after(live);
}

// The requests that a batch has led to are on their way.
static void note_stages(struct live *live)
{
    int64_t now_ns = live_now_ns(live);
    if (live->decided_ns != 0) {
        int64_t all_ns = now_ns - live->arrived_ns;
        const int64_t times[LIVE_STAGE_COUNT] = {
            [LIVE_STAGE_READ] = live->delivered_ns - live->arrived_ns,
            [LIVE_STAGE_DECIDE] = live->decided_ns - live->delivered_ns,
            [LIVE_STAGE_ENCODE] = now_ns - live->decided_ns - live->sending_ns,
            [LIVE_STAGE_OWN] = all_ns - live->sending_ns,
            [LIVE_STAGE_SEND] = live->sending_ns,
            [LIVE_STAGE_ALL] = all_ns};
        for (int i = 0; i < LIVE_STAGE_COUNT; i++) {
            histogram_add(&live->stages[i], times[i]);
        }
    }
    live->arrived_ns = live->decided_ns = 0;
}

// 1: *out is the next thing that is there; 0: nothing is; negative: the run must end.
static int take_next(struct live *live, int64_t until_ns, struct venue_event *out)
{
    if (live->fatal[0] != '\0' && !live->fatal_told) {
        live->fatal_told = true;
        return mm_fail(MM_ERROR_SYSTEM, "%s", live->fatal);
    }
    return deliver(live, until_ns, out) ? 1 : 0;
}

static int64_t wait_until_ns(const struct live *live, int64_t now_ns, int64_t until_ns)
{
    int64_t due_ns = desk_deadline_ns(live->desk);
    due_ns = int64_smaller(due_ns > now_ns ? due_ns : now_ns + MS, live->rehearse_due_ns);
    return int64_smaller(int64_smaller(until_ns, due_ns), now_ns + CHECK_NS);
}

// Goes the way of a frame up to the sockets, and has the engine do its part.
static void rehearse(struct live *live, int64_t now_ns, struct venue_event *out)
{
    live->rehearse_due_ns = now_ns + REHEARSE_NS;
    bybit_feed_rehearse(live->feed);
    live_rehearse_request(live);
    out->kind = VENUE_TIME;
    set_now(live, now_ns, out);
}

static int live_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct live *live = (struct live *)venue;
    live_flush(live); // what the last look has asked for, together
    note_stages(live);
    beat_when_due(live);
    for (;;) {
        // What has come goes first, because it may make quotes wrong; all else can wait for it.
        int taken = take_next(live, until_ns, out);
        if (taken == 0) {
            look_after(live);
            taken = take_next(live, until_ns, out);
        }
        if (taken != 0) {
            return taken < 0 ? taken : MM_OK;
        }
        int64_t now_ns = live_now_ns(live);
        if (now_ns >= until_ns) {
            out->kind = VENUE_TIME;
            set_now(live, until_ns, out);
            return MM_OK;
        }
        if (now_ns >= live->rehearse_due_ns) {
            rehearse(live, now_ns, out);
            return MM_OK;
        }
        ws_loop_run(live->loop, wait_until_ns(live, now_ns, until_ns) - live->clock.ahead_ns);
    }
}

// ---- requests ----

static int live_send(struct venue *venue, const struct venue_request *request)
{
    struct live *live = (struct live *)venue;
    int64_t now_ns = live_now_ns(live);
    if (live->arrived_ns != 0 && live->decided_ns == 0) {
        live->decided_ns = now_ns;
    }
    desk_send(live->desk, request, now_ns);
    return MM_OK;
}

// ---- the end ----

static void live_destroy(struct venue *venue)
{
    struct live *live = (struct live *)venue;
    ws_client_destroy(live->private_line);
    ws_client_destroy(live->trade_line);
    bybit_feed_destroy(live->feed);
    if (live->has_worker) {
        rest_worker_stop(&live->worker);
    }
    ws_loop_destroy(live->loop);
    bybit_signer_fini(&live->signer);
    if (live->heartbeat_file >= 0) {
        (void)platform_close(live->heartbeat_file);
    }
    if (live->latency_file != NULL) {
        (void)fclose(live->latency_file);
    }
    text_fini(&live->message);
    free(live->desk);
    free(live);
}

static const struct venue_ops live_ops = {
    .name = "live", .next = live_next, .send = live_send, .destroy = live_destroy};

bool live_is(const struct venue *venue)
{
    return venue->ops == &live_ops;
}

const struct bybit_feed *live_feed(const struct venue *venue)
{
    return ((const struct live *)venue)->feed;
}

struct live_account live_get_account(const struct venue *venue)
{
    return ((const struct live *)venue)->account;
}

const struct histogram *live_stage_times(const struct venue *venue, enum live_stage stage)
{
    return &((const struct live *)venue)->stages[stage];
}

const char *live_stage_name(enum live_stage stage)
{
    static const char *const names[LIVE_STAGE_COUNT] = {
        [LIVE_STAGE_READ] = "read", [LIVE_STAGE_DECIDE] = "decide", [LIVE_STAGE_ENCODE] = "encode",
        [LIVE_STAGE_OWN] = "own",   [LIVE_STAGE_SEND] = "send",     [LIVE_STAGE_ALL] = "all"};
    return names[stage];
}

const struct desk_counters *live_counters(const struct venue *venue)
{
    return &((const struct live *)venue)->desk->counters;
}

// Runs until the exchange has been asked `truths` times in all.
static bool await_truth(struct live *live, uint32_t truths, int64_t until_ns)
{
    while (live->truths < truths && live_now_ns(live) < until_ns) {
        run_loop(live, live_now_ns(live) + CHECK_NS);
    }
    return live->truths >= truths;
}

static void wait_until(struct live *live, int64_t until_ns)
{
    while (live_now_ns(live) < until_ns) {
        run_loop(live, until_ns);
    }
}

static void tell_left(const struct live *live)
{
    for (uint32_t i = 0; i < live->desk->order_end; i++) {
        const struct desk_order *order = &live->desk->orders[i];
        char link[LINK_ID_SIZE];
        if (order->id != 0) {
            link_write(&live->namer, order->id, link);
            log_event(LOG_WARN, "order_left",
                      "order=%s waits_for=%s shown=%s unknown=%s executed=%" PRId64 " of=%" PRId64,
                      link, order->is_over ? "executions" : venue_op_texts[order->op],
                      order->is_shown ? "yes" : "no", order->is_unknown ? "yes" : "no",
                      order->cum_lots, order->is_over ? order->end_lots : order->qty_lots);
        }
    }
}

int live_verify_stopped(struct venue *venue, int64_t grace_ns)
{
    struct live *live = (struct live *)venue;
    int64_t until_ns = live_now_ns(live) + grace_ns;
    live->is_stopping = true;
    live->desk->takes_places = false;
    while (live_now_ns(live) < until_ns) {
        // A request that is on its way may still be taken: what is unknown is waited for.
        live->read_due_ns = live_now_ns(live);
        bool asked = await_truth(live, live->truths + (live->is_reading ? 2 : 1), until_ns);
        if (asked && live->own_open == 0 && desk_open_count(live->desk) == 0) {
            beat(live, "stopped");
            log_event(LOG_INFO, "stopped", "open=0 verified=yes strangers=%u", live->stranger_open);
            return MM_OK;
        }
        wait_until(live, int64_smaller(until_ns, live_now_ns(live) + ASK_AGAIN_NS));
    }
    tell_left(live);
    return mm_fail(MM_ERROR_SYSTEM,
                   "stopping could not be verified: %u orders open or unknown here, %u at the "
                   "exchange when it last answered; look at the exchange%s%s",
                   desk_open_count(live->desk), live->own_open,
                   live->problem[0] != '\0' ? "; " : "", live->problem);
}

// ---- the start ----

static int fail_to_start(const struct live *live)
{
    const char *problem = live->problem[0] != '\0' ? live->problem : bybit_feed_problem(live->feed);
    return mm_fail(bybit_feed_is_refused(live->feed) ? MM_ERROR_USAGE : MM_ERROR_SYSTEM,
                   "%s on %s: not everything is there: book %s, account %s, order entry %s%s%s",
                   live->market.symbol, live->market.stream_url,
                   bybit_feed_is_trusted(live->feed) ? "yes" : "no",
                   live->account_state == ACCOUNT_READY ? "yes" : "no",
                   live->trade_state == LINE_UP ? "yes" : "no", problem[0] != '\0' ? ": " : "",
                   problem);
}

static bool is_up(const struct live *live)
{
    return bybit_feed_is_trusted(live->feed) && book_two_sided(bybit_feed_book(live->feed)) &&
           live->account_state == ACCOUNT_READY && live->trade_state == LINE_UP;
}

static int await_all(struct live *live, const struct live_config *config)
{
    int64_t until_ns = live_now_ns(live) + config->first_wait_ns;
    while (!is_up(live)) {
        if (config->stop != NULL && *config->stop != 0) {
            return mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
        }
        if (live_now_ns(live) >= until_ns || bybit_feed_is_refused(live->feed)) {
            return fail_to_start(live);
        }
        run_loop(live, live_now_ns(live) + CHECK_NS);
    }
    return MM_OK;
}

// Orders under our prefix of another run: of one that died, unless they move while we listen.
static int clear_leftovers(struct live *live)
{
    int64_t until_ns = live_now_ns(live) + LISTEN_NS;
    while (live->leftover_count > 0 && live_now_ns(live) < until_ns && live->fatal[0] == '\0') {
        run_loop(live, live_now_ns(live) + CHECK_NS);
    }
    live->is_started = true; // from here on a truth has leftovers cancelled
    if (live->fatal[0] != '\0') {
        live->fatal_told = true;
        return mm_fail(MM_ERROR_SYSTEM, "%s", live->fatal);
    }
    if (live->leftover_count == 0) {
        return MM_OK;
    }
    log_event(LOG_WARN, "leftovers", "count=%u repair=cancel", live->leftover_count);
    live_cancel_leftovers(live);
    until_ns = live_now_ns(live) + 10 * LISTEN_NS;
    while (live->other_open > 0 && await_truth(live, live->truths + 1, until_ns)) {
        live->read_due_ns = live_now_ns(live);
    }
    return live->other_open == 0
               ? MM_OK
               : mm_fail(MM_ERROR_SYSTEM, "%u orders of an earlier run could not be cancelled",
                         live->other_open);
}

static int open_files(struct live *live, const struct live_config *config)
{
    if (config->heartbeat != NULL) {
        live->heartbeat_file = platform_create(config->heartbeat);
        if (live->heartbeat_file < 0) {
            return mm_fail(MM_ERROR_SYSTEM, "--heartbeat: %.200s: %s", config->heartbeat,
                           platform_error_text(live->heartbeat_file));
        }
        beat(live, "alive");
    }
    if (config->latency_log != NULL) {
        live->latency_file = fopen(config->latency_log, "wx");
        if (live->latency_file == NULL) {
            return mm_fail(MM_ERROR_USAGE,
                           "--latency-log: %.200s cannot be made, or is there already",
                           config->latency_log);
        }
        (void)fputs(latency_log_header, live->latency_file);
    }
    return MM_OK;
}

static int open_feed(struct live *live, const struct live_config *config)
{
    struct bybit_feed_config feed = {.market = &live->market,
                                     .instrument = live->venue.instrument,
                                     .clock = live->clock,
                                     .seed = config->seed,
                                     .context = config->context,
                                     .raw = config->raw,
                                     .broken = config->broken};
    int code = ws_loop_create(live->market.ca_file, &live->loop);
    live->rehearse_due_ns = INT64_MAX;
    if (code == MM_OK && config->polls_busily) {
        live->rehearse_due_ns = 0;
        ws_loop_poll_busily(live->loop);
    }
    return code == MM_OK ? bybit_feed_create(&feed, live->loop, &live->feed) : code;
}

static int start_worker(struct live *live, const struct live_config *config)
{
    int64_t window_ms = config->recv_window_ms + REST_WINDOW_EXTRA_MS;
    int code = rest_worker_start(&live->worker, &live->market, config->keys, live->ahead_ms,
                                 window_ms, live->clock, live->loop);
    live->has_worker = true;
    const struct desk_config desk = {.answer_ns = ANSWER_NS,
                                     // A second more, for what the clocks' difference may be off.
                                     .recv_window_ns = (window_ms + 1000) * MS,
                                     .ask_again_ns = 1000 * MS,
                                     .filters = live->filters,
                                     .instrument = live->venue.instrument};
    desk_init(live->desk, &desk);
    return code;
}

static int begin(struct live *live, const struct live_config *config)
{
    int code = link_namer_init(&live->namer, live->prefix, live->run_ms,
                               (uint32_t)(platform_monotonic_ns() % (36 * 36 * 36 * 36)));
    if (code == MM_OK) {
        code = open_files(live, config);
    }
    if (code == MM_OK) {
        code = open_feed(live, config);
    }
    if (code == MM_OK) {
        code = start_worker(live, config);
    }
    if (code == MM_OK) {
        code = live_open_lines(live, config);
    }
    if (code == MM_OK) {
        code = await_all(live, config);
    }
    return code == MM_OK ? clear_leftovers(live) : code;
}

int live_create(const struct live_config *config, struct venue **out)
{
    struct live *live = mm_alloc(1, sizeof *live);
    *out = NULL;
    live->venue.ops = &live_ops;
    live->market = *config->market;
    live->clock = live_clock_start();
    live->desk = mm_alloc(1, sizeof *live->desk);
    live->heartbeat_file = -1;
    live->recv_window_ms = config->recv_window_ms;
    live->read_due_ns = live->account_due_ns = INT64_MAX;
    (void)snprintf(live->prefix, sizeof live->prefix, "%s",
                   config->prefix != NULL ? config->prefix : LINK_PREFIX_DEFAULT);
    memcpy(live->key, config->keys->key, sizeof live->key);
    int code = bybit_signer_init(&live->signer, config->keys->secret, strlen(config->keys->secret));
    if (code == MM_OK) {
        code = live_ask_account(live, config);
    }
    if (code == MM_OK) {
        code = begin(live, config);
    }
    if (code != MM_OK) {
        live_destroy(&live->venue);
        return code;
    }
    (void)bybit_feed_geometry(live->feed, &live->venue.geometry);
    live->venue.own_orders_in_feed = true;
    live->venue.is_real_time = true;
    live->venue.now_ns = live->venue.start_ns = live_now_ns(live);
    live->venue.end_ns = INT64_MAX;
    live->clock_due_ns = live->venue.now_ns + 60000 * MS;
    *out = &live->venue;
    return MM_OK;
}
