// What trading was worth: every fill split into parts that add up exactly, gathered over windows.
//
// The formulas are DESIGN 8's. Each part of a fill is a difference of the instrument's rounded
// valuation V, so the parts telescope; at the window's close the inventory part is what the marked
// position gained less what the fills' own parts already explain, which puts the rounding of V over
// sums (inverse contracts) and the opening position's gain into `inventory` and makes
//     gross - slippage - adverse - inventory - fees - funding = change of the ledger's equity
// hold to the last unit; this is net. Funding belongs to no fill. Memory is sized at init; nothing
// is allocated per event. Owned by the engine's thread. Values without data are absent (`has_...`
// false, null in artifacts), never 0.
//
// Time does not run backwards between calls. What is reported outside a window belongs to none and
// is ignored, except the mid, which is remembered.
#ifndef MM_KPI_KPI_H
#define MM_KPI_KPI_H

#include "base/error.h"
#include "market/event.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stdint.h>

enum kpi_part {
    KPI_GROSS,
    KPI_SLIPPAGE,
    KPI_ADVERSE,
    KPI_INVENTORY,
    KPI_FEES,
    KPI_NET,
    KPI_PART_COUNT
};

// Why a wanted order action was not sent (DESIGN 8: block_reasons).
enum kpi_block {
    KPI_BLOCK_MIN_INTERVAL,
    KPI_BLOCK_CONCURRENCY,
    KPI_BLOCK_RISK,
    KPI_BLOCK_THROTTLE,
    KPI_BLOCK_COUNT
};

enum kpi_sample {
    KPI_SAMPLE_ADVERSE_BPS_E4,  // per fill, 1e-4 bps
    KPI_SAMPLE_SLIPPAGE_BPS_E4, // per fill
    KPI_SAMPLE_ORDER_AGE_NS,    // age of an order when it ended (fill, cancel, replace)
    KPI_SAMPLE_LATENCY_NS,      // decision to acknowledgement
    KPI_SAMPLE_FEED_LAG_NS,     // exchange stamp to us
    KPI_SAMPLE_COUNT
};

struct kpi_config {
    int64_t markout_ns;   // h, default 1 s
    uint32_t pending_max; // fills that may wait for their markout at once
    uint32_t samples_max; // kept per window and kind; beyond it every second one, and so on
};

struct kpi_fill {
    int64_t now_ns;
    enum side side;
    int64_t price_ticks, qty_lots;
    int64_t wanted_price_ticks; // what the quoter last wanted there; used when has_wanted
    int64_t fee_quote_e9;
    bool has_wanted, maker;
};

// A closed window. Optional numbers come with their has_ flag.
struct kpi_summary {
    int64_t from_ns, to_ns;
    int64_t part_quote_e9[KPI_PART_COUNT];
    int64_t notional_quote_e9; // traded
    uint64_t fill_count, maker_fill_count, fill_without_wanted_count, fill_without_mid_count;
    uint64_t markout_early_count; // measured before their time because pending_max was reached
    int64_t volume_lots, maker_volume_lots;
    bool has_bps; // any notional
    double part_bps[KPI_PART_COUNT];
    bool has_p95[KPI_SAMPLE_COUNT];
    int64_t p95[KPI_SAMPLE_COUNT];
    uint64_t place_count, replace_count, cancel_count;
    uint64_t decision_count,
        decision_risk_count; // wanted quotes looked at; refused or reduced by risk
    uint64_t block_count[KPI_BLOCK_COUNT];
    int64_t funding_quote_e9;       // paid for holding the position; negative: received
    int64_t equity_change_quote_e9; // by the ledger: must equal part_quote_e9[KPI_NET]
    int64_t position_lots;          // at the close
    int64_t max_abs_position_lots;
    int64_t max_drawdown_quote_e9; // largest fall of equity from its peak inside the window, marked
                                   // on mids
};

struct kpi;

struct kpi *kpi_create(const struct kpi_config *config, const struct instrument *instrument);
void kpi_destroy(struct kpi *kpi);

