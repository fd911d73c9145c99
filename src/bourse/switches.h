// What the exchange's documentation leaves open, and the strictness of its limits, as switches.
//
// One table: name, what it decides, the values, the value at start. Values are words, or numbers
// within a range. Plain memory; any thread.
#ifndef MM_BOURSE_SWITCHES_H
#define MM_BOURSE_SWITCHES_H

#include "base/error.h"

#include <stdint.h>

enum switch_id {
    SWITCH_POST_ONLY_CROSS,
    SWITCH_STREAM_ORDER,
    SWITCH_LATE_CANCEL,
    SWITCH_LINK_HORIZON,
    SWITCH_REJECT_WITHOUT_ID,
    SWITCH_RATE_LIMITS,
    SWITCH_IP_LIMIT,
    SWITCH_IP_BAN_S,
    SWITCH_IDLE_PUBLIC_S,
    SWITCH_IDLE_PRIVATE_S,
    SWITCH_SILENT_S,
    SWITCH_PRICE_LIMIT_BPS,
    SWITCH_MAINTENANCE,
    SWITCH_FUNDING_RATE,
    SWITCH_COUNT
};

enum { POST_ONLY_CANCELLED, POST_ONLY_REJECTED };
enum { STREAM_AFTER_ACK, STREAM_BEFORE_ACK, STREAM_RANDOM };
enum { LATE_CANCEL_REFUSED, LATE_CANCEL_ACKED };
enum { LINKS_REMEMBERED, LINKS_OPEN };
enum { OFF, ON };
enum { LIMITS_DEFAULT, LIMITS_VIP1, LIMITS_VIP2, LIMITS_VIP3, LIMITS_OFF };
enum { MAINTENANCE_CODE, MAINTENANCE_HTTP };

enum { SWITCH_WORDS_MAX = 6 };

struct switch_spec {
    const char *name;
    const char *decides;                 // one sentence
    const char *words[SWITCH_WORDS_MAX]; // NULL in the first: a number from least to most
    int32_t least, most;
    int32_t start;
};

extern const struct switch_spec switch_specs[SWITCH_COUNT];

struct switches {
    int32_t values[SWITCH_COUNT];
};

void switches_init(struct switches *switches);
// MM_ERROR_USAGE names the switch, the value and what is allowed.
int switches_set(struct switches *switches, const char *name, const char *value) MM_CHECKED;

enum { SWITCH_TEXT_SIZE = 128 };
// The value as a word or number, and all allowed values, into SWITCH_TEXT_SIZE bytes.
void switch_value_text(enum switch_id id, int32_t value, char *out);
void switch_allowed_text(enum switch_id id, char *out);

#endif
