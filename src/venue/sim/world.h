// The world (stream X): the efficient price, who wants to trade and when, regimes and crashes.
//
// It never reads the book, so the price's path and every taker's time, size and intent are the same
// whatever anybody quotes; only what a taker's execution finds differs (flow.h). Takers arrive by
// two self-exciting kernels, their signs copy earlier ones at power-law lags, jumps bring further
// takers; market recipe, section 2.1. Plain memory owned by the caller; one owner thread; nothing
// is allocated.
#ifndef MM_VENUE_SIM_WORLD_H
#define MM_VENUE_SIM_WORLD_H

#include "base/random.h"
#include "market/event.h"
#include "venue/sim/draw.h"
#include "venue/sim/model.h"

#include <stdbool.h>
#include <stdint.h>

enum { WORLD_INTENTS = 256, WORLD_LAG_MOST = 200 };

enum world_event_kind {
    WORLD_QUIET, // nothing the book could see, at most a move of the efficient price
    WORLD_TAKER
};

struct world_event {
    enum world_event_kind kind;
    int64_t ts_ns;
    double value;     // efficient price in ticks at the taker's arrival, before its impact
    enum side intent; // what an uninformed taker does
    bool may_be_informed;
    double size_lots; // of an uninformed taker, not rounded
};

enum crash_phase { CRASH_NONE, CRASH_FALL, CRASH_RECOVERY };

struct world {
    struct sim_model preset, model; // model: the preset in the present regime
    enum sim_regime regime;
    int64_t regime_since_ns, regime_ns[SIM_REGIME_COUNT]; // time in each before the present stay
    bool switching;
    double value;                          // V, the efficient price in ticks
    double fast, slow;                     // h1, h2, as of updated_ns
    double beat_fast_left, beat_slow_left; // what a beat leaves of them
    double bound;                          // of the intensity until the next candidate
    int64_t updated_ns;
    int64_t next_ns; // the earliest of the four below
    int64_t candidate_ns, beat_ns, crash_ns, regime_end_ns;
    enum crash_phase crash;
    int64_t crash_phase_end_ns;
    double crash_speed;   // of the efficient price, ticks per second
    enum side crash_side; // the side of the book that is gone: bids in a fall
    uint64_t step_count;  // events so far
    uint64_t taker_count, jump_count, crash_count, held_count; // held: V met its outer bound
    uint32_t intent_count;
    int8_t intents[WORLD_INTENTS];
    struct random_stream stream, regime_stream, crash_stream;
    struct draw_table taker_size, jump, lag, normal;
    struct draw_exponential gap;
};

// Starts at `start_ns` in `regime` (SIM_SWITCHING: in calm).
void world_init(struct world *world, const struct sim_model *preset, enum sim_regime regime,
                uint64_t seed, int64_t start_ns);

// Takes the event at next_ns. On return `value` holds what follows the event, a taker's permanent
// impact included.
struct world_event world_step(struct world *world);

// The time spent in each regime from the start to `now_ns`, which the world must have reached.
void world_regime_times(const struct world *world, int64_t now_ns, int64_t out[SIM_REGIME_COUNT]);

// 1 while a crash lasts, falling to 0 while the market recovers.
double world_stress(const struct world *world, int64_t now_ns);

#endif
