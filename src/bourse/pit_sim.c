// The simulated kind of pit.h.
#include "base/check.h"
#include "base/memory.h"
#include "bourse/pit.h"
#include "venue/sim/flow.h"
#include "venue/sim/matching.h"
#include "venue/sim/sim.h"
#include "venue/sim/world.h"

#include <stdlib.h>
#include <string.h>

enum { ACCOUNT_OWNER = 1 }; // in the matching engine; FLOW_OWNER is the background's
enum { BACKGROUND_ORDERS = SIM_ORDERS - SIM_OWN_ORDERS }; // as in the simulated venue

// The book is empty at first; after five lifetimes of the slow class it has its usual shape.
static const double WARMUP_LIFETIMES = 5;

struct pit_sim {
    struct pit pit; // first
    struct matching matching;
    struct world world;
    struct flow flow;
    struct row *trades; // owned; executions of one event
    uint32_t trade_count, trade_capacity;
    struct row *rows;      // owned; levels that one event changed
    uint32_t *slots;       // owned; of the account orders by tag, 0 = not resting
    uint8_t *self_matches; // owned; enum self_match by tag
    int64_t event_ns;      // of the last event, the pit's time
    bool warm;
};

static void tell_execution(struct pit_sim *sim, const struct match_execution *execution, bool maker)
{
    const struct match_order *order = &sim->matching.orders[execution->maker_slot];
    uint32_t tag = maker ? order->tag : execution->taker_tag;
    struct pit_execution told = {
        .tag = tag,
        .maker = maker,
        .price_ticks = execution->price_ticks,
        .qty_lots = execution->lots,
        .leaves_lots = maker ? execution->maker_leaves_lots : execution->taker_leaves_lots,
    };
    if (maker && told.leaves_lots == 0) {
        sim->slots[tag] = 0;
    }
    sim->pit.listener.executed(sim->pit.listener.context, &told);
}

static void on_executed(void *context, const struct match_execution *execution)
{
    struct pit_sim *sim = context;
    MM_ASSERT(sim->trade_count < sim->trade_capacity);
    sim->trades[sim->trade_count++] = (struct row){.key = execution->key, .lots = execution->lots};
    if (execution->maker_owner == ACCOUNT_OWNER) {
        tell_execution(sim, execution, true);
    }
    if (execution->taker_owner == ACCOUNT_OWNER) {
        tell_execution(sim, execution, false);
    }
}

static void publish_rows(struct pit_sim *sim, enum event_kind kind, const struct row *rows,
                         uint32_t count)
{
    pit_publish(&sim->pit,
                &(struct market_batch){
                    .exch_ts_ns = sim->event_ns, .rows = rows, .count = count, .kind = kind});
}

// What one event changed.
static void publish(struct pit_sim *sim)
{
    const struct matching *matching = &sim->matching;
    if (sim->warm && sim->trade_count > 0) {
        publish_rows(sim, EVENT_TRADE, sim->trades, sim->trade_count);
    }
    uint32_t count = matching->changed_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = matching->changed_keys[i];
        sim->rows[i] =
            (struct row){.key = key, .lots = matching->levels[row_side(key)][row_index(key)].lots};
    }
    if (sim->warm && count > 0) {
        publish_rows(sim, EVENT_DEPTH, sim->rows, count);
    }
    sim->trade_count = 0;
    matching_clear_changed(&sim->matching);
}

static int64_t own_next_ns(const struct pit_sim *sim)
{
    return sim->world.next_ns <= sim->flow.next_ns ? sim->world.next_ns : sim->flow.next_ns;
}

static int64_t sim_next_ns(const struct pit *pit)
{
    return own_next_ns((const struct pit_sim *)pit) + pit->shift_ns;
}

static void sim_step(struct pit *pit)
{
    struct pit_sim *sim = (struct pit_sim *)pit;
    sim->event_ns = own_next_ns(sim);
    if (sim->world.next_ns <= sim->flow.next_ns) {
        struct world_event event = world_step(&sim->world);
        if (event.kind == WORLD_TAKER) {
            flow_take(&sim->flow, &event);
        }
        flow_update(&sim->flow, event.ts_ns);
    } else {
        flow_step(&sim->flow);
    }
    publish(sim);
}

// ---- requests ----

