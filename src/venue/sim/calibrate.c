#include "venue/sim/calibrate.h"

#include "venue/sim/sim_stats.h"

#include <math.h>

enum { TURNS = 12 };

static const int64_t TURN_NS = INT64_C(1800000000000);
static const double DAMPING = .7;     // of a correction, as the statistics are noisy and coupled
static const double FACTOR_MOST = 4;  // of one turn
static const double SIGMA_MOST = 4;   // of the logarithm of sizes
static const double SPAN_SHARE = 3.4; // prices the book can hold over the reference, as btc-perp

// What the parameter behind a statistic is to be multiplied by; 1 where either is unknown.
static double correction(double wanted, double have)
{
    if (!(wanted > 0 && have > 0)) {
        return 1;
    }
    double factor = pow(wanted / have, DAMPING);
    return fmin(FACTOR_MOST, fmax(1 / FACTOR_MOST, factor));
}

static double size_spread(const double *values)
{
    return log(values[STAT_ORDER_SIZE_Q99] / values[STAT_ORDER_SIZE_Q50]);
}

static void correct_flow(const double *target, const double *have, struct sim_model *model)
{
    double rate = correction(target[STAT_ORDER_RATE], have[STAT_ORDER_RATE]);
    model->base_rate *= rate;
    model->jump_rate *= rate;
    model->taker_median *= correction(target[STAT_ORDER_SIZE_Q50], have[STAT_ORDER_SIZE_Q50]);
    model->taker_sigma *= correction(size_spread(target), size_spread(have));
    model->taker_sigma = fmin(SIGMA_MOST, model->taker_sigma);
}

static void correct_book(const double *target, const double *have, struct sim_model *model)
{
    double size = correction(target[STAT_QUEUE_Q50], have[STAT_QUEUE_Q50]);
    model->order_median *= size;
    model->gap_median *= size;
    double rate = correction(target[STAT_BEST_RATE], have[STAT_BEST_RATE]);
    model->join_rate *= rate;
    model->deeper_rate *= rate;
    model->fast_cancel *= rate;
}

// All distances that jumps are compared with move with them.
static void correct_distances(const double *target, const double *have, struct sim_model *model)
{
    double factor = correction(target[STAT_VOL_1S], have[STAT_VOL_1S]);
    model->jump_scale *= factor;
    model->jump_most *= factor;
    model->dead_band *= factor;
    model->informed_edge *= factor;
    model->taker_slippage *= factor;
    model->diffusion *= factor;
    model->impact *= factor;
}

int sim_calibrate(const struct instrument *instrument, int64_t reference_ticks,
                  const double *target, struct sim_model *model, double *values)
{
    model->tick = instrument->tick;
    model->lot = instrument->lot;
    model->contract_size = instrument->contract_size;
    model->reference_ticks = reference_ticks;
    double span = SPAN_SHARE * (double)reference_ticks;
    if (!(span <= BOOK_SPAN_MAX)) {
        return mm_fail(MM_ERROR_INPUT, "at %lld ticks the price has too many for a simulated book",
                       (long long)reference_ticks);
    }
    model->span = (uint32_t)span;
    for (int turn = 0;; turn++) {
        struct sim_config config;
        int code = sim_config_of_preset(model, &config);
        if (code == MM_OK) {
            code = sim_stats(&config, TURN_NS, values);
        }
        if (code != MM_OK || turn == TURNS) {
            return code;
        }
        correct_flow(target, values, model);
        correct_book(target, values, model);
        correct_distances(target, values, model);
    }
}
