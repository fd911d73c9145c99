#include "venue/bybit/account_rows.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum { FEE_DECIMALS = 9 };

#define STEPS_MAX (INT64_C(1) << 50)  // of a price or a quantity: sums of them fit
#define MS_MAX INT64_C(4102444800000) // the year 2100

// "" and an absent number are 0, as the exchange writes them.
static bool steps_at(const json_t *object, const char *key, struct decimal step, int64_t *out)
{
    const char *text = json_text_at(object, key);
    *out = 0;
    return text[0] == '\0' || (decimal_parse_steps(text, strlen(text), step, out) == DECIMAL_OK &&
                               *out >= 0 && *out <= STEPS_MAX);
}

static bool scaled_at(const json_t *object, const char *key, int32_t exponent, int64_t *out)
{
    const char *text = json_text_at(object, key);
    *out = 0;
    return text[0] == '\0' || decimal_parse_scaled(text, strlen(text), exponent, out) == DECIMAL_OK;
}

static bool time_at(const json_t *object, const char *key, int64_t *out)
{
    return scaled_at(object, key, 0, out) && *out >= 0 && *out <= MS_MAX;
}

static bool side_at(const json_t *object, enum side *out)
{
    const char *text = json_text_at(object, "side");
    *out = strcmp(text, "Sell") == 0 ? SIDE_SELL : SIDE_BUY;
    return *out == SIDE_SELL || strcmp(text, "Buy") == 0;
}

static void copy_link(const json_t *item, char out[LINK_ID_SIZE])
{
    const char *text = json_text_at(item, "orderLinkId");
    out[0] = '\0';
    if (strlen(text) < LINK_ID_SIZE) {
        memcpy(out, text, strlen(text) + 1);
    }
}

static bool concerns(const json_t *item, const struct instrument *instrument)
{
    return strcmp(json_text_at(item, "symbol"), instrument->symbol) == 0;
}

static enum order_stage stage_of(const char *status)
{
    static const struct {
        const char *name;
        enum order_stage stage;
    } stages[] = {{"New", STAGE_OPEN},          {"PartiallyFilled", STAGE_OPEN},
                  {"Untriggered", STAGE_OPEN},  {"Filled", STAGE_FILLED},
                  {"Cancelled", STAGE_ENDED},   {"PartiallyFilledCanceled", STAGE_ENDED},
                  {"Deactivated", STAGE_ENDED}, {"Rejected", STAGE_REJECTED}};
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        if (strcmp(status, stages[i].name) == 0) {
            return stages[i].stage;
        }
    }
    return STAGE_UNKNOWN;
}

bool order_row_read(const json_t *item, const struct instrument *instrument, struct order_row *out,
                    bool *out_broken)
{
    *out = (struct order_row){0};
    *out_broken = false;
    if (!concerns(item, instrument)) {
        return false;
    }
    copy_link(item, out->link);
    out->stage = stage_of(json_text_at(item, "orderStatus"));
    out->would_take =
        strcmp(json_text_at(item, "rejectReason"), "EC_PostOnlyWillTakeLiquidity") == 0;
    bool fine = side_at(item, &out->side) &&
                steps_at(item, "price", instrument->tick, &out->price_ticks) &&
                steps_at(item, "qty", instrument->lot, &out->qty_lots) &&
                steps_at(item, "cumExecQty", instrument->lot, &out->cum_lots) &&
                time_at(item, "updatedTime", &out->updated_ms);
    *out_broken = !fine;
    return fine;
}

static enum execution_kind kind_of(const char *type)
{
    static const char *const fills[] = {"Trade",    "AdlTrade",   "BustTrade",   "Settle",
                                        "Delivery", "BlockTrade", "MovePosition"};
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        if (strcmp(type, fills[i]) == 0) {
            return EXECUTION_FILL;
        }
    }
    return strcmp(type, "Funding") == 0 ? EXECUTION_FUNDING : EXECUTION_OTHER;
}

// To the unit of money; digits beyond it are cut off.
static bool fee_at(const json_t *item, int64_t *out)
{
    const char *text = json_text_at(item, "execFee");
    size_t length = strlen(text), whole = strcspn(text, ".");
    size_t most = whole + 1 + FEE_DECIMALS;
    return length > 0 && decimal_parse_scaled(text, length < most ? length : most, -FEE_DECIMALS,
                                              out) == DECIMAL_OK;
}

bool execution_row_read(const json_t *item, const struct instrument *instrument,
                        struct execution_row *out, bool *out_broken)
{
    *out = (struct execution_row){0};
    *out_broken = false;
    if (!concerns(item, instrument)) {
        return false;
    }
    const char *id = json_text_at(item, "execId");
    copy_link(item, out->link);
    out->id = XXH3_64bits(id, strlen(id));
    out->kind = kind_of(json_text_at(item, "execType"));
    out->maker = json_is_true(json_object_get(item, "isMaker"));
    out->has_leaves = json_text_at(item, "leavesQty")[0] != '\0';
    bool fine = id[0] != '\0' && time_at(item, "execTime", &out->time_ms);
    if (fine && out->kind == EXECUTION_FUNDING) {
        fine = fee_at(item, &out->fee_e9);
    }
    if (fine && out->kind == EXECUTION_FILL) {
        fine = side_at(item, &out->side) &&
               steps_at(item, "execPrice", instrument->tick, &out->price_ticks) &&
               out->price_ticks > 0 && steps_at(item, "execQty", instrument->lot, &out->qty_lots) &&
               steps_at(item, "leavesQty", instrument->lot, &out->leaves_lots);
    }
    *out_broken = !fine;
    return fine;
}

bool position_row_read(const json_t *item, const struct instrument *instrument,
                       struct position_row *out)
{
    *out = (struct position_row){0};
    if (!concerns(item, instrument) || !steps_at(item, "size", instrument->lot, &out->size_lots)) {
        return false;
    }
    out->mode_index = json_integer_value(json_object_get(item, "positionIdx"));
    if (strcmp(json_text_at(item, "side"), "Sell") == 0) {
        out->size_lots = -out->size_lots;
    }
    return true;
}

static bool is_among(json_int_t code, const json_int_t *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

bool code_is_rate_limit(json_int_t code)
{
    static const json_int_t limits[] = {429, 10006, 10403, 10429, 170222, 20003};
    return is_among(code, limits, sizeof limits / sizeof limits[0]);
}

enum code_meaning code_read(json_int_t code)
{
    // 110072 and 170141 say that the id is taken: ours are made once, so the order is there.
    static const json_int_t gone[] = {110001, 110008, 110010, 110072, 170139,
                                      170141, 170142, 170143, 170145, 170213};
    static const json_int_t busy[] = {110079, 170212};
    static const json_int_t ambiguous[] = {429,    10000,  10006,  10014,  10016,  10019,
                                           10403,  10429,  110074, 170001, 170005, 170007,
                                           170032, 170222, 170310, 20003,  20006,  500000};
    if (code == 0) {
        return CODE_ACCEPTED;
    }
    if (is_among(code, gone, sizeof gone / sizeof gone[0])) {
        return CODE_GONE;
    }
    if (is_among(code, busy, sizeof busy / sizeof busy[0])) {
        return CODE_BUSY;
    }
    return is_among(code, ambiguous, sizeof ambiguous / sizeof ambiguous[0]) ? CODE_AMBIGUOUS
                                                                             : CODE_REFUSED;
}
