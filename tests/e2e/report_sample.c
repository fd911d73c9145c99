// Writes a report of made-up trading, as a page and as JSON: what the tests of the page read, and
// a page of any size to look at. usage: report_sample OUT.html OUT.json SAMPLES FILLS
#include "base/decimal.h"
#include "base/json.h"
#include "base/random.h"
#include "observe/page.h"
#include "observe/report_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t START_NS = 1723161256103000000, INTERVAL_NS = 100000000;
enum { POSITION_LIMIT_LOTS = 40 };

struct world {
    struct random_stream random;
    struct instrument instrument;
    struct series series;
    struct fill_history fills;
    struct order_outcomes orders;
    struct engine_sample now;
    double price, volatility;
    int64_t peak_e9, notional_e9, drawdown_e9, position_max_lots;
    uint64_t order_id;
};

static void move_market(struct world *world)
{
    bool storm = random_below(&world->random, 4000) == 0;
    world->volatility = storm ? 12 : 0.4 + 0.9995 * (world->volatility - 0.4);
    world->price += world->volatility * random_normal(&world->random);
    int64_t bid = (int64_t)floor(world->price);
    int64_t wide = 1 + (int64_t)random_below(&world->random, 12) / 11;
    int64_t mid_before = world->now.mid_half_ticks;
    world->now.best_ticks[SIDE_BUY] = bid;
    world->now.best_ticks[SIDE_SELL] = bid + wide;
    world->now.mid_half_ticks = 2 * bid + wide;
    if (world->now.position_lots != 0 && mid_before != 0) {
        const struct instrument *instrument = &world->instrument;
        int64_t lots = world->now.position_lots;
        world->now.part_quote_e9[KPI_INVENTORY] -=
            instrument_value_e9(instrument, lots, world->now.mid_half_ticks) -
            instrument_value_e9(instrument, lots, mid_before);
    }
}

static void quote(struct world *world)
{
    int64_t skew = world->now.position_lots / 8;
    int64_t half = 2 + (int64_t)(3 * world->volatility);
    for (int side = 0; side < 2; side++) {
        int64_t sign = side_sign((enum side)side);
        int64_t wanted = world->now.best_ticks[side] - sign * half - skew;
        bool full = sign * world->now.position_lots >= POSITION_LIMIT_LOTS;
        world->now.wanted_ticks[side] = full ? 0 : wanted;
        if (random_below(&world->random, 5) == 0 || full || world->now.live_ticks[side] == 0) {
            world->now.live_ticks[side] = world->now.wanted_ticks[side];
        }
    }
}

static void end_order(struct world *world, const char *status, const char *reason, enum side side,
                      int64_t qty_lots, int64_t leaves_lots)
{
    struct engine_order_row row = {
        .order_id = ++world->order_id,
        .side = side,
        .status = status,
        .reason = reason,
        .placed_ts_ns = world->now.now_ns - 1000000 * (int64_t)random_below(&world->random, 3000),
        .ended_ts_ns = world->now.now_ns,
        .qty_lots = qty_lots,
        .leaves_qty_lots = leaves_lots,
        .amend_count = (uint32_t)random_below(&world->random, 4)};
    order_outcomes_add(&world->orders, &row);
}

