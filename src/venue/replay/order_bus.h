// The way of requests to the exchange and of reports back: a queue in which nothing overtakes.
//
// A message's time of arrival is raised to that of the one before it, if that is still on its way
// (reference rule, hftbacktest backtest/order.rs). Fixed capacity; one owner thread.
#ifndef MM_VENUE_REPLAY_ORDER_BUS_H
#define MM_VENUE_REPLAY_ORDER_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order_bus {
    int64_t *stamps;         // owned: when each message arrives
    unsigned char *messages; // owned
    size_t message_size;
    uint32_t capacity;
    uint32_t head, tail; // run on and wrap; tail - head = count
    int64_t head_ts_ns;  // when the first message arrives, INT64_MAX when there is none
};

// `capacity` is a power of two.
void order_bus_init(struct order_bus *bus, size_t message_size, uint32_t capacity);
void order_bus_fini(struct order_bus *bus);

// False when the bus is full.
bool order_bus_push(struct order_bus *bus, int64_t ts_ns, const void *message);

// The first message; borrowed until the next push. The bus must not be empty.
void *order_bus_pop(struct order_bus *bus);

#endif
