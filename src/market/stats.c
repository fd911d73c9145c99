#include "market/stats.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SECOND = 1e9; // in ns
static const double BPS = 1e4;

enum { GRID_NS = 100000000, MS_NS = 1000000 };
static const double GRID_S = .1;

static const uint32_t scale_steps[STATS_SCALES] = {1, 5, 10, 50}; // in grid steps
static const uint32_t count_steps[3] = {1, 10, 100};              // likewise
static const int64_t horizon_ns[STATS_HORIZONS] = {10 * MS_NS, 100 * MS_NS, 1000 * MS_NS,
                                                   INT64_C(5000) * MS_NS};

static const double DISTANCE_STEP = .05; // bps

// Bands: tuning D9, "Acceptance bands for the simulator"; the rates are those of the capture that
// btc-perp is fitted to, with the range its windows show (market recipe, section 4).
const struct stat_spec stat_specs[STAT_COUNT] = {
    [STAT_SPREAD_ONE] = {"spread of one tick, share of time", .97, 1},
    [STAT_SPREAD_BPS] = {"spread, bps", 1, 0},
    [STAT_EMPTY_SHARE] = {"a side empty, share of time", 1, 0},
    [STAT_SIGN_ACF_1] = {"sign autocorrelation, lag 1", .2, .5},
    [STAT_SIGN_ACF_2] = {"sign autocorrelation, lag 2", 1, 0},
    [STAT_SIGN_ACF_10] = {"sign autocorrelation, lag 10", 1, 0},
    [STAT_SIGN_ACF_MIN] = {"sign autocorrelation, least of lags 1-20", 0, 1},
    [STAT_ARRIVAL_CV] = {"inter-arrival variation", 1.4, 2.1},
    [STAT_ARRIVAL_1MS] = {"arrivals within 1 ms, share", 1, 0},
    [STAT_FANO_100MS] = {"Fano factor .1 s", 1, 0},
    [STAT_FANO_1S] = {"Fano factor 1 s", 7, 25},
    [STAT_FANO_10S] = {"Fano factor 10 s", 1, 0},
    [STAT_VOL_100MS] = {"volatility .1 s, bps/sqrt(s)", 1, 0},
    [STAT_VOL_500MS] = {"volatility .5 s", 1, 0},
    [STAT_VOL_1S] = {"volatility 1 s", 1.2, 1.4},
    [STAT_VOL_5S] = {"volatility 5 s", 1, 0},
    [STAT_KURTOSIS_100MS] = {"excess kurtosis .1 s", 1, 0},
    [STAT_KURTOSIS_500MS] = {"excess kurtosis .5 s", 1, 0},
    [STAT_KURTOSIS_1S] = {"excess kurtosis 1 s", 1, 0},
    [STAT_KURTOSIS_5S] = {"excess kurtosis 5 s", 1, 0},
    [STAT_KURTOSIS_RATIO] = {"kurtosis .1 s over 5 s", 5, INFINITY},
    [STAT_UP_1] = {"next mid up, imbalance quintile 1", 0, .35},
    [STAT_UP_2] = {"next mid up, quintile 2", 1, 0},
    [STAT_UP_3] = {"next mid up, quintile 3", 1, 0},
    [STAT_UP_4] = {"next mid up, quintile 4", 1, 0},
    [STAT_UP_5] = {"next mid up, quintile 5", .65, 1},
    [STAT_RESPONSE_10MS] = {"response 10 ms, bps", 1, 0},
    [STAT_RESPONSE_100MS] = {"response .1 s", 1, 0},
    [STAT_RESPONSE_1S] = {"response 1 s", 1, 0},
    [STAT_RESPONSE_5S] = {"response 5 s", 1, 0},
    [STAT_RESPONSE_HALF_SPREADS] = {"response 1 s, half-spreads", 10, INFINITY},
    [STAT_FILL_DECAY] = {"fill intensity decay k, per bp", 1.3, 1.8},
    [STAT_FILL_250] = {"fills/s at .25 bps", 1, 0},
    [STAT_FILL_500] = {"fills/s at .5 bps", 1, 0},
    [STAT_FILL_1000] = {"fills/s at 1 bps", 1, 0},
    [STAT_FILL_1500] = {"fills/s at 1.5 bps", 1, 0},
    [STAT_ORDER_RATE] = {"market orders/s", 12, 20},
    [STAT_TRADE_RATE] = {"trades/s", 1, 0},
    [STAT_BEST_RATE] = {"best bid/offer updates/s", 150, 230},
    [STAT_MID_RATE] = {"mid changes/s", 1, 0},
    [STAT_JUMP_Q50] = {"mid change q50, half ticks", 1, 0},
    [STAT_JUMP_Q99] = {"mid change q99, half ticks", 1, 0},
    [STAT_ORDER_SIZE_Q50] = {"market order q50, lots", 1, 0},
    [STAT_ORDER_SIZE_MEAN] = {"market order mean, lots", 1, 0},
    [STAT_ORDER_SIZE_Q99] = {"market order q99, lots", 1, 0},
    [STAT_QUEUE_Q10] = {"best bid q10, lots", 1, 0},
    [STAT_QUEUE_Q50] = {"best bid q50, lots", 1, 0},
    [STAT_QUEUE_Q90] = {"best bid q90, lots", 1, 0},
};

