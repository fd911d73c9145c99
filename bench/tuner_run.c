#include "tuner_run.h"

#include "soak/run_market.h"

#include <string.h>

enum { STOP_GRACE_NS = 1000000000 }; // as a run's end

static void add_window(const struct iteration_record *record, struct tuner_run *out)
{
    out->windows++;
    out->net_per_hour += (double)record->summary.part_quote_e9[KPI_NET] / 1e9;
    out->fails += record->gate.verdict == GATE_FAIL || record->gate.verdict == GATE_PANIC;
    out->panics += record->outcome.action == GUARD_PANIC || record->outcome.action == GUARD_HALT;
    out->changes += record->outcome.changed_count;
    for (int i = 0; i < PARAM_COUNT; i++) {
        out->mean_steps[i] += record->outcome.before.steps[i];
    }
}

static int run_window(struct engine *engine, int64_t until_ns, bool last)
{
    uint32_t open = 0;
    engine_open_window(engine);
    int code = engine_run_until(engine, until_ns, NULL);
    return code == MM_OK && last ? engine_stop(engine, STOP_GRACE_NS, &open) : code;
}

static int run_windows(const struct run_config *config, struct tuning *tuning,
                       struct engine *engine, struct tuner_watch watch, struct tuner_run *out)
{
    int64_t start_ns = engine_get_status(engine).now_ns;
    bool halted = false;
    for (uint32_t i = 1; i <= config->iterations && !halted; i++) {
        struct iteration_record record = {.iteration = i};
        int code = run_window(engine, start_ns + i * config->window_ns, i == config->iterations);
        if (code != MM_OK) {
            return code;
        }
        struct engine_status status = engine_get_status(engine);
        record.halt_reason = status.halted ? status.halt_reason : NULL;
        engine_close_window(engine, &record.summary);
        tuning_step(tuning, &record);
        add_window(&record, out);
        if (watch.window != NULL) {
            watch.window(watch.context, &record);
        }
        halted = status.halted || tuning->guard.halted;
        code = tuning_apply(tuning, &record, engine, NULL);
        if (code != MM_OK) {
            return code;
        }
    }
    out->halted = halted;
    return MM_OK;
}

static void per_run(const struct run_config *config, struct tuner_run *out)
{
    double hours = (double)config->window_ns / 3600e9 * config->iterations;
    out->net_per_hour /= hours;
    for (int i = 0; i < PARAM_COUNT; i++) {
        out->mean_steps[i] /= out->windows;
    }
}

int tuner_run(struct run_config *config, uint64_t seed, const struct player *player,
              struct tuner_watch watch, struct tuner_run *out)
{
    struct run_market market = {0};
    struct tuning tuning;
    *out = (struct tuner_run){0};
    config->seed = seed;
    config->tuner_on = player->tuner;
    config->params = player->params;
    int code = run_market_open(&market, config);
    if (code != MM_OK) {
        return code;
    }
    struct engine_config engine_config =
        market_preset_engine(&config->preset, &market.venue->instrument, market.price_half_ticks);
    engine_config.params = config->params;
    struct engine *engine = engine_create(&engine_config, market.venue, NULL);
    tuning_init(&tuning, config, seed);
    code = run_windows(config, &tuning, engine, watch, out);
    per_run(config, out);
    engine_destroy(engine);
    run_market_close(&market);
    return code;
}

void rule_counts_add(struct rule_counts counts[TUNER_RULE_COUNT],
                     const struct iteration_record *record)
{
    bool fired[TUNER_RULE_COUNT] = {false};
    for (uint32_t i = 0; i < record->proposal.entry_count; i++) {
        const struct tuner_entry *entry = &record->proposal.entries[i];
        const struct guard_fate *fate = &record->outcome.fate[entry->param];
        struct rule_counts *count = &counts[entry->rule];
        count->windows += !fired[entry->rule];
        fired[entry->rule] = true;
        count->by_fate[entry->fate]++;
        if (entry->fate == TUNER_PROPOSED) {
            count->applied += fate->applied != 0;
            count->by_guard[fate->reason] += fate->reason != GUARD_REASON_NONE;
        }
    }
}
