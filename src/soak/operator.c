#include "soak/operator.h"

#include <string.h>

static const char *const action_names[OPERATOR_ACTION_COUNT] = {[OPERATOR_PAUSE] = "pause",
                                                                [OPERATOR_RESUME] = "resume",
                                                                [OPERATOR_KILL] = "kill",
                                                                [OPERATOR_REARM] = "rearm",
                                                                [OPERATOR_REVERT] = "revert"};

const char *operator_problem(const struct operator_state *state, bool halted,
                             enum operator_action action)
{
    if (state->deed_count == OPERATOR_DEEDS_MAX && action != OPERATOR_KILL) {
        return "too many requests in this run; only kill is left";
    }
    switch (action) {
    case OPERATOR_PAUSE:
        return state->killed ? "killed already: it quotes nothing until it is re-armed" : NULL;
    case OPERATOR_RESUME:
        if (state->killed) {
            return "killed: re-arm it instead";
        }
        return state->paused ? NULL : "not paused";
    case OPERATOR_REARM:
        return state->killed || halted ? NULL : "neither killed nor halted";
    default:
        return NULL;
    }
}

void operator_follow(struct operator_state *state, enum operator_action action)
{
    switch (action) {
    case OPERATOR_PAUSE:
        state->paused = true;
        break;
    case OPERATOR_RESUME:
        state->paused = false;
        break;
    case OPERATOR_KILL:
        state->killed = true;
        state->paused = false;
        break;
    case OPERATOR_REARM:
        state->killed = false;
        state->paused = false;
        break;
    default:
        break;
    }
}

const char *operator_action_name(enum operator_action action)
{
    return action_names[action];
}

bool operator_action_find(const char *name, enum operator_action *out)
{
    for (int i = 0; i < OPERATOR_ACTION_COUNT; i++) {
        if (strcmp(action_names[i], name) == 0) {
            *out = (enum operator_action)i;
            return true;
        }
    }
    return false;
}

const char *operator_outcome_name(enum operator_outcome outcome)
{
    static const char *const names[] = {[OPERATOR_WORKING] = "working",
                                        [OPERATOR_DONE] = "done",
                                        [OPERATOR_FAILED] = "failed",
                                        [OPERATOR_REFUSED] = "refused"};
    return names[outcome];
}
