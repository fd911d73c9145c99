#include "market/tape_join.h"

#include "base/memory.h"
#include "base/platform.h"
#include "market/capture_json.h"

#include <stdlib.h>
#include <string.h>

struct span {
    int64_t first_ns, last_ns;
};

static bool has_book(const struct tape_part *part)
{
    return part->builder.facts.depth_count > 0 || part->builder.facts.snapshot_count > 0;
}

static bool has_trades(const struct tape_part *part)
{
    return part->builder.facts.trade_count > 0;
}

static struct span span_of(const struct tape_part *part)
{
    struct span span = {INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < part->builder.message_count; i++) {
        int64_t ns = part->builder.messages[i].local_ts_ns;
        span.first_ns = ns < span.first_ns ? ns : span.first_ns;
        span.last_ns = ns > span.last_ns ? ns : span.last_ns;
    }
    return span;
}

// Recordings of trades alone come first; else by time.
static bool is_before(const struct tape_part *a, const struct tape_part *b)
{
    if (has_book(a) != has_book(b)) {
        return has_book(b);
    }
    return span_of(a).first_ns < span_of(b).first_ns;
}

static void sort_parts(struct tape_part *parts, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && is_before(&parts[j], &parts[j - 1]); j--) {
            struct tape_part part = parts[j];
            parts[j] = parts[j - 1];
            parts[j - 1] = part;
        }
    }
}

static int check_same(const struct tape_part *a, const struct tape_part *b)
{
    const struct instrument *one = &a->report.instrument, *other = &b->report.instrument;
    if (strcmp(one->symbol, other->symbol) != 0 || strcmp(one->venue, other->venue) != 0) {
        return mm_fail(MM_ERROR_INPUT, "%s is of %s on %s, but %s is of %s on %s", a->name,
                       one->symbol, one->venue, b->name, other->symbol, other->venue);
    }
    if (one->contract != other->contract ||
        one->contract_size.mantissa != other->contract_size.mantissa ||
        one->contract_size.exponent != other->contract_size.exponent) {
        return mm_fail(MM_ERROR_INPUT,
                       "%s and %s are of different contracts: say which with "
                       "--contract",
                       a->name, b->name);
    }
    return MM_OK;
}

static int check_apart(const struct tape_part *a, const struct tape_part *b)
{
    bool books = has_book(a) && has_book(b);
    struct span one = span_of(a), other = span_of(b);
    if ((!books && !(has_trades(a) && has_trades(b))) || one.last_ns < other.first_ns ||
        other.last_ns < one.first_ns) {
        return MM_OK;
    }
    char begins[PLATFORM_TIME_TEXT_SIZE], ends[PLATFORM_TIME_TEXT_SIZE];
    bool in_order = one.first_ns <= other.first_ns;
    platform_time_text(in_order ? other.first_ns : one.first_ns, begins);
    platform_time_text(in_order ? one.last_ns : other.last_ns, ends);
    return mm_fail(MM_ERROR_INPUT,
                   "%s and %s overlap: both hold %s, and the later one begins at %s, before the "
                   "other ends at %s",
                   a->name, b->name, books ? "the book" : "trades", begins, ends);
}

static int check_parts(const struct tape_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].builder.message_count == 0) {
            return mm_fail(MM_ERROR_INPUT, "%s: no depth update, snapshot or trade of the market",
                           parts[i].name);
        }
        for (size_t j = 0; j < i; j++) {
            int status = check_same(&parts[j], &parts[i]);
            status = status == MM_OK ? check_apart(&parts[j], &parts[i]) : status;
            if (status < 0) {
                return status;
            }
        }
    }
    return MM_OK;
}

// Inferred steps are powers of ten, of which the finest serves all; given ones are equal.
static int64_t factor_to(struct decimal step, int32_t exponent)
{
    return (int64_t)capture_powers_of_ten[step.exponent - exponent];
}

static int equal_steps(struct tape_part *parts, size_t count)
{
    int32_t tick = parts[0].report.instrument.tick.exponent;
    int32_t lot = parts[0].report.instrument.lot.exponent;
    for (size_t i = 1; i < count; i++) {
        const struct instrument *instrument = &parts[i].report.instrument;
        tick = instrument->tick.exponent < tick ? instrument->tick.exponent : tick;
        lot = instrument->lot.exponent < lot ? instrument->lot.exponent : lot;
    }
    for (size_t i = 0; i < count; i++) {
        struct instrument *instrument = &parts[i].report.instrument;
        int status = tape_builder_rescale(&parts[i].builder, factor_to(instrument->tick, tick),
                                          factor_to(instrument->lot, lot));
        if (status < 0) {
            return mm_fail_add(status, "%s", parts[i].name);
        }
        instrument->tick.exponent = tick;
        instrument->lot.exponent = lot;
    }
    return instrument_prepare(&parts[0].report.instrument);
}

