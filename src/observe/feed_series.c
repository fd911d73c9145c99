#include "observe/feed_series.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

void feed_series_init(struct feed_series *series, int64_t sample_ns, uint32_t run_capacity,
                      uint32_t recent_capacity)
{
    *series = (struct feed_series){.sample_ns = sample_ns, .recent_capacity = recent_capacity};
    series_init(&series->run, run_capacity);
    series->run_versions = mm_alloc(series->run.capacity, sizeof *series->run_versions);
    series->run_gaps = mm_alloc(series->run.capacity, sizeof *series->run_gaps);
    series->recent = mm_alloc(recent_capacity, sizeof *series->recent);
    series->recent_versions = mm_alloc(recent_capacity, sizeof *series->recent_versions);
    series->recent_gaps = mm_alloc(recent_capacity, sizeof *series->recent_gaps);
}

void feed_series_fini(struct feed_series *series)
{
    series_fini(&series->run);
    free(series->run_versions);
    free(series->run_gaps);
    free(series->recent);
    free(series->recent_versions);
    free(series->recent_gaps);
    *series = (struct feed_series){0};
}

// ---- taking samples in ----

static void add_to_run(struct feed_series *series, const struct engine_sample *sample, bool is_gap,
                       uint64_t version)
{
    struct series *run = &series->run;
    uint64_t width = run->samples_per_point;
    uint32_t count = run->count;
    series_add(run, sample);
    uint32_t last = run->count - 1;
    if (run->samples_per_point != width) {
        // Everything has another place now.
        series->generation++;
        series->generation_version = version;
        for (uint32_t i = 0; i < run->count; i++) {
            series->run_versions[i] = version;
            series->run_gaps[i] =
                i < last && series->run_gaps[2 * i] && series->run_gaps[2 * i + 1];
        }
    }
    bool is_own_point = run->count != count;
    series->run_gaps[last] = is_gap && (is_own_point || series->run_gaps[last]);
    series->run_versions[last] = version;
}

static void add_to_recent(struct feed_series *series, const struct engine_sample *sample,
                          bool is_gap, uint64_t version)
{
    uint32_t at = (uint32_t)(series->recent_count % series->recent_capacity);
    int64_t mid = sample->mid_half_ticks;
    series->recent[at] = (struct series_point){.last = *sample,
                                               .mid_half_ticks = {mid, mid},
                                               .drawdown_high_quote_e9 = sample->drawdown_quote_e9};
    series->recent_versions[at] = version;
    series->recent_gaps[at] = is_gap;
    series->recent_count++;
}

static void add(struct feed_series *series, const struct engine_sample *sample, bool is_gap,
                uint64_t version)
{
    add_to_run(series, sample, is_gap, version);
    add_to_recent(series, sample, is_gap, version);
    series->version = version;
}

void feed_series_add(struct feed_series *series, const struct observed_sample *sample,
                     uint64_t version)
{
    if (sample->lost_before) {
        add(series, &sample->sample, true, version);
    }
    add(series, &sample->sample, false, version);
}

// ---- telling of them ----

