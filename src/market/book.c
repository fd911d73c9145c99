#include "market/book.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

enum { BLOCK_SHIFT = 6 };
_Static_assert(BOOK_BLOCK == 1 << BLOCK_SHIFT, "a block is found by a shift");

static size_t lots_size(const struct book *book)
{
    return ((size_t)book->geometry.span + 1) * sizeof(uint32_t);
}

static size_t touched_size(const struct book *book)
{
    // Whole words, because the search for a touched block reads eight bytes at a time.
    return (((size_t)book->geometry.span >> BLOCK_SHIFT) + 8) & ~(size_t)7;
}

int book_init(struct book *book, struct book_geometry geometry)
{
    memset(book, 0, sizeof *book);
    if (geometry.span < 2 || geometry.span > BOOK_SPAN_MAX) {
        return mm_fail(MM_ERROR_INPUT, "a book over %u prices is out of range", geometry.span);
    }
    book->geometry = geometry;
    for (int side = 0; side < 2; side++) {
        book->lots[side] = mm_alloc_pages(lots_size(book));
        book->touched[side] = mm_alloc_pages(touched_size(book));
    }
    return MM_OK;
}

void book_fini(struct book *book)
{
    if (book == NULL) {
        return;
    }
    for (int side = 0; side < 2; side++) {
        if (book->lots[side] != NULL) {
            mm_free_pages(book->lots[side], lots_size(book));
            mm_free_pages(book->touched[side], touched_size(book));
        }
    }
    memset(book, 0, sizeof *book);
}

// The last touched block at or below `block`; false when there is none.
static bool find_touched(const unsigned char *touched, uint32_t block, uint32_t *out)
{
    for (;;) {
        if (touched[block] != 0) {
            *out = block;
            return true;
        }
        if (block == 0) {
            return false;
        }
        block--;
        while ((block & 7) == 7) {
            uint64_t word;
            memcpy(&word, touched + block - 7, sizeof word);
            if (word != 0) {
                break;
            }
            if (block == 7) {
                return false;
            }
            block -= 8;
        }
    }
}

uint32_t book_scan(const struct book *book, enum side side, uint32_t index)
{
    const uint32_t *lots = book->lots[side];
    unsigned char *touched = book->touched[side];
    uint32_t block;
    while (index != 0 && find_touched(touched, index >> BLOCK_SHIFT, &block)) {
        uint32_t low = block << BLOCK_SHIFT;
        uint32_t top = low + BOOK_BLOCK - 1;
        bool whole = index >= top;
        index = whole ? top : index;
        if (index > book->geometry.span) {
            index = book->geometry.span;
        }
        while (index - low >= 4 &&
               ((lots[index] | lots[index - 1] | lots[index - 2] | lots[index - 3]) & ~BOOK_MARK) ==
                   0) {
            index -= 4;
        }
        for (uint32_t i = 0; i <= index - low; i++) {
            if ((lots[index - i] & ~BOOK_MARK) != 0) {
                return index - i;
            }
        }
        if (whole) {
            touched[block] = 0; // empty through and through: the next search passes it by
        }
        index = low > 0 ? low - 1 : 0;
    }
    return 0;
}

// The best of `side` has become `index`; the opposite best gives way if the two cross.
static void raise_best(struct book *book, enum side side, uint32_t index)
{
    enum side opposite = side_opposite(side);
    uint32_t mirrored = book->geometry.span - index;
    book->best[side] = index;
    if (index > book->peak[side]) {
        book->peak[side] = index;
    }
    if (book->best[opposite] >= mirrored) {
        book->best[opposite] = book_scan(book, opposite, mirrored - 1);
    }
}

