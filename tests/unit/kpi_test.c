// Every part of a fill against numbers worked out by hand, and what a window counts.
#include "kpi/kpi.h"

#include "cmocka_all.h"
#include "kpi/kpi_names.h"
#include "venue/venue.h"

enum { SECOND_NS = 1000000000, MS_NS = 1000000 };

// A tick of 0.1, a lot of 0.001: one lot is worth 50,000e-9 per half tick.
static struct instrument linear(void)
{
    struct instrument instrument = {
        .tick = {1, -1}, .lot = {1, -3}, .contract_size = {1, 0}, .contract = CONTRACT_LINEAR};
    assert_int_equal(instrument_prepare(&instrument), 0);
    return instrument;
}

static struct kpi *open_at(int64_t position_lots, int64_t mid_half_ticks)
{
    struct instrument instrument = linear();
    struct kpi_config config = {.markout_ns = SECOND_NS, .pending_max = 4, .samples_max = 64};
    struct kpi *kpi = kpi_create(&config, &instrument);
    kpi_open(kpi, 0, position_lots, mid_half_ticks, 0);
    return kpi;
}

static void fill(struct kpi *kpi, int64_t now_ns, enum side side, int64_t wanted, int64_t price,
                 int64_t qty)
{
    kpi_fill(kpi, &(struct kpi_fill){.now_ns = now_ns,
                                     .side = side,
                                     .price_ticks = price,
                                     .qty_lots = qty,
                                     .wanted_price_ticks = wanted,
                                     .has_wanted = wanted != 0,
                                     .maker = true});
}

static struct kpi_summary close_at(struct kpi *kpi, int64_t now_ns, int64_t position_lots,
                                   int64_t equity_e9)
{
    struct kpi_summary summary;
    kpi_close(kpi, now_ns, position_lots, equity_e9, &summary);
    kpi_destroy(kpi);
    return summary;
}

static void a_buy_splits_into_its_parts(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2004); // mid 100.2
    kpi_fill(kpi, &(struct kpi_fill){.now_ns = SECOND_NS,
                                     .side = SIDE_BUY,
                                     .price_ticks = 1000, // 100.0
                                     .qty_lots = 10,
                                     .wanted_price_ticks = 999, // 99.9
                                     .has_wanted = true,
                                     .fee_quote_e9 = -100000,
                                     .maker = true});
    kpi_mid(kpi, SECOND_NS + 500 * MS_NS, 2002, 1100000); // 100.1 until the markout
    kpi_mid(kpi, 2 * SECOND_NS + MS_NS, 2006, 3100000);   // 100.3 to the end
    struct kpi_summary s = close_at(kpi, 10 * (int64_t)SECOND_NS, 10, 3100000);
    assert_int_equal(s.part_quote_e9[KPI_GROSS], 3000000);      // 0.01 * (100.2 - 99.9)
    assert_int_equal(s.part_quote_e9[KPI_SLIPPAGE], 1000000);   // 0.01 * (100.0 - 99.9)
    assert_int_equal(s.part_quote_e9[KPI_ADVERSE], 1000000);    // -0.01 * (100.1 - 100.2)
    assert_int_equal(s.part_quote_e9[KPI_INVENTORY], -2000000); // -0.01 * (100.3 - 100.1)
    assert_int_equal(s.part_quote_e9[KPI_FEES], -100000);
    assert_int_equal(s.part_quote_e9[KPI_NET], 3100000);
    assert_int_equal(s.equity_change_quote_e9, 3100000);
    assert_int_equal(s.notional_quote_e9, 1000000000);
    assert_true(s.has_bps);
    assert_true(s.part_bps[KPI_NET] == 31.0 && s.part_bps[KPI_FEES] == -1.0);
    assert_int_equal(s.p95[KPI_SAMPLE_ADVERSE_BPS_E4], 100000); // 10 bps
    assert_int_equal(s.p95[KPI_SAMPLE_SLIPPAGE_BPS_E4], 100000);
}

