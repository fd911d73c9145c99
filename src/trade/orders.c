#include "trade/orders.h"

#include "base/check.h"
#include "base/integers.h"

#include <stddef.h>

static const int64_t REPLACE_UNITS = INT64_C(60000000000); // units a replace takes: ns in a minute
static const int64_t SECOND_NS = 1000000000;
static const int64_t MILLISECOND_NS = 1000000;

// The replace rate.

static int64_t bucket_size(const struct replace_bucket *bucket)
{
    return int64_larger(bucket->rate_per_min * SECOND_NS, REPLACE_UNITS);
}

static void bucket_fill(struct replace_bucket *bucket, int64_t now_ns)
{
    int64_t size = bucket_size(bucket);
    int64_t elapsed = now_ns - bucket->updated_ns;
    // Compared in time first, so that a long pause cannot overflow.
    bool full = elapsed > size / bucket->rate_per_min;
    bucket->units =
        full ? size : int64_smaller(size, bucket->units + elapsed * bucket->rate_per_min);
    bucket->updated_ns = now_ns;
}

static int64_t bucket_ready_ns(const struct replace_bucket *bucket)
{
    int64_t missing = REPLACE_UNITS - bucket->units;
    return bucket->updated_ns + (missing + bucket->rate_per_min - 1) / bucket->rate_per_min;
}

// Slots.

static struct orders_slot *slot_at(struct orders *orders, enum side side, uint32_t level)
{
    MM_ASSERT(level < orders->level_count);
    return &orders->slots[side][level];
}

static struct orders_slot *slot_of_id(struct orders *orders, uint64_t id)
{
    for (int side = 0; side < 2; side++) {
        for (uint32_t level = 0; level < orders->level_count; level++) {
            struct orders_slot *slot = &orders->slots[side][level];
            if (slot->order.id == id && slot->order.state != ORDER_FREE) {
                return slot;
            }
        }
    }
    return NULL;
}

void orders_init(struct orders *orders, const struct orders_config *config, uint32_t level_count)
{
    MM_ASSERT(level_count >= 1 && level_count <= QUOTE_LEVELS_MAX);
    MM_ASSERT(config->concurrency_limit > 0);
    *orders = (struct orders){.config = *config, .level_count = level_count};
    orders->next_id = config->first_order_id > 0 ? config->first_order_id : 1;
    for (uint32_t level = 0; level < QUOTE_LEVELS_MAX; level++) {
        orders->slots[SIDE_BUY][level].last_replace_ns = INT64_MIN;
        orders->slots[SIDE_SELL][level].last_replace_ns = INT64_MIN;
    }
}

void orders_set_params(struct orders *orders, const struct params *params, int64_t now_ns)
{
    struct replace_bucket *bucket = &orders->bucket;
    bool is_new = bucket->rate_per_min == 0;
    if (!is_new) {
        bucket_fill(bucket, now_ns); // what has passed was earned at the old rate
    }
    orders->min_interval_ns = params->steps[PARAM_MIN_INTERVAL_MS] * MILLISECOND_NS;
    bucket->rate_per_min = params->steps[PARAM_REPLACE_RATE_PER_MIN];
    MM_ASSERT(bucket->rate_per_min > 0);
    bucket->units =
        is_new ? bucket_size(bucket) : int64_smaller(bucket->units, bucket_size(bucket));
    bucket->updated_ns = now_ns;
}

static bool is_pending(const struct order *order)
{
    return order->state == ORDER_PENDING_PLACE || order->state == ORDER_PENDING_AMEND ||
           order->state == ORDER_PENDING_CANCEL;
}

static struct orders_gate check_replace(struct orders *orders, const struct orders_slot *slot,
                                        int64_t now_ns)
{
    if (slot->last_replace_ns != INT64_MIN) {
        int64_t ready_ns = slot->last_replace_ns + orders->min_interval_ns;
        if (now_ns < ready_ns) {
            return (struct orders_gate){ORDERS_BLOCK_MIN_INTERVAL, ready_ns};
        }
    }
    bucket_fill(&orders->bucket, now_ns);
    if (orders->bucket.units < REPLACE_UNITS) {
        return (struct orders_gate){ORDERS_BLOCK_THROTTLE, bucket_ready_ns(&orders->bucket)};
    }
    return (struct orders_gate){ORDERS_CLEAR, INT64_MAX};
}

