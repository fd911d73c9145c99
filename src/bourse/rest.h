// The REST side of the exchange: routes, who may use them, the envelope of every answer.
#ifndef MM_BOURSE_REST_H
#define MM_BOURSE_REST_H

#include "bourse/entry.h"
#include "bourse/params.h"
#include "bourse/state.h"

// What a route's handler says; the envelope is put around it. `result` and `extra` are JSON
// objects' text, {} when empty.
struct rest_reply {
    int code;
    char message[1024];
    struct text result, extra;
    uint32_t late_tag; // entry_answer.late_tag
};

// Fills code and message; returns the code.
int rest_refuse(struct rest_reply *reply, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A handler. `account` is NULL on public routes.
typedef void (*rest_handler)(struct bourse *bourse, struct account *account, const json_t *params,
                             struct rest_reply *reply);

struct rest_route {
    const char *method, *path;
    rest_handler handle;
    bool is_private, changes; // `changes`: a key that may only read is refused
    int group;                // enum rate_group; private routes
};

// The routes of the two other files.
extern const struct rest_route rest_market_routes[];
extern const size_t rest_market_route_count;
extern const struct rest_route rest_account_routes[];
extern const size_t rest_account_route_count;
extern const struct rest_route rest_order_routes[];
extern const size_t rest_order_route_count;

// Reads the category into *out; false, with the reply filled, when it is none.
bool rest_category(const json_t *params, enum category *out, struct rest_reply *reply);

// Pages: reads `limit` and `cursor` (how many entries to pass over); false when they are wrong.
// rest_cursor writes the next page's cursor, "" on the last.
struct rest_page {
    int64_t limit, skip;
};
bool rest_page(const json_t *params, int64_t limit_default, int64_t limit_most,
               struct rest_page *out, struct rest_reply *reply);
void rest_cursor(struct text *out, int64_t next, bool more);

#endif
