// What mmbot compare shows: for a person as text, for a program as JSON. Borrows everything.
#ifndef MM_CMD_COMPARE_PRINT_H
#define MM_CMD_COMPARE_PRINT_H

#include "soak/compare.h"

#include <stdio.h>

enum { COMPARE_SHOWN = 20 };
#define COMPARE_SHOWN_TEXT "20"

struct compare_shown {
    const char *directory, *recording;
    const struct session *session;
    const struct comparison *comparison;
    int64_t tolerance_ns;
    bool all; // every difference
};

void compare_print(const struct compare_shown *shown, FILE *out);
void compare_print_json(const struct compare_shown *shown, FILE *out);

#endif
