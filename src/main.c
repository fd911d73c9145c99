// Reads the command's name and hands the rest of the line to it.
#include "base/error.h"
#include "base/platform.h"
#include "cmd/commands.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    {"artifacts", cmd_artifacts, "keep what runs leave small"},
    {"backtest", cmd_backtest, "run a strategy over a recorded market"},
    {"canary", cmd_canary, "a day of windows and one verdict"},
    {"compare", cmd_compare, "replay a session on its own tape: where fills differ, and why"},
    {"ctl", cmd_ctl, "ask a running soak to pause, resume, kill, rearm or revert"},
    {"config", cmd_config, "show, check and migrate the configuration"},
    {"doctor", cmd_doctor, "whether everything is there for a live market"},
    {"market", cmd_market, "stylised facts of simulated and recorded markets"},
    {"gate", cmd_gate, "the verdict of a run, as an exit code"},
    {"record", cmd_record, "record a live market as it comes"},
    {"report", cmd_report, "print the report of a run"},
    {"run", cmd_run, "run the bot with values that stay: measure and judge"},
    {"soak", cmd_soak, "run the bot in windows: measure, judge, tune, apply"},
    {"sweep", cmd_sweep, "run the bot at many points of its parameters, on all cores"},
    {"tape", cmd_tape, "import, describe and check recorded markets"},
    {"view", cmd_view, "the page of a run that has ended, in a browser"},
    {"venue", cmd_venue, "a simulated exchange on a port, for bots to trade on"},
    {"watchdog", cmd_watchdog, "cancel a live run's orders when its heartbeat stops"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *out)
{
    fputs("usage: mmbot COMMAND [ARGUMENTS]\n\ncommands:\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\nmmbot COMMAND --help describes the command.\n", out);
}

int main(int argc, char **argv)
{
    platform_start();
    if (argc < 2) {
        print_usage(stderr);
        return mm_error_exit_code(MM_ERROR_USAGE);
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_usage(stdout);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "mmbot: unknown command '%s'; mmbot --help lists them\n", name);
    return mm_error_exit_code(MM_ERROR_USAGE);
}
