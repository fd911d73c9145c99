#include "engine/engine_view.h"

#include "engine/engine_state.h"

#include <string.h>

// ---- queues ----

int64_t engine_others_lots(const struct engine *engine, enum side side, int64_t price_ticks)
{
    int64_t lots = book_qty_at(&engine->book, side, price_ticks);
    const struct own_side *of_side = &engine->own.of[side];
    for (uint32_t i = 0; i < of_side->count; i++) {
        const struct own_quote *own = &of_side->quotes[i];
        if (own->sure && own->price_ticks == price_ticks) {
            lots -= own->qty_lots;
        }
    }
    return lots > 0 ? lots : 0;
}

// An order goes to the back of a queue when it comes to rest at another price or grows.
void engine_note_queue(struct engine *engine, const struct orders_outcome *outcome)
{
    if (!engine->sink.wants_queues || !outcome->has_place) {
        return;
    }
    struct engine_queue *queue = &engine->slots[outcome->side][outcome->level].queue;
    const struct order *order = orders_at(&engine->orders, outcome->side, outcome->level);
    if (order->state == ORDER_FREE || !order->is_confirmed) {
        queue->order_id = 0;
        return;
    }
    bool keeps_place = queue->order_id == order->id && queue->price_ticks == order->price_ticks &&
                       order->qty_lots <= queue->qty_lots;
    if (!keeps_place) {
        queue->order_id = order->id;
        queue->price_ticks = order->price_ticks;
        queue->ahead_lots = engine_others_lots(engine, order->side, order->price_ticks);
    } else if (order->leaves_lots < outcome->old_leaves_lots) {
        queue->ahead_lots = 0; // it is being filled
    }
    queue->qty_lots = order->qty_lots;
}

static void take_from_queues(struct engine *engine, enum side side, int64_t price_ticks,
                             int64_t lots)
{
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        struct engine_queue *queue = &engine->slots[side][level].queue;
        if (queue->price_ticks == price_ticks) {
            queue->ahead_lots = queue->ahead_lots > lots ? queue->ahead_lots - lots : 0;
        }
    }
}

void engine_note_trades(struct engine *engine, const struct market_batch *batch)
{
    if (!engine->sink.wants_queues) {
        return;
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct row *row = &batch->rows[i];
        if (row->key == ROW_WIDE) {
            const struct wide_row *wide = &batch->wide[row->lots];
            take_from_queues(engine, (enum side)wide->side, wide->price_ticks, wide->qty_lots);
        } else {
            enum side side = row_side(row->key);
            int64_t price = geometry_ticks(engine->book.geometry, side, row_index(row->key));
            take_from_queues(engine, side, price, row->lots);
        }
    }
}

// What left the queue without a trade may have stood behind us, so that only what the level still
// shows bounds the estimate.
static int64_t ahead_of(const struct engine *engine, enum side side, uint32_t level)
{
    const struct engine_queue *queue = &engine->slots[side][level].queue;
    const struct order *order = orders_at(&engine->orders, side, level);
    if (order->state == ORDER_FREE || queue->order_id != order->id) {
        return -1;
    }
    int64_t shown = engine_others_lots(engine, side, queue->price_ticks);
    return queue->ahead_lots < shown ? queue->ahead_lots : shown;
}

// ---- why ----

const char *engine_slot_text(const struct engine *engine, const struct engine_slot *slot)
{
    if (slot->want.reason == QUOTE_HALTED && engine->halt_reason != NULL) {
        return engine->halt_reason;
    }
    if (slot->want.reason == QUOTE_PAUSED && engine->pause_reason != NULL) {
        return engine->pause_reason;
    }
    if (slot->want.reason != QUOTE_WANTED) {
        return quote_reason_text(slot->want.reason);
    }
    if (slot->verdict.reason != RISK_OK) {
        return risk_reason_text(slot->verdict.reason);
    }
    return slot->block != ORDERS_CLEAR ? orders_block_text(slot->block) : "";
}

const char *engine_slot_code(const struct engine *engine, const struct engine_slot *slot)
{
    if (slot->want.reason == QUOTE_HALTED && engine->risk.halt != RISK_OK) {
        return risk_reason_name(engine->risk.halt);
    }
    if (slot->want.reason != QUOTE_WANTED) {
        return quote_reason_name(slot->want.reason);
    }
    return slot->verdict.reason != RISK_OK ? risk_reason_name(slot->verdict.reason)
                                           : orders_block_name(slot->block);
}

static bool rests(const struct order *order)
{
    return order->state != ORDER_FREE && order->is_confirmed && order->leaves_lots > 0;
}

static struct engine_view_side see_side(const struct engine *engine, enum side side)
{
    struct engine_view_side seen = {.code = "ok", .text = ""};
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        seen.is_quoting |= rests(orders_at(&engine->orders, side, level));
        const struct engine_slot *slot = &engine->slots[side][level];
        if (strcmp(seen.code, "ok") == 0) {
            seen.code = engine_slot_code(engine, slot);
            seen.text = engine_slot_text(engine, slot);
        }
    }
    if (seen.is_quoting) {
        return (struct engine_view_side){.is_quoting = true, .code = "ok", .text = ""};
    }
    if (strcmp(seen.code, "ok") == 0) {
        seen.code = "outstanding";
        seen.text = orders_block_text(ORDERS_BLOCK_OUTSTANDING);
    }
    return seen;
}

