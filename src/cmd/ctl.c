// mmbot ctl: asks a running soak for something and waits until its effect has been seen.
#include "base/directory.h"
#include "base/json.h"
#include "base/platform.h"
#include "base/text.h"
#include "base/units.h"
#include "cmd/commands.h"
#include "soak/operator.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTROL_FILE_MAX = 4096, REPLY_MAX = 65536, REQUEST_SECONDS = 10, WHO_SIZE = 32 };

static const int64_t POLL_NS = 100000000;

#define ADDRESS_VARIABLE "MM_CONTROL_ADDRESS"
#define TOKEN_VARIABLE "MM_CONTROL_TOKEN"

static const char help[] =
    "usage: mmbot ctl pause|resume|kill|rearm|revert [OPTIONS]\n"
    "\n"
    "Asks a running soak for something, and waits until its effect has been seen: for pause and\n"
    "kill that no order is left open.\n"
    "\n"
    "  pause                cancel everything and quote nothing until resumed\n"
    "  resume               quote again after a pause\n"
    "  kill                 cancel everything and quote nothing until re-armed\n"
    "  rearm                quote again after a kill or a halt\n"
    "  revert               back to the safe profile's values at once\n"
    "\n"
    "  --out DIR            the run's directory, whose .control.json has address and token\n"
    "                       (default artifacts/soak)\n"
    "  --timeout TIME       how long to wait for the effect (default 30s)\n"
    "  --ca FILE            the certificate (PEM) that a TLS address is checked by\n"
    "  --json               print the answer as JSON and nothing else\n"
    "\n"
    "$" ADDRESS_VARIABLE " and $" TOKEN_VARIABLE
    ", where both are set, stand for the file; a token\n"
    "is never given on the command line, where others could read it.\n"
    "\n"
    "Exit codes: 0 done, 1 refused, failed or not seen in time, 2 wrong usage, 4 no run can be\n"
    "reached or it does not know the token.\n";

struct ctl {
    const char *action, *directory, *ca_file;
    int64_t timeout_ns;
    bool json, help;
    char address[256], token[128];
};

struct reply {
    long status;
    struct text body; // owned
};

// ---- what is asked ----

static int read_options(int argc, char **argv, struct ctl *ctl)
{
    static const struct option options[] = {
        {"out", required_argument, NULL, 'o'}, {"timeout", required_argument, NULL, 't'},
        {"ca", required_argument, NULL, 'c'},  {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0}};
    int code = MM_OK;
    int id;
    optind = 1;
    opterr = 0;
    while (code == MM_OK && (id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (id) {
        case 'o':
            ctl->directory = optarg;
            break;
        case 't':
            code = duration_parse(optarg, &ctl->timeout_ns);
            break;
        case 'c':
            ctl->ca_file = optarg;
            break;
        case 'j':
            ctl->json = true;
            break;
        case 'h':
            ctl->help = true;
            break;
        default:
            code = mm_fail(MM_ERROR_USAGE,
                           "'%.64s' is no option, or lacks its value; mmbot ctl "
                           "--help lists them",
                           argv[optind - 1]);
        }
    }
    return code;
}

static int read_action(int argc, char **argv, struct ctl *ctl)
{
    enum operator_action action;
    if (optind + 1 != argc) {
        return mm_fail(MM_ERROR_USAGE, "one of pause, resume, kill, rearm, revert is needed");
    }
    ctl->action = argv[optind];
    return operator_action_find(ctl->action, &action)
               ? MM_OK
               : mm_fail(MM_ERROR_USAGE, "'%.64s' is none of pause, resume, kill, rearm, revert",
                         ctl->action);
}

static bool copy_text(const char *from, char *to, size_t size)
{
    return from != NULL && snprintf(to, size, "%s", from) < (int)size;
}

static int read_control_file(struct ctl *ctl)
{
    char *path = path_join(ctl->directory, ".control.json");
    json_t *document = NULL;
    if (!platform_exists(path)) {
        int code = mm_fail(MM_ERROR_INPUT,
                           "no run with a page is going on in %s: %s is not there (a soak has one "
                           "with --http ADDRESS:PORT)",
                           ctl->directory, path);
        free(path);
        return code;
    }
    int code = json_document_read(path, CONTROL_FILE_MAX, &document);
    bool ok = code == MM_OK &&
              copy_text(json_string_value(json_object_get(document, "address")), ctl->address,
                        sizeof ctl->address) &&
              copy_text(json_string_value(json_object_get(document, "token")), ctl->token,
                        sizeof ctl->token);
    if (code == MM_OK && !ok) {
        code = mm_fail(MM_ERROR_INPUT, "%s has no address and token", path);
    }
    free(path);
    json_decref(document);
    return code;
}

static int find_run(struct ctl *ctl)
{
    bool given = copy_text(getenv(ADDRESS_VARIABLE), ctl->address, sizeof ctl->address) &&
                 copy_text(getenv(TOKEN_VARIABLE), ctl->token, sizeof ctl->token);
    return given ? MM_OK : read_control_file(ctl);
}

// ---- HTTP ----

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct text *body = context;
    if (body->size + size * count > REPLY_MAX) {
        return 0;
    }
    text_put(body, data, size * count);
    return size * count;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    struct text line = {0};
    text_add(&line, "%s: %s", name, value);
    list = curl_slist_append(list, text_string(&line));
    text_fini(&line);
    return list;
}

