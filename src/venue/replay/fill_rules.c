#include "venue/replay/fill_rules.h"

#include <string.h>

const struct fill_rules fill_rules_of[2] = {
    [FILLS_STRICT] = {.partial = true,
                      .own_queue = true,
                      .amend_in_full = true,
                      .clear_stale = true,
                      .remember_taken = true},
    [FILLS_COMPAT] = {0},
};

int fills_mode_parse(const char *text, enum fills_mode *out)
{
    for (int mode = FILLS_STRICT; mode <= FILLS_COMPAT; mode++) {
        if (strcmp(text, fills_mode_text((enum fills_mode)mode)) == 0) {
            *out = (enum fills_mode)mode;
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_USAGE, "fills '%s': there are strict and compat", text);
}

const char *fills_mode_text(enum fills_mode mode)
{
    return mode == FILLS_COMPAT ? "compat" : "strict";
}
