#include "bourse/switches.h"

#include "base/decimal.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(least_, most_, start_) .least = (least_), .most = (most_), .start = (start_)

const struct switch_spec switch_specs[SWITCH_COUNT] = {
    [SWITCH_POST_ONLY_CROSS] = {.name = "post_only_cross",
                                .decides = "the status of a post-only order that would have taken",
                                .words = {"cancelled", "rejected"}},
    [SWITCH_STREAM_ORDER] = {.name = "stream_order",
                             .decides =
                                 "whether the private streams tell of a request before its answer",
                             .words = {"after_ack", "before_ack", "random"}},
    [SWITCH_LATE_CANCEL] =
        {.name = "late_cancel",
         .decides = "what a cancel of an order that has just filled gets: 110001, or an "
                    "acknowledgement and a second Filled",
         .words = {"refused", "acked"}},
    [SWITCH_LINK_HORIZON] = {.name = "link_horizon",
                             .decides = "among which orders an orderLinkId must be unique",
                             .words = {"remembered", "open"}},
    [SWITCH_REJECT_WITHOUT_ID] = {.name = "reject_without_id",
                                  .decides =
                                      "whether the trade WebSocket's parameter errors omit reqId",
                                  .words = {"off", "on"}},
    [SWITCH_RATE_LIMITS] = {.name = "rate_limits",
                            .decides = "requests per second and endpoint of an account",
                            .words = {"default", "vip1", "vip2", "vip3", "off"}},
    [SWITCH_IP_LIMIT] = {.name = "ip_limit",
                         .decides =
                             "whether more than 600 REST requests in 5 s are answered with 403",
                         .words = {"off", "on"},
                         .start = ON},
    [SWITCH_IP_BAN_S] = {.name = "ip_ban_s",
                         .decides = "seconds that such a 403 lasts",
                         NUMBER(1, 86400, 600)},
    [SWITCH_IDLE_PUBLIC_S] =
        {.name = "idle_public_s",
         .decides = "seconds after which a public connection that asked for nothing and "
                    "sends nothing is closed",
         NUMBER(1, 86400, 60)},
    [SWITCH_IDLE_PRIVATE_S] =
        {.name = "idle_private_s",
         .decides = "seconds without traffic after which a private or trade connection "
                    "is closed, when it does not say max_active_time",
         NUMBER(1, 86400, 600)},
    [SWITCH_SILENT_S] = {.name = "dcp_silent_s",
                         .decides =
                             "seconds without a frame after which a connection counts as dead for "
                             "disconnect-cancel-all",
                         NUMBER(1, 86400, 30)},
    [SWITCH_PRICE_LIMIT_BPS] = {.name = "price_limit_bps",
                                .decides =
                                    "how far beyond the mark price an order may take, in bps",
                                NUMBER(1, 9999, 500)},
    [SWITCH_MAINTENANCE] =
        {.name = "maintenance",
         .decides = "how REST says that the exchange is being maintained: retCode 10016, "
                    "or HTTP 503",
         .words = {"code", "http"}},
    [SWITCH_FUNDING_RATE] = {.name = "funding_rate",
                             .decides =
                                 "paid every 8 hours by longs to shorts, in 1e-6 of the value",
                             NUMBER(-50000, 50000, 100)},
};

void switches_init(struct switches *switches)
{
    for (int id = 0; id < SWITCH_COUNT; id++) {
        switches->values[id] = switch_specs[id].start;
    }
}

static int find_switch(const char *name, int *out)
{
    for (int id = 0; id < SWITCH_COUNT; id++) {
        if (strcmp(switch_specs[id].name, name) == 0) {
            *out = id;
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_USAGE, "there is no switch '%.64s'; mmbot venue --switches lists them",
                   name);
}

static int parse_value(const struct switch_spec *spec, const char *value, int32_t *out)
{
    if (spec->words[0] == NULL) {
        int64_t number;
        if (decimal_parse_scaled(value, strlen(value), 0, &number) != DECIMAL_OK ||
            number < spec->least || number > spec->most) {
            return MM_ERROR_USAGE;
        }
        *out = (int32_t)number;
        return MM_OK;
    }
    for (int i = 0; i < SWITCH_WORDS_MAX && spec->words[i] != NULL; i++) {
        if (strcmp(spec->words[i], value) == 0) {
            *out = i;
            return MM_OK;
        }
    }
    return MM_ERROR_USAGE;
}

int switches_set(struct switches *switches, const char *name, const char *value)
{
    int id = 0;
    int code = find_switch(name, &id);
    if (code != MM_OK) {
        return code;
    }
    if (parse_value(&switch_specs[id], value, &switches->values[id]) != MM_OK) {
        char allowed[SWITCH_TEXT_SIZE];
        switch_allowed_text((enum switch_id)id, allowed);
        return mm_fail(MM_ERROR_USAGE, "%s: '%.32s' is not %s", name, value, allowed);
    }
    return MM_OK;
}

void switch_value_text(enum switch_id id, int32_t value, char *out)
{
    const struct switch_spec *spec = &switch_specs[id];
    if (spec->words[0] != NULL) {
        snprintf(out, SWITCH_TEXT_SIZE, "%s", spec->words[value]);
    } else {
        snprintf(out, SWITCH_TEXT_SIZE, "%" PRId32, value);
    }
}

void switch_allowed_text(enum switch_id id, char *out)
{
    const struct switch_spec *spec = &switch_specs[id];
    if (spec->words[0] == NULL) {
        snprintf(out, SWITCH_TEXT_SIZE, "a whole number from %" PRId32 " to %" PRId32, spec->least,
                 spec->most);
        return;
    }
    size_t at = 0;
    for (int i = 0; i < SWITCH_WORDS_MAX && spec->words[i] != NULL && at < SWITCH_TEXT_SIZE; i++) {
        bool last = i + 1 == SWITCH_WORDS_MAX || spec->words[i + 1] == NULL;
        const char *joint = i == 0 ? "" : last ? " or " : ", ";
        int length = snprintf(out + at, SWITCH_TEXT_SIZE - at, "%s%s", joint, spec->words[i]);
        at += (size_t)length;
    }
}
