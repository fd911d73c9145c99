// The statistics of a report: spreads and presence over time, queues and fills by rule, orders by
// outcome. Each function returns a new JSON reference, described in docs/report.md; what has no
// data is null or left out, never 0. Allocates; not for the path of an event. Any thread.
#ifndef MM_OBSERVE_REPORT_STATS_H
#define MM_OBSERVE_REPORT_STATS_H

#include "engine/fill_history.h"
#include "engine/order_outcomes.h"
#include "engine/series.h"

#include <jansson.h>

// [{name, what, unit, count, mean, p5, p50, p95}, ...] over the points of the series, which are
// evenly spaced in time. Quantile q of n sorted values is the one at floor(q * n).
json_t *report_spread_json(const struct series *series);

// [{name, what, share}, ...]: the share of time in which something was so.
json_t *report_presence_json(const struct series *series);

// [{rule, fills, qty_lots, edge_bps, markout_bps, ahead_at_arrival_lots, ahead_at_fill_lots}, ...]
// for the rules that filled anything; the queues as {count, p50, p95} of the fills kept one by one.
json_t *report_rules_json(const struct fill_history *history);

// {ended: [{status, reason, count, part_filled}, ...], orders, amends, lifetime_ms: {...}}.
json_t *report_orders_json(const struct order_outcomes *outcomes);

#endif
