#include "base/check.h"
#include "engine/engine_state.h"

#include <string.h>

// What is wanted of the first level, 0 = nothing.
static int64_t wanted_ticks(const struct engine *engine, enum side side)
{
    const struct quote_want *want = &engine->slots[side][0].want;
    return want->reason == QUOTE_WANTED ? want->price_ticks : 0;
}

// The best price at which an order of ours is known to rest, 0 = none.
static int64_t live_ticks(const struct engine *engine, enum side side)
{
    int64_t best = 0;
    for (uint32_t level = 0; level < engine->orders.level_count; level++) {
        const struct order *order = orders_at(&engine->orders, side, level);
        bool rests = order->state != ORDER_FREE && order->is_confirmed && order->leaves_lots > 0;
        if (rests && (best == 0 || side_sign(side) * (order->price_ticks - best) > 0)) {
            best = order->price_ticks;
        }
    }
    return best;
}

static void take_sample(struct engine *engine, int64_t now_ns)
{
    struct kpi_course course = kpi_so_far(
        engine->kpi, ledger_equity_e9(&engine->ledger, kpi_mark_half_ticks(engine->kpi)));
    struct engine_sample sample = {.now_ns = now_ns,
                                   .mid_half_ticks = engine->signals.last_mid_half_ticks,
                                   .position_lots = engine->ledger.position_lots,
                                   .drawdown_quote_e9 = course.drawdown_quote_e9};
    memcpy(sample.part_quote_e9, course.part_quote_e9, sizeof sample.part_quote_e9);
    for (int i = 0; i < 2; i++) {
        enum side side = (enum side)i;
        sample.best_ticks[i] = engine->feed_gap ? 0 : engine->signals.best_ticks[i];
        sample.live_ticks[i] = live_ticks(engine, side);
        sample.wanted_ticks[i] = wanted_ticks(engine, side);
    }
    engine->sink.sample(engine->sink.context, &sample);
}

void engine_start_samples(struct engine *engine)
{
    if (engine->sink.sample != NULL) {
        MM_ASSERT(engine->sink.sample_interval_ns > 0);
        engine->next_sample_ns = engine_now_ns(engine) + engine->sink.sample_interval_ns;
    }
}

// Between two events nothing changes, so what was due in between sees what there is now.
void engine_take_samples(struct engine *engine, int64_t now_ns)
{
    while (engine->next_sample_ns < now_ns) {
        take_sample(engine, engine->next_sample_ns);
        engine->next_sample_ns += engine->sink.sample_interval_ns;
    }
}

void engine_end_samples(struct engine *engine)
{
    if (engine->sink.sample != NULL) {
        engine_take_samples(engine, engine_now_ns(engine));
        take_sample(engine, engine_now_ns(engine));
        engine->next_sample_ns = INT64_MAX;
    }
}