struct orders_gate orders_check(struct orders *orders, enum side side, uint32_t level,
                                enum venue_op op, int64_t now_ns)
{
    const struct orders_slot *slot = slot_at(orders, side, level);
    bool is_placeable = slot->order.state == ORDER_FREE;
    if (op == VENUE_PLACE ? !is_placeable : slot->order.state != ORDER_LIVE) {
        return (struct orders_gate){ORDERS_BLOCK_OUTSTANDING, INT64_MAX};
    }
    if (now_ns < slot->back_off_until_ns) {
        return (struct orders_gate){ORDERS_BLOCK_BACK_OFF, slot->back_off_until_ns};
    }
    if (op != VENUE_CANCEL && orders_in_flight(orders) >= orders->config.concurrency_limit) {
        return (struct orders_gate){ORDERS_BLOCK_CONCURRENCY, INT64_MAX};
    }
    if (op == VENUE_AMEND) {
        return check_replace(orders, slot, now_ns);
    }
    return (struct orders_gate){ORDERS_CLEAR, INT64_MAX};
}

// Requests.

void orders_place(struct orders *orders, enum side side, uint32_t level, int64_t price_ticks,
                  int64_t qty_lots, int64_t now_ns, struct venue_request *out)
{
    struct orders_slot *slot = slot_at(orders, side, level);
    MM_ASSERT(slot->order.state == ORDER_FREE);
    MM_ASSERT(qty_lots > 0 && price_ticks > 0);
    slot->order = (struct order){.id = orders->next_id++,
                                 .state = ORDER_PENDING_PLACE,
                                 .side = side,
                                 .level = level,
                                 .op = VENUE_PLACE,
                                 .price_ticks = price_ticks,
                                 .qty_lots = qty_lots,
                                 .leaves_lots = qty_lots,
                                 .target_price_ticks = price_ticks,
                                 .target_lots = qty_lots,
                                 .placed_ns = now_ns,
                                 .quoted_ns = now_ns,
                                 .op_sent_ns = now_ns};
    *out = (struct venue_request){.op = VENUE_PLACE,
                                  .side = side,
                                  .type = ORDER_LIMIT,
                                  .tif = TIF_POST_ONLY,
                                  .order_id = slot->order.id,
                                  .price_ticks = price_ticks,
                                  .qty_lots = qty_lots};
}

void orders_amend(struct orders *orders, enum side side, uint32_t level, int64_t price_ticks,
                  int64_t qty_lots, int64_t now_ns, struct venue_request *out)
{
    struct orders_slot *slot = slot_at(orders, side, level);
    struct order *order = &slot->order;
    MM_ASSERT(order->state == ORDER_LIVE);
    MM_ASSERT(qty_lots > 0 && price_ticks > 0);
    MM_ASSERT(orders->bucket.units >= REPLACE_UNITS);
    orders->bucket.units -= REPLACE_UNITS;
    slot->last_replace_ns = now_ns;
    order->state = ORDER_PENDING_AMEND;
    order->op = VENUE_AMEND;
    order->op_sent_ns = now_ns;
    order->target_price_ticks = price_ticks;
    order->target_lots = qty_lots;
    *out = (struct venue_request){.op = VENUE_AMEND,
                                  .side = side,
                                  .order_id = order->id,
                                  .price_ticks = price_ticks,
                                  .qty_lots = qty_lots};
}

void orders_cancel(struct orders *orders, enum side side, uint32_t level, enum order_reason reason,
                   int64_t now_ns, struct venue_request *out)
{
    struct order *order = &slot_at(orders, side, level)->order;
    MM_ASSERT(order->state == ORDER_LIVE || order->state == ORDER_UNKNOWN);
    // An unknown order stays unknown until it is answered; its amend may still be on the way.
    if (order->state == ORDER_LIVE) {
        order->state = ORDER_PENDING_CANCEL;
        order->op = VENUE_CANCEL;
        order->reason = reason;
    }
    order->op_sent_ns = now_ns;
    *out = (struct venue_request){.op = VENUE_CANCEL, .side = side, .order_id = order->id};
}

// Reports.

static void become_unknown(struct orders *orders, struct order *order, int64_t now_ns)
{
    if (order->state != ORDER_UNKNOWN) {
        order->state = ORDER_UNKNOWN;
        order->unknown_ns = now_ns;
        orders->unknown_count++;
    }
}

static void end_order(struct orders *orders, struct orders_slot *slot, enum order_status status,
                      enum order_reason reason, struct orders_outcome *out)
{
    struct order *order = &slot->order;
    order->reason = reason;
    out->ended = true;
    out->status = status;
    out->order = *order;
    orders->ended[orders->ended_count++ % ORDERS_ENDED_MAX] =
        (struct ended_order){order->id, order->side, order->level};
    *order = (struct order){0};
}

