#include "venue/replay/replay.h"

#include "base/check.h"
#include "base/integers.h"
#include "base/memory.h"
#include "venue/replay/order_desk.h"

#include <stdlib.h>
#include <string.h>

struct replay {
    struct venue venue;                           // first: what callers hold
    const struct row *rows;                       // the tape's, borrowed
    const struct tape_message *local, *local_end; // next message for us
    const struct tape_message *exch, *exch_end;   // next message for the exchange
    int64_t local_ts_ns, exch_ts_ns;              // their stamps, INT64_MAX when there is none
    struct market_batch batch;                    // what the last VENUE_MARKET pointed to
    struct order_desk desk;
};

int replay_fills_parse(const char *fills, const char *consume, struct replay_config *config)
{
    config->fills = FILLS_STRICT;
    int rc = fills != NULL ? fills_mode_parse(fills, &config->fills) : MM_OK;
    if (rc < 0 || consume == NULL) {
        return rc < 0 ? mm_fail_add(rc, "--fills") : rc;
    }
    bool on = strcmp(consume, "on") == 0;
    if (!on && strcmp(consume, "off") != 0) {
        return mm_fail(MM_ERROR_USAGE, "--consume '%s': expected on or off", consume);
    }
    if (config->fills == FILLS_COMPAT && on) {
        return mm_fail(MM_ERROR_USAGE, "--consume on is for --fills strict");
    }
    config->forget_taken = !on;
    return MM_OK;
}

int64_t replay_earliest_ns(const struct tape *tape)
{
    int64_t exch = tape->messages[TAPE_EXCH][0].ts_ns, local = tape->messages[TAPE_LOCAL][0].ts_ns;
    return exch < local ? exch : local;
}

static int64_t message_ts(const struct tape_message *message, const struct tape_message *end)
{
    return message < end ? message->ts_ns : INT64_MAX;
}

// Runs the exchange through everything before `until_ns`, or before the first report reaches us if
// that is earlier: market data first, then a request of the same instant.
static int run_exchange(struct replay *replay, int64_t until_ns)
{
    for (;;) {
        int64_t request_ts_ns = replay->desk.requests.head_ts_ns;
        until_ns = int64_smaller(until_ns, replay->desk.reports.head_ts_ns);
        // Data up to and including the instant of the request goes first.
        int64_t data_until_ns = request_ts_ns < until_ns ? request_ts_ns + 1 : until_ns;
        replay->exch =
            exchange_run(&replay->desk.exchange, replay->exch, replay->exch_end, data_until_ns);
        replay->exch_ts_ns = message_ts(replay->exch, replay->exch_end);
        if (replay->desk.exchange.report_count != 0) {
            int rc = order_desk_post(&replay->desk, INT64_MIN);
            if (rc < 0) {
                return rc;
            }
            continue;
        }
        if (request_ts_ns >= until_ns) {
            return MM_OK;
        }
        int rc = order_desk_take(&replay->desk, INT64_MIN);
        if (rc < 0) {
            return rc;
        }
    }
}

// The clock never goes back, though a recorded latency may say so of a report.
static void set_now(struct replay *replay, int64_t ts_ns, struct venue_event *out)
{
    struct venue *venue = &replay->venue;
    venue->now_ns = ts_ns > venue->now_ns ? ts_ns : venue->now_ns;
    out->now_ns = venue->now_ns;
}

// As tape_batch, but only what differs from message to message.
static inline void deliver_market(struct replay *replay, struct venue_event *out)
{
    const struct tape_message *message = replay->local, *next = message + 1;
    struct market_batch *batch = &replay->batch;
    int64_t ts_ns = replay->local_ts_ns;
    uint32_t first_row = message->first_row, count_kind = message->count_kind;
    uint32_t best_bid = message->best_end[0], best_ask = message->best_end[1];
    replay->local = next;
    replay->local_ts_ns = message_ts(next, replay->local_end);
    batch->exch_ts_ns = message->exch_ts_ns;
    batch->local_ts_ns = ts_ns;
    batch->rows = replay->rows + first_row;
    batch->count = count_kind >> 8;
    batch->kind = (enum event_kind)(count_kind & 0xff);
    batch->best_end[0] = best_bid;
    batch->best_end[1] = best_ask;
    out->kind = VENUE_MARKET;
    out->batch = batch;
    set_now(replay, ts_ns, out);
}

