// The exchange's state, shared by the parts of bourse.h: one owner, one thread.
//
//   listing   a market: its pit, what it has told, its statistics
//   account   keys, wallet, positions, settings, rate windows
//   order     in a fixed table; its place there is its tag in the pit
//   execution in a ring
//   connection a WebSocket, its subscriptions
//   round     what one event or request changed and the private streams have not been told yet
#ifndef MM_BOURSE_STATE_H
#define MM_BOURSE_STATE_H

#include "base/text.h"
#include "bourse/bars.h"
#include "bourse/bourse.h"
#include "bourse/depth.h"
#include "bourse/pit.h"
#include "bourse/switches.h"
#include "venue/bybit/sign.h"

enum {
    ORDERS_MAX = 1 << 16,     // remembered, open ones included
    EXECUTIONS_MAX = 1 << 16, // remembered
    ORDERS_OPEN_MAX = 500,    // of one account in one symbol, as the exchange's
    COINS_MAX = BOURSE_LISTINGS_MAX,
    SUBSCRIPTIONS_MAX = 256, // of one connection
    COIN_SIZE = 16,
    LINK_SIZE = 37,
    LINK_LENGTH_MAX = 36,
    POSITION_INDEXES = 3 // 0 one-way, 1 the buying and 2 the selling side of hedge mode
};

static const int64_t SECOND_NS = INT64_C(1000000000);
static const int64_t MS_NS = 1000000;
static const int64_t ONE_E9 = INT64_C(1000000000);

enum { DEPTH_COUNT = 4 };

// Fields of a ticker that may change.
enum { TICKER_FIELDS = 22, TICKER_TEXT_SIZE = 40 };

struct ticker {
    char values[TICKER_FIELDS][TICKER_TEXT_SIZE];
    uint32_t subscribers;
};

struct listing {
    struct bourse *bourse;
    uint8_t number;
    struct pit *pit; // owned
    bool recorded;
    struct instrument instrument;
    enum category category;
    char base[COIN_SIZE], quote[COIN_SIZE], settle[COIN_SIZE];
    int64_t order_lots_max;
    uint64_t sequence; // of events at the matching engine
    int64_t changed_ns;
    struct bars bars;
    struct depth depths[DEPTH_COUNT];
    struct ticker ticker;
    uint32_t trade_subscribers, bar_subscribers;
    int64_t bar_told_ns;
};

struct order {
    char id[UUID_SIZE];
    char link[LINK_SIZE];
    char smp_id[UUID_SIZE]; // of the order it would have met
    uint8_t account, listing, position_index;
    enum side side;
    enum order_kind kind;
    int tif;        // enum time_in_force
    int self_match; // enum self_match
    bool reduce_only, close_on_trigger;
    enum bourse_status status;
    enum cancel_type cancel_type;
    enum reject_reason reason;
    int64_t price_ticks, qty_lots, leaves_lots, filled_lots;
    int64_t filled_value_e9, fee_e9, closed_pnl_e9;
    int64_t price_at_creation_ticks;
    int64_t created_ns, updated_ns;
    bool live;  // in the pit or about to be
    bool dirty; // in the round
    // Of the store.
    uint64_t serial; // of its creation, 0 = the entry is free
    uint64_t end_serial;
    uint32_t hash_next[2]; // by id and by link
    uint32_t newer, older; // in its account's list of open or of ended orders, 0 = none
};

struct execution {
    char id[UUID_SIZE];
    char order_id[48]; // funding has its own kind of id
    char link[LINK_SIZE];
    uint8_t account, listing, position_index;
    enum side side;
    enum order_kind kind;
    bool funding, maker;
    int64_t order_price_ticks, order_qty_lots, leaves_lots, closed_lots;
    int64_t price_ticks, qty_lots, value_e9, fee_e9, pnl_e9, rate_e9;
    int64_t mark_ticks, time_ns;
    uint64_t sequence;
};

struct position {
    int64_t lots;           // signed
    int64_t entry_value_e9; // what was paid for them: V of the instrument
    int64_t realised_e9;    // since it was opened, fees included
    int64_t realised_ever_e9;
    int64_t opened_ns, updated_ns;
    uint64_t sequence;
    bool dirty;
};

struct wallet_coin {
    int64_t balance_e9, realised_e9;
};

enum rate_group {
    RATE_CREATE,
    RATE_AMEND,
    RATE_CANCEL,
    RATE_CANCEL_ALL,
    RATE_CREATE_BATCH,
    RATE_AMEND_BATCH,
    RATE_CANCEL_BATCH,
    RATE_REALTIME,
    RATE_HISTORY,
    RATE_EXECUTIONS,
    RATE_POSITION,
    RATE_WALLET,
    RATE_INFO,
    RATE_FEE,
    RATE_DCP,
    RATE_SETTINGS,
    RATE_GROUP_COUNT
};

enum { RATE_MOST = 64 };

struct rate_window {
    int64_t taken_ns[RATE_MOST]; // ring of the newest
    uint32_t next;
};

