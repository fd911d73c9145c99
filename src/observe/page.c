#include "observe/page.h"

#include "base/check.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "observe/page_file.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_MODE = 0644, ESCAPE_SIZE = 6 };

static const char DATA[] = "<script type=\"application/json\" id=\"data\">";
static const char STYLE[] = "<link rel=\"stylesheet\" href=\"/assets/";
static const char SCRIPT[] = " src=\"/assets/"; // within <script ...></script>

size_t page_escape(const char *json, size_t size, char *out)
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

struct page {
    char *text; // owned
    size_t size, used;
    const char *data; // escaped
    size_t data_size;
};

static void put(struct page *page, const char *text, size_t size)
{
    MM_ASSERT(size <= page->size - page->used);
    memcpy(page->text + page->used, text, size);
    page->used += size;
}

static void put_string(struct page *page, const char *text)
{
    put(page, text, strlen(text));
}

// The file whose name goes on to the next quotation mark.
static void put_asset(struct page *page, const char *name)
{
    const struct page_file *file = page_file_find(name, strcspn(name, "\""));
    MM_ASSERT(file != NULL);
    put(page, file->data, file->size);
}

// One line of the frame, its newline included; what it asks for is put in its place. A file is
// asked for once, and by one line.
static void put_line(struct page *page, const char *line, size_t size)
{
    const char *source = strstr(line, SCRIPT);
    if (strncmp(line, STYLE, strlen(STYLE)) == 0) {
        put_string(page, "<style>\n");
        put_asset(page, line + strlen(STYLE));
        put_string(page, "</style>\n");
    } else if (source != NULL && source < line + size) {
        put(page, line, (size_t)(source - line));
        put_string(page, ">\n");
        put_asset(page, source + strlen(SCRIPT));
        put_string(page, "</script>\n");
    } else if (strncmp(line, DATA, strlen(DATA)) == 0) {
        put(page, DATA, strlen(DATA));
        put_string(page, "\n");
        put(page, page->data, page->data_size);
        put(page, line + strlen(DATA), size - strlen(DATA));
    } else {
        put(page, line, size);
    }
}

static void put_frame(struct page *page, const struct page_file *frame)
{
    for (const char *line = frame->data; *line != '\0';) {
        const char *end = strchr(line, '\n');
        MM_ASSERT(end != NULL);
        put_line(page, line, (size_t)(end + 1 - line));
        line = end + 1;
    }
}

char *page_text(const char *frame, const char *data, size_t data_size, size_t *out_size)
{
    const struct page_file *file = page_file_find(frame, strlen(frame));
    MM_ASSERT(file != NULL);
    char *escaped = mm_alloc(data_size + 1, ESCAPE_SIZE);
    struct page page = {.data = escaped, .data_size = page_escape(data, data_size, escaped)};
    page.size = page.data_size;
    for (size_t i = 0; i < page_file_count; i++) {
        page.size += page_files[i].size;
    }
    page.text = mm_alloc(page.size + 1, 1);
    put_frame(&page, file);
    free(escaped);
    *out_size = page.used;
    return page.text;
}

int page_write(const char *path, const char *frame, const char *data, size_t data_size)
{
    size_t size = 0;
    char *text = page_text(frame, data, data_size, &size);
    int status = file_write_atomic(path, text, size, PAGE_MODE);
    free(text);
    return status;
}

int page_parse(const char *text, size_t size, const char *origin, json_t **out)
{
    const char *data = strstr(text, DATA);
    const char *end = data != NULL ? strstr(data, "</script>") : NULL;
    if (end == NULL || strlen(text) != size) {
        return mm_fail(MM_ERROR_INPUT, "%s: not a page of mmbot with the data of a run", origin);
    }
    data += strlen(DATA);
    return json_document_parse(data, (size_t)(end - data), origin, out);
}
