#include "observe/run_metrics.h"

#include "kpi/kpi_names.h"
#include "observe/feed_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUNT(names) (uint32_t)(sizeof(names) / sizeof((names)[0]))

static const double BPS = 1e-4, COIN = 1e-9;

static const struct metric_label no_label = {NULL, NULL};

static const char *const side_names[2] = {"buy", "sell"};

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

// ---- what runs ----

static void add_run(const struct observed_run *run, const struct observed *now,
                    struct metrics *metrics)
{
    char id[24];
    snprintf(id, sizeof id, "%016" PRIx64, run->run_id);
    const struct metric_label labels[] = {
        {"run_id", id},
        {"mode", feed_mode_name(run)},
        {"venue", run->venue},
        {"symbol", run->instrument.symbol},
        {"market", run->config.preset.name},
        {"profile", run->config.settings[CONFIG_PROFILE_NAME].value},
        {"tuner", run->config.settings[CONFIG_TUNER].value},
        {"settle", run->instrument.settle}};
    metrics_family(metrics, "mmbot_run_info", METRIC_GAUGE, "What runs, in the labels; always 1.");
    metrics_add_labels(metrics, labels, COUNT(labels), 1);
    static const char *const phases[] = {"starting", "running", "sleeping", "ended"};
    metrics_family(metrics, "mmbot_run_phase", METRIC_GAUGE, "1 for the phase the run is in.");
    metrics_add_states(metrics, "phase", phases, COUNT(phases), feed_phase_name(now->phase));
    metrics_single(metrics, "mmbot_iterations_total", METRIC_COUNTER, "Finished iterations.",
                   now->iteration_count);
    metrics_single(metrics, "mmbot_market_time_seconds", METRIC_GAUGE,
                   "The run's clock, seconds since 1970.", seconds(now->engine.status.now_ns));
    metrics_single(metrics, "mmbot_engine_events_total", METRIC_COUNTER,
                   "Events that the engine took.", (double)now->engine.status.event_count);
}

// ---- the market ----

static double price_of(const struct observed_run *run, double half_ticks)
{
    return half_ticks / 2 * decimal_to_double(run->instrument.tick);
}

static void add_spread(struct metrics *metrics, const char *name, const char *help,
                       int64_t bid_ticks, int64_t ask_ticks)
{
    if (bid_ticks > 0 && ask_ticks > 0) {
        metrics_single(metrics, name, METRIC_GAUGE, help,
                       2.0 * (double)(ask_ticks - bid_ticks) / (double)(ask_ticks + bid_ticks));
    }
}

static int64_t own_ticks(const struct engine_view *engine, enum side side)
{
    for (uint32_t i = 0; i < engine->level_count[side]; i++) {
        if (engine->levels[side][i].own_lots > 0) {
            return engine->levels[side][i].price_ticks;
        }
    }
    return 0;
}

static void add_market(const struct observed_run *run, const struct observed *now,
                       struct metrics *metrics)
{
    const struct engine_view *engine = &now->engine;
    metrics_single(metrics, "mmbot_book_trusted", METRIC_GAUGE,
                   "0 from a gap of the feed until the next snapshot.", engine->is_trusted);
    if (engine->has_market) {
        metrics_single(metrics, "mmbot_market_data_age_seconds", METRIC_GAUGE,
                       "Market time since the last message of the market.",
                       seconds(engine->status.now_ns - engine->last_market_ns));
    }
    if (engine->mid_half_ticks > 0) {
        metrics_single(metrics, "mmbot_mid_price", METRIC_GAUGE,
                       "Middle of the best prices of others.",
                       price_of(run, (double)engine->mid_half_ticks));
    }
    add_spread(metrics, "mmbot_market_spread_ratio", "Between the best prices of others.",
               engine->best_ticks[SIDE_BUY], engine->best_ticks[SIDE_SELL]);
    add_spread(metrics, "mmbot_quoted_spread_ratio", "Between our own best quotes.",
               own_ticks(engine, SIDE_BUY), own_ticks(engine, SIDE_SELL));
    if (engine->has_volatility) {
        metrics_single(metrics, "mmbot_volatility_ratio", METRIC_GAUGE,
                       "Volatility of the mid per square root of a second.",
                       engine->volatility_bps * BPS);
    }
}

// ---- quotes and orders ----

