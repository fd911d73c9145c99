#include "venue/replay/order_bus.h"

#include "base/check.h"

void order_bus_init(struct order_bus *bus, size_t message_size, uint32_t capacity)
{
    ring_init(&bus->stamps, sizeof(int64_t), capacity);
    ring_init(&bus->messages, message_size, capacity);
    bus->head_ts_ns = INT64_MAX;
    bus->tail_ts_ns = INT64_MIN;
}

void order_bus_fini(struct order_bus *bus)
{
    if (bus != NULL) {
        ring_fini(&bus->stamps);
        ring_fini(&bus->messages);
    }
}

bool order_bus_push(struct order_bus *bus, int64_t ts_ns, const void *message)
{
    bool empty = bus->head_ts_ns == INT64_MAX;
    if (!empty && ts_ns < bus->tail_ts_ns) {
        ts_ns = bus->tail_ts_ns;
    }
    if (!ring_push(&bus->stamps, &ts_ns)) {
        return false;
    }
    MM_ASSERT(ring_push(&bus->messages, message));
    bus->tail_ts_ns = ts_ns;
    if (empty) {
        bus->head_ts_ns = ts_ns;
    }
    return true;
}

void *order_bus_pop(struct order_bus *bus)
{
    void *message = ring_front(&bus->messages);
    MM_ASSERT(message != NULL);
    ring_pop(&bus->messages);
    ring_pop(&bus->stamps);
    const int64_t *next = ring_front(&bus->stamps);
    bus->head_ts_ns = next == NULL ? INT64_MAX : *next;
    return message;
}
