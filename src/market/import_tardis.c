#include "market/import_tardis.h"

#include "market/binance_instrument.h"
#include "market/capture_csv.h"
#include "market/capture_time.h"
#include "market/import_base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NS_PER_US = 1000, DECIMALS_OF_US = 0 };

struct columns {
    uint32_t exchange, symbol, timestamp, local_timestamp, is_snapshot, side, price, amount;
};

struct importer {
    struct import_base base;
    struct import_worst worst;
    struct columns columns;
    bool has_book; // incremental_book_L2, else trades
    bool in_snapshot;
    char venue[INSTRUMENT_NAME_SIZE];
    // The message that is being collected.
    bool open, open_snapshot;
    int64_t exch_ns, local_ns;
    size_t first_row;
};

struct record {
    int64_t exch_ns, local_ns;
    struct capture_text side, price, amount;
    char numbers[2][CSV_NUMBER_SIZE];
    bool is_snapshot;
};

static int find_columns(struct importer *in, const struct csv_line *header)
{
    struct columns *columns = &in->columns;
    const struct {
        const char *name;
        uint32_t *column;
    } needed[] = {
        {"exchange", &columns->exchange},   {"symbol", &columns->symbol},
        {"timestamp", &columns->timestamp}, {"local_timestamp", &columns->local_timestamp},
        {"side", &columns->side},           {"price", &columns->price},
        {"amount", &columns->amount},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        *needed[i].column = csv_column(header, needed[i].name);
        if (*needed[i].column == CSV_FIELDS_MAX) {
            return mm_fail(MM_ERROR_INPUT, "the first line names no column '%s'", needed[i].name);
        }
    }
    columns->is_snapshot = csv_column(header, "is_snapshot");
    in->has_book = columns->is_snapshot != CSV_FIELDS_MAX;
    if (!in->has_book && csv_column(header, "id") == CSV_FIELDS_MAX) {
        return mm_fail(MM_ERROR_INPUT,
                       "neither incremental_book_L2 (is_snapshot) nor trades (id): other files "
                       "hold no full book");
    }
    return MM_OK;
}

static bool read_time(struct capture_text field, int64_t *out_ns)
{
    int64_t us = 0;
    if (!csv_fixed(field, DECIMALS_OF_US, &us) || us < CAPTURE_TS_MIN_NS / NS_PER_US ||
        us > CAPTURE_TS_MAX_NS / NS_PER_US) {
        return false;
    }
    *out_ns = us * NS_PER_US;
    return true;
}

static int read_record(const struct importer *in, const struct csv_line *line, struct record *out)
{
    const struct columns *columns = &in->columns;
    if (!read_time(csv_field(line, columns->timestamp), &out->exch_ns) ||
        !read_time(csv_field(line, columns->local_timestamp), &out->local_ns)) {
        return mm_fail(MM_ERROR_INPUT, "a timestamp is missing or out of range (it is in us)");
    }
    out->side = csv_field(line, columns->side);
    if (!csv_number(csv_field(line, columns->price), out->numbers[0], &out->price) ||
        !csv_number(csv_field(line, columns->amount), out->numbers[1], &out->amount)) {
        return mm_fail(MM_ERROR_INPUT, "a price or amount is not a number");
    }
    if (in->has_book) {
        struct capture_text flag = csv_field(line, columns->is_snapshot);
        out->is_snapshot = capture_text_is(flag, "true");
        if (!out->is_snapshot && !capture_text_is(flag, "false")) {
            return mm_fail(MM_ERROR_INPUT, "is_snapshot is neither true nor false");
        }
    }
    return MM_OK;
}

static int close_message(struct importer *in)
{
    struct tape_builder *builder = in->base.builder;
    if (!in->open) {
        return MM_OK;
    }
    in->open = false;
    return tape_builder_message(builder, in->open_snapshot ? EVENT_SNAPSHOT : EVENT_DEPTH,
                                in->exch_ns, in->local_ns, in->first_row,
                                builder->row_count - in->first_row);
}

static int open_message(struct importer *in, const struct record *record)
{
    int status = close_message(in);
    bool replaces = record->is_snapshot && !in->in_snapshot;
    for (int side = 0; side < 2 && status == MM_OK && replaces; side++) {
        status = import_worst_clear(&in->worst, &in->base, (enum side)side, record->exch_ns,
                                    record->local_ns);
    }
    in->open = true;
    in->open_snapshot = record->is_snapshot;
    in->in_snapshot = record->is_snapshot;
    in->exch_ns = record->exch_ns;
    in->local_ns = record->local_ns;
    in->first_row = in->base.builder->row_count;
    return status;
}

