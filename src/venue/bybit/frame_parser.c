#include "venue/bybit/frame_parser.h"

#include "base/memory.h"
#include "market/tape_format.h"
#include "venue/bybit/frame_parser_state.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are read eight bytes at a time");

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

// ---- numbers ----

static uint64_t low_bytes(uint32_t count)
{
    return count < 8 ? (UINT64_C(1) << 8 * count) - 1 : UINT64_MAX;
}

// `digits` digits, `zeros` times '0', and `end`: at most eight bytes in all.
static struct bybit_pattern make_pattern(uint32_t digits, uint32_t zeros, char end)
{
    uint32_t at = digits + zeros;
    uint64_t cared = low_bytes(at + 1), free = low_bytes(digits);
    return (struct bybit_pattern){
        .text = (ONES * '0' & low_bytes(at)) | (uint64_t)(unsigned char)end << 8 * at,
        .cared = cared,
        // Reaches a byte's top bit when it differs by more than a digit may, or at all.
        .margin = (ONES * 0x76 & free) | (ONES * 0x7f & cared & ~free)};
}

static struct bybit_shape make_shape(const struct bybit_fixed *fixed, uint32_t whole,
                                     uint32_t fraction)
{
    uint32_t kept = fraction < fixed->decimals ? fraction : fixed->decimals;
    uint32_t missing = 8 - whole - kept;
    if (whole + kept > 8) {
        return (struct bybit_shape){0};
    }
    return (struct bybit_shape){.size = (uint8_t)(whole + 1 + (fraction > 0 ? fraction + 1 : 0)),
                                .fraction_at = (uint8_t)(whole + 1),
                                .whole_shift = (uint8_t)(8 * missing),
                                .fraction_shift = (uint8_t)(kept > 0 ? 8 * (missing + whole) : 0),
                                .whole = make_pattern(whole, 0, fraction > 0 ? '.' : '"'),
                                // Behind the decimals of the step there are only zeros.
                                .fraction = fraction > 0 ? make_pattern(kept, fraction - kept, '"')
                                                         : (struct bybit_pattern){0},
                                .scale = capture_powers_of_ten[fixed->decimals - kept]};
}

static struct bybit_fixed make_fixed(const struct step_reader *reader)
{
    struct bybit_fixed fixed = {.decimals = reader->decimals, .divisor = reader->divisor};
    // Only so many digits behind the dot are read at once; else everything goes the slow way.
    if (fixed.decimals > BYBIT_DIGITS_MAX) {
        return fixed;
    }
    for (uint32_t whole = 1; whole <= BYBIT_DIGITS_MAX; whole++) {
        for (uint32_t fraction = 0; fraction <= BYBIT_DIGITS_MAX; fraction++) {
            fixed.shapes[whole][fraction] = make_shape(&fixed, whole, fraction);
        }
    }
    return fixed;
}

