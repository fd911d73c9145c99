#include "bourse/money.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

// The exchange's maintenance rate for small positions, 0.5 % of the value.
static const int64_t MAINTENANCE_PERMILLE = 5;

int64_t listing_mark_half_ticks(const struct listing *listing)
{
    const struct book *book = &listing->pit->book;
    if (book_two_sided(book)) {
        return book_mid_half_ticks(book);
    }
    for (int side = 0; side < 2; side++) {
        if (book->best[side] != 0) {
            return 2 * book_best_ticks(book, (enum side)side);
        }
    }
    return listing->bars.last_ticks > 0 ? 2 * listing->bars.last_ticks : 2;
}

int64_t listing_mark_ticks(const struct listing *listing)
{
    return (listing_mark_half_ticks(listing) + 1) / 2;
}

double listing_average_ticks(const struct listing *listing, int64_t value_e9, int64_t lots)
{
    const struct instrument *instrument = &listing->instrument;
    if (value_e9 == 0 || lots == 0) {
        return 0;
    }
    double value = (double)llabs(value_e9), qty = (double)llabs(lots);
    double ratio = (double)instrument->value_num / (double)instrument->value_den;
    double half_ticks =
        instrument->contract == CONTRACT_LINEAR ? value / (qty * ratio) : qty * ratio / value;
    return half_ticks / 2;
}

uint32_t listing_coin(const struct listing *listing)
{
    const struct bourse *bourse = listing->bourse;
    uint32_t coin = 0;
    while (strcmp(bourse->coins[coin], listing->settle) != 0) {
        coin++;
        MM_ASSERT(coin < bourse->coin_count);
    }
    return coin;
}

int64_t money_value_e9(const struct listing *listing, int64_t lots, int64_t half_ticks)
{
    return instrument_notional_e9(&listing->instrument, lots, half_ticks);
}

int64_t money_fee_e9(int64_t value_e9, int64_t rate_e9)
{
    return mul_div_round(value_e9, rate_e9, ONE_E9);
}

static void credit(struct account *account, const struct listing *listing,
                   struct position *position, int64_t amount_e9)
{
    struct wallet_coin *coin = &account->coins[listing_coin(listing)];
    coin->balance_e9 = add_checked(coin->balance_e9, amount_e9);
    coin->realised_e9 = add_checked(coin->realised_e9, amount_e9);
    position->realised_e9 = add_checked(position->realised_e9, amount_e9);
    position->realised_ever_e9 = add_checked(position->realised_ever_e9, amount_e9);
    account->wallet_dirty = account->dirty = true;
}

void money_book(struct account *account, const struct listing *listing, struct position *position,
                int64_t lots, int64_t price_ticks, int64_t fee_e9, int64_t *out_pnl_e9,
                int64_t *out_closed_lots)
{
    const struct instrument *instrument = &listing->instrument;
    int64_t half_ticks = 2 * price_ticks, held = position->lots, pnl_e9 = 0, closed = 0;
    if (held != 0 && (held > 0) != (lots > 0)) {
        closed = llabs(lots) < llabs(held) ? llabs(lots) : llabs(held);
        int64_t signed_closed = held > 0 ? closed : -closed;
        int64_t entry_e9 = held > 0 ? mul_div_round(position->entry_value_e9, closed, held)
                                    : mul_div_round(position->entry_value_e9, closed, -held);
        pnl_e9 = instrument_value_e9(instrument, signed_closed, half_ticks) - entry_e9;
        position->entry_value_e9 -= entry_e9;
        position->lots -= signed_closed;
        lots += signed_closed;
    }
    if (lots != 0) {
        if (position->lots == 0) {
            position->realised_e9 = 0;
            position->opened_ns = listing->changed_ns;
            position->entry_value_e9 = 0;
        }
        position->lots += lots;
        position->entry_value_e9 += instrument_value_e9(instrument, lots, half_ticks);
    }
    credit(account, listing, position, pnl_e9 - fee_e9);
    position->dirty = true;
    position->sequence = listing->sequence;
    position->updated_ns = listing->changed_ns;
    *out_pnl_e9 = pnl_e9;
    *out_closed_lots = closed;
}

void money_pay(struct account *account, const struct listing *listing, struct position *position,
               int64_t paid_e9)
{
    credit(account, listing, position, -paid_e9);
    position->dirty = true;
}

int64_t position_unrealised_e9(const struct listing *listing, const struct position *position)
{
    if (position->lots == 0) {
        return 0;
    }
    int64_t mark = listing_mark_half_ticks(listing);
    return instrument_value_e9(&listing->instrument, position->lots, mark) -
           position->entry_value_e9;
}

static int64_t over_leverage(const struct account *account, const struct listing *listing,
                             int64_t value_e9)
{
    return mul_div_round(value_e9, 100, account->leverage_e2[listing->number]);
}

int64_t position_margin_e9(const struct account *account, const struct listing *listing,
                           const struct position *position)
{
    return over_leverage(account, listing,
                         money_value_e9(listing, position->lots, listing_mark_half_ticks(listing)));
}

static void add_listing(const struct account *account, const struct listing *listing,
                        struct margin *out)
{
    for (int i = 0; i < POSITION_INDEXES; i++) {
        const struct position *position = &account->positions[listing->number][i];
        if (position->lots != 0) {
            int64_t value_e9 =
                money_value_e9(listing, position->lots, listing_mark_half_ticks(listing));
            out->unrealised_e9 += position_unrealised_e9(listing, position);
            out->position_im_e9 += over_leverage(account, listing, value_e9);
            out->position_mm_e9 += value_e9 * MAINTENANCE_PERMILLE / 1000;
        }
    }
}

void money_margin(const struct bourse *bourse, const struct account *account, uint32_t coin,
                  struct margin *out)
{
    *out = (struct margin){.balance_e9 = account->coins[coin].balance_e9};
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        if (listing_coin(&bourse->listings[i]) == coin) {
            add_listing(account, &bourse->listings[i], out);
        }
    }
    for (uint32_t tag = account->open_first; tag != 0; tag = bourse->orders[tag].older) {
        const struct order *order = &bourse->orders[tag];
        const struct listing *listing = &bourse->listings[order->listing];
        if (!order->reduce_only && listing_coin(listing) == coin) {
            int64_t value_e9 = money_value_e9(listing, order->leaves_lots, 2 * order->price_ticks);
            out->order_im_e9 += over_leverage(account, listing, value_e9);
        }
    }
    out->equity_e9 = out->balance_e9 + out->unrealised_e9;
    out->available_e9 = out->equity_e9 - out->position_im_e9 - out->order_im_e9;
}

double coin_usd(const struct bourse *bourse, uint32_t coin)
{
    const char *name = bourse->coins[coin];
    if (strcmp(name, "USDT") == 0 || strcmp(name, "USDC") == 0 || strcmp(name, "USD") == 0) {
        return 1;
    }
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        const struct listing *listing = &bourse->listings[i];
        if (strcmp(listing->base, name) == 0) {
            return (double)listing_mark_half_ticks(listing) / 2 *
                   decimal_to_double(listing->instrument.tick);
        }
    }
    return 0;
}