int market_stats_init(struct market_stats *stats, struct book_geometry geometry)
{
    memset(stats, 0, sizeof(*stats));
    for (int i = 0; i < STATS_HORIZONS; i++) {
        stats->horizons[i].pending = mm_alloc(STATS_PENDING, sizeof(struct stats_pending));
    }
    return book_init(&stats->book, geometry);
}

void market_stats_fini(struct market_stats *stats)
{
    if (stats == NULL) {
        return;
    }
    for (int i = 0; i < STATS_HORIZONS; i++) {
        free(stats->horizons[i].pending);
    }
    book_fini(&stats->book);
    memset(stats, 0, sizeof(*stats));
}

static void histogram_add(struct stats_histogram *histogram, double value)
{
    double at = value < 1 ? 0 : STATS_OCTAVE * log2(value);
    histogram->bucket[at < STATS_BUCKETS - 1 ? (uint32_t)at : STATS_BUCKETS - 1]++;
    histogram->count++;
    histogram->sum += value;
}

static double histogram_quantile(const struct stats_histogram *histogram, double share)
{
    if (histogram->count == 0) {
        return NAN;
    }
    uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0;
    int bucket = 0;
    for (; bucket < STATS_BUCKETS - 1; bucket++) {
        seen += histogram->bucket[bucket];
        if (seen > wanted) {
            break;
        }
    }
    return floor(exp2((bucket + .5) / STATS_OCTAVE));
}

// Time.

// The intensity of fills at a distance counts intervals whose trades reached it (tuning D9).
static void close_window(struct market_stats *stats)
{
    for (int side = 0; side < 2; side++) {
        double most = stats->window_most[side] / DISTANCE_STEP;
        int reached = most < STATS_DISTANCE_BINS - 1 ? (int)floor(most) : STATS_DISTANCE_BINS - 1;
        for (int bin = 0; bin <= reached; bin++) {
            stats->distance[bin]++;
        }
        stats->window_most[side] = -1;
    }
    stats->window_count++;
    stats->window_mid = stats->mid;
}

static void sample_mid(struct market_stats *stats)
{
    for (int i = 0; i < STATS_SCALES; i++) {
        struct stats_moments *scale = &stats->scales[i];
        if (stats->grid_index % scale_steps[i] != 0) {
            continue;
        }
        if (scale->last > 0) {
            double change = BPS * log(stats->mid / scale->last);
            scale->count++;
            scale->sum += change;
            scale->square += change * change;
            scale->fourth += change * change * change * change;
        }
        scale->last = stats->mid;
    }
    for (int i = 0; i < 3; i++) {
        struct stats_counts *counts = &stats->counts[i];
        if (stats->grid_index % count_steps[i] == 0) {
            counts->bins++;
            counts->sum += (double)counts->in_bin;
            counts->square += (double)counts->in_bin * (double)counts->in_bin;
            counts->in_bin = 0;
        }
    }
}

// The mid that was in force at the horizon, which is the present one: nothing has changed it since.
static void answer_horizons(struct market_stats *stats, int64_t now_ns)
{
    for (int i = 0; i < STATS_HORIZONS; i++) {
        struct stats_horizon *horizon = &stats->horizons[i];
        while (horizon->head != horizon->tail) {
            const struct stats_pending *order =
                &horizon->pending[horizon->head & (STATS_PENDING - 1)];
            if (order->ts_ns + horizon_ns[i] > now_ns) {
                break;
            }
            horizon->sum += order->sign * BPS * (stats->mid / order->mid - 1);
            horizon->count++;
            horizon->head++;
        }
    }
}

