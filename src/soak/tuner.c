#include "soak/tuner.h"

#include "kpi/kpi_names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What the rules look at.
struct view {
    const struct tuner_rules *rules;
    const struct tuner_history *history;
    const struct kpi_summary *summary;
    struct params params;
    struct kpi_value net, risk, maker;
};

// In steps: by how much, and not past which value.
static const struct tuner_move default_moves[TUNER_RULE_COUNT][PARAM_COUNT] = {
    [TUNER_FALLBACK] = {[PARAM_MIN_INTERVAL_MS] = {20, 80},
                        [PARAM_REPLACE_RATE_PER_MIN] = {-60, 200},
                        [PARAM_BASE_SPREAD_BPS_DELTA] = {4, 50},
                        [PARAM_TAIL_AGE_MS] = {20, 70},
                        [PARAM_IMPACT_CAP_RATIO] = {8, 16},
                        [PARAM_MAX_DELTA_RATIO] = {-4, 20}},
    [TUNER_MULTI_FAILURE] = {[PARAM_MIN_INTERVAL_MS] = {20, 80},
                             [PARAM_REPLACE_RATE_PER_MIN] = {-30, 200},
                             [PARAM_BASE_SPREAD_BPS_DELTA] = {10, 50}},
    [TUNER_ZONE_AGGRESSIVE] = {[PARAM_MIN_INTERVAL_MS] = {5, 80},
                               [PARAM_TAIL_AGE_MS] = {3, 80},
                               [PARAM_IMPACT_CAP_RATIO] = {-2, 16}},
    [TUNER_ZONE_MODERATE] =
        {[PARAM_MIN_INTERVAL_MS] = {5, 75}, [PARAM_IMPACT_CAP_RATIO] = {-1, 18}},
    [TUNER_MAKER_BOOST] = {[PARAM_MIN_INTERVAL_MS] = {20, 80},
                           [PARAM_REPLACE_RATE_PER_MIN] = {-40, 200},
                           [PARAM_BASE_SPREAD_BPS_DELTA] = {3, 50}},
    [TUNER_LATENCY_HARD] = {[PARAM_MIN_INTERVAL_MS] = {10, 80}, [PARAM_TAIL_AGE_MS] = {7, 80}},
    [TUNER_LATENCY_SOFT] = {[PARAM_TAIL_AGE_MS] = {5, 80}},
    [TUNER_DRIVER_ADVERSE] =
        {[PARAM_IMPACT_CAP_RATIO] = {-2, 16}, [PARAM_MAX_DELTA_RATIO] = {-2, 20}},
    [TUNER_EDGE_TAIL] = {[PARAM_BASE_SPREAD_BPS_DELTA] = {10, 50}},
    [TUNER_DRIVER_SLIPPAGE] =
        {[PARAM_BASE_SPREAD_BPS_DELTA] = {4, 50}, [PARAM_TAIL_AGE_MS] = {3, 80}},
    [TUNER_DRIVER_CONCURRENCY] = {[PARAM_REPLACE_RATE_PER_MIN] = {-30, 200}},
    [TUNER_CANCEL_RATIO] =
        {[PARAM_MIN_INTERVAL_MS] = {20, 80}, [PARAM_REPLACE_RATE_PER_MIN] = {-30, 200}},
    [TUNER_FEED_LAG] = {[PARAM_MIN_INTERVAL_MS] = {20, 80}},
    [TUNER_NET_LOW] = {[PARAM_BASE_SPREAD_BPS_DELTA] = {4, 50}},
    [TUNER_SIZE_RELIEF] = {[PARAM_IMPACT_CAP_RATIO] = {-1, 16}, [PARAM_MAX_DELTA_RATIO] = {-1, 20}},
    [TUNER_SPREAD_RELIEF] = {[PARAM_BASE_SPREAD_BPS_DELTA] = {-2, 16}},
    [TUNER_AGE_RELIEF] =
        {[PARAM_MIN_INTERVAL_MS] = {-5, 50}, [PARAM_REPLACE_RATE_PER_MIN] = {20, 320}},
    [TUNER_ZONE_NORMALIZE] =
        {[PARAM_MIN_INTERVAL_MS] = {-1, 50}, [PARAM_IMPACT_CAP_RATIO] = {1, 20}},
    [TUNER_SIZE_UP] = {[PARAM_IMPACT_CAP_RATIO] = {1, 24}, [PARAM_MAX_DELTA_RATIO] = {2, 32}},
    [TUNER_SPREAD_CLOSE] = {[PARAM_BASE_SPREAD_BPS_DELTA] = {-1, 16}},
};

