// Every KPI by the name artifacts, metrics and documents know it, and its value in a summary.
//
// One table, in the order in which KPIs are shown; docs/kpi.md explains each. Pure; any thread.
#ifndef MM_KPI_KPI_NAMES_H
#define MM_KPI_KPI_NAMES_H

#include "kpi/kpi.h"

#include <stdbool.h>
#include <stdint.h>

enum kpi_name {
    KPI_NET_BPS,
    KPI_GROSS_BPS,
    KPI_FEES_BPS,
    KPI_SLIPPAGE_BPS,
    KPI_ADVERSE_BPS,
    KPI_INVENTORY_BPS,
    KPI_NET_QUOTE_E9,
    KPI_GROSS_QUOTE_E9,
    KPI_FEES_QUOTE_E9,
    KPI_SLIPPAGE_QUOTE_E9,
    KPI_ADVERSE_QUOTE_E9,
    KPI_INVENTORY_QUOTE_E9,
    KPI_NET_PER_HOUR,
    KPI_FILLS_PER_HOUR,
    KPI_ADVERSE_BPS_P95,
    KPI_SLIPPAGE_BPS_P95,
    KPI_ORDER_AGE_P95_MS,
    KPI_P95_LATENCY_MS,
    KPI_WS_LAG_P95_MS,
    KPI_CANCEL_RATIO,
    KPI_MAKER_TAKER_RATIO,
    KPI_RISK_RATIO,
    KPI_FILLS,
    KPI_NOTIONAL_QUOTE_E9,
    KPI_FUNDING_QUOTE_E9,
    KPI_EQUITY_CHANGE_QUOTE_E9,
    KPI_MAX_DRAWDOWN_QUOTE_E9,
    KPI_POSITION_LOTS,
    KPI_MAX_ABS_POSITION_LOTS,
    KPI_FILLS_WITHOUT_WANTED,
    KPI_FILLS_WITHOUT_MID,
    KPI_MARKOUTS_EARLY,
    KPI_NAME_COUNT
};

struct kpi_name_spec {
    const char *name; // as in the artifacts
    const char *unit; // "bps", "1e-9 coin", "coin/h", "1/h", "ms", "share", "lots", "fills"
    bool is_integer;
    int decimals; // that presentation keeps of a real; 0 for integers
    const char *what;
};

extern const struct kpi_name_spec kpi_name_specs[KPI_NAME_COUNT];

// `integer` for specs with is_integer, `real` for all of them.
struct kpi_value {
    bool has; // false = no data: null in artifacts
    int64_t integer;
    double real;
};

struct kpi_value kpi_value(const struct kpi_summary *summary, enum kpi_name name);

// KPI_NAME_COUNT when there is no such name.
enum kpi_name kpi_name_find(const char *name);

#endif