static void add_spread_time(struct market_stats *stats, double elapsed_s)
{
    if (stats->best[0] == 0 || stats->best[1] == 0) {
        stats->empty_s += elapsed_s;
        return;
    }
    double spread =
        (double)stats->book.geometry.span - (double)stats->best[0] - (double)stats->best[1];
    stats->two_sided_s += elapsed_s;
    stats->one_tick_s += spread == 1 ? elapsed_s : 0;
    stats->spread_bps_s += elapsed_s * BPS * 2 * spread / stats->mid;
}

// What lies between the last batch and `now_ns` is told with the book as it was.
static void elapse(struct market_stats *stats, int64_t now_ns)
{
    if (stats->first_ns == 0) {
        stats->first_ns = stats->now_ns = now_ns;
        stats->grid_ns = now_ns + GRID_NS;
    }
    if (now_ns <= stats->now_ns) {
        return;
    }
    if (stats->mid > 0) {
        add_spread_time(stats, (double)(now_ns - stats->now_ns) / SECOND);
        answer_horizons(stats, now_ns);
    }
    for (; stats->grid_ns <= now_ns; stats->grid_ns += GRID_NS) {
        stats->grid_index++;
        if (stats->mid > 0) {
            sample_mid(stats);
            close_window(stats);
        }
    }
    stats->now_ns = now_ns;
}

// Trades.

static void add_sign(struct market_stats *stats, int sign)
{
    uint64_t n = stats->order_count;
    stats->signs[n & 31] = (int8_t)sign;
    stats->sign_sum += sign;
    for (uint32_t lag = 1; lag <= STATS_LAGS && lag <= n; lag++) {
        stats->sign_product[lag] += sign * stats->signs[(n - lag) & 31];
    }
}

static void add_order(struct market_stats *stats, int sign)
{
    if (stats->order_count > 0) {
        double gap_s = (double)(stats->now_ns - stats->order_last_ns) / SECOND;
        stats->gap_sum += gap_s;
        stats->gap_square += gap_s * gap_s;
        stats->arrival_1ms += gap_s <= 1e-3;
        histogram_add(&stats->order_size, stats->order_lots);
    }
    add_sign(stats, sign);
    for (int i = 0; i < 3; i++) {
        stats->counts[i].in_bin++;
    }
    for (int i = 0; i < STATS_HORIZONS; i++) {
        struct stats_horizon *horizon = &stats->horizons[i];
        if (horizon->tail - horizon->head == STATS_PENDING) {
            horizon->lost++;
            continue;
        }
        horizon->pending[horizon->tail++ & (STATS_PENDING - 1)] =
            (struct stats_pending){.ts_ns = stats->now_ns, .mid = stats->mid, .sign = sign};
    }
    stats->order_count++;
    stats->order_last_ns = stats->now_ns;
    stats->order_lots = 0;
}

static void add_trade(struct market_stats *stats, const struct row *row)
{
    enum side side = row_side(row->key); // of the book taken from
    int sign = -side_sign(side);
    int64_t ms = stats->now_ns / MS_NS;
    stats->trade_count++;
    if (stats->order_count == 0 || ms != stats->order_ms || sign != stats->order_sign) {
        add_order(stats, sign);
        stats->order_ms = ms;
        stats->order_sign = sign;
    }
    stats->order_lots += row->lots;
    double price = (double)geometry_ticks(stats->book.geometry, side, row_index(row->key));
    double distance = sign * BPS * (2 * price / stats->window_mid - 1);
    stats->window_most[side] = fmax(stats->window_most[side], distance);
}

// Depth.

static void settle_waiting(struct market_stats *stats, bool up)
{
    for (int bin = 0; bin < STATS_IMBALANCE_BINS; bin++) {
        stats->seen[bin] += stats->waiting[bin];
        stats->up[bin] += up ? stats->waiting[bin] : 0;
        stats->waiting[bin] = 0;
    }
}

static void touch_changed(struct market_stats *stats)
{
    struct book_geometry geometry = stats->book.geometry;
    double mid = (double)(geometry_ticks(geometry, SIDE_BUY, stats->best[SIDE_BUY]) +
                          geometry_ticks(geometry, SIDE_SELL, stats->best[SIDE_SELL]));
    if (stats->mid > 0 && mid != stats->mid) {
        settle_waiting(stats, mid > stats->mid);
        histogram_add(&stats->jump, fabs(mid - stats->mid));
        stats->mid_count++;
    }
    stats->window_mid = stats->mid > 0 ? stats->window_mid : mid;
    stats->mid = mid;
    double bid = stats->best_lots[0], ask = stats->best_lots[1];
    stats->waiting[(int)(bid / (bid + ask) * (STATS_IMBALANCE_BINS - 1))]++;
    stats->best_count++;
    histogram_add(&stats->queue, bid);
}

