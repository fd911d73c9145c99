// What an operator may ask of a running soak, and what becomes of it.
//
// Requests are taken between two slices of market time, on the engine's thread; each is answered
// once it is refused or its effect has been seen: for a pause or a kill that no order is left open.
// What was done is remembered with its market time, because a run is a pure function of its
// configuration, its market and this; a resumed run does it again at the same times. Plain structs;
// the soak's thread owns the state.
#ifndef MM_SOAK_OPERATOR_H
#define MM_SOAK_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

enum operator_action {
    OPERATOR_PAUSE,  // cancel everything and quote nothing until resumed
    OPERATOR_RESUME, // after a pause
    OPERATOR_KILL,   // cancel everything and quote nothing until re-armed
    OPERATOR_REARM,  // after a kill or a halt
    OPERATOR_REVERT, // the safe profile's values at once
    OPERATOR_ACTION_COUNT
};

struct operator_request {
    uint64_t id; // the asker's
    enum operator_action action;
};

enum operator_outcome { OPERATOR_WORKING, OPERATOR_DONE, OPERATOR_FAILED, OPERATOR_REFUSED };

enum { OPERATOR_TEXT_SIZE = 96 };

struct operator_answer {
    uint64_t id;
    enum operator_outcome outcome;
    uint32_t open_order_count;
    char text[OPERATOR_TEXT_SIZE]; // a sentence
};

// What was done, and when.
struct operator_deed {
    uint32_t iteration; // finished by then
    int64_t at_ns;      // market time
    enum operator_action action;
};

enum { OPERATOR_DEEDS_MAX = 256 }; // in one run; more are refused

struct operator_state {
    bool paused, killed;
    bool touched; // something was done in the present window, or it began paused or killed
    uint32_t deed_count, done_count; // done_count: of the deeds, those of an earlier process too
    struct operator_deed deeds[OPERATOR_DEEDS_MAX];
};

// NULL, or why the action makes no sense now (static). `halted` by the guard or a limit.
const char *operator_problem(const struct operator_state *state, bool halted,
                             enum operator_action action);

// Follows the action in `paused` and `killed`.
void operator_follow(struct operator_state *state, enum operator_action action);

const char *operator_action_name(enum operator_action action); // "pause", ...
bool operator_action_find(const char *name, enum operator_action *out);
const char *operator_outcome_name(enum operator_outcome outcome); // "working", "done", ...

#endif
