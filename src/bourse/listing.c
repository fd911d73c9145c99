#include "bourse/listing.h"

#include "bourse/money.h"
#include "bourse/push.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    uint32_t size;
    int64_t interval_ms;
} depth_specs[DEPTH_COUNT] = {{1, 10}, {50, 20}, {200, 100}, {1000, 200}};

static const int64_t REPEAT_NS = INT64_C(3000000000); // of level 1 without a change
static const int64_t TICKER_INTERVAL_NS = 100000000;
static const int64_t BAR_INTERVAL_NS = INT64_C(1000000000);
static const int64_t FUNDING_MS = 8 * 3600 * INT64_C(1000);
static const int64_t ORDER_VALUE_MOST_E9 = INT64_C(100000000) * 1000000000;
enum { ORDER_LOTS_MOST = 1 << 28 };

int depth_number(int64_t size)
{
    for (int i = 0; i < DEPTH_COUNT; i++) {
        if (depth_specs[i].size == size) {
            return i;
        }
    }
    return -1;
}

// Splits a symbol like BTCUSDT or BTCUSD at the quote coin it ends with.
static void split_symbol(struct listing *listing)
{
    static const char *const quotes[] = {"USDT", "USDC", "USD"};
    const char *symbol = listing->instrument.symbol;
    size_t length = strlen(symbol);
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        size_t size = strlen(quotes[i]);
        if (length > size && strcmp(symbol + length - size, quotes[i]) == 0) {
            snprintf(listing->base, COIN_SIZE, "%.*s", (int)(length - size), symbol);
            snprintf(listing->quote, COIN_SIZE, "%s", quotes[i]);
            return;
        }
    }
    snprintf(listing->base, COIN_SIZE, "%.15s", symbol);
    snprintf(listing->quote, COIN_SIZE, "USDT");
}

// The largest order, so that no value of one comes near what money can hold.
static int64_t largest_order(const struct listing *listing)
{
    struct book_geometry geometry = listing->pit->book.geometry;
    bool linear = listing->instrument.contract == CONTRACT_LINEAR;
    int64_t dearest = linear ? geometry.base_ticks + geometry.span : geometry.base_ticks + 1;
    int64_t one_e9 = instrument_notional_e9(&listing->instrument, 1, 2 * dearest);
    int64_t lots = ORDER_VALUE_MOST_E9 / (one_e9 > 0 ? one_e9 : 1);
    lots = lots > ORDER_LOTS_MOST ? ORDER_LOTS_MOST : lots;
    return lots < 1 ? 1 : lots;
}

void listing_init(struct listing *listing, struct bourse *bourse, uint8_t number,
                  const struct instrument *instrument)
{
    listing->bourse = bourse;
    listing->number = number;
    listing->instrument = *instrument;
    bool linear = instrument->contract == CONTRACT_LINEAR;
    listing->category = linear ? CATEGORY_LINEAR : CATEGORY_INVERSE;
    split_symbol(listing);
    snprintf(listing->settle, COIN_SIZE, "%s", linear ? listing->quote : listing->base);
    listing->order_lots_max = largest_order(listing);
}

void listing_fini(struct listing *listing)
{
    pit_destroy(listing->pit);
    bars_fini(&listing->bars);
    for (int i = 0; i < DEPTH_COUNT; i++) {
        depth_fini(&listing->depths[i]);
    }
}

// ---- what the pit tells ----

static int64_t event_clock_ns(const struct listing *listing)
{
    return listing->changed_ns + listing->bourse->faults.skew_ns;
}

static void write_trade(const struct listing *listing, const struct trade_print *print,
                        struct text *out)
{
    wire_open(out, NULL, '{');
    wire_number(out, "T", print->time_ms);
    wire_string(out, "s", listing->instrument.symbol);
    wire_string(out, "S", print->taker == SIDE_BUY ? "Buy" : "Sell");
    wire_steps(out, "v", print->qty_lots, listing->instrument.lot);
    wire_steps(out, "p", print->price_ticks, listing->instrument.tick);
    wire_string(out, "L", tick_direction_text(print->tick_direction));
    wire_string(out, "i", print->id);
    wire_bool(out, "BT", false);
    wire_bool(out, "RPI", false);
    wire_number(out, "seq", (int64_t)print->sequence);
    wire_close(out, '}');
}

