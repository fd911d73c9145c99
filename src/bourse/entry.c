#include "bourse/entry.h"

#include "base/check.h"
#include "bourse/money.h"
#include "bourse/order_store.h"
#include "bourse/private_json.h"
#include "bourse/push.h"
#include "bourse/settle.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t NOTIONAL_LEAST_E9 = INT64_C(5000000000);             // 5 USDT
static const int64_t EXPOSURE_MOST_E9 = INT64_C(1000000000) * 1000000000; // of one account
static const int64_t LATE_NS = INT64_C(5000000000); // a cancel may have crossed a fill on its way

__attribute__((format(printf, 3, 4))) static int refuse(struct entry_answer *out, int code,
                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->message, sizeof out->message, format, arguments);
    va_end(arguments);
    out->code = code;
    return code;
}

struct listing *entry_listing(struct bourse *bourse, enum category category, const char *symbol)
{
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        struct listing *listing = &bourse->listings[i];
        if (listing->category == category && strcmp(listing->instrument.symbol, symbol) == 0) {
            return listing;
        }
    }
    return NULL;
}

bool entry_names_some(const json_t *params)
{
    return param_present(params, "symbol") || param_present(params, "baseCoin") ||
           param_present(params, "settleCoin");
}

bool entry_concerns(const struct listing *listing, enum category category, const json_t *params)
{
    char text[PARAM_TEXT_SIZE];
    if (listing->category != category) {
        return false;
    }
    if (param_present(params, "symbol")) {
        return strcmp(param_text(params, "symbol", text), listing->instrument.symbol) == 0;
    }
    if (param_present(params, "baseCoin")) {
        return strcmp(param_text(params, "baseCoin", text), listing->base) == 0;
    }
    return !param_present(params, "settleCoin") ||
           strcmp(param_text(params, "settleCoin", text), listing->settle) == 0;
}

// Category and symbol of any order request.
static struct listing *find_listing(struct bourse *bourse, const json_t *params,
                                    struct entry_answer *out)
{
    char text[PARAM_TEXT_SIZE];
    enum category category;
    if (!category_parse(param_text(params, "category", text), &category)) {
        refuse(out, 10001, "Illegal category");
        return NULL;
    }
    param_text(params, "symbol", text);
    struct listing *listing = entry_listing(bourse, category, text);
    if (listing == NULL) {
        refuse(out, 10001, "params error: symbol invalid %.40s", text);
        return NULL;
    }
    snprintf(out->symbol, sizeof out->symbol, "%s", listing->instrument.symbol);
    return listing;
}

// ---- create: the fields ----

static int parse_kind(const json_t *params, struct order *order, struct entry_answer *out)
{
    char text[PARAM_TEXT_SIZE];
    param_text(params, "side", text);
    if (strcmp(text, "Buy") != 0 && strcmp(text, "Sell") != 0) {
        return refuse(out, 10001, "params error: side invalid");
    }
    order->side = text[0] == 'B' ? SIDE_BUY : SIDE_SELL;
    param_text(params, "orderType", text);
    if (strcmp(text, "Limit") != 0 && strcmp(text, "Market") != 0) {
        return refuse(out, 10001, "params error: orderType invalid");
    }
    order->kind = text[0] == 'L' ? KIND_LIMIT : KIND_MARKET;
    order->tif = order->kind == KIND_LIMIT ? TIF_GTC : TIF_IOC;
    param_text(params, "timeInForce", text);
    int tif = order->tif;
    if (text[0] != '\0' && !tif_parse(text, &tif)) {
        return refuse(out, 10001, "params error: timeInForce invalid");
    }
    if (order->kind == KIND_LIMIT || tif == TIF_FOK) {
        order->tif = tif;
    }
    if (param_present(params, "smpType") &&
        !self_match_parse(param_text(params, "smpType", text), &order->self_match)) {
        return refuse(out, 10001, "params error: smpType invalid");
    }
    order->reduce_only = param_bool(params, "reduceOnly") || param_bool(params, "closeOnTrigger");
    order->close_on_trigger = param_bool(params, "closeOnTrigger");
    return 0;
}

