// One line of a Binance capture, read into the fields that the importer needs; levels go straight
// into the tape builder as rows. See import_binance.h for what the lines are.
#ifndef MM_MARKET_BINANCE_MESSAGE_H
#define MM_MARKET_BINANCE_MESSAGE_H

#include "base/error.h"
#include "market/capture_json.h"
#include "market/capture_levels.h"
#include "market/capture_steps.h"
#include "market/event.h"
#include "market/tape_builder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum binance_stream { STREAM_NONE, STREAM_DEPTH, STREAM_TRADE, STREAM_TICKER, STREAM_OTHER };

// Texts are borrowed from the line.
struct binance_message {
    int64_t local_ts_ns;
    enum binance_stream stream, event; // by the wrapper's name; by "e"
    bool skip;        // of a stream or symbol that is not wanted: the rest was only checked
    bool foreign;     // of another symbol
    bool has_pair;    // ps or pair: COIN-M
    bool is_snapshot; // lastUpdateId is there
    bool has_maker, maker;
    struct capture_text symbol, price, qty, order_type;
    struct capture_text best_price[2], best_qty[2];
    uint64_t event_ms, match_ms;                         // E, T; 0: absent
    uint64_t first_update, last_update, previous_update; // U, u, pu
    uint64_t snapshot_update;                            // lastUpdateId
    struct capture_levels levels[2];
};

struct binance_reader {
    struct level_reader levels;
    const char *symbol; // the one wanted, borrowed; empty while none is known
    bool symbol_fixed;  // by the operator: messages of others are left out
};

// Reads `<receive ns> <json>` up to its '\n'. On an error (pushed, without file and line) rows may
// have been added.
int binance_message_read(struct binance_reader *reader, const char *line,
                         struct binance_message *out) MM_CHECKED;

#endif
