#include "bourse/settle.h"

#include "base/check.h"
#include "base/memory.h"
#include "bourse/money.h"
#include "bourse/order_store.h"
#include "bourse/private_json.h"
#include "bourse/push.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A round has no more executions than a pit has orders, nor orders than are remembered.
enum { ROUND_MAX = 2 * ORDERS_MAX };

void settle_init(struct bourse *bourse)
{
    bourse->executions = mm_alloc_pages(EXECUTIONS_MAX * sizeof(struct execution));
    bourse->round.executions = mm_alloc_pages(ROUND_MAX * sizeof(uint32_t));
    bourse->round.orders = mm_alloc_pages(ORDERS_MAX * sizeof(uint32_t));
}

void settle_fini(struct bourse *bourse)
{
    mm_free_pages(bourse->executions, EXECUTIONS_MAX * sizeof(struct execution));
    mm_free_pages(bourse->round.executions, ROUND_MAX * sizeof(uint32_t));
    mm_free_pages(bourse->round.orders, ORDERS_MAX * sizeof(uint32_t));
}

const struct execution *settle_execution(const struct bourse *bourse, uint64_t back)
{
    if (back >= bourse->execution_count || back >= EXECUTIONS_MAX) {
        return NULL;
    }
    return &bourse->executions[(bourse->execution_count - 1 - back) % EXECUTIONS_MAX];
}

static struct execution *add_execution(struct bourse *bourse, const struct listing *listing,
                                       uint32_t account)
{
    uint32_t place = (uint32_t)(bourse->execution_count++ % EXECUTIONS_MAX);
    struct execution *execution = &bourse->executions[place];
    MM_ASSERT(bourse->round.execution_count < ROUND_MAX);
    bourse->round.executions[bourse->round.execution_count++] = place;
    bourse->counters.executions++;
    *execution = (struct execution){.account = (uint8_t)account,
                                    .listing = listing->number,
                                    .mark_ticks = listing_mark_ticks(listing),
                                    .time_ns = bourse_clock(bourse),
                                    .sequence = listing->sequence + 1};
    name_uuid(&bourse->ids, execution->id);
    return execution;
}

void settle_note_order(struct bourse *bourse, uint32_t tag)
{
    struct order *order = &bourse->orders[tag];
    order->updated_ns = bourse_clock(bourse);
    struct account *account = &bourse->accounts[order->account];
    account->dirty = account->wallet_dirty = true; // margin changes with every order
    account->positions[order->listing][order->position_index].dirty = true;
    if (!order->dirty) {
        order->dirty = true;
        bourse->round.orders[bourse->round.order_count++] = tag;
    }
}

void settle_end_order(struct bourse *bourse, uint32_t tag, enum bourse_status status,
                      enum cancel_type type, enum reject_reason reason)
{
    struct order *order = &bourse->orders[tag];
    MM_ASSERT(order->live);
    order->live = false;
    order->status = status;
    order->cancel_type = type;
    order->reason = reason;
    order_store_end(bourse, tag);
    settle_note_order(bourse, tag);
}

void settle_executed(void *context, const struct pit_execution *told)
{
    struct listing *listing = context;
    struct bourse *bourse = listing->bourse;
    struct order *order = &bourse->orders[told->tag];
    struct account *account = &bourse->accounts[order->account];
    struct execution *execution = add_execution(bourse, listing, account->number);
    snprintf(execution->order_id, sizeof execution->order_id, "%s", order->id);
    memcpy(execution->link, order->link, LINK_SIZE);
    execution->position_index = order->position_index;
    execution->side = order->side;
    execution->kind = order->kind;
    execution->maker = told->maker;
    execution->order_price_ticks = order->price_ticks;
    execution->order_qty_lots = order->qty_lots;
    execution->leaves_lots = told->leaves_lots;
    execution->price_ticks = told->price_ticks;
    execution->qty_lots = told->qty_lots;
    execution->value_e9 = money_value_e9(listing, told->qty_lots, 2 * told->price_ticks);
    execution->rate_e9 = told->maker ? account->maker_rate_e9 : account->taker_rate_e9;
    execution->fee_e9 = money_fee_e9(execution->value_e9, execution->rate_e9);
    money_book(account, listing, &account->positions[listing->number][order->position_index],
               side_sign(order->side) * told->qty_lots, told->price_ticks, execution->fee_e9,
               &execution->pnl_e9, &execution->closed_lots);
    order->filled_lots += told->qty_lots;
    order->leaves_lots = told->leaves_lots;
    order->filled_value_e9 += execution->value_e9;
    order->fee_e9 += execution->fee_e9;
    order->closed_pnl_e9 += execution->pnl_e9;
    order->status = STATUS_PARTIAL;
    if (told->leaves_lots == 0) {
        settle_end_order(bourse, told->tag, STATUS_FILLED, CANCEL_UNKNOWN, REASON_NONE);
    } else {
        settle_note_order(bourse, told->tag);
    }
}