static void set_touch(struct market_stats *stats, const uint32_t best[2], const uint32_t lots[2])
{
    bool changed = memcmp(stats->best, best, sizeof(stats->best)) != 0 ||
                   memcmp(stats->best_lots, lots, sizeof(stats->best_lots)) != 0;
    memcpy(stats->best, best, sizeof(stats->best));
    memcpy(stats->best_lots, lots, sizeof(stats->best_lots));
    if (changed && best[0] != 0 && best[1] != 0) {
        touch_changed(stats);
    }
}

static void add_depth(struct market_stats *stats, const struct market_batch *batch)
{
    const struct book *book = &stats->book;
    uint32_t lots[2] = {0};
    book_apply(&stats->book, batch);
    for (int i = 0; i < 2; i++) {
        lots[i] = book->best[i] == 0 ? 0 : book_lots(book, (enum side)i, book->best[i]);
    }
    if (!stats->best_told) {
        set_touch(stats, book->best, lots);
    }
}

void market_stats_add_best(struct market_stats *stats, int64_t ts_ns, const int64_t price_ticks[2],
                           const int64_t qty_lots[2])
{
    struct book_geometry geometry = stats->book.geometry;
    uint32_t best[2], lots[2];
    elapse(stats, ts_ns);
    for (int i = 0; i < 2; i++) {
        bool fits = geometry_holds(geometry, price_ticks[i]) && qty_lots[i] > 0;
        best[i] = fits ? geometry_index(geometry, (enum side)i, price_ticks[i]) : 0;
        lots[i] = qty_lots[i] < ROW_LOTS_LIMIT ? (uint32_t)qty_lots[i] : ROW_LOTS_LIMIT - 1;
    }
    stats->best_told = true;
    set_touch(stats, best, lots);
}

void market_stats_add(struct market_stats *stats, const struct market_batch *batch)
{
    elapse(stats, batch->exch_ts_ns != 0 ? batch->exch_ts_ns : batch->local_ts_ns);
    if (batch->kind != EVENT_TRADE) {
        add_depth(stats, batch);
        return;
    }
    for (uint32_t i = 0; i < batch->count && stats->mid > 0; i++) {
        if (batch->rows[i].key != ROW_WIDE) {
            add_trade(stats, &batch->rows[i]);
        }
    }
}

// Results.

static double per(double sum, double count)
{
    return count > 0 ? sum / count : NAN;
}

static double sign_acf(const struct market_stats *stats, uint32_t lag)
{
    double n = (double)stats->order_count;
    double mean = per(stats->sign_sum, n);
    return (per(stats->sign_product[lag], n - lag) - mean * mean) / (1 - mean * mean);
}

static void order_values(const struct market_stats *stats, double *values)
{
    double n = (double)stats->order_count - 1;
    values[STAT_SIGN_ACF_1] = sign_acf(stats, 1);
    values[STAT_SIGN_ACF_2] = sign_acf(stats, 2);
    values[STAT_SIGN_ACF_10] = sign_acf(stats, 10);
    values[STAT_SIGN_ACF_MIN] = sign_acf(stats, 1);
    for (uint32_t lag = 2; lag <= STATS_LAGS; lag++) {
        values[STAT_SIGN_ACF_MIN] = fmin(values[STAT_SIGN_ACF_MIN], sign_acf(stats, lag));
    }
    double mean = per(stats->gap_sum, n);
    values[STAT_ARRIVAL_CV] = sqrt(per(stats->gap_square, n) - mean * mean) / mean;
    values[STAT_ARRIVAL_1MS] = per((double)stats->arrival_1ms, n);
    for (int i = 0; i < 3; i++) {
        const struct stats_counts *counts = &stats->counts[i];
        double bin_mean = per(counts->sum, (double)counts->bins);
        values[STAT_FANO_100MS + i] =
            per(per(counts->square, (double)counts->bins) - bin_mean * bin_mean, bin_mean);
    }
    for (int i = 0; i < STATS_HORIZONS; i++) {
        values[STAT_RESPONSE_10MS + i] =
            per(stats->horizons[i].sum, (double)stats->horizons[i].count);
    }
    values[STAT_RESPONSE_HALF_SPREADS] =
        per(values[STAT_RESPONSE_1S], .5 * values[STAT_SPREAD_BPS]);
    values[STAT_ORDER_SIZE_Q50] = histogram_quantile(&stats->order_size, .5);
    values[STAT_ORDER_SIZE_Q99] = histogram_quantile(&stats->order_size, .99);
    values[STAT_ORDER_SIZE_MEAN] = per(stats->order_size.sum, (double)stats->order_size.count);
}

