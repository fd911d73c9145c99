// JSON documents as this project writes and reads them, over jansson.
//
// Written: keys sorted, two spaces of indent, a trailing newline, real numbers with at most
// JSON_REAL_DIGITS significant digits, so that equal documents are equal bytes. Read: duplicate
// keys are refused, and an error names file, line and column. Documents are jansson's json_t,
// freed by json_decref; building and reading them is jansson's own interface. Not for the path of
// an event: everything here allocates.
#ifndef MM_BASE_JSON_H
#define MM_BASE_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JSON_REAL_DIGITS = 15,  // what every double carries without the noise of its last bits
    JSON_DECIMALS_MAX = 15, // of json_real_stable
};

// A real rounded to at most `decimals` places, which json_document_text prints without noise:
// 0.1 + 0.04 is 0.14. Minus zero becomes 0; NaN and the infinities become null, because unknown is
// not a number. A new reference.
json_t *json_real_stable(double value, int decimals);

// The document's text, NUL-terminated, to be freed by the caller with free(); *out_size (may be
// NULL) is its length. The document is an object or an array; NULL when it cannot be encoded.
char *json_document_text(const json_t *document, size_t *out_size);

// The same on one line, without indent: for JSON lines and for what goes over a socket.
char *json_document_line(const json_t *document, size_t *out_size);

// What a key of an object holds when that is a text, else "". Borrowed from the object, which may
// be NULL.
const char *json_text_at(const json_t *object, const char *key);

// The number, or null when it is not known. A new reference.
json_t *json_known_integer(bool is_known, int64_t value);

// Writes the document's text by file_write_atomic.
int json_document_write(const char *path, const json_t *document, unsigned mode) MM_CHECKED;

// Parses `size` bytes of `text`; `origin` names them in an error ("FILE:line:column: why"). On
// success *out is a new reference, on error NULL.
int json_document_parse(const char *text, size_t size, const char *origin, json_t **out) MM_CHECKED;

// Reads and parses the file; refuses one larger than `size_max` bytes.
int json_document_read(const char *path, size_t size_max, json_t **out) MM_CHECKED;

#endif