static void open_topic(const struct listing *listing, const char *prefix, const char *type,
                       struct text *out)
{
    char topic[TOPIC_NAME_SIZE + INSTRUMENT_NAME_SIZE];
    snprintf(topic, sizeof topic, "%s.%s", prefix, listing->instrument.symbol);
    text_clear(out);
    wire_open(out, NULL, '{');
    wire_string(out, "topic", topic);
    wire_string(out, "type", type);
    wire_number(out, "ts", bourse_clock_ms(listing->bourse));
}

static struct trade_print *add_print(struct listing *listing, enum side book_side, int64_t price,
                                     int64_t lots)
{
    struct trade_print print = {.taker = side_opposite(book_side),
                                .price_ticks = price,
                                .qty_lots = lots,
                                .time_ms = event_clock_ns(listing) / MS_NS,
                                .sequence = listing->sequence};
    name_uuid(&listing->bourse->ids, print.id);
    return bars_add(&listing->bars, &print,
                    instrument_notional_e9(&listing->instrument, lots, 2 * price));
}

static void tell_trades(struct listing *listing, const struct market_batch *batch)
{
    struct text *out = &listing->bourse->message;
    struct book_geometry geometry = listing->pit->book.geometry;
    open_topic(listing, "publicTrade", "snapshot", out);
    wire_open(out, "data", '[');
    for (uint32_t i = 0; i < batch->count; i++) {
        struct row row = batch->rows[i];
        enum side side = row_side(row.key);
        int64_t price, lots = row.lots;
        if (row.key == ROW_WIDE) {
            const struct wide_row *wide = &batch->wide[row.lots];
            side = (enum side)wide->side;
            price = wide->price_ticks;
            lots = wide->qty_lots;
        } else {
            price = geometry_ticks(geometry, side, row_index(row.key));
        }
        if (price > 0 && lots > 0) {
            write_trade(listing, add_print(listing, side, price, lots), out);
        }
    }
    wire_close(out, ']');
    wire_close(out, '}');
    if (listing->trade_subscribers > 0) {
        push_public(listing->bourse, TOPIC_TRADE, listing->number, 0, out);
    }
}

void listing_market(void *context, const struct market_batch *batch)
{
    struct listing *listing = context;
    if (listing->pit == NULL) {
        return; // the book's start, before anybody can listen
    }
    listing->sequence++;
    listing->changed_ns = batch->exch_ts_ns;
    bars_roll(&listing->bars, event_clock_ns(listing) / MS_NS, listing_mark_ticks(listing));
    if (batch->kind == EVENT_TRADE) {
        tell_trades(listing, batch);
        return;
    }
    for (int i = 0; i < DEPTH_COUNT; i++) {
        listing->depths[i].stale = true;
    }
}

// ---- books ----

static struct depth_stamp stamp_of(const struct listing *listing)
{
    return (struct depth_stamp){.symbol = listing->instrument.symbol,
                                .ts_ms = bourse_clock_ms(listing->bourse),
                                .match_ms = event_clock_ns(listing) / MS_NS,
                                .sequence = listing->sequence};
}

static void write_snapshot(struct listing *listing, const struct depth *depth)
{
    struct depth_stamp stamp = stamp_of(listing);
    text_clear(&listing->bourse->message);
    depth_write_snapshot(depth, &listing->pit->book, &listing->instrument, &stamp,
                         &listing->bourse->message);
}

