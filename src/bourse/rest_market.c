// The public routes of rest.h.
#include "bourse/listing.h"
#include "bourse/money.h"
#include "bourse/rest.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void get_time(struct bourse *bourse, struct account *account, const json_t *params,
                     struct rest_reply *reply)
{
    (void)account;
    (void)params;
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_number_text(out, "timeSecond", bourse_clock(bourse) / SECOND_NS);
    wire_number_text(out, "timeNano", bourse_clock(bourse));
    wire_close(out, '}');
}

// The listing that a request names; NULL, with the reply filled, when there is none.
static struct listing *find_listing(struct bourse *bourse, const json_t *params,
                                    struct rest_reply *reply)
{
    char text[PARAM_TEXT_SIZE];
    enum category category = CATEGORY_LINEAR;
    if (param_present(params, "category") && !rest_category(params, &category, reply)) {
        return NULL;
    }
    param_text(params, "symbol", text);
    struct listing *listing = entry_listing(bourse, category, text);
    if (listing == NULL) {
        rest_refuse(reply, 10001, "params error: symbol invalid %.40s", text);
    }
    return listing;
}

static void get_instruments(struct bourse *bourse, struct account *account, const json_t *params,
                            struct rest_reply *reply)
{
    enum category category;
    struct rest_page page;
    char status[PARAM_TEXT_SIZE];
    (void)account;
    if (!rest_category(params, &category, reply) || !rest_page(params, 500, 1000, &page, reply)) {
        return;
    }
    param_text(params, "status", status);
    bool trading = status[0] == '\0' || strcmp(status, "Trading") == 0;
    struct text *out = &reply->result;
    int64_t seen = 0;
    wire_open(out, NULL, '{');
    wire_string(out, "category", category_text(category));
    wire_open(out, "list", '[');
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        const struct listing *listing = &bourse->listings[i];
        if (!trading || !entry_concerns(listing, category, params)) {
            continue;
        }
        if (seen >= page.skip && seen < page.skip + page.limit) {
            listing_write_instrument(listing, out);
        }
        seen++;
    }
    wire_close(out, ']');
    rest_cursor(out, page.skip + page.limit, seen > page.skip + page.limit);
    wire_close(out, '}');
}

static void get_orderbook(struct bourse *bourse, struct account *account, const json_t *params,
                          struct rest_reply *reply)
{
    int64_t limit;
    (void)account;
    struct listing *listing = find_listing(bourse, params, reply);
    if (listing == NULL) {
        return;
    }
    if (!param_number(params, "limit", 1, 1000, 25, &limit)) {
        rest_refuse(reply, 10001, "params error: limit invalid");
        return;
    }
    struct text *out = &reply->result;
    const struct book *book = &listing->pit->book;
    struct depth *full = &listing->depths[depth_number(1000)];
    if (full->subscribers == 0) {
        depth_refresh(full, book); // the update id is that of the deepest topic
    }
    wire_open(out, NULL, '{');
    wire_string(out, "s", listing->instrument.symbol);
    depth_write_side(book, &listing->instrument, SIDE_BUY, (uint32_t)limit, out);
    depth_write_side(book, &listing->instrument, SIDE_SELL, (uint32_t)limit, out);
    wire_number(out, "ts", bourse_clock_ms(bourse));
    wire_number(out, "u", (int64_t)full->update);
    wire_number(out, "seq", (int64_t)listing->sequence);
    wire_number(out, "cts", (listing->changed_ns + bourse->faults.skew_ns) / MS_NS);
    wire_close(out, '}');
}

