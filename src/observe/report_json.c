#include "observe/report_json.h"

#include "base/json.h"
#include "observe/report_stats.h"

#include <stddef.h>
#include <string.h>

enum { REPORT_VERSION = 1 };

static json_t *known_or_null(bool is_known, int64_t value)
{
    return is_known ? json_integer(value) : json_null();
}

static json_t *count_json(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *decimal_json(struct decimal value)
{
    char text[DECIMAL_TEXT_SIZE];
    decimal_print(value, text);
    return json_string(text);
}

static json_t *instrument_json(const struct instrument *instrument)
{
    bool inverse = instrument->contract == CONTRACT_INVERSE;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "symbol", text_or_null(instrument->symbol), "venue",
        text_or_null(instrument->venue), "settle", text_or_null(instrument->settle), "tick",
        decimal_json(instrument->tick), "lot", decimal_json(instrument->lot), "contract",
        inverse ? "inverse" : "linear", "contract_size", decimal_json(instrument->contract_size));
}

// ---- KPIs ----

static json_t *level_json(const struct report_run *run, enum gate_level_kind kind,
                          enum kpi_name name)
{
    for (int i = 0; run->levels != NULL && i < GATE_METRIC_COUNT; i++) {
        const struct gate_level *level = &run->levels->of[kind][i];
        if (level->has && gate_metric_kpi((enum gate_metric)i) == name) {
            return json_real_stable(level->value, kpi_name_specs[name].decimals);
        }
    }
    return json_null();
}

static json_t *kpi_json(const struct report_run *run)
{
    json_t *array = json_array();
    for (int i = 0; i < KPI_NAME_COUNT; i++) {
        enum kpi_name name = (enum kpi_name)i;
        const struct kpi_name_spec *spec = &kpi_name_specs[name];
        struct kpi_value value = kpi_value(run->kpi, name);
        json_t *shown = spec->is_integer ? known_or_null(value.has, value.integer)
                        : value.has      ? json_real_stable(value.real, spec->decimals)
                                         : json_null();
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", spec->name,
                                               "unit", spec->unit, "what", spec->what, "value",
                                               shown, "soft", level_json(run, GATE_SOFT, name),
                                               "hard", level_json(run, GATE_HARD, name)));
    }
    return array;
}

static json_t *verdict_json(const struct gate_result *verdict)
{
    if (verdict == NULL) {
        return json_null();
    }
    json_t *reasons = json_array();
    for (uint32_t i = 0; i < verdict->finding_count; i++) {
        json_array_append_new(reasons, json_string(verdict->findings[i].text));
    }
    return json_pack("{s:s, s:o}", "verdict", gate_verdict_name(verdict->verdict), "reasons",
                     reasons);
}

// ---- the course ----

struct column {
    const char *name;
    size_t offset; // of an int64_t in struct series_point
    bool zero_is_unknown;
};

#define LAST(field) offsetof(struct series_point, last.field)
#define EXTREME(field) offsetof(struct series_point, field)

static const struct column columns[] = {
    {"mid_half_ticks", LAST(mid_half_ticks), true},
    {"bid_ticks", LAST(best_ticks[SIDE_BUY]), true},
    {"ask_ticks", LAST(best_ticks[SIDE_SELL]), true},
    {"own_bid_ticks", LAST(live_ticks[SIDE_BUY]), true},
    {"own_ask_ticks", LAST(live_ticks[SIDE_SELL]), true},
    {"wanted_bid_ticks", LAST(wanted_ticks[SIDE_BUY]), true},
    {"wanted_ask_ticks", LAST(wanted_ticks[SIDE_SELL]), true},
    {"position_lots", LAST(position_lots), false},
    {"gross_quote_e9", LAST(part_quote_e9[KPI_GROSS]), false},
    {"slippage_quote_e9", LAST(part_quote_e9[KPI_SLIPPAGE]), false},
    {"adverse_quote_e9", LAST(part_quote_e9[KPI_ADVERSE]), false},
    {"inventory_quote_e9", LAST(part_quote_e9[KPI_INVENTORY]), false},
    {"fees_quote_e9", LAST(part_quote_e9[KPI_FEES]), false},
    {"net_quote_e9", LAST(part_quote_e9[KPI_NET]), false},
    {"drawdown_quote_e9", LAST(drawdown_quote_e9), false}};

static const struct column extreme_columns[] = {
    {"mid_low_half_ticks", EXTREME(mid_half_ticks.low), true},
    {"mid_high_half_ticks", EXTREME(mid_half_ticks.high), true},
    {"position_low_lots", EXTREME(position_lots.low), false},
    {"position_high_lots", EXTREME(position_lots.high), false},
    {"net_low_quote_e9", EXTREME(net_quote_e9.low), false},
    {"net_high_quote_e9", EXTREME(net_quote_e9.high), false},
    {"drawdown_high_quote_e9", EXTREME(drawdown_high_quote_e9), false}};

// A point that says what the one before it said is left out, except the last one.
static bool is_told(const struct series *series, uint32_t index)
{
    if (index == 0 || index + 1 == series->count) {
        return true;
    }
    const size_t start = LAST(mid_half_ticks); // all but the time, which comes first
    const char *point = (const char *)&series->points[index];
    const char *before = (const char *)&series->points[index - 1];
    return memcmp(point + start, before + start, sizeof series->points[0] - start) != 0;
}

