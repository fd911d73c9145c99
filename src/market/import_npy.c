#include "market/import_npy.h"

#include "base/memory.h"
#include "market/capture_archive.h"
#include "market/capture_time.h"
#include "market/import_base.h"
#include "market/npy_format.h"
#include "market/tape_sort.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRICE_DECIMALS_MAX = 15, HEADER_TEXT_MAX = 1 << 16, PROGRESS_ROWS = 1 << 16 };

struct importer {
    struct import_base base;
    const char *name;
    const struct tape_import_progress *progress; // NULL: nobody is told
    const unsigned char *rows;                   // as they lie in the file
    uint64_t row_count;
    // Rows of the two clocks, in the order of the file: time and number of the row.
    struct sort_item *clocks[2]; // owned
    uint64_t clock_count[2];
    uint64_t *local_of; // owned: the place on the local clock of each place on the exchange's
};

static struct npy_row row_at(const struct importer *in, uint64_t index)
{
    struct npy_row row; // the file may not be aligned
    memcpy(&row, in->rows + index * sizeof row, sizeof row);
    return row;
}

static int fail_row(const struct importer *in, uint64_t index, const char *what)
{
    return mm_fail(MM_ERROR_INPUT, "%s: row %" PRIu64 ": %s", in->name, index, what);
}

// ---- the file ----

// The header's text without blanks, ended by NUL.
static void squeeze(const char *text, size_t length, char *out)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] != ' ' && text[i] != '\n' && text[i] != '\0') {
            *out++ = text[i];
        }
    }
    *out = '\0';
}

// The number of rows of a header such as {'descr':…,'fortran_order':False,'shape':(12,),}.
static int read_shape(const char *name, const char *text, uint64_t *out_count)
{
    if (strstr(text, "'descr':" NPY_DESCRIPTION) == NULL) {
        return mm_fail(MM_ERROR_INPUT, "%s: the array is not one of hftbacktest's events", name);
    }
    const char *shape = strstr(text, "'shape':(");
    uint64_t count = 0;
    size_t digits = 0;
    if (shape != NULL) {
        for (shape += strlen("'shape':("); *shape >= '0' && *shape <= '9' && digits < 12; shape++) {
            count = count * 10 + (uint64_t)(*shape - '0');
            digits++;
        }
    }
    if (digits == 0 || strncmp(shape, ",)", 2) != 0) {
        return mm_fail(MM_ERROR_INPUT, "%s: the array has not one dimension", name);
    }
    *out_count = count;
    return MM_OK;
}

static int open_array(struct importer *in, const unsigned char *data, size_t size)
{
    size_t fixed = size > NPY_MAGIC_SIZE && data[NPY_MAGIC_SIZE] > 1 ? 12 : 10;
    if (size < fixed || memcmp(data, NPY_MAGIC, NPY_MAGIC_SIZE) != 0) {
        return mm_fail(MM_ERROR_INPUT, "%s: not an array in numpy's format", in->name);
    }
    size_t length = (size_t)data[8] | (size_t)data[9] << 8;
    if (fixed == 12) {
        length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
    }
    if (length > HEADER_TEXT_MAX || length > size - fixed) {
        return mm_fail(MM_ERROR_INPUT, "%s: the header is cut short", in->name);
    }
    char *text = mm_alloc(length + 1, 1);
    squeeze((const char *)data + fixed, length, text);
    int status = read_shape(in->name, text, &in->row_count);
    free(text);
    in->rows = data + fixed + length;
    size_t held = (size - fixed - length) / sizeof(struct npy_row);
    if (status == MM_OK && held < in->row_count) {
        return mm_fail(MM_ERROR_INPUT, "%s: cut short: %zu of %" PRIu64 " rows", in->name, held,
                       in->row_count);
    }
    return status;
}

// Inflates the archive's first member; the caller frees *out.
static int inflate_member(const char *name, const void *data, size_t size, unsigned char **out,
                          size_t *out_size)
{
    struct capture_archive archive;
    size_t capacity = 1 << 20, count = 1;
    *out = NULL;
    *out_size = 0;
    int status = capture_archive_open(&archive, name, data, size);
    if (status == MM_OK) {
        *out = mm_alloc(capacity, 1);
    }
    while (status == MM_OK && count > 0) {
        if (*out_size == capacity) {
            unsigned char *grown = mm_alloc(2 * capacity, 1);
            memcpy(grown, *out, capacity);
            free(*out);
            *out = grown;
            capacity *= 2;
        }
        status =
            capture_archive_read(&archive, name, *out + *out_size, capacity - *out_size, &count);
        *out_size += count;
    }
    capture_archive_fini(&archive);
    return status;
}

