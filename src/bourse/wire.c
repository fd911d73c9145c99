#include "bourse/wire.h"

#include <stdio.h>
#include <string.h>

static void add_escaped(struct text *text, const char *value)
{
    const char *from = value;
    for (const char *at = value;; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            continue;
        }
        text_put(text, from, (size_t)(at - from));
        if (byte == '\0') {
            return;
        }
        text_add(text, byte < 0x20 ? "\\u%04x" : "\\%c", byte);
        from = at + 1;
    }
}

static void add_quoted(struct text *text, const char *value)
{
    text_put(text, "\"", 1);
    add_escaped(text, value);
    text_put(text, "\"", 1);
}

// What comes before a value: a comma where one is due, and the key.
static void begin(struct text *text, const char *key)
{
    char last = '{';
    if (text->size > 0) {
        last = text->bytes[text->size - 1];
    }
    if (last != '{' && last != '[' && last != ':') {
        text_put(text, ",", 1);
    }
    if (key != NULL) {
        text_put(text, "\"", 1);
        text_word(text, key);
        text_put(text, "\":", 2);
    }
}

void wire_open(struct text *text, const char *key, char bracket)
{
    begin(text, key);
    text_put(text, &bracket, 1);
}

void wire_close(struct text *text, char bracket)
{
    text_put(text, &bracket, 1);
}

void wire_string(struct text *text, const char *key, const char *value)
{
    begin(text, key);
    add_quoted(text, value);
}

void wire_number(struct text *text, const char *key, int64_t value)
{
    begin(text, key);
    text_integer(text, value);
}

void wire_bool(struct text *text, const char *key, bool value)
{
    wire_raw(text, key, value ? "true" : "false");
}

void wire_raw(struct text *text, const char *key, const char *json)
{
    begin(text, key);
    text_word(text, json);
}

void wire_number_text(struct text *text, const char *key, int64_t value)
{
    begin(text, key);
    text_put(text, "\"", 1);
    text_integer(text, value);
    text_put(text, "\"", 1);
}

size_t wire_print_steps(int64_t steps, struct decimal step, char *out)
{
    size_t length = decimal_print_steps(steps, step, out);
    if (step.exponent >= 0) {
        return length;
    }
    char *point = strchr(out, '.');
    size_t decimals = (size_t)-step.exponent;
    size_t present = point != NULL ? length - (size_t)(point - out) - 1 : 0;
    if (point == NULL) {
        out[length++] = '.';
    }
    for (; present < decimals && length + 1 < DECIMAL_TEXT_SIZE; present++) {
        out[length++] = '0';
    }
    out[length] = '\0';
    return length;
}

void wire_steps(struct text *text, const char *key, int64_t steps, struct decimal step)
{
    char out[DECIMAL_TEXT_SIZE];
    wire_print_steps(steps, step, out);
    wire_string(text, key, out);
}

void wire_money(struct text *text, const char *key, int64_t money_e9)
{
    char out[DECIMAL_TEXT_SIZE];
    decimal_print((struct decimal){money_e9, -9}, out);
    wire_string(text, key, out);
}

void wire_real(struct text *text, const char *key, double value, int decimals)
{
    char out[DECIMAL_TEXT_SIZE];
    int length = snprintf(out, sizeof out, "%.*f", decimals, value);
    size_t size = length > 0 && (size_t)length < sizeof out ? (size_t)length : 0;
    while (decimals > 0 && size > 1 && out[size - 1] == '0') {
        size--;
    }
    size -= decimals > 0 && size > 1 && out[size - 1] == '.';
    out[size] = '\0';
    wire_string(text, key, strcmp(out, "-0") == 0 ? "0" : out);
}