struct tuner_rules tuner_rules_default(void)
{
    struct tuner_rules rules = {
        .min_fills = 10,
        .zone_aggressive_risk = 0.60,
        .zone_moderate_risk = 0.40,
        .zone_normal_risk = 0.35,
        .zone_normal_net_bps = 3.0,
        .maker_boost_risk = 0.40,
        .maker_boost_share = 0.85,
        .maker_boost_net_bps = 2.7,
        .latency_soft_ms = 330,
        .latency_hard_ms = 360,
        .driver_adverse_bps = 3.5,
        .driver_slippage_bps = 2.5,
        .driver_concurrency_share = 0.30,
        .tail_adverse_bps = 4.0,
        .tail_slippage_bps = 3.0,
        .cancel_ratio = 0.55,
        .feed_lag_ms = 120,
        .net_low_bps = 2.5,
        .spread_close_net_bps = 2.85,
        .age_ms = 330,
        .blocked_share = 0.05,
        .multi_failure_count = 3,
        .evidence_windows = 3,
        .evidence_errors = 2.5,
        .stable_risk = 0.35,
        .stable_net_bps = 2.7,
    };
    memcpy(rules.moves, default_moves, sizeof default_moves);
    return rules;
}

static bool is_above(const struct view *view, enum kpi_name kpi, double level, char *why)
{
    struct kpi_value value = kpi_value(view->summary, kpi);
    if (!value.has || value.real <= level) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "%s %.6g is above %.6g", kpi_name_specs[kpi].name, value.real,
             level);
    return true;
}

static bool is_driver(const struct view *view, enum kpi_part part, char *why)
{
    enum kpi_part drivers[KPI_DRIVER_MAX];
    uint32_t count = kpi_neg_edge_drivers(view->summary, drivers);
    for (uint32_t i = 0; i < count; i++) {
        if (drivers[i] == part) {
            snprintf(why, TUNER_TEXT_SIZE, "%s cost most of what was lost", kpi_part_name(part));
            return true;
        }
    }
    return false;
}

static bool when_fallback(const struct view *view, char *why)
{
    const struct tuner_window *last = &view->history->windows[0];
    if (view->history->count == 0 || !last->has_net_bps || last->net_bps >= 0 || last->fallback ||
        view->net.real >= 0) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "net_bps is below 0 twice in a row: %.6g, %.6g", last->net_bps,
             view->net.real);
    return true;
}

static bool has_edge_tail(const struct view *view, char *why)
{
    return is_above(view, KPI_ADVERSE_BPS_P95, view->rules->tail_adverse_bps, why) ||
           is_above(view, KPI_SLIPPAGE_BPS_P95, view->rules->tail_slippage_bps, why);
}

static bool has_many_cancels(const struct view *view, char *why)
{
    return is_above(view, KPI_CANCEL_RATIO, view->rules->cancel_ratio, why);
}

static bool has_late_feed(const struct view *view, char *why)
{
    return is_above(view, KPI_WS_LAG_P95_MS, view->rules->feed_lag_ms, why);
}

