// The result of a backtest: for people, as a page and as JSON.
#include "base/json.h"
#include "cmd/backtest.h"
#include "kpi/kpi_names.h"
#include "observe/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// "+0.123 bps", or a dash where nothing is known.
static void print_kpi(const char *title, const struct kpi_summary *kpi, enum kpi_name name)
{
    struct kpi_value value = kpi_value(kpi, name);
    if (value.has) {
        printf("  %s %+.3f %s", title, value.real, kpi_name_specs[name].unit);
    } else {
        printf("  %s -", title);
    }
}

static void print_text(const struct report_run *run, const struct backtest_output *output)
{
    const struct kpi_summary *kpi = run->kpi;
    char money[DECIMAL_TEXT_SIZE], position[DECIMAL_TEXT_SIZE];
    const char *settle = run->instrument->settle[0] != '\0' ? run->instrument->settle : "coin";
    decimal_print((struct decimal){kpi->part_quote_e9[KPI_NET], -9}, money);
    decimal_print_steps(kpi->position_lots, run->instrument->lot, position);
    printf("%s, %s: net %s %s, %" PRIu64 " fills, position %s\n", run->instrument->symbol,
           run->strategy, money, settle, kpi->fill_count, position);
    print_kpi("net", kpi, KPI_NET_BPS);
    print_kpi("gross", kpi, KPI_GROSS_BPS);
    print_kpi("slippage", kpi, KPI_SLIPPAGE_BPS);
    print_kpi("adverse", kpi, KPI_ADVERSE_BPS);
    print_kpi("inventory", kpi, KPI_INVENTORY_BPS);
    print_kpi("fees", kpi, KPI_FEES_BPS);
    printf("\n");
    if (run->verdict != NULL) {
        printf("verdict %s%s%s\n", gate_verdict_name(run->verdict->verdict),
               run->verdict->finding_count > 0 ? ": " : "",
               run->verdict->finding_count > 0 ? run->verdict->findings[0].text : "");
    }
    if (output->report_path != NULL) {
        printf("report: %s\n", output->report_path);
    }
}

void backtest_add_setting(struct backtest_settings *settings, struct report_setting setting)
{
    if (settings->count == BACKTEST_SETTINGS_MAX) {
        return;
    }
    uint32_t at = settings->count++;
    (void)snprintf(settings->values[at], CONFIG_VALUE_SIZE, "%s", setting.value);
    (void)snprintf(settings->sources[at], BACKTEST_SOURCE_SIZE, "%s", setting.source);
    setting.value = settings->values[at];
    setting.source = settings->sources[at];
    settings->of[at] = setting;
}

void backtest_add_option(struct backtest_settings *settings, const char *name, const char *given,
                         const char *otherwise)
{
    backtest_add_setting(
        settings,
        (struct report_setting){"run", name, given != NULL ? given : otherwise, "",
                                config_source_name(given != NULL ? CONFIG_CLI : CONFIG_DEFAULT)});
}

static int write_object(const struct report_run *run, const struct backtest_output *output)
{
    int code = MM_OK;
    size_t size = 0;
    json_t *report = report_json(run);
    char *line = json_document_line(report, &size);
    json_decref(report);
    if (line == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot encode the report");
    }
    if (output->report_path != NULL) {
        code = page_write(output->report_path, PAGE_REPORT, line, size);
    }
    if (code == MM_OK && output->json) {
        fputs(line, stdout);
    }
    free(line);
    return code;
}

int backtest_write(const struct report_run *run, const struct backtest_output *output)
{
    bool wants_object = output->json || output->report_path != NULL;
    int code = wants_object ? write_object(run, output) : MM_OK;
    if (code == MM_OK && !output->json) {
        print_text(run, output);
    }
    return code;
}

// ---- a strategy that is watched ----

enum { MARKOUT_NS = 1000000000, PENDING_MAX = 4096, SAMPLES_MAX = 65536 };

void backtest_watch_open(struct backtest_watch *watch, struct venue *venue)
{
    watch->history = history_create(venue->now_ns, venue->end_ns - venue->now_ns);
    struct watch_config config = {
        .kpi = {.markout_ns = MARKOUT_NS, .pending_max = PENDING_MAX, .samples_max = SAMPLES_MAX},
        .sink = history_sink(watch->history)};
    watch->watch = watch_create(venue, &config);
}

void backtest_watch_close(struct backtest_watch *watch)
{
    watch_destroy(watch->watch);
    history_destroy(watch->history);
    *watch = (struct backtest_watch){0};
}

int backtest_watch_write(struct backtest_watch *watch, const char *strategy, const char *market,
                         const struct backtest_settings *settings,
                         const struct backtest_output *output)
{
    struct kpi_summary summary;
    watch_close(watch->watch, &summary);
    struct report_run run = {.command = "backtest",
                             .strategy = strategy,
                             .market = market,
                             .instrument = &watch_venue(watch->watch)->instrument,
                             .kpi = &summary,
                             .markout_ns = MARKOUT_NS,
                             .sample_interval_ns = watch->history->sample_interval_ns,
                             .series = &watch->history->series,
                             .fills = &watch->history->fills,
                             .orders = &watch->history->orders,
                             .settings = settings->of,
                             .setting_count = settings->count};
    return backtest_write(&run, output);
}
