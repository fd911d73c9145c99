#include "market/export_npy.h"

#include "base/file.h"
#include "base/memory.h"
#include "market/capture_json.h"
#include "market/npy_format.h"
#include "market/tape_sort.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_ROWS = 1024, HEADER_SIZE = 256 };

// A row of the tape on one clock, with both stamps.
struct place {
    int64_t exch_ts_ns, local_ts_ns;
    uint32_t row, kind;
};

struct exporter {
    const struct tape *tape;
    struct place *places[2]; // owned, by clock
    uint64_t count;
    double tick_power, lot_power; // 10^decimals
    int64_t tick_factor, lot_factor;
    struct file_writer writer;
    struct archive *archive; // NULL for .npy
    struct npy_row buffer[BUFFER_ROWS];
    uint32_t buffered;
};

// ---- rows of both clocks ----

// The other clock's stamps of the messages of a clock, in its order.
static void other_stamps(const struct tape *tape, enum tape_clock clock, int64_t *out)
{
    uint64_t count = tape->message_count;
    struct sort_item *items = mm_alloc(3 * count, sizeof *items);
    struct sort_item *own = items, *other = items + count, *spare = items + 2 * count;
    for (uint64_t i = 0; i < count; i++) {
        own[i] = (struct sort_item){tape->messages[clock][i].first_row, i};
        other[i] = (struct sort_item){tape->messages[1 - clock][i].first_row, i};
    }
    sort_stable(own, count, spare);
    sort_stable(other, count, spare);
    for (uint64_t i = 0; i < count; i++) {
        out[own[i].index] = tape->messages[1 - clock][other[i].index].ts_ns;
    }
    free(items);
}

static void list_places(struct exporter *out, enum tape_clock clock)
{
    const struct tape *tape = out->tape;
    int64_t *stamps = mm_alloc(tape->message_count, sizeof *stamps);
    struct place *place = mm_alloc(tape->row_count + 1, sizeof *place);
    other_stamps(tape, clock, stamps);
    out->places[clock] = place;
    for (uint64_t i = 0; i < tape->message_count; i++) {
        const struct tape_message *message = &tape->messages[clock][i];
        int64_t other_ns = stamps[i];
        for (uint32_t k = 0; k < tape_message_count(message); k++) {
            *place++ = (struct place){clock == TAPE_EXCH ? message->ts_ns : other_ns,
                                      clock == TAPE_EXCH ? other_ns : message->ts_ns,
                                      message->first_row + k, tape_message_kind(message)};
        }
    }
    out->count = (uint64_t)(place - out->places[clock]);
    free(stamps);
}

// 1 when `a` comes first, -1 when `b` does, 0 when they have the same stamps.
static int which_first(const struct place *a, const struct place *b)
{
    if (a->exch_ts_ns != b->exch_ts_ns) {
        return a->exch_ts_ns < b->exch_ts_ns ? 1 : -1;
    }
    if (a->local_ts_ns != b->local_ts_ns) {
        return a->local_ts_ns < b->local_ts_ns ? 1 : -1;
    }
    return 0;
}

static struct npy_row row_of(const struct exporter *out, const struct place *place)
{
    static const uint64_t kinds[] = {[EVENT_DEPTH] = NPY_DEPTH,
                                     [EVENT_TRADE] = NPY_TRADE,
                                     [EVENT_CLEAR] = NPY_CLEAR,
                                     [EVENT_SNAPSHOT] = NPY_SNAPSHOT};
    const struct tape *tape = out->tape;
    struct row row = tape->rows[place->row];
    enum side side = row_side(row.key);
    int64_t price_ticks, qty_lots = row.lots;
    if (row.key == ROW_WIDE) {
        const struct wide_row *wide = &tape->wide[row.lots];
        side = (enum side)wide->side;
        price_ticks = wide->price_ticks;
        qty_lots = wide->qty_lots;
    } else {
        price_ticks = geometry_ticks(tape->geometry, side, row_index(row.key));
    }
    bool buy = (side == SIDE_BUY) != (place->kind == EVENT_TRADE); // a buyer takes from the asks
    return (struct npy_row){.event = kinds[place->kind] | (buy ? NPY_BUY : NPY_SELL),
                            .exch_ts_ns = place->exch_ts_ns,
                            .local_ts_ns = place->local_ts_ns,
                            .price = (double)(price_ticks * out->tick_factor) / out->tick_power,
                            .qty = (double)(qty_lots * out->lot_factor) / out->lot_power};
}

// ---- the file ----

static int put_bytes(struct exporter *out, const void *data, size_t size)
{
    if (out->archive == NULL) {
        return file_writer_put(&out->writer, data, size);
    }
    la_ssize_t put = archive_write_data(out->archive, data, size);
    return put == (la_ssize_t)size ? MM_OK
                                   : mm_fail(MM_ERROR_SYSTEM, "cannot compress: %s",
                                             archive_error_string(out->archive));
}

static int flush(struct exporter *out)
{
    int status = put_bytes(out, out->buffer, out->buffered * sizeof out->buffer[0]);
    out->buffered = 0;
    return status;
}

