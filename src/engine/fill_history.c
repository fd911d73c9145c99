#include "engine/fill_history.h"

#include "base/check.h"

#include <stdlib.h>

// What a markout needs to know of its fill.
struct pending_fill {
    uint64_t number;
    enum fill_rule rule;
    enum side side;
    int64_t price_ticks, qty_lots;
};

void fill_history_init(struct fill_history *history, uint32_t capacity, int64_t start_ns,
                       int64_t span_ns)
{
    MM_ASSERT(capacity >= 2 && span_ns > 0);
    uint32_t even = capacity + capacity % 2; // so that dropping keeps the distances equal
    *history = (struct fill_history){.records = mm_alloc(even, sizeof *history->records),
                                     .capacity = even,
                                     .stride = 1,
                                     .start_ns = start_ns,
                                     .span_ns = span_ns};
    ring_init(&history->pending, sizeof(struct pending_fill), FILL_PENDING_MAX);
}

void fill_history_fini(struct fill_history *history)
{
    if (history != NULL) {
        free(history->records);
        ring_fini(&history->pending);
        *history = (struct fill_history){0};
    }
}

double fill_gain_bps(enum side side, int64_t price_ticks, int64_t mid_half_ticks)
{
    double price = (double)price_ticks;
    return side_sign(side) * (0.5 * (double)mid_half_ticks - price) / price * 1e4;
}

static void keep_record(struct fill_history *history, const struct engine_fill_row *row)
{
    if (history->fill_count % history->stride != 0) {
        return;
    }
    if (history->count == history->capacity) {
        for (uint32_t i = 0; i < history->count / 2; i++) {
            history->records[i] = history->records[2 * i];
        }
        history->count /= 2;
        history->stride *= 2; // this fill's number is a multiple: capacity is even
    }
    history->records[history->count++] =
        (struct fill_record){.number = history->fill_count, .row = *row};
}

static void double_spans(struct fill_history *history)
{
    for (uint32_t i = 0; i < FILL_SPANS_MAX; i += 2) {
        struct fill_span joined = history->spans[i];
        for (int side = 0; side < 2; side++) {
            joined.of[side].count += history->spans[i + 1].of[side].count;
            joined.of[side].qty_lots += history->spans[i + 1].of[side].qty_lots;
            joined.of[side].price_lots += history->spans[i + 1].of[side].price_lots;
        }
        history->spans[i / 2] = joined;
    }
    for (uint32_t i = FILL_SPANS_MAX / 2; i < FILL_SPANS_MAX; i++) {
        history->spans[i] = (struct fill_span){0};
    }
    history->span_count = (history->span_count + 1) / 2;
    history->span_ns *= 2;
}

static void count_span(struct fill_history *history, const struct engine_fill_row *row)
{
    int64_t since_ns = row->local_ts_ns - history->start_ns;
    MM_ASSERT(since_ns >= 0);
    while (since_ns / history->span_ns >= FILL_SPANS_MAX) {
        double_spans(history);
    }
    uint32_t index = (uint32_t)(since_ns / history->span_ns);
    struct fill_sum *sum = &history->spans[index].of[row->side];
    sum->count++;
    sum->qty_lots += row->qty_lots;
    sum->price_lots += (double)row->price_ticks * (double)row->qty_lots;
    if (index >= history->span_count) {
        history->span_count = index + 1;
    }
}

static void count_rule(struct fill_history *history, const struct engine_fill_row *row)
{
    struct fill_rule_sum *sum = &history->rules[row->provenance.rule];
    sum->count++;
    sum->qty_lots += row->qty_lots;
    if (row->mid_half_ticks > 0) {
        double lots = (double)row->qty_lots;
        sum->edge_lots += lots;
        sum->edge_bps_lots +=
            lots * fill_gain_bps(row->side, row->price_ticks, row->mid_half_ticks);
    }
}

void fill_history_add(struct fill_history *history, const struct engine_fill_row *row)
{
    keep_record(history, row);
    count_span(history, row);
    count_rule(history, row);
    struct pending_fill pending = {.number = history->fill_count,
                                   .rule = row->provenance.rule,
                                   .side = row->side,
                                   .price_ticks = row->price_ticks,
                                   .qty_lots = row->qty_lots};
    history->fill_count++;
    // When it is full the oldest have been passed over: no horizon is that long.
    if (!ring_push(&history->pending, &pending)) {
        ring_pop(&history->pending);
        bool pushed = ring_push(&history->pending, &pending);
        MM_ASSERT(pushed);
    }
}

// The record of this number, NULL when it is not kept.
static struct fill_record *find_record(struct fill_history *history, uint64_t number)
{
    if (number % history->stride != 0 || number / history->stride >= history->count) {
        return NULL;
    }
    return &history->records[number / history->stride];
}

void fill_history_markout(struct fill_history *history, uint64_t number, int64_t later_half_ticks)
{
    const struct pending_fill *fill;
    while ((fill = ring_front(&history->pending)) != NULL && fill->number < number) {
        ring_pop(&history->pending);
    }
    if (fill == NULL || fill->number > number) {
        return;
    }
    struct fill_rule_sum *sum = &history->rules[fill->rule];
    double lots = (double)fill->qty_lots;
    sum->markout_lots += lots;
    sum->markout_bps_lots += lots * fill_gain_bps(fill->side, fill->price_ticks, later_half_ticks);
    struct fill_record *record = find_record(history, number);
    if (record != NULL) {
        record->later_half_ticks = later_half_ticks;
    }
    ring_pop(&history->pending);
}