static uint32_t failure_count(const struct view *view)
{
    char unused[TUNER_TEXT_SIZE];
    return (uint32_t)has_many_cancels(view, unused) + (uint32_t)has_edge_tail(view, unused) +
           (uint32_t)has_late_feed(view, unused);
}

static bool when_multi_failure(const struct view *view, char *why)
{
    uint32_t count = failure_count(view);
    if (count < view->rules->multi_failure_count) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "%u failures at once: cancels, worst fills, feed", count);
    return true;
}

static bool when_zone_aggressive(const struct view *view, char *why)
{
    if (!view->risk.has || view->risk.real < view->rules->zone_aggressive_risk) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "risk_ratio %.6g is at least %.6g", view->risk.real,
             view->rules->zone_aggressive_risk);
    return true;
}

static bool when_zone_moderate(const struct view *view, char *why)
{
    if (!view->risk.has || view->risk.real < view->rules->zone_moderate_risk ||
        view->risk.real >= view->rules->zone_aggressive_risk) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "risk_ratio %.6g is at least %.6g and below %.6g",
             view->risk.real, view->rules->zone_moderate_risk, view->rules->zone_aggressive_risk);
    return true;
}

static bool when_maker_boost(const struct view *view, char *why)
{
    if (!view->risk.has || view->risk.real > view->rules->maker_boost_risk || !view->maker.has ||
        view->maker.real >= view->rules->maker_boost_share ||
        view->net.real < view->rules->maker_boost_net_bps) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "maker_taker_ratio %.6g is below %.6g while net_bps is %.6g",
             view->maker.real, view->rules->maker_boost_share, view->net.real);
    return true;
}

static bool when_latency_hard(const struct view *view, char *why)
{
    return is_above(view, KPI_P95_LATENCY_MS, view->rules->latency_hard_ms, why);
}

static bool when_latency_soft(const struct view *view, char *why)
{
    struct kpi_value latency = kpi_value(view->summary, KPI_P95_LATENCY_MS);
    if (!latency.has || latency.real < view->rules->latency_soft_ms ||
        latency.real > view->rules->latency_hard_ms) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "p95_latency_ms %.6g is at least %.6g", latency.real,
             view->rules->latency_soft_ms);
    return true;
}

static bool when_driver_adverse(const struct view *view, char *why)
{
    return is_above(view, KPI_ADVERSE_BPS_P95, view->rules->driver_adverse_bps, why) ||
           is_driver(view, KPI_ADVERSE, why);
}

static bool when_driver_slippage(const struct view *view, char *why)
{
    return is_above(view, KPI_SLIPPAGE_BPS_P95, view->rules->driver_slippage_bps, why) ||
           is_driver(view, KPI_SLIPPAGE, why);
}

// Whether so many actions waited that it is worth acting on: a share of few blocks says nothing.
static bool is_material(const struct view *view, uint64_t blocked)
{
    uint64_t decisions = view->summary->decision_count;
    return decisions > 0 && (double)blocked >= view->rules->blocked_share * (double)decisions;
}

static bool when_driver_concurrency(const struct view *view, char *why)
{
    double share = 0;
    if (!kpi_block_share(view->summary, KPI_BLOCK_CONCURRENCY, &share) ||
        share <= view->rules->driver_concurrency_share ||
        !is_material(view, view->summary->block_count[KPI_BLOCK_CONCURRENCY])) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "%.6g of the blocked actions waited for others, above %.6g",
             share, view->rules->driver_concurrency_share);
    return true;
}

// ---- money: net per hour against what is remembered ----

static double per_hour(const struct view *view)
{
    return kpi_value(view->summary, KPI_NET_PER_HOUR).real;
}

// Whether the windows before earned less per hour on average than this one.
static bool earns_more_than_usual(const struct view *view)
{
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < view->history->count; i++) {
        const struct tuner_window *window = &view->history->windows[i];
        sum += window->has_net_per_hour ? window->net_per_hour : 0;
        count += window->has_net_per_hour;
    }
    return count > 0 && per_hour(view) * count > sum;
}