static bool drops_delta(struct listing *listing, const struct depth *depth)
{
    struct faults *faults = &listing->bourse->faults;
    char topic[TOPIC_NAME_SIZE];
    snprintf(topic, sizeof topic, "orderbook.%" PRIu32 ".%s", depth->size,
             listing->instrument.symbol);
    if (faults->drop_delta == 0 ||
        (faults->drop_topic[0] != '\0' && strcmp(faults->drop_topic, topic) != 0)) {
        return false;
    }
    faults->drop_delta--;
    listing->bourse->counters.deltas_dropped++;
    return true;
}

// Level 1 has snapshots only, and repeats the last one when nothing changes.
static void tell_best(struct listing *listing, struct depth *depth)
{
    int64_t now_ns = listing->bourse->now_ns;
    if (!depth->stale && now_ns - depth->pushed_ns < REPEAT_NS) {
        return;
    }
    if (depth->stale) {
        struct depth_level before[2] = {depth->image[0][0], depth->image[1][0]};
        uint32_t counts[2] = {depth->count[0], depth->count[1]};
        depth_refresh(depth, &listing->pit->book);
        bool same = counts[0] == depth->count[0] && counts[1] == depth->count[1];
        for (int side = 0; side < 2; side++) {
            same = same && before[side].index == depth->image[side][0].index &&
                   before[side].lots == depth->image[side][0].lots;
        }
        depth->update -= same;
        if (same && now_ns - depth->pushed_ns < REPEAT_NS) {
            return;
        }
    }
    depth->pushed_ns = now_ns;
    write_snapshot(listing, depth);
    push_public(listing->bourse, TOPIC_DEPTH, listing->number, 0, &listing->bourse->message);
}

static void tell_depth(struct listing *listing, uint32_t number)
{
    struct depth *depth = &listing->depths[number];
    struct text *out = &listing->bourse->message;
    struct depth_stamp stamp = stamp_of(listing);
    text_clear(out);
    if (depth_write_delta(depth, &listing->pit->book, &listing->instrument, &stamp, out) &&
        !drops_delta(listing, depth)) {
        push_public(listing->bourse, TOPIC_DEPTH, listing->number, number, out);
    }
}

static void tell_books(struct listing *listing)
{
    for (uint32_t i = 0; i < DEPTH_COUNT; i++) {
        struct depth *depth = &listing->depths[i];
        if (depth->subscribers == 0 || listing->bourse->grid_at_ns % depth->interval_ns != 0) {
            continue;
        }
        if (i == 0) {
            tell_best(listing, depth);
        } else if (depth->stale) {
            tell_depth(listing, i);
        }
    }
}

void listing_restart_books(struct listing *listing)
{
    for (uint32_t i = 0; i < DEPTH_COUNT; i++) {
        struct depth *depth = &listing->depths[i];
        depth_refresh(depth, &listing->pit->book);
        depth->update = 1;
        depth->stale = true;
        for (int side = 0; side < 2; side++) {
            depth->count[side] = (depth->count[side] + 2) / 3;
        }
        if (depth->subscribers > 0) {
            write_snapshot(listing, depth);
            push_public(listing->bourse, TOPIC_DEPTH, listing->number, i,
                        &listing->bourse->message);
        }
    }
}

void listing_cross_books(struct listing *listing)
{
    const struct book *book = &listing->pit->book;
    for (uint32_t i = 1; i < DEPTH_COUNT && book_two_sided(book); i++) {
        struct depth *depth = &listing->depths[i];
        struct text *out = &listing->bourse->message;
        char price[DECIMAL_TEXT_SIZE], topic[TOPIC_NAME_SIZE];
        if (depth->subscribers == 0 || depth->count[SIDE_BUY] == 0) {
            continue;
        }
        int64_t ticks = book_best_ticks(book, SIDE_SELL) + 1;
        wire_print_steps(ticks, listing->instrument.tick, price);
        snprintf(topic, sizeof topic, "orderbook.%" PRIu32, depth->size);
        open_topic(listing, topic, "delta", out);
        text_add(out, ",\"data\":{\"s\":\"%s\",\"b\":[[\"%s\",\"1\"]],\"a\":[],\"u\":%" PRIu64,
                 listing->instrument.symbol, price, ++depth->update);
        text_add(out, ",\"seq\":%" PRIu64 "},\"cts\":%" PRId64 "}", listing->sequence,
                 bourse_clock_ms(listing->bourse));
        push_public(listing->bourse, TOPIC_DEPTH, listing->number, i, out);
        // In place of the furthest level known, so that the next delta removes it.
        uint32_t last = depth->count[SIDE_BUY] < depth->size ? depth->count[SIDE_BUY]++
                                                             : depth->count[SIDE_BUY] - 1;
        memmove(&depth->image[SIDE_BUY][1], depth->image[SIDE_BUY],
                last * sizeof(struct depth_level));
        depth->image[SIDE_BUY][0] =
            (struct depth_level){geometry_index(book->geometry, SIDE_BUY, ticks), 1};
        depth->stale = true;
    }
}

