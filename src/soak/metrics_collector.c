#include "soak/metrics_collector.h"

#include "base/check.h"
#include "base/integers.h"
#include "base/json.h"
#include "base/memory.h"
#include "kpi/kpi_names.h"

#include <stdlib.h>

static const struct {
    const char *name, *text;
} ends[] = {
    [RUN_UNFINISHED] = {"unfinished", "the run has not finished"},
    [RUN_COMPLETE] = {"complete", "every iteration ran"},
    [RUN_MARKET_ENDED] = {"market_ended", "the tape ended before the last iteration"},
    [RUN_HALTED] = {"halted", "trading was halted"},
    [RUN_STOPPED] = {"stopped", "the run was stopped by a signal"},
};

const char *run_end_name(enum run_end end)
{
    return ends[end].name;
}

const char *run_end_text(enum run_end end)
{
    return ends[end].text;
}

void run_record_init(struct run_record *run, const struct run_config *config)
{
    uint32_t kept = config->iterations < RUN_RECORDS_MAX ? config->iterations : RUN_RECORDS_MAX;
    *run = (struct run_record){
        .config = config,
        .records = mm_alloc(kept, sizeof *run->records),
        .verdicts = mm_alloc(config->iterations, sizeof *run->verdicts),
        .spiked = mm_alloc(config->iterations, sizeof *run->spiked),
        .params = config->params,
    };
    gate_run(run->verdicts, 0, false, &run->verdict);
}

void run_record_fini(struct run_record *run)
{
    free(run->records);
    free(run->verdicts);
    free(run->spiked);
    *run = (struct run_record){0};
}

static void add_parts(struct kpi_summary *total, const struct kpi_summary *window)
{
    for (size_t i = 0; i < KPI_PART_COUNT; i++) {
        total->part_quote_e9[i] = add_checked(total->part_quote_e9[i], window->part_quote_e9[i]);
    }
    total->notional_quote_e9 = add_checked(total->notional_quote_e9, window->notional_quote_e9);
    total->has_bps = total->notional_quote_e9 > 0;
    for (size_t i = 0; i < KPI_PART_COUNT && total->has_bps; i++) {
        total->part_bps[i] =
            (double)total->part_quote_e9[i] / (double)total->notional_quote_e9 * 1e4;
    }
}

static void add_counts(struct kpi_summary *total, const struct kpi_summary *window)
{
    total->fill_count += window->fill_count;
    total->maker_fill_count += window->maker_fill_count;
    total->fill_without_wanted_count += window->fill_without_wanted_count;
    total->fill_without_mid_count += window->fill_without_mid_count;
    total->markout_early_count += window->markout_early_count;
    total->volume_lots = add_checked(total->volume_lots, window->volume_lots);
    total->maker_volume_lots = add_checked(total->maker_volume_lots, window->maker_volume_lots);
    total->place_count += window->place_count;
    total->replace_count += window->replace_count;
    total->cancel_count += window->cancel_count;
    total->decision_count += window->decision_count;
    total->decision_risk_count += window->decision_risk_count;
    for (size_t i = 0; i < KPI_BLOCK_COUNT; i++) {
        total->block_count[i] += window->block_count[i];
    }
}

static void add_window(struct kpi_summary *total, const struct kpi_summary *window, bool first)
{
    if (first) {
        *total = (struct kpi_summary){.from_ns = window->from_ns};
    }
    total->to_ns = window->to_ns;
    add_parts(total, window);
    add_counts(total, window);
    total->funding_quote_e9 = add_checked(total->funding_quote_e9, window->funding_quote_e9);
    total->equity_change_quote_e9 =
        add_checked(total->equity_change_quote_e9, window->equity_change_quote_e9);
    total->position_lots = window->position_lots;
    total->max_abs_position_lots =
        int64_larger(total->max_abs_position_lots, window->max_abs_position_lots);
    total->max_drawdown_quote_e9 =
        int64_larger(total->max_drawdown_quote_e9, window->max_drawdown_quote_e9);
}

static void add_tuning(struct tuning_totals *totals, const struct guard_outcome *outcome)
{
    bool proposed = false;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        const struct guard_fate *fate = &outcome->fate[i];
        if (fate->proposed == 0) {
            continue;
        }
        proposed = true;
        totals->proposed++;
        totals->applied += fate->applied == fate->proposed;
        totals->cut += fate->applied != fate->proposed && fate->applied != 0;
        totals->refused += fate->applied == 0;
        totals->by_reason[fate->reason] += fate->reason != GUARD_REASON_NONE;
    }
    totals->iterations_proposed += proposed;
    totals->iterations_applied += outcome->action == GUARD_APPLY;
    totals->panics += outcome->action == GUARD_PANIC;
}

