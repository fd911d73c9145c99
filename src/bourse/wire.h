// JSON as the exchange writes it: compact, keys in a fixed order, numbers mostly as strings.
//
// Each call adds one value to the end of a text, with the comma that its place asks for (none after
// an opening bracket or at the text's start). `key` NULL is for elements of an array and for the
// outermost value. Strings are escaped; the bytes given must be UTF-8. Pure but for the text.
#ifndef MM_BOURSE_WIRE_H
#define MM_BOURSE_WIRE_H

#include "base/decimal.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

void wire_open(struct text *text, const char *key, char bracket); // '{' or '['
void wire_close(struct text *text, char bracket);                 // '}' or ']'

void wire_string(struct text *text, const char *key, const char *value);
void wire_number(struct text *text, const char *key, int64_t value);
void wire_bool(struct text *text, const char *key, bool value);
void wire_raw(struct text *text, const char *key, const char *json);      // JSON text as it is
void wire_number_text(struct text *text, const char *key, int64_t value); // "123"

// steps * step with as many decimals as the step has, quoted: prices and quantities.
void wire_steps(struct text *text, const char *key, int64_t steps, struct decimal step);
// Money in 1e-9 of a coin without trailing zeros, quoted.
void wire_money(struct text *text, const char *key, int64_t money_e9);
// A real number with at most `decimals` decimals, without trailing zeros, quoted.
void wire_real(struct text *text, const char *key, double value, int decimals);

// The same price or quantity without quotes, into `out` of DECIMAL_TEXT_SIZE bytes; its length.
size_t wire_print_steps(int64_t steps, struct decimal step, char *out);

#endif
