#include "kpi/kpi.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/memory.h"
#include "kpi/kpi_samples.h"
#include "venue/venue.h"

#include <stdlib.h>
#include <string.h>

enum { BPS_E4_PER_ONE = 100000000 }; // a share of 1 is 1e4 bps, in 1e-4 bps

// A fill whose markout is still to come.
struct markout {
    uint64_t fill_number;
    int64_t due_ns;
    int64_t signed_lots;
    int64_t mid_value_e9; // V(signed_lots, m)
    int64_t notional_e9;
    bool has_mid;
};

struct kpi {
    struct kpi_config config;
    struct instrument instrument;
    struct ring pending;                      // struct markout, in the order of due_ns
    struct samples samples[KPI_SAMPLE_COUNT]; // of the window
    struct kpi_summary window;
    struct kpi_observer observer;
    uint64_t fill_number; // of the next fill
    bool is_open;
    bool has_mid;            // mark_half_ticks is a mid, not a fill's price
    int64_t mark_half_ticks; // 0 = none
    int64_t position_lots;
    int64_t opening_value_e9; // V(position, mark) at the window's start
    int64_t markout_value_e9; // sum over settled fills of V(signed_lots, m_h)
    int64_t opening_equity_e9, peak_equity_e9;
};

static uint32_t power_of_two_above(uint32_t wanted)
{
    uint32_t size = 1;
    while (size < wanted) {
        size *= 2;
    }
    return size;
}

struct kpi *kpi_create(const struct kpi_config *config, const struct instrument *instrument)
{
    MM_ASSERT(config->markout_ns >= 0);
    MM_ASSERT(config->pending_max > 0 && config->pending_max <= UINT32_C(1) << 30);
    struct kpi *kpi = mm_alloc(1, sizeof *kpi);
    kpi->config = *config;
    kpi->instrument = *instrument;
    ring_init(&kpi->pending, sizeof(struct markout), power_of_two_above(config->pending_max));
    for (int i = 0; i < KPI_SAMPLE_COUNT; i++) {
        samples_init(&kpi->samples[i], config->samples_max);
    }
    return kpi;
}

void kpi_destroy(struct kpi *kpi)
{
    if (kpi == NULL) {
        return;
    }
    ring_fini(&kpi->pending);
    for (int i = 0; i < KPI_SAMPLE_COUNT; i++) {
        samples_fini(&kpi->samples[i]);
    }
    free(kpi);
}

static int64_t value_e9(const struct kpi *kpi, int64_t signed_lots, int64_t price_half_ticks)
{
    return signed_lots == 0 ? 0
                            : instrument_value_e9(&kpi->instrument, signed_lots, price_half_ticks);
}

static void add_part(struct kpi *kpi, enum kpi_part part, int64_t money_e9)
{
    kpi->window.part_quote_e9[part] = add_checked(kpi->window.part_quote_e9[part], money_e9);
}

// A part of one fill as 1e-4 bps of its notional; a notional that rounds to nothing tells nothing.
static void sample_bps(struct kpi *kpi, enum kpi_sample sample, int64_t money_e9,
                       int64_t notional_e9)
{
    if (notional_e9 > 0) {
        samples_add(&kpi->samples[sample], mul_div_round(money_e9, BPS_E4_PER_ONE, notional_e9));
    }
}

static void settle(struct kpi *kpi, const struct markout *markout)
{
    int64_t later_e9 = value_e9(kpi, markout->signed_lots, kpi->mark_half_ticks);
    int64_t adverse_e9 = sub_checked(markout->mid_value_e9, later_e9);
    add_part(kpi, KPI_ADVERSE, adverse_e9);
    kpi->markout_value_e9 = add_checked(kpi->markout_value_e9, later_e9);
    if (markout->has_mid) {
        sample_bps(kpi, KPI_SAMPLE_ADVERSE_BPS_E4, adverse_e9, markout->notional_e9);
    }
}

static void settle_oldest(struct kpi *kpi)
{
    settle(kpi, ring_front(&kpi->pending));
    ring_pop(&kpi->pending);
}

// Measures what was due before `now_ns` at the mid in force until now.
static void settle_due_before(struct kpi *kpi, int64_t now_ns)
{
    const struct markout *oldest;
    while ((oldest = ring_front(&kpi->pending)) != NULL && oldest->due_ns < now_ns) {
        if (kpi->observer.markout != NULL && kpi->mark_half_ticks != 0) {
            kpi->observer.markout(kpi->observer.context, oldest->fill_number, kpi->mark_half_ticks);
        }
        settle_oldest(kpi);
    }
}

static void follow_equity(struct kpi *kpi, int64_t equity_e9)
{
    if (equity_e9 > kpi->peak_equity_e9) {
        kpi->peak_equity_e9 = equity_e9;
    }
    int64_t fall_e9 = sub_checked(kpi->peak_equity_e9, equity_e9);
    if (fall_e9 > kpi->window.max_drawdown_quote_e9) {
        kpi->window.max_drawdown_quote_e9 = fall_e9;
    }
}

