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
#include "soak/tuner.h"

#include <jansson.h>
#include <stdint.h>

enum { STATE_VERSION = 1 };

struct tuning_state {
    uint64_t run_id;
    struct guard_state guard;
    struct tuner_history history;
    char overrides_hash[ARTIFACT_HASH_SIZE]; // of runtime_overrides.json beside it
};

// A new reference, checksum included.
json_t *state_json(const struct tuning_state *state);

// MM_ERROR_INPUT says what is wrong; *out is then not valid.
int state_read(const json_t *document, struct tuning_state *out) MM_CHECKED;

#endif
