// `mmbot tape show` and `mmbot tape latency`: the rows of a tape, and of a latency log, as lines.
#ifndef MM_CMD_TAPE_LOOK_H
#define MM_CMD_TAPE_LOOK_H

#include "base/error.h"
#include "market/tape.h"

#include <stdint.h>
#include <stdio.h>

// Which messages, by the exchange's clock: from and up to a time, both included, and how many.
struct tape_span {
    int64_t from_ns, to_ns;
    uint64_t count;
};

// Prints messages: a line for each with its stamp, then one for each row with its number.
void tape_show(FILE *out, const struct tape *tape, const struct tape_span *span);

// Prints a latency log as CSV, or writes it to `out_path` in the form that its name asks for.
int tape_convert_latency(const char *path, const char *out_path) MM_CHECKED;

#endif
