#include "base/check.h"
#include "base/integers.h"
#include "engine/engine_state.h"

#include <math.h>

// A live quote keeps its size while at most a quarter too large or half too small: the wanted size
// breathes with the visible depth, and a replace for each breath would use up the replace rate.
enum { SHRINK_ABOVE_PERCENT = 125, REFILL_BELOW_PERCENT = 50 };

enum { SLOTS_MAX = 2 * QUOTE_LEVELS_MAX };

static const int64_t MILLISECOND_NS = 1000000;

struct slot_id {
    enum side side;
    uint32_t level;
};

// What one look gathers on its way.
struct look {
    int64_t now_ns;
    struct look_limits limits;
    int64_t tail_age_ns;
    struct slot_id tail[SLOTS_MAX]; // old quotes that are not where they are wanted
    uint32_t tail_count;
};

static struct engine_slot *slot_at(struct engine *engine, struct slot_id id)
{
    return &engine->slots[id.side][id.level];
}

static const struct order *order_at(const struct engine *engine, struct slot_id id)
{
    return orders_at(&engine->orders, id.side, id.level);
}

static void wake_at(struct engine *engine, int64_t ts_ns)
{
    if (ts_ns < engine->wake_ns) {
        engine->wake_ns = ts_ns;
    }
}

// What is wanted.

static double known_or_zero(bool is_known, double value)
{
    return is_known ? value : 0.0;
}

static const int64_t *own_best_ticks(struct engine *engine)
{
    if (!engine->own_best_known) {
        engine->own_best_ticks[SIDE_BUY] = orders_best_ticks(&engine->orders, SIDE_BUY);
        engine->own_best_ticks[SIDE_SELL] = orders_best_ticks(&engine->orders, SIDE_SELL);
        engine->own_best_known = true;
    }
    return engine->own_best_ticks;
}

static void see_market(struct engine *engine, struct quote_market *out)
{
    struct signals *signals = &engine->signals;
    const struct quote_config *config = &engine->config.quote;
    struct book_geometry geometry = engine->book.geometry;
    double volatility = 0;
    double drift = 0;
    bool has_volatility = signals_volatility_bps(signals, &volatility);
    bool has_drift = signals_drift_bps(signals, &drift);
    bool skip_imbalance = config->imbalance_guard <= 0 || config->imbalance_guard >= 1;
    signals_look_near(signals, &engine->book, &engine->own, engine->scale.depth_range_ticks,
                      skip_imbalance);
    // One by one, because clearing the whole first costs as much as the rest of most looks.
    out->trusted = !engine->feed_gap;
    out->mid_half_ticks = signals->last_mid_half_ticks;
    out->microprice_half_ticks = signals->microprice_half_ticks;
    out->volatility_bps = known_or_zero(has_volatility, volatility);
    out->drift_bps = known_or_zero(has_drift, drift);
    out->imbalance = signals->imbalance;
    out->price_min_ticks = int64_larger(1, geometry.base_ticks + 1);
    out->price_max_ticks = geometry.base_ticks + geometry.span - 1;
    const int64_t *own_best = own_best_ticks(engine);
    for (int side = 0; side < 2; side++) {
        out->best_ticks[side] = signals->best_ticks[side];
        out->depth_lots[side] = signals->depth_lots[side];
        out->own_best_ticks[side] = own_best[side];
    }
}

// Why nothing is quoted whatever the market says; QUOTE_WANTED = something may be.
static enum quote_reason silence_of(const struct engine *engine)
{
    if (engine->stopping) {
        return QUOTE_STOPPED;
    }
    if (engine->halt_reason != NULL) {
        return QUOTE_HALTED;
    }
    return engine->pause_reason != NULL ? QUOTE_PAUSED : QUOTE_WANTED;
}

static struct quote_inventory inventory_of(const struct engine *engine)
{
    return (struct quote_inventory){engine->ledger.position_lots,
                                    engine->config.risk.position_limit_lots};
}