static int parse_qty(const struct listing *listing, const json_t *params, int64_t *out_lots,
                     struct entry_answer *out)
{
    if (param_steps(params, "qty", listing->instrument.lot, out_lots) != DECIMAL_OK) {
        return refuse(out, 10001, "Qty invalid");
    }
    if (*out_lots < 1) {
        return refuse(out, 10001, "The number of contracts exceeds minimum limit allowed");
    }
    if (*out_lots > listing->order_lots_max) {
        return refuse(out, 10001, "The number of contracts exceeds maximum limit allowed");
    }
    return 0;
}

// The price furthest beyond the mark at which an order of this side may take.
static int64_t price_bound(const struct bourse *bourse, const struct listing *listing,
                           enum side side)
{
    int64_t mark = listing_mark_ticks(listing);
    int64_t away = mark * bourse_switch(bourse, SWITCH_PRICE_LIMIT_BPS) / 10000;
    int64_t bound = side == SIDE_BUY ? mark + away : mark - away;
    struct book_geometry geometry = listing->pit->book.geometry;
    int64_t least = geometry.base_ticks + 1, most = geometry.base_ticks + geometry.span - 1;
    bound = bound < least ? least : bound;
    return bound > most ? most : bound;
}

static int check_price(const struct bourse *bourse, const struct listing *listing, enum side side,
                       int64_t price_ticks, struct entry_answer *out)
{
    int64_t bound = price_bound(bourse, listing, side);
    bool aggressive = side == SIDE_BUY ? price_ticks > bound : price_ticks < bound;
    if (aggressive || !geometry_holds(listing->pit->book.geometry, price_ticks)) {
        return refuse(out, 110003, "price is invalid");
    }
    return 0;
}

static int parse_price(const struct bourse *bourse, const struct listing *listing,
                       const json_t *params, struct order *order, struct entry_answer *out)
{
    if (order->kind == KIND_MARKET) {
        order->price_ticks = price_bound(bourse, listing, order->side);
        return 0;
    }
    if (param_steps(params, "price", listing->instrument.tick, &order->price_ticks) != DECIMAL_OK ||
        order->price_ticks < 1) {
        return refuse(out, 10001, "Price invalid");
    }
    return check_price(bourse, listing, order->side, order->price_ticks, out);
}

static bool is_link(const char *text)
{
    size_t length = strlen(text);
    return length <= LINK_LENGTH_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
               length;
}

static int parse_link(const struct bourse *bourse, const json_t *params, struct order *order,
                      struct entry_answer *out)
{
    char text[PARAM_TEXT_SIZE];
    param_text(params, "orderLinkId", text);
    if (text[0] == '\0') {
        return 0;
    }
    if (!is_link(text)) {
        return refuse(out, 10001, "params error: orderLinkId invalid");
    }
    snprintf(order->link, sizeof order->link, "%.36s", text);
    uint32_t tag = order_store_find(bourse, order->account, ORDER_BY_LINK, order->link);
    bool taken = tag != 0 && (bourse->orders[tag].live ||
                              bourse_switch(bourse, SWITCH_LINK_HORIZON) == LINKS_REMEMBERED);
    return taken ? refuse(out, 110072, "OrderLinkedID is duplicate") : 0;
}

// What this exchange does not do is refused, not overlooked.
static int check_unsupported(const json_t *params, struct entry_answer *out)
{
    static const char *const fields[] = {"triggerPrice", "takeProfit", "stopLoss",
                                         "bboSideType",  "orderIv",    "slippageTolerance"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char text[PARAM_TEXT_SIZE];
        if (param_present(params, fields[i]) &&
            strcmp(param_text(params, fields[i], text), "0") != 0) {
            return refuse(out, 10001, "params error: %s is not supported by this venue", fields[i]);
        }
    }
    return 0;
}

static int parse_position(const struct account *account, const json_t *params, struct order *order,
                          struct entry_answer *out)
{
    int64_t index;
    bool valid = param_number(params, "positionIdx", 0, 2, 0, &index);
    if (!valid || (index != 0) != account->hedge_mode) {
        return refuse(out, 10001, "position idx not match position mode");
    }
    // In hedge mode an order of the other side than its position's can only reduce.
    order->reduce_only |=
        (index == 1 && order->side == SIDE_SELL) || (index == 2 && order->side == SIDE_BUY);
    order->position_index = (uint8_t)index;
    return 0;
}

