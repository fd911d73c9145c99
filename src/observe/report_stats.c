#include "observe/report_stats.h"

#include "base/json.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BPS_DECIMALS = 4, TICKS_DECIMALS = 2, SHARE_DECIMALS = 6, MS_DECIMALS = 3 };

// Values of which quantiles are wanted.
struct values {
    double *of; // owned
    size_t count;
};

static struct values values_for(size_t count_max)
{
    return (struct values){.of = mm_alloc(count_max > 0 ? count_max : 1, sizeof(double))};
}

static void put(struct values *values, double value)
{
    values->of[values->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static json_t *number(bool has, double value, int decimals)
{
    return has ? json_real_stable(value, decimals) : json_null();
}

static json_t *quantile(const struct values *sorted, uint32_t percent, int decimals)
{
    size_t index = sorted->count * percent / 100;
    return number(sorted->count > 0, sorted->count > 0 ? sorted->of[index] : 0, decimals);
}

static json_t *count_json(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *mean(const struct values *values, int decimals)
{
    double sum = 0;
    for (size_t i = 0; i < values->count; i++) {
        sum += values->of[i];
    }
    return number(values->count > 0, sum / (double)values->count, decimals);
}

// Sorts and frees the values.
static json_t *summary_json(struct values *values, int decimals)
{
    qsort(values->of, values->count, sizeof(double), compare);
    json_t *object =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "count", count_json(values->count), "mean",
                  mean(values, decimals), "p5", quantile(values, 5, decimals), "p50",
                  quantile(values, 50, decimals), "p95", quantile(values, 95, decimals));
    free(values->of);
    return object;
}

// ---- over time ----

static bool has_both(const int64_t ticks[2])
{
    return ticks[SIDE_BUY] != 0 && ticks[SIDE_SELL] != 0;
}

static double in_bps(const struct engine_sample *sample, double ticks)
{
    return ticks * 2e4 / (double)sample->mid_half_ticks;
}

// Each puts what one sample says into the values, or nothing when it says nothing.

static void put_market_ticks(const struct engine_sample *sample, struct values *out)
{
    if (has_both(sample->best_ticks)) {
        put(out, (double)(sample->best_ticks[SIDE_SELL] - sample->best_ticks[SIDE_BUY]));
    }
}

static void put_spread_bps(const struct engine_sample *sample, const int64_t ticks[2],
                           struct values *out)
{
    if (sample->mid_half_ticks != 0 && has_both(ticks)) {
        put(out, in_bps(sample, (double)(ticks[SIDE_SELL] - ticks[SIDE_BUY])));
    }
}

static void put_market_bps(const struct engine_sample *sample, struct values *out)
{
    put_spread_bps(sample, sample->best_ticks, out);
}

static void put_live_bps(const struct engine_sample *sample, struct values *out)
{
    put_spread_bps(sample, sample->live_ticks, out);
}

static void put_wanted_bps(const struct engine_sample *sample, struct values *out)
{
    put_spread_bps(sample, sample->wanted_ticks, out);
}

static void put_behind(const struct engine_sample *sample, enum side side, struct values *out)
{
    if (sample->best_ticks[side] != 0 && sample->live_ticks[side] != 0) {
        put(out, (double)(side_sign(side) * (sample->best_ticks[side] - sample->live_ticks[side])));
    }
}

static void put_bid_behind(const struct engine_sample *sample, struct values *out)
{
    put_behind(sample, SIDE_BUY, out);
}

static void put_ask_behind(const struct engine_sample *sample, struct values *out)
{
    put_behind(sample, SIDE_SELL, out);
}

json_t *report_spread_json(const struct series *series)
{
    static const struct {
        const char *name, *unit, *what;
        int decimals;
        void (*put)(const struct engine_sample *sample, struct values *out);
    } rows[] = {
        {"market_spread", "ticks", "best ask less best bid of others", TICKS_DECIMALS,
         put_market_ticks},
        {"market_spread", "bps", "the same, of the mid", BPS_DECIMALS, put_market_bps},
        {"own_spread", "bps", "our best ask less our best bid", BPS_DECIMALS, put_live_bps},
        {"wanted_spread", "bps", "as the strategy last wanted it", BPS_DECIMALS, put_wanted_bps},
        {"bid_behind_touch", "ticks", "our bid below the best bid of others", TICKS_DECIMALS,
         put_bid_behind},
        {"ask_behind_touch", "ticks", "our ask above the best ask of others", TICKS_DECIMALS,
         put_ask_behind}};
    json_t *array = json_array();
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct values values = values_for(series->count);
        for (uint32_t i = 0; i < series->count; i++) {
            rows[row].put(&series->points[i].last, &values);
        }
        json_t *object = summary_json(&values, rows[row].decimals);
        json_object_set_new(object, "name", json_string(rows[row].name));
        json_object_set_new(object, "unit", json_string(rows[row].unit));
        json_object_set_new(object, "what", json_string(rows[row].what));
        json_array_append_new(array, object);
    }
    return array;
}

static bool quotes_both(const struct engine_sample *sample)
{
    return has_both(sample->live_ticks);
}

static bool quotes_bid_only(const struct engine_sample *sample)
{
    return sample->live_ticks[SIDE_BUY] != 0 && sample->live_ticks[SIDE_SELL] == 0;
}

static bool quotes_ask_only(const struct engine_sample *sample)
{
    return sample->live_ticks[SIDE_SELL] != 0 && sample->live_ticks[SIDE_BUY] == 0;
}

static bool quotes_nothing(const struct engine_sample *sample)
{
    return sample->live_ticks[SIDE_BUY] == 0 && sample->live_ticks[SIDE_SELL] == 0;
}

static bool is_at_touch(const struct engine_sample *sample, enum side side)
{
    int64_t own = sample->live_ticks[side], best = sample->best_ticks[side];
    return own != 0 && best != 0 && side_sign(side) * (own - best) >= 0;
}

static bool bid_at_touch(const struct engine_sample *sample)
{
    return is_at_touch(sample, SIDE_BUY);
}

static bool ask_at_touch(const struct engine_sample *sample)
{
    return is_at_touch(sample, SIDE_SELL);
}

static bool market_not_two_sided(const struct engine_sample *sample)
{
    return !has_both(sample->best_ticks);
}

json_t *report_presence_json(const struct series *series)
{
    static const struct {
        const char *name, *what;
        bool (*holds)(const struct engine_sample *sample);
    } rows[] = {
        {"both", "our bid and ask are live", quotes_both},
        {"bid_only", "only our bid is live", quotes_bid_only},
        {"ask_only", "only our ask is live", quotes_ask_only},
        {"none", "no quote of ours is live", quotes_nothing},
        {"bid_at_touch", "our bid is at the best bid or better", bid_at_touch},
        {"ask_at_touch", "our ask is at the best ask or better", ask_at_touch},
        {"market_one_sided", "the market lacks a side or is not trusted", market_not_two_sided}};
    json_t *array = json_array();
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < series->count; i++) {
            count += rows[row].holds(&series->points[i].last);
        }
        json_t *share =
            number(series->count > 0, (double)count / (double)series->count, SHARE_DECIMALS);
        json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "name", rows[row].name, "what",
                                               rows[row].what, "share", share));
    }
    return array;
}