// ---- ticker ----

enum ticker_field {
    FIELD_DIRECTION,
    FIELD_CHANGE,
    FIELD_LAST,
    FIELD_DAY_AGO,
    FIELD_HIGH,
    FIELD_LOW,
    FIELD_HOUR_AGO,
    FIELD_MARK,
    FIELD_INDEX,
    FIELD_INTEREST,
    FIELD_INTEREST_VALUE,
    FIELD_TURNOVER,
    FIELD_VOLUME,
    FIELD_NEXT_FUNDING,
    FIELD_FUNDING,
    FIELD_FUNDING_HOURS,
    FIELD_FUNDING_CAP,
    FIELD_BID,
    FIELD_BID_SIZE,
    FIELD_ASK,
    FIELD_ASK_SIZE,
    FIELD_COUNT
};
_Static_assert((int)FIELD_COUNT <= (int)TICKER_FIELDS, "room for every field");

static const char *const field_names[FIELD_COUNT] = {
    "tickDirection", "price24hPcnt",    "lastPrice",         "prevPrice24h",
    "highPrice24h",  "lowPrice24h",     "prevPrice1h",       "markPrice",
    "indexPrice",    "openInterest",    "openInterestValue", "turnover24h",
    "volume24h",     "nextFundingTime", "fundingRate",       "fundingIntervalHour",
    "fundingCap",    "bid1Price",       "bid1Size",          "ask1Price",
    "ask1Size"};

struct ticker_row {
    char text[FIELD_COUNT][DECIMAL_TEXT_SIZE];
};

static void put_price(const struct listing *listing, struct ticker_row *row,
                      enum ticker_field field, int64_t ticks)
{
    wire_print_steps(ticks, listing->instrument.tick, row->text[field]);
}

static void put_lots(const struct listing *listing, struct ticker_row *row, enum ticker_field field,
                     int64_t lots)
{
    wire_print_steps(lots, listing->instrument.lot, row->text[field]);
}

static void put_money(struct ticker_row *row, enum ticker_field field, int64_t money_e9)
{
    decimal_print((struct decimal){money_e9, -9}, row->text[field]);
}

static int64_t open_interest_lots(const struct listing *listing)
{
    const struct bourse *bourse = listing->bourse;
    int64_t longs = 0, shorts = 0;
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        for (int index = 0; index < POSITION_INDEXES; index++) {
            int64_t lots = bourse->accounts[i].positions[listing->number][index].lots;
            *(lots > 0 ? &longs : &shorts) += llabs(lots);
        }
    }
    return longs > shorts ? longs : shorts;
}

