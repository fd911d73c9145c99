#include "observe/page.h"

#include "base/json.h"
#include "cmocka_all.h"
#include "observe/page_file.h"

#include <string.h>

static void assert_comes_back(const char *text)
{
    json_t *report = json_pack("{s:s}", "text", text);
    size_t size = 0;
    char *line = json_document_line(report, &size);
    char *page = page_text(PAGE_REPORT, line, size, &size);
    free(line);
    assert_non_null(page);
    assert_int_equal(strlen(page), size);
    json_t *data = NULL;
    assert_int_equal(page_parse(page, size, "page", &data), MM_OK);
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

static void assert_whole(const char *frame)
{
    size_t size = 0;
    char *page = page_text(frame, "{}", 2, &size);
    assert_null(strstr(page, "=\"/assets/"));
    assert_non_null(strstr(page, "Dygraph"));
    assert_non_null(strstr(page, "Permission is hereby granted, free of charge"));
    assert_memory_equal(page, "<!DOCTYPE html>", strlen("<!DOCTYPE html>"));
    free(page);
}

static void every_part_of_a_page_is_in_it(void **state)
{
    (void)state;
    assert_whole(PAGE_REPORT);
    assert_whole(PAGE_DASHBOARD);
}

static void assert_refused(const char *text, size_t size)
{
    json_t *data = NULL;
    assert_int_equal(page_parse(text, size, "some.html", &data), MM_ERROR_INPUT);
    assert_null(data);
    assert_non_null(strstr(mm_error_text(), "some.html"));
    mm_error_clear();
}

static void what_is_not_a_page_is_refused(void **state)
{
    (void)state;
    static const char HEAD[] = "<script type=\"application/json\" id=\"data\">";
    char text[256];
    assert_refused("", 0);
    assert_refused(HEAD, strlen(HEAD));
    int size = snprintf(text, sizeof text, "%s{} ", HEAD);
    assert_refused(text, (size_t)size);
    size = snprintf(text, sizeof text, "%s{\"a\":1,}</script>", HEAD);
    assert_refused(text, (size_t)size);
    size = snprintf(text, sizeof text, "%s</script>", HEAD);
    assert_refused(text, (size_t)size);
    static const char CUT[] = "<script type=\"application/json\" id=\"data\">{}</script>\0more";
    assert_refused(CUT, sizeof CUT - 1);
}

static void a_file_is_found_by_its_whole_name(void **state)
{
    (void)state;
    const struct page_file *file = page_file_find("dygraph.js\"", strlen("dygraph.js"));
    assert_non_null(file);
    assert_string_equal(file->name, "dygraph.js");
    assert_true(file->packed_size > 0 && file->packed_size < file->size);
    assert_null(page_file_find("dygraph.j", strlen("dygraph.j")));
    assert_null(page_file_find("", 0));
}

// What a browser fetches to show a run, packed.
static void the_dashboard_is_small(void **state)
{
    (void)state;
    size_t size = 0;
    for (size_t i = 0; i < page_file_count; i++) {
        bool is_report = strncmp(page_files[i].name, "report/", strlen("report/")) == 0;
        size += is_report ? 0 : page_files[i].packed_size;
    }
    assert_in_range(size, 50000, 200000);
}

static void a_page_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(page_write("/nowhere/at/all.html", PAGE_REPORT, "{}", 2), MM_ERROR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_end_the_script_is_escaped),
        cmocka_unit_test(every_byte_can_be_an_escape),
        cmocka_unit_test(a_report_comes_back_from_its_page),
        cmocka_unit_test(every_part_of_a_page_is_in_it),
        cmocka_unit_test(what_is_not_a_page_is_refused),
        cmocka_unit_test(a_file_is_found_by_its_whole_name),
        cmocka_unit_test(the_dashboard_is_small),
        cmocka_unit_test(a_page_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
