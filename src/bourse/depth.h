// One depth of an order book topic: what was last told, and the snapshots and deltas to tell next.
//
// The topic keeps an image of the best levels as its subscribers know them. At each push the image
// is compared with the book: a level that changed or came in is told with its quantity, one that
// left the window or the book with "0". Update ids rise by one per message; 1 says that the service
// restarted. The caller owns the struct (depth_init takes its memory) and decides when to push.
#ifndef MM_BOURSE_DEPTH_H
#define MM_BOURSE_DEPTH_H

#include "base/text.h"
#include "market/book.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stdint.h>

struct depth_level {
    uint32_t index, lots;
};

struct depth {
    uint32_t size;       // levels a side
    int64_t interval_ns; // pushed at multiples of it
    int64_t pushed_ns;   // of level 1, which repeats itself
    uint64_t update;     // of the last message, or of the image
    bool stale;          // the book has changed since
    uint32_t subscribers;
    struct depth_level *image[2]; // owned; best first
    uint32_t count[2];
};

// What a message says beside the levels; ts in ms.
struct depth_stamp {
    const char *symbol;
    int64_t ts_ms, match_ms;
    uint64_t sequence;
};

void depth_init(struct depth *depth, uint32_t size, int64_t interval_ns);
void depth_fini(struct depth *depth);

// The image becomes the book's best levels; the update id goes on by one.
void depth_refresh(struct depth *depth, const struct book *book);

// Appends the whole message for the present image.
void depth_write_snapshot(const struct depth *depth, const struct book *book,
                          const struct instrument *instrument, const struct depth_stamp *stamp,
                          struct text *out);

// Refreshes the image and appends the message with the differences; false, with nothing appended
// and no update id used, when there are none.
bool depth_write_delta(struct depth *depth, const struct book *book,
                       const struct instrument *instrument, const struct depth_stamp *stamp,
                       struct text *out);

// Appends [["price","size"],...] of the best `size` levels of a side.
void depth_write_side(const struct book *book, const struct instrument *instrument, enum side side,
                      uint32_t size, struct text *out);

#endif
