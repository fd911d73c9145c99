#include "observe/feed_json.h"

#include "kpi/kpi_names.h"
#include "observe/feed_json_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t MILLISECOND_NS = 1000000;

// ---- small things ----

static json_t *decimal_text(struct decimal value)
{
    char text[DECIMAL_TEXT_SIZE];
    decimal_print(value, text);
    return json_string(text);
}

int64_t feed_time_ns(const struct observed_run *run, int64_t market_ns)
{
    return market_ns - run->start_ns / MILLISECOND_NS * MILLISECOND_NS;
}

// ---- what does not change ----

const char *feed_mode_name(const struct observed_run *run)
{
    if (strcmp(run->venue, "paper") == 0) {
        return "paper";
    }
    if (strcmp(run->venue, "sim") != 0 && strcmp(run->venue, "replay") != 0) {
        return "live";
    }
    return run->config.tape != NULL ? "tape" : "mock";
}

json_t *feed_run_json(const struct observed_run *run)
{
    const struct run_config *config = &run->config;
    const struct risk_config *risk = &run->engine.risk;
    char id[24], seed[24];
    snprintf(id, sizeof id, "%016" PRIx64, run->run_id);
    snprintf(seed, sizeof seed, "%" PRIu64, config->seed);
    json_t *object = json_object();
    set_text(object, "run_id", id);
    set_text(object, "program", "mmbot " MM_VERSION);
    set_text(object, "mode", feed_mode_name(run));
    set_text(object, "venue", run->venue);
    set_text(object, "symbol", run->instrument.symbol);
    set_text(object, "market", config->preset.name);
    set_text(object, "profile", config->settings[CONFIG_PROFILE_NAME].value);
    set_text(object, "seed", seed);
    set_text(object, "tuner", config->tuner_on ? "rules" : "off");
    set_integer(object, "iterations", config->iterations);
    set_integer(object, "window_ns", run->window_ns);
    bool has_process = run->started_wall_ns != 0;
    set(object, "pace",
        known_real(has_process && config->pace_e3 > 0, (double)config->pace_e3 / 1e3, 3));
    set_integer(object, "from_ms", run->start_ns / MILLISECOND_NS);
    set(object, "started_wall_ms", wall_ms(run->started_wall_ns));
    set(object, "resumed", has_process ? json_boolean(config->resume) : json_null());
    set_integer(object, "position_limit_lots", risk->position_limit_lots);
    set(object, "loss_from_peak_quote_e9",
        json_known_integer(risk->loss_from_peak_quote_e9 > 0, risk->loss_from_peak_quote_e9));
    set(object, "loss_from_start_quote_e9",
        json_known_integer(risk->loss_from_start_quote_e9 > 0, risk->loss_from_start_quote_e9));
    set(object, "stale_ns", json_known_integer(risk->stale_ns > 0, risk->stale_ns));
    json_t *horizons = json_array();
    for (int i = 0; i < MARKOUT_COUNT; i++) {
        json_array_append_new(horizons, json_integer((json_int_t)markout_horizons_ns[i]));
    }
    set(object, "markout_ns", horizons);
    set(object, "wall_ms", wall_ms(run->started_wall_ns));
    return object;
}

json_t *feed_instrument_json(const struct observed_run *run)
{
    const struct instrument *instrument = &run->instrument;
    json_t *object = json_object();
    set_text(object, "symbol", instrument->symbol);
    set_text(object, "venue", instrument->venue);
    set(object, "settle", known_text(instrument->settle[0] != '\0', instrument->settle));
    set(object, "tick", decimal_text(instrument->tick));
    set(object, "lot", decimal_text(instrument->lot));
    set_text(object, "contract", instrument->contract == CONTRACT_LINEAR ? "linear" : "inverse");
    set(object, "contract_size", decimal_text(instrument->contract_size));
    set(object, "wall_ms", wall_ms(run->started_wall_ns));
    return object;
}

