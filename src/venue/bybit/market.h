// Which market of Bybit, where to reach it, and what the exchange says about it.
//
// Plain struct; texts are borrowed. bybit_market_fetch waits for the exchange.
#ifndef MM_VENUE_BYBIT_MARKET_H
#define MM_VENUE_BYBIT_MARKET_H

#include "base/error.h"
#include "market/instrument.h"

#include <jansson.h>
#include <stdint.h>

enum bybit_category { BYBIT_LINEAR, BYBIT_INVERSE, BYBIT_SPOT };

#define BYBIT_REST_URL "https://api.bybit.com"
#define BYBIT_STREAM_URL "wss://stream.bybit.com"
#define BYBIT_TESTNET_REST_URL "https://api-testnet.bybit.com"
#define BYBIT_TESTNET_STREAM_URL "wss://stream-testnet.bybit.com"

struct bybit_market {
    enum bybit_category category;
    char symbol[INSTRUMENT_NAME_SIZE];
    uint32_t depth;         // levels a side: 50, 200 or 1000
    int64_t silence_ns;     // of the book, after which the connection is not trusted
    const char *rest_url;   // https://HOST
    const char *stream_url; // wss://HOST
    const char *ca_file;    // certificates in place of the system's; NULL: those
};

// As the operator wrote it; NULL: the usual.
struct bybit_market_options {
    const char *category, *symbol, *depth, *silence, *rest, *stream, *ca;
};

// linear BTCUSDT at 50 levels, 10 s, on the real exchange, unless told otherwise. MM_ERROR_USAGE
// names the option and what is allowed.
int bybit_market_resolve(const struct bybit_market_options *options,
                         struct bybit_market *out) MM_CHECKED;

const char *bybit_category_text(enum bybit_category category);

// Asks the exchange for the instrument. MM_ERROR_USAGE when it has no such market or it does not
// trade, MM_ERROR_SYSTEM when it does not answer.
int bybit_market_fetch(const struct bybit_market *market, struct instrument *out) MM_CHECKED;

// The same from the text of an answer to /v5/market/instruments-info.
int bybit_market_read(const struct bybit_market *market, const char *text, size_t size,
                      struct instrument *out) MM_CHECKED;

#endif
