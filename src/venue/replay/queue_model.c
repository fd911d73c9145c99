#include "venue/replay/queue_model.h"

#include "base/decimal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { EXPONENT_MAX = 100 };

static int parse_exponent(const char *text, const char *number, double *out)
{
    struct decimal value;
    if (decimal_parse(number, strlen(number), &value) != DECIMAL_OK || value.mantissa <= 0 ||
        decimal_to_double(value) > EXPONENT_MAX) {
        return mm_fail(MM_ERROR_USAGE,
                       "queue model '%s': the power after ':' must be a number in (0, %d]", text,
                       EXPONENT_MAX);
    }
    *out = decimal_to_double(value);
    return MM_OK;
}

int queue_model_parse(const char *text, struct queue_model *out)
{
    static const struct {
        const char *name;
        enum queue_model_kind kind;
    } powers[] = {{"pow:", QUEUE_POW}, {"pow2:", QUEUE_POW2}, {"pow3:", QUEUE_POW3}},
      others[] = {{"risk", QUEUE_RISK}, {"log", QUEUE_LOG}, {"log2", QUEUE_LOG2}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(text, others[i].name) == 0) {
            *out = (struct queue_model){.kind = others[i].kind};
            return MM_OK;
        }
    }
    for (size_t i = 0; i < sizeof powers / sizeof powers[0]; i++) {
        size_t length = strlen(powers[i].name);
        if (strncmp(text, powers[i].name, length) == 0) {
            out->kind = powers[i].kind;
            return parse_exponent(text, text + length, &out->exponent);
        }
    }
    return mm_fail(MM_ERROR_USAGE,
                   "queue model '%s' is none of risk, pow:N, pow2:N, pow3:N, log, log2", text);
}

double queue_probability(const struct queue_model *model, double front, double back)
{
    double n = model->exponent;
    switch (model->kind) {
    case QUEUE_POW:
        return pow(back, n) / (pow(back, n) + pow(front, n));
    case QUEUE_POW2:
        return pow(back, n) / pow(back + front, n);
    case QUEUE_POW3:
        return 1.0 - pow(front / (front + back), n);
    case QUEUE_LOG:
        return log(1.0 + back) / (log(1.0 + back) + log(1.0 + front));
    case QUEUE_LOG2:
        return log(1.0 + back) / log(1.0 + back + front);
    case QUEUE_RISK:
        break;
    }
    return 1.0;
}

void queue_join(struct queue_position *position, double level_qty)
{
    *position = (struct queue_position){.front = level_qty};
}

void queue_trade(const struct queue_model *model, struct queue_position *position, double qty,
                 double qty_here)
{
    position->front -= qty_here;
    if (model->kind != QUEUE_RISK) {
        position->traded += qty;
    }
}

void queue_level(const struct queue_model *model, struct queue_position *position,
                 double qty_before, double qty_after)
{
    if (model->kind == QUEUE_RISK) {
        position->front = fmin(position->front, qty_after);
        return;
    }
    // What trades took is already off the front; the rest of the change was cancelled.
    double change = qty_before - qty_after - position->traded;
    position->traded = 0.0;
    if (change < 0.0) {
        position->front = fmin(position->front, qty_after);
        return;
    }
    double front = position->front, back = qty_before - front;
    double behind = queue_probability(model, front, back);
    if (isinf(behind)) {
        behind = 1.0;
    }
    double estimate = front - (1.0 - behind) * change + fmin(back - behind * change, 0.0);
    // fmin drops a NaN (nothing ahead and nothing behind): the level's new quantity stands.
    position->front = fmin(estimate, qty_after);
}

int64_t queue_take_filled_lots(struct queue_position *position, double lot)
{
    double lots = round(-position->front / lot);
    if (!(lots > 0.0)) {
        return 0;
    }
    position->front = 0.0;
    return lots < 0x1p62 ? (int64_t)lots : INT64_C(1) << 62;
}

int64_t queue_ahead_lots(const struct queue_position *position, double lot)
{
    double lots = round(position->front / lot);
    return lots > 0.0 ? (lots < 0x1p62 ? (int64_t)lots : INT64_C(1) << 62) : 0;
}
