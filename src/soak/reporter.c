#include "soak/reporter.h"

#include "base/json.h"
#include "base/units.h"
#include "kpi/kpi_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void report_money(int64_t money_e9, int decimals, char *out)
{
    int64_t unit = 1;
    for (int i = decimals; i < 9; i++) {
        unit *= 10;
    }
    int64_t rounded_e9 = mul_checked(mul_div_round(money_e9, 1, unit), unit);
    uint64_t size_e9 = rounded_e9 < 0 ? -(uint64_t)rounded_e9 : (uint64_t)rounded_e9;
    int length = snprintf(out, DECIMAL_TEXT_SIZE, "%s%" PRIu64 ".%09" PRIu64,
                          rounded_e9 < 0 ? "-" : "+", size_e9 / 1000000000, size_e9 % 1000000000);
    // The places that were rounded away, and the point with the last of them.
    out[length - 9 + (decimals > 0 ? decimals : -1)] = '\0';
}

// ---- why something changed ----

// The rule that moved the parameter, or else the first whose move was withdrawn; NULL when none
// wanted any.
static const struct tuner_entry *entry_of(const struct tuner_proposal *proposal, enum param_id id)
{
    const struct tuner_entry *first = NULL;
    for (uint32_t i = 0; i < proposal->entry_count; i++) {
        const struct tuner_entry *entry = &proposal->entries[i];
        if (entry->param == id && entry->fate == TUNER_PROPOSED) {
            return entry;
        }
        first = first == NULL && entry->param == id ? entry : first;
    }
    return first;
}

static bool is_revert(enum guard_action action)
{
    return action == GUARD_PANIC || action == GUARD_HALT || action == GUARD_RECOVER;
}

// A revert to the safe profile, which no proposal asked for and which takes the place of any.
static void describe_revert(const struct guard_outcome *outcome, enum param_id id,
                            const struct tuner_entry *entry, char *out)
{
    char before[DECIMAL_TEXT_SIZE], after[DECIMAL_TEXT_SIZE], asked[DECIMAL_TEXT_SIZE];
    param_print(id, outcome->before.steps[id], before);
    param_print(id, outcome->after.steps[id], after);
    int length = snprintf(out, REPORT_CHANGE_SIZE, "%s %s -> %s: %s, back to the safe profile",
                          param_specs[id].key, before, after, guard_action_name(outcome->action));
    if (entry != NULL) {
        param_print(id, outcome->before.steps[id] + entry->delta, asked);
        snprintf(out + length, REPORT_CHANGE_SIZE - (size_t)length, ", not %s as %s asked: %s",
                 asked, tuner_rule_name(entry->rule), entry->why);
    }
}

// A move that the tuner itself took back, so that the guard never saw it.
static void describe_withdrawn(const struct guard_outcome *outcome, const struct tuner_entry *entry,
                               char *out)
{
    char before[DECIMAL_TEXT_SIZE], asked[DECIMAL_TEXT_SIZE];
    int32_t from = outcome->before.steps[entry->param];
    param_print(entry->param, from, before);
    param_print(entry->param, from + entry->delta, asked);
    snprintf(out, GUARD_TEXT_SIZE, "%s stays %s, asked %s: withdrawn (%s)",
             param_specs[entry->param].key, before, asked, tuner_fate_text(entry->fate));
}

void report_change_text(const struct iteration_record *record, enum param_id id,
                        char out[REPORT_CHANGE_SIZE])
{
    const struct guard_outcome *outcome = &record->outcome;
    const struct tuner_entry *entry = entry_of(&record->proposal, id);
    if (is_revert(outcome->action) && outcome->before.steps[id] != outcome->after.steps[id]) {
        describe_revert(outcome, id, entry, out);
        return;
    }
    char fate[GUARD_TEXT_SIZE];
    guard_describe(outcome, id, fate);
    if (entry != NULL && entry->fate != TUNER_PROPOSED) {
        describe_withdrawn(outcome, entry, fate);
    }
    if (fate[0] != '\0' && entry != NULL) {
        snprintf(out, REPORT_CHANGE_SIZE, "%s; %s: %s", fate, tuner_rule_name(entry->rule),
                 entry->why);
    } else {
        snprintf(out, REPORT_CHANGE_SIZE, "%s", fate);
    }
}

