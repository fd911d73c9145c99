#include "bourse/bourse.h"

#include "base/check.h"
#include "base/integers.h"
#include "base/memory.h"
#include "bourse/dcp.h"
#include "bourse/listing.h"
#include "bourse/order_store.h"
#include "bourse/push.h"
#include "bourse/settle.h"
#include "bourse/state.h"
#include "bourse/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t GRID_NS = 10000000; // the shortest interval of a topic
static const int64_t FUNDING_NS = 8 * 3600 * INT64_C(1000000000);
enum { LEVERAGE_E2_DEFAULT = 1000, KEY_LENGTH = 18, SECRET_LENGTH = 36 };
static const int64_t UID_FIRST = 10000001;

struct bourse *bourse_create(const struct bourse_setup *setup)
{
    struct bourse *bourse = mm_alloc(1, sizeof *bourse);
    bourse->sink = setup->sink;
    bourse->seed = setup->seed;
    bourse->start_ns = bourse->now_ns = setup->now_ns;
    bourse->grid_ns = setup->now_ns - setup->now_ns % GRID_NS + GRID_NS;
    bourse->funding_ns = setup->now_ns - setup->now_ns % FUNDING_NS + FUNDING_NS;
    bourse->accounts = mm_alloc(BOURSE_ACCOUNTS_MAX, sizeof(struct account));
    bourse->connections = mm_alloc(BOURSE_CONNECTIONS_MAX, sizeof(struct connection));
    bourse->generations = mm_alloc(BOURSE_CONNECTIONS_MAX, sizeof(uint64_t));
    random_init(&bourse->ids, setup->seed, RANDOM_VENUE_IDS, 0);
    random_init(&bourse->coin_tosses, setup->seed, RANDOM_VENUE_IDS, 1);
    switches_init(&bourse->switches);
    order_store_init(bourse);
    settle_init(bourse);
    return bourse;
}

void bourse_destroy(struct bourse *bourse)
{
    if (bourse == NULL) {
        return;
    }
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        listing_fini(&bourse->listings[i]);
    }
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        bybit_signer_fini(&bourse->accounts[i].signer);
    }
    for (uint32_t i = 0; i < bourse->connection_top; i++) {
        free(bourse->connections[i].subscriptions);
    }
    push_fini(bourse);
    order_store_fini(bourse);
    settle_fini(bourse);
    text_fini(&bourse->scratch);
    text_fini(&bourse->message);
    free(bourse->accounts);
    free(bourse->connections);
    free(bourse->generations);
    free(bourse);
}

// ---- markets ----

static int check_listing(const struct bourse *bourse, const char *symbol)
{
    MM_ASSERT(bourse->account_count == 0); // accounts have the settlement coins of all markets
    if (bourse->listing_count == BOURSE_LISTINGS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "%s: the venue lists at most %d markets", symbol,
                       BOURSE_LISTINGS_MAX);
    }
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        if (strcmp(bourse->listings[i].instrument.symbol, symbol) == 0) {
            return mm_fail(MM_ERROR_USAGE, "%s is listed already", symbol);
        }
    }
    return MM_OK;
}

static void add_coin(struct bourse *bourse, const char *coin)
{
    for (uint32_t i = 0; i < bourse->coin_count; i++) {
        if (strcmp(bourse->coins[i], coin) == 0) {
            return;
        }
    }
    snprintf(bourse->coins[bourse->coin_count++], COIN_SIZE, "%s", coin);
}

static struct pit_setup setup_of(struct bourse *bourse, struct listing *listing)
{
    listing->bourse = bourse;
    return (struct pit_setup){.listener = {.context = listing,
                                           .executed = settle_executed,
                                           .self_matched = settle_self_matched,
                                           .market = listing_market},
                              .capacity = ORDERS_MAX,
                              .now_ns = bourse->now_ns};
}

static void finish_listing(struct bourse *bourse, struct listing *listing, struct pit *pit,
                           bool recorded)
{
    static const uint32_t sizes[DEPTH_COUNT] = {1, 50, 200, 1000};
    static const int64_t intervals_ms[DEPTH_COUNT] = {10, 20, 100, 200};
    listing->pit = pit;
    listing->recorded = recorded;
    listing->changed_ns = bourse->now_ns;
    bars_init(&listing->bars);
    for (int i = 0; i < DEPTH_COUNT; i++) {
        depth_init(&listing->depths[i], sizes[i], intervals_ms[i] * MS_NS);
    }
    listing_init(listing, bourse, (uint8_t)bourse->listing_count, &pit->instrument);
    add_coin(bourse, listing->settle);
    bourse->listing_count++;
}

int bourse_list_simulated(struct bourse *bourse, const struct sim_model *preset,
                          enum sim_regime regime)
{
    struct pit *pit;
    int code = check_listing(bourse, preset->symbol);
    if (code != MM_OK) {
        return code;
    }
    struct listing *listing = &bourse->listings[bourse->listing_count];
    struct pit_setup setup = setup_of(bourse, listing);
    struct pit_sim_setup sim = {.preset = preset, .regime = regime, .seed = bourse->seed};
    code = pit_sim_create(&setup, &sim, &pit);
    if (code == MM_OK) {
        finish_listing(bourse, listing, pit, false);
    }
    return code;
}

