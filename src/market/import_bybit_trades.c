#include "market/import_bybit_trades.h"

#include "market/capture_csv.h"
#include "market/capture_time.h"
#include "market/import_base.h"

#include <inttypes.h>
#include <string.h>

struct columns {
    uint32_t time, symbol, side, size, price; // symbol is CSV_FIELDS_MAX for spot
};

struct importer {
    struct import_base base;
    struct columns columns;
    struct capture_text file_symbol; // of a spot file
};

// The derivatives' files of old have no first line of names.
static const struct columns unnamed = {0, 1, 2, 3, 4};

static bool is_spot(const struct importer *in)
{
    return in->columns.symbol == CSV_FIELDS_MAX;
}

// XRPUSDT of /path/XRPUSDT_2024-12-01.csv.gz
static struct capture_text symbol_of_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    name = slash != NULL ? slash + 1 : name;
    return (struct capture_text){name, strcspn(name, "_-.")};
}

// 1 when the line was the names of the columns.
static int find_columns(struct importer *in, const struct csv_line *line)
{
    struct columns *columns = &in->columns;
    columns->time = csv_column(line, "timestamp");
    if (columns->time == CSV_FIELDS_MAX) {
        *columns = unnamed;
        return 0;
    }
    columns->symbol = csv_column(line, "symbol");
    columns->side = csv_column(line, "side");
    columns->price = csv_column(line, "price");
    columns->size = csv_column(line, is_spot(in) ? "volume" : "size");
    if (columns->side == CSV_FIELDS_MAX || columns->price == CSV_FIELDS_MAX ||
        columns->size == CSV_FIELDS_MAX) {
        return mm_fail(MM_ERROR_INPUT, "the first line does not name the columns of trades");
    }
    return 1;
}

static bool read_time(const struct importer *in, struct capture_text field, int64_t *out_ns)
{
    int64_t ns = 0;
    bool read = field.data != NULL && csv_fixed(field, is_spot(in) ? 0 : 9, &ns);
    if (read && is_spot(in)) {
        read = ns <= CAPTURE_TS_MAX_NS / CAPTURE_NS_PER_MS;
        ns = read ? ns * CAPTURE_NS_PER_MS : 0;
    }
    *out_ns = ns;
    return read && ns >= CAPTURE_TS_MIN_NS && ns <= CAPTURE_TS_MAX_NS;
}

static int add_trade(struct importer *in, const struct csv_line *line)
{
    char numbers[2][CSV_NUMBER_SIZE];
    struct import_trade trade = {0};
    struct capture_text side = csv_field(line, in->columns.side);
    bool buy = capture_text_is(side, "Buy") || capture_text_is(side, "buy");
    bool sell = capture_text_is(side, "Sell") || capture_text_is(side, "sell");
    if (!read_time(in, csv_field(line, in->columns.time), &trade.exch_ns)) {
        return mm_fail(MM_ERROR_INPUT, "the timestamp is missing or out of range");
    }
    if (!buy && !sell) {
        return mm_fail(MM_ERROR_INPUT, "a trade's side is neither Buy nor Sell");
    }
    if (!csv_number(csv_field(line, in->columns.price), numbers[0], &trade.price) ||
        !csv_number(csv_field(line, in->columns.size), numbers[1], &trade.qty)) {
        return mm_fail(MM_ERROR_INPUT, "a trade's price or size is not a number");
    }
    trade.taken = buy ? SIDE_SELL : SIDE_BUY;
    trade.local_ns = trade.exch_ns + in->base.options->feed_latency_ns;
    return import_base_trade(&in->base, &trade);
}

static int import_line(struct importer *in, const char *text, size_t length)
{
    struct csv_line line;
    if (!csv_split(text, length, &line)) {
        return mm_fail(MM_ERROR_INPUT, "more than %d columns", CSV_FIELDS_MAX);
    }
    if (in->base.report->line_count == 1) {
        int status = find_columns(in, &line);
        if (status != 0) {
            return status < 0 ? status : MM_OK;
        }
    }
    int status = import_base_symbol(&in->base, is_spot(in) ? in->file_symbol
                                                           : csv_field(&line, in->columns.symbol));
    return status <= 0 ? status : add_trade(in, &line);
}

int import_bybit_trades(struct capture_lines *lines, const struct tape_import_options *options,
                        struct tape_builder *builder, struct tape_import_report *report)
{
    struct importer in = {0};
    const char *text;
    size_t length;
    int more = 0;
    int status = import_base_start(&in.base, options, builder, report);
    in.file_symbol = in.base.symbol_fixed
                         ? (struct capture_text){in.base.symbol, strlen(in.base.symbol)}
                         : symbol_of_name(lines->name);
    while (status == MM_OK && (more = capture_lines_next(lines, &text, &length)) > 0) {
        report->line_count++;
        status = import_line(&in, text, length);
        if (status < 0) {
            status = mm_fail_add(status, "%s:%" PRIu64, lines->name, lines->line);
        }
    }
    status = status == MM_OK ? more : status;
    return status < 0 ? status : import_base_finish(&in.base, lines->name, "bybit", !is_spot(&in));
}