// Opens a window at a position and the ledger's equity at `mid_half_ticks`; mid 0 = none now: the
// mark is then kpi_mark_half_ticks(), and only a position of 0 may have none at all (a run that
// opens with a position gives its entry price while the market has not spoken).
void kpi_open(struct kpi *kpi, int64_t now_ns, int64_t position_lots, int64_t mid_half_ticks,
              int64_t equity_quote_e9);

// Our local mid (own orders excluded) as it changes; 0 = a side is empty, the last valid one stays.
// A markout at t + h uses the last mid with a stamp of at most t + h.
// `equity_quote_e9` is the ledger's at that mid (ignored when it is 0): drawdown is followed with
// it.
void kpi_mid(struct kpi *kpi, int64_t now_ns, int64_t mid_half_ticks, int64_t equity_quote_e9);
// Without any mid yet the fill's own price stands for it in the money parts, and the fill adds no
// adverse sample; without a wanted price it adds no slippage sample.
void kpi_fill(struct kpi *kpi, const struct kpi_fill *fill);
void kpi_funding(struct kpi *kpi, int64_t paid_quote_e9);
void kpi_sample(struct kpi *kpi, enum kpi_sample sample, int64_t value);
void kpi_sent(struct kpi *kpi, int op); // enum venue_op as int: place, amend, cancel
// Wanted quotes that were judged, and how many of them risk cut or refused.
void kpi_decisions(struct kpi *kpi, uint32_t count, uint32_t risk_cut_count);
void kpi_blocked(struct kpi *kpi, enum kpi_block reason);

// Closes the window at kpi_mark_half_ticks(); `equity_quote_e9` is the ledger's at that mark (any
// value when there is no mark: then the position is 0). The position must be the opening one plus
// the fills.
void kpi_close(struct kpi *kpi, int64_t now_ns, int64_t position_lots, int64_t equity_quote_e9,
               struct kpi_summary *out);

// What closing the open window now, at this equity, would say of its parts; changes nothing.
struct kpi_course {
    int64_t part_quote_e9[KPI_PART_COUNT];
    int64_t drawdown_quote_e9; // below the highest equity of the window so far
};
struct kpi_course kpi_so_far(struct kpi *kpi, int64_t equity_quote_e9);

// The open window as closing it now at this equity would sum it up, without percentiles and
// drawdown; false and all 0 when none is open. Changes nothing.
bool kpi_look(struct kpi *kpi, int64_t equity_quote_e9, struct kpi_summary *out);

// Called when a fill's markout is measured in its time: `fill_number` counts the calls of kpi_fill,
// from 0. Fills measured early (pending_max, the window's close) have no call. Borrowed for the
// life of the kpi; NULL = nobody.
struct kpi_observer {
    void *context;
    void (*markout)(void *context, uint64_t fill_number, int64_t later_half_ticks);
};
void kpi_observe(struct kpi *kpi, struct kpi_observer observer);

// The mark the next kpi_close will use: the last valid mid; while there was none in the whole run,
// the last fill's price; 0 = neither.
int64_t kpi_mark_half_ticks(const struct kpi *kpi);

// Derived ratios of DESIGN 8; false = no data.
bool kpi_cancel_ratio(const struct kpi_summary *summary, double *out);
bool kpi_maker_share(const struct kpi_summary *summary, double *out);
bool kpi_risk_ratio(const struct kpi_summary *summary, double *out);
bool kpi_block_share(const struct kpi_summary *summary, enum kpi_block reason, double *out);
// Net in whole settlement coins and fills, both per hour of the window.
bool kpi_per_hour(const struct kpi_summary *summary, double *net_quote, double *fills);

// The parts that cost most money, dearest first, when the window lost money: of slippage, adverse,
// inventory and fees those above 0, ties in the order of `enum kpi_part`. Returns how many.
enum { KPI_DRIVER_MAX = 2 };
uint32_t kpi_neg_edge_drivers(const struct kpi_summary *summary, enum kpi_part out[KPI_DRIVER_MAX]);

const char *kpi_part_name(enum kpi_part part);     // "gross", "slippage", ...
const char *kpi_block_name(enum kpi_block reason); // "min_interval", ...

#endif
