// mmbot backtest --explain ID: one order's life in plain lines.
//
// Stands between the strategy and the recorded market, notes what is sent and reported of the order
// and what its queue does at the exchange, and prints it in the order of time. It owns its notes
// and borrows the venue. One thread.
#ifndef MM_CMD_BACKTEST_EXPLAIN_H
#define MM_CMD_BACKTEST_EXPLAIN_H

#include "base/error.h"
#include "venue/replay/exchange.h"
#include "venue/venue.h"

#include <stdint.h>
#include <stdio.h>

struct explain;

int explain_parse(const char *text, uint64_t *out_id) MM_CHECKED; // an order id, > 0

struct explain *explain_create(uint64_t order_id);
void explain_destroy(struct explain *explain); // accepts NULL

// For the recorded exchange, before it is made.
const struct exchange_probe *explain_probe(const struct explain *explain);

// What the strategy trades on instead of `inner`; owned by `explain`.
struct venue *explain_venue(struct explain *explain, struct venue *inner);

// MM_ERROR_USAGE when the run sent no such order.
int explain_print(struct explain *explain, FILE *out, const char *tape_path) MM_CHECKED;

#endif
