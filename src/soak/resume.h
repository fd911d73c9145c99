// What --resume finds: a run to go on with, nothing yet, or something that cannot be trusted.
//
// TUNING_STATE.json is what commits an iteration: it is written after the summary and before
// runtime_overrides.json. So the overrides on disk are those of the state, or, when the process
// died between the two, those before it. Reading changes nothing. The struct is the caller's memory
// and owns its document; one thread.
#ifndef MM_SOAK_RESUME_H
#define MM_SOAK_RESUME_H

#include "base/error.h"
#include "soak/artifact_manager.h"
#include "soak/state.h"

#include <jansson.h>
#include <stdbool.h>

enum resume_kind {
    RESUME_FRESH,    // nothing was committed: the run starts at its beginning
    RESUME_CONTINUE, // after `state.guard.iteration`
    RESUME_SAFE      // `reason` says why the state cannot be trusted: a new run, safe profile
};

enum { RESUME_REASON_SIZE = 512 };

struct resume {
    enum resume_kind kind;
    struct tuning_state state;
    json_t *document;       // owned; the state as it was read
    bool overrides_are_old; // runtime_overrides.json is the one before the state
    char reason[RESUME_REASON_SIZE];
};

// An error only when the directory cannot be read.
int resume_read(const struct artifacts *artifacts, struct resume *out) MM_CHECKED;

// While the last run's files are moved away for a run on the safe profile, a mark with the reason
// stands in the directory, so that a process that dies meanwhile does not lose the decision.
int resume_mark_safe(const struct artifacts *artifacts, const char *reason) MM_CHECKED;
int resume_unmark_safe(const struct artifacts *artifacts) MM_CHECKED;

void resume_fini(struct resume *resume); // accepts a zeroed one

#endif
