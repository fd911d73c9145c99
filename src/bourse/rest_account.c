// The private routes of rest.h that are not about orders.
#include "bourse/dcp.h"
#include "bourse/listing.h"
#include "bourse/money.h"
#include "bourse/private_json.h"
#include "bourse/rest.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void get_coins(struct bourse *bourse, struct account *account, const json_t *params,
                      struct rest_reply *reply)
{
    char wanted[PARAM_TEXT_SIZE];
    (void)account;
    param_text(params, "coin", wanted);
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_open(out, "rows", '[');
    for (uint32_t i = 0; i < bourse->coin_count; i++) {
        const char *coin = bourse->coins[i];
        if (wanted[0] != '\0' && strcmp(wanted, coin) != 0) {
            continue;
        }
        wire_open(out, NULL, '{');
        wire_string(out, "name", coin);
        wire_string(out, "coin", coin);
        wire_string(out, "remainAmount", "0");
        wire_raw(out, "chains", "[]"); // nothing can be moved in or out
        wire_close(out, '}');
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

static void write_permissions(const struct account *account, struct text *out)
{
    wire_open(out, "permissions", '{');
    wire_raw(out, "ContractTrade", "[\"Order\",\"Position\"]");
    wire_raw(out, "Spot", "[]");
    wire_raw(out, "Wallet", account->may_withdraw ? "[\"AccountTransfer\",\"Withdraw\"]" : "[]");
    wire_raw(out, "Options", "[]");
    wire_raw(out, "Derivatives", "[\"DerivativesTrade\"]");
    wire_raw(out, "CopyTrading", "[]");
    wire_raw(out, "BlockTrade", "[]");
    wire_raw(out, "Exchange", "[]");
    wire_raw(out, "NFT", "[]");
    wire_raw(out, "Affiliate", "[]");
    wire_raw(out, "Earn", "[]");
    wire_close(out, '}');
}

static void get_api_key(struct bourse *bourse, struct account *account, const json_t *params,
                        struct rest_reply *reply)
{
    (void)bourse;
    (void)params;
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_number_text(out, "id", account->uid);
    wire_string(out, "note", "simulated");
    wire_string(out, "apiKey", account->key);
    wire_number(out, "readOnly", account->read_only);
    wire_string(out, "secret", "");
    write_permissions(account, out);
    wire_raw(out, "ips", "[\"*\"]");
    wire_number(out, "type", 1);
    wire_number(out, "deadlineDay", 90);
    wire_string(out, "expiredAt", "2099-01-01T00:00:00Z");
    wire_string(out, "createdAt", "2024-01-01T00:00:00Z");
    wire_number(out, "unified", 0);
    wire_number(out, "uta", 1);
    wire_number(out, "userID", account->uid);
    wire_number(out, "inviterID", 0);
    wire_string(out, "vipLevel", "No VIP");
    wire_string(out, "mktMakerLevel", "0");
    wire_number(out, "affiliateID", 0);
    wire_string(out, "rsaPublicKey", "");
    wire_bool(out, "isMaster", true);
    wire_string(out, "parentUid", "0");
    wire_string(out, "kycLevel", "LEVEL_DEFAULT");
    wire_string(out, "kycRegion", "");
    wire_close(out, '}');
}

static void get_info(struct bourse *bourse, struct account *account, const json_t *params,
                     struct rest_reply *reply)
{
    (void)params;
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_string(out, "marginMode", account->margin_mode);
    wire_number_text(out, "updatedTime", bourse->start_ns / MS_NS);
    wire_number(out, "unifiedMarginStatus", 5);
    wire_string(out, "dcpStatus", account->dcp_allowed ? "ON" : "OFF");
    wire_number(out, "timeWindow", account->dcp_window_s);
    wire_number(out, "smpGroup", 0);
    wire_bool(out, "isMasterTrader", false);
    wire_string(out, "spotHedgingStatus", "OFF");
    wire_close(out, '}');
}

static void get_wallet(struct bourse *bourse, struct account *account, const json_t *params,
                       struct rest_reply *reply)
{
    char type[PARAM_TEXT_SIZE], coins[PARAM_TEXT_SIZE];
    param_text(params, "accountType", type);
    param_text(params, "coin", coins);
    if (strcmp(type, "UNIFIED") != 0) {
        rest_refuse(reply, 10001, "accountType only support UNIFIED.");
        return;
    }
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_open(out, "list", '[');
    wallet_write(bourse, account, coins[0] != '\0' ? coins : NULL, out);
    wire_close(out, ']');
    wire_close(out, '}');
}

static void get_fee_rate(struct bourse *bourse, struct account *account, const json_t *params,
                         struct rest_reply *reply)
{
    enum category category;
    if (!rest_category(params, &category, reply)) {
        return;
    }
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_open(out, "list", '[');
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        const struct listing *listing = &bourse->listings[i];
        if (entry_concerns(listing, category, params)) {
            wire_open(out, NULL, '{');
            wire_string(out, "symbol", listing->instrument.symbol);
            wire_string(out, "baseCoin", "");
            wire_real(out, "takerFeeRate", (double)account->taker_rate_e9 / 1e9, 9);
            wire_real(out, "makerFeeRate", (double)account->maker_rate_e9 / 1e9, 9);
            wire_close(out, '}');
        }
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

static void set_margin_mode(struct bourse *bourse, struct account *account, const json_t *params,
                            struct rest_reply *reply)
{
    static const char *const modes[] = {"ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN"};
    char text[PARAM_TEXT_SIZE];
    (void)bourse;
    param_text(params, "setMarginMode", text);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i], text) == 0) {
            account->margin_mode = modes[i];
            wire_open(&reply->result, NULL, '{');
            wire_raw(&reply->result, "reasons", "[]");
            wire_close(&reply->result, '}');
            return;
        }
    }
    rest_refuse(reply, 10001, "params error: setMarginMode invalid");
}

