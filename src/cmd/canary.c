// mmbot canary: a soak of a day or more, and one page that says how it went.
#include "soak/canary.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/platform.h"
#include "base/units.h"
#include "cmd/commands.h"
#include "cmd/soak_options.h"
#include "cmd/soak_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOURS_MAX = 8784, FILE_MODE = 0644 };

static const char help[] =
    "usage: mmbot canary [--hours 24] [OPTIONS OF mmbot soak]\n"
    "\n"
    "A soak of 4 windows of 15 minutes per hour (or as --window says) that ends in one page,\n"
    "CANARY.md in --out: KPIs over time, what the tuner did and the guards stopped, the time in\n"
    "each state, how likely a panic by chance is, disk and memory. In virtual time.\n"
    "\n"
    "Exit codes as of mmbot soak: 0 PASS or WARN, 1 FAIL, 2 wrong usage, 3 INCONCLUSIVE, 4 an "
    "input\n"
    "or system error, 130 or 143 stopped by a signal.\n";

struct canary {
    const char *directory;
    bool silent;
    struct canary_machine before;
};

static struct canary_machine measure(const char *directory)
{
    struct canary_machine machine = {.memory_bytes = platform_resident_bytes()};
    if (directory_size(directory, &machine.disk_bytes) != MM_OK) {
        mm_error_clear();
    }
    return machine;
}

static void finish(const struct run_record *run, void *context)
{
    const struct canary *canary = context;
    struct text page = {0};
    canary_report(run, canary->before, measure(canary->directory), &page);
    if (!canary->silent) {
        printf("\n%s", text_string(&page));
    }
    char *path = path_join(canary->directory, "CANARY.md");
    if (file_write_atomic(path, text_string(&page), page.size, FILE_MODE) != MM_OK) {
        fprintf(stderr, "mmbot canary: %s\n", mm_error_text());
        mm_error_clear();
    }
    free(path);
    text_fini(&page);
}

static int count_windows(const struct soak_options *options, char *out, size_t size)
{
    const char *text = options->hours != NULL ? options->hours : "24";
    const char *window = options->config.window != NULL ? options->config.window : "15m";
    char *end = NULL;
    unsigned long hours = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || hours < 1 || hours > HOURS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "--hours: '%.64s' is not a whole number in 1 .. %d", text,
                       HOURS_MAX);
    }
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

int cmd_canary(int argc, char **argv)
{
    struct soak_options options;
    char iterations[32];
    int code = soak_options_parse(argc, argv, &options);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK && options.config.iterations != NULL) {
        code = mm_fail(MM_ERROR_USAGE, "--iterations follows from --hours and --window");
    }
    if (code == MM_OK) {
        code = count_windows(&options, iterations, sizeof iterations);
    }
    if (code != MM_OK) {
        return soak_run_exit_code(&options, code, NULL);
    }
    options.config.iterations = iterations;
    struct canary canary = {.directory =
                                options.config.out != NULL ? options.config.out : "artifacts/soak",
                            .silent = options.json};
    canary.before = measure(canary.directory);
    return soak_run(&options, finish, &canary);
}
