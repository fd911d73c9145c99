// What a run has shown so far: its newest iterations in full, and sums over all of them.
//
// The run record is what reports, terminal and artifacts are made from, so that they say the same
// thing. Memory is sized at init; the record owns it; one thread.
#ifndef MM_SOAK_METRICS_COLLECTOR_H
#define MM_SOAK_METRICS_COLLECTOR_H

#include "kpi/gate.h"
#include "kpi/kpi.h"
#include "soak/artifact_manager.h"
#include "soak/config_manager.h"
#include "soak/guard.h"
#include "soak/tuner.h"
#include "venue/sim/model.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { RUN_RECORDS_MAX = 100 };

// What holds after an iteration, from the guard's state.
enum guard_mode {
    GUARD_MODE_FROZEN,
    GUARD_MODE_COOLDOWN,
    GUARD_MODE_PANIC_HOLD,
    GUARD_MODE_LATENCY_FROZEN,
    GUARD_MODE_ON_SAFE,
    GUARD_MODE_HALTED,
    GUARD_MODE_COUNT
};

struct iteration_record {
    uint32_t iteration; // from 1
    struct kpi_summary summary;
    struct gate_result gate;
    struct tuner_proposal proposal;
    struct guard_outcome outcome;
    bool modes[GUARD_MODE_COUNT];
    bool operator_acted;                 // in the window, which then says nothing of its parameters
    const char *halt_reason;             // static; trading was halted in the window; NULL = not
    char state_hash[ARTIFACT_HASH_SIZE]; // of runtime_overrides.json after the iteration
    bool has_regimes;                    // the market says how long each lasted in the window
    int64_t regime_ns[SIM_REGIME_COUNT];
};

// How a run ended.
enum run_end {
    RUN_UNFINISHED,
    RUN_COMPLETE,
    RUN_MARKET_ENDED, // the tape was shorter than the iterations asked for
    RUN_HALTED,       // by the guard or a loss limit
    RUN_STOPPED       // by a signal
};

// What became of the proposed changes of single parameters.
struct tuning_totals {
    uint64_t iterations_proposed, iterations_applied;
    uint64_t proposed, applied, cut, refused;
    uint64_t by_reason[GUARD_REASON_COUNT]; // that refused or cut a change
    uint64_t panics;
};

// Windows that were mostly in one regime of the simulated market.
struct regime_totals {
    int64_t time_ns; // in it, whatever the window mostly was
    uint32_t windows, verdicts[GATE_VERDICT_COUNT];
    uint64_t fills;
    int64_t net_quote_e9, notional_quote_e9;
};

struct run_record {
    const struct run_config *config; // borrowed
    struct instrument instrument;
    const char *venue; // static: "sim", "replay"
    int64_t window_ns; // of every window but the last
    uint64_t run_id;
    struct iteration_record *records; // owned ring: iteration n is at (n - 1) % RUN_RECORDS_MAX
    enum gate_verdict *verdicts;      // owned, of every iteration
    bool *spiked;                     // owned, of every iteration: part of it was a spike
    bool has_regimes;
    struct regime_totals regimes[SIM_REGIME_COUNT];
    uint32_t iteration_count;
    struct kpi_summary total; // of what adds up; percentiles have no data
    struct tuning_totals tuning;
    struct params params; // in force now
    enum run_end end;
    struct gate_run verdict; // so far
};

void run_record_init(struct run_record *run, const struct run_config *config);
void run_record_fini(struct run_record *run); // accepts a zeroed one

// Takes a copy of the next iteration and judges the run so far.
void run_record_add(struct run_record *run, const struct iteration_record *record);

// The iteration must be among the newest RUN_RECORDS_MAX.
const struct iteration_record *run_record_at(const struct run_record *run, uint32_t iteration);
uint32_t run_record_first(const struct run_record *run); // the oldest that is kept; 1 when none

// "complete", "market_ended", ... and a sentence.
const char *run_end_name(enum run_end end);
const char *run_end_text(enum run_end end);

// Every KPI by its name, null where there is no data, with counts, block reasons and drivers. A new
// reference.
json_t *metrics_summary_json(const struct kpi_summary *summary);

// [{"kpi": ..., "limit": ..., "reason": ..., "text": ..., "value": ...}]; a new reference.
json_t *metrics_reasons_json(const struct gate_result *gate);

#endif
