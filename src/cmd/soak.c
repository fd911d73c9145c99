// mmbot soak: the bot in iterations, each measured, judged and tuned.
#include "base/json.h"
#include "base/log.h"
#include "base/platform.h"
#include "cmd/commands.h"
#include "cmd/soak_options.h"
#include "soak/orchestrator.h"
#include "soak/reporter.h"

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
    "  --pin KEY            keep the tuner off this parameter; may be repeated\n"
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

static int run_soak(const struct soak_options *arguments)
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
    struct soak_options arguments;
    int code = soak_options_parse(argc, argv, &arguments);
    if (code == MM_OK && arguments.hours != NULL) {
        code = mm_fail(MM_ERROR_USAGE, "--hours is for mmbot canary");
    }
    if (code != MM_OK) {
        return exit_code(code, NULL);
    }
    if (arguments.help) {
        fputs(help, stdout);
        return 0;
    }
    return run_soak(&arguments);
}