static void get_tickers(struct bourse *bourse, struct account *account, const json_t *params,
                        struct rest_reply *reply)
{
    enum category category;
    (void)account;
    if (!rest_category(params, &category, reply) ||
        (param_present(params, "symbol") && find_listing(bourse, params, reply) == NULL)) {
        return;
    }
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_string(out, "category", category_text(category));
    wire_open(out, "list", '[');
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        if (entry_concerns(&bourse->listings[i], category, params)) {
            listing_write_ticker(&bourse->listings[i], out);
        }
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

static void get_recent_trades(struct bourse *bourse, struct account *account, const json_t *params,
                              struct rest_reply *reply)
{
    int64_t limit;
    (void)account;
    struct listing *listing = find_listing(bourse, params, reply);
    if (listing == NULL) {
        return;
    }
    if (!param_number(params, "limit", 1, 1000, 500, &limit)) {
        rest_refuse(reply, 10001, "params error: limit invalid");
        return;
    }
    struct text *out = &reply->result;
    const struct trade_print *print;
    wire_open(out, NULL, '{');
    wire_string(out, "category", category_text(listing->category));
    wire_open(out, "list", '[');
    for (int64_t back = 0;
         back < limit && (print = bars_print(&listing->bars, (uint64_t)back)) != NULL; back++) {
        listing_write_print(listing, print, out);
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

static void write_bar(const struct listing *listing, const struct bar *bar, struct text *out)
{
    struct decimal tick = listing->instrument.tick;
    wire_open(out, NULL, '[');
    wire_number_text(out, NULL, bar->start_ms);
    wire_steps(out, NULL, bar->open, tick);
    wire_steps(out, NULL, bar->high, tick);
    wire_steps(out, NULL, bar->low, tick);
    wire_steps(out, NULL, bar->close, tick);
    wire_steps(out, NULL, bar->volume_lots, listing->instrument.lot);
    wire_money(out, NULL, bar->turnover_e9);
    wire_close(out, ']');
}

static void get_kline(struct bourse *bourse, struct account *account, const json_t *params,
                      struct rest_reply *reply)
{
    char text[PARAM_TEXT_SIZE];
    int interval;
    int64_t limit, start_ms, end_ms;
    (void)account;
    struct listing *listing = find_listing(bourse, params, reply);
    if (listing == NULL) {
        return;
    }
    if (!bar_interval_parse(param_text(params, "interval", text), &interval)) {
        rest_refuse(reply, 10001, "params error: interval invalid");
        return;
    }
    if (!param_number(params, "limit", 1, 1000, 200, &limit) ||
        !param_number(params, "start", 0, INT64_MAX, 0, &start_ms) ||
        !param_number(params, "end", 0, INT64_MAX, INT64_MAX, &end_ms)) {
        rest_refuse(reply, 10001, "params error: limit, start or end invalid");
        return;
    }
    struct text *out = &reply->result;
    struct bar bar;
    wire_open(out, NULL, '{');
    wire_string(out, "symbol", listing->instrument.symbol);
    wire_string(out, "category", category_text(listing->category));
    wire_open(out, "list", '[');
    for (int64_t i = 0;
         i < limit && bars_find(&listing->bars, interval, end_ms, &bar) && bar.start_ms >= start_ms;
         i++) {
        write_bar(listing, &bar, out);
        end_ms = bar.start_ms - 1;
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

static void get_price_limit(struct bourse *bourse, struct account *account, const json_t *params,
                            struct rest_reply *reply)
{
    (void)account;
    struct listing *listing = find_listing(bourse, params, reply);
    if (listing == NULL) {
        return;
    }
    struct text *out = &reply->result;
    int64_t mark = listing_mark_ticks(listing);
    int64_t away = mark * bourse_switch(bourse, SWITCH_PRICE_LIMIT_BPS) / 10000;
    wire_open(out, NULL, '{');
    wire_string(out, "symbol", listing->instrument.symbol);
    wire_steps(out, "buyLmt", mark + away, listing->instrument.tick);
    wire_steps(out, "sellLmt", mark - away, listing->instrument.tick);
    wire_number_text(out, "ts", bourse_clock_ms(bourse));
    wire_close(out, '}');
}

// Nothing planned, or the maintenance that is going on.
static void get_system_status(struct bourse *bourse, struct account *account, const json_t *params,
                              struct rest_reply *reply)
{
    (void)account;
    (void)params;
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_open(out, "list", '[');
    if (bourse->now_ns < bourse->faults.maintenance_until_ns) {
        wire_open(out, NULL, '{');
        wire_string(out, "id", "1");
        wire_string(out, "title", "Maintenance");
        wire_string(out, "state", "ongoing");
        wire_number_text(out, "begin", bourse_clock_ms(bourse));
        wire_number_text(out, "end", bourse->faults.maintenance_until_ns / MS_NS);
        wire_string(out, "href", "");
        wire_raw(out, "serviceTypes", "[1,2,3,4,5]");
        wire_raw(out, "product", "[1,2]");
        wire_raw(out, "uidSuffix", "[]");
        wire_string(out, "maintainType", "2");
        wire_string(out, "env", "1");
        wire_close(out, '}');
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

const struct rest_route rest_market_routes[] = {
    {"GET", "/v5/market/time", get_time, .is_private = false},
    {"GET", "/v5/market/instruments-info", get_instruments, .is_private = false},
    {"GET", "/v5/market/orderbook", get_orderbook, .is_private = false},
    {"GET", "/v5/market/tickers", get_tickers, .is_private = false},
    {"GET", "/v5/market/recent-trade", get_recent_trades, .is_private = false},
    {"GET", "/v5/market/kline", get_kline, .is_private = false},
    {"GET", "/v5/market/price-limit", get_price_limit, .is_private = false},
    {"GET", "/v5/system/status", get_system_status, .is_private = false},
};
const size_t rest_market_route_count = sizeof rest_market_routes / sizeof rest_market_routes[0];
