// The synthetic market's parameters: presets, regimes, and the two figures that follow from them.
//
// Plain structs, copied freely; pure functions; any thread. The mechanism the numbers drive is in
// world.h and flow.h; the numbers are from the market recipe (docs/simulator.md), section 3.
// Distances are in ticks, sizes in lots, rates per second.
#ifndef MM_VENUE_SIM_MODEL_H
#define MM_VENUE_SIM_MODEL_H

#include "base/decimal.h"

#include <stdbool.h>
#include <stdint.h>

enum sim_regime {
    SIM_CALM,
    SIM_VOLATILE,
    SIM_SPIKE,
    SIM_THIN,
    SIM_TREND,
    SIM_REGIME_COUNT,
    SIM_SWITCHING = SIM_REGIME_COUNT // by the semi-Markov chain, starting in calm
};

// Delays of messages; each is a constant plus an exponential part, and never overtakes another.
struct sim_latency {
    int64_t feed_ns, entry_ns, response_ns; // constant part
    int64_t jitter_ns;                      // mean of the exponential part, of all three
};

struct sim_model {
    const char *name;
    // Instrument (linear, settled in USDT) and the prices its book can hold: (0, span).
    const char *symbol;
    struct decimal tick, lot, contract_size;
    int64_t reference_ticks;
    uint32_t span;
    struct sim_latency latency;

    // World: takers.
    double base_rate;               // mu: takers without any excitation
    double fast_kick, fast_decay;   // n1, beta1
    double slow_kick, slow_decay;   // n2, beta2
    double news_fast, news_slow;    // g, g2: takers that a jump brings, per jump scale
    double copy_chance, copy_power; // q_c, a: sign copied from l takers ago, P(lag > l) ~ l^-a
    double informed_chance;         // p_inf
    double informed_edge;           // theta_i: what an informed taker must gain
    double taker_median, taker_sigma;
    double informed_size;  // infm: size of an informed taker relative to the others
    double taker_slippage; // how far an uninformed taker walks
    double impact;         // imp: permanent, mean per taker's intent

    // World: the efficient price.
    double jump_rate, jump_per_taker;         // j0, j1
    double jump_scale, jump_power, jump_most; // jS, jA, Jcap: Lomax
    double jump_follows;                      // j_b: chance that a jump has the last intent's sign
    double diffusion;                         // sigma, ticks per square root of a second
    double drift;                             // ticks per second, sign drawn at the regime's entry

    // Book.
    double half_spread;              // w: makers'
    double dead_band;                // theta: makers do not move inside it
    double skew_scale, skew;         // xs, c: how queues lean to the efficient price
    double price_noise;              // ns: of who fills a gap
    double join_rate, deeper_rate;   // Lt, Lf
    double depth_power, depth_scale; // mu, d1: distance law of deeper orders
    double depth_most;               // dmax
    double order_median, order_sigma;
    double gap_median;                // rfm: size of a gap filling order
    double fast_cancel, slow_cancel;  // dF, dS: per order
    double pull_rate, pull_after_hit; // rp, rt
    double gap_rate;                  // rf
};

// NULL when there is no such preset.
const struct sim_model *sim_preset_find(const char *name);
// The preset's name by number, NULL past the last.
const char *sim_preset_name(uint32_t number);

// "calm" ... "trend" and "switch"; false when there is no such regime.
bool sim_regime_parse(const char *text, enum sim_regime *out);
const char *sim_regime_name(enum sim_regime regime);

// The preset with a regime's multipliers applied; SIM_SWITCHING is not one.
struct sim_model sim_model_in_regime(const struct sim_model *preset, enum sim_regime regime);

// Mean time in a regime, seconds, and the chance that `to` follows `from`.
double sim_regime_dwell(enum sim_regime regime);
double sim_regime_follows(enum sim_regime from, enum sim_regime to);

// Share of takers that earlier takers brought, n1 + n2 + kappa * j1; the flow is stable below 1.
double sim_model_branching(const struct sim_model *model);
// Mean takers per second, (mu + kappa * j0) / (1 - branching).
double sim_model_taker_rate(const struct sim_model *model);

#endif
