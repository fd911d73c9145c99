#include "bourse/bars.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INTERVAL_DAY = 10, INTERVAL_WEEK, INTERVAL_MONTH, INTERVAL_COUNT };
static const int64_t MINUTE_MS = 60000;

static const struct {
    const char *text;
    int64_t minutes;
} intervals[INTERVAL_COUNT] = {{"1", 1},    {"3", 3},     {"5", 5},     {"15", 15},   {"30", 30},
                               {"60", 60},  {"120", 120}, {"240", 240}, {"360", 360}, {"720", 720},
                               {"D", 1440}, {"W", 10080}, {"M", 0}};

void bars_init(struct bars *bars)
{
    *bars = (struct bars){.minutes = mm_alloc(BARS_MINUTES, sizeof(struct bar)),
                          .prints = mm_alloc(BARS_TRADES, sizeof(struct trade_print))};
}

void bars_fini(struct bars *bars)
{
    free(bars->minutes);
    free(bars->prints);
    *bars = (struct bars){0};
}

static struct bar *minute_at(const struct bars *bars, uint64_t number)
{
    return &bars->minutes[number % BARS_MINUTES];
}

static void add_minute(struct bars *bars, int64_t start_ms, int64_t price)
{
    *minute_at(bars, bars->minute_count++) = (struct bar){
        .start_ms = start_ms, .open = price, .high = price, .low = price, .close = price};
}

void bars_roll(struct bars *bars, int64_t now_ms, int64_t price_ticks)
{
    int64_t start_ms = now_ms - now_ms % MINUTE_MS;
    if (bars->minute_count == 0) {
        if (price_ticks > 0) {
            bars->last_ticks = price_ticks;
            add_minute(bars, start_ms, price_ticks);
        }
        return;
    }
    int64_t newest_ms = minute_at(bars, bars->minute_count - 1)->start_ms;
    if (start_ms - newest_ms > BARS_MINUTES * MINUTE_MS) {
        newest_ms = start_ms - BARS_MINUTES * MINUTE_MS;
    }
    for (newest_ms += MINUTE_MS; newest_ms <= start_ms; newest_ms += MINUTE_MS) {
        add_minute(bars, newest_ms, bars->last_ticks);
    }
}

static int direction_of(const struct bars *bars, int64_t price)
{
    if (price == bars->last_ticks) {
        return bars->last_direction | 1;
    }
    return price > bars->last_ticks ? 0 : 2;
}

struct trade_print *bars_add(struct bars *bars, const struct trade_print *print,
                             int64_t turnover_e9)
{
    struct trade_print *out = &bars->prints[bars->print_count++ % BARS_TRADES];
    *out = *print;
    out->tick_direction = direction_of(bars, print->price_ticks);
    bars->last_direction = out->tick_direction;
    bars->last_ticks = print->price_ticks;
    if (bars->minute_count > 0) {
        struct bar *bar = minute_at(bars, bars->minute_count - 1);
        bar->high = print->price_ticks > bar->high ? print->price_ticks : bar->high;
        bar->low = print->price_ticks < bar->low ? print->price_ticks : bar->low;
        bar->close = print->price_ticks;
        bar->volume_lots += print->qty_lots;
        bar->turnover_e9 += turnover_e9;
    }
    return out;
}

const struct trade_print *bars_print(const struct bars *bars, uint64_t back)
{
    if (back >= bars->print_count || back >= BARS_TRADES) {
        return NULL;
    }
    return &bars->prints[(bars->print_count - 1 - back) % BARS_TRADES];
}

const char *tick_direction_text(int direction)
{
    static const char *const texts[] = {"PlusTick", "ZeroPlusTick", "MinusTick", "ZeroMinusTick"};
    return texts[direction];
}

static uint64_t oldest(const struct bars *bars)
{
    return bars->minute_count > BARS_MINUTES ? bars->minute_count - BARS_MINUTES : 0;
}

// Adds a later minute to a bar.
static void join(struct bar *bar, const struct bar *minute)
{
    bar->high = minute->high > bar->high ? minute->high : bar->high;
    bar->low = minute->low < bar->low ? minute->low : bar->low;
    bar->close = minute->close;
    bar->volume_lots += minute->volume_lots;
    bar->turnover_e9 += minute->turnover_e9;
}

bool bars_day(const struct bars *bars, struct bar *out)
{
    if (bars->minute_count == 0) {
        return false;
    }
    uint64_t number = oldest(bars);
    *out = *minute_at(bars, number++);
    for (; number < bars->minute_count; number++) {
        join(out, minute_at(bars, number));
    }
    return true;
}

int64_t bars_hour_ago(const struct bars *bars)
{
    if (bars->minute_count == 0) {
        return 0;
    }
    uint64_t first = oldest(bars), hour = bars->minute_count > 60 ? bars->minute_count - 60 : 0;
    return minute_at(bars, hour > first ? hour : first)->open;
}

bool bar_interval_parse(const char *text, int *out_number)
{
    for (int i = 0; i < INTERVAL_COUNT; i++) {
        if (strcmp(intervals[i].text, text) == 0) {
            *out_number = i;
            return true;
        }
    }
    return false;
}

const char *bar_interval_text(int number)
{
    return number < INTERVAL_COUNT ? intervals[number].text : NULL;
}

static int64_t month_start(int64_t time_ms, int months_on)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm date;
    gmtime_r(&seconds, &date);
    date = (struct tm){.tm_year = date.tm_year, .tm_mon = date.tm_mon + months_on, .tm_mday = 1};
    return (int64_t)timegm(&date) * 1000;
}

void bar_span(int number, int64_t time_ms, int64_t *out_start_ms, int64_t *out_end_ms)
{
    if (number == INTERVAL_MONTH) {
        *out_start_ms = month_start(time_ms, 0);
        *out_end_ms = month_start(time_ms, 1) - 1;
        return;
    }
    int64_t length = intervals[number].minutes * MINUTE_MS;
    // Weeks begin on Monday; 1970-01-01 was a Thursday.
    int64_t shift = number == INTERVAL_WEEK ? 3 * 1440 * MINUTE_MS : 0;
    *out_start_ms = time_ms - (time_ms + shift) % length;
    *out_end_ms = *out_start_ms + length - 1;
}

bool bars_find(const struct bars *bars, int number, int64_t until_ms, struct bar *out)
{
    uint64_t at = bars->minute_count;
    while (at > oldest(bars) && minute_at(bars, at - 1)->start_ms > until_ms) {
        at--;
    }
    if (at == oldest(bars)) {
        return false;
    }
    int64_t start_ms, end_ms;
    bar_span(number, minute_at(bars, at - 1)->start_ms, &start_ms, &end_ms);
    uint64_t first = at - 1;
    while (first > oldest(bars) && minute_at(bars, first - 1)->start_ms >= start_ms) {
        first--;
    }
    *out = *minute_at(bars, first);
    for (uint64_t i = first + 1; i < at; i++) {
        join(out, minute_at(bars, i));
    }
    out->start_ms = start_ms;
    return true;
}
