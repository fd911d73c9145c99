#include "cmd/tape_look.h"

#include "base/decimal.h"
#include "base/platform.h"
#include "venue/latency_log.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *kind_text(enum event_kind kind)
{
    switch (kind) {
    case EVENT_DEPTH:
        return "depth";
    case EVENT_TRADE:
        return "trade";
    case EVENT_CLEAR:
        return "clear";
    case EVENT_SNAPSHOT:
        return "snapshot";
    case EVENT_GAP:
        return "gap";
    }
    return "?";
}

static void print_row(FILE *out, const struct tape *tape, uint64_t number)
{
    struct row row = tape->rows[number];
    enum side side = row_side(row.key);
    int64_t price_ticks = 0, lots = row.lots;
    if (row.key == ROW_WIDE) {
        const struct wide_row *wide = &tape->wide[row.lots];
        side = (enum side)wide->side;
        price_ticks = wide->price_ticks;
        lots = wide->qty_lots;
    } else {
        price_ticks = geometry_ticks(tape->geometry, side, row_index(row.key));
    }
    char price[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];
    decimal_print_steps(price_ticks, tape->instrument.tick, price);
    decimal_print_steps(lots, tape->instrument.lot, qty);
    (void)fprintf(out, "  row %" PRIu64 "  %s %s  %s\n", number, side == SIDE_BUY ? "bid" : "ask",
                  price, qty);
}

void tape_show(FILE *out, const struct tape *tape, const struct tape_span *span)
{
    uint64_t at = tape_first_from(tape, TAPE_EXCH, span->from_ns);
    uint64_t left = tape->message_count - at;
    uint64_t end = span->count < left ? at + span->count : tape->message_count;
    for (; at < end; at++) {
        const struct tape_message *message = &tape->messages[TAPE_EXCH][at];
        if (message->ts_ns > span->to_ns) {
            return;
        }
        char time[PLATFORM_TIME_TEXT_SIZE];
        platform_time_text(message->ts_ns, time);
        (void)fprintf(out, "%" PRId64 "  %s  %s\n", message->ts_ns, time,
                      kind_text(tape_message_kind(message)));
        for (uint32_t i = 0; i < tape_message_count(message); i++) {
            print_row(out, tape, (uint64_t)message->first_row + i);
        }
    }
}

int tape_convert_latency(const char *path, const char *out_path)
{
    struct latency_row *rows;
    size_t count;
    int status = latency_log_read(path, &rows, &count);
    if (status < 0) {
        return status;
    }
    if (out_path != NULL) {
        status = latency_log_write(out_path, rows, count);
    } else {
        (void)fputs(latency_log_header, stdout);
        for (size_t i = 0; i < count; i++) {
            char line[LATENCY_LINE_SIZE];
            (void)latency_log_line(&rows[i], line);
            (void)fputs(line, stdout);
        }
    }
    free(rows);
    return status;
}
