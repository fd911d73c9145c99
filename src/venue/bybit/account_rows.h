// What the exchange says about orders, executions and positions, on the private stream and in its
// answers, as integers; and what its codes mean for a request.
//
// Pure but for reading jansson's documents; any thread.
#ifndef MM_VENUE_BYBIT_ACCOUNT_ROWS_H
#define MM_VENUE_BYBIT_ACCOUNT_ROWS_H

#include "market/event.h"
#include "market/instrument.h"
#include "venue/bybit/link_id.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum order_stage {
    STAGE_OPEN,
    STAGE_FILLED,   // whole
    STAGE_ENDED,    // cancelled, with or without fills
    STAGE_REJECTED, // never stood
    STAGE_UNKNOWN   // a status we do not know: nothing follows from it
};

struct order_row {
    char link[LINK_ID_SIZE]; // "" = none, or longer than ours can be
    enum order_stage stage;
    bool would_take; // ended because it was post-only and would have crossed
    enum side side;
    int64_t price_ticks, qty_lots, cum_lots; // qty: of the whole order, cum: executed of it
    int64_t updated_ms;
};

enum execution_kind {
    EXECUTION_FILL,    // moves the position
    EXECUTION_FUNDING, // money only
    EXECUTION_OTHER    // of a kind we do not know, or that we cannot read
};

struct execution_row {
    char link[LINK_ID_SIZE];
    uint64_t id; // of execId, 64 bits of it
    enum execution_kind kind;
    enum side side;
    bool maker;
    bool has_leaves;
    int64_t price_ticks, qty_lots, leaves_lots;
    int64_t fee_e9; // of funding: paid; negative: received
    int64_t time_ms;
};

struct position_row {
    int64_t size_lots;  // negative: short
    int64_t mode_index; // 0: one-way
};

// Each is false for a row of another symbol, and for one that cannot be read (of an order or an
// execution of our symbol: `*out_broken` is then true).
bool order_row_read(const json_t *item, const struct instrument *instrument, struct order_row *out,
                    bool *out_broken);
bool execution_row_read(const json_t *item, const struct instrument *instrument,
                        struct execution_row *out, bool *out_broken);
bool position_row_read(const json_t *item, const struct instrument *instrument,
                       struct position_row *out);

// What an answer's code says about the request that it answers.
enum code_meaning {
    CODE_ACCEPTED,
    CODE_REFUSED,  // for sure not done
    CODE_GONE,     // the order is not open (any more): what became of it is to be found out
    CODE_BUSY,     // the order is being worked on: once more, a little later
    CODE_AMBIGUOUS // may have been done: only a question can tell
};
enum code_meaning code_read(json_int_t code);
bool code_is_rate_limit(json_int_t code);

#endif