json_t *feed_gate_json(const struct observed_run *run)
{
    const struct gate_levels *gate = &run->config.preset.gate;
    json_t *levels = json_array();
    for (enum gate_metric metric = 0; metric < GATE_METRIC_COUNT; metric++) {
        struct gate_level soft = gate->of[GATE_SOFT][metric];
        struct gate_level hard = gate->of[GATE_HARD][metric];
        if (soft.has || hard.has) {
            json_t *level = json_object();
            set_text(level, "kpi", kpi_name_specs[gate_metric_kpi(metric)].name);
            set(level, "soft", known_real(soft.has, soft.value, SHARE_DECIMALS));
            set(level, "hard", known_real(hard.has, hard.value, SHARE_DECIMALS));
            set(level, "at_least", json_boolean(gate_metric_is_at_least(metric)));
            json_array_append_new(levels, level);
        }
    }
    json_t *object = json_object();
    set(object, "levels", levels);
    set_integer(object, "min_fills", (int64_t)gate->min_fills);
    set(object, "wall_ms", wall_ms(run->started_wall_ns));
    return object;
}

static void add_setting(json_t *settings, const char *section, const char *name, json_t *value,
                        const char *unit, const char *source)
{
    json_t *setting = json_object();
    set_text(setting, "section", section);
    set_text(setting, "name", name);
    set(setting, "value", value);
    set_text(setting, "unit", unit);
    set_text(setting, "source", source);
    json_array_append_new(settings, setting);
}

static json_t *param_text(enum param_id id, int32_t steps)
{
    char text[DECIMAL_TEXT_SIZE];
    param_print(id, steps, text);
    return json_string(text);
}

// A value of the preset as text, whatever its type.
static json_t *value_text(const json_t *value)
{
    if (json_is_string(value)) {
        return json_string(json_string_value(value));
    }
    char *text =
        json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    json_t *copy = json_string(text != NULL ? text : "");
    free(text);
    return copy;
}

static void add_preset_settings(json_t *settings, const struct run_config *config)
{
    json_t *preset = market_preset_json(&config->preset);
    const char *key;
    json_t *field;
    json_object_foreach(preset, key, field)
    {
        const json_t *value = json_object_get(field, "value");
        add_setting(settings, "market", key, value_text(value != NULL ? value : field), "",
                    config->preset.name);
    }
    json_decref(preset);
}

json_t *feed_config_json(const struct observed_run *run)
{
    const struct run_config *config = &run->config;
    json_t *settings = json_array();
    for (enum config_setting_id id = 0; id < CONFIG_SETTING_COUNT; id++) {
        if (run->started_wall_ns != 0 || !config_setting_is_real_time(id)) {
            add_setting(settings, "run", config_setting_name(id),
                        any_text(config->settings[id].value), "",
                        config_source_name(config->settings[id].source));
        }
    }
    for (enum param_id id = 0; id < PARAM_COUNT; id++) {
        char origin[CONFIG_ORIGIN_SIZE];
        config_param_origin(config, id, origin);
        add_setting(settings, "parameters", param_specs[id].key,
                    param_text(id, config->params.steps[id]), param_specs[id].unit, origin);
    }
    add_preset_settings(settings, config);
    json_t *object = json_object();
    set(object, "settings", settings);
    set(object, "wall_ms", wall_ms(run->started_wall_ns));
    return object;
}

// ---- status ----

const char *feed_phase_name(enum soak_phase phase)
{
    static const char *const names[] = {[SOAK_STARTING] = "starting",
                                        [SOAK_RUNNING] = "running",
                                        [SOAK_SLEEPING] = "sleeping",
                                        [SOAK_ENDED] = "ended"};
    return names[phase];
}

const char *feed_trading_state(const struct observed *now)
{
    if (now->phase == SOAK_ENDED) {
        return "stopping";
    }
    if (now->engine.status.halted || now->guard.halted) {
        return "halted";
    }
    if (now->engine.pause_reason != NULL) {
        return now->killed ? "killed" : "paused";
    }
    return "quoting";
}

static const char *trading_text(const struct observed *now)
{
    if (now->phase == SOAK_ENDED) {
        return "the run has ended";
    }
    if (now->engine.status.halted) {
        return now->engine.status.halt_reason;
    }
    if (now->guard.halted) {
        return "the guard has halted trading";
    }
    return now->engine.pause_reason != NULL ? now->engine.pause_reason : "";
}

