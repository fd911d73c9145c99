// The stylised facts of a market, measured on its feed: what a simulated market is accepted by and
// what a recorded one is compared with.
//
// Fed with batches in the order of one clock, the exchange's where it is known; works the same on a
// tape and on a simulated feed, so that both columns of a table mean the same. Market orders are
// trades of one millisecond and one side taken together. Where the own orders of a run rest in the
// feed they are counted like everybody's.
//
// The struct holds its own book, and sums and histograms of fixed size: memory does not grow with
// the length of the run. Floating point: this is presentation. One owner thread.
#ifndef MM_MARKET_STATS_H
#define MM_MARKET_STATS_H

#include "base/error.h"
#include "market/book.h"
#include "market/event.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stdint.h>

enum market_stat {
    STAT_SPREAD_ONE,  // share of time with a spread of one tick
    STAT_SPREAD_BPS,  // mean over time
    STAT_EMPTY_SHARE, // share of time with a side empty
    STAT_SIGN_ACF_1,  // of market orders
    STAT_SIGN_ACF_2,
    STAT_SIGN_ACF_10,
    STAT_SIGN_ACF_MIN, // over lags 1-20
    STAT_ARRIVAL_CV,
    STAT_ARRIVAL_1MS, // share of arrivals within 1 ms of the one before
    STAT_FANO_100MS,
    STAT_FANO_1S,
    STAT_FANO_10S,
    STAT_VOL_100MS, // bps per square root of a second
    STAT_VOL_500MS,
    STAT_VOL_1S,
    STAT_VOL_5S,
    STAT_KURTOSIS_100MS, // excess
    STAT_KURTOSIS_500MS,
    STAT_KURTOSIS_1S,
    STAT_KURTOSIS_5S,
    STAT_KURTOSIS_RATIO, // 0.1 s to 5 s
    STAT_UP_1,           // chance that the next mid change is up, by quintile of imbalance
    STAT_UP_2,
    STAT_UP_3,
    STAT_UP_4,
    STAT_UP_5,
    STAT_RESPONSE_10MS, // signed change of the mid after a market order, bps
    STAT_RESPONSE_100MS,
    STAT_RESPONSE_1S,
    STAT_RESPONSE_5S,
    STAT_RESPONSE_HALF_SPREADS, // at 1 s
    STAT_FILL_DECAY,            // k per bp of the intensity A exp(-k d) of fills at d from the mid
    STAT_FILL_250,              // that intensity per side at .25, .5, 1, 1.5 bps, per second
    STAT_FILL_500,
    STAT_FILL_1000,
    STAT_FILL_1500,
    STAT_ORDER_RATE, // market orders per second
    STAT_TRADE_RATE,
    STAT_BEST_RATE, // changes of best prices or their quantities per second
    STAT_MID_RATE,  // changes of the mid per second
    STAT_JUMP_Q50,  // size of mid changes, half ticks
    STAT_JUMP_Q99,
    STAT_ORDER_SIZE_Q50, // lots
    STAT_ORDER_SIZE_MEAN,
    STAT_ORDER_SIZE_Q99,
    STAT_QUEUE_Q10, // quantity at the best bid, lots
    STAT_QUEUE_Q50,
    STAT_QUEUE_Q90,
    STAT_COUNT
};

enum {
    STATS_LAGS = 20,
    STATS_SCALES = 4,        // .1, .5, 1, 5 s
    STATS_HORIZONS = 4,      // .01, .1, 1, 5 s
    STATS_PENDING = 1 << 12, // market orders waiting for one horizon
    STATS_IMBALANCE_BINS = 1000,
    STATS_DISTANCE_BINS = 64, // of .05 bps
    STATS_OCTAVE = 16,        // histogram buckets per doubling
    STATS_BUCKETS = 40 * STATS_OCTAVE
};

struct stats_histogram {
    uint64_t count, bucket[STATS_BUCKETS];
    double sum;
};

struct stats_moments {
    uint64_t count;
    double sum, square, fourth;
    double last; // log-free: the mid at the last grid point of this scale
};

struct stats_pending {
    int64_t ts_ns;
    double mid;
    int sign;
};

struct stats_horizon {
    struct stats_pending *pending; // owned ring
    uint32_t head, tail;
    uint64_t count, lost;
    double sum; // bps
};

struct stats_counts { // of market orders in bins of one length
    uint64_t bins, in_bin;
    double sum, square;
};

struct market_stats {
    struct book book; // owned
    int64_t first_ns, now_ns;
    double mid;     // last valid, half ticks; 0 = none yet
    bool best_told; // by market_stats_add_best
    uint32_t best[2], best_lots[2];
    // Spread.
    double one_tick_s, spread_bps_s, two_sided_s, empty_s;
    // Market orders.
    int64_t order_ms, order_last_ns;
    int order_sign;
    double order_lots;
    uint64_t order_count, trade_count, arrival_1ms;
    double gap_sum, gap_square;
    int8_t signs[32];
    double sign_sum, sign_product[STATS_LAGS + 1];
    struct stats_counts counts[3];
    struct stats_histogram order_size;
    struct stats_horizon horizons[STATS_HORIZONS];
    // Mids on a grid of 100 ms.
    int64_t grid_ns;
    uint64_t grid_index;
    struct stats_moments scales[STATS_SCALES];
    // Fills at a distance, per grid interval.
    double window_mid, window_most[2];
    uint64_t window_count, distance[STATS_DISTANCE_BINS];
    // The best and the next change of the mid.
    uint64_t best_count, mid_count;
    uint32_t waiting[STATS_IMBALANCE_BINS]; // best updates since the mid last changed
    uint64_t seen[STATS_IMBALANCE_BINS], up[STATS_IMBALANCE_BINS];
    struct stats_histogram jump, queue;
};

int market_stats_init(struct market_stats *stats, struct book_geometry geometry) MM_CHECKED;
void market_stats_fini(struct market_stats *stats);
void market_stats_add(struct market_stats *stats, const struct market_batch *batch);

// A best bid/offer of the feed, both sides there. Where a feed has them (a recorded bookTicker is
// finer than its depth) they alone tell the touch, from the first one on.
void market_stats_add_best(struct market_stats *stats, int64_t ts_ns, const int64_t price_ticks[2],
                           const int64_t qty_lots[2]);

// Fills STAT_COUNT values; what was never seen is NAN.
void market_stats_values(const struct market_stats *stats, double *values);

// Presentation: the name of a statistic and its acceptance band for a large-tick perpetual, both
// ends included (the project's tuning reference, D9); without a band low > high.
struct stat_spec {
    const char *name;
    double low, high;
};
extern const struct stat_spec stat_specs[STAT_COUNT];

#endif
