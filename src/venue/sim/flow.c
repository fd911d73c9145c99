#include "venue/sim/flow.h"

#include "base/check.h"
#include "base/integers.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SECOND = 1e9; // in ns

// Deeper orders nearer than this many ticks are of the fast class (recipe 2.2).
enum { FAST_DISTANCE = 4 };

// On the side that a crash has emptied: additions times this, cancels times that (recipe 3).
static const double STRESS_ADDITIONS = .03, STRESS_CANCELS = 33;

// Streams of the book's draws.
enum { DRAWS_ADD, DRAWS_PULL, DRAWS_GAP };

// Draws of one kind that can differ between two events of the world.
enum { EPOCH_DRAWS_BITS = 16 };

static enum side list_side(int list)
{
    return (enum side)(list % 2);
}

// Clocks.

static void clock_plan(struct flow *flow, enum flow_kind kind)
{
    const double never_s = 1e9;
    const struct flow_clock *clock = &flow->clocks[kind];
    double left = clock->strikes_at - clock->age;
    double wait_s = clock->hazard > 0 ? left / clock->hazard : INFINITY;
    wait_s = wait_s > 0 ? wait_s : 0;
    flow->due_ns[kind] =
        wait_s < never_s ? clock->as_of_ns + (int64_t)(wait_s * SECOND) : INT64_MAX;
}

static double clock_age(const struct flow_clock *clock, int64_t now_ns)
{
    return clock->age + clock->hazard * ((double)(now_ns - clock->as_of_ns) / SECOND);
}

static void clock_set_hazard(struct flow *flow, enum flow_kind kind, double hazard)
{
    struct flow_clock *clock = &flow->clocks[kind];
    if (hazard == clock->hazard) {
        return;
    }
    clock->age = clock_age(clock, flow->now_ns);
    clock->as_of_ns = flow->now_ns;
    clock->hazard = hazard;
    clock_plan(flow, kind);
}

static void clock_restart(struct flow *flow, enum flow_kind kind, double strikes_at)
{
    struct flow_clock *clock = &flow->clocks[kind];
    clock->age = 0;
    clock->as_of_ns = flow->now_ns;
    clock->strikes_at = strikes_at;
    clock_plan(flow, kind);
}

// A new draw for a clock that only the book's state sets going.
static void clock_redraw(struct flow *flow, enum flow_kind kind)
{
    struct flow_clock *clock = &flow->clocks[kind];
    uint32_t words[4];
    uint64_t number = (clock->epoch << EPOCH_DRAWS_BITS) + clock->draw_count++;
    random_block(flow->seed, RANDOM_SIM_BOOK, kind == FLOW_PULL ? DRAWS_PULL : DRAWS_GAP, number,
                 words);
    clock_restart(flow, kind, draw_exponential_from(&flow->gap, words[0]));
    if (kind == FLOW_GAP) {
        memcpy(flow->gap_draw, words, sizeof words);
    }
}

// Sets such a clock's hazard. The law of what is left is the same after a new draw, so every event
// of the world may begin with one.
static void clock_follow_book(struct flow *flow, enum flow_kind kind, double hazard)
{
    struct flow_clock *clock = &flow->clocks[kind];
    if (hazard > 0 && clock->epoch != flow->world->step_count) {
        clock->epoch = flow->world->step_count;
        clock->draw_count = 0;
        clock->hazard = hazard;
        clock_redraw(flow, kind);
    }
    clock_set_hazard(flow, kind, hazard);
}

static void find_next(struct flow *flow)
{
    int next = 0;
    int64_t due_ns = flow->due_ns[0];
    for (int kind = 1; kind < FLOW_KIND_COUNT; kind++) {
        next = flow->due_ns[kind] < due_ns ? kind : next;
        due_ns = int64_smaller(flow->due_ns[kind], due_ns);
    }
    flow->next_kind = (enum flow_kind)next;
    flow->next_ns = due_ns > flow->now_ns ? due_ns : flow->now_ns;
}

// The lists: heaps by the time an order ends.

static void list_init(struct flow_list *list, uint32_t most)
{
    uint32_t places = most + FLOW_HEAP_CHILDREN; // so that every entry has all its children
    list->heap = mm_alloc(places, sizeof(struct flow_end));
    for (uint32_t i = 0; i < places; i++) {
        list->heap[i].at = INFINITY;
    }
}