static void a_sell_has_the_same_signs_mirrored(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 1996); // mid 99.8
    fill(kpi, SECOND_NS, SIDE_SELL, 1001, 1000, 10);
    kpi_mid(kpi, SECOND_NS + 500 * MS_NS, 1998, 1000000);
    kpi_mid(kpi, 2 * SECOND_NS + MS_NS, 1994, 3000000);
    struct kpi_summary s = close_at(kpi, 10 * (int64_t)SECOND_NS, -10, 3000000);
    assert_int_equal(s.part_quote_e9[KPI_GROSS], 3000000);
    assert_int_equal(s.part_quote_e9[KPI_SLIPPAGE], 1000000);
    assert_int_equal(s.part_quote_e9[KPI_ADVERSE], 1000000);
    assert_int_equal(s.part_quote_e9[KPI_INVENTORY], -2000000);
    assert_int_equal(s.part_quote_e9[KPI_NET], 3000000);
}

static void an_inverse_contract_is_valued_in_its_coin(void **state)
{
    (void)state;
    struct instrument instrument = {
        .tick = {1, 0}, .lot = {1, 0}, .contract_size = {100, 0}, .contract = CONTRACT_INVERSE};
    assert_int_equal(instrument_prepare(&instrument), 0);
    struct kpi_config config = {.markout_ns = SECOND_NS, .pending_max = 4, .samples_max = 64};
    struct kpi *kpi = kpi_create(&config, &instrument);
    kpi_open(kpi, 0, 0, 2 * 50000, 0);
    fill(kpi, 1, SIDE_BUY, 40000, 40000, 1);
    struct kpi_summary s = close_at(kpi, 2, 1, 500000);
    // V(1, 50000) = -100/50000 = -0.002; V(1, 40000) = -0.0025: the edge is 0.0005 coins.
    assert_int_equal(s.part_quote_e9[KPI_GROSS], 500000);
    assert_int_equal(s.part_quote_e9[KPI_NET], 500000);
    assert_int_equal(s.notional_quote_e9, 2500000);
}

static void without_a_wanted_price_there_is_no_slippage(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2004);
    fill(kpi, 1, SIDE_BUY, 0, 1000, 10);
    struct kpi_summary s = close_at(kpi, 2, 10, 2000000);
    assert_int_equal(s.part_quote_e9[KPI_SLIPPAGE], 0);
    assert_int_equal(s.part_quote_e9[KPI_GROSS], 2000000); // 0.01 * (100.2 - 100.0)
    assert_int_equal(s.fill_without_wanted_count, 1);
    assert_false(s.has_p95[KPI_SAMPLE_SLIPPAGE_BPS_E4]);
    assert_true(s.has_p95[KPI_SAMPLE_ADVERSE_BPS_E4]);
}

static void a_missing_mid_is_the_last_valid_one(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2004);
    kpi_mid(kpi, 5, 0, 12345); // a side is empty
    fill(kpi, 10, SIDE_BUY, 1000, 1000, 10);
    kpi_mid(kpi, 20, 0, 12345);
    assert_int_equal(kpi_mark_half_ticks(kpi), 2004);
    struct kpi_summary s = close_at(kpi, 30, 10, 2000000);
    assert_int_equal(s.part_quote_e9[KPI_GROSS], 2000000);
    assert_int_equal(s.part_quote_e9[KPI_ADVERSE], 0);
    assert_int_equal(s.fill_without_mid_count, 0);
    assert_int_equal(s.max_drawdown_quote_e9, 0); // nothing is marked while there is no mid
}

static void without_any_mid_the_price_stands_in_and_no_adverse_is_claimed(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 0);
    assert_int_equal(kpi_mark_half_ticks(kpi), 0);
    fill(kpi, 10, SIDE_BUY, 999, 1000, 10);
    assert_int_equal(kpi_mark_half_ticks(kpi), 2000);
    struct kpi_summary s = close_at(kpi, 30, 10, 0);
    assert_int_equal(s.part_quote_e9[KPI_NET], 0);
    assert_int_equal(s.part_quote_e9[KPI_GROSS], 1000000); // what was wanted and not got
    assert_int_equal(s.part_quote_e9[KPI_SLIPPAGE], 1000000);
    assert_int_equal(s.fill_without_mid_count, 1);
    assert_false(s.has_p95[KPI_SAMPLE_ADVERSE_BPS_E4]);
}

