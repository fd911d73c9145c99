// Decimal text to integers and back, without floating point. Pure; no allocation.
//
// A `struct decimal` is mantissa * 10^exponent, e.g. 0.001 = {1, -3}. Step sizes (tick, lot,
// contract) are decimals; prices and quantities are counts of such steps. A step's mantissa is
// above 0; that and the exponent's range are asserted. On a refusal the output is not written.
#ifndef MM_BASE_DECIMAL_H
#define MM_BASE_DECIMAL_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct decimal {
    int64_t mantissa;
    int32_t exponent; // -18 .. 18
};

enum decimal_status {
    DECIMAL_OK = 0,
    DECIMAL_SYNTAX,      // not [-]digits[.digits] (no exponent, no spaces, at least one digit)
    DECIMAL_OVERFLOW,    // does not fit (also: more than 38 digits that count)
    DECIMAL_NOT_MULTIPLE // not a whole number of steps
};

enum { DECIMAL_TEXT_SIZE = 64 }; // sign, 38 digits of steps * mantissa, 18 zeros, end

// Parses `length` bytes of `text`; trailing zeros of the fraction are dropped. [-]ddd[.ddd].
enum decimal_status decimal_parse(const char *text, size_t length, struct decimal *out);

// Parses decimal text as value / 10^exponent, e.g. exponent -9 for money; exact or refused.
enum decimal_status decimal_parse_scaled(const char *text, size_t length, int32_t exponent,
                                         int64_t *out);

// Parses decimal text as a whole number of `step`s (prices in ticks, quantities in lots).
enum decimal_status decimal_parse_steps(const char *text, size_t length, struct decimal step,
                                        int64_t *out_steps);

// Writes value * step without loss and without trailing zeros; returns the length.
// `out` holds DECIMAL_TEXT_SIZE bytes, ended by NUL.
size_t decimal_print_steps(int64_t steps, struct decimal step, char *out);

// The same as a value, for the arguments of a print.
struct decimal_text {
    char text[DECIMAL_TEXT_SIZE];
};
struct decimal_text decimal_steps_text(int64_t steps, struct decimal step);

// Writes value * 10^exponent, e.g. money with exponent -9.
size_t decimal_print(struct decimal value, char *out);

// The nearest double for mantissas below 2^53; beyond, within two roundings of it.
double decimal_to_double(struct decimal value);

const char *decimal_status_text(enum decimal_status status);

// a * b / c rounded half away from zero, through 128 bits; asserts c > 0 and that the result fits.
int64_t mul_div_round(int64_t a, int64_t b, int64_t c);

// Overflow is a bug by the time integers reach the ledger (limits keep them small): asserts.
int64_t add_checked(int64_t a, int64_t b);
int64_t sub_checked(int64_t a, int64_t b);
int64_t mul_checked(int64_t a, int64_t b);

#endif