struct account {
    uint32_t number;
    int64_t uid;
    char key[TOKEN_SIZE], secret[TOKEN_SIZE];
    struct bybit_signer signer; // owned
    bool read_only, may_withdraw, hedge_mode;
    int64_t maker_rate_e9, taker_rate_e9;
    const char *margin_mode; // static
    struct wallet_coin coins[COINS_MAX];
    struct position positions[BOURSE_LISTINGS_MAX][POSITION_INDEXES];
    int32_t leverage_e2[BOURSE_LISTINGS_MAX];
    uint32_t open_first, ended_first, ended_last; // orders: newest open, newest and oldest ended
    uint32_t open_count[BOURSE_LISTINGS_MAX], reduce_only_count;
    bool wallet_dirty, dirty;
    struct rate_window rates[RATE_GROUP_COUNT];
    // Disconnect-cancel-all.
    bool dcp_allowed, dcp_subscribed;
    int32_t dcp_window_s;
    int64_t dcp_heard_ns; // from any connection that subscribed to it
};

enum endpoint { ENDPOINT_FREE, ENDPOINT_PUBLIC, ENDPOINT_PRIVATE, ENDPOINT_TRADE, ENDPOINT_STATUS };

enum topic {
    TOPIC_DEPTH, // argument: number of the depth
    TOPIC_TRADE,
    TOPIC_TICKER,
    TOPIC_BAR, // argument: number of the interval
    TOPIC_ORDER,
    TOPIC_EXECUTION,
    TOPIC_EXECUTION_FAST,
    TOPIC_POSITION,
    TOPIC_WALLET,
    TOPIC_DCP,
    TOPIC_STATUS
};

enum { TOPIC_NAME_SIZE = 64, TOPIC_ALL = 255 };

struct subscription {
    enum topic topic;
    uint8_t listing;  // public topics
    uint8_t argument; // depth or interval; of private topics the category, or TOPIC_ALL
    char name[TOPIC_NAME_SIZE];
};

enum { REQUEST_IDS_KEPT = 128 };

struct connection {
    enum endpoint endpoint; // ENDPOINT_FREE: unused
    enum category category; // public
    int32_t account;        // -1 until authenticated
    char name[TOKEN_SIZE];  // conn_id
    int64_t opened_ns, heard_ns, told_ns;
    int64_t idle_ns; // closed after this long without traffic
    bool closing;
    struct subscription *subscriptions; // owned
    uint32_t subscription_count;
    uint64_t request_ids[REQUEST_IDS_KEPT]; // hashes of the newest
    uint32_t request_id_next;
};

// What is on its way: an answer, a frame or a close that is held back.
struct parcel {
    struct parcel *next;
    int64_t due_ns;
    uint32_t connection; // 0: an answer to `handle`
    uint64_t generation; // of the connection
    void *handle;
    int status;
    struct text headers; // lines "name: value\n"
    struct text body;
};

struct faults {
    uint32_t drop_delta, lose_ack, rate_limited, processing, duplicate_execution, cross_book;
    uint32_t no_margin;
    char drop_topic[TOPIC_NAME_SIZE]; // "" = any
    int64_t banned_until_ns, maintenance_until_ns, silent_until_ns, delay_until_ns;
    int64_t delay_ns, skew_ns;
};

struct bourse_counters {
    uint64_t requests, frames_in, frames_out, orders, executions, rate_limited, banned, dcp_fired;
    uint64_t deltas_dropped, acks_lost, executions_duplicated, connections_opened;
};

struct round {
    uint32_t *executions; // owned; places in the ring
    uint32_t execution_count;
    uint32_t *orders; // owned; tags
    uint32_t order_count;
};

struct bourse {
    struct bourse_sink sink;
    int64_t start_ns, now_ns; // the caller's clock; bourse_clock() is the exchange's own
    uint64_t seed;
    struct random_stream ids, coin_tosses;
    struct switches switches;
    struct faults faults;
    struct bourse_counters counters;

    struct listing listings[BOURSE_LISTINGS_MAX];
    uint32_t listing_count;
    char coins[COINS_MAX][COIN_SIZE]; // settlement coins
    uint32_t coin_count;

    struct account *accounts; // owned, BOURSE_ACCOUNTS_MAX
    uint32_t account_count;

    struct order *orders; // owned pages; place 0 is never used
    uint32_t *buckets[2]; // owned pages; by id, by link
    uint32_t order_used;  // places given out so far
    uint32_t free_first;  // a list through `newer`
    uint64_t order_serial, end_serial;
    uint64_t realtime_since; // orders that ended before are in the history only

    struct execution *executions; // owned pages
    uint64_t execution_count;     // ever

    struct connection *connections; // owned; number n is at n - 1
    uint64_t *generations;          // owned; of each place
    uint32_t connection_top;        // places used so far

    struct round round;
    struct parcel *parcels; // by due time
    int64_t grid_ns;        // next look at the topics that are told at intervals
    int64_t grid_at_ns;     // the present one
    int64_t ip_window_ns[600];
    uint32_t ip_next;
    int64_t funding_ns; // next payment
    struct text scratch, message;
};

// The exchange's own time: the caller's, moved by the fault.
static inline int64_t bourse_clock(const struct bourse *bourse)
{
    return bourse->now_ns + bourse->faults.skew_ns;
}

static inline int64_t bourse_clock_ms(const struct bourse *bourse)
{
    return bourse_clock(bourse) / MS_NS;
}

static inline int32_t bourse_switch(const struct bourse *bourse, enum switch_id id)
{
    return bourse->switches.values[id];
}

#endif
