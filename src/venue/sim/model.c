#include "venue/sim/model.h"

#include "base/check.h"
#include "base/maths.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { JUMP_KICK_MOST = 20 }; // a jump counts as at most this many scales when it brings takers

// Sources: the market recipe's parameter table (section 3), found there against the bands of
// tuning D9; btc-perp is fitted to a capture of Binance BTCUSDT perpetual, 2024-08-08, alt-perp is
// designed, not calibrated. Latencies are of a rented server near the exchange: of the order of
// 10 ms to a large venue, of 25 ms to a smaller one, with a tail a few times shorter than that.
static const struct sim_model presets[] = {
    {
        .name = "alt-perp",
        .symbol = "ALTUSDT",
        .tick = {1, -4}, // half a bp of the reference price 2.0000
        .lot = {1, 0},
        .contract_size = {1, 0},
        .reference_ticks = 20000,
        .span = 1u << 17, // 6.5 times the reference price
        .latency = {.feed_ns = 20000000,
                    .entry_ns = 20000000,
                    .response_ns = 20000000,
                    .jitter_ns = 5000000},
        .base_rate = .30,
        .fast_kick = .25,
        .fast_decay = 5, // a burst lasts about .2 s
        .slow_kick = .30,
        .slow_decay = .1, // activity comes in spells of about 10 s
        .news_fast = .3,
        .news_slow = 0,
        .copy_chance = .5,
        .copy_power = .9,
        .informed_chance = .5,
        .informed_edge = 1,
        .taker_median = 200,
        .taker_sigma = 1.2,
        .informed_size = 1,
        .taker_slippage = 8,
        .impact = .7, // .35 bps: adverse selection in calm is the flow's permanent impact
        .jump_rate = .03,
        .jump_per_taker = .05,
        .jump_scale = 4,
        .jump_power = 3,
        .jump_most = 40,
        .jump_follows = 0,
        .diffusion = .35,
        .drift = 0,
        .half_spread = 8, // 4 bps
        .dead_band = 3,
        .skew_scale = 3,
        .skew = .7,
        .price_noise = .5,
        .join_rate = 3,
        .deeper_rate = 6,
        .depth_power = 1,
        .depth_scale = 4,
        .depth_most = 300,
        .order_median = 250,
        .order_sigma = 1,
        .gap_median = 300,
        .fast_cancel = .2,
        .slow_cancel = .03,
        .pull_rate = 5,
        .pull_after_hit = 0,
        .gap_rate = 8,
    },
    {
        .name = "btc-perp",
        .symbol = "BTCUSDT",
        .tick = {1, -1}, // .0162 bps of the reference price 61700.0
        .lot = {1, -3},
        .contract_size = {1, 0},
        .reference_ticks = 617000,
        .span = 1u << 21, // 3.4 times the reference price
        .latency = {.feed_ns = 10000000,
                    .entry_ns = 10000000,
                    .response_ns = 10000000,
                    .jitter_ns = 2000000},
        .base_rate = 2.2,
        .fast_kick = .15,
        .fast_decay = 100, // reactions within about 10 ms
        .slow_kick = .35,
        .slow_decay = 2, // and within about half a second
        .news_fast = 1.1,
        .news_slow = 2.2,
        .copy_chance = .8,
        .copy_power = .25,
        .informed_chance = 1,
        .informed_edge = 4,
        .taker_median = 30,
        .taker_sigma = 2.5,
        .informed_size = 3,
        .taker_slippage = 10,
        .impact = 0, // the efficient price moves by jumps alone
        .jump_rate = 1.4,
        .jump_per_taker = .1,
        .jump_scale = 39,
        .jump_power = 2.6,
        .jump_most = 400,
        .jump_follows = .3,
        .diffusion = 0,
        .drift = 0,
        .half_spread = .5, // the spread is one tick
        .dead_band = 12,
        .skew_scale = 4,
        .skew = .9, // 1 lets a queue grow without limit while the price leans one way
        .price_noise = 0,
        .join_rate = 130,
        .deeper_rate = 40,
        .depth_power = .6, // Bouchaud, Mezard and Potters 2002
        .depth_scale = 2,
        .depth_most = 1500,
        .order_median = 70,
        .order_sigma = 1.5,
        .gap_median = 300,
        .fast_cancel = 1.5,
        .slow_cancel = .1,
        .pull_rate = 10,      // makers see the price move for themselves within 100 ms
        .pull_after_hit = 60, // and within 15 ms once one of them was hit
        .gap_rate = 2500,
    },
};

