// What is traded: step sizes, contract, and the one valuation that money is computed with.
//
// Prices are ticks, quantities are lots, mids are half ticks (bid + ask), money is in units of 1e-9
// of the settlement coin. Plain struct, copied freely; pure functions; any thread.
#ifndef MM_MARKET_INSTRUMENT_H
#define MM_MARKET_INSTRUMENT_H

#include "base/decimal.h"
#include "base/error.h"

#include <stdint.h>

enum contract_kind {
    CONTRACT_LINEAR, // value = contract_size * quantity * price, in the quote coin
    CONTRACT_INVERSE // value = -contract_size * quantity / price, in the base coin
};

enum { INSTRUMENT_NAME_SIZE = 32 };

struct instrument {
    char symbol[INSTRUMENT_NAME_SIZE];
    char venue[INSTRUMENT_NAME_SIZE];
    char settle[INSTRUMENT_NAME_SIZE]; // settlement coin, e.g. USDT; empty when unknown
    struct decimal tick, lot, contract_size;
    enum contract_kind contract;
    // Derived by instrument_prepare: V = qty * half_ticks * value_num / value_den for linear,
    // V = -qty * value_num / (half_ticks * value_den) for inverse.
    int64_t value_num, value_den;
};

// Checks tick, lot and contract size (> 0, within range) and fills the derived fields.
int instrument_prepare(struct instrument *instrument) MM_CHECKED;

// V(quantity, price): signed quantity in lots, price in half ticks (> 0), money in 1e-9, rounded
// half away from zero, V(-q, p) = -V(q, p). Rises with the price for q > 0 for both contract kinds,
// so that a buy pays V(q, p) and equity = cash + V(position, mark). Asserts that the result fits.
int64_t instrument_value_e9(const struct instrument *instrument, int64_t qty_lots,
                            int64_t price_half_ticks);

// |V|: the traded notional that basis points refer to.
int64_t instrument_notional_e9(const struct instrument *instrument, int64_t qty_lots,
                               int64_t price_half_ticks);

// Reads `linear`, `linear:SIZE` or `inverse:SIZE` into contract and contract_size; the size of
// `linear` alone is 1. MM_ERROR_USAGE otherwise. instrument_prepare comes after it.
int instrument_contract_parse(const char *text, struct instrument *instrument) MM_CHECKED;

// Ticks that `bps` of a price are, as a real number of ticks (models only).
double instrument_bps_to_ticks(double bps, double price_ticks);

#endif
