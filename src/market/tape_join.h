// Recordings that were read one by one become one: steps made equal, messages put in the order of
// time, and a gap where one recording of a book ends and the next begins (unless its first
// update follows the last one).
#ifndef MM_MARKET_TAPE_JOIN_H
#define MM_MARKET_TAPE_JOIN_H

#include "base/error.h"
#include "market/tape_builder.h"
#include "market/tape_import.h"

#include <stddef.h>

struct tape_part {
    const char *name; // borrowed
    struct tape_builder builder;
    struct tape_import_report report;
};

// Joins parts[0 .. count) into parts[0], spending the others. Refused, with the names of the two
// files: other instruments, and recordings of the same kind (book or trades) that overlap in time.
// Trades that were recorded apart from the book come before its updates where times are equal.
int tape_join(struct tape_part *parts, size_t count) MM_CHECKED;

#endif