static void a_markout_uses_the_last_mid_at_or_before_its_time(void **state)
{
    (void)state;
    static const struct {
        int64_t mid_at_ns;
        int64_t adverse_e9; // of 10 lots when the mid falls by 0.2 then
    } cases[] = {{SECOND_NS + 1, 0}, {SECOND_NS, 2000000}, {SECOND_NS - 1, 2000000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kpi *kpi = open_at(0, 2004);
        fill(kpi, 0, SIDE_BUY, 1000, 1000, 10);
        kpi_mid(kpi, cases[i].mid_at_ns, 2000, 0);
        struct kpi_summary s = close_at(kpi, 5 * (int64_t)SECOND_NS, 10, 0);
        assert_int_equal(s.part_quote_e9[KPI_ADVERSE], cases[i].adverse_e9);
        assert_int_equal(s.part_quote_e9[KPI_INVENTORY], 2000000 - cases[i].adverse_e9);
    }
}

static void of_two_mids_at_the_markout_the_second_counts(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2004);
    fill(kpi, 0, SIDE_BUY, 1000, 1000, 10);
    kpi_mid(kpi, SECOND_NS, 2000, 0);
    kpi_mid(kpi, SECOND_NS, 2010, 5000000);
    kpi_mid(kpi, SECOND_NS + 1, 2000, 0);
    struct kpi_summary s = close_at(kpi, 5 * (int64_t)SECOND_NS, 10, 0);
    assert_int_equal(s.part_quote_e9[KPI_ADVERSE], -3000000);
}

static void a_markout_past_the_end_uses_the_closing_mark(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2004);
    fill(kpi, 0, SIDE_BUY, 1000, 1000, 10);
    kpi_mid(kpi, 10, 2000, 0);
    struct kpi_summary s = close_at(kpi, SECOND_NS / 2, 10, 0);
    assert_int_equal(s.part_quote_e9[KPI_ADVERSE], 2000000);
    assert_int_equal(s.part_quote_e9[KPI_INVENTORY], 0);
}

static void the_opening_position_is_inventory(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(-20, 2000);
    kpi_mid(kpi, 10, 2010, -10000000);
    struct kpi_summary s = close_at(kpi, 20, -20, -10000000);
    assert_int_equal(s.part_quote_e9[KPI_INVENTORY], 10000000); // short 0.02, up 0.5
    assert_int_equal(s.part_quote_e9[KPI_NET], -10000000);
    assert_int_equal(s.max_abs_position_lots, 20);
    assert_false(s.has_bps);
}

static void funding_is_a_part_of_net_and_the_next_window_forgets_it(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(-20, 2000);
    kpi_funding(kpi, 300);
    kpi_funding(kpi, -100);
    struct kpi_summary s;
    kpi_close(kpi, 20, -20, -200, &s);
    assert_int_equal(s.part_quote_e9[KPI_NET], -200);
    assert_int_equal(s.funding_quote_e9, 200);
    assert_int_equal(s.equity_change_quote_e9, -200);
    assert_int_equal(kpi_value(&s, KPI_FUNDING_QUOTE_E9).integer, 200);
    kpi_open(kpi, 20, -20, 2000, -200);
    s = close_at(kpi, 30, -20, -200);
    assert_int_equal(s.funding_quote_e9, 0);
}

static void fills_that_outrun_the_room_are_measured_early_and_counted(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2004);
    for (int i = 0; i < 6; i++) {
        fill(kpi, i, SIDE_BUY, 1000, 1000, 1);
    }
    struct kpi_summary s = close_at(kpi, 10, 6, 1200000);
    assert_int_equal(s.markout_early_count, 2);
    assert_int_equal(s.part_quote_e9[KPI_NET], 1200000);
}

static void drawdown_is_the_largest_fall_from_a_peak_of_the_window(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2000);
    static const int64_t equity[] = {50, 20, 90, 40, 45, 35, 80};
    for (int i = 0; i < 7; i++) {
        kpi_mid(kpi, i, 2000, equity[i]);
    }
    struct kpi_summary s = close_at(kpi, 10, 0, 60);
    assert_int_equal(s.max_drawdown_quote_e9, 55);
    assert_int_equal(s.equity_change_quote_e9, 60);
}

