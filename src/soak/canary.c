#include "soak/canary.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/units.h"
#include "soak/reporter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FAILS_MAX = 1000, ROWS_MAX = 12, PATHS_SHOWN = 48 };

double canary_panic_probability(double rate, uint32_t windows, uint32_t fails)
{
    MM_ASSERT(fails >= 1 && fails <= FAILS_MAX);
    double streak[FAILS_MAX] = {1}; // of each length, without a panic so far
    double panic = 0;
    for (uint32_t window = 0; window < windows; window++) {
        double whole = 0, longest = streak[fails - 1];
        for (uint32_t i = 0; i < fails; i++) {
            whole += streak[i];
        }
        for (uint32_t i = fails - 1; i > 0; i--) {
            streak[i] = rate * streak[i - 1];
        }
        streak[0] = (1 - rate) * whole;
        panic += rate * longest;
    }
    return panic;
}

double canary_rate_upper(uint32_t failed, uint32_t windows)
{
    const double z = 1.959963984540054; // the normal distribution's 97.5 %
    double n = windows, rate = failed / n;
    double centre = rate + z * z / (2 * n);
    double half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
    return (centre + half) / (1 + z * z / n);
}

// ---- over time ----

struct block {
    uint32_t from, to; // iterations, from..to
    uint32_t verdicts[GATE_VERDICT_COUNT];
    uint64_t fills, decisions, risk_decisions;
    int64_t net_quote_e9, notional_quote_e9;
};

static void add_to_block(struct block *block, const struct iteration_record *record)
{
    const struct kpi_summary *summary = &record->summary;
    block->to = record->iteration;
    block->verdicts[record->gate.verdict]++;
    block->fills += summary->fill_count;
    block->decisions += summary->decision_count;
    block->risk_decisions += summary->decision_risk_count;
    block->net_quote_e9 = add_checked(block->net_quote_e9, summary->part_quote_e9[KPI_NET]);
    block->notional_quote_e9 = add_checked(block->notional_quote_e9, summary->notional_quote_e9);
}

static void print_block(const struct block *block, struct text *out)
{
    char net[DECIMAL_TEXT_SIZE], bps[32] = "-";
    report_money(block->net_quote_e9, 2, net);
    if (block->notional_quote_e9 > 0) {
        snprintf(bps, sizeof bps, "%.3f",
                 (double)block->net_quote_e9 / (double)block->notional_quote_e9 * 1e4);
    }
    double risk =
        block->decisions > 0 ? 100.0 * (double)block->risk_decisions / (double)block->decisions : 0;
    uint32_t fail =
        block->verdicts[GATE_FAIL] + block->verdicts[GATE_PANIC] + block->verdicts[GATE_ERROR];
    text_add(out, "| %" PRIu32 " .. %" PRIu32 " | %s | %s | %" PRIu64 " | %.1f |", block->from,
             block->to, bps, net, block->fills, risk);
    text_add(out, " %" PRIu32 " | %" PRIu32 " | %" PRIu32 " | %" PRIu32 " |\n",
             block->verdicts[GATE_PASS], block->verdicts[GATE_WARN],
             block->verdicts[GATE_INCONCLUSIVE], fail);
}

