#include "engine/engine_state.h"

static void sample_feed_lag(struct engine *engine, const struct market_batch *batch)
{
    if (batch->exch_ts_ns == 0 || batch->local_ts_ns == 0) {
        return;
    }
    int64_t lag_ns = batch->local_ts_ns - batch->exch_ts_ns;
    kpi_sample(engine->kpi, KPI_SAMPLE_FEED_LAG_NS, lag_ns > 0 ? lag_ns : 0);
    if (engine->sink.delay != NULL) {
        engine->sink.delay(engine->sink.context, ENGINE_DELAY_FEED, lag_ns > 0 ? lag_ns : 0);
    }
}

static void add_own(struct own_quotes *own, enum side side, bool sure, int64_t price_ticks,
                    int64_t qty_lots)
{
    if (qty_lots > 0 && own->count < OWN_QUOTES_MAX) {
        own->quotes[own->count++] = (struct own_quote){side, sure, price_ticks, qty_lots};
    }
}

// Whether the feed can show what happened at the exchange at `exch_ts_ns`; unknown stamps can.
static bool feed_has_come_to(struct engine *engine, int64_t exch_ts_ns)
{
    bool has_come = engine->feed_exch_ts_ns == 0 || engine->feed_exch_ts_ns >= exch_ts_ns;
    if (!has_come && exch_ts_ns < engine->own_due_exch_ns) {
        engine->own_due_exch_ns = exch_ts_ns;
    }
    return has_come;
}

// What of an order the feed may show: for sure where a report has shown it resting, and perhaps
// where a request that is on its way takes it.
static void add_own_order(struct engine *engine, const struct order *order)
{
    struct own_quotes *own = &engine->own;
    if (order->state == ORDER_FREE) {
        return;
    }
    bool may_have_arrived = feed_has_come_to(engine, order->op_sent_ns);
    if (order->is_confirmed && feed_has_come_to(engine, order->rest_exch_ts_ns)) {
        add_own(own, order->side, true, order->price_ticks, order->leaves_lots);
    } else if (!order->is_confirmed && may_have_arrived) {
        add_own(own, order->side, false, order->price_ticks, order->leaves_lots);
    }
    if (order->op == VENUE_AMEND && order->target_price_ticks != order->price_ticks &&
        may_have_arrived) {
        add_own(own, order->side, false, order->target_price_ticks, order->target_lots);
    }
}

static void add_ghosts(struct engine *engine)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < engine->ghost_count; i++) {
        struct engine_ghost ghost = engine->ghosts[i];
        if (!feed_has_come_to(engine, ghost.gone_exch_ts_ns)) {
            engine->ghosts[kept++] = ghost;
            add_own(&engine->own, ghost.side, true, ghost.price_ticks, ghost.qty_lots);
        }
    }
    engine->ghost_count = kept;
}

// Makes `own` what the feed may show now; returns the sides on which it may have changed.
static uint32_t collect_own_quotes(struct engine *engine)
{
    if (!engine->venue->own_orders_in_feed ||
        (!engine->orders_changed && engine->feed_exch_ts_ns < engine->own_due_exch_ns)) {
        return NO_SIDES;
    }
    engine->own.count = 0;
    engine->own_due_exch_ns = INT64_MAX;
    engine->orders_changed = false;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        for (int side = 0; side < 2; side++) {
            add_own_order(engine, orders_at(&engine->orders, (enum side)side, level));
        }
    }
    add_ghosts(engine);
    return BOTH_SIDES;
}

void engine_follow_equity(struct engine *engine)
{
    int64_t mark = engine->signals.last_mid_half_ticks;
    if (mark == 0) {
        return;
    }
    engine->equity_e9 = ledger_equity_e9(&engine->ledger, mark);
    kpi_mid(engine->kpi, engine_now_ns(engine), engine->signals.mid_half_ticks, engine->equity_e9);
    enum risk_reason halt = risk_follow_equity(&engine->risk, engine->equity_e9);
    if (halt != RISK_OK && engine->halt_reason == NULL) {
        engine->halt_reason = risk_reason_text(halt);
    }
}

void engine_refresh_market(struct engine *engine, uint32_t sides)
{
    if (engine->feed_gap) {
        return;
    }
    int64_t mid_before = engine->signals.mid_half_ticks;
    int64_t valid_before = engine->signals.last_mid_half_ticks;
    sides |= collect_own_quotes(engine);
    signals_update(&engine->signals, &engine->book, &engine->own, sides, engine_now_ns(engine));
    if (engine->signals.mid_half_ticks != mid_before) {
        if (engine->sink.mid != NULL && valid_before > 0) {
            engine->sink.mid(engine->sink.context, engine_now_ns(engine), valid_before);
        }
        engine_follow_equity(engine);
    }
}