// The outstanding operation is answered and the order rests.
static void become_live(struct order *order)
{
    order->state = ORDER_LIVE;
    order->op = VENUE_NONE;
    order->reason = ORDER_REASON_NONE;
    order->gone_ns = 0;
}

static void confirm_resting(struct order *order, const struct venue_report *report, int64_t now_ns)
{
    bool moved = !order->is_confirmed || report->price_ticks != order->price_ticks;
    order->quoted_ns = moved ? now_ns : order->quoted_ns;
    order->rest_exch_ts_ns = moved ? report->exch_ts_ns : order->rest_exch_ts_ns;
    order->is_confirmed = true;
    order->price_ticks = report->price_ticks;
    order->qty_lots = report->qty_lots;
    // A fill may have been reported before the place that it belongs to.
    order->leaves_lots = report->kind == REPORT_PLACED
                             ? int64_smaller(order->leaves_lots, report->leaves_qty_lots)
                             : report->leaves_qty_lots;
}

// What a place or an amend asked for stands now. An unknown order that is being asked after with a
// cancel stays unknown: that cancel is still to be answered.
static void digest_resting(struct order *order, const struct venue_report *report, int64_t now_ns)
{
    bool answers = report->answers == order->op;
    order->amend_count += report->kind == REPORT_AMENDED;
    confirm_resting(order, report, now_ns);
    if (answers) {
        become_live(order);
    }
}

static void digest_fill(struct orders *orders, struct orders_slot *slot,
                        const struct venue_report *report, struct orders_outcome *out)
{
    struct order *order = &slot->order;
    order->leaves_lots = report->leaves_qty_lots;
    if (report->leaves_qty_lots == 0) {
        end_order(orders, slot, ORDER_FILLED, ORDER_REASON_FILLED, out);
    } else if (order->state == ORDER_UNKNOWN && order->op == VENUE_PLACE) {
        become_live(order); // it did get there
    }
}

static void digest_reject(struct orders *orders, struct orders_slot *slot,
                          const struct venue_report *report, int64_t now_ns,
                          struct orders_outcome *out)
{
    struct order *order = &slot->order;
    orders->reject_count++;
    slot->back_off_until_ns = now_ns + orders->min_interval_ns;
    if (report->answers == VENUE_PLACE) {
        end_order(orders, slot, ORDER_REJECTED, ORDER_REASON_REJECTED, out);
    } else if (report->reject == VENUE_REJECT_UNKNOWN_ORDER) {
        // It has ended: the report that says how is on its way, or was never sent.
        become_unknown(orders, order, now_ns);
        order->gone_ns = now_ns;
    } else if (report->answers == order->op) {
        become_live(order);
    }
}

static enum order_reason reason_of_cancel(const struct order *order)
{
    if (order->state == ORDER_UNKNOWN) {
        return ORDER_REASON_UNKNOWN;
    }
    return order->op == VENUE_CANCEL ? order->reason : ORDER_REASON_VENUE;
}

static void digest(struct orders *orders, struct orders_slot *slot,
                   const struct venue_report *report, int64_t now_ns, struct orders_outcome *out)
{
    struct order *order = &slot->order;
    switch (report->kind) {
    case REPORT_PLACED:
    case REPORT_AMENDED:
        digest_resting(order, report, now_ns);
        break;
    case REPORT_FILLED:
        digest_fill(orders, slot, report, out);
        break;
    case REPORT_CANCELED:
        end_order(orders, slot, ORDER_CANCELED, reason_of_cancel(order), out);
        break;
    case REPORT_EXPIRED:
        slot->back_off_until_ns = now_ns + orders->min_interval_ns;
        end_order(orders, slot, ORDER_EXPIRED, ORDER_REASON_POST_ONLY, out);
        break;
    case REPORT_REJECTED:
        digest_reject(orders, slot, report, now_ns, out);
        break;
    case REPORT_LOST:
        become_unknown(orders, order, now_ns);
        break;
    case REPORT_FUNDING: // of no order
        break;
    }
}

static void find_ended(const struct orders *orders, uint64_t id, struct orders_outcome *out)
{
    uint64_t kept = orders->ended_count < ORDERS_ENDED_MAX ? orders->ended_count : ORDERS_ENDED_MAX;
    for (uint64_t i = 0; i < kept; i++) {
        if (orders->ended[i].id == id) {
            out->has_place = true;
            out->side = orders->ended[i].side;
            out->level = orders->ended[i].level;
        }
    }
}

