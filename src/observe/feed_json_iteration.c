// One finished iteration as the feed tells it.
#include "kpi/kpi_names.h"
#include "observe/feed_json_parts.h"
#include "soak/reporter.h"

static json_t *findings_json(const struct gate_result *gate)
{
    json_t *findings = json_array();
    for (uint32_t i = 0; i < gate->finding_count; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        json_t *object = json_object();
        set(object, "kpi",
            finding->has_kpi ? json_string(kpi_name_specs[finding->kpi].name) : json_null());
        set(object, "value",
            finding->has_value ? json_real_stable(finding->value, SHARE_DECIMALS) : json_null());
        set(object, "limit",
            finding->has_kpi ? json_real_stable(finding->limit, SHARE_DECIMALS) : json_null());
        set(object, "code", json_string(gate_reason_name(finding->reason)));
        set(object, "text", json_string(finding->text));
        json_array_append_new(findings, object);
    }
    return findings;
}

static json_t *kpis_json(const struct kpi_summary *summary)
{
    json_t *object = json_object();
    for (enum kpi_name name = 0; name < KPI_NAME_COUNT; name++) {
        struct kpi_value value = kpi_value(summary, name);
        const struct kpi_name_spec *spec = &kpi_name_specs[name];
        json_t *number = json_null();
        if (value.has) {
            number = spec->is_integer ? json_integer((json_int_t)value.integer)
                                      : json_real_stable(value.real, spec->decimals);
        }
        set(object, spec->name, number);
    }
    return object;
}

static json_t *modes_json(const struct iteration_record *record)
{
    static const char *const names[GUARD_MODE_COUNT] = {
        [GUARD_MODE_FROZEN] = "frozen",         [GUARD_MODE_COOLDOWN] = "cooldown",
        [GUARD_MODE_PANIC_HOLD] = "panic_hold", [GUARD_MODE_LATENCY_FROZEN] = "latency_frozen",
        [GUARD_MODE_ON_SAFE] = "on_safe",       [GUARD_MODE_HALTED] = "halted"};
    json_t *modes = json_array();
    for (int i = 0; i < GUARD_MODE_COUNT; i++) {
        if (record->modes[i]) {
            json_array_append_new(modes, json_string(names[i]));
        }
    }
    return modes;
}

static json_t *rules_json(const struct tuner_proposal *proposal, enum param_id id)
{
    json_t *rules = json_array();
    for (uint32_t i = 0; i < proposal->entry_count; i++) {
        const struct tuner_entry *entry = &proposal->entries[i];
        if (entry->param == id && entry->fate == TUNER_PROPOSED) {
            json_array_append_new(
                rules,
                json_pack("{s:s, s:s}", "rule", tuner_rule_name(entry->rule), "why", entry->why));
        }
    }
    return rules;
}

static json_t *change_json(const struct iteration_record *record, enum param_id id)
{
    const struct guard_outcome *outcome = &record->outcome;
    const struct guard_fate *fate = &outcome->fate[id];
    int32_t before = outcome->before.steps[id], after = outcome->after.steps[id];
    char text[REPORT_CHANGE_SIZE];
    report_change_text(record, id, text);
    json_t *object = json_object();
    set(object, "key", json_string(param_specs[id].key));
    set(object, "before", config_param_json(id, before));
    set(object, "after", config_param_json(id, after));
    set(object, "asked",
        fate->proposed != 0 ? config_param_json(id, before + fate->proposed) : json_null());
    set(object, "applied", json_boolean(before != after));
    set(object, "code", json_string(guard_reason_name(fate->reason)));
    set(object, "text", json_string(text));
    set(object, "rules", rules_json(&record->proposal, id));
    return object;
}

static json_t *changes_json(const struct iteration_record *record)
{
    const struct guard_outcome *outcome = &record->outcome;
    json_t *changes = json_array();
    for (enum param_id id = 0; id < PARAM_COUNT; id++) {
        bool moved = outcome->before.steps[id] != outcome->after.steps[id];
        if (moved || outcome->fate[id].proposed != 0) {
            json_array_append_new(changes, change_json(record, id));
        }
    }
    return changes;
}

static json_t *skip_code(const struct iteration_record *record)
{
    enum guard_reason reason = record->outcome.skip_reason;
    return reason != GUARD_REASON_NONE ? json_string(guard_reason_name(reason)) : json_null();
}

json_t *feed_iteration_json(const struct observed_run *run,
                            const struct observed_iteration *iteration)
{
    const struct iteration_record *record = &iteration->record;
    const struct kpi_summary *summary = &record->summary;
    json_t *object = json_object();
    set(object, "iteration", json_integer(record->iteration));
    set(object, "from_ns", json_integer((json_int_t)feed_time_ns(run, summary->from_ns)));
    set(object, "to_ns", json_integer((json_int_t)feed_time_ns(run, summary->to_ns)));
    set(object, "wall_ms",
        iteration->wall_ns != 0 ? json_integer((json_int_t)(iteration->wall_ns / 1000000))
                                : json_null());
    set(object, "verdict", json_string(gate_verdict_name(record->gate.verdict)));
    set(object, "findings", findings_json(&record->gate));
    set(object, "kpi", kpis_json(summary));
    set(object, "action", json_string(guard_action_name(record->outcome.action)));
    set(object, "skip_reason", skip_code(record));
    set(object, "skip_text", json_string(report_skip_reason(record)));
    set(object, "modes", modes_json(record));
    set(object, "changes", changes_json(record));
    set(object, "params", config_params_json(&record->outcome.after));
    return object;
}
