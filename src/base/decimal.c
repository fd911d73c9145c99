#include "base/decimal.h"

#include "base/check.h"

#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;

enum { EXPONENT_MAX = 18, UINT128_DIGITS = 39 };

// What the text says: -1^negative * magnitude / 10^fraction_digits.
struct digits {
    uint128 magnitude;
    size_t fraction_digits; // without trailing zeros
    bool negative;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(const char *text, size_t length)
{
    size_t count = 0;
    while (count < length && is_digit(text[count])) {
        count++;
    }
    return count;
}

static bool append_digits(uint128 *magnitude, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (__builtin_mul_overflow(*magnitude, (uint128)10, magnitude) ||
            __builtin_add_overflow(*magnitude, (uint128)(text[i] - '0'), magnitude)) {
            return false;
        }
    }
    return true;
}

static enum decimal_status read_digits(const char *text, size_t length, struct digits *out)
{
    *out = (struct digits){.negative = length > 0 && text[0] == '-'};
    text += out->negative;
    length -= out->negative;
    size_t whole = count_digits(text, length);
    bool has_fraction = whole < length && text[whole] == '.';
    const char *fraction = has_fraction ? text + whole + 1 : text + whole;
    size_t fraction_digits = count_digits(fraction, length - (size_t)(fraction - text));
    if (whole == 0 || (has_fraction && fraction_digits == 0) ||
        fraction + fraction_digits != text + length) {
        return DECIMAL_SYNTAX;
    }
    while (fraction_digits > 0 && fraction[fraction_digits - 1] == '0') {
        fraction_digits--;
    }
    out->fraction_digits = fraction_digits;
    return append_digits(&out->magnitude, text, whole) &&
                   append_digits(&out->magnitude, fraction, fraction_digits)
               ? DECIMAL_OK
               : DECIMAL_OVERFLOW;
}

static enum decimal_status to_signed(uint128 magnitude, bool negative, int64_t *out)
{
    if (magnitude > (uint128)INT64_MAX + negative) {
        return DECIMAL_OVERFLOW;
    }
    *out = (int64_t)(negative ? -(int128)magnitude : (int128)magnitude);
    return DECIMAL_OK;
}

// factor * 10^power, or false when that does not fit.
static bool scale_up(uint128 factor, size_t power, uint128 *out)
{
    if (power >= UINT128_DIGITS) {
        return false;
    }
    uint128 scaled = factor;
    for (size_t i = 0; i < power; i++) {
        if (__builtin_mul_overflow(scaled, (uint128)10, &scaled)) {
            return false;
        }
    }
    *out = scaled;
    return true;
}

enum decimal_status decimal_parse(const char *text, size_t length, struct decimal *out)
{
    struct digits digits;
    enum decimal_status status = read_digits(text, length, &digits);
    if (status != DECIMAL_OK) {
        return status;
    }
    if (digits.fraction_digits > EXPONENT_MAX) {
        return DECIMAL_OVERFLOW;
    }
    status = to_signed(digits.magnitude, digits.negative, &out->mantissa);
    if (status == DECIMAL_OK) {
        out->exponent = -(int32_t)digits.fraction_digits;
    }
    return status;
}

enum decimal_status decimal_parse_scaled(const char *text, size_t length, int32_t exponent,
                                         int64_t *out)
{
    return decimal_parse_steps(text, length, (struct decimal){1, exponent}, out);
}

static void assert_is_step(struct decimal step)
{
    MM_ASSERT(step.mantissa > 0);
    MM_ASSERT(step.exponent >= -EXPONENT_MAX && step.exponent <= EXPONENT_MAX);
}

enum decimal_status decimal_parse_steps(const char *text, size_t length, struct decimal step,
                                        int64_t *out_steps)
{
    assert_is_step(step);
    struct digits digits;
    enum decimal_status status = read_digits(text, length, &digits);
    if (status != DECIMAL_OK) {
        return status;
    }
    if (digits.magnitude == 0) {
        *out_steps = 0;
        return DECIMAL_OK;
    }
    // steps = magnitude * 10^-fraction_digits / (mantissa * 10^exponent), with the power of ten on
    // whichever side keeps it whole.
    int64_t power = -(int64_t)digits.fraction_digits - step.exponent;
    uint128 dividend = digits.magnitude;
    uint128 divisor = (uint128)step.mantissa;
    // A dividend beyond 128 bits over a mantissa of 63 is beyond 64 bits.
    if (power > 0 && !scale_up(dividend, (size_t)power, &dividend)) {
        return DECIMAL_OVERFLOW;
    }
    // A divisor beyond 128 bits is larger than any dividend.
    if (power < 0 && !scale_up(divisor, (size_t)-power, &divisor)) {
        return DECIMAL_NOT_MULTIPLE;
    }
    uint128 steps = dividend / divisor;
    if (steps * divisor != dividend) {
        return DECIMAL_NOT_MULTIPLE;
    }
    return to_signed(steps, digits.negative, out_steps);
}

