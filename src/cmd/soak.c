// mmbot soak: the bot in iterations, each measured, judged and tuned.
#include "base/json.h"
#include "base/log.h"
#include "base/platform.h"
#include "base/suggest.h"
#include "cmd/commands.h"
#include "soak/orchestrator.h"
#include "soak/reporter.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: mmbot soak [--mock | --tape FILE] [OPTIONS]\n"
    "\n"
    "Runs the bot in iterations over consecutive windows of market time. After each one it "
    "measures\n"
    "what every fill was worth, judges the window, proposes changes of its parameters, and "
    "applies\n"
    "what the guard lets through. Without arguments: six windows on a simulated market.\n"
    "\n"
    "  --mock               the simulated market (default)\n"
    "  --tape FILE          a recorded market: a tape, or a raw capture, which is imported first\n"
    "  --market PRESET      alt-perp (default), btc-perp (default of a tape), or a .json file\n"
    "  --iterations N       windows to run (default 6)\n"
    "  --window TIME        market time of each (default 15m; a tape: its span / iterations)\n"
    "  --profile NAME       steady_safe, ultra_safe or aggressive\n"
    "  --set KEY=VALUE      one parameter; may be repeated\n"
    "  --tuner rules|off    what proposes changes (default rules)\n"
    "  --seed N             of everything random (default 42)\n"
    "  --regime R           calm, volatile, spike, thin, trend or switch (default), with --mock\n"
    "  --faults LIST        what goes wrong, with --mock: all, or names such as gap,reject:60 "
    "with\n"
    "                       strikes per hour (default none)\n"
    "  --queue MODEL        risk, pow:N, pow2:N, pow3:N, log, log2, with --tape\n"
    "  --latency E,R|FILE   entry and response, e.g. 10ms,10ms, or recorded 32-byte rows\n"
    "  --symbol S  --tick T  --lot L  --contract linear|inverse:SIZE\n"
    "                       what a raw capture does not say about its instrument\n"
    "  --out DIR            where artifacts go (default artifacts/soak)\n"
    "  --resume             go on with the run in --out; the other options as it was started with\n"
    "  --json               print the verdict as JSON and nothing else\n"
    "  --log-level LEVEL    debug, info, warn, error or off, on stderr (default info, on a\n"
    "                       terminal warn)\n"
    "\n"
    "Values come from the command line, else from $MM_RUNTIME_OVERRIDES_JSON, else from the "
    "profile,\n"
    "else they are the defaults. $SOAK_SLEEP_SECONDS: real seconds slept after each iteration.\n"
    "\n"
    "Exit codes: 0 PASS or WARN, 1 FAIL, 2 wrong usage, 3 INCONCLUSIVE, 4 an input or system "
    "error,\n"
    "130 or 143 stopped by a signal after a clean end.\n";

enum option_id {
    OPTION_MOCK = 1,
    OPTION_TAPE,
    OPTION_SET,
    OPTION_JSON,
    OPTION_RESUME,
    OPTION_LOG_LEVEL,
    OPTION_HELP,
    OPTION_TEXT // and above: the texts of config_options in the order of text_of
};

static const struct option long_options[] = {
    {"mock", no_argument, NULL, OPTION_MOCK},
    {"tape", required_argument, NULL, OPTION_TAPE},
    {"set", required_argument, NULL, OPTION_SET},
    {"json", no_argument, NULL, OPTION_JSON},
    {"resume", no_argument, NULL, OPTION_RESUME},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"help", no_argument, NULL, OPTION_HELP},
    {"market", required_argument, NULL, OPTION_TEXT},
    {"iterations", required_argument, NULL, OPTION_TEXT + 1},
    {"window", required_argument, NULL, OPTION_TEXT + 2},
    {"profile", required_argument, NULL, OPTION_TEXT + 3},
    {"tuner", required_argument, NULL, OPTION_TEXT + 4},
    {"seed", required_argument, NULL, OPTION_TEXT + 5},
    {"regime", required_argument, NULL, OPTION_TEXT + 6},
    {"queue", required_argument, NULL, OPTION_TEXT + 7},
    {"latency", required_argument, NULL, OPTION_TEXT + 8},
    {"symbol", required_argument, NULL, OPTION_TEXT + 9},
    {"tick", required_argument, NULL, OPTION_TEXT + 10},
    {"lot", required_argument, NULL, OPTION_TEXT + 11},
    {"contract", required_argument, NULL, OPTION_TEXT + 12},
    {"out", required_argument, NULL, OPTION_TEXT + 13},
    {"faults", required_argument, NULL, OPTION_TEXT + 14},
    {NULL, 0, NULL, 0},
};
enum { OPTION_COUNT = sizeof long_options / sizeof long_options[0] - 1 };

struct soak_arguments {
    struct config_options config;
    enum log_level log_level;
    bool json, help;
};

static const char **text_of(struct config_options *options, int id)
{
    const char **const texts[] = {
        &options->market,   &options->iterations, &options->window, &options->profile,
        &options->tuner,    &options->seed,       &options->regime, &options->queue,
        &options->latency,  &options->symbol,     &options->tick,   &options->lot,
        &options->contract, &options->out,        &options->faults,
    };
    return texts[id - OPTION_TEXT];
}