static inline uint64_t load(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

// The digits at the start of eight bytes; 8: so many or more.
static inline uint32_t count_digits(const char *text)
{
    uint64_t word = load(text) ^ ONES * '0';
    uint64_t others = ((word + ONES * 0x76) | word) & TOPS; // right up to the first that is none
    return others != 0 ? (uint32_t)__builtin_ctzll(others) >> 3 : 8;
}

// The shape that the number there may have; one of size 0 when it is none of those known.
static const struct bybit_shape *find_shape(const struct bybit_fixed *fixed, const char *text)
{
    uint32_t whole = count_digits(text);
    if (whole > BYBIT_DIGITS_MAX) {
        return &fixed->shapes[0][0];
    }
    uint32_t fraction = text[whole] == '.' ? count_digits(text + whole + 1) : 0;
    return &fixed->shapes[whole][fraction <= BYBIT_DIGITS_MAX ? fraction : 0];
}

// The pattern's digits as numbers 0 to 9 in their places, 0 elsewhere. A byte of *bad has its top
// bit set when one is not as it should be.
static inline uint64_t match(const struct bybit_pattern *pattern, const char *text, uint64_t *bad)
{
    uint64_t word = (load(text) ^ pattern->text) & pattern->cared;
    *bad |= word | (word + pattern->margin);
    return word;
}

// The value of eight digits, the first in the lowest byte.
static inline uint64_t join_digits(uint64_t word)
{
    word = word * 10 + (word >> 8); // pairs in the even bytes
    uint64_t high = (word & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064);
    uint64_t low = ((word >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001);
    return (high + low) >> 32;
}

static inline bool to_steps(const struct bybit_fixed *fixed, uint64_t value, int64_t *out)
{
    if (fixed->divisor != 1) {
        uint64_t steps = value / fixed->divisor;
        if (steps * fixed->divisor != value) {
            return false;
        }
        value = steps;
    }
    *out = (int64_t)value;
    return value <= TAPE_VALUE_MAX;
}

static inline bool read_shaped(const struct bybit_fixed *fixed, const struct bybit_shape *shape,
                               const char *text, int64_t *out)
{
    uint64_t bad = 0;
    uint64_t whole = match(&shape->whole, text, &bad);
    uint64_t fraction = match(&shape->fraction, text + shape->fraction_at, &bad);
    uint64_t digits = whole << shape->whole_shift | fraction << shape->fraction_shift;
    return (bad & TOPS) == 0 && to_steps(fixed, join_digits(digits) * shape->scale, out);
}

// Another shape is looked for when the one of the number before does not fit.
__attribute__((noinline)) static bool read_reshaped(const struct bybit_fixed *fixed,
                                                    const struct bybit_shape **shape,
                                                    const char *text, int64_t *out)
{
    *shape = find_shape(fixed, text);
    return (*shape)->size > 0 && read_shaped(fixed, *shape, text, out);
}

// digits[.digits] and a quote, at most 8 digits that count. The numbers of a column are mostly of
// one shape: it is tried first, so that the processor knows where the next number begins before it
// has read this one. False, with nothing stepped over, for whatever is not so.
static inline bool read_fixed(const struct bybit_fixed *fixed, const struct bybit_shape **shape,
                              const char **at, int64_t *out)
{
    if (!read_shaped(fixed, *shape, *at, out) && !read_reshaped(fixed, shape, *at, out)) {
        return false;
    }
    *at += (*shape)->size;
    return true;
}

// ---- levels ----

// One level in compact JSON; false, with nothing stepped over, when it is not.
static inline bool read_level_fast(const struct bybit_parser *parser,
                                   const struct bybit_shape *shapes[2], const char **text,
                                   struct bybit_level *out)
{
    const char *at = *text + 2;
    if (memcmp(*text, "[\"", 2) != 0 ||
        !read_fixed(&parser->price, &shapes[0], &at, &out->price_ticks) ||
        memcmp(at, ",\"", 2) != 0) {
        return false;
    }
    at += 2;
    if (!read_fixed(&parser->qty, &shapes[1], &at, &out->qty_lots) || *at != ']' ||
        out->price_ticks == 0) {
        return false;
    }
    *text = at + 1;
    return true;
}

// As many levels with commas between them as are compact JSON. Returns how many.
static uint32_t add_levels_fast(struct bybit_parser *parser, const char **text)
{
    struct bybit_public *out = &parser->out;
    const char *at = *text;
    const struct bybit_shape *shapes[2] = {&parser->price.shapes[1][0], &parser->qty.shapes[1][0]};
    uint32_t first = out->level_count, count = first;
    while (count < BYBIT_LEVELS_MAX && read_level_fast(parser, shapes, &at, &out->levels[count])) {
        count++;
        *text = at;
        if (*at != ',') {
            break;
        }
        at++;
    }
    out->level_count = count;
    return count - first;
}

static bool add_levels(struct bybit_parser *parser, struct capture_json *json)
{
    struct bybit_public *out = &parser->out;
    if (add_levels_fast(parser, &json->at) > 0) {
        return true;
    }
    if (out->level_count == BYBIT_LEVELS_MAX) {
        return capture_json_fail(json, "a frame holds too many levels");
    }
    struct bybit_level *level = &out->levels[out->level_count++];
    return capture_level_read(&parser->steps, json, &level->price_ticks, &level->qty_lots);
}

// Marks a side as there; false when it was, or when bids come after asks.
bool bybit_parser_open_side(struct bybit_parser *parser, enum side side)
{
    bool fine = !parser->side_seen[side] && !(side == SIDE_BUY && parser->side_seen[SIDE_SELL]);
    parser->side_seen[side] = true;
    return fine;
}

static bool take_levels(void *context, struct capture_json *json, enum side side)
{
    struct bybit_parser *parser = context;
    if (!bybit_parser_open_side(parser, side)) {
        return capture_json_fail(json, "a side is there twice, or bids come after asks");
    }
    if (!capture_json_take(json, '[', "an array of levels is missing")) {
        return false;
    }
    if (!capture_json_try(json, ']')) {
        do {
            if (!add_levels(parser, json)) {
                return false;
            }
        } while (capture_json_try(json, ','));
        if (!capture_json_take(json, ']', "a comma or bracket is missing after a level")) {
            return false;
        }
    }
    if (side == SIDE_BUY) {
        parser->out.bid_count = parser->out.level_count;
    }
    return true;
}

// ---- trades ----

static bool trade_steps(struct bybit_parser *parser, const struct bybit_trade *trade,
                        struct bybit_public_trade *out)
{
    return step_reader_text(&parser->steps.price, NULL, STEP_OF_TRADE, trade->price,
                            &out->price_ticks) == MM_OK &&
           step_reader_text(&parser->steps.qty, NULL, STEP_OF_TRADE, trade->qty, &out->qty_lots) ==
               MM_OK &&
           out->price_ticks > 0 && out->qty_lots > 0;
}

const char *bybit_parser_add_trade(struct bybit_parser *parser, const struct bybit_trade *trade)
{
    struct bybit_public *out = &parser->out;
    bool buys = capture_text_is(trade->side, "Buy");
    if (!buys && !capture_text_is(trade->side, "Sell")) {
        return "a trade's side (S) is neither Buy nor Sell";
    }
    if (!capture_text_is(trade->symbol, parser->symbol)) {
        return NULL; // of another market
    }
    if (trade->block) {
        parser->block_count++;
        return NULL;
    }
    if (trade->match_ms == 0 || trade->match_ms > BYBIT_MS_MAX) {
        return "a trade's time (T) is missing or out of range";
    }
    if (out->trade_count == BYBIT_TRADES_MAX) {
        return "a frame holds too many trades";
    }
    struct bybit_public_trade *added = &out->trades[out->trade_count];
    if (trade->price.data == NULL || trade->qty.data == NULL ||
        !trade_steps(parser, trade, added)) {
        return "a trade's price or quantity is missing, 0 or no whole number of steps";
    }
    added->match_ms = trade->match_ms;
    added->taken = buys ? SIDE_SELL : SIDE_BUY;
    out->trade_count++;
    return NULL;
}

static bool take_trade(void *context, struct capture_json *json, const struct bybit_trade *trade)
{
    const char *problem = bybit_parser_add_trade(context, trade);
    return problem == NULL || capture_json_fail(json, problem);
}

// ---- frames ----

void bybit_parser_clear(struct bybit_parser *parser)
{
    struct bybit_public *out = &parser->out;
    *out = (struct bybit_public){.levels = out->levels, .trades = out->trades};
    parser->side_seen[SIDE_BUY] = parser->side_seen[SIDE_SELL] = false;
}

static const char *finish_book(struct bybit_parser *parser, const struct bybit_frame *frame)
{
    struct bybit_public *out = &parser->out;
    out->is_snapshot = capture_text_is(frame->type, "snapshot");
    if (!out->is_snapshot && !capture_text_is(frame->type, "delta")) {
        return "a book is neither a snapshot nor a delta";
    }
    if (!parser->side_seen[SIDE_BUY] || !parser->side_seen[SIDE_SELL]) {
        return "a book lacks its bids (b) or asks (a)";
    }
    if (frame->symbol.data == NULL || frame->update == 0) {
        return "a book lacks its symbol (s) or its number (u)";
    }
    if (!capture_text_is(frame->symbol, parser->symbol)) {
        out->kind = BYBIT_FRAME_OTHER;
    }
    out->depth = frame->depth;
    out->update = frame->update;
    out->sequence = frame->sequence;
    return NULL;
}

const char *bybit_parser_finish(struct bybit_parser *parser, const struct bybit_frame *frame)
{
    struct bybit_public *out = &parser->out;
    out->kind = frame->kind;
    out->ts_ms = frame->ts_ms;
    out->cts_ms = frame->cts_ms;
    if (frame->kind == BYBIT_FRAME_OTHER) {
        return NULL;
    }
    if (!frame->has_data) {
        return "the frame has no data";
    }
    if (frame->ts_ms > BYBIT_MS_MAX || frame->cts_ms > BYBIT_MS_MAX) {
        return "the exchange's time is out of range";
    }
    return frame->kind == BYBIT_FRAME_BOOK ? finish_book(parser, frame) : NULL;
}

bool bybit_parser_fast(struct bybit_parser *parser, const char *text)
{
    const struct bybit_frame_sink sink = {parser, take_levels, take_trade};
    struct capture_json json = {text, NULL};
    struct bybit_frame frame;
    bybit_parser_clear(parser);
    return bybit_frame_read(&json, &sink, &frame) && capture_json_end(&json) &&
           bybit_parser_finish(parser, &frame) == NULL;
}

int bybit_parser_read(struct bybit_parser *parser, char *text, size_t size,
                      const struct bybit_public **out)
{
    *out = &parser->out;
    text[size] = '\n';
    // The fast reader compares names as they are written; with escapes that would not be enough.
    if (memchr(text, '\\', size) == NULL && bybit_parser_fast(parser, text)) {
        return MM_OK;
    }
    parser->slow_count++;
    return bybit_parser_slow(parser, text, size);
}

int bybit_parser_init(struct bybit_parser *parser, const struct instrument *instrument)
{
    *parser = (struct bybit_parser){0};
    memcpy(parser->symbol, instrument->symbol, sizeof parser->symbol);
    int code = step_reader_init(&parser->steps.price, true, instrument->tick);
    if (code == MM_OK) {
        code = step_reader_init(&parser->steps.qty, false, instrument->lot);
    }
    if (code == MM_OK && (parser->steps.price.inferred || parser->steps.qty.inferred)) {
        code = mm_fail(MM_ERROR_USAGE, "%s: tick and lot must be above 0", instrument->symbol);
    }
    if (code != MM_OK) {
        return code;
    }
    parser->price = make_fixed(&parser->steps.price);
    parser->qty = make_fixed(&parser->steps.qty);
    parser->out.levels = mm_alloc(BYBIT_LEVELS_MAX, sizeof *parser->out.levels);
    parser->out.trades = mm_alloc(BYBIT_TRADES_MAX, sizeof *parser->out.trades);
    return MM_OK;
}

void bybit_parser_fini(struct bybit_parser *parser)
{
    free(parser->out.levels);
    free(parser->out.trades);
    *parser = (struct bybit_parser){0};
}