// The newest window with a narrower spread, if it earned more per hour than this one.
static const struct tuner_window *better_and_narrower(const struct view *view)
{
    int32_t spread = view->params.steps[PARAM_BASE_SPREAD_BPS_DELTA];
    struct kpi_value now = kpi_value(view->summary, KPI_NET_PER_HOUR);
    for (uint32_t i = 0; i < view->history->count; i++) {
        const struct tuner_window *window = &view->history->windows[i];
        if (window->has_net_per_hour &&
            window->params.steps[PARAM_BASE_SPREAD_BPS_DELTA] < spread) {
            return now.has && now.real < window->net_per_hour ? window : NULL;
        }
    }
    return NULL;
}

struct sample_sum {
    uint32_t count;
    double sum, square;
};

static void add_sample(struct sample_sum *into, double value)
{
    into->count++;
    into->sum += value;
    into->square += value * value;
}

static double sum_about_mean(const struct sample_sum *of)
{
    return fmax(0, of->square - of->sum * of->sum / of->count);
}

// Whether windows with a smaller (side -1) or larger (+1) value of the parameter earned more per
// hour than those with the present one, this window among them, by more than the scatter of single
// windows explains: Student's two samples with one variance.
static bool earned_more(const struct view *view, enum param_id param, int side, char *why)
{
    struct sample_sum here = {0}, there = {0};
    struct kpi_value now = kpi_value(view->summary, KPI_NET_PER_HOUR);
    if (!now.has) {
        return false;
    }
    add_sample(&here, now.real);
    for (uint32_t i = 0; i < view->history->count; i++) {
        const struct tuner_window *window = &view->history->windows[i];
        int64_t away = (int64_t)window->params.steps[param] - view->params.steps[param];
        if (window->has_net_per_hour && away * side >= 0) {
            add_sample(away == 0 ? &here : &there, window->net_per_hour);
        }
    }
    uint32_t least = view->rules->evidence_windows;
    if (here.count < least || there.count < least || here.count + there.count < 3) {
        return false;
    }
    double mean_here = here.sum / here.count, mean_there = there.sum / there.count;
    double variance =
        (sum_about_mean(&here) + sum_about_mean(&there)) / (here.count + there.count - 2);
    double error = sqrt(variance * (1.0 / here.count + 1.0 / there.count));
    if (mean_there - mean_here <= view->rules->evidence_errors * error) {
        return false;
    }
    snprintf(
        why, TUNER_TEXT_SIZE,
        "net_per_hour %.6g over %u windows, %.6g over %u with %s %s: beyond %.3g errors of %.3g",
        mean_here, here.count, mean_there, there.count, side < 0 ? "smaller" : "larger",
        param_specs[param].key, view->rules->evidence_errors, error);
    return true;
}

static bool when_net_low(const struct view *view, char *why)
{
    if (view->net.real >= view->rules->net_low_bps || failure_count(view) > 0 ||
        earns_more_than_usual(view)) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE,
             "net_bps %.6g is below %.6g and net_per_hour %.6g not above usual", view->net.real,
             view->rules->net_low_bps, per_hour(view));
    return true;
}

static bool when_size_relief(const struct view *view, char *why)
{
    return earned_more(view, PARAM_MAX_DELTA_RATIO, -1, why) ||
           earned_more(view, PARAM_IMPACT_CAP_RATIO, -1, why);
}

// Trading earns, and neither risk nor a thin edge nor a failure speaks against more of it.
static bool is_sound(const struct view *view)
{
    return view->risk.has && view->risk.real < view->rules->zone_normal_risk &&
           view->net.real > 0 && view->net.real >= view->rules->net_low_bps &&
           failure_count(view) == 0;
}

static bool when_spread_relief(const struct view *view, char *why)
{
    return is_sound(view) && earned_more(view, PARAM_BASE_SPREAD_BPS_DELTA, -1, why);
}

