#include "observe/page_file.h"

#include <string.h>

const struct page_file *page_file_find(const char *name, size_t length)
{
    for (size_t i = 0; i < page_file_count; i++) {
        if (strlen(page_files[i].name) == length && memcmp(page_files[i].name, name, length) == 0) {
            return &page_files[i];
        }
    }
    return NULL;
}