static void put_prices(const struct listing *listing, struct ticker_row *row)
{
    struct bar day = {0};
    int64_t last = listing->bars.last_ticks, mark = listing_mark_ticks(listing);
    (void)bars_day(&listing->bars, &day);
    double change = day.open > 0 ? (double)(last - day.open) / (double)day.open : 0;
    snprintf(row->text[FIELD_DIRECTION], DECIMAL_TEXT_SIZE, "%s",
             tick_direction_text(listing->bars.last_direction));
    snprintf(row->text[FIELD_CHANGE], DECIMAL_TEXT_SIZE, "%.6f", change);
    put_price(listing, row, FIELD_LAST, last);
    put_price(listing, row, FIELD_DAY_AGO, day.open);
    put_price(listing, row, FIELD_HIGH, day.high);
    put_price(listing, row, FIELD_LOW, day.low);
    put_price(listing, row, FIELD_HOUR_AGO, bars_hour_ago(&listing->bars));
    put_price(listing, row, FIELD_MARK, mark);
    put_price(listing, row, FIELD_INDEX, mark);
    put_money(row, FIELD_TURNOVER, day.turnover_e9);
    put_lots(listing, row, FIELD_VOLUME, day.volume_lots);
}

static void put_best(const struct listing *listing, struct ticker_row *row, enum side side)
{
    const struct book *book = &listing->pit->book;
    enum ticker_field price = side == SIDE_BUY ? FIELD_BID : FIELD_ASK;
    uint32_t index = book->best[side];
    row->text[price][0] = row->text[price + 1][0] = '\0';
    if (index != 0) {
        put_price(listing, row, price, geometry_ticks(book->geometry, side, index));
        put_lots(listing, row, (enum ticker_field)(price + 1), book_lots(book, side, index));
    }
}

static void fill_ticker(const struct listing *listing, struct ticker_row *row)
{
    int64_t now_ms = bourse_clock_ms(listing->bourse), interest = open_interest_lots(listing);
    put_prices(listing, row);
    put_best(listing, row, SIDE_BUY);
    put_best(listing, row, SIDE_SELL);
    put_lots(listing, row, FIELD_INTEREST, interest);
    put_money(row, FIELD_INTEREST_VALUE,
              money_value_e9(listing, interest, listing_mark_half_ticks(listing)));
    snprintf(row->text[FIELD_NEXT_FUNDING], DECIMAL_TEXT_SIZE, "%" PRId64,
             now_ms - now_ms % FUNDING_MS + FUNDING_MS);
    decimal_print((struct decimal){bourse_switch(listing->bourse, SWITCH_FUNDING_RATE), -6},
                  row->text[FIELD_FUNDING]);
    snprintf(row->text[FIELD_FUNDING_HOURS], DECIMAL_TEXT_SIZE, "8");
    snprintf(row->text[FIELD_FUNDING_CAP], DECIMAL_TEXT_SIZE, "0.05");
}

void listing_write_ticker(struct listing *listing, struct text *out)
{
    struct ticker_row row;
    fill_ticker(listing, &row);
    wire_open(out, NULL, '{');
    wire_string(out, "symbol", listing->instrument.symbol);
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (field != FIELD_DIRECTION) {
            wire_string(out, field_names[field], row.text[field]);
        }
    }
    static const char *const empty[] = {
        "predictedDeliveryPrice", "basisRate", "deliveryFeeRate", "preOpenPrice", "preQty",
        "curPreListingPhase",     "basis"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        wire_string(out, empty[i], "");
    }
    wire_string(out, "deliveryTime", "0");
    wire_close(out, '}');
}

// The fields that differ from what was told last, or all of them; false when there are none.
static bool write_ticker_fields(struct listing *listing, bool all, struct text *out)
{
    struct ticker_row row;
    bool any = all;
    fill_ticker(listing, &row);
    open_topic(listing, "tickers", all ? "snapshot" : "delta", out);
    wire_open(out, "data", '{');
    wire_string(out, "symbol", listing->instrument.symbol);
    for (int field = 0; field < FIELD_COUNT; field++) {
        char *told = listing->ticker.values[field];
        if (all || strncmp(told, row.text[field], TICKER_TEXT_SIZE - 1) != 0) {
            wire_string(out, field_names[field], row.text[field]);
            snprintf(told, TICKER_TEXT_SIZE, "%.39s", row.text[field]);
            any = true;
        }
    }
    if (all) {
        wire_string(out, "preOpenPrice", "");
        wire_string(out, "preQty", "");
        wire_string(out, "curPreListingPhase", "");
    }
    wire_close(out, '}');
    wire_number(out, "cs", (int64_t)listing->sequence);
    wire_close(out, '}');
    return any;
}

