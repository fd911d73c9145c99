// What the feed's encoders share. Private to src/observe; every value is a new reference.
#ifndef MM_OBSERVE_FEED_JSON_PARTS_H
#define MM_OBSERVE_FEED_JSON_PARTS_H

#include "base/json.h"
#include "observe/feed_json.h"

enum { BPS_DECIMALS = 4, SHARE_DECIMALS = 6, RATE_DECIMALS = 3 };

static inline void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static inline void set_integer(json_t *object, const char *key, int64_t value)
{
    set(object, key, json_integer((json_int_t)value));
}

// Text from outside (a file's name, a line cut in the middle of a letter) may be no UTF-8: what is
// not ASCII in it is then replaced.
static inline json_t *any_text(const char *value)
{
    json_t *text = json_string(value);
    if (text != NULL) {
        return text;
    }
    char ascii[OBSERVED_LOG_SIZE];
    size_t size = 0;
    for (; value[size] != '\0' && size + 1 < sizeof ascii; size++) {
        ascii[size] = (unsigned char)value[size] < 0x80 ? value[size] : '?';
    }
    return json_stringn(ascii, size);
}

static inline void set_text(json_t *object, const char *key, const char *value)
{
    set(object, key, any_text(value));
}

static inline json_t *known_real(bool is_known, double value, int decimals)
{
    return is_known ? json_real_stable(value, decimals) : json_null();
}

static inline json_t *known_text(bool is_known, const char *value)
{
    return is_known ? json_string(value) : json_null();
}

static inline json_t *wall_ms(int64_t wall_ns)
{
    return json_known_integer(wall_ns != 0, wall_ns / INT64_C(1000000));
}

static inline void set_time(json_t *object, const char *key, const struct observed_run *run,
                            int64_t ns)
{
    set_integer(object, key, feed_time_ns(run, ns));
}

static inline const char *side_name(enum side side)
{
    return side == SIDE_BUY ? "buy" : "sell";
}

#endif
