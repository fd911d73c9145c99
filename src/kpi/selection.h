// What choosing the best of many trials does to its result: the statistics beside a sweep's
// winners.
//
// Sources: Bailey and Lopez de Prado 2012, "The Sharpe ratio efficient frontier" (PSR, MinTRL);
// Bailey and Lopez de Prado 2014, "The deflated Sharpe ratio" (expected maximum, DSR); Bailey,
// Borwein, Lopez de Prado and Zhu 2014, "Pseudo-mathematics and financial charlatanism" (MinBTL),
// and 2017, "The probability of backtest overfitting" (CSCV).
// Sharpe ratios are per period, kurtosis is raw (3 for a normal). Pure; no state.
#ifndef MM_KPI_SELECTION_H
#define MM_KPI_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct selection_moments {
    size_t count;
    double mean, deviation; // sample standard deviation, n - 1
    double skewness, kurtosis;
};

// Standard normal distribution function and its inverse (Wichura 1988, algorithm AS 241; p in (0,
// 1)).
double normal_cdf(double x);
double normal_quantile(double p);

struct selection_moments selection_moments(const double *values, size_t count);

// False when the deviation is zero or there are fewer than two values.
bool selection_sharpe(const struct selection_moments *moments, double *out);

// Probability that the true Sharpe ratio exceeds `benchmark`.
double selection_psr(double sharpe, double benchmark, double count, double skewness,
                     double kurtosis);

// Periods needed for PSR(benchmark) to reach `confidence`; infinite when sharpe <= benchmark.
double selection_min_track_record(double sharpe, double benchmark, double skewness, double kurtosis,
                                  double confidence);

// Expected maximum of `trials` independent standard normals (trials >= 2; 0 for one trial).
double selection_expected_maximum(double trials);

// The Sharpe ratio that the best of `trials` skill-less trials would show, times their deviation.
double selection_deflated_benchmark(double trials, double sharpe_variance);

// Periods below which the best of `trials` skill-less trials is expected to show `sharpe` or more
// by luck; infinite when sharpe <= 0.
double selection_min_backtest_length(double trials, double sharpe);

// Probability of backtest overfitting by combinatorially symmetric cross-validation: `values` is
// periods x trials (row-major), cut into `blocks` (even, at most 20) runs of periods; the remainder
// of periods is left out at the end. False when there are fewer than two trials or two periods a
// block.
bool selection_overfit_probability(const double *values, size_t periods, size_t trials,
                                   unsigned blocks, double *out);

#endif
