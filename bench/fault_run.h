// One short run of the bot on a simulated market with faults, and what must hold at its end.
//
// Shared by the test of some hundred seeds (tests/property/faults_test.c) and the bench of many
// (bench/faults.c). A run is a pure function of (seed, options).
#ifndef MM_BENCH_FAULT_RUN_H
#define MM_BENCH_FAULT_RUN_H

#include "base/check.h"
#include "base/random.h"
#include "engine/engine.h"
#include "soak/config_manager.h"
#include "venue/faults.h"
#include "venue/sim/sim.h"

#include <stdio.h>
#include <string.h>

enum { FAULT_RUN_TEXT_SIZE = 256 };

struct fault_run {
    const char *preset, *faults; // as --market and --faults spell them
    int64_t duration_ns;
    uint64_t seed;
    // Results.
    struct fault_counters counters;
    uint64_t fill_count, event_count;
    char failure[FAULT_RUN_TEXT_SIZE]; // "" = all held
};

struct fault_run_state {
    struct engine *engine;
    struct venue *venue; // the wrapper
    uint32_t level_count;
    int64_t limit_lots, booked_lots;
};

static inline void fault_run_on_fill(void *context, const struct engine_fill_row *row)
{
    ((struct fault_run_state *)context)->booked_lots += side_sign(row->side) * row->qty_lots;
}

// The preset's bot, with what matters under faults varied from seed to seed.
static inline int fault_run_open(struct fault_run *run, struct fault_run_state *state,
                                 const struct engine_sink *sink)
{
    struct random_stream stream;
    random_init(&stream, run->seed, RANDOM_TEST, 0);
    struct config_options options = {.mock = true, .market = run->preset};
    struct run_config config;
    struct fault_config faults;
    struct sim_config sim;
    int code = config_resolve(&options, &config);
    code = code == MM_OK ? fault_config_parse(run->faults, &faults) : code;
    const struct sim_model *model = sim_preset_find(run->preset);
    MM_ASSERT(code != MM_OK || model != NULL);
    code = code == MM_OK ? sim_config_of_preset(model, &sim) : code;
    if (code != MM_OK) {
        return code;
    }
    sim.seed = run->seed;
    sim.regime = (enum sim_regime)random_below(&stream, SIM_SWITCHING);
    state->venue = faults_create(sim_create(&sim), &faults, run->seed);
    struct engine_config engine =
        market_preset_engine(&config.preset, &sim.instrument, 2 * model->reference_ticks);
    engine.params = config.params;
    engine.quote.level_count = 1 + (uint32_t)random_below(&stream, 3);
    engine.orders.unknown_query_ns = (int64_t)(200 + random_below(&stream, 5000)) * 1000000;
    engine.orders.concurrency_limit = 1 + (uint32_t)random_below(&stream, 6);
    // Tight, so that the limit itself is reached.
    engine.risk.position_limit_lots /= 1 + (int64_t)random_below(&stream, 20);
    state->level_count = engine.quote.level_count;
    state->limit_lots = engine.risk.position_limit_lots;
    state->engine = engine_create(&engine, state->venue, sink);
    return MM_OK;
}

static inline bool fault_run_holds(struct fault_run *run, bool holds, const char *what)
{
    if (!holds && run->failure[0] == '\0') {
        snprintf(run->failure, sizeof run->failure, "%s", what);
    }
    return holds;
}

// Whatever the faults: no limit broken, never more orders at the exchange than levels (a place sent
// twice would show), nothing added while the feed has a gap.
static inline bool fault_run_check(struct fault_run *run, const struct fault_run_state *state)
{
    const struct fault_counters *counters = faults_get_counters(state->venue);
    const struct sim_counters *sim = sim_get_counters(faults_get_inner(state->venue));
    int64_t position = sim->own_position_lots;
    bool within = position <= state->limit_lots && position >= -state->limit_lots;
    bool single = sim->own_open_most[SIDE_BUY] <= state->level_count &&
                  sim->own_open_most[SIDE_SELL] <= state->level_count;
    return fault_run_holds(run, within, "the position left its limit") &&
           fault_run_holds(run, single, "more orders at the exchange than levels") &&
           fault_run_holds(run, counters->untrusted_request_count == 0,
                           "quoted while the book could not be trusted") &&
           fault_run_holds(run, counters->report_lost_count == 0 && sim->report_lost_count == 0,
                           "a line of reports was full");
}

// The faults are over: everything is settled, and both sides tell the same.
static inline int fault_run_settle(struct fault_run *run, struct fault_run_state *state)
{
    const int64_t minute_ns = INT64_C(60000000000);
    uint32_t open = 0;
    faults_stop(state->venue);
    int code = engine_stop(state->engine, 5 * minute_ns, &open);
    if (code != MM_OK) {
        return code;
    }
    // What may still be under way: the longest fault and the longest answer.
    code = engine_run_until(state->engine, state->venue->now_ns + 3 * minute_ns, NULL);
    if (code != MM_OK) {
        return code;
    }
    const struct sim_counters *sim = sim_get_counters(faults_get_inner(state->venue));
    struct engine_status status = engine_get_status(state->engine);
    run->fill_count = status.fill_count;
    run->event_count = status.event_count;
    run->counters = *faults_get_counters(state->venue);
    bool agree = status.position_lots == sim->own_position_lots &&
                 state->booked_lots == sim->own_position_lots &&
                 run->counters.position_lots == sim->own_position_lots;
    (void)(fault_run_check(run, state) &&
           fault_run_holds(run, open == 0, "an order's fate stayed unknown") &&
           fault_run_holds(run, sim->own_open[SIDE_BUY] + sim->own_open[SIDE_SELL] == 0,
                           "an order was left at the exchange") &&
           fault_run_holds(run, agree, "the position is not the sum of the executions"));
    return MM_OK;
}

static inline int fault_run(struct fault_run *run)
{
    enum { WINDOWS = 8 };
    struct fault_run_state state = {0};
    struct engine_sink sink = {.context = &state, .fill = fault_run_on_fill};
    mm_check_context.seed = run->seed;
    run->failure[0] = '\0';
    int code = fault_run_open(run, &state, &sink);
    for (int window = 0; code == MM_OK && window < WINDOWS; window++) {
        struct kpi_summary summary;
        int64_t until_ns = state.venue->start_ns + run->duration_ns * (window + 1) / WINDOWS;
        engine_open_window(state.engine);
        code = engine_run_until(state.engine, until_ns, NULL);
        engine_close_window(state.engine, &summary); // asserts that the parts add up
        (void)fault_run_check(run, &state);
    }
    code = code == MM_OK ? fault_run_settle(run, &state) : code;
    engine_destroy(state.engine);
    venue_destroy(state.venue);
    return code;
}

#endif
