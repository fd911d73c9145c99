#include "market/book.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <string.h>

enum { SPAN = 1000, BASE = 5000, ROWS_MAX = 40 };
static const struct book_geometry geometry = {BASE, SPAN};

// The same book told by prices, searched from end to end: slow and obvious.
struct naive {
    int64_t lots[2][SPAN + 1]; // [side][price - BASE]
    int64_t best[2];           // price, 0 = none
    int64_t peak[2];
};

static bool better(enum side side, int64_t a, int64_t b)
{
    return b == 0 || (side == SIDE_BUY ? a > b : a < b);
}

// The best level that is worse than `limit` (or any, for limit 0).
static int64_t naive_search(const struct naive *naive, enum side side, int64_t limit)
{
    int64_t found = 0;
    for (int64_t i = 1; i < SPAN; i++) {
        int64_t price = BASE + i;
        bool allowed = limit == 0 || better(side, limit, price);
        if (naive->lots[side][i] > 0 && allowed && price != limit && better(side, price, found)) {
            found = price;
        }
    }
    return found;
}

static void naive_note_peak(struct naive *naive)
{
    for (int side = 0; side < 2; side++) {
        int64_t best = naive->best[side];
        if (best != 0 && better((enum side)side, best, naive->peak[side])) {
            naive->peak[side] = best;
        }
    }
}

static void naive_set(struct naive *naive, enum side side, int64_t price, int64_t lots)
{
    enum side opposite = side_opposite(side);
    naive->lots[side][price - BASE] = lots;
    if (lots == 0) {
        if (price == naive->best[side]) {
            naive->best[side] = naive_search(naive, side, price);
        }
    } else if (better(side, price, naive->best[side])) {
        naive->best[side] = price;
        bool crossed =
            naive->best[opposite] != 0 &&
            (price == naive->best[opposite] || better(opposite, naive->best[opposite], price));
        if (crossed) {
            naive->best[opposite] = naive_search(naive, opposite, price);
        }
    }
    naive_note_peak(naive);
}

static void naive_clear(struct naive *naive, enum side side, int64_t price)
{
    while (naive->best[side] != 0 &&
           (naive->best[side] == price || better(side, naive->best[side], price))) {
        naive->lots[side][naive->best[side] - BASE] = 0;
        naive->best[side] = naive_search(naive, side, naive->best[side]);
    }
    naive_note_peak(naive);
}

static uint32_t index_of(enum side side, int64_t price)
{
    return price == 0 ? 0 : geometry_index(geometry, side, price);
}

static void assert_equal_books(const struct book *book, const struct naive *naive)
{
    for (int side = 0; side < 2; side++) {
        assert_int_equal(book->best[side], index_of((enum side)side, naive->best[side]));
        assert_int_equal(book->peak[side], index_of((enum side)side, naive->peak[side]));
    }
}

static void assert_equal_levels(const struct book *book, const struct naive *naive)
{
    for (int side = 0; side < 2; side++) {
        for (int64_t i = 1; i < SPAN; i++) {
            assert_int_equal(book_qty_at(book, (enum side)side, BASE + i), naive->lots[side][i]);
        }
    }
}

// One random message: mostly near the middle, sometimes anywhere, sometimes wide or a clear.
struct drawn {
    struct row rows[ROWS_MAX];
    struct wide_row wide[ROWS_MAX];
    struct market_batch batch;
};

static int64_t draw_price(struct random_stream *stream)
{
    return random_below(stream, 10) == 0 ? BASE + 1 + (int64_t)random_below(stream, SPAN - 1)
                                         : BASE + 480 + (int64_t)random_below(stream, 40);
}

static int64_t draw_lots(struct random_stream *stream)
{
    return random_below(stream, 5) < 2 ? 0 : (int64_t)random_below(stream, 100);
}

static void draw_row(struct random_stream *stream, struct drawn *drawn, uint32_t i,
                     struct naive *naive)
{
    enum side side = (enum side)random_below(stream, 2);
    int64_t price = draw_price(stream);
    int64_t lots = draw_lots(stream);
    uint64_t shape = random_below(stream, 30);
    if (shape == 0) { // outside the range: ignored
        drawn->wide[i] = (struct wide_row){BASE + SPAN + price, lots, side, 0};
        drawn->rows[i] = (struct row){ROW_WIDE, i};
    } else if (shape == 1) { // more than a level can hold: cut
        drawn->wide[i] = (struct wide_row){price, INT64_C(1) << 40, side, 0};
        drawn->rows[i] = (struct row){ROW_WIDE, i};
        naive_set(naive, side, price, ROW_LOTS_LIMIT);
    } else {
        drawn->rows[i] = (struct row){geometry_key(geometry, side, price), (uint32_t)lots};
        naive_set(naive, side, price, lots);
    }
}

