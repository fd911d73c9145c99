// The matching engine against a reference that is slow and obvious: one array of resting orders in
// order of arrival, searched from end to end for whatever is needed. Random streams of requests
// from several owners over few prices, so that queues form; equal request by request in result,
// executions and book. A failing stream is shrunk by leaving out requests, then printed with the
// command that repeats it: `matching_test SEED`.
#include "base/random.h"
#include "venue/sim/matching.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 400, STREAMS = 500, CAPACITY = 48, EXECUTIONS = CAPACITY + 1 };
enum { SPAN = 400, MIDDLE = 200 };

enum action { PLACE, AMEND, CANCEL };

struct request {
    enum action action;
    uint32_t target;            // request that placed the order to amend or cancel
    struct match_request order; // an amend uses price and quantity; tag: the number of the request
};

// What one request did, in terms both engines share.
struct execution {
    uint32_t maker_tag, taker_tag;
    uint8_t maker_owner, taker_owner;
    int64_t price_ticks;
    uint32_t lots, maker_leaves_lots, taker_leaves_lots, consumed_lots;
};

struct outcome {
    enum match_outcome outcome;
    int64_t executed_lots, leaves_lots, ahead_lots;
    uint32_t execution_count;
    struct execution executions[EXECUTIONS];
};

// The reference.

struct resting {
    uint32_t tag;
    uint8_t owner;
    enum side side;
    int64_t price_ticks;
    uint32_t lots;
    bool post_only;
};

struct reference {
    struct resting orders[CAPACITY]; // in order of arrival in their queue
    uint32_t count;
};

static bool better(enum side side, int64_t price, int64_t than)
{
    return side == SIDE_BUY ? price > than : price < than;
}

// The order that would fill first, or -1.
static int front_of(const struct reference *reference, enum side side)
{
    int front = -1;
    for (uint32_t i = 0; i < reference->count; i++) {
        const struct resting *order = &reference->orders[i];
        if (order->side == side &&
            (front < 0 || better(side, order->price_ticks, reference->orders[front].price_ticks))) {
            front = (int)i;
        }
    }
    return front;
}

static bool reachable(const struct match_request *order, int64_t price_ticks)
{
    return order->type == ORDER_MARKET || !better(order->side, price_ticks, order->price_ticks);
}

static int64_t lots_at(const struct reference *reference, enum side side, int64_t price_ticks)
{
    int64_t lots = 0;
    for (uint32_t i = 0; i < reference->count; i++) {
        if (reference->orders[i].side == side && reference->orders[i].price_ticks == price_ticks) {
            lots += reference->orders[i].lots;
        }
    }
    return lots;
}

static int64_t lots_reachable(const struct reference *reference, const struct match_request *order)
{
    int64_t lots = 0;
    for (uint32_t i = 0; i < reference->count; i++) {
        if (reference->orders[i].side != order->side &&
            reachable(order, reference->orders[i].price_ticks)) {
            lots += reference->orders[i].lots;
        }
    }
    return lots;
}

static void remove_at(struct reference *reference, uint32_t i)
{
    reference->count--;
    memmove(&reference->orders[i], &reference->orders[i + 1],
            (reference->count - i) * sizeof(struct resting));
}

static uint32_t reference_take(struct reference *reference, const struct match_request *order,
                               struct outcome *out)
{
    uint32_t leaves = (uint32_t)order->qty_lots, consumed = 0;
    int64_t last_price = 0;
    for (;;) {
        int front = front_of(reference, side_opposite(order->side));
        if (front < 0 || leaves == 0 || !reachable(order, reference->orders[front].price_ticks)) {
            return leaves;
        }
        struct resting *maker = &reference->orders[front];
        uint32_t lots = maker->lots < leaves ? maker->lots : leaves;
        consumed = maker->price_ticks == last_price ? consumed : 0;
        last_price = maker->price_ticks;
        leaves -= lots;
        maker->lots -= lots;
        out->executions[out->execution_count++] =
            (struct execution){.maker_tag = maker->tag,
                               .taker_tag = order->tag,
                               .maker_owner = maker->owner,
                               .taker_owner = order->owner,
                               .price_ticks = maker->price_ticks,
                               .lots = lots,
                               .maker_leaves_lots = maker->lots,
                               .taker_leaves_lots = leaves,
                               .consumed_lots = consumed};
        consumed += lots;
        if (maker->lots == 0) {
            remove_at(reference, (uint32_t)front);
        }
    }
}

