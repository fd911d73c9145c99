#include "market/import_base.h"

#include "market/binance_instrument.h"
#include "market/capture_time.h"

#include <stdio.h>
#include <string.h>

// A receive clock that was set back by less is put right by sorting; more is no single recording.
#define STEP_BACK_MAX_NS INT64_C(1000000000)

int import_base_start(struct import_base *base, const struct tape_import_options *options,
                      struct tape_builder *builder, struct tape_import_report *report)
{
    memset(report, 0, sizeof *report);
    *base = (struct import_base){.options = options, .report = report, .builder = builder};
    memcpy(base->symbol, options->symbol, sizeof base->symbol);
    base->symbol_fixed = base->symbol[0] != '\0';
    base->levels.builder = builder;
    int status = step_reader_init(&base->levels.price, true, options->tick);
    if (status == MM_OK) {
        status = step_reader_init(&base->levels.qty, false, options->lot);
    }
    return status;
}

static void note_other(struct import_base *base, struct capture_text symbol)
{
    base->report->foreign_count++;
    for (uint32_t i = 0; i < base->other_count; i++) {
        if (capture_text_is(symbol, base->others[i])) {
            return;
        }
    }
    if (base->other_count < IMPORT_SYMBOLS_LISTED_MAX) {
        memcpy(base->others[base->other_count++], symbol.data, symbol.length);
    }
}

int import_base_symbol(struct import_base *base, struct capture_text symbol)
{
    if (symbol.data == NULL || !binance_symbol_valid(symbol)) {
        return mm_fail(MM_ERROR_INPUT, "the symbol is not 1 to 31 letters, digits, '_' and '-'");
    }
    if (base->symbol[0] == '\0') {
        memcpy(base->symbol, symbol.data, symbol.length);
    }
    if (capture_text_is(symbol, base->symbol)) {
        base->symbol_seen = true;
        return 1;
    }
    if (!base->symbol_fixed) {
        return mm_fail(MM_ERROR_INPUT, "a second symbol, %.*s, beside %s: choose one with --symbol",
                       (int)symbol.length, symbol.data, base->symbol);
    }
    note_other(base, symbol);
    return 0;
}

int import_base_received(struct import_base *base, int64_t local_ns)
{
    if (local_ns < CAPTURE_TS_MIN_NS || local_ns > CAPTURE_TS_MAX_NS) {
        return mm_fail(MM_ERROR_INPUT, "the receive time is out of range");
    }
    if (local_ns < base->newest_local_ns) {
        if (base->newest_local_ns - local_ns > STEP_BACK_MAX_NS) {
            return mm_fail(MM_ERROR_INPUT,
                           "received more than 1 s before an earlier line: not in order");
        }
        base->report->step_back_count++;
        return MM_OK;
    }
    base->newest_local_ns = local_ns;
    return MM_OK;
}

int import_base_trade(struct import_base *base, const struct import_trade *trade)
{
    int64_t price_ticks = 0;
    int64_t qty_lots = 0;
    struct tape_builder *builder = base->builder;
    if (trade->price.data == NULL || trade->qty.data == NULL) {
        return mm_fail(MM_ERROR_INPUT, "a trade lacks its price or quantity");
    }
    int status =
        step_reader_text(&base->levels.price, builder, STEP_OF_TRADE, trade->price, &price_ticks);
    if (status == MM_OK) {
        status = step_reader_text(&base->levels.qty, builder, STEP_OF_TRADE, trade->qty, &qty_lots);
    }
    if (status == MM_OK && (price_ticks == 0 || qty_lots == 0)) {
        status = mm_fail(MM_ERROR_INPUT, "a trade's price or quantity is 0");
    }
    if (status == MM_OK) {
        status = tape_builder_row(builder, trade->taken, price_ticks, qty_lots);
    }
    return status < 0 ? status
                      : tape_builder_message(builder, EVENT_TRADE, trade->exch_ns, trade->local_ns,
                                             builder->row_count - 1, 1);
}

