// What a paper or a live session asked of its exchange, and what came of it, from what it left.
//
// Requests are those that reached the exchange, with the time at which they took effect there, by
// the exchange's clock: as the answer tells it or, where no answer tells it, as long after the
// sending as the request before took, and after the fill that ended its order: else there would
// have been an answer. Reports are all that came back. Both in the order of the
// file, requests.csv.gz (docs/artifacts.md). The struct is the caller's memory and owns its arrays.
#ifndef MM_SOAK_SESSION_H
#define MM_SOAK_SESSION_H

#include "base/error.h"
#include "market/instrument.h"
#include "venue/replay/queue_model.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SESSION_NO_ORDER = -1 };

struct session_request {
    enum venue_op op;
    uint32_t order; // index into orders
    int64_t price_ticks, qty_lots;
    int64_t whole_lots; // of a live amend: of the order with what had been executed; 0: not known
    int64_t sent_ns, answered_ns; // our clock; answered 0: never
    int64_t exch_ts_ns;           // when it took effect, by the exchange's clock
    bool is_assumed;              // no answer told so
    bool by_exchange;             // a cancel that nobody asked for
};

struct session_report {
    enum venue_report_kind kind;
    enum venue_op answers;
    enum venue_reject reject;
    int64_t order;                                  // index into orders, or SESSION_NO_ORDER
    int64_t price_ticks, qty_lots, leaves_qty_lots; // of a fill: of the execution
    int64_t local_ts_ns, exch_ts_ns;                // exch 0: not known
    bool maker;                                     // of a fill
    enum fill_rule rule;
    int64_t ahead_at_arrival_lots; // of a fill on paper; -1: not known
};

struct session_order {
    uint64_t id; // rising
    enum side side;
    enum time_in_force tif;
    int64_t sent_ns; // the place
};

struct session {
    bool is_live;
    struct instrument instrument;
    struct queue_model queue_model; // of a live session: its market preset's
    bool has_queue_model;           // false where the preset is not known here
    bool forget_taken;
    char *record; // where its feed was kept, as it was told; NULL: nowhere
    struct session_order *orders;
    struct session_request *requests;
    struct session_report *reports;
    size_t order_count, request_count, report_count;
};

// The session in DIRECTORY: as --out, or a latest/ or a snapshot. MM_ERROR_USAGE for a run that is
// none, MM_ERROR_INPUT for files that are missing or damaged.
int session_read(const char *directory, struct session *out) MM_CHECKED;
void session_fini(struct session *session); // accepts a zeroed one

// The parts of it: EDGE_REPORT.json and requests.csv.gz, which fills the arrays.
int session_read_edge(const char *path, struct session *out) MM_CHECKED;
int session_read_requests(const char *path, struct session *session) MM_CHECKED;

#endif