// The sides on which a batch changed something that the last look depended on: at or before what
// was looked at.
static uint32_t sides_in_sight(const struct engine *engine, const struct market_batch *batch)
{
    uint32_t sides = NO_SIDES;
    if (batch->kind != EVENT_DEPTH) {
        return BOTH_SIDES;
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t key = batch->rows[i].key;
        if (key == ROW_WIDE) {
            return BOTH_SIDES;
        }
        enum side side = row_side(key);
        sides |= (uint32_t)(row_index(key) >= engine->signals.seen_index[side]) << side;
    }
    return sides;
}

static bool has_own_at(const struct engine *engine, enum side side, uint32_t index)
{
    int64_t price = geometry_ticks(engine->book.geometry, side, index);
    for (uint32_t i = 0; i < engine->own.count; i++) {
        if (engine->own.quotes[i].price_ticks == price && engine->own.quotes[i].side == side) {
            return true;
        }
    }
    return false;
}

// Most batches change the quantity of one level of others: the signals follow by the difference.
static bool shift_level(struct engine *engine, const struct market_batch *batch)
{
    if (batch->count != 1 || batch->kind != EVENT_DEPTH || batch->rows[0].key == ROW_WIDE) {
        return false;
    }
    struct row row = batch->rows[0];
    enum side side = row_side(row.key);
    uint32_t index = row_index(row.key);
    int64_t before_lots = book_lots(&engine->book, side, index);
    bool is_stale = index > engine->book.best[side]; // left over from a crossed book
    if (engine->feed_gap || before_lots == 0 || row.lots == 0 || is_stale ||
        engine->signals.unseen_sides != NO_SIDES || has_own_at(engine, side, index)) {
        return false;
    }
    signals_shift_level(&engine->signals, side, index, row.lots - before_lots);
    return true;
}

// Takes a batch into the book. Returns whether something in sight has changed; `sides` are those
// that the signals must look at anew.
static bool follow(struct engine *engine, const struct market_batch *batch, uint32_t *sides)
{
    const uint32_t *best = engine->book.best;
    uint32_t bid = best[SIDE_BUY], ask = best[SIDE_SELL];
    *sides = sides_in_sight(engine, batch);
    bool is_shifted = shift_level(engine, batch);
    bool in_sight = *sides != NO_SIDES;
    book_follow(&engine->book, batch);
    if (is_shifted) {
        *sides = NO_SIDES;
        return in_sight;
    }
    // A best may give way to the other side's rows.
    *sides |= (uint32_t)(best[SIDE_BUY] != bid) << SIDE_BUY;
    *sides |= (uint32_t)(best[SIDE_SELL] != ask) << SIDE_SELL;
    return *sides != NO_SIDES;
}

void engine_rehearse_market(struct engine *engine)
{
    struct row rows[2];
    uint32_t sides;
    for (uint32_t side = 0; side < 2; side++) {
        uint32_t index = engine->book.best[side];
        rows[side] =
            (struct row){index | side << 31, book_lots(&engine->book, (enum side)side, index)};
        if (index == 0) {
            return;
        }
    }
    const struct market_batch same = {
        .kind = EVENT_DEPTH,
        .rows = rows,
        .count = 2,
        .best_known = true,
        .best_end = {engine->book.best[SIDE_BUY], engine->book.best[SIDE_SELL]}};
    (void)follow(engine, &same, &sides);
    engine_refresh_market(engine, BOTH_SIDES);
    engine_follow_equity(engine);
}

int engine_take_market(struct engine *engine, const struct market_batch *batch)
{
    engine->last_market_ns = engine_now_ns(engine);
    sample_feed_lag(engine, batch);
    switch (batch->kind) {
    case EVENT_TRADE:
        engine_note_trades(engine, batch);
        return MM_OK; // moves nothing that a look depends on
    case EVENT_GAP:
        engine->feed_gap = true;
        signals_reset(&engine->signals);
        return engine_look(engine);
    case EVENT_SNAPSHOT:
        engine->feed_gap = false;
        break;
    case EVENT_DEPTH:
    case EVENT_CLEAR:
        break;
    }
    uint32_t sides;
    bool in_sight = follow(engine, batch, &sides);
    bool runs_back = batch->exch_ts_ns < engine->feed_exch_ts_ns; // a clock has jumped
    engine->orders_changed = engine->orders_changed || runs_back;
    engine->feed_exch_ts_ns = batch->exch_ts_ns;
    // Which orders of ours the feed shows may change with its stamp.
    if (!in_sight && batch->exch_ts_ns < engine->own_due_exch_ns &&
        !signals_is_sample_due(&engine->signals, engine_now_ns(engine))) {
        return MM_OK;
    }
    engine_refresh_market(engine, sides);
    return engine_look(engine);
}
