#include "base/json.h"

#include "base/check.h"
#include "base/file.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_real_stable(double value, int decimals)
{
    MM_ASSERT(decimals >= 0 && decimals <= JSON_DECIMALS_MAX);
    if (!isfinite(value)) {
        return json_null();
    }
    // Through text, because that is the only rounding to a decimal place without a second error:
    // 310 digits hold DBL_MAX.
    char text[310 + 2 + JSON_DECIMALS_MAX + 1];
    (void)snprintf(text, sizeof text, "%.*f", decimals, value);
    double rounded = strtod(text, NULL);
    return json_real(rounded == 0.0 ? 0.0 : rounded);
}

static int take_piece(const char *piece, size_t size, void *context)
{
    text_put(context, piece, size);
    return 0;
}

static char *encode(const json_t *document, size_t layout, size_t *out_size)
{
    const size_t flags = layout | JSON_SORT_KEYS | JSON_REAL_PRECISION(JSON_REAL_DIGITS);
    struct text text = {0};
    if (json_dump_callback(document, take_piece, &text, flags) != 0) {
        text_fini(&text);
        return NULL;
    }
    text_put(&text, "\n", 1);
    if (out_size != NULL) {
        *out_size = text.size;
    }
    return text.bytes;
}

char *json_document_text(const json_t *document, size_t *out_size)
{
    return encode(document, JSON_INDENT(2), out_size);
}

char *json_document_line(const json_t *document, size_t *out_size)
{
    return encode(document, JSON_COMPACT, out_size);
}

const char *json_text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

json_t *json_known_integer(bool is_known, int64_t value)
{
    return is_known ? json_integer((json_int_t)value) : json_null();
}

int json_document_write(const char *path, const json_t *document, unsigned mode)
{
    size_t size = 0;
    char *text = json_document_text(document, &size);
    if (text == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot encode the JSON document for %s", path);
    }
    int status = file_write_atomic(path, text, size, mode);
    free(text);
    return status;
}

int json_document_parse(const char *text, size_t size, const char *origin, json_t **out)
{
    json_error_t error;
    *out = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (*out == NULL) {
        return mm_fail(MM_ERROR_INPUT, "%s:%d:%d: %s", origin, error.line, error.column,
                       error.text);
    }
    return MM_OK;
}

int json_document_read(const char *path, size_t size_max, json_t **out)
{
    *out = NULL;
    char *text = NULL;
    size_t size = 0;
    int status = file_read_all(path, size_max, &text, &size);
    if (status == MM_OK) {
        status = json_document_parse(text, size, path, out);
        free(text);
    }
    return status;
}
