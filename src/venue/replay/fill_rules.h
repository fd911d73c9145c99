// Where the two modes of a recorded exchange differ: one flag per rule, one table for both.
//
// `compat` is the reference (hftbacktest's exchange without partial fills, and what its account
// makes of a modify); `strict` corrects it. docs/replay.md lists each difference and its test.
#ifndef MM_VENUE_REPLAY_FILL_RULES_H
#define MM_VENUE_REPLAY_FILL_RULES_H

#include "base/error.h"

#include <stdbool.h>

enum fills_mode { FILLS_STRICT = 0, FILLS_COMPAT };

struct fill_rules {
    bool partial;        // fill what a trade leaves over or a level holds, not the whole order
    bool own_queue;      // own orders at one price stand behind one another
    bool amend_in_full;  // a modify to more fills the new quantity, not the old
    bool clear_stale;    // a clear removes levels beyond the best too
    bool remember_taken; // what we took of a level is gone until the level changes
};

extern const struct fill_rules fill_rules_of[2]; // by enum fills_mode

// "strict" or "compat"; MM_ERROR_USAGE for what is neither.
int fills_mode_parse(const char *text, enum fills_mode *out) MM_CHECKED;
const char *fills_mode_text(enum fills_mode mode);

#endif