static json_t *sides_json(const struct observed_run *run, const struct observed *now)
{
    json_t *sides = json_array();
    for (int i = 0; i < 2; i++) {
        const struct observed_side *side = &now->sides[i];
        json_t *object = json_object();
        set_text(object, "side", side_name((enum side)i));
        set(object, "quoting", json_boolean(side->is_quoting));
        set_text(object, "code", side->code);
        set_text(object, "text", side->text);
        set_time(object, "since_ns", run, side->since_ns);
        json_array_append_new(sides, object);
    }
    return sides;
}

json_t *feed_status_json(const struct observed_run *run, const struct observed *now)
{
    const struct engine_view *engine = &now->engine;
    bool is_over = now->phase == SOAK_ENDED;
    const char *end = now->end == RUN_UNFINISHED ? "failed" : run_end_name(now->end);
    uint32_t last =
        is_over || now->phase == SOAK_SLEEPING ? now->iteration_count : now->iteration_count + 1;
    json_t *object = json_object();
    set_text(object, "phase", feed_phase_name(now->phase));
    set(object, "end", known_text(is_over, end));
    set(object, "catching_up", json_boolean(now->catching_up));
    set_time(object, "time_ns", run, engine->status.now_ns);
    set_integer(object, "iteration", last);
    set_time(object, "window_from_ns", run, now->window_from_ns);
    set_time(object, "window_to_ns", run, now->window_to_ns);
    set(object, "data_age_ns",
        json_known_integer(engine->has_market, engine->status.now_ns - engine->last_market_ns));
    set(object, "trusted", json_boolean(engine->is_trusted));
    set_text(object, "trading", feed_trading_state(now));
    set_text(object, "trading_text", trading_text(now));
    set(object, "sides", sides_json(run, now));
    set(object, "verdict", known_text(now->has_verdict, gate_verdict_name(now->verdict.verdict)));
    set(object, "verdict_text", known_text(now->has_verdict, now->verdict.text));
    set(object, "last_verdict", known_text(now->has_verdict, gate_verdict_name(now->last_verdict)));
    set_integer(object, "event_count", (int64_t)engine->status.event_count);
    set(object, "wall_ms", wall_ms(now->wall_ns));
    return object;
}

// ---- KPIs ----

// What lies between two prices in bps of their middle; unknown when one is missing.
static json_t *spread_bps(int64_t bid_ticks, int64_t ask_ticks)
{
    bool is_known = bid_ticks > 0 && ask_ticks > 0;
    double middle = 0.5 * (double)(bid_ticks + ask_ticks);
    return known_real(is_known, is_known ? (double)(ask_ticks - bid_ticks) / middle * 1e4 : 0,
                      BPS_DECIMALS);
}

static int64_t own_best_ticks(const struct engine_view *engine, enum side side)
{
    int64_t best = 0;
    for (uint32_t i = 0; i < engine->quote_count; i++) {
        const struct engine_quote *quote = &engine->quotes[i];
        bool is_open = quote->side == side && quote->order_id != 0 && quote->open_qty_lots > 0 &&
                       strcmp(quote->state, order_state_name(ORDER_PENDING_PLACE)) != 0;
        if (is_open && (best == 0 || side_sign(side) * (quote->open_price_ticks - best) > 0)) {
            best = quote->open_price_ticks;
        }
    }
    return best;
}

static void set_money(json_t *object, const struct kpi_summary *total)
{
    static const char *const names[KPI_PART_COUNT] = {
        [KPI_GROSS] = "gross_quote_e9",     [KPI_SLIPPAGE] = "slippage_quote_e9",
        [KPI_ADVERSE] = "adverse_quote_e9", [KPI_INVENTORY] = "inventory_quote_e9",
        [KPI_FEES] = "fees_quote_e9",       [KPI_NET] = "net_quote_e9"};
    for (int i = 0; i < KPI_PART_COUNT; i++) {
        set_integer(object, names[i], total->part_quote_e9[i]);
    }
    set(object, "net_bps", known_real(total->has_bps, total->part_bps[KPI_NET], BPS_DECIMALS));
    set_integer(object, "funding_quote_e9", total->funding_quote_e9);
    set_integer(object, "notional_quote_e9", total->notional_quote_e9);
    set_integer(object, "fills", (int64_t)total->fill_count);
    set(object, "maker_share",
        known_real(total->volume_lots > 0,
                   (double)total->maker_volume_lots / (double)total->volume_lots, SHARE_DECIMALS));
}