enum column {
    COLUMN_TIME,
    COLUMN_MID,
    COLUMN_MID_LOW,
    COLUMN_MID_HIGH,
    COLUMN_BID,
    COLUMN_ASK,
    COLUMN_OWN_BID,
    COLUMN_OWN_ASK,
    COLUMN_POSITION,
    COLUMN_NET,
    COLUMN_GROSS,
    COLUMN_SLIPPAGE,
    COLUMN_ADVERSE,
    COLUMN_INVENTORY,
    COLUMN_FEES,
    COLUMN_DRAWDOWN,
    COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {[COLUMN_TIME] = "time_ns",
                                                       [COLUMN_MID] = "mid_half_ticks",
                                                       [COLUMN_MID_LOW] = "mid_low_half_ticks",
                                                       [COLUMN_MID_HIGH] = "mid_high_half_ticks",
                                                       [COLUMN_BID] = "bid_ticks",
                                                       [COLUMN_ASK] = "ask_ticks",
                                                       [COLUMN_OWN_BID] = "own_bid_ticks",
                                                       [COLUMN_OWN_ASK] = "own_ask_ticks",
                                                       [COLUMN_POSITION] = "position_lots",
                                                       [COLUMN_NET] = "net_quote_e9",
                                                       [COLUMN_GROSS] = "gross_quote_e9",
                                                       [COLUMN_SLIPPAGE] = "slippage_quote_e9",
                                                       [COLUMN_ADVERSE] = "adverse_quote_e9",
                                                       [COLUMN_INVENTORY] = "inventory_quote_e9",
                                                       [COLUMN_FEES] = "fees_quote_e9",
                                                       [COLUMN_DRAWDOWN] = "drawdown_quote_e9"};

// Prices are unknown when 0, and the mid while both sides of the book are: the last valid one would
// be drawn through a gap.
static bool value_of(const struct series_point *point, enum column column, int64_t *out)
{
    const struct engine_sample *last = &point->last;
    bool is_seen = last->best_ticks[SIDE_BUY] != 0 || last->best_ticks[SIDE_SELL] != 0;
    switch (column) {
    case COLUMN_TIME:
        *out = last->now_ns;
        return true;
    case COLUMN_MID:
        *out = last->mid_half_ticks;
        return is_seen && *out != 0;
    case COLUMN_MID_LOW:
        *out = point->mid_half_ticks.low;
        return is_seen && *out != 0;
    case COLUMN_MID_HIGH:
        *out = point->mid_half_ticks.high;
        return is_seen && *out != 0;
    case COLUMN_BID:
    case COLUMN_ASK:
        *out = last->best_ticks[column - COLUMN_BID];
        return *out != 0;
    case COLUMN_OWN_BID:
    case COLUMN_OWN_ASK:
        *out = last->live_ticks[column - COLUMN_OWN_BID];
        return *out != 0;
    case COLUMN_POSITION:
        *out = last->position_lots;
        return true;
    case COLUMN_DRAWDOWN:
        *out = point->drawdown_high_quote_e9;
        return true;
    default: {
        static const enum kpi_part parts[] = {KPI_NET,     KPI_GROSS,     KPI_SLIPPAGE,
                                              KPI_ADVERSE, KPI_INVENTORY, KPI_FEES};
        *out = last->part_quote_e9[parts[column - COLUMN_NET]];
        return true;
    }
    }
}

static void add_value(const struct series_point *point, bool is_gap, enum column column,
                      int64_t origin_ns, struct text *out)
{
    int64_t value;
    bool is_known = value_of(point, column, &value) && (!is_gap || column == COLUMN_TIME);
    if (!is_known) {
        text_put(out, "null", 4);
    } else {
        text_add(out, "%" PRId64, column == COLUMN_TIME ? value - origin_ns : value);
    }
}

static void add_head(uint64_t generation, uint64_t start, int64_t interval_ns, struct text *out)
{
    text_add(out,
             "{\"generation\":%" PRIu64 ",\"start\":%" PRIu64 ",\"interval_ns\":%" PRId64
             ",\"columns\":{",
             generation, start, interval_ns);
}

bool feed_series_run_text(const struct feed_series *series, uint64_t since, int64_t origin_ns,
                          struct text *out)
{
    const struct series *run = &series->run;
    uint32_t start = 0;
    if (since >= series->generation_version && since > 0) {
        start = run->count;
        while (start > 0 && series->run_versions[start - 1] > since) {
            start--;
        }
    }
    if (start == run->count) {
        return false;
    }
    int64_t interval_ns = series->sample_ns * (int64_t)run->samples_per_point;
    add_head(series->generation, start, interval_ns, out);
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        text_add(out, "%s\"%s\":[", column > 0 ? "," : "", column_names[column]);
        for (uint32_t i = start; i < run->count; i++) {
            text_put(out, ",", i > start);
            add_value(&run->points[i], series->run_gaps[i], column, origin_ns, out);
        }
        text_put(out, "]", 1);
    }
    text_put(out, "}}", 2);
    return true;
}

bool feed_series_recent_text(const struct feed_series *series, uint64_t since, int64_t origin_ns,
                             struct text *out)
{
    uint64_t capacity = series->recent_capacity;
    uint64_t first = series->recent_count > capacity ? series->recent_count - capacity : 0;
    uint64_t start = series->recent_count;
    while (start > first && series->recent_versions[(start - 1) % capacity] > since) {
        start--;
    }
    if (start == series->recent_count) {
        return false;
    }
    add_head(0, start, series->sample_ns, out);
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        text_add(out, "%s\"%s\":[", column > 0 ? "," : "", column_names[column]);
        for (uint64_t i = start; i < series->recent_count; i++) {
            text_put(out, ",", i > start);
            add_value(&series->recent[i % capacity], series->recent_gaps[i % capacity], column,
                      origin_ns, out);
        }
        text_put(out, "]", 1);
    }
    text_put(out, "}}", 2);
    return true;
}
