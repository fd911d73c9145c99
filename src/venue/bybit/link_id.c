#include "venue/bybit/link_id.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { BASE = 36, TIME_DIGITS = 9, NUMBER_DIGITS = 11 };

static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

// The lowest `count` digits.
static void write_digits(uint64_t value, uint32_t count, char *out)
{
    for (uint32_t i = count; i > 0; i--) {
        out[i - 1] = digits[value % BASE];
        value /= BASE;
    }
    out[count] = '\0';
}

static bool read_digits(const char *text, size_t length, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < length; i++) {
        const char *at = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (at == NULL) {
            return false;
        }
        *out = *out * BASE + (uint64_t)(at - digits);
    }
    return length > 0;
}

int link_namer_init(struct link_namer *namer, const char *prefix, int64_t run_ms, uint32_t chance)
{
    size_t length = strlen(prefix);
    size_t plain = strspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    if (length == 0 || length > LINK_PREFIX_MAX || plain != length) {
        return mm_fail(MM_ERROR_USAGE, "--prefix: '%.64s' is not 1 to %d letters and digits",
                       prefix, LINK_PREFIX_MAX);
    }
    *namer = (struct link_namer){0};
    memcpy(namer->prefix, prefix, length + 1);
    write_digits((uint64_t)run_ms, TIME_DIGITS, namer->run);
    write_digits(chance, LINK_RUN_DIGITS - TIME_DIGITS, namer->run + TIME_DIGITS);
    return MM_OK;
}

void link_write(const struct link_namer *namer, uint64_t order_number, char out[LINK_ID_SIZE])
{
    char number[NUMBER_DIGITS + 1];
    write_digits(order_number, NUMBER_DIGITS, number);
    const char *start = number;
    while (start[0] == '0' && start[1] != '\0') {
        start++;
    }
    size_t length = strlen(namer->prefix);
    memcpy(out, namer->prefix, length);
    out[length] = '-';
    memcpy(out + length + 1, namer->run, LINK_RUN_DIGITS);
    out[length + 1 + LINK_RUN_DIGITS] = '-';
    memcpy(out + length + 2 + LINK_RUN_DIGITS, start, strlen(start) + 1);
}

struct link_meaning link_read(const struct link_namer *namer, const char *text)
{
    struct link_meaning meaning = {.owner = LINK_STRANGER};
    uint64_t run_ms = 0, chance = 0;
    size_t length = strlen(namer->prefix);
    if (strncmp(text, namer->prefix, length) != 0 || text[length] != '-') {
        return meaning;
    }
    const char *run = text + length + 1;
    const char *number = strlen(run) > LINK_RUN_DIGITS ? run + LINK_RUN_DIGITS : "";
    bool fine = number[0] == '-' && strlen(number + 1) <= NUMBER_DIGITS &&
                read_digits(number + 1, strlen(number + 1), &meaning.order_number) &&
                read_digits(run, TIME_DIGITS, &run_ms) &&
                read_digits(run + TIME_DIGITS, LINK_RUN_DIGITS - TIME_DIGITS, &chance);
    if (!fine) {
        return (struct link_meaning){.owner = LINK_STRANGER};
    }
    meaning.run_ms = (int64_t)run_ms;
    meaning.owner = strncmp(run, namer->run, LINK_RUN_DIGITS) == 0 ? LINK_OWN : LINK_OTHER_RUN;
    return meaning;
}
