#include "kpi/kpi_names.h"

#include "base/check.h"

#include <string.h>

#define BPS(text) "bps", false, 4, text
#define MONEY(text) "1e-9 coin", true, 0, text
#define MS(text) "ms", false, 3, text
#define SHARE(text) "share", false, 4, text
#define COUNT(text) "fills", true, 0, text
#define LOTS(text) "lots", true, 0, text

const struct kpi_name_spec kpi_name_specs[KPI_NAME_COUNT] = {
    [KPI_NET_BPS] = {"net_bps", BPS("what was earned, of the traded notional")},
    [KPI_GROSS_BPS] = {"gross_bps", BPS("edge the quotes asked for")},
    [KPI_FEES_BPS] = {"fees_bps", BPS("fees charged, a rebate is negative")},
    [KPI_SLIPPAGE_BPS] = {"slippage_bps", BPS("lost against the price wanted")},
    [KPI_ADVERSE_BPS] = {"adverse_bps", BPS("taken back by the market after the fill")},
    [KPI_INVENTORY_BPS] = {"inventory_bps", BPS("lost by holding the position")},
    [KPI_NET_QUOTE_E9] = {"net_quote_e9", MONEY("what was earned")},
    [KPI_GROSS_QUOTE_E9] = {"gross_quote_e9", MONEY("edge the quotes asked for")},
    [KPI_FEES_QUOTE_E9] = {"fees_quote_e9", MONEY("fees charged, a rebate is negative")},
    [KPI_SLIPPAGE_QUOTE_E9] = {"slippage_quote_e9", MONEY("lost against the price wanted")},
    [KPI_ADVERSE_QUOTE_E9] = {"adverse_quote_e9", MONEY("taken back by the market")},
    [KPI_INVENTORY_QUOTE_E9] = {"inventory_quote_e9", MONEY("lost by holding the position")},
    [KPI_NET_PER_HOUR] = {"net_per_hour", "coin/h", false, 9, "what was earned per hour"},
    [KPI_FILLS_PER_HOUR] = {"fills_per_hour", "1/h", false, 3, "fills per hour"},
    [KPI_ADVERSE_BPS_P95] = {"adverse_bps_p95", BPS("95th percentile over fills")},
    [KPI_SLIPPAGE_BPS_P95] = {"slippage_bps_p95", BPS("95th percentile over fills")},
    [KPI_ORDER_AGE_P95_MS] = {"order_age_p95_ms", MS("age of an order when it ended")},
    [KPI_P95_LATENCY_MS] = {"p95_latency_ms", MS("decision to acknowledgement")},
    [KPI_WS_LAG_P95_MS] = {"ws_lag_p95_ms", MS("exchange's stamp to us")},
    [KPI_CANCEL_RATIO] = {"cancel_ratio", SHARE("cancels of all that was sent")},
    [KPI_MAKER_TAKER_RATIO] = {"maker_taker_ratio", SHARE("maker volume of all volume")},
    [KPI_RISK_RATIO] = {"risk_ratio", SHARE("decisions that a risk limit cut")},
    [KPI_FILLS] = {"fills", COUNT("fills in the window")},
    [KPI_NOTIONAL_QUOTE_E9] = {"notional_quote_e9", MONEY("traded notional")},
    [KPI_FUNDING_QUOTE_E9] = {"funding_quote_e9", MONEY("paid for holding the position")},
    [KPI_EQUITY_CHANGE_QUOTE_E9] = {"equity_change_quote_e9", MONEY("by the ledger, equals net")},
    [KPI_MAX_DRAWDOWN_QUOTE_E9] = {"max_drawdown_quote_e9", MONEY("largest fall from a peak")},
    [KPI_POSITION_LOTS] = {"position_lots", LOTS("position at the window's end")},
    [KPI_MAX_ABS_POSITION_LOTS] = {"max_abs_position_lots", LOTS("largest position, unsigned")},
    [KPI_FILLS_WITHOUT_WANTED] = {"fills_without_wanted", COUNT("no wanted price was known")},
    [KPI_FILLS_WITHOUT_MID] = {"fills_without_mid", COUNT("no mid was known")},
    [KPI_MARKOUTS_EARLY] = {"markouts_early", COUNT("measured before their time")}};