// ---- create: the account ----

static int limit_to_position(const struct account *account, struct order *order,
                             struct entry_answer *out)
{
    int64_t held = account->positions[order->listing][order->position_index].lots;
    int64_t against = order->side == SIDE_BUY ? -held : held;
    if (!order->reduce_only) {
        return 0;
    }
    if (against <= 0) {
        return refuse(out, 110017, "current position is zero, cannot fix reduce-only order qty");
    }
    order->qty_lots = order->qty_lots > against ? against : order->qty_lots;
    return 0;
}

// Whether the account could carry `lots` more at the price, beside all it has.
static int check_margin(const struct bourse *bourse, const struct account *account,
                        const struct listing *listing, int64_t lots, int64_t price_ticks,
                        struct entry_answer *out)
{
    struct margin margin;
    money_margin(bourse, account, listing_coin(listing), &margin);
    int64_t value_e9 = money_value_e9(listing, lots, 2 * price_ticks);
    int32_t leverage_e2 = account->leverage_e2[listing->number];
    int64_t needed_e9 = mul_div_round(value_e9, 100, leverage_e2) +
                        llabs(money_fee_e9(value_e9, account->taker_rate_e9));
    int64_t carried_e9 = margin.position_im_e9 + margin.order_im_e9;
    if (carried_e9 + needed_e9 > EXPOSURE_MOST_E9 / leverage_e2 * 100) {
        return refuse(out, 110090,
                      "Order placement failed as your position may exceed the max limit");
    }
    if (needed_e9 > margin.available_e9) {
        return refuse(out, 110007, "ab not enough for new order");
    }
    return 0;
}

static int check_account(struct bourse *bourse, const struct account *account,
                         const struct listing *listing, struct order *order,
                         struct entry_answer *out)
{
    int code = limit_to_position(account, order, out);
    if (code != 0) {
        return code;
    }
    if (account->open_count[listing->number] >= ORDERS_OPEN_MAX) {
        return refuse(out, 110020, "Not allowed to have more than 500 active orders");
    }
    if (order->reduce_only) {
        return 0;
    }
    if (bourse->faults.no_margin > 0) {
        bourse->faults.no_margin--;
        return refuse(out, 110007, "ab not enough for new order");
    }
    int64_t value_e9 = money_value_e9(listing, order->qty_lots, 2 * order->price_ticks);
    if (listing->category == CATEGORY_LINEAR && value_e9 < NOTIONAL_LEAST_E9) {
        return refuse(out, 110094, "Order does not meet minimum order value 5%s", listing->settle);
    }
    return check_margin(bourse, account, listing, order->qty_lots, order->price_ticks, out);
}

static int read_order(struct bourse *bourse, const struct account *account,
                      const struct listing *listing, const json_t *params, struct order *order,
                      struct entry_answer *out)
{
    int code = parse_kind(params, order, out);
    code = code == 0 ? check_unsupported(params, out) : code;
    code = code == 0 ? parse_qty(listing, params, &order->qty_lots, out) : code;
    code = code == 0 ? parse_price(bourse, listing, params, order, out) : code;
    code = code == 0 ? parse_position(account, params, order, out) : code;
    code = code == 0 ? parse_link(bourse, params, order, out) : code;
    return code == 0 ? check_account(bourse, account, listing, order, out) : code;
}

// ---- what becomes of an order ----

// Ends an order that its own conditions ended in the pit.
static void end_expired(struct bourse *bourse, uint32_t tag)
{
    const struct order *order = &bourse->orders[tag];
    if (order->tif == TIF_POST_ONLY) {
        bool rejected = bourse_switch(bourse, SWITCH_POST_ONLY_CROSS) == POST_ONLY_REJECTED;
        settle_end_order(bourse, tag, rejected ? STATUS_REJECTED : STATUS_CANCELLED, CANCEL_UNKNOWN,
                         REASON_POST_ONLY);
    } else if (order->tif == TIF_FOK) {
        settle_end_order(bourse, tag, STATUS_CANCELLED, CANCEL_UNKNOWN, REASON_NO_FULL_FILL);
    } else {
        settle_end_order(bourse, tag, STATUS_CANCELLED, CANCEL_UNKNOWN, REASON_NO_IMMEDIATE_QTY);
    }
}