static bool valid(const struct match_request *order)
{
    return order->qty_lots > 0 &&
           (order->type == ORDER_MARKET || (order->price_ticks > 0 && order->price_ticks < SPAN));
}

// Takes what it may and rests the remainder at the back of its queue.
static void reference_enter(struct reference *reference, const struct match_request *order,
                            bool post_only, struct outcome *out)
{
    bool rests =
        order->type == ORDER_LIMIT && (order->tif == TIF_GTC || order->tif == TIF_POST_ONLY);
    int64_t available = lots_reachable(reference, order);
    out->outcome = MATCH_EXPIRED;
    out->leaves_lots = order->qty_lots;
    if ((post_only && available > 0) || (order->tif == TIF_FOK && available < order->qty_lots)) {
        return;
    }
    uint32_t leaves = reference_take(reference, order, out);
    out->executed_lots = order->qty_lots - leaves;
    out->leaves_lots = leaves;
    if (leaves == 0) {
        out->outcome = MATCH_FILLED;
    } else if (rests) {
        out->outcome = MATCH_RESTING;
        out->ahead_lots = lots_at(reference, order->side, order->price_ticks);
        reference->orders[reference->count++] = (struct resting){.tag = order->tag,
                                                                 .owner = order->owner,
                                                                 .side = order->side,
                                                                 .price_ticks = order->price_ticks,
                                                                 .lots = leaves,
                                                                 .post_only = post_only};
    }
}

static void reference_place(struct reference *reference, const struct match_request *order,
                            struct outcome *out)
{
    bool may_rest =
        order->type == ORDER_LIMIT && (order->tif == TIF_GTC || order->tif == TIF_POST_ONLY);
    if (!valid(order) || (may_rest && reference->count == CAPACITY)) {
        *out = (struct outcome){.outcome = MATCH_REFUSED, .leaves_lots = order->qty_lots};
        return;
    }
    reference_enter(reference, order, order->type == ORDER_LIMIT && order->tif == TIF_POST_ONLY,
                    out);
}

static void reference_amend(struct reference *reference, uint32_t at,
                            const struct match_request *wanted, struct outcome *out)
{
    struct resting before = reference->orders[at];
    if (!valid(wanted)) {
        *out = (struct outcome){.outcome = MATCH_REFUSED, .leaves_lots = before.lots};
        return;
    }
    if (wanted->price_ticks == before.price_ticks && wanted->qty_lots <= before.lots) {
        reference->orders[at].lots = (uint32_t)wanted->qty_lots;
        *out = (struct outcome){
            .outcome = MATCH_RESTING, .leaves_lots = wanted->qty_lots, .ahead_lots = -1};
        return;
    }
    remove_at(reference, at);
    struct match_request again = {.side = before.side,
                                  .type = ORDER_LIMIT,
                                  .tif = TIF_GTC,
                                  .price_ticks = wanted->price_ticks,
                                  .qty_lots = wanted->qty_lots,
                                  .owner = before.owner,
                                  .tag = before.tag};
    reference_enter(reference, &again, before.post_only, out);
}

// Does one request; false when its target is not resting, so that it is not sent at all.
static bool reference_do(struct reference *reference, const struct request *request,
                         struct outcome *out)
{
    memset(out, 0, sizeof(*out));
    if (request->action == PLACE) {
        reference_place(reference, &request->order, out);
        return true;
    }
    for (uint32_t i = 0; i < reference->count; i++) {
        if (reference->orders[i].tag != request->target) {
            continue;
        }
        if (request->action == AMEND) {
            reference_amend(reference, i, &request->order, out);
        } else {
            remove_at(reference, i);
        }
        return true;
    }
    return false;
}

// The engine under test, in the same terms.

struct engine {
    struct matching matching;
    uint32_t slots[REQUESTS]; // by the request that placed the order
    struct outcome *out;
};