static void draw_message(struct random_stream *stream, struct drawn *drawn, struct naive *naive)
{
    naive->peak[0] = naive->best[0];
    naive->peak[1] = naive->best[1];
    drawn->batch = (struct market_batch){.rows = drawn->rows, .wide = drawn->wide};
    if (random_below(stream, 20) == 0) {
        enum side side = (enum side)random_below(stream, 2);
        int64_t price = draw_price(stream);
        drawn->rows[0] = (struct row){geometry_key(geometry, side, price), 0};
        drawn->batch.count = 1;
        drawn->batch.kind = EVENT_CLEAR;
        naive_clear(naive, side, price);
        return;
    }
    drawn->batch.kind = random_below(stream, 2) == 0 ? EVENT_DEPTH : EVENT_SNAPSHOT;
    drawn->batch.count = 1 + (uint32_t)random_below(stream, ROWS_MAX);
    for (uint32_t i = 0; i < drawn->batch.count; i++) {
        draw_row(stream, drawn, i, naive);
    }
}

static void the_book_equals_a_naive_one_on_random_messages(void **state)
{
    (void)state;
    static struct naive naive;
    static struct drawn drawn;
    for (uint32_t seed = 0; seed < 20; seed++) {
        struct random_stream stream;
        random_init(&stream, seed, RANDOM_TEST, 1);
        memset(&naive, 0, sizeof naive);
        struct book book;
        assert_int_equal(book_init(&book, geometry), MM_OK);
        for (int i = 0; i < 400; i++) {
            draw_message(&stream, &drawn, &naive);
            book_apply(&book, &drawn.batch);
            assert_equal_books(&book, &naive);
        }
        assert_equal_levels(&book, &naive);
        book_fini(&book);
    }
}

static void set(struct book *book, enum side side, int64_t price, uint32_t lots)
{
    (void)book_set(book, side, geometry_index(geometry, side, price), lots);
}

static struct book small_book(void)
{
    struct book book;
    assert_int_equal(book_init(&book, geometry), MM_OK);
    set(&book, SIDE_BUY, 5100, 3);
    set(&book, SIDE_BUY, 5099, 4);
    set(&book, SIDE_BUY, 5001, 5);
    set(&book, SIDE_SELL, 5102, 6);
    set(&book, SIDE_SELL, 5999, 7);
    return book;
}

static void bests_mid_and_depth_are_told_in_ticks(void **state)
{
    (void)state;
    struct book book = small_book();
    assert_true(book_two_sided(&book));
    assert_int_equal(book_best_ticks(&book, SIDE_BUY), 5100);
    assert_int_equal(book_best_ticks(&book, SIDE_SELL), 5102);
    assert_int_equal(book_mid_half_ticks(&book), 10202);
    assert_int_equal(book_depth_to(&book, SIDE_BUY, 5099, 10), 7);
    assert_int_equal(book_depth_to(&book, SIDE_BUY, 4000, 10), 12);
    assert_int_equal(book_depth_to(&book, SIDE_BUY, 4000, 2), 7);
    assert_int_equal(book_depth_to(&book, SIDE_BUY, 5101, 10), 0);
    assert_int_equal(book_depth_to(&book, SIDE_BUY, 7000, 10), 0);
    assert_int_equal(book_depth_to(&book, SIDE_SELL, 7000, 10), 13);
    assert_int_equal(book_depth_to(&book, SIDE_SELL, 4000, 10), 0);
    assert_int_equal(book_qty_at(&book, SIDE_SELL, 5999), 7);
    assert_int_equal(book_qty_at(&book, SIDE_SELL, 9999), 0);
    book_fini(&book);
}

static void a_missing_side_has_no_mid(void **state)
{
    (void)state;
    struct book book;
    assert_int_equal(book_init(&book, geometry), MM_OK);
    assert_int_equal(book_mid_half_ticks(&book), 0);
    assert_int_equal(book_depth_to(&book, SIDE_BUY, 5001, 10), 0);
    set(&book, SIDE_BUY, 5001, 1);
    assert_false(book_two_sided(&book));
    assert_int_equal(book_mid_half_ticks(&book), 0);
    set(&book, SIDE_BUY, 5001, 0);
    assert_int_equal(book.best[SIDE_BUY], 0);
    book_fini(&book);
}

static void a_crossing_best_moves_the_other_past_itself(void **state)
{
    (void)state;
    struct book book = small_book();
    set(&book, SIDE_BUY, 5102, 1);
    assert_int_equal(book_best_ticks(&book, SIDE_BUY), 5102);
    assert_int_equal(book_best_ticks(&book, SIDE_SELL), 5999);
    // The level that was passed is still there.
    assert_int_equal(book_qty_at(&book, SIDE_SELL, 5102), 6);
    set(&book, SIDE_SELL, 5001, 1);
    assert_int_equal(book.best[SIDE_BUY], 0);
    book_fini(&book);
}

static void setting_a_level_tells_what_was_there_and_keeps_the_mark(void **state)
{
    (void)state;
    struct book book = small_book();
    uint32_t index = geometry_index(geometry, SIDE_BUY, 5099);
    book.lots[SIDE_BUY][index] |= BOOK_MARK;
    assert_int_equal(book_set(&book, SIDE_BUY, index, 9), 4);
    assert_int_equal(book_lots(&book, SIDE_BUY, index), 9);
    assert_int_equal(book_set(&book, SIDE_BUY, index, 0), 9);
    assert_true((book.lots[SIDE_BUY][index] & BOOK_MARK) != 0);
    // A mark is no quantity: the search passes it by.
    set(&book, SIDE_BUY, 5100, 0);
    assert_int_equal(book_best_ticks(&book, SIDE_BUY), 5001);
    book_fini(&book);
}

