// Sobol's low-discrepancy sequence: points that fill a box more evenly than random ones do.
//
// Sobol 1967; direction numbers of Joe and Kuo 2008, "Constructing Sobol sequences with better
// two-dimensional projections" (their table new-joe-kuo-6); Gray code order of Antonov and Saleev
// 1979. Pure; no state.
#ifndef MM_SWEEP_SOBOL_H
#define MM_SWEEP_SOBOL_H

#include <stdint.h>

enum { SOBOL_DIMENSIONS_MAX = 8 };

// Coordinate `dimension` (0 .. SOBOL_DIMENSIONS_MAX - 1) of point `index`, as a fraction of 2^32.
// Point 0 is the origin.
uint32_t sobol_coordinate(uint32_t index, unsigned dimension);

#endif