static bool when_age_relief(const struct view *view, char *why)
{
    const uint64_t *blocked = view->summary->block_count;
    char unused[TUNER_TEXT_SIZE];
    return !has_edge_tail(view, unused) &&
           is_material(view, blocked[KPI_BLOCK_MIN_INTERVAL] + blocked[KPI_BLOCK_THROTTLE]) &&
           is_above(view, KPI_ORDER_AGE_P95_MS, view->rules->age_ms, why);
}

static bool when_zone_normalize(const struct view *view, char *why)
{
    if (!view->risk.has || view->risk.real >= view->rules->zone_normal_risk ||
        view->net.real < view->rules->zone_normal_net_bps) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "risk_ratio %.6g is below %.6g and net_bps %.6g at least %.6g",
             view->risk.real, view->rules->zone_normal_risk, view->net.real,
             view->rules->zone_normal_net_bps);
    return true;
}

static bool when_size_up(const struct view *view, char *why)
{
    if (!is_sound(view)) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "risk_ratio %.6g is below %.6g and net_bps %.6g at least %.6g",
             view->risk.real, view->rules->zone_normal_risk, view->net.real,
             view->rules->net_low_bps);
    return true;
}

static bool when_spread_close(const struct view *view, char *why)
{
    if (!is_sound(view) || view->net.real < view->rules->spread_close_net_bps) {
        return false;
    }
    snprintf(why, TUNER_TEXT_SIZE, "net_bps %.6g is at least %.6g: edge to spare", view->net.real,
             view->rules->spread_close_net_bps);
    return true;
}

// `alone`: no other rule is looked at when it fires. `for_money`: its moves need not be made, so it
// is looked at only when the rules before it left everything as it is, and a move that was tried
// and earned clearly less is withdrawn.
static const struct {
    const char *name;
    bool (*fires)(const struct view *view, char *why);
    bool alone, for_money;
} rule_table[TUNER_RULE_COUNT] = {
    [TUNER_FALLBACK] = {.name = "fallback", .fires = when_fallback, .alone = true},
    [TUNER_MULTI_FAILURE] = {.name = "multi_failure", .fires = when_multi_failure, .alone = true},
    [TUNER_ZONE_AGGRESSIVE] = {.name = "zone_aggressive", .fires = when_zone_aggressive},
    [TUNER_ZONE_MODERATE] = {.name = "zone_moderate", .fires = when_zone_moderate},
    [TUNER_MAKER_BOOST] = {.name = "maker_boost", .fires = when_maker_boost},
    [TUNER_LATENCY_HARD] = {.name = "latency_hard", .fires = when_latency_hard},
    [TUNER_LATENCY_SOFT] = {.name = "latency_soft", .fires = when_latency_soft},
    [TUNER_DRIVER_ADVERSE] = {.name = "driver_adverse", .fires = when_driver_adverse},
    [TUNER_EDGE_TAIL] = {.name = "edge_tail", .fires = has_edge_tail},
    [TUNER_DRIVER_SLIPPAGE] = {.name = "driver_slippage", .fires = when_driver_slippage},
    [TUNER_DRIVER_CONCURRENCY] = {.name = "driver_concurrency", .fires = when_driver_concurrency},
    [TUNER_CANCEL_RATIO] = {.name = "cancel_ratio", .fires = has_many_cancels},
    [TUNER_FEED_LAG] = {.name = "feed_lag", .fires = has_late_feed},
    [TUNER_NET_LOW] = {.name = "net_low", .fires = when_net_low},
    [TUNER_SIZE_RELIEF] = {.name = "size_relief", .fires = when_size_relief},
    [TUNER_SPREAD_RELIEF] = {.name = "spread_relief", .fires = when_spread_relief},
    [TUNER_AGE_RELIEF] = {.name = "age_relief", .fires = when_age_relief},
    [TUNER_ZONE_NORMALIZE] = {.name = "zone_normalize",
                              .fires = when_zone_normalize,
                              .for_money = true},
    [TUNER_SIZE_UP] = {.name = "size_up", .fires = when_size_up, .for_money = true},
    [TUNER_SPREAD_CLOSE] = {.name = "spread_close", .fires = when_spread_close, .for_money = true},
};

