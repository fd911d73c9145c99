#include "venue/sim/matching.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, WORD_SHIFT = 6 };

static size_t level_bytes(const struct matching *matching)
{
    return ((size_t)matching->geometry.span + 1) * sizeof(struct match_level);
}

void matching_init(struct matching *matching, struct book_geometry geometry,
                   uint32_t order_capacity, match_executed executed, void *context)
{
    *matching = (struct matching){
        .geometry = geometry,
        .order_capacity = order_capacity,
        .executed = executed,
        .context = context,
        .free_first = 1,
        .orders = mm_alloc((size_t)order_capacity + 1, sizeof(struct match_order)),
        // A level is listed once per round; a round empties at most every order's level and adds
        // the levels of the orders it inserts.
        .changed_keys = mm_alloc(2 * (size_t)order_capacity + 2, sizeof(uint32_t)),
    };
    for (uint32_t slot = 1; slot < order_capacity; slot++) {
        matching->orders[slot].next = slot + 1;
    }
    uint32_t words = geometry.span;
    for (int layer = 0; layer < MATCHING_BITMAP_LAYERS; layer++) {
        words = (words >> WORD_SHIFT) + 1;
        matching->bit_words[layer] = words;
    }
    for (int side = 0; side < 2; side++) {
        matching->levels[side] = mm_alloc_pages(level_bytes(matching));
        for (int layer = 0; layer < MATCHING_BITMAP_LAYERS; layer++) {
            matching->bits[side][layer] =
                mm_alloc_pages(matching->bit_words[layer] * sizeof(uint64_t));
        }
    }
}

void matching_fini(struct matching *matching)
{
    if (matching == NULL || matching->orders == NULL) {
        return;
    }
    for (int side = 0; side < 2; side++) {
        mm_free_pages(matching->levels[side], level_bytes(matching));
        for (int layer = 0; layer < MATCHING_BITMAP_LAYERS; layer++) {
            mm_free_pages(matching->bits[side][layer],
                          matching->bit_words[layer] * sizeof(uint64_t));
        }
    }
    free(matching->orders);
    free(matching->changed_keys);
    memset(matching, 0, sizeof(*matching));
}

// The bitmap: layer 0 has a bit per level, each higher layer a bit per word of the one below.

static void bit_set(struct matching *matching, enum side side, uint32_t index)
{
    for (int layer = 0; layer < MATCHING_BITMAP_LAYERS; layer++) {
        uint64_t *word = &matching->bits[side][layer][index >> WORD_SHIFT];
        bool was_empty = *word == 0;
        *word |= UINT64_C(1) << (index & (WORD_BITS - 1));
        if (!was_empty) {
            return;
        }
        index >>= WORD_SHIFT;
    }
}

static void bit_clear(struct matching *matching, enum side side, uint32_t index)
{
    for (int layer = 0; layer < MATCHING_BITMAP_LAYERS; layer++) {
        uint64_t *word = &matching->bits[side][layer][index >> WORD_SHIFT];
        *word &= ~(UINT64_C(1) << (index & (WORD_BITS - 1)));
        if (*word != 0) {
            return;
        }
        index >>= WORD_SHIFT;
    }
}

static uint32_t word_top(uint64_t word)
{
    return (uint32_t)(WORD_BITS - 1 - __builtin_clzll(word));
}

// The highest set bit of a layer at `index` or below, or -1. The top layer is searched linearly:
// it has span / 2^18 words.
static int64_t layer_scan(const struct matching *matching, enum side side, int layer, int64_t index)
{
    const uint64_t *words = matching->bits[side][layer];
    int64_t word_index = index >> WORD_SHIFT;
    uint64_t word =
        words[word_index] & (~UINT64_C(0) >> (WORD_BITS - 1 - (index & (WORD_BITS - 1))));
    while (word == 0 && layer == MATCHING_BITMAP_LAYERS - 1 && word_index > 0) {
        word = words[--word_index];
    }
    return word == 0 ? -1 : (word_index << WORD_SHIFT) + word_top(word);
}