static void list_plan(struct flow *flow, uint32_t list)
{
    enum flow_kind kind = (enum flow_kind)(FLOW_CANCEL + list);
    flow->clocks[kind].strikes_at = flow->lists[list].heap[0].at;
    clock_plan(flow, kind);
}

// Puts an entry in the empty place or further up.
static uint32_t heap_lift(struct flow_end *heap, uint32_t place, const struct flow_end *end)
{
    while (place > 0 && heap[(place - 1) / FLOW_HEAP_CHILDREN].at > end->at) {
        heap[place] = heap[(place - 1) / FLOW_HEAP_CHILDREN];
        place = (place - 1) / FLOW_HEAP_CHILDREN;
    }
    heap[place] = *end;
    return place;
}

static void list_push(struct flow *flow, uint32_t number, const struct flow_end *end)
{
    struct flow_list *list = &flow->lists[number];
    if (heap_lift(list->heap, list->count++, end) == 0) {
        list_plan(flow, number);
    }
}

// The child that ends first, without branches that nobody could foresee.
static uint32_t first_child(const struct flow_end *heap, uint32_t place)
{
    uint32_t child = FLOW_HEAP_CHILDREN * place + 1;
    uint32_t left = child + (heap[child + 1].at < heap[child].at);
    uint32_t right = child + 2 + (heap[child + 3].at < heap[child + 2].at);
    return heap[right].at < heap[left].at ? right : left;
}

// The first entry's place is filled by the first of its children, and so on down; the last entry
// then takes the empty place at the bottom, where it mostly belongs.
static struct flow_end list_pop(struct flow *flow, uint32_t number)
{
    struct flow_list *list = &flow->lists[number];
    struct flow_end *heap = list->heap;
    struct flow_end first = heap[0], last = heap[--list->count];
    heap[list->count].at = INFINITY;
    uint32_t place = 0;
    while (FLOW_HEAP_CHILDREN * place + 1 < list->count) {
        uint32_t child = first_child(heap, place);
        heap[place] = heap[child];
        place = child;
    }
    if (list->count > 0) {
        (void)heap_lift(heap, place, &last);
    }
    list_plan(flow, number);
    return first;
}

// What the book and the efficient price make of the hazards.

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

// How much the side's cancels are sped up.
static double cancel_factor(const struct flow *flow, enum side side)
{
    return flow->stress > 0 && side == flow->world->crash_side
               ? 1 + (STRESS_CANCELS - 1) * flow->stress
               : 1;
}

static void set_hazards(struct flow *flow)
{
    const struct sim_model *model = &flow->world->model;
    judge_touch(flow);
    flow->skew = book_skew(flow);
    flow->stress = flow->world->crash == CRASH_NONE ? 0 : world_stress(flow->world, flow->now_ns);
    clock_set_hazard(flow, FLOW_ADD, model->join_rate + model->deeper_rate);
    for (int list = 0; list < FLOW_LIST_COUNT; list++) {
        enum side side = list_side(list);
        double leaning = 1 - side_sign(side) * model->skew * flow->skew;
        double rate = list / 2 == FLOW_FAST ? model->fast_cancel * leaning : model->slow_cancel;
        clock_set_hazard(flow, (enum flow_kind)(FLOW_CANCEL + list),
                         rate * cancel_factor(flow, side));
    }
    clock_follow_book(flow, FLOW_PULL, pull_rate(flow));
    clock_follow_book(flow, FLOW_GAP, gap_open(flow) ? model->gap_rate : 0);
}

void flow_update(struct flow *flow, int64_t now_ns)
{
    flow->now_ns = now_ns;
    set_hazards(flow);
    find_next(flow);
}

static void draw_addition(struct flow *flow)
{
    random_block(flow->seed, RANDOM_SIM_BOOK, DRAWS_ADD, flow->add_count++, flow->add_draw);
}