// ---- the ladder ----

static int64_t own_lots_at(const struct engine *engine, enum side side, int64_t price_ticks)
{
    int64_t lots = 0;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        const struct order *order = orders_at(&engine->orders, side, level);
        if (rests(order) && order->price_ticks == price_ticks) {
            lots += order->leaves_lots;
        }
    }
    return lots;
}

// The next price outwards of `index` (exclusive) at which an order of ours rests, 0 = none.
static uint32_t next_own(const struct engine *engine, enum side side, uint32_t index)
{
    uint32_t best = 0;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        const struct order *order = orders_at(&engine->orders, side, level);
        if (rests(order) && geometry_holds(engine->book.geometry, order->price_ticks)) {
            uint32_t at = geometry_index(engine->book.geometry, side, order->price_ticks);
            best = at < index && at > best ? at : best;
        }
    }
    return best;
}

static void see_ladder(const struct engine *engine, enum side side, struct engine_view *out)
{
    uint32_t index = engine->book.geometry.span;
    while (out->level_count[side] < ENGINE_VIEW_LEVELS && index > 1) {
        uint32_t top = index - 1 < engine->book.best[side] ? index - 1 : engine->book.best[side];
        uint32_t shown = top > 0 ? book_scan(&engine->book, side, top) : 0;
        uint32_t own = next_own(engine, side, index);
        index = shown > own ? shown : own;
        if (index == 0) {
            break;
        }
        int64_t price = geometry_ticks(engine->book.geometry, side, index);
        struct engine_view_level level = {.price_ticks = price,
                                          .lots = engine_others_lots(engine, side, price),
                                          .own_lots = own_lots_at(engine, side, price)};
        if (level.lots > 0 || level.own_lots > 0) {
            out->levels[side][out->level_count[side]++] = level;
        }
    }
}

// ---- all of it ----

static void see_signals(const struct engine *engine, struct engine_view *out)
{
    const struct signals *signals = &engine->signals;
    out->mid_half_ticks = engine->feed_gap ? 0 : signals->mid_half_ticks;
    out->microprice_half_ticks = engine->feed_gap ? 0 : signals->microprice_half_ticks;
    out->fair_half_ticks = 2 * engine->quotes.fair_ticks;
    out->imbalance = signals->imbalance;
    out->has_volatility = signals_volatility_bps(signals, &out->volatility_bps);
    out->has_drift = signals_drift_bps(signals, &out->drift_bps);
    for (int side = 0; side < 2; side++) {
        out->best_ticks[side] = engine->feed_gap ? 0 : signals->best_ticks[side];
    }
}

static void see_orders(const struct engine *engine, struct engine_view *out)
{
    const struct orders *orders = &engine->orders;
    out->quote_count = engine_get_quotes(engine, out->quotes);
    for (uint32_t i = 0; i < out->quote_count; i++) {
        const struct engine_quote *quote = &out->quotes[i];
        out->ahead_lots[i] = ahead_of(engine, quote->side, quote->level);
        out->orders_by_state[orders_at(orders, quote->side, quote->level)->state]++;
    }
    out->in_flight = orders_in_flight(orders);
    out->unknown_count = orders->unknown_count;
    out->stray_count = orders->stray_report_count;
    out->reject_count = orders->reject_count;
    memcpy(out->risk_refused, engine->risk.refused_count, sizeof out->risk_refused);
    memcpy(out->risk_reduced, engine->risk.reduced_count, sizeof out->risk_reduced);
}

static void see_money(const struct engine *engine, struct engine_view *out)
{
    const struct ledger *ledger = &engine->ledger;
    int64_t mark = kpi_mark_half_ticks(engine->kpi);
    out->realised_quote_e9 = ledger->realised_quote_e9;
    out->fees_quote_e9 = ledger->fees_quote_e9;
    out->turnover_quote_e9 = ledger->turnover_quote_e9;
    out->start_equity_e9 = engine->risk.start_equity_e9;
    out->peak_equity_e9 = engine->risk.peak_equity_e9;
    bool has_value = mark != 0 || ledger->position_lots == 0;
    out->unrealised_quote_e9 = has_value ? ledger_unrealised_e9(ledger, mark) : 0;
    int64_t equity = has_value ? ledger_equity_e9(ledger, mark) : 0;
    out->has_window = has_value && kpi_look(engine->kpi, equity, &out->window);
}

void engine_view(const struct engine *engine, struct engine_view *out)
{
    memset(out, 0, sizeof *out);
    out->status = engine_get_status(engine);
    out->is_trusted = !engine->feed_gap;
    out->has_market = engine->feed_exch_ts_ns != 0 || engine->signals.last_mid_half_ticks != 0;
    out->last_market_ns = engine->last_market_ns;
    out->pause_reason = engine->pause_reason;
    out->loss_halt = engine->risk.halt;
    see_signals(engine, out);
    see_orders(engine, out);
    see_money(engine, out);
    for (int side = 0; side < 2; side++) {
        see_ladder(engine, (enum side)side, out);
        out->sides[side] = see_side(engine, (enum side)side);
    }
}