// The first order of the account that a taker with `leaves` lots would meet, 0 when there is none;
// *out_before is what it would take before.
static uint32_t find_own_maker(const struct pit_sim *sim, const struct pit_order *order,
                               uint32_t own_slot, int64_t *out_before)
{
    const struct matching *matching = &sim->matching;
    enum side other = side_opposite(order->side);
    uint32_t limit = geometry_index(matching->geometry, other, order->price_ticks);
    *out_before = 0;
    uint32_t index = matching->best[other];
    while (index != 0 && index >= limit) {
        uint32_t slot = matching->levels[other][index].first;
        for (; slot != 0; slot = matching->orders[slot].next) {
            const struct match_order *maker = &matching->orders[slot];
            if (maker->owner == ACCOUNT_OWNER && maker->kind == order->account &&
                slot != own_slot) {
                return slot;
            }
            *out_before += maker->lots;
            if (*out_before >= order->qty_lots) {
                return 0;
            }
        }
        index = matching_scan(matching, other, index - 1);
    }
    return 0;
}

static void end_maker(struct pit_sim *sim, uint32_t slot, uint32_t arriving_tag)
{
    uint32_t tag = sim->matching.orders[slot].tag;
    matching_cancel(&sim->matching, slot);
    sim->slots[tag] = 0;
    sim->pit.listener.self_matched(sim->pit.listener.context, tag, arriving_tag);
}

// Makes way for an arriving order, or says how much of it may execute before it must end.
static int64_t lots_before_own(struct pit_sim *sim, const struct pit_order *order,
                               uint32_t own_slot)
{
    int64_t before;
    uint32_t slot;
    if (order->self_match == SELF_MATCH_ALLOWED || order->tif == TIF_POST_ONLY) {
        return order->qty_lots;
    }
    while ((slot = find_own_maker(sim, order, own_slot, &before)) != 0) {
        if (order->self_match != SELF_MATCH_CANCEL_TAKER) {
            end_maker(sim, slot, order->tag);
        }
        if (order->self_match != SELF_MATCH_CANCEL_MAKER) {
            return before;
        }
    }
    return order->qty_lots;
}

static struct match_request request_of(const struct pit_order *order)
{
    return (struct match_request){.side = order->side,
                                  .type = ORDER_LIMIT,
                                  .tif = order->tif,
                                  .price_ticks = order->price_ticks,
                                  .qty_lots = order->qty_lots,
                                  .owner = ACCOUNT_OWNER,
                                  .kind = order->account,
                                  .tag = order->tag};
}

static bool acceptable(const struct pit_sim *sim, const struct pit_order *order)
{
    return order->qty_lots > 0 && order->qty_lots < ROW_LOTS_LIMIT &&
           geometry_holds(sim->matching.geometry, order->price_ticks);
}

// What executes of an order that ends before it meets one of its own account.
static enum pit_outcome place_part(struct pit_sim *sim, const struct pit_order *order, int64_t lots)
{
    struct match_request request = request_of(order);
    request.qty_lots = lots;
    request.tif = TIF_IOC;
    if (lots > 0 && order->tif != TIF_FOK) {
        (void)matching_place(&sim->matching, &request);
    }
    return PIT_SELF_MATCHED;
}

static enum pit_outcome note_outcome(struct pit_sim *sim, uint32_t tag,
                                     const struct match_result *result)
{
    sim->slots[tag] = result->outcome == MATCH_RESTING ? result->slot : 0;
    switch (result->outcome) {
    case MATCH_RESTING:
        return PIT_RESTING;
    case MATCH_FILLED:
        return PIT_FILLED;
    case MATCH_EXPIRED:
        return PIT_EXPIRED;
    default:
        return PIT_REFUSED;
    }
}

static void begin_request(struct pit_sim *sim, int64_t now_ns)
{
    int64_t own_ns = now_ns - sim->pit.shift_ns;
    sim->event_ns = own_ns > sim->event_ns ? own_ns : sim->event_ns;
}

static void end_request(struct pit_sim *sim)
{
    flow_update(&sim->flow, sim->event_ns);
    publish(sim);
}

static enum pit_outcome sim_place(struct pit *pit, const struct pit_order *order, int64_t now_ns)
{
    struct pit_sim *sim = (struct pit_sim *)pit;
    if (!acceptable(sim, order)) {
        return PIT_REFUSED;
    }
    begin_request(sim, now_ns);
    enum pit_outcome outcome;
    int64_t lots = lots_before_own(sim, order, 0);
    if (lots < order->qty_lots) {
        outcome = place_part(sim, order, lots);
    } else {
        struct match_request request = request_of(order);
        struct match_result result = matching_place(&sim->matching, &request);
        outcome = note_outcome(sim, order->tag, &result);
    }
    sim->self_matches[order->tag] = (uint8_t)order->self_match;
    end_request(sim);
    return outcome;
}

