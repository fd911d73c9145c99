#include "venue/bybit/checkup.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

enum {
    // The exchange takes what is at most a second ahead of it and 5 s (the receive window) behind.
    AHEAD_WARN_MS = 250,
    AHEAD_FAIL_MS = 900,
    BEHIND_FAIL_MS = 2000,
    LAG_WARN_MS = 500,
    DEADLINE_WARN_DAYS = 7,
    EXPOSURE_WARN = 10 // times the balance
};

static const uint64_t disk_warn_bytes = UINT64_C(2) << 30, disk_fail_bytes = UINT64_C(200) << 20;

const char *finding_level_text(enum finding_level level)
{
    static const char *const texts[] = {"ok", "warn", "fail", "skipped"};
    return texts[level];
}

__attribute__((format(printf, 4, 5))) static void
set(struct finding *out, const char *name, enum finding_level level, const char *format, ...)
{
    va_list arguments;
    *out = (struct finding){.name = name, .level = level};
    va_start(arguments, format);
    (void)vsnprintf(out->text, sizeof out->text, format, arguments);
    va_end(arguments);
}

static void advise(struct finding *out, const char *advice)
{
    (void)snprintf(out->advice, sizeof out->advice, "%s", advice);
}

void checkup_clock(int64_t ahead_ns, int64_t round_trip_ns, struct finding *out)
{
    int64_t ahead_ms = ahead_ns / MS; // of the exchange; positive: ours is behind
    enum finding_level level = ahead_ms < -AHEAD_FAIL_MS || ahead_ms > BEHIND_FAIL_MS ? FINDING_FAIL
                               : llabs(ahead_ms) > AHEAD_WARN_MS                      ? FINDING_WARN
                                                                                      : FINDING_OK;
    set(out, "clock", level, "%" PRId64 " ms %s the exchange's, round trip %.1f ms",
        (int64_t)llabs(ahead_ms), ahead_ms >= 0 ? "behind" : "ahead of",
        (double)round_trip_ns / 1e6);
    if (level != FINDING_OK) {
        advise(out, "set this machine's clock by NTP: requests stamped more than 1 s ahead are "
                    "refused, and latencies are measured wrongly");
    }
}

// ---- the key ----

