#include "engine/engine.h"

#include "base/check.h"
#include "base/memory.h"
#include "engine/engine_state.h"

#include <stdlib.h>

enum { STOP_CHECK_EVENTS = 1024 };

struct engine *engine_create(const struct engine_config *config, struct venue *venue,
                             const struct engine_sink *sink)
{
    MM_ASSERT(config->risk.position_limit_lots > 0 && config->quote.quote_qty_lots > 0);
    struct engine *engine = mm_alloc(1, sizeof *engine);
    engine->config = *config;
    engine->venue = venue;
    engine->sink = sink != NULL ? *sink : (struct engine_sink){0};
    engine->kpi = kpi_create(&config->kpi, &venue->instrument);
    int rc = book_init(&engine->book, venue->geometry);
    MM_ASSERT(rc == MM_OK); // a venue's geometry is checked where it is made
    signals_init(&engine->signals, &config->signals);
    risk_init(&engine->risk, &config->risk);
    orders_init(&engine->orders, &config->orders, config->quote.level_count);
    ledger_init(&engine->ledger, &venue->instrument, config->fees);
    if (config->open_lots != 0) {
        ledger_open(&engine->ledger, config->open_lots, config->open_half_ticks);
        kpi_mid(engine->kpi, venue->now_ns, config->open_half_ticks, 0);
    }
    quote_none(QUOTE_NO_MID, &engine->quotes);
    for (uint32_t level = 0; level < QUOTE_LEVELS_MAX; level++) {
        engine->slots[SIDE_BUY][level].want.reason = QUOTE_NO_MID;
        engine->slots[SIDE_SELL][level].want.reason = QUOTE_NO_MID;
    }
    engine->last_market_ns = venue->now_ns;
    engine->next_sample_ns = engine->stale_ns = engine->own_due_exch_ns = INT64_MAX;
    engine->orders_changed = true;
    kpi_observe(engine->kpi, (struct kpi_observer){engine->sink.context, engine->sink.markout});
    engine_set_params(engine, config->params);
    return engine;
}

void engine_destroy(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    kpi_destroy(engine->kpi);
    book_fini(&engine->book);
    free(engine);
}

// Has the next run look before it pulls an event, because what is wanted may have changed.
static void look_soon(struct engine *engine)
{
    engine->wake_ns = engine_now_ns(engine);
}

void engine_set_params(struct engine *engine, struct params params)
{
    engine->config.params = params;
    engine->scale.mid_half_ticks = -1;
    engine->quotes.room.is_known = false; // they were computed with other values
    orders_set_params(&engine->orders, &params, engine_now_ns(engine));
    look_soon(engine);
}

void engine_halt(struct engine *engine, const char *reason)
{
    MM_ASSERT(reason != NULL);
    engine->halt_reason = reason;
    look_soon(engine);
}

void engine_pause(struct engine *engine, const char *reason)
{
    engine->pause_reason = reason;
    look_soon(engine);
}

void engine_rearm(struct engine *engine)
{
    risk_rearm(&engine->risk, engine->equity_e9);
    engine->halt_reason = NULL;
    look_soon(engine);
}

// Windows.

void engine_open_window(struct engine *engine)
{
    int64_t mark = kpi_mark_half_ticks(engine->kpi);
    int64_t equity = ledger_equity_e9(&engine->ledger, mark);
    kpi_open(engine->kpi, engine_now_ns(engine), engine->ledger.position_lots, mark, equity);
    engine_start_samples(engine);
}

void engine_close_window(struct engine *engine, struct kpi_summary *out)
{
    engine_end_samples(engine);
    int64_t mark = kpi_mark_half_ticks(engine->kpi);
    int64_t equity = ledger_equity_e9(&engine->ledger, mark);
    kpi_close(engine->kpi, engine_now_ns(engine), engine->ledger.position_lots, equity, out);
    MM_ASSERT(out->equity_change_quote_e9 == out->part_quote_e9[KPI_NET]);
}

// The loop.

static int take_event(struct engine *engine, const struct venue_event *event)
{
    mm_check_context.event_number = ++engine->event_count;
    if (event->now_ns > engine->next_sample_ns) {
        engine_take_samples(engine, event->now_ns);
    }
    switch (event->kind) {
    case VENUE_MARKET:
        return engine_take_market(engine, event->batch);
    case VENUE_REPORT:
        return engine_take_report(engine, event->report);
    case VENUE_END:
        engine->market_ended = true;
        break;
    case VENUE_TIME:
        break;
    }
    return MM_OK;
}

static int look_when_due(struct engine *engine)
{
    return engine_wake_ns(engine) <= engine_now_ns(engine) ? engine_look(engine) : MM_OK;
}

