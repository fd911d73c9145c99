// The zero-intelligence book of Cont, Stoikov and Talreja (2010, "A stochastic model for order book
// dynamics") at a spread of one tick, played with unit orders on our matching engine: which queue
// is used up first, whether our order at the back of one is filled in time, and both ours.
//
// Rates per unit of time of the touch (their estimate for Sky Perfect Communications): limit orders
// LIMITS on either side, market orders MARKETS against either, and CANCELS for every order but
// ours, whichever place it has in the queue.
#include "base/random.h"
#include "theory.h"
#include "venue/sim/matching.h"

enum { SIZES = 5, PLAYS = 10000, QUEUE_MOST = 64, OTHERS = 1, OURS = 2 };
enum { BID_TICKS = 50, ASK_TICKS = 51 };
static const double LIMITS = 1.85, MARKETS = .94, CANCELS = .71;

struct touch {
    struct matching matching;
    struct random_stream stream;
    uint32_t slots[2][QUEUE_MOST]; // of the others, in no order
    uint32_t counts[2];
    uint32_t own_slots[2]; // 0 = we have none there, or it is filled
};

static void on_executed(void *context, const struct match_execution *execution)
{
    struct touch *touch = context;
    int side = execution->maker_side;
    assert_int_equal(execution->maker_leaves_lots, 0);
    if (execution->maker_owner == OURS) {
        assert_int_equal(execution->maker_slot, touch->own_slots[side]);
        touch->own_slots[side] = 0;
        return;
    }
    uint32_t i = 0;
    while (touch->slots[side][i] != execution->maker_slot) {
        i++;
    }
    touch->slots[side][i] = touch->slots[side][--touch->counts[side]];
}

static uint32_t add(struct touch *touch, enum side side, uint8_t owner)
{
    struct match_result placed = matching_place(
        &touch->matching,
        &(struct match_request){.side = side,
                                .type = ORDER_LIMIT,
                                .tif = TIF_POST_ONLY,
                                .price_ticks = side == SIDE_BUY ? BID_TICKS : ASK_TICKS,
                                .qty_lots = 1,
                                .owner = owner});
    assert_int_equal(placed.outcome, MATCH_RESTING);
    return placed.slot;
}

static void add_other(struct touch *touch, enum side side)
{
    assert_true(touch->counts[side] < QUEUE_MOST);
    uint32_t slot = add(touch, side, OTHERS);
    touch->slots[side][touch->counts[side]++] = slot;
}

static void cancel_other(struct touch *touch, enum side side)
{
    uint32_t i = (uint32_t)random_below(&touch->stream, touch->counts[side]);
    matching_cancel(&touch->matching, touch->slots[side][i]);
    touch->slots[side][i] = touch->slots[side][--touch->counts[side]];
}

// A market order against the side's queue.
static void hit(struct touch *touch, enum side side)
{
    struct match_result result =
        matching_place(&touch->matching, &(struct match_request){.side = side_opposite(side),
                                                                 .type = ORDER_MARKET,
                                                                 .tif = TIF_IOC,
                                                                 .qty_lots = 1,
                                                                 .owner = OTHERS});
    assert_int_equal(result.outcome, MATCH_FILLED);
}

static void step(struct touch *touch)
{
    double rate = 2 * (LIMITS + MARKETS) + CANCELS * (touch->counts[0] + touch->counts[1]);
    double pick = random_uniform(&touch->stream) * rate;
    for (int i = 0; i < 2; i++) {
        double cancels = CANCELS * touch->counts[i];
        if (pick < LIMITS) {
            add_other(touch, (enum side)i);
            return;
        }
        if (pick < LIMITS + MARKETS) {
            hit(touch, (enum side)i);
            return;
        }
        if (pick < LIMITS + MARKETS + cancels) {
            cancel_other(touch, (enum side)i);
            return;
        }
        pick -= LIMITS + MARKETS + cancels;
    }
}

static bool is_empty(const struct touch *touch, enum side side)
{
    return touch->matching.best[side] == 0;
}

static void clear(struct touch *touch)
{
    for (int side = 0; side < 2; side++) {
        while (touch->counts[side] > 0) {
            matching_cancel(&touch->matching, touch->slots[side][--touch->counts[side]]);
        }
        if (touch->own_slots[side] != 0) {
            matching_cancel(&touch->matching, touch->own_slots[side]);
            touch->own_slots[side] = 0;
        }
    }
    matching_clear_changed(&touch->matching);
    assert_int_equal(touch->matching.order_count, 0);
}

