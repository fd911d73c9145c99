// Where in the queue an own order stands at a recorded exchange: six models of what an L2 feed does
// not say, namely whether a level shrank ahead of us or behind us.
//
// Quantities are doubles in the instrument's own unit, as the models are defined on them; `front`
// is what is ahead of us. Formulas: reference hftbacktest (models/queue.rs), `risk` is its
// RiskAdverse model, the others its probability models. Pure; plain memory of the caller.
#ifndef MM_VENUE_REPLAY_QUEUE_MODEL_H
#define MM_VENUE_REPLAY_QUEUE_MODEL_H

#include "base/error.h"

#include <stdint.h>

enum queue_model_kind { QUEUE_RISK, QUEUE_POW, QUEUE_POW2, QUEUE_POW3, QUEUE_LOG, QUEUE_LOG2 };

struct queue_model {
    enum queue_model_kind kind;
    double exponent; // of the three power models, > 0
};

struct queue_position {
    double front;  // quantity ahead; negative once trades have gone past us
    double traded; // at our price since the level last changed
};

// "risk", "pow:N", "pow2:N", "pow3:N", "log", "log2". MM_ERROR_USAGE says what would be right.
int queue_model_parse(const char *text, struct queue_model *out) MM_CHECKED;

// The probability that a decrease was behind us, with quantities f ahead and b behind:
// pow b^n/(b^n+f^n), pow2 b^n/(b+f)^n, pow3 1-(f/(f+b))^n, log ln(1+b)/(ln(1+b)+ln(1+f)),
// log2 ln(1+b)/ln(1+b+f). Not a number when both are 0.
double queue_probability(const struct queue_model *model, double front, double back);

// We join the level's end.
void queue_join(struct queue_position *position, double level_qty);

// A trade at our price, of `qty` as recorded, of which `qty_here` came as far as this order: own
// orders ahead took the rest.
void queue_trade(const struct queue_model *model, struct queue_position *position, double qty,
                 double qty_here);

// The level went from `qty_before` to `qty_after`.
void queue_level(const struct queue_model *model, struct queue_position *position,
                 double qty_before, double qty_after);

// Whole lots that trades have gone past us; above 0 the order fills and the overshoot is used up.
int64_t queue_take_filled_lots(struct queue_position *position, double lot);

// Lots ahead, rounded, at least 0: for people.
int64_t queue_ahead_lots(const struct queue_position *position, double lot);

#endif
