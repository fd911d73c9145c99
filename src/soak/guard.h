// The guard: which of the proposed changes are applied, and why the others are not.
//
// guard_step is a pure function on integers (parameters in steps): no files, no clock, no
// allocation; the same inputs give the same outputs, and everything it remembers is in struct
// guard_state, which the caller owns and keeps on disk. Each step runs the guards in DESIGN's
// order: validation, panic, late iteration, bounds and step cap, freeze, oscillation, velocity,
// number of keys, cooldown, signature, no-op. Any thread.
//
// Iterations count from 1; the step of iteration n comes after its window. "Until n" includes n.
#ifndef MM_SOAK_GUARD_H
#define MM_SOAK_GUARD_H

#include "kpi/gate.h"
#include "trade/params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_STATE_VERSION = 1,
    GUARD_CHANGES_MAX = 64, // remembered within the velocity window per parameter; full = refused
};

struct guard_config {
    uint64_t run_id;                            // part of every signature
    uint32_t iterations;                        // the last one; 0 = endless
    struct params safe;                         // what a panic reverts to; within the bounds
    int32_t min[PARAM_COUNT], max[PARAM_COUNT]; // live bounds, min < max
    int32_t cap_per_iteration[PARAM_COUNT];     // >= 1
    int32_t cap_per_window[PARAM_COUNT];        // of the velocity window, >= 1
    int64_t velocity_window_ns;                 // default one hour
    uint32_t keys_max;                          // 3
    uint32_t panic_fails, panic_hold;          // 3 FAIL in a row, then 4 iterations without changes
    uint32_t freeze_stable, freeze_hold;       // 2 stable iterations, then 4 frozen ones
    uint32_t oscillation_hold;                 // 3
    uint32_t oscillation_permille;             // 100: of the parameter's range
    uint32_t cooldown_permille, cooldown_hold; // 350 of the ranges together, then 2
    int64_t latency_freeze_ms, latency_calm_ms; // above 400; at or below 350
    uint32_t latency_calm_count;                // 2 calm iterations end it
};

// DESIGN 9's numbers with the live bounds and caps of the parameter table.
struct guard_config guard_config_default(uint64_t run_id, uint32_t iterations);

// NULL, or what is wrong with a configuration (static text).
const char *guard_config_problem(const struct guard_config *config);

struct guard_change {
    int64_t at_ns;
    int32_t size; // steps, > 0
};

struct guard_param_state {
    bool has_previous;     // `previous` is known
    int32_t previous;      // the last applied value before the one in force that differs from it
    uint32_t held_until;   // after an oscillation; 0 = not held
    uint32_t change_count; // of `changes`, oldest first
    struct guard_change changes[GUARD_CHANGES_MAX];
};

struct guard_state {
    uint32_t version;
    uint32_t iteration;   // the last one stepped, 0 = none
    struct params params; // in force
    uint32_t fail_streak;
    bool on_safe;              // reverted by a panic, nothing applied since
    bool halted;               // quote nothing until guard_rearm
    uint32_t panic_hold_until; // 0 = none, as for the next two
    uint32_t frozen_until;
    uint32_t cooldown_until;
    uint32_t stable_streak;
    bool latency_frozen;
    uint32_t calm_streak;    // calm iterations while latency_frozen
    uint64_t last_signature; // of the last proposal applied, 0 = none
    struct guard_param_state param[PARAM_COUNT];
};

void guard_state_init(struct guard_state *state, struct params params);

// NULL, or why the state cannot be what the step of `iteration` at `now_ns` finds (static text).
const char *guard_state_problem(const struct guard_config *config, const struct guard_state *state,
                                uint32_t iteration, int64_t now_ns);

struct guard_proposal {
    uint32_t iteration;   // that it was made after
    struct params before; // that it was made for
    int32_t deltas[PARAM_COUNT];
};

struct guard_input {
    uint32_t iteration;
    int64_t now_ns;            // market time; never runs backwards within a run
    enum gate_verdict verdict; // of the iteration's window, before any panic
    bool stable;               // the window was good enough; counts only with PASS or WARN
    bool has_latency;
    int64_t latency_p95_ms;
    struct guard_proposal proposal;
};

enum guard_action {
    GUARD_KEEP,   // nothing changes
    GUARD_APPLY,  // state.params are new
    GUARD_PANIC,  // cancel everything; state.params are the safe profile
    GUARD_HALT,   // cancel everything and quote nothing until re-armed
    GUARD_RECOVER // the state was not valid: state.params are the safe profile
};

enum guard_reason {
    GUARD_REASON_NONE,
    GUARD_REASON_INVALID_STATE,
    GUARD_REASON_HALTED,
    GUARD_REASON_PANIC,      // this iteration reverts
    GUARD_REASON_PANIC_HOLD, // too soon after a panic
    GUARD_REASON_LATE,
    GUARD_REASON_BOUNDS,
    GUARD_REASON_STEP_CAP,
    GUARD_REASON_FREEZE,
    GUARD_REASON_LATENCY_FREEZE,
    GUARD_REASON_OSCILLATION,
    GUARD_REASON_OSCILLATION_HOLD,
    GUARD_REASON_VELOCITY,
    GUARD_REASON_KEYS,
    GUARD_REASON_COOLDOWN,
    GUARD_REASON_SIGNATURE, // applied already
    GUARD_REASON_STALE,     // made for another iteration or other values
    GUARD_REASON_NO_OP,
    GUARD_REASON_COUNT
};

// What became of one parameter's proposed change.
struct guard_fate {
    int32_t proposed, applied; // steps
    enum guard_reason reason;  // what refused it or cut it last; NONE when applied as proposed
};

struct guard_outcome {
    enum guard_action action;
    enum guard_reason skip_reason; // why nothing was applied; NONE when something was
    const char *state_problem;     // static; set with GUARD_RECOVER
    struct params before, after;
    uint32_t changed_count;
    uint64_t signature;
    struct guard_fate fate[PARAM_COUNT];
};

void guard_step(const struct guard_config *config, struct guard_state *state,
                const struct guard_input *input, struct guard_outcome *out);

// The operator's: to the safe profile at once, and out of a halt.
void guard_revert(const struct guard_config *config, struct guard_state *state);
void guard_rearm(struct guard_state *state);

// hash(run, iteration, values before, deltas); never 0.
uint64_t guard_signature(const struct guard_config *config, const struct guard_proposal *proposal);

const char *guard_action_name(enum guard_action action); // "apply", ...
const char *guard_reason_name(enum guard_reason reason); // "step_cap", ...
const char *guard_reason_text(enum guard_reason reason); // a clause: "a frozen parameter", ...

enum { GUARD_TEXT_SIZE = 256 };

// "min_interval_ms 70 -> 75", "tail_age_ms 650 -> 720, asked 800: cut by step_cap (...)" or
// "impact_cap_ratio stays 0.09, asked 0.08: freeze (...)". Empty when nothing was proposed.
// `out` holds GUARD_TEXT_SIZE bytes.
void guard_describe(const struct guard_outcome *outcome, enum param_id id, char *out);

#endif
