// What of a guard's state (and of the monitor's history) can matter for any later step, packed.
//
// Why the quotient is sound. guard_step reads iteration numbers only in comparisons with the number
// of the step (held until n or not, the state's number one before, the last iteration, a proposal's
// number the step's) and in sums kept as such, and times only as differences to the step's time. So
// a state and one with all numbers moved by k and all times by d are stepped alike (the last
// iteration moves along: it is not part of the state). Further, the next step's number is larger
// and its time not smaller, so these cannot matter and are left out: how long ago a hold ran out,
// changes that have left the velocity window, a forgotten way back, and the signature of the last
// proposal, which is told apart from the next by its iteration. guard_search.c does not rely on the
// argument alone: it steps such equivalent states and asserts equivalent results.
#ifndef MM_TESTS_MODEL_QUOTIENT_H
#define MM_TESTS_MODEL_QUOTIENT_H

#include "monitor.h"
#include "scales.h"

enum {
    QUOTIENT_SIZE = 64,
    QUOTIENT_MOVES_MAX = 5,       // of one parameter within the velocity window
    QUOTIENT_ITERATION = 1000000, // of every unpacked state
};
#define QUOTIENT_NOW_NS INT64_C(1000000000)

struct quotient {
    uint8_t bytes[QUOTIENT_SIZE];
};

struct quotient_pair {
    struct guard_state state;
    struct monitor monitor;
    int64_t now_ns; // of the last step
};

// False when something does not fit; the search must then be told a larger size.
bool quotient_pack(const struct scale *scale, const struct guard_config *config,
                   const struct quotient_pair *pair, struct quotient *out);
void quotient_unpack(const struct scale *scale, const struct quotient *quotient,
                     struct quotient_pair *out);

// Copies what a state holds within the model's sizes; the rest is zero in both.
void quotient_copy_state(const struct scale *scale, struct guard_state *to,
                         const struct guard_state *from);

// Another state of the same class: numbers and times moved, and what cannot matter made up.
void quotient_shift(const struct guard_config *config, struct quotient_pair *pair,
                    uint32_t iterations, int64_t ns);

#endif