void orders_report(struct orders *orders, const struct venue_report *report, int64_t now_ns,
                   struct orders_outcome *out)
{
    *out = (struct orders_outcome){0};
    struct orders_slot *slot = slot_of_id(orders, report->order_id);
    if (slot == NULL) {
        orders->stray_report_count++;
        find_ended(orders, report->order_id, out);
        return;
    }
    struct order *order = &slot->order;
    struct order before = *order;
    order->exch_ts_ns = report->exch_ts_ns;
    out->is_known = true;
    out->has_place = true;
    out->side = order->side;
    out->level = order->level;
    out->old_price_ticks = before.is_confirmed ? before.price_ticks : 0;
    out->old_leaves_lots = before.leaves_lots;
    out->answered =
        report->kind != REPORT_LOST && is_pending(&before) && report->answers == before.op;
    out->latency_ns = now_ns - before.op_sent_ns;
    out->age_ns = now_ns - before.quoted_ns;
    digest(orders, slot, report, now_ns, out);
    if (!out->ended) {
        out->order = *order;
        out->moved = before.is_confirmed && order->price_ticks != before.price_ticks;
    }
}

// Time.

static bool is_over(const struct orders *orders, int64_t since_ns, int64_t now_ns)
{
    int64_t limit_ns = orders->config.unknown_query_ns;
    return limit_ns > 0 && now_ns - since_ns >= limit_ns;
}

bool orders_time_out(struct orders *orders, enum side side, uint32_t level, int64_t now_ns,
                     struct orders_outcome *out)
{
    struct orders_slot *slot = slot_at(orders, side, level);
    struct order *order = &slot->order;
    if (is_pending(order) && is_over(orders, order->op_sent_ns, now_ns)) {
        become_unknown(orders, order, now_ns);
    }
    if (order->state != ORDER_UNKNOWN || order->gone_ns == 0 ||
        !is_over(orders, order->gone_ns, now_ns)) {
        return false;
    }
    *out = (struct orders_outcome){.is_known = true,
                                   .has_place = true,
                                   .side = side,
                                   .level = level,
                                   .age_ns = now_ns - order->quoted_ns,
                                   .old_price_ticks = order->is_confirmed ? order->price_ticks : 0,
                                   .old_leaves_lots = order->leaves_lots};
    end_order(orders, slot, ORDER_CANCELED, ORDER_REASON_UNKNOWN, out);
    return true;
}

// The first question waits as long again as the answer was waited for.
static int64_t ask_from_ns(const struct order *order)
{
    return int64_larger(order->op_sent_ns, order->unknown_ns);
}

bool orders_should_ask(const struct orders *orders, enum side side, uint32_t level, int64_t now_ns)
{
    const struct order *order = orders_at(orders, side, level);
    return order->state == ORDER_UNKNOWN && order->gone_ns == 0 &&
           is_over(orders, ask_from_ns(order), now_ns);
}

static int64_t order_deadline_ns(const struct orders *orders, const struct order *order)
{
    int64_t wait_ns = orders->config.unknown_query_ns;
    if (wait_ns <= 0) {
        return INT64_MAX;
    }
    if (is_pending(order)) {
        return order->op_sent_ns + wait_ns;
    }
    if (order->state == ORDER_UNKNOWN) {
        return (order->gone_ns != 0 ? order->gone_ns : ask_from_ns(order)) + wait_ns;
    }
    return INT64_MAX;
}

int64_t orders_next_deadline_ns(const struct orders *orders)
{
    int64_t next = INT64_MAX;
    for (uint32_t level = 0; level < orders->level_count; level++) {
        next = int64_smaller(next, order_deadline_ns(orders, orders_at(orders, SIDE_BUY, level)));
        next = int64_smaller(next, order_deadline_ns(orders, orders_at(orders, SIDE_SELL, level)));
    }
    return next;
}

// Sums over the slots.

int64_t order_exposure_lots(const struct order *order)
{
    if (order->op != VENUE_AMEND) {
        return order->leaves_lots;
    }
    // All but one lot may fill before the amend arrives and sets the open quantity anew.
    int64_t before = order->leaves_lots > 0 ? order->leaves_lots - 1 : 0;
    return int64_larger(order->leaves_lots, before + order->target_lots);
}

int64_t orders_exposure_lots(const struct orders *orders, enum side side)
{
    int64_t sum = 0;
    for (uint32_t level = 0; level < orders->level_count; level++) {
        sum += order_exposure_lots(orders_at(orders, side, level));
    }
    return sum;
}

uint32_t orders_in_flight(const struct orders *orders)
{
    uint32_t count = 0;
    for (uint32_t level = 0; level < orders->level_count; level++) {
        count += is_pending(orders_at(orders, SIDE_BUY, level));
        count += is_pending(orders_at(orders, SIDE_SELL, level));
    }
    return count;
}

