#include "market/binance_message.h"

#include "market/capture_time.h"

#include <string.h>

// b and a: levels of a depth update, prices of a bookTicker, ids in streams that are left out.
static bool read_side(struct binance_reader *reader, struct capture_json *json,
                      struct binance_message *message, enum side side)
{
    char c = capture_json_peek(json);
    if (c == '[') {
        return capture_levels_read(&reader->levels, json, &message->levels[side], side);
    }
    if (c == '"') {
        return capture_json_string(json, &message->best_price[side]);
    }
    return capture_json_skip(json);
}

static bool read_symbol(struct binance_reader *reader, struct capture_json *json,
                        struct binance_message *message)
{
    if (!capture_json_string(json, &message->symbol)) {
        return false;
    }
    if (reader->symbol_fixed && !capture_text_is(message->symbol, reader->symbol)) {
        message->foreign = true;
        message->skip = true;
    }
    return true;
}

static bool read_event(struct capture_json *json, struct binance_message *message)
{
    struct capture_text event;
    if (!capture_json_string(json, &event)) {
        return false;
    }
    message->event = capture_text_is(event, "depthUpdate")  ? STREAM_DEPTH
                     : capture_text_is(event, "trade")      ? STREAM_TRADE
                     : capture_text_is(event, "bookTicker") ? STREAM_TICKER
                                                            : STREAM_OTHER;
    message->skip |= message->event == STREAM_OTHER;
    return true;
}

static bool read_maker(struct capture_json *json, struct binance_message *message)
{
    message->has_maker = true;
    return capture_json_bool(json, &message->maker);
}

static bool read_letter(struct binance_reader *reader, struct capture_json *json,
                        struct binance_message *message, char key)
{
    switch (key) {
    case 'e':
        return read_event(json, message);
    case 'E':
        return capture_json_uint(json, &message->event_ms);
    case 'T':
        return capture_json_uint(json, &message->match_ms);
    case 's':
        return read_symbol(reader, json, message);
    case 'U':
        return capture_json_uint(json, &message->first_update);
    case 'u':
        return capture_json_uint(json, &message->last_update);
    case 'b':
        return read_side(reader, json, message, SIDE_BUY);
    case 'a':
        return read_side(reader, json, message, SIDE_SELL);
    case 'B':
        return capture_json_string(json, &message->best_qty[SIDE_BUY]);
    case 'A':
        return capture_json_string(json, &message->best_qty[SIDE_SELL]);
    case 'p':
        return capture_json_string(json, &message->price);
    case 'q':
        return capture_json_string(json, &message->qty);
    case 'X':
        return capture_json_string(json, &message->order_type);
    case 'm':
        return read_maker(json, message);
    default:
        return capture_json_skip(json);
    }
}

// The fields with longer names: pu, and those of a REST answer.
static bool read_word(struct binance_reader *reader, struct capture_json *json,
                      struct binance_message *message, struct capture_text key)
{
    if (capture_text_is(key, "pu")) {
        return capture_json_uint(json, &message->previous_update);
    }
    if (capture_text_is(key, "ps") || capture_text_is(key, "pair")) {
        message->has_pair = true;
        return capture_json_skip(json);
    }
    if (capture_text_is(key, "symbol")) {
        return read_symbol(reader, json, message);
    }
    if (capture_text_is(key, "lastUpdateId")) {
        message->is_snapshot = true;
        return capture_json_uint(json, &message->snapshot_update);
    }
    if (capture_text_is(key, "bids")) {
        return capture_levels_read(&reader->levels, json, &message->levels[SIDE_BUY], SIDE_BUY);
    }
    if (capture_text_is(key, "asks")) {
        return capture_levels_read(&reader->levels, json, &message->levels[SIDE_SELL], SIDE_SELL);
    }
    return capture_json_skip(json);
}

static bool read_field(struct binance_reader *reader, struct capture_json *json,
                       struct binance_message *message, struct capture_text key)
{
    if (message->skip) {
        return capture_json_skip(json);
    }
    return key.length == 1 ? read_letter(reader, json, message, key.data[0])
                           : read_word(reader, json, message, key);
}

static bool read_data(struct binance_reader *reader, struct capture_json *json,
                      struct binance_message *message)
{
    if (message->skip || capture_json_peek(json) != '{') {
        return capture_json_skip(json);
    }
    json->at++;
    bool first = true;
    struct capture_text key;
    while (capture_json_key(json, &first, &key)) {
        if (!read_field(reader, json, message, key)) {
            return false;
        }
    }
    return json->error == NULL;
}

// SYMBOL@depth, SYMBOL@depth@100ms; but SYMBOL@depth20 is a stream of its own.
static enum binance_stream stream_of(struct capture_text stream)
{
    const char *sign = memchr(stream.data, '@', stream.length);
    if (sign == NULL) {
        return STREAM_OTHER;
    }
    struct capture_text kind = {sign + 1, stream.length - (size_t)(sign + 1 - stream.data)};
    if (capture_text_is(kind, "trade")) {
        return STREAM_TRADE;
    }
    if (capture_text_is(kind, "bookTicker")) {
        return STREAM_TICKER;
    }
    bool depth = kind.length >= 5 && memcmp(kind.data, "depth", 5) == 0 &&
                 (kind.length == 5 || kind.data[5] == '@');
    return depth ? STREAM_DEPTH : STREAM_OTHER;
}

static bool read_stream(struct capture_json *json, struct binance_message *message)
{
    struct capture_text stream;
    if (!capture_json_string(json, &stream)) {
        return false;
    }
    message->stream = stream_of(stream);
    message->skip |= message->stream == STREAM_OTHER;
    return true;
}

static bool read_object(struct binance_reader *reader, struct capture_json *json,
                        struct binance_message *message)
{
    if (!capture_json_take(json, '{', "a JSON object is missing after the receive time")) {
        return false;
    }
    bool first = true;
    struct capture_text key;
    while (capture_json_key(json, &first, &key)) {
        bool read;
        if (capture_text_is(key, "stream")) {
            read = read_stream(json, message);
        } else if (capture_text_is(key, "data")) {
            read = read_data(reader, json, message);
        } else {
            read = read_field(reader, json, message, key);
        }
        if (!read) {
            return false;
        }
    }
    return json->error == NULL && capture_json_end(json);
}

static bool read_local_time(struct capture_json *json, struct binance_message *message)
{
    uint64_t local_ns = 0;
    if ((unsigned)(*json->at - '0') >= 10 || !capture_json_uint(json, &local_ns)) {
        return capture_json_fail(json, "the line does not start with its receive time in ns");
    }
    if (local_ns < CAPTURE_TS_MIN_NS || local_ns > CAPTURE_TS_MAX_NS) {
        return capture_json_fail(json, "the receive time is out of range (it is in ns since 1970)");
    }
    message->local_ts_ns = (int64_t)local_ns;
    return *json->at == ' ' || capture_json_fail(json, "a space is missing after the receive time");
}

int binance_message_read(struct binance_reader *reader, const char *line,
                         struct binance_message *out)
{
    memset(out, 0, sizeof *out);
    reader->levels.failure = MM_OK;
    struct capture_json json = {line, NULL};
    if (read_local_time(&json, out) && read_object(reader, &json, out)) {
        return MM_OK;
    }
    return reader->levels.failure < 0 ? reader->levels.failure
                                      : mm_fail(MM_ERROR_INPUT, "%s", json.error);
}
