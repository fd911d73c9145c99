// The public feed of one market: order book and trades, checked, as batches of rows.
//
// The feed keeps a connection to the public stream, subscribes, and follows the book. Each snapshot
// replaces the book; each delta must follow the one before it. When one is missing, when the book
// is crossed, when a frame cannot be read, when the book is silent for too long or the connection
// is lost, the feed says EVENT_GAP at once and asks for a new snapshot, which ends the gap. Every
// such break is counted by its reason.
//
// A snapshot comes as one batch that also removes the levels that are gone, so that the book never
// looks empty in between. Batches carry the best prices that result (best_known).
//
// The feed owns its client, book and queue and borrows the loop and the configuration's texts.
// Nothing is allocated after the first snapshot, but for frames of an unknown shape. One owner
// thread: the loop's.
#ifndef MM_VENUE_BYBIT_FEED_H
#define MM_VENUE_BYBIT_FEED_H

#include "base/error.h"
#include "market/book.h"
#include "net/ws_client.h"
#include "venue/bybit/live_clock.h"
#include "venue/bybit/market.h"

#include <stdbool.h>
#include <stdint.h>

enum bybit_break {
    BYBIT_BREAK_UPDATE,     // an update is missing
    BYBIT_BREAK_CROSSED,    // a bid at or above an ask
    BYBIT_BREAK_UNREADABLE, // a frame that neither reader understands
    BYBIT_BREAK_OVERFLOW,   // more at once than the queue holds
    BYBIT_BREAK_SILENCE,    // nothing of the book for too long
    BYBIT_BREAK_CLOSED,     // the connection is gone
    BYBIT_BREAK_COUNT
};

struct bybit_feed_counters {
    uint64_t frames, snapshots, deltas, trades;
    uint64_t early_deltas; // before a snapshot, or while one is waited for
    uint64_t stale_deltas; // known already
    uint64_t breaks[BYBIT_BREAK_COUNT];
    uint64_t resubscribes;
};

struct bybit_feed_config {
    const struct bybit_market *market;
    struct instrument instrument;
    struct live_clock clock;
    uint64_t seed;   // of the chance in the waits between connections
    int64_t ping_ns; // between pings; 0: as ws_client has it, 20 s
    void *context;
    // Every book and trade as it came, and every hole in that; either may be NULL.
    void (*raw)(void *context, const char *text, size_t size, int64_t local_ns);
    void (*broken)(void *context, enum bybit_break reason, int64_t local_ns);
};

struct bybit_feed;

int bybit_feed_create(const struct bybit_feed_config *config, struct ws_loop *loop,
                      struct bybit_feed **out) MM_CHECKED;
void bybit_feed_destroy(struct bybit_feed *feed); // accepts NULL

// Looks after the deadlines; at least every 100 ms, between runs of the loop.
void bybit_feed_check(struct bybit_feed *feed);

// Goes the way of a delta of the two best levels as they are, which changes nothing, so that the
// next frame finds it in the processor's caches.
void bybit_feed_rehearse(struct bybit_feed *feed);

// The next batch; borrowed until the next call. False when there is none.
bool bybit_feed_take(struct bybit_feed *feed, struct market_batch *out);

// Whether the first snapshot has come; then *out are the prices that batches can hold.
bool bybit_feed_geometry(const struct bybit_feed *feed, struct book_geometry *out);

bool bybit_feed_is_trusted(const struct bybit_feed *feed); // the book is whole
const struct book *bybit_feed_book(const struct bybit_feed *feed);
const struct bybit_feed_counters *bybit_feed_get_counters(const struct bybit_feed *feed);

// Why there is no book, as far as known: the last reason of a closed connection or what the
// exchange said of a subscription it refused; "" when nothing is known.
const char *bybit_feed_problem(const struct bybit_feed *feed);
bool bybit_feed_is_refused(const struct bybit_feed *feed); // the exchange said no

const char *bybit_break_text(enum bybit_break reason);

#endif
