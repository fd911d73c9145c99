#include "venue/bybit/frame_parser.h"

#include "base/memory.h"
#include "market/tape_format.h"
#include "venue/bybit/frame_parser_state.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are read eight bytes at a time");

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

enum { FRACTION_DIGITS_MAX = 7 };

// ---- numbers ----

static struct bybit_fixed make_fixed(const struct step_reader *reader)
{
    struct bybit_fixed fixed = {.decimals = reader->decimals, .divisor = reader->divisor};
    // Only so many digits behind the dot are read at once; else everything goes the slow way.
    fixed.limit = reader->decimals <= FRACTION_DIGITS_MAX ? TAPE_VALUE_MAX : 0;
    return fixed;
}

// The digits at the start of eight bytes, as numbers 0 to 9; *out_count of them, at most 7, and 8
// for 8 or more.
static inline uint64_t find_digits(const char *text, uint32_t *out_count)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    word ^= ONES * '0';
    uint64_t others = ((word + ONES * 0x76) | word) & TOPS; // right up to the first that is none
    *out_count = others != 0 ? (uint32_t)__builtin_ctzll(others) >> 3 : 8;
    return word;
}

// The value of the first `count` digits, 1 to 8, of what find_digits returned.
static inline uint64_t join_digits(uint64_t word, uint32_t count)
{
    word <<= 8 * (8 - count);       // zeros in front
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
    return value <= fixed->limit;
}

// digits[.digits] and a quote, at most 8 digits that count. False, with nothing stepped over, for
// whatever is not so.
__attribute__((always_inline)) static inline bool read_fixed(const struct bybit_fixed *fixed,
                                                             const char **at, int64_t *out)
{
    uint32_t count, kept = 0;
    const char *text = *at;
    uint64_t digits = find_digits(text, &count);
    if (count - 1 >= 7) {
        return false;
    }
    text += count;
    if (*text == '.') {
        uint32_t decimals;
        uint64_t fraction = find_digits(++text, &decimals);
        if (decimals - 1 >= 7) {
            return false;
        }
        text += decimals;
        kept = decimals;
        if (decimals > fixed->decimals) { // only zeros behind the decimals of the step
            uint32_t unused = 8 * (8 - decimals);
            kept = fixed->decimals;
            if (fraction << unused >> unused >> 8 * kept != 0) {
                return false;
            }
        }
        uint32_t bits = 8 * count;
        digits = (digits & ((UINT64_C(1) << bits) - 1)) | fraction << bits;
    }
    if (*text != '"' || count + kept > 8) {
        return false;
    }
    *at = text + 1;
    return to_steps(
        fixed, join_digits(digits, count + kept) * capture_powers_of_ten[fixed->decimals - kept],
        out);
}

// ---- levels ----

static inline bool is_pair(const char *at, char first, char second)
{
    return at[0] == first && at[1] == second;
}

// One level in compact JSON; false, with nothing stepped over, when it is not.
static inline bool read_level_fast(const struct bybit_parser *parser, const char **text,
                                   struct bybit_level *out)
{
    const char *at = *text;
    if (!is_pair(at, '[', '"')) {
        return false;
    }
    at += 2;
    if (!read_fixed(&parser->price, &at, &out->price_ticks) || !is_pair(at, ',', '"')) {
        return false;
    }
    at += 2;
    if (!read_fixed(&parser->qty, &at, &out->qty_lots) || *at != ']' || out->price_ticks == 0) {
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
    uint32_t first = out->level_count, count = first;
    while (count < BYBIT_LEVELS_MAX && read_level_fast(parser, &at, &out->levels[count])) {
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