static json_t *column_json(const struct series *series, const struct column *column)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < series->count; i++) {
        if (is_told(series, i)) {
            int64_t value;
            memcpy(&value, (const char *)&series->points[i] + column->offset, sizeof value);
            json_array_append_new(array,
                                  known_or_null(!column->zero_is_unknown || value != 0, value));
        }
    }
    return array;
}

static void set_columns(json_t *object, const struct series *series, const struct column *list,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_object_set_new(object, list[i].name, column_json(series, &list[i]));
    }
}

static json_t *times_json(const struct series *series, int64_t from_ns)
{
    json_t *times = json_array();
    for (uint32_t i = 0; i < series->count; i++) {
        if (is_told(series, i)) {
            json_array_append_new(times, json_integer(series->points[i].last.now_ns - from_ns));
        }
    }
    return times;
}

static json_t *series_json(const struct report_run *run)
{
    const struct series *series = run->series;
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:o}", "time_ns", times_json(series, run->kpi->from_ns), "points",
        json_integer(series->count), "sample_interval_ns", json_integer(run->sample_interval_ns),
        "samples_per_point", count_json(series->samples_per_point));
    set_columns(object, series, columns, sizeof columns / sizeof columns[0]);
    if (series->samples_per_point > 1) {
        set_columns(object, series, extreme_columns,
                    sizeof extreme_columns / sizeof extreme_columns[0]);
    }
    return object;
}

// ---- fills ----

static json_t *fill_json(const struct fill_record *record, int64_t from_ns)
{
    const struct engine_fill_row *row = &record->row;
    const struct fill_provenance *provenance = &row->provenance;
    bool queued = fill_shows_queue(provenance->rule, row->maker);
    return json_pack(
        "{s:o, s:o, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}",
        "number", count_json(record->number), "order", count_json(row->order_id), "side",
        row->side == SIDE_BUY ? "buy" : "sell", "time_ns", json_integer(row->local_ts_ns - from_ns),
        "price_ticks", json_integer(row->price_ticks), "qty_lots", json_integer(row->qty_lots),
        "maker", (int)row->maker, "mid_half_ticks",
        known_or_null(row->mid_half_ticks != 0, row->mid_half_ticks), "later_half_ticks",
        known_or_null(record->later_half_ticks != 0, record->later_half_ticks), "wanted_ticks",
        known_or_null(row->wanted_price_ticks != 0, row->wanted_price_ticks), "fee_quote_e9",
        json_integer(row->fee_quote_e9), "position_lots", json_integer(row->position_lots), "rule",
        fill_rule_text(provenance->rule), "event", count_json(provenance->event_row),
        "ahead_at_arrival_lots", known_or_null(queued, provenance->ahead_at_arrival_lots),
        "ahead_at_fill_lots", known_or_null(queued, provenance->ahead_at_fill_lots));
}

static json_t *sum_json(const struct fill_sum *sum)
{
    double lots = (double)sum->qty_lots;
    json_t *price = sum->qty_lots > 0 ? json_real_stable(sum->price_lots / lots, 3) : json_null();
    return json_pack("{s:o, s:o, s:o}", "fills", count_json(sum->count), "qty_lots",
                     json_integer(sum->qty_lots), "mean_price_ticks", price);
}

// Only when not every fill is listed: what was filled in each span of time.
static json_t *spans_json(const struct fill_history *fills, int64_t from_ns)
{
    if (fills->stride == 1) {
        return json_null();
    }
    json_t *array = json_array();
    for (uint32_t i = 0; i < fills->span_count; i++) {
        const struct fill_sum *of = fills->spans[i].of;
        if (of[SIDE_BUY].count + of[SIDE_SELL].count == 0) {
            continue;
        }
        int64_t start_ns = fills->start_ns + i * fills->span_ns - from_ns;
        json_array_append_new(array,
                              json_pack("{s:o, s:o, s:o}", "time_ns", json_integer(start_ns), "buy",
                                        sum_json(&of[SIDE_BUY]), "sell", sum_json(&of[SIDE_SELL])));
    }
    return array;
}

static json_t *fills_json(const struct report_run *run)
{
    const struct fill_history *fills = run->fills;
    json_t *list = json_array();
    for (uint32_t i = 0; i < fills->count; i++) {
        json_array_append_new(list, fill_json(&fills->records[i], run->kpi->from_ns));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "count", count_json(fills->fill_count),
                     "listed_every", count_json(fills->stride), "list", list, "span_ns",
                     json_integer(fills->span_ns), "spans", spans_json(fills, run->kpi->from_ns));
}

// ---- the whole ----

static json_t *settings_json(const struct report_run *run)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < run->setting_count; i++) {
        const struct report_setting *setting = &run->settings[i];
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "section", setting->section,
                                        "name", setting->name, "value", setting->value, "unit",
                                        setting->unit, "source", setting->source));
    }
    return array;
}

static json_t *run_json(const struct report_run *run)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "command", run->command, "strategy",
                     run->strategy, "market", run->market, "from_ns",
                     json_integer(run->kpi->from_ns), "to_ns", json_integer(run->kpi->to_ns),
                     "markout_ns", json_integer(run->markout_ns));
}

json_t *report_json(const struct report_run *run)
{
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format",
                     "mmbot-report", "version", REPORT_VERSION, "run", run_json(run), "instrument",
                     instrument_json(run->instrument), "gate", verdict_json(run->verdict), "kpi",
                     kpi_json(run), "settings", settings_json(run), "series", series_json(run),
                     "fills", fills_json(run), "spread", report_spread_json(run->series),
                     "presence", report_presence_json(run->series), "rules",
                     report_rules_json(run->fills), "orders", report_orders_json(run->orders));
}
