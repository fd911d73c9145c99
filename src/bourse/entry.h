// Order entry: create, amend, cancel, one by one or in batches, by whatever way they came.
//
// A request is checked as the exchange checks it, in its order and with its codes and words; what
// passes happens at once. An answer of code 0 says only that: what became of the order is in the
// round (settle.h), which the caller settles after or before it answers.
#ifndef MM_BOURSE_ENTRY_H
#define MM_BOURSE_ENTRY_H

#include "bourse/params.h"
#include "bourse/rate.h"
#include "bourse/state.h"

enum entry_op { ENTRY_CREATE, ENTRY_AMEND, ENTRY_CANCEL };

enum { ENTRY_MESSAGE_SIZE = 192, BATCH_MAX = 20, BATCH_SPOT_MAX = 10 };

struct entry_answer {
    int code;
    char message[ENTRY_MESSAGE_SIZE];
    char symbol[INSTRUMENT_NAME_SIZE];
    char order_id[UUID_SIZE], link[LINK_SIZE];
    int64_t created_ms;
    uint32_t late_tag; // of a cancel that was acknowledged though the order had filled; 0 = none
};

// One request. `params` holds category, symbol and so on.
void entry_handle(struct bourse *bourse, struct account *account, enum entry_op op,
                  const json_t *params, struct entry_answer *out);

// A batch: {"category":..,"request":[..]}. `answers` has room for BATCH_MAX; the return value is
// the batch's own code, with *out_message its text and *out_count how many answers there are. Items
// beyond the rate limit fail one by one.
int entry_handle_batch(struct bourse *bourse, struct account *account, enum entry_op op,
                       const json_t *params, struct entry_answer *answers, size_t *out_count,
                       const char **out_message);

// The batch's answer: {"list":[{category,symbol,orderId,orderLinkId[,createAt]}]} into `result`,
// {"list":[{code,msg}]} into `extra`.
void entry_write_batch(enum entry_op op, const json_t *params, const struct entry_answer *answers,
                       size_t count, struct text *result, struct text *extra);

// Cancels all orders that match: by symbol, else baseCoin, else settleCoin. The tags of those
// cancelled go into `tags` (room for CANCEL_ALL_MAX). Returns a code.
enum { CANCEL_ALL_MAX = 500 };
int entry_cancel_all(struct bourse *bourse, struct account *account, const json_t *params,
                     uint32_t *tags, size_t *out_count, const char **out_message);

// Tells a second time that an order filled, for a late cancel that was acknowledged.
void entry_tell_late(struct bourse *bourse, uint32_t tag);

// The listing that category and symbol name; NULL when there is none.
struct listing *entry_listing(struct bourse *bourse, enum category category, const char *symbol);
// What of a request concerns a listing: symbol, else baseCoin, else settleCoin. False when the
// request names none of them.
bool entry_names_some(const json_t *params);
bool entry_concerns(const struct listing *listing, enum category category, const json_t *params);

#endif
