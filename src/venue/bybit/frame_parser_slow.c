// The reader for frames of a shape that the fast one does not know.
#include "base/json.h"
#include "venue/bybit/frame_parser_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_SIZE = 24 };

static struct capture_text text_of(const json_t *value)
{
    const char *text = json_string_value(value);
    return (struct capture_text){text, text != NULL ? json_string_length(value) : 0};
}

// A decimal as a string, or an integer as a number, in which case `buffer` holds its text. Reals
// are refused: their digits have passed through floating point.
static struct capture_text decimal_text(const json_t *value, char buffer[NUMBER_SIZE])
{
    if (!json_is_integer(value)) {
        return text_of(value);
    }
    int length = snprintf(buffer, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return (struct capture_text){buffer, (size_t)length};
}

// A whole number of 0 or more, with or without quotes; 0 when absent. False for anything else.
static bool read_uint(const json_t *object, const char *key, uint64_t *out)
{
    const json_t *value = json_object_get(object, key);
    char buffer[NUMBER_SIZE];
    struct capture_text text = decimal_text(value, buffer);
    *out = 0;
    if (value == NULL) {
        return true;
    }
    if (text.data == NULL || text.length == 0 || text.length > CAPTURE_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');
        if (digit >= 10) {
            return false;
        }
        *out = *out * 10 + digit;
    }
    return true;
}

static bool to_level(struct bybit_parser *parser, const json_t *pair, struct bybit_level *out)
{
    char buffers[2][NUMBER_SIZE];
    struct capture_text price = decimal_text(json_array_get(pair, 0), buffers[0]);
    struct capture_text qty = decimal_text(json_array_get(pair, 1), buffers[1]);
    return json_array_size(pair) == 2 && price.data != NULL && qty.data != NULL &&
           step_reader_text(&parser->steps.price, NULL, STEP_OF_LEVEL, price, &out->price_ticks) ==
               MM_OK &&
           step_reader_text(&parser->steps.qty, NULL, STEP_OF_LEVEL, qty, &out->qty_lots) ==
               MM_OK &&
           out->price_ticks != 0;
}

static const char *read_side(struct bybit_parser *parser, const json_t *data, enum side side)
{
    const json_t *levels = json_object_get(data, side == SIDE_BUY ? "b" : "a");
    struct bybit_public *out = &parser->out;
    if (!json_is_array(levels)) {
        return "a book lacks its bids (b) or asks (a)";
    }
    if (json_array_size(levels) > BYBIT_LEVELS_MAX - out->level_count) {
        return "a frame holds too many levels";
    }
    (void)bybit_parser_open_side(parser, side);
    size_t i;
    const json_t *pair;
    json_array_foreach(levels, i, pair)
    {
        if (!to_level(parser, pair, &out->levels[out->level_count])) {
            return "a level is not [\"price\",\"quantity\"] in whole steps";
        }
        out->level_count++;
    }
    return NULL;
}

static const char *read_book(struct bybit_parser *parser, const json_t *data,
                             struct bybit_frame *frame)
{
    if (!json_is_object(data)) {
        return "the book's data is no object";
    }
    const char *problem = read_side(parser, data, SIDE_BUY);
    parser->out.bid_count = parser->out.level_count;
    if (problem == NULL) {
        problem = read_side(parser, data, SIDE_SELL);
    }
    frame->symbol = text_of(json_object_get(data, "s"));
    if (problem == NULL &&
        (!read_uint(data, "u", &frame->update) || !read_uint(data, "seq", &frame->sequence))) {
        problem = "a book's number (u, seq) is none";
    }
    return problem;
}

static const char *read_trade(struct bybit_parser *parser, const json_t *item)
{
    char buffers[2][NUMBER_SIZE];
    struct bybit_trade trade = {.symbol = text_of(json_object_get(item, "s")),
                                .side = text_of(json_object_get(item, "S")),
                                .price = decimal_text(json_object_get(item, "p"), buffers[0]),
                                .qty = decimal_text(json_object_get(item, "v"), buffers[1]),
                                .block = json_is_true(json_object_get(item, "BT"))};
    return read_uint(item, "T", &trade.match_ms) ? bybit_parser_add_trade(parser, &trade)
                                                 : "a trade's time (T) is none";
}

static const char *read_trades(struct bybit_parser *parser, const json_t *data)
{
    const char *problem = json_is_array(data) ? NULL : "the trades are no array";
    size_t i;
    const json_t *item;
    json_array_foreach(data, i, item)
    {
        problem = problem == NULL ? read_trade(parser, item) : problem;
    }
    return problem;
}

static const char *read_document(struct bybit_parser *parser, const json_t *document)
{
    const json_t *data = json_object_get(document, "data");
    struct bybit_frame frame = {.topic = text_of(json_object_get(document, "topic")),
                                .type = text_of(json_object_get(document, "type")),
                                .has_data = data != NULL};
    if (!json_is_object(document)) {
        return "a JSON object is missing";
    }
    if (!read_uint(document, "ts", &frame.ts_ms) || !read_uint(document, "cts", &frame.cts_ms)) {
        return "a frame's time (ts, cts) is none";
    }
    if (frame.topic.data != NULL) {
        frame.kind = bybit_topic_kind(frame.topic, &frame.depth);
    }
    const char *problem = NULL;
    if (frame.kind == BYBIT_FRAME_BOOK) {
        problem = read_book(parser, data, &frame);
    } else if (frame.kind == BYBIT_FRAME_TRADES) {
        problem = read_trades(parser, data);
    }
    return problem != NULL ? problem : bybit_parser_finish(parser, &frame);
}

int bybit_parser_slow(struct bybit_parser *parser, const char *text, size_t size)
{
    json_t *document;
    bybit_parser_clear(parser);
    mm_error_clear();
    int code = json_document_parse(text, size, "frame", &document);
    if (code != MM_OK) {
        return code;
    }
    const char *problem = read_document(parser, document);
    json_decref(document);
    return problem == NULL ? MM_OK : mm_fail(MM_ERROR_INPUT, "%s", problem);
}
