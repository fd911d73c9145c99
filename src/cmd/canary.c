// mmbot canary: a soak of a day or more, and one page that says how it went.
#include "soak/canary.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/platform.h"
#include "cmd/commands.h"
#include "cmd/soak_options.h"
#include "cmd/soak_run.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_MODE = 0644 };

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

int cmd_canary(int argc, char **argv)
{
    struct soak_options options;
    char iterations[32];
    int code = soak_options_parse(argc, argv, &options);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK) {
        code = soak_options_windows(&options, iterations, sizeof iterations);
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
