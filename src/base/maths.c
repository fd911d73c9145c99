#include "base/maths.h"

#include "base/check.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// log 2 in two parts: the first has 32 trailing zero bits, so that its product with a whole number
// below 2^32 is exact.
static const double LN2_HIGH = 0x1.62e42fep-1, LN2_LOW = 0x1.f473de6af278fp-30;
static const double LN2_INVERSE = 1.4426950408889634;

enum { EXPONENT_BIAS = 1023, MANTISSA_BITS = 52 };

static double of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// 2^power for a normal result.
static double power_of_two(int power)
{
    return of_bits((uint64_t)(power + EXPONENT_BIAS) << MANTISSA_BITS);
}

// exp(r) - 1 for |r| <= log(2) / 2, to twice the last place of exp(r): r + r^2/2! + ... + r^13/13!,
// the rest being below 5e-18.
static double exp_less_one(double r)
{
    double sum = 1. / 6227020800;
    sum = sum * r + 1. / 479001600;
    sum = sum * r + 1. / 39916800;
    sum = sum * r + 1. / 3628800;
    sum = sum * r + 1. / 362880;
    sum = sum * r + 1. / 40320;
    sum = sum * r + 1. / 5040;
    sum = sum * r + 1. / 720;
    sum = sum * r + 1. / 120;
    sum = sum * r + 1. / 24;
    sum = sum * r + 1. / 6;
    sum = sum * r + .5;
    return r + r * r * sum;
}

double mm_exp(double x)
{
    if (!(x > -745.2)) {
        return isnan(x) ? x : 0;
    }
    if (x > 709.79) {
        return INFINITY;
    }
    // x = power * log 2 + r.
    int power = (int)(x * LN2_INVERSE + (x < 0 ? -.5 : .5));
    double r = (x - power * LN2_HIGH) - power * LN2_LOW;
    double result = 1 + exp_less_one(r);
    // In two steps, because 2^power alone may be out of range.
    int half = power / 2;
    return result * power_of_two(half) * power_of_two(power - half);
}

double mm_log(double x)
{
    MM_ASSERT(x > 0 && x < INFINITY);
    int power = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        power = -54;
    }
    // x = 2^power * m with m in [sqrt(1/2), sqrt(2)).
    uint64_t bits = bits_of(x);
    power += (int)(bits >> MANTISSA_BITS) - EXPONENT_BIAS;
    double m = of_bits((bits & ((UINT64_C(1) << MANTISSA_BITS) - 1)) | (uint64_t)EXPONENT_BIAS
                                                                           << MANTISSA_BITS);
    if (m > 1.4142135623730951) {
        m *= .5;
        power++;
    }
    // log m = 2 artanh s = 2 s (1 + s^2/3 + s^4/5 + ...) with s = f / (2 + f), f = m - 1 exact and
    // |s| < .172; written as f - (f^2/2 - s (f^2/2 + rest)) because f carries no error.
    double f = m - 1, s = f / (2 + f), z = s * s;
    double rest = 2. / 23;
    rest = rest * z + 2. / 21;
    rest = rest * z + 2. / 19;
    rest = rest * z + 2. / 17;
    rest = rest * z + 2. / 15;
    rest = rest * z + 2. / 13;
    rest = rest * z + 2. / 11;
    rest = rest * z + 2. / 9;
    rest = rest * z + 2. / 7;
    rest = rest * z + 2. / 5;
    rest = rest * z + 2. / 3;
    rest *= z;
    double half_square = .5 * f * f;
    double low = power * LN2_LOW + s * (half_square + rest);
    return power * LN2_HIGH + (f - (half_square - low));
}

double mm_pow(double x, double y)
{
    return mm_exp(y * mm_log(x));
}

// cos and sin of x for |x| <= pi/4, by their series.
static double cos_series(double x)
{
    double z = x * x, sum = 1. / 20922789888000;
    sum = sum * z - 1. / 87178291200;
    sum = sum * z + 1. / 479001600;
    sum = sum * z - 1. / 3628800;
    sum = sum * z + 1. / 40320;
    sum = sum * z - 1. / 720;
    sum = sum * z + 1. / 24;
    return 1 - (.5 * z - z * z * sum);
}

static double sin_series(double x)
{
    double z = x * x, sum = -1. / 1307674368000;
    sum = sum * z + 1. / 6227020800;
    sum = sum * z - 1. / 39916800;
    sum = sum * z + 1. / 362880;
    sum = sum * z - 1. / 5040;
    sum = sum * z + 1. / 120;
    sum = sum * z - 1. / 6;
    return x + x * z * sum;
}

double mm_cos_turns(double x)
{
    MM_ASSERT(x >= 0 && x <= 1);
    const double two_pi = 6.283185307179586;
    double eighths = floor(x * 8);
    // Of the nearest quarter turn; the difference is exact.
    double quarter = floor((eighths + 1) / 2);
    double angle = (x - quarter * .25) * two_pi;
    switch ((int)quarter % 4) {
    case 0:
        return cos_series(angle);
    case 1:
        return -sin_series(angle);
    case 2:
        return -cos_series(angle);
    default:
        return sin_series(angle);
    }
}