// `body` NULL is a GET.
static int ask(const struct ctl *ctl, const char *path, const char *body, struct reply *out)
{
    struct text url = {0}, bearer = {0};
    char problem[CURL_ERROR_SIZE] = "";
    text_add(&url, "%s%s", ctl->address, path);
    text_add(&bearer, "Bearer %s", ctl->token);
    struct curl_slist *headers = add_header(NULL, "Authorization", text_string(&bearer));
    headers = add_header(headers, "Content-Type", "application/json");
    text_clear(&out->body);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, text_string(&url));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &out->body);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)REQUEST_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); // the run is asked, nobody between
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
    if (ctl->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, ctl->ca_file);
    }
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    CURLcode done = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    text_fini(&url);
    text_fini(&bearer);
    return done == CURLE_OK ? MM_OK
                            : mm_fail(MM_ERROR_SYSTEM, "%s cannot be reached: %s", ctl->address,
                                      problem[0] != '\0' ? problem : curl_easy_strerror(done));
}

// ---- the request and its answer ----

static const char *field(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static int read_reply(const struct reply *reply, json_t **out)
{
    int code = json_document_parse(text_string(&reply->body), reply->body.size, "answer", out);
    if (code == MM_OK && json_object_get(*out, "id") == NULL) {
        code = mm_fail(reply->status == 401 ? MM_ERROR_INPUT : MM_ERROR_SYSTEM, "%ld: %s",
                       reply->status, field(*out, "error"));
        json_decref(*out);
        *out = NULL;
    }
    return code;
}

static void write_who(char out[WHO_SIZE])
{
    const char *user = getenv("USER");
    int size = snprintf(out, WHO_SIZE, "ctl %.*s", WHO_SIZE - 5,
                        user != NULL && user[0] != '\0' ? user : "-");
    for (int i = 0; i < size && i < WHO_SIZE - 1; i++) {
        out[i] = (char)(out[i] < ' ' || out[i] > '~' ? '?' : out[i]);
    }
}

static int send_request(const struct ctl *ctl, struct reply *reply, json_t **out)
{
    char who[WHO_SIZE];
    write_who(who);
    json_t *request = json_pack("{s:s, s:s}", "action", ctl->action, "who", who);
    char *body = json_document_line(request, NULL);
    int code = ask(ctl, "/api/v1/control", body, reply);
    free(body);
    json_decref(request);
    return code == MM_OK ? read_reply(reply, out) : code;
}

static bool is_pending(const json_t *entry)
{
    const char *state = field(entry, "state");
    return strcmp(state, "accepted") == 0 || strcmp(state, "working") == 0;
}

// Asks again until it is done or the time is over; *entry is the last answer.
static int await(const struct ctl *ctl, struct reply *reply, json_t **entry)
{
    char path[64];
    snprintf(path, sizeof path, "/api/v1/control/%" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(*entry, "id")));
    int64_t until_ns = platform_monotonic_ns() + ctl->timeout_ns;
    int code = MM_OK;
    while (code == MM_OK && is_pending(*entry) && platform_monotonic_ns() < until_ns) {
        platform_sleep_ns(POLL_NS);
        code = ask(ctl, path, NULL, reply);
        json_t *newer = NULL;
        code = code == MM_OK ? read_reply(reply, &newer) : code;
        if (code == MM_OK) {
            json_decref(*entry);
            *entry = newer;
        }
    }
    return code;
}

static int tell(const struct ctl *ctl, const json_t *entry)
{
    bool done = strcmp(field(entry, "state"), "done") == 0;
    if (ctl->json) {
        char *text = json_document_text(entry, NULL);
        fputs(text, stdout);
        free(text);
    } else {
        fprintf(done ? stdout : stderr, "%s %s%s%s%s\n", ctl->action, field(entry, "state"),
                field(entry, "text")[0] != '\0' ? ": " : "", field(entry, "text"),
                is_pending(entry) ? ", but its effect was not seen in time" : "");
    }
    return done ? 0 : 1;
}

static int run(const struct ctl *ctl, int *out_exit)
{
    struct reply reply = {0};
    json_t *entry = NULL;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = send_request(ctl, &reply, &entry);
    if (code == MM_OK) {
        code = await(ctl, &reply, &entry);
    }
    if (code == MM_OK) {
        *out_exit = tell(ctl, entry);
    }
    json_decref(entry);
    text_fini(&reply.body);
    curl_global_cleanup();
    return code;
}

int cmd_ctl(int argc, char **argv)
{
    struct ctl ctl = {.directory = "artifacts/soak", .timeout_ns = INT64_C(30000000000)};
    int result = 0;
    int code = read_options(argc, argv, &ctl);
    if (code == MM_OK && ctl.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK) {
        code = read_action(argc, argv, &ctl);
    }
    if (code == MM_OK) {
        code = find_run(&ctl);
    }
    if (code == MM_OK) {
        code = run(&ctl, &result);
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot ctl: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return result;
}