// Returns whether the same is wanted as in the last look.
static bool want_quotes(struct engine *engine, const struct quote_market *market)
{
    const struct quote_config *config = &engine->config.quote;
    const struct params *params = &engine->config.params;
    struct quote_inventory inventory = inventory_of(engine);
    bool kept = quote_keeps(config, params, market, inventory, &engine->quotes);
    if (!kept) {
        quote_compute(config, params, market, inventory, &engine->quotes);
    }
    return kept;
}

// What is allowed.

static int64_t allowed_lots(const struct engine_slot *slot)
{
    return slot->want.reason == QUOTE_WANTED ? slot->verdict.qty_lots : 0;
}

// What the other levels of a side may still fill. Levels before this one have been judged in this
// look and may go up to what they are allowed; those behind it count with what is out there.
static int64_t open_lots_of_others(const struct engine *engine, struct slot_id id, bool all_judged)
{
    int64_t sum = 0;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        if (level == id.level) {
            continue;
        }
        const struct engine_slot *slot = &engine->slots[id.side][level];
        bool judged = all_judged || level < id.level;
        int64_t open = order_exposure_lots(orders_at(&engine->orders, id.side, level));
        sum += judged ? int64_larger(open, allowed_lots(slot)) : open;
    }
    return sum;
}

static int64_t headroom_lots(const struct engine *engine, struct slot_id id)
{
    return risk_headroom_lots(&engine->risk, id.side, engine->ledger.position_lots,
                              open_lots_of_others(engine, id, true));
}

static bool wants_same(const struct quote_want *a, const struct quote_want *b)
{
    return a->reason == b->reason && a->price_ticks == b->price_ticks && a->qty_lots == b->qty_lots;
}

// Returns whether what is wanted and allowed is not what it was.
static bool judge_slot(struct engine *engine, struct slot_id id, enum risk_reason market_reason,
                       const struct risk_market *market)
{
    struct engine_slot *slot = slot_at(engine, id);
    const struct quote_want *want = &engine->quotes.want[id.side][id.level];
    struct risk_verdict verdict = {RISK_OK, 0};
    if (want->reason == QUOTE_WANTED) {
        struct risk_quote quote = {.side = id.side,
                                   .price_ticks = want->price_ticks,
                                   .qty_lots = want->qty_lots,
                                   .open_lots = open_lots_of_others(engine, id, false)};
        verdict =
            risk_check(&engine->risk, market_reason, market, &quote, engine->ledger.position_lots);
        engine->judged.wanted_count++;
        engine->judged.cut_count += verdict.reason != RISK_OK;
    }
    bool changed = !wants_same(want, &slot->want) || verdict.reason != slot->verdict.reason ||
                   verdict.qty_lots != slot->verdict.qty_lots;
    slot->want = *want;
    slot->verdict = verdict;
    return changed;
}

static enum risk_reason judge_market(const struct engine *engine, const struct look *look,
                                     struct risk_market *out)
{
    double volatility = 0;
    bool has_volatility = signals_volatility_bps(&engine->signals, &volatility);
    *out = (struct risk_market){
        .now_ns = look->now_ns,
        .last_event_ns = engine->last_market_ns,
        .best_ticks = {engine->signals.best_ticks[SIDE_BUY], engine->signals.best_ticks[SIDE_SELL]},
        .mid_half_ticks = engine->signals.last_mid_half_ticks,
        .volatility_bps = known_or_zero(has_volatility, volatility)};
    return risk_check_market(&engine->risk, out);
}

// Counts what was judged, and sets when silence will change it.
static void end_judging(struct engine *engine, enum risk_reason market_reason)
{
    if (!engine->rehearses) {
        kpi_decisions(engine->kpi, engine->judged.wanted_count, engine->judged.cut_count);
    }
    int64_t stale_ns = engine->config.risk.stale_ns;
    bool may_fall_silent = stale_ns > 0 && market_reason != RISK_STALE_DATA;
    engine->stale_ns = may_fall_silent ? engine->last_market_ns + stale_ns : INT64_MAX;
}

