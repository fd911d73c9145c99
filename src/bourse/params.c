#include "bourse/params.h"

#include <stdio.h>
#include <string.h>

json_t *params_of_body(const char *body, size_t size)
{
    if (size == 0) {
        return json_object();
    }
    json_t *document = json_loadb(body, size, 0, NULL);
    if (document != NULL && !json_is_object(document)) {
        json_decref(document);
        return NULL;
    }
    return document;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Decodes `size` bytes into `out`; longer texts than PARAM_TEXT_SIZE - 1 are cut.
static size_t decode(const char *from, size_t size, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < size && length + 1 < PARAM_TEXT_SIZE; i++) {
        int high = from[i] == '%' && i + 2 < size ? hex_digit(from[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(from[i + 2]) : -1;
        if (low >= 0) {
            out[length++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[length++] = from[i] == '+' ? ' ' : from[i];
        }
    }
    out[length] = '\0';
    return length;
}

json_t *params_of_query(const char *query)
{
    json_t *params = json_object();
    const char *at = query;
    while (*at != '\0') {
        size_t size = strcspn(at, "&");
        const char *equals = memchr(at, '=', size);
        size_t name_size = equals != NULL ? (size_t)(equals - at) : size;
        char name[PARAM_TEXT_SIZE], value[PARAM_TEXT_SIZE] = "";
        decode(at, name_size, name);
        if (equals != NULL) {
            decode(equals + 1, size - name_size - 1, value);
        }
        if (json_object_get(params, name) == NULL) {
            json_object_set_new(params, name, json_string(value)); // refused when it is not UTF-8
        }
        at += size + (at[size] == '&');
    }
    return params;
}

const char *param_text(const json_t *params, const char *name, char *out)
{
    const json_t *value = json_object_get(params, name);
    out[0] = '\0';
    if (json_is_string(value)) {
        size_t size = strnlen(json_string_value(value), PARAM_TEXT_SIZE - 1);
        memcpy(out, json_string_value(value), size);
        out[size] = '\0';
    } else if (json_is_integer(value)) {
        snprintf(out, PARAM_TEXT_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(out, PARAM_TEXT_SIZE, "%.12g", json_real_value(value));
    }
    return out;
}

bool param_present(const json_t *params, const char *name)
{
    const json_t *value = json_object_get(params, name);
    return value != NULL && !json_is_null(value) &&
           !(json_is_string(value) && json_string_length(value) == 0);
}

bool param_bool(const json_t *params, const char *name)
{
    const json_t *value = json_object_get(params, name);
    return json_is_true(value) ||
           (json_is_string(value) && strcmp(json_string_value(value), "true") == 0);
}

bool param_number(const json_t *params, const char *name, int64_t least, int64_t most,
                  int64_t otherwise, int64_t *out)
{
    char text[PARAM_TEXT_SIZE];
    *out = otherwise;
    if (!param_present(params, name)) {
        return true;
    }
    param_text(params, name, text);
    int64_t number;
    if (decimal_parse_scaled(text, strlen(text), 0, &number) != DECIMAL_OK || number < least ||
        number > most) {
        return false;
    }
    *out = number;
    return true;
}

enum decimal_status param_steps(const json_t *params, const char *name, struct decimal step,
                                int64_t *out)
{
    char text[PARAM_TEXT_SIZE];
    param_text(params, name, text);
    return decimal_parse_steps(text, strlen(text), step, out);
}
