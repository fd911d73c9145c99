// Times that a recording can mean: 2001-09-09 (19 digits in ns) to 2100-01-01.
#ifndef MM_MARKET_CAPTURE_TIME_H
#define MM_MARKET_CAPTURE_TIME_H

#include <stdint.h>

#define CAPTURE_NS_PER_MS INT64_C(1000000)
#define CAPTURE_TS_MIN_NS INT64_C(1000000000000000000)
#define CAPTURE_TS_MAX_NS INT64_C(4102444800000000000)

#endif