static void a_reset_book_is_empty_and_keeps_its_marks(void **state)
{
    (void)state;
    struct book book = small_book();
    uint32_t index = geometry_index(geometry, SIDE_SELL, 5999);
    book.lots[SIDE_SELL][index] |= BOOK_MARK;
    book_reset(&book);
    assert_int_equal(book.best[0] + book.best[1], 0);
    for (uint32_t i = 0; i <= SPAN; i++) {
        assert_int_equal(book_lots(&book, SIDE_BUY, i), 0);
        assert_int_equal(book_lots(&book, SIDE_SELL, i), 0);
    }
    assert_int_equal(book.lots[SIDE_SELL][index], BOOK_MARK);
    set(&book, SIDE_SELL, 5500, 1);
    assert_int_equal(book_best_ticks(&book, SIDE_SELL), 5500);
    book_fini(&book);
}

static void clear_at(struct book *book, enum side side, int64_t price)
{
    struct wide_row wide = {price, 0, side, 0};
    struct row row = {ROW_WIDE, 0};
    struct market_batch batch = {.rows = &row, .wide = &wide, .count = 1, .kind = EVENT_CLEAR};
    book_apply(book, &batch);
}

static void a_clear_beyond_the_range_takes_all_or_nothing(void **state)
{
    (void)state;
    struct book book = small_book();
    clear_at(&book, SIDE_BUY, 9000);
    clear_at(&book, SIDE_SELL, 10);
    assert_int_equal(book_best_ticks(&book, SIDE_BUY), 5100);
    assert_int_equal(book_best_ticks(&book, SIDE_SELL), 5102);
    clear_at(&book, SIDE_BUY, 10);
    clear_at(&book, SIDE_SELL, 9000);
    assert_int_equal(book.best[0] + book.best[1], 0);
    assert_int_equal(book_qty_at(&book, SIDE_SELL, 5999), 0);
    book_fini(&book);
}

static void trades_and_gaps_change_nothing(void **state)
{
    (void)state;
    struct book book = small_book();
    struct row row = {geometry_key(geometry, SIDE_SELL, 5102), 6};
    struct market_batch batch = {.rows = &row, .count = 1, .kind = EVENT_TRADE};
    book_apply(&book, &batch);
    batch.kind = EVENT_GAP;
    book_apply(&book, &batch);
    assert_int_equal(book_qty_at(&book, SIDE_SELL, 5102), 6);
    assert_int_equal(book.peak[SIDE_SELL], book.best[SIDE_SELL]);
    book_fini(&book);
}

static void a_search_across_a_wide_empty_range_finds_the_far_level(void **state)
{
    (void)state;
    struct book_geometry wide = {0, BOOK_SPAN_MAX};
    struct book book;
    assert_int_equal(book_init(&book, wide), MM_OK);
    (void)book_set(&book, SIDE_BUY, BOOK_SPAN_MAX - 1, 1);
    (void)book_set(&book, SIDE_BUY, 1, 2);
    assert_int_equal(book_scan(&book, SIDE_BUY, BOOK_SPAN_MAX - 2), 1);
    (void)book_set(&book, SIDE_BUY, BOOK_SPAN_MAX - 1, 0);
    assert_int_equal(book.best[SIDE_BUY], 1);
    (void)book_set(&book, SIDE_BUY, 1, 0);
    assert_int_equal(book.best[SIDE_BUY], 0);
    assert_int_equal(book_scan(&book, SIDE_SELL, BOOK_SPAN_MAX - 1), 0);
    book_fini(&book);
}

static void a_book_over_an_impossible_range_is_refused(void **state)
{
    (void)state;
    struct book book;
    assert_int_equal(book_init(&book, (struct book_geometry){0, 1}), MM_ERROR_INPUT);
    assert_int_equal(book_init(&book, (struct book_geometry){0, BOOK_SPAN_MAX + 1}),
                     MM_ERROR_INPUT);
    book_fini(&book);
    book_fini(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_book_equals_a_naive_one_on_random_messages),
        cmocka_unit_test(bests_mid_and_depth_are_told_in_ticks),
        cmocka_unit_test(a_missing_side_has_no_mid),
        cmocka_unit_test(a_crossing_best_moves_the_other_past_itself),
        cmocka_unit_test(setting_a_level_tells_what_was_there_and_keeps_the_mark),
        cmocka_unit_test(a_reset_book_is_empty_and_keeps_its_marks),
        cmocka_unit_test(a_clear_beyond_the_range_takes_all_or_nothing),
        cmocka_unit_test(trades_and_gaps_change_nothing),
        cmocka_unit_test(a_search_across_a_wide_empty_range_finds_the_far_level),
        cmocka_unit_test(a_book_over_an_impossible_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