uint32_t matching_scan(const struct matching *matching, enum side side, uint32_t index)
{
    int layer = 0;
    int64_t found = layer_scan(matching, side, 0, index);
    int64_t at = index;
    while (found < 0 && layer < MATCHING_BITMAP_LAYERS - 1) {
        at = (at >> WORD_SHIFT) - 1; // the word itself was searched in the layer below
        layer++;
        if (at < 0) {
            return 0;
        }
        found = layer_scan(matching, side, layer, at);
    }
    if (found < 0) {
        return 0;
    }
    for (; layer > 0; layer--) {
        found = (found << WORD_SHIFT) + word_top(matching->bits[side][layer - 1][found]);
    }
    return (uint32_t)found;
}

static void mark_changed(struct matching *matching, enum side side, struct match_level *level)
{
    if (!level->changed) {
        level->changed = 1;
        MM_ASSERT(matching->changed_count < 2 * matching->order_capacity + 2);
        uint32_t index = (uint32_t)(level - matching->levels[side]);
        matching->changed_keys[matching->changed_count++] = index | (uint32_t)side << 31;
    }
}

void matching_clear_changed(struct matching *matching)
{
    for (uint32_t i = 0; i < matching->changed_count; i++) {
        uint32_t key = matching->changed_keys[i];
        matching->levels[row_side(key)][row_index(key)].changed = 0;
    }
    matching->changed_count = 0;
}

// Puts an order that has its side, index and lots at the back of its queue.
static void queue_append(struct matching *matching, uint32_t slot)
{
    struct match_order *order = &matching->orders[slot];
    enum side side = (enum side)order->side;
    struct match_level *level = &matching->levels[side][order->index];
    order->previous = level->last;
    order->next = 0;
    if (level->last != 0) {
        matching->orders[level->last].next = slot;
    } else {
        level->first = slot;
        bit_set(matching, side, order->index);
        if (order->index > matching->best[side]) {
            matching->best[side] = order->index;
        }
    }
    level->last = slot;
    level->lots += order->lots;
    mark_changed(matching, side, level);
}

static void queue_remove(struct matching *matching, uint32_t slot)
{
    struct match_order *order = &matching->orders[slot];
    enum side side = (enum side)order->side;
    struct match_level *level = &matching->levels[side][order->index];
    *(order->previous != 0 ? &matching->orders[order->previous].next : &level->first) = order->next;
    *(order->next != 0 ? &matching->orders[order->next].previous : &level->last) = order->previous;
    level->lots -= order->lots;
    mark_changed(matching, side, level);
    if (level->first == 0) {
        bit_clear(matching, side, order->index);
        if (order->index == matching->best[side]) {
            matching->best[side] = matching_scan(matching, side, order->index);
        }
    }
}

static uint32_t slot_take(struct matching *matching)
{
    uint32_t slot = matching->free_first;
    matching->free_first = matching->orders[slot].next;
    matching->order_count++;
    return slot;
}

static void slot_give(struct matching *matching, uint32_t slot)
{
    matching->orders[slot] = (struct match_order){.next = matching->free_first};
    matching->free_first = slot;
    matching->order_count--;
}

// The taking part of an order.
struct taker {
    uint32_t tag;
    uint8_t owner;
    enum side side;
    uint32_t limit; // index on the opposite side: takes from levels at this index or above
    uint32_t leaves_lots;
};

