// mmbot artifacts: keeps what runs leave small, and says how large it is.
#include "base/directory.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/platform.h"
#include "base/units.h"
#include "cmd/commands.h"
#include "soak/rotation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: mmbot artifacts rotate [DIRECTORY] [OPTIONS]\n"
    "       mmbot artifacts size   [DIRECTORY]\n"
    "\n"
    "rotate  keeps the newest summaries of latest/, packs old snapshots into .tar.gz, and removes\n"
    "        the oldest archives above the limit; a run does the same by itself\n"
    "size    says how large the directory is (default artifacts/soak)\n"
    "\n"
    "  --keep N     summaries (default 100)\n"
    "  --ttl TIME   snapshots of runs started longer ago are packed (default 7d)\n"
    "  --warn SIZE  warns above it (default 500 MB; K, M, G are of 1024)\n"
    "  --max SIZE   removes above it (default 900 MB)\n"
    "  --dry-run    says what would be done\n"
    "\n"
    "Exit codes: 0 fine, 2 wrong usage or a run is going on, 4 a step failed.\n";

struct arguments {
    const char *directory;
    struct rotation_limits limits;
    bool dry_run;
};

static int take_value(struct arguments *arguments, const char *flag, const char *value)
{
    if (value == NULL) {
        return mm_fail(MM_ERROR_USAGE, "%s needs a value", flag);
    }
    if (strcmp(flag, "--ttl") == 0) {
        return duration_parse(value, &arguments->limits.ttl_ns);
    }
    if (strcmp(flag, "--warn") == 0) {
        return size_parse(value, &arguments->limits.warn_bytes);
    }
    if (strcmp(flag, "--max") == 0) {
        return size_parse(value, &arguments->limits.max_bytes);
    }
    char *end = NULL;
    unsigned long keep = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || keep < 1 || keep > 1000000) {
        return mm_fail(MM_ERROR_USAGE, "--keep: '%.64s' is not a whole number in 1 .. 1000000",
                       value);
    }
    arguments->limits.keep = (uint32_t)keep;
    return MM_OK;
}

static bool takes_value(const char *flag)
{
    return strcmp(flag, "--ttl") == 0 || strcmp(flag, "--warn") == 0 ||
           strcmp(flag, "--max") == 0 || strcmp(flag, "--keep") == 0;
}

static int parse(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){.limits = rotation_limits_default()};
    for (int i = 2; i < argc; i++) {
        int code = MM_OK;
        if (strcmp(argv[i], "--dry-run") == 0) {
            out->dry_run = true;
        } else if (takes_value(argv[i])) {
            code = take_value(out, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
            i++;
        } else if (argv[i][0] == '-' || out->directory != NULL) {
            code = mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[i]);
        } else {
            out->directory = argv[i];
        }
        if (code != MM_OK) {
            return code;
        }
    }
    if (out->directory == NULL) {
        out->directory = "artifacts/soak";
    }
    return platform_is_directory(out->directory)
               ? MM_OK
               : mm_fail(MM_ERROR_USAGE, "there is no directory %s", out->directory);
}

static double megabytes(uint64_t bytes)
{
    return (double)bytes / 1e6;
}

static void print_size(const char *directory, uint64_t bytes, const struct rotation_limits *limits)
{
    printf("%s: %.1f MB, warns above %.0f MB, keeps below %.0f MB\n", directory, megabytes(bytes),
           megabytes(limits->warn_bytes), megabytes(limits->max_bytes));
    if (bytes > limits->warn_bytes) {
        printf("warning: larger than %.0f MB\n", megabytes(limits->warn_bytes));
    }
}

static int size(const struct arguments *arguments)
{
    uint64_t bytes = 0;
    int code = directory_size(arguments->directory, &bytes);
    if (code == MM_OK) {
        print_size(arguments->directory, bytes, &arguments->limits);
    }
    return code;
}

static int rotate_locked(const struct arguments *arguments)
{
    struct text said = {0};
    struct rotation_result result;
    int code = rotation_run(arguments->directory, &arguments->limits, platform_wall_ns(),
                            arguments->dry_run, &said, &result);
    fputs(text_string(&said), stdout);
    text_fini(&said);
    if (code != MM_OK) {
        return code;
    }
    print_size(arguments->directory, result.bytes_after, &arguments->limits);
    return result.failed == 0 ? MM_OK
                              : mm_fail(MM_ERROR_SYSTEM, "%" PRIu32 " steps failed", result.failed);
}

static int rotate(const struct arguments *arguments)
{
    struct lock lock = {.file = -1};
    char *path = path_join(arguments->directory, ".run.lock");
    int code = lock_take(&lock, path);
    free(path);
    if (code != MM_OK) {
        return mm_fail_add(code, "a run rotates by itself");
    }
    code = rotate_locked(arguments);
    lock_release(&lock);
    return code;
}

int cmd_artifacts(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    bool rotates = strcmp(what, "rotate") == 0;
    if (!rotates && strcmp(what, "size") != 0) {
        bool asked = strcmp(what, "--help") == 0;
        fputs(help, asked ? stdout : stderr);
        return asked ? 0 : mm_error_exit_code(MM_ERROR_USAGE);
    }
    struct arguments arguments;
    int code = parse(argc, argv, &arguments);
    log_init(stderr, LOG_WARN);
    if (code == MM_OK) {
        code = rotates ? rotate(&arguments) : size(&arguments);
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot artifacts: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return 0;
}
