// Reads Tardis.dev's CSV files, plain or gzip: incremental_book_L2 and trades, by the names of
// their columns. timestamp and local_timestamp are in microseconds.
//
// Rows of one local and exchange time form one message. Where is_snapshot turns true the book is
// replaced. A trade of unknown side is left out. There are no update numbers to check.
#ifndef MM_MARKET_IMPORT_TARDIS_H
#define MM_MARKET_IMPORT_TARDIS_H

#include "base/error.h"
#include "market/capture_lines.h"
#include "market/tape_builder.h"
#include "market/tape_import.h"

int import_tardis(struct capture_lines *lines, const struct tape_import_options *options,
                  struct tape_builder *builder, struct tape_import_report *report) MM_CHECKED;

#endif