// Nothing has come: a look as if something had, down to the orders.
static int rehearse(struct engine *engine)
{
    engine->rehearses = true;
    engine_rehearse_market(engine);
    engine->scale.mid_half_ticks = -1; // to be computed anew, as when the mid moves
    look_soon(engine);
    int rc = engine_look(engine);
    engine->rehearses = false;
    return rc;
}

// Pulls one event up to `until_ns`, or less far when a look is due before; says what it was.
static int step(struct engine *engine, int64_t until_ns, enum venue_event_kind *out)
{
    int rc = look_when_due(engine);
    if (rc != MM_OK) {
        return rc;
    }
    int64_t wake_ns = engine_wake_ns(engine);
    int64_t target_ns = wake_ns < until_ns ? wake_ns : until_ns;
    struct venue_event event;
    rc = venue_next(engine->venue, target_ns, &event);
    if (rc < 0) {
        return mm_fail_add(rc, "the next event of venue %s", engine->venue->ops->name);
    }
    *out = event.kind;
    bool is_early = event.kind == VENUE_TIME && event.now_ns < target_ns;
    rc = take_event(engine, &event);
    return rc == MM_OK && is_early ? rehearse(engine) : rc;
}

int engine_run_until(struct engine *engine, int64_t until_ns, const volatile sig_atomic_t *stop)
{
    enum venue_event_kind kind = VENUE_MARKET;
    for (uint32_t count = 0; !engine->market_ended; count++) {
        if (stop != NULL && count % STOP_CHECK_EVENTS == 0 && *stop != 0) {
            return mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
        }
        if (engine_now_ns(engine) > until_ns) {
            return MM_OK;
        }
        int rc = step(engine, until_ns, &kind);
        if (rc != MM_OK) {
            return rc;
        }
        if (kind == VENUE_TIME && engine_now_ns(engine) >= until_ns) {
            return look_when_due(engine);
        }
    }
    return MM_OK;
}

int engine_stop(struct engine *engine, int64_t grace_ns, uint32_t *out_open)
{
    int64_t until_ns = engine_now_ns(engine) + grace_ns;
    engine->stopping = true;
    look_soon(engine);
    int rc = look_when_due(engine);
    while (rc == MM_OK && orders_open_count(&engine->orders) > 0) {
        enum venue_event_kind kind = VENUE_MARKET;
        rc = step(engine, until_ns, &kind);
        bool over = kind == VENUE_TIME && engine_now_ns(engine) >= until_ns;
        if (over || kind == VENUE_END) {
            break;
        }
    }
    *out_open = orders_open_count(&engine->orders);
    return rc;
}

// What others may see.

struct engine_status engine_get_status(const struct engine *engine)
{
    return (struct engine_status){
        .now_ns = engine_now_ns(engine),
        .market_ended = engine->market_ended,
        .halted = engine->halt_reason != NULL,
        .halt_reason = engine->halt_reason != NULL ? engine->halt_reason : "",
        .event_count = engine->event_count,
        .position_lots = engine->ledger.position_lots,
        .mid_half_ticks = engine->signals.last_mid_half_ticks,
        .equity_quote_e9 = engine->equity_e9,
        .open_order_count = orders_open_count(&engine->orders),
        .unknown_order_count = orders_unknown_open_count(&engine->orders),
        .fill_count = engine->ledger.fill_count,
    };
}

static struct engine_quote see_quote(const struct engine *engine, enum side side, uint32_t level)
{
    const struct engine_slot *slot = &engine->slots[side][level];
    const struct order *order = orders_at(&engine->orders, side, level);
    bool wanted = slot->want.reason == QUOTE_WANTED;
    return (struct engine_quote){.side = side,
                                 .level = level,
                                 .wanted_price_ticks = wanted ? slot->want.price_ticks : 0,
                                 .wanted_qty_lots = wanted ? slot->want.qty_lots : 0,
                                 .open_price_ticks = order->price_ticks,
                                 .open_qty_lots = order->leaves_lots,
                                 .order_id = order->id,
                                 .quoted_ns = order->quoted_ns,
                                 .state = order_state_name(order->state),
                                 .reason = engine_slot_text(engine, slot),
                                 .code = engine_slot_code(engine, slot)};
}

uint32_t engine_get_quotes(const struct engine *engine, struct engine_quote out[ENGINE_QUOTES_MAX])
{
    uint32_t count = 0;
    for (int side = 0; side < 2; side++) {
        for (uint32_t level = 0; level < engine->orders.level_count; level++) {
            out[count++] = see_quote(engine, (enum side)side, level);
        }
    }
    return count;
}