static inline uint32_t set_level(struct book *book, enum side side, uint32_t index, uint32_t lots)
{
    uint32_t *slot = &book->lots[side][index];
    uint32_t before = *slot;
    *slot = (before & BOOK_MARK) | lots;
    book->touched[side][index >> BLOCK_SHIFT] = 1;
    if (index >= book->best[side]) {
        if (lots == 0) {
            if (index == book->best[side]) {
                book->best[side] = book_scan(book, side, index - 1);
            }
        } else if (index > book->best[side]) {
            raise_best(book, side, index);
        }
    }
    return before & ~BOOK_MARK;
}

uint32_t book_set(struct book *book, enum side side, uint32_t index, uint32_t lots)
{
    MM_ASSERT(index > 0 && index < book->geometry.span && lots <= ROW_LOTS_LIMIT);
    return set_level(book, side, index, lots);
}

static void set_wide(struct book *book, const struct wide_row *row)
{
    enum side side = (enum side)row->side;
    book->outside_count++;
    if (geometry_holds(book->geometry, row->price_ticks)) {
        int64_t lots = row->qty_lots < ROW_LOTS_LIMIT ? row->qty_lots : ROW_LOTS_LIMIT;
        (void)set_level(book, side, geometry_index(book->geometry, side, row->price_ticks),
                        (uint32_t)lots);
    }
}

// The row that a wide key stands for.
static const struct wide_row *wide_of(const struct market_batch *batch, struct row row)
{
    MM_ASSERT(batch->wide != NULL);
    return &batch->wide[row.lots];
}

static void apply_level(struct book *book, const struct market_batch *batch, struct row row)
{
    if (row.key == ROW_WIDE) {
        set_wide(book, wide_of(batch, row));
    } else {
        (void)set_level(book, row_side(row.key), row_index(row.key), row.lots);
    }
}

static void apply_levels(struct book *book, const struct market_batch *batch)
{
    const struct row *end = batch->rows + batch->count;
    for (const struct row *row = batch->rows; row < end; row++) {
        enum side side = row_side(row->key);
        uint32_t index = row_index(row->key); // of a wide row above every best
        if (index >= book->best[side]) {
            apply_level(book, batch, *row);
            continue;
        }
        uint32_t *slot = &book->lots[side][index];
        *slot = (*slot & BOOK_MARK) | row->lots;
        book->touched[side][index >> BLOCK_SHIFT] = 1;
    }
}

// Index down to which a clear with a price outside the geometry reaches.
static uint32_t clear_index_wide(struct book *book, const struct wide_row *row)
{
    book->outside_count++;
    enum side side = (enum side)row->side;
    struct book_geometry geometry = book->geometry;
    if (geometry_holds(geometry, row->price_ticks)) {
        return geometry_index(geometry, side, row->price_ticks);
    }
    bool below = row->price_ticks <= geometry.base_ticks;
    return below == (side == SIDE_BUY) ? 1 : geometry.span;
}

static void clear_down_to(struct book *book, enum side side, uint32_t last)
{
    uint32_t index = book->best[side];
    while (index >= last && index != 0) {
        book->lots[side][index] &= BOOK_MARK;
        index = book_scan(book, side, index - 1);
    }
    book->best[side] = index;
}

static void apply_clear(struct book *book, const struct market_batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        struct row row = batch->rows[i];
        if (row.key == ROW_WIDE) {
            const struct wide_row *wide = wide_of(batch, row);
            clear_down_to(book, (enum side)wide->side, clear_index_wide(book, wide));
        } else {
            clear_down_to(book, row_side(row.key), row_index(row.key));
        }
    }
}

void book_apply(struct book *book, const struct market_batch *batch)
{
    book->peak[0] = book->best[0];
    book->peak[1] = book->best[1];
    switch (batch->kind) {
    case EVENT_DEPTH:
    case EVENT_SNAPSHOT:
        apply_levels(book, batch);
        break;
    case EVENT_CLEAR:
        apply_clear(book, batch);
        break;
    case EVENT_TRADE:
    case EVENT_GAP:
        break;
    }
}

static inline void store_level(uint32_t *lots, unsigned char *touched, uint32_t index,
                               uint32_t qty_lots)
{
    lots[index] = qty_lots;
    touched[index >> BLOCK_SHIFT] = 1;
}

