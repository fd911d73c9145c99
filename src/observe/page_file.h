// The files the pages are made of, as the binary carries them, byte for byte; written by
// tools/embed.py at build. Static memory; any thread.
#ifndef MM_OBSERVE_PAGE_FILE_H
#define MM_OBSERVE_PAGE_FILE_H

#include <stddef.h>

struct page_file {
    const char *name; // e.g. "report/page.html", "dygraph.js"
    const char *data; // ended by a NUL that `size` does not count
    size_t size;
};

extern const struct page_file page_files[];
extern const size_t page_file_count;

#endif
