#include "market/capture_csv.h"

#include <string.h>

bool csv_split(const char *text, size_t length, struct csv_line *out)
{
    const char *end = text + length;
    if (length > 0 && end[-1] == '\r') {
        end--;
    }
    out->count = 0;
    for (;;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma != NULL ? comma : end;
        if (out->count == CSV_FIELDS_MAX) {
            return false;
        }
        out->fields[out->count++] = (struct capture_text){text, (size_t)(stop - text)};
        if (comma == NULL) {
            return true;
        }
        text = comma + 1;
    }
}

uint32_t csv_column(const struct csv_line *header, const char *name)
{
    for (uint32_t i = 0; i < header->count; i++) {
        if (capture_text_is(header->fields[i], name)) {
            return i;
        }
    }
    return CSV_FIELDS_MAX;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// The digits of a mantissa without its point, and how many stand before the point.
static bool take_mantissa(struct capture_text text, char *digits, size_t *count, int *whole)
{
    bool point = false;
    *count = 0;
    *whole = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '.' && !point) {
            point = true;
        } else if (is_digit(c) && *count < CAPTURE_DIGITS_MAX) {
            digits[(*count)++] = c;
            *whole += !point;
        } else {
            return false;
        }
    }
    return *count > 0;
}

static bool take_exponent(const char *at, const char *end, int *out)
{
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    const char *start = at;
    int value = 0;
    for (; at < end && is_digit(*at) && at - start < 3; at++) {
        value = value * 10 + (*at - '0');
    }
    *out = negative ? -value : value;
    return at == end && at > start;
}

// Writes the digits with the point after `whole` of them, which may lie outside.
static bool spread(const char *digits, int count, int whole, char *buffer, struct capture_text *out)
{
    if (whole < -CAPTURE_DIGITS_MAX || whole > 2 * CAPTURE_DIGITS_MAX) {
        return false;
    }
    size_t length = 0;
    int first = whole < 1 ? whole - 1 : 0;
    for (int i = first; i < count || i < whole; i++) {
        if (i == whole) {
            buffer[length++] = '.';
        }
        buffer[length++] = i >= 0 && i < count ? digits[i] : '0';
    }
    buffer[length] = '\n'; // ends what reads digits
    *out = (struct capture_text){buffer, length};
    return true;
}

bool csv_number(struct capture_text field, char buffer[CSV_NUMBER_SIZE], struct capture_text *out)
{
    char digits[CAPTURE_DIGITS_MAX];
    size_t count;
    int whole, exponent;
    const char *sign = NULL;
    for (size_t i = 0; i < field.length && sign == NULL; i++) {
        sign = field.data[i] == 'e' || field.data[i] == 'E' ? field.data + i : NULL;
    }
    if (sign == NULL) {
        *out = field;
        return field.length > 0;
    }
    struct capture_text mantissa = {field.data, (size_t)(sign - field.data)};
    return take_mantissa(mantissa, digits, &count, &whole) &&
           take_exponent(sign + 1, field.data + field.length, &exponent) &&
           spread(digits, (int)count, whole + exponent, buffer, out);
}

bool csv_fixed(struct capture_text field, uint32_t decimals, int64_t *out)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; i < field.length && is_digit(field.data[i]); i++) {
        if (i > CAPTURE_DIGITS_MAX - decimals) {
            return false;
        }
        value = value * 10 + (uint64_t)(field.data[i] - '0');
    }
    if (i == 0 || (i < field.length && field.data[i++] != '.')) {
        return false;
    }
    for (; i < field.length; i++) {
        if (!is_digit(field.data[i])) {
            return false;
        }
        if (decimals > 0) {
            value = value * 10 + (uint64_t)(field.data[i] - '0');
            decimals--;
        }
    }
    *out = (int64_t)(value * capture_powers_of_ten[decimals]);
    return true;
}
