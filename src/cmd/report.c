// mmbot report: what a run says of itself to a person.
#include "base/directory.h"
#include "base/file.h"
#include "cmd/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_SIZE_MAX = 1 << 24 };

static const char help[] =
    "usage: mmbot report DIRECTORY\n"
    "\n"
    "Prints REPORT.md of the run in DIRECTORY: as --out, or a latest/ or a snapshot.\n";

int cmd_report(int argc, char **argv)
{
    if (argc != 2 || (argv[1][0] == '-' && strcmp(argv[1], "--help") != 0)) {
        fputs(help, stderr);
        return mm_error_exit_code(MM_ERROR_USAGE);
    }
    if (strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    char *latest = path_join(argv[1], "latest/REPORT.md"), *here = path_join(argv[1], "REPORT.md");
    char *text = NULL;
    size_t size = 0;
    int code = file_read_all(file_exists(latest) ? latest : here, REPORT_SIZE_MAX, &text, &size);
    if (code == MM_OK) {
        fputs(text, stdout);
    } else {
        fprintf(stderr, "mmbot report: %s\n", mm_error_text());
    }
    free(text);
    free(latest);
    free(here);
    return code == MM_OK ? 0 : mm_error_exit_code(code);
}
