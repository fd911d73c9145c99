// What a run is told to do: every value from the strongest source that gives it, checked.
//
// CLI > environment (MM_RUNTIME_OVERRIDES_JSON) > profile > defaults, key by key. Everything is
// validated before anything happens; a refusal (MM_ERROR_USAGE) names the key, the value, what is
// allowed and where the value came from. The result is one plain struct; texts given by the
// operator stay borrowed from the options, which must outlive it. Called from one thread.
#ifndef MM_SOAK_CONFIG_MANAGER_H
#define MM_SOAK_CONFIG_MANAGER_H

#include "base/error.h"
#include "market/tape_import.h"
#include "soak/market_preset.h"
#include "trade/params.h"
#include "venue/bybit/keys.h"
#include "venue/bybit/market.h"
#include "venue/fault_config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum config_source {
    CONFIG_DEFAULT,
    CONFIG_LEGACY, // files that mmbot config migrate has not moved yet
    CONFIG_PRESET,
    CONFIG_PROFILE,
    CONFIG_ENV,
    CONFIG_CLI,
    CONFIG_SAFE // what was to be resumed could not be trusted
};

enum { CONFIG_SETS_MAX = 32, CONFIG_ITERATIONS_MAX = 1000000 };
enum { CONFIG_VALUE_SIZE = 512, CONFIG_ORIGIN_SIZE = 64 }; // longer values are shown cut

// Of a live run. What arms it comes from the environment.
struct live_options {
    const char *private_stream, *trade_stream;
    const char *prefix, *heartbeat, *latency_log, *recv_window;
    const char *enable;            // of $MM_LIVE_ENABLE
    const struct bybit_keys *keys; // NULL or none: not given
};

#define CONFIG_LIVE_VARIABLE "MM_LIVE_ENABLE"
#define CONFIG_OVERRIDES_VARIABLE "MM_RUNTIME_OVERRIDES_JSON"
#define CONFIG_SLEEP_VARIABLE "SOAK_SLEEP_SECONDS"

// As the operator wrote it; NULL = not given.
struct config_options {
    bool mock, resume;
    const char *tape;
    const char *iterations, *window, *seed, *tuner, *out;
    const char *profile, *market, *regime, *queue, *latency, *faults;
    const char *fills, *consume; // of a tape
    bool paper, live;
    struct bybit_market_options bybit; // of a paper or live run; its symbol is `symbol` below
    const char *record;                // likewise
    bool busy_poll;                    // likewise
    struct live_options live_options;
    // Of a recording that is imported first: as --symbol and so on spell them.
    const char *symbol, *tick, *lot, *contract, *format, *feed_latency;
    const struct tape_import_progress *import_progress; // borrowed; NULL = nobody is told
    const char *sets[CONFIG_SETS_MAX];                  // "key=value"
    uint32_t set_count;
    const char *pins[PARAM_COUNT]; // keys
    uint32_t pin_count;
    const char *overrides_json; // the environment's
    const char *sleep_seconds;  // the environment's
    const char *pace;
};

#define CONFIG_WINDOW_MIN_NS INT64_C(1000000000)

// What is shown beside the six parameters.
enum config_setting_id {
    CONFIG_MARKET,
    CONFIG_TAPE, // the tape's file name, "mock", or the exchange's market
    CONFIG_REGIME,
    CONFIG_FAULTS,
    CONFIG_SEED,
    CONFIG_ITERATIONS,
    CONFIG_WINDOW,
    CONFIG_TUNER,
    CONFIG_PROFILE_NAME,
    CONFIG_PINNED,
    CONFIG_QUEUE,
    CONFIG_FILLS,
    CONFIG_CONSUME,
    CONFIG_LATENCY,
    CONFIG_SLEEP,
    CONFIG_PACE,
    CONFIG_SETTING_COUNT
};

struct config_setting {
    char value[CONFIG_VALUE_SIZE];
    enum config_source source;
};

struct run_config {
    uint32_t iterations;
    int64_t window_ns; // 0 = the tape's span divided by the iterations
    int64_t sleep_ns;  // real time after each iteration
    int64_t pace_e3;   // market seconds per real second in thousandths; 0 = as fast as possible
    uint64_t seed;
    bool tuner_on;
    bool resume;      // go on with the run in out_dir
    const char *tape; // NULL = the simulated market, or a live one
    bool is_paper, is_live;
    struct bybit_market bybit; // of a paper or live run
    struct live_options live;
    int64_t recv_window_ms; // of a live run's order requests
    const char *record;     // the file its feed is kept in; NULL = none
    bool busy_poll;         // of a paper or live run: it never sleeps
    const char *out_dir;    // borrowed
    struct fault_config faults;
    const char *regime;                // NULL = the regimes switch by themselves
    struct tape_import_options import; // of a tape that is a recording
    enum params_profile profile;       // PARAMS_DEFAULT = none
    struct market_preset preset;       // its queue model is the resolved one already
    const char *latency;               // borrowed; NULL = the preset's
    const char *fills, *consume;       // borrowed; NULL = strict, on
    struct params params;              // what the run starts with
    enum config_source param_source[PARAM_COUNT];
    bool pinned[PARAM_COUNT]; // the tuner leaves it alone
    bool legacy;              // values of files that have not been migrated may be among them
    struct config_setting settings[CONFIG_SETTING_COUNT];
};

// An embedded market preset by its name, or the operator's own by its .json file's.
int config_load_market(const char *name, struct market_preset *out) MM_CHECKED;

int config_resolve(const struct config_options *options, struct run_config *out) MM_CHECKED;

// What the options say about importing a recording.
int config_import(const struct config_options *options, struct tape_import_options *out) MM_CHECKED;

// The latencies in force, as --latency spells them.
const char *config_latency(const struct run_config *config);

// Replaces the start values by the safe profile's: for a run whose state could not be trusted.
void config_use_safe(struct run_config *config);

const char *config_source_name(enum config_source source);  // "default", "preset", ...
const char *config_setting_name(enum config_setting_id id); // "market", "seed", ...

// Whether a setting is about real time, which is no part of a run's result.
bool config_setting_is_real_time(enum config_setting_id id);

// "env", "profile:steady_safe", ...: where a parameter's value came from.
void config_param_origin(const struct run_config *config, enum param_id id,
                         char out[CONFIG_ORIGIN_SIZE]);

// {"min_interval_ms": {"source": "cli", "value": 60}, ..., "seed": {...}}: what artifacts hold. No
// path and no time, so that equal runs are equal bytes. A new reference.
json_t *config_json(const struct run_config *config);

// One parameter's value as a JSON number with the digits of its step (a new reference), and back:
// false for what is no such number within the hard limits.
json_t *config_param_json(enum param_id id, int32_t steps);
bool config_param_read(enum param_id id, const json_t *value, int32_t *out_steps);

// The six parameters as a flat object of numbers; a new reference.
json_t *config_params_json(const struct params *params);

#endif
