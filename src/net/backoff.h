// When to connect again: later after every failure, never at the same moment as others, and never
// more often than an exchange allows.
//
// The wait doubles with each failure up to a maximum, and the second half of it is drawn by chance.
// A connection that has lived long enough starts it anew. Beside that, attempts spend from a bucket
// that refills slowly, so that not even connections that open and die at once come too often. Pure;
// plain memory of the caller.
#ifndef MM_NET_BACKOFF_H
#define MM_NET_BACKOFF_H

#include "base/random.h"

#include <stdint.h>

struct backoff_config {
    int64_t first_ns, most_ns; // of the wait
    int64_t lived_ns;          // a connection that lasted this long was none of a row of failures
    uint32_t burst;            // attempts that may follow one another by the waits alone
    int64_t refill_ns;         // one more attempt every so often
};

// 0.5 s to 30 s, 30 s, 20 attempts, 3 s: at most 120 attempts in five minutes.
extern const struct backoff_config backoff_default;

struct backoff {
    struct backoff_config config;
    struct random_stream draws;
    uint32_t failures;
    int64_t tokens_ns, updated_ns; // refill_ns of it is one attempt
};

void backoff_init(struct backoff *backoff, const struct backoff_config *config, uint64_t seed,
                  int64_t now_ns);

// How long to wait from `now_ns` before the next attempt, which is spent by this. `lived_ns` is how
// long the last connection was open, 0 when it never was.
int64_t backoff_next_ns(struct backoff *backoff, int64_t now_ns, int64_t lived_ns);

#endif
