#include "cmd/commands.h"

#include "base/file.h"
#include "base/json.h"
#include "scratch.h"

#include <fcntl.h>

static const char capture_text[] =
    "1700000000100000000 {\"e\":\"depthUpdate\",\"E\":1700000000001,\"T\":1700000000000,\"s\":"
    "\"ABCUSDT\",\"b\":[[\"10.5\",\"1.25\"]],\"a\":[[\"10.7\",\"2\"]]}\n"
    "1700000000200000000 {\"stream\":\"abcusdt@kline_1m\",\"data\":{}}\n"
    "1700000000300000000 {\"e\":\"bookTicker\",\"s\":\"ABCUSDT\",\"b\":\"10.5\",\"B\":\"1\",\"a\":"
    "\"10.7\",\"A\":\"1\",\"T\":1700000000000,\"E\":1700000000000}\n";

enum { TEXT_SIZE = 8192, ARGUMENTS_MAX = 12 };
static char out_text[TEXT_SIZE], error_text[TEXT_SIZE];

static void read_text(const char *path, char *text)
{
    char *data;
    size_t size;
    assert_int_equal(file_read_all(path, TEXT_SIZE - 1, &data, &size), MM_OK);
    memcpy(text, data, size + 1);
    free(data);
}

static int redirect(FILE *stream, const char *path)
{
    assert_int_equal(fflush(stream), 0);
    int saved = dup(fileno(stream));
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && file >= 0);
    assert_true(dup2(file, fileno(stream)) >= 0);
    assert_int_equal(close(file), 0);
    return saved;
}

static void restore(FILE *stream, int saved)
{
    assert_int_equal(fflush(stream), 0);
    assert_true(dup2(saved, fileno(stream)) >= 0);
    assert_int_equal(close(saved), 0);
}

// Runs `mmbot tape WORDS…` (blanks between words); what it wrote is in out_text and error_text.
static int run(const char *words)
{
    char line[1024];
    char *arguments[ARGUMENTS_MAX] = {NULL};
    int count = 0;
    (void)snprintf(line, sizeof line, "tape %s", words);
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < ARGUMENTS_MAX - 1);
        arguments[count++] = word;
    }
    const char *out_path = scratch_path("stdout");
    const char *error_path = scratch_path("stderr");
    int saved_out = redirect(stdout, out_path);
    int saved_error = redirect(stderr, error_path);
    int code = cmd_tape(count, arguments);
    restore(stdout, saved_out);
    restore(stderr, saved_error);
    read_text(out_path, out_text);
    read_text(error_path, error_text);
    return code;
}

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' does not say '%s'", text, part);
    }
}

static int set_up(void **state)
{
    return scratch_set_up(state) || chdir(scratch_directory) ||
           setenv("MM_CACHE_DIR", scratch_path("cache"), 1);
}

static void import_writes_a_tape_and_says_what_it_inferred(void **state)
{
    (void)state;
    scratch_write("capture", capture_text, strlen(capture_text));
    assert_int_equal(run("import --format binance capture -o a.tape"), 0);
    assert_says(out_text, "ABCUSDT on binance-usdm, tick 0.1 (inferred), lot 0.01 (inferred), "
                          "linear:1 (inferred)");
    assert_says(out_text, "3 lines, left out 1 messages of other streams");
    assert_int_equal(run("import --contract inverse:10 --tick 0.05 -o b.tape capture"), 0);
    assert_says(out_text, "tick 0.05, lot 0.01 (inferred), inverse:10\n");
}

static void info_and_check_describe_a_tape_or_a_capture(void **state)
{
    (void)state;
    scratch_write("capture", capture_text, strlen(capture_text));
    assert_int_equal(run("import capture -o a.tape"), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(run(i == 0 ? "info a.tape" : "info capture"), 0);
        assert_says(out_text, "binance:capture");
        assert_says(out_text, "2023-11-14T22:13:20.000Z");
        assert_says(out_text, "1 depth updates, 0 trades");
        assert_int_equal(run(i == 0 ? "check a.tape" : "check capture"), 0);
        assert_says(out_text, "equals the book's at 100.00 % of 1 depth updates (exchange clock)");
    }
}

static void json_says_the_same_to_a_machine(void **state)
{
    (void)state;
    scratch_write("capture", capture_text, strlen(capture_text));
    json_t *document;
    assert_int_equal(run("info capture --json"), 0);
    assert_int_equal(json_document_parse(out_text, strlen(out_text), "info", &document), MM_OK);
    assert_int_equal(json_integer_value(json_object_get(document, "rows")), 2);
    assert_int_equal(json_integer_value(json_object_get(document, "left_out")), 1);
    json_t *instrument = json_object_get(document, "instrument");
    assert_string_equal(json_string_value(json_object_get(instrument, "lot")), "0.01");
    json_decref(document);
    assert_int_equal(run("check --json capture"), 0);
    assert_int_equal(json_document_parse(out_text, strlen(out_text), "check", &document), MM_OK);
    assert_int_equal(json_integer_value(json_object_get(document, "wrong_bests")), 0);
    assert_true(json_real_value(json_object_get(document, "best_agreed_share")) == 1.0);
    json_decref(document);
}

static void wrong_usage_is_exit_code_2(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "usage:"},
        {"convert x", "unknown action 'convert'"},
        {"export x", "where to write the rows"},
        {"import -o x --feed-latency 5 a", "feed-latency"},
        {"import capture", "where to write the tape"},
        {"import -o x", "which file?"},
        {"info a b", "one file at a time"},
        {"import -o", "option '-o' lacks its value"},
        {"import --tick", "option '--tick' lacks its value"},
        {"import --tock 1", "unknown option '--tock'"},
        {"import -o x --tick 0 a", "tick '0' is not a decimal number above 0"},
        {"import -o x --format csv a", "format 'csv' is not one of: auto, binance, bybit"},
        {"info", "which file?"},
        {"info --symbol X a", "unknown option '--symbol'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run(cases[i][0]), 2);
        assert_says(error_text, cases[i][1]);
        assert_string_equal(out_text, "");
    }
}

static void bad_input_is_exit_code_4_and_leaves_no_tape(void **state)
{
    (void)state;
    scratch_write("bad", "nonsense\n", 9);
    assert_int_equal(run("import bad -o bad.tape"), 4);
    assert_says(error_text, "mmbot tape: bad:1: the line does not start with its receive time");
    assert_false(file_exists("bad.tape"));
    assert_int_equal(run("info nosuch"), 4);
    assert_says(error_text, "nosuch");
    assert_int_equal(run("check bad"), 4);
    assert_int_equal(run("import bad -o bad.tape --symbol X"), 4);
}

static void help_is_printed_on_request(void **state)
{
    (void)state;
    static const char *const cases[] = {"--help", "-h", "import --help", "info -h"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run(cases[i]), 0);
        assert_says(out_text, "--contract C");
        assert_string_equal(error_text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import_writes_a_tape_and_says_what_it_inferred),
        cmocka_unit_test(info_and_check_describe_a_tape_or_a_capture),
        cmocka_unit_test(json_says_the_same_to_a_machine),
        cmocka_unit_test(wrong_usage_is_exit_code_2),
        cmocka_unit_test(bad_input_is_exit_code_4_and_leaves_no_tape),
        cmocka_unit_test(help_is_printed_on_request),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_tear_down);
}