static bool judge_quotes(struct engine *engine, const struct look *look)
{
    struct risk_market market;
    enum risk_reason market_reason = judge_market(engine, look, &market);
    engine->judged = (struct engine_judged){.mid_half_ticks = market.mid_half_ticks};
    bool changed = false;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        changed |= judge_slot(engine, (struct slot_id){SIDE_BUY, level}, market_reason, &market);
        changed |= judge_slot(engine, (struct slot_id){SIDE_SELL, level}, market_reason, &market);
    }
    end_judging(engine, market_reason);
    return changed;
}

// Whether judging what is wanted anew would come to what the last look came to, without acts in
// between; then it is counted as if it had been done. Most looks are such.
static bool repeats(struct engine *engine, const struct look *look,
                    const struct quote_market *market)
{
    struct risk_market risk_market;
    if (engine->judged.cut_count != 0 || engine->judged.mid_half_ticks != market->mid_half_ticks) {
        return false;
    }
    if (judge_market(engine, look, &risk_market) != RISK_OK) {
        return false;
    }
    end_judging(engine, RISK_OK);
    return true;
}

// What is sent.

static int send_request(struct engine *engine, const struct venue_request *request)
{
    int rc = venue_send(engine->venue, request);
    if (rc < 0) {
        return mm_fail_add(rc, "sending a request to venue %s", engine->venue->ops->name);
    }
    kpi_sent(engine->kpi, (int)request->op);
    engine_note_order_change(engine);
    if (engine->sink.sent != NULL) {
        engine->sink.sent(engine->sink.context, request, engine_now_ns(engine));
    }
    return MM_OK;
}

static enum kpi_block kpi_block_of(enum orders_block block)
{
    switch (block) {
    case ORDERS_BLOCK_MIN_INTERVAL:
        return KPI_BLOCK_MIN_INTERVAL;
    case ORDERS_BLOCK_THROTTLE:
    case ORDERS_BLOCK_BACK_OFF:
        return KPI_BLOCK_THROTTLE;
    default:
        return KPI_BLOCK_CONCURRENCY;
    }
}

// Counts a wanted action that was not sent once for each price it was wanted at and each cause, not
// once for every look at which it still waits.
static void count_block(struct engine *engine, struct engine_slot *slot, enum kpi_block block)
{
    int64_t price = slot->want.price_ticks;
    if (slot->block_counted && slot->counted_block == block && slot->counted_price_ticks == price) {
        return;
    }
    slot->block_counted = true;
    slot->counted_block = block;
    slot->counted_price_ticks = price;
    kpi_blocked(engine->kpi, block);
}

// Whether the operation may be sent; notes what is in its way and when to look again.
static bool pass_gate(struct engine *engine, const struct look *look, struct slot_id id,
                      enum venue_op op)
{
    struct orders_gate gate = orders_check(&engine->orders, id.side, id.level, op, look->now_ns);
    struct engine_slot *slot = slot_at(engine, id);
    slot->block = gate.block;
    if (gate.block == ORDERS_CLEAR) {
        return true;
    }
    wake_at(engine, gate.retry_ns);
    if (op != VENUE_CANCEL) {
        count_block(engine, slot, kpi_block_of(gate.block));
    }
    return false;
}

static int cancel(struct engine *engine, const struct look *look, struct slot_id id,
                  enum order_reason reason)
{
    if (!pass_gate(engine, look, id, VENUE_CANCEL)) {
        return MM_OK;
    }
    struct venue_request request;
    orders_cancel(&engine->orders, id.side, id.level, reason, look->now_ns, &request);
    return send_request(engine, &request);
}