static struct kpi_value integer_value(int64_t value)
{
    return (struct kpi_value){.has = true, .integer = value, .real = (double)value};
}

static struct kpi_value real_value(bool has, double value)
{
    return (struct kpi_value){.has = has, .real = has ? value : 0};
}

static struct kpi_value p95_value(const struct kpi_summary *summary, enum kpi_sample sample,
                                  double per_unit)
{
    return real_value(summary->has_p95[sample], (double)summary->p95[sample] / per_unit);
}

static struct kpi_value part_value(const struct kpi_summary *summary, enum kpi_name name)
{
    static const enum kpi_part parts[] = {KPI_NET,      KPI_GROSS,   KPI_FEES,
                                          KPI_SLIPPAGE, KPI_ADVERSE, KPI_INVENTORY};
    if (name <= KPI_INVENTORY_BPS) {
        return real_value(summary->has_bps, summary->part_bps[parts[name - KPI_NET_BPS]]);
    }
    return integer_value(summary->part_quote_e9[parts[name - KPI_NET_QUOTE_E9]]);
}

static struct kpi_value measured_value(const struct kpi_summary *summary, enum kpi_name name)
{
    double value = 0, other = 0;
    bool has = false;
    switch (name) {
    case KPI_NET_PER_HOUR:
        has = kpi_per_hour(summary, &value, &other);
        break;
    case KPI_FILLS_PER_HOUR:
        has = kpi_per_hour(summary, &other, &value);
        break;
    case KPI_ADVERSE_BPS_P95:
        return p95_value(summary, KPI_SAMPLE_ADVERSE_BPS_E4, 1e4);
    case KPI_SLIPPAGE_BPS_P95:
        return p95_value(summary, KPI_SAMPLE_SLIPPAGE_BPS_E4, 1e4);
    case KPI_ORDER_AGE_P95_MS:
        return p95_value(summary, KPI_SAMPLE_ORDER_AGE_NS, 1e6);
    case KPI_P95_LATENCY_MS:
        return p95_value(summary, KPI_SAMPLE_LATENCY_NS, 1e6);
    case KPI_WS_LAG_P95_MS:
        return p95_value(summary, KPI_SAMPLE_FEED_LAG_NS, 1e6);
    case KPI_CANCEL_RATIO:
        has = kpi_cancel_ratio(summary, &value);
        break;
    case KPI_MAKER_TAKER_RATIO:
        has = kpi_maker_share(summary, &value);
        break;
    default:
        has = kpi_risk_ratio(summary, &value);
        break;
    }
    return real_value(has, value);
}

static struct kpi_value counted_value(const struct kpi_summary *summary, enum kpi_name name)
{
    const int64_t counted[KPI_NAME_COUNT] = {
        [KPI_FILLS] = (int64_t)summary->fill_count,
        [KPI_NOTIONAL_QUOTE_E9] = summary->notional_quote_e9,
        [KPI_FUNDING_QUOTE_E9] = summary->funding_quote_e9,
        [KPI_EQUITY_CHANGE_QUOTE_E9] = summary->equity_change_quote_e9,
        [KPI_MAX_DRAWDOWN_QUOTE_E9] = summary->max_drawdown_quote_e9,
        [KPI_POSITION_LOTS] = summary->position_lots,
        [KPI_MAX_ABS_POSITION_LOTS] = summary->max_abs_position_lots,
        [KPI_FILLS_WITHOUT_WANTED] = (int64_t)summary->fill_without_wanted_count,
        [KPI_FILLS_WITHOUT_MID] = (int64_t)summary->fill_without_mid_count,
        [KPI_MARKOUTS_EARLY] = (int64_t)summary->markout_early_count,
    };
    return integer_value(counted[name]);
}

struct kpi_value kpi_value(const struct kpi_summary *summary, enum kpi_name name)
{
    MM_ASSERT(name < KPI_NAME_COUNT);
    if (name <= KPI_INVENTORY_QUOTE_E9) {
        return part_value(summary, name);
    }
    return name <= KPI_RISK_RATIO ? measured_value(summary, name) : counted_value(summary, name);
}

enum kpi_name kpi_name_find(const char *name)
{
    enum kpi_name found = 0;
    while (found < KPI_NAME_COUNT && strcmp(kpi_name_specs[found].name, name) != 0) {
        found++;
    }
    return found;
}
