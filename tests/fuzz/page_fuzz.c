// Any bytes either are refused as a page, in words that name it, or hold data of which a page can
// be made that gives them back.
#include "base/check.h"
#include "base/json.h"
#include "observe/page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const json_t *data)
{
    size_t size = 0;
    json_t *again = NULL;
    char *line = json_document_line(data, &size);
    MM_ASSERT(line != NULL);
    char *page = page_text(PAGE_DASHBOARD, line, size, &size);
    free(line);
    int status = page_parse(page, size, "page", &again);
    MM_ASSERT(status == MM_OK);
    MM_ASSERT(json_equal(data, again));
    json_decref(again);
    free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    json_t *found = NULL;
    MM_ASSERT(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (page_parse(text, size, "fuzz", &found) == MM_OK) {
        check_round_trip(found);
        json_decref(found);
    } else {
        MM_ASSERT(strstr(mm_error_text(), "fuzz") != NULL);
        mm_error_clear();
    }
    free(text);
    return 0;
}
