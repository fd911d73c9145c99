// Other people's recordings become tapes: the options and the report that every importer shares.
#ifndef MM_MARKET_TAPE_IMPORT_H
#define MM_MARKET_TAPE_IMPORT_H

#include "base/error.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAPE_IMPORT_VERSION = 3 }; // raised whenever the same recording gives another tape

enum tape_format {
    TAPE_FORMAT_AUTO, // by the file's first bytes
    TAPE_FORMAT_BINANCE,
    TAPE_FORMAT_BYBIT,
    TAPE_FORMAT_BYBIT_ARCHIVE,
    TAPE_FORMAT_TARDIS,
    TAPE_FORMAT_HFTBACKTEST
};

// Told now and then how many bytes of a file (rows of an array) of how many have been read, and at
// the end of an import, be it an error, once more without a name.
struct tape_import_progress {
    void (*advance)(void *context, const char *name, uint64_t done, uint64_t total);
    void *context;
};

// What a capture does not say about its instrument, or which of its instruments is meant. Zeroed:
// everything is inferred.
struct tape_import_options {
    enum tape_format format;
    int64_t feed_latency_ns;                     // for recordings without receive times
    const struct tape_import_progress *progress; // may be NULL; borrowed
    char symbol[INSTRUMENT_NAME_SIZE];           // empty: the only one there is
    struct decimal tick, lot;                    // mantissa 0: inferred from the decimals printed
    bool contract_given;                         // the next two lines are filled
    enum contract_kind contract;
    struct decimal contract_size;
};

// Sets one option from text: "symbol", "tick", "lot", "contract" (`linear`, `inverse:SIZE`) or
// "format" (`auto`, `binance`, `bybit`, `bybit-archive`, `tardis`, `hftbacktest`) or "feed-latency"
// (a duration). MM_ERROR_USAGE names the key and the value.
int tape_import_option(struct tape_import_options *options, const char *key,
                       const char *value) MM_CHECKED;

// What an import did, beside the tape_facts that the tape itself keeps.
struct tape_import_report {
    struct instrument instrument;
    uint64_t line_count;
    uint64_t row_count, message_count;
    uint64_t not_market_count; // trades that were not market trades
    uint64_t other_count;      // messages of unknown streams, answers to subscriptions
    uint64_t foreign_count;    // messages of other symbols
    uint64_t stale_count;      // depth updates that a snapshot or an earlier line held already
    uint64_t rounded_count;    // quantities of levels rounded to the given lot
    uint64_t step_back_count;  // lines received before the one above them
    int64_t clock_shift_ns;
    // Numbers of the book's updates, for files that go on where another ends; 0: none, or a
    // snapshot came first.
    uint64_t first_follows, last_update;
};

// Imports recordings of one market, in any order, into a tape at `out_path`, which appears whole or
// not at all. `count` is above 0; `report` may be NULL. Files are joined by time (tape_join.h).
int tape_import_files(const char *const *paths, size_t count, const char *out_path,
                      const struct tape_import_options *options,
                      struct tape_import_report *report) MM_CHECKED;

// The same for one.
int tape_import(const char *path, const char *out_path, const struct tape_import_options *options,
                struct tape_import_report *report) MM_CHECKED;

#endif