// After the pit has answered a create or an amend.
static void note_outcome(struct bourse *bourse, uint32_t tag, enum pit_outcome outcome)
{
    if (!bourse->orders[tag].live) {
        return; // filled: settled with its last execution
    }
    if (outcome == PIT_EXPIRED) {
        end_expired(bourse, tag);
    } else if (outcome == PIT_SELF_MATCHED) {
        settle_end_order(bourse, tag, STATUS_CANCELLED, CANCEL_BY_SMP, REASON_SELF_MATCH);
    } else {
        settle_note_order(bourse, tag);
    }
}

static struct pit_order pit_order_of(const struct order *order, uint32_t tag)
{
    return (struct pit_order){.tag = tag,
                              .account = order->account,
                              .self_match = (enum self_match)order->self_match,
                              .side = order->side,
                              .tif = (enum time_in_force)order->tif,
                              .price_ticks = order->price_ticks,
                              .qty_lots = order->leaves_lots};
}

static void answer_order(const struct order *order, struct entry_answer *out)
{
    memcpy(out->order_id, order->id, UUID_SIZE);
    memcpy(out->link, order->link, LINK_SIZE);
    out->created_ms = order->created_ns / MS_NS;
}

static void create(struct bourse *bourse, struct account *account, const json_t *params,
                   struct entry_answer *out)
{
    struct order order = {.account = (uint8_t)account->number};
    struct listing *listing = find_listing(bourse, params, out);
    if (listing == NULL) {
        return;
    }
    order.listing = listing->number;
    if (read_order(bourse, account, listing, params, &order, out) != 0) {
        return;
    }
    name_uuid(&bourse->ids, order.id);
    order.leaves_lots = order.qty_lots;
    order.price_at_creation_ticks =
        listing->bars.last_ticks > 0 ? listing->bars.last_ticks : listing_mark_ticks(listing);
    order.created_ns = order.updated_ns = bourse_clock(bourse);
    order.live = true;
    uint32_t tag = order_store_add(bourse, &order);
    if (tag == 0) {
        refuse(out, 10016, "server error: the venue has no room for more orders");
        return;
    }
    bourse->counters.orders++;
    struct pit_order placed = pit_order_of(&order, tag);
    enum pit_outcome outcome = pit_place(listing->pit, &placed, bourse->now_ns);
    if (outcome == PIT_REFUSED) {
        order_store_take_back(bourse, tag);
        refuse(out, 10016, "server error: the order book has no room for this order");
        return;
    }
    answer_order(&order, out);
    note_outcome(bourse, tag, outcome);
}

// ---- amend and cancel ----

// The order that orderId, or else orderLinkId, names; 0 when this account has none.
static uint32_t find_order(const struct bourse *bourse, const struct account *account,
                           const struct listing *listing, const json_t *params)
{
    char text[PARAM_TEXT_SIZE];
    bool by_id = param_present(params, "orderId");
    param_text(params, by_id ? "orderId" : "orderLinkId", text);
    uint32_t tag = text[0] == '\0' ? 0
                                   : order_store_find(bourse, account->number,
                                                      by_id ? ORDER_BY_ID : ORDER_BY_LINK, text);
    return tag != 0 && bourse->orders[tag].listing == listing->number ? tag : 0;
}

static bool is_being_processed(struct bourse *bourse, struct entry_answer *out)
{
    if (bourse->faults.processing == 0) {
        return false;
    }
    bourse->faults.processing--;
    refuse(out, 110079, "The order is processing and can not be operated, please try again later");
    return true;
}

