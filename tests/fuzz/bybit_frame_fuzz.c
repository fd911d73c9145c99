// Any bytes either are a frame that both readers understand alike, or are refused with a reason.
// The first byte chooses the steps.
#include "base/check.h"
#include "venue/bybit/frame_parser.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bounds(const struct bybit_public *out)
{
    MM_ASSERT(out->bid_count <= out->level_count && out->level_count <= BYBIT_LEVELS_MAX);
    MM_ASSERT(out->trade_count <= BYBIT_TRADES_MAX);
    for (uint32_t i = 0; i < out->level_count; i++) {
        MM_ASSERT(out->levels[i].price_ticks > 0 && out->levels[i].qty_lots >= 0);
    }
    for (uint32_t i = 0; i < out->trade_count; i++) {
        MM_ASSERT(out->trades[i].price_ticks > 0 && out->trades[i].qty_lots > 0);
    }
}

static void check_same(const struct bybit_public *a, const struct bybit_public *b)
{
    MM_ASSERT(a->kind == b->kind && a->ts_ms == b->ts_ms && a->cts_ms == b->cts_ms);
    MM_ASSERT(a->is_snapshot == b->is_snapshot && a->depth == b->depth);
    MM_ASSERT(a->update == b->update && a->sequence == b->sequence);
    MM_ASSERT(a->bid_count == b->bid_count && a->level_count == b->level_count);
    MM_ASSERT(a->trade_count == b->trade_count);
    for (uint32_t i = 0; i < a->level_count; i++) {
        MM_ASSERT(a->levels[i].price_ticks == b->levels[i].price_ticks);
        MM_ASSERT(a->levels[i].qty_lots == b->levels[i].qty_lots);
    }
    for (uint32_t i = 0; i < a->trade_count; i++) {
        MM_ASSERT(a->trades[i].price_ticks == b->trades[i].price_ticks);
        MM_ASSERT(a->trades[i].qty_lots == b->trades[i].qty_lots);
        MM_ASSERT(a->trades[i].taken == b->trades[i].taken);
        MM_ASSERT(a->trades[i].match_ms == b->trades[i].match_ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct instrument instruments[] = {
        {.symbol = "BTCUSDT", .tick = {1, -1}, .lot = {1, -3}},
        {.symbol = "BTCUSDT", .tick = {25, -4}, .lot = {1, 0}},
        {.symbol = "BTCUSDT", .tick = {1, -8}, .lot = {5, 2}},
        {.symbol = "BTCUSDT", .tick = {5, 0}, .lot = {1, -6}},
    };
    struct bybit_parser parser, slow;
    const struct bybit_public *out;
    if (size == 0) {
        return 0;
    }
    const struct instrument *instrument = &instruments[data[0] & 3];
    // As large as the contract says, so that a read beyond it is seen.
    char *text = malloc(size - 1 + BYBIT_PADDING);
    MM_ASSERT(text != NULL && bybit_parser_init(&parser, instrument) == MM_OK &&
              bybit_parser_init(&slow, instrument) == MM_OK);
    memcpy(text, data + 1, size - 1);
    memset(text + size - 1, '9', BYBIT_PADDING); // digits, so that a number could run on
    int code = bybit_parser_read(&parser, text, size - 1, &out);
    MM_ASSERT(code == MM_OK || (code == MM_ERROR_INPUT && mm_error_text()[0] != '\0'));
    if (code == MM_OK) {
        check_bounds(out);
        if (bybit_parser_slow(&slow, text, size - 1) == MM_OK) {
            check_same(out, &slow.out);
        }
    }
    bybit_parser_fini(&parser);
    bybit_parser_fini(&slow);
    free(text);
    return 0;
}
