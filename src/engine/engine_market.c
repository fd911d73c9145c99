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
    struct own_side *of_side = &own->of[side];
    if (qty_lots > 0 && of_side->count < OWN_QUOTES_MAX) {
        of_side->quotes[of_side->count++] = (struct own_quote){sure, price_ticks, qty_lots};
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
static void add_own_order(struct engine *engine, const struct order *order, struct own_quotes *own)
{
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

static void add_ghosts(struct engine *engine, struct own_quotes *own)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < engine->ghost_count; i++) {
        struct engine_ghost ghost = engine->ghosts[i];
        if (!feed_has_come_to(engine, ghost.gone_exch_ts_ns)) {
            engine->ghosts[kept++] = ghost;
            add_own(own, ghost.side, true, ghost.price_ticks, ghost.qty_lots);
        }
    }
    engine->ghost_count = kept;
}

static bool own_is_same(const struct own_side *a, const struct own_side *b)
{
    bool same = a->count == b->count;
    for (uint32_t i = 0; same && i < a->count; i++) {
        const struct own_quote *one = &a->quotes[i], *other = &b->quotes[i];
        same = one->sure == other->sure && one->price_ticks == other->price_ticks &&
               one->qty_lots == other->qty_lots;
    }
    return same;
}

static void copy_own(struct own_side *to, const struct own_side *from)
{
    to->count = from->count;
    for (uint32_t i = 0; i < from->count; i++) {
        to->quotes[i] = from->quotes[i];
    }
}

// Makes `own` what the feed may show now; returns the sides on which it has changed.
static uint32_t collect_own_quotes(struct engine *engine)
{
    if (!engine->venue->own_orders_in_feed ||
        (!engine->orders_changed && engine->feed_exch_ts_ns < engine->own_due_exch_ns)) {
        return NO_SIDES;
    }
    struct own_quotes own; // of which only what is counted is ever touched
    own.of[SIDE_BUY].count = own.of[SIDE_SELL].count = 0;
    engine->own_due_exch_ns = INT64_MAX;
    engine->orders_changed = false;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        for (int side = 0; side < 2; side++) {
            add_own_order(engine, orders_at(&engine->orders, (enum side)side, level), &own);
        }
    }
    add_ghosts(engine, &own);
    uint32_t changed = NO_SIDES;
    for (int side = 0; side < 2; side++) {
        if (!own_is_same(&own.of[side], &engine->own.of[side])) {
            copy_own(&engine->own.of[side], &own.of[side]);
            changed |= UINT32_C(1) << side;
        }
    }
    return changed;
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

// Most batches change the quantity of one level: the signals follow by the difference.
static bool shift_level(struct engine *engine, const struct market_batch *batch)
{
    if (batch->count != 1 || batch->kind != EVENT_DEPTH || batch->rows[0].key == ROW_WIDE) {
        return false;
    }
    struct row row = batch->rows[0];
    enum side side = row_side(row.key);
    uint32_t index = row_index(row.key);
    bool is_stale = index > engine->book.best[side]; // left over from a crossed book
    if (engine->feed_gap || is_stale) {
        return false;
    }
    struct level_change change = {.side = side,
                                  .index = index,
                                  .price_ticks = geometry_ticks(engine->book.geometry, side, index),
                                  .before_lots = book_lots(&engine->book, side, index),
                                  .after_lots = row.lots};
    return signals_shift_level(&engine->signals, &engine->own, &change);
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