// Queues of the sizes, our order the last where we have one.
static void set_up(struct touch *touch, const uint32_t sizes[2], const bool own[2])
{
    clear(touch);
    for (int side = 0; side < 2; side++) {
        for (uint32_t i = own[side] ? 1 : 0; i < sizes[side]; i++) {
            add_other(touch, (enum side)side);
        }
        if (own[side]) {
            touch->own_slots[side] = add(touch, (enum side)side, OURS);
        }
    }
}

enum question { MID_UP, BID_FILLS, BOTH_FILL };

static bool play(struct touch *touch, enum question question, const uint32_t sizes[2])
{
    const bool own[2] = {question != MID_UP, question == BOTH_FILL};
    set_up(touch, sizes, own);
    for (;;) {
        step(touch);
        bool bid_filled = own[SIDE_BUY] && touch->own_slots[SIDE_BUY] == 0;
        bool ask_filled = own[SIDE_SELL] && touch->own_slots[SIDE_SELL] == 0;
        if (question == BID_FILLS && bid_filled) {
            return true;
        }
        if (question == BOTH_FILL && bid_filled && ask_filled) {
            return true;
        }
        if (is_empty(touch, SIDE_BUY) || is_empty(touch, SIDE_SELL)) {
            return question == MID_UP && is_empty(touch, SIDE_SELL);
        }
    }
}

// By bid queue 1...5 (rows) and ask queue 1...5.
struct table {
    const char *what;
    enum question question;
    double error; // of the numbers, which are exact but for the last table
    double chances[SIZES][SIZES];
};

static const struct table tables[] = {
    {"the mid moves up",
     MID_UP,
     0,
     {{.5000, .3352, .2590, .2158, .1878},
      {.6648, .5000, .4069, .3479, .3072},
      {.7410, .5931, .5000, .4366, .3906},
      {.7842, .6521, .5634, .5000, .4523},
      {.8122, .6928, .6094, .5477, .5000}}},
    {"our bid fills before the ask queue is used up",
     BID_FILLS,
     0,
     {{.5025, .6980, .7939, .8483, .8824},
      {.3589, .5508, .6643, .7372, .7869},
      {.2915, .4654, .5784, .6564, .7128},
      {.2514, .4093, .5174, .5956, .6543},
      {.2243, .3691, .4716, .5480, .6071}}},
    {"our bid and our ask fill before the mid moves",
     BOTH_FILL,
     .0008,
     {{.265, .307, .308, .299, .287},
      {.308, .386, .406, .407, .399},
      {.309, .405, .440, .451, .453},
      {.300, .405, .452, .472, .479},
      {.286, .400, .452, .478, .492}}},
};

static void compare(struct touch *touch, const struct table *table, uint32_t bids, uint32_t asks)
{
    double chance = table->chances[bids - 1][asks - 1], wins = 0;
    for (int i = 0; i < PLAYS; i++) {
        wins += play(touch, table->question, (const uint32_t[2]){bids, asks});
    }
    char what[32];
    snprintf(what, sizeof what, "  bids %d, asks %d", (int)bids, (int)asks);
    struct expected expected = {chance, table->error, table->error > 0 ? 5e-4 : 5e-5};
    assert_within_3_errors(what, expected, wins / PLAYS, sqrt(chance * (1 - chance) / PLAYS));
}

static void the_queues_race_as_in_the_zero_intelligence_book(void **state)
{
    (void)state;
    struct touch *touch = calloc(1, sizeof *touch);
    matching_init(&touch->matching, (struct book_geometry){.base_ticks = 0, .span = 100},
                  2 * QUEUE_MOST + 2, on_executed, touch);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        print_message("%s\n", tables[i].what);
        random_init(&touch->stream, 1, RANDOM_TEST, (uint32_t)i);
        for (uint32_t bids = 1; bids <= SIZES; bids++) {
            for (uint32_t asks = 1; asks <= SIZES; asks++) {
                compare(touch, &tables[i], bids, asks);
            }
        }
    }
    matching_fini(&touch->matching);
    free(touch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queues_race_as_in_the_zero_intelligence_book),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
