// How command lines are read: what goes where, and how an option is refused.
#include "cmd/options.h"

#include "cmocka_all.h"
#include "soak/config_manager.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

struct command {
    struct config_options bot;
    const char *out;
    bool json;
};

#define AT(field) offsetof(struct command, field), NULL
static const struct option_spec own[] = {{"out", OPTION_TEXT, AT(out)},
                                         {"json", OPTION_FLAG, AT(json)}};

// At most 12 words; the first is the command.
static int parse(struct command *command, const char *const *words)
{
    static char *argv[13];
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        argv[argc] = (char *)words[argc];
    }
    argv[argc] = NULL;
    *command = (struct command){0};
    const struct option_group groups[] = {{own, 2, command},
                                          {bot_options, BOT_OPTION_COUNT, &command->bot}};
    return options_parse("thing", argc, argv, groups, 2);
}

static void values_go_where_the_tables_say(void **state)
{
    (void)state;
    struct command command;
    const char *const words[] = {"thing",  "--set",         "a=1",        "rest",
                                 "--json", "--out=x",       "--contract", "linear",
                                 "--set",  "tail_age_ms=2", NULL};
    assert_int_equal(parse(&command, words), MM_OK);
    assert_string_equal(command.out, "x");
    assert_true(command.json);
    assert_string_equal(command.bot.contract, "linear");
    assert_int_equal(command.bot.set_count, 2);
    assert_string_equal(command.bot.sets[1], "tail_age_ms=2");
    assert_null(command.bot.market);
    assert_int_equal(optind, 9); // "rest" comes last
}

static void a_refused_option_is_named_with_the_one_it_resembles(void **state)
{
    (void)state;
    static const struct {
        const char *word, *expected;
    } cases[] = {
        {"--latencyy", "unknown option '--latencyy', did you mean --latency; mmbot thing --help"},
        {"--latencyy=5", "unknown option '--latencyy=5', did you mean --latency"},
        {"--zzz", "unknown option '--zzz'; mmbot thing --help lists them"},
        {"-j", "unknown option '-j'; mmbot thing"},
        {"--json=1", "--json takes no value"},
        {"--out", "--out needs a value"},
        {"--set", "--set needs a value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        const char *const words[] = {"thing", "rest", cases[i].word, NULL};
        assert_int_equal(parse(&command, words), MM_ERROR_USAGE);
        if (strstr(mm_error_text(), cases[i].expected) == NULL) {
            fail_msg("'%s' does not say '%s'", mm_error_text(), cases[i].expected);
        }
        mm_error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_where_the_tables_say),
        cmocka_unit_test(a_refused_option_is_named_with_the_one_it_resembles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
