#include "cmd/soak_options.h"

#include "base/platform.h"
#include "base/suggest.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
    OPTION_MOCK = 1,
    OPTION_TAPE,
    OPTION_PAPER,
    OPTION_SET,
    OPTION_PIN,
    OPTION_HOURS,
    OPTION_JSON,
    OPTION_RESUME,
    OPTION_LOG_LEVEL,
    OPTION_HTTP,
    OPTION_NO_HTTP,
    OPTION_HTTP_CERT,
    OPTION_HTTP_KEY,
    OPTION_HTTP_PLAIN,
    OPTION_KEEP_OPEN,
    OPTION_HELP,
    OPTION_TEXT // and above: the texts of config_options in the order of text_of
};

static const struct option long_options[] = {
    {"mock", no_argument, NULL, OPTION_MOCK},
    {"tape", required_argument, NULL, OPTION_TAPE},
    {"paper", no_argument, NULL, OPTION_PAPER},
    {"set", required_argument, NULL, OPTION_SET},
    {"pin", required_argument, NULL, OPTION_PIN},
    {"hours", required_argument, NULL, OPTION_HOURS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"resume", no_argument, NULL, OPTION_RESUME},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"http", required_argument, NULL, OPTION_HTTP},
    {"no-http", no_argument, NULL, OPTION_NO_HTTP},
    {"http-cert", required_argument, NULL, OPTION_HTTP_CERT},
    {"http-key", required_argument, NULL, OPTION_HTTP_KEY},
    {"http-plain", no_argument, NULL, OPTION_HTTP_PLAIN},
    {"keep-open", no_argument, NULL, OPTION_KEEP_OPEN},
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
    {"fills", required_argument, NULL, OPTION_TEXT + 15},
    {"pace", required_argument, NULL, OPTION_TEXT + 16},
    {"category", required_argument, NULL, OPTION_TEXT + 17},
    {"depth", required_argument, NULL, OPTION_TEXT + 18},
    {"silence", required_argument, NULL, OPTION_TEXT + 19},
    {"rest", required_argument, NULL, OPTION_TEXT + 20},
    {"stream", required_argument, NULL, OPTION_TEXT + 21},
    {"ca", required_argument, NULL, OPTION_TEXT + 22},
    {"record", required_argument, NULL, OPTION_TEXT + 23},
    {NULL, 0, NULL, 0},
};
enum { OPTION_COUNT = sizeof long_options / sizeof long_options[0] - 1 };

static const char **text_of(struct config_options *options, int id)
{
    const char **const texts[] = {
        &options->market,       &options->iterations,    &options->window,
        &options->profile,      &options->tuner,         &options->seed,
        &options->regime,       &options->queue,         &options->latency,
        &options->symbol,       &options->tick,          &options->lot,
        &options->contract,     &options->out,           &options->faults,
        &options->fills,        &options->pace,          &options->bybit.category,
        &options->bybit.depth,  &options->bybit.silence, &options->bybit.rest,
        &options->bybit.stream, &options->bybit.ca,      &options->record,
    };
    return texts[id - OPTION_TEXT];
}

// The name in "--name=value" or "--name".
static int refuse_option(const char *command, const char *argument)
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
    return mm_fail(MM_ERROR_USAGE, "unknown option '%.64s'%s%s; mmbot %s --help lists them",
                   argument, near != NULL ? ", did you mean --" : "", near != NULL ? near : "",
                   command);
}

static int take_set(struct config_options *options)
{
    if (options->set_count == CONFIG_SETS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "--set is given more than %d times", CONFIG_SETS_MAX);
    }
    options->sets[options->set_count++] = optarg;
    return MM_OK;
}

static int take_pin(struct config_options *options)
{
    if (options->pin_count == PARAM_COUNT) {
        return mm_fail(MM_ERROR_USAGE, "--pin is given more than %d times", PARAM_COUNT);
    }
    options->pins[options->pin_count++] = optarg;
    return MM_OK;
}

// Of the page's options; false for others.
static bool take_page_option(struct soak_options *options, int id)
{
    switch (id) {
    case OPTION_HTTP:
        options->http = optarg;
        return true;
    case OPTION_NO_HTTP:
        options->no_http = true;
        return true;
    case OPTION_HTTP_CERT:
        options->http_cert = optarg;
        return true;
    case OPTION_HTTP_KEY:
        options->http_key = optarg;
        return true;
    case OPTION_HTTP_PLAIN:
        options->http_plain = true;
        return true;
    case OPTION_KEEP_OPEN:
        options->keep_open = true;
        return true;
    default:
        return false;
    }
}

static int take_option(struct soak_options *options, int id, const char *argument)
{
    if (take_page_option(options, id)) {
        return MM_OK;
    }
    switch (id) {
    case OPTION_MOCK:
        options->config.mock = true;
        return MM_OK;
    case OPTION_TAPE:
        if (options->config.tape != NULL) {
            return mm_fail(MM_ERROR_USAGE, "--tape is given twice; a soak runs over one tape");
        }
        options->config.tape = optarg;
        return MM_OK;
    case OPTION_PAPER:
        options->config.paper = true;
        return MM_OK;
    case OPTION_SET:
        return take_set(&options->config);
    case OPTION_PIN:
        return take_pin(&options->config);
    case OPTION_HOURS:
        options->hours = optarg;
        return MM_OK;
    case OPTION_JSON:
        options->json = true;
        return MM_OK;
    case OPTION_RESUME:
        options->config.resume = true;
        return MM_OK;
    case OPTION_LOG_LEVEL:
        return log_level_parse(optarg, &options->log_level) == 0
                   ? MM_OK
                   : mm_fail(MM_ERROR_USAGE,
                             "--log-level: '%.64s' is none of debug, info, warn, error, off",
                             optarg);
    case OPTION_HELP:
        options->help = true;
        return MM_OK;
    case '?':
        return refuse_option(options->command, argument);
    default:
        *text_of(&options->config, id) = optarg;
        return MM_OK;
    }
}

int soak_options_parse(int argc, char **argv, struct soak_options *out)
{
    bool on_terminal = platform_is_terminal(fileno(stderr));
    *out =
        (struct soak_options){.command = argv[0], .log_level = on_terminal ? LOG_WARN : LOG_INFO};
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
