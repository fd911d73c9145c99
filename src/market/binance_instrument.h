// What a Binance capture tells about its instrument: venue, contract, settlement coin. The contract
// size of COIN-M futures is not in any message; it is known by rule (100 USD for BTC, 10 for all
// others: Binance, "COIN-M futures contract specifications"). Pure; any thread.
#ifndef MM_MARKET_BINANCE_INSTRUMENT_H
#define MM_MARKET_BINANCE_INSTRUMENT_H

#include "market/capture_json.h"
#include "market/instrument.h"

#include <stdbool.h>

struct binance_traits {
    bool has_pair;       // COIN-M alone names the pair
    bool has_match_time; // futures depth says T, spot depth does not
};

bool binance_symbol_valid(struct capture_text symbol);

// Fills venue, settle, contract and contract_size from the symbol and the traits.
void binance_instrument_infer(struct instrument *instrument, struct binance_traits traits);

#endif