// Between two recordings of the book that do not follow one another nobody knows what happened.
static int add_gap(struct tape_builder *to, const struct tape_builder *from)
{
    int64_t exch_ns = INT64_MAX, local_ns = INT64_MAX;
    for (size_t i = 0; i < from->message_count; i++) {
        const struct builder_message *message = &from->messages[i];
        exch_ns = message->exch_ts_ns < exch_ns ? message->exch_ts_ns : exch_ns;
        local_ns = message->local_ts_ns < local_ns ? message->local_ts_ns : local_ns;
    }
    return tape_builder_message(to, EVENT_GAP, exch_ns, local_ns, to->row_count, 0);
}

static int append(struct tape_builder *to, const struct tape_builder *from)
{
    size_t base = to->row_count;
    int status = MM_OK;
    for (size_t i = 0; i < from->row_count && status == MM_OK; i++) {
        struct wide_row row = tape_builder_at(from, i);
        status = tape_builder_row(to, (enum side)row.side, row.price_ticks, row.qty_lots);
    }
    for (size_t i = 0; i < from->message_count && status == MM_OK; i++) {
        const struct builder_message *message = &from->messages[i];
        status = tape_builder_message(to, (enum event_kind)(message->count_kind & 0xff),
                                      message->exch_ts_ns, message->local_ts_ns,
                                      base + message->first_row, message->count_kind >> 8);
    }
    for (size_t i = 0; i < from->best_count && status == MM_OK; i++) {
        status = tape_builder_best(to, &from->bests[i]);
    }
    return status;
}

// Where the parts say how their messages lie on the local clock, so does the whole: the parts
// follow one another, a gap may lie between.
static void append_order(struct tape_builder *to, size_t to_count, const struct tape_builder *from)
{
    size_t gap = to->message_count - from->message_count - to_count;
    if (to->local_order == NULL || from->local_order == NULL) {
        return;
    }
    uint32_t *order = mm_alloc(to->message_count, sizeof *order);
    memcpy(order, to->local_order, to_count * sizeof *order);
    for (size_t i = 0; i < gap; i++) {
        order[to_count + i] = (uint32_t)(to_count + i);
    }
    for (size_t i = 0; i < from->message_count; i++) {
        order[to_count + gap + i] = (uint32_t)(to_count + gap + from->local_order[i]);
    }
    free(to->local_order);
    to->local_order = order;
}

static void add_report(struct tape_import_report *to, const struct tape_import_report *from)
{
    to->line_count += from->line_count;
    to->not_market_count += from->not_market_count;
    to->other_count += from->other_count;
    to->foreign_count += from->foreign_count;
    to->stale_count += from->stale_count;
    to->rounded_count += from->rounded_count;
    to->step_back_count += from->step_back_count;
}

static int join_into(struct tape_part *to, struct tape_part *from)
{
    size_t to_count = to->builder.message_count;
    bool goes_on =
        to->report.last_update != 0 && to->report.last_update == from->report.first_follows;
    bool needs_gap = has_book(to) && has_book(from) && !goes_on;
    int status = needs_gap ? add_gap(&to->builder, &from->builder) : MM_OK;
    status = status == MM_OK ? append(&to->builder, &from->builder) : status;
    if (status == MM_OK) {
        append_order(&to->builder, to_count, &from->builder);
    }
    to->builder.facts.skipped_count += from->builder.facts.skipped_count;
    to->builder.inferred |= from->builder.inferred;
    add_report(&to->report, &from->report);
    if (has_book(from)) {
        to->report.last_update = from->report.last_update;
    }
    to->report.row_count = to->builder.row_count;
    to->report.message_count = to->builder.message_count;
    tape_builder_fini(&from->builder);
    return status;
}

int tape_join(struct tape_part *parts, size_t count)
{
    int status = count > 1 ? check_parts(parts, count) : MM_OK;
    if (status < 0 || count <= 1) {
        return status;
    }
    sort_parts(parts, count);
    status = equal_steps(parts, count);
    for (size_t i = 1; i < count && status == MM_OK; i++) {
        status = join_into(&parts[0], &parts[i]);
    }
    return status;
}