static void fill(struct world *world, enum side side)
{
    int64_t qty = 1 + (int64_t)random_below(&world->random, 8);
    int64_t sign = side_sign(side);
    enum fill_rule rule = (enum fill_rule)(FILL_TAKER + random_below(&world->random, 4));
    int64_t price = world->now.live_ticks[side];
    if (price == 0) {
        return;
    }
    int64_t value = instrument_value_e9(&world->instrument, qty, 2 * price);
    int64_t mid_value = instrument_value_e9(&world->instrument, qty, world->now.mid_half_ticks);
    int64_t adverse = (int64_t)(random_normal(&world->random) * 4e6 + 3e6);
    world->now.position_lots += sign * qty;
    world->now.part_quote_e9[KPI_GROSS] += sign * (mid_value - value);
    world->now.part_quote_e9[KPI_SLIPPAGE] += (int64_t)random_below(&world->random, 400000);
    world->now.part_quote_e9[KPI_FEES] -= value / 50000;
    world->now.part_quote_e9[KPI_ADVERSE] += adverse;
    world->notional_e9 += value;
    struct engine_fill_row row = {
        .order_id = world->order_id + 1,
        .side = side,
        .local_ts_ns = world->now.now_ns - (int64_t)random_below(&world->random, INTERVAL_NS),
        .price_ticks = price,
        .qty_lots = qty,
        .wanted_price_ticks = price,
        .mid_half_ticks = world->now.mid_half_ticks,
        .fee_quote_e9 = -value / 50000,
        .position_lots = world->now.position_lots,
        .maker = rule != FILL_TAKER,
        .provenance = {.rule = rule,
                       .event_row = (uint32_t)random_below(&world->random, 490000),
                       .ahead_at_arrival_lots = (int64_t)random_below(&world->random, 9000),
                       .ahead_at_fill_lots = (int64_t)random_below(&world->random, 40)}};
    fill_history_add(&world->fills, &row);
    if (random_below(&world->random, 50) != 0) {
        int64_t later = world->now.mid_half_ticks + (int64_t)(6 * random_normal(&world->random));
        fill_history_markout(&world->fills, world->fills.fill_count - 1, later);
    }
    end_order(world, "filled", "filled", side, qty, 0);
}

static void add_up(struct world *world)
{
    int64_t *part = world->now.part_quote_e9;
    part[KPI_NET] = part[KPI_GROSS] - part[KPI_SLIPPAGE] - part[KPI_ADVERSE] - part[KPI_INVENTORY] -
                    part[KPI_FEES];
    world->peak_e9 = part[KPI_NET] > world->peak_e9 ? part[KPI_NET] : world->peak_e9;
    world->now.drawdown_quote_e9 = world->peak_e9 - part[KPI_NET];
    if (world->now.drawdown_quote_e9 > world->drawdown_e9) {
        world->drawdown_e9 = world->now.drawdown_quote_e9;
    }
    int64_t position = world->now.position_lots;
    position = position < 0 ? -position : position;
    world->position_max_lots =
        position > world->position_max_lots ? position : world->position_max_lots;
}

static void trade(struct world *world, uint64_t samples, uint64_t fills)
{
    static const char *const reasons[] = {"tail_age", "fast_cancel", "risk", "not_wanted"};
    for (uint64_t i = 0; i < samples; i++) {
        world->now.now_ns = START_NS + (int64_t)(i + 1) * INTERVAL_NS;
        move_market(world);
        quote(world);
        if (random_below(&world->random, samples) < fills) {
            bool long_already = world->now.position_lots > 0;
            bool sells = random_below(&world->random, 10) < (long_already ? 6 : 4);
            fill(world, sells ? SIDE_SELL : SIDE_BUY);
        }
        if (random_below(&world->random, 7) == 0) {
            end_order(world, "canceled", reasons[random_below(&world->random, 4)], SIDE_BUY, 5, 5);
        }
        add_up(world);
        bool blind = samples > 1000 && i > samples / 3 && i < samples / 3 + samples / 100;
        struct engine_sample seen = world->now;
        for (int side = 0; side < 2 && blind; side++) { // the feed lost something
            seen.best_ticks[side] = seen.live_ticks[side] = seen.wanted_ticks[side] = 0;
        }
        series_add(&world->series, &seen);
    }
}

static struct kpi_summary summary_of(const struct world *world)
{
    struct kpi_summary summary = {.from_ns = START_NS,
                                  .to_ns = world->now.now_ns,
                                  .notional_quote_e9 = world->notional_e9,
                                  .fill_count = world->fills.fill_count,
                                  .maker_fill_count = world->fills.fill_count * 3 / 4,
                                  .volume_lots = 1000,
                                  .maker_volume_lots = 874,
                                  .has_bps = world->notional_e9 > 0,
                                  .place_count = world->orders.order_count,
                                  .replace_count = world->orders.amend_count,
                                  .cancel_count = world->orders.order_count / 2,
                                  .decision_count = 1000,
                                  .decision_risk_count = 31,
                                  .position_lots = world->now.position_lots,
                                  .max_abs_position_lots = world->position_max_lots,
                                  .max_drawdown_quote_e9 = world->drawdown_e9};
    memcpy(summary.part_quote_e9, world->now.part_quote_e9, sizeof summary.part_quote_e9);
    for (int i = 0; i < KPI_PART_COUNT && summary.has_bps; i++) {
        summary.part_bps[i] = (double)summary.part_quote_e9[i] * 1e4 / (double)world->notional_e9;
    }
    summary.equity_change_quote_e9 = summary.part_quote_e9[KPI_NET];
    summary.has_p95[KPI_SAMPLE_LATENCY_NS] = true;
    summary.p95[KPI_SAMPLE_LATENCY_NS] = 20400000;
    summary.has_p95[KPI_SAMPLE_ORDER_AGE_NS] = true;
    summary.p95[KPI_SAMPLE_ORDER_AGE_NS] = 2903000000;
    return summary;
}

