#include "sweep/sobol.h"

#include "base/check.h"

enum { BITS = 32, DEGREE_MAX = 5 };

// A primitive polynomial over the field of two elements and the first direction numbers m.
struct direction {
    unsigned degree;
    unsigned coefficients; // a_1 .. a_(degree-1), the first in the highest bit
    uint32_t first[DEGREE_MAX];
};

// Of dimensions 2 and up; the first one is van der Corput's sequence.
static const struct direction directions[SOBOL_DIMENSIONS_MAX - 1] = {
    {1, 0, {1}},          {2, 1, {1, 3}},        {3, 1, {1, 3, 1}},        {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}}, {4, 4, {1, 3, 5, 13}}, {5, 2, {1, 1, 5, 5, 17}},
};

// Direction numbers v_1 .. v_32, the binary point before the highest bit.
static void fill_directions(unsigned dimension, uint32_t out[BITS])
{
    if (dimension == 0) {
        for (unsigned i = 0; i < BITS; i++) {
            out[i] = UINT32_C(1) << (BITS - 1 - i);
        }
        return;
    }
    const struct direction *direction = &directions[dimension - 1];
    unsigned degree = direction->degree;
    MM_ASSERT(degree > 0 && degree <= DEGREE_MAX);
    for (unsigned i = 0; i < BITS; i++) {
        if (i < degree) {
            out[i] = direction->first[i] << (BITS - 1 - i);
            continue;
        }
        out[i] = out[i - degree] ^ (out[i - degree] >> degree);
        for (unsigned k = 1; k < degree; k++) {
            if (((direction->coefficients >> (degree - 1 - k)) & 1U) != 0) {
                out[i] ^= out[i - k];
            }
        }
    }
}

uint32_t sobol_coordinate(uint32_t index, unsigned dimension)
{
    MM_ASSERT(dimension < SOBOL_DIMENSIONS_MAX);
    uint32_t numbers[BITS];
    fill_directions(dimension, numbers);
    uint32_t gray = index ^ (index >> 1);
    uint32_t value = 0;
    for (unsigned i = 0; i < BITS; i++) {
        value ^= ((gray >> i) & 1U) != 0 ? numbers[i] : 0;
    }
    return value;
}
