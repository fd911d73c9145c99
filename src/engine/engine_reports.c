#include "base/check.h"
#include "engine/engine_state.h"

// What left the exchange's book by this report stays ours in the feed's book until the feed has
// caught up.
static void add_ghost(struct engine *engine, const struct orders_outcome *outcome,
                      int64_t gone_exch_ts_ns)
{
    bool stays = !outcome->ended && !outcome->moved;
    int64_t gone_lots = outcome->old_leaves_lots - (stays ? outcome->order.leaves_lots : 0);
    if (!engine->venue->own_orders_in_feed || outcome->old_price_ticks == 0 || gone_lots <= 0 ||
        engine->feed_exch_ts_ns == 0 || gone_exch_ts_ns <= engine->feed_exch_ts_ns) {
        return;
    }
    if (MM_COUNT_IF(engine->ghost_lost_count, engine->ghost_count == ENGINE_GHOSTS_MAX)) {
        return;
    }
    engine->ghosts[engine->ghost_count++] =
        (struct engine_ghost){.side = outcome->side,
                              .price_ticks = outcome->old_price_ticks,
                              .qty_lots = gone_lots,
                              .gone_exch_ts_ns = gone_exch_ts_ns};
}

// The price the quoter wanted there at the last look, 0 = none.
static int64_t wanted_price_ticks(const struct engine *engine, const struct orders_outcome *outcome)
{
    if (!outcome->has_place) {
        return 0;
    }
    const struct quote_want *want = &engine->slots[outcome->side][outcome->level].want;
    return want->reason == QUOTE_WANTED ? want->price_ticks : 0;
}

static void write_fill(struct engine *engine, const struct venue_report *report,
                       const struct kpi_fill *fill)
{
    if (engine->sink.fill == NULL) {
        return;
    }
    struct engine_fill_row row = {.order_id = report->order_id,
                                  .side = fill->side,
                                  .local_ts_ns = fill->now_ns,
                                  .exch_ts_ns = report->exch_ts_ns,
                                  .price_ticks = fill->price_ticks,
                                  .qty_lots = fill->qty_lots,
                                  .wanted_price_ticks = fill->wanted_price_ticks,
                                  .mid_half_ticks = engine->signals.last_mid_half_ticks,
                                  .fee_quote_e9 = fill->fee_quote_e9,
                                  .position_lots = engine->ledger.position_lots,
                                  .maker = fill->maker,
                                  .provenance = report->provenance};
    engine->sink.fill(engine->sink.context, &row);
}

// Books an execution, of an open order or of one that has ended already.
static void book_fill(struct engine *engine, const struct venue_report *report,
                      const struct orders_outcome *outcome)
{
    if (MM_COUNT_IF(engine->empty_fill_count, report->exec_qty_lots <= 0)) {
        return;
    }
    (void)MM_COUNT_IF(engine->side_mismatch_count,
                      outcome->has_place && outcome->side != report->side);
    int64_t wanted = wanted_price_ticks(engine, outcome);
    struct ledger_fill booked = {.side = report->side,
                                 .price_ticks = report->exec_price_ticks,
                                 .qty_lots = report->exec_qty_lots,
                                 .maker = report->maker};
    int64_t fee = ledger_apply(&engine->ledger, &booked);
    struct kpi_fill fill = {.now_ns = engine_now_ns(engine),
                            .side = report->side,
                            .price_ticks = report->exec_price_ticks,
                            .qty_lots = report->exec_qty_lots,
                            .wanted_price_ticks = wanted,
                            .fee_quote_e9 = fee,
                            .has_wanted = wanted != 0,
                            .maker = report->maker};
    kpi_fill(engine->kpi, &fill);
    write_fill(engine, report, &fill);
    engine_follow_equity(engine);
}

static void write_order(struct engine *engine, const struct orders_outcome *outcome)
{
    if (engine->sink.order == NULL) {
        return;
    }
    const struct order *order = &outcome->order;
    struct engine_order_row row = {.order_id = order->id,
                                   .side = order->side,
                                   .status = order_status_name(outcome->status),
                                   .reason = order_reason_name(order->reason),
                                   .placed_ts_ns = order->placed_ns,
                                   .ended_ts_ns = engine_now_ns(engine),
                                   .exch_ts_ns = order->exch_ts_ns,
                                   .price_ticks = order->price_ticks,
                                   .qty_lots = order->qty_lots,
                                   .leaves_qty_lots = order->leaves_lots,
                                   .amend_count = order->amend_count};
    engine->sink.order(engine->sink.context, &row);
}

void engine_note_outcome(struct engine *engine, const struct orders_outcome *outcome)
{
    bool rested = outcome->old_price_ticks != 0 || outcome->status == ORDER_FILLED;
    if (outcome->answered) {
        kpi_sample(engine->kpi, KPI_SAMPLE_LATENCY_NS, outcome->latency_ns);
    }
    if ((outcome->moved || outcome->ended) && rested) {
        kpi_sample(engine->kpi, KPI_SAMPLE_ORDER_AGE_NS, outcome->age_ns);
    }
    if (outcome->ended) {
        write_order(engine, outcome);
    }
}

static void tell_delay(const struct engine *engine, const struct venue_report *report,
                       const struct orders_outcome *outcome)
{
    static const enum engine_delay delay_of[] = {[VENUE_PLACE] = ENGINE_DELAY_PLACE,
                                                 [VENUE_AMEND] = ENGINE_DELAY_AMEND,
                                                 [VENUE_CANCEL] = ENGINE_DELAY_CANCEL};
    const struct engine_sink *sink = &engine->sink;
    if (sink->delay == NULL) {
        return;
    }
    if (outcome->answered && report->answers != VENUE_NONE) {
        sink->delay(sink->context, delay_of[report->answers], outcome->latency_ns);
    }
    if (report->kind == REPORT_FILLED && report->exch_ts_ns > 0) {
        int64_t delay_ns = engine_now_ns(engine) - report->exch_ts_ns;
        sink->delay(sink->context, ENGINE_DELAY_FILL, delay_ns > 0 ? delay_ns : 0);
    }
}

static void book_funding(struct engine *engine, int64_t paid_quote_e9)
{
    ledger_fund(&engine->ledger, paid_quote_e9);
    kpi_funding(engine->kpi, paid_quote_e9);
    engine_follow_equity(engine);
}

int engine_take_report(struct engine *engine, const struct venue_report *report)
{
    struct orders_outcome outcome;
    if (report->kind == REPORT_FUNDING) {
        book_funding(engine, report->paid_quote_e9);
        return engine_look(engine);
    }
    if (engine->sink.reported != NULL) {
        engine->sink.reported(engine->sink.context, report);
    }
    orders_report(&engine->orders, report, engine_now_ns(engine), &outcome);
    engine_note_order_change(engine);
    if (report->kind == REPORT_FILLED) {
        book_fill(engine, report, &outcome);
    }
    if (outcome.is_known) {
        add_ghost(engine, &outcome, report->exch_ts_ns);
        engine_note_outcome(engine, &outcome);
    }
    tell_delay(engine, report, &outcome);
    if (engine->venue->own_orders_in_feed) {
        engine_refresh_market(engine, NO_SIDES);
    }
    engine_note_queue(engine, &outcome);
    return engine_look(engine);
}
