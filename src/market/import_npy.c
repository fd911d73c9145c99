#include "market/import_npy.h"

#include "base/memory.h"
#include "market/capture_archive.h"
#include "market/capture_time.h"
#include "market/import_base.h"
#include "market/npy_format.h"
#include "market/tape_sort.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PRICE_DECIMALS_MAX = 15,
    HEADER_TEXT_MAX = 1 << 16,
    PROGRESS_ROWS = 1 << 16,
    RUN_ROWS_MAX = 1 << 23
};

// Rows of one message: next to one another on both clocks, of one kind and with equal stamps.
struct run {
    int64_t exch_ts_ns, local_ts_ns;
    uint64_t local_place; // of the first row among those of the local clock
    uint32_t first_row;   // in the builder
    uint32_t count_kind;  // as in struct tape_message
};

// A row of one clock only, whose twin is a row of the other.
struct lone {
    uint64_t index; // in the file
    uint64_t at;    // the exchange's: its run; the local clock's: its place there
};

struct importer {
    struct import_base base;
    const char *name;
    const struct tape_import_progress *progress; // NULL: nobody is told
    const unsigned char *rows;                   // as they lie in the file
    uint64_t row_count;
    struct run *runs;     // owned, in the order of the exchange's clock
    struct lone *lone[2]; // owned, each in the order of its clock
    uint64_t run_count, lone_count[2];
    uint64_t clock_count[2]; // rows so far
    int64_t newest_ns[2];
    bool grows; // the last row was of both clocks, so that the next may join its run
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

// ---- one row ----

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

// Counts the row on its clocks, whose stamps never fall.
static const char *follow_clocks(struct importer *in, const struct npy_row *row)
{
    bool exch = (row->event & NPY_EXCH) != 0, local = (row->event & NPY_LOCAL) != 0;
    if (exch && row->exch_ts_ns < in->newest_ns[TAPE_EXCH]) {
        return "its exchange time lies before that of the row above";
    }
    if (local && row->local_ts_ns < in->newest_ns[TAPE_LOCAL]) {
        return "its local time lies before that of the row above";
    }
    in->newest_ns[TAPE_EXCH] = exch ? row->exch_ts_ns : in->newest_ns[TAPE_EXCH];
    in->newest_ns[TAPE_LOCAL] = local ? row->local_ts_ns : in->newest_ns[TAPE_LOCAL];
    in->clock_count[TAPE_EXCH] += exch;
    in->clock_count[TAPE_LOCAL] += local;
    return NULL;
}

// Whether value is a whole number of 10^-decimals, as the nearest double of its decimal text is.
static bool is_whole(double value, uint32_t decimals, int64_t *out)
{
    double power = (double)capture_powers_of_ten[decimals];
    double scaled = value * power;
    if (!(scaled >= 0 && scaled <= (double)TAPE_VALUE_MAX)) {
        return false;
    }
    int64_t steps = (int64_t)scaled;
    steps += scaled - (double)steps >= 0.5;
    *out = steps;
    return (double)steps / power == value;
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
    int64_t divisor = (int64_t)reader->divisor;
    if (divisor != 1) { // a division costs more than all the rest
        if (steps % divisor != 0) {
            return reader->is_price ? "its price is not a whole number of ticks"
                                    : "its quantity is not a whole number of lots";
        }
        steps /= divisor;
    }
    *out = steps;
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

// ---- from rows to runs ----

// As is_whole, for values that a double holds with room to round.
static inline bool quick_steps(double value, double power, int64_t *out)
{
    const double round = 0x1p52; // beside it a double has no room for fractions
    double scaled = value * power;
    if (!(scaled >= 0 && scaled < 0x1p51)) {
        return false;
    }
    double whole = scaled + round - round;
    *out = (int64_t)whole;
    return whole / power == value;
}

static inline uint64_t word_at(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline double number_at(const unsigned char *at)
{
    double number;
    memcpy(&number, at, sizeof number);
    return number;
}

// A row to be compared with, and what reads one that is alike.
struct like {
    uint64_t event; // as of a bid
    int64_t exch_ts_ns, local_ts_ns;
    double price_power, qty_power; // steps of 1
};

// Reads a row that differs from `like` in side, price and quantity only; false for any other.
static inline bool read_alike(const struct like *like, const unsigned char *at,
                              struct builder_row *out)
{
    int64_t price_ticks, qty_lots;
    uint64_t sides = word_at(at + offsetof(struct npy_row, event)) ^ like->event;
    if ((sides != 0 && sides != (NPY_BUY | NPY_SELL)) ||
        (int64_t)word_at(at + offsetof(struct npy_row, exch_ts_ns)) != like->exch_ts_ns ||
        (int64_t)word_at(at + offsetof(struct npy_row, local_ts_ns)) != like->local_ts_ns ||
        !quick_steps(number_at(at + offsetof(struct npy_row, price)), like->price_power,
                     &price_ticks) ||
        !quick_steps(number_at(at + offsetof(struct npy_row, qty)), like->qty_power, &qty_lots)) {
        return false;
    }
    *out = builder_row_of(sides == 0 ? SIDE_BUY : SIDE_SELL, price_ticks, qty_lots);
    return price_ticks != 0 && builder_row_fits(price_ticks, qty_lots);
}

// Whether rows like this one, which was taken, can join its run, and are read in steps of 1.
static bool has_alike(const struct importer *in, const struct npy_row *row)
{
    uint64_t kind = row->event & 0xff;
    return in->grows && (kind == NPY_DEPTH || kind == NPY_SNAPSHOT) &&
           in->base.levels.price.divisor == 1 && in->base.levels.qty.divisor == 1;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// Takes the rows from `index` on that are like the one above, as most are, until one needs more
// than these few steps; returns how many.
static uint64_t take_alike(struct importer *in, uint64_t index, const struct npy_row *above)
{
    const struct level_reader *levels = &in->base.levels;
    struct tape_builder *builder = in->base.builder;
    struct run *run = &in->runs[in->run_count - 1];
    const struct like like = {
        .event = (above->event & ~NPY_SELL) | NPY_BUY,
        .exch_ts_ns = above->exch_ts_ns,
        .local_ts_ns = above->local_ts_ns,
        .price_power = (double)capture_powers_of_ten[levels->price.decimals],
        .qty_power = (double)capture_powers_of_ten[levels->qty.decimals],
    };
    uint64_t most = least(in->row_count - index, RUN_ROWS_MAX - (run->count_kind >> 8));
    most = least(most, builder->row_capacity - builder->row_count);
    struct builder_row *out = builder->rows + builder->row_count;
    const unsigned char *at = in->rows + index * sizeof *above;
    uint64_t count = 0;
    while (count < most && read_alike(&like, at + count * sizeof *above, &out[count])) {
        count++;
    }
    builder->row_count += count;
    run->count_kind += (uint32_t)count << 8;
    in->clock_count[TAPE_EXCH] += count;
    in->clock_count[TAPE_LOCAL] += count;
    return count;
}

// Levels that come together are one message; a trade or a clear is one of its own.
static bool joins(const struct run *run, uint64_t kind, const struct npy_row *row)
{
    return (kind == NPY_DEPTH || kind == NPY_SNAPSHOT) && (run->count_kind & 0xff) == kind &&
           run->exch_ts_ns == row->exch_ts_ns && run->local_ts_ns == row->local_ts_ns &&
           run->count_kind >> 8 < RUN_ROWS_MAX;
}

static int take_row(struct importer *in, uint64_t index, const struct npy_row *row)
{
    uint64_t kind = row->event & 0xff;
    bool exch = (row->event & NPY_EXCH) != 0, local = (row->event & NPY_LOCAL) != 0;
    bool may_join = in->grows;
    in->grows = exch && local;
    if (!exch) {
        in->lone[TAPE_LOCAL][in->lone_count[TAPE_LOCAL]++] =
            (struct lone){index, in->clock_count[TAPE_LOCAL] - 1};
        return MM_OK;
    }
    if (!local) {
        in->lone[TAPE_EXCH][in->lone_count[TAPE_EXCH]++] = (struct lone){index, in->run_count};
    }
    int status = add_row(in, index, row);
    if (status < 0) {
        return status;
    }
    if (may_join && in->grows && joins(&in->runs[in->run_count - 1], kind, row)) {
        in->runs[in->run_count - 1].count_kind += 1 << 8;
        return MM_OK;
    }
    in->runs[in->run_count++] =
        (struct run){.exch_ts_ns = row->exch_ts_ns,
                     .local_ts_ns = row->local_ts_ns,
                     .local_place = local ? in->clock_count[TAPE_LOCAL] - 1 : 0,
                     .first_row = (uint32_t)(in->base.builder->row_count - 1),
                     .count_kind = 1 << 8 | (uint32_t)kind};
    return MM_OK;
}

static int take_rows(struct importer *in)
{
    for (uint64_t i = 0, told = 0; i < in->row_count; i++) {
        struct npy_row row = row_at(in, i);
        const char *fault = row_fault(&row);
        if (fault == NULL && (row.event & 0xff) == NPY_BEST) {
            in->base.report->other_count++;
            continue;
        }
        fault = fault == NULL ? follow_clocks(in, &row) : fault;
        int status = fault == NULL ? take_row(in, i, &row) : fail_row(in, i, fault);
        if (status < 0) {
            return status;
        }
        i += has_alike(in, &row) ? take_alike(in, i + 1, &row) : 0;
        if (in->progress != NULL && i - told >= PROGRESS_ROWS) {
            told = i;
            in->progress->advance(in->progress->context, in->name, i, in->row_count);
        }
    }
    return in->clock_count[0] == in->clock_count[1]
               ? MM_OK
               : mm_fail(MM_ERROR_INPUT,
                         "%s: %" PRIu64 " rows of the exchange's clock, but %" PRIu64
                         " of the local one",
                         in->name, in->clock_count[0], in->clock_count[1]);
}

// ---- the rows of one clock only ----

static bool are_twins(const struct npy_row *a, const struct npy_row *b)
{
    uint64_t clocks = NPY_EXCH | NPY_LOCAL;
    return a->exch_ts_ns == b->exch_ts_ns && a->local_ts_ns == b->local_ts_ns &&
           (a->event & ~clocks) == (b->event & ~clocks) && a->price == b->price && a->qty == b->qty;
}

// Those of one clock in the order of both stamps, each kept in order where they are equal. They lie
// in the order of their own clock already, so the local clock's need one sort only.
static void order_lone(const struct importer *in, enum tape_clock clock, struct sort_item *items,
                       struct sort_item *spare)
{
    uint64_t count = in->lone_count[clock];
    for (uint64_t i = 0; i < count; i++) {
        struct npy_row row = row_at(in, in->lone[clock][i].index);
        items[i] = (struct sort_item){clock == TAPE_EXCH ? row.local_ts_ns : row.exch_ts_ns, i};
    }
    sort_stable(items, count, spare);
    for (uint64_t i = 0; i < count && clock == TAPE_EXCH; i++) {
        items[i].ts_ns = row_at(in, in->lone[clock][items[i].index].index).exch_ts_ns;
    }
    if (clock == TAPE_EXCH) {
        sort_stable(items, count, spare);
    }
}

// Finds for each row of the exchange's clock alone its twin, and so its run's place on the other.
static int pair_lone(struct importer *in)
{
    uint64_t count = in->lone_count[TAPE_EXCH];
    struct sort_item *exch = mm_alloc(count + 1, sizeof *exch);
    struct sort_item *local = mm_alloc(count + 1, sizeof *local);
    struct sort_item *spare = mm_alloc(count + 1, sizeof *spare);
    order_lone(in, TAPE_EXCH, exch, spare);
    order_lone(in, TAPE_LOCAL, local, spare);
    int status = MM_OK;
    for (uint64_t i = 0; i < count && status == MM_OK; i++) {
        struct lone of_exch = in->lone[TAPE_EXCH][exch[i].index];
        struct lone of_local = in->lone[TAPE_LOCAL][local[i].index];
        struct npy_row a = row_at(in, of_exch.index), b = row_at(in, of_local.index);
        in->runs[of_exch.at].local_place = of_local.at;
        if (!are_twins(&a, &b)) {
            status = fail_row(in, of_exch.index, "the other clock has no row like it");
        }
    }
    free(exch);
    free(local);
    free(spare);
    return status;
}

// ---- from runs to messages ----

// Whether the run goes on where `last` ends, on the local clock too.
static bool goes_on(const struct run *last, const struct run *run)
{
    uint32_t kind = last->count_kind & 0xff, count = last->count_kind >> 8;
    return (kind == NPY_DEPTH || kind == NPY_SNAPSHOT) && kind == (run->count_kind & 0xff) &&
           last->exch_ts_ns == run->exch_ts_ns && last->local_ts_ns == run->local_ts_ns &&
           run->local_place == last->local_place + count &&
           count + (run->count_kind >> 8) <= RUN_ROWS_MAX;
}

// Makes one run of those that go on in one another; the place of the first is that of all.
static void merge_runs(struct importer *in)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < in->run_count; i++) {
        if (count > 0 && goes_on(&in->runs[count - 1], &in->runs[i])) {
            in->runs[count - 1].count_kind += in->runs[i].count_kind >> 8 << 8;
        } else {
            in->runs[count++] = in->runs[i];
        }
    }
    in->run_count = count;
}

static int add_messages(struct importer *in)
{
    static const enum event_kind kinds[] = {[NPY_DEPTH] = EVENT_DEPTH,
                                            [NPY_TRADE] = EVENT_TRADE,
                                            [NPY_CLEAR] = EVENT_CLEAR,
                                            [NPY_SNAPSHOT] = EVENT_SNAPSHOT};
    struct tape_builder *builder = in->base.builder;
    uint64_t count = in->run_count;
    struct sort_item *order = mm_alloc(count + 1, sizeof *order);
    struct sort_item *spare = mm_alloc(count + 1, sizeof *spare);
    int status = MM_OK;
    for (uint64_t i = 0; i < count && status == MM_OK; i++) {
        const struct run *run = &in->runs[i];
        order[i] = (struct sort_item){(int64_t)run->local_place, i};
        status = tape_builder_message(builder, kinds[run->count_kind & 0xff], run->exch_ts_ns,
                                      run->local_ts_ns, run->first_row, run->count_kind >> 8);
    }
    if (status == MM_OK) {
        sort_stable(order, count, spare);
        builder->local_order = mm_alloc(count + 1, sizeof *builder->local_order);
        for (uint64_t i = 0; i < count; i++) {
            builder->local_order[i] = (uint32_t)order[i].index;
        }
    }
    free(order);
    free(spare);
    return status;
}

static int import_rows(struct importer *in)
{
    tape_builder_reserve(in->base.builder, in->row_count);
    in->runs = mm_alloc(in->row_count + 1, sizeof *in->runs);
    for (int clock = 0; clock < 2; clock++) {
        in->lone[clock] = mm_alloc(in->row_count + 1, sizeof *in->lone[clock]);
    }
    int status = take_rows(in);
    status = status == MM_OK ? pair_lone(in) : status;
    if (status == MM_OK) {
        merge_runs(in);
        status = add_messages(in);
    }
    free(in->runs);
    free(in->lone[0]);
    free(in->lone[1]);
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