static void tell_ticker(struct listing *listing)
{
    struct ticker *ticker = &listing->ticker;
    struct text *out = &listing->bourse->message;
    if (ticker->subscribers == 0 || listing->bourse->grid_at_ns % TICKER_INTERVAL_NS != 0) {
        return;
    }
    if (write_ticker_fields(listing, false, out)) {
        push_public(listing->bourse, TOPIC_TICKER, listing->number, 0, out);
    }
}

// ---- bars ----

static void tell_bar(struct listing *listing, int interval, const struct bar *bar, bool closed)
{
    struct text *out = &listing->bourse->message;
    struct decimal tick = listing->instrument.tick;
    char prefix[16];
    int64_t start_ms, end_ms;
    snprintf(prefix, sizeof prefix, "kline.%s", bar_interval_text(interval));
    bar_span(interval, bar->start_ms, &start_ms, &end_ms);
    open_topic(listing, prefix, "snapshot", out);
    wire_open(out, "data", '[');
    wire_open(out, NULL, '{');
    wire_number(out, "start", start_ms);
    wire_number(out, "end", end_ms);
    wire_string(out, "interval", bar_interval_text(interval));
    wire_steps(out, "open", bar->open, tick);
    wire_steps(out, "close", bar->close, tick);
    wire_steps(out, "high", bar->high, tick);
    wire_steps(out, "low", bar->low, tick);
    wire_steps(out, "volume", bar->volume_lots, listing->instrument.lot);
    wire_money(out, "turnover", bar->turnover_e9);
    wire_bool(out, "confirm", closed);
    wire_number(out, "timestamp", bourse_clock_ms(listing->bourse));
    wire_close(out, '}');
    wire_close(out, ']');
    wire_close(out, '}');
    push_public(listing->bourse, TOPIC_BAR, listing->number, (uint32_t)interval, out);
}

// Every second the present bar of each interval; when one has just ended, that one first.
static void tell_bars(struct listing *listing)
{
    int64_t now_ns = listing->bourse->now_ns, told_ms = listing->bar_told_ns / MS_NS;
    if (listing->bar_subscribers == 0 || now_ns - listing->bar_told_ns < BAR_INTERVAL_NS) {
        return;
    }
    listing->bar_told_ns = now_ns;
    int64_t now_ms = bourse_clock_ms(listing->bourse);
    struct bar bar;
    for (int interval = 0; bar_interval_text(interval) != NULL; interval++) {
        int64_t start_ms, end_ms;
        bar_span(interval, now_ms, &start_ms, &end_ms);
        if (told_ms < start_ms && bars_find(&listing->bars, interval, start_ms - 1, &bar)) {
            tell_bar(listing, interval, &bar, true);
        }
        if (bars_find(&listing->bars, interval, now_ms, &bar)) {
            tell_bar(listing, interval, &bar, false);
        }
    }
}

void listing_tell(struct listing *listing)
{
    bars_roll(&listing->bars, bourse_clock_ms(listing->bourse), listing_mark_ticks(listing));
    tell_books(listing);
    tell_ticker(listing);
    tell_bars(listing);
}

void listing_send_snapshot(struct listing *listing, uint32_t connection, enum topic topic,
                           uint32_t argument)
{
    struct text *out = &listing->bourse->message;
    if (topic == TOPIC_TICKER) {
        (void)write_ticker_fields(listing, true, out);
    } else if (topic == TOPIC_DEPTH) {
        struct depth *depth = &listing->depths[argument];
        if (depth->subscribers == 1) { // nobody else follows the image
            depth_refresh(depth, &listing->pit->book);
        }
        write_snapshot(listing, depth);
    } else {
        return;
    }
    push_frame(listing->bourse, connection, out);
}

// ---- for REST ----

