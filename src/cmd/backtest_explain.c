#include "cmd/backtest_explain.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/platform.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 240, MOVES_SHOWN = 40, NOTES_START = 64 };

enum note_kind { NOTE_SENT, NOTE_EXCHANGE, NOTE_MOVE, NOTE_SEEN };

struct note {
    int64_t ts_ns;
    uint32_t number; // notes of one instant stay in this order
    enum note_kind kind;
    char text[LINE_SIZE];
};

struct explain {
    struct venue venue;  // first: what the strategy holds
    struct venue *inner; // borrowed
    struct exchange_probe probe;
    uint64_t order_id, last_id;
    struct note *notes; // owned
    uint32_t count, capacity, move_count;
};

int explain_parse(const char *text, uint64_t *out_id)
{
    struct decimal id;
    if (decimal_parse(text, strlen(text), &id) != DECIMAL_OK || id.exponent != 0 ||
        id.mantissa <= 0) {
        return mm_fail(MM_ERROR_USAGE, "--explain '%s': expected the id of an order, 1 or more",
                       text);
    }
    *out_id = (uint64_t)id.mantissa;
    return MM_OK;
}

__attribute__((format(printf, 2, 0))) static void print_note(struct note *note, const char *format,
                                                             va_list arguments)
{
    // The analyser of clang 14 does not see va_start in the caller.
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    (void)vsnprintf(note->text, sizeof note->text, format, arguments);
}

__attribute__((format(printf, 4, 5))) static void note(struct explain *explain, enum note_kind kind,
                                                       int64_t ts_ns, const char *format, ...)
{
    if (explain->count == explain->capacity) {
        uint32_t capacity = explain->capacity > 0 ? 2 * explain->capacity : NOTES_START;
        struct note *notes = mm_alloc(capacity, sizeof *notes);
        if (explain->count > 0) {
            memcpy(notes, explain->notes, explain->count * sizeof *notes);
        }
        free(explain->notes);
        explain->notes = notes;
        explain->capacity = capacity;
    }
    struct note *added = &explain->notes[explain->count];
    *added = (struct note){.ts_ns = ts_ns, .number = explain->count++, .kind = kind};
    va_list arguments;
    va_start(arguments, format);
    print_note(added, format, arguments);
    va_end(arguments);
}

static struct decimal_text lots_text(const struct explain *explain, int64_t lots)
{
    return decimal_steps_text(lots, explain->inner->instrument.lot);
}

static struct decimal_text price_text(const struct explain *explain, int64_t ticks)
{
    return decimal_steps_text(ticks, explain->inner->instrument.tick);
}

// ---- the queue ----

static void note_move(void *context, const struct queue_move *move)
{
    struct explain *explain = context;
    if (move->ahead_before == move->ahead_after) {
        return; // behind us
    }
    explain->move_count++;
    struct decimal_text from = lots_text(explain, move->ahead_before);
    struct decimal_text to = lots_text(explain, move->ahead_after);
    struct decimal_text lots = lots_text(explain, move->lots_before);
    struct decimal_text after = lots_text(explain, move->lots_after);
    if (move->by_trade) {
        note(explain, NOTE_MOVE, move->exch_ts_ns,
             "a trade of %s at our price (row %" PRIu32 "): ahead of us %s -> %s", lots.text,
             move->event_row, from.text, to.text);
    } else {
        note(explain, NOTE_MOVE, move->exch_ts_ns,
             "the level went from %s to %s (message at row %" PRIu32 "): ahead of us %s -> %s",
             lots.text, after.text, move->event_row, from.text, to.text);
    }
}

// ---- reports ----

static const char *rule_words(enum fill_rule rule)
{
    switch (rule) {
    case FILL_TAKER:
        return "it crossed on arrival and took";
    case FILL_BEST_CROSSED:
        return "the other side's best reached our price";
    case FILL_TRADE_THROUGH:
        return "a trade beyond our price";
    case FILL_QUEUE:
        return "a trade at our price, with the queue ahead used up";
    case FILL_MATCHED:
    case FILL_EXCHANGE: // never in a replay
        return "matched";
    case FILL_NONE:
        break;
    }
    return "?";
}

static void note_fill(struct explain *explain, const struct venue_report *report)
{
    const struct fill_provenance *why = &report->provenance;
    struct decimal_text exec = lots_text(explain, report->exec_qty_lots);
    struct decimal_text price = price_text(explain, report->exec_price_ticks);
    struct decimal_text leaves = lots_text(explain, report->leaves_qty_lots);
    struct decimal_text arrival = lots_text(explain, why->ahead_at_arrival_lots);
    struct decimal_text ahead = lots_text(explain, why->ahead_at_fill_lots);
    note(explain, NOTE_EXCHANGE, report->exch_ts_ns,
         "filled %s at %s, %s left: %s (message at row %" PRIu32
         "; ahead at arrival %s, at the fill %s)",
         exec.text, price.text, leaves.text, rule_words(why->rule), why->event_row, arrival.text,
         ahead.text);
}