// How far equity is below a reference, and the share of the limit.
static void set_fall(json_t *object, const char *key, const char *share_key, int64_t from_e9,
                     int64_t equity_e9, int64_t limit_e9)
{
    int64_t fall = from_e9 > equity_e9 ? from_e9 - equity_e9 : 0;
    set_integer(object, key, fall);
    set(object, share_key,
        known_real(limit_e9 > 0, (double)fall / (double)limit_e9, SHARE_DECIMALS));
}

static void set_position(json_t *object, const struct observed_run *run, const struct observed *now)
{
    const struct engine_view *engine = &now->engine;
    const struct risk_config *risk = &run->engine.risk;
    int64_t equity = engine->status.equity_quote_e9;
    set_integer(object, "position_lots", engine->status.position_lots);
    set(object, "position_share",
        json_real_stable((double)engine->status.position_lots / (double)risk->position_limit_lots,
                         SHARE_DECIMALS));
    set_integer(object, "equity_quote_e9", equity);
    set_integer(object, "realised_quote_e9", engine->realised_quote_e9);
    set_integer(object, "unrealised_quote_e9", engine->unrealised_quote_e9);
    set_fall(object, "drawdown_quote_e9", "drawdown_share", engine->peak_equity_e9, equity,
             risk->loss_from_peak_quote_e9);
    set_fall(object, "loss_quote_e9", "loss_share", engine->start_equity_e9, equity,
             risk->loss_from_start_quote_e9);
}

static void set_latency(json_t *object, const struct observed *now)
{
    struct histogram all = {0};
    for (int kind = ENGINE_DELAY_PLACE; kind <= ENGINE_DELAY_CANCEL; kind++) {
        const struct histogram *one = &now->delays[kind];
        all.count += one->count;
        all.max_ns = one->max_ns > all.max_ns ? one->max_ns : all.max_ns;
        for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
            all.buckets[i] += one->buckets[i];
        }
    }
    bool has = all.count > 0;
    set(object, "latency_p50_ns", json_known_integer(has, histogram_quantile_ns(&all, 0.5)));
    set(object, "latency_p99_ns", json_known_integer(has, histogram_quantile_ns(&all, 0.99)));
}

json_t *feed_kpi_json(const struct observed_run *run, const struct observed *now)
{
    const struct engine_view *engine = &now->engine;
    const struct kpi_summary *window = &engine->window;
    struct kpi_summary total;
    observed_totals(now, &total);
    double hours = (double)(engine->status.now_ns - run->start_ns) / 3.6e12;
    json_t *object = json_object();
    set_money(object, &total);
    set_position(object, run, now);
    set_latency(object, now);
    set(object, "fills_per_hour",
        known_real(hours > 0, hours > 0 ? (double)total.fill_count / hours : 0, RATE_DECIMALS));
    set(object, "window_net_quote_e9",
        json_known_integer(engine->has_window, window->part_quote_e9[KPI_NET]));
    set(object, "window_net_bps",
        known_real(engine->has_window && window->has_bps, window->part_bps[KPI_NET], BPS_DECIMALS));
    set(object, "window_fills",
        json_known_integer(engine->has_window, (int64_t)window->fill_count));
    set(object, "quoted_spread_bps",
        spread_bps(own_best_ticks(engine, SIDE_BUY), own_best_ticks(engine, SIDE_SELL)));
    set(object, "market_spread_bps",
        spread_bps(engine->best_ticks[SIDE_BUY], engine->best_ticks[SIDE_SELL]));
    set(object, "volatility_bps",
        known_real(engine->has_volatility, engine->volatility_bps, BPS_DECIMALS));
    set(object, "drift_bps", known_real(engine->has_drift, engine->drift_bps, BPS_DECIMALS));
    set(object, "imbalance",
        known_real(engine->mid_half_ticks > 0, engine->imbalance, BPS_DECIMALS));
    set(object, "wall_ms", wall_ms(now->wall_ns));
    return object;
}

// ---- delays ----

