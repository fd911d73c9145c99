// A page that needs nothing else: no host, no file beside it.
//
// Pages are made of the files in web/ and of the chart library's package, embedded at build
// (page_file.h). A page's frame is HTML that asks for `/assets/NAME`, as a server gives it; here
// the files are put into the frame instead, and the data of which the page is to tell with them.
// The page draws what the data say and knows nothing besides.
#ifndef MM_OBSERVE_PAGE_H
#define MM_OBSERVE_PAGE_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

#define PAGE_REPORT "report/page.html"
#define PAGE_DASHBOARD "dashboard/index.html"

// The page of this frame, an embedded file, with these data, JSON text of `data_size` bytes;
// NUL-terminated, to be freed with free().
char *page_text(const char *frame, const char *data, size_t data_size, size_t *out_size);

// Writes it by file_write_atomic.
int page_write(const char *path, const char *frame, const char *data, size_t data_size) MM_CHECKED;

// The data of such a page, a new reference. `text` is NUL-terminated; MM_ERROR_INPUT when it is
// no page with data, and `origin` names it in the error.
int page_parse(const char *text, size_t size, const char *origin, json_t **out) MM_CHECKED;

// JSON text as it may stand inside a <script>: the characters that could end it, or start a
// comment, are written as escapes, which parse to the same. `out` holds 6 times `size`; returns the
// length. Such characters are only found inside JSON's strings.
size_t page_escape(const char *json, size_t size, char *out);

#endif
