// The clock of a live run: the wall clock as it was at the start, moved on by the monotonic clock,
// so that it never goes back and never jumps. In ns since 1970, UTC.
#ifndef MM_VENUE_BYBIT_LIVE_CLOCK_H
#define MM_VENUE_BYBIT_LIVE_CLOCK_H

#include "base/platform.h"

struct live_clock {
    int64_t ahead_ns; // of the monotonic clock
};

static inline struct live_clock live_clock_start(void)
{
    return (struct live_clock){platform_wall_ns() - platform_monotonic_ns()};
}

static inline int64_t live_clock_now_ns(struct live_clock clock)
{
    return platform_monotonic_ns() + clock.ahead_ns;
}

#endif
