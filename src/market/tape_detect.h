// Which format a recording is in, by its first bytes and lines.
#ifndef MM_MARKET_TAPE_DETECT_H
#define MM_MARKET_TAPE_DETECT_H

#include "base/error.h"
#include "market/tape_import.h"

#include <stddef.h>

// What a file holds; formats that come in several kinds of files have several of these.
enum recording {
    RECORDING_BINANCE,
    RECORDING_BYBIT,
    RECORDING_BYBIT_BOOK,
    RECORDING_BYBIT_TRADES,
    RECORDING_TARDIS,
    RECORDING_NPY
};

// Text that is of no known format counts as a Binance capture, whose importer says what is wrong.
// `format` other than AUTO settles what it can. MM_ERROR_INPUT when the file cannot be read, or is
// plainly not of the format asked for.
int tape_detect(const char *name, const void *data, size_t size, enum tape_format format,
                enum recording *out) MM_CHECKED;

// "binance", "bybit", …
const char *tape_format_name(enum tape_format format);
enum tape_format recording_format(enum recording recording);

#endif