static void print_over_time(const struct run_record *run, struct text *out)
{
    uint32_t first = run_record_first(run), count = run->iteration_count + 1 - first;
    uint32_t length = (count + ROWS_MAX - 1) / ROWS_MAX;
    text_add(
        out,
        "\n## Over time\n\n"
        "| windows | net bps | net %s | fills | risk %% | PASS | WARN | INCONCLUSIVE | FAIL |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        run->instrument.settle);
    for (uint32_t from = first; from <= run->iteration_count; from += length) {
        struct block block = {.from = from};
        for (uint32_t i = from; i < from + length && i <= run->iteration_count; i++) {
            add_to_block(&block, run_record_at(run, i));
        }
        print_block(&block, out);
    }
}

// ---- the market ----

static bool is_fail(enum gate_verdict verdict)
{
    return verdict == GATE_FAIL || verdict == GATE_PANIC;
}

static bool is_good(enum gate_verdict verdict)
{
    return verdict == GATE_PASS || verdict == GATE_WARN;
}

static void print_regime(const struct regime_totals *totals, enum sim_regime regime,
                         struct text *out)
{
    char net[DECIMAL_TEXT_SIZE], bps[32] = "-";
    report_money(totals->net_quote_e9, 2, net);
    if (totals->notional_quote_e9 > 0) {
        snprintf(bps, sizeof bps, "%.3f",
                 (double)totals->net_quote_e9 / (double)totals->notional_quote_e9 * 1e4);
    }
    text_add(out, "| %s | %.1f | %" PRIu32 " | %s | %s | %" PRIu64 " |", sim_regime_name(regime),
             (double)totals->time_ns / 60e9, totals->windows, bps, net, totals->fills);
    text_add(out, " %" PRIu32 " | %" PRIu32 " | %" PRIu32 " | %" PRIu32 " |\n",
             totals->verdicts[GATE_PASS], totals->verdicts[GATE_WARN],
             totals->verdicts[GATE_INCONCLUSIVE],
             totals->verdicts[GATE_FAIL] + totals->verdicts[GATE_PANIC] +
                 totals->verdicts[GATE_ERROR]);
}

// Where the next good window is that has no part in a spike; past the last one when there is none.
static uint32_t good_again(const struct run_record *run, uint32_t from)
{
    uint32_t window = from;
    while (window <= run->iteration_count &&
           (run->spiked[window - 1] || !is_good(run->verdicts[window - 1]))) {
        window++;
    }
    return window;
}

static void print_spike(const struct run_record *run, uint32_t from, uint32_t again,
                        struct text *out)
{
    text_add(out, "- window %" PRIu32 ": %s", from, gate_verdict_name(run->verdicts[from - 1]));
    if (again > run->iteration_count) {
        text_add(out, "; the run ended before a window without a spike was good\n");
        return;
    }
    char time[DURATION_TEXT_SIZE];
    duration_print((int64_t)(again - from) * run->window_ns, time);
    text_add(out, "; good again in window %" PRIu32 " (%s), %s after this one began\n", again,
             gate_verdict_name(run->verdicts[again - 1]), time);
}

static void print_spikes(const struct run_record *run, struct text *out)
{
    uint32_t spikes = 0, recovered = 0, windows = 0, longest = 0;
    text_add(out, "\n");
    for (uint32_t i = 1; i <= run->iteration_count; i++) {
        if (!run->spiked[i - 1]) {
            continue;
        }
        uint32_t again = good_again(run, i);
        if (++spikes <= ROWS_MAX) {
            print_spike(run, i, again, out);
        }
        if (again <= run->iteration_count) {
            uint32_t length = again - i;
            recovered++;
            windows += length;
            longest = length > longest ? length : longest;
        }
        i = again - 1;
    }
    text_add(out, "%s%" PRIu32 " spike%s", spikes > 0 ? "\n" : "", spikes, spikes == 1 ? "" : "s");
    if (recovered > 0) {
        text_add(out, "; recovered after %.1f windows on average, %" PRIu32 " at most",
                 (double)windows / recovered, longest);
    }
    text_add(out, ".\n");
}

static void print_market(const struct run_record *run, struct text *out)
{
    text_add(
        out,
        "\n## The market\n\n"
        "| regime | minutes | windows | net bps | net %s | fills | PASS | WARN | INCONCLUSIVE | "
        "FAIL |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        run->instrument.settle);
    for (enum sim_regime regime = 0; regime < SIM_REGIME_COUNT; regime++) {
        if (run->regimes[regime].time_ns > 0) {
            print_regime(&run->regimes[regime], regime, out);
        }
    }
    print_spikes(run, out);
}

// ---- tuner and guards ----

// Changes of one parameter by one cause in one direction, with none by another in between.
struct path {
    enum param_id id;
    const char *cause, *why; // why of the first
    uint32_t from, to;       // windows
    uint32_t steps;
    int32_t before, after;
};

// What a page has room for.
struct paths {
    struct path paths[PATHS_SHOWN];
    uint32_t count, hidden;
    struct path *last[PARAM_COUNT]; // of each parameter; NULL = none, or not shown
};

static bool goes_on(const struct path *path, const char *cause, int32_t before, int32_t after)
{
    return path != NULL && strcmp(path->cause, cause) == 0 &&
           (path->after > path->before) == (after > before);
}

static void add_change(struct paths *paths, const struct iteration_record *record, enum param_id id)
{
    int32_t before = record->outcome.before.steps[id], after = record->outcome.after.steps[id];
    const char *why = "";
    const char *cause = report_change_cause(record, id, &why);
    struct path *last = paths->last[id];
    if (before == after) {
        return;
    }
    if (goes_on(last, cause, before, after)) {
        last->to = record->iteration;
        last->after = after;
        last->steps++;
        return;
    }
    paths->last[id] = NULL;
    if (paths->count == PATHS_SHOWN) {
        paths->hidden++;
        return;
    }
    paths->last[id] = &paths->paths[paths->count++];
    *paths->last[id] = (struct path){.id = id,
                                     .cause = cause,
                                     .why = why,
                                     .from = record->iteration,
                                     .to = record->iteration,
                                     .steps = 1,
                                     .before = before,
                                     .after = after};
}

static void print_path(const struct path *path, struct text *out)
{
    char before[DECIMAL_TEXT_SIZE], after[DECIMAL_TEXT_SIZE];
    param_print(path->id, path->before, before);
    param_print(path->id, path->after, after);
    const char *key = param_specs[path->id].key;
    if (path->steps == 1) {
        text_add(out, "- window %" PRIu32 ": %s %s -> %s; %s", path->from, key, before, after,
                 path->cause);
    } else {
        text_add(out,
                 "- windows %" PRIu32 " .. %" PRIu32 ": %s %s -> %s in %" PRIu32 " changes; %s",
                 path->from, path->to, key, before, after, path->steps, path->cause);
    }
    text_add(out, "%s%s\n",
             path->why[0] == '\0' ? ""
             : path->steps == 1   ? ": "
                                  : ", first: ",
             path->why);
}

// Every change of the newest windows with its reason; those in a row are one line.
static void print_paths(const struct run_record *run, struct text *out)
{
    struct paths paths = {0};
    for (uint32_t i = run_record_first(run); i <= run->iteration_count; i++) {
        for (enum param_id id = 0; id < PARAM_COUNT; id++) {
            add_change(&paths, run_record_at(run, i), id);
        }
    }
    for (uint32_t i = 0; i < paths.count; i++) {
        text_add(out, "%s", i == 0 ? "\n" : "");
        print_path(&paths.paths[i], out);
    }
    if (paths.hidden > 0) {
        text_add(out, "- and more: TUNING_REPORT.json has every change\n");
    }
}

static void print_tuning(const struct run_record *run, struct text *out)
{
    const struct tuning_totals *tuning = &run->tuning;
    text_add(out,
             "\n## Tuner and guards\n\n"
             "%" PRIu64 " changes proposed in %" PRIu64 " windows: %" PRIu64 " applied, %" PRIu64
             " cut, %" PRIu64 " refused; %" PRIu64 " panics.\n",
             tuning->proposed, tuning->iterations_proposed, tuning->applied, tuning->cut,
             tuning->refused, tuning->panics);
    for (enum guard_reason reason = 1; reason < GUARD_REASON_COUNT; reason++) {
        if (tuning->by_reason[reason] > 0) {
            text_add(out, "- %" PRIu64 " by %s: %s\n", tuning->by_reason[reason],
                     guard_reason_name(reason), guard_reason_text(reason));
        }
    }
    print_paths(run, out);
}

static void print_modes(const struct run_record *run, struct text *out)
{
    static const char *const names[GUARD_MODE_COUNT] = {
        [GUARD_MODE_FROZEN] = "frozen while stable",
        [GUARD_MODE_COOLDOWN] = "resting after a large change",
        [GUARD_MODE_PANIC_HOLD] = "held after a panic",
        [GUARD_MODE_LATENCY_FROZEN] = "frozen for latency",
        [GUARD_MODE_ON_SAFE] = "on the safe profile after a panic",
        [GUARD_MODE_HALTED] = "halted",
    };
    uint32_t counts[GUARD_MODE_COUNT] = {0}, free_count = 0, windows = 0;
    for (uint32_t i = run_record_first(run); i <= run->iteration_count; i++, windows++) {
        bool any = false;
        for (size_t mode = 0; mode < GUARD_MODE_COUNT; mode++) {
            counts[mode] += run_record_at(run, i)->modes[mode];
            any |= run_record_at(run, i)->modes[mode];
        }
        free_count += !any;
    }
    text_add(out, "\n## Time in each state\n\n- %" PRIu32 " of %" PRIu32 " windows free to tune\n",
             free_count, windows);
    for (size_t mode = 0; mode < GUARD_MODE_COUNT; mode++) {
        if (counts[mode] > 0) {
            text_add(out, "- %" PRIu32 " %s\n", counts[mode], names[mode]);
        }
    }
}

// ---- failures ----

// From the first failure to the next good window.
static void print_recovery(const struct run_record *run, struct text *out)
{
    uint32_t episodes = 0, longest = 0, sum = 0, since = 0;
    for (uint32_t i = 1; i <= run->iteration_count; i++) {
        enum gate_verdict verdict = run->verdicts[i - 1];
        if (since == 0 && is_fail(verdict)) {
            since = i;
        } else if (since > 0 && is_good(verdict)) {
            uint32_t length = i - since;
            longest = length > longest ? length : longest;
            sum += length;
            episodes++;
            since = 0;
        }
    }
    if (episodes > 0) {
        text_add(out,
                 "Good again after %.1f windows on average, %" PRIu32 " at most (%" PRIu32
                 " times).\n",
                 (double)sum / episodes, longest, episodes);
    }
    if (since > 0) {
        text_add(out, "Not good again since window %" PRIu32 ".\n", since);
    }
}

static void print_failures(const struct run_record *run, struct text *out)
{
    uint32_t failed = 0, count = run->iteration_count;
    for (uint32_t i = 0; i < count; i++) {
        failed += is_fail(run->verdicts[i]);
    }
    text_add(out, "\n## Failures and chance\n\n%" PRIu32 " of %" PRIu32 " windows failed.\n",
             failed, count);
    if (count == 0) {
        return;
    }
    uint32_t fails = run->config->preset.guard.panic_fails;
    double rate = (double)failed / count, upper = canary_rate_upper(failed, count);
    text_add(out,
             "At that rate, %.3f, a panic (%" PRIu32 " failures in a row) within %" PRIu32
             " windows has probability %.4f if\nfailures are independent; at the upper end of the "
             "rate's 95 %% interval, %.3f, it has %.4f.\nFailures that come together, as in a "
             "regime, make it more likely.\n",
             rate, fails, count, canary_panic_probability(rate, count, fails), upper,
             canary_panic_probability(upper, count, fails));
    print_recovery(run, out);
}

// ---- the page ----

static void print_machine(struct canary_machine before, struct canary_machine after,
                          struct text *out)
{
    text_add(out,
             "\n## Disk and memory\n\n"
             "| | start | end |\n|---|--:|--:|\n"
             "| artifacts, MB | %.1f | %.1f |\n| resident memory, MB | %.1f | %.1f |\n",
             (double)before.disk_bytes / 1e6, (double)after.disk_bytes / 1e6,
             (double)before.memory_bytes / 1e6, (double)after.memory_bytes / 1e6);
}

void canary_report(const struct run_record *run, struct canary_machine before,
                   struct canary_machine after, struct text *out)
{
    char window[DURATION_TEXT_SIZE], net[DECIMAL_TEXT_SIZE];
    duration_print(run->window_ns, window);
    report_money(run->total.part_quote_e9[KPI_NET], 2, net);
    text_add(out, "# Canary: %s\n\n%s.\n\n", gate_verdict_name(run->verdict.verdict),
             run->verdict.text);
    text_add(out,
             "%s on %s, market %s, profile %s, seed %" PRIu64 ", tuner %s: %" PRIu32 " of %" PRIu32
             " windows of %s; %s.\n",
             run->instrument.symbol, run->venue, run->config->preset.name,
             run->config->settings[CONFIG_PROFILE_NAME].value, run->config->seed,
             run->config->settings[CONFIG_TUNER].value, run->iteration_count,
             run->config->iterations, window, run_end_text(run->end));
    text_add(out, "Net %s %s, %.3f bps of what was traded, in %" PRIu64 " fills.\n", net,
             run->instrument.settle, run->total.part_bps[KPI_NET], run->total.fill_count);
    if (run->iteration_count > 0) {
        print_over_time(run, out);
        if (run->has_regimes) {
            print_market(run, out);
        }
        print_tuning(run, out);
        print_modes(run, out);
    }
    print_failures(run, out);
    print_machine(before, after, out);
}
