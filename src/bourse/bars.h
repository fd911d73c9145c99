// What has traded: the newest trades, a day of minute bars, and bars of any interval from them.
//
// The caller owns the struct; bars_init takes its memory. Prices in ticks, quantities in lots,
// turnover in money 1e-9, times in ms since 1970.
#ifndef MM_BOURSE_BARS_H
#define MM_BOURSE_BARS_H

#include "bourse/names.h"
#include "market/event.h"

#include <stdbool.h>
#include <stdint.h>

enum { BARS_MINUTES = 1440, BARS_TRADES = 1024 };

struct trade_print {
    char id[UUID_SIZE];
    enum side taker;
    int tick_direction; // 0 PlusTick, 1 ZeroPlusTick, 2 MinusTick, 3 ZeroMinusTick
    int64_t price_ticks, qty_lots, time_ms;
    uint64_t sequence;
};

struct bar {
    int64_t start_ms;
    int64_t open, high, low, close; // ticks
    int64_t volume_lots, turnover_e9;
};

struct bars {
    struct bar *minutes;        // owned ring, one for every minute since the first price
    uint64_t minute_count;      // ever
    struct trade_print *prints; // owned ring
    uint64_t print_count;       // ever
    int64_t last_ticks;         // 0 = no price yet
    int last_direction;
};

void bars_init(struct bars *bars);
void bars_fini(struct bars *bars);

// Minutes that began since the last call get a bar at the last price; `price_ticks` is the first
// price while nothing has traded.
void bars_roll(struct bars *bars, int64_t now_ms, int64_t price_ticks);

// Notes a trade; returns its entry, with the tick direction filled in. After bars_roll.
struct trade_print *bars_add(struct bars *bars, const struct trade_print *print,
                             int64_t turnover_e9);

// The `back`-th newest trade, 0 = the last; NULL when there is none.
const struct trade_print *bars_print(const struct bars *bars, uint64_t back);
const char *tick_direction_text(int direction);

// All bars kept, as one: the last 24 hours. False without a price.
bool bars_day(const struct bars *bars, struct bar *out);
// The price an hour ago, or the first one; 0 without a price.
int64_t bars_hour_ago(const struct bars *bars);

// `1 3 5 15 30 60 120 240 360 720 D W M`; false for another word.
bool bar_interval_parse(const char *text, int *out_number);
const char *bar_interval_text(int number); // NULL past the last
// First and last ms of the bar of this interval that holds `time_ms`.
void bar_span(int number, int64_t time_ms, int64_t *out_start_ms, int64_t *out_end_ms);
// The newest bar of the interval that starts at or before `until_ms`; false when there is none.
bool bars_find(const struct bars *bars, int number, int64_t until_ms, struct bar *out);

#endif