// Every reason for which a side may not be quoting.
static void add_side_states(const struct observed *now, struct metrics *metrics)
{
    metrics_family(metrics, "mmbot_side_state", METRIC_GAUGE,
                   "1 for the reason why a side is as it is; ok when it is quoting.");
    for (int side = 0; side < 2; side++) {
        const char *code = now->sides[side].code;
        const struct metric_label ok[] = {{"side", side_names[side]}, {"reason", "ok"}};
        metrics_add_labels(metrics, ok, 2, strcmp(code, "ok") == 0);
        for (enum quote_reason i = QUOTE_WANTED + 1; i < QUOTE_REASON_COUNT; i++) {
            const struct metric_label labels[] = {{"side", side_names[side]},
                                                  {"reason", quote_reason_name(i)}};
            metrics_add_labels(metrics, labels, 2, strcmp(code, labels[1].value) == 0);
        }
        for (enum risk_reason i = RISK_OK + 1; i < RISK_REASON_COUNT; i++) {
            const struct metric_label labels[] = {{"side", side_names[side]},
                                                  {"reason", risk_reason_name(i)}};
            metrics_add_labels(metrics, labels, 2, strcmp(code, labels[1].value) == 0);
        }
        for (enum orders_block i = ORDERS_CLEAR + 1; i < ORDERS_BLOCK_COUNT; i++) {
            const struct metric_label labels[] = {{"side", side_names[side]},
                                                  {"reason", orders_block_name(i)}};
            metrics_add_labels(metrics, labels, 2, strcmp(code, labels[1].value) == 0);
        }
    }
}

static void add_quoting(const struct observed *now, struct metrics *metrics)
{
    static const char *const states[] = {"quoting", "paused", "killed", "halted", "stopping"};
    metrics_family(metrics, "mmbot_trading_state", METRIC_GAUGE, "1 for what trading does now.");
    metrics_add_states(metrics, "state", states, COUNT(states), feed_trading_state(now));
    metrics_family(metrics, "mmbot_side_quoting", METRIC_GAUGE,
                   "Whether an order of ours rests on the side.");
    for (int side = 0; side < 2; side++) {
        metrics_add(metrics, (struct metric_label){"side", side_names[side]},
                    now->sides[side].is_quoting);
    }
    add_side_states(now, metrics);
}

static void add_risk_counts(struct metrics *metrics, const uint64_t counts[RISK_REASON_COUNT])
{
    for (enum risk_reason i = RISK_OK + 1; i < RISK_REASON_COUNT; i++) {
        metrics_add(metrics, (struct metric_label){"reason", risk_reason_name(i)},
                    (double)counts[i]);
    }
}

static void add_orders(const struct observed *now, const struct kpi_summary *total,
                       struct metrics *metrics)
{
    const struct engine_view *engine = &now->engine;
    metrics_family(metrics, "mmbot_orders", METRIC_GAUGE, "Orders out there by state.");
    for (enum order_state i = ORDER_FREE + 1; i < ORDER_STATE_COUNT; i++) {
        metrics_add(metrics, (struct metric_label){"state", order_state_name(i)},
                    engine->orders_by_state[i]);
    }
    metrics_family(metrics, "mmbot_order_requests_total", METRIC_COUNTER, "Requests sent.");
    metrics_add(metrics, (struct metric_label){"operation", "place"}, (double)total->place_count);
    metrics_add(metrics, (struct metric_label){"operation", "amend"}, (double)total->replace_count);
    metrics_add(metrics, (struct metric_label){"operation", "cancel"}, (double)total->cancel_count);
    metrics_single(metrics, "mmbot_order_rejects_total", METRIC_COUNTER,
                   "Requests that the venue refused.", (double)engine->reject_count);
    metrics_single(metrics, "mmbot_order_unknowns_total", METRIC_COUNTER,
                   "How often an order's fate became unknown.", (double)engine->unknown_count);
    metrics_single(metrics, "mmbot_order_strays_total", METRIC_COUNTER,
                   "Reports about orders that were not open.", (double)engine->stray_count);
    metrics_family(metrics, "mmbot_quotes_refused_total", METRIC_COUNTER,
                   "Wanted quotes that a risk limit refused.");
    add_risk_counts(metrics, engine->risk_refused);
    metrics_family(metrics, "mmbot_quotes_reduced_total", METRIC_COUNTER,
                   "Wanted quotes that a risk limit made smaller.");
    add_risk_counts(metrics, engine->risk_reduced);
    metrics_family(metrics, "mmbot_quotes_blocked_total", METRIC_COUNTER,
                   "Wanted actions that had to wait.");
    for (enum kpi_block i = 0; i < KPI_BLOCK_COUNT; i++) {
        metrics_add(metrics, (struct metric_label){"reason", kpi_block_name(i)},
                    (double)total->block_count[i]);
    }
}

