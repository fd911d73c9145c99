#include "observe/page.h"

#include "base/json.h"
#include "cmocka_all.h"

#include <string.h>

// What follows `mark` in the text, which must be there.
static const char *after(const char *text, const char *mark)
{
    const char *found = strstr(text, mark);
    assert_non_null(found);
    return found + strlen(mark);
}

// The data of a page as its reader would parse them.
static json_t *parse_data(const char *page)
{
    const char *start = after(page, "<script type=\"application/json\" id=\"data\">");
    const char *end = strstr(start, "</script>");
    assert_non_null(end);
    json_t *data = NULL;
    assert_int_equal(json_document_parse(start, (size_t)(end - start), "page", &data), MM_OK);
    return data;
}

static void assert_comes_back(const char *text)
{
    json_t *report = json_pack("{s:s}", "text", text);
    size_t size = 0;
    char *page = page_text(PAGE_REPORT, report, &size);
    assert_non_null(page);
    assert_int_equal(strlen(page), size);
    json_t *data = parse_data(page);
    assert_true(json_equal(report, data));
    json_decref(data);
    json_decref(report);
    free(page);
}

static void what_could_end_the_script_is_escaped(void **state)
{
    (void)state;
    static const char JSON[] = "{\"a\":\"</script><!-- & -->\"}";
    char out[6 * sizeof JSON];
    size_t size = page_escape(JSON, strlen(JSON), out);
    out[size] = '\0';
    assert_string_equal(out, "{\"a\":\"\\u003c/script\\u003e\\u003c!-- \\u0026 --\\u003e\"}");
}

static void every_byte_can_be_an_escape(void **state)
{
    (void)state;
    char in[64], out[6 * 64];
    memset(in, '<', sizeof in);
    assert_int_equal(page_escape(in, sizeof in, out), sizeof out);
}

static void a_report_comes_back_from_its_page(void **state)
{
    (void)state;
    assert_comes_back("plain");
    assert_comes_back("</script><script>alert(1)</script>");
    assert_comes_back(" src=\"/assets/none\" <link rel=\"stylesheet\" href=\"/assets/none\"> <!--");
    assert_comes_back("a & b &lt; \"quoted\" \\ back\\u003cslash");
    assert_comes_back("\xe2\x80\x94 \xe2\x80\xa8 line separator, \xc3\xa9");
}

static void every_part_of_the_page_is_in_it(void **state)
{
    (void)state;
    json_t *report = json_object();
    size_t size = 0;
    char *page = page_text(PAGE_REPORT, report, &size);
    assert_null(strstr(page, "=\"/assets/"));
    assert_non_null(strstr(page, "Dygraph"));
    assert_non_null(strstr(page, "Permission is hereby granted, free of charge"));
    assert_memory_equal(page, "<!DOCTYPE html>", strlen("<!DOCTYPE html>"));
    free(page);
    json_decref(report);
}

static void a_page_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    json_t *report = json_object();
    assert_int_equal(page_write("/nowhere/at/all.html", PAGE_REPORT, report), MM_ERROR_SYSTEM);
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_end_the_script_is_escaped),
        cmocka_unit_test(every_byte_can_be_an_escape),
        cmocka_unit_test(a_report_comes_back_from_its_page),
        cmocka_unit_test(every_part_of_the_page_is_in_it),
        cmocka_unit_test(a_page_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