static void set_mid(struct kpi *kpi, int64_t mid_half_ticks)
{
    if (mid_half_ticks != 0) {
        kpi->mark_half_ticks = mid_half_ticks;
        kpi->has_mid = true;
    }
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

static void follow_position(struct kpi *kpi, int64_t position_lots)
{
    kpi->position_lots = position_lots;
    if (magnitude(position_lots) > kpi->window.max_abs_position_lots) {
        kpi->window.max_abs_position_lots = magnitude(position_lots);
    }
}

void kpi_open(struct kpi *kpi, int64_t now_ns, int64_t position_lots, int64_t mid_half_ticks,
              int64_t equity_quote_e9)
{
    MM_ASSERT(!kpi->is_open);
    set_mid(kpi, mid_half_ticks);
    MM_ASSERT(position_lots == 0 || kpi->mark_half_ticks != 0);
    kpi->is_open = true;
    kpi->window = (struct kpi_summary){.from_ns = now_ns};
    kpi->opening_value_e9 = value_e9(kpi, position_lots, kpi->mark_half_ticks);
    kpi->markout_value_e9 = 0;
    kpi->opening_equity_e9 = equity_quote_e9;
    kpi->peak_equity_e9 = equity_quote_e9;
    follow_position(kpi, position_lots);
}

void kpi_mid(struct kpi *kpi, int64_t now_ns, int64_t mid_half_ticks, int64_t equity_quote_e9)
{
    settle_due_before(kpi, now_ns);
    set_mid(kpi, mid_half_ticks);
    if (kpi->is_open && mid_half_ticks != 0) {
        follow_equity(kpi, equity_quote_e9);
    }
}

static void count_fill(struct kpi *kpi, const struct kpi_fill *fill, int64_t notional_e9)
{
    struct kpi_summary *window = &kpi->window;
    window->fill_count++;
    window->volume_lots = add_checked(window->volume_lots, fill->qty_lots);
    window->notional_quote_e9 = add_checked(window->notional_quote_e9, notional_e9);
    if (fill->maker) {
        window->maker_fill_count++;
        window->maker_volume_lots = add_checked(window->maker_volume_lots, fill->qty_lots);
    }
    window->fill_without_wanted_count += !fill->has_wanted;
    window->fill_without_mid_count += !kpi->has_mid;
}

static void await_markout(struct kpi *kpi, const struct markout *markout)
{
    if (ring_count(&kpi->pending) >= kpi->config.pending_max) {
        settle_oldest(kpi);
        kpi->window.markout_early_count++;
    }
    bool pushed = ring_push(&kpi->pending, markout);
    MM_ASSERT(pushed);
}

void kpi_fill(struct kpi *kpi, const struct kpi_fill *fill)
{
    uint64_t number = kpi->fill_number++;
    if (!kpi->is_open) {
        return;
    }
    settle_due_before(kpi, fill->now_ns);
    if (!kpi->has_mid) {
        kpi->mark_half_ticks = 2 * fill->price_ticks;
    }
    int64_t signed_lots = side_sign(fill->side) * fill->qty_lots;
    int64_t wanted_ticks = fill->has_wanted ? fill->wanted_price_ticks : fill->price_ticks;
    int64_t paid_e9 = value_e9(kpi, signed_lots, 2 * fill->price_ticks);
    int64_t wanted_e9 = value_e9(kpi, signed_lots, 2 * wanted_ticks);
    int64_t mid_e9 = value_e9(kpi, signed_lots, kpi->mark_half_ticks);
    int64_t notional_e9 =
        instrument_notional_e9(&kpi->instrument, fill->qty_lots, 2 * fill->price_ticks);
    int64_t slippage_e9 = sub_checked(paid_e9, wanted_e9);

    count_fill(kpi, fill, notional_e9);
    add_part(kpi, KPI_GROSS, sub_checked(mid_e9, wanted_e9));
    add_part(kpi, KPI_SLIPPAGE, slippage_e9);
    add_part(kpi, KPI_FEES, fill->fee_quote_e9);
    if (fill->has_wanted) {
        sample_bps(kpi, KPI_SAMPLE_SLIPPAGE_BPS_E4, slippage_e9, notional_e9);
    }
    await_markout(kpi, &(struct markout){.fill_number = number,
                                         .due_ns = fill->now_ns + kpi->config.markout_ns,
                                         .signed_lots = signed_lots,
                                         .mid_value_e9 = mid_e9,
                                         .notional_e9 = notional_e9,
                                         .has_mid = kpi->has_mid});
    follow_position(kpi, add_checked(kpi->position_lots, signed_lots));
}

void kpi_funding(struct kpi *kpi, int64_t paid_quote_e9)
{
    if (kpi->is_open) {
        kpi->window.funding_quote_e9 = add_checked(kpi->window.funding_quote_e9, paid_quote_e9);
    }
}

void kpi_sample(struct kpi *kpi, enum kpi_sample sample, int64_t value)
{
    if (kpi->is_open) {
        samples_add(&kpi->samples[sample], value);
    }
}

void kpi_sent(struct kpi *kpi, int op)
{
    if (kpi->is_open) {
        kpi->window.place_count += op == VENUE_PLACE;
        kpi->window.replace_count += op == VENUE_AMEND;
        kpi->window.cancel_count += op == VENUE_CANCEL;
    }
}

void kpi_decisions(struct kpi *kpi, uint32_t count, uint32_t risk_cut_count)
{
    if (kpi->is_open) {
        kpi->window.decision_count += count;
        kpi->window.decision_risk_count += risk_cut_count;
    }
}

void kpi_blocked(struct kpi *kpi, enum kpi_block reason)
{
    if (kpi->is_open) {
        kpi->window.block_count[reason]++;
    }
}

// What is left of the change of equity once the fills' own parts are taken out: the window's
// position gains, from the opening mark and from every markout to the closing mark.
static void close_parts(const struct kpi *kpi, int64_t markout_value_e9, int64_t *part)
{
    int64_t closing_e9 = value_e9(kpi, kpi->position_lots, kpi->mark_half_ticks);
    int64_t explained_e9 = add_checked(kpi->opening_value_e9, markout_value_e9);
    part[KPI_INVENTORY] = sub_checked(explained_e9, closing_e9);
    int64_t edge_e9 = sub_checked(part[KPI_GROSS], part[KPI_SLIPPAGE]);
    int64_t kept_e9 = sub_checked(edge_e9, add_checked(part[KPI_ADVERSE], part[KPI_INVENTORY]));
    part[KPI_NET] = sub_checked(kept_e9, add_checked(part[KPI_FEES], kpi->window.funding_quote_e9));
}

static void close_bps(struct kpi_summary *window)
{
    window->has_bps = window->notional_quote_e9 > 0;
    for (int i = 0; i < KPI_PART_COUNT && window->has_bps; i++) {
        window->part_bps[i] =
            (double)window->part_quote_e9[i] * 1e4 / (double)window->notional_quote_e9;
    }
}

void kpi_close(struct kpi *kpi, int64_t now_ns, int64_t position_lots, int64_t equity_quote_e9,
               struct kpi_summary *out)
{
    MM_ASSERT(kpi->is_open);
    MM_ASSERT(position_lots == kpi->position_lots);
    // Markouts due by now see the mid in force, which is the mark; later ones use the mark instead.
    settle_due_before(kpi, now_ns + 1);
    while (ring_count(&kpi->pending) > 0) {
        settle_oldest(kpi);
    }
    struct kpi_summary *window = &kpi->window;
    window->to_ns = now_ns;
    window->position_lots = position_lots;
    if (kpi->mark_half_ticks != 0) {
        follow_equity(kpi, equity_quote_e9);
        window->equity_change_quote_e9 = sub_checked(equity_quote_e9, kpi->opening_equity_e9);
    }
    close_parts(kpi, kpi->markout_value_e9, window->part_quote_e9);
    close_bps(window);
    for (int i = 0; i < KPI_SAMPLE_COUNT; i++) {
        window->has_p95[i] = samples_take_p95(&kpi->samples[i], &window->p95[i]);
    }
    kpi->is_open = false;
    *out = *window;
}

struct kpi_course kpi_so_far(struct kpi *kpi, int64_t equity_quote_e9)
{
    MM_ASSERT(kpi->is_open);
    struct kpi_course course = {.drawdown_quote_e9 = 0};
    memcpy(course.part_quote_e9, kpi->window.part_quote_e9, sizeof course.part_quote_e9);
    int64_t markout_value_e9 = kpi->markout_value_e9;
    for (uint32_t i = 0; i < ring_count(&kpi->pending); i++) {
        const struct markout *markout = ring_at(&kpi->pending, i);
        int64_t now_e9 = value_e9(kpi, markout->signed_lots, kpi->mark_half_ticks);
        course.part_quote_e9[KPI_ADVERSE] += sub_checked(markout->mid_value_e9, now_e9);
        markout_value_e9 = add_checked(markout_value_e9, now_e9);
    }
    close_parts(kpi, markout_value_e9, course.part_quote_e9);
    if (kpi->mark_half_ticks != 0 && equity_quote_e9 < kpi->peak_equity_e9) {
        course.drawdown_quote_e9 = sub_checked(kpi->peak_equity_e9, equity_quote_e9);
    }
    return course;
}

bool kpi_look(struct kpi *kpi, int64_t equity_quote_e9, struct kpi_summary *out)
{
    *out = (struct kpi_summary){0};
    if (!kpi->is_open) {
        return false;
    }
    struct kpi_course course = kpi_so_far(kpi, equity_quote_e9);
    *out = kpi->window;
    memcpy(out->part_quote_e9, course.part_quote_e9, sizeof out->part_quote_e9);
    close_bps(out);
    return true;
}

void kpi_observe(struct kpi *kpi, struct kpi_observer observer)
{
    kpi->observer = observer;
}

int64_t kpi_mark_half_ticks(const struct kpi *kpi)
{
    return kpi->mark_half_ticks;
}
