// mmbot tape: import captures; describe and check tapes.
#include "base/error.h"
#include "base/json.h"
#include "cmd/commands.h"
#include "cmd/tape_print.h"
#include "market/tape_cache.h"
#include "market/tape_check.h"
#include "market/tape_import.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] = "usage: mmbot tape import CAPTURE -o TAPE [OPTIONS]\n"
                            "       mmbot tape info FILE [--json]\n"
                            "       mmbot tape check FILE [--json]\n";

static const char help[] =
    "\n"
    "import turns a recording into a tape; info says what is in a tape, check how far it can be\n"
    "trusted (both take a raw capture too, which is imported into the cache first).\n"
    "\n"
    "options of import:\n"
    "  -o, --output TAPE     the tape to write; it appears whole or not at all\n"
    "  --format binance      raw Binance capture, `<receive ns> <json>` per line, plain or gzip:\n"
    "                        depth, trade, bookTicker and REST snapshots of USD-M and COIN-M\n"
    "                        futures and spot (the default and the only one)\n"
    "  --symbol S            the one to take from a capture of several\n"
    "  --tick T, --lot L     steps of price and quantity; inferred from the decimals printed\n"
    "  --contract C          linear or inverse:SIZE; inferred from the kind of market\n"
    "\n"
    "  --json                as JSON\n"
    "  -h, --help            this text\n";

enum { EXIT_USAGE = 2 };

struct tape_arguments {
    struct tape_import_options import;
    const char *path, *out_path;
    bool json, help;
};

static int report_error(int status)
{
    (void)fprintf(stderr, "mmbot tape: %s\n", mm_error_text());
    return mm_error_exit_code(status);
}

static int take_option(struct tape_arguments *arguments, int choice, const char *name)
{
    switch (choice) {
    case 'h':
        arguments->help = true;
        return MM_OK;
    case 'j':
        arguments->json = true;
        return MM_OK;
    case 'o':
        arguments->out_path = optarg;
        return MM_OK;
    case 'i':
        return tape_import_option(&arguments->import, name, optarg);
    case ':':
        return mm_fail(MM_ERROR_USAGE, "option '%s' lacks its value", name);
    default:
        return mm_fail(MM_ERROR_USAGE, "unknown option '%s'; mmbot tape --help lists them", name);
    }
}

static int parse_arguments(int argc, char **argv, const char *short_options,
                           const struct option *long_options, struct tape_arguments *arguments)
{
    int choice;
    int index = 0;
    opterr = 0;
    optind = 0; // start anew: a test may call twice
    while ((choice = getopt_long(argc, argv, short_options, long_options, &index)) != -1) {
        const char *name = choice == 'i' ? long_options[index].name : argv[optind - 1];
        int status = take_option(arguments, choice, name);
        if (status < 0) {
            return status;
        }
    }
    if (arguments->help) {
        return MM_OK;
    }
    if (optind + 1 != argc) {
        return optind < argc
                   ? mm_fail(MM_ERROR_USAGE, "one file at a time, not '%s' too", argv[optind + 1])
                   : mm_fail(MM_ERROR_USAGE, "which file?");
    }
    arguments->path = argv[optind];
    return MM_OK;
}

static int run_import(struct tape_arguments *arguments)
{
    if (arguments->out_path == NULL) {
        return mm_fail(MM_ERROR_USAGE, "where to write the tape? (-o TAPE)");
    }
    struct tape_import_report report;
    struct tape tape;
    int status = tape_import(arguments->path, arguments->out_path, &arguments->import, &report);
    if (status == MM_OK) {
        status = tape_open(&tape, arguments->out_path);
    }
    if (status == MM_OK) {
        tape_print_import(stdout, &tape, &report);
        tape_close(&tape);
    }
    return status;
}

static int print_json(json_t *document)
{
    char *text = json_document_text(document, NULL);
    json_decref(document);
    if (text == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "no memory for the JSON text");
    }
    (void)fputs(text, stdout);
    free(text);
    return MM_OK;
}

static int run_info(struct tape_arguments *arguments)
{
    struct tape tape;
    int status = tape_cache_open(&tape, arguments->path, NULL);
    if (status < 0) {
        return status;
    }
    if (arguments->json) {
        status = print_json(tape_info_json(&tape));
    } else {
        tape_print_info(stdout, &tape);
    }
    tape_close(&tape);
    return status;
}

static int run_check(struct tape_arguments *arguments)
{
    struct tape tape;
    struct tape_check check;
    int status = tape_cache_open(&tape, arguments->path, NULL);
    if (status < 0) {
        return status;
    }
    status = tape_check(&tape, &check);
    if (status == MM_OK && arguments->json) {
        status = print_json(tape_check_json(&tape, &check));
    } else if (status == MM_OK) {
        tape_print_check(stdout, &tape, &check);
    }
    tape_close(&tape);
    return status;
}

static const struct option import_options[] = {
    {"format", required_argument, NULL, 'i'},   {"symbol", required_argument, NULL, 'i'},
    {"tick", required_argument, NULL, 'i'},     {"lot", required_argument, NULL, 'i'},
    {"contract", required_argument, NULL, 'i'}, {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
};
static const struct option look_options[] = {
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};
static const struct {
    const char *name;
    const char *short_options;
    const struct option *long_options;
    int (*run)(struct tape_arguments *arguments);
} actions[] = {
    {"import", ":ho:", import_options, run_import},
    {"info", ":h", look_options, run_info},
    {"check", ":h", look_options, run_check},
};

int cmd_tape(int argc, char **argv)
{
    if (argc < 2) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        (void)printf("%s%s", usage, help);
        return 0;
    }
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(argv[1], actions[i].name) == 0) {
            struct tape_arguments arguments = {0};
            int status = parse_arguments(argc - 1, argv + 1, actions[i].short_options,
                                         actions[i].long_options, &arguments);
            if (status == MM_OK && arguments.help) {
                (void)printf("%s%s", usage, help);
                return 0;
            }
            status = status == MM_OK ? actions[i].run(&arguments) : status;
            return status < 0 ? report_error(status) : 0;
        }
    }
    (void)fprintf(stderr, "mmbot tape: unknown action '%s'\n%s", argv[1], usage);
    return EXIT_USAGE;
}
