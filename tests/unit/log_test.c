#include "base/log.h"

#include "base/platform.h"
#include "cmocka_all.h"

#include <string.h>

static const int64_t NS_PER_SECOND = 1000000000;

// 2026-01-01T00:00:00.250Z
static const int64_t START_NS = INT64_C(1767225600250000000);

static int64_t now_ns;
static FILE *sink;
static char *written; // what the log has written so far, after settle()
static size_t written_size;

static int64_t fake_clock(void)
{
    return now_ns;
}

static int set_up(void **state)
{
    (void)state;
    now_ns = START_NS;
    sink = open_memstream(&written, &written_size);
    log_set_clock(fake_clock);
    log_init(sink, LOG_INFO);
    return sink == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    log_init(NULL, LOG_OFF);
    log_set_clock(NULL);
    (void)fclose(sink);
    free(written);
    return 0;
}

static const char *log_so_far(void)
{
    (void)fflush(sink);
    return written;
}

static int lines_so_far(void)
{
    int lines = 0;
    for (const char *at = log_so_far(); *at != '\0'; at++) {
        lines += *at == '\n';
    }
    return lines;
}

static void a_line_holds_time_level_event_and_pairs(void **state)
{
    (void)state;
    log_event(LOG_WARN, "soak_start", "profile=%s seed=%d", "alt", 42);
    log_event(LOG_INFO, "bare", "%s", "");
    assert_string_equal(
        log_so_far(), "t=2026-01-01T00:00:00.250Z level=warn event=soak_start profile=alt seed=42\n"
                      "t=2026-01-01T00:00:00.250Z level=info event=bare \n");
}

static void lines_below_the_threshold_are_not_written(void **state)
{
    (void)state;
    log_event(LOG_DEBUG, "detail", "x=1");
    assert_int_equal(lines_so_far(), 0);
    log_init(sink, LOG_OFF);
    log_event(LOG_ERROR, "broken", "x=1");
    assert_int_equal(lines_so_far(), 0);
}

static void a_burst_is_cut_and_the_next_second_says_by_how_much(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_BURST + 7; i++) {
        log_event(LOG_WARN, "gap", "i=%d", i);
    }
    assert_int_equal(lines_so_far(), LOG_BURST);
    log_event(LOG_INFO, "other", "x=1"); // other events are not held back
    assert_int_equal(lines_so_far(), LOG_BURST + 1);
    now_ns += NS_PER_SECOND;
    log_event(LOG_INFO, "later", "x=2");
    assert_int_equal(lines_so_far(), LOG_BURST + 3);
    assert_non_null(strstr(log_so_far(),
                           "\nt=2026-01-01T00:00:01.250Z level=warn event=gap repeats=7\n"
                           "t=2026-01-01T00:00:01.250Z level=info event=later x=2\n"));
}

static void a_new_second_allows_a_new_burst(void **state)
{
    (void)state;
    for (int second = 0; second < 3; second++) {
        for (int i = 0; i < LOG_BURST; i++) {
            log_event(LOG_INFO, "tick", "i=%d", i);
        }
        now_ns += NS_PER_SECOND;
    }
    assert_int_equal(lines_so_far(), 3 * LOG_BURST);
    assert_null(strstr(log_so_far(), "repeats"));
}

static void flushing_tells_of_repeats_still_due_once(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_BURST + 2; i++) {
        log_event(LOG_INFO, "gap", "i=%d", i);
    }
    log_flush();
    log_flush();
    assert_int_equal(lines_so_far(), LOG_BURST + 1);
    assert_non_null(strstr(log_so_far(), "event=gap repeats=2\n"));
}

static void a_decision_is_never_dropped_as_a_repeat(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * LOG_BURST; i++) {
        log_decision("verdict", "i=%d", i);
    }
    log_flush();
    assert_int_equal(lines_so_far(), 3 * LOG_BURST);
    assert_non_null(strstr(log_so_far(), "level=info event=verdict i=59\n"));
}

