// mmbot sweep: the bot at many points of its parameters over recorded markets.
#include "sweep/sweep.h"

#include "base/platform.h"
#include "cmd/commands.h"
#include "cmd/import_progress.h"
#include "cmd/options.h"

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
    "  --set KEY=VALUE      one parameter that is not swept; may be repeated\n" OPTIONS_REPLAY_HELP
        OPTIONS_IMPORT_HELP "  --json               print the results as JSON\n"
    "\n"
    "Exit codes: 0 all points done, 2 wrong usage, 3 points are missing after a merge, 4 an input\n"
    "or system error or a point that failed, 130 or 143 stopped by a signal; what is finished is\n"
    "kept.\n";

struct arguments {
    struct sweep_options sweep;
    struct report_options report;
    bool help;
};

static int add_text(const char *flag, const char *value, const char **texts, uint32_t *count,
                    uint32_t max)
{
    if (*count == max) {
        return mm_fail(MM_ERROR_USAGE, "%s is given more than %u times", flag, (unsigned)max);
    }
    texts[(*count)++] = value;
    return MM_OK;
}

static int take_tape(void *target, const char *value)
{
    struct sweep_options *sweep = &((struct arguments *)target)->sweep;
    return add_text("--tape", value, sweep->tapes, &sweep->tape_count, TRIAL_TAPES_MAX);
}

static int take_grid(void *target, const char *value)
{
    struct sweep_options *sweep = &((struct arguments *)target)->sweep;
    return add_text("--grid", value, sweep->grids, &sweep->grid_count, PLAN_GRIDS_MAX);
}

static int take_top(void *target, const char *value)
{
    struct report_options *report = &((struct arguments *)target)->report;
    int64_t top = 0;
    int code = plan_read_whole("--top", value, 0, POINTS_MAX, &top);
    report->top = (uint32_t)top;
    return code;
}

static int take_rank(void *target, const char *value)
{
    return ranking_order_parse(value, &((struct arguments *)target)->report.order);
}

#define AT(field) offsetof(struct arguments, field), NULL

static const struct option_spec specs[] = {
    {"tape", OPTION_TAKE, 0, take_tape},
    {"grid", OPTION_TAKE, 0, take_grid},
    {"top", OPTION_TAKE, 0, take_top},
    {"rank", OPTION_TAKE, 0, take_rank},
    {"json", OPTION_FLAG, AT(report.json)},
    {"help", OPTION_FLAG, AT(help)},
    {"sample", OPTION_TEXT, AT(sweep.sample)},
    {"count", OPTION_TEXT, AT(sweep.count)},
    {"seed", OPTION_TEXT, AT(sweep.config.seed)},
    {"db", OPTION_TEXT, AT(sweep.database)},
    {"shard", OPTION_TEXT, AT(sweep.shard)},
    {"jobs", OPTION_TEXT, AT(sweep.jobs)},
    {"window", OPTION_TEXT, AT(sweep.config.window)},
};

// The options; what is left over stays behind argv[optind].
static int parse_arguments(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){.report = {.top = 10}};
    out->sweep.config.overrides_json = getenv(CONFIG_OVERRIDES_VARIABLE);
    out->sweep.config.import_progress = import_progress();
    const struct option_group groups[] = {{specs, sizeof specs / sizeof specs[0], out},
                                          {bot_options, BOT_OPTION_COUNT, &out->sweep.config}};
    return options_parse("sweep", argc, argv, groups, 2);
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
