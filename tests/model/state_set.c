#include "state_set.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_CAPACITY = 1 << 12 };

static void allocate(struct state_set *set, uint32_t capacity)
{
    set->capacity = capacity;
    set->states = mm_alloc(capacity, sizeof set->states[0]);
    set->origins = mm_alloc(capacity, sizeof set->origins[0]);
    set->slots = mm_alloc(2 * (size_t)capacity, sizeof set->slots[0]);
}

void state_set_init(struct state_set *set)
{
    *set = (struct state_set){0};
    allocate(set, FIRST_CAPACITY);
}

void state_set_fini(struct state_set *set)
{
    free(set->states);
    free(set->origins);
    free(set->slots);
    *set = (struct state_set){0};
}

// Where a state is, or the free slot where it belongs.
static uint32_t *find_slot(const struct state_set *set, const struct quotient *state)
{
    uint32_t mask = 2 * set->capacity - 1; // a capacity is a power of two
    uint32_t at = (uint32_t)XXH64(state, sizeof *state, 0) & mask;
    while (set->slots[at] != 0 &&
           memcmp(&set->states[set->slots[at] - 1], state, sizeof *state) != 0) {
        at = (at + 1) & mask;
    }
    return &set->slots[at];
}

static void grow(struct state_set *set)
{
    struct state_set old = *set;
    allocate(set, 2 * old.capacity);
    memcpy(set->states, old.states, old.count * sizeof old.states[0]);
    memcpy(set->origins, old.origins, old.count * sizeof old.origins[0]);
    for (uint32_t i = 0; i < old.count; i++) {
        *find_slot(set, &set->states[i]) = i + 1;
    }
    state_set_fini(&old);
}

bool state_set_add(struct state_set *set, const struct quotient *state, struct origin origin)
{
    uint32_t *slot = find_slot(set, state);
    if (*slot != 0) {
        return false;
    }
    if (set->count == set->capacity) {
        grow(set);
        slot = find_slot(set, state);
    }
    set->states[set->count] = *state;
    set->origins[set->count] = origin;
    *slot = ++set->count;
    return true;
}
