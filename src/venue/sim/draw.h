// Turning random words into the market's distributions, by table.
//
// A table holds the means of DRAW_CELLS equally likely cells of a distribution, so that one draw
// costs one word and one load, means are exact, and the running simulator calls no function of the
// C library whose last bit could differ between machines. Tables are plain memory owned by whoever
// holds the struct; filled once at start.
#ifndef MM_VENUE_SIM_DRAW_H
#define MM_VENUE_SIM_DRAW_H

#include <stdint.h>

enum { DRAW_CELL_BITS = 10, DRAW_CELLS = 1 << DRAW_CELL_BITS };

struct draw_table {
    float value[DRAW_CELLS];
};

// exp(sigma * N), N the sum of four uniforms scaled to variance 1 (bounded at 3.46).
void draw_table_lognormal(struct draw_table *table, double sigma);
// N itself.
void draw_table_normal(struct draw_table *table);
// min(most, scale * (U^(-1/power) - 1)): Lomax, capped.
void draw_table_lomax(struct draw_table *table, double scale, double power, double most);
// Whole lags 1...most with P(lag > l) ~ l^-power.
void draw_table_lag(struct draw_table *table, double power, double most);
// 1 + floor of a capped Lomax: whole distances, from the middle of each cell.
void draw_table_distance(struct draw_table *table, double scale, double power, double most);

static inline double draw_from(const struct draw_table *table, uint32_t word)
{
    return (double)table->value[word >> (32 - DRAW_CELL_BITS)];
}

// Edges of the cells of the unit exponential distribution, for gaps between events: interpolated,
// as gaps must not be discrete.
struct draw_exponential {
    float edge[DRAW_CELLS]; // -log(1 - i / DRAW_CELLS)
};
void draw_exponential_init(struct draw_exponential *table);

static inline double draw_exponential_inner(const struct draw_exponential *table, uint32_t cell,
                                            uint32_t fraction, double fraction_scale)
{
    double low = (double)table->edge[cell];
    double high = (double)table->edge[cell + 1];
    return low + (high - low) * ((double)fraction * fraction_scale);
}

// The last cell has no end: within it the distribution starts again (it has no memory), on the
// word's remaining bits. Bounded at 2 log(DRAW_CELLS), about 14.
static inline double draw_exponential_from(const struct draw_exponential *table, uint32_t word)
{
    uint32_t cell = word >> (32 - DRAW_CELL_BITS);
    uint32_t fraction = word << DRAW_CELL_BITS;
    if (cell < DRAW_CELLS - 1) {
        return draw_exponential_inner(table, cell, fraction, 0x1p-32);
    }
    cell = fraction >> (32 - DRAW_CELL_BITS);
    fraction <<= DRAW_CELL_BITS;
    double start = (double)table->edge[DRAW_CELLS - 1];
    return cell < DRAW_CELLS - 1 ? start + draw_exponential_inner(table, cell, fraction, 0x1p-32)
                                 : 2 * start;
}

// In [0, 1), 32 bits.
static inline double draw_uniform_from(uint32_t word)
{
    return (double)word * 0x1p-32;
}

// In [0, bound): Lemire's multiplication without the rejection step; the bias is below bound / 2^32
// and draws stay one word each.
static inline uint32_t draw_below_from(uint32_t word, uint32_t bound)
{
    return (uint32_t)(((uint64_t)word * bound) >> 32);
}

#endif
