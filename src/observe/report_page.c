#include "observe/report_page.h"

#include "base/check.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "observe/page_file.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_MODE = 0644, ESCAPE_SIZE = 6 };

static const char MARK_START[] = "<!--[", MARK_END[] = "]-->";

size_t report_page_escape(const char *json, size_t size, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        const char *escape = json[i] == '<'   ? "\\u003c"
                             : json[i] == '>' ? "\\u003e"
                             : json[i] == '&' ? "\\u0026"
                                              : NULL;
        if (escape != NULL) {
            memcpy(out + used, escape, ESCAPE_SIZE);
            used += ESCAPE_SIZE;
        } else {
            out[used++] = json[i];
        }
    }
    return used;
}

static const struct page_file *find_part(const char *name, size_t length)
{
    for (size_t i = 0; i < page_file_count; i++) {
        if (strlen(page_files[i].name) == length && memcmp(page_files[i].name, name, length) == 0) {
            return &page_files[i];
        }
    }
    return NULL;
}

struct page {
    char *text; // owned
    size_t size, used;
    const char *data; // the report, escaped
    size_t data_size;
};

static void put(struct page *page, const char *text, size_t size)
{
    MM_ASSERT(size <= page->size - page->used);
    memcpy(page->text + page->used, text, size);
    page->used += size;
}

// Parts hold no marks themselves.
static void put_part(struct page *page, const char *name, size_t length)
{
    if (length == strlen("data") && memcmp(name, "data", length) == 0) {
        put(page, page->data, page->data_size);
        return;
    }
    const struct page_file *part = find_part(name, length);
    MM_ASSERT(part != NULL);
    put(page, part->data, part->size);
}

static void put_frame(struct page *page, const struct page_file *frame)
{
    const char *rest = frame->data;
    const char *mark;
    while ((mark = strstr(rest, MARK_START)) != NULL) {
        const char *name = mark + strlen(MARK_START);
        const char *end = strstr(name, MARK_END);
        MM_ASSERT(end != NULL);
        put(page, rest, (size_t)(mark - rest));
        put_part(page, name, (size_t)(end - name));
        rest = end + strlen(MARK_END);
    }
    put(page, rest, strlen(rest));
}

char *report_page_text(const json_t *report, size_t *out_size)
{
    size_t json_size = 0;
    char *json = json_document_line(report, &json_size);
    if (json == NULL) {
        return NULL;
    }
    char *data = mm_alloc(json_size, ESCAPE_SIZE);
    struct page page = {.data = data, .data_size = report_page_escape(json, json_size, data)};
    free(json);
    page.size = page.data_size;
    for (size_t i = 0; i < page_file_count; i++) {
        page.size += page_files[i].size;
    }
    page.text = mm_alloc(page.size + 1, 1);
    static const char FRAME[] = "report/page.html";
    const struct page_file *frame = find_part(FRAME, strlen(FRAME));
    MM_ASSERT(frame != NULL);
    put_frame(&page, frame);
    free(data);
    *out_size = page.used;
    return page.text;
}

int report_page_write(const char *path, const json_t *report)
{
    size_t size = 0;
    char *text = report_page_text(report, &size);
    if (text == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot encode the report for %s", path);
    }
    int status = file_write_atomic(path, text, size, PAGE_MODE);
    free(text);
    return status;
}
