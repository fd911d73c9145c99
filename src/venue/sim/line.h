// Delay lines between the exchange and us: what was sent, in order, until it is due.
//
// Three of them: the feed (batches with their rows in one ring), our requests, and the reports.
// A line delays each message by a constant plus an exponential part and never lets one overtake
// another. The exponential part belongs to the 17 ms (2^24 ns) in which the message is sent, not to
// the message, so that runs that send different messages meet the same network. Rings of fixed
// capacity, allocated by init; a full one refuses, the owner counts it. An empty one begins at its
// start again, so that what is under way stays in the same few lines of the cache. One owner
// thread.
#ifndef MM_VENUE_SIM_LINE_H
#define MM_VENUE_SIM_LINE_H

#include "base/random.h"
#include "market/event.h"
#include "venue/sim/draw.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

// Powers of two. At 500 batches/s and 100 ms of delay 50 batches are under way; a crash of btc-perp
// reaches some ten times that.
enum { LINE_BATCHES = 1 << 12, LINE_ROWS = 1 << 16, LINE_REQUESTS = 1 << 10 };
enum { LINE_REPORTS = 1 << 12 };

enum delay_line { DELAY_FEED, DELAY_ENTRY, DELAY_RESPONSE };

struct delay {
    int64_t constant_ns, jitter_ns;
    int64_t last_ns; // when the message before arrives
    uint64_t seed;
    enum delay_line line;
    int64_t slot, slot_jitter_ns; // such a time and its exponential part; -1 = none yet
    int64_t block_number;         // four such times' draws; -1 = none yet
    uint32_t block[4];
    const struct draw_exponential *gap; // borrowed
};

void delay_init(struct delay *delay, int64_t constant_ns, int64_t jitter_ns, uint64_t seed,
                enum delay_line line, const struct draw_exponential *gap);
// When a message sent at `sent_ns` arrives.
int64_t delay_arrival(struct delay *delay, int64_t sent_ns);

struct line_batch {
    struct market_batch batch; // its rows lie in the ring of rows
    uint32_t rows_end;         // the ring's tail after this batch
};

struct feed_line {
    struct line_batch *batches; // owned
    struct row *rows;           // owned
    uint32_t batch_head, batch_tail, row_head, row_tail;
};
void feed_line_init(struct feed_line *line);
void feed_line_fini(struct feed_line *line);
// Room for a batch of `count` rows, contiguous; NULL when there is none. The caller fills the rows.
struct row *feed_line_push(struct feed_line *line, int64_t exch_ts_ns, int64_t local_ts_ns,
                           enum event_kind kind, uint32_t count);
// Whether `batch_count` batches with `row_count` rows altogether would find room.
bool feed_line_has_room(const struct feed_line *line, uint32_t batch_count, uint32_t row_count);
void feed_line_pop(struct feed_line *line);

// What comes next, NULL = nothing; stays until feed_line_pop.
static inline const struct market_batch *feed_line_front(const struct feed_line *line)
{
    return line->batch_head == line->batch_tail
               ? 0
               : &line->batches[line->batch_head & (LINE_BATCHES - 1)].batch;
}

struct line_request {
    struct venue_request request;
    int64_t sent_ns, arrives_ns;
};

struct request_line {
    struct line_request *requests; // owned
    uint32_t head, tail;
};

struct report_line {
    struct venue_report *reports; // owned
    uint32_t head, tail;
};

// Of a line of requests or reports, after its front has been dealt with.
static inline void line_pop(uint32_t *head, uint32_t *tail)
{
    ++*head;
    if (*head == *tail) {
        *head = *tail = 0;
    }
}

#endif
