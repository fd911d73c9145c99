#include "venue/replay/order_bus.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void order_bus_init(struct order_bus *bus, size_t message_size, uint32_t capacity)
{
    MM_ASSERT(capacity > 0 && (capacity & (capacity - 1)) == 0);
    *bus = (struct order_bus){.stamps = mm_alloc(capacity, sizeof(int64_t)),
                              .messages = mm_alloc(capacity, message_size),
                              .message_size = message_size,
                              .capacity = capacity,
                              .head_ts_ns = INT64_MAX};
}

void order_bus_fini(struct order_bus *bus)
{
    if (bus != NULL) {
        free(bus->stamps);
        free(bus->messages);
        *bus = (struct order_bus){0};
    }
}

bool order_bus_push(struct order_bus *bus, int64_t ts_ns, const void *message)
{
    uint32_t last = bus->capacity - 1;
    if (bus->tail - bus->head == bus->capacity) {
        return false;
    }
    if (bus->tail == bus->head) {
        bus->head_ts_ns = ts_ns;
    } else if (ts_ns < bus->stamps[(bus->tail - 1) & last]) {
        ts_ns = bus->stamps[(bus->tail - 1) & last];
    }
    uint32_t at = bus->tail++ & last;
    bus->stamps[at] = ts_ns;
    memcpy(bus->messages + at * bus->message_size, message, bus->message_size);
    return true;
}

void *order_bus_pop(struct order_bus *bus)
{
    uint32_t last = bus->capacity - 1;
    MM_ASSERT(bus->tail != bus->head);
    void *message = bus->messages + (bus->head & last) * bus->message_size;
    bus->head++;
    bus->head_ts_ns = bus->tail == bus->head ? INT64_MAX : bus->stamps[bus->head & last];
    return message;
}
