#include "market/capture_json.h"

const uint64_t capture_powers_of_ten[CAPTURE_DIGITS_MAX + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Steps over what follows a backslash.
static bool take_escape(struct capture_json *json)
{
    char c = *json->at;
    if (c == 'u') {
        for (int i = 1; i <= 4; i++) {
            if (!is_hex(json->at[i])) {
                return capture_json_fail(json, "a string holds a broken escape");
            }
        }
        json->at += 5;
        return true;
    }
    if (c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' || c == 'r' ||
        c == 't') {
        json->at++;
        return true;
    }
    return capture_json_fail(json, "a string holds a broken escape");
}

// Steps over the characters of a string up to what is none of them: a quote, a backslash, or a
// control character.
static void skip_plain(struct capture_json *json)
{
    const char *at = json->at;
    while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\') {
        at++;
    }
    json->at = at;
}

bool capture_json_string(struct capture_json *json, struct capture_text *out)
{
    if (!capture_json_take(json, '"', "a string is missing")) {
        return false;
    }
    const char *start = json->at;
    for (;;) {
        skip_plain(json);
        char c = *json->at;
        if (c == '"') {
            break;
        }
        if (c != '\\') {
            return capture_json_fail(json, "a string does not end");
        }
        json->at++;
        if (!take_escape(json)) {
            return false;
        }
    }
    *out = (struct capture_text){start, (size_t)(json->at - start)};
    json->at++;
    return true;
}

bool capture_json_uint(struct capture_json *json, uint64_t *out)
{
    capture_json_blanks(json);
    const char *start = json->at;
    const char *at = start;
    uint64_t value = 0;
    for (; is_digit(*at); at++) {
        value = value * 10 + (uint64_t)(*at - '0');
    }
    size_t digits = (size_t)(at - start);
    if (digits == 0 || (digits > 1 && *start == '0') || *at == '.' || *at == 'e' || *at == 'E') {
        return capture_json_fail(json, "an integer of 0 or more is missing");
    }
    // 19 digits always fit; with 20, the value wrapped around if it is below the least of them.
    if (digits > 20 || (digits == 20 && (*start > '1' || value < UINT64_C(10000000000000000000)))) {
        return capture_json_fail(json, "an integer is too large");
    }
    json->at = at;
    *out = value;
    return true;
}

static bool take_word(struct capture_json *json, const char *word)
{
    // Compares no further than the first difference, so it stops at the end of the line.
    size_t length = 0;
    while (word[length] != '\0') {
        if (json->at[length] != word[length]) {
            return capture_json_fail(json, "a value is missing");
        }
        length++;
    }
    json->at += length;
    return true;
}

bool capture_json_bool(struct capture_json *json, bool *out)
{
    *out = capture_json_peek(json) == 't';
    if (!take_word(json, *out ? "true" : "false")) {
        return capture_json_fail(json, "true or false is missing");
    }
    return true;
}

static void skip_digits(struct capture_json *json)
{
    while (is_digit(*json->at)) {
        json->at++;
    }
}

static bool skip_number(struct capture_json *json)
{
    json->at += *json->at == '-';
    const char *whole = json->at;
    skip_digits(json);
    bool fine = json->at > whole && (*whole != '0' || json->at == whole + 1);
    if (fine && *json->at == '.') {
        const char *fraction = ++json->at;
        skip_digits(json);
        fine = json->at > fraction;
    }
    if (fine && (*json->at == 'e' || *json->at == 'E')) {
        json->at++;
        json->at += *json->at == '+' || *json->at == '-';
        const char *exponent = json->at;
        skip_digits(json);
        fine = json->at > exponent;
    }
    return fine || capture_json_fail(json, "a number is broken");
}

static bool skip_scalar(struct capture_json *json)
{
    struct capture_text text;
    char c = *json->at;
    switch (c) {
    case '"':
        return capture_json_string(json, &text);
    case 't':
        return take_word(json, "true");
    case 'f':
        return take_word(json, "false");
    case 'n':
        return take_word(json, "null");
    default:
        if (c == '-' || is_digit(c)) {
            return skip_number(json);
        }
        return capture_json_fail(json, "a value is missing");
    }
}

bool capture_json_key(struct capture_json *json, bool *first, struct capture_text *out)
{
    if (capture_json_try(json, '}')) {
        return false;
    }
    if (!*first && !capture_json_take(json, ',', "a comma or brace is missing")) {
        return false;
    }
    *first = false;
    return capture_json_string(json, out) &&
           capture_json_take(json, ':', "a colon is missing after a key");
}

// The arrays and objects that are open around the cursor: one bit each, 1 = object.
struct nesting {
    uint64_t objects;
    int depth;
};

static bool open_nested(struct capture_json *json, struct nesting *nesting, bool object)
{
    if (nesting->depth == CAPTURE_JSON_DEPTH_MAX) {
        return capture_json_fail(json, "arrays and objects are nested too deeply");
    }
    json->at++;
    nesting->objects = nesting->objects << 1 | object;
    nesting->depth++;
    return true;
}

// After a value: closes what ends here, or steps to the place of the next value.
static bool close_nested(struct capture_json *json, struct nesting *nesting)
{
    while (nesting->depth > 0) {
        bool object = nesting->objects & 1;
        bool first = false;
        struct capture_text key;
        if (object && capture_json_key(json, &first, &key)) {
            return true;
        }
        if (object && json->error != NULL) {
            return false;
        }
        if (!object && !capture_json_try(json, ']')) {
            return capture_json_take(json, ',', "a comma or bracket is missing");
        }
        nesting->objects >>= 1;
        nesting->depth--;
    }
    return true;
}

// After an opening bracket or brace: true when it is closed at once; else at the first value.
static bool empty_nested(struct capture_json *json, bool object)
{
    if (!object) {
        return capture_json_try(json, ']');
    }
    bool first = true;
    struct capture_text key;
    return !capture_json_key(json, &first, &key) && json->error == NULL;
}

bool capture_json_skip(struct capture_json *json)
{
    struct nesting nesting = {0};
    do {
        char c = capture_json_peek(json);
        if (c == '[' || c == '{') {
            bool object = c == '{';
            if (!open_nested(json, &nesting, object)) {
                return false;
            }
            if (!empty_nested(json, object)) {
                if (json->error != NULL) {
                    return false;
                }
                continue;
            }
            nesting.objects >>= 1;
            nesting.depth--;
        } else if (!skip_scalar(json)) {
            return false;
        }
        if (!close_nested(json, &nesting)) {
            return false;
        }
    } while (nesting.depth > 0);
    return true;
}

bool capture_json_end(struct capture_json *json)
{
    if (capture_json_peek(json) != '\n') {
        return capture_json_fail(json, "there is text after the message");
    }
    return true;
}
