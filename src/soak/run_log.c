#include "soak/run_log.h"

#include "base/log.h"
#include "soak/reporter.h"

#include <inttypes.h>

void run_log_start(const struct run_record *run, double risk_percent, int64_t position_limit_lots)
{
    const struct run_config *config = run->config;
    log_event(LOG_INFO, "soak_start",
              "symbol=%s venue=%s market=%s profile=%s seed=%" PRIu64 " iterations=%" PRIu32
              " window_ns=%" PRId64 " tuner=%s risk_percent=%.1f position_limit_lots=%" PRId64,
              run->instrument.symbol, run->venue, config->preset.name,
              config->settings[CONFIG_PROFILE_NAME].value, config->seed, config->iterations,
              run->window_ns, config->settings[CONFIG_TUNER].value, risk_percent,
              position_limit_lots);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        char origin[CONFIG_ORIGIN_SIZE], value[DECIMAL_TEXT_SIZE];
        config_param_origin(config, (enum param_id)i, origin);
        param_print((enum param_id)i, config->params.steps[i], value);
        log_event(LOG_INFO, "config", "key=%s value=%s source=%s", param_specs[i].key, value,
                  origin);
    }
    for (size_t i = 0; i < CONFIG_SETTING_COUNT; i++) {
        char quoted[2 * CONFIG_VALUE_SIZE];
        log_event(LOG_INFO, "setting", "key=%s value=%s source=%s",
                  config_setting_name((enum config_setting_id)i),
                  log_quote(config->settings[i].value, quoted, sizeof quoted),
                  config_source_name(config->settings[i].source));
    }
}

void run_log_iteration(const struct iteration_record *record)
{
    struct kpi_value net = kpi_value(&record->summary, KPI_NET_BPS);
    struct kpi_value risk = kpi_value(&record->summary, KPI_RISK_RATIO);
    log_decision("iteration",
                 "iteration=%" PRIu32 " verdict=%s net_bps=%.3f risk_percent=%.2f fills=%" PRIu64
                 " action=%s position_lots=%" PRId64,
                 record->iteration, gate_verdict_name(record->gate.verdict), net.real,
                 100 * risk.real, record->summary.fill_count,
                 guard_action_name(record->outcome.action), record->summary.position_lots);
    struct report_change changes[REPORT_CHANGES_MAX];
    uint32_t count = report_changes(record, REPORT_ALL, changes);
    for (uint32_t i = 0; i < count; i++) {
        char quoted[LOG_LINE_SIZE / 2];
        log_decision("change", "iteration=%" PRIu32 " text=%s", record->iteration,
                     log_quote(changes[i].text, quoted, sizeof quoted));
    }
}