// ---- the two clocks ----

static const char *row_fault(const struct npy_row *row)
{
    uint64_t kind = row->event & 0xff;
    if ((row->event & (NPY_EXCH | NPY_LOCAL)) == 0) {
        return "of neither clock";
    }
    if (kind < NPY_DEPTH || kind > NPY_BEST) {
        return "its kind is none of depth, trade, clear, snapshot and best bid or offer";
    }
    if (((row->event & NPY_BUY) != 0) == ((row->event & NPY_SELL) != 0)) {
        return "it is not of one side";
    }
    if (row->exch_ts_ns < CAPTURE_TS_MIN_NS || row->exch_ts_ns > CAPTURE_TS_MAX_NS ||
        row->local_ts_ns < CAPTURE_TS_MIN_NS || row->local_ts_ns > CAPTURE_TS_MAX_NS) {
        return "a time is out of range (it is in ns since 1970)";
    }
    return NULL;
}

static int sort_out_clocks(struct importer *in)
{
    static const char *const faults[2] = {"its exchange time lies before that of the row above",
                                          "its local time lies before that of the row above"};
    for (uint64_t i = 0; i < in->row_count; i++) {
        struct npy_row row = row_at(in, i);
        const char *fault = row_fault(&row);
        if (fault != NULL) {
            return fail_row(in, i, fault);
        }
        if ((row.event & 0xff) == NPY_BEST) {
            in->base.report->other_count++;
            continue;
        }
        for (int clock = 0; clock < 2; clock++) {
            uint64_t *count = &in->clock_count[clock];
            int64_t ts_ns = clock == TAPE_EXCH ? row.exch_ts_ns : row.local_ts_ns;
            if ((row.event & (clock == TAPE_EXCH ? NPY_EXCH : NPY_LOCAL)) == 0) {
                continue;
            }
            if (*count > 0 && in->clocks[clock][*count - 1].ts_ns > ts_ns) {
                return fail_row(in, i, faults[clock]);
            }
            in->clocks[clock][(*count)++] = (struct sort_item){ts_ns, i};
        }
    }
    return in->clock_count[0] == in->clock_count[1]
               ? MM_OK
               : mm_fail(MM_ERROR_INPUT,
                         "%s: %" PRIu64 " rows of the exchange's clock, but %" PRIu64
                         " of the local one",
                         in->name, in->clock_count[0], in->clock_count[1]);
}

static bool are_twins(const struct npy_row *a, const struct npy_row *b)
{
    uint64_t clocks = NPY_EXCH | NPY_LOCAL;
    return a->exch_ts_ns == b->exch_ts_ns && a->local_ts_ns == b->local_ts_ns &&
           (a->event & ~clocks) == (b->event & ~clocks) && a->price == b->price && a->qty == b->qty;
}

// The places of one clock in the order of both stamps, each kept in order where they are equal.
static void order_places(const struct importer *in, enum tape_clock clock, struct sort_item *items,
                         struct sort_item *spare)
{
    uint64_t count = in->clock_count[clock];
    for (uint64_t i = 0; i < count; i++) {
        struct npy_row row = row_at(in, in->clocks[clock][i].index);
        items[i] = (struct sort_item){clock == TAPE_EXCH ? row.local_ts_ns : row.exch_ts_ns, i};
    }
    sort_stable(items, count, spare); // by the other clock; now by one and the same
    for (uint64_t i = 0; i < count && clock == TAPE_EXCH; i++) {
        items[i].ts_ns = in->clocks[TAPE_EXCH][items[i].index].ts_ns;
    }
    if (clock == TAPE_EXCH) {
        sort_stable(items, count, spare);
    }
}

