#include "market/tape_detect.h"

#include "market/capture_archive.h"
#include "market/capture_lines.h"

#include <string.h>

enum { LINES_READ_MAX = 100 };

static const char *const format_names[] = {
    [TAPE_FORMAT_AUTO] = "auto",     [TAPE_FORMAT_BINANCE] = "binance",
    [TAPE_FORMAT_BYBIT] = "bybit",   [TAPE_FORMAT_BYBIT_ARCHIVE] = "bybit-archive",
    [TAPE_FORMAT_TARDIS] = "tardis", [TAPE_FORMAT_HFTBACKTEST] = "hftbacktest",
};

const char *tape_format_name(enum tape_format format)
{
    return format_names[format];
}

enum tape_format recording_format(enum recording recording)
{
    static const enum tape_format formats[] = {
        [RECORDING_BINANCE] = TAPE_FORMAT_BINANCE,
        [RECORDING_BYBIT] = TAPE_FORMAT_BYBIT,
        [RECORDING_BYBIT_BOOK] = TAPE_FORMAT_BYBIT_ARCHIVE,
        [RECORDING_BYBIT_TRADES] = TAPE_FORMAT_BYBIT_ARCHIVE,
        [RECORDING_TARDIS] = TAPE_FORMAT_TARDIS,
        [RECORDING_NPY] = TAPE_FORMAT_HFTBACKTEST,
    };
    return formats[recording];
}

static bool holds(const char *text, size_t length, const char *wanted)
{
    return memmem(text, length, wanted, strlen(wanted)) != NULL;
}

// Digits, a point, digits, a comma: a row of Bybit's trades of old, without a line of names.
static bool is_trade_row(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && ((text[i] >= '0' && text[i] <= '9') || text[i] == '.')) {
        i++;
    }
    return i > 0 && i < length && text[i] == ',';
}

// False when the line does not tell.
static bool recognise_line(const char *text, size_t length, bool first, enum recording *out)
{
    if (first && (holds(text, length, "local_timestamp,") || is_trade_row(text, length))) {
        *out = is_trade_row(text, length) ? RECORDING_BYBIT_TRADES : RECORDING_TARDIS;
        return true;
    }
    if (first && holds(text, length, "timestamp,") && holds(text, length, "price")) {
        *out = RECORDING_BYBIT_TRADES;
        return true;
    }
    if (holds(text, length, "\"topic\":")) {
        *out = text[0] == '{' ? RECORDING_BYBIT_BOOK : RECORDING_BYBIT;
        return true;
    }
    *out = RECORDING_BINANCE;
    return holds(text, length, "\"stream\":") || holds(text, length, "\"e\":") ||
           holds(text, length, "\"lastUpdateId\":");
}

static int detect_text(const char *name, const void *data, size_t size, enum recording *out)
{
    struct capture_lines lines;
    const char *text;
    size_t length;
    int status = capture_lines_open_memory(&lines, name, data, size);
    bool known = false;
    *out = RECORDING_BINANCE;
    for (int i = 0; i < LINES_READ_MAX && status == MM_OK && !known; i++) {
        int more = capture_lines_next(&lines, &text, &length);
        if (more <= 0) {
            status = more;
            break;
        }
        known = recognise_line(text, length, i == 0, out);
    }
    capture_lines_fini(&lines);
    return status;
}

static int detect_archive(const char *name, const void *data, size_t size, enum recording *out)
{
    struct capture_archive archive;
    int status = capture_archive_open(&archive, name, data, size);
    if (status == MM_OK) {
        size_t length = strlen(archive.member);
        bool npy = length >= 4 && memcmp(archive.member + length - 4, ".npy", 4) == 0;
        *out = npy ? RECORDING_NPY : RECORDING_BYBIT_BOOK;
    }
    capture_archive_fini(&archive);
    return status;
}

static int detect(const char *name, const void *data, size_t size, enum recording *out)
{
    if (size >= 6 && memcmp(data, "\x93NUMPY", 6) == 0) {
        *out = RECORDING_NPY;
        return MM_OK;
    }
    return capture_archive_recognise(data, size) ? detect_archive(name, data, size, out)
                                                 : detect_text(name, data, size, out);
}

int tape_detect(const char *name, const void *data, size_t size, enum tape_format format,
                enum recording *out)
{
    switch (format) {
    case TAPE_FORMAT_BINANCE:
        *out = RECORDING_BINANCE;
        return MM_OK;
    case TAPE_FORMAT_BYBIT:
        *out = RECORDING_BYBIT;
        return MM_OK;
    case TAPE_FORMAT_TARDIS:
        *out = RECORDING_TARDIS;
        return MM_OK;
    case TAPE_FORMAT_HFTBACKTEST:
        *out = RECORDING_NPY;
        return MM_OK;
    case TAPE_FORMAT_BYBIT_ARCHIVE:
    case TAPE_FORMAT_AUTO:
        break;
    }
    int status = detect(name, data, size, out);
    if (status == MM_OK && format == TAPE_FORMAT_BYBIT_ARCHIVE &&
        recording_format(*out) != TAPE_FORMAT_BYBIT_ARCHIVE) {
        return mm_fail(MM_ERROR_INPUT, "%s: neither an order book nor trades of Bybit's archive",
                       name);
    }
    return status;
}