static void note_at_exchange(struct explain *explain, const struct venue_report *report)
{
    struct decimal_text price = price_text(explain, report->price_ticks);
    struct decimal_text leaves = lots_text(explain, report->leaves_qty_lots);
    struct decimal_text ahead = lots_text(explain, report->provenance.ahead_at_arrival_lots);
    switch (report->kind) {
    case REPORT_PLACED:
        note(explain, NOTE_EXCHANGE, report->exch_ts_ns,
             "reached the exchange: %s rest at %s with %s ahead", leaves.text, price.text,
             ahead.text);
        return;
    case REPORT_AMENDED:
        note(explain, NOTE_EXCHANGE, report->exch_ts_ns,
             "the amend reached the exchange: %s rest at %s with %s ahead at arrival", leaves.text,
             price.text, ahead.text);
        return;
    case REPORT_CANCELED:
        note(explain, NOTE_EXCHANGE, report->exch_ts_ns,
             "the cancel reached the exchange: ended with %s left", leaves.text);
        return;
    case REPORT_EXPIRED:
        note(explain, NOTE_EXCHANGE, report->exch_ts_ns,
             "expired with %s left: post-only and it would have crossed, or nothing more to take",
             leaves.text);
        return;
    case REPORT_FILLED:
        note_fill(explain, report);
        return;
    case REPORT_REJECTED:
        if (report->reject != VENUE_REJECT_UNREACHABLE) {
            note(explain, NOTE_EXCHANGE, report->exch_ts_ns, "the exchange refused the request: %s",
                 venue_reject_text(report->reject));
        }
        return;
    case REPORT_LOST:
    case REPORT_FUNDING: // no recorded market has any
        return;
    }
}

static const char *seen_words(const struct venue_report *report)
{
    static const char *const words[] = {
        [REPORT_PLACED] = "that it rests",          [REPORT_AMENDED] = "that it is amended",
        [REPORT_CANCELED] = "that it is canceled",  [REPORT_EXPIRED] = "that it expired",
        [REPORT_REJECTED] = "the refusal",          [REPORT_FILLED] = "the fill",
        [REPORT_LOST] = "that its fate is unknown", [REPORT_FUNDING] = "funding"};
    return report->reject == VENUE_REJECT_UNREACHABLE ? "that the request never got there"
                                                      : words[report->kind];
}

static int explain_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct explain *explain = (struct explain *)venue;
    int rc = venue_next(explain->inner, until_ns, out);
    venue->now_ns = explain->inner->now_ns;
    if (rc == MM_OK && out->kind == VENUE_REPORT && out->report->order_id == explain->order_id) {
        note_at_exchange(explain, out->report);
        note(explain, NOTE_SEEN, out->now_ns, "seen by us: %s", seen_words(out->report));
    }
    return rc;
}

static int explain_send(struct venue *venue, const struct venue_request *request)
{
    struct explain *explain = (struct explain *)venue;
    if (request->op == VENUE_PLACE && request->order_id > explain->last_id) {
        explain->last_id = request->order_id;
    }
    if (request->order_id == explain->order_id) {
        struct decimal_text price = price_text(explain, request->price_ticks);
        struct decimal_text qty = lots_text(explain, request->qty_lots);
        if (request->op == VENUE_CANCEL) {
            note(explain, NOTE_SENT, venue->now_ns, "sent: cancel");
        } else {
            note(explain, NOTE_SENT, venue->now_ns, "sent: %s %s at %s%s",
                 request->op == VENUE_AMEND  ? "amend to"
                 : request->side == SIDE_BUY ? "buy"
                                             : "sell",
                 qty.text, price.text,
                 request->op == VENUE_PLACE && request->tif == TIF_POST_ONLY ? ", post-only" : "");
        }
    }
    return venue_send(explain->inner, request);
}

static void explain_venue_destroy(struct venue *venue)
{
    (void)venue; // explain_destroy frees it
}

static const struct venue_ops explain_ops = {.name = "explain",
                                             .next = explain_next,
                                             .send = explain_send,
                                             .destroy = explain_venue_destroy};

struct explain *explain_create(uint64_t order_id)
{
    struct explain *explain = mm_alloc(1, sizeof *explain);
    explain->order_id = order_id;
    explain->probe =
        (struct exchange_probe){.order_id = order_id, .context = explain, .moved = note_move};
    return explain;
}

void explain_destroy(struct explain *explain)
{
    if (explain != NULL) {
        free(explain->notes);
        free(explain);
    }
}

const struct exchange_probe *explain_probe(const struct explain *explain)
{
    return &explain->probe;
}

struct venue *explain_venue(struct explain *explain, struct venue *inner)
{
    explain->venue = *inner;
    explain->venue.ops = &explain_ops;
    explain->inner = inner;
    return &explain->venue;
}

// ---- the story ----

static int by_time(const void *a, const void *b)
{
    const struct note *left = a, *right = b;
    if (left->ts_ns != right->ts_ns) {
        return left->ts_ns < right->ts_ns ? -1 : 1;
    }
    return left->number < right->number ? -1 : left->number > right->number;
}

int explain_print(struct explain *explain, FILE *out, const char *tape_path)
{
    if (explain->count == 0) {
        return mm_fail(MM_ERROR_USAGE, "--explain %" PRIu64 ": the run sent orders 1 to %" PRIu64,
                       explain->order_id, explain->last_id);
    }
    qsort(explain->notes, explain->count, sizeof *explain->notes, by_time);
    (void)fprintf(out, "order %" PRIu64 "\n", explain->order_id);
    uint32_t move = 0, left_out = 0;
    for (uint32_t i = 0; i < explain->count; i++) {
        const struct note *shown = &explain->notes[i];
        if (shown->kind == NOTE_MOVE && ++move > MOVES_SHOWN / 2 &&
            move + MOVES_SHOWN / 2 <= explain->move_count) {
            left_out++;
            continue;
        }
        if (left_out > 0) {
            (void)fprintf(out, "  ... %" PRIu32 " more moves of the queue\n", left_out);
            left_out = 0;
        }
        char time[PLATFORM_TIME_TEXT_SIZE];
        platform_time_text(shown->ts_ns, time);
        (void)fprintf(out, "  %" PRId64 "  %s  %s\n", shown->ts_ns, time, shown->text);
    }
    (void)fprintf(out, "the tape's events of a time: mmbot tape show %s --from NS --to NS\n",
                  tape_path);
    return MM_OK;
}
