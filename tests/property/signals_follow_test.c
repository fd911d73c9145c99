// Signals that follow a book change by change, as the engine has them do, beside signals that look
// at both sides anew every time: on random books with random orders of ours in them, everything
// they say is the same to the bit.
#include "market/signals.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <string.h>

enum { WALKS = 200, STEPS = 400, PRICES = 12, MIDDLE = 10000, OWN_MOST = 4 };

static const struct book_geometry geometry = {.base_ticks = 0, .span = 20000};

struct walk {
    struct random_stream stream;
    struct book book;
    struct own_quotes own;
    struct signals following, anew;
    int64_t now_ns, range_ticks;
    bool skip_imbalance;
};

struct tally {
    uint64_t shifted, shifted_with_own, changes;
};

static uint32_t below(struct walk *walk, uint32_t bound)
{
    return (uint32_t)random_below(&walk->stream, bound);
}

static int64_t some_price(struct walk *walk, enum side side)
{
    return MIDDLE - side_sign(side) * (1 + (int64_t)below(walk, PRICES));
}

// Ours on a side: some sure, some perhaps, two of them perhaps at one price.
static void draw_own(struct walk *walk, enum side side)
{
    struct own_side *own = &walk->own.of[side];
    own->count = below(walk, OWN_MOST + 1);
    for (uint32_t i = 0; i < own->count; i++) {
        own->quotes[i] = (struct own_quote){.sure = below(walk, 2) == 0,
                                            .price_ticks = some_price(walk, side),
                                            .qty_lots = 1 + (int64_t)below(walk, 9)};
    }
}

static bool is_own_at(const struct own_side *own, int64_t price_ticks)
{
    for (uint32_t i = 0; i < own->count; i++) {
        if (own->quotes[i].price_ticks == price_ticks) {
            return true;
        }
    }
    return false;
}

// Changes one level; returns the side if the signals could not follow.
static uint32_t change_level(struct walk *walk, struct tally *tally)
{
    enum side side = below(walk, 2) == 0 ? SIDE_BUY : SIDE_SELL;
    int64_t price = some_price(walk, side);
    struct level_change change = {.side = side,
                                  .index = geometry_index(geometry, side, price),
                                  .price_ticks = price,
                                  .before_lots = book_qty_at(&walk->book, side, price),
                                  .after_lots = below(walk, 4) == 0 ? 0 : below(walk, 30)};
    bool shifted = signals_shift_level(&walk->following, &walk->own, &change);
    (void)book_set(&walk->book, side, change.index, (uint32_t)change.after_lots);
    tally->changes++;
    tally->shifted += shifted;
    tally->shifted_with_own += shifted && is_own_at(&walk->own.of[side], price);
    return shifted ? NO_SIDES : UINT32_C(1) << side;
}

static uint32_t change_something(struct walk *walk, struct tally *tally)
{
    switch (below(walk, 12)) {
    case 0:
        draw_own(walk, SIDE_BUY);
        return 1 << SIDE_BUY;
    case 1:
        draw_own(walk, SIDE_SELL);
        return 1 << SIDE_SELL;
    case 2:
        walk->range_ticks = below(walk, PRICES);
        return NO_SIDES;
    case 3:
        signals_reset(&walk->following);
        signals_reset(&walk->anew);
        return BOTH_SIDES;
    default:
        return change_level(walk, tally);
    }
}

static void look(struct walk *walk, struct signals *signals, uint32_t sides)
{
    signals_update(signals, &walk->book, &walk->own, sides, walk->now_ns);
    signals_look_near(signals, &walk->book, &walk->own, walk->range_ticks, walk->skip_imbalance);
}

static void check_same(const struct walk *walk)
{
    const struct signals *a = &walk->following, *b = &walk->anew;
    double one = 0, other = 0;
    assert_memory_equal(a->best_ticks, b->best_ticks, sizeof a->best_ticks);
    assert_memory_equal(a->best_lots, b->best_lots, sizeof a->best_lots);
    assert_memory_equal(a->depth_lots, b->depth_lots, sizeof a->depth_lots);
    assert_memory_equal(a->seen_index, b->seen_index, sizeof a->seen_index);
    assert_int_equal(a->mid_half_ticks, b->mid_half_ticks);
    assert_int_equal(a->last_mid_half_ticks, b->last_mid_half_ticks);
    assert_int_equal(a->last_mid_ns, b->last_mid_ns);
    assert_true(a->microprice_half_ticks == b->microprice_half_ticks);
    assert_true(a->imbalance == b->imbalance);
    assert_int_equal(signals_drift_bps(a, &one), signals_drift_bps(b, &other));
    assert_true(one == other);
    assert_int_equal(signals_volatility_bps(a, &one), signals_volatility_bps(b, &other));
    assert_true(one == other);
}

static void run_walk(uint32_t number, struct tally *tally)
{
    struct walk walk = {0};
    random_init(&walk.stream, number, RANDOM_TEST, 0);
    walk.range_ticks = below(&walk, PRICES);
    walk.skip_imbalance = number % 4 == 0;
    assert_int_equal(book_init(&walk.book, geometry), MM_OK);
    signals_init(&walk.following, &(struct signals_config){.imbalance_levels = 1 + number % 5});
    signals_init(&walk.anew, &walk.following.config);
    look(&walk, &walk.following, BOTH_SIDES);
    look(&walk, &walk.anew, BOTH_SIDES);
    for (uint32_t step = 0; step < STEPS; step++) {
        walk.now_ns += below(&walk, 100000000);
        uint32_t sides = change_something(&walk, tally);
        look(&walk, &walk.following, sides);
        look(&walk, &walk.anew, BOTH_SIDES);
        check_same(&walk);
    }
    book_fini(&walk.book);
}

static void following_a_book_says_what_looking_anew_says(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (uint32_t number = 0; number < WALKS; number++) {
        run_walk(number, &tally);
    }
    print_message("followed %.3f of all changes, %.3f at a price of ours\n",
                  (double)tally.shifted / (double)tally.changes,
                  (double)tally.shifted_with_own / (double)tally.changes);
    assert_true(tally.shifted > tally.changes / 4);
    assert_true(tally.shifted_with_own > tally.changes / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(following_a_book_says_what_looking_anew_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
