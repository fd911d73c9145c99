// mmbot run: the bot with values that stay, measured and judged but not tuned.
#include "cmd/commands.h"
#include "cmd/soak_options.h"
#include "cmd/soak_run.h"

#include <stdio.h>

static const char help[] =
    "usage: mmbot run [--hours 24] [OPTIONS OF mmbot soak]\n"
    "\n"
    "The bot without the loop: it quotes with the values it was given, which nothing changes, and\n"
    "measures and judges each window of 15 minutes (or as --window says) as a soak does. It goes\n"
    "on for so many hours of market time, the end of the tape, or a signal. A simulated market\n"
    "runs in real time unless --pace says otherwise.\n"
    "\n"
    "Exit codes as of mmbot soak: 0 PASS or WARN, 1 FAIL, 2 wrong usage, 3 INCONCLUSIVE, 4 an "
    "input\n"
    "or system error, 130 or 143 stopped by a signal.\n";

static int set_up(struct soak_options *options, char *windows, size_t size)
{
    struct config_options *config = &options->config;
    if (config->tuner != NULL) {
        return mm_fail(MM_ERROR_USAGE, "--tuner is for mmbot soak; mmbot run changes nothing");
    }
    int code = soak_options_windows(options, windows, size);
    if (code != MM_OK) {
        return code;
    }
    config->tuner = "off";
    config->iterations = windows;
    config->window = config->window != NULL ? config->window : "15m";
    if (config->pace == NULL && config->tape == NULL && !config->paper && !config->live) {
        config->pace = "1";
    }
    return MM_OK;
}

int cmd_run(int argc, char **argv)
{
    struct soak_options options;
    char windows[32];
    int code = soak_options_parse(argc, argv, &options);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK) {
        code = set_up(&options, windows, sizeof windows);
    }
    return code != MM_OK ? soak_run_exit_code(&options, code, NULL)
                         : soak_run(&options, NULL, NULL);
}
