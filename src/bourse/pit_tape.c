// The recorded kind of pit.h.
#include "base/check.h"
#include "base/memory.h"
#include "bourse/pit.h"
#include "venue/replay/exchange.h"

#include <stdlib.h>

struct pit_tape {
    struct pit pit; // first
    const struct tape *tape;
    const struct tape_message *next, *end; // in the exchange's order
    struct exchange exchange;
};

static int64_t tape_next_ns(const struct pit *pit)
{
    const struct pit_tape *tape = (const struct pit_tape *)pit;
    return tape->next < tape->end ? tape->next->ts_ns + pit->shift_ns : INT64_MAX;
}

// An order's number at the replay exchange, which knows none below 1.
static uint64_t number_of(uint32_t tag)
{
    return (uint64_t)tag + 1;
}

// Tells what the exchange reported and forgets it; the last report but executions says what became
// of a request.
static enum pit_outcome take_reports(struct pit_tape *tape)
{
    enum pit_outcome outcome = PIT_FILLED;
    for (uint32_t i = 0; i < tape->exchange.report_count; i++) {
        const struct venue_report *report = &tape->exchange.reports[i];
        if (report->kind == REPORT_FILLED) {
            struct pit_execution told = {.tag = (uint32_t)(report->order_id - 1),
                                         .maker = report->maker,
                                         .price_ticks = report->exec_price_ticks,
                                         .qty_lots = report->exec_qty_lots,
                                         .leaves_lots = report->leaves_qty_lots};
            tape->pit.listener.executed(tape->pit.listener.context, &told);
        } else if (report->kind == REPORT_EXPIRED) {
            outcome = PIT_EXPIRED;
        } else if (report->kind == REPORT_REJECTED) {
            outcome = PIT_REFUSED;
        } else {
            outcome = PIT_RESTING;
        }
    }
    tape->exchange.report_count = 0;
    return outcome;
}

static void tape_step(struct pit *pit)
{
    struct pit_tape *tape = (struct pit_tape *)pit;
    const struct tape_message *message = tape->next;
    struct market_batch batch;
    tape->next = exchange_run(&tape->exchange, message, message + 1, INT64_MAX);
    (void)take_reports(tape);
    tape_batch(tape->tape, message, TAPE_EXCH, &batch);
    batch.wide = tape->tape->wide_count > 0 ? tape->tape->wide : NULL;
    batch.exch_ts_ns = message->ts_ns;
    pit_publish(pit, &batch);
}

static enum pit_outcome request(struct pit_tape *tape, const struct venue_request *what,
                                int64_t now_ns)
{
    int64_t own_ns = now_ns - tape->pit.shift_ns;
    int code = exchange_request(&tape->exchange, what, own_ns, own_ns);
    MM_ASSERT(code == MM_OK); // a tag is free until its order has ended
    return take_reports(tape);
}

static struct venue_request request_of(const struct pit_order *order, enum venue_op op)
{
    return (struct venue_request){.op = op,
                                  .side = order->side,
                                  .type = ORDER_LIMIT,
                                  .tif = order->tif,
                                  .order_id = number_of(order->tag),
                                  .price_ticks = order->price_ticks,
                                  .qty_lots = order->qty_lots};
}

static enum pit_outcome tape_place(struct pit *pit, const struct pit_order *order, int64_t now_ns)
{
    struct venue_request place = request_of(order, VENUE_PLACE);
    return request((struct pit_tape *)pit, &place, now_ns);
}

static enum pit_outcome tape_amend(struct pit *pit, const struct pit_order *order, int64_t now_ns)
{
    struct venue_request amend = request_of(order, VENUE_AMEND);
    return request((struct pit_tape *)pit, &amend, now_ns);
}

static void tape_cancel(struct pit *pit, uint32_t tag, int64_t now_ns)
{
    struct venue_request cancel = {.op = VENUE_CANCEL, .order_id = number_of(tag)};
    (void)request((struct pit_tape *)pit, &cancel, now_ns);
}

static void tape_destroy(struct pit *pit)
{
    struct pit_tape *tape = (struct pit_tape *)pit;
    exchange_fini(&tape->exchange);
    book_fini(&tape->pit.book);
    free(tape);
}

static const struct pit_ops tape_ops = {.next_ns = tape_next_ns,
                                        .step = tape_step,
                                        .place = tape_place,
                                        .amend = tape_amend,
                                        .cancel = tape_cancel,
                                        .destroy = tape_destroy};

int pit_tape_create(const struct pit_setup *setup, const struct tape *tape,
                    const struct queue_model *queue_model, struct pit **out)
{
    *out = NULL;
    if (tape->message_count == 0) {
        return mm_fail(MM_ERROR_INPUT, "the tape has no messages to replay");
    }
    struct pit_tape *pit = mm_alloc(1, sizeof *pit);
    int code = exchange_init(&pit->exchange, tape, queue_model, &fill_rules_of[FILLS_STRICT]);
    if (code == MM_OK) {
        code = book_init(&pit->pit.book, tape->geometry);
    }
    if (code != MM_OK) {
        exchange_fini(&pit->exchange);
        free(pit);
        return code;
    }
    pit->tape = tape;
    pit->next = tape->messages[TAPE_EXCH];
    pit->end = pit->next + tape->message_count;
    pit->pit.ops = &tape_ops;
    pit->pit.instrument = tape->instrument;
    pit->pit.listener = setup->listener;
    pit->pit.shift_ns = setup->now_ns - pit->next->ts_ns;
    *out = &pit->pit;
    return MM_OK;
}