const char *report_change_cause(const struct iteration_record *record, enum param_id id,
                                const char **why)
{
    const struct tuner_entry *entry = entry_of(&record->proposal, id);
    bool is_rule = entry != NULL && !is_revert(record->outcome.action);
    *why = is_rule ? entry->why : "";
    return is_rule ? tuner_rule_name(entry->rule) : guard_action_name(record->outcome.action);
}

uint32_t report_changes(const struct iteration_record *record, enum report_scope scope,
                        struct report_change out[REPORT_CHANGES_MAX])
{
    uint32_t count = 0;
    if (is_revert(record->outcome.action)) {
        const char *problem = record->outcome.state_problem;
        snprintf(out[count++].text, REPORT_CHANGE_SIZE, "%s%s%s",
                 guard_action_name(record->outcome.action), problem != NULL ? ": " : "",
                 problem != NULL ? problem : "");
    }
    const struct guard_outcome *outcome = &record->outcome;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (scope == REPORT_ALL || outcome->before.steps[i] != outcome->after.steps[i]) {
            report_change_text(record, (enum param_id)i, out[count].text);
            count += out[count].text[0] != '\0';
        }
    }
    return count;
}

// ---- ITER_SUMMARY_N ----

static json_t *deltas_json(const int32_t deltas[PARAM_COUNT])
{
    json_t *object = json_object();
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (deltas[i] != 0) {
            json_object_set_new(object, param_specs[i].key,
                                config_param_json((enum param_id)i, deltas[i]));
        }
    }
    return object;
}

static json_t *changed_keys_json(const struct guard_outcome *outcome)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (outcome->before.steps[i] != outcome->after.steps[i]) {
            json_array_append_new(keys, json_string(param_specs[i].key));
        }
    }
    return keys;
}

static bool anything_changed(const struct guard_outcome *outcome)
{
    return memcmp(&outcome->before, &outcome->after, sizeof outcome->before) != 0;
}

// Why nothing was applied, in the words of whoever stopped it: the tuner when it proposed nothing.
const char *report_skip_reason(const struct iteration_record *record)
{
    if (anything_changed(&record->outcome)) {
        return "";
    }
    if (record->proposal.note[0] != '\0') {
        return record->proposal.note;
    }
    enum guard_reason reason = record->outcome.skip_reason;
    return guard_reason_name(reason != GUARD_REASON_NONE ? reason : GUARD_REASON_NO_OP);
}

static json_t *rules_json(const struct tuner_proposal *proposal)
{
    json_t *rules = json_array();
    for (uint32_t i = 0; i < proposal->entry_count; i++) {
        const struct tuner_entry *entry = &proposal->entries[i];
        json_array_append_new(
            rules, json_pack("{s:s, s:s, s:o, s:s, s:s}", "rule", tuner_rule_name(entry->rule),
                             "key", param_specs[entry->param].key, "delta",
                             config_param_json(entry->param, entry->delta), "fate",
                             tuner_fate_text(entry->fate), "why", entry->why));
    }
    return rules;
}

static json_t *changes_json(const struct iteration_record *record)
{
    struct report_change changes[REPORT_CHANGES_MAX];
    uint32_t count = report_changes(record, REPORT_ALL, changes);
    json_t *texts = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_array_append_new(texts, json_string(changes[i].text));
    }
    return texts;
}

static json_t *tuning_json(const struct iteration_record *record)
{
    const struct guard_outcome *outcome = &record->outcome;
    char signature[20];
    snprintf(signature, sizeof signature, "%016" PRIx64, outcome->signature);
    json_t *object = json_object();
    json_object_set_new(object, "action", json_string(guard_action_name(outcome->action)));
    json_object_set_new(object, "applied", json_boolean(anything_changed(outcome)));
    json_object_set_new(object, "changed_keys", changed_keys_json(outcome));
    json_object_set_new(object, "changes", changes_json(record));
    json_object_set_new(object, "params_before", config_params_json(&outcome->before));
    json_object_set_new(object, "params_after", config_params_json(&outcome->after));
    json_object_set_new(object, "proposed_deltas", deltas_json(record->proposal.deltas));
    json_object_set_new(object, "rules", rules_json(&record->proposal));
    json_object_set_new(object, "signature", json_string(signature));
    json_object_set_new(object, "skip_reason", json_string(report_skip_reason(record)));
    json_object_set_new(object, "state_hash", json_string(record->state_hash));
    return object;
}

