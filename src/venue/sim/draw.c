#include "venue/sim/draw.h"

#include "base/maths.h"

#include <math.h>
#include <stddef.h>

enum { CELL_POINTS = 16 }; // a cell's mean is taken over this many points

typedef double (*quantile)(double u, const double *argument);

static void fill_means(struct draw_table *table, quantile at, const double *argument)
{
    for (int cell = 0; cell < DRAW_CELLS; cell++) {
        double sum = 0;
        for (int point = 0; point < CELL_POINTS; point++) {
            sum += at((cell + (point + .5) / CELL_POINTS) / DRAW_CELLS, argument);
        }
        table->value[cell] = (float)(sum / CELL_POINTS);
    }
}

// The sum of four uniforms on [0, 1] (Irwin 1927, Hall 1927) on its lower half: distribution
// function x^4 / 24 - (x - 1)^4 / 6 and density, the second term only beyond 1.
static double lower_half_quantile(double u)
{
    double x = sqrt(sqrt(24 * u)); // exact up to 1
    for (int i = 0; i < 8 && x > 1; i++) {
        double y = x - 1;
        double below = x * x * x * x / 24 - y * y * y * y / 6;
        double density = x * x * x / 6 - 4 * y * y * y / 6;
        x -= (below - u) / density; // Newton's step; the start is near enough
    }
    return x;
}

// Variance of the sum is 1/3, its mean 2.
static double normal_quantile(double u, const double *argument)
{
    (void)argument;
    double x = u < .5 ? lower_half_quantile(u) - 2 : 2 - lower_half_quantile(1 - u);
    return x * sqrt(3.0);
}

static double lognormal_quantile(double u, const double *sigma)
{
    return mm_exp(sigma[0] * normal_quantile(u, NULL));
}

// argument: scale, power, most. u is the tail's chance, so that rows fall from high to low; the
// order of cells does not matter.
static double lomax_quantile(double u, const double *argument)
{
    return fmin(argument[2], argument[0] * (mm_pow(u, -1 / argument[1]) - 1));
}

void draw_table_lognormal(struct draw_table *table, double sigma)
{
    fill_means(table, lognormal_quantile, &sigma);
}

void draw_table_normal(struct draw_table *table)
{
    fill_means(table, normal_quantile, NULL);
}

void draw_table_lomax(struct draw_table *table, double scale, double power, double most)
{
    fill_means(table, lomax_quantile, (double[]){scale, power, most});
}

void draw_table_distance(struct draw_table *table, double scale, double power, double most)
{
    const double argument[] = {scale, power, most};
    for (int cell = 0; cell < DRAW_CELLS; cell++) {
        table->value[cell] = (float)(1 + floor(lomax_quantile((cell + .5) / DRAW_CELLS, argument)));
    }
}

// The continuous law on [1, most], P(L > l) = (l^-a - most^-a) / (1 - most^-a), cut to whole lags.
void draw_table_lag(struct draw_table *table, double power, double most)
{
    double floor_chance = mm_pow(most, -power);
    for (int cell = 0; cell < DRAW_CELLS; cell++) {
        double u = (cell + .5) / DRAW_CELLS;
        double lag = mm_pow(u * (1 - floor_chance) + floor_chance, -1 / power);
        table->value[cell] = (float)fmin(floor(lag), most);
    }
}

void draw_exponential_init(struct draw_exponential *table)
{
    for (int cell = 0; cell < DRAW_CELLS; cell++) {
        table->edge[cell] = (float)-mm_log(1 - (double)cell / DRAW_CELLS);
    }
}
