// mmbot tape: import captures, describe and check tapes.
#include "base/error.h"
#include "cmd/commands.h"
#include "market/tape_import.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] = "usage: mmbot tape import [--format binance] CAPTURE -o TAPE [--symbol "
                            "S] [--tick T] [--lot L]\n"
                            "                         [--contract linear|inverse:SIZE]\n"
                            "       mmbot tape info TAPE [--json]\n"
                            "       mmbot tape check TAPE [--json]\n";

static int report_error(int status)
{
    fprintf(stderr, "mmbot tape: %s\n", mm_error_text());
    return mm_error_exit_code(status);
}

static int run_import(int argc, char **argv)
{
    static const struct option long_options[] = {{"format", required_argument, NULL, 'f'},
                                                 {"output", required_argument, NULL, 'o'},
                                                 {"symbol", required_argument, NULL, 's'},
                                                 {"tick", required_argument, NULL, 't'},
                                                 {"lot", required_argument, NULL, 'l'},
                                                 {"contract", required_argument, NULL, 'c'},
                                                 {NULL, 0, NULL, 0}};
    struct tape_import_options options = {0};
    const char *out_path = NULL;
    int choice, index = 0;
    while ((choice = getopt_long(argc, argv, "o:", long_options, &index)) != -1) {
        if (choice == '?') {
            return 2;
        }
        if (choice == 'o') {
            out_path = optarg;
            continue;
        }
        int status = tape_import_option(&options, long_options[index].name, optarg);
        if (status < 0) {
            return report_error(status);
        }
    }
    if (out_path == NULL || optind + 1 != argc) {
        fputs(usage, stderr);
        return 2;
    }
    struct tape_import_report report;
    int status = tape_import(argv[optind], out_path, &options, &report);
    if (status < 0) {
        return report_error(status);
    }
    char text[256];
    tape_import_describe(&report, text, sizeof text);
    printf("%s\n%" PRIu64 " lines, %" PRIu64 " messages, %" PRIu64 " rows\n", text,
           report.line_count, report.message_count, report.row_count);
    return 0;
}

int cmd_tape(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "import") == 0) {
        return run_import(argc - 1, argv + 1);
    }
    fputs(usage, stderr);
    return 2;
}