static uint32_t count_in(const struct orders *orders, enum order_state state)
{
    uint32_t count = 0;
    for (uint32_t level = 0; level < orders->level_count; level++) {
        count += orders_at(orders, SIDE_BUY, level)->state == state;
        count += orders_at(orders, SIDE_SELL, level)->state == state;
    }
    return count;
}

uint32_t orders_open_count(const struct orders *orders)
{
    return 2 * orders->level_count - count_in(orders, ORDER_FREE);
}

uint32_t orders_unknown_open_count(const struct orders *orders)
{
    return count_in(orders, ORDER_UNKNOWN);
}

int64_t orders_best_ticks(const struct orders *orders, enum side side)
{
    int64_t best = 0;
    for (uint32_t level = 0; level < orders->level_count; level++) {
        const struct order *order = orders_at(orders, side, level);
        if (order->state == ORDER_FREE) {
            continue;
        }
        const int64_t prices[2] = {order->price_ticks, order->op == VENUE_AMEND
                                                           ? order->target_price_ticks
                                                           : order->price_ticks};
        for (int i = 0; i < 2; i++) {
            bool better = best == 0 || side_sign(side) * (prices[i] - best) > 0;
            best = better ? prices[i] : best;
        }
    }
    return best;
}

const char *order_reason_name(enum order_reason reason)
{
    static const char *const names[ORDER_REASON_COUNT] = {
        [ORDER_REASON_NONE] = "",
        [ORDER_REASON_FILLED] = "filled",
        [ORDER_REASON_NOT_WANTED] = "not_wanted",
        [ORDER_REASON_RISK] = "risk",
        [ORDER_REASON_FAST_CANCEL] = "fast_cancel",
        [ORDER_REASON_TAIL_AGE] = "tail_age",
        [ORDER_REASON_HALTED] = "halted",
        [ORDER_REASON_STOPPED] = "stopped",
        [ORDER_REASON_POST_ONLY] = "post_only",
        [ORDER_REASON_REJECTED] = "rejected",
        [ORDER_REASON_UNKNOWN] = "unknown",
        [ORDER_REASON_VENUE] = "venue",
    };
    MM_ASSERT(reason < ORDER_REASON_COUNT);
    return names[reason];
}

const char *order_status_name(enum order_status status)
{
    static const char *const names[ORDER_STATUS_COUNT] = {
        [ORDER_OPEN] = "open",       [ORDER_FILLED] = "filled",     [ORDER_CANCELED] = "canceled",
        [ORDER_EXPIRED] = "expired", [ORDER_REJECTED] = "rejected",
    };
    MM_ASSERT(status < ORDER_STATUS_COUNT);
    return names[status];
}

const char *order_state_name(enum order_state state)
{
    static const char *const names[ORDER_STATE_COUNT] = {
        [ORDER_FREE] = "free",
        [ORDER_PENDING_PLACE] = "pending_place",
        [ORDER_LIVE] = "live",
        [ORDER_PENDING_AMEND] = "pending_amend",
        [ORDER_PENDING_CANCEL] = "pending_cancel",
        [ORDER_UNKNOWN] = "unknown",
    };
    MM_ASSERT(state < ORDER_STATE_COUNT);
    return names[state];
}

const char *orders_block_name(enum orders_block block)
{
    static const char *const names[ORDERS_BLOCK_COUNT] = {
        [ORDERS_CLEAR] = "ok",
        [ORDERS_BLOCK_OUTSTANDING] = "outstanding",
        [ORDERS_BLOCK_CONCURRENCY] = "concurrency",
        [ORDERS_BLOCK_MIN_INTERVAL] = "min_interval",
        [ORDERS_BLOCK_THROTTLE] = "throttle",
        [ORDERS_BLOCK_BACK_OFF] = "back_off",
    };
    MM_ASSERT(block < ORDERS_BLOCK_COUNT);
    return names[block];
}

const char *orders_block_text(enum orders_block block)
{
    static const char *const texts[ORDERS_BLOCK_COUNT] = {
        [ORDERS_CLEAR] = "free to go",
        [ORDERS_BLOCK_OUTSTANDING] = "its last operation is unanswered",
        [ORDERS_BLOCK_CONCURRENCY] = "too many operations are in flight",
        [ORDERS_BLOCK_MIN_INTERVAL] = "too soon after its last replace (min_interval_ms)",
        [ORDERS_BLOCK_THROTTLE] = "the replace rate is used up (replace_rate_per_min)",
        [ORDERS_BLOCK_BACK_OFF] = "the venue refused its last operation",
    };
    MM_ASSERT(block < ORDERS_BLOCK_COUNT);
    return texts[block];
}