static void the_close_counts_for_the_drawdown_and_the_next_window_forgets(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2000);
    struct kpi_summary s;
    kpi_close(kpi, 5, 0, -30, &s);
    assert_int_equal(s.max_drawdown_quote_e9, 30);
    kpi_open(kpi, 5, 0, 0, -30);
    s = close_at(kpi, 10, 0, -30);
    assert_int_equal(s.max_drawdown_quote_e9, 0);
    assert_int_equal(s.from_ns, 5);
    assert_int_equal(s.to_ns, 10);
}

static void ratios_without_data_are_null(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2000);
    struct kpi_summary s = close_at(kpi, 0, 0, 0);
    for (enum kpi_name name = 0; name < KPI_NAME_COUNT; name++) {
        assert_int_equal(kpi_value(&s, name).has, kpi_name_specs[name].is_integer);
    }
    double share;
    assert_false(kpi_block_share(&s, KPI_BLOCK_RISK, &share));
}

static void ratios_count_what_was_sent_decided_and_blocked(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2000);
    static const int ops[] = {VENUE_PLACE, VENUE_PLACE, VENUE_AMEND, VENUE_CANCEL};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        kpi_sent(kpi, ops[i]);
        kpi_decisions(kpi, 1, i == 0);
    }
    kpi_blocked(kpi, KPI_BLOCK_RISK);
    kpi_blocked(kpi, KPI_BLOCK_MIN_INTERVAL);
    kpi_blocked(kpi, KPI_BLOCK_MIN_INTERVAL);
    kpi_sample(kpi, KPI_SAMPLE_LATENCY_NS, 20 * MS_NS);
    fill(kpi, 1, SIDE_BUY, 1000, 1000, 30);
    kpi_fill(kpi, &(struct kpi_fill){
                      .now_ns = 2, .side = SIDE_SELL, .price_ticks = 1000, .qty_lots = 10});
    struct kpi_summary s = close_at(kpi, 1800 * (int64_t)SECOND_NS, 20, 1000000000);
    assert_true(kpi_value(&s, KPI_CANCEL_RATIO).real == 0.25);
    assert_true(kpi_value(&s, KPI_RISK_RATIO).real == 0.25);
    assert_true(kpi_value(&s, KPI_MAKER_TAKER_RATIO).real == 0.75);
    assert_true(kpi_value(&s, KPI_P95_LATENCY_MS).real == 20);
    assert_true(kpi_value(&s, KPI_FILLS_PER_HOUR).real == 4);
    assert_int_equal(kpi_value(&s, KPI_FILLS).integer, 2);
    assert_true(kpi_value(&s, KPI_NET_PER_HOUR).real == (double)s.part_quote_e9[KPI_NET] / 1e9 * 2);
    double share = 0;
    assert_true(kpi_block_share(&s, KPI_BLOCK_RISK, &share) && share == 1.0 / 3);
    assert_int_equal(s.max_abs_position_lots, 30);
}

static void what_happens_between_windows_belongs_to_none(void **state)
{
    (void)state;
    struct kpi *kpi = open_at(0, 2000);
    struct kpi_summary s;
    kpi_close(kpi, 1, 0, 0, &s);
    fill(kpi, 2, SIDE_BUY, 1000, 1000, 30);
    kpi_sent(kpi, VENUE_PLACE);
    kpi_decisions(kpi, 1, 1);
    kpi_blocked(kpi, KPI_BLOCK_RISK);
    kpi_sample(kpi, KPI_SAMPLE_LATENCY_NS, 1);
    kpi_mid(kpi, 3, 2020, 0);
    kpi_open(kpi, 4, 30, 0, 300);
    s = close_at(kpi, 5, 30, 300);
    assert_int_equal(s.fill_count + s.place_count + s.decision_count, 0);
    assert_int_equal(s.block_count[KPI_BLOCK_RISK], 0);
    assert_false(s.has_p95[KPI_SAMPLE_LATENCY_NS]);
    assert_int_equal(s.part_quote_e9[KPI_NET], 0);
}