static enum order_reason reason_of_refusal(const struct engine *engine,
                                           const struct engine_slot *slot)
{
    if (slot->want.reason == QUOTE_WANTED) {
        return ORDER_REASON_RISK;
    }
    if (engine->stopping) {
        return ORDER_REASON_STOPPED;
    }
    bool is_held = engine->halt_reason != NULL || engine->pause_reason != NULL;
    return is_held ? ORDER_REASON_HALTED : ORDER_REASON_NOT_WANTED;
}

static bool is_far_on_wrong_side(const struct look *look, const struct order *order,
                                 int64_t wanted_ticks)
{
    int64_t better_ticks = side_sign(order->side) * (order->price_ticks - wanted_ticks);
    int64_t limit_ticks = look->limits.fast_cancel_ticks;
    return limit_ticks > 0 && better_ticks >= limit_ticks;
}

// Cancels a live order that must not stay: not wanted, not allowed, or dangerously placed.
static int cancel_unwanted(struct engine *engine, const struct look *look, struct slot_id id)
{
    struct engine_slot *slot = slot_at(engine, id);
    const struct order *order = order_at(engine, id);
    bool refused = slot->want.reason == QUOTE_WANTED && slot->verdict.qty_lots == 0;
    if (refused) {
        count_block(engine, slot, KPI_BLOCK_RISK);
    }
    if (order->state != ORDER_LIVE) {
        return MM_OK;
    }
    if (refused || slot->want.reason != QUOTE_WANTED) {
        return cancel(engine, look, id, reason_of_refusal(engine, slot));
    }
    if (is_far_on_wrong_side(look, order, slot->want.price_ticks)) {
        return cancel(engine, look, id, ORDER_REASON_FAST_CANCEL);
    }
    return MM_OK;
}

// Whether a quote at this price and with this much open should be moved to what is wanted.
static bool should_replace(const struct look *look, const struct engine_slot *slot,
                           int64_t price_ticks, int64_t open_lots)
{
    int64_t off_ticks = price_ticks - slot->want.price_ticks;
    int64_t wanted = slot->verdict.qty_lots;
    return (off_ticks < 0 ? -off_ticks : off_ticks) > look->limits.keep_within_ticks ||
           open_lots * 100 > wanted * SHRINK_ABOVE_PERCENT ||
           open_lots * 100 < wanted * REFILL_BELOW_PERCENT;
}

static int amend(struct engine *engine, const struct look *look, struct slot_id id)
{
    struct engine_slot *slot = slot_at(engine, id);
    const struct order *order = order_at(engine, id);
    // All but one lot may fill before the amend arrives and then come on top of what it asks for.
    int64_t race_lots = int64_larger(order->leaves_lots - 1, 0);
    int64_t lots = int64_smaller(slot->verdict.qty_lots, headroom_lots(engine, id) - race_lots);
    if (lots <= 0) {
        return cancel(engine, look, id, ORDER_REASON_RISK);
    }
    struct venue_request request;
    orders_amend(&engine->orders, id.side, id.level, slot->want.price_ticks, lots, look->now_ns,
                 &request);
    engine->last_replaced = id.side;
    slot->block_counted = false;
    return send_request(engine, &request);
}

// A quote that stays away from its wanted price is pulled when it has grown old there.
static void watch_age(struct engine *engine, struct look *look, struct slot_id id)
{
    const struct order *order = order_at(engine, id);
    if (order->price_ticks == slot_at(engine, id)->want.price_ticks) {
        return;
    }
    int64_t due_ns = order->quoted_ns + look->tail_age_ns;
    if (look->now_ns >= due_ns) {
        look->tail[look->tail_count++] = id;
    } else {
        wake_at(engine, due_ns);
    }
}