static bool may(const json_t *permissions, const char *group, const char *what)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(permissions, group), i, item)
    {
        const char *text = json_string_value(item);
        if (text != NULL && strcmp(text, what) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_bound_to_address(const json_t *result)
{
    const json_t *ips = json_object_get(result, "ips");
    const char *first = json_string_value(json_array_get(ips, 0));
    return json_array_size(ips) > 0 && first != NULL && strcmp(first, "*") != 0;
}

bool checkup_key_may_trade(const json_t *result)
{
    return json_integer_value(json_object_get(result, "readOnly")) == 0;
}

void checkup_key(const json_t *result, struct finding *out)
{
    const json_t *permissions = json_object_get(result, "permissions");
    json_int_t days = json_integer_value(json_object_get(result, "deadlineDay"));
    if (may(permissions, "Wallet", "Withdraw")) {
        set(out, "key", FINDING_FAIL, "the key may withdraw");
        advise(out, "make a key without the permission to withdraw: this one is never used");
    } else if (!json_is_object(permissions)) {
        set(out, "key", FINDING_FAIL, "the exchange does not say what the key may do");
    } else if (!checkup_key_may_trade(result)) {
        set(out, "key", FINDING_WARN, "the key may only read");
        advise(out, "to trade, make a key that may trade contracts (orders and positions)");
    } else if (!may(permissions, "ContractTrade", "Order")) {
        set(out, "key", FINDING_WARN, "the key may not trade contracts");
        advise(out, "to trade, make a key with the permission for contract orders");
    } else if (days > 0 && days < DEADLINE_WARN_DAYS) {
        set(out, "key", FINDING_WARN, "the key ends in %" JSON_INTEGER_FORMAT " days", days);
        advise(out, "renew it, or bind it to an address, which makes it last");
    } else if (!is_bound_to_address(result)) {
        set(out, "key", FINDING_WARN, "the key works from everywhere");
        advise(out, "bind it to this machine's address at the exchange");
    } else {
        set(out, "key", FINDING_OK, "may trade, may not withdraw, bound to an address");
    }
}

// ---- the account ----

void checkup_account(const json_t *result, struct finding *out)
{
    json_int_t status = json_integer_value(json_object_get(result, "unifiedMarginStatus"));
    bool unified = status >= 3;
    set(out, "account", unified ? FINDING_OK : FINDING_FAIL, "%s, margin mode %.40s",
        unified ? "unified" : "not unified", json_text_at(result, "marginMode"));
    if (!unified) {
        advise(out, "upgrade the account to a unified trading account");
    }
}

void checkup_cancel_on_disconnect(const json_t *account, struct finding *out)
{
    bool armed = strcmp(json_text_at(account, "dcpStatus"), "ON") == 0;
    if (armed) {
        set(out, "disconnect", FINDING_OK,
            "the exchange cancels all orders %" JSON_INTEGER_FORMAT " s after a disconnect",
            json_integer_value(json_object_get(account, "timeWindow")));
        return;
    }
    set(out, "disconnect", FINDING_WARN, "the exchange leaves orders in place after a disconnect");
    advise(out, "its account managers enable cancelling on disconnect for institutions only");
}

// A number that is "", "0" or "0.000" is none.
static bool is_nothing(const char *text)
{
    return text[strspn(text, "0.")] == '\0';
}

void checkup_position(const json_t *result, struct finding *out)
{
    const json_t *list = json_object_get(result, "list");
    size_t i;
    const json_t *row;
    json_array_foreach(list, i, row)
    {
        if (json_integer_value(json_object_get(row, "positionIdx")) != 0) {
            set(out, "position", FINDING_FAIL, "the account is in hedge mode");
            advise(out, "switch the symbol to one-way mode; it needs no orders and no position");
            return;
        }
    }
    row = json_array_get(list, 0);
    if (row == NULL) {
        set(out, "position", FINDING_WARN, "the exchange shows none for the symbol");
        return;
    }
    bool flat = is_nothing(json_text_at(row, "size"));
    set(out, "position", flat ? FINDING_OK : FINDING_WARN, "one-way, leverage %.16s, %s%.8s%s%.32s",
        json_text_at(row, "leverage"), flat ? "flat" : "", flat ? "" : json_text_at(row, "side"),
        flat ? "" : " ", flat ? "" : json_text_at(row, "size"));
    if (!flat) {
        advise(out, "a run counts its limits from zero: close the position first");
    }
}

// "" and what is no amount above 0 are 0.
static double amount_at(const json_t *object, const char *key)
{
    double amount = strtod(json_text_at(object, key), NULL);
    return amount > 0 ? amount : 0;
}

// Of accounts in isolated margin mode the exchange tells the sums of all coins, too, but not the
// margin balance.
static double balance_of(const json_t *wallet)
{
    const json_t *row = json_array_get(json_object_get(wallet, "list"), 0);
    double balance = amount_at(row, "totalMarginBalance");
    return balance > 0 ? balance : amount_at(row, "totalEquity");
}

void checkup_margin(const json_t *position, const json_t *wallet, int64_t position_limit_e9,
                    struct finding *out)
{
    const json_t *row = json_array_get(json_object_get(position, "list"), 0);
    double leverage = amount_at(row, "leverage"), balance = balance_of(wallet);
    double limit = (double)position_limit_e9 / 1e9;
    if (leverage == 0) {
        set(out, "margin", FINDING_WARN, "the exchange does not say the leverage of the symbol");
        advise(out, "set it at the exchange; without it the margin of a run cannot be judged");
        return;
    }
    double needed = limit / leverage;
    bool carries = balance >= needed, calm = limit <= EXPOSURE_WARN * balance;
    set(out, "margin",
        !carries ? FINDING_FAIL
        : calm   ? FINDING_OK
                 : FINDING_WARN,
        "the position limit of %.2f needs %.2f at leverage %.4g, of a balance of %.2f", limit,
        needed, leverage, balance);
    if (!carries) {
        advise(out, "lower risk.position_limit in the market preset, move money into the account, "
                    "or raise the leverage: the exchange would refuse orders before the limit");
    } else if (!calm) {
        (void)snprintf(out->advice, sizeof out->advice,
                       "lower risk.position_limit: with the whole of it held, a move of %.2f %% "
                       "against it takes the balance",
                       100 * balance / limit);
    }
}

void checkup_fees(const json_t *result, struct finding *out)
{
    const json_t *row = json_array_get(json_object_get(result, "list"), 0);
    if (row == NULL) {
        set(out, "fees", FINDING_WARN, "the exchange does not say");
        return;
    }
    set(out, "fees", FINDING_OK, "maker %.16s, taker %.16s", json_text_at(row, "makerFeeRate"),
        json_text_at(row, "takerFeeRate"));
}

// ---- this machine ----

void checkup_feed(const struct checkup_feed *feed, struct finding *out)
{
    if (feed->messages == 0) {
        set(out, "feed", FINDING_FAIL, "a snapshot came and no message after it");
        advise(out, "ask whether the market is halted; --silence says how long is too long");
        return;
    }
    bool late = feed->lag_p95_ns > LAG_WARN_MS * MS;
    set(out, "feed", late ? FINDING_WARN : FINDING_OK,
        "%" PRIu64 " messages, later than the exchange's stamp by %.1f ms (median), %.1f ms (p95)",
        feed->messages, (double)feed->lag_p50_ns / 1e6, (double)feed->lag_p95_ns / 1e6);
    if (late) {
        advise(out, "run nearer to the exchange (Singapore), or set the clock");
    }
}

void checkup_disk(uint64_t free_bytes, struct finding *out)
{
    enum finding_level level = free_bytes < disk_fail_bytes   ? FINDING_FAIL
                               : free_bytes < disk_warn_bytes ? FINDING_WARN
                                                              : FINDING_OK;
    set(out, "disk", level, "%.1f GiB free", (double)free_bytes / (double)(UINT64_C(1) << 30));
    if (level != FINDING_OK) {
        advise(out, "make room: a recording takes some 100 MB a day, artifacts up to 900 MB");
    }
}
