// The files the pages are made of, as the binary carries them, byte for byte; written by
// tools/embed.py at build. Static memory; any thread.
#ifndef MM_OBSERVE_PAGE_FILE_H
#define MM_OBSERVE_PAGE_FILE_H

#include <stddef.h>

struct page_file {
    const char *name; // its path in web/, e.g. "report/page.html", or "dygraph.js"
    const char *data; // ended by a NUL that `size` does not count
    size_t size;
    const char *packed; // the same as gzip
    size_t packed_size;
};

extern const struct page_file page_files[];
extern const size_t page_file_count;

// The file of this name, which need not be ended by NUL; NULL when there is none.
const struct page_file *page_file_find(const char *name, size_t length);

#endif
