// The orders the exchange remembers: a fixed table, found by id and by orderLinkId, listed by
// account, newest first. When the table is full the order that ended longest ago is forgotten.
#ifndef MM_BOURSE_ORDER_STORE_H
#define MM_BOURSE_ORDER_STORE_H

#include "bourse/state.h"

enum order_key { ORDER_BY_ID, ORDER_BY_LINK };

void order_store_init(struct bourse *bourse);
void order_store_fini(struct bourse *bourse);

// A new open order of the account with the id and link of `order` (which is copied); its tag, or 0
// when the table is full of open orders.
uint32_t order_store_add(struct bourse *bourse, const struct order *order);

// Takes an order that could not be placed back, as if it had never been.
void order_store_take_back(struct bourse *bourse, uint32_t tag);

// Moves an order that ended from the open ones to the others.
void order_store_end(struct bourse *bourse, uint32_t tag);

// The newest order of the account with this id or link; 0 when none is remembered.
uint32_t order_store_find(const struct bourse *bourse, uint32_t account, enum order_key key,
                          const char *text);

#endif