void flow_init(struct flow *flow, const struct world *world, struct matching *matching,
               uint32_t background_most, uint64_t seed, int64_t start_ns)
{
    *flow = (struct flow){
        .world = world, .matching = matching, .list_most = background_most, .seed = seed};
    for (int i = 0; i < FLOW_LIST_COUNT; i++) {
        list_init(&flow->lists[i], background_most);
    }
    const struct sim_model *model = &world->preset;
    draw_table_lognormal(&flow->order_size, model->order_sigma);
    draw_table_distance(&flow->distance, model->depth_scale, model->depth_power, model->depth_most);
    draw_table_normal(&flow->normal);
    draw_exponential_init(&flow->gap);
    for (int kind = 0; kind < FLOW_KIND_COUNT; kind++) {
        flow->clocks[kind] =
            (struct flow_clock){.strikes_at = INFINITY, .as_of_ns = start_ns, .epoch = UINT64_MAX};
        flow->due_ns[kind] = INT64_MAX;
    }
    flow->now_ns = start_ns;
    draw_addition(flow);
    clock_restart(flow, FLOW_ADD, 0);
    flow_update(flow, start_ns);
}

void flow_fini(struct flow *flow)
{
    if (flow == NULL) {
        return;
    }
    for (int i = 0; i < FLOW_LIST_COUNT; i++) {
        free(flow->lists[i].heap);
    }
    memset(flow, 0, sizeof(*flow));
}

// Additions.

// What is drawn for an order besides its place.
struct order_draw {
    uint32_t size_word, life_word;
};

static void insert(struct flow *flow, enum flow_class class, enum side side, int64_t price_ticks,
                   double median_lots, struct order_draw draw)
{
    double lots = median_lots * draw_from(&flow->order_size, draw.size_word) + .5;
    uint32_t list = (uint32_t) class * 2 + (uint32_t)side;
    struct match_result placed = {.outcome = MATCH_REFUSED};
    uint32_t tag = flow->order_count++;
    if (flow->lists[list].count < flow->list_most) {
        placed = matching_place(flow->matching,
                                &(struct match_request){.side = side,
                                                        .type = ORDER_LIMIT,
                                                        .tif = TIF_POST_ONLY,
                                                        .price_ticks = price_ticks,
                                                        .qty_lots = lots < 1 ? 1 : (int64_t)lots,
                                                        .owner = FLOW_OWNER,
                                                        .kind = (uint8_t)list,
                                                        .tag = tag});
    }
    if (placed.outcome != MATCH_RESTING) {
        flow->dropped_count++;
        return;
    }
    double life = draw_exponential_from(&flow->gap, draw.life_word);
    double at = clock_age(&flow->clocks[FLOW_CANCEL + list], flow->now_ns) + life;
    list_push(flow, list, &(struct flow_end){.at = at, .slot = placed.slot, .tag = tag});
}

// Whether a crash keeps an addition away.
static bool addition_fails(const struct flow *flow, enum side side, double chance)
{
    return flow->stress > 0 && side == flow->world->crash_side &&
           chance < (1 - STRESS_ADDITIONS) * flow->stress;
}

static void do_join(struct flow *flow, enum side side, struct order_draw draw)
{
    if (flow->matching->best[side] != 0 && !flow->stale[side]) {
        insert(flow, FLOW_FAST, side, matching_best_ticks(flow->matching, side),
               flow->world->model.order_median, draw);
    }
}

// The whole tick at or further from the efficient price, at the makers' half-spread.
static int64_t makers_ticks(const struct flow *flow, enum side side, double value)
{
    double half_spread = flow->world->model.half_spread;
    return (int64_t)(side == SIDE_BUY ? floor(value - half_spread) : ceil(value + half_spread));
}

// The more cautious of a price and the one next to the other side's touch.
static int64_t behind_touch(const struct flow *flow, enum side side, int64_t price_ticks)
{
    const struct matching *matching = flow->matching;
    enum side other = side_opposite(side);
    if (matching->best[other] == 0) {
        return price_ticks;
    }
    int64_t nearest = matching_best_ticks(matching, other) - side_sign(side);
    return (nearest - price_ticks) * side_sign(side) < 0 ? nearest : price_ticks;
}