static void execute(struct matching *matching, struct taker *taker, uint32_t maker_slot,
                    uint32_t consumed_lots)
{
    struct match_order *maker = &matching->orders[maker_slot];
    enum side side = (enum side)maker->side;
    uint32_t lots = maker->lots < taker->leaves_lots ? maker->lots : taker->leaves_lots;
    taker->leaves_lots -= lots;
    struct match_execution execution = {
        .maker_slot = maker_slot,
        .taker_tag = taker->tag,
        .maker_owner = maker->owner,
        .taker_owner = taker->owner,
        .maker_side = side,
        .key = maker->index | (uint32_t)side << 31,
        .price_ticks = geometry_ticks(matching->geometry, side, maker->index),
        .lots = lots,
        .maker_leaves_lots = maker->lots - lots,
        .taker_leaves_lots = taker->leaves_lots,
        .consumed_lots = consumed_lots,
    };
    matching->executed(matching->context, &execution);
    if (execution.maker_leaves_lots == 0) {
        queue_remove(matching, maker_slot);
        slot_give(matching, maker_slot);
        return;
    }
    struct match_level *level = &matching->levels[side][maker->index];
    maker->lots -= lots;
    level->lots -= lots;
    mark_changed(matching, side, level);
}

static void take(struct matching *matching, struct taker *taker)
{
    enum side other = side_opposite(taker->side);
    while (taker->leaves_lots > 0 && matching->best[other] >= taker->limit) {
        uint32_t index = matching->best[other];
        uint32_t before_lots = taker->leaves_lots;
        while (taker->leaves_lots > 0 && matching->best[other] == index) {
            execute(matching, taker, matching->levels[other][index].first,
                    before_lots - taker->leaves_lots);
        }
    }
}

// Whether `lots` could be taken at once, for fill-or-kill.
static bool can_fill(const struct matching *matching, enum side other, uint32_t limit,
                     uint32_t lots)
{
    uint64_t available = 0;
    uint32_t index = matching->best[other];
    while (index >= limit && available < lots) {
        available += matching->levels[other][index].lots;
        index = matching_scan(matching, other, index - 1);
    }
    return available >= lots;
}

// Where on the opposite side a limit price starts to cross; a market order's is the last level.
static uint32_t crossing_limit(const struct matching *matching, enum side side,
                               enum order_type type, int64_t price_ticks)
{
    return type == ORDER_MARKET
               ? 1
               : geometry_index(matching->geometry, side_opposite(side), price_ticks);
}

static bool crosses(const struct matching *matching, enum side side, uint32_t limit)
{
    return matching->best[side_opposite(side)] >= limit;
}

// Sizes and prices are bounded so that a level's sum always fits its row in the feed.
static bool acceptable(const struct matching *matching, enum side side, int64_t price_ticks,
                       int64_t qty_lots)
{
    if (qty_lots <= 0 || qty_lots >= ROW_LOTS_LIMIT ||
        !geometry_holds(matching->geometry, price_ticks)) {
        return false;
    }
    uint32_t index = geometry_index(matching->geometry, side, price_ticks);
    return matching->levels[side][index].lots + (uint64_t)qty_lots < ROW_LOTS_LIMIT;
}

// Rests what the taking part left.
static void rest(struct matching *matching, uint32_t slot, uint32_t lots,
                 struct match_result *result)
{
    struct match_order *order = &matching->orders[slot];
    order->lots = lots;
    result->outcome = MATCH_RESTING;
    result->slot = slot;
    result->leaves_lots = lots;
    result->ahead_lots = matching->levels[order->side][order->index].lots;
    queue_append(matching, slot);
}

static bool refused(const struct matching *matching, const struct match_request *request)
{
    if (request->type == ORDER_MARKET) {
        return request->qty_lots <= 0 || request->qty_lots >= ROW_LOTS_LIMIT;
    }
    bool may_rest = request->tif == TIF_GTC || request->tif == TIF_POST_ONLY;
    return (may_rest && matching->order_count == matching->order_capacity) ||
           !acceptable(matching, request->side, request->price_ticks, request->qty_lots);
}

