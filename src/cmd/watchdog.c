// mmbot watchdog: cancels a live run's orders when its heartbeat stops.
#include "venue/live/watchdog.h"
#include "base/log.h"
#include "base/platform.h"
#include "base/units.h"
#include "cmd/bybit_options.h"
#include "cmd/commands.h"
#include "venue/bybit/link_id.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: mmbot watchdog --heartbeat FILE [OPTIONS]\n"
    "\n"
    "Watches the heartbeat of a live run (mmbot soak --live --heartbeat FILE) from a process of "
    "its\n"
    "own. When the heartbeat stops without the run having said that it stopped, its orders are\n"
    "cancelled, told by the prefix of their ids, until the exchange shows none. Runs until "
    "Ctrl-C,\n"
    "over any number of runs.\n"
    "\n"
    "  --heartbeat FILE     the run's file; it need not be there yet\n"
    "  --after TIME         how long it may stand still (default 5s)\n"
    "  --prefix P           of the run's order ids (default mmb)\n"
    "  --keys FILE|-        two lines, key=... and secret=... (default $MM_BYBIT_KEY and\n"
    "                       $MM_BYBIT_SECRET)\n"
    "  --category C         linear (default) or inverse\n"
    "  --symbol S           default BTCUSDT\n"
    "  --rest URL           default https://api-testnet.bybit.com, as of soak --live\n"
    "  --ca FILE            certificates to trust in place of the system's\n"
    "\n"
    "Exit codes: 2 wrong usage or a key that does not do, 4 an input or system error, 130 or 143\n"
    "stopped by a signal.\n";

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

static int read_after(const char *text, int64_t *out)
{
    *out = INT64_C(5000000000);
    int code = text == NULL ? MM_OK : duration_parse(text, out);
    if (code == MM_OK && (*out < INT64_C(1000000000) || *out > INT64_C(600000000000))) {
        code = mm_fail(MM_ERROR_USAGE, "'%.64s' is not between 1s and 10m", text);
    }
    return code == MM_OK ? MM_OK : mm_fail_add(code, "--after");
}

static int watch(struct bybit_command_options *options)
{
    struct bybit_market market;
    struct bybit_keys keys = {0};
    struct watchdog_config config = {.market = &market,
                                     .keys = &keys,
                                     .prefix = options->prefix != NULL ? options->prefix
                                                                       : LINK_PREFIX_DEFAULT,
                                     .heartbeat = options->heartbeat,
                                     .stop = &stop_signal};
    if (options->bybit.rest == NULL) {
        options->bybit.rest = BYBIT_TESTNET_REST_URL;
    }
    int code = read_after(options->after, &config.after_ns);
    if (code == MM_OK) {
        code = bybit_market_resolve(&options->bybit, &market);
    }
    if (code == MM_OK) {
        code = bybit_keys_read(options->keys, getenv(BYBIT_KEY_VARIABLE),
                               getenv(BYBIT_SECRET_VARIABLE), &keys);
    }
    if (code == MM_OK && !bybit_keys_given(&keys)) {
        code =
            mm_fail(MM_ERROR_USAGE, "an API key is needed: --keys FILE, --keys -, or $%s and $%s",
                    BYBIT_KEY_VARIABLE, BYBIT_SECRET_VARIABLE);
    }
    if (code == MM_OK) {
        code = watchdog_run(&config);
    }
    bybit_keys_fini(&keys);
    return code;
}

int cmd_watchdog(int argc, char **argv)
{
    static const char *const extras[] = {"keys", "heartbeat", "prefix", "after", NULL};
    struct bybit_command_options options;
    int code = bybit_options_parse(argc, argv, extras, &options);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK && options.heartbeat == NULL) {
        code = mm_fail(MM_ERROR_USAGE, "--heartbeat is missing");
    }
    if (code == MM_OK) {
        log_init(stderr, LOG_INFO);
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        signal(SIGHUP, SIG_IGN); // it outlives the terminal
        signal(SIGPIPE, SIG_IGN);
        code = watch(&options);
        log_flush();
    }
    if (code == MM_ERROR_STOPPED) {
        return 128 + stop_signal;
    }
    fprintf(stderr, "mmbot watchdog: %s\n", mm_error_text());
    return mm_error_exit_code(code);
}
