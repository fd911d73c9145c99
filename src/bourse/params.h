// What a request asks for, in one form: the fields of a JSON body or of a query.
//
// Bybit writes numbers as strings; numbers as such are taken too. Documents are jansson's json_t.
#ifndef MM_BOURSE_PARAMS_H
#define MM_BOURSE_PARAMS_H

#include "base/decimal.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARAM_TEXT_SIZE = 128 };

// A body as an object; an empty one is an object without fields. NULL when it is none.
json_t *params_of_body(const char *body, size_t size);

// A raw query: fields split at '&', names and values percent-decoded. The first of equal names
// counts. Never NULL.
json_t *params_of_query(const char *query);

// The field as text in `out` of PARAM_TEXT_SIZE bytes; "" when absent, null or no text or number.
const char *param_text(const json_t *params, const char *name, char *out);

// Whether the field is there and not "" or null.
bool param_present(const json_t *params, const char *name);

bool param_bool(const json_t *params, const char *name); // true, "true"; else false

// A whole number within the range: `otherwise` when the field is absent. False when it is wrong.
bool param_number(const json_t *params, const char *name, int64_t least, int64_t most,
                  int64_t otherwise, int64_t *out);

// A decimal as a count of steps.
enum decimal_status param_steps(const json_t *params, const char *name, struct decimal step,
                                int64_t *out);

#endif
