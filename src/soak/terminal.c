#include "soak/terminal.h"

#include "base/platform.h"
#include "base/units.h"
#include "kpi/kpi_names.h"
#include "soak/reporter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_INTERVAL_NS = 100000000, COLUMNS = 100, INDENT = 5 };

static const char reset[] = "\033[0m";

static const char *const verdict_colours[GATE_VERDICT_COUNT] = {
    [GATE_PASS] = "\033[32m",  [GATE_WARN] = "\033[33m", [GATE_INCONCLUSIVE] = "\033[36m",
    [GATE_ERROR] = "\033[31m", [GATE_FAIL] = "\033[31m", [GATE_PANIC] = "\033[1;31m",
};

void terminal_init(struct terminal *terminal, FILE *out, bool is_terminal)
{
    const char *no_colour = getenv("NO_COLOR");
    *terminal = (struct terminal){
        .out = out,
        .interactive = is_terminal,
        .colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0'),
    };
}

static void clear_progress(struct terminal *terminal)
{
    if (terminal->progress_shown) {
        fputs("\r\033[K", terminal->out);
        terminal->progress_shown = false;
    }
}

static void print_verdict(struct terminal *terminal, enum gate_verdict verdict)
{
    fprintf(terminal->out, "%s%s%s", terminal->colour ? verdict_colours[verdict] : "",
            gate_verdict_name(verdict), terminal->colour ? reset : "");
}

// Writes `text` behind an indent, broken at blanks so that no line passes COLUMNS.
static void print_wrapped(struct terminal *terminal, const char *text)
{
    int column = INDENT;
    fprintf(terminal->out, "%*s", INDENT, "");
    for (bool first = true; *text != '\0'; first = false) {
        int word = (int)strcspn(text, " ");
        if (!first && column + 1 + word > COLUMNS) {
            column = INDENT + 2;
            fprintf(terminal->out, "\n%*s", column, "");
        } else if (!first) {
            fputc(' ', terminal->out);
            column++;
        }
        fprintf(terminal->out, "%.*s", word, text);
        column += word;
        text += word + (text[word] == ' ');
    }
    fputc('\n', terminal->out);
}

// ---- start ----

static void print_params(FILE *out, const struct run_config *config)
{
    fprintf(out, "\n  %-24s %9s  %-7s %-20s %s\n", "parameter", "value", "unit", "from", "allowed");
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        enum param_id id = (enum param_id)i;
        char origin[CONFIG_ORIGIN_SIZE], value[DECIMAL_TEXT_SIZE];
        char low[DECIMAL_TEXT_SIZE], high[DECIMAL_TEXT_SIZE];
        config_param_origin(config, id, origin);
        param_print(id, config->params.steps[i], value);
        param_print(id, config->preset.guard.min[i], low);
        param_print(id, config->preset.guard.max[i], high);
        fprintf(out, "  %-24s %9s  %-7s %-20s %s .. %s\n", param_specs[i].key, value,
                param_specs[i].unit, origin, low, high);
    }
}

static void print_settings(FILE *out, const struct run_config *config)
{
    fprintf(out, "\n  %-11s %-26s %-8s   %-11s %-26s %s\n", "setting", "value", "from", "setting",
            "value", "from");
    for (size_t i = 0; i < CONFIG_SETTING_COUNT; i++) {
        const struct config_setting *setting = &config->settings[i];
        bool last = i + 1 == CONFIG_SETTING_COUNT;
        fprintf(out, i % 2 == 0 ? "  %-11s %-26.26s %s" : "   %-11s %-26.26s %s",
                config_setting_name((enum config_setting_id)i), setting->value,
                config_source_name(setting->source));
        if (i % 2 == 1 || last) {
            fputc('\n', out);
        } else {
            fprintf(out, "%*s", 8 - (int)strlen(config_source_name(setting->source)), "");
        }
    }
}

// What one lot and one tick are, so that the numbers below can be read.
static void print_instrument(FILE *out, const struct instrument *instrument)
{
    char tick[DECIMAL_TEXT_SIZE], lot[DECIMAL_TEXT_SIZE], size[DECIMAL_TEXT_SIZE];
    decimal_print(instrument->tick, tick);
    decimal_print(instrument->lot, lot);
    decimal_print(instrument->contract_size, size);
    fprintf(out, "\n  instrument: %s, tick %s, lot %s, %s:%s, settled in %s\n", instrument->symbol,
            tick, lot, instrument->contract == CONTRACT_LINEAR ? "linear" : "inverse", size,
            instrument->settle[0] != '\0' ? instrument->settle : "an unknown coin");
}