static void get_smp_group(struct bourse *bourse, struct account *account, const json_t *params,
                          struct rest_reply *reply)
{
    (void)bourse;
    (void)account;
    (void)params;
    wire_open(&reply->result, NULL, '{');
    wire_number(&reply->result, "smpGroup", 0);
    wire_close(&reply->result, '}');
}

// ---- positions ----

static void write_listing_positions(struct bourse *bourse, const struct account *account,
                                    const struct listing *listing, bool all, struct text *out)
{
    int first = account->hedge_mode ? 1 : 0, last = account->hedge_mode ? 2 : 0;
    for (int index = first; index <= last; index++) {
        if (all || account->positions[listing->number][index].lots != 0) {
            position_write(bourse, account, listing, index, false, out);
        }
    }
}

static void get_positions(struct bourse *bourse, struct account *account, const json_t *params,
                          struct rest_reply *reply)
{
    enum category category;
    struct rest_page page;
    if (!rest_category(params, &category, reply) || !rest_page(params, 20, 200, &page, reply)) {
        return;
    }
    if (category == CATEGORY_LINEAR && !entry_names_some(params)) {
        rest_refuse(reply, 10001,
                    "Missing some parameters that must be filled in, symbol or "
                    "settleCoin");
        return;
    }
    struct text *out = &reply->result;
    bool all = param_present(params, "symbol");
    wire_open(out, NULL, '{');
    wire_string(out, "category", category_text(category));
    wire_open(out, "list", '[');
    // Fewer listings than the smallest page: one page holds them all.
    for (uint32_t i = 0; i < bourse->listing_count && page.skip == 0; i++) {
        if (entry_concerns(&bourse->listings[i], category, params)) {
            write_listing_positions(bourse, account, &bourse->listings[i], all, out);
        }
    }
    wire_close(out, ']');
    rest_cursor(out, 0, false);
    wire_close(out, '}');
}

static void set_leverage(struct bourse *bourse, struct account *account, const json_t *params,
                         struct rest_reply *reply)
{
    char text[PARAM_TEXT_SIZE];
    enum category category;
    int64_t buy_e2, sell_e2;
    if (!rest_category(params, &category, reply)) {
        return;
    }
    struct listing *listing = entry_listing(bourse, category, param_text(params, "symbol", text));
    const struct decimal step = {1, -2};
    if (listing == NULL) {
        rest_refuse(reply, 10001, "params error: symbol invalid %.40s", text);
    } else if (param_steps(params, "buyLeverage", step, &buy_e2) != DECIMAL_OK ||
               param_steps(params, "sellLeverage", step, &sell_e2) != DECIMAL_OK ||
               buy_e2 != sell_e2 || buy_e2 < 100 || buy_e2 > 10000) {
        rest_refuse(reply, 10001, "params error: leverage invalid");
    } else if (account->leverage_e2[listing->number] == buy_e2) {
        rest_refuse(reply, 110043, "leverage not modified");
    } else {
        account->leverage_e2[listing->number] = (int32_t)buy_e2;
    }
}