// On the local clock the places come by local time already: sorted stably by exchange time they are
// in the order (exchange, local), as those of the exchange's clock are made to be.
static int pair_rows(struct importer *in)
{
    uint64_t count = in->clock_count[0];
    struct sort_item *exch = mm_alloc(count + 1, sizeof *exch);
    struct sort_item *local = mm_alloc(count + 1, sizeof *local);
    struct sort_item *spare = mm_alloc(count + 1, sizeof *spare);
    order_places(in, TAPE_EXCH, exch, spare);
    order_places(in, TAPE_LOCAL, local, spare);
    int status = MM_OK;
    for (uint64_t i = 0; i < count && status == MM_OK; i++) {
        uint64_t of_exch = in->clocks[TAPE_EXCH][exch[i].index].index;
        uint64_t of_local = in->clocks[TAPE_LOCAL][local[i].index].index;
        struct npy_row a = row_at(in, of_exch), b = row_at(in, of_local);
        in->local_of[exch[i].index] = local[i].index;
        if (!are_twins(&a, &b)) {
            status = fail_row(in, of_exch, "the other clock has no row like it");
        }
    }
    free(exch);
    free(local);
    free(spare);
    return status;
}

// ---- the messages ----

// Whether value is a whole number of 10^-decimals, as the nearest double of its decimal text is.
static bool is_whole(double value, uint32_t decimals, int64_t *out)
{
    double power = (double)capture_powers_of_ten[decimals];
    double steps = nearbyint(value * power);
    if (!(steps >= 0 && steps <= (double)TAPE_VALUE_MAX)) {
        return false;
    }
    *out = (int64_t)steps;
    return steps / power == value;
}

static const char *read_steps(struct step_reader *reader, struct tape_builder *builder,
                              double value, int64_t *out)
{
    int64_t steps = 0;
    uint32_t decimals = reader->decimals;
    while (!is_whole(value, decimals, &steps)) {
        if (!reader->inferred || decimals == PRICE_DECIMALS_MAX) {
            return reader->is_price ? "its price is not a whole number of ticks, or out of range"
                                    : "its quantity is not a whole number of lots, or out of range";
        }
        decimals++;
    }
    if (decimals > reader->decimals) {
        int64_t factor = (int64_t)capture_powers_of_ten[decimals - reader->decimals];
        reader->decimals = decimals;
        if (tape_builder_rescale(builder, reader->is_price ? factor : 1,
                                 reader->is_price ? 1 : factor) < 0) {
            return "an earlier number is too large to be counted in steps as fine as this row's";
        }
    }
    if (steps % (int64_t)reader->divisor != 0) {
        return reader->is_price ? "its price is not a whole number of ticks"
                                : "its quantity is not a whole number of lots";
    }
    *out = steps / (int64_t)reader->divisor;
    return NULL;
}

static int add_row(struct importer *in, uint64_t index, const struct npy_row *row)
{
    int64_t price_ticks = 0, qty_lots = 0;
    struct tape_builder *builder = in->base.builder;
    uint64_t kind = row->event & 0xff;
    const char *fault = read_steps(&in->base.levels.price, builder, row->price, &price_ticks);
    if (fault == NULL && kind != NPY_CLEAR) {
        fault = read_steps(&in->base.levels.qty, builder, row->qty, &qty_lots);
    }
    if (fault == NULL && (price_ticks == 0 || (kind == NPY_TRADE && qty_lots == 0))) {
        fault = "its price or quantity is 0";
    }
    if (fault != NULL) {
        return fail_row(in, index, fault);
    }
    bool buy = (row->event & NPY_BUY) != 0;
    bool bid = kind == NPY_TRADE ? !buy : buy;
    return tape_builder_row(builder, bid ? SIDE_BUY : SIDE_SELL, price_ticks, qty_lots);
}

// Levels that come together on both clocks are one message.
static bool goes_on(const struct importer *in, uint64_t place, const struct npy_row *row,
                    const struct npy_row *next)
{
    uint64_t kind = row->event & 0xff;
    return (kind == NPY_DEPTH || kind == NPY_SNAPSHOT) && kind == (next->event & 0xff) &&
           row->exch_ts_ns == next->exch_ts_ns && row->local_ts_ns == next->local_ts_ns &&
           in->local_of[place + 1] == in->local_of[place] + 1;
}