static json_t *judged_summary_json(const struct iteration_record *record)
{
    json_t *summary = metrics_summary_json(&record->summary);
    json_object_set_new(summary, "kpi_verdict",
                        json_string(gate_verdict_name(record->gate.verdict)));
    json_object_set_new(summary, "kpi_reasons", metrics_reasons_json(&record->gate));
    return summary;
}

json_t *report_iteration(const struct iteration_record *record)
{
    return json_pack("{s:I, s:o, s:o}", "iteration", (json_int_t)record->iteration, "summary",
                     judged_summary_json(record), "tuning", tuning_json(record));
}

// ---- the documents about the whole run ----

static json_t *for_each_iteration(const struct run_record *run,
                                  json_t *(*build)(const struct iteration_record *))
{
    json_t *list = json_array();
    for (uint32_t n = run_record_first(run); n <= run->iteration_count; n++) {
        json_array_append_new(list, build(run_record_at(run, n)));
    }
    return list;
}

static json_t *tuning_iteration(const struct iteration_record *record)
{
    json_t *object = tuning_json(record);
    struct kpi_value net = kpi_value(&record->summary, KPI_NET_BPS);
    json_object_set_new(object, "iteration", json_integer(record->iteration));
    json_object_set_new(object, "kpi_verdict",
                        json_string(gate_verdict_name(record->gate.verdict)));
    json_object_set_new(object, "net_bps", net.has ? json_real_stable(net.real, 4) : json_null());
    return object;
}

static json_t *tuning_totals_json(const struct run_record *run)
{
    const struct tuning_totals *totals = &run->tuning;
    json_t *reasons = json_object();
    for (enum guard_reason reason = GUARD_REASON_NONE + 1; reason < GUARD_REASON_COUNT; reason++) {
        json_object_set_new(reasons, guard_reason_name(reason),
                            json_integer((json_int_t)totals->by_reason[reason]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "iterations",
                     (json_int_t)run->iteration_count, "iterations_proposed",
                     (json_int_t)totals->iterations_proposed, "iterations_applied",
                     (json_int_t)totals->iterations_applied, "changes_proposed",
                     (json_int_t)totals->proposed, "changes_applied", (json_int_t)totals->applied,
                     "changes_cut", (json_int_t)totals->cut, "changes_refused",
                     (json_int_t)totals->refused, "panics", (json_int_t)totals->panics,
                     "stopped_by", reasons);
}

json_t *report_tuning(const struct run_record *run)
{
    return json_pack("{s:o, s:o, s:o}", "iterations", for_each_iteration(run, tuning_iteration),
                     "totals", tuning_totals_json(run), "params", config_params_json(&run->params));
}

static json_t *decimal_json(struct decimal value)
{
    char text[DECIMAL_TEXT_SIZE];
    decimal_print(value, text);
    return json_string(text);
}

static json_t *instrument_json(const struct instrument *instrument)
{
    bool inverse = instrument->contract == CONTRACT_INVERSE;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "symbol", instrument->symbol, "venue",
                     instrument->venue, "settle", instrument->settle, "tick",
                     decimal_json(instrument->tick), "lot", decimal_json(instrument->lot),
                     "contract", inverse ? "inverse" : "linear", "contract_size",
                     decimal_json(instrument->contract_size));
}

static json_t *edge_iteration(const struct iteration_record *record)
{
    json_t *summary = judged_summary_json(record);
    json_object_del(summary, "kpi_reasons");
    json_object_set_new(summary, "iteration", json_integer(record->iteration));
    return summary;
}

json_t *report_edge(const struct run_record *run)
{
    json_t *document =
        json_pack("{s:o, s:o, s:o, s:s, s:o, s:I}", "totals", metrics_summary_json(&run->total),
                  "iterations", for_each_iteration(run, edge_iteration), "configuration",
                  config_json(run->config), "venue", run->venue, "instrument",
                  instrument_json(&run->instrument), "window_ns", (json_int_t)run->window_ns);
    if (run->config->is_paper || run->config->is_live) {
        const char *record = run->config->record;
        json_object_set_new(document, "record", record != NULL ? json_string(record) : json_null());
    }
    return document;
}

static json_t *gate_iteration(const struct iteration_record *record)
{
    return json_pack("{s:I, s:s, s:o}", "iteration", (json_int_t)record->iteration, "verdict",
                     gate_verdict_name(record->gate.verdict), "reasons",
                     metrics_reasons_json(&record->gate));
}

static json_t *levels_json(const struct gate_level levels[GATE_METRIC_COUNT])
{
    json_t *object = json_object();
    for (enum gate_metric metric = 0; metric < GATE_METRIC_COUNT; metric++) {
        if (levels[metric].has) {
            json_object_set_new(object, kpi_name_specs[gate_metric_kpi(metric)].name,
                                json_real_stable(levels[metric].value, 4));
        }
    }
    return object;
}

json_t *report_gate(const struct run_record *run)
{
    const struct gate_levels *levels = &run->config->preset.gate;
    json_t *document = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "verdict",
        gate_verdict_name(run->verdict.verdict), "reason", run->verdict.text, "judged",
        (json_int_t)run->verdict.judged_count, "needed", (json_int_t)run->verdict.needed_count,
        "good", (json_int_t)run->verdict.good_count, "inconclusive",
        (json_int_t)run->verdict.inconclusive_count, "iterations_wanted",
        (json_int_t)run->config->iterations, "iterations", for_each_iteration(run, gate_iteration));
    json_object_set_new(
        document, "end",
        json_pack("{s:s, s:s}", "name", run_end_name(run->end), "text", run_end_text(run->end)));
    json_object_set_new(document, "levels",
                        json_pack("{s:o, s:o, s:I}", "soft", levels_json(levels->of[GATE_SOFT]),
                                  "hard", levels_json(levels->of[GATE_HARD]), "min_fills",
                                  (json_int_t)levels->min_fills));
    return document;
}

