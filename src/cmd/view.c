// mmbot view: the page of a run that has ended, served from what the run left.
#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/platform.h"
#include "cmd/commands.h"
#include "cmd/soak_page.h"
#include "observe/page.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SIZE_MAX = 64 << 20 };

static const int64_t WAIT_NS = 100000000;

static const char help[] =
    "usage: mmbot view DIRECTORY [OPTIONS]\n"
    "\n"
    "Serves the page of the run in DIRECTORY (as --out, or a latest/ or a snapshot) until Ctrl-C,\n"
    "from its report.html, which can be opened without a server too.\n"
    "\n"
    "  --http ADDRESS:PORT  where (default 127.0.0.1:0, a free port of this machine)\n"
    "  --http-cert FILE  --http-key FILE  TLS with this certificate\n"
    "  --http-plain         do without TLS on an address that other machines reach\n"
    "\n"
    "Exit codes: 2 wrong usage or an address that cannot be had, 4 there is no such run, 130 or\n"
    "143 ended by a signal.\n";

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

static int read_page(const char *directory, char **out_text, size_t *out_size, char **out_path)
{
    char *latest = path_join(directory, "latest/report.html");
    char *here = path_join(directory, "report.html");
    bool is_latest = file_exists(latest);
    *out_path = is_latest ? latest : here;
    free(is_latest ? here : latest);
    int code = file_read_all(*out_path, PAGE_SIZE_MAX, out_text, out_size);
    return code == MM_OK ? MM_OK : mm_fail_add(code, "%s holds no run that has ended", directory);
}

// The state that the page holds, as one line; to be freed by the caller.
static int read_state(const char *directory, char **out)
{
    char *text = NULL, *path = NULL;
    size_t size = 0;
    json_t *state = NULL;
    int code = read_page(directory, &text, &size, &path);
    if (code == MM_OK) {
        code = page_parse(text, size, path, &state);
    }
    if (code == MM_OK) {
        const char *type = json_string_value(json_object_get(state, "type"));
        json_int_t version = json_integer_value(json_object_get(state, "version"));
        if (type == NULL || strcmp(type, "state") != 0 || version != FEED_VERSION) {
            code =
                mm_fail(MM_ERROR_INPUT, "%s: not the page of a soak, or of another version", path);
        }
    }
    *out = code == MM_OK ? json_document_line(state, NULL) : NULL;
    json_decref(state);
    free(text);
    free(path);
    return code;
}

static int serve(const char *state, const struct address *address,
                 const struct soak_options *options)
{
    struct service *service = NULL;
    struct service_config config = {.address = *address,
                                    .certificate_file = options->http_cert,
                                    .key_file = options->http_key,
                                    .fixed_state = state};
    int code = service_create(&config, &service);
    if (code == MM_OK) {
        code = service_start(service);
    }
    if (code == MM_OK) {
        char link[SERVICE_LINK_SIZE];
        service_link(service, link);
        printf("page: %s\nCtrl-C ends it\n", link);
        fflush(stdout);
        while (stop_signal == 0) {
            platform_sleep_ns(WAIT_NS);
        }
        service_stop(service);
    }
    service_destroy(service);
    return code;
}

static int parse(int argc, char **argv, struct soak_options *options, const char **out_directory)
{
    enum { HELP = 'h', HTTP = 256, CERT, KEY, PLAIN };
    static const struct option longs[] = {{"help", no_argument, NULL, HELP},
                                          {"http", required_argument, NULL, HTTP},
                                          {"http-cert", required_argument, NULL, CERT},
                                          {"http-key", required_argument, NULL, KEY},
                                          {"http-plain", no_argument, NULL, PLAIN},
                                          {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (option) {
        case HELP:
            options->help = true;
            return MM_OK;
        case HTTP:
            options->http = optarg;
            break;
        case CERT:
            options->http_cert = optarg;
            break;
        case KEY:
            options->http_key = optarg;
            break;
        case PLAIN:
            options->http_plain = true;
            break;
        default:
            return mm_fail(MM_ERROR_USAGE, "%s: not an option, or without its value",
                           argv[optind - 1]);
        }
    }
    if (optind != argc - 1) {
        return mm_fail(MM_ERROR_USAGE, "one directory is needed; mmbot view --help");
    }
    *out_directory = argv[optind];
    return MM_OK;
}

int cmd_view(int argc, char **argv)
{
    struct soak_options options = {.command = "view"};
    struct address address;
    const char *directory = NULL;
    char *state = NULL;
    int code = parse(argc, argv, &options, &directory);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (code == MM_OK) {
        code = soak_page_address(&options, &address);
    }
    if (code == MM_OK) {
        code = read_state(directory, &state);
    }
    if (code == MM_OK) {
        code = serve(state, &address, &options);
    }
    free(state);
    if (code != MM_OK) {
        fprintf(stderr, "mmbot view: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return 128 + stop_signal;
}
