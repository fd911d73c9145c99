// Comma-separated lines without quotes, as exchanges' archives hold them. Columns are found by the
// names in the first line. Plain structs; a line's fields are borrowed from it.
#ifndef MM_MARKET_CAPTURE_CSV_H
#define MM_MARKET_CAPTURE_CSV_H

#include "market/capture_json.h"

#include <stdbool.h>
#include <stdint.h>

enum { CSV_FIELDS_MAX = 32, CSV_NUMBER_SIZE = 64 };

struct csv_line {
    struct capture_text fields[CSV_FIELDS_MAX];
    uint32_t count;
};

// Splits a line that ends in '\n' (or "\r\n"); false when it has more fields than fit.
bool csv_split(const char *text, size_t length, struct csv_line *out);

// The number of the column called `name`, or CSV_FIELDS_MAX.
uint32_t csv_column(const struct csv_line *header, const char *name);

// A field of the line, absent (data NULL) when the line is too short for it.
static inline struct capture_text csv_field(const struct csv_line *line, uint32_t column)
{
    return column < line->count ? line->fields[column] : (struct capture_text){NULL, 0};
}

// A number in the plain notation that the readers of steps take, so 1.5e-05 as 0.000015. Borrowed
// from `field` or `buffer`; false when it is no number.
bool csv_number(struct capture_text field, char buffer[CSV_NUMBER_SIZE], struct capture_text *out);

// digits[.digits] as an integer of 10^-decimals; digits beyond those are cut off.
bool csv_fixed(struct capture_text field, uint32_t decimals, int64_t *out);

#endif
