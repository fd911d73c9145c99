#include "market/signals.h"

#include "base/check.h"
#include "base/maths.h"

#include <math.h>
#include <string.h>

static const int64_t SAMPLE_NS = 100000000; // the scale on which bounces average out
static const int64_t VOLATILITY_TAU_NS = 30000000000;
static const int64_t DRIFT_HORIZON_NS = 1000000000;
static const double VARIANCE_WEIGHT_MIN = 0.05; // of a full average; less says nothing yet

enum { IMBALANCE_LEVELS = 5, DEPTH_LEVELS_MAX = 256, NEAR_STEPS = 16 };

void signals_init(struct signals *signals, const struct signals_config *config)
{
    *signals =
        (struct signals){.config = *config, .unseen_sides = BOTH_SIDES, .is_touch_new = true};
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
    signals->has_volatility = false;
    signals->sample_first = signals->sample_end;
    signals->unseen_sides = BOTH_SIDES;
    signals->is_touch_new = true;
}

// What a level of the feed's book holds of others: without what is surely ours, and without what
// may be where there is enough.
static int64_t others_lots(const struct own_side *own, int64_t price_ticks, int64_t level_lots)
{
    int64_t sure_lots = 0;
    int64_t perhaps_lots = 0;
    for (uint32_t i = 0; i < own->count; i++) {
        const struct own_quote *quote = &own->quotes[i];
        if (quote->price_ticks == price_ticks) {
            *(quote->sure ? &sure_lots : &perhaps_lots) += quote->qty_lots;
        }
    }
    int64_t left = level_lots > sure_lots ? level_lots - sure_lots : 0;
    return perhaps_lots <= left ? left - perhaps_lots : left;
}

// Where on a side the feed may show orders of ours: book indices, first > last when nowhere.
struct own_span {
    uint32_t first, last;
};

static struct own_span span_of_own(const struct book *book, const struct own_side *own,
                                   enum side side)
{
    struct own_span span = {.first = UINT32_MAX, .last = 0};
    for (uint32_t i = 0; i < own->count; i++) {
        uint32_t index = geometry_index(book->geometry, side, own->quotes[i].price_ticks);
        span.first = index < span.first ? index : span.first;
        span.last = index > span.last ? index : span.last;
    }
    return span;
}

// One side of the book as others have it.
struct others {
    const struct book *book;
    const struct own_side *own;
    enum side side;
    struct own_span span;
};

static struct others others_of(const struct book *book, const struct own_quotes *own,
                               enum side side)
{
    const struct own_side *of_side = &own->of[side];
    return (struct others){book, of_side, side, span_of_own(book, of_side, side)};
}

struct level {
    int64_t lots;   // of others
    uint32_t index; // 0 = none
};

// The next level with a quantity: mostly one of the next few.
static inline uint32_t next_filled(const struct book *book, enum side side, uint32_t index)
{
    for (int i = 0; i < NEAR_STEPS && index != 0; i++, index--) {
        if (book_lots(book, side, index) != 0) {
            return index;
        }
    }
    return index != 0 ? book_scan(book, side, index) : 0;
}

// The first level at `index` or behind it that others have something on.
static inline struct level next_level(const struct others *others, uint32_t index)
{
    while ((index = next_filled(others->book, others->side, index)) != 0) {
        int64_t lots = book_lots(others->book, others->side, index);
        if (index >= others->span.first && index <= others->span.last) {
            int64_t price = geometry_ticks(others->book->geometry, others->side, index);
            lots = others_lots(others->own, price, lots);
        }
        if (lots > 0) {
            return (struct level){.lots = lots, .index = index};
        }
        index--;
    }
    return (struct level){0};
}