const char *feed_delay_name(enum engine_delay delay)
{
    static const char *const names[ENGINE_DELAY_COUNT] = {[ENGINE_DELAY_FEED] = "feed",
                                                          [ENGINE_DELAY_PLACE] = "place",
                                                          [ENGINE_DELAY_AMEND] = "amend",
                                                          [ENGINE_DELAY_CANCEL] = "cancel",
                                                          [ENGINE_DELAY_FILL] = "fill"};
    return names[delay];
}

static json_t *stage_json(const struct histogram *histogram, enum engine_delay delay)
{
    bool has = histogram->count > 0;
    json_t *stage = json_object();
    set_text(stage, "stage", feed_delay_name(delay));
    set_integer(stage, "count", (int64_t)histogram->count);
    set(stage, "p50_ns", json_known_integer(has, histogram_quantile_ns(histogram, 0.5)));
    set(stage, "p90_ns", json_known_integer(has, histogram_quantile_ns(histogram, 0.9)));
    set(stage, "p99_ns", json_known_integer(has, histogram_quantile_ns(histogram, 0.99)));
    set(stage, "max_ns", json_known_integer(has, histogram->max_ns));
    return stage;
}

static json_t *counts_json(const struct histogram *histogram)
{
    json_t *counts = json_array();
    uint64_t before = 0;
    for (int shift = FEED_BOUND_FIRST; shift <= FEED_BOUND_LAST; shift++) {
        uint64_t below = histogram_below(histogram, INT64_C(1) << shift);
        json_array_append_new(counts, json_integer((json_int_t)(below - before)));
        before = below;
    }
    json_array_append_new(counts, json_integer((json_int_t)(histogram->count - before)));
    return counts;
}

json_t *feed_latency_json(const struct observed *now)
{
    json_t *stages = json_array();
    json_t *buckets = json_object();
    json_t *bounds = json_array();
    for (int shift = FEED_BOUND_FIRST; shift <= FEED_BOUND_LAST; shift++) {
        json_array_append_new(bounds, json_integer((json_int_t)1 << shift));
    }
    set(buckets, "upper_ns", bounds);
    for (enum engine_delay delay = 0; delay < ENGINE_DELAY_COUNT; delay++) {
        json_array_append_new(stages, stage_json(&now->delays[delay], delay));
        set(buckets, feed_delay_name(delay), counts_json(&now->delays[delay]));
    }
    return json_pack("{s:o, s:o, s:o}", "stages", stages, "buckets", buckets, "wall_ms",
                     wall_ms(now->wall_ns));
}

// ---- the book and our orders in it ----

static json_t *levels_json(const struct engine_view *engine, enum side side)
{
    json_t *levels = json_array();
    for (uint32_t i = 0; i < engine->level_count[side]; i++) {
        const struct engine_view_level *level = &engine->levels[side][i];
        json_array_append_new(levels,
                              json_pack("[I, I, I]", (json_int_t)level->price_ticks,
                                        (json_int_t)level->lots, (json_int_t)level->own_lots));
    }
    return levels;
}

json_t *feed_ladder_json(const struct observed *now)
{
    const struct engine_view *engine = &now->engine;
    int64_t mid = engine->status.mid_half_ticks;
    json_t *object = json_object();
    set(object, "mid_half_ticks", json_known_integer(mid > 0, mid));
    set(object, "fair_half_ticks",
        known_real(engine->fair_half_ticks > 0, engine->fair_half_ticks, BPS_DECIMALS));
    set(object, "microprice_half_ticks",
        known_real(engine->microprice_half_ticks > 0, engine->microprice_half_ticks, BPS_DECIMALS));
    set(object, "bids", levels_json(engine, SIDE_BUY));
    set(object, "asks", levels_json(engine, SIDE_SELL));
    set(object, "wall_ms", wall_ms(now->wall_ns));
    return object;
}