// ---- money ----

static void add_fills(const struct kpi_summary *total, struct metrics *metrics)
{
    metrics_family(metrics, "mmbot_fills_total", METRIC_COUNTER, "Executions of our orders.");
    metrics_add(metrics, (struct metric_label){"liquidity", "maker"},
                (double)total->maker_fill_count);
    metrics_add(metrics, (struct metric_label){"liquidity", "taker"},
                (double)(total->fill_count - total->maker_fill_count));
    metrics_single(metrics, "mmbot_traded_notional_coins_total", METRIC_COUNTER,
                   "Traded notional in the settlement coin.",
                   (double)total->notional_quote_e9 * COIN);
}

static void add_position(const struct observed_run *run, const struct observed *now,
                         struct metrics *metrics)
{
    const struct engine_status *status = &now->engine.status;
    double limit = (double)run->engine.risk.position_limit_lots;
    metrics_single(metrics, "mmbot_position_lots", METRIC_GAUGE, "Position, negative when short.",
                   (double)status->position_lots);
    metrics_single(metrics, "mmbot_position_limit_lots", METRIC_GAUGE, "Largest position allowed.",
                   limit);
    metrics_single(metrics, "mmbot_position_ratio", METRIC_GAUGE,
                   "Position as a share of its limit, -1 to 1.",
                   (double)status->position_lots / limit);
}

static void add_fall(struct metrics *metrics, const char *name, const char *help,
                     const char *limit_name, const char *limit_help, int64_t from_e9,
                     int64_t equity_e9, int64_t limit_e9)
{
    int64_t fall = from_e9 > equity_e9 ? from_e9 - equity_e9 : 0;
    metrics_single(metrics, name, METRIC_GAUGE, help, (double)fall * COIN);
    if (limit_e9 > 0) {
        metrics_single(metrics, limit_name, METRIC_GAUGE, limit_help, (double)limit_e9 * COIN);
    }
}

static void add_money(const struct observed_run *run, const struct observed *now,
                      const struct kpi_summary *total, struct metrics *metrics)
{
    const struct engine_view *engine = &now->engine;
    int64_t equity = engine->status.equity_quote_e9;
    metrics_family(metrics, "mmbot_pnl_coins", METRIC_GAUGE,
                   "Profit since the run's start by part, in the settlement coin: gross - slippage "
                   "- adverse - inventory - fees - mmbot_funding_coins = net.");
    for (enum kpi_part part = 0; part < KPI_PART_COUNT; part++) {
        metrics_add(metrics, (struct metric_label){"part", kpi_part_name(part)},
                    (double)total->part_quote_e9[part] * COIN);
    }
    if (total->has_bps) {
        metrics_family(metrics, "mmbot_pnl_ratio", METRIC_GAUGE,
                       "The same as a share of the traded notional.");
        for (enum kpi_part part = 0; part < KPI_PART_COUNT; part++) {
            metrics_add(metrics, (struct metric_label){"part", kpi_part_name(part)},
                        total->part_bps[part] * BPS);
        }
    }
    metrics_single(
        metrics, "mmbot_funding_coins", METRIC_GAUGE,
        "Paid for holding the position since the run's start, what was received negative; "
        "a part of net.",
        (double)total->funding_quote_e9 * COIN);
    metrics_single(metrics, "mmbot_equity_coins", METRIC_GAUGE,
                   "Cash and position at the mid, less fees and funding, in the settlement coin.",
                   (double)equity * COIN);
    add_fall(metrics, "mmbot_drawdown_coins", "Equity below its highest.",
             "mmbot_drawdown_limit_coins", "At which trading halts.", engine->peak_equity_e9,
             equity, run->engine.risk.loss_from_peak_quote_e9);
    add_fall(metrics, "mmbot_loss_coins", "Equity below where it started.",
             "mmbot_loss_limit_coins", "At which trading halts.", engine->start_equity_e9, equity,
             run->engine.risk.loss_from_start_quote_e9);
}