static void add_return(struct signals *signals, const struct signals_sample *last,
                       const struct signals_sample *next)
{
    double seconds = (double)(next->ts_ns - last->ts_ns) * 1e-9;
    double tau_seconds = (double)signals->config.volatility_tau_ns * 1e-9;
    double change =
        (double)(next->mid_half_ticks - last->mid_half_ticks) / (double)last->mid_half_ticks;
    double keep = mm_exp(-seconds / tau_seconds);
    double variance_rate = change * change / seconds;
    signals->variance_sum = signals->variance_sum * keep + variance_rate * (1.0 - keep);
    signals->variance_weight = signals->variance_weight * keep + (1.0 - keep);
    signals->has_volatility = signals->variance_weight >= VARIANCE_WEIGHT_MIN;
    signals->volatility_bps =
        signals->has_volatility ? sqrt(signals->variance_sum / signals->variance_weight) * 1e4 : 0;
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

bool signals_is_sample_due(const struct signals *signals, int64_t now_ns)
{
    return signals->sample_end == signals->sample_first ||
           now_ns - signals->samples[(signals->sample_end - 1) % SIGNALS_SAMPLES].ts_ns >=
               signals->config.sample_ns;
}

static bool sample_mid(struct signals *signals, int64_t now_ns)
{
    if (!signals_is_sample_due(signals, now_ns)) {
        return false;
    }
    struct signals_sample next = {now_ns, signals->mid_half_ticks};
    if (signals->sample_end > signals->sample_first) {
        add_return(signals, sample_at(signals, signals->sample_end - 1), &next);
    }
    drop_old_samples(signals, now_ns);
    *sample_at(signals, signals->sample_end++) = next;
    return true;
}

static void measure_drift(struct signals *signals)
{
    double then = (double)sample_at(signals, signals->sample_first)->mid_half_ticks;
    signals->drift_bps = ((double)signals->last_mid_half_ticks - then) / then * 1e4;
}

static void update_touch(struct signals *signals, const struct book *book,
                         const struct own_quotes *own, enum side side)
{
    struct others others = others_of(book, own, side);
    struct level best = next_level(&others, book->best[side]);
    signals->best_ticks[side] =
        best.index != 0 ? geometry_ticks(book->geometry, side, best.index) : 0;
    signals->best_lots[side] = best.lots;
    signals->best_index[side] = best.index;
    signals->is_touch_new = true;
}

// Mid and microprice of the touch.
static void weigh_touch(struct signals *signals)
{
    const int64_t *ticks = signals->best_ticks;
    const int64_t *lots = signals->best_lots;
    signals->is_touch_new = false;
    signals->mid_half_ticks = 0;
    signals->microprice_half_ticks = 0;
    if (lots[SIDE_BUY] == 0 || lots[SIDE_SELL] == 0) {
        return;
    }
    signals->mid_half_ticks = ticks[SIDE_BUY] + ticks[SIDE_SELL];
    // The side with more behind it pushes the price away from itself.
    double weighted = (double)ticks[SIDE_SELL] * (double)lots[SIDE_BUY] +
                      (double)ticks[SIDE_BUY] * (double)lots[SIDE_SELL];
    signals->microprice_half_ticks =
        2.0 * weighted / ((double)lots[SIDE_BUY] + (double)lots[SIDE_SELL]);
}

void signals_update(struct signals *signals, const struct book *book, const struct own_quotes *own,
                    uint32_t sides, int64_t now_ns)
{
    signals->unseen_sides |= sides;
    for (int side = 0; side < 2; side++) {
        if ((sides >> side & 1) != 0) {
            update_touch(signals, book, own, (enum side)side);
        }
    }
    if (signals->is_touch_new) {
        weigh_touch(signals);
    }
    if (signals->mid_half_ticks == 0) {
        return;
    }
    bool has_moved = signals->mid_half_ticks != signals->last_mid_half_ticks;
    signals->last_mid_half_ticks = signals->mid_half_ticks;
    signals->last_mid_ns = now_ns;
    if (sample_mid(signals, now_ns) || has_moved) {
        measure_drift(signals);
    }
}

struct near {
    int64_t depth_lots, top_lots;
    uint32_t range_index, top_index;
};

// The lowest index that still lies within the range; 0 when that is outside the book.
static uint32_t range_end_index(const struct book *book, enum side side, int64_t price_ticks)
{
    return geometry_holds(book->geometry, price_ticks)
               ? geometry_index(book->geometry, side, price_ticks)
               : 0;
}

// What is ours of the levels within the range.
static int64_t own_depth_lots(const struct others *others, uint32_t range_index)
{
    const struct own_side *own = others->own;
    int64_t sum = 0;
    for (uint32_t i = 0; i < own->count; i++) {
        int64_t price = own->quotes[i].price_ticks;
        uint32_t index = geometry_index(others->book->geometry, others->side, price);
        bool counted = index < range_index;
        for (uint32_t j = 0; j < i && !counted; j++) { // one level once
            counted = own->quotes[j].price_ticks == price;
        }
        if (!counted) {
            int64_t lots = book_lots(others->book, others->side, index);
            sum += lots - others_lots(own, price, lots);
        }
    }
    return sum;
}

static int64_t depth_near(const struct others *others, uint32_t range_index)
{
    const struct book *book = others->book;
    uint32_t best = book->best[others->side];
    int64_t sum = 0;
    for (uint32_t index = range_index; index <= best; index++) {
        sum += book_lots(book, others->side, index);
    }
    bool has_own = others->span.last >= range_index && others->span.first <= best;
    return has_own ? sum - own_depth_lots(others, range_index) : sum;
}

// The same level by level, for ranges of many prices; what is behind the last level counted is
// none.
static int64_t depth_far(const struct others *others, uint32_t range_index)
{
    struct level level = next_level(others, others->book->best[others->side]);
    int64_t sum = 0;
    for (uint32_t count = 0; count < DEPTH_LEVELS_MAX && level.index != 0; count++) {
        if (level.index < range_index) {
            break;
        }
        sum += level.lots;
        level = next_level(others, level.index - 1);
    }
    return sum;
}

static struct near look_near_side(const struct signals *signals, const struct others *others,
                                  int64_t range_ticks, uint32_t top_levels)
{
    enum side side = others->side;
    int64_t best_ticks = signals->best_ticks[side];
    uint32_t range_index =
        range_end_index(others->book, side, best_ticks - side_sign(side) * range_ticks);
    struct near near = {.range_index = range_index, .top_index = UINT32_MAX};
    bool is_short = others->book->best[side] - range_index < DEPTH_LEVELS_MAX;
    near.depth_lots = is_short ? depth_near(others, range_index) : depth_far(others, range_index);
    uint32_t index = geometry_index(others->book->geometry, side, best_ticks);
    for (uint32_t count = 0; count < top_levels && near.top_index != 0; count++) {
        struct level level = next_level(others, index);
        near.top_lots += level.lots;
        near.top_index = level.index;
        index = level.index - 1;
    }
    return near;
}

static void see_side(struct signals *signals, const struct book *book, const struct own_quotes *own,
                     enum side side)
{
    uint32_t top_levels = signals->near_skipped_imbalance ? 0 : signals->config.imbalance_levels;
    struct near near = {0};
    if (signals->best_lots[side] > 0) {
        struct others others = others_of(book, own, side);
        near = look_near_side(signals, &others, signals->near_range_ticks, top_levels);
    }
    signals->depth_lots[side] = near.depth_lots;
    signals->top_lots[side] = near.top_lots;
    signals->range_index[side] = near.range_index;
    signals->top_index[side] = near.top_index;
    signals->seen_index[side] =
        near.top_index < near.range_index ? near.top_index : near.range_index;
}

void signals_look_near(struct signals *signals, const struct book *book,
                       const struct own_quotes *own, int64_t range_ticks, bool skip_imbalance)
{
    if (range_ticks != signals->near_range_ticks ||
        skip_imbalance != signals->near_skipped_imbalance) {
        signals->near_range_ticks = range_ticks;
        signals->near_skipped_imbalance = skip_imbalance;
        signals->unseen_sides = BOTH_SIDES;
    }
    if (signals->unseen_sides == NO_SIDES && !signals->is_near_new) {
        return;
    }
    for (int side = 0; side < 2; side++) {
        if ((signals->unseen_sides >> side & 1) != 0) {
            see_side(signals, book, own, (enum side)side);
        }
    }
    signals->unseen_sides = NO_SIDES;
    signals->is_near_new = false;
    double bid_lots = (double)signals->top_lots[SIDE_BUY];
    double ask_lots = (double)signals->top_lots[SIDE_SELL];
    bool is_known = signals->mid_half_ticks != 0 && bid_lots + ask_lots > 0;
    signals->imbalance = is_known ? (bid_lots - ask_lots) / (bid_lots + ask_lots) : 0;
}

static bool has_own_at(const struct own_side *own, int64_t price_ticks)
{
    for (uint32_t i = 0; i < own->count; i++) {
        if (own->quotes[i].price_ticks == price_ticks) {
            return true;
        }
    }
    return false;
}

bool signals_shift_level(struct signals *signals, const struct own_quotes *own,
                         const struct level_change *change)
{
    enum side side = change->side;
    int64_t before_lots = change->before_lots, after_lots = change->after_lots;
    if (has_own_at(&own->of[side], change->price_ticks)) {
        before_lots = others_lots(&own->of[side], change->price_ticks, before_lots);
        after_lots = others_lots(&own->of[side], change->price_ticks, after_lots);
    }
    if (signals->unseen_sides != NO_SIDES || before_lots == 0 || after_lots == 0) {
        return false;
    }
    int64_t more_lots = after_lots - before_lots;
    if (change->index == signals->best_index[side]) {
        signals->best_lots[side] += more_lots;
        signals->is_touch_new = true;
    }
    if (change->index >= signals->top_index[side]) {
        signals->top_lots[side] += more_lots;
        signals->is_near_new = true;
    }
    signals->depth_lots[side] += change->index >= signals->range_index[side] ? more_lots : 0;
    return true;
}

bool signals_volatility_bps(const struct signals *signals, double *out)
{
    if (signals->has_volatility) {
        *out = signals->volatility_bps;
    }
    return signals->has_volatility;
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
    *out = signals->drift_bps;
    return true;
}
