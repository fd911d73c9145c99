#include "market/binance_instrument.h"

#include <stdio.h>
#include <string.h>

// Coins that something is quoted in; a longer name comes before one it ends with.
static const char *const quote_coins[] = {"FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "DAI",
                                          "BTC",   "ETH",  "BNB",  "EUR",  "TRY",  "BRL",  "GBP",
                                          "AUD",   "JPY",  "UAH",  "PLN",  "RON",  "ZAR",  "ARS",
                                          "MXN",   "CZK",  "IDR",  "COP",  "USD"};

bool binance_symbol_valid(struct capture_text symbol)
{
    if (symbol.length == 0 || symbol.length >= INSTRUMENT_NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < symbol.length; i++) {
        unsigned char c = (unsigned char)symbol.data[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '-' && c < 0x80) {
            return false;
        }
    }
    return true;
}

// BTC of BTCUSD_PERP.
static void set_base_coin(struct instrument *instrument)
{
    const char *quote = strstr(instrument->symbol, "USD");
    size_t length = quote != NULL ? (size_t)(quote - instrument->symbol) : 0;
    memcpy(instrument->settle, instrument->symbol, length);
    instrument->settle[length] = '\0';
}

// USDT of BTCUSDT and of BTCUSDT_250627.
static void set_quote_coin(struct instrument *instrument)
{
    size_t length = strcspn(instrument->symbol, "_");
    instrument->settle[0] = '\0';
    for (size_t i = 0; i < sizeof quote_coins / sizeof quote_coins[0]; i++) {
        size_t coin_length = strlen(quote_coins[i]);
        if (length > coin_length &&
            memcmp(instrument->symbol + length - coin_length, quote_coins[i], coin_length) == 0) {
            (void)snprintf(instrument->settle, sizeof instrument->settle, "%s", quote_coins[i]);
            return;
        }
    }
}

void binance_instrument_infer(struct instrument *instrument, struct binance_traits traits)
{
    const char *venue = traits.has_pair         ? "binance-coinm"
                        : traits.has_match_time ? "binance-usdm"
                                                : "binance-spot";
    (void)snprintf(instrument->venue, sizeof instrument->venue, "%s", venue);
    if (traits.has_pair) {
        instrument->contract = CONTRACT_INVERSE;
        bool is_btc = strncmp(instrument->symbol, "BTC", 3) == 0;
        instrument->contract_size = (struct decimal){is_btc ? 100 : 10, 0};
        set_base_coin(instrument);
    } else {
        instrument->contract = CONTRACT_LINEAR;
        instrument->contract_size = (struct decimal){1, 0};
        set_quote_coin(instrument);
    }
}
