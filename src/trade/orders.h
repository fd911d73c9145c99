// What is out there: order states, throttles, exposure. One outstanding operation per order.
#ifndef MM_TRADE_ORDERS_H
#define MM_TRADE_ORDERS_H

#include <stdint.h>

struct orders_config {
    uint32_t concurrency_limit; // operations in flight at once
    int64_t unknown_query_ns;   // an operation unanswered for this long makes the order unknown
    uint64_t first_order_id;
};

#endif
