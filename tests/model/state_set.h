// The states found by a search, in the order found, each once, with how it was reached.
// The caller owns the struct, the set its memory; it grows by doubling. One thread.
#ifndef MM_TESTS_MODEL_STATE_SET_H
#define MM_TESTS_MODEL_STATE_SET_H

#include "quotient.h"

// From which state by which input; UINT32_MAX = a start.
struct origin {
    uint32_t from, input;
};

struct state_set {
    struct quotient *states; // owned, `count` of `capacity`
    struct origin *origins;  // owned
    uint32_t *slots;         // owned; index of a state + 1, 0 = free; 2 * capacity of them
    uint32_t count, capacity;
};

void state_set_init(struct state_set *set);
void state_set_fini(struct state_set *set);
// True when it is new.
bool state_set_add(struct state_set *set, const struct quotient *state, struct origin origin);

#endif