static int fail_symbol(const struct import_base *base, const char *name)
{
    char list[IMPORT_SYMBOLS_LISTED_MAX * (INSTRUMENT_NAME_SIZE + 2)] = "no symbol";
    size_t length = 0;
    for (uint32_t i = 0; i < base->other_count; i++) {
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i > 0 ? ", " : "",
                                   base->others[i]);
    }
    return base->symbol_fixed ? mm_fail(MM_ERROR_INPUT, "%s: nothing of %s; the recording holds %s",
                                        name, base->symbol, list)
                              : mm_fail(MM_ERROR_INPUT, "%s: no message names a symbol", name);
}

// BTCUSD, BTCUSDH25, BTCUSD_PERP; but not BTCUSDT, BTCUSDC.
static bool is_inverse_name(const char *symbol)
{
    const char *quote = strstr(symbol, "USD");
    return quote != NULL && quote != symbol && quote[3] != 'T' && quote[3] != 'C';
}

int import_base_finish(struct import_base *base, const char *name, const char *venue, bool by_name)
{
    const struct tape_import_options *options = base->options;
    struct tape_import_report *report = base->report;
    struct instrument *instrument = &report->instrument;
    if (!base->symbol_seen) {
        return fail_symbol(base, name);
    }
    memcpy(instrument->symbol, base->symbol, sizeof instrument->symbol);
    bool inverse = by_name && is_inverse_name(base->symbol);
    binance_instrument_infer(instrument, (struct binance_traits){.has_pair = inverse});
    (void)snprintf(instrument->venue, sizeof instrument->venue, "%s", venue);
    if (inverse && strncmp(venue, "binance", 7) != 0) {
        instrument->contract_size = (struct decimal){1, 0};
    }
    if (options->contract_given) {
        instrument->contract = options->contract;
        instrument->contract_size = options->contract_size;
    }
    instrument->tick = step_reader_step(&base->levels.price);
    instrument->lot = step_reader_step(&base->levels.qty);
    base->builder->inferred = (base->levels.price.inferred ? TAPE_INFERRED_TICK : 0u) |
                              (base->levels.qty.inferred ? TAPE_INFERRED_LOT : 0u) |
                              (options->contract_given ? 0u : TAPE_INFERRED_CONTRACT);
    report->rounded_count = base->levels.qty.rounded_count;
    report->row_count = base->builder->row_count;
    report->message_count = base->builder->message_count;
    base->builder->facts.skipped_count =
        report->not_market_count + report->other_count + report->stale_count;
    int status = instrument_prepare(instrument);
    return status < 0 ? mm_fail_add(status, "%s", name) : status;
}

// Restates the prices in the steps of now, which may have become finer.
static void restate(struct import_worst *worst, const struct import_base *base)
{
    uint32_t decimals = base->levels.price.decimals;
    for (int side = 0; side < 2 && base->levels.price.inferred; side++) {
        worst->ticks[side] *= (int64_t)capture_powers_of_ten[decimals - worst->decimals];
    }
    worst->decimals = decimals;
}

void import_worst_note(struct import_worst *worst, const struct import_base *base,
                       struct capture_levels levels, enum side side)
{
    restate(worst, base);
    for (size_t i = 0; i < levels.count; i++) {
        int64_t ticks = tape_builder_at(base->builder, levels.first + i).price_ticks;
        bool worse = side == SIDE_BUY ? ticks < worst->ticks[side] : ticks > worst->ticks[side];
        worst->ticks[side] = worse || worst->ticks[side] == 0 ? ticks : worst->ticks[side];
    }
}

int import_worst_clear(struct import_worst *worst, struct import_base *base, enum side side,
                       int64_t exch_ns, int64_t local_ns)
{
    struct tape_builder *builder = base->builder;
    restate(worst, base);
    if (worst->ticks[side] == 0) {
        return MM_OK;
    }
    int status = tape_builder_row(builder, side, worst->ticks[side], 0);
    return status < 0 ? status
                      : tape_builder_message(builder, EVENT_CLEAR, exch_ns, local_ns,
                                             builder->row_count - 1, 1);
}
