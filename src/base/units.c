#include "base/units.h"

#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t count; // of ns or bytes
};

static const struct unit duration_units[] = {
    {"d", INT64_C(86400000000000)},
    {"h", INT64_C(3600000000000)},
    {"m", INT64_C(60000000000)},
    {"s", 1000000000},
    {"ms", 1000000},
    {"us", 1000},
    {"ns", 1},
};

static const struct unit size_units[] = {
    {"T", INT64_C(1) << 40},
    {"G", INT64_C(1) << 30},
    {"M", INT64_C(1) << 20},
    {"K", INT64_C(1) << 10},
    {"", 1},
};

enum {
    DURATION_UNIT_COUNT = sizeof duration_units / sizeof duration_units[0],
    SIZE_UNIT_COUNT = sizeof size_units / sizeof size_units[0]
};

// The number's part of the text: digits and points.
static size_t number_length(const char *text)
{
    return strspn(text, "0123456789.");
}

static const struct unit *find_unit(const struct unit *units, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

// number * unit as a whole count; the number has passed decimal_parse.
static enum decimal_status scale(struct decimal number, int64_t unit, int64_t *out)
{
    __extension__ __int128 value = (__int128)number.mantissa * unit;
    for (int32_t i = 0; i < number.exponent && value <= INT64_MAX; i++) {
        value *= 10;
    }
    for (int32_t i = number.exponent; i < 0; i++) {
        if (value % 10 != 0) {
            return DECIMAL_NOT_MULTIPLE;
        }
        value /= 10;
    }
    if (value > INT64_MAX) {
        return DECIMAL_OVERFLOW;
    }
    *out = (int64_t)value;
    return DECIMAL_OK;
}

int duration_parse(const char *text, int64_t *out_ns)
{
    size_t length = number_length(text);
    struct decimal number;
    if (decimal_parse(text, length, &number) != DECIMAL_OK) {
        return mm_fail(MM_ERROR_USAGE,
                       "'%.64s' is not a duration: write a number and a unit, "
                       "e.g. 500ms, 50s, 15m, 24h",
                       text);
    }
    const char *name = text + length;
    if (*name == '\0' && number.mantissa == 0) {
        *out_ns = 0;
        return MM_OK;
    }
    const struct unit *unit = find_unit(duration_units, DURATION_UNIT_COUNT, name);
    if (unit == NULL) {
        return mm_fail(MM_ERROR_USAGE, "duration '%.64s' %s: use ns, us, ms, s, m, h or d", text,
                       *name == '\0' ? "has no unit" : "has an unknown unit");
    }
    switch (scale(number, unit->count, out_ns)) {
    case DECIMAL_OK:
        return MM_OK;
    case DECIMAL_NOT_MULTIPLE:
        return mm_fail(MM_ERROR_USAGE, "duration '%.64s' is not a whole number of ns", text);
    default:
        return mm_fail(MM_ERROR_USAGE, "duration '%.64s' is too long: at most 292 years", text);
    }
}

int size_parse(const char *text, uint64_t *out_bytes)
{
    size_t length = number_length(text);
    struct decimal number;
    const struct unit *unit = find_unit(size_units, SIZE_UNIT_COUNT, text + length);
    int64_t bytes = 0;
    if (unit == NULL || decimal_parse(text, length, &number) != DECIMAL_OK ||
        scale(number, unit->count, &bytes) != DECIMAL_OK) {
        return mm_fail(MM_ERROR_USAGE,
                       "'%.64s' is not a size: write a whole number of bytes, or a number and "
                       "K, M, G or T, e.g. 500M",
                       text);
    }
    *out_bytes = (uint64_t)bytes;
    return MM_OK;
}

size_t duration_print(int64_t duration_ns, char *out)
{
    enum { MS_NS = 1000000, S_NS = 1000000000 };
    if (duration_ns == 0) {
        return (size_t)snprintf(out, DURATION_TEXT_SIZE, "0s");
    }
    if (duration_ns >= S_NS && duration_ns % MS_NS != 0) {
        char seconds[DECIMAL_TEXT_SIZE];
        decimal_print((struct decimal){duration_ns, -9}, seconds);
        return (size_t)snprintf(out, DURATION_TEXT_SIZE, "%ss", seconds);
    }
    const struct unit *unit = duration_units;
    while (duration_ns % unit->count != 0) {
        unit++;
    }
    return (size_t)snprintf(out, DURATION_TEXT_SIZE, "%" PRId64 "%s", duration_ns / unit->count,
                            unit->name);
}