static int replace_moved(struct engine *engine, struct look *look, struct slot_id id)
{
    struct engine_slot *slot = slot_at(engine, id);
    const struct order *order = order_at(engine, id);
    if (order->state == ORDER_FREE || allowed_lots(slot) == 0) {
        return MM_OK;
    }
    if (order->state != ORDER_LIVE) {
        slot->block = ORDERS_BLOCK_OUTSTANDING;
        // Waiting for our own cancel, or for an order's fate, is no blocked replace.
        bool is_moving = order->state == ORDER_PENDING_PLACE || order->state == ORDER_PENDING_AMEND;
        if (is_moving &&
            should_replace(look, slot, order->target_price_ticks, order->target_lots)) {
            count_block(engine, slot, KPI_BLOCK_CONCURRENCY);
        }
        return MM_OK;
    }
    if (!should_replace(look, slot, order->price_ticks, order->leaves_lots)) {
        slot->block_counted = false;
    } else if (pass_gate(engine, look, id, VENUE_AMEND)) {
        return amend(engine, look, id);
    }
    watch_age(engine, look, id);
    return MM_OK;
}

static int place(struct engine *engine, const struct look *look, struct slot_id id)
{
    struct engine_slot *slot = slot_at(engine, id);
    if (order_at(engine, id)->state != ORDER_FREE || allowed_lots(slot) == 0 ||
        !pass_gate(engine, look, id, VENUE_PLACE)) {
        return MM_OK;
    }
    // Amends of this look have left room for what this quote was allowed.
    int64_t lots = slot->verdict.qty_lots;
    MM_ASSERT(lots <= headroom_lots(engine, id));
    struct venue_request request;
    orders_place(&engine->orders, id.side, id.level, slot->want.price_ticks, lots, look->now_ns,
                 &request);
    slot->block_counted = false;
    return send_request(engine, &request);
}

static bool is_older(const struct engine *engine, struct slot_id a, struct slot_id b)
{
    return order_at(engine, a)->quoted_ns < order_at(engine, b)->quoted_ns;
}

static int cancel_tail(struct engine *engine, struct look *look)
{
    for (uint32_t i = 1; i < look->tail_count; i++) {
        struct slot_id moving = look->tail[i];
        uint32_t at = i;
        for (; at > 0 && is_older(engine, moving, look->tail[at - 1]); at--) {
            look->tail[at] = look->tail[at - 1];
        }
        look->tail[at] = moving;
    }
    int rc = MM_OK;
    for (uint32_t i = 0; i < look->tail_count && rc == MM_OK; i++) {
        rc = cancel(engine, look, look->tail[i], ORDER_REASON_TAIL_AGE);
    }
    return rc;
}

// An order whose answer is overdue is unknown; an unknown one is asked after with a cancel.
static int settle_overdue(struct engine *engine, const struct look *look, struct slot_id id)
{
    struct orders *orders = &engine->orders;
    struct orders_outcome outcome;
    if (orders_time_out(orders, id.side, id.level, look->now_ns, &outcome)) {
        engine_note_outcome(engine, &outcome);
        engine_note_order_change(engine);
    }
    if (!orders_should_ask(orders, id.side, id.level, look->now_ns)) {
        return MM_OK;
    }
    struct venue_request request;
    orders_cancel(orders, id.side, id.level, ORDER_REASON_UNKNOWN, look->now_ns, &request);
    return send_request(engine, &request);
}

enum look_step { SETTLE_OVERDUE, CANCEL_UNWANTED, REPLACE_MOVED, PLACE_MISSING };

static int step_slot(struct engine *engine, struct look *look, enum look_step step,
                     struct slot_id id)
{
    switch (step) {
    case SETTLE_OVERDUE:
        return settle_overdue(engine, look, id);
    case CANCEL_UNWANTED:
        return cancel_unwanted(engine, look, id);
    case REPLACE_MOVED:
        return replace_moved(engine, look, id);
    case PLACE_MISSING:
        return place(engine, look, id);
    }
    return MM_OK;
}

// One step for every slot, inner levels first, and first the side that was not replaced last, so
// that neither side can use up the replace rate alone.
static int for_slots(struct engine *engine, struct look *look, enum look_step step)
{
    enum side first = side_opposite(engine->last_replaced);
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        int rc = step_slot(engine, look, step, (struct slot_id){first, level});
        if (rc == MM_OK) {
            rc = step_slot(engine, look, step, (struct slot_id){side_opposite(first), level});
        }
        if (rc != MM_OK) {
            return rc;
        }
    }
    return MM_OK;
}