static void deliver_report(struct replay *replay, struct venue_event *out)
{
    int64_t ts_ns = replay->desk.reports.head_ts_ns;
    struct venue_report *report = order_bus_pop(&replay->desk.reports);
    report->local_ts_ns = ts_ns; // later than its latency says if it had to wait for another
    out->kind = VENUE_REPORT;
    out->report = report;
    set_now(replay, ts_ns, out);
}

// What there is when no market data comes next: a report, or that time has passed, or the end.
__attribute__((noinline)) static void deliver_other(struct replay *replay, int64_t until_ns,
                                                    struct venue_event *out)
{
    if (replay->desk.reports.head_ts_ns <= until_ns &&
        replay->desk.reports.head_ts_ns != INT64_MAX) {
        deliver_report(replay, out);
        return;
    }
    bool over = replay->local_ts_ns == INT64_MAX && replay->desk.reports.head_ts_ns == INT64_MAX &&
                replay->exch_ts_ns == INT64_MAX && replay->desk.requests.head_ts_ns == INT64_MAX;
    out->kind = over ? VENUE_END : VENUE_TIME;
    set_now(replay, over ? replay->venue.now_ns : until_ns, out);
}

static inline int deliver(struct replay *replay, int64_t until_ns, struct venue_event *out)
{
    int64_t data_ts_ns = replay->local_ts_ns;
    if (data_ts_ns <= replay->desk.reports.head_ts_ns && data_ts_ns <= until_ns &&
        data_ts_ns != INT64_MAX) {
        deliver_market(replay, out);
    } else {
        deliver_other(replay, until_ns, out);
    }
    return MM_OK;
}

__attribute__((noinline)) static int run_and_deliver(struct replay *replay, int64_t horizon_ns,
                                                     int64_t until_ns, struct venue_event *out)
{
    int rc = run_exchange(replay, horizon_ns);
    return rc < 0 ? rc : deliver(replay, until_ns, out);
}

static int replay_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct replay *replay = (struct replay *)venue;
    int64_t data_ts_ns = replay->local_ts_ns;
    // Exclusive: what happens at the exchange at the instant of an event of ours comes after it.
    int64_t horizon_ns = until_ns < data_ts_ns ? until_ns + 1 : data_ts_ns;
    if (replay->exch_ts_ns < horizon_ns || replay->desk.requests.head_ts_ns < horizon_ns) {
        return run_and_deliver(replay, horizon_ns, until_ns, out);
    }
    return deliver(replay, until_ns, out);
}

static int replay_send(struct venue *venue, const struct venue_request *request)
{
    struct replay *replay = (struct replay *)venue;
    return order_desk_send(&replay->desk, request, venue->now_ns);
}

static void replay_destroy(struct venue *venue)
{
    struct replay *replay = (struct replay *)venue;
    order_desk_fini(&replay->desk);
    free(replay);
}

static const struct venue_ops replay_ops = {
    .name = "replay", .next = replay_next, .send = replay_send, .destroy = replay_destroy};

int replay_create(const struct tape *tape, const struct replay_config *config, struct venue **out)
{
    *out = NULL;
    if (tape->message_count == 0) {
        return mm_fail(MM_ERROR_INPUT, "the tape has no messages to replay");
    }
    struct replay *replay = mm_alloc(1, sizeof *replay);
    struct fill_rules rules = fill_rules_of[config->fills];
    rules.remember_taken &= !config->forget_taken;
    int rc = order_desk_init(&replay->desk, tape, &config->queue_model, &rules, config->latency);
    if (rc < 0) {
        free(replay);
        return rc;
    }
    replay->desk.exchange.probe = config->probe;
    const struct tape_message *local = tape->messages[TAPE_LOCAL];
    const struct tape_message *exch = tape->messages[TAPE_EXCH];
    replay->rows = tape->rows;
    replay->local = local;
    replay->local_end = local + tape->message_count;
    replay->exch = exch;
    replay->exch_end = exch + tape->message_count;
    tape_batch(tape, local, TAPE_LOCAL, &replay->batch);
    replay->batch.wide = tape->wide_count > 0 ? tape->wide : NULL;
    replay->local_ts_ns = local->ts_ns;
    replay->exch_ts_ns = exch->ts_ns;
    replay->venue = (struct venue){.ops = &replay_ops,
                                   .instrument = tape->instrument,
                                   .geometry = tape->geometry,
                                   .now_ns = replay_earliest_ns(tape),
                                   .start_ns = local[0].ts_ns,
                                   .end_ns = local[tape->message_count - 1].ts_ns};
    *out = &replay->venue;
    return MM_OK;
}
