// Rate limits: per account and endpoint over a rolling second, and per address over five.
#ifndef MM_BOURSE_RATE_H
#define MM_BOURSE_RATE_H

#include "bourse/state.h"

struct rate_state {
    uint32_t limit, left;
    int64_t reset_ms; // when there is room again; now when there is
};

// Takes one of the group's requests; false when none is left. *out is what the headers say.
bool rate_take(struct bourse *bourse, struct account *account, enum rate_group group,
               struct rate_state *out);

// Counts a REST request of the address; false while it is banned.
bool rate_take_address(struct bourse *bourse);

#endif
