// Prices that informed trading makes: Glosten and Milgrom (1985, "Bid, ask and transaction
// prices"), played with orders on our matching engine and counted by our ledger; and Kyle (1985,
// "Continuous auctions and insider trading"), one period, against simulation.
#include "base/random.h"
#include "theory.h"
#include "trade/ledger.h"
#include "venue/sim/matching.h"

// Glosten and Milgrom: the asset is worth 99 or 101; a share of the traders knows which and trades
// accordingly, the others buy or sell with equal chances. A maker without profit asks what the
// asset is worth on average if the next trader buys, and bids what it is worth if he sells.

enum { MAKER = 1, TRADER = 2, TICKS_PER_UNIT = 10000, GAMES = 20000, ROUNDS = 20 };
static const double LOW = 99, HIGH = 101, INFORMED = .2;

// The chance that the asset is worth HIGH, after a trade.
static double updated_belief(double belief, enum side side)
{
    double if_high = INFORMED * (side == SIDE_BUY) + (1 - INFORMED) / 2;
    double if_low = INFORMED * (side == SIDE_SELL) + (1 - INFORMED) / 2;
    return belief * if_high / (belief * if_high + (1 - belief) * if_low);
}

static double value_of(double belief)
{
    return belief * HIGH + (1 - belief) * LOW;
}

// The maker's price for a trader of the side.
static double quote_to(double belief, enum side trader)
{
    return value_of(updated_belief(belief, trader));
}

static void zero_profit_quotes_are_the_known_numbers(void **state)
{
    (void)state;
    assert_true(fabs(quote_to(.5, SIDE_BUY) - 100.2) < 1e-9);
    assert_true(fabs(quote_to(.5, SIDE_SELL) - 99.8) < 1e-9);
    assert_true(fabs(quote_to(.5, SIDE_BUY) - quote_to(.5, SIDE_SELL) - INFORMED * (HIGH - LOW)) <
                1e-9);
    double after_buy = updated_belief(.5, SIDE_BUY);
    assert_true(fabs(after_buy - .6) < 1e-9);
    assert_true(fabs(quote_to(after_buy, SIDE_BUY) - 100.384615) < 5.1e-7);
    assert_true(fabs(quote_to(after_buy, SIDE_SELL) - 100) < 1e-9);
}

struct game {
    struct matching matching;
    struct ledger ledger; // the maker's
    struct random_stream stream;
    double belief;
    bool is_high;
};

static void on_executed(void *context, const struct match_execution *execution)
{
    struct game *game = context;
    assert_int_equal(execution->maker_owner, MAKER);
    ledger_apply(&game->ledger, &(struct ledger_fill){.side = execution->maker_side,
                                                      .price_ticks = execution->price_ticks,
                                                      .qty_lots = execution->lots,
                                                      .maker = true});
}

static uint32_t maker_quotes(struct game *game, enum side side)
{
    double price = quote_to(game->belief, side_opposite(side));
    struct match_result placed = matching_place(
        &game->matching, &(struct match_request){.side = side,
                                                 .type = ORDER_LIMIT,
                                                 .tif = TIF_POST_ONLY,
                                                 .price_ticks = llround(price * TICKS_PER_UNIT),
                                                 .qty_lots = 1,
                                                 .owner = MAKER});
    assert_int_equal(placed.outcome, MATCH_RESTING);
    return placed.slot;
}

static enum side trade(struct game *game)
{
    bool informed = random_uniform(&game->stream) < INFORMED;
    bool coin = random_u32(&game->stream) >> 31;
    enum side side = (informed ? game->is_high : coin) ? SIDE_BUY : SIDE_SELL;
    struct match_result result = matching_place(
        &game->matching,
        &(struct match_request){
            .side = side, .type = ORDER_MARKET, .tif = TIF_IOC, .qty_lots = 1, .owner = TRADER});
    assert_int_equal(result.outcome, MATCH_FILLED);
    return side;
}

static enum side play_round(struct game *game)
{
    uint32_t slots[2] = {0};
    for (int side = 0; side < 2; side++) {
        slots[side] = maker_quotes(game, (enum side)side);
    }
    enum side taken = trade(game);
    matching_cancel(&game->matching, slots[taken]);
    matching_clear_changed(&game->matching);
    game->belief = updated_belief(game->belief, taken);
    return taken;
}

static double maker_profit(const struct game *game)
{
    int64_t value = (int64_t)(game->is_high ? HIGH : LOW);
    return 1e-9 * (double)ledger_equity_e9(&game->ledger, 2 * TICKS_PER_UNIT * value);
}

struct game_results {
    struct moments profit;      // of a game
    struct moments mark_out;    // of its first trade: value against mid, in the trader's favour
    struct moments last_belief; // of what is true
};