static void on_executed(void *context, const struct match_execution *execution)
{
    struct engine *engine = context;
    engine->out->executions[engine->out->execution_count++] =
        (struct execution){.maker_tag = engine->matching.orders[execution->maker_slot].tag,
                           .taker_tag = execution->taker_tag,
                           .maker_owner = execution->maker_owner,
                           .taker_owner = execution->taker_owner,
                           .price_ticks = execution->price_ticks,
                           .lots = execution->lots,
                           .maker_leaves_lots = execution->maker_leaves_lots,
                           .taker_leaves_lots = execution->taker_leaves_lots,
                           .consumed_lots = execution->consumed_lots};
}

static void engine_do(struct engine *engine, const struct request *request, struct outcome *out)
{
    struct match_result result = {0};
    memset(out, 0, sizeof(*out));
    engine->out = out;
    matching_clear_changed(&engine->matching);
    if (request->action == PLACE) {
        result = matching_place(&engine->matching, &request->order);
        engine->slots[request->order.tag] = result.slot;
    } else if (request->action == AMEND) {
        result = matching_amend(&engine->matching, engine->slots[request->target],
                                request->order.price_ticks, request->order.qty_lots);
        engine->slots[request->target] = result.slot;
    } else {
        matching_cancel(&engine->matching, engine->slots[request->target]);
    }
    out->outcome = result.outcome;
    out->executed_lots = result.executed_lots;
    out->leaves_lots = result.leaves_lots;
    out->ahead_lots = result.ahead_lots;
}

// Comparison.

static bool same_execution(const struct execution *a, const struct execution *b)
{
    return a->maker_tag == b->maker_tag && a->taker_tag == b->taker_tag &&
           a->maker_owner == b->maker_owner && a->taker_owner == b->taker_owner &&
           a->price_ticks == b->price_ticks && a->lots == b->lots &&
           a->maker_leaves_lots == b->maker_leaves_lots &&
           a->taker_leaves_lots == b->taker_leaves_lots && a->consumed_lots == b->consumed_lots;
}

static const char *differ_outcome(const struct outcome *a, const struct outcome *b)
{
    if (a->outcome != b->outcome) {
        return "outcome";
    }
    if (a->executed_lots != b->executed_lots || a->leaves_lots != b->leaves_lots ||
        a->execution_count != b->execution_count) {
        return "quantities";
    }
    if (a->ahead_lots != b->ahead_lots) {
        return "queue ahead";
    }
    for (uint32_t i = 0; i < a->execution_count; i++) {
        if (!same_execution(&a->executions[i], &b->executions[i])) {
            return "executions";
        }
    }
    return NULL;
}

static const char *differ_book(const struct reference *reference, const struct matching *matching)
{
    if (reference->count != matching->order_count) {
        return "number of orders";
    }
    for (int i = 0; i < 2; i++) {
        enum side side = (enum side)i;
        int front = front_of(reference, side);
        if ((front < 0) != (matching->best[side] == 0) ||
            (front >= 0 &&
             matching_best_ticks(matching, side) != reference->orders[front].price_ticks)) {
            return "best price";
        }
        for (int64_t price = 1; price < SPAN; price++) {
            uint32_t index = geometry_index(matching->geometry, side, price);
            if (matching->levels[side][index].lots != lots_at(reference, side, price)) {
                return "level";
            }
        }
    }
    return NULL;
}

// The first request after which the two differ, or -1; `what` names it.
static int first_difference(const struct request *requests, const bool *left_out, const char **what)
{
    static struct engine engine;
    static struct reference reference;
    struct outcome expected, got;
    int found = -1;
    reference.count = 0;
    matching_init(&engine.matching, (struct book_geometry){.base_ticks = 0, .span = SPAN}, CAPACITY,
                  on_executed, &engine);
    for (int i = 0; i < REQUESTS && found < 0; i++) {
        if (left_out[i] || !reference_do(&reference, &requests[i], &expected)) {
            continue;
        }
        engine_do(&engine, &requests[i], &got);
        *what = differ_outcome(&expected, &got);
        *what = *what != NULL ? *what : differ_book(&reference, &engine.matching);
        found = *what != NULL ? i : -1;
    }
    matching_fini(&engine.matching);
    return found;
}

