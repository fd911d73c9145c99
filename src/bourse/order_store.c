#include "bourse/order_store.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>
#include <xxhash.h>

enum { BUCKETS = 2 * ORDERS_MAX };

void order_store_init(struct bourse *bourse)
{
    bourse->orders = mm_alloc_pages(ORDERS_MAX * sizeof(struct order));
    for (int key = 0; key < 2; key++) {
        bourse->buckets[key] = mm_alloc_pages(BUCKETS * sizeof(uint32_t));
    }
    bourse->order_used = 1;
}

void order_store_fini(struct bourse *bourse)
{
    mm_free_pages(bourse->orders, ORDERS_MAX * sizeof(struct order));
    for (int key = 0; key < 2; key++) {
        mm_free_pages(bourse->buckets[key], BUCKETS * sizeof(uint32_t));
    }
}

static const char *key_text(const struct order *order, enum order_key key)
{
    return key == ORDER_BY_ID ? order->id : order->link;
}

static uint32_t *bucket(const struct bourse *bourse, uint32_t account, enum order_key key,
                        const char *text)
{
    return &bourse->buckets[key][XXH3_64bits_withSeed(text, strlen(text), account) % BUCKETS];
}

static void index_add(struct bourse *bourse, uint32_t tag, enum order_key key)
{
    struct order *order = &bourse->orders[tag];
    uint32_t *first = bucket(bourse, order->account, key, key_text(order, key));
    order->hash_next[key] = *first;
    *first = tag;
}

static void index_remove(struct bourse *bourse, uint32_t tag, enum order_key key)
{
    struct order *order = &bourse->orders[tag];
    uint32_t *at = bucket(bourse, order->account, key, key_text(order, key));
    while (*at != tag) {
        MM_ASSERT(*at != 0);
        at = &bourse->orders[*at].hash_next[key];
    }
    *at = order->hash_next[key];
}

uint32_t order_store_find(const struct bourse *bourse, uint32_t account, enum order_key key,
                          const char *text)
{
    uint32_t tag = *bucket(bourse, account, key, text);
    while (tag != 0 && (bourse->orders[tag].account != account ||
                        strcmp(key_text(&bourse->orders[tag], key), text) != 0)) {
        tag = bourse->orders[tag].hash_next[key];
    }
    return tag;
}

// Unlinks an order from the list whose newest member is *first.
static void unlink_order(struct bourse *bourse, uint32_t tag, uint32_t *first, uint32_t *last)
{
    struct order *order = &bourse->orders[tag];
    if (order->newer != 0) {
        bourse->orders[order->newer].older = order->older;
    } else {
        *first = order->older;
    }
    if (order->older != 0) {
        bourse->orders[order->older].newer = order->newer;
    } else if (last != NULL) {
        *last = order->newer;
    }
    order->newer = order->older = 0;
}

static void link_order(struct bourse *bourse, uint32_t tag, uint32_t *first)
{
    struct order *order = &bourse->orders[tag];
    order->older = *first;
    if (*first != 0) {
        bourse->orders[*first].newer = tag;
    }
    *first = tag;
}

static void free_entry(struct bourse *bourse, uint32_t tag)
{
    index_remove(bourse, tag, ORDER_BY_ID);
    if (bourse->orders[tag].link[0] != '\0') {
        index_remove(bourse, tag, ORDER_BY_LINK);
    }
    bourse->orders[tag] = (struct order){.newer = bourse->free_first};
    bourse->free_first = tag;
}

// Forgets the order that ended longest ago.
static bool forget_one(struct bourse *bourse)
{
    struct account *owner = NULL;
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        struct account *account = &bourse->accounts[i];
        if (account->ended_last != 0 &&
            (owner == NULL || bourse->orders[account->ended_last].end_serial <
                                  bourse->orders[owner->ended_last].end_serial)) {
            owner = account;
        }
    }
    if (owner == NULL) {
        return false;
    }
    uint32_t tag = owner->ended_last;
    unlink_order(bourse, tag, &owner->ended_first, &owner->ended_last);
    free_entry(bourse, tag);
    return true;
}

uint32_t order_store_add(struct bourse *bourse, const struct order *order)
{
    if (bourse->free_first == 0 && bourse->order_used == ORDERS_MAX && !forget_one(bourse)) {
        return 0;
    }
    uint32_t tag = bourse->free_first;
    if (tag != 0) {
        bourse->free_first = bourse->orders[tag].newer;
    } else {
        tag = bourse->order_used++;
    }
    struct account *account = &bourse->accounts[order->account];
    struct order *added = &bourse->orders[tag];
    *added = *order;
    added->serial = ++bourse->order_serial;
    added->newer = added->older = 0;
    index_add(bourse, tag, ORDER_BY_ID);
    if (added->link[0] != '\0') {
        index_add(bourse, tag, ORDER_BY_LINK);
    }
    link_order(bourse, tag, &account->open_first);
    account->open_count[added->listing]++;
    account->reduce_only_count += added->reduce_only;
    return tag;
}

static void leave_open(struct bourse *bourse, uint32_t tag)
{
    const struct order *order = &bourse->orders[tag];
    struct account *account = &bourse->accounts[order->account];
    unlink_order(bourse, tag, &account->open_first, NULL);
    account->open_count[order->listing]--;
    account->reduce_only_count -= order->reduce_only;
}

void order_store_take_back(struct bourse *bourse, uint32_t tag)
{
    leave_open(bourse, tag);
    free_entry(bourse, tag);
}

void order_store_end(struct bourse *bourse, uint32_t tag)
{
    struct account *account = &bourse->accounts[bourse->orders[tag].account];
    leave_open(bourse, tag);
    bourse->orders[tag].end_serial = ++bourse->end_serial;
    link_order(bourse, tag, &account->ended_first);
    if (account->ended_last == 0) {
        account->ended_last = tag;
    }
}
