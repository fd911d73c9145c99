#include "venue/sim/line.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SLOT_NS_BITS = 24 };

void delay_init(struct delay *delay, int64_t constant_ns, int64_t jitter_ns, uint64_t seed,
                enum delay_line line, const struct draw_exponential *gap)
{
    *delay = (struct delay){.constant_ns = constant_ns,
                            .jitter_ns = jitter_ns,
                            .last_ns = INT64_MIN,
                            .seed = seed,
                            .line = line,
                            .slot = -1,
                            .block_number = -1,
                            .gap = gap};
}

// The exponential part that belongs to a time slot.
static int64_t slot_jitter_ns(struct delay *delay, int64_t slot)
{
    if (slot / 4 != delay->block_number) {
        delay->block_number = slot / 4;
        random_block(delay->seed, RANDOM_LATENCY, (uint32_t)delay->line, (uint64_t)(slot / 4),
                     delay->block);
    }
    double jitter = draw_exponential_from(delay->gap, delay->block[slot % 4]);
    return (int64_t)(jitter * (double)delay->jitter_ns);
}

int64_t delay_arrival(struct delay *delay, int64_t sent_ns)
{
    int64_t slot = sent_ns >> SLOT_NS_BITS;
    if (slot != delay->slot) {
        delay->slot = slot;
        delay->slot_jitter_ns = delay->jitter_ns > 0 ? slot_jitter_ns(delay, slot) : 0;
    }
    int64_t arrival_ns = sent_ns + delay->constant_ns + delay->slot_jitter_ns;
    arrival_ns = arrival_ns > delay->last_ns ? arrival_ns : delay->last_ns;
    delay->last_ns = arrival_ns;
    return arrival_ns;
}

void feed_line_init(struct feed_line *line)
{
    *line = (struct feed_line){.batches = mm_alloc(LINE_BATCHES, sizeof(struct line_batch)),
                               .rows = mm_alloc(LINE_ROWS, sizeof(struct row))};
}

void feed_line_fini(struct feed_line *line)
{
    free(line->batches);
    free(line->rows);
    memset(line, 0, sizeof(*line));
}

// Rows of one batch must not wrap: what is left at the ring's end is skipped.
static uint32_t rows_skipped(uint32_t tail, uint32_t count)
{
    uint32_t left = LINE_ROWS - (tail & (LINE_ROWS - 1));
    return count > left ? left : 0;
}

bool feed_line_has_room(const struct feed_line *line, uint32_t batch_count, uint32_t row_count)
{
    uint64_t rows = (uint64_t)row_count + rows_skipped(line->row_tail, row_count) +
                    (line->row_tail - line->row_head);
    return line->batch_tail - line->batch_head + batch_count <= LINE_BATCHES && rows <= LINE_ROWS;
}

struct row *feed_line_push(struct feed_line *line, int64_t exch_ts_ns, int64_t local_ts_ns,
                           enum event_kind kind, uint32_t count)
{
    if (!feed_line_has_room(line, 1, count)) {
        return NULL;
    }
    line->row_tail += rows_skipped(line->row_tail, count);
    uint32_t first = line->row_tail & (LINE_ROWS - 1);
    line->row_tail += count;
    line->batches[line->batch_tail++ & (LINE_BATCHES - 1)] =
        (struct line_batch){.batch = {.exch_ts_ns = exch_ts_ns,
                                      .local_ts_ns = local_ts_ns,
                                      .rows = &line->rows[first],
                                      .count = count,
                                      .kind = kind},
                            .rows_end = line->row_tail};
    return &line->rows[first];
}

void feed_line_pop(struct feed_line *line)
{
    line->row_head = line->batches[line->batch_head & (LINE_BATCHES - 1)].rows_end;
    line->batch_head++;
    if (line->batch_head == line->batch_tail) {
        line->batch_head = line->batch_tail = line->row_head = line->row_tail = 0;
    }
}