// Generation.

static int64_t draw_price(struct random_stream *stream)
{
    uint64_t kind = random_below(stream, 100);
    if (kind == 0) {
        return (int64_t)random_below(stream, SPAN + 20) - 10; // anywhere, also outside
    }
    uint64_t width = kind < 60 ? 6 : 24;
    return MIDDLE - (int64_t)width / 2 + (int64_t)random_below(stream, width);
}

static struct request draw_request(struct random_stream *stream, uint32_t number)
{
    uint64_t kind = random_below(stream, 100);
    struct request request = {
        .action = kind < 60   ? PLACE
                  : kind < 80 ? AMEND
                              : CANCEL,
        .target = number == 0 ? 0 : (uint32_t)random_below(stream, number),
        .order = {.side = (enum side)random_below(stream, 2),
                  .type = random_below(stream, 10) == 0 ? ORDER_MARKET : ORDER_LIMIT,
                  .tif = (enum time_in_force)random_below(stream, 4),
                  .price_ticks = draw_price(stream),
                  .qty_lots = (int64_t)random_below(stream, 200) - 1,
                  .owner = (uint8_t)random_below(stream, 4),
                  .tag = number}};
    if (random_below(stream, 2) == 0) {
        request.order.qty_lots = 1 + (int64_t)random_below(stream, 8);
    }
    if (request.order.type == ORDER_LIMIT && random_below(stream, 2) == 0) {
        request.order.tif = TIF_GTC;
    }
    return request;
}

// Leaves out ever smaller runs of requests as long as the rest still fails.
static void shrink(const struct request *requests, bool *left_out)
{
    const char *what;
    for (int length = REQUESTS / 2; length >= 1; length /= 2) {
        for (int start = 0; start < REQUESTS; start += length) {
            bool trial[REQUESTS];
            memcpy(trial, left_out, sizeof(trial));
            for (int i = start; i < start + length && i < REQUESTS; i++) {
                trial[i] = true;
            }
            if (first_difference(requests, trial, &what) >= 0) {
                memcpy(left_out, trial, sizeof(trial));
            }
        }
    }
}

static void print_stream(const struct request *requests, const bool *left_out, int last)
{
    static const char *const actions[] = {"place", "amend", "cancel"};
    static const char *const tifs[] = {"gtc", "post-only", "fok", "ioc"};
    for (int i = 0; i <= last; i++) {
        const struct match_request *order = &requests[i].order;
        if (!left_out[i]) {
            print_error("  %d: %s of %" PRIu32 ": %s %s %s owner %d, %" PRId64 " at %" PRId64 "\n",
                        i, actions[requests[i].action],
                        requests[i].action == PLACE ? (uint32_t)i : requests[i].target,
                        order->type == ORDER_MARKET ? "market" : "limit", tifs[order->tif],
                        order->side == SIDE_BUY ? "buy" : "sell", order->owner, order->qty_lots,
                        order->price_ticks);
        }
    }
}

static void check_seed(uint64_t seed)
{
    static struct request requests[REQUESTS];
    bool left_out[REQUESTS] = {false};
    const char *what = NULL;
    struct random_stream stream;
    random_init(&stream, seed, RANDOM_TEST, 0);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        requests[i] = draw_request(&stream, i);
    }
    if (first_difference(requests, left_out, &what) < 0) {
        return;
    }
    shrink(requests, left_out);
    int last = first_difference(requests, left_out, &what);
    print_error("engines differ in %s after request %d of\n", what, last);
    print_stream(requests, left_out, last);
    fail_msg("repeat with: matching_test %" PRIu64, seed);
}

static uint64_t only_seed;

static void equals_the_obvious_engine_on_random_streams(void **state)
{
    (void)state;
    if (only_seed != 0) {
        check_seed(only_seed);
        return;
    }
    for (uint64_t seed = 1; seed <= STREAMS; seed++) {
        check_seed(seed);
    }
}

int main(int argc, char **argv)
{
    only_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_obvious_engine_on_random_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
