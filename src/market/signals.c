#include "market/signals.h"

#include "base/check.h"

#include <math.h>
#include <string.h>

static const int64_t SAMPLE_NS = 100000000; // the scale on which bounces average out
static const int64_t VOLATILITY_TAU_NS = 30000000000;
static const int64_t DRIFT_HORIZON_NS = 1000000000;
static const double VARIANCE_WEIGHT_MIN = 0.05; // of a full average; less says nothing yet

enum { IMBALANCE_LEVELS = 5, DEPTH_LEVELS_MAX = 256 };

void signals_init(struct signals *signals, const struct signals_config *config)
{
    *signals = (struct signals){.config = *config};
    struct signals_config *own = &signals->config;
    own->sample_ns = own->sample_ns > 0 ? own->sample_ns : SAMPLE_NS;
    own->volatility_tau_ns =
        own->volatility_tau_ns > 0 ? own->volatility_tau_ns : VOLATILITY_TAU_NS;
    own->drift_horizon_ns = own->drift_horizon_ns > 0 ? own->drift_horizon_ns : DRIFT_HORIZON_NS;
    own->imbalance_levels = own->imbalance_levels > 0 ? own->imbalance_levels : IMBALANCE_LEVELS;
    MM_ASSERT(own->drift_horizon_ns / own->sample_ns <= SIGNALS_SAMPLES - 2);
}

void signals_reset(struct signals *signals)
{
    memset(signals->best_ticks, 0, sizeof signals->best_ticks);
    memset(signals->best_lots, 0, sizeof signals->best_lots);
    signals->mid_half_ticks = 0;
    signals->microprice_half_ticks = 0;
    signals->variance_sum = 0;
    signals->variance_weight = 0;
    signals->sample_first = signals->sample_end;
}

// What a level of the feed's book holds of others.
static int64_t others_lots(const struct own_quotes *own, enum side side, int64_t price_ticks,
                           int64_t level_lots)
{
    int64_t left = level_lots;
    for (int sure = 1; sure >= 0; sure--) {
        for (uint32_t i = 0; i < own->count; i++) {
            const struct own_quote *quote = &own->quotes[i];
            if (quote->side != side || quote->price_ticks != price_ticks || quote->sure != sure) {
                continue;
            }
            if (quote->qty_lots <= left) {
                left -= quote->qty_lots;
            } else if (quote->sure) {
                left = 0;
            }
        }
    }
    return left;
}

struct level {
    int64_t price_ticks, lots; // of others
    uint32_t index;            // 0 = none
};

// The first level at `index` or behind it that others have something on.
static struct level next_level(const struct book *book, const struct own_quotes *own,
                               enum side side, uint32_t index)
{
    while (index != 0) {
        int64_t price = geometry_ticks(book->geometry, side, index);
        int64_t lots = book_lots(book, side, index);
        lots = own->count == 0 ? lots : others_lots(own, side, price, lots);
        if (lots > 0) {
            return (struct level){.price_ticks = price, .lots = lots, .index = index};
        }
        index = book_scan(book, side, index - 1);
    }
    return (struct level){0};
}

static struct level after_level(const struct book *book, const struct own_quotes *own,
                                enum side side, struct level level)
{
    return next_level(book, own, side, book_scan(book, side, level.index - 1));
}

static void add_return(struct signals *signals, const struct signals_sample *last,
                       const struct signals_sample *next)
{
    double seconds = (double)(next->ts_ns - last->ts_ns) * 1e-9;
    double tau_seconds = (double)signals->config.volatility_tau_ns * 1e-9;
    double change =
        (double)(next->mid_half_ticks - last->mid_half_ticks) / (double)last->mid_half_ticks;
    double keep = exp(-seconds / tau_seconds);
    double variance_rate = change * change / seconds;
    signals->variance_sum = signals->variance_sum * keep + variance_rate * (1.0 - keep);
    signals->variance_weight = signals->variance_weight * keep + (1.0 - keep);
}

static struct signals_sample *sample_at(struct signals *signals, uint64_t number)
{
    return &signals->samples[number % SIGNALS_SAMPLES];
}

// Drops what is older than the horizon needs: the first sample stays the newest one that is at
// least the horizon old.
static void drop_old_samples(struct signals *signals, int64_t now_ns)
{
    int64_t oldest_ns = now_ns - signals->config.drift_horizon_ns;
    while (signals->sample_end - signals->sample_first > 1 &&
           sample_at(signals, signals->sample_first + 1)->ts_ns <= oldest_ns) {
        signals->sample_first++;
    }
    if (signals->sample_end - signals->sample_first == SIGNALS_SAMPLES) {
        signals->sample_first++;
    }
}

