// A pull parser for one line of JSON that ends in '\n': nothing is copied, nothing allocated,
// numbers are integers only.
//
// The line's end stops every loop, because no valid JSON text holds a control character except
// blanks between tokens; so the caller promises that the text ends in '\n' and never reads on from
// there. Every function returns false, with `error` set, on text that is not JSON of the shape
// asked for; a cursor that failed is not used again. Plain struct; any thread.
#ifndef MM_MARKET_CAPTURE_JSON_H
#define MM_MARKET_CAPTURE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CAPTURE_JSON_DEPTH_MAX = 64 };

struct capture_json {
    const char *at;
    const char *error; // static text, NULL while all is well
};

// A string's characters between the quotes, escapes left as they are. Borrowed from the line.
struct capture_text {
    const char *data; // NULL: absent
    size_t length;
};

static inline bool capture_text_is(struct capture_text text, const char *wanted)
{
    size_t length = strlen(wanted);
    return text.length == length && text.data != NULL && memcmp(text.data, wanted, length) == 0;
}

static inline bool capture_json_fail(struct capture_json *json, const char *error)
{
    json->error = error;
    return false;
}

static inline void capture_json_blanks(struct capture_json *json)
{
    while (*json->at == ' ' || *json->at == '\t' || *json->at == '\r') {
        json->at++;
    }
}

// Steps over `wanted` if it is the next character after blanks.
static inline bool capture_json_try(struct capture_json *json, char wanted)
{
    if (*json->at != wanted) {
        capture_json_blanks(json);
        if (*json->at != wanted) {
            return false;
        }
    }
    json->at++;
    return true;
}

static inline bool capture_json_take(struct capture_json *json, char wanted, const char *error)
{
    return capture_json_try(json, wanted) || capture_json_fail(json, error);
}

// The next character after blanks, not stepped over.
static inline char capture_json_peek(struct capture_json *json)
{
    capture_json_blanks(json);
    return *json->at;
}

// A string.
bool capture_json_string(struct capture_json *json, struct capture_text *out);

// An integer of 0 or more.
bool capture_json_uint(struct capture_json *json, uint64_t *out);

// true or false.
bool capture_json_bool(struct capture_json *json, bool *out);

// Steps over any value, checking that it is one; at most CAPTURE_JSON_DEPTH_MAX arrays and objects
// within one another.
bool capture_json_skip(struct capture_json *json);

// After '{' was taken: steps over the next key and its colon. False at the '}' (error stays NULL)
// or on a fault. `*first` starts as true.
bool capture_json_key(struct capture_json *json, bool *first, struct capture_text *out);

// Nothing but blanks up to the end of the line.
bool capture_json_end(struct capture_json *json);

// What became of a quoted decimal number.
enum capture_fixed {
    CAPTURE_FIXED_OK,
    CAPTURE_FIXED_FINER, // it has more decimals than asked for
    CAPTURE_FIXED_LARGE, // more digits than an integer can hold
    CAPTURE_FIXED_BROKEN // not digits[.digits]
};

enum { CAPTURE_DIGITS_MAX = 18 }; // of a number, so that it stays below 2^63

extern const uint64_t capture_powers_of_ten[CAPTURE_DIGITS_MAX + 1];

// Reads digits[.digits] as an integer of 10^-decimals and steps over it; `decimals` is at most
// CAPTURE_DIGITS_MAX. Zeros behind the wanted decimals are dropped. *at is left where it was
// unless the answer is CAPTURE_FIXED_OK.
static inline enum capture_fixed capture_fixed_read(const char **at, uint32_t decimals,
                                                    uint64_t *out)
{
    const char *text = *at;
    const char *start = text;
    uint64_t value = 0;
    for (; (unsigned)(*text - '0') < 10; text++) {
        value = value * 10 + (unsigned)(*text - '0');
    }
    size_t digits = (size_t)(text - start);
    if (digits == 0 || digits + decimals > CAPTURE_DIGITS_MAX) {
        return digits == 0 ? CAPTURE_FIXED_BROKEN : CAPTURE_FIXED_LARGE;
    }
    uint32_t missing = decimals;
    if (*text == '.') {
        const char *fraction = ++text;
        for (; (unsigned)(*text - '0') < 10 && missing > 0; text++, missing--) {
            value = value * 10 + (unsigned)(*text - '0');
        }
        for (; *text == '0'; text++) {
        }
        if ((unsigned)(*text - '1') < 9) {
            return CAPTURE_FIXED_FINER;
        }
        if (text == fraction) {
            return CAPTURE_FIXED_BROKEN;
        }
    }
    *out = value * capture_powers_of_ten[missing];
    *at = text;
    return CAPTURE_FIXED_OK;
}

#endif
