#include "venue/fault_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

// Strikes per hour: what a bad day might bring, so that a soak of some hours meets every kind. A
// late answer can come after the order was taken for unknown (5 s in the presets).
const struct fault_spec fault_specs[FAULT_COUNT] = {
    [FAULT_GAP] = {"gap", 12, 50 * MS, 3 * SECOND},
    [FAULT_DUPLICATE] = {"duplicate", 60, 0, 0},
    [FAULT_REORDER] = {"reorder", 30, 50 * MS, 500 * MS},
    [FAULT_STALL] = {"stall", 12, 100 * MS, 8 * SECOND},
    [FAULT_TIMEOUT] = {"timeout", 30, 200 * MS, 3 * SECOND},
    [FAULT_LATE_ACK] = {"late_ack", 30, 100 * MS, 7 * SECOND},
    [FAULT_REJECT] = {"reject", 60, 0, 0},
    [FAULT_RATE_LIMIT] = {"rate_limit", 6, 500 * MS, 5 * SECOND},
    [FAULT_CANCEL_RACE] = {"cancel_race", 60, 20 * MS, 1 * SECOND},
    [FAULT_DISCONNECT] = {"disconnect", 4, 1 * SECOND, 30 * SECOND},
    [FAULT_CLOCK_JUMP] = {"clock_jump", 4, 1 * SECOND, 10 * SECOND},
    [FAULT_MAINTENANCE] = {"maintenance", 1, 30 * SECOND, 120 * SECOND},
    [FAULT_TAKEN] = {"taken", 12, 0, 0},
};

enum { PER_HOUR_MAX = 36000, ITEM_SIZE = 48 };

static int refuse_name(const char *name)
{
    char names[256] = "";
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, ", %s", fault_specs[fault].name);
    }
    return mm_fail(MM_ERROR_USAGE, "there is no fault '%.48s'; there are all, none%s", name, names);
}

static int parse_rate(const char *text, uint32_t *out)
{
    char *end = NULL;
    unsigned long rate = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || rate > PER_HOUR_MAX) {
        return mm_fail(MM_ERROR_USAGE, "'%.32s' is no number of strikes per hour from 0 to %d",
                       text, PER_HOUR_MAX);
    }
    *out = (uint32_t)rate;
    return MM_OK;
}

static int parse_item(char *item, struct fault_config *out)
{
    char *colon = strchr(item, ':');
    uint32_t rate = 0;
    if (colon != NULL) {
        *colon = '\0';
        int code = parse_rate(colon + 1, &rate);
        if (code != MM_OK) {
            return code;
        }
    }
    bool all = strcmp(item, "all") == 0;
    bool known = all;
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        if (all || strcmp(item, fault_specs[fault].name) == 0) {
            out->per_hour[fault] = colon != NULL ? rate : fault_specs[fault].per_hour;
            known = true;
        }
    }
    return known ? MM_OK : refuse_name(item);
}

int fault_config_parse(const char *text, struct fault_config *out)
{
    struct fault_config config = {0};
    bool none = strcmp(text, "none") == 0;
    for (const char *rest = text; !none && rest != NULL;) {
        char item[ITEM_SIZE];
        size_t length = strcspn(rest, ",");
        snprintf(item, sizeof item, "%.*s", (int)length, rest);
        int code = parse_item(item, &config);
        if (code != MM_OK) {
            return code;
        }
        rest = rest[length] == ',' ? rest + length + 1 : NULL;
    }
    *out = config;
    return MM_OK;
}

bool fault_config_any(const struct fault_config *config)
{
    bool any = false;
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        any = any || config->per_hour[fault] > 0;
    }
    return any;
}