static json_t *quote_json(const struct observed_run *run, const struct engine_quote *quote,
                          int64_t ahead_lots)
{
    bool has_order = quote->order_id != 0;
    bool is_wanted = quote->wanted_qty_lots > 0;
    json_t *object = json_object();
    set_text(object, "side", side_name(quote->side));
    set_integer(object, "level", quote->level);
    set(object, "wanted_price_ticks", json_known_integer(is_wanted, quote->wanted_price_ticks));
    set(object, "wanted_qty_lots", json_known_integer(is_wanted, quote->wanted_qty_lots));
    set(object, "order_id", json_known_integer(has_order, (int64_t)quote->order_id));
    set(object, "state", known_text(has_order, quote->state));
    set(object, "price_ticks", json_known_integer(has_order, quote->open_price_ticks));
    set(object, "qty_lots", json_known_integer(has_order, quote->open_qty_lots));
    set(object, "quoted_ns", json_known_integer(has_order, feed_time_ns(run, quote->quoted_ns)));
    set(object, "queue_ahead_lots", json_known_integer(ahead_lots >= 0, ahead_lots));
    set_text(object, "code", quote->code);
    set_text(object, "text", quote->reason);
    return object;
}

json_t *feed_quotes_json(const struct observed_run *run, const struct observed *now)
{
    json_t *quotes = json_array();
    for (uint32_t i = 0; i < now->engine.quote_count; i++) {
        json_array_append_new(quotes,
                              quote_json(run, &now->engine.quotes[i], now->engine.ahead_lots[i]));
    }
    return json_pack("{s:o, s:o}", "quotes", quotes, "wall_ms", wall_ms(now->wall_ns));
}

// ---- parameters, tuner and guard ----

static bool is_frozen(const struct guard_state *guard, enum param_id id)
{
    bool sensitive = id == PARAM_IMPACT_CAP_RATIO || id == PARAM_MAX_DELTA_RATIO;
    bool of_latency = id == PARAM_MIN_INTERVAL_MS || id == PARAM_REPLACE_RATE_PER_MIN ||
                      id == PARAM_BASE_SPREAD_BPS_DELTA;
    return (sensitive && guard->frozen_until > guard->iteration) ||
           (of_latency && guard->latency_frozen);
}

static json_t *until_json(const struct guard_state *guard, uint32_t until)
{
    return json_known_integer(until > guard->iteration, until);
}

static json_t *param_json(const struct observed_run *run, const struct guard_state *guard,
                          enum param_id id)
{
    const struct param_spec *spec = &param_specs[id];
    char origin[CONFIG_ORIGIN_SIZE];
    config_param_origin(&run->config, id, origin);
    json_t *object = json_object();
    set_text(object, "key", spec->key);
    set_text(object, "unit", spec->unit);
    set_text(object, "what", spec->what);
    set(object, "value", config_param_json(id, guard->params.steps[id]));
    set(object, "start", config_param_json(id, run->config.params.steps[id]));
    set_text(object, "source", origin);
    set(object, "live_min", config_param_json(id, run->guard.min[id]));
    set(object, "live_max", config_param_json(id, run->guard.max[id]));
    set(object, "hard_min", config_param_json(id, spec->hard_min));
    set(object, "hard_max", config_param_json(id, spec->hard_max));
    set(object, "pinned", json_boolean(run->config.pinned[id]));
    set(object, "frozen", json_boolean(is_frozen(guard, id)));
    set(object, "held_until", until_json(guard, guard->param[id].held_until));
    return object;
}

json_t *feed_params_json(const struct observed_run *run, const struct observed *now)
{
    json_t *params = json_array();
    for (enum param_id id = 0; id < PARAM_COUNT; id++) {
        json_array_append_new(params, param_json(run, &now->guard, id));
    }
    return json_pack("{s:o, s:o}", "params", params, "wall_ms", wall_ms(now->wall_ns));
}

const char *feed_tuner_state(const struct observed_run *run, const struct observed *now)
{
    const struct guard_state *guard = &now->guard;
    if (guard->halted) {
        return "halted";
    }
    if (guard->panic_hold_until > guard->iteration) {
        return "panic_hold";
    }
    if (guard->cooldown_until > guard->iteration) {
        return "cooldown";
    }
    if (guard->latency_frozen) {
        return "latency_frozen";
    }
    if (guard->frozen_until > guard->iteration) {
        return "frozen";
    }
    return run->config.tuner_on ? "active" : "off";
}

