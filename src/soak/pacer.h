// How fast market time passes in real time: when a slice of it may run, never what it does.
//
// Pure: the caller reads the clock and sleeps. Any thread.
#ifndef MM_SOAK_PACER_H
#define MM_SOAK_PACER_H

#include <stdint.h>

enum {
    PACER_MAX = 0, // as fast as possible
    // In thousandths: 0.1 to a million market seconds a second.
    PACE_MIN_E3 = 100,
    PACE_MAX_E3 = 1000000000
};

struct pacer {
    int64_t pace_e3;   // market seconds per real second, in thousandths; PACER_MAX
    int64_t market_ns; // a moment of the market,
    int64_t real_ns;   // and when it is due by the monotonic clock
};

void pacer_start(struct pacer *pacer, int64_t pace_e3, int64_t market_ns, int64_t real_ns);

// Market time that runs at a stretch: 50 ms of real time, at most 15 s of the market.
int64_t pacer_slice_ns(const struct pacer *pacer);

// The real time to wait at `real_ns` before the market may reach `market_ns`, which must not be
// before that of the last call. What has fallen back by more than a second is not hurried after:
// the clocks agree anew.
int64_t pacer_wait_ns(struct pacer *pacer, int64_t market_ns, int64_t real_ns);

#endif
