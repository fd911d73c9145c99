#include "soak/pacer.h"

#include "base/decimal.h"

#include <stdbool.h>

enum { REAL_SLICE_NS = 50000000, LATE_MAX_NS = 1000000000 };

#define MARKET_SLICE_MAX_NS (INT64_C(15) * 1000000000)

void pacer_start(struct pacer *pacer, int64_t pace_e3, int64_t market_ns, int64_t real_ns)
{
    *pacer = (struct pacer){.pace_e3 = pace_e3, .market_ns = market_ns, .real_ns = real_ns};
}

int64_t pacer_slice_ns(const struct pacer *pacer)
{
    int64_t slice_ns = pacer->pace_e3 * (REAL_SLICE_NS / 1000);
    bool longest = pacer->pace_e3 == PACER_MAX || slice_ns > MARKET_SLICE_MAX_NS;
    return longest ? MARKET_SLICE_MAX_NS : slice_ns;
}

int64_t pacer_wait_ns(struct pacer *pacer, int64_t market_ns, int64_t real_ns)
{
    if (pacer->pace_e3 == PACER_MAX) {
        return 0;
    }
    pacer->real_ns += mul_div_round(market_ns - pacer->market_ns, 1000, pacer->pace_e3);
    pacer->market_ns = market_ns;
    if (real_ns - pacer->real_ns > LATE_MAX_NS) {
        pacer->real_ns = real_ns;
    }
    return pacer->real_ns > real_ns ? pacer->real_ns - real_ns : 0;
}