// Follows the mid.
static void set_scale(struct engine *engine)
{
    int64_t mid_half_ticks = engine->signals.last_mid_half_ticks;
    double mid_ticks = 0.5 * (double)mid_half_ticks;
    const struct quote_config *quote = &engine->config.quote;
    if (mid_half_ticks == engine->scale.mid_half_ticks) {
        return;
    }
    engine->scale = (struct engine_scale){
        .mid_half_ticks = mid_half_ticks,
        .limits = {.keep_within_ticks =
                       (int64_t)instrument_bps_to_ticks(quote->replace_threshold_bps, mid_ticks),
                   .fast_cancel_ticks =
                       (int64_t)ceil(instrument_bps_to_ticks(quote->fast_cancel_bps, mid_ticks))},
        .depth_range_ticks =
            quote_depth_range_ticks(quote, &engine->config.params, mid_half_ticks)};
}

static void start_look(struct engine *engine, struct look *out)
{
    int64_t tail_steps = engine->config.params.steps[PARAM_TAIL_AGE_MS];
    set_scale(engine);
    out->now_ns = engine_now_ns(engine);
    out->limits = engine->scale.limits;
    out->tail_age_ns = tail_steps * param_specs[PARAM_TAIL_AGE_MS].step.mantissa * MILLISECOND_NS;
    out->tail_count = 0;
}

// Does what is to be done for the quotes wanted and allowed.
static int act(struct engine *engine, struct look *look)
{
    engine->wake_ns = INT64_MAX;
    engine->limits = look->limits;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        engine->slots[SIDE_BUY][level].block = ORDERS_CLEAR;
        engine->slots[SIDE_SELL][level].block = ORDERS_CLEAR;
    }
    // Cancels first, because they only take exposure away; places last, because they add to it.
    int rc = for_slots(engine, look, CANCEL_UNWANTED);
    if (rc == MM_OK) {
        rc = for_slots(engine, look, REPLACE_MOVED);
    }
    if (rc == MM_OK) {
        rc = cancel_tail(engine, look);
    }
    if (rc == MM_OK) {
        rc = for_slots(engine, look, PLACE_MISSING);
    }
    wake_at(engine, orders_next_deadline_ns(&engine->orders));
    // Whatever is due was done above, so a wake-up that is not ahead would only spin.
    if (engine->wake_ns <= look->now_ns) {
        engine->wake_ns = look->now_ns + 1;
    }
    return rc;
}

// Whether acting again, with the same wanted and allowed, could do something: time has come for
// something, an order has changed, or quotes may be less far off than they were.
static bool is_act_due(const struct engine *engine, const struct look *look)
{
    return !engine->settled || engine->wake_ns <= look->now_ns ||
           look->limits.keep_within_ticks != engine->limits.keep_within_ticks ||
           look->limits.fast_cancel_ticks != engine->limits.fast_cancel_ticks;
}

int engine_look(struct engine *engine)
{
    struct look look;
    start_look(engine, &look);
    bool act_due = is_act_due(engine, &look);
    engine->settled = true; // until something is sent
    int rc = act_due ? for_slots(engine, &look, SETTLE_OVERDUE) : MM_OK;
    if (rc != MM_OK) {
        return rc;
    }
    enum quote_reason silence = silence_of(engine);
    if (silence != QUOTE_WANTED) {
        quote_none(silence, &engine->quotes);
    } else {
        struct quote_market market;
        see_market(engine, &market);
        bool kept = want_quotes(engine, &market);
        if (kept && !act_due && repeats(engine, &look, &market)) {
            return MM_OK;
        }
    }
    bool changed = judge_quotes(engine, &look);
    return act_due || changed ? act(engine, &look) : MM_OK;
}
