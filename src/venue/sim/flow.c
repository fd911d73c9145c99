#include "venue/sim/flow.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SECOND = 1e9; // in ns

// Deeper orders nearer than this many ticks are of the fast class (recipe 2.2).
enum { FAST_DISTANCE = 4 };

// On the side that a crash has emptied: additions times this, cancels times that (recipe 3).
static const double STRESS_ADDITIONS = .03, STRESS_CANCELS = 33;

static uint32_t draw(struct flow *flow)
{
    return random_u32(&flow->stream);
}

static uint32_t list_of(enum flow_class class, enum side side)
{
    return (uint32_t) class * 2 + (uint32_t)side;
}

void flow_init(struct flow *flow, const struct world *world, struct matching *matching,
               uint32_t background_most, uint64_t seed, int64_t start_ns)
{
    *flow = (struct flow){.world = world,
                          .matching = matching,
                          .background_most = background_most,
                          .updated_ns = start_ns};
    for (int i = 0; i < FLOW_LIST_COUNT; i++) {
        flow->lists[i].slots = mm_alloc(background_most, sizeof(uint32_t));
    }
    const struct sim_model *model = &world->preset;
    random_init(&flow->stream, seed, RANDOM_SIM_BOOK, 0);
    draw_table_lognormal(&flow->order_size, model->order_sigma);
    draw_table_distance(&flow->distance, model->depth_scale, model->depth_power, model->depth_most);
    draw_table_normal(&flow->normal);
    draw_exponential_init(&flow->gap);
    flow->budget = draw_exponential_from(&flow->gap, draw(flow));
    flow_update(flow, start_ns);
}

void flow_fini(struct flow *flow)
{
    if (flow == NULL) {
        return;
    }
    for (int i = 0; i < FLOW_LIST_COUNT; i++) {
        free(flow->lists[i].slots);
    }
    memset(flow, 0, sizeof(*flow));
}

// Rates.

// How much the side's cancels are sped up.
static double cancel_factor(const struct flow *flow, enum side side)
{
    return side == flow->world->crash_side ? 1 + (STRESS_CANCELS - 1) * flow->stress : 1;
}

// A side is stale when its touch lies nearer to (or beyond) the efficient price than makers want.
static void judge_touch(struct flow *flow)
{
    const struct matching *matching = flow->matching;
    const struct sim_model *model = &flow->world->model;
    double keep = model->half_spread - model->dead_band;
    double value = flow->world->value;
    flow->stale[SIDE_BUY] = matching->best[SIDE_BUY] != 0 &&
                            (double)matching_best_ticks(matching, SIDE_BUY) > value - keep;
    flow->stale[SIDE_SELL] = matching->best[SIDE_SELL] != 0 &&
                             (double)matching_best_ticks(matching, SIDE_SELL) < value + keep;
    flow->hit[SIDE_BUY] &= flow->stale[SIDE_BUY];
    flow->hit[SIDE_SELL] &= flow->stale[SIDE_SELL];
}

static double book_skew(const struct flow *flow)
{
    const struct matching *matching = flow->matching;
    if (!matching_two_sided(matching)) {
        return 0;
    }
    double mid = .5 * (double)(matching_best_ticks(matching, SIDE_BUY) +
                               matching_best_ticks(matching, SIDE_SELL));
    double scaled = (flow->world->value - mid) / flow->world->model.skew_scale;
    return scaled > 1 ? 1 : scaled < -1 ? -1 : scaled;
}

// An empty side leaves a gap as well.
static bool gap_open(const struct flow *flow)
{
    const struct matching *matching = flow->matching;
    if (!matching_two_sided(matching)) {
        return true;
    }
    double spread = (double)(matching_best_ticks(matching, SIDE_SELL) -
                             matching_best_ticks(matching, SIDE_BUY));
    double closed = 2 * flow->world->model.half_spread;
    return spread > (closed > 1 ? closed : 1);
}

static double pull_rate(const struct flow *flow)
{
    const struct sim_model *model = &flow->world->model;
    if (!flow->stale[SIDE_BUY] && !flow->stale[SIDE_SELL]) {
        return 0;
    }
    bool hit = flow->hit[SIDE_BUY] || flow->hit[SIDE_SELL];
    return model->pull_rate + (hit ? model->pull_after_hit : 0);
}

static void compute_rates(struct flow *flow)
{
    const struct sim_model *model = &flow->world->model;
    judge_touch(flow);
    flow->skew = book_skew(flow);
    flow->stress =
        flow->world->crash == CRASH_NONE ? 0 : world_stress(flow->world, flow->updated_ns);
    double lean = model->skew * flow->skew;
    double *rates = flow->rates;
    rates[FLOW_JOIN] = model->join_rate;
    rates[FLOW_DEEPER] = model->deeper_rate;
    for (uint32_t side = 0; side < 2; side++) {
        double factor = flow->stress > 0 ? cancel_factor(flow, (enum side)side) : 1;
        uint32_t fast = list_of(FLOW_FAST, (enum side)side);
        uint32_t slow = list_of(FLOW_SLOW, (enum side)side);
        double leaning = 1 - side_sign((enum side)side) * lean;
        rates[FLOW_CANCEL + fast] = model->fast_cancel * leaning * factor * flow->lists[fast].count;
        rates[FLOW_CANCEL + slow] = model->slow_cancel * factor * flow->lists[slow].count;
    }
    rates[FLOW_PULL] = pull_rate(flow);
    rates[FLOW_GAP] = gap_open(flow) ? model->gap_rate : 0;
    flow->rate = 0;
    for (int kind = 0; kind < FLOW_KIND_COUNT; kind++) {
        flow->rate += rates[kind];
    }
}

