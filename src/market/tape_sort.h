// A stable sort of time-stamped messages that costs next to nothing where they are in order.
#ifndef MM_MARKET_TAPE_SORT_H
#define MM_MARKET_TAPE_SORT_H

#include <stddef.h>
#include <stdint.h>

struct sort_item {
    int64_t ts_ns;
    uint64_t index; // of the message in arrival order
};

// Sorts by ts_ns and keeps the order of equals. `spare` holds as many items.
void sort_stable(struct sort_item *items, size_t count, struct sort_item *spare);

#endif
