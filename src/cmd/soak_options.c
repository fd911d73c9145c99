#include "cmd/soak_options.h"

#include "base/platform.h"
#include "base/units.h"
#include "cmd/import_progress.h"
#include "cmd/options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int take_tape(void *target, const char *value)
{
    struct soak_options *options = target;
    if (options->config.tape != NULL) {
        return mm_fail(MM_ERROR_USAGE, "--tape is given twice; a soak runs over one tape");
    }
    options->config.tape = value;
    return MM_OK;
}

static int take_pin(void *target, const char *value)
{
    struct soak_options *options = target;
    if (options->config.pin_count == PARAM_COUNT) {
        return mm_fail(MM_ERROR_USAGE, "--pin is given more than %d times", PARAM_COUNT);
    }
    options->config.pins[options->config.pin_count++] = value;
    return MM_OK;
}

static int take_log_level(void *target, const char *value)
{
    struct soak_options *options = target;
    return log_level_parse(value, &options->log_level) == 0
               ? MM_OK
               : mm_fail(MM_ERROR_USAGE,
                         "--log-level: '%.64s' is none of debug, info, warn, error, off", value);
}

enum { HOURS_MAX = 8784 };

#define AT(field) offsetof(struct soak_options, field), NULL

static const struct option_spec specs[] = {
    {"mock", OPTION_FLAG, AT(config.mock)},
    {"paper", OPTION_FLAG, AT(config.paper)},
    {"live", OPTION_FLAG, AT(config.live)},
    {"keys", OPTION_TEXT, AT(keys_path)},
    {"private", OPTION_TEXT, AT(config.live_options.private_stream)},
    {"trade", OPTION_TEXT, AT(config.live_options.trade_stream)},
    {"prefix", OPTION_TEXT, AT(config.live_options.prefix)},
    {"heartbeat", OPTION_TEXT, AT(config.live_options.heartbeat)},
    {"latency-log", OPTION_TEXT, AT(config.live_options.latency_log)},
    {"recv-window", OPTION_TEXT, AT(config.live_options.recv_window)},
    {"tape", OPTION_TAKE, 0, take_tape},
    {"pin", OPTION_TAKE, 0, take_pin},
    {"hours", OPTION_TEXT, AT(hours)},
    {"json", OPTION_FLAG, AT(json)},
    {"resume", OPTION_FLAG, AT(config.resume)},
    {"log-level", OPTION_TAKE, 0, take_log_level},
    {"help", OPTION_FLAG, AT(help)},
    {"iterations", OPTION_TEXT, AT(config.iterations)},
    {"window", OPTION_TEXT, AT(config.window)},
    {"tuner", OPTION_TEXT, AT(config.tuner)},
    {"seed", OPTION_TEXT, AT(config.seed)},
    {"regime", OPTION_TEXT, AT(config.regime)},
    {"out", OPTION_TEXT, AT(config.out)},
    {"faults", OPTION_TEXT, AT(config.faults)},
    {"pace", OPTION_TEXT, AT(config.pace)},
    {"category", OPTION_TEXT, AT(config.bybit.category)},
    {"depth", OPTION_TEXT, AT(config.bybit.depth)},
    {"silence", OPTION_TEXT, AT(config.bybit.silence)},
    {"rest", OPTION_TEXT, AT(config.bybit.rest)},
    {"stream", OPTION_TEXT, AT(config.bybit.stream)},
    {"ca", OPTION_TEXT, AT(config.bybit.ca)},
    {"record", OPTION_TEXT, AT(config.record)},
    {"busy-poll", OPTION_FLAG, AT(config.busy_poll)},
    {"http", OPTION_TEXT, AT(http)},
    {"no-http", OPTION_FLAG, AT(no_http)},
    {"http-cert", OPTION_TEXT, AT(http_cert)},
    {"http-key", OPTION_TEXT, AT(http_key)},
    {"http-plain", OPTION_FLAG, AT(http_plain)},
    {"keep-open", OPTION_FLAG, AT(keep_open)},
};

// Only a live run wants keys.
static int read_keys(struct soak_options *options)
{
    if (!options->config.live) {
        return options->keys_path == NULL ? MM_OK
                                          : mm_fail(MM_ERROR_USAGE, "--keys is for --live only");
    }
    options->config.live_options.keys = &options->keys;
    return bybit_keys_read(options->keys_path, getenv(BYBIT_KEY_VARIABLE),
                           getenv(BYBIT_SECRET_VARIABLE), &options->keys);
}

int soak_options_parse(int argc, char **argv, struct soak_options *out)
{
    bool on_terminal = platform_is_terminal(fileno(stderr));
    *out =
        (struct soak_options){.command = argv[0], .log_level = on_terminal ? LOG_WARN : LOG_INFO};
    out->config.overrides_json = getenv(CONFIG_OVERRIDES_VARIABLE);
    out->config.sleep_seconds = getenv(CONFIG_SLEEP_VARIABLE);
    out->config.import_progress = import_progress();
    const struct option_group groups[] = {{specs, sizeof specs / sizeof specs[0], out},
                                          {bot_options, BOT_OPTION_COUNT, &out->config}};
    out->config.live_options.enable = getenv(CONFIG_LIVE_VARIABLE);
    int code = options_parse(argv[0], argc, argv, groups, 2);
    if (code == MM_OK && !out->help) {
        code = read_keys(out);
    }
    if (code == MM_OK && !out->help && optind < argc) {
        return mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind]);
    }
    return code;
}

int soak_options_windows(const struct soak_options *options, char *out, size_t size)
{
    if (options->config.iterations != NULL) {
        return mm_fail(MM_ERROR_USAGE, "--iterations follows from --hours and --window");
    }
    const char *text = options->hours != NULL ? options->hours : "24";
    char *end = NULL;
    unsigned long hours = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || hours < 1 || hours > HOURS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "--hours: '%.64s' is not a whole number in 1 .. %d", text,
                       HOURS_MAX);
    }
    const char *window = options->config.window != NULL ? options->config.window : "15m";
    int64_t window_ns = 0;
    int code = duration_parse(window, &window_ns);
    if (code != MM_OK || window_ns <= 0) {
        return code != MM_OK ? mm_fail_add(code, "--window")
                             : mm_fail(MM_ERROR_USAGE, "--window: 0 is too short");
    }
    int64_t span_ns = (int64_t)hours * 3600 * INT64_C(1000000000);
    snprintf(out, size, "%" PRId64, (span_ns + window_ns - 1) / window_ns);
    return MM_OK;
}
