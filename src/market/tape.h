// A recorded market: normalised once, replayed many times, memory-mapped and shared by any number
// of processes. Little-endian. The layout (docs/tape.md):
//
//   header (4096 bytes) | rows | exchange index | local index | wide rows | best bid/offer rows
//
// All rows of a message are stored once, in arrival order of the messages; each of the two indices
// lists the messages in the order of one clock (stable sorts: arrival order is kept on ties), with
// the best prices that result when the messages are applied in that order.
#ifndef MM_MARKET_TAPE_H
#define MM_MARKET_TAPE_H

#include "base/error.h"
#include "base/file.h"
#include "market/event.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tape_clock { TAPE_EXCH = 0, TAPE_LOCAL = 1 };
enum { TAPE_VERSION = 2, TAPE_HEADER_SIZE = 4096 };

// One message in one clock's order: 32 bytes.
struct tape_message {
    int64_t ts_ns;
    uint32_t first_row;
    uint32_t count_kind; // row count << 8 | enum event_kind
    union {
        uint32_t best_peak[2]; // exchange order: largest index of the best from just before the
                               // message to its end, for fills by a crossing best
        int64_t exch_ts_ns;    // receive order: the exchange's stamp of the same message
    };
    uint32_t best_end[2]; // index of the best after it, 0 = none
};
_Static_assert(sizeof(struct tape_message) == 32, "two messages share a cache line");

static inline uint32_t tape_message_count(const struct tape_message *message)
{
    return message->count_kind >> 8;
}

static inline enum event_kind tape_message_kind(const struct tape_message *message)
{
    return (enum event_kind)(message->count_kind & 0xff);
}

// A best bid/offer update (Binance bookTicker). Not replayed; `tape check` holds the book against
// it.
struct tape_best {
    int64_t exch_ts_ns, local_ts_ns;
    int64_t price_ticks[2];
    int64_t qty_lots[2];
};

// What the importer did and saw, kept in the header and printed by `tape info`.
struct tape_facts {
    int64_t first_exch_ns, last_exch_ns, first_local_ns, last_local_ns;
    int64_t clock_shift_ns; // added to every local stamp so that none precedes the exchange's
    uint64_t trade_count, depth_count, snapshot_count; // messages
    uint64_t skipped_count; // trades that were not market trades and other lines left out
    uint64_t gap_count;     // EVENT_GAP messages
    char source[256];       // format and file name without its directory
};

// What of the instrument the importer inferred, because the recording does not say it.
enum tape_inferred { TAPE_INFERRED_TICK = 1, TAPE_INFERRED_LOT = 2, TAPE_INFERRED_CONTRACT = 4 };

struct tape {
    struct file_map map; // owned
    struct instrument instrument;
    uint32_t inferred; // bits of enum tape_inferred
    struct book_geometry geometry;
    struct tape_facts facts;
    const struct row *rows;                 // the rest: borrowed from the map
    const struct tape_message *messages[2]; // by enum tape_clock
    const struct wide_row *wide;
    const struct tape_best *bests;
    uint64_t row_count, message_count, wide_count, best_count;
};

// Opens and verifies a tape: magic, version, sizes, header and body checksum, and every index in
// range, so that replay needs no check per row. MM_ERROR_INPUT names the path and what is wrong.
int tape_open(struct tape *tape, const char *path) MM_CHECKED;
void tape_close(struct tape *tape); // accepts NULL, a closed or a zeroed one

// Whether the file starts as a tape does; false too when it cannot be read.
bool tape_recognise(const char *path);

// One line for a person: symbol, venue, tick, lot and contract, and which of them were inferred.
// A `size` of TAPE_DESCRIPTION_SIZE is enough.
enum { TAPE_DESCRIPTION_SIZE = 320 };
void tape_describe(const struct tape *tape, char *out, size_t size);

// The first message in a clock's order that is stamped `ts_ns` or later; message_count when none
// is.
uint64_t tape_first_from(const struct tape *tape, enum tape_clock clock, int64_t ts_ns);

// The batch a message stands for, on the given clock.
void tape_batch(const struct tape *tape, const struct tape_message *message, enum tape_clock clock,
                struct market_batch *out);

#endif