void settle_self_matched(void *context, uint32_t tag, uint32_t arriving_tag)
{
    struct listing *listing = context;
    struct bourse *bourse = listing->bourse;
    memcpy(bourse->orders[tag].smp_id, bourse->orders[arriving_tag].id, UUID_SIZE);
    settle_end_order(bourse, tag, STATUS_CANCELLED, CANCEL_BY_SMP, REASON_SELF_MATCH);
}

void settle_cancel(struct bourse *bourse, uint32_t tag, enum cancel_type type)
{
    const struct order *order = &bourse->orders[tag];
    pit_cancel(bourse->listings[order->listing].pit, tag, bourse->now_ns);
    settle_end_order(bourse, tag, STATUS_CANCELLED, type, REASON_PER_CANCEL_REQUEST);
}

// ---- orders that only reduce ----

// What an order may at most execute without opening a position.
static int64_t reducible_lots(const struct account *account, const struct order *order)
{
    int64_t held = account->positions[order->listing][order->position_index].lots;
    int64_t against = order->side == SIDE_BUY ? -held : held;
    return against > 0 ? against : 0;
}

static void shrink_order(struct bourse *bourse, uint32_t tag, int64_t lots)
{
    struct order *order = &bourse->orders[tag];
    if (lots == 0) {
        settle_cancel(bourse, tag, CANCEL_BY_REDUCE_ONLY);
        return;
    }
    struct pit_order smaller = {.tag = tag,
                                .account = order->account,
                                .side = order->side,
                                .price_ticks = order->price_ticks,
                                .qty_lots = lots};
    (void)pit_amend(bourse->listings[order->listing].pit, &smaller, bourse->now_ns);
    order->qty_lots = order->filled_lots + lots;
    order->leaves_lots = lots;
    settle_note_order(bourse, tag);
}

static void keep_reducing(struct bourse *bourse, struct account *account)
{
    for (uint32_t tag = account->open_first, older; tag != 0; tag = older) {
        const struct order *order = &bourse->orders[tag];
        older = order->older;
        if (order->reduce_only && order->leaves_lots > reducible_lots(account, order)) {
            shrink_order(bourse, tag, reducible_lots(account, order));
        }
    }
}

// ---- telling ----

static void tell_executions(struct bourse *bourse, const struct account *account,
                            const struct listing *listing, bool fast)
{
    struct text *out = &bourse->scratch;
    enum topic topic = fast ? TOPIC_EXECUTION_FAST : TOPIC_EXECUTION;
    bool twice = bourse->faults.duplicate_execution > 0 && !fast;
    text_clear(out);
    for (uint32_t i = 0; i < bourse->round.execution_count; i++) {
        const struct execution *execution = &bourse->executions[bourse->round.executions[i]];
        if (execution->account != account->number || execution->listing != listing->number) {
            continue;
        }
        if (fast && !execution->funding) {
            execution_fast_write(bourse, execution, out);
        } else if (!fast) {
            execution_write(bourse, execution, true, out);
        }
    }
    if (out->size == 0) {
        return;
    }
    push_private(bourse, account, topic, listing->category, text_string(out));
    if (twice) {
        bourse->faults.duplicate_execution--;
        bourse->counters.executions_duplicated++;
        push_private(bourse, account, topic, listing->category, text_string(out));
    }
}

static void tell_orders(struct bourse *bourse, const struct account *account,
                        const struct listing *listing)
{
    struct text *out = &bourse->scratch;
    text_clear(out);
    for (uint32_t i = 0; i < bourse->round.order_count; i++) {
        const struct order *order = &bourse->orders[bourse->round.orders[i]];
        if (order->account == account->number && order->listing == listing->number) {
            order_write(bourse, order, true, out);
        }
    }
    if (out->size > 0) {
        push_private(bourse, account, TOPIC_ORDER, listing->category, text_string(out));
    }
}

