// A frame of the public streams to integers: ticks, lots, and milliseconds of the exchange.
//
// bybit_parser_read is what every frame goes through: compact JSON is read where it lies, at the
// speed of memory; what that reader does not know (blanks across lines, escapes, numbers without
// quotes) is left to jansson, and only what neither understands is refused. Both give the same
// result for the same frame. Allocates in init, and in jansson's part. One owner thread.
#ifndef MM_VENUE_BYBIT_FRAME_PARSER_H
#define MM_VENUE_BYBIT_FRAME_PARSER_H

#include "base/decimal.h"
#include "base/error.h"
#include "market/bybit_frame.h"
#include "market/capture_levels.h"
#include "market/event.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BYBIT_LEVELS_MAX = 4096, // of one frame, both sides
    BYBIT_TRADES_MAX = 1024, // of one frame: the most the exchange sends
    BYBIT_PADDING = 16,      // bytes behind a frame's text that may be read and changed
    BYBIT_DIGITS_MAX = 7     // before a number's dot, and behind it, for the fast reader
};

struct bybit_level {
    int64_t price_ticks, qty_lots; // qty 0: the level is gone
};

struct bybit_public_trade {
    int64_t price_ticks, qty_lots;
    uint64_t match_ms;
    enum side taken; // the side of the book it took from
};

struct bybit_public {
    enum bybit_frame_kind kind; // OTHER: no book and no trade of this symbol; the rest is unset
    uint64_t ts_ms, cts_ms;     // cts 0: absent
    // A book: bids, then asks.
    bool is_snapshot;
    uint64_t depth, update, sequence;
    uint32_t bid_count, level_count;
    struct bybit_level *levels; // owned by the parser
    // Trades that moved the market, in the order of their matching.
    uint32_t trade_count;
    struct bybit_public_trade *trades; // owned by the parser
};

// Eight bytes of a number's text: what they must be, and by how much each may differ.
struct bybit_pattern {
    uint64_t text, cared, margin;
};

// Numbers with so many digits before the dot and so many behind it.
struct bybit_shape {
    struct bybit_pattern whole, fraction; // fraction: all 0 without a dot
    uint64_t scale;                       // from the digits to the finest decimal
    uint8_t size;                         // with the quote; 0: not for the fast reader
    uint8_t fraction_at;                  // bytes behind the first digit
    uint8_t whole_shift, fraction_shift;  // to the places of eight digits in a row
};

// How the fast reader gets from digits to steps.
struct bybit_fixed {
    uint32_t decimals; // the digits are a number of 10^-decimals,
    uint64_t divisor;  // of which so many are a step
    struct bybit_shape shapes[BYBIT_DIGITS_MAX + 1][BYBIT_DIGITS_MAX + 1]; // [before][behind]
};

struct bybit_parser {
    char symbol[INSTRUMENT_NAME_SIZE];
    struct level_reader steps; // what the importer reads numbers with
    struct bybit_fixed price, qty;
    struct bybit_public out;
    bool side_seen[2];
    uint64_t slow_count;  // frames that jansson had to read
    uint64_t block_count; // trades agreed outside the book, left out
};

// MM_ERROR_USAGE for a tick or lot that is not above 0 or out of range.
int bybit_parser_init(struct bybit_parser *parser, const struct instrument *instrument) MM_CHECKED;
void bybit_parser_fini(struct bybit_parser *parser); // accepts a zeroed one

// `text` holds `size` bytes, of which nothing is changed, and BYBIT_PADDING bytes more, of which
// the first is. *out is borrowed until the next call. MM_ERROR_INPUT says what is wrong.
int bybit_parser_read(struct bybit_parser *parser, char *text, size_t size,
                      const struct bybit_public **out) MM_CHECKED;

// The two readers by themselves; bybit_parser_read tries the first, then the second. `text` of the
// first has no backslash, ends in '\n' and is followed by BYBIT_PADDING - 1 bytes.
bool bybit_parser_fast(struct bybit_parser *parser, const char *text);
int bybit_parser_slow(struct bybit_parser *parser, const char *text, size_t size) MM_CHECKED;

#endif
