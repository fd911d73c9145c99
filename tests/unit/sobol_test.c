// Sobol's sequence against its authors' first points, and for how evenly it fills the unit square.
#include "sweep/sobol.h"

#include "cmocka_all.h"

static double coordinate(uint32_t index, unsigned dimension)
{
    return sobol_coordinate(index, dimension) / 4294967296.0;
}

// The ten points that Joe and Kuo print for three dimensions.
static void the_first_points_are_the_published_ones(void **state)
{
    (void)state;
    static const double expected[10][3] = {
        {0, 0, 0},
        {0.5, 0.5, 0.5},
        {0.75, 0.25, 0.25},
        {0.25, 0.75, 0.75},
        {0.375, 0.375, 0.625},
        {0.875, 0.875, 0.125},
        {0.625, 0.125, 0.875},
        {0.125, 0.625, 0.375},
        {0.1875, 0.3125, 0.9375},
        {0.6875, 0.8125, 0.4375},
    };
    for (uint32_t i = 0; i < 10; i++) {
        for (unsigned dimension = 0; dimension < 3; dimension++) {
            assert_true(coordinate(i, dimension) == expected[i][dimension]);
        }
    }
}

// The first 2^k points lie one each in 2^k equal intervals, in every dimension.
static void every_dimension_is_filled_evenly(void **state)
{
    (void)state;
    enum { COUNT = 1 << 10 };
    for (unsigned dimension = 0; dimension < SOBOL_DIMENSIONS_MAX; dimension++) {
        bool seen[COUNT] = {false};
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t interval = sobol_coordinate(i, dimension) >> 22;
            assert_false(seen[interval]);
            seen[interval] = true;
        }
    }
}

// Each 16 x 16 cell of any two dimensions gets its share of 4096 points, 16, within a few. Random
// points would leave some cell empty or with twice its share.
static void every_pair_of_dimensions_is_filled_evenly(void **state)
{
    (void)state;
    enum { COUNT = 4096, SIDE = 16 };
    for (unsigned a = 0; a < SOBOL_DIMENSIONS_MAX; a++) {
        for (unsigned b = a + 1; b < SOBOL_DIMENSIONS_MAX; b++) {
            int cells[SIDE][SIDE] = {{0}};
            for (uint32_t i = 0; i < COUNT; i++) {
                cells[sobol_coordinate(i, a) >> 28][sobol_coordinate(i, b) >> 28]++;
            }
            for (size_t cell = 0; cell < (size_t)SIDE * SIDE; cell++) {
                assert_in_range(cells[cell / SIDE][cell % SIDE], 12, 20);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_points_are_the_published_ones),
        cmocka_unit_test(every_dimension_is_filled_evenly),
        cmocka_unit_test(every_pair_of_dimensions_is_filled_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
