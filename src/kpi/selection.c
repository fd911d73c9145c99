#include "kpi/selection.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static const double EULER_GAMMA = 0.57721566490153286;

double normal_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

// Horner's rule, constant term first.
static double polynomial(const double *coefficients, unsigned count, double x)
{
    double sum = 0.0;
    for (unsigned i = count; i > 0; i--) {
        sum = sum * x + coefficients[i - 1];
    }
    return sum;
}

// AS 241, routine PPND16: about 16 figures. Central, intermediate and far tail.
double normal_quantile(double p)
{
    static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                               1.9715909503065514427e+3, 1.3731693765509461125e+4,
                               4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    MM_ASSERT(p > 0.0 && p < 1.0);
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(a, 8, r) / polynomial(b, 8, r);
    }
    double r = sqrt(-log(q < 0.0 ? p : 1.0 - p));
    double tail = r <= 5.0 ? polynomial(c, 8, r - 1.6) / polynomial(d, 8, r - 1.6)
                           : polynomial(e, 8, r - 5.0) / polynomial(f, 8, r - 5.0);
    return q < 0.0 ? -tail : tail;
}

struct selection_moments selection_moments(const double *values, size_t count)
{
    struct selection_moments moments = {.count = count};
    if (count == 0) {
        return moments;
    }
    double n = (double)count;
    double sum = 0.0;
    bool equal = true;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        equal = equal && values[i] == values[0];
    }
    // Exactly, because what rounding leaves would pass for a deviation.
    moments.mean = equal ? values[0] : sum / n;
    double m2 = 0.0;
    double m3 = 0.0;
    double m4 = 0.0;
    for (size_t i = 0; i < count; i++) {
        double x = values[i] - moments.mean;
        m2 += x * x / n;
        m3 += x * x * x / n;
        m4 += x * x * x * x / n;
    }
    if (count > 1 && m2 > 0.0) {
        moments.deviation = sqrt(m2 * n / (n - 1.0));
        moments.skewness = m3 / (m2 * sqrt(m2));
        moments.kurtosis = m4 / (m2 * m2);
    }
    return moments;
}

bool selection_sharpe(const struct selection_moments *moments, double *out)
{
    if (moments->count < 2 || !(moments->deviation > 0.0)) {
        return false;
    }
    *out = moments->mean / moments->deviation;
    return true;
}

// Variance of the Sharpe ratio's estimate times (T - 1).
static double sharpe_spread(double sharpe, double skewness, double kurtosis)
{
    return 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe;
}

double selection_psr(double sharpe, double benchmark, double count, double skewness,
                     double kurtosis)
{
    double spread = sharpe_spread(sharpe, skewness, kurtosis);
    return normal_cdf((sharpe - benchmark) * sqrt(count - 1.0) / sqrt(spread));
}

double selection_min_track_record(double sharpe, double benchmark, double skewness, double kurtosis,
                                  double confidence)
{
    if (sharpe <= benchmark) {
        return INFINITY;
    }
    double z = normal_quantile(confidence) / (sharpe - benchmark);
    return 1.0 + sharpe_spread(sharpe, skewness, kurtosis) * z * z;
}

double selection_expected_maximum(double trials)
{
    if (trials < 2.0) {
        return 0.0;
    }
    return (1.0 - EULER_GAMMA) * normal_quantile(1.0 - 1.0 / trials) +
           EULER_GAMMA * normal_quantile(1.0 - exp(-1.0) / trials);
}

double selection_deflated_benchmark(double trials, double sharpe_variance)
{
    return sqrt(sharpe_variance) * selection_expected_maximum(trials);
}

double selection_min_backtest_length(double trials, double sharpe)
{
    double ratio = selection_expected_maximum(trials) / sharpe;
    return sharpe > 0.0 ? ratio * ratio : INFINITY;
}

// Sums of one trial's values and squares over each block of periods.
struct block_sums {
    double sum, squares;
};

struct cross_validation {
    const struct block_sums *sums; // trials x blocks
    size_t trials, block_size;
    unsigned blocks;
    double *outside; // out-of-sample Sharpe ratio of each trial
};

static double joined_sharpe(const struct cross_validation *cv, size_t trial, uint32_t members)
{
    double n = 0.0;
    double sum = 0.0;
    double squares = 0.0;
    for (unsigned block = 0; block < cv->blocks; block++) {
        if ((members >> block) & 1U) {
            const struct block_sums *part = &cv->sums[trial * cv->blocks + block];
            n += (double)cv->block_size;
            sum += part->sum;
            squares += part->squares;
        }
    }
    double variance = (squares - sum * sum / n) / (n - 1.0);
    return variance > 0.0 ? sum / n / sqrt(variance) : 0.0;
}

// Does the in-sample winner of this split fall into the lower half out of sample?
static bool split_overfits(const struct cross_validation *cv, uint32_t inside)
{
    uint32_t outside = ~inside & ((UINT32_C(1) << cv->blocks) - 1U);
    size_t winner = 0;
    double best = -INFINITY;
    for (size_t trial = 0; trial < cv->trials; trial++) {
        cv->outside[trial] = joined_sharpe(cv, trial, outside);
        double sharpe = joined_sharpe(cv, trial, inside);
        if (sharpe > best) {
            best = sharpe;
            winner = trial;
        }
    }
    double rank = 1.0; // ties count half
    for (size_t trial = 0; trial < cv->trials; trial++) {
        rank += cv->outside[trial] < cv->outside[winner] ? 1.0 : 0.0;
        rank += trial != winner && cv->outside[trial] == cv->outside[winner] ? 0.5 : 0.0;
    }
    double relative = rank / ((double)cv->trials + 1.0);
    return log(relative / (1.0 - relative)) <= 0.0;
}

static struct block_sums *sum_blocks(const double *values, size_t trials, unsigned blocks,
                                     size_t block_size)
{
    struct block_sums *sums = mm_alloc(trials * blocks, sizeof *sums);
    for (size_t period = 0; period < blocks * block_size; period++) {
        for (size_t trial = 0; trial < trials; trial++) {
            struct block_sums *part = &sums[trial * blocks + period / block_size];
            double value = values[period * trials + trial];
            part->sum += value;
            part->squares += value * value;
        }
    }
    return sums;
}

bool selection_overfit_probability(const double *values, size_t periods, size_t trials,
                                   unsigned blocks, double *out)
{
    MM_ASSERT(blocks >= 2 && blocks <= 20 && blocks % 2 == 0);
    size_t block_size = periods / blocks;
    if (trials < 2 || block_size < 2) {
        return false;
    }
    struct block_sums *sums = sum_blocks(values, trials, blocks, block_size);
    struct cross_validation cv = {.sums = sums,
                                  .trials = trials,
                                  .block_size = block_size,
                                  .blocks = blocks,
                                  .outside = mm_alloc(trials, sizeof(double))};
    uint64_t splits = 0;
    uint64_t overfit = 0;
    for (uint32_t inside = 0; inside < UINT32_C(1) << blocks; inside++) {
        if ((unsigned)__builtin_popcount(inside) == blocks / 2) {
            splits++;
            overfit += split_overfits(&cv, inside);
        }
    }
    free(cv.outside);
    free(sums);
    *out = (double)overfit / (double)splits;
    return true;
}