// What a move still does to a value: never past its limit, and nothing beyond it.
static int32_t effective_delta(struct tuner_move move, int32_t value)
{
    int64_t room = (int64_t)move.limit - value;
    if (move.delta > 0) {
        return room <= 0 ? 0 : (int32_t)(move.delta < room ? move.delta : room);
    }
    return room >= 0 ? 0 : (int32_t)(move.delta > room ? move.delta : room);
}

static enum tuner_fate fate_of(const struct view *view, const struct tuner_entry *entry,
                               const struct tuner_proposal *out)
{
    char unused[TUNER_TEXT_SIZE];
    if (out->deltas[entry->param] != 0) {
        return TUNER_LOST;
    }
    bool widens = entry->param == PARAM_BASE_SPREAD_BPS_DELTA && entry->delta > 0;
    if (widens && better_and_narrower(view) != NULL) {
        return TUNER_WIDER_LOSES;
    }
    bool lost = rule_table[entry->rule].for_money &&
                earned_more(view, entry->param, entry->delta > 0 ? -1 : 1, unused);
    return lost ? TUNER_LESS_EARNED : TUNER_PROPOSED;
}

static void add_moves(const struct view *view, enum tuner_rule rule, const char *why,
                      struct tuner_proposal *out)
{
    for (enum param_id param = 0; param < PARAM_COUNT; param++) {
        struct tuner_move move = view->rules->moves[rule][param];
        int32_t delta = effective_delta(move, view->params.steps[param]);
        if (delta == 0) {
            continue;
        }
        struct tuner_entry *entry = &out->entries[out->entry_count++];
        *entry = (struct tuner_entry){.rule = rule, .param = param, .delta = delta};
        entry->fate = fate_of(view, entry, out);
        snprintf(entry->why, sizeof entry->why, "%s", why);
        if (entry->fate == TUNER_PROPOSED) {
            out->deltas[param] = delta;
        }
    }
}

// Quoting faster while widening contradicts itself; under risk the slower side wins.
static void resolve_conflict(const struct view *view, struct tuner_proposal *out)
{
    bool under_risk = view->risk.has && view->risk.real >= view->rules->zone_moderate_risk;
    if (!under_risk || out->deltas[PARAM_BASE_SPREAD_BPS_DELTA] <= 0 ||
        out->deltas[PARAM_MIN_INTERVAL_MS] >= 0) {
        return;
    }
    out->deltas[PARAM_MIN_INTERVAL_MS] = 0;
    for (uint32_t i = 0; i < out->entry_count; i++) {
        struct tuner_entry *entry = &out->entries[i];
        if (entry->param == PARAM_MIN_INTERVAL_MS && entry->fate == TUNER_PROPOSED) {
            entry->fate = TUNER_CONFLICT;
        }
    }
}

static bool is_empty(const struct tuner_proposal *proposal)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        if (proposal->deltas[i] != 0) {
            return false;
        }
    }
    return true;
}

static void ask_rules(const struct view *view, struct tuner_proposal *out)
{
    bool cautious = false; // a move that is not for money is proposed
    for (enum tuner_rule rule = 0; rule < TUNER_RULE_COUNT; rule++) {
        char why[TUNER_TEXT_SIZE];
        if ((cautious && rule_table[rule].for_money) || !rule_table[rule].fires(view, why)) {
            continue;
        }
        add_moves(view, rule, why, out);
        if (rule_table[rule].alone) {
            return;
        }
        cautious = !rule_table[rule].for_money && !is_empty(out);
    }
}

