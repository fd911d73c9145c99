// What is derived from a closed window.
#include "kpi/kpi.h"

static const char *const part_names[KPI_PART_COUNT] = {
    [KPI_GROSS] = "gross",         [KPI_SLIPPAGE] = "slippage", [KPI_ADVERSE] = "adverse",
    [KPI_INVENTORY] = "inventory", [KPI_FEES] = "fees",         [KPI_NET] = "net"};

static const char *const block_names[KPI_BLOCK_COUNT] = {[KPI_BLOCK_MIN_INTERVAL] = "min_interval",
                                                         [KPI_BLOCK_CONCURRENCY] = "concurrency",
                                                         [KPI_BLOCK_RISK] = "risk",
                                                         [KPI_BLOCK_THROTTLE] = "throttle"};

const char *kpi_part_name(enum kpi_part part)
{
    return part_names[part];
}

const char *kpi_block_name(enum kpi_block reason)
{
    return block_names[reason];
}

static bool ratio(double part, double whole, double *out)
{
    if (whole <= 0) {
        return false;
    }
    *out = part / whole;
    return true;
}

bool kpi_cancel_ratio(const struct kpi_summary *summary, double *out)
{
    uint64_t all = summary->place_count + summary->replace_count + summary->cancel_count;
    return ratio((double)summary->cancel_count, (double)all, out);
}

bool kpi_maker_share(const struct kpi_summary *summary, double *out)
{
    return ratio((double)summary->maker_volume_lots, (double)summary->volume_lots, out);
}

bool kpi_risk_ratio(const struct kpi_summary *summary, double *out)
{
    return ratio((double)summary->decision_risk_count, (double)summary->decision_count, out);
}

bool kpi_block_share(const struct kpi_summary *summary, enum kpi_block reason, double *out)
{
    uint64_t all = 0;
    for (int i = 0; i < KPI_BLOCK_COUNT; i++) {
        all += summary->block_count[i];
    }
    return ratio((double)summary->block_count[reason], (double)all, out);
}

bool kpi_per_hour(const struct kpi_summary *summary, double *net_quote, double *fills)
{
    double hours = (double)(summary->to_ns - summary->from_ns) / 3.6e12;
    double net = (double)summary->part_quote_e9[KPI_NET] / 1e9;
    return ratio(net, hours, net_quote) && ratio((double)summary->fill_count, hours, fills);
}

uint32_t kpi_neg_edge_drivers(const struct kpi_summary *summary, enum kpi_part out[KPI_DRIVER_MAX])
{
    const int64_t *money_e9 = summary->part_quote_e9;
    uint32_t count = 0;
    while (money_e9[KPI_NET] < 0 && count < KPI_DRIVER_MAX) {
        enum kpi_part dearest = KPI_PART_COUNT;
        for (enum kpi_part part = KPI_SLIPPAGE; part <= KPI_FEES; part++) {
            bool taken = count > 0 && out[0] == part;
            int64_t floor_e9 = dearest == KPI_PART_COUNT ? 0 : money_e9[dearest];
            if (!taken && money_e9[part] > floor_e9) {
                dearest = part;
            }
        }
        if (dearest == KPI_PART_COUNT) {
            break;
        }
        out[count++] = dearest;
    }
    return count;
}
