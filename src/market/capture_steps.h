// The decimal text of a capture's prices and quantities as ticks and lots.
//
// Where tick or lot is not given, it is the finest step printed so far, 10^-decimals; a finer
// number restates what the builder already holds. Where the lot is given, a level's quantity with
// more decimals than it is rounded to lots and counted: what rests in a book may be the remainder
// of an order, while what is traded is always whole lots. Errors are pushed without a place: the
// importer adds file and line. Plain struct; one owner thread.
#ifndef MM_MARKET_CAPTURE_STEPS_H
#define MM_MARKET_CAPTURE_STEPS_H

#include "base/decimal.h"
#include "base/error.h"
#include "market/capture_json.h"
#include "market/tape_builder.h"
#include "market/tape_format.h"

#include <stdbool.h>
#include <stdint.h>

struct step_reader {
    const char *what, *step; // "price" and "tick", "quantity" and "lot"
    uint32_t decimals;       // the text is read as an integer of 10^-decimals
    uint64_t divisor;        // such integers to a step
    bool inferred;           // decimals follow what is printed
    bool is_price;
    uint64_t rounded_count; // quantities of levels that were no whole number of lots
    struct decimal given;
};

// A step with mantissa 0 is inferred. MM_ERROR_USAGE when a given one is not above 0.
int step_reader_init(struct step_reader *reader, bool is_price, struct decimal step) MM_CHECKED;

// The step as given, or as inferred up to now.
struct decimal step_reader_step(const struct step_reader *reader);

// Whose price or quantity it is.
enum step_owner { STEP_OF_LEVEL, STEP_OF_TRADE };

// What to do with text that step_reader_read does not settle by itself.
int step_reader_slow(struct step_reader *reader, struct tape_builder *builder,
                     enum step_owner owner, const char **at, int64_t *out_steps) MM_CHECKED;

// Reads digits[.digits] at *at and steps over it.
static inline int step_reader_read(struct step_reader *reader, struct tape_builder *builder,
                                   enum step_owner owner, const char **at, int64_t *out_steps)
{
    uint64_t value;
    const char *text = *at;
    if (capture_fixed_read(&text, reader->decimals, &value) == CAPTURE_FIXED_OK &&
        reader->divisor == 1 && value <= TAPE_VALUE_MAX) {
        *at = text;
        *out_steps = (int64_t)value;
        return MM_OK;
    }
    return step_reader_slow(reader, builder, owner, at, out_steps);
}

// The same for all of a text taken as a string before.
int step_reader_text(struct step_reader *reader, struct tape_builder *builder,
                     enum step_owner owner, struct capture_text text,
                     int64_t *out_steps) MM_CHECKED;

#endif