// What a regime does to a preset (recipe section 3, "Regimes"). In a spike takers are informed and
// in a panic for all of the stay, not only while the price falls: the volatility halt keeps a
// quoter out of most of a fall, and as half of it comes back the fall alone costs little.
struct regime_spec {
    const char *name;
    double dwell_s; // mean; the recipe did not try any, these are plausible
    double base_rate, jump_scale, diffusion, impact, join_rate, deeper_rate;
    double order_size, gap_rate;
    double wide_half_spread; // only where the makers' half-spread is above half a tick
    double drift_bps;        // per second
    bool all_informed;
    double follows[SIM_REGIME_COUNT]; // weights of the next regime
};

static const struct regime_spec regimes[SIM_REGIME_COUNT] = {
    [SIM_CALM] = {"calm", 3600, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, false, {0, 40, 4, 32, 24}},
    [SIM_VOLATILE] =
        {"volatile", 1200, 1.5, 1.8, 2, 2, .8, 1, 1, 1, 1.25, 0, false, {60, 0, 10, 10, 20}},
    [SIM_SPIKE] = {"spike", 240, 1.5, 3, 3, 5, 1, 1, 1, 1, 1, 0, true, {30, 70, 0, 0, 0}},
    [SIM_THIN] = {"thin", 1800, .5, 1, 1, 1, .4, .4, .5, .4, 1.3, 0, false, {75, 15, 5, 0, 5}},
    [SIM_TREND] = {"trend", 1200, 1, 1, 1, 1, 1, 1, 1, 1, 1, .155, false, {65, 30, 5, 0, 0}},
};

const char *sim_preset_name(uint32_t number)
{
    return number < sizeof(presets) / sizeof(presets[0]) ? presets[number].name : NULL;
}

const struct sim_model *sim_preset_find(const char *name)
{
    for (uint32_t i = 0; sim_preset_name(i) != NULL; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            return &presets[i];
        }
    }
    return NULL;
}

const char *sim_regime_name(enum sim_regime regime)
{
    return regime == SIM_SWITCHING ? "switch" : regimes[regime].name;
}

bool sim_regime_parse(const char *text, enum sim_regime *out)
{
    for (int regime = 0; regime <= SIM_SWITCHING; regime++) {
        if (strcmp(sim_regime_name((enum sim_regime)regime), text) == 0) {
            *out = (enum sim_regime)regime;
            return true;
        }
    }
    return false;
}

struct sim_model sim_model_in_regime(const struct sim_model *preset, enum sim_regime regime)
{
    MM_ASSERT(regime < SIM_REGIME_COUNT);
    const struct regime_spec *spec = &regimes[regime];
    struct sim_model model = *preset;
    model.base_rate *= spec->base_rate;
    model.jump_scale *= spec->jump_scale;
    model.diffusion *= spec->diffusion;
    model.impact *= spec->impact;
    model.join_rate *= spec->join_rate;
    model.deeper_rate *= spec->deeper_rate;
    model.order_median *= spec->order_size;
    model.gap_median *= spec->order_size;
    model.gap_rate *= spec->gap_rate;
    model.half_spread *= model.half_spread > .5 ? spec->wide_half_spread : 1;
    model.drift = spec->drift_bps * 1e-4 * (double)preset->reference_ticks;
    model.informed_chance = spec->all_informed ? 1 : model.informed_chance;
    return model;
}

double sim_regime_dwell(enum sim_regime regime)
{
    MM_ASSERT(regime < SIM_REGIME_COUNT);
    return regimes[regime].dwell_s;
}

double sim_regime_follows(enum sim_regime from, enum sim_regime to)
{
    MM_ASSERT(from < SIM_REGIME_COUNT && to < SIM_REGIME_COUNT);
    double sum = 0;
    for (int i = 0; i < SIM_REGIME_COUNT; i++) {
        sum += regimes[from].follows[i];
    }
    return regimes[from].follows[to] / sum;
}

// kappa: takers that a jump brings on average. E[min(Y, c)] of a Lomax variable Y with scale 1 and
// tail a is (1 - (1 + c)^(1 - a)) / (a - 1).
static double news_kick(const struct sim_model *model)
{
    double cap = fmin(model->jump_most / model->jump_scale, JUMP_KICK_MOST);
    double a = model->jump_power;
    double mean = (1 - mm_pow(1 + cap, 1 - a)) / (a - 1);
    return (model->news_fast + model->news_slow) * mean;
}

double sim_model_branching(const struct sim_model *model)
{
    return model->fast_kick + model->slow_kick + news_kick(model) * model->jump_per_taker;
}

double sim_model_taker_rate(const struct sim_model *model)
{
    return (model->base_rate + news_kick(model) * model->jump_rate) /
           (1 - sim_model_branching(model));
}
