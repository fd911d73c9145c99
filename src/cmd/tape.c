// mmbot tape: import recordings; export, describe, check and show tapes.
#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"
#include "cmd/commands.h"
#include "cmd/import_progress.h"
#include "cmd/tape_look.h"
#include "cmd/tape_print.h"
#include "market/export_npy.h"
#include "market/tape_cache.h"
#include "market/tape_check.h"
#include "market/tape_import.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] = "usage: mmbot tape import FILE... -o TAPE [OPTIONS]\n"
                            "       mmbot tape export FILE -o OUT.npz|OUT.npy\n"
                            "       mmbot tape info FILE [--json]\n"
                            "       mmbot tape check FILE [--json]\n"
                            "       mmbot tape show FILE [--from NS] [--to NS] [--count N]\n"
                            "       mmbot tape latency FILE [-o OUT]\n";

static const char help[] =
    "\n"
    "import turns recordings into a tape: several files of one market are joined by time. export\n"
    "writes hftbacktest's format. info says what is in a tape, check how far it can be trusted. "
    "All\n"
    "but import take a recording too, which is imported into the cache first.\n"
    "\n"
    "options of import:\n"
    "  -o, --output TAPE     the tape to write; it appears whole or not at all\n"
    "  --format F            auto (default: by the content), or\n"
    "      binance           raw capture, `<receive ns> <json>` per line: depth, trade, "
    "bookTicker\n"
    "                        and REST snapshots of USD-M and COIN-M futures and spot\n"
    "      bybit             raw V5 capture, likewise: orderbook.N and publicTrade\n"
    "      bybit-archive     the exchange's order books (.data.zip) and trades (.csv.gz)\n"
    "      tardis            CSV of incremental_book_L2 and of trades\n"
    "      hftbacktest       .npz or .npy\n"
    "  --feed-latency D      how long after the exchange's time we saw it, where the recording "
    "does\n"
    "                        not say (bybit-archive); default 0\n"
    "  --symbol S            the one to take from a capture of several\n"
    "  --tick T, --lot L     steps of price and quantity; inferred from the decimals printed\n"
    "  --contract C          linear or inverse:SIZE; inferred from the kind of market\n"
    "\n"
    "options of show, which prints messages with their rows, by the exchange's clock:\n"
    "  --from NS, --to NS    from this time on, up to that one (default: from the start)\n"
    "  --count N             how many messages (default 10, with --to all)\n"
    "\n"
    "latency reads a log of round trips, 32-byte rows or their CSV, and prints it as CSV or\n"
    "writes the form that the name of OUT asks for: .csv, else rows.\n"
    "\n"
    "  --json                as JSON\n"
    "  -h, --help            this text\n";

enum { EXIT_USAGE = 2, SHOW_COUNT = 10 };

struct tape_arguments {
    struct tape_import_options import;
    const char *const *paths;
    size_t path_count;
    const char *path, *out_path;   // path is the first
    int64_t from_ns, to_ns, count; // of show
    bool json, help, several;
};

static int report_error(int status)
{
    (void)fprintf(stderr, "mmbot tape: %s\n", mm_error_text());
    return mm_error_exit_code(status);
}

static int take_number(const char *name, int64_t *out)
{
    struct decimal number;
    if (decimal_parse(optarg, strlen(optarg), &number) != DECIMAL_OK || number.exponent != 0 ||
        number.mantissa < 0) {
        return mm_fail(MM_ERROR_USAGE, "%s '%s' is no whole number", name, optarg);
    }
    *out = number.mantissa;
    return MM_OK;
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
    case 'f':
        return take_number(name, &arguments->from_ns);
    case 't':
        return take_number(name, &arguments->to_ns);
    case 'n':
        return take_number(name, &arguments->count);
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
    if (optind == argc) {
        return mm_fail(MM_ERROR_USAGE, "which file?");
    }
    if (optind + 1 != argc && !arguments->several) {
        return mm_fail(MM_ERROR_USAGE, "one file at a time, not '%s' too", argv[optind + 1]);
    }
    arguments->paths = (const char *const *)argv + optind;
    arguments->path_count = (size_t)(argc - optind);
    arguments->path = argv[optind];
    return MM_OK;
}

// ---- import ----

static int run_import(struct tape_arguments *arguments)
{
    if (arguments->out_path == NULL) {
        return mm_fail(MM_ERROR_USAGE, "where to write the tape? (-o TAPE)");
    }
    struct tape_import_report report;
    struct tape tape;
    arguments->import.progress = import_progress();
    int status = tape_import_files(arguments->paths, arguments->path_count, arguments->out_path,
                                   &arguments->import, &report);
    if (status == MM_OK) {
        status = tape_open(&tape, arguments->out_path);
    }
    if (status == MM_OK) {
        tape_print_import(stdout, &tape, &report);
        tape_close(&tape);
    }
    return status;
}

// A tape, or a recording, which is imported into the cache.
static int open_tape(struct tape *tape, const char *path)
{
    return tape_cache_open(tape, path,
                           &(struct tape_import_options){.progress = import_progress()});
}

static int run_export(struct tape_arguments *arguments)
{
    if (arguments->out_path == NULL) {
        return mm_fail(MM_ERROR_USAGE, "where to write the rows? (-o OUT.npz or -o OUT.npy)");
    }
    struct tape tape;
    uint64_t row_count = 0;
    int status = open_tape(&tape, arguments->path);
    if (status < 0) {
        return status;
    }
    status = export_npy(&tape, arguments->out_path, &row_count);
    if (status == MM_OK) {
        (void)printf("%-11s %" PRIu64 " rows to %s\n", "wrote", row_count, arguments->out_path);
    }
    tape_close(&tape);
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
    int status = open_tape(&tape, arguments->path);
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
    int status = open_tape(&tape, arguments->path);
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

static int run_show(struct tape_arguments *arguments)
{
    struct tape tape;
    int status = open_tape(&tape, arguments->path);
    if (status < 0) {
        return status;
    }
    int64_t few = arguments->to_ns == INT64_MAX ? SHOW_COUNT : INT64_MAX;
    int64_t count = arguments->count >= 0 ? arguments->count : few;
    tape_show(stdout, &tape,
              &(struct tape_span){arguments->from_ns, arguments->to_ns, (uint64_t)count});
    tape_close(&tape);
    return MM_OK;
}

static int run_latency(struct tape_arguments *arguments)
{
    return tape_convert_latency(arguments->path, arguments->out_path);
}

static const struct option import_options[] = {
    {"format", required_argument, NULL, 'i'},
    {"symbol", required_argument, NULL, 'i'},
    {"tick", required_argument, NULL, 'i'},
    {"lot", required_argument, NULL, 'i'},
    {"contract", required_argument, NULL, 'i'},
    {"feed-latency", required_argument, NULL, 'i'},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};
static const struct option export_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};
static const struct option show_options[] = {
    {"from", required_argument, NULL, 'f'},
    {"to", required_argument, NULL, 't'},
    {"count", required_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};
static const struct option latency_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
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
    {"export", ":ho:", export_options, run_export},
    {"info", ":h", look_options, run_info},
    {"check", ":h", look_options, run_check},
    {"show", ":h", show_options, run_show},
    {"latency", ":ho:", latency_options, run_latency},
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
            struct tape_arguments arguments = {
                .to_ns = INT64_MAX, .count = -1, .several = actions[i].run == run_import};
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