static json_t *tuner_text(const struct observed_run *run, const struct observed *now)
{
    const struct guard_state *guard = &now->guard;
    const char *state = feed_tuner_state(run, now);
    char text[128];
    if (strcmp(state, "halted") == 0) {
        snprintf(text, sizeof text,
                 "halted after repeated failures: nothing is quoted until re-armed");
    } else if (strcmp(state, "panic_hold") == 0) {
        snprintf(text, sizeof text,
                 "on the safe profile after a panic, unchanged until iteration %" PRIu32,
                 guard->panic_hold_until);
    } else if (strcmp(state, "cooldown") == 0) {
        snprintf(text, sizeof text, "cooling down after large changes until iteration %" PRIu32,
                 guard->cooldown_until);
    } else if (strcmp(state, "latency_frozen") == 0) {
        snprintf(text, sizeof text, "latency is too high to change how fast is quoted");
    } else if (strcmp(state, "frozen") == 0) {
        snprintf(text, sizeof text, "stable: sizes are frozen until iteration %" PRIu32,
                 guard->frozen_until);
    } else if (strcmp(state, "off") == 0) {
        snprintf(text, sizeof text, "the tuner is off");
    } else {
        snprintf(text, sizeof text, "changes are proposed after each window");
    }
    return json_string(text);
}

json_t *feed_tuner_json(const struct observed_run *run, const struct observed *now)
{
    const struct guard_state *guard = &now->guard;
    const struct tuning_totals *tuning = &now->tuning;
    json_t *object = json_object();
    set_text(object, "state", feed_tuner_state(run, now));
    set(object, "text", tuner_text(run, now));
    set(object, "frozen_until", until_json(guard, guard->frozen_until));
    set(object, "cooldown_until", until_json(guard, guard->cooldown_until));
    set(object, "panic_hold_until", until_json(guard, guard->panic_hold_until));
    set(object, "latency_frozen", json_boolean(guard->latency_frozen));
    set(object, "on_safe", json_boolean(guard->on_safe));
    set(object, "halted", json_boolean(guard->halted));
    set_integer(object, "fail_streak", guard->fail_streak);
    set_integer(object, "stable_streak", guard->stable_streak);
    set_integer(object, "proposed", (int64_t)tuning->proposed);
    set_integer(object, "applied", (int64_t)tuning->applied);
    set_integer(object, "cut", (int64_t)tuning->cut);
    set_integer(object, "refused", (int64_t)tuning->refused);
    set_integer(object, "panics", (int64_t)tuning->panics);
    json_t *reasons = json_object();
    for (enum guard_reason reason = GUARD_REASON_NONE + 1; reason < GUARD_REASON_COUNT; reason++) {
        if (tuning->by_reason[reason] > 0) {
            set_integer(reasons, guard_reason_name(reason), (int64_t)tuning->by_reason[reason]);
        }
    }
    set(object, "by_reason", reasons);
    set(object, "wall_ms", wall_ms(now->wall_ns));
    return object;
}

// ---- counters ----

static json_t *risk_json(const uint64_t counts[RISK_REASON_COUNT])
{
    json_t *object = json_object();
    for (enum risk_reason reason = RISK_OK + 1; reason < RISK_REASON_COUNT; reason++) {
        set_integer(object, risk_reason_name(reason), (int64_t)counts[reason]);
    }
    return object;
}

json_t *feed_counters_json(const struct observed *now)
{
    const struct engine_view *engine = &now->engine;
    struct kpi_summary total;
    observed_totals(now, &total);
    json_t *blocked = json_object();
    for (enum kpi_block block = 0; block < KPI_BLOCK_COUNT; block++) {
        set_integer(blocked, kpi_block_name(block), (int64_t)total.block_count[block]);
    }
    json_t *object = json_object();
    set_integer(object, "placed", (int64_t)total.place_count);
    set_integer(object, "amended", (int64_t)total.replace_count);
    set_integer(object, "cancelled", (int64_t)total.cancel_count);
    set_integer(object, "rejected", (int64_t)engine->reject_count);
    set_integer(object, "unknown", (int64_t)engine->unknown_count);
    set_integer(object, "strays", (int64_t)engine->stray_count);
    set(object, "risk_refused", risk_json(engine->risk_refused));
    set(object, "risk_reduced", risk_json(engine->risk_reduced));
    set(object, "blocked", blocked);
    set(object, "wall_ms", wall_ms(now->wall_ns));
    return object;
}