double report_shown(double value, int decimals)
{
    double unit = 1;
    for (int i = 0; i < decimals; i++) {
        unit /= 10;
    }
    return value <= 0 && value >= -unit / 2 ? 0 : value;
}

// ---- REPORT.md ----

// A KPI's value as a table shows it; "-" for no data.
static void add_value(struct text *out, const struct kpi_summary *summary, enum kpi_name name,
                      double scale, int decimals)
{
    struct kpi_value value = kpi_value(summary, name);
    if (value.has) {
        text_add(out, " %.*f |", decimals, report_shown(value.real * scale, decimals));
    } else {
        text_add(out, " - |");
    }
}

static void add_row(struct text *out, const char *label, const struct kpi_summary *summary,
                    const char *verdict)
{
    text_add(out, "| %s |", label);
    for (enum kpi_name name = KPI_NET_BPS; name <= KPI_INVENTORY_BPS; name++) {
        add_value(out, summary, name, 1, 3);
    }
    add_value(out, summary, KPI_RISK_RATIO, 100, 2);
    add_value(out, summary, KPI_MAKER_TAKER_RATIO, 100, 1);
    text_add(out, " %" PRIu64 " |", summary->fill_count);
    add_value(out, summary, KPI_ADVERSE_BPS_P95, 1, 2);
    add_value(out, summary, KPI_P95_LATENCY_MS, 1, 1);
    text_add(out, " %s |\n", verdict);
}

static void add_table(const struct run_record *run, struct text *out)
{
    text_add(out, "| iteration | net bps | gross | fees | slippage | adverse | inventory | risk %% "
                  "| maker %% | fills | adverse p95 | latency p95 ms | verdict |\n"
                  "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|:--|\n");
    for (uint32_t n = run_record_first(run); n <= run->iteration_count; n++) {
        const struct iteration_record *record = run_record_at(run, n);
        char label[16];
        snprintf(label, sizeof label, "%" PRIu32, n);
        add_row(out, label, &record->summary, gate_verdict_name(record->gate.verdict));
    }
    add_row(out, "all", &run->total, gate_verdict_name(run->verdict.verdict));
}

