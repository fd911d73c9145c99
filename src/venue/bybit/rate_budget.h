// How many requests of one kind the exchange still takes: so many in any second, as its answers
// say.
//
// The exchange counts over a window that rolls, so the times of the last requests are kept, and a
// request may go when the one so many before it is more than a second old (a little more, because
// requests do not all take the same time on their way). Pure; plain memory of the caller.
#ifndef MM_VENUE_BYBIT_RATE_BUDGET_H
#define MM_VENUE_BYBIT_RATE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum { RATE_LIMIT_MAX = 64, RATE_LIMIT_DEFAULT = 10 };

#define RATE_WINDOW_NS INT64_C(1050000000)

struct rate_budget {
    uint32_t limit; // in a second; 0 takes RATE_LIMIT_DEFAULT
    uint64_t count; // sent so far
    int64_t sent_ns[RATE_LIMIT_MAX];
    int64_t closed_until_ns; // the exchange said that nothing is left
};

// Spends `count` (1 or more) requests at once, or none when they do not all fit.
bool rate_budget_take(struct rate_budget *budget, uint32_t count, int64_t now_ns);

// When the next single request fits; not above `now_ns` when it does now.
int64_t rate_budget_ready_ns(const struct rate_budget *budget, int64_t now_ns);

// What an answer's headers say: the limit (0 = not said), what is left of it, and in how long it is
// whole again. `refused`: the answer was that there are too many.
void rate_budget_note(struct rate_budget *budget, uint32_t limit, uint32_t left, int64_t reset_ns,
                      bool refused, int64_t now_ns);

#endif