static void more_event_names_than_are_tracked_lose_no_line(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        char event[16];
        (void)snprintf(event, sizeof event, "event_%d", i);
        log_event(LOG_INFO, event, "x=1");
    }
    assert_int_equal(lines_so_far(), 500);
}

static void an_overlong_line_is_cut_visibly_and_ends(void **state)
{
    (void)state;
    char value[2 * LOG_LINE_SIZE];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    log_event(LOG_INFO, "long", "x=%s", value);
    const char *text = log_so_far();
    assert_int_equal(strlen(text), LOG_LINE_SIZE);
    assert_string_equal(text + LOG_LINE_SIZE - 5, "v...\n");
}

static void a_newline_in_a_value_does_not_make_a_second_line(void **state)
{
    (void)state;
    log_event(LOG_INFO, "sneaky", "x=%s", "1\nt=0 level=info event=forged\r\033[2J");
    assert_int_equal(lines_so_far(), 1);
    assert_null(strchr(log_so_far(), '\033'));
}

static void quoting_escapes_and_stays_within_its_buffer(void **state)
{
    (void)state;
    char out[64];
    assert_string_equal(log_quote("two words", out, sizeof out), "\"two words\"");
    assert_string_equal(log_quote("a\"b\\c\nd\te\001", out, sizeof out),
                        "\"a\\\"b\\\\c\\nd\\te\\u0001\"");
    assert_string_equal(log_quote("", out, sizeof out), "\"\"");
    assert_string_equal(log_quote("caf\xc3\xa9", out, sizeof out), "\"caf\xc3\xa9\"");
    assert_string_equal(log_quote("abcdef", out, 6), "\"abc\"");
    assert_string_equal(log_quote("ab\001", out, 8), "\"ab\""); // no half of an escape
    assert_string_equal(log_quote("abc", out, 2), "");
    out[0] = 'x';
    (void)log_quote("abc", out, 0);
    assert_int_equal(out[0], 'x');
}

static void levels_are_parsed_by_their_names(void **state)
{
    (void)state;
    enum log_level level = LOG_DEBUG;
    assert_int_equal(log_level_parse("warn", &level), 0);
    assert_int_equal(level, LOG_WARN);
    assert_int_equal(log_level_parse("off", &level), 0);
    assert_int_equal(level, LOG_OFF);
    assert_int_equal(log_level_parse("WARN", &level), -1);
    assert_int_equal(log_level_parse("", &level), -1);
    assert_int_equal(level, LOG_OFF);
}

static void time_is_written_in_utc_with_milliseconds(void **state)
{
    (void)state;
    char text[PLATFORM_TIME_TEXT_SIZE];
    platform_time_text(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    platform_time_text(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    platform_time_text(INT64_C(1709209845999999999), text);
    assert_string_equal(text, "2024-02-29T12:30:45.999Z");
}

static void the_clocks_run_forward(void **state)
{
    (void)state;
    int64_t before = platform_monotonic_ns();
    platform_sleep_ns(1000000);
    assert_true(platform_monotonic_ns() - before >= 1000000);
    assert_true(platform_wall_ns() > START_NS - 10 * 365 * 86400 * NS_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_holds_time_level_event_and_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_below_the_threshold_are_not_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_burst_is_cut_and_the_next_second_says_by_how_much, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_second_allows_a_new_burst, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flushing_tells_of_repeats_still_due_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_decision_is_never_dropped_as_a_repeat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_event_names_than_are_tracked_lose_no_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_overlong_line_is_cut_visibly_and_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_newline_in_a_value_does_not_make_a_second_line, set_up,
                                        tear_down),
        cmocka_unit_test(quoting_escapes_and_stays_within_its_buffer),
        cmocka_unit_test(levels_are_parsed_by_their_names),
        cmocka_unit_test(time_is_written_in_utc_with_milliseconds),
        cmocka_unit_test(the_clocks_run_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
