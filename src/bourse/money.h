// What executions do to an account: positions, wallet, fees, margin.
//
// Money is in 1e-9 of the settlement coin of the listing, valued by the instrument, so that inverse
// contracts need no other rules. Fees are charged on the value of the execution; a negative rate is
// a rebate. Margin is cross: the value of positions and of open orders over the leverage.
#ifndef MM_BOURSE_MONEY_H
#define MM_BOURSE_MONEY_H

#include "bourse/state.h"

// Half ticks of the mark price: the middle of the book, of one side or of what traded last.
int64_t listing_mark_half_ticks(const struct listing *listing);
int64_t listing_mark_ticks(const struct listing *listing); // rounded

// The average price of a value and a quantity, in ticks; 0 for none.
double listing_average_ticks(const struct listing *listing, int64_t value_e9, int64_t lots);

uint32_t listing_coin(const struct listing *listing); // its settlement coin's number

// Books an execution of `lots` (signed: + bought) at a price: position, realised profit, fee.
// *out_pnl_e9 is what closing earned without the fee, *out_closed_lots how much was closed.
void money_book(struct account *account, const struct listing *listing, struct position *position,
                int64_t lots, int64_t price_ticks, int64_t fee_e9, int64_t *out_pnl_e9,
                int64_t *out_closed_lots);

// Charges a payment that changes no position (+ paid by the account).
void money_pay(struct account *account, const struct listing *listing, struct position *position,
               int64_t paid_e9);

int64_t money_value_e9(const struct listing *listing, int64_t lots, int64_t half_ticks); // |V|
int64_t money_fee_e9(int64_t value_e9, int64_t rate_e9);

int64_t position_unrealised_e9(const struct listing *listing, const struct position *position);
int64_t position_margin_e9(const struct account *account, const struct listing *listing,
                           const struct position *position);

// The sums of one settlement coin of an account.
struct margin {
    int64_t balance_e9, unrealised_e9, equity_e9;
    int64_t position_im_e9, position_mm_e9, order_im_e9;
    int64_t available_e9;
};
void money_margin(const struct bourse *bourse, const struct account *account, uint32_t coin,
                  struct margin *out);

// The worth of a coin in USD: 1 for the dollar's own, else the mark price of a listing whose base
// coin it is, 0 when there is none.
double coin_usd(const struct bourse *bourse, uint32_t coin);

#endif