// Goes over both clocks; with `write` the rows are written, else only counted.
static int merge(struct exporter *out, bool write, uint64_t *out_count)
{
    uint64_t i = 0, j = 0;
    int status = MM_OK;
    *out_count = 0;
    while ((i < out->count || j < out->count) && status == MM_OK) {
        const struct place *exch = &out->places[TAPE_EXCH][i];
        const struct place *local = &out->places[TAPE_LOCAL][j];
        int first = i == out->count ? -1 : j == out->count ? 1 : which_first(exch, local);
        if (write) {
            struct npy_row row = row_of(out, first >= 0 ? exch : local);
            row.event |= (first >= 0 ? NPY_EXCH : 0) | (first <= 0 ? NPY_LOCAL : 0);
            out->buffer[out->buffered++] = row;
            status = out->buffered == BUFFER_ROWS ? flush(out) : MM_OK;
        }
        i += first >= 0;
        j += first <= 0;
        (*out_count)++;
    }
    return status == MM_OK && write ? flush(out) : status;
}

// numpy pads its header with blanks so that the rows begin at a multiple of 64.
static void make_header(uint64_t count, char header[HEADER_SIZE])
{
    memset(header, ' ', HEADER_SIZE);
    memcpy(header, NPY_MAGIC "\x01\x00", 8);
    header[8] = (char)((HEADER_SIZE - 10) & 0xff);
    header[9] = (char)((HEADER_SIZE - 10) >> 8);
    int length = snprintf(
        header + 10, HEADER_SIZE - 10,
        "{'descr': " NPY_DESCRIPTION ", 'fortran_order': False, 'shape': (%" PRIu64 ",), }", count);
    header[10 + length] = ' ';
    header[HEADER_SIZE - 1] = '\n';
}

static int put_array(struct exporter *out, uint64_t count)
{
    char header[HEADER_SIZE];
    make_header(count, header);
    int status = put_bytes(out, header, sizeof header);
    return status == MM_OK ? merge(out, true, &count) : status;
}

static la_ssize_t put_archived(struct archive *archive, void *context, const void *data,
                               size_t size)
{
    (void)archive;
    struct exporter *out = context;
    return file_writer_put(&out->writer, data, size) == MM_OK ? (la_ssize_t)size : -1;
}

static int put_archive(struct exporter *out, uint64_t count)
{
    struct archive_entry *entry = archive_entry_new();
    out->archive = archive_write_new();
    if (entry == NULL || out->archive == NULL) {
        archive_entry_free(entry);
        return mm_fail(MM_ERROR_SYSTEM, "no memory to compress");
    }
    archive_entry_set_pathname(entry, "data.npy");
    archive_entry_set_size(entry, (la_int64_t)(HEADER_SIZE + count * sizeof(struct npy_row)));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 315619200, 0); // 1980-01-02, which a zip can say everywhere
    int status = MM_OK;
    if (archive_write_set_format_zip(out->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(out->archive, 1) != ARCHIVE_OK ||
        archive_write_open(out->archive, out, NULL, put_archived, NULL) != ARCHIVE_OK ||
        archive_write_header(out->archive, entry) != ARCHIVE_OK) {
        status =
            mm_fail(MM_ERROR_SYSTEM, "cannot compress: %s", archive_error_string(out->archive));
    }
    status = status == MM_OK ? put_array(out, count) : status;
    if (status == MM_OK && archive_write_close(out->archive) != ARCHIVE_OK) {
        status =
            mm_fail(MM_ERROR_SYSTEM, "cannot compress: %s", archive_error_string(out->archive));
    }
    archive_entry_free(entry);
    (void)archive_write_free(out->archive);
    return status;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int write_file(struct exporter *out, const char *path, uint64_t *out_row_count)
{
    int status = merge(out, false, out_row_count);
    if (status == MM_OK) {
        status = file_writer_open(&out->writer, path);
    }
    if (status < 0) {
        return status;
    }
    status =
        ends_with(path, ".npy") ? put_array(out, *out_row_count) : put_archive(out, *out_row_count);
    if (status == MM_OK) {
        return file_writer_commit(&out->writer, 0644);
    }
    file_writer_abandon(&out->writer);
    return mm_fail_add(status, "%s", path);
}

// A step as factor / 10^decimals, both exact as doubles.
static int split_step(struct decimal step, int64_t *out_factor, double *out_power)
{
    uint32_t digits = (uint32_t)(step.exponent < 0 ? -step.exponent : step.exponent);
    int64_t power = digits <= CAPTURE_DIGITS_MAX ? (int64_t)capture_powers_of_ten[digits] : 0;
    int64_t factor_max = 1000; // times the largest price or quantity it still fits 63 bits
    if (power == 0 || step.mantissa > factor_max ||
        (step.exponent > 0 && power > factor_max / step.mantissa)) {
        return mm_fail(MM_ERROR_INPUT, "a step of the tape has too many digits for this format");
    }
    *out_power = step.exponent < 0 ? (double)power : 1;
    *out_factor = step.mantissa * (step.exponent > 0 ? power : 1);
    return MM_OK;
}

int export_npy(const struct tape *tape, const char *path, uint64_t *out_row_count)
{
    if (!ends_with(path, ".npz") && !ends_with(path, ".npy")) {
        return mm_fail(MM_ERROR_USAGE, "'%s' ends neither in .npz nor in .npy", path);
    }
    struct exporter *out = mm_alloc(1, sizeof *out);
    out->tape = tape;
    int status = split_step(tape->instrument.tick, &out->tick_factor, &out->tick_power);
    if (status == MM_OK) {
        status = split_step(tape->instrument.lot, &out->lot_factor, &out->lot_power);
    }
    if (status == MM_OK) {
        list_places(out, TAPE_EXCH);
        list_places(out, TAPE_LOCAL);
        status = write_file(out, path, out_row_count);
    }
    free(out->places[0]);
    free(out->places[1]);
    free(out);
    return status;
}