static void sample_mid(struct signals *signals, int64_t now_ns)
{
    struct signals_sample next = {now_ns, signals->mid_half_ticks};
    if (signals->sample_end > signals->sample_first) {
        const struct signals_sample *last = sample_at(signals, signals->sample_end - 1);
        if (now_ns - last->ts_ns < signals->config.sample_ns) {
            return;
        }
        add_return(signals, last, &next);
    }
    drop_old_samples(signals, now_ns);
    *sample_at(signals, signals->sample_end++) = next;
}

void signals_update(struct signals *signals, const struct book *book, const struct own_quotes *own,
                    int64_t now_ns)
{
    for (int side = 0; side < 2; side++) {
        struct level best = next_level(book, own, (enum side)side, book->best[side]);
        signals->best_ticks[side] = best.price_ticks;
        signals->best_lots[side] = best.lots;
    }
    const int64_t *ticks = signals->best_ticks;
    const int64_t *lots = signals->best_lots;
    if (lots[SIDE_BUY] == 0 || lots[SIDE_SELL] == 0) {
        signals->mid_half_ticks = 0;
        signals->microprice_half_ticks = 0;
        return;
    }
    signals->mid_half_ticks = ticks[SIDE_BUY] + ticks[SIDE_SELL];
    signals->last_mid_half_ticks = signals->mid_half_ticks;
    signals->last_mid_ns = now_ns;
    // The side with more behind it pushes the price away from itself.
    double weighted = (double)ticks[SIDE_SELL] * (double)lots[SIDE_BUY] +
                      (double)ticks[SIDE_BUY] * (double)lots[SIDE_SELL];
    signals->microprice_half_ticks =
        2.0 * weighted / ((double)lots[SIDE_BUY] + (double)lots[SIDE_SELL]);
    sample_mid(signals, now_ns);
}

int64_t signals_depth_lots(const struct signals *signals, const struct book *book,
                           const struct own_quotes *own, enum side side, int64_t range_ticks)
{
    if (signals->best_lots[side] == 0) {
        return 0;
    }
    int64_t last_ticks = signals->best_ticks[side] - side_sign(side) * range_ticks;
    if (own->count == 0) {
        return book_depth_to(book, side, last_ticks, DEPTH_LEVELS_MAX);
    }
    int64_t sum = 0;
    struct level level = next_level(book, own, side, book->best[side]);
    for (int i = 0; i < DEPTH_LEVELS_MAX && level.index != 0; i++) {
        if (side_sign(side) * (level.price_ticks - last_ticks) < 0) {
            break;
        }
        sum += level.lots;
        level = after_level(book, own, side, level);
    }
    return sum;
}

double signals_imbalance(const struct signals *signals, const struct book *book,
                         const struct own_quotes *own)
{
    if (signals->mid_half_ticks == 0) {
        return 0;
    }
    double sums[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
        struct level level = next_level(book, own, (enum side)side, book->best[side]);
        for (uint32_t i = 0; i < signals->config.imbalance_levels && level.index != 0; i++) {
            sums[side] += (double)level.lots;
            level = after_level(book, own, (enum side)side, level);
        }
    }
    return (sums[SIDE_BUY] - sums[SIDE_SELL]) / (sums[SIDE_BUY] + sums[SIDE_SELL]);
}

bool signals_volatility_bps(const struct signals *signals, double *out)
{
    if (signals->variance_weight < VARIANCE_WEIGHT_MIN) {
        return false;
    }
    *out = sqrt(signals->variance_sum / signals->variance_weight) * 1e4;
    return true;
}

bool signals_drift_bps(const struct signals *signals, double *out)
{
    if (signals->sample_end == signals->sample_first || signals->last_mid_half_ticks == 0) {
        return false;
    }
    const struct signals_sample *first = &signals->samples[signals->sample_first % SIGNALS_SAMPLES];
    if (signals->last_mid_ns - first->ts_ns < signals->config.drift_horizon_ns) {
        return false;
    }
    double then = (double)first->mid_half_ticks;
    *out = ((double)signals->last_mid_half_ticks - then) / then * 1e4;
    return true;
}
