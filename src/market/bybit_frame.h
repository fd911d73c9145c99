// What a frame of Bybit's public streams says: its envelope, and a book or trades within it. The
// same reader serves recordings and the live feed, which differ in where levels and trades go.
//
//   {"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1,"data":{"s":..,"b":..,"a":..,"u":..},..}
//
// Fields may come in any order and unknown ones are stepped over. Read in place and in one pass
// when the topic comes before the data, as it does. Texts are borrowed from the line. Pure; any
// thread.
#ifndef MM_MARKET_BYBIT_FRAME_H
#define MM_MARKET_BYBIT_FRAME_H

#include "market/capture_json.h"
#include "market/event.h"

enum bybit_frame_kind { BYBIT_FRAME_OTHER, BYBIT_FRAME_BOOK, BYBIT_FRAME_TRADES };

struct bybit_frame {
    enum bybit_frame_kind kind; // by the topic
    struct capture_text topic, type;
    uint64_t ts_ms, cts_ms; // sent; when the matching engine made it; 0: absent
    bool has_data;
    // Of a book.
    uint64_t depth; // levels of a side
    struct capture_text symbol;
    uint64_t update, sequence;
};

struct bybit_trade {
    struct capture_text symbol, side, price, qty; // the taker's side, "Buy" or "Sell"
    uint64_t match_ms;
    bool block; // agreed outside the book
};

// Each returns false on a fault, having set json->error, or keeping why for itself.
struct bybit_frame_sink {
    void *context;
    // Steps over an array of levels, [["price","quantity"],...].
    bool (*levels)(void *context, struct capture_json *json, enum side side);
    bool (*trade)(void *context, struct capture_json *json, const struct bybit_trade *trade);
};

// Reads one object and steps over it. A book's levels and the trades have been given to the sink by
// then; when false is returned, some may have been, too.
bool bybit_frame_read(struct capture_json *json, const struct bybit_frame_sink *sink,
                      struct bybit_frame *out);

// What a topic is about: "orderbook.50.BTCUSDT" is a book and 50, into *out_depth.
enum bybit_frame_kind bybit_topic_kind(struct capture_text topic, uint64_t *out_depth);

#endif