static enum pit_outcome sim_amend(struct pit *pit, const struct pit_order *order, int64_t now_ns)
{
    struct pit_sim *sim = (struct pit_sim *)pit;
    uint32_t slot = sim->slots[order->tag];
    MM_ASSERT(slot != 0);
    if (!acceptable(sim, order)) {
        return PIT_REFUSED;
    }
    begin_request(sim, now_ns);
    struct pit_order arriving = *order;
    arriving.self_match = (enum self_match)sim->self_matches[order->tag];
    arriving.tif = sim->matching.orders[slot].post_only ? TIF_POST_ONLY : TIF_GTC;
    enum pit_outcome outcome;
    int64_t lots = lots_before_own(sim, &arriving, slot);
    if (lots < order->qty_lots) {
        matching_cancel(&sim->matching, slot);
        sim->slots[order->tag] = 0;
        outcome = place_part(sim, &arriving, lots);
    } else {
        struct match_result result =
            matching_amend(&sim->matching, slot, order->price_ticks, order->qty_lots);
        outcome =
            result.outcome == MATCH_REFUSED ? PIT_REFUSED : note_outcome(sim, order->tag, &result);
    }
    end_request(sim);
    return outcome;
}

static void sim_cancel(struct pit *pit, uint32_t tag, int64_t now_ns)
{
    struct pit_sim *sim = (struct pit_sim *)pit;
    MM_ASSERT(sim->slots[tag] != 0);
    begin_request(sim, now_ns);
    matching_cancel(&sim->matching, sim->slots[tag]);
    sim->slots[tag] = 0;
    end_request(sim);
}

static void sim_destroy(struct pit *pit)
{
    struct pit_sim *sim = (struct pit_sim *)pit;
    flow_fini(&sim->flow);
    matching_fini(&sim->matching);
    book_fini(&sim->pit.book);
    free(sim->trades);
    free(sim->rows);
    free(sim->slots);
    free(sim->self_matches);
    free(sim);
}

static const struct pit_ops sim_ops = {.next_ns = sim_next_ns,
                                       .step = sim_step,
                                       .place = sim_place,
                                       .amend = sim_amend,
                                       .cancel = sim_cancel,
                                       .destroy = sim_destroy};

// The whole book at the start.
static void publish_book(struct pit_sim *sim)
{
    const struct matching *matching = &sim->matching;
    uint32_t count = 0;
    for (int side = 0; side < 2; side++) {
        uint32_t index = matching->best[side];
        for (; index != 0; index = matching_scan(matching, (enum side)side, index - 1)) {
            sim->rows[count++] = (struct row){.key = index | (uint32_t)side << 31,
                                              .lots = matching->levels[side][index].lots};
        }
    }
    publish_rows(sim, EVENT_SNAPSHOT, sim->rows, count);
}

static void start_market(struct pit_sim *sim, const struct pit_setup *setup,
                         const struct pit_sim_setup *config, const struct sim_model *model)
{
    int64_t warmup_ns = (int64_t)(WARMUP_LIFETIMES / model->slow_cancel * 1e9);
    int64_t begin_ns = SIM_START_NS - warmup_ns;
    struct book_geometry geometry = {.base_ticks = 0, .span = model->span};
    uint32_t orders = BACKGROUND_ORDERS + setup->capacity;
    sim->trade_capacity = orders + 1;
    sim->trades = mm_alloc(sim->trade_capacity, sizeof(struct row));
    sim->rows = mm_alloc(2 * (size_t)orders + 2, sizeof(struct row));
    sim->slots = mm_alloc(setup->capacity, sizeof(uint32_t));
    sim->self_matches = mm_alloc(setup->capacity, 1);
    matching_init(&sim->matching, geometry, orders, on_executed, sim);
    world_init(&sim->world, model, config->regime, config->seed, begin_ns);
    flow_init(&sim->flow, &sim->world, &sim->matching, BACKGROUND_ORDERS, config->seed, begin_ns);
    while (own_next_ns(sim) <= SIM_START_NS) {
        sim_step(&sim->pit);
    }
    sim->event_ns = SIM_START_NS;
    sim->warm = true;
    publish_book(sim);
}

int pit_sim_create(const struct pit_setup *setup, const struct pit_sim_setup *config,
                   struct pit **out)
{
    struct sim_config market;
    *out = NULL;
    int code = sim_config_of_preset(config->preset, &market);
    if (code != MM_OK) {
        return code;
    }
    struct pit_sim *sim = mm_alloc(1, sizeof *sim);
    sim->pit = (struct pit){.ops = &sim_ops,
                            .instrument = market.instrument,
                            .listener = setup->listener,
                            .shift_ns = setup->now_ns - SIM_START_NS};
    code = book_init(&sim->pit.book, (struct book_geometry){.span = market.model.span});
    if (code != MM_OK) {
        free(sim);
        return code;
    }
    start_market(sim, setup, config, &market.model);
    *out = &sim->pit;
    return MM_OK;
}
