#include "market/capture_steps.h"

int step_reader_init(struct step_reader *reader, bool is_price, struct decimal step)
{
    *reader = (struct step_reader){.what = is_price ? "price" : "quantity",
                                   .step = is_price ? "tick" : "lot",
                                   .divisor = 1,
                                   .inferred = step.mantissa == 0,
                                   .is_price = is_price,
                                   .given = step};
    if (reader->inferred) {
        return MM_OK;
    }
    uint32_t zeros = step.exponent > 0 ? (uint32_t)step.exponent : 0;
    uint32_t decimals = step.exponent < 0 ? (uint32_t)-step.exponent : 0;
    if (step.mantissa < 0 || zeros + decimals > CAPTURE_DIGITS_MAX ||
        (uint64_t)step.mantissa > TAPE_VALUE_MAX / capture_powers_of_ten[zeros]) {
        return mm_fail(MM_ERROR_USAGE, "the %s is out of range", reader->step);
    }
    reader->decimals = decimals;
    reader->divisor = (uint64_t)step.mantissa * capture_powers_of_ten[zeros];
    return MM_OK;
}

struct decimal step_reader_step(const struct step_reader *reader)
{
    return reader->inferred ? (struct decimal){1, -(int32_t)reader->decimals} : reader->given;
}

static uint32_t decimals_of(const char *text)
{
    while ((unsigned)(*text - '0') < 10) {
        text++;
    }
    uint32_t decimals = 0;
    if (*text == '.') {
        text++;
        for (uint32_t i = 0; (unsigned)(text[i] - '0') < 10; i++) {
            decimals = text[i] != '0' ? i + 1 : decimals;
        }
    }
    return decimals;
}

static int refuse_step(const struct step_reader *reader)
{
    char step[DECIMAL_TEXT_SIZE];
    (void)decimal_print(reader->given, step);
    return mm_fail(MM_ERROR_INPUT, "a %s is not a whole number of %ss of %s", reader->what,
                   reader->step, step);
}

// The number is finer than all before it: everything is counted in the finer step from here on.
static int refine(struct step_reader *reader, struct tape_builder *builder, const char *text)
{
    uint32_t decimals = decimals_of(text);
    if (!reader->inferred) {
        return refuse_step(reader);
    }
    if (decimals > CAPTURE_DIGITS_MAX) {
        return mm_fail(MM_ERROR_INPUT, "a %s has more than 18 decimals", reader->what);
    }
    int64_t factor = (int64_t)capture_powers_of_ten[decimals - reader->decimals];
    reader->decimals = decimals;
    return tape_builder_rescale(builder, reader->is_price ? factor : 1,
                                reader->is_price ? 1 : factor);
}

// A level's quantity with more decimals than the given lot, in the lot's decimals.
static enum capture_fixed round_level(struct step_reader *reader, const char **at,
                                      uint64_t *out_value)
{
    uint32_t decimals = decimals_of(*at);
    if (decimals > CAPTURE_DIGITS_MAX) {
        return CAPTURE_FIXED_LARGE;
    }
    uint64_t finer = capture_powers_of_ten[decimals - reader->decimals];
    uint64_t value = 0;
    enum capture_fixed status = reader->divisor > UINT64_MAX / finer
                                    ? CAPTURE_FIXED_LARGE
                                    : capture_fixed_read(at, decimals, &value);
    if (status == CAPTURE_FIXED_OK) {
        uint64_t step = reader->divisor * finer;
        *out_value = (value / step + (value % step >= step - step / 2)) * reader->divisor;
        reader->rounded_count++;
    }
    return status;
}

int step_reader_slow(struct step_reader *reader, struct tape_builder *builder,
                     enum step_owner owner, const char **at, int64_t *out_steps)
{
    uint64_t value = 0;
    enum capture_fixed status = capture_fixed_read(at, reader->decimals, &value);
    bool rounds = owner == STEP_OF_LEVEL && !reader->is_price && !reader->inferred;
    if (status == CAPTURE_FIXED_FINER && rounds) {
        status = round_level(reader, at, &value);
    } else if (status == CAPTURE_FIXED_FINER) {
        int refined = refine(reader, builder, *at);
        if (refined < 0) {
            return refined;
        }
        status = capture_fixed_read(at, reader->decimals, &value);
    }
    if (status == CAPTURE_FIXED_BROKEN) {
        return mm_fail(MM_ERROR_INPUT, "a %s %s", reader->what,
                       **at == '-' ? "is negative" : "is not a decimal number");
    }
    if (status == CAPTURE_FIXED_OK && value % reader->divisor != 0) {
        return refuse_step(reader);
    }
    value /= reader->divisor;
    if (status != CAPTURE_FIXED_OK || value > TAPE_VALUE_MAX) {
        return mm_fail(MM_ERROR_INPUT, "a %s is too large", reader->what);
    }
    *out_steps = (int64_t)value;
    return MM_OK;
}

int step_reader_text(struct step_reader *reader, struct tape_builder *builder,
                     enum step_owner owner, struct capture_text text, int64_t *out_steps)
{
    const char *at = text.data;
    int status = step_reader_read(reader, builder, owner, &at, out_steps);
    if (status == MM_OK && at != text.data + text.length) {
        return mm_fail(MM_ERROR_INPUT, "a %s is not a decimal number", reader->what);
    }
    return status;
}
