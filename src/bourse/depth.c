#include "bourse/depth.h"

#include "base/memory.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void depth_init(struct depth *depth, uint32_t size, int64_t interval_ns)
{
    *depth = (struct depth){.size = size, .interval_ns = interval_ns, .stale = true};
    for (int side = 0; side < 2; side++) {
        depth->image[side] = mm_alloc(size, sizeof(struct depth_level));
    }
}

void depth_fini(struct depth *depth)
{
    free(depth->image[0]);
    free(depth->image[1]);
    *depth = (struct depth){0};
}

static uint32_t read_side(const struct book *book, enum side side, uint32_t size,
                          struct depth_level *out)
{
    uint32_t count = 0;
    for (uint32_t index = book->best[side]; index != 0 && count < size;
         index = book_scan(book, side, index - 1)) {
        out[count++] = (struct depth_level){index, book_lots(book, side, index)};
    }
    return count;
}

void depth_refresh(struct depth *depth, const struct book *book)
{
    for (int side = 0; side < 2; side++) {
        depth->count[side] = read_side(book, (enum side)side, depth->size, depth->image[side]);
    }
    depth->update++;
    depth->stale = false;
}

static void write_level(const struct instrument *instrument, int64_t price_ticks, uint32_t lots,
                        struct text *out)
{
    char price[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE] = "0";
    wire_print_steps(price_ticks, instrument->tick, price);
    if (lots > 0) {
        wire_print_steps(lots, instrument->lot, qty);
    }
    wire_open(out, NULL, '[');
    wire_string(out, NULL, price);
    wire_string(out, NULL, qty);
    wire_close(out, ']');
}

static void write_image_side(const struct depth *depth, const struct book *book,
                             const struct instrument *instrument, enum side side, struct text *out)
{
    wire_open(out, side == SIDE_BUY ? "b" : "a", '[');
    for (uint32_t i = 0; i < depth->count[side]; i++) {
        struct depth_level level = depth->image[side][i];
        write_level(instrument, geometry_ticks(book->geometry, side, level.index), level.lots, out);
    }
    wire_close(out, ']');
}

static void write_head(const struct depth *depth, const char *type, const struct depth_stamp *stamp,
                       struct text *out)
{
    char topic[64];
    snprintf(topic, sizeof topic, "orderbook.%" PRIu32 ".%s", depth->size, stamp->symbol);
    wire_open(out, NULL, '{');
    wire_string(out, "topic", topic);
    wire_string(out, "type", type);
    wire_number(out, "ts", stamp->ts_ms);
    wire_open(out, "data", '{');
    wire_string(out, "s", stamp->symbol);
}

static void write_tail(const struct depth *depth, const struct depth_stamp *stamp, struct text *out)
{
    wire_number(out, "u", (int64_t)depth->update);
    wire_number(out, "seq", (int64_t)stamp->sequence);
    wire_close(out, '}');
    wire_number(out, "cts", stamp->match_ms);
    wire_close(out, '}');
}

void depth_write_snapshot(const struct depth *depth, const struct book *book,
                          const struct instrument *instrument, const struct depth_stamp *stamp,
                          struct text *out)
{
    write_head(depth, "snapshot", stamp, out);
    write_image_side(depth, book, instrument, SIDE_BUY, out);
    write_image_side(depth, book, instrument, SIDE_SELL, out);
    write_tail(depth, stamp, out);
}

// Writes what differs between the image and the book on one side; true when anything does. Both
// are sorted by falling index, and each step takes the next index of either.
static bool write_difference(struct depth *depth, const struct book *book,
                             const struct instrument *instrument, enum side side, struct text *out)
{
    const struct depth_level *told = depth->image[side];
    const struct depth_level *told_end = told + depth->count[side];
    uint32_t seen = 0, index = book->best[side];
    bool any = false;
    wire_open(out, side == SIDE_BUY ? "b" : "a", '[');
    while (told < told_end || index != 0) {
        uint32_t told_index = told < told_end ? told->index : 0;
        uint32_t top = told_index > index ? told_index : index;
        uint32_t told_lots = told_index == top ? told->lots : 0, lots = 0;
        told += told_index == top;
        if (index == top) {
            lots = book_lots(book, side, index);
            index = ++seen < depth->size ? book_scan(book, side, index - 1) : 0;
        }
        if (lots != told_lots) {
            write_level(instrument, geometry_ticks(book->geometry, side, top), lots, out);
            any = true;
        }
    }
    wire_close(out, ']');
    return any;
}

bool depth_write_delta(struct depth *depth, const struct book *book,
                       const struct instrument *instrument, const struct depth_stamp *stamp,
                       struct text *out)
{
    size_t start = out->size;
    write_head(depth, "delta", stamp, out);
    bool any = write_difference(depth, book, instrument, SIDE_BUY, out);
    any |= write_difference(depth, book, instrument, SIDE_SELL, out);
    if (!any) {
        text_cut(out, start);
        depth->stale = false;
        return false;
    }
    depth_refresh(depth, book);
    write_tail(depth, stamp, out);
    return true;
}

void depth_write_side(const struct book *book, const struct instrument *instrument, enum side side,
                      uint32_t size, struct text *out)
{
    uint32_t index = book->best[side];
    wire_open(out, side == SIDE_BUY ? "b" : "a", '[');
    for (uint32_t count = 0; index != 0 && count < size; count++) {
        write_level(instrument, geometry_ticks(book->geometry, side, index),
                    book_lots(book, side, index), out);
        index = book_scan(book, side, index - 1);
    }
    wire_close(out, ']');
}
