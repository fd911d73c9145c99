// The levels of an order book as exchanges print them: an array of ["price","quantity"], read
// straight into the tape builder as rows.
#ifndef MM_MARKET_CAPTURE_LEVELS_H
#define MM_MARKET_CAPTURE_LEVELS_H

#include "market/capture_json.h"
#include "market/capture_steps.h"
#include "market/event.h"
#include "market/tape_builder.h"

#include <stdbool.h>
#include <stddef.h>

struct capture_levels {
    bool present;
    size_t first, count; // rows in the builder
};

struct level_reader {
    struct tape_builder *builder; // borrowed; NULL: both steps are given
    struct step_reader price, qty;
    int failure; // an error that was pushed already; json->error may be unset then
};

// One ["price","quantity"]; the price is not 0. With both steps given, no builder is needed.
bool capture_level_read(struct level_reader *reader, struct capture_json *json,
                        int64_t *out_price_ticks, int64_t *out_qty_lots);

// Steps over the array. False on a fault: reader->failure is negative, or json->error says it.
bool capture_levels_read(struct level_reader *reader, struct capture_json *json,
                         struct capture_levels *levels, enum side side);

#endif
