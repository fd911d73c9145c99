// Our orders at the exchange: what has been asked, what has been answered, what is true of each.
//
// Pure: requests go in with the time, messages go in as rows and codes, reports for the bot and
// requests to be sent come out. No socket, no clock, no allocation.
//
// An answer to a request says only that it was accepted. What became of it comes as a row of the
// order (from the stream, or from a question about it) and as executions; only executions count as
// fills, each once, by its id. An order about which the exchange has not spoken in time, or has
// spoken ambiguously, is unknown: the bot is told so (REPORT_LOST), a question is due, nothing is
// sent again. That an order does not exist follows from one thing only: the exchange was asked
// after the order's request could no longer be taken (its receive window is over) and twice knew
// nothing of it. An order that the exchange has shown cannot come to not exist in this way.
//
// An ended order is reported as ended when all of its executions are there. Plain struct, owned by
// the engine's thread.
#ifndef MM_VENUE_BYBIT_DESK_H
#define MM_VENUE_BYBIT_DESK_H

#include "venue/bybit/account_rows.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    DESK_ORDERS_MAX = 64,
    DESK_REPORTS_MAX = 8192, // more than any message or answer can bring
    DESK_EXECUTIONS_KEPT = 1 << 16
};

// What the exchange takes of an order, placed or amended; 0: no limit. Quantities and the value are
// of the whole order, what has been executed of it included.
struct desk_filters {
    int64_t qty_min_lots, qty_max_lots;
    int64_t price_min_ticks, price_max_ticks;
    int64_t value_min_e9;
};

struct desk_config {
    int64_t answer_ns;      // without a word for so long an order is unknown
    int64_t recv_window_ns; // no longer than this after its sending a request can be taken
    int64_t ask_again_ns;   // between two questions about an unknown order
    struct desk_filters filters;
    struct instrument instrument; // values orders for them
};

struct desk_order {
    uint64_t id; // 0: free
    enum side side;
    enum time_in_force tif;
    enum order_type type;
    int64_t price_ticks, qty_lots; // as last shown, of the place until then; qty: the whole order
    int64_t cum_lots;              // of booked executions
    int64_t target_price_ticks, target_lots; // of the outstanding request; lots: the whole order
    enum venue_op op;                        // outstanding
    bool is_queued;                          // and not sent yet
    int64_t sent_ns;
    int64_t not_before_ns; // of a queued request
    bool was_busy;         // it is sent for the second time, because the exchange said to
    bool is_shown;         // the exchange has shown it
    bool is_unknown;
    int64_t ask_due_ns; // INT64_MAX: no question is due
    bool is_asked;      // and not answered yet
    uint32_t absences;
    int64_t updated_ms; // of the newest row
    int64_t seen_ns;    // when a row about it came last
    bool is_over;       // its end is known, and waits for executions
    enum venue_report_kind end_kind;
    int64_t end_lots; // executed of it in the end
    int64_t end_ns;   // the exchange's stamp
};

struct desk_counters {
    uint64_t placed, amended, cancelled;  // requests
    uint64_t refused, unknown, questions; // requests refused; orders that became unknown
    uint64_t absent;                      // orders that turned out never to have been there
    uint64_t fills, duplicate_executions, stranger_fills, late_fills;
    uint64_t fundings;
    int64_t funding_quote_e9; // paid; negative: received
    uint64_t late_rows;       // about orders that had ended
};

struct desk {
    struct desk_config config;
    bool takes_places; // else places and amends are refused at once
    struct desk_order orders[DESK_ORDERS_MAX];
    uint32_t order_end; // behind the last place in use: few of them are ever looked at
    struct venue_report reports[DESK_REPORTS_MAX]; // ring
    uint64_t report_head, report_count;
    uint64_t executions[DESK_EXECUTIONS_KEPT]; // open addressing; halves are cleared in turn
    uint64_t newest[DESK_EXECUTIONS_KEPT / 2]; // in order of arrival, ring
    uint64_t execution_count;
    int64_t position_lots;  // since the start of what was opened with
    int64_t newest_fill_ms; // the exchange's stamp, of funding too
    struct desk_counters counters;
};

void desk_init(struct desk *desk, const struct desk_config *config);

// ---- from the bot ----

// Queues a request, or reports at once that it is refused: by the filters, because the account is
// not known, because the order is busy or gone.
void desk_send(struct desk *desk, const struct venue_request *request, int64_t now_ns);
bool desk_take_report(struct desk *desk, struct venue_report *out);

// ---- to the exchange ----

// The next order, from `*cursor` (0 at first) on, whose `op` may be sent now; NULL: none.
struct desk_order *desk_queued(struct desk *desk, enum venue_op op, uint32_t *cursor,
                               int64_t now_ns);
void desk_sent(struct desk *desk, struct desk_order *order, int64_t now_ns);
// It will not be sent: the bot is told why, and the order is as before.
void desk_withdraw(struct desk *desk, struct desk_order *order, enum venue_reject reason,
                   int64_t now_ns);

// ---- from the exchange ----

// The answer to the request sent at `sent_ns`.
void desk_answer(struct desk *desk, uint64_t id, enum venue_op op, int64_t sent_ns,
                 enum code_meaning meaning, int64_t now_ns);

// No answer to it will come: the connection is gone, or nothing was heard in time.
void desk_no_answer(struct desk *desk, uint64_t id, enum venue_op op, int64_t sent_ns,
                    int64_t now_ns);

// A row about the order `id`. asked_ns: when the question was sent that it answers; 0: it came by
// itself. False when there is no such order here (any more).
bool desk_row(struct desk *desk, uint64_t id, const struct order_row *row, int64_t asked_ns,
              int64_t now_ns);

// An execution: a fill, `id` 0 for a stranger's order, or funding. False when it was known already,
// or is neither.
bool desk_execution(struct desk *desk, uint64_t id, const struct execution_row *row,
                    int64_t now_ns);

// The list of open orders that was asked for at `asked_ns` has been taken in, row by row: whoever
// should be in it and is not is asked after.
void desk_list_taken(struct desk *desk, int64_t asked_ns, int64_t now_ns);

// Marks an execution as known without booking it: what happened before the run.
void desk_skip_execution(struct desk *desk, uint64_t execution_id);

// The exchange was asked at `asked_ns` and knows nothing of the order.
void desk_absent(struct desk *desk, uint64_t id, int64_t asked_ns, int64_t now_ns);

// ---- questions ----

// The order that should be asked after now, 0 = none; desk_asked says that it is being done.
uint64_t desk_question(const struct desk *desk, int64_t now_ns);
void desk_asked(struct desk *desk, uint64_t id, int64_t now_ns);
void desk_answered(struct desk *desk, uint64_t id, int64_t now_ns); // rows have been taken in

// Asks after every order: after a break anything may have happened.
void desk_doubt(struct desk *desk, int64_t now_ns);

// What is overdue becomes unknown.
void desk_check(struct desk *desk, int64_t now_ns);
int64_t desk_deadline_ns(const struct desk *desk); // of the next check, question or queued request

const struct desk_order *desk_order(const struct desk *desk, uint64_t id); // NULL: not here
uint32_t desk_open_count(const struct desk *desk);
uint32_t desk_unknown_count(const struct desk *desk);

#endif