struct match_result matching_place(struct matching *matching, const struct match_request *request)
{
    struct match_result result = {.outcome = MATCH_REFUSED, .leaves_lots = request->qty_lots};
    if (refused(matching, request)) {
        return result;
    }
    struct taker taker = {
        .tag = request->tag,
        .owner = request->owner,
        .side = request->side,
        .limit = crossing_limit(matching, request->side, request->type, request->price_ticks),
        .leaves_lots = (uint32_t)request->qty_lots,
    };
    bool crossing = crosses(matching, request->side, taker.limit);
    bool post_only = request->type == ORDER_LIMIT && request->tif == TIF_POST_ONLY;
    bool kill = request->tif == TIF_FOK &&
                !can_fill(matching, side_opposite(request->side), taker.limit, taker.leaves_lots);
    result.outcome = MATCH_EXPIRED;
    if ((post_only && crossing) || kill) {
        return result;
    }
    if (crossing) {
        take(matching, &taker);
    }
    result.executed_lots = request->qty_lots - taker.leaves_lots;
    result.leaves_lots = taker.leaves_lots;
    if (taker.leaves_lots == 0) {
        result.outcome = MATCH_FILLED;
    } else if (request->type == ORDER_LIMIT &&
               (request->tif == TIF_GTC || request->tif == TIF_POST_ONLY)) {
        uint32_t slot = slot_take(matching);
        matching->orders[slot] = (struct match_order){
            .index = geometry_index(matching->geometry, request->side, request->price_ticks),
            .tag = request->tag,
            .owner = request->owner,
            .side = (uint8_t)request->side,
            .kind = request->kind,
            .post_only = post_only,
        };
        rest(matching, slot, taker.leaves_lots, &result);
    }
    return result;
}

static struct match_result amend_in_place(struct matching *matching, struct match_order *order,
                                          uint32_t lots)
{
    struct match_level *level = &matching->levels[order->side][order->index];
    level->lots -= order->lots - lots;
    order->lots = lots;
    mark_changed(matching, (enum side)order->side, level);
    return (struct match_result){.outcome = MATCH_RESTING,
                                 .slot = (uint32_t)(order - matching->orders),
                                 .leaves_lots = lots,
                                 .ahead_lots = -1};
}

struct match_result matching_amend(struct matching *matching, uint32_t slot, int64_t price_ticks,
                                   int64_t qty_lots)
{
    struct match_order *order = &matching->orders[slot];
    MM_ASSERT(slot != 0 && order->lots > 0);
    enum side side = (enum side)order->side;
    struct match_result result = {.outcome = MATCH_REFUSED, .slot = slot};
    result.leaves_lots = order->lots;
    if (!acceptable(matching, side, price_ticks, qty_lots)) {
        return result;
    }
    uint32_t lots = (uint32_t)qty_lots;
    uint32_t index = geometry_index(matching->geometry, side, price_ticks);
    if (index == order->index && lots <= order->lots) {
        return amend_in_place(matching, order, lots);
    }
    queue_remove(matching, slot);
    struct taker taker = {
        .tag = order->tag,
        .owner = order->owner,
        .side = side,
        .limit = crossing_limit(matching, side, ORDER_LIMIT, price_ticks),
        .leaves_lots = lots,
    };
    bool expires = order->post_only && crosses(matching, side, taker.limit);
    if (!expires) {
        take(matching, &taker);
        order->index = index;
    }
    result.executed_lots = qty_lots - taker.leaves_lots;
    result.leaves_lots = taker.leaves_lots;
    if (expires || taker.leaves_lots == 0) {
        result.outcome = expires ? MATCH_EXPIRED : MATCH_FILLED;
        result.slot = 0;
        slot_give(matching, slot);
    } else {
        rest(matching, slot, taker.leaves_lots, &result);
    }
    return result;
}

void matching_cancel(struct matching *matching, uint32_t slot)
{
    MM_ASSERT(slot != 0 && matching->orders[slot].lots > 0);
    queue_remove(matching, slot);
    slot_give(matching, slot);
}
