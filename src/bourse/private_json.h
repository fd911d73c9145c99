// Orders, executions, positions and wallets as JSON objects, for REST and for the private streams.
//
// Each function appends one object (an array's element) to a text. `stream` asks for the form that
// the private streams use where it differs from REST's.
#ifndef MM_BOURSE_PRIVATE_JSON_H
#define MM_BOURSE_PRIVATE_JSON_H

#include "bourse/state.h"

void order_write(const struct bourse *bourse, const struct order *order, bool stream,
                 struct text *out);
void execution_write(const struct bourse *bourse, const struct execution *execution, bool stream,
                     struct text *out);
void execution_fast_write(const struct bourse *bourse, const struct execution *execution,
                          struct text *out);
void position_write(const struct bourse *bourse, const struct account *account,
                    const struct listing *listing, int index, bool stream, struct text *out);
// `coins` NULL or a comma-separated list of the coins wanted.
void wallet_write(const struct bourse *bourse, const struct account *account, const char *coins,
                  struct text *out);

// An order as its owner would see it twice when a cancel came too late: Filled again, with the
// reason that the cancel found nothing.
void order_write_late_cancel(const struct bourse *bourse, const struct order *order,
                             struct text *out);

#endif