static int add_level(struct importer *in, const struct record *record)
{
    struct tape_builder *builder = in->base.builder;
    int64_t price_ticks = 0, qty_lots = 0;
    bool bid = capture_text_is(record->side, "bid");
    if (!bid && !capture_text_is(record->side, "ask")) {
        return mm_fail(MM_ERROR_INPUT, "a level's side is neither bid nor ask");
    }
    bool same = in->open && in->open_snapshot == record->is_snapshot &&
                in->exch_ns == record->exch_ns && in->local_ns == record->local_ns;
    int status = same ? MM_OK : open_message(in, record);
    if (status == MM_OK) {
        status = step_reader_text(&in->base.levels.price, builder, STEP_OF_LEVEL, record->price,
                                  &price_ticks);
    }
    if (status == MM_OK) {
        status = step_reader_text(&in->base.levels.qty, builder, STEP_OF_LEVEL, record->amount,
                                  &qty_lots);
    }
    if (status == MM_OK && price_ticks == 0) {
        status = mm_fail(MM_ERROR_INPUT, "a price is 0");
    }
    enum side side = bid ? SIDE_BUY : SIDE_SELL;
    if (status == MM_OK) {
        status = tape_builder_row(builder, side, price_ticks, qty_lots);
    }
    if (status == MM_OK) {
        import_worst_note(&in->worst, &in->base,
                          (struct capture_levels){true, builder->row_count - 1, 1}, side);
    }
    return status;
}

static int add_trade(struct importer *in, const struct record *record)
{
    bool buy = capture_text_is(record->side, "buy");
    if (!buy && !capture_text_is(record->side, "sell")) {
        in->base.report->not_market_count++;
        return MM_OK;
    }
    return import_base_trade(&in->base, &(struct import_trade){.taken = buy ? SIDE_SELL : SIDE_BUY,
                                                               .price = record->price,
                                                               .qty = record->amount,
                                                               .exch_ns = record->exch_ns,
                                                               .local_ns = record->local_ns});
}

// One file holds one exchange.
static int note_venue(struct importer *in, struct capture_text exchange)
{
    if (in->venue[0] == '\0' && exchange.data != NULL && binance_symbol_valid(exchange)) {
        memcpy(in->venue, exchange.data, exchange.length);
    }
    return capture_text_is(exchange, in->venue)
               ? MM_OK
               : mm_fail(MM_ERROR_INPUT, "the exchange is not one name throughout");
}

static int import_line(struct importer *in, const char *text, size_t length)
{
    struct csv_line line;
    struct record record;
    if (!csv_split(text, length, &line)) {
        return mm_fail(MM_ERROR_INPUT, "more than %d columns", CSV_FIELDS_MAX);
    }
    if (in->base.report->line_count == 1) {
        return find_columns(in, &line);
    }
    int status = import_base_symbol(&in->base, csv_field(&line, in->columns.symbol));
    if (status <= 0) {
        return status;
    }
    status = note_venue(in, csv_field(&line, in->columns.exchange));
    if (status == MM_OK) {
        status = read_record(in, &line, &record);
    }
    if (status == MM_OK) {
        status = import_base_received(&in->base, record.local_ns);
    }
    if (status < 0) {
        return status;
    }
    return in->has_book ? add_level(in, &record) : add_trade(in, &record);
}

int import_tardis(struct capture_lines *lines, const struct tape_import_options *options,
                  struct tape_builder *builder, struct tape_import_report *report)
{
    struct importer in = {0};
    const char *text;
    size_t length;
    int more = 0;
    int status = import_base_start(&in.base, options, builder, report);
    while (status == MM_OK && (more = capture_lines_next(lines, &text, &length)) > 0) {
        report->line_count++;
        status = import_line(&in, text, length);
        if (status < 0) {
            status = mm_fail_add(status, "%s:%" PRIu64, lines->name, lines->line);
        }
    }
    status = status == MM_OK ? more : status;
    status = status == MM_OK ? close_message(&in) : status;
    bool by_name = strcmp(in.venue, "bybit") == 0 || strcmp(in.venue, "binance-delivery") == 0;
    return status < 0 ? status : import_base_finish(&in.base, lines->name, in.venue, by_name);
}
