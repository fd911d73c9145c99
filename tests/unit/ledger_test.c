#include "trade/ledger.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <string.h>

enum { RUNS = 400, FILLS = 200 };

// 0.1 per tick and 0.001 per lot of a coin: a lot moves 1e5 units of 1e-9 per tick.
static struct instrument linear(void)
{
    struct instrument instrument = {
        .tick = {1, -1}, .lot = {1, -3}, .contract_size = {1, 0}, .contract = CONTRACT_LINEAR};
    assert_int_equal(instrument_prepare(&instrument), MM_OK);
    return instrument;
}

// 100 dollars a contract, settled in the coin.
static struct instrument inverse(void)
{
    struct instrument instrument = {
        .tick = {1, -1}, .lot = {1, 0}, .contract_size = {100, 0}, .contract = CONTRACT_INVERSE};
    assert_int_equal(instrument_prepare(&instrument), MM_OK);
    return instrument;
}

static int64_t fill(struct ledger *ledger, enum side side, int64_t price, int64_t qty, bool maker)
{
    struct ledger_fill what = {.side = side, .price_ticks = price, .qty_lots = qty, .maker = maker};
    return ledger_apply(ledger, &what);
}

static void a_round_trip_realises_the_difference_of_its_prices(void **state)
{
    (void)state;
    struct instrument instrument = linear();
    struct ledger ledger;
    ledger_init(&ledger, &instrument, (struct fees){0, 0});
    fill(&ledger, SIDE_BUY, 1000, 10, true);
    assert_int_equal(ledger.position_lots, 10);
    assert_int_equal(ledger.cash_quote_e9, -1000000000);
    assert_int_equal(ledger_unrealised_e9(&ledger, 2010), 5000000);
    assert_int_equal(ledger.realised_quote_e9, 0);
    fill(&ledger, SIDE_SELL, 1003, 4, true);
    assert_int_equal(ledger.realised_quote_e9, 1200000);
    fill(&ledger, SIDE_SELL, 999, 10, true); // closes six, opens four short
    assert_int_equal(ledger.position_lots, -4);
    assert_int_equal(ledger.realised_quote_e9, 1200000 - 600000);
    assert_int_equal(ledger.cost_quote_e9, -4 * 99900000);
    assert_int_equal(ledger_unrealised_e9(&ledger, 2 * 998), 400000);
    assert_int_equal(ledger_equity_e9(&ledger, 2 * 998), 1000000);
    assert_int_equal(ledger.fill_count, 3);
    assert_int_equal(ledger.volume_lots, 24);
}

static void an_inverse_long_gains_in_coin_when_the_price_rises(void **state)
{
    (void)state;
    struct instrument instrument = inverse();
    struct ledger ledger;
    ledger_init(&ledger, &instrument, (struct fees){0, 0});
    fill(&ledger, SIDE_BUY, 500000, 10, true);  // 1000 USD at 50,000: 0.02 coin
    fill(&ledger, SIDE_SELL, 625000, 10, true); // at 62,500: 0.016 coin
    assert_int_equal(ledger.position_lots, 0);
    assert_int_equal(ledger.cost_quote_e9, 0);
    assert_int_equal(ledger.realised_quote_e9, 4000000);
    assert_int_equal(ledger_equity_e9(&ledger, 0), 4000000);
    assert_int_equal(ledger.turnover_quote_e9, 36000000);
}

static void fees_are_shares_of_the_notional_and_rebates_are_negative(void **state)
{
    (void)state;
    struct instrument instrument = linear();
    struct ledger ledger;
    ledger_init(&ledger, &instrument, (struct fees){.maker_e9 = -50000, .taker_e9 = 700000});
    assert_int_equal(fill(&ledger, SIDE_BUY, 1000, 1, true), -5000); // 0.1 * -0.5 bps
    assert_int_equal(fill(&ledger, SIDE_SELL, 1000, 1, false), 70000);
    assert_int_equal(ledger.fees_quote_e9, 65000);
    assert_int_equal(ledger_equity_e9(&ledger, 2000), -65000);
}

