#include "market/instrument.h"

#include "base/check.h"

#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide_uint;

// What a derived constant is while it is computed: num / den in lowest terms.
struct fraction {
    wide_uint num, den;
};

static wide_uint common_divisor(wide_uint a, wide_uint b)
{
    while (b != 0) {
        wide_uint rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// value *= num / den. False when the result leaves 63 bits.
static bool fraction_multiply(struct fraction *value, uint64_t num, uint64_t den)
{
    wide_uint across = common_divisor(value->num, den);
    wide_uint back = common_divisor(num, value->den);
    value->num = value->num / across * (num / back);
    value->den = value->den / back * (den / across);
    return value->num <= INT64_MAX && value->den <= INT64_MAX;
}

static bool fraction_scale(struct fraction *value, int32_t exponent)
{
    bool fits = true;
    for (; exponent > 0 && fits; exponent--) {
        fits = fraction_multiply(value, 10, 1);
    }
    for (; exponent < 0 && fits; exponent++) {
        fits = fraction_multiply(value, 1, 10);
    }
    return fits;
}

// contract_size * lot * (tick / 2)^(linear 1, inverse -1) * 1e9
static bool derive_value(const struct instrument *instrument, struct fraction *value)
{
    bool linear = instrument->contract == CONTRACT_LINEAR;
    uint64_t tick = (uint64_t)instrument->tick.mantissa;
    int32_t tick_exponent = instrument->tick.exponent;
    int32_t exponent = instrument->contract_size.exponent + instrument->lot.exponent + 9 +
                       (linear ? tick_exponent : -tick_exponent);
    *value = (struct fraction){1, 1};
    return fraction_multiply(value, (uint64_t)instrument->contract_size.mantissa, 1) &&
           fraction_multiply(value, (uint64_t)instrument->lot.mantissa, 1) &&
           (linear ? fraction_multiply(value, tick, 2) : fraction_multiply(value, 2, tick)) &&
           fraction_scale(value, exponent);
}

static int check_step(const struct instrument *instrument, struct decimal step, const char *name)
{
    if (step.mantissa <= 0 || step.exponent < -18 || step.exponent > 18) {
        return mm_fail(MM_ERROR_INPUT, "%s: %s must be above 0, with at most 18 decimals",
                       instrument->symbol, name);
    }
    return MM_OK;
}

int instrument_prepare(struct instrument *instrument)
{
    int status = check_step(instrument, instrument->tick, "the tick");
    if (status == MM_OK) {
        status = check_step(instrument, instrument->lot, "the lot");
    }
    if (status == MM_OK) {
        status = check_step(instrument, instrument->contract_size, "the contract size");
    }
    if (status < 0) {
        return status;
    }
    struct fraction value;
    if (!derive_value(instrument, &value)) {
        return mm_fail(MM_ERROR_INPUT,
                       "%s: tick, lot and contract size are too far apart to count money in 1e-9",
                       instrument->symbol);
    }
    instrument->value_num = (int64_t)value.num;
    instrument->value_den = (int64_t)value.den;
    return MM_OK;
}

static int bit_length(wide_uint value)
{
    uint64_t high = (uint64_t)(value >> 64);
    uint64_t low = (uint64_t)value;
    if (high != 0) {
        return 128 - __builtin_clzll(high);
    }
    return low == 0 ? 0 : 64 - __builtin_clzll(low);
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static int64_t divide_rounded(wide_uint num, wide_uint den, bool negative)
{
    wide_uint quotient = num / den;
    wide_uint rest = num - quotient * den;
    quotient += rest >= den - rest;
    MM_ASSERT(quotient <= INT64_MAX);
    int64_t result = (int64_t)quotient;
    return negative ? -result : result;
}

int64_t instrument_value_e9(const struct instrument *instrument, int64_t qty_lots,
                            int64_t price_half_ticks)
{
    MM_ASSERT(price_half_ticks > 0);
    MM_ASSERT(instrument->value_num > 0 && instrument->value_den > 0);
    wide_uint qty = magnitude(qty_lots);
    wide_uint price = (wide_uint)price_half_ticks;
    wide_uint num = (wide_uint)instrument->value_num;
    wide_uint den = (wide_uint)instrument->value_den;
    if (instrument->contract == CONTRACT_LINEAR) {
        wide_uint product = qty * price;
        // A longer product could not give a result of 63 bits, whatever the divisor.
        MM_ASSERT(bit_length(product) + bit_length(num) <= 128);
        return divide_rounded(product * num, den, qty_lots < 0);
    }
    return divide_rounded(qty * num, price * den, qty_lots > 0);
}

int64_t instrument_notional_e9(const struct instrument *instrument, int64_t qty_lots,
                               int64_t price_half_ticks)
{
    int64_t value = instrument_value_e9(instrument, qty_lots, price_half_ticks);
    return value < 0 ? -value : value;
}

double instrument_bps_to_ticks(double bps, double price_ticks)
{
    return bps * 1e-4 * price_ticks;
}

int instrument_contract_parse(const char *text, struct instrument *instrument)
{
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    struct decimal size = {1, 0};
    bool linear = length == 6 && memcmp(text, "linear", 6) == 0;
    bool inverse = length == 7 && memcmp(text, "inverse", 7) == 0;
    bool sized = colon != NULL && decimal_parse(colon + 1, strlen(colon + 1), &size) == DECIMAL_OK;
    if ((!linear && !inverse) || (colon != NULL && !sized) || (inverse && colon == NULL) ||
        size.mantissa <= 0) {
        return mm_fail(MM_ERROR_USAGE,
                       "contract '%s' is not linear, linear:SIZE or inverse:SIZE with SIZE above 0",
                       text);
    }
    instrument->contract = linear ? CONTRACT_LINEAR : CONTRACT_INVERSE;
    instrument->contract_size = size;
    return MM_OK;
}
