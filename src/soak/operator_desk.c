#include "soak/operator_desk.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// ---- answers ----

static void answer(const struct operator_desk *desk, const struct operator_request *request,
                   enum operator_outcome outcome, const char *text)
{
    struct operator_answer given = {.id = request->id,
                                    .outcome = outcome,
                                    .open_order_count =
                                        engine_get_status(desk->engine).open_order_count};
    snprintf(given.text, sizeof given.text, "%s", text);
    if (outcome != OPERATOR_WORKING) {
        char quoted[2 * OPERATOR_TEXT_SIZE];
        log_event(LOG_WARN, "operator",
                  "action=%s id=%" PRIu64 " outcome=%s open_orders=%" PRIu32 " text=%s",
                  operator_action_name(request->action), request->id,
                  operator_outcome_name(outcome), given.open_order_count,
                  log_quote(given.text, quoted, sizeof quoted));
    }
    soak_watcher_answer(desk->watcher, &given);
}

// ---- deeds ----

static bool is_halted(const struct operator_desk *desk)
{
    return desk->guard->halted || engine_get_status(desk->engine).halted;
}

static void rearm(struct operator_desk *desk)
{
    if (desk->guard->halted) {
        guard_rearm(desk->guard);
    }
    if (engine_get_status(desk->engine).halted) {
        engine_rearm(desk->engine);
    }
}

static void act(struct operator_desk *desk, enum operator_action action)
{
    struct operator_state *state = &desk->state;
    if (action == OPERATOR_REARM) {
        rearm(desk);
    }
    if (action == OPERATOR_REVERT) {
        guard_revert(desk->guard_config, desk->guard);
        engine_set_params(desk->engine, desk->guard->params);
    }
    operator_follow(state, action);
    state->touched = true;
    engine_pause(desk->engine, state->killed   ? "killed by an operator: re-arm to quote again"
                               : state->paused ? "paused by an operator"
                                               : NULL);
}

static void remember(struct operator_desk *desk, enum operator_action action, uint32_t iteration)
{
    struct operator_state *state = &desk->state;
    if (state->deed_count == OPERATOR_DEEDS_MAX) {
        state->deed_count--; // a kill is always done, and takes the place of the last deed
    }
    state->deeds[state->deed_count++] = (struct operator_deed){
        .iteration = iteration, .at_ns = engine_get_status(desk->engine).now_ns, .action = action};
    state->done_count = state->deed_count;
}

// ---- requests ----

static void follow_pending(struct operator_desk *desk)
{
    if (desk->pending.id != 0 && engine_get_status(desk->engine).open_order_count == 0) {
        answer(desk, &desk->pending, OPERATOR_DONE, "no order is open, nothing is quoted");
        desk->pending.id = 0;
    }
}

static bool needs_cancels(enum operator_action action)
{
    return action == OPERATOR_PAUSE || action == OPERATOR_KILL;
}

static const char *done_text(const struct operator_desk *desk, enum operator_action action)
{
    if (action == OPERATOR_REVERT) {
        return "the safe profile's values are in force";
    }
    return is_halted(desk) ? "no longer stopped by an operator, but halted" : "quoting again";
}

static bool serve(struct operator_desk *desk, const struct operator_request *request,
                  uint32_t iteration)
{
    const char *problem = operator_problem(&desk->state, is_halted(desk), request->action);
    if (problem != NULL) {
        answer(desk, request, OPERATOR_REFUSED, problem);
        return false;
    }
    if (desk->pending.id != 0) {
        answer(desk, &desk->pending, OPERATOR_FAILED,
               "another request came before its effect was seen");
        desk->pending.id = 0;
    }
    act(desk, request->action);
    remember(desk, request->action, iteration);
    if (needs_cancels(request->action)) {
        desk->pending = *request;
        answer(desk, request, OPERATOR_WORKING, "cancelling");
    } else {
        answer(desk, request, OPERATOR_DONE, done_text(desk, request->action));
    }
    return true;
}

bool operator_desk_serve(struct operator_desk *desk, uint32_t iteration)
{
    struct operator_request request;
    bool any = false;
    follow_pending(desk);
    while (soak_watcher_take_request(desk->watcher, &request)) {
        any |= serve(desk, &request, iteration);
    }
    return any;
}

bool operator_desk_is_pending(const struct operator_desk *desk)
{
    return desk->pending.id != 0;
}

void operator_desk_close(struct operator_desk *desk, uint32_t open_order_count)
{
    struct operator_request request;
    if (desk->pending.id != 0) {
        answer(desk, &desk->pending, open_order_count == 0 ? OPERATOR_DONE : OPERATOR_FAILED,
               open_order_count == 0 ? "the run has ended, no order is open"
                                     : "the run has ended and orders could not be confirmed ended");
        desk->pending.id = 0;
    }
    while (soak_watcher_take_request(desk->watcher, &request)) {
        answer(desk, &request, OPERATOR_REFUSED, "the run has ended");
    }
}

// ---- what an earlier process did ----

int64_t operator_desk_due_ns(const struct operator_desk *desk, uint32_t iteration)
{
    const struct operator_state *state = &desk->state;
    const struct operator_deed *next = &state->deeds[state->done_count];
    bool is_due = state->done_count < state->deed_count && next->iteration <= iteration;
    return is_due ? next->at_ns : INT64_MAX;
}

void operator_desk_repeat(struct operator_desk *desk, uint32_t iteration, int64_t now_ns)
{
    while (operator_desk_due_ns(desk, iteration) <= now_ns) {
        act(desk, desk->state.deeds[desk->state.done_count++].action);
    }
}

void operator_desk_repeat_rest(struct operator_desk *desk, uint32_t iteration, int64_t now_ns)
{
    struct operator_state *state = &desk->state;
    while (state->done_count < state->deed_count) {
        struct operator_deed *deed = &state->deeds[state->done_count++];
        *deed =
            (struct operator_deed){.iteration = iteration, .at_ns = now_ns, .action = deed->action};
        act(desk, deed->action);
    }
}

void operator_desk_open_window(struct operator_desk *desk)
{
    desk->state.touched = desk->state.paused || desk->state.killed;
}
