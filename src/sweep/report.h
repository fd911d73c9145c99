// A sweep's results for a person and for a machine, from its database alone: the same text however
// many processes and shards made it. Pure but for the stream; one thread.
#ifndef MM_SWEEP_REPORT_H
#define MM_SWEEP_REPORT_H

#include "base/error.h"
#include "base/text.h"
#include "sweep/ranking.h"
#include "sweep/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct report_options {
    enum ranking_order order;
    uint32_t top; // points shown
    bool json;
};

// Prints the best points and what selection did to them; *out_missing is how many of the sweep's
// points have no result.
int report_print(struct store *store, const struct report_options *options, FILE *out,
                 uint32_t *out_missing) MM_CHECKED;

// The points that are not done, as "3, 7-9".
void report_ranges(const bool *done, uint32_t count, struct text *out);

#endif