// Rows of one side up to the first of the other, which is returned. Four at a time while all are of
// the side: one test for four.
static inline const struct row *store_run(struct book *book, enum side side, const struct row *row,
                                          const struct row *end)
{
    uint32_t *lots = book->lots[side];
    unsigned char *touched = book->touched[side];
    const uint32_t flip =
        side == SIDE_SELL ? ROW_SIDE_BIT : 0; // a key of the side becomes its index
    for (; end - row >= 4; row += 4) {
        uint32_t a = row[0].key ^ flip, b = row[1].key ^ flip;
        uint32_t c = row[2].key ^ flip, d = row[3].key ^ flip;
        if (((a | b | c | d) & ROW_SIDE_BIT) != 0) {
            break;
        }
        store_level(lots, touched, a, row[0].lots);
        store_level(lots, touched, b, row[1].lots);
        store_level(lots, touched, c, row[2].lots);
        store_level(lots, touched, d, row[3].lots);
    }
    for (; row < end && row_side(row->key) == side; row++) {
        store_level(lots, touched, row_index(row->key), row->lots);
    }
    return row;
}

void book_follow(struct book *book, const struct market_batch *batch)
{
    if (!batch->best_known || batch->wide != NULL || batch->kind == EVENT_CLEAR) {
        book_apply(book, batch);
        return;
    }
    if (batch->kind == EVENT_DEPTH || batch->kind == EVENT_SNAPSHOT) {
        // Feeds list one side, then the other: a few long runs.
        const struct row *row = batch->rows, *end = batch->rows + batch->count;
        while (row < end) {
            row = store_run(book, SIDE_BUY, row, end);
            row = store_run(book, SIDE_SELL, row, end);
        }
    }
    book->best[0] = batch->best_end[0];
    book->best[1] = batch->best_end[1];
}

void book_reset(struct book *book)
{
    for (int side = 0; side < 2; side++) {
        uint32_t block = book->geometry.span >> BLOCK_SHIFT;
        // Every level with a quantity lies in a touched block.
        while (find_touched(book->touched[side], block, &block)) {
            uint32_t low = block << BLOCK_SHIFT;
            for (uint32_t i = low; i < low + BOOK_BLOCK && i <= book->geometry.span; i++) {
                book->lots[side][i] &= BOOK_MARK;
            }
            book->touched[side][block] = 0;
        }
        book->best[side] = 0;
        book->peak[side] = 0;
    }
    book->outside_count = 0;
}

int64_t book_best_ticks(const struct book *book, enum side side)
{
    MM_ASSERT(book->best[side] != 0);
    return geometry_ticks(book->geometry, side, book->best[side]);
}

int64_t book_qty_at(const struct book *book, enum side side, int64_t price_ticks)
{
    if (!geometry_holds(book->geometry, price_ticks)) {
        return 0;
    }
    return book_lots(book, side, geometry_index(book->geometry, side, price_ticks));
}

int64_t book_mid_half_ticks(const struct book *book)
{
    if (!book_two_sided(book)) {
        return 0;
    }
    return book_best_ticks(book, SIDE_BUY) + book_best_ticks(book, SIDE_SELL);
}

int64_t book_depth_to(const struct book *book, enum side side, int64_t price_ticks,
                      uint32_t levels_max)
{
    struct book_geometry geometry = book->geometry;
    uint32_t last = 1;
    if (geometry_holds(geometry, price_ticks)) {
        last = geometry_index(geometry, side, price_ticks);
    } else if ((price_ticks <= geometry.base_ticks) != (side == SIDE_BUY)) {
        return 0; // better than every price the book can hold
    }
    int64_t sum = 0;
    uint32_t index = book->best[side];
    for (uint32_t level = 0; level < levels_max && index >= last && index != 0; level++) {
        sum += book_lots(book, side, index);
        index = book_scan(book, side, index - 1);
    }
    return sum;
}
