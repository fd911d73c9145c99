// A report as one HTML page that needs nothing else: no host, no file beside it.
//
// The page's parts come from web/report and from the chart library's package, embedded at build; a
// line `<!--[NAME]-->` of a part is where the part NAME goes, and `<!--[data]-->` where the report
// goes. The page draws what the JSON object of report_json.h says and knows nothing besides.
#ifndef MM_OBSERVE_REPORT_PAGE_H
#define MM_OBSERVE_REPORT_PAGE_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

// Writes the page by file_write_atomic.
int report_page_write(const char *path, const json_t *report) MM_CHECKED;

// The page's text, NUL-terminated, to be freed with free(); NULL when the report cannot be encoded.
char *report_page_text(const json_t *report, size_t *out_size);

// JSON text as it may stand inside a <script>: the characters that could end it, or start a
// comment, are written as escapes, which parse to the same. `out` holds 6 times `size`; returns the
// length. Such characters are only found inside JSON's strings.
size_t report_page_escape(const char *json, size_t size, char *out);

#endif
