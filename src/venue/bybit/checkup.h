// Whether everything is there that a run needs: the questions of `mmbot doctor`, one after another,
// each with a finding and what to do about it.
//
// checkup_run asks the exchange and waits for it; the judges below are pure. One thread.
#ifndef MM_VENUE_BYBIT_CHECKUP_H
#define MM_VENUE_BYBIT_CHECKUP_H

#include "base/error.h"
#include "venue/bybit/keys.h"
#include "venue/bybit/market.h"

#include <jansson.h>
#include <signal.h>
#include <stdint.h>

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL, FINDING_SKIPPED };

enum { FINDING_TEXT_SIZE = 320 };

struct finding {
    const char *name; // "clock", "key", ...; static
    enum finding_level level;
    char text[FINDING_TEXT_SIZE];
    char advice[FINDING_TEXT_SIZE]; // "" = nothing to do
};

struct checkup_config {
    const struct bybit_market *market;
    const struct bybit_keys *keys; // may be none
    const char *disk_path;         // where files will be written; exists
    int64_t listen_ns;             // to the feed
    int64_t position_limit_e9;     // of a run, in the quote coin; 0: the margin is not judged
    const volatile sig_atomic_t *stop;
    void *context;
    void (*take)(void *context, const struct finding *finding);
};

// MM_ERROR_STOPPED, or MM_ERROR_SYSTEM when this machine cannot ask at all; what is wrong with the
// exchange, the keys or the network is a finding.
int checkup_run(const struct checkup_config *config) MM_CHECKED;

const char *finding_level_text(enum finding_level level);

// ---- the judges ----

// The exchange's clock less ours, and the round trip that was measured with.
void checkup_clock(int64_t ahead_ns, int64_t round_trip_ns, struct finding *out);

// The results of /v5/user/query-api, /v5/account/info, /v5/position/list and /v5/account/fee-rate.
void checkup_key(const json_t *result, struct finding *out);
bool checkup_key_may_trade(const json_t *result); // else it may only read
void checkup_account(const json_t *result, struct finding *out);
void checkup_cancel_on_disconnect(const json_t *account, struct finding *out);
void checkup_position(const json_t *result, struct finding *out);
void checkup_fees(const json_t *result, struct finding *out);

// Whether the account carries a position of `position_limit_e9` (> 0, in the quote coin, counted as
// dollars): its margin is the limit over the leverage in the result of /v5/position/list, and comes
// out of the balance in that of /v5/account/wallet-balance. A failure when the balance is less; a
// warning when the limit is more than ten times the balance, so that a move of a tenth takes it
// all, and when the exchange does not say.
void checkup_margin(const json_t *position, const json_t *wallet, int64_t position_limit_e9,
                    struct finding *out);

// How late messages of the book were, median and 95th percentile, and how many came.
struct checkup_feed {
    uint64_t messages;
    int64_t lag_p50_ns, lag_p95_ns;
};
void checkup_feed(const struct checkup_feed *feed, struct finding *out);

void checkup_disk(uint64_t free_bytes, struct finding *out);

#endif