void tuner_propose(const struct tuner_rules *rules, const struct tuner_history *history,
                   const struct kpi_summary *summary, struct params params,
                   struct tuner_proposal *out)
{
    struct view view = {.rules = rules,
                        .history = history,
                        .summary = summary,
                        .params = params,
                        .net = kpi_value(summary, KPI_NET_BPS),
                        .risk = kpi_value(summary, KPI_RISK_RATIO),
                        .maker = kpi_value(summary, KPI_MAKER_TAKER_RATIO)};
    *out = (struct tuner_proposal){0};
    if (!view.net.has || summary->fill_count < rules->min_fills) {
        snprintf(out->note, sizeof out->note, "%.0f fills, %.0f are needed to tune",
                 (double)summary->fill_count, (double)rules->min_fills);
        return;
    }
    ask_rules(&view, out);
    resolve_conflict(&view, out);
    if (is_empty(out)) {
        snprintf(out->note, sizeof out->note, "%s",
                 out->entry_count > 0 ? "every move was withdrawn" : "no rule asks for a change");
    }
}

void tuner_pin(const bool pinned[PARAM_COUNT], struct tuner_proposal *proposal)
{
    bool any = false, left = false;
    for (uint32_t i = 0; i < proposal->entry_count; i++) {
        struct tuner_entry *entry = &proposal->entries[i];
        if (pinned[entry->param] && entry->fate == TUNER_PROPOSED) {
            entry->fate = TUNER_PINNED;
            any = true;
        }
    }
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        proposal->deltas[i] = pinned[i] ? 0 : proposal->deltas[i];
        left |= proposal->deltas[i] != 0;
    }
    if (any && !left) {
        snprintf(proposal->note, sizeof proposal->note, "what was asked for is pinned");
    }
}

void tuner_remember(const struct tuner_rules *rules, struct tuner_history *history,
                    const struct kpi_summary *summary, struct params params,
                    const struct tuner_proposal *proposal)
{
    struct kpi_value net = kpi_value(summary, KPI_NET_BPS);
    struct kpi_value per_hour = kpi_value(summary, KPI_NET_PER_HOUR);
    uint32_t kept = history->count < TUNER_HISTORY_MAX ? history->count : TUNER_HISTORY_MAX - 1;
    for (uint32_t i = kept; i > 0; i--) {
        history->windows[i] = history->windows[i - 1];
    }
    history->count = kept + 1;
    history->windows[0] = (struct tuner_window){
        .has_net_bps = net.has && summary->fill_count >= rules->min_fills,
        .has_net_per_hour = per_hour.has,
        .net_bps = net.real,
        .net_per_hour = per_hour.real,
        .params = params,
        .fallback = proposal->entry_count > 0 && proposal->entries[0].rule == TUNER_FALLBACK};
}

bool tuner_is_stable(const struct tuner_rules *rules, const struct kpi_summary *summary)
{
    struct kpi_value net = kpi_value(summary, KPI_NET_BPS);
    struct kpi_value risk = kpi_value(summary, KPI_RISK_RATIO);
    return net.has && risk.has && net.real >= rules->stable_net_bps &&
           risk.real <= rules->stable_risk;
}

const char *tuner_rule_name(enum tuner_rule rule)
{
    return rule_table[rule].name;
}

const char *tuner_fate_text(enum tuner_fate fate)
{
    static const char *const texts[TUNER_FATE_COUNT] = {
        [TUNER_PROPOSED] = "proposed",
        [TUNER_LOST] = "another rule came first",
        [TUNER_CONFLICT] = "quoting faster contradicts widening under risk",
        [TUNER_PINNED] = "the parameter is pinned",
        [TUNER_WIDER_LOSES] = "net per hour is lower than with a narrower spread",
        [TUNER_LESS_EARNED] = "net per hour was clearly higher the other way"};
    return texts[fate];
}