static int read_amendment(struct bourse *bourse, const struct account *account,
                          const struct listing *listing, const struct order *order,
                          const json_t *params, struct pit_order *wanted, struct entry_answer *out)
{
    int64_t qty_lots = order->qty_lots;
    if (param_present(params, "price")) {
        if (param_steps(params, "price", listing->instrument.tick, &wanted->price_ticks) !=
                DECIMAL_OK ||
            wanted->price_ticks < 1) {
            return refuse(out, 10001, "Price invalid");
        }
        int code = check_price(bourse, listing, order->side, wanted->price_ticks, out);
        if (code != 0) {
            return code;
        }
    }
    if (param_present(params, "qty") && parse_qty(listing, params, &qty_lots, out) != 0) {
        return refuse(out, 10001, "params error: qty err");
    }
    if (qty_lots <= order->filled_lots) {
        return refuse(out, 110064, "New qty cannot be smaller than or equal to the filled qty");
    }
    if (wanted->price_ticks == order->price_ticks && qty_lots == order->qty_lots) {
        return refuse(out, 10001,
                      "The order remains unchanged as the parameters entered match the existing "
                      "ones.");
    }
    wanted->qty_lots = qty_lots - order->filled_lots;
    int64_t more_lots = wanted->qty_lots - order->leaves_lots;
    return order->reduce_only || more_lots <= 0
               ? 0
               : check_margin(bourse, account, listing, more_lots, wanted->price_ticks, out);
}

static void amend(struct bourse *bourse, struct account *account, const json_t *params,
                  struct entry_answer *out)
{
    struct listing *listing = find_listing(bourse, params, out);
    if (listing == NULL || check_unsupported(params, out) != 0 || is_being_processed(bourse, out)) {
        return;
    }
    uint32_t tag = find_order(bourse, account, listing, params);
    struct order *order = &bourse->orders[tag];
    if (tag == 0 || !order->live) {
        refuse(out, 110001, "order not exists or too late to replace");
        return;
    }
    struct pit_order wanted = pit_order_of(order, tag);
    if (read_amendment(bourse, account, listing, order, params, &wanted, out) != 0) {
        return;
    }
    struct order before = *order;
    order->price_ticks = wanted.price_ticks;
    order->qty_lots = order->filled_lots + wanted.qty_lots;
    order->leaves_lots = wanted.qty_lots;
    enum pit_outcome outcome = pit_amend(listing->pit, &wanted, bourse->now_ns);
    if (outcome == PIT_REFUSED) {
        order->price_ticks = before.price_ticks;
        order->qty_lots = before.qty_lots;
        order->leaves_lots = before.leaves_lots;
        refuse(out, 10001, "params error: qty err");
        return;
    }
    answer_order(&before, out);
    note_outcome(bourse, tag, outcome);
}

static void cancel(struct bourse *bourse, struct account *account, const json_t *params,
                   struct entry_answer *out)
{
    struct listing *listing = find_listing(bourse, params, out);
    if (listing == NULL || is_being_processed(bourse, out)) {
        return;
    }
    uint32_t tag = find_order(bourse, account, listing, params);
    const struct order *order = &bourse->orders[tag];
    bool late = tag != 0 && order->status == STATUS_FILLED &&
                bourse_clock(bourse) - order->updated_ns < LATE_NS &&
                bourse_switch(bourse, SWITCH_LATE_CANCEL) == LATE_CANCEL_ACKED;
    if (tag == 0 || (!order->live && !late)) {
        refuse(out, 110001, "order not exists or too late to cancel");
        return;
    }
    answer_order(order, out);
    if (late) {
        out->late_tag = tag;
        return;
    }
    settle_cancel(bourse, tag, CANCEL_BY_USER);
}

void entry_tell_late(struct bourse *bourse, uint32_t tag)
{
    const struct order *order = &bourse->orders[tag];
    const struct account *account = &bourse->accounts[order->account];
    text_clear(&bourse->scratch);
    order_write_late_cancel(bourse, order, &bourse->scratch);
    push_private(bourse, account, TOPIC_ORDER, bourse->listings[order->listing].category,
                 text_string(&bourse->scratch));
}