static json_t *describe(const struct world *world)
{
    // The value ends a script element, and starts a comment, unless it is escaped.
    static const struct report_setting settings[] = {
        {"run", "market", "alt-perp", "", "cli"},
        {"run", "note", "</script><!-- a & b -->", "", "cli"},
        {"run", "queue", "pow3:3", "", "preset"},
        {"run", "latency", "20ms,20ms", "", "preset"},
        {"run", "fills", "compat", "", "default"},
        {"parameters", "min_interval_ms", "75", "ms", "profile:steady_safe"},
        {"parameters", "replace_rate_per_min", "260", "1/min", "profile:steady_safe"},
        {"parameters", "base_spread_bps_delta", "0.16", "bps", "env"},
        {"parameters", "tail_age_ms", "740", "ms", "profile:steady_safe"},
        {"parameters", "impact_cap_ratio", "0.08", "share", "profile:steady_safe"},
        {"parameters", "max_delta_ratio", "0.12", "share", "cli"}};
    struct kpi_summary summary = summary_of(world);
    struct gate_levels levels = gate_levels_default();
    struct gate_result verdict;
    gate_window(&levels, &summary, &verdict);
    struct report_run run = {.command = "backtest",
                             .strategy = "quoter",
                             .market = "btcusdt-20240808.tape",
                             .instrument = &world->instrument,
                             .kpi = &summary,
                             .levels = &levels,
                             .verdict = &verdict,
                             .markout_ns = 1000000000,
                             .sample_interval_ns = INTERVAL_NS,
                             .series = &world->series,
                             .fills = &world->fills,
                             .orders = &world->orders,
                             .settings = settings,
                             .setting_count = sizeof settings / sizeof settings[0]};
    return report_json(&run);
}

static int write_files(const struct world *world, const char *page_path, const char *json_path)
{
    json_t *report = describe(world);
    size_t size = 0;
    char *line = json_document_line(report, &size);
    json_decref(report);
    int rc = line != NULL ? page_write(page_path, PAGE_REPORT, line, size) : MM_ERROR_SYSTEM;
    FILE *file = rc == MM_OK ? fopen(json_path, "wb") : NULL;
    bool written = file != NULL && fwrite(line, 1, size, file) == size;
    free(line);
    return file != NULL && fclose(file) == 0 && written ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: report_sample OUT.html OUT.json SAMPLES FILLS\n", stderr);
        return 2;
    }
    struct world *world = calloc(1, sizeof *world); // tidy: allow heap, because a test is no room
    if (world == NULL) {
        return 4;
    }
    random_init(&world->random, 7, RANDOM_TEST, 0);
    world->price = 619000;
    world->volatility = 0.4;
    world->instrument = (struct instrument){.symbol = "BTCUSDT",
                                            .venue = "binance-usdm",
                                            .settle = "USDT",
                                            .tick = {1, -1},
                                            .lot = {1, -3},
                                            .contract_size = {1, 0}};
    if (instrument_prepare(&world->instrument) < 0) {
        return 4;
    }
    series_init(&world->series, SERIES_POINTS_DEFAULT);
    fill_history_init(&world->fills, FILL_RECORDS_DEFAULT, START_NS, INTERVAL_NS);
    order_outcomes_init(&world->orders);
    trade(world, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    int rc = write_files(world, argv[1], argv[2]);
    order_outcomes_fini(&world->orders);
    fill_history_fini(&world->fills);
    series_fini(&world->series);
    free(world);
    return rc;
}