// A tenth, and what is left over. Nearly every value fits 64 bits, where that is a multiplication.
static uint128 tenth_of(uint128 value, unsigned *rest)
{
    if (value <= UINT64_MAX) {
        *rest = (unsigned)((uint64_t)value % 10);
        return (uint64_t)value / 10;
    }
    *rest = (unsigned)(value % 10);
    return value / 10;
}

// Writes the decimal digits of `magnitude` into the end of `digits` and returns how many.
static size_t digits_of(uint128 magnitude, char digits[UINT128_DIGITS])
{
    size_t count = 0;
    unsigned digit;
    do {
        magnitude = tenth_of(magnitude, &digit);
        digits[UINT128_DIGITS - ++count] = (char)('0' + digit);
    } while (magnitude != 0);
    return count;
}

// Writes magnitude * 10^exponent, whose trailing zeros after the point are gone already.
static size_t print_magnitude(uint128 magnitude, int32_t exponent, char *out)
{
    char buffer[UINT128_DIGITS];
    size_t count = digits_of(magnitude, buffer);
    const char *digits = buffer + UINT128_DIGITS - count;
    if (exponent >= 0) {
        size_t zeros = magnitude == 0 ? 0 : (size_t)exponent;
        memcpy(out, digits, count);
        memset(out + count, '0', zeros);
        return count + zeros;
    }
    size_t places = (size_t)-exponent;
    if (count <= places) {
        size_t zeros = places - count;
        memcpy(out, "0.", 2);
        memset(out + 2, '0', zeros);
        memcpy(out + 2 + zeros, digits, count);
        return 2 + places;
    }
    size_t whole = count - places;
    memcpy(out, digits, whole);
    out[whole] = '.';
    memcpy(out + whole + 1, digits + whole, places);
    return count + 1;
}

static size_t print_wide(int128 mantissa, int32_t exponent, char *out)
{
    size_t sign = mantissa < 0;
    uint128 magnitude = sign ? -(uint128)mantissa : (uint128)mantissa;
    unsigned last = 0;
    for (; exponent < 0; exponent++) {
        uint128 tenth = tenth_of(magnitude, &last);
        if (last != 0) {
            break;
        }
        magnitude = tenth;
    }
    if (sign) {
        out[0] = '-';
    }
    size_t length = sign + print_magnitude(magnitude, exponent, out + sign);
    out[length] = '\0';
    return length;
}

size_t decimal_print_steps(int64_t steps, struct decimal step, char *out)
{
    assert_is_step(step);
    return print_wide((int128)steps * step.mantissa, step.exponent, out);
}

struct decimal_text decimal_steps_text(int64_t steps, struct decimal step)
{
    struct decimal_text out;
    decimal_print_steps(steps, step, out.text);
    return out;
}

size_t decimal_print(struct decimal value, char *out)
{
    MM_ASSERT(value.exponent >= -EXPONENT_MAX && value.exponent <= EXPONENT_MAX);
    return print_wide(value.mantissa, value.exponent, out);
}

double decimal_to_double(struct decimal value)
{
    // Powers of ten up to 10^22 are exact doubles, so only the mantissa and the last step round.
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    _Static_assert(EXPONENT_MAX < sizeof powers / sizeof powers[0], "a power for each exponent");
    MM_ASSERT(value.exponent >= -EXPONENT_MAX && value.exponent <= EXPONENT_MAX);
    double mantissa = (double)value.mantissa;
    return value.exponent < 0 ? mantissa / powers[-value.exponent]
                              : mantissa * powers[value.exponent];
}

const char *decimal_status_text(enum decimal_status status)
{
    switch (status) {
    case DECIMAL_OK:
        return "ok";
    case DECIMAL_SYNTAX:
        return "not a plain decimal number";
    case DECIMAL_OVERFLOW:
        return "too large or too precise";
    case DECIMAL_NOT_MULTIPLE:
        return "not a multiple of the step";
    }
    return "unknown";
}

int64_t mul_div_round(int64_t a, int64_t b, int64_t c)
{
    MM_ASSERT(c > 0);
    int128 product = (int128)a * b;
    bool negative = product < 0;
    uint128 magnitude = negative ? -(uint128)product : (uint128)product;
    uint128 divisor = (uint128)c;
    uint128 quotient = magnitude / divisor;
    uint128 rest = magnitude % divisor;
    quotient += rest >= divisor - rest;
    int64_t result = 0;
    enum decimal_status status = to_signed(quotient, negative, &result);
    MM_ASSERT(status == DECIMAL_OK);
    return result;
}

int64_t add_checked(int64_t a, int64_t b)
{
    int64_t result;
    MM_ASSERT(!__builtin_add_overflow(a, b, &result));
    return result;
}

int64_t sub_checked(int64_t a, int64_t b)
{
    int64_t result;
    MM_ASSERT(!__builtin_sub_overflow(a, b, &result));
    return result;
}

int64_t mul_checked(int64_t a, int64_t b)
{
    int64_t result;
    MM_ASSERT(!__builtin_mul_overflow(a, b, &result));
    return result;
}
