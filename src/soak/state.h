// TUNING_STATE.json: everything tuner and guard remember, so that a run can be continued exactly.
//
// The document carries a checksum over its own text, so that a cut, flipped or edited file is told
// from one this program wrote. Reading checks form and checksum; whether the state makes sense for
// a run is guard_state_problem's business. Plain structs of the caller; any thread.
#ifndef MM_SOAK_STATE_H
#define MM_SOAK_STATE_H

#include "base/error.h"
#include "soak/artifact_manager.h"
#include "soak/config_manager.h"
#include "soak/guard.h"
#include "soak/operator.h"
#include "soak/tuner.h"

#include <jansson.h>
#include <stdint.h>

enum { STATE_VERSION = 2 };

struct tuning_state {
    uint64_t run_id;
    struct guard_state guard;
    struct tuner_history history;
    bool recovered; // the run started on the safe profile because its state could not be trusted
    // Of runtime_overrides.json as it must be, and as it was until this state was written: the
    // state is written first, so that a crash may leave the one before.
    char overrides_hash[ARTIFACT_HASH_SIZE], overrides_hash_before[ARTIFACT_HASH_SIZE];
    uint32_t deed_count; // of an operator; those after `guard.iteration` are of the next window
    struct operator_deed deeds[OPERATOR_DEEDS_MAX];
};

// A new reference, checksum included.
json_t *state_json(const struct tuning_state *state);

// MM_ERROR_INPUT says what is wrong; *out is then not valid.
int state_read(const json_t *document, struct tuning_state *out) MM_CHECKED;

#endif
