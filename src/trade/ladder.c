#include "trade/ladder.h"

#include "base/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t floor_to(int64_t value, int64_t step)
{
    int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

uint32_t ladder_wanted(const struct ladder_config *config, const struct ladder_view *view,
                       enum side side, int64_t out[LADDER_LEVELS])
{
    double limit = config->max_position;
    if (side == SIDE_BUY ? !(view->position < limit) : !(view->position > -limit)) {
        return 0;
    }
    double mid = (double)(view->bid_ticks + view->ask_ticks) / 2.0;
    double half_spread = (double)config->half_spread_ticks;
    double skew = view->position / limit * half_spread;
    int64_t step = config->half_spread_ticks / 2 > 1 ? config->half_spread_ticks / 2 : 1;
    if (side == SIDE_BUY) {
        int64_t base = (int64_t)floor(mid - half_spread - skew);
        base = base < view->bid_ticks ? base : view->bid_ticks;
        // floor_to(base - i * step, step) for each level, and likewise below.
        int64_t top = floor_to(base, step);
        for (int i = 0; i < LADDER_LEVELS; i++) {
            out[i] = top - i * step;
        }
    } else {
        int64_t base = (int64_t)ceil(mid + half_spread - skew);
        base = base > view->ask_ticks ? base : view->ask_ticks;
        int64_t top = floor_to(base + step - 1, step);
        for (int i = 0; i < LADDER_LEVELS; i++) {
            out[i] = top + i * step;
        }
    }
    return LADDER_LEVELS;
}

void ladder_decide(const struct ladder_config *config, const struct ladder_view *view,
                   struct ladder_actions *out)
{
    int64_t wanted[2][LADDER_LEVELS];
    uint32_t count[2];
    bool there[2][LADDER_LEVELS] = {{false}};
    MM_ASSERT(view->order_count <= LADDER_ORDERS_MAX);
    out->cancel_count = 0;
    out->place_count = 0;
    for (int side = 0; side < 2; side++) {
        count[side] = ladder_wanted(config, view, (enum side)side, wanted[side]);
    }
    for (uint32_t i = 0; i < view->order_count; i++) {
        const struct ladder_order *order = &view->orders[i];
        uint32_t level = 0;
        while (level < count[order->side] && wanted[order->side][level] != order->price_ticks) {
            level++;
        }
        if (level < count[order->side]) {
            there[order->side][level] = true;
        } else if (order->cancellable) {
            out->cancels[out->cancel_count++] = i;
        }
    }
    for (int side = 0; side < 2; side++) {
        for (uint32_t level = 0; level < count[side]; level++) {
            if (!there[side][level]) {
                out->places[out->place_count++] =
                    (struct ladder_place){(enum side)side, wanted[side][level]};
            }
        }
    }
}

// ---- options ----

static double lots_to_qty(const struct instrument *instrument, int64_t lots)
{
    struct decimal lot = instrument->lot;
    return decimal_to_double((struct decimal){mul_checked(lots, lot.mantissa), lot.exponent});
}

struct ladder_config ladder_defaults(const struct instrument *instrument)
{
    int64_t lots;
    if (decimal_parse_steps("0.001", 5, instrument->lot, &lots) != DECIMAL_OK || lots < 1) {
        lots = 1;
    }
    return (struct ladder_config){.qty_lots = lots,
                                  .max_position = lots_to_qty(instrument, 10 * lots),
                                  .half_spread_ticks = 20};
}

static int parse_quantity(const char *key, const char *value, const struct instrument *instrument,
                          int64_t *out_lots)
{
    enum decimal_status status =
        decimal_parse_steps(value, strlen(value), instrument->lot, out_lots);
    if (status != DECIMAL_OK || *out_lots <= 0 || *out_lots > INT64_C(1) << 40) {
        char lot[DECIMAL_TEXT_SIZE];
        decimal_print(instrument->lot, lot);
        return mm_fail(MM_ERROR_USAGE,
                       "--ladder %s=%s: must be a quantity above 0 in whole lots of %s", key, value,
                       lot);
    }
    return MM_OK;
}

static int parse_pair(const char *key, const char *value, const struct instrument *instrument,
                      struct ladder_config *config)
{
    if (strcmp(key, "qty") == 0) {
        return parse_quantity(key, value, instrument, &config->qty_lots);
    }
    if (strcmp(key, "max_position") == 0) {
        int64_t lots;
        int rc = parse_quantity(key, value, instrument, &lots);
        if (rc == MM_OK) {
            struct decimal lot = instrument->lot;
            config->max_position =
                decimal_to_double((struct decimal){mul_checked(lots, lot.mantissa), lot.exponent});
        }
        return rc;
    }
    if (strcmp(key, "half_spread") == 0) {
        int64_t ticks;
        if (decimal_parse_scaled(value, strlen(value), 0, &ticks) != DECIMAL_OK || ticks < 0 ||
            ticks > LADDER_HALF_SPREAD_MAX) {
            return mm_fail(MM_ERROR_USAGE,
                           "--ladder half_spread=%s: must be a whole number of ticks from 0 to %d",
                           value, LADDER_HALF_SPREAD_MAX);
        }
        config->half_spread_ticks = ticks;
        return MM_OK;
    }
    return mm_fail(MM_ERROR_USAGE, "--ladder %s: the keys are qty, max_position and half_spread",
                   key);
}

int ladder_parse(const char *text, const struct instrument *instrument,
                 struct ladder_config *config)
{
    char copy[256];
    if (strlen(text) >= sizeof copy) {
        return mm_fail(MM_ERROR_USAGE, "--ladder: longer than %zu characters", sizeof copy - 1);
    }
    snprintf(copy, sizeof copy, "%s", text);
    char *rest = copy;
    while (rest != NULL && *rest != '\0') {
        char *pair = rest;
        rest = strchr(pair, ',');
        if (rest != NULL) {
            *rest++ = '\0';
        }
        char *equals = strchr(pair, '=');
        if (equals == NULL) {
            return mm_fail(MM_ERROR_USAGE, "--ladder %s: expected key=value", pair);
        }
        *equals = '\0';
        int rc = parse_pair(pair, equals + 1, instrument, config);
        if (rc < 0) {
            return rc;
        }
    }
    return MM_OK;
}