static void plan(struct flow *flow)
{
    compute_rates(flow);
    flow->next_ns = flow->updated_ns + (int64_t)(flow->budget / flow->rate * SECOND);
}

void flow_update(struct flow *flow, int64_t now_ns)
{
    double used = flow->rate * (double)(now_ns - flow->updated_ns) / SECOND;
    flow->budget = used < flow->budget ? flow->budget - used : 0;
    flow->updated_ns = now_ns;
    plan(flow);
}

// Orders.

static void list_remove(struct flow *flow, uint32_t slot)
{
    struct match_order *orders = flow->matching->orders;
    struct flow_list *list = &flow->lists[orders[slot].kind];
    uint32_t last = list->slots[--list->count];
    list->slots[orders[slot].tag] = last;
    orders[last].tag = orders[slot].tag;
}

void flow_forget(struct flow *flow, uint32_t slot)
{
    list_remove(flow, slot);
}

static void cancel(struct flow *flow, uint32_t slot)
{
    list_remove(flow, slot);
    matching_cancel(flow->matching, slot);
}

static uint32_t background_count(const struct flow *flow)
{
    uint32_t count = 0;
    for (int i = 0; i < FLOW_LIST_COUNT; i++) {
        count += flow->lists[i].count;
    }
    return count;
}

static void insert(struct flow *flow, enum flow_class class, enum side side, int64_t price_ticks,
                   double median_lots)
{
    double lots = median_lots * draw_from(&flow->order_size, draw(flow)) + .5;
    struct flow_list *list = &flow->lists[list_of(class, side)];
    struct match_result placed = {.outcome = MATCH_REFUSED};
    if (background_count(flow) < flow->background_most) {
        placed = matching_place(flow->matching,
                                &(struct match_request){.side = side,
                                                        .type = ORDER_LIMIT,
                                                        .tif = TIF_POST_ONLY,
                                                        .price_ticks = price_ticks,
                                                        .qty_lots = lots < 1 ? 1 : (int64_t)lots,
                                                        .owner = FLOW_OWNER,
                                                        .kind = (uint8_t)list_of(class, side),
                                                        .tag = list->count});
    }
    if (placed.outcome == MATCH_RESTING) {
        list->slots[list->count++] = placed.slot;
    } else {
        flow->dropped_count++;
    }
}

static bool addition_fails(struct flow *flow, enum side side)
{
    return flow->stress > 0 && side == flow->world->crash_side &&
           draw_uniform_from(draw(flow)) < (1 - STRESS_ADDITIONS) * flow->stress;
}

static enum side draw_side(struct flow *flow)
{
    double bid_chance = .5 * (1 + flow->world->model.skew * flow->skew);
    return draw_uniform_from(draw(flow)) < bid_chance ? SIDE_BUY : SIDE_SELL;
}

static void do_join(struct flow *flow)
{
    enum side side = draw_side(flow);
    if (flow->matching->best[side] == 0 || flow->stale[side] || addition_fails(flow, side)) {
        return;
    }
    insert(flow, FLOW_FAST, side, matching_best_ticks(flow->matching, side),
           flow->world->model.order_median);
}

// The whole tick at or further from the efficient price, at the makers' half-spread.
static int64_t makers_ticks(const struct flow *flow, enum side side, double value)
{
    double half_spread = flow->world->model.half_spread;
    return (int64_t)(side == SIDE_BUY ? floor(value - half_spread) : ceil(value + half_spread));
}

// Behind the further of the touch and where makers want to be.
static void do_deeper(struct flow *flow)
{
    enum side side = draw_side(flow), other = side_opposite(side);
    const struct matching *matching = flow->matching;
    int64_t distance = (int64_t)draw_from(&flow->distance, draw(flow));
    int sign = side_sign(side);
    if (addition_fails(flow, side)) {
        return;
    }
    int64_t from = makers_ticks(flow, side, flow->world->value);
    if (matching->best[side] != 0) {
        int64_t touch = matching_best_ticks(matching, side);
        from = (touch - from) * sign < 0 ? touch : from;
    }
    int64_t price = from - sign * distance;
    if (matching->best[other] != 0) {
        int64_t nearest = matching_best_ticks(matching, other) - sign;
        price = (nearest - price) * sign < 0 ? nearest : price;
    }
    insert(flow, distance < FAST_DISTANCE ? FLOW_FAST : FLOW_SLOW, side, price,
           flow->world->model.order_median);
}

static void do_cancel(struct flow *flow, uint32_t list)
{
    if (flow->lists[list].count > 0) {
        cancel(flow, flow->lists[list].slots[draw_below_from(draw(flow), flow->lists[list].count)]);
    }
}