// ---- verdicts and the last window ----

static void add_verdicts(const struct observed *now, struct metrics *metrics)
{
    static const char *const of_run[] = {"PASS", "WARN", "INCONCLUSIVE", "FAIL"};
    const char *verdict = now->has_verdict ? gate_verdict_name(now->verdict.verdict) : NULL;
    metrics_family(metrics, "mmbot_run_verdict", METRIC_GAUGE,
                   "1 for the verdict of the run so far; none before the first window ended.");
    metrics_add_states(metrics, "verdict", of_run, COUNT(of_run), verdict);
    metrics_family(metrics, "mmbot_window_verdicts_total", METRIC_COUNTER,
                   "Finished windows by their verdict.");
    for (enum gate_verdict i = 0; i < GATE_VERDICT_COUNT; i++) {
        metrics_add(metrics, (struct metric_label){"verdict", gate_verdict_name(i)},
                    (double)now->verdict_counts[i]);
    }
}

static void add_known(struct metrics *metrics, const char *name, const char *help,
                      const struct kpi_summary *window, enum kpi_name kpi, double unit)
{
    struct kpi_value value = kpi_value(window, kpi);
    if (value.has) {
        metrics_single(metrics, name, METRIC_GAUGE, help, value.real * unit);
    }
}

static void add_last_window(const struct observed *now, struct metrics *metrics)
{
    const struct kpi_summary *window = &now->last_window;
    if (now->iteration_count == 0) {
        return;
    }
    if (window->has_bps) {
        metrics_family(metrics, "mmbot_window_pnl_ratio", METRIC_GAUGE,
                       "Of the last finished window, as a share of its notional.");
        for (enum kpi_part part = 0; part < KPI_PART_COUNT; part++) {
            metrics_add(metrics, (struct metric_label){"part", kpi_part_name(part)},
                        window->part_bps[part] * BPS);
        }
    }
    metrics_single(metrics, "mmbot_window_fills", METRIC_GAUGE, "Of the last finished window.",
                   (double)window->fill_count);
    add_known(metrics, "mmbot_window_maker_ratio", "Maker share of the last window's volume.",
              window, KPI_MAKER_TAKER_RATIO, 1);
    add_known(metrics, "mmbot_window_risk_ratio",
              "Share of the last window's decisions that a risk limit cut.", window, KPI_RISK_RATIO,
              1);
    add_known(metrics, "mmbot_window_cancel_ratio", "Cancels of all requests of the last window.",
              window, KPI_CANCEL_RATIO, 1);
    add_known(metrics, "mmbot_window_adverse_p95_ratio",
              "95th percentile of what the market took back per fill.", window, KPI_ADVERSE_BPS_P95,
              BPS);
    add_known(metrics, "mmbot_window_slippage_p95_ratio",
              "95th percentile of what a fill lost against the price wanted.", window,
              KPI_SLIPPAGE_BPS_P95, BPS);
    add_known(metrics, "mmbot_window_latency_p95_seconds",
              "95th percentile from decision to acknowledgement.", window, KPI_P95_LATENCY_MS,
              1e-3);
    add_known(metrics, "mmbot_window_order_age_p95_seconds",
              "95th percentile of an order's age at its end.", window, KPI_ORDER_AGE_P95_MS, 1e-3);
    add_known(metrics, "mmbot_window_feed_delay_p95_seconds",
              "95th percentile from the exchange's stamp to us.", window, KPI_WS_LAG_P95_MS, 1e-3);
}

// ---- tunables, tuner, guard ----

static void add_params(const struct observed_run *run, const struct observed *now,
                       struct metrics *metrics)
{
    static const struct {
        const char *name, *help;
    } families[] = {
        {"mmbot_param_value", "Tunables in force, each in the unit its name ends with."},
        {"mmbot_param_min", "Smallest value the tuner may give."},
        {"mmbot_param_max", "Largest value the tuner may give."},
    };
    for (size_t family = 0; family < COUNT(families); family++) {
        struct params values = now->guard.params;
        if (family > 0) {
            memcpy(values.steps, family == 1 ? run->guard.min : run->guard.max,
                   sizeof values.steps);
        }
        metrics_family(metrics, families[family].name, METRIC_GAUGE, families[family].help);
        for (enum param_id id = 0; id < PARAM_COUNT; id++) {
            metrics_add(metrics, (struct metric_label){"param", param_specs[id].key},
                        param_value(&values, id));
        }
    }
}

