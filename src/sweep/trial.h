// One point of a sweep: the bot with these parameters over every tape, and what came of it.
//
// A period is a fixed length of market time; the last one of a tape takes what is left over, so it
// has between half and one and a half of it. Its net is the change of equity over it, the position
// marked at the mid, and the nets of all periods add up to the result's net exactly. `bench` opens
// the tapes once; it is the caller's memory, must not move while open, and its venues are used up
// by one run: each trial runs in a process of its own, which is a copy.
#ifndef MM_SWEEP_TRIAL_H
#define MM_SWEEP_TRIAL_H

#include "base/error.h"
#include "engine/engine.h"
#include "soak/config_manager.h"
#include "soak/run_market.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { TRIAL_TAPES_MAX = 64, TRIAL_PERIODS_MAX = 10000000 };

struct trial_market {
    struct run_config config;
    struct run_market market;
    struct engine_config engine;
    uint32_t period_count;
};

struct trial_bench {
    struct trial_market *markets; // owned
    uint32_t market_count;
    int64_t period_ns;
    uint32_t period_count; // of all tapes
    int64_t span_ns;       // market time of all tapes
};

// Sums over the tapes, unless said otherwise.
struct trial_result {
    int64_t part_quote_e9[KPI_PART_COUNT];
    int64_t notional_quote_e9;
    uint64_t fill_count, maker_fill_count;
    int64_t volume_lots, maker_volume_lots;
    uint64_t place_count, replace_count, cancel_count;
    uint64_t decision_count, decision_risk_count;
    int64_t max_abs_position_lots; // largest of the tapes'
    int64_t max_drawdown_quote_e9; // largest of the tapes'
    uint64_t halted_count;         // tapes on which a loss limit ended trading
    int64_t market_ns;
};

// What a trial tells the process that started it, in memory shared with it.
struct trial_report {
    _Atomic int64_t done_ns; // market time behind it, for the progress bar
    int32_t code;            // MM_OK, or an enum mm_error
    char error[MM_ERROR_LINE_SIZE];
    struct trial_result result;
    int64_t net_quote_e9[]; // of each period
};

// Opens `count` tapes (at least one) with the same options; `options->tape` is ignored. All must
// settle in one coin.
int trial_bench_open(struct trial_bench *bench, const struct config_options *options,
                     const char *const *tapes, uint32_t count) MM_CHECKED;
void trial_bench_close(struct trial_bench *bench); // accepts a zeroed one

size_t trial_report_size(const struct trial_bench *bench);

// Runs the parameters over every tape and fills the report, its code too. Once per process.
void trial_run(struct trial_bench *bench, struct params params, const volatile sig_atomic_t *stop,
               struct trial_report *report);

#endif
