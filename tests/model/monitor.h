// What the guard may and must do, said a second time: beside a run of guard steps the monitor keeps
// the history that the guards' rules speak of (how long ago, how many in a row, how much within the
// window) and judges each step by it. It shares no code with the guard.
//
// It judges twice. The rules as sentences: whatever changed was allowed to. And the whole ruling:
// what becomes of each proposed change and why, so that the guard is no stricter than it says.
// The caller owns the memory; nothing is allocated; any thread.
#ifndef MM_TESTS_MODEL_MONITOR_H
#define MM_TESTS_MODEL_MONITOR_H

#include "soak/guard.h"

#include <stdbool.h>
#include <stdint.h>

enum { MONITOR_MOVES_MAX = PARAM_COUNT * GUARD_CHANGES_MAX, MONITOR_LONG_AGO = 1 << 20 };

struct monitor_param {
    bool has_from;          // it has moved, and the way back is not forgotten
    int32_t from;           // the value it had before the one in force
    uint32_t since_refused; // iterations since a return was refused
};

struct monitor_move {
    int64_t at_ns;
    int32_t size;
    enum param_id param;
};

struct monitor {
    struct params values; // in force
    uint32_t fails;       // FAIL in a row
    bool on_safe;         // reverted, and nothing applied since
    bool halted;
    bool late_acks;
    uint32_t since_panic, since_large, since_freeze; // iterations; MONITOR_LONG_AGO = never
    uint32_t stable_run;                             // stable iterations in a row, outside a freeze
    uint32_t calm_run;
    uint64_t last_applied; // its signature
    struct monitor_param param[PARAM_COUNT];
    uint32_t move_count;
    struct monitor_move moves[MONITOR_MOVES_MAX]; // those within the velocity window
};

void monitor_init(struct monitor *monitor, const struct params *values);
// Copies only the moves there are.
void monitor_copy(struct monitor *to, const struct monitor *from);

// Judges the step of a new iteration from a valid state, then remembers it. NULL, or the rule that
// was broken (static text).
const char *monitor_observe(struct monitor *monitor, const struct guard_config *config,
                            const struct guard_input *input, const struct guard_outcome *out,
                            const struct params *after);

// The operator's revert and re-arm; a state replaced because it was not valid.
void monitor_revert(struct monitor *monitor, const struct guard_config *config);
void monitor_rearm(struct monitor *monitor);
void monitor_recover(struct monitor *monitor, const struct guard_config *config);

#endif