void listing_write_print(const struct listing *listing, const struct trade_print *print,
                         struct text *out)
{
    wire_open(out, NULL, '{');
    wire_string(out, "execId", print->id);
    wire_string(out, "symbol", listing->instrument.symbol);
    wire_steps(out, "price", print->price_ticks, listing->instrument.tick);
    wire_steps(out, "size", print->qty_lots, listing->instrument.lot);
    wire_string(out, "side", print->taker == SIDE_BUY ? "Buy" : "Sell");
    wire_number_text(out, "time", print->time_ms);
    wire_bool(out, "isBlockTrade", false);
    wire_bool(out, "isRPITrade", false);
    wire_number_text(out, "seq", (int64_t)print->sequence);
    wire_close(out, '}');
}

static void write_filters(const struct listing *listing, struct text *out)
{
    struct decimal tick = listing->instrument.tick, lot = listing->instrument.lot;
    struct book_geometry geometry = listing->pit->book.geometry;
    wire_open(out, "leverageFilter", '{');
    wire_string(out, "minLeverage", "1");
    wire_string(out, "maxLeverage", "100.00");
    wire_string(out, "leverageStep", "0.01");
    wire_close(out, '}');
    wire_open(out, "priceFilter", '{');
    wire_steps(out, "minPrice", geometry.base_ticks + 1, tick);
    wire_steps(out, "maxPrice", geometry.base_ticks + geometry.span - 1, tick);
    wire_steps(out, "tickSize", 1, tick);
    wire_close(out, '}');
    wire_open(out, "lotSizeFilter", '{');
    wire_steps(out, "maxOrderQty", listing->order_lots_max, lot);
    wire_steps(out, "minOrderQty", 1, lot);
    wire_steps(out, "qtyStep", 1, lot);
    wire_steps(out, "postOnlyMaxOrderQty", listing->order_lots_max, lot);
    wire_steps(out, "maxMktOrderQty", listing->order_lots_max, lot);
    wire_string(out, "minNotionalValue", listing->category == CATEGORY_LINEAR ? "5" : "");
    wire_close(out, '}');
}

void listing_write_instrument(const struct listing *listing, struct text *out)
{
    int decimals = listing->instrument.tick.exponent < 0 ? -listing->instrument.tick.exponent : 0;
    bool linear = listing->category == CATEGORY_LINEAR;
    double ratio = bourse_switch(listing->bourse, SWITCH_PRICE_LIMIT_BPS) / 1e4;
    wire_open(out, NULL, '{');
    wire_string(out, "symbol", listing->instrument.symbol);
    wire_number(out, "symbolId", listing->number + 1);
    wire_string(out, "contractType", linear ? "LinearPerpetual" : "InversePerpetual");
    wire_string(out, "status", "Trading");
    wire_string(out, "baseCoin", listing->base);
    wire_string(out, "quoteCoin", listing->quote);
    wire_string(out, "symbolType", "");
    wire_number_text(out, "launchTime", listing->bourse->start_ns / MS_NS);
    wire_string(out, "deliveryTime", "0");
    wire_string(out, "deliveryFeeRate", "");
    wire_number_text(out, "priceScale", decimals);
    write_filters(listing, out);
    wire_bool(out, "unifiedMarginTrade", true);
    wire_number(out, "fundingInterval", 480);
    wire_string(out, "settleCoin", listing->settle);
    wire_string(out, "copyTrading", "none");
    wire_string(out, "upperFundingRate", "0.05");
    wire_string(out, "lowerFundingRate", "-0.05");
    wire_bool(out, "isPreListing", false);
    wire_raw(out, "preListingInfo", "null");
    wire_open(out, "riskParameters", '{');
    wire_real(out, "priceLimitRatioX", ratio, 4);
    wire_real(out, "priceLimitRatioY", ratio, 4);
    wire_close(out, '}');
    wire_string(out, "displayName", "");
    wire_bool(out, "skipCallAuction", false);
    wire_close(out, '}');
}