// Deletes the background orders of a queue; others keep their places.
static void pull_level(struct flow *flow, enum side side, uint32_t index)
{
    uint32_t slot = flow->matching->levels[side][index].first;
    while (slot != 0) {
        uint32_t next = flow->matching->orders[slot].next;
        if (flow->matching->orders[slot].owner == FLOW_OWNER) {
            cancel(flow, slot);
        }
        slot = next;
    }
}

// Makers take back everything that lies nearer to the efficient price than they want.
static void do_pull(struct flow *flow)
{
    const struct sim_model *model = &flow->world->model;
    double keep = model->half_spread - model->dead_band;
    for (int i = 0; i < 2; i++) {
        enum side side = (enum side)i;
        if (!flow->stale[side]) {
            continue;
        }
        double edge = flow->world->value - side_sign(side) * keep;
        int64_t last = (int64_t)(side == SIDE_BUY ? floor(edge) + 1 : ceil(edge) - 1);
        uint32_t limit = geometry_index(flow->matching->geometry, side, last);
        uint32_t index = flow->matching->best[side];
        while (index != 0 && index >= limit) {
            uint32_t next = matching_scan(flow->matching, side, index - 1);
            pull_level(flow, side, index);
            index = next;
        }
    }
}

static void do_gap(struct flow *flow)
{
    const struct sim_model *model = &flow->world->model;
    const struct matching *matching = flow->matching;
    enum side side = draw(flow) >> 31 ? SIDE_SELL : SIDE_BUY, other = side_opposite(side);
    double noise = model->price_noise > 0 ? draw_from(&flow->normal, draw(flow)) : 0;
    int sign = side_sign(side);
    double value = flow->world->value + model->price_noise * noise;
    if (addition_fails(flow, side)) {
        return;
    }
    int64_t price = (int64_t)floor(value - sign * model->half_spread + .5);
    if (matching->best[other] != 0) {
        int64_t nearest = matching_best_ticks(matching, other) - sign;
        price = (nearest - price) * sign < 0 ? nearest : price;
    }
    bool improves =
        matching->best[side] == 0 || (price - matching_best_ticks(matching, side)) * sign > 0;
    if (improves) {
        insert(flow, FLOW_FAST, side, price, model->gap_median);
    }
}

static enum flow_kind pick_kind(struct flow *flow)
{
    double pick = draw_uniform_from(draw(flow)) * flow->rate;
    int kind = 0;
    while (kind < FLOW_KIND_COUNT - 1 && pick >= flow->rates[kind]) {
        pick -= flow->rates[kind];
        kind++;
    }
    return (enum flow_kind)kind;
}

void flow_step(struct flow *flow)
{
    flow->updated_ns = flow->next_ns;
    enum flow_kind kind = pick_kind(flow);
    flow->event_counts[kind]++;
    if (kind == FLOW_JOIN) {
        do_join(flow);
    } else if (kind == FLOW_DEEPER) {
        do_deeper(flow);
    } else if (kind < FLOW_PULL) {
        do_cancel(flow, (uint32_t)kind - FLOW_CANCEL);
    } else if (kind == FLOW_PULL) {
        do_pull(flow);
    } else {
        do_gap(flow);
    }
    flow->budget = draw_exponential_from(&flow->gap, draw(flow));
    plan(flow);
}

// Takers.

static void send_taker(struct flow *flow, enum side side, int64_t limit_ticks, double size_lots)
{
    struct match_request request = {.side = side,
                                    .type = ORDER_LIMIT,
                                    .tif = TIF_IOC,
                                    .price_ticks = limit_ticks,
                                    .qty_lots = size_lots < 1 ? 1 : (int64_t)(size_lots + .5),
                                    .owner = FLOW_OWNER};
    (void)matching_place(flow->matching, &request);
}

// Whether taking from the other side's touch gains the informed taker its edge.
static bool gains(const struct flow *flow, enum side side, double value)
{
    enum side other = side_opposite(side);
    return flow->matching->best[other] != 0 &&
           (value - (double)matching_best_ticks(flow->matching, other)) * side_sign(side) >
               flow->world->model.informed_edge;
}

void flow_take(struct flow *flow, const struct world_event *taker)
{
    const struct sim_model *model = &flow->world->model;
    for (int i = 0; taker->may_be_informed && i < 2; i++) {
        enum side side = (enum side)i;
        if (gains(flow, side, taker->value)) {
            double limit = taker->value - side_sign(side) * model->informed_edge;
            int64_t limit_ticks = (int64_t)(side == SIDE_BUY ? floor(limit) : ceil(limit));
            flow->hit[side_opposite(side)] = true;
            send_taker(flow, side, limit_ticks, taker->size_lots * model->informed_size);
            return;
        }
    }
    enum side other = side_opposite(taker->intent);
    if (flow->matching->best[other] != 0) {
        int64_t slippage = side_sign(taker->intent) * (int64_t)model->taker_slippage;
        send_taker(flow, taker->intent, matching_best_ticks(flow->matching, other) + slippage,
                   taker->size_lots);
    }
}
