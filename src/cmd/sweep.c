// mmbot sweep: the bot at many points of its parameters over recorded markets.
#include "sweep/sweep.h"

#include "base/platform.h"
#include "base/suggest.h"
#include "cmd/commands.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: mmbot sweep --tape FILE... --grid KEY=LO:HI:STEP... [OPTIONS]\n"
    "       mmbot sweep merge OUT.sqlite [IN.sqlite...] [--top K] [--rank BY] [--json]\n"
    "\n"
    "Runs the bot over recorded markets at every point of a grid of its parameters, on all cores,\n"
    "and prints the best points with what choosing the best did to them. `merge` joins the\n"
    "databases of a sweep's shards, or just prints the results of one.\n"
    "\n"
    "  --tape FILE          a tape, or a raw capture, which is imported first; may be repeated\n"
    "  --grid KEY=VALUES    LO:HI:STEP, LO:HI (in the parameter's step) or A,B,C; may be repeated\n"
    "  --sample HOW         grid (all points, default), random or sobol\n"
    "  --count N            points of a random or sobol sample\n"
    "  --seed N             of the sample (default 42)\n"
    "  --db OUT.sqlite      where results are kept; the same command resumes what was stopped\n"
    "  --shard I/N          run the points i with i % N = I - 1, e.g. of an array job\n"
    "  --jobs N             processes at once (default: one for each core)\n"
    "  --top K              points to print (default 10)\n"
    "  --rank BY            sharpe (default) or net\n"
    "  --window TIME        market time of one observation of net profit (default 10s)\n"
    "  --market PRESET      btc-perp (default), alt-perp, or a .json file\n"
    "  --profile NAME       steady_safe, ultra_safe or aggressive: what is not swept\n"
    "  --set KEY=VALUE      one parameter that is not swept; may be repeated\n"
    "  --queue MODEL        risk, pow:N, pow2:N, pow3:N, log, log2\n"
    "  --latency E,R|FILE   entry and response, e.g. 10ms,10ms, or recorded 32-byte rows\n"
    "  --fills strict|compat  the rules of fills (default strict)\n"
    "  --symbol S  --tick T  --lot L  --contract linear|inverse:SIZE\n"
    "                       what a raw capture does not say about its instrument\n"
    "  --json               print the results as JSON\n"
    "\n"
    "Exit codes: 0 all points done, 2 wrong usage, 3 points are missing after a merge, 4 an input\n"
    "or system error or a point that failed, 130 or 143 stopped by a signal; what is finished is\n"
    "kept.\n";

enum option_id {
    OPTION_TAPE = 1,
    OPTION_GRID,
    OPTION_SET,
    OPTION_TOP,
    OPTION_RANK,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_TEXT // and above: the texts in the order of text_of
};

static const struct option long_options[] = {
    {"tape", required_argument, NULL, OPTION_TAPE},
    {"grid", required_argument, NULL, OPTION_GRID},
    {"set", required_argument, NULL, OPTION_SET},
    {"top", required_argument, NULL, OPTION_TOP},
    {"rank", required_argument, NULL, OPTION_RANK},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"sample", required_argument, NULL, OPTION_TEXT},
    {"count", required_argument, NULL, OPTION_TEXT + 1},
    {"seed", required_argument, NULL, OPTION_TEXT + 2},
    {"db", required_argument, NULL, OPTION_TEXT + 3},
    {"shard", required_argument, NULL, OPTION_TEXT + 4},
    {"jobs", required_argument, NULL, OPTION_TEXT + 5},
    {"window", required_argument, NULL, OPTION_TEXT + 6},
    {"market", required_argument, NULL, OPTION_TEXT + 7},
    {"profile", required_argument, NULL, OPTION_TEXT + 8},
    {"queue", required_argument, NULL, OPTION_TEXT + 9},
    {"latency", required_argument, NULL, OPTION_TEXT + 10},
    {"symbol", required_argument, NULL, OPTION_TEXT + 11},
    {"tick", required_argument, NULL, OPTION_TEXT + 12},
    {"lot", required_argument, NULL, OPTION_TEXT + 13},
    {"contract", required_argument, NULL, OPTION_TEXT + 14},
    {"fills", required_argument, NULL, OPTION_TEXT + 15},
    {NULL, 0, NULL, 0},
};
enum { OPTION_COUNT = sizeof long_options / sizeof long_options[0] - 1 };

struct arguments {
    struct sweep_options sweep;
    struct report_options report;
    bool help;
};