static void tell_positions(struct bourse *bourse, struct account *account,
                           const struct listing *listing)
{
    struct text *out = &bourse->scratch;
    text_clear(out);
    for (int index = 0; index < POSITION_INDEXES; index++) {
        struct position *position = &account->positions[listing->number][index];
        if (position->dirty) {
            position->dirty = false;
            position_write(bourse, account, listing, index, true, out);
        }
    }
    if (out->size > 0) {
        push_private(bourse, account, TOPIC_POSITION, listing->category, text_string(out));
    }
}

static void tell_account(struct bourse *bourse, struct account *account)
{
    bool listens = false;
    for (int topic = TOPIC_ORDER; topic <= TOPIC_WALLET && !listens; topic++) {
        listens = push_private_wanted(bourse, account, (enum topic)topic);
    }
    for (uint32_t i = 0; listens && i < bourse->listing_count; i++) {
        const struct listing *listing = &bourse->listings[i];
        tell_executions(bourse, account, listing, true);
        tell_executions(bourse, account, listing, false);
        tell_orders(bourse, account, listing);
        tell_positions(bourse, account, listing);
    }
    if (listens && account->wallet_dirty) {
        text_clear(&bourse->scratch);
        wallet_write(bourse, account, NULL, &bourse->scratch);
        push_private(bourse, account, TOPIC_WALLET, CATEGORY_COUNT, text_string(&bourse->scratch));
    }
    account->wallet_dirty = account->dirty = false;
}

void settle_round(struct bourse *bourse)
{
    struct round *round = &bourse->round;
    if (round->execution_count > 0) {
        for (uint32_t i = 0; i < bourse->account_count; i++) {
            if (bourse->accounts[i].dirty && bourse->accounts[i].reduce_only_count > 0) {
                keep_reducing(bourse, &bourse->accounts[i]);
            }
        }
    }
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        if (bourse->accounts[i].dirty) {
            tell_account(bourse, &bourse->accounts[i]);
        }
    }
    for (uint32_t i = 0; i < round->order_count; i++) {
        bourse->orders[round->orders[i]].dirty = false;
    }
    round->execution_count = round->order_count = 0;
}

bool settle_tells_first(struct bourse *bourse)
{
    int32_t order = bourse_switch(bourse, SWITCH_STREAM_ORDER);
    return order == STREAM_BEFORE_ACK ||
           (order == STREAM_RANDOM && random_below(&bourse->coin_tosses, 2) == 0);
}

// ---- funding ----

static void pay_funding(struct bourse *bourse, struct account *account, struct listing *listing,
                        int index)
{
    struct position *position = &account->positions[listing->number][index];
    if (position->lots == 0) {
        return;
    }
    int64_t rate_e9 = (int64_t)bourse_switch(bourse, SWITCH_FUNDING_RATE) * 1000;
    int64_t lots = llabs(position->lots);
    struct execution *execution = add_execution(bourse, listing, account->number);
    execution->funding = true;
    execution->side = position->lots > 0 ? SIDE_BUY : SIDE_SELL;
    execution->position_index = (uint8_t)index;
    execution->price_ticks = execution->mark_ticks;
    execution->qty_lots = lots;
    execution->value_e9 = money_value_e9(listing, lots, listing_mark_half_ticks(listing));
    execution->rate_e9 = position->lots > 0 ? rate_e9 : -rate_e9;
    execution->fee_e9 = money_fee_e9(execution->value_e9, execution->rate_e9);
    snprintf(execution->order_id, sizeof execution->order_id, "%" PRId64 "-%.20s-%" PRIu32,
             bourse_clock(bourse) / SECOND_NS, listing->instrument.symbol, account->number);
    money_pay(account, listing, position, execution->fee_e9);
}

void settle_funding(struct bourse *bourse)
{
    for (uint32_t i = 0; i < bourse->account_count; i++) {
        for (uint32_t j = 0; j < bourse->listing_count; j++) {
            for (int index = 0; index < POSITION_INDEXES; index++) {
                pay_funding(bourse, &bourse->accounts[i], &bourse->listings[j], index);
            }
        }
    }
    settle_round(bourse);
}
