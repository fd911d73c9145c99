#include "bourse/dcp.h"

#include "bourse/push.h"
#include "bourse/settle.h"

void dcp_set_window(struct bourse *bourse, struct account *account, int32_t window_s)
{
    (void)bourse;
    account->dcp_window_s = window_s;
}

void dcp_heard(struct bourse *bourse, struct account *account)
{
    account->dcp_subscribed = true;
    account->dcp_heard_ns = bourse->now_ns;
}

static bool asked_for_it(const struct connection *connection)
{
    for (uint32_t i = 0; i < connection->subscription_count; i++) {
        if (connection->subscriptions[i].topic == TOPIC_DCP) {
            return true;
        }
    }
    return false;
}

// When the last of the account's connections that asked for it died: one that is open lives until
// it has been silent for too long.
static int64_t died_ns(const struct bourse *bourse, const struct account *account)
{
    int64_t silent_ns = bourse_switch(bourse, SWITCH_SILENT_S) * SECOND_NS;
    int64_t latest_ns = account->dcp_heard_ns;
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        const struct connection *connection = connection_of(bourse, number);
        if (connection->endpoint == ENDPOINT_PRIVATE &&
            connection->account == (int32_t)account->number && asked_for_it(connection) &&
            connection->heard_ns + silent_ns > latest_ns) {
            latest_ns = connection->heard_ns + silent_ns;
        }
    }
    return latest_ns;
}

static bool is_armed(const struct account *account)
{
    return account->dcp_allowed && account->dcp_subscribed && account->open_first != 0;
}

int64_t dcp_next_ns(const struct bourse *bourse)
{
    int64_t next_ns = INT64_MAX;
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        const struct account *account = &bourse->accounts[i];
        if (is_armed(account)) {
            int64_t due_ns = died_ns(bourse, account) + account->dcp_window_s * SECOND_NS;
            next_ns = due_ns < next_ns ? due_ns : next_ns;
        }
    }
    return next_ns;
}

void dcp_run(struct bourse *bourse)
{
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        struct account *account = &bourse->accounts[i];
        if (!is_armed(account) ||
            died_ns(bourse, account) + account->dcp_window_s * SECOND_NS > bourse->now_ns) {
            continue;
        }
        while (account->open_first != 0) {
            settle_cancel(bourse, account->open_first, CANCEL_BY_DCP);
        }
        account->dcp_subscribed = false; // until a connection asks for it again
        bourse->counters.dcp_fired++;
        settle_round(bourse);
    }
}