// How much may be at risk, and from which share of cut decisions the gate objects.
static void print_limits(FILE *out, const struct run_record *run,
                         const struct engine_config *engine, double risk_percent)
{
    const struct gate_levels *gate = &run->config->preset.gate;
    struct gate_level soft = gate->of[GATE_SOFT][GATE_RISK];
    struct gate_level hard = gate->of[GATE_HARD][GATE_RISK];
    fprintf(out, "  risk: %.1f %% of the position limit of %" PRId64 " lots in use\n", risk_percent,
            engine->risk.position_limit_lots);
    if (soft.has && hard.has) {
        fprintf(out, "  gate: warns above %.1f %%, fails above %.1f %% of decisions cut by risk\n",
                100 * soft.value, 100 * hard.value);
    }
}

void terminal_note(struct terminal *terminal, const char *what, const char *text)
{
    if (terminal->out != NULL) {
        fprintf(terminal->out, "%s%s\n", what, text);
    }
}

void terminal_start(struct terminal *terminal, const struct run_record *run,
                    const struct engine_config *engine, double risk_percent)
{
    FILE *out = terminal->out;
    if (out == NULL) {
        return;
    }
    const struct run_config *config = run->config;
    char window[DURATION_TEXT_SIZE];
    duration_print(run->window_ns, window);
    fprintf(out,
            "soak of %s on %s, market %s: %" PRIu32 " window%s of %s, profile %s, seed %" PRIu64
            ", tuner %s\n",
            run->instrument.symbol, run->venue, config->preset.name, config->iterations,
            config->iterations == 1 ? "" : "s", window, config->settings[CONFIG_PROFILE_NAME].value,
            config->seed, config->settings[CONFIG_TUNER].value);
    print_params(out, config);
    print_settings(out, config);
    print_instrument(out, &run->instrument);
    print_limits(out, run, engine, risk_percent);
    fprintf(out, "\n%4s %8s %8s %8s %8s %8s %8s %7s %7s %7s  %s\n", "#", "net bps", "gross", "fees",
            "slip", "adverse", "invent.", "risk", "maker", "fills", "verdict");
    fflush(out);
}

// ---- while it runs ----

void terminal_progress(struct terminal *terminal, const struct terminal_progress *progress)
{
    int64_t now_ns = platform_monotonic_ns();
    if (terminal->out == NULL || !terminal->interactive ||
        (terminal->progress_shown && now_ns - terminal->progress_ns < PROGRESS_INTERVAL_NS)) {
        return;
    }
    const struct engine_status *status = &progress->status;
    double length = (double)(progress->window_to_ns - progress->window_from_ns);
    double done = (double)(status->now_ns - progress->window_from_ns) / length;
    char equity[DECIMAL_TEXT_SIZE];
    report_money(status->equity_quote_e9, 4, equity);
    fprintf(terminal->out,
            "\r\033[K  window %" PRIu32 "/%" PRIu32 "  %3.0f %%  fills %" PRIu64
            "  position %+.1f %% of the limit  equity %s %s",
            progress->iteration, progress->iterations, 100 * done, status->fill_count,
            100.0 * (double)status->position_lots / (double)progress->position_limit_lots, equity,
            progress->settle);
    fflush(terminal->out);
    terminal->progress_shown = true;
    terminal->progress_ns = now_ns;
}

// A KPI in a column of `width`, "-" when there is no data.
static void print_value(FILE *out, const struct kpi_summary *summary, enum kpi_name name,
                        double scale, int width, const char *unit)
{
    struct kpi_value value = kpi_value(summary, name);
    if (value.has) {
        int decimals = unit[0] != '\0' ? 1 : 2;
        fprintf(out, " %*.*f%s", width - (int)strlen(unit), decimals,
                report_shown(value.real * scale, decimals), unit);
    } else {
        fprintf(out, " %*s", width, "-");
    }
}