static bool has_positions(const struct bourse *bourse, const struct account *account)
{
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        for (int index = 0; index < POSITION_INDEXES; index++) {
            if (account->positions[i][index].lots != 0) {
                return true;
            }
        }
    }
    return false;
}

static void switch_mode(struct bourse *bourse, struct account *account, const json_t *params,
                        struct rest_reply *reply)
{
    enum category category;
    int64_t mode;
    if (!rest_category(params, &category, reply)) {
        return;
    }
    bool valid = param_number(params, "mode", 0, 3, -1, &mode) && (mode == 0 || mode == 3);
    if (!valid || category != CATEGORY_LINEAR) {
        rest_refuse(reply, 10001, "params error: mode invalid");
    } else if ((mode == 3) == account->hedge_mode) {
        rest_refuse(reply, 110025, "Position mode is not modified");
    } else if (has_positions(bourse, account)) {
        rest_refuse(reply, 110024,
                    "You have an existing position, so the position mode cannot be "
                    "switched");
    } else if (account->open_first != 0) {
        rest_refuse(reply, 110028,
                    "You have existing open orders, so the position mode cannot be "
                    "switched");
    } else {
        account->hedge_mode = mode == 3;
    }
}

// ---- disconnect-cancel-all ----

static void set_dcp(struct bourse *bourse, struct account *account, const json_t *params,
                    struct rest_reply *reply)
{
    char product[PARAM_TEXT_SIZE];
    int64_t window_s;
    param_text(params, "product", product);
    if (!param_number(params, "timeWindow", DCP_WINDOW_LEAST_S, DCP_WINDOW_MOST_S, -1, &window_s) ||
        window_s < 0) {
        rest_refuse(reply, 10001, "params error: timeWindow invalid");
    } else if (strcmp(product, "DERIVATIVES") != 0) {
        rest_refuse(reply, 10001, "params error: product invalid: this venue has DERIVATIVES");
    } else if (!account->dcp_allowed) {
        rest_refuse(reply, 10005, "Permission denied: disconnection protection is not enabled");
    } else {
        dcp_set_window(bourse, account, (int32_t)window_s);
    }
}

static void get_dcp(struct bourse *bourse, struct account *account, const json_t *params,
                    struct rest_reply *reply)
{
    (void)bourse;
    (void)params;
    struct text *out = &reply->result;
    wire_open(out, NULL, '{');
    wire_open(out, "dcpInfos", '[');
    if (account->dcp_allowed) {
        wire_open(out, NULL, '{');
        wire_string(out, "product", "DERIVATIVES");
        wire_string(out, "dcpStatus", "ON");
        wire_number_text(out, "timeWindow", account->dcp_window_s);
        wire_close(out, '}');
    }
    wire_close(out, ']');
    wire_close(out, '}');
}

const struct rest_route rest_account_routes[] = {
    {"GET", "/v5/asset/coin/query-info", get_coins, true, false, RATE_FEE},
    {"GET", "/v5/user/query-api", get_api_key, true, false, RATE_SETTINGS},
    {"GET", "/v5/account/info", get_info, true, false, RATE_INFO},
    {"GET", "/v5/account/wallet-balance", get_wallet, true, false, RATE_WALLET},
    {"GET", "/v5/account/fee-rate", get_fee_rate, true, false, RATE_FEE},
    {"GET", "/v5/account/query-dcp-info", get_dcp, true, false, RATE_DCP},
    {"GET", "/v5/account/smp-group", get_smp_group, true, false, RATE_FEE},
    {"POST", "/v5/account/set-margin-mode", set_margin_mode, true, true, RATE_FEE},
    {"GET", "/v5/position/list", get_positions, true, false, RATE_POSITION},
    {"POST", "/v5/position/set-leverage", set_leverage, true, true, RATE_SETTINGS},
    {"POST", "/v5/position/switch-mode", switch_mode, true, true, RATE_SETTINGS},
    {"POST", "/v5/order/disconnected-cancel-all", set_dcp, true, true, RATE_DCP},
};
const size_t rest_account_route_count = sizeof rest_account_routes / sizeof rest_account_routes[0];