static void add_regimes(struct run_record *run, const struct iteration_record *record)
{
    size_t most = 0;
    for (size_t i = 0; i < SIM_REGIME_COUNT; i++) {
        run->regimes[i].time_ns += record->regime_ns[i];
        most = record->regime_ns[i] > record->regime_ns[most] ? i : most;
    }
    const struct kpi_summary *summary = &record->summary;
    struct regime_totals *totals = &run->regimes[most];
    totals->windows++;
    totals->verdicts[record->gate.verdict]++;
    totals->fills += summary->fill_count;
    totals->net_quote_e9 = add_checked(totals->net_quote_e9, summary->part_quote_e9[KPI_NET]);
    totals->notional_quote_e9 = add_checked(totals->notional_quote_e9, summary->notional_quote_e9);
}

void run_record_add(struct run_record *run, const struct iteration_record *record)
{
    MM_ASSERT(run->iteration_count < run->config->iterations);
    MM_ASSERT(record->iteration == run->iteration_count + 1);
    run->records[run->iteration_count % RUN_RECORDS_MAX] = *record;
    run->verdicts[run->iteration_count] = record->gate.verdict;
    add_window(&run->total, &record->summary, run->iteration_count == 0);
    add_tuning(&run->tuning, &record->outcome);
    run->has_regimes = record->has_regimes;
    run->spiked[run->iteration_count] = record->regime_ns[SIM_SPIKE] > 0;
    if (record->has_regimes) {
        add_regimes(run, record);
    }
    run->iteration_count++;
    run->params = record->outcome.after;
    bool halted = record->outcome.action == GUARD_HALT || record->halt_reason != NULL;
    gate_run(run->verdicts, run->iteration_count, halted, &run->verdict);
}

uint32_t run_record_first(const struct run_record *run)
{
    return run->iteration_count > RUN_RECORDS_MAX ? run->iteration_count - RUN_RECORDS_MAX + 1 : 1;
}

const struct iteration_record *run_record_at(const struct run_record *run, uint32_t iteration)
{
    MM_ASSERT(iteration >= run_record_first(run) && iteration <= run->iteration_count);
    return &run->records[(iteration - 1) % RUN_RECORDS_MAX];
}

static json_t *value_json(const struct kpi_summary *summary, enum kpi_name name)
{
    struct kpi_value value = kpi_value(summary, name);
    if (!value.has) {
        return json_null();
    }
    return kpi_name_specs[name].is_integer
               ? json_integer(value.integer)
               : json_real_stable(value.real, kpi_name_specs[name].decimals);
}

static json_t *blocks_json(const struct kpi_summary *summary)
{
    json_t *blocks = json_object();
    for (enum kpi_block reason = 0; reason < KPI_BLOCK_COUNT; reason++) {
        double share = 0;
        bool has = kpi_block_share(summary, reason, &share);
        json_object_set_new(blocks, kpi_block_name(reason),
                            json_pack("{s:I, s:o}", "count",
                                      (json_int_t)summary->block_count[reason], "share",
                                      has ? json_real_stable(share, 4) : json_null()));
    }
    return blocks;
}

static json_t *drivers_json(const struct kpi_summary *summary)
{
    enum kpi_part drivers[KPI_DRIVER_MAX];
    uint32_t count = kpi_neg_edge_drivers(summary, drivers);
    json_t *names = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_array_append_new(names, json_string(kpi_part_name(drivers[i])));
    }
    return names;
}

json_t *metrics_summary_json(const struct kpi_summary *summary)
{
    json_t *object = json_object();
    for (enum kpi_name name = 0; name < KPI_NAME_COUNT; name++) {
        json_object_set_new(object, kpi_name_specs[name].name, value_json(summary, name));
    }
    json_object_set_new(object, "block_reasons", blocks_json(summary));
    json_object_set_new(object, "neg_edge_drivers", drivers_json(summary));
    json_object_set_new(object, "operations",
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "places",
                                  (json_int_t)summary->place_count, "replaces",
                                  (json_int_t)summary->replace_count, "cancels",
                                  (json_int_t)summary->cancel_count, "decisions",
                                  (json_int_t)summary->decision_count, "decisions_cut_by_risk",
                                  (json_int_t)summary->decision_risk_count));
    json_object_set_new(object, "window",
                        json_pack("{s:I, s:I}", "from_ns", (json_int_t)summary->from_ns, "to_ns",
                                  (json_int_t)summary->to_ns));
    return object;
}

json_t *metrics_reasons_json(const struct gate_result *gate)
{
    json_t *reasons = json_array();
    for (uint32_t i = 0; i < gate->finding_count; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        json_t *reason = json_object();
        json_object_set_new(reason, "reason", json_string(gate_reason_name(finding->reason)));
        json_object_set_new(reason, "text", json_string(finding->text));
        json_object_set_new(reason, "kpi",
                            finding->has_kpi ? json_string(kpi_name_specs[finding->kpi].name)
                                             : json_null());
        json_object_set_new(reason, "value",
                            finding->has_value ? json_real_stable(finding->value, 4) : json_null());
        json_object_set_new(reason, "limit",
                            finding->has_kpi ? json_real_stable(finding->limit, 4) : json_null());
        json_array_append_new(reasons, reason);
    }
    return reasons;
}