static void add_tuner(const struct observed *now, struct metrics *metrics)
{
    const struct tuning_totals *tuning = &now->tuning;
    metrics_family(metrics, "mmbot_tuner_changes_total", METRIC_COUNTER,
                   "Changes of single parameters: proposed, and what became of them.");
    metrics_add(metrics, (struct metric_label){"outcome", "proposed"}, (double)tuning->proposed);
    metrics_add(metrics, (struct metric_label){"outcome", "applied"}, (double)tuning->applied);
    metrics_add(metrics, (struct metric_label){"outcome", "cut"}, (double)tuning->cut);
    metrics_add(metrics, (struct metric_label){"outcome", "refused"}, (double)tuning->refused);
    metrics_family(metrics, "mmbot_guard_interventions_total", METRIC_COUNTER,
                   "Changes that a guard refused or cut.");
    for (enum guard_reason i = GUARD_REASON_NONE + 1; i < GUARD_REASON_COUNT; i++) {
        metrics_add(metrics, (struct metric_label){"reason", guard_reason_name(i)},
                    (double)tuning->by_reason[i]);
    }
    metrics_single(metrics, "mmbot_panics_total", METRIC_COUNTER,
                   "Reverts to the safe profile after failures in a row.", (double)tuning->panics);
}

static void add_guard(const struct observed *now, struct metrics *metrics)
{
    const struct guard_state *guard = &now->guard;
    const struct {
        const char *name;
        bool holds;
    } modes[] = {{"frozen", guard->frozen_until > guard->iteration},
                 {"cooldown", guard->cooldown_until > guard->iteration},
                 {"panic_hold", guard->panic_hold_until > guard->iteration},
                 {"latency_frozen", guard->latency_frozen},
                 {"on_safe", guard->on_safe},
                 {"halted", guard->halted}};
    metrics_family(metrics, "mmbot_guard_mode", METRIC_GAUGE, "Whether the guard is in the mode.");
    for (size_t i = 0; i < COUNT(modes); i++) {
        metrics_add(metrics, (struct metric_label){"mode", modes[i].name}, modes[i].holds);
    }
    metrics_single(metrics, "mmbot_guard_fail_streak", METRIC_GAUGE, "Failed windows in a row.",
                   guard->fail_streak);
}

// ---- delays ----

static void add_delays(const struct observed *now, struct metrics *metrics)
{
    static const enum engine_delay acks[] = {ENGINE_DELAY_PLACE, ENGINE_DELAY_AMEND,
                                             ENGINE_DELAY_CANCEL};
    metrics_family(metrics, "mmbot_order_ack_seconds", METRIC_HISTOGRAM,
                   "From decision to acknowledgement, in market time.");
    for (size_t i = 0; i < COUNT(acks); i++) {
        metrics_add_histogram(metrics, (struct metric_label){"operation", feed_delay_name(acks[i])},
                              &now->delays[acks[i]], FEED_BOUND_FIRST, FEED_BOUND_LAST);
    }
    metrics_family(metrics, "mmbot_feed_delay_seconds", METRIC_HISTOGRAM,
                   "From the exchange's stamp of a market message to us.");
    metrics_add_histogram(metrics, no_label, &now->delays[ENGINE_DELAY_FEED], FEED_BOUND_FIRST,
                          FEED_BOUND_LAST);
    metrics_family(metrics, "mmbot_fill_delay_seconds", METRIC_HISTOGRAM,
                   "From the exchange's stamp of a fill to us.");
    metrics_add_histogram(metrics, no_label, &now->delays[ENGINE_DELAY_FILL], FEED_BOUND_FIRST,
                          FEED_BOUND_LAST);
}

void run_metrics_add(const struct observed_run *run, const struct observed *now,
                     struct metrics *metrics)
{
    struct kpi_summary total;
    observed_totals(now, &total);
    add_run(run, now, metrics);
    add_market(run, now, metrics);
    add_quoting(now, metrics);
    add_orders(now, &total, metrics);
    add_fills(&total, metrics);
    add_position(run, now, metrics);
    add_money(run, now, &total, metrics);
    add_verdicts(now, metrics);
    add_last_window(now, metrics);
    add_params(run, now, metrics);
    add_tuner(now, metrics);
    add_guard(now, metrics);
    add_delays(now, metrics);
}