// The name in "--name=value" or "--name".
static int refuse_option(const char *argument)
{
    char name[64];
    const char *start = argument + strspn(argument, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "="), start);
    const char *names[OPTION_COUNT];
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        names[i] = long_options[i].name;
        if (strcmp(name, names[i]) == 0) {
            return mm_fail(MM_ERROR_USAGE, "--%s %s", name,
                           long_options[i].has_arg == no_argument ? "takes no value"
                                                                  : "needs a value");
        }
    }
    const char *near = suggest_name(name, names, OPTION_COUNT);
    return mm_fail(MM_ERROR_USAGE, "unknown option '%.64s'%s%s; mmbot soak --help lists them",
                   argument, near != NULL ? ", did you mean --" : "", near != NULL ? near : "");
}

static int take_set(struct config_options *options)
{
    if (options->set_count == CONFIG_SETS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "--set is given more than %d times", CONFIG_SETS_MAX);
    }
    options->sets[options->set_count++] = optarg;
    return MM_OK;
}

static int take_option(struct soak_arguments *arguments, int id, const char *argument)
{
    switch (id) {
    case OPTION_MOCK:
        arguments->config.mock = true;
        return MM_OK;
    case OPTION_TAPE:
        if (arguments->config.tape != NULL) {
            return mm_fail(MM_ERROR_USAGE, "--tape is given twice; a soak runs over one tape");
        }
        arguments->config.tape = optarg;
        return MM_OK;
    case OPTION_SET:
        return take_set(&arguments->config);
    case OPTION_JSON:
        arguments->json = true;
        return MM_OK;
    case OPTION_RESUME:
        arguments->config.resume = true;
        return MM_OK;
    case OPTION_LOG_LEVEL:
        return log_level_parse(optarg, &arguments->log_level) == 0
                   ? MM_OK
                   : mm_fail(MM_ERROR_USAGE,
                             "--log-level: '%.64s' is none of debug, info, warn, error, off",
                             optarg);
    case OPTION_HELP:
        arguments->help = true;
        return MM_OK;
    case '?':
        return refuse_option(argument);
    default:
        *text_of(&arguments->config, id) = optarg;
        return MM_OK;
    }
}

static int parse_arguments(int argc, char **argv, struct soak_arguments *out)
{
    bool on_terminal = platform_is_terminal(fileno(stderr));
    *out = (struct soak_arguments){.log_level = on_terminal ? LOG_WARN : LOG_INFO};
    out->config.overrides_json = getenv(CONFIG_OVERRIDES_VARIABLE);
    out->config.sleep_seconds = getenv(CONFIG_SLEEP_VARIABLE);
    optind = 1;
    opterr = 0;
    for (;;) {
        const char *argument = argv[optind];
        int id = getopt_long(argc, argv, "", long_options, NULL);
        if (id == -1) {
            break;
        }
        int code = take_option(out, id, argument);
        if (code != MM_OK) {
            return code;
        }
    }
    if (!out->help && optind < argc) {
        return mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind]);
    }
    return MM_OK;
}

// ---- signals ----

static volatile sig_atomic_t stop_signal;

// The first asks for a clean end; the second gets the default, which is death.
static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

// ---- the end ----

static int exit_code(int code, const struct run_record *run)
{
    if (code == MM_ERROR_STOPPED) {
        return 128 + stop_signal;
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot soak: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    switch (run->verdict.verdict) {
    case GATE_PASS:
    case GATE_WARN:
        return 0;
    case GATE_INCONCLUSIVE:
        return 3;
    default:
        return 1;
    }
}

static void print_json(const struct run_record *run)
{
    json_t *document = report_gate(run);
    char *text = json_document_text(document, NULL);
    if (text != NULL) {
        fputs(text, stdout);
    }
    free(text);
    json_decref(document);
}

static int run_soak(const struct soak_arguments *arguments)
{
    struct run_config config;
    struct run_record run = {0};
    struct terminal terminal;
    int code = config_resolve(&arguments->config, &config);
    if (code != MM_OK) {
        return exit_code(code, &run);
    }
    log_init(stderr, arguments->log_level);
    terminal_init(&terminal, arguments->json ? NULL : stdout, platform_is_terminal(fileno(stdout)));
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    code = orchestrator_run(&config, &terminal, &stop_signal, &run);
    log_flush();
    if (arguments->json && (code == MM_OK || code == MM_ERROR_STOPPED)) {
        print_json(&run);
    }
    int result = exit_code(code, &run);
    run_record_fini(&run);
    return result;
}

int cmd_soak(int argc, char **argv)
{
    struct soak_arguments arguments;
    int code = parse_arguments(argc, argv, &arguments);
    if (code != MM_OK) {
        return exit_code(code, NULL);
    }
    if (arguments.help) {
        fputs(help, stdout);
        return 0;
    }
    return run_soak(&arguments);
}
