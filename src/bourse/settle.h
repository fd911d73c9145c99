// From what happened in a pit to what accounts own and are told.
//
// The pit's listener books executions and ends orders at once and notes them in the round;
// settle_round tells the accounts, in the exchange's order: execution.fast, execution, order,
// position, wallet. Between two calls of settle_round the round may hold one event or one request
// with all that it caused.
#ifndef MM_BOURSE_SETTLE_H
#define MM_BOURSE_SETTLE_H

#include "bourse/state.h"

void settle_init(struct bourse *bourse);
void settle_fini(struct bourse *bourse);

// For the pits' listener; the context is the listing.
void settle_executed(void *context, const struct pit_execution *told);
void settle_self_matched(void *context, uint32_t tag, uint32_t arriving_tag);

// The order changed: its owner is told at the round's end. For a new one, an amended one and one
// that ends here.
void settle_note_order(struct bourse *bourse, uint32_t tag);
// Ends an order that is not in its pit any more.
void settle_end_order(struct bourse *bourse, uint32_t tag, enum bourse_status status,
                      enum cancel_type type, enum reject_reason reason);

// Cancels an order in its pit and ends it; the caller has checked that it is live.
void settle_cancel(struct bourse *bourse, uint32_t tag, enum cancel_type type);

// Cancels what only reduces and has nothing left to reduce, then tells everybody concerned.
void settle_round(struct bourse *bourse);

// Whether the streams tell of the present request before its answer.
bool settle_tells_first(struct bourse *bourse);

// Pays the funding that is due: the mark's value of every position times the rate.
void settle_funding(struct bourse *bourse);

// The `back`-th newest execution, 0 = the last; NULL when it is not remembered.
const struct execution *settle_execution(const struct bourse *bourse, uint64_t back);

#endif