static const char **text_of(struct sweep_options *sweep, int id)
{
    const char **const texts[] = {
        &sweep->sample,        &sweep->count,          &sweep->config.seed,
        &sweep->database,      &sweep->shard,          &sweep->jobs,
        &sweep->config.window, &sweep->config.market,  &sweep->config.profile,
        &sweep->config.queue,  &sweep->config.latency, &sweep->config.symbol,
        &sweep->config.tick,   &sweep->config.lot,     &sweep->config.contract,
        &sweep->config.fills,
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
    return mm_fail(MM_ERROR_USAGE, "unknown option '%.64s'%s%s; mmbot sweep --help lists them",
                   argument, near != NULL ? ", did you mean --" : "", near != NULL ? near : "");
}

static int add_text(const char *flag, const char **texts, uint32_t *count, uint32_t max)
{
    if (*count == max) {
        return mm_fail(MM_ERROR_USAGE, "%s is given more than %u times", flag, (unsigned)max);
    }
    texts[(*count)++] = optarg;
    return MM_OK;
}

static int take_top(struct report_options *report)
{
    int64_t top = 0;
    int code = plan_read_whole("--top", optarg, 0, POINTS_MAX, &top);
    report->top = (uint32_t)top;
    return code;
}

static int take_option(struct arguments *arguments, int id, const char *argument)
{
    struct sweep_options *sweep = &arguments->sweep;
    switch (id) {
    case OPTION_TAPE:
        return add_text("--tape", sweep->tapes, &sweep->tape_count, TRIAL_TAPES_MAX);
    case OPTION_GRID:
        return add_text("--grid", sweep->grids, &sweep->grid_count, PLAN_GRIDS_MAX);
    case OPTION_SET:
        return add_text("--set", sweep->config.sets, &sweep->config.set_count, CONFIG_SETS_MAX);
    case OPTION_TOP:
        return take_top(&arguments->report);
    case OPTION_RANK:
        return ranking_order_parse(optarg, &arguments->report.order);
    case OPTION_JSON:
        arguments->report.json = true;
        return MM_OK;
    case OPTION_HELP:
        arguments->help = true;
        return MM_OK;
    case '?':
        return refuse_option(argument);
    default:
        *text_of(sweep, id) = optarg;
        return MM_OK;
    }
}

// The options; what is left over stays behind argv[optind].
static int parse_arguments(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){.report = {.top = 10}};
    out->sweep.config.overrides_json = getenv(CONFIG_OVERRIDES_VARIABLE);
    optind = 1;
    opterr = 0;
    for (;;) {
        const char *argument = argv[optind];
        int id = getopt_long(argc, argv, "", long_options, NULL);
        if (id == -1) {
            return MM_OK;
        }
        int code = take_option(out, id, argument);
        if (code != MM_OK) {
            return code;
        }
    }
}

static volatile sig_atomic_t stop_signal;

// The first asks for a clean end; the second gets the default, which is death.
static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

static int exit_code(int code)
{
    if (code == MM_ERROR_STOPPED) {
        return 128 + stop_signal;
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot sweep: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return 0;
}

static struct sweep_streams streams(void)
{
    return (struct sweep_streams){
        .out = stdout, .log = stderr, .log_is_terminal = platform_is_terminal(fileno(stderr))};
}

static int run_merge(int argc, char **argv)
{
    struct arguments arguments;
    uint32_t missing = 0;
    int code = parse_arguments(argc, argv, &arguments);
    if (code == MM_OK && !arguments.help && optind == argc) {
        code = mm_fail(MM_ERROR_USAGE, "merge: OUT.sqlite is missing");
    }
    if (code == MM_OK && arguments.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK) {
        struct sweep_streams to = streams();
        code = sweep_merge(argv[optind], (const char *const *)&argv[optind + 1],
                           (uint32_t)(argc - optind - 1), &arguments.report, &to, &missing);
    }
    return code == MM_OK && missing > 0 ? 3 : exit_code(code);
}

int cmd_sweep(int argc, char **argv)
{
    struct arguments arguments;
    if (argc > 1 && strcmp(argv[1], "merge") == 0) {
        return run_merge(argc - 1, argv + 1);
    }
    int code = parse_arguments(argc, argv, &arguments);
    if (code == MM_OK && arguments.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK && optind < argc) {
        code = mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind]);
    }
    if (code == MM_OK) {
        struct sweep_streams to = streams();
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        code = sweep_run(&arguments.sweep, &arguments.report, &to, &stop_signal);
    }
    return exit_code(code);
}
