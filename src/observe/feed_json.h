// The feed's objects (docs/feed.md) from what was observed. Pure; every object is a new reference.
//
// Market times become ns since the run's first whole millisecond, unknown numbers null. A wall time
// of 0 becomes null.
#ifndef MM_OBSERVE_FEED_JSON_H
#define MM_OBSERVE_FEED_JSON_H

#include "observe/observed.h"

#include <jansson.h>

json_t *feed_run_json(const struct observed_run *run);
json_t *feed_instrument_json(const struct observed_run *run);
json_t *feed_gate_json(const struct observed_run *run);
json_t *feed_config_json(const struct observed_run *run);

json_t *feed_status_json(const struct observed_run *run, const struct observed *now);
json_t *feed_kpi_json(const struct observed_run *run, const struct observed *now);
json_t *feed_latency_json(const struct observed *now);
json_t *feed_ladder_json(const struct observed *now);
json_t *feed_quotes_json(const struct observed_run *run, const struct observed *now);
json_t *feed_params_json(const struct observed_run *run, const struct observed *now);
json_t *feed_tuner_json(const struct observed_run *run, const struct observed *now);
json_t *feed_counters_json(const struct observed *now);

// `later_half_ticks` of the three horizons, 0 = not known yet.
json_t *feed_fill_json(const struct observed_run *run, const struct observed_fill *fill,
                       const int64_t later_half_ticks[MARKOUT_COUNT]);
json_t *feed_order_json(const struct observed_run *run, const struct observed_order *order);
json_t *feed_iteration_json(const struct observed_run *run,
                            const struct observed_iteration *iteration);
json_t *feed_log_json(const struct observed_log *line);

int64_t feed_time_ns(const struct observed_run *run, int64_t market_ns);

// The guard mode that holds most strongly, as one word: "active", "frozen", ...; "off" without a
// tuner. Static.
const char *feed_tuner_state(const struct observed_run *run, const struct observed *now);
// "quoting", "paused", "killed", "halted" or "stopping"; static.
const char *feed_trading_state(const struct observed *now);
const char *feed_phase_name(enum soak_phase phase);
const char *feed_mode_name(const struct observed_run *run); // "mock", "tape", ...

// Of the delays, the upper ends of the buckets that are shown: powers of two in ns.
enum { FEED_BOUND_FIRST = 16, FEED_BOUND_LAST = 34, FEED_BOUNDS = 19 };
const char *feed_delay_name(enum engine_delay delay); // "feed", "place", ...

#endif
