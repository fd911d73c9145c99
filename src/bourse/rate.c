#include "bourse/rate.h"

// Requests per second of the exchange's default account; VIP levels raise those for orders.
static const uint8_t limits[RATE_GROUP_COUNT] = {
    [RATE_CREATE] = 10,       [RATE_AMEND] = 10,        [RATE_CANCEL] = 10,
    [RATE_CANCEL_ALL] = 10,   [RATE_CREATE_BATCH] = 10, [RATE_AMEND_BATCH] = 10,
    [RATE_CANCEL_BATCH] = 10, [RATE_REALTIME] = 50,     [RATE_HISTORY] = 50,
    [RATE_EXECUTIONS] = 50,   [RATE_POSITION] = 50,     [RATE_WALLET] = 50,
    [RATE_INFO] = 50,         [RATE_FEE] = 5,           [RATE_DCP] = 5,
    [RATE_SETTINGS] = 10};
static const uint8_t order_limits[] = {
    [LIMITS_DEFAULT] = 10, [LIMITS_VIP1] = 20, [LIMITS_VIP2] = 40, [LIMITS_VIP3] = 60};

enum { ADDRESS_REQUESTS = 600 };
static const int64_t ADDRESS_WINDOW_NS = INT64_C(5000000000);

static uint32_t limit_of(const struct bourse *bourse, enum rate_group group)
{
    return group <= RATE_CANCEL_BATCH ? order_limits[bourse_switch(bourse, SWITCH_RATE_LIMITS)]
                                      : limits[group];
}

// Requests of the last second; *out_oldest is when the oldest of the newest `limit` came.
static uint32_t count_recent(const struct rate_window *window, uint32_t limit, int64_t now_ns,
                             int64_t *out_oldest_ns)
{
    uint32_t count = 0;
    *out_oldest_ns = now_ns;
    for (uint32_t back = 1; back <= limit; back++) {
        int64_t taken_ns = window->taken_ns[(window->next - back) % RATE_MOST];
        if (taken_ns == 0 || taken_ns <= now_ns - SECOND_NS) {
            break;
        }
        *out_oldest_ns = taken_ns;
        count++;
    }
    return count;
}

bool rate_take(struct bourse *bourse, struct account *account, enum rate_group group,
               struct rate_state *out)
{
    struct rate_window *window = &account->rates[group];
    int64_t oldest_ns, skew_ns = bourse->faults.skew_ns;
    bool refused = bourse->faults.rate_limited > 0;
    if (bourse_switch(bourse, SWITCH_RATE_LIMITS) == LIMITS_OFF) {
        *out = (struct rate_state){RATE_MOST, RATE_MOST, bourse_clock_ms(bourse)};
    } else {
        uint32_t limit = limit_of(bourse, group);
        uint32_t count = count_recent(window, limit, bourse->now_ns, &oldest_ns);
        out->limit = limit;
        out->left = limit > count ? limit - count : 0;
        out->reset_ms = bourse_clock_ms(bourse);
        if (out->left == 0) {
            out->reset_ms = (oldest_ns + SECOND_NS + skew_ns) / MS_NS + 1;
            refused = true;
        }
    }
    if (bourse->faults.rate_limited > 0) {
        bourse->faults.rate_limited--;
        out->left = 0;
        out->reset_ms = bourse_clock_ms(bourse) + 1000;
    }
    if (refused) {
        bourse->counters.rate_limited++;
        return false;
    }
    out->left--;
    window->taken_ns[window->next++ % RATE_MOST] = bourse->now_ns;
    return true;
}

bool rate_take_address(struct bourse *bourse)
{
    if (bourse->now_ns < bourse->faults.banned_until_ns) {
        bourse->counters.banned++;
        return false;
    }
    int64_t *oldest_ns = &bourse->ip_window_ns[bourse->ip_next % ADDRESS_REQUESTS];
    bool full = *oldest_ns != 0 && bourse->now_ns - *oldest_ns < ADDRESS_WINDOW_NS;
    if (full && bourse_switch(bourse, SWITCH_IP_LIMIT) == ON) {
        bourse->faults.banned_until_ns =
            bourse->now_ns + bourse_switch(bourse, SWITCH_IP_BAN_S) * SECOND_NS;
        bourse->counters.banned++;
        return false;
    }
    *oldest_ns = bourse->now_ns;
    bourse->ip_next++;
    return true;
}