static void the_dearest_parts_drive_a_loss(void **state)
{
    (void)state;
    static const struct {
        int64_t net, slippage, adverse, inventory, fees;
        uint32_t count;
        enum kpi_part first, second;
    } cases[] = {
        {-1, 5, 9, 7, 1, 2, KPI_ADVERSE, KPI_INVENTORY},
        {-1, 5, 5, 5, 5, 2, KPI_SLIPPAGE, KPI_ADVERSE},
        {-1, -5, 0, 0, 3, 1, KPI_FEES, KPI_NET},
        {-1, -5, -1, 0, 0, 0, KPI_NET, KPI_NET},
        {0, 5, 9, 7, 1, 0, KPI_NET, KPI_NET},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kpi_summary s = {.part_quote_e9 = {[KPI_NET] = cases[i].net,
                                                  [KPI_SLIPPAGE] = cases[i].slippage,
                                                  [KPI_ADVERSE] = cases[i].adverse,
                                                  [KPI_INVENTORY] = cases[i].inventory,
                                                  [KPI_FEES] = cases[i].fees}};
        enum kpi_part drivers[KPI_DRIVER_MAX];
        uint32_t count = kpi_neg_edge_drivers(&s, drivers);
        assert_int_equal(count, cases[i].count);
        assert_true(count < 1 || drivers[0] == cases[i].first);
        assert_true(count < 2 || drivers[1] == cases[i].second);
    }
}

static void close_with_another_position(void)
{
    struct kpi_summary s;
    kpi_close(open_at(0, 2000), 1, 1, 0, &s);
}

static void open_with_a_position_and_no_mark(void)
{
    open_at(5, 0);
}

static void a_wrong_position_is_a_bug(void **state)
{
    (void)state;
    assert_true(ends_the_process(close_with_another_position));
    assert_true(ends_the_process(open_with_a_position_and_no_mark));
}

static void every_name_is_found_and_none_is_missing(void **state)
{
    (void)state;
    for (enum kpi_name name = 0; name < KPI_NAME_COUNT; name++) {
        assert_non_null(kpi_name_specs[name].name);
        assert_int_equal(kpi_name_find(kpi_name_specs[name].name), name);
    }
    assert_int_equal(kpi_name_find("edge"), KPI_NAME_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buy_splits_into_its_parts),
        cmocka_unit_test(a_sell_has_the_same_signs_mirrored),
        cmocka_unit_test(an_inverse_contract_is_valued_in_its_coin),
        cmocka_unit_test(without_a_wanted_price_there_is_no_slippage),
        cmocka_unit_test(a_missing_mid_is_the_last_valid_one),
        cmocka_unit_test(without_any_mid_the_price_stands_in_and_no_adverse_is_claimed),
        cmocka_unit_test(a_markout_uses_the_last_mid_at_or_before_its_time),
        cmocka_unit_test(of_two_mids_at_the_markout_the_second_counts),
        cmocka_unit_test(a_markout_past_the_end_uses_the_closing_mark),
        cmocka_unit_test(the_opening_position_is_inventory),
        cmocka_unit_test(funding_is_a_part_of_net_and_the_next_window_forgets_it),
        cmocka_unit_test(fills_that_outrun_the_room_are_measured_early_and_counted),
        cmocka_unit_test(drawdown_is_the_largest_fall_from_a_peak_of_the_window),
        cmocka_unit_test(the_close_counts_for_the_drawdown_and_the_next_window_forgets),
        cmocka_unit_test(ratios_without_data_are_null),
        cmocka_unit_test(ratios_count_what_was_sent_decided_and_blocked),
        cmocka_unit_test(what_happens_between_windows_belongs_to_none),
        cmocka_unit_test(the_dearest_parts_drive_a_loss),
        cmocka_unit_test(a_wrong_position_is_a_bug),
        cmocka_unit_test(every_name_is_found_and_none_is_missing),
    };
    return cmocka_run_group_tests_name("kpi", tests, NULL, NULL);
}