void entry_handle(struct bourse *bourse, struct account *account, enum entry_op op,
                  const json_t *params, struct entry_answer *out)
{
    static void (*const ops[])(struct bourse *, struct account *, const json_t *,
                               struct entry_answer *) = {
        [ENTRY_CREATE] = create, [ENTRY_AMEND] = amend, [ENTRY_CANCEL] = cancel};
    *out = (struct entry_answer){.message = "OK"};
    ops[op](bourse, account, params, out);
}

// ---- several at once ----

int entry_handle_batch(struct bourse *bourse, struct account *account, enum entry_op op,
                       const json_t *params, struct entry_answer *answers, size_t *out_count,
                       const char **out_message)
{
    char category[PARAM_TEXT_SIZE];
    const json_t *items = json_object_get(params, "request");
    size_t count = json_array_size(items);
    enum category parsed;
    *out_count = 0;
    if (!category_parse(param_text(params, "category", category), &parsed)) {
        *out_message = "Illegal category";
        return 10001;
    }
    if (count == 0 || count > (parsed == CATEGORY_SPOT ? BATCH_SPOT_MAX : BATCH_MAX)) {
        *out_message = "params error: the number of orders in a batch is 1 to 20";
        return 10001;
    }
    for (size_t i = 0; i < count; i++) {
        struct rate_state rate;
        json_t *item = json_object();
        json_object_set_new(item, "category", json_string(category));
        json_object_update_missing(item, json_array_get(items, i));
        struct entry_answer *answer = &answers[(*out_count)++];
        // The request itself has taken one from the limit: the first order's.
        if (i > 0 &&
            !rate_take(bourse, account, (enum rate_group)(RATE_CREATE_BATCH + (int)op), &rate)) {
            *answer = (struct entry_answer){0};
            refuse(answer, 10006, "Too many visits. Exceeded the API Rate Limit.");
        } else {
            entry_handle(bourse, account, op, item, answer);
        }
        json_decref(item);
    }
    *out_message = "OK";
    return 0;
}

void entry_write_batch(enum entry_op op, const json_t *params, const struct entry_answer *answers,
                       size_t count, struct text *result, struct text *extra)
{
    char category[PARAM_TEXT_SIZE];
    param_text(params, "category", category);
    wire_open(result, NULL, '{');
    wire_open(result, "list", '[');
    wire_open(extra, NULL, '{');
    wire_open(extra, "list", '[');
    for (size_t i = 0; i < count; i++) {
        const struct entry_answer *answer = &answers[i];
        wire_open(result, NULL, '{');
        wire_string(result, "category", category);
        wire_string(result, "symbol", answer->symbol);
        wire_string(result, "orderId", answer->order_id);
        wire_string(result, "orderLinkId", answer->link);
        if (op == ENTRY_CREATE) {
            char created[24] = "";
            if (answer->code == 0) {
                snprintf(created, sizeof created, "%" PRId64, answer->created_ms);
            }
            wire_string(result, "createAt", created);
        }
        wire_close(result, '}');
        wire_open(extra, NULL, '{');
        wire_number(extra, "code", answer->code);
        wire_string(extra, "msg", answer->message);
        wire_close(extra, '}');
    }
    wire_close(result, ']');
    wire_close(result, '}');
    wire_close(extra, ']');
    wire_close(extra, '}');
}

int entry_cancel_all(struct bourse *bourse, struct account *account, const json_t *params,
                     uint32_t *tags, size_t *out_count, const char **out_message)
{
    char text[PARAM_TEXT_SIZE];
    enum category category;
    *out_count = 0;
    *out_message = "Illegal category";
    if (!category_parse(param_text(params, "category", text), &category)) {
        return 10001;
    }
    *out_message = "params error: symbol, baseCoin or settleCoin must be given";
    if (!entry_names_some(params)) {
        return 10001;
    }
    for (uint32_t tag = account->open_first, older; tag != 0 && *out_count < CANCEL_ALL_MAX;
         tag = older) {
        const struct order *order = &bourse->orders[tag];
        older = order->older;
        if (entry_concerns(&bourse->listings[order->listing], category, params)) {
            settle_cancel(bourse, tag, CANCEL_BY_USER);
            tags[(*out_count)++] = tag;
        }
    }
    *out_message = "OK";
    return 0;
}
