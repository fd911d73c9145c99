// Where an operator's requests are served: between two slices of a soak, on its thread.
//
// The desk borrows everything; the soak says what is to be kept on disk afterwards. A request is
// done when its effect has been seen, which for a pause or a kill takes until no order is left
// open; one that comes meanwhile is served at once and ends the other's wait as failed.
#ifndef MM_SOAK_OPERATOR_DESK_H
#define MM_SOAK_OPERATOR_DESK_H

#include "engine/engine.h"
#include "soak/guard.h"
#include "soak/operator.h"
#include "soak/soak_watch.h"

struct operator_desk {
    struct operator_state state;
    const struct soak_watcher *watcher; // who asks and is answered
    struct engine *engine;
    const struct guard_config *guard_config;
    struct guard_state *guard;
    struct operator_request pending; // its effect has not been seen yet; id 0 = none
};

// Serves what has come; true when something was done that must be kept. `iteration` is how many are
// finished.
bool operator_desk_serve(struct operator_desk *desk, uint32_t iteration);

// Whether the effect of a request has not been seen yet, for which market time must pass.
bool operator_desk_is_pending(const struct operator_desk *desk);

// The end of the run: answers what is pending by how many orders could not be confirmed ended, and
// refuses what still waits.
void operator_desk_close(struct operator_desk *desk, uint32_t open_order_count);

// What an earlier process did: when the next deed of this iteration is due, INT64_MAX = none; and
// does again what is due by `now_ns`.
int64_t operator_desk_due_ns(const struct operator_desk *desk, uint32_t iteration);
void operator_desk_repeat(struct operator_desk *desk, uint32_t iteration, int64_t now_ns);
// Does all that is left at once: of an iteration that no process has finished.
void operator_desk_repeat_rest(struct operator_desk *desk, uint32_t iteration, int64_t now_ns);

// A new window begins.
void operator_desk_open_window(struct operator_desk *desk);

#endif
