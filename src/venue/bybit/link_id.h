// The ids that our orders carry at the exchange: made before an order is sent, never used twice.
//
//   PREFIX-RUN-NUMBER, e.g. mmb-lq1x3k9a0f7c2-1k
//
// RUN is the time at which the run began (ms, 9 digits of base 36) and 4 digits of chance, NUMBER
// the order's number in base 36. By the prefix own orders are told from strangers', by the run
// those of this process from those of another one. At most 36 characters, as the exchange wants.
// Pure; plain memory of the caller.
#ifndef MM_VENUE_BYBIT_LINK_ID_H
#define MM_VENUE_BYBIT_LINK_ID_H

#include "base/error.h"

#include <stdint.h>

enum { LINK_ID_SIZE = 37, LINK_PREFIX_MAX = 10, LINK_RUN_DIGITS = 13 };

#define LINK_PREFIX_DEFAULT "mmb"

enum link_owner {
    LINK_STRANGER, // not our prefix
    LINK_OWN,      // of this run
    LINK_OTHER_RUN // of another run under our prefix
};

struct link_namer {
    char prefix[LINK_PREFIX_MAX + 1];
    char run[LINK_RUN_DIGITS + 1];
};

struct link_meaning {
    enum link_owner owner;
    int64_t run_ms;        // when its run began; not of a stranger
    uint64_t order_number; // likewise
};

// `prefix`: 1 to 10 letters and digits; MM_ERROR_USAGE otherwise.
int link_namer_init(struct link_namer *namer, const char *prefix, int64_t run_ms,
                    uint32_t chance) MM_CHECKED;

void link_write(const struct link_namer *namer, uint64_t order_number, char out[LINK_ID_SIZE]);
struct link_meaning link_read(const struct link_namer *namer, const char *text);

#endif