static void price_values(const struct market_stats *stats, double *values)
{
    for (int i = 0; i < STATS_SCALES; i++) {
        const struct stats_moments *scale = &stats->scales[i];
        double square = per(scale->square, (double)scale->count);
        values[STAT_VOL_100MS + i] = sqrt(square / (GRID_S * scale_steps[i]));
        values[STAT_KURTOSIS_100MS + i] =
            per(per(scale->fourth, (double)scale->count), square * square) - 3;
    }
    values[STAT_KURTOSIS_RATIO] = values[STAT_KURTOSIS_100MS] / values[STAT_KURTOSIS_5S];
    values[STAT_JUMP_Q50] = histogram_quantile(&stats->jump, .5);
    values[STAT_JUMP_Q99] = histogram_quantile(&stats->jump, .99);
    values[STAT_QUEUE_Q10] = histogram_quantile(&stats->queue, .1);
    values[STAT_QUEUE_Q50] = histogram_quantile(&stats->queue, .5);
    values[STAT_QUEUE_Q90] = histogram_quantile(&stats->queue, .9);
}

// Quintiles hold equally many best updates; a bin across an edge is shared out.
static void imbalance_values(const struct market_stats *stats, double *values)
{
    double total = 0, begin = 0;
    double count[5] = {0}, up[5] = {0};
    for (int bin = 0; bin < STATS_IMBALANCE_BINS; bin++) {
        total += (double)stats->seen[bin];
    }
    for (int bin = 0; bin < STATS_IMBALANCE_BINS; bin++) {
        double seen = (double)stats->seen[bin];
        for (int i = 0; i < 5 && seen > 0; i++) {
            double low = fmax(begin, .2 * i * total);
            double high = fmin(begin + seen, .2 * (i + 1) * total);
            double share = high > low ? (high - low) / seen : 0;
            count[i] += share * seen;
            up[i] += share * (double)stats->up[bin];
        }
        begin += seen;
    }
    for (int i = 0; i < 5; i++) {
        values[STAT_UP_1 + i] = per(up[i], count[i]);
    }
}

static double fill_rate(const struct market_stats *stats, double distance_bps)
{
    double sides_s = 2 * GRID_S * (double)stats->window_count;
    return per((double)stats->distance[(int)(distance_bps / DISTANCE_STEP + .5)], sides_s);
}

// Least squares of the logarithm over (0, 1.5] bps.
static void fill_values(const struct market_stats *stats, double *values)
{
    double n = 0, x_sum = 0, y_sum = 0, xx_sum = 0, xy_sum = 0;
    for (int bin = 1; bin * DISTANCE_STEP < 1.501; bin++) {
        double x = bin * DISTANCE_STEP;
        double rate = fill_rate(stats, x);
        if (rate > 0) {
            double y = log(rate);
            n++;
            x_sum += x;
            y_sum += y;
            xx_sum += x * x;
            xy_sum += x * y;
        }
    }
    values[STAT_FILL_DECAY] =
        n < 3 ? NAN : -(n * xy_sum - x_sum * y_sum) / (n * xx_sum - x_sum * x_sum);
    values[STAT_FILL_250] = fill_rate(stats, .25);
    values[STAT_FILL_500] = fill_rate(stats, .5);
    values[STAT_FILL_1000] = fill_rate(stats, 1);
    values[STAT_FILL_1500] = fill_rate(stats, 1.5);
}

void market_stats_values(const struct market_stats *stats, double *values)
{
    double seconds = (double)(stats->now_ns - stats->first_ns) / SECOND;
    values[STAT_SPREAD_ONE] = per(stats->one_tick_s, stats->two_sided_s);
    values[STAT_SPREAD_BPS] = per(stats->spread_bps_s, stats->two_sided_s);
    values[STAT_EMPTY_SHARE] = per(stats->empty_s, stats->two_sided_s + stats->empty_s);
    values[STAT_ORDER_RATE] = per((double)stats->order_count, seconds);
    values[STAT_TRADE_RATE] = per((double)stats->trade_count, seconds);
    values[STAT_BEST_RATE] = per((double)stats->best_count, seconds);
    values[STAT_MID_RATE] = per((double)stats->mid_count, seconds);
    order_values(stats, values);
    price_values(stats, values);
    imbalance_values(stats, values);
    fill_values(stats, values);
}
