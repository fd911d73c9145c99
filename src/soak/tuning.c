#include "soak/tuning.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

void tuning_init(struct tuning *tuning, const struct run_config *config, uint64_t run_id)
{
    *tuning = (struct tuning){
        .config = config, .guard_config = config->preset.guard, .rules = config->preset.tuner};
    tuning->rules.min_fills = config->preset.gate.min_fills;
    tuning->guard_config.run_id = run_id;
    tuning->guard_config.iterations = config->iterations;
    const char *problem = guard_config_problem(&tuning->guard_config);
    MM_ASSERT(problem == NULL);
    guard_state_init(&tuning->guard, config->params);
}

static void propose(struct tuning *tuning, struct iteration_record *record)
{
    const struct params params = tuning->guard.params;
    if (!tuning->config->tuner_on) {
        record->proposal = (struct tuner_proposal){.note = "the tuner is off"};
        return;
    }
    if (record->operator_acted) {
        record->proposal = (struct tuner_proposal){
            .note = "an operator acted in the window: it says nothing about the parameters"};
        return;
    }
    tuner_propose(&tuning->rules, &tuning->history, &record->summary, params, &record->proposal);
    tuner_pin(tuning->config->pinned, &record->proposal);
    tuner_remember(&tuning->rules, &tuning->history, &record->summary, params, &record->proposal);
}

static void note_modes(const struct guard_state *guard, struct iteration_record *record)
{
    record->modes[GUARD_MODE_FROZEN] = guard->frozen_until > guard->iteration;
    record->modes[GUARD_MODE_COOLDOWN] = guard->cooldown_until > guard->iteration;
    record->modes[GUARD_MODE_PANIC_HOLD] = guard->panic_hold_until > guard->iteration;
    record->modes[GUARD_MODE_LATENCY_FROZEN] = guard->latency_frozen;
    record->modes[GUARD_MODE_ON_SAFE] = guard->on_safe;
    record->modes[GUARD_MODE_HALTED] = guard->halted;
}

static void guard_proposal(struct tuning *tuning, struct iteration_record *record)
{
    const struct kpi_summary *summary = &record->summary;
    struct guard_input input = {
        .iteration = record->iteration,
        .now_ns = summary->to_ns,
        .verdict = record->gate.verdict,
        .stable = tuner_is_stable(&tuning->rules, summary),
        .has_latency = summary->has_p95[KPI_SAMPLE_LATENCY_NS],
        // Rounded up, so that anything above a limit in ms is above it.
        .latency_p95_ms = (summary->p95[KPI_SAMPLE_LATENCY_NS] + 999999) / 1000000,
        .proposal = {.iteration = record->iteration, .before = tuning->guard.params},
    };
    memcpy(input.proposal.deltas, record->proposal.deltas, sizeof input.proposal.deltas);
    guard_step(&tuning->guard_config, &tuning->guard, &input, &record->outcome);
    note_modes(&tuning->guard, record);
}

static void judge_stop(struct iteration_record *record)
{
    if (record->outcome.action == GUARD_PANIC) {
        gate_add(&record->gate, GATE_REASON_PANIC, "panic: back to the safe profile");
    }
    if (record->halt_reason != NULL) {
        char text[GATE_TEXT_SIZE];
        snprintf(text, sizeof text, "trading was halted: %s", record->halt_reason);
        gate_add(&record->gate, GATE_REASON_PANIC, text);
    }
}

void tuning_step(struct tuning *tuning, struct iteration_record *record)
{
    gate_window(&tuning->config->preset.gate, &record->summary, &record->gate);
    if (record->operator_acted) {
        gate_add(&record->gate, GATE_REASON_OPERATOR, "an operator acted in the window");
    }
    propose(tuning, record);
    guard_proposal(tuning, record);
    judge_stop(record);
}

int tuning_apply(const struct tuning *tuning, const struct iteration_record *record,
                 struct engine *engine, const volatile sig_atomic_t *stop)
{
    bool halted = record->halt_reason != NULL; // by a loss limit, which a panic does not lift
    int code = MM_OK;
    engine_set_params(engine, tuning->guard.params);
    if (record->outcome.action == GUARD_PANIC && !halted) {
        engine_halt(engine, "panic");
        code = engine_run_until(engine, record->summary.to_ns, stop);
        engine_rearm(engine);
    }
    if (record->outcome.action == GUARD_HALT && !halted) {
        engine_halt(engine, "halted by the guard");
    }
    return code;
}
