// mmbot doctor: what is there and what is missing for a live market.
#include "base/json.h"
#include "base/log.h"
#include "base/platform.h"
#include "cmd/bybit_options.h"
#include "cmd/commands.h"
#include "soak/config_manager.h"
#include "venue/bybit/checkup.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: mmbot doctor [OPTIONS]\n"
    "\n"
    "Asks what a live run needs and says what to do about what is missing: disk, clock, network, "
    "the\n"
    "market, its feed, and with a key what the key may do, the account, the position, whether the\n"
    "balance carries the position limit of the market preset, and the fees.\n"
    "\n"
    "  --keys FILE|-        key=... and secret=..., in a file of mode 0600 or on standard input; "
    "else\n"
    "                       $MM_BYBIT_KEY and $MM_BYBIT_SECRET; without them the account is left "
    "out\n"
    "  --category C         linear (default), inverse or spot\n"
    "  --symbol S           default BTCUSDT\n"
    "  --depth N            50 (default), 200 or 1000 levels a side\n"
    "  --silence TIME       how long the book may say nothing (default 10s)\n"
    "  --rest URL           default https://api.bybit.com\n"
    "  --stream URL         default wss://stream.bybit.com\n"
    "  --ca FILE            certificates to trust in place of the system's\n"
    "  --market PRESET      whose position limit is judged: alt-perp, btc-perp (default) or a "
    ".json\n"
    "                       file\n"
    "  --json               the findings as JSON\n"
    "\n"
    "Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage, 4 a system error.\n";

#define LISTEN_NS INT64_C(3000000000)

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

struct report {
    json_t *findings; // NULL: a person reads
    bool has_failed;
};

static void take(void *context, const struct finding *finding)
{
    struct report *report = context;
    const char *level = finding_level_text(finding->level);
    report->has_failed |= finding->level == FINDING_FAIL;
    if (report->findings != NULL) {
        json_array_append_new(report->findings,
                              json_pack("{s:s,s:s,s:s,s:s}", "check", finding->name, "level", level,
                                        "finding", finding->text, "advice", finding->advice));
        return;
    }
    printf("%-8s %-11s %s\n", level, finding->name, finding->text);
    if (finding->advice[0] != '\0') {
        printf("%-8s %-11s -> %s\n", "", "", finding->advice);
    }
    (void)fflush(stdout);
}

static void print_json(struct report *report)
{
    char *text = report->findings != NULL ? json_document_text(report->findings, NULL) : NULL;
    if (text != NULL) {
        fputs(text, stdout);
    }
    free(text);
    json_decref(report->findings);
}

static int run(const struct bybit_command_options *options, const struct bybit_keys *keys,
               bool *out_failed)
{
    struct bybit_market market;
    struct market_preset preset;
    struct report report = {0};
    int code = bybit_market_resolve(&options->bybit, &market);
    if (code == MM_OK) {
        code = config_load_market(options->preset != NULL ? options->preset : "btc-perp", &preset);
    }
    if (code != MM_OK) {
        return code;
    }
    report.findings = options->json ? json_array() : NULL;
    code =
        checkup_run(&(struct checkup_config){.market = &market,
                                             .keys = keys,
                                             .disk_path = ".",
                                             .listen_ns = LISTEN_NS,
                                             .position_limit_e9 = preset.amounts.position_limit_e9,
                                             .stop = &stop_signal,
                                             .context = &report,
                                             .take = take});
    print_json(&report);
    *out_failed = report.has_failed;
    return code;
}

int cmd_doctor(int argc, char **argv)
{
    static const char *const extras[] = {"keys", "market", "json", NULL};
    struct bybit_command_options options;
    struct bybit_keys keys = {0};
    bool has_failed = false;
    int code = bybit_options_parse(argc, argv, extras, &options);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK) {
        code = bybit_keys_read(options.keys, getenv(BYBIT_KEY_VARIABLE),
                               getenv(BYBIT_SECRET_VARIABLE), &keys);
    }
    if (code == MM_OK) {
        log_init(stderr, LOG_OFF); // what matters is among the findings
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        signal(SIGPIPE, SIG_IGN);
        code = run(&options, &keys, &has_failed);
    }
    bybit_keys_fini(&keys);
    if (code == MM_ERROR_STOPPED) {
        return 128 + stop_signal;
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot doctor: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return has_failed ? 1 : 0;
}
