// The reference ladder: a plain market maker whose order log is known value by value, so that a
// replay can be checked. Five prices a side around the mid, shifted against the position.
//
// Pure policy over plain structs; nothing is kept between calls. Position and limit are doubles in
// the instrument's unit, as the reference adds them up, because its log depends on that rounding.
#ifndef MM_TRADE_LADDER_H
#define MM_TRADE_LADDER_H

#include "base/error.h"
#include "market/event.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LADDER_LEVELS = 5,
    LADDER_ORDERS_MAX = 256, // own orders, finished ones that were not looked at yet included
    LADDER_HALF_SPREAD_MAX = 1000000
};

struct ladder_config {
    int64_t qty_lots;
    double max_position;
    int64_t half_spread_ticks;
};

struct ladder_order {
    int64_t price_ticks;
    enum side side;
    bool cancellable;
};

struct ladder_view {
    int64_t bid_ticks, ask_ticks;
    double position;
    const struct ladder_order *orders; // oldest first
    uint32_t order_count;
};

struct ladder_place {
    enum side side;
    int64_t price_ticks;
};

struct ladder_actions {
    uint32_t cancel_count, place_count;
    uint32_t cancels[LADDER_ORDERS_MAX]; // indices of orders
    struct ladder_place places[2 * LADDER_LEVELS];
};

// The constants of the golden logs: 0.001, 0.01 and 20 ticks; 1 and 10 lots where 0.001 is not a
// whole number of lots.
struct ladder_config ladder_defaults(const struct instrument *instrument);

// Reads "qty=0.001,max_position=0.01,half_spread=20" (each optional, over what is in *config;
// quantities in the instrument's unit, whole lots; the half spread in ticks). MM_ERROR_USAGE names
// the key, the value and what is allowed.
int ladder_parse(const char *text, const struct instrument *instrument,
                 struct ladder_config *config) MM_CHECKED;

// The prices wanted on one side, best first; returns how many (LADDER_LEVELS, or 0 when the
// position leaves no room on that side).
uint32_t ladder_wanted(const struct ladder_config *config, const struct ladder_view *view,
                       enum side side, int64_t out[LADDER_LEVELS]);

// What to cancel (ascending) and then what to place (buys, then sells).
void ladder_decide(const struct ladder_config *config, const struct ladder_view *view,
                   struct ladder_actions *out);

#endif
