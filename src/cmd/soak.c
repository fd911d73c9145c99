// mmbot soak: the bot in iterations, each measured, judged and tuned.
#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/soak_options.h"
#include "cmd/soak_run.h"

#include <stdio.h>

static const char help[] =
    "usage: mmbot soak [--mock | --tape FILE | --paper | --live] [OPTIONS]\n"
    "\n"
    "Runs the bot in iterations over consecutive windows of market time. After each one it "
    "measures\n"
    "what every fill was worth, judges the window, proposes changes of its parameters, and "
    "applies\n"
    "what the guard lets through. Without arguments: six windows on a simulated market.\n"
    "\n"
    "  --mock               the simulated market (default)\n"
    "  --tape FILE          a recorded market: a tape, or a raw capture, which is imported first\n"
    "  --paper              a live market of Bybit's, with fills by the rules of a replay; no "
    "keys, "
    "and\n"
    "                       no order is sent\n"
    "  --live               a live market of Bybit's, with real orders: only with "
    "$MM_LIVE_ENABLE=1 "
    "and\n"
    "                       a key, and on the testnet unless --rest and --stream say otherwise\n"
    "  --market PRESET      alt-perp (default), btc-perp (default of --tape, --paper, --live), or "
    "a\n"
    "                       .json file\n"
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
    "  --category C  --symbol S  --depth N\n"
    "                       which market of Bybit's, with --paper, --live: linear (default), "
    "inverse or "
    "spot;\n"
    "                       BTCUSDT; 50 (default), 200 or 1000 levels a side\n"
    "  --rest URL  --stream URL  --ca FILE\n"
    "                       where it is, with --paper (default https://api.bybit.com and\n"
    "                       wss://stream.bybit.com), and certificates to trust in place of the "
    "system's\n"
    "  --record FILE.gz     keep what the market said, as mmbot record does, with --paper, --live\n"
    "  --busy-poll          never sleep while waiting for the market: lower latency for a whole "
    "core,\n"
    "                       with --paper, --live\n"
    "  --silence TIME       quotes are pulled when the book says nothing for so long, with "
    "--paper\n"
    "                       (default 10s)\n"
    "  --pace max|N         market seconds per second: 1 is real time, 60 a minute a second "
    "(default max)\n"
    "  --out DIR            where artifacts go (default artifacts/soak)\n"
    "  --resume             go on with the run in --out; the other options as it was started with\n"
    "  --http ADDRESS:PORT  serve the page of the run there; port 0 is a free one (default\n"
    "                       127.0.0.1:0 when the output is a terminal); an address that others\n"
    "                       reach needs --http-cert FILE and --http-key FILE (PEM), or "
    "--http-plain\n"
    "  --no-http            no page\n"
    "  --keep-open          the page stays after the run, until Ctrl-C\n"
    "  --json               print the verdict as JSON and nothing else\n"
    "  --log-level LEVEL    debug, info, warn, error or off, on stderr (default info, on a\n"
    "                       terminal warn)\n";

static const char help_sources[] =
    "\n"
    "With --live:\n"
    "  --keys FILE|-        two lines, key=... and secret=... (default $MM_BYBIT_KEY "
    "and\n"
    "                       $MM_BYBIT_SECRET)\n"
    "  --private URL  --trade URL\n"
    "                       other hosts of the private stream and of order entry\n"
    "  --prefix P           of order ids: one for each instance (default mmb)\n"
    "  --heartbeat FILE     what mmbot watchdog looks at\n"
    "  --latency-log FILE   CSV of round trips as --latency reads it\n"
    "  --recv-window TIME   an order request that arrives later is refused (default "
    "1s)\n"
    "\n"
    "With --tape (--latency ENTRY,RESPONSE with --mock too):\n" OPTIONS_REPLAY_HELP
        OPTIONS_IMPORT_HELP "\n"
    "Values come from the command line, else from $MM_RUNTIME_OVERRIDES_JSON, else from the "
    "profile,\n"
    "else they are the defaults. $SOAK_SLEEP_SECONDS: real seconds slept after each iteration.\n"
    "\n"
    "Exit codes: 0 PASS or WARN, 1 FAIL, 2 wrong usage, 3 INCONCLUSIVE, 4 an input or system "
    "error,\n"
    "130 or 143 stopped by a signal after a clean end.\n";

int cmd_soak(int argc, char **argv)
{
    struct soak_options arguments;
    int code = soak_options_parse(argc, argv, &arguments);
    if (code == MM_OK && arguments.hours != NULL) {
        code = mm_fail(MM_ERROR_USAGE, "--hours is for mmbot canary and mmbot run");
    }
    if (code != MM_OK) {
        return soak_run_exit_code(&arguments, code, NULL);
    }
    if (arguments.help) {
        fputs(help, stdout);
        fputs(help_sources, stdout);
        return 0;
    }
    return soak_run(&arguments, NULL, NULL);
}
