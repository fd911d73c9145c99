#include "market/bybit_frame.h"

struct reader {
    struct capture_json *json;
    const struct bybit_frame_sink *sink;
    struct bybit_frame *frame;
    const char *data; // where its value begins, when the topic was not known yet
};

static bool starts_with(struct capture_text text, const char *head, size_t length)
{
    return text.length > length && memcmp(text.data, head, length) == 0;
}

// The digits up to the next dot; false when there are none or too many.
static bool read_depth(struct capture_text text, size_t at, uint64_t *out)
{
    size_t start = at;
    *out = 0;
    for (; at < text.length && text.data[at] != '.'; at++) {
        unsigned digit = (unsigned)(text.data[at] - '0');
        if (digit >= 10 || at - start >= 6) {
            return false;
        }
        *out = *out * 10 + digit;
    }
    return at > start;
}

enum bybit_frame_kind bybit_topic_kind(struct capture_text topic, uint64_t *out_depth)
{
    static const char book[] = "orderbook.", trades[] = "publicTrade.";
    if (starts_with(topic, book, sizeof book - 1)) {
        return read_depth(topic, sizeof book - 1, out_depth) ? BYBIT_FRAME_BOOK : BYBIT_FRAME_OTHER;
    }
    return starts_with(topic, trades, sizeof trades - 1) ? BYBIT_FRAME_TRADES : BYBIT_FRAME_OTHER;
}

// ---- a book ----

static bool read_book_letter(const struct reader *reader, char letter)
{
    struct capture_json *json = reader->json;
    switch (letter) {
    case 's':
        return capture_json_string(json, &reader->frame->symbol);
    case 'b':
        return reader->sink->levels(reader->sink->context, json, SIDE_BUY);
    case 'a':
        return reader->sink->levels(reader->sink->context, json, SIDE_SELL);
    case 'u':
        return capture_json_uint(json, &reader->frame->update);
    default:
        return capture_json_skip(json);
    }
}

static bool read_book(const struct reader *reader)
{
    struct capture_json *json = reader->json;
    struct capture_text key;
    bool first = true;
    if (!capture_json_take(json, '{', "the book's data is no object")) {
        return false;
    }
    while (capture_json_key(json, &first, &key)) {
        bool fine = key.length == 1 ? read_book_letter(reader, key.data[0])
                    : capture_text_is(key, "seq")
                        ? capture_json_uint(json, &reader->frame->sequence)
                        : capture_json_skip(json);
        if (!fine) {
            return false;
        }
    }
    return json->error == NULL;
}

// ---- trades ----

static bool read_trade_field(struct capture_json *json, struct capture_text key,
                             struct bybit_trade *trade)
{
    if (key.length != 1) {
        return capture_text_is(key, "BT") ? capture_json_bool(json, &trade->block)
                                          : capture_json_skip(json);
    }
    switch (key.data[0]) {
    case 'T':
        return capture_json_uint(json, &trade->match_ms);
    case 's':
        return capture_json_string(json, &trade->symbol);
    case 'S':
        return capture_json_string(json, &trade->side);
    case 'v':
        return capture_json_string(json, &trade->qty);
    case 'p':
        return capture_json_string(json, &trade->price);
    default:
        return capture_json_skip(json);
    }
}

static bool read_trade(const struct reader *reader)
{
    struct capture_json *json = reader->json;
    struct bybit_trade trade = {0};
    struct capture_text key;
    bool first = true;
    if (!capture_json_take(json, '{', "a trade is no object")) {
        return false;
    }
    while (capture_json_key(json, &first, &key)) {
        if (!read_trade_field(json, key, &trade)) {
            return false;
        }
    }
    return json->error == NULL && reader->sink->trade(reader->sink->context, json, &trade);
}

static bool read_trades(const struct reader *reader)
{
    struct capture_json *json = reader->json;
    if (!capture_json_take(json, '[', "the trades are no array")) {
        return false;
    }
    if (capture_json_try(json, ']')) {
        return true;
    }
    do {
        if (!read_trade(reader)) {
            return false;
        }
    } while (capture_json_try(json, ','));
    return capture_json_take(json, ']', "a comma or bracket is missing after a trade");
}

// ---- the envelope ----

static bool read_data(const struct reader *reader)
{
    switch (reader->frame->kind) {
    case BYBIT_FRAME_BOOK:
        return read_book(reader);
    case BYBIT_FRAME_TRADES:
        return read_trades(reader);
    case BYBIT_FRAME_OTHER:
        break;
    }
    return capture_json_skip(reader->json);
}

static bool take_data(struct reader *reader)
{
    struct bybit_frame *frame = reader->frame;
    if (frame->has_data) {
        return capture_json_fail(reader->json, "a frame has its data twice");
    }
    frame->has_data = true;
    if (frame->topic.data != NULL) {
        return read_data(reader);
    }
    (void)capture_json_peek(reader->json);
    reader->data = reader->json->at; // read when the topic is known
    return capture_json_skip(reader->json);
}

static bool take_topic(struct reader *reader)
{
    struct bybit_frame *frame = reader->frame;
    if (frame->topic.data != NULL) {
        return capture_json_fail(reader->json, "a frame has its topic twice");
    }
    if (!capture_json_string(reader->json, &frame->topic)) {
        return false;
    }
    frame->kind = bybit_topic_kind(frame->topic, &frame->depth);
    return true;
}

static bool read_field(struct reader *reader, struct capture_text key)
{
    struct capture_json *json = reader->json;
    struct bybit_frame *frame = reader->frame;
    if (capture_text_is(key, "topic")) {
        return take_topic(reader);
    }
    if (capture_text_is(key, "type")) {
        return capture_json_string(json, &frame->type);
    }
    if (capture_text_is(key, "ts")) {
        return capture_json_uint(json, &frame->ts_ms);
    }
    if (capture_text_is(key, "cts")) {
        return capture_json_uint(json, &frame->cts_ms);
    }
    return capture_text_is(key, "data") ? take_data(reader) : capture_json_skip(json);
}

bool bybit_frame_read(struct capture_json *json, const struct bybit_frame_sink *sink,
                      struct bybit_frame *out)
{
    struct reader reader = {.json = json, .sink = sink, .frame = out};
    struct capture_text key;
    bool first = true;
    *out = (struct bybit_frame){.kind = BYBIT_FRAME_OTHER};
    if (!capture_json_take(json, '{', "a JSON object is missing")) {
        return false;
    }
    while (capture_json_key(json, &first, &key)) {
        if (!read_field(&reader, key)) {
            return false;
        }
    }
    if (json->error != NULL) {
        return false;
    }
    if (reader.data != NULL && out->kind != BYBIT_FRAME_OTHER) {
        struct capture_json late = {reader.data, NULL};
        reader.json = &late;
        bool fine = read_data(&reader);
        json->error = late.error;
        return fine;
    }
    return true;
}