static void funding_changes_equity_by_itself_and_nothing_else(void **state)
{
    (void)state;
    struct instrument instrument = linear();
    struct ledger ledger;
    ledger_init(&ledger, &instrument, (struct fees){0, 0});
    fill(&ledger, SIDE_BUY, 1000, 10, true);
    int64_t equity = ledger_equity_e9(&ledger, 2010);
    struct ledger before = ledger;
    ledger_fund(&ledger, 7);
    assert_int_equal(ledger_equity_e9(&ledger, 2010), equity - 7);
    ledger_fund(&ledger, -10); // received
    assert_int_equal(ledger_equity_e9(&ledger, 2010), equity + 3);
    assert_int_equal(ledger.funding_quote_e9, -3);
    before.funding_quote_e9 = -3;
    assert_memory_equal(&ledger, &before, sizeof ledger);
}

static void an_opening_position_has_neither_profit_nor_fee(void **state)
{
    (void)state;
    struct instrument instrument = inverse();
    struct ledger ledger;
    ledger_init(&ledger, &instrument, (struct fees){100000, 100000});
    ledger_open(&ledger, -7, 1000001);
    assert_int_equal(ledger.position_lots, -7);
    assert_int_equal(ledger_equity_e9(&ledger, 1000001), 0);
    assert_int_equal(ledger_unrealised_e9(&ledger, 1000001), 0);
    assert_true(ledger_equity_e9(&ledger, 900000) > 0);
}

struct totals {
    int64_t position_lots, paid_e9, fees_e9;
};

static struct ledger_fill random_fill(struct random_stream *stream)
{
    return (struct ledger_fill){.side = (enum side)random_below(stream, 2),
                                .price_ticks = 500000 + (int64_t)random_below(stream, 50000),
                                .qty_lots = 1 + (int64_t)random_below(stream, 30),
                                .maker = random_below(stream, 4) != 0};
}

static void assert_adds_up(const struct ledger *ledger, const struct totals *totals, int64_t mark)
{
    int64_t held = totals->position_lots == 0
                       ? 0
                       : instrument_value_e9(&ledger->instrument, totals->position_lots, mark);
    int64_t equity = ledger_equity_e9(ledger, mark);
    assert_int_equal(ledger->position_lots, totals->position_lots);
    assert_int_equal(equity, held - totals->paid_e9 - totals->fees_e9);
    assert_int_equal(equity, ledger->realised_quote_e9 + ledger_unrealised_e9(ledger, mark) -
                                 ledger->fees_quote_e9);
    assert_true(totals->position_lots != 0 || ledger->cost_quote_e9 == 0);
}

static void run_random_fills(const struct instrument *instrument, uint32_t run)
{
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, run);
    struct fees fees = {(int64_t)random_below(&stream, 200000) - 100000,
                        (int64_t)random_below(&stream, 700000)};
    struct ledger ledger;
    ledger_init(&ledger, instrument, fees);
    struct totals totals = {0};
    if (run % 2 == 1) {
        totals.position_lots = (int64_t)random_below(&stream, 100) - 50;
        ledger_open(&ledger, totals.position_lots, 1012345);
        totals.paid_e9 = totals.position_lots == 0
                             ? 0
                             : instrument_value_e9(instrument, totals.position_lots, 1012345);
    }
    for (int i = 0; i < FILLS; i++) {
        struct ledger_fill fill = random_fill(&stream);
        int64_t signed_lots = side_sign(fill.side) * fill.qty_lots;
        totals.position_lots += signed_lots;
        totals.paid_e9 += instrument_value_e9(instrument, signed_lots, 2 * fill.price_ticks);
        totals.fees_e9 += ledger_apply(&ledger, &fill);
        assert_adds_up(&ledger, &totals, 1000000 + (int64_t)random_below(&stream, 100000));
    }
}

static void equity_is_realised_plus_unrealised_less_fees_to_the_unit(void **state)
{
    (void)state;
    struct instrument instruments[2] = {linear(), inverse()};
    for (uint32_t run = 0; run < RUNS; run++) {
        run_random_fills(&instruments[run / 2 % 2], run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_trip_realises_the_difference_of_its_prices),
        cmocka_unit_test(an_inverse_long_gains_in_coin_when_the_price_rises),
        cmocka_unit_test(fees_are_shares_of_the_notional_and_rebates_are_negative),
        cmocka_unit_test(funding_changes_equity_by_itself_and_nothing_else),
        cmocka_unit_test(an_opening_position_has_neither_profit_nor_fee),
        cmocka_unit_test(equity_is_realised_plus_unrealised_less_fees_to_the_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