// ---- over fills ----

// A rule of which the queue says something: we had an order resting.
static bool rule_queues(enum fill_rule rule)
{
    return rule != FILL_NONE && rule != FILL_TAKER && rule != FILL_EXCHANGE;
}

static json_t *ahead_json(const struct fill_history *history, enum fill_rule rule, bool at_fill)
{
    if (!rule_queues(rule)) {
        return json_null();
    }
    struct values values = values_for(history->count);
    for (uint32_t i = 0; i < history->count; i++) {
        const struct fill_provenance *provenance = &history->records[i].row.provenance;
        if (provenance->rule == rule) {
            put(&values, (double)(at_fill ? provenance->ahead_at_fill_lots
                                          : provenance->ahead_at_arrival_lots));
        }
    }
    return summary_json(&values, TICKS_DECIMALS);
}

static json_t *share_json(double sum, double of, int decimals)
{
    return number(of > 0, sum / of, decimals);
}

json_t *report_rules_json(const struct fill_history *history)
{
    json_t *array = json_array();
    for (int i = 0; i < FILL_RULE_COUNT; i++) {
        enum fill_rule rule = (enum fill_rule)i;
        const struct fill_rule_sum *sum = &history->rules[i];
        if (sum->count == 0) {
            continue;
        }
        json_t *object =
            json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "rule", fill_rule_text(rule), "fills",
                      count_json(sum->count), "qty_lots", json_integer(sum->qty_lots), "edge_bps",
                      share_json(sum->edge_bps_lots, sum->edge_lots, BPS_DECIMALS), "markout_bps",
                      share_json(sum->markout_bps_lots, sum->markout_lots, BPS_DECIMALS),
                      "ahead_at_arrival_lots", ahead_json(history, rule, false),
                      "ahead_at_fill_lots", ahead_json(history, rule, true));
        json_array_append_new(array, object);
    }
    return array;
}

// ---- over orders ----

json_t *report_orders_json(const struct order_outcomes *outcomes)
{
    json_t *ended = json_array();
    for (uint32_t i = 0; i < outcomes->count; i++) {
        const struct order_outcome *outcome = &outcomes->of[i];
        json_array_append_new(ended,
                              json_pack("{s:s, s:s, s:o, s:o}", "status", outcome->status, "reason",
                                        outcome->reason, "count", count_json(outcome->count),
                                        "part_filled", count_json(outcome->part_filled_count)));
    }
    const struct samples *kept = &outcomes->lifetimes_ns;
    struct values lifetimes = values_for(kept->count);
    for (uint32_t i = 0; i < kept->count; i++) {
        put(&lifetimes, (double)kept->values[i] / 1e6);
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "ended", ended, "orders",
                     count_json(outcomes->order_count), "amends", count_json(outcomes->amend_count),
                     "lifetime_ms", summary_json(&lifetimes, MS_DECIMALS));
}