static void print_row(struct terminal *terminal, const char *label,
                      const struct kpi_summary *summary, enum gate_verdict verdict)
{
    FILE *out = terminal->out;
    fprintf(out, "%4s", label);
    for (enum kpi_name name = KPI_NET_BPS; name <= KPI_INVENTORY_BPS; name++) {
        print_value(out, summary, name, 1, 8, "");
    }
    print_value(out, summary, KPI_RISK_RATIO, 100, 7, " %");
    print_value(out, summary, KPI_MAKER_TAKER_RATIO, 100, 7, " %");
    fprintf(out, " %7" PRIu64 "  ", summary->fill_count);
    print_verdict(terminal, verdict);
    fputc('\n', out);
}

// What was proposed and refused, in one line; the reasons in full are in the artifacts.
static void describe_refused(const struct guard_outcome *outcome, struct text *out)
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        const struct guard_fate *fate = &outcome->fate[i];
        if (fate->proposed != 0 && fate->applied == 0) {
            char value[DECIMAL_TEXT_SIZE];
            param_print((enum param_id)i, outcome->before.steps[i] + fate->proposed, value);
            text_add(out, "%s%s %s (%s)", out->size > 0 ? ", " : "refused: ", param_specs[i].key,
                     value, guard_reason_name(fate->reason));
        }
    }
}

static void print_changes(struct terminal *terminal, const struct iteration_record *record)
{
    struct report_change changes[REPORT_CHANGES_MAX];
    uint32_t count = report_changes(record, REPORT_APPLIED, changes);
    for (uint32_t i = 0; i < count; i++) {
        print_wrapped(terminal, changes[i].text);
    }
    struct text line = {0};
    describe_refused(&record->outcome, &line);
    if (line.size == 0 && report_skip_reason(record)[0] != '\0') {
        text_add(&line, "nothing changed: %s", report_skip_reason(record));
    }
    if (line.size > 0) {
        print_wrapped(terminal, text_string(&line));
    }
    text_fini(&line);
}

void terminal_iteration(struct terminal *terminal, const struct iteration_record *record)
{
    if (terminal->out == NULL) {
        return;
    }
    clear_progress(terminal);
    char label[16];
    snprintf(label, sizeof label, "%" PRIu32, record->iteration);
    print_row(terminal, label, &record->summary, record->gate.verdict);
    for (uint32_t i = 0; i < record->gate.finding_count; i++) {
        print_wrapped(terminal, record->gate.findings[i].text);
    }
    print_changes(terminal, record);
    fflush(terminal->out);
}

// ---- end ----

static void print_totals(struct terminal *terminal, const struct run_record *run)
{
    char net[DECIMAL_TEXT_SIZE], turnover[DECIMAL_TEXT_SIZE];
    const char *settle = run->instrument.settle;
    report_money(run->total.part_quote_e9[KPI_NET], 6, net);
    report_money(run->total.notional_quote_e9, 2, turnover);
    fprintf(terminal->out,
            "\n  net %s %s on a turnover of %s %s; position at the end %+" PRId64 " lots\n", net,
            settle, turnover + 1, settle, run->total.position_lots);
    if (run->total.funding_quote_e9 != 0) {
        report_money(run->total.funding_quote_e9, 6, net);
        fprintf(terminal->out, "  funding %s %s (positive: paid), which net is after\n", net,
                settle);
    }
    fprintf(terminal->out,
            "  tuner: %" PRIu64 " changes proposed, %" PRIu64 " applied, %" PRIu64 " cut, %" PRIu64
            " refused\n",
            run->tuning.proposed, run->tuning.applied, run->tuning.cut, run->tuning.refused);
}

void terminal_end(struct terminal *terminal, const struct run_record *run, const char *directory)
{
    if (terminal->out == NULL) {
        return;
    }
    clear_progress(terminal);
    if (run->iteration_count > 0) {
        fprintf(terminal->out, "%.*s\n", COLUMNS - 8,
                "--------------------------------------------------------------------------------"
                "--------------------");
        print_row(terminal, "all", &run->total, run->verdict.verdict);
        print_totals(terminal, run);
    }
    if (run->end != RUN_COMPLETE) {
        fprintf(terminal->out, "  %s: %" PRIu32 " of %" PRIu32 " iterations\n",
                run_end_text(run->end), run->iteration_count, run->config->iterations);
    }
    fputs("  verdict ", terminal->out);
    print_verdict(terminal, run->verdict.verdict);
    fprintf(terminal->out, ": %s\n  artifacts in %s\n", run->verdict.text, directory);
    fflush(terminal->out);
}
