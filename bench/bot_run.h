// The whole bot on one market for one window: what paired runs compare.
//
// Shared by the bench that measures pairs (bench/pairs.c) and the test that holds what it found
// (tests/property/tunables_test.c). A run is a pure function of the settings, the seed among them.
#ifndef MM_BENCH_BOT_RUN_H
#define MM_BENCH_BOT_RUN_H

#include "base/check.h"
#include "engine/engine.h"
#include "soak/config_manager.h"
#include "venue/sim/sim.h"

struct bot_run {
    struct run_config config; // of the preset
    struct sim_config sim;    // with regime and seed
    int64_t duration_ns;
};

// The preset's bot on its own market in calm, seed 1.
static inline int bot_run_init(struct bot_run *run, const char *preset, int64_t duration_ns)
{
    struct config_options options = {.mock = true, .market = preset};
    run->duration_ns = duration_ns;
    int code = config_resolve(&options, &run->config);
    if (code != MM_OK) {
        return code;
    }
    const struct sim_model *model = sim_preset_find(run->config.preset.simulated);
    MM_ASSERT(model != NULL);
    return sim_config_of_preset(model, &run->sim);
}

// What is traded with: the parameters, and what is added to the preset's base half-spread.
struct bot_setting {
    struct params params;
    double wider_bps;
};

static inline struct engine *bot_run_engine(const struct bot_run *run, struct venue *venue,
                                            const struct bot_setting *setting)
{
    struct engine_config config = market_preset_engine(&run->config.preset, &venue->instrument,
                                                       2 * run->sim.model.reference_ticks);
    config.params = setting->params;
    config.quote.base_half_spread_bps += setting->wider_bps;
    return engine_create(&config, venue, NULL);
}

static inline int bot_run_on(const struct bot_run *run, struct venue *venue,
                             const struct bot_setting *setting, struct kpi_summary *out)
{
    struct engine *engine = bot_run_engine(run, venue, setting);
    engine_open_window(engine);
    int code = engine_run_until(engine, venue->start_ns + run->duration_ns, NULL);
    engine_close_window(engine, out);
    engine_destroy(engine);
    return code;
}

static inline int bot_run_simulated(const struct bot_run *run, const struct bot_setting *setting,
                                    struct kpi_summary *out)
{
    struct venue *venue = sim_create(&run->sim);
    int code = bot_run_on(run, venue, setting, out);
    venue_destroy(venue);
    return code;
}

#endif