int bourse_list_tape(struct bourse *bourse, const struct tape *tape,
                     const struct queue_model *queue_model)
{
    struct pit *pit;
    int code = check_listing(bourse, tape->instrument.symbol);
    if (code != MM_OK) {
        return code;
    }
    struct listing *listing = &bourse->listings[bourse->listing_count];
    struct pit_setup setup = setup_of(bourse, listing);
    code = pit_tape_create(&setup, tape, queue_model, &pit);
    if (code == MM_OK) {
        finish_listing(bourse, listing, pit, true);
    }
    return code;
}

// ---- accounts ----

static void copy_or_draw(struct random_stream *stream, const char *given, size_t length, char *out)
{
    if (given != NULL && given[0] != '\0') {
        snprintf(out, TOKEN_SIZE, "%s", given);
    } else {
        name_token(stream, length, out);
    }
}

int bourse_add_account(struct bourse *bourse, const struct bourse_account_spec *spec,
                       uint32_t *out_number)
{
    uint32_t number = bourse->account_count;
    if (number == BOURSE_ACCOUNTS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "the venue has at most %d accounts", BOURSE_ACCOUNTS_MAX);
    }
    struct account *account = &bourse->accounts[number];
    struct random_stream stream;
    random_init(&stream, bourse->seed, RANDOM_VENUE_IDS, 2 + number);
    *account = (struct account){.number = number,
                                .uid = UID_FIRST + number,
                                .read_only = spec->read_only,
                                .may_withdraw = spec->may_withdraw,
                                .hedge_mode = spec->hedge_mode,
                                .maker_rate_e9 = spec->maker_rate_e9,
                                .taker_rate_e9 = spec->taker_rate_e9,
                                .margin_mode = "REGULAR_MARGIN",
                                .dcp_allowed = spec->dcp,
                                .dcp_window_s = DCP_WINDOW_DEFAULT_S};
    copy_or_draw(&stream, spec->key, KEY_LENGTH, account->key);
    copy_or_draw(&stream, spec->secret, SECRET_LENGTH, account->secret);
    for (uint32_t i = 0; i < number; i++) {
        if (strcmp(bourse->accounts[i].key, account->key) == 0) {
            return mm_fail(MM_ERROR_USAGE, "two accounts have the key '%s'", account->key);
        }
    }
    for (uint32_t i = 0; i < bourse->coin_count; i++) {
        account->coins[i].balance_e9 = spec->balance_e9;
    }
    for (uint32_t i = 0; i < BOURSE_LISTINGS_MAX; i++) {
        account->leverage_e2[i] = LEVERAGE_E2_DEFAULT;
    }
    int code = bybit_signer_init(&account->signer, account->secret, strlen(account->secret));
    bourse->account_count += code == MM_OK;
    *out_number = number;
    return code;
}

uint32_t bourse_account_count(const struct bourse *bourse)
{
    return bourse->account_count;
}

const char *bourse_account_key(const struct bourse *bourse, uint32_t number)
{
    return bourse->accounts[number].key;
}

const char *bourse_account_secret(const struct bourse *bourse, uint32_t number)
{
    return bourse->accounts[number].secret;
}

int bourse_set_switch(struct bourse *bourse, const char *name, const char *value)
{
    return switches_set(&bourse->switches, name, value);
}

// ---- time ----

static struct listing *next_listing(const struct bourse *bourse, int64_t *out_ns)
{
    const struct listing *next = NULL;
    *out_ns = INT64_MAX;
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        int64_t ns = pit_next_ns(bourse->listings[i].pit);
        if (ns < *out_ns) {
            *out_ns = ns;
            next = &bourse->listings[i];
        }
    }
    return (struct listing *)next;
}

int64_t bourse_next_ns(const struct bourse *bourse)
{
    int64_t next_ns;
    (void)next_listing(bourse, &next_ns);
    next_ns = int64_smaller(next_ns, bourse->grid_ns);
    next_ns = int64_smaller(next_ns, bourse->funding_ns);
    next_ns = int64_smaller(next_ns, push_next_ns(bourse));
    next_ns = int64_smaller(next_ns, dcp_next_ns(bourse));
    next_ns = int64_smaller(next_ns, stream_next_ns(bourse));
    return next_ns > bourse->now_ns ? next_ns : bourse->now_ns;
}

bool bourse_is_over(const struct bourse *bourse)
{
    int64_t next_ns;
    return next_listing(bourse, &next_ns) == NULL;
}

static void run_grid(struct bourse *bourse)
{
    bourse->grid_at_ns = bourse->grid_ns;
    bourse->grid_ns += GRID_NS;
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        listing_tell(&bourse->listings[i]);
    }
    dcp_run(bourse);
    stream_run(bourse);
}

void bourse_run(struct bourse *bourse, int64_t now_ns)
{
    MM_ASSERT(now_ns >= bourse->now_ns);
    for (;;) {
        int64_t market_ns;
        struct listing *listing = next_listing(bourse, &market_ns);
        int64_t due_ns = int64_smaller(market_ns, bourse->grid_ns);
        due_ns = int64_smaller(due_ns, int64_smaller(bourse->funding_ns, push_next_ns(bourse)));
        if (due_ns > now_ns) {
            break;
        }
        bourse->now_ns = due_ns > bourse->now_ns ? due_ns : bourse->now_ns;
        push_run(bourse);
        if (due_ns == market_ns) {
            pit_step(listing->pit);
            settle_round(bourse);
        } else if (due_ns == bourse->grid_ns) {
            run_grid(bourse);
        } else if (due_ns == bourse->funding_ns) {
            bourse->funding_ns += FUNDING_NS;
            settle_funding(bourse);
        }
    }
    bourse->now_ns = now_ns;
}