static void begin_game(struct game *game, uint32_t number)
{
    struct instrument instrument = {.symbol = "GM", .tick = {1, -4}, .lot = {1, 0}};
    instrument.contract_size = (struct decimal){1, 0};
    assert_int_equal(instrument_prepare(&instrument), MM_OK);
    ledger_init(&game->ledger, &instrument, (struct fees){0});
    random_init(&game->stream, 1, RANDOM_TEST, number);
    game->is_high = random_u32(&game->stream) >> 31;
    game->belief = .5;
}

static void play(struct game *game, struct game_results *results)
{
    enum side first = play_round(game);
    double sign = first == SIDE_BUY ? 1 : -1;
    moments_add(&results->mark_out, sign * ((game->is_high ? HIGH : LOW) - value_of(.5)));
    for (int i = 1; i < ROUNDS; i++) {
        (void)play_round(game);
    }
    moments_add(&results->profit, maker_profit(game));
    moments_add(&results->last_belief, game->is_high ? game->belief : 1 - game->belief);
}

// After n trades the maker believes by their balance alone: with d more buys than sells the odds
// are (.6 / .4)^d.
static double expected_last_belief(void)
{
    double right = (1 + INFORMED) / 2, chance = pow(1 - right, ROUNDS), mean = 0;
    for (int agreeing = 0; agreeing <= ROUNDS; agreeing++) {
        double odds = pow(right / (1 - right), 2 * agreeing - ROUNDS);
        mean += chance * odds / (1 + odds);
        chance *= right / (1 - right) * (ROUNDS - agreeing) / (agreeing + 1);
    }
    return mean;
}

static void a_maker_who_quotes_them_neither_earns_nor_loses(void **state)
{
    (void)state;
    struct game *game = calloc(1, sizeof *game);
    struct game_results results = {0};
    matching_init(
        &game->matching,
        (struct book_geometry){.base_ticks = 98 * TICKS_PER_UNIT, .span = 4 * TICKS_PER_UNIT}, 8,
        on_executed, game);
    for (uint32_t number = 0; number < GAMES; number++) {
        begin_game(game, number);
        play(game, &results);
    }
    assert_mean("Glosten-Milgrom: maker's profit", 0, &results.profit);
    assert_mean("Glosten-Milgrom: mark-out, the half-spread", .2, &results.mark_out);
    assert_mean("Glosten-Milgrom: belief after 20 trades", expected_last_belief(),
                &results.last_belief);
    matching_fini(&game->matching);
    free(game);
}

// Kyle: the value is N(0, 1), noise traders buy N(0, 2^2), the insider buys x = beta * value, and
// the market sets the price lambda * (x + noise).

enum { AUCTIONS = 200000 };
static const double VALUE_STD = 1, NOISE_STD = 2;

struct auctions {
    struct moments slope;    // value on flow; its mean is the price's lambda that earns nothing
    struct moments residual; // (value - price)^2
    struct moments profit;   // the insider's
};

static struct auctions hold_auctions(double beta, double lambda)
{
    struct auctions results = {0};
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, 0);
    double flow_variance = beta * beta * VALUE_STD * VALUE_STD + NOISE_STD * NOISE_STD;
    for (int i = 0; i < AUCTIONS; i++) {
        double value = VALUE_STD * random_normal(&stream);
        double bought = beta * value;
        double flow = bought + NOISE_STD * random_normal(&stream);
        double price = lambda * flow;
        moments_add(&results.slope, value * flow / flow_variance);
        moments_add(&results.residual, (value - price) * (value - price));
        moments_add(&results.profit, (value - price) * bought);
    }
    return results;
}

static void kyles_auction_has_its_closed_form(void **state)
{
    (void)state;
    double beta = NOISE_STD / VALUE_STD, lambda = VALUE_STD / (2 * NOISE_STD);
    assert_true(beta == 2 && lambda == .25);
    struct auctions results = hold_auctions(beta, lambda);
    assert_mean("Kyle: lambda", .25, &results.slope);
    assert_mean("Kyle: variance left after the auction", .5, &results.residual);
    assert_mean("Kyle: insider's profit", 1, &results.profit);
}

// beta (1 - lambda beta) sigma_v^2 is largest at 2: half and one and a half of it earn .75.
static void the_insider_loses_by_trading_less_or_more(void **state)
{
    (void)state;
    struct auctions less = hold_auctions(1, .25), more = hold_auctions(3, .25);
    assert_mean("Kyle: insider's profit, beta 1", .75, &less.profit);
    assert_mean("Kyle: insider's profit, beta 3", .75, &more.profit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_profit_quotes_are_the_known_numbers),
        cmocka_unit_test(a_maker_who_quotes_them_neither_earns_nor_loses),
        cmocka_unit_test(kyles_auction_has_its_closed_form),
        cmocka_unit_test(the_insider_loses_by_trading_less_or_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