// Behind the further of the touch and where makers want to be.
static void do_deeper(struct flow *flow, enum side side, int64_t distance, struct order_draw draw)
{
    const struct matching *matching = flow->matching;
    int64_t from = makers_ticks(flow, side, flow->world->value);
    if (matching->best[side] != 0) {
        int64_t touch = matching_best_ticks(matching, side);
        from = (touch - from) * side_sign(side) < 0 ? touch : from;
    }
    insert(flow, distance < FAST_DISTANCE ? FLOW_FAST : FLOW_SLOW, side,
           behind_touch(flow, side, from - side_sign(side) * distance),
           flow->world->model.order_median, draw);
}

// An addition: one block of draws. Words: time of the next one; kind (16 bits) and side (16); size
// (10), distance (10) and what a crash keeps away (12); life.
static void do_add(struct flow *flow)
{
    const struct sim_model *model = &flow->world->model;
    uint32_t words[4];
    memcpy(words, flow->add_draw, sizeof words);
    draw_addition(flow);
    clock_restart(flow, FLOW_ADD, draw_exponential_from(&flow->gap, words[0]));
    double kind = draw_uniform_from(words[1]), lean = draw_uniform_from(words[1] << 16);
    enum side side = lean < .5 * (1 + model->skew * flow->skew) ? SIDE_BUY : SIDE_SELL;
    struct order_draw draw = {.size_word = words[2], .life_word = words[3]};
    if (addition_fails(flow, side, draw_uniform_from(words[2] << 20))) {
        return;
    }
    if (kind * (model->join_rate + model->deeper_rate) < model->join_rate) {
        do_join(flow, side, draw);
    } else {
        do_deeper(flow, side, (int64_t)draw_from(&flow->distance, words[2] << 10), draw);
    }
}

// Words: time; side (1 bit), noise (10) and what a crash keeps away (21); size; life.
static void do_gap(struct flow *flow)
{
    const struct sim_model *model = &flow->world->model;
    const struct matching *matching = flow->matching;
    const uint32_t *words = flow->gap_draw;
    struct order_draw draw = {.size_word = words[2], .life_word = words[3]};
    enum side side = words[1] >> 31 ? SIDE_SELL : SIDE_BUY;
    double noise = model->price_noise * draw_from(&flow->normal, words[1] << 1);
    bool fails = addition_fails(flow, side, draw_uniform_from(words[1] << 11));
    int sign = side_sign(side);
    double value = flow->world->value + noise;
    int64_t price = (int64_t)floor(value - sign * model->half_spread + .5);
    price = behind_touch(flow, side, price);
    bool improves =
        matching->best[side] == 0 || (price - matching_best_ticks(matching, side)) * sign > 0;
    if (improves && !fails) {
        insert(flow, FLOW_FAST, side, price, model->gap_median, draw);
    }
    clock_redraw(flow, FLOW_GAP);
}

// Removals.

static void do_cancel(struct flow *flow, uint32_t list)
{
    struct flow_end end = list_pop(flow, list);
    const struct match_order *order = &flow->matching->orders[end.slot];
    if (order->lots > 0 && order->owner == FLOW_OWNER && order->tag == end.tag) {
        matching_cancel(flow->matching, end.slot);
    }
}

// Deletes the background orders of a queue; others keep their places.
static void pull_level(struct flow *flow, enum side side, uint32_t index)
{
    uint32_t slot = flow->matching->levels[side][index].first;
    while (slot != 0) {
        uint32_t next = flow->matching->orders[slot].next;
        if (flow->matching->orders[slot].owner == FLOW_OWNER) {
            matching_cancel(flow->matching, slot);
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

void flow_step(struct flow *flow)
{
    enum flow_kind kind = flow->next_kind;
    const uint32_t *best = flow->matching->best;
    uint32_t bid = best[SIDE_BUY], ask = best[SIDE_SELL];
    flow->now_ns = flow->next_ns;
    flow->event_counts[kind]++;
    if (kind == FLOW_ADD) {
        do_add(flow);
    } else if (kind < FLOW_PULL) {
        do_cancel(flow, (uint32_t)kind - FLOW_CANCEL);
    } else if (kind == FLOW_PULL) {
        do_pull(flow);
        clock_redraw(flow, FLOW_PULL);
    } else {
        do_gap(flow);
    }
    if (best[SIDE_BUY] != bid || best[SIDE_SELL] != ask) {
        set_hazards(flow);
    }
    find_next(flow);
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
