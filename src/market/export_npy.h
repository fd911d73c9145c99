// Writes a tape as hftbacktest's feed file: .npz, or .npy where the path ends so.
//
// A message that both clocks bring in the same place becomes rows of both, else rows of each apart,
// as the reference's correct_event_order orders them (hftbacktest 2.4, data/validation.py). Gaps
// and best bids and offers are left out: the format has no row for them that replay heeds.
#ifndef MM_MARKET_EXPORT_NPY_H
#define MM_MARKET_EXPORT_NPY_H

#include "base/error.h"
#include "market/tape.h"

#include <stdint.h>

// The file appears whole or not at all.
int export_npy(const struct tape *tape, const char *path, uint64_t *out_row_count) MM_CHECKED;

#endif
