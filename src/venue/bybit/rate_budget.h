// How many requests of one kind the exchange still takes: so many in any second, as its answers
// say.
//
// The exchange counts over a window that rolls, so the times of the last requests are kept, and a
// request may go when the one so many before it is more than a second old (a little more, because
// requests do not all take the same time on their way). What others send on the same account is
// seen by what the exchange says is left. Pure; plain memory of the caller.
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

// What an answer's headers say, by whatever way it came.
struct rate_limit {
    uint32_t limit;   // in a second; 0: the answer says nothing of it
    uint32_t left;    // of it, after the request
    int64_t reset_ms; // when there is room again, by the exchange's clock; meant when none is left
};

// Reads the fields X-Bapi-Limit, X-Bapi-Limit-Status and X-Bapi-Limit-Reset-Timestamp, "" when
// absent. What is no number makes it an answer that says nothing.
struct rate_limit rate_limit_read(const char *limit, const char *left, const char *reset_ms);

// Takes in what an answer says. `refused`: that there were too many requests. ahead_ms: the
// exchange's clock less ours. True when the limit has changed.
bool rate_budget_note(struct rate_budget *budget, const struct rate_limit *said, bool refused,
                      int64_t ahead_ms, int64_t now_ns);

#endif
