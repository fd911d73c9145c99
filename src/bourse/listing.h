// What a market tells: instrument, prices, statistics, and the public topics about them.
#ifndef MM_BOURSE_LISTING_H
#define MM_BOURSE_LISTING_H

#include "bourse/state.h"

// Takes a pit's instrument apart: category, coins, largest order.
void listing_init(struct listing *listing, struct bourse *bourse, uint8_t number,
                  const struct instrument *instrument);
void listing_fini(struct listing *listing);

// For the pits' listener: trades are told at once, levels at their topics' intervals.
void listing_market(void *context, const struct market_batch *batch);

// Tells what is due at the exchange's interval ticks: books, ticker, bars.
void listing_tell(struct listing *listing);
// A snapshot of one depth or the ticker to a new subscriber.
void listing_send_snapshot(struct listing *listing, uint32_t connection, enum topic topic,
                           uint32_t argument);
// The book's service restarts: a snapshot with update id 1 and a third of the levels.
void listing_restart_books(struct listing *listing);
// A delta in which the best bid stands above the best ask; the next one takes it back.
void listing_cross_books(struct listing *listing);

void listing_write_instrument(const struct listing *listing, struct text *out);
void listing_write_ticker(struct listing *listing, struct text *out);
void listing_write_print(const struct listing *listing, const struct trade_print *print,
                         struct text *out); // REST's form

// 1, 50, 200 or 1000; its number or -1.
int depth_number(int64_t size);

#endif