static void add_changes(const struct run_record *run, struct text *out)
{
    text_add(out, "\n## What changed and why\n\n");
    for (uint32_t n = run_record_first(run); n <= run->iteration_count; n++) {
        const struct iteration_record *record = run_record_at(run, n);
        struct report_change changes[REPORT_CHANGES_MAX];
        uint32_t count = report_changes(record, REPORT_ALL, changes);
        text_add(out, "* Iteration %" PRIu32 "%s%s\n", n, count > 0 ? "" : ": nothing, ",
                 count > 0 ? "" : report_skip_reason(record));
        for (uint32_t i = 0; i < count; i++) {
            text_add(out, "  * %s\n", changes[i].text);
        }
    }
}

static void add_reasons(const struct run_record *run, struct text *out)
{
    text_add(out, "\n## What the gate found\n\n");
    bool any = false;
    for (uint32_t n = run_record_first(run); n <= run->iteration_count; n++) {
        const struct iteration_record *record = run_record_at(run, n);
        for (uint32_t i = 0; i < record->gate.finding_count; i++) {
            text_add(out, "* Iteration %" PRIu32 ": %s\n", n, record->gate.findings[i].text);
            any = true;
        }
    }
    text_add(out, "%s", any ? "" : "Nothing: every window passed every level.\n");
}

static void add_configuration(const struct run_record *run, struct text *out)
{
    const struct run_config *config = run->config;
    text_add(out, "\n## Configuration\n\n| value | at the start | from | at the end |\n"
                  "|:--|--:|:--|--:|\n");
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        char origin[CONFIG_ORIGIN_SIZE], start[DECIMAL_TEXT_SIZE], end[DECIMAL_TEXT_SIZE];
        config_param_origin(config, (enum param_id)i, origin);
        param_print((enum param_id)i, config->params.steps[i], start);
        param_print((enum param_id)i, run->params.steps[i], end);
        text_add(out, "| `%s` | %s | %s | %s |\n", param_specs[i].key, start, origin, end);
    }
    for (size_t i = 0; i < CONFIG_SETTING_COUNT; i++) {
        if (!config_setting_is_real_time((enum config_setting_id)i)) {
            text_add(out, "| %s | %s | %s | |\n", config_setting_name((enum config_setting_id)i),
                     config->settings[i].value, config_source_name(config->settings[i].source));
        }
    }
}

static void add_funding(const struct run_record *run, struct text *out)
{
    char paid[DECIMAL_TEXT_SIZE];
    if (run->total.funding_quote_e9 == 0) {
        return;
    }
    report_money(run->total.funding_quote_e9, 6, paid);
    text_add(out, "Funding %s %s (positive: paid), which net is after.\n\n", paid,
             run->instrument.settle);
}

void report_markdown(const struct run_record *run, struct text *out)
{
    char window[DURATION_TEXT_SIZE], net[DECIMAL_TEXT_SIZE], turnover[DECIMAL_TEXT_SIZE];
    duration_print(run->window_ns, window);
    report_money(run->total.part_quote_e9[KPI_NET], 6, net);
    report_money(run->total.notional_quote_e9, 2, turnover);
    text_add(out, "# Soak of %s on %s: %s\n\n", run->instrument.symbol, run->venue,
             gate_verdict_name(run->verdict.verdict));
    text_add(out, "%" PRIu32 " of %" PRIu32 " windows of %s; %s. %s.\n\n", run->iteration_count,
             run->config->iterations, window, run_end_text(run->end), run->verdict.text);
    text_add(out, "Net %s %s on a turnover of %s %s; position at the end %" PRId64 " lots.\n\n",
             net, run->instrument.settle, turnover + 1, run->instrument.settle,
             run->total.position_lots);
    add_funding(run, out);
    add_table(run, out);
    text_add(out, "\nParts in bps of the traded notional: net = gross - fees - slippage - adverse "
                  "- inventory.\n");
    add_changes(run, out);
    add_reasons(run, out);
    add_configuration(run, out);
}