static int add_message(struct importer *in, uint64_t *place, struct sort_item *out)
{
    static const enum event_kind kinds[] = {[NPY_DEPTH] = EVENT_DEPTH,
                                            [NPY_TRADE] = EVENT_TRADE,
                                            [NPY_CLEAR] = EVENT_CLEAR,
                                            [NPY_SNAPSHOT] = EVENT_SNAPSHOT};
    struct tape_builder *builder = in->base.builder;
    size_t first_row = builder->row_count;
    uint64_t index = in->clocks[TAPE_EXCH][*place].index;
    struct npy_row row = row_at(in, index), next = row;
    *out = (struct sort_item){(int64_t)in->local_of[*place], builder->message_count};
    for (;;) {
        int status = add_row(in, index, &next);
        if (status < 0) {
            return status;
        }
        uint64_t last = (*place)++;
        if (*place == in->clock_count[TAPE_EXCH]) {
            break;
        }
        index = in->clocks[TAPE_EXCH][*place].index;
        next = row_at(in, index);
        if (!goes_on(in, last, &row, &next)) {
            break;
        }
    }
    return tape_builder_message(builder, kinds[row.event & 0xff], row.exch_ts_ns, row.local_ts_ns,
                                first_row, builder->row_count - first_row);
}

static int add_messages(struct importer *in)
{
    struct tape_builder *builder = in->base.builder;
    uint64_t count = in->clock_count[TAPE_EXCH];
    struct sort_item *order = mm_alloc(count + 1, sizeof *order);
    struct sort_item *spare = mm_alloc(count + 1, sizeof *spare);
    int status = MM_OK;
    for (uint64_t place = 0, told = 0; place < count && status == MM_OK;) {
        status = add_message(in, &place, &order[builder->message_count]);
        if (in->progress != NULL && place - told >= PROGRESS_ROWS) {
            told = place;
            in->progress->advance(in->progress->context, in->name, place, count);
        }
    }
    if (status == MM_OK) {
        sort_stable(order, builder->message_count, spare);
        builder->local_order = mm_alloc(builder->message_count + 1, sizeof *builder->local_order);
        for (size_t i = 0; i < builder->message_count; i++) {
            builder->local_order[i] = (uint32_t)order[i].index;
        }
    }
    free(order);
    free(spare);
    return status;
}

static int import_rows(struct importer *in)
{
    for (int clock = 0; clock < 2; clock++) {
        in->clocks[clock] = mm_alloc(in->row_count + 1, sizeof *in->clocks[clock]);
    }
    in->local_of = mm_alloc(in->row_count + 1, sizeof *in->local_of);
    int status = sort_out_clocks(in);
    status = status == MM_OK ? pair_rows(in) : status;
    status = status == MM_OK ? add_messages(in) : status;
    free(in->clocks[0]);
    free(in->clocks[1]);
    free(in->local_of);
    return status;
}

// BTCUSDT of /path/btcusdt_20240808.npz; case is kept.
static struct capture_text symbol_of_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    name = slash != NULL ? slash + 1 : name;
    return (struct capture_text){name, strcspn(name, "_-.")};
}

int import_npy(const char *name, const void *data, size_t size,
               const struct tape_import_options *options, struct tape_builder *builder,
               struct tape_import_report *report)
{
    struct importer in = {.name = name, .progress = options->progress};
    unsigned char *inflated = NULL;
    size_t inflated_size = 0;
    int status = import_base_start(&in.base, options, builder, report);
    bool is_zip = capture_archive_recognise(data, size);
    if (status == MM_OK && is_zip) {
        status = inflate_member(name, data, size, &inflated, &inflated_size);
    }
    if (status == MM_OK) {
        status = open_array(&in, is_zip ? inflated : data, is_zip ? inflated_size : size);
    }
    status = status == MM_OK ? import_rows(&in) : status;
    free(inflated);
    if (status == MM_OK) {
        report->line_count = in.row_count;
        struct capture_text symbol = {in.base.symbol, strlen(in.base.symbol)};
        status = import_base_symbol(&in.base, in.base.symbol_fixed ? symbol : symbol_of_name(name));
        status =
            status < 0 ? mm_fail_add(status, "%s: name the symbol with --symbol", name) : status;
    }
    return status < 0 ? status : import_base_finish(&in.base, name, "hftbacktest", true);
}
