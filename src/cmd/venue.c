// mmbot venue: a simulated exchange on a port, for bots that speak Bybit's V5 protocol.
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "bourse/bourse.h"
#include "bourse/control.h"
#include "bourse/serve.h"
#include "bourse/switches.h"
#include "cmd/commands.h"
#include "market/tape_cache.h"
#include "net/address.h"
#include "net/certificate.h"
#include "soak/embedded.h"
#include "soak/market_preset.h"
#include "venue/sim/model_json.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: mmbot venue [--market PRESET | --tape FILE]... [OPTIONS]\n"
    "\n"
    "Runs a simulated exchange on this machine that speaks Bybit's V5 protocol, REST and "
    "WebSocket\n"
    "on one port, until it is stopped or its tapes end. Bots of any kind can trade on it: prints\n"
    "where it listens and the keys of its accounts. docs/venue.md says what it knows.\n"
    "\n"
    "  --market PRESET      a simulated market: alt-perp (default), btc-perp, or a MODEL.json "
    "that\n"
    "                       mmbot market calibrate wrote\n"
    "  --tape FILE          a recorded market: a tape, or a raw capture, which is imported first\n"
    "  --regime R           of simulated markets: calm (default), volatile, spike, thin, trend or\n"
    "                       switch\n"
    "  --queue MODEL        of recorded markets (default pow3:3)\n"
    "  --seed S             of markets, keys and ids (default 1)\n"
    "  --listen ADDR:PORT   (default 127.0.0.1:0, a free port)\n"
    "  --accounts N|FILE    how many accounts, or a JSON array that describes them (default 2)\n"
    "  --balance AMOUNT     of each settlement coin (default 100000)\n"
    "  --fees MAKER,TAKER   in bps (default the market preset's, of a tape 2,5.5)\n"
    "  --set SWITCH=VALUE   see --switches\n"
    "  --tls                with a certificate for localhost made now, or with\n"
    "  --certificate FILE, --key FILE   PEM files\n"
    "  --info FILE          also write addresses and keys to a file that only the owner can read\n"
    "  --json               print them as JSON\n"
    "  --switches           list the switches and end\n";

enum { SETS_MAX = 32, URL_SIZE = ADDRESS_TEXT_SIZE + 16 };

struct venue_arguments {
    const char *markets[BOURSE_LISTINGS_MAX], *tapes[BOURSE_LISTINGS_MAX], *sets[SETS_MAX];
    uint32_t market_count, tape_count, set_count;
    const char *regime, *queue, *seed, *listen, *accounts, *balance, *fees, *info;
    const char *certificate, *key;
    bool tls, json, switches, help;
};

static int add_text(const char *option, const char **texts, uint32_t most, uint32_t *count)
{
    if (*count == most) {
        return mm_fail(MM_ERROR_USAGE, "%s: at most %" PRIu32 " times", option, most);
    }
    texts[(*count)++] = optarg;
    return MM_OK;
}

// Options whose value is just kept.
static const char **slot_of(struct venue_arguments *arguments, int choice)
{
    switch (choice) {
    case 'r':
        return &arguments->regime;
    case 'q':
        return &arguments->queue;
    case 's':
        return &arguments->seed;
    case 'l':
        return &arguments->listen;
    case 'a':
        return &arguments->accounts;
    case 'b':
        return &arguments->balance;
    case 'f':
        return &arguments->fees;
    case 'i':
        return &arguments->info;
    case 'c':
        return &arguments->certificate;
    case 'k':
        return &arguments->key;
    default:
        return NULL;
    }
}

static int take_option(struct venue_arguments *arguments, int choice, const char *argument)
{
    const char **slot = slot_of(arguments, choice);
    if (slot != NULL) {
        *slot = optarg;
        return MM_OK;
    }
    switch (choice) {
    case 'm':
        return add_text("--market", arguments->markets, BOURSE_LISTINGS_MAX,
                        &arguments->market_count);
    case 't':
        return add_text("--tape", arguments->tapes, BOURSE_LISTINGS_MAX, &arguments->tape_count);
    case 'S':
        return add_text("--set", arguments->sets, SETS_MAX, &arguments->set_count);
    case 'T':
        arguments->tls = true;
        return MM_OK;
    case 'j':
        arguments->json = true;
        return MM_OK;
    case 'w':
        arguments->switches = true;
        return MM_OK;
    case 'h':
        arguments->help = true;
        return MM_OK;
    case ':':
        return mm_fail(MM_ERROR_USAGE, "option '%.64s' lacks its value", argument);
    default:
        return mm_fail(MM_ERROR_USAGE, "unknown option '%.64s'; mmbot venue --help lists them",
                       argument);
    }
}

static int parse_arguments(int argc, char **argv, struct venue_arguments *out)
{
    static const struct option options[] = {
        {"market", required_argument, NULL, 'm'},
        {"tape", required_argument, NULL, 't'},
        {"regime", required_argument, NULL, 'r'},
        {"queue", required_argument, NULL, 'q'},
        {"seed", required_argument, NULL, 's'},
        {"listen", required_argument, NULL, 'l'},
        {"accounts", required_argument, NULL, 'a'},
        {"balance", required_argument, NULL, 'b'},
        {"fees", required_argument, NULL, 'f'},
        {"set", required_argument, NULL, 'S'},
        {"info", required_argument, NULL, 'i'},
        {"tls", no_argument, NULL, 'T'},
        {"certificate", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},
        {"json", no_argument, NULL, 'j'},
        {"switches", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int choice;
    *out = (struct venue_arguments){0};
    opterr = 0;
    optind = 0; // start anew: a test may call twice
    while ((choice = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        int code = take_option(out, choice, argv[optind - 1]);
        if (code != MM_OK) {
            return code;
        }
    }
    if (optind < argc) {
        return mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind]);
    }
    if ((out->certificate == NULL) != (out->key == NULL)) {
        return mm_fail(MM_ERROR_USAGE, "--certificate and --key go together");
    }
    if (out->market_count + out->tape_count == 0) {
        out->markets[out->market_count++] = "alt-perp";
    }
    return MM_OK;
}

static void print_switches(void)
{
    for (int id = 0; id < SWITCH_COUNT; id++) {
        char value[SWITCH_TEXT_SIZE], allowed[SWITCH_TEXT_SIZE];
        switch_value_text((enum switch_id)id, switch_specs[id].start, value);
        switch_allowed_text((enum switch_id)id, allowed);
        printf("%s=%s\n    %s\n    %s\n", switch_specs[id].name, value, switch_specs[id].decides,
               allowed);
    }
}

// ---- markets ----

static int read_steps(const char *option, const char *text, size_t length, int32_t exponent,
                      int64_t least, int64_t most, int64_t *out)
{
    if (decimal_parse_scaled(text, length, exponent, out) != DECIMAL_OK || *out < least ||
        *out > most) {
        return mm_fail(MM_ERROR_USAGE, "%s: '%.*s' is no number within the range", option,
                       (int)length, text);
    }
    return MM_OK;
}

// The fees of an embedded market preset.
static int preset_fees(const char *name, struct bourse_account_spec *spec)
{
    char file[PRESET_TEXT_SIZE + 16];
    static struct market_preset preset; // too large for a stack
    json_t *document = NULL;
    int code = MM_OK;
    snprintf(file, sizeof file, "market/%.64s.json", name);
    for (size_t i = 0; i < embedded_file_count && document == NULL && code == MM_OK; i++) {
        if (strcmp(embedded_files[i].name, file) == 0) {
            code = json_document_parse(embedded_files[i].data, embedded_files[i].size, file,
                                       &document);
        }
    }
    if (code == MM_OK && document != NULL) {
        code = market_preset_read(document, file, &preset);
        spec->maker_rate_e9 = preset.engine.fees.maker_e9;
        spec->taker_rate_e9 = preset.engine.fees.taker_e9;
    }
    json_decref(document);
    return code;
}

static int find_fees(const struct venue_arguments *arguments, struct bourse_account_spec *spec)
{
    const char *fees = arguments->fees;
    if (fees == NULL && arguments->market_count > 0) {
        return preset_fees(arguments->markets[0], spec);
    }
    fees = fees != NULL ? fees : "2,5.5";
    const char *comma = strchr(fees, ',');
    if (comma == NULL) {
        return mm_fail(MM_ERROR_USAGE, "--fees: '%.32s' is not MAKER,TAKER in bps", fees);
    }
    const int64_t most = INT64_C(10000000); // 1 %
    int code =
        read_steps("--fees", fees, (size_t)(comma - fees), -5, -most, most, &spec->maker_rate_e9);
    return code == MM_OK ? read_steps("--fees", comma + 1, strlen(comma + 1), -5, -most, most,
                                      &spec->taker_rate_e9)
                         : code;
}

// A preset by its name, or a model by its file, which is read into *file.
static int find_model(const char *name, struct sim_model_file *file, const struct sim_model **out)
{
    size_t length = strlen(name);
    *out = sim_preset_find(name);
    if (*out == NULL && length > 5 && strcmp(name + length - 5, ".json") == 0) {
        *out = &file->model;
        return sim_model_read(name, file);
    }
    return *out != NULL ? MM_OK
                        : mm_fail(MM_ERROR_USAGE,
                                  "--market: there is no '%.64s'; there are %s, %s and MODEL.json",
                                  name, sim_preset_name(0), sim_preset_name(1));
}

static int list_markets(struct bourse *bourse, const struct venue_arguments *arguments,
                        struct tape *tapes)
{
    static struct sim_model_file files[BOURSE_LISTINGS_MAX];
    enum sim_regime regime = SIM_CALM;
    struct queue_model queue;
    if (arguments->regime != NULL && !sim_regime_parse(arguments->regime, &regime)) {
        return mm_fail(MM_ERROR_USAGE, "--regime: there is no '%.64s'", arguments->regime);
    }
    int code = queue_model_parse(arguments->queue != NULL ? arguments->queue : "pow3:3", &queue);
    for (uint32_t i = 0; i < arguments->market_count && code == MM_OK; i++) {
        const struct sim_model *model;
        code = find_model(arguments->markets[i], &files[i], &model);
        code = code == MM_OK ? bourse_list_simulated(bourse, model, regime) : code;
    }
    for (uint32_t i = 0; i < arguments->tape_count && code == MM_OK; i++) {
        code = tape_cache_open(&tapes[i], arguments->tapes[i], NULL);
        code = code == MM_OK ? bourse_list_tape(bourse, &tapes[i], &queue) : code;
    }
    return code;
}

// ---- accounts ----

static int add_described(struct bourse *bourse, const char *path,
                         const struct bourse_account_spec *common)
{
    json_t *document = NULL;
    uint32_t number;
    int code = json_document_read(path, 1 << 20, &document);
    if (code == MM_OK && json_array_size(document) == 0) {
        code = mm_fail(MM_ERROR_USAGE, "%s: an array of at least one account is needed", path);
    }
    for (size_t i = 0; i < json_array_size(document) && code == MM_OK; i++) {
        struct bourse_account_spec spec = *common;
        code = control_read_account(json_array_get(document, i), &spec);
        code = code == MM_OK ? bourse_add_account(bourse, &spec, &number) : code;
    }
    json_decref(document);
    return code == MM_OK ? code : mm_fail_add(code, "--accounts");
}

static int add_accounts(struct bourse *bourse, const struct venue_arguments *arguments)
{
    struct bourse_account_spec spec = {.dcp = true};
    const char *accounts = arguments->accounts != NULL ? arguments->accounts : "2";
    const char *balance = arguments->balance != NULL ? arguments->balance : "100000";
    int64_t count;
    uint32_t number;
    int code = find_fees(arguments, &spec);
    code = code == MM_OK ? read_steps("--balance", balance, strlen(balance), -9, 0,
                                      INT64_C(100000000) * 1000000000, &spec.balance_e9)
                         : code;
    if (code != MM_OK) {
        return code;
    }
    if (decimal_parse_scaled(accounts, strlen(accounts), 0, &count) != DECIMAL_OK) {
        return add_described(bourse, accounts, &spec);
    }
    if (count < 1 || count > BOURSE_ACCOUNTS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "--accounts: %" PRId64 " is not from 1 to %d", count,
                       BOURSE_ACCOUNTS_MAX);
    }
    for (int64_t i = 0; i < count && code == MM_OK; i++) {
        code = bourse_add_account(bourse, &spec, &number);
    }
    return code;
}

static int set_switches(struct bourse *bourse, const struct venue_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->set_count; i++) {
        char name[64];
        const char *equals = strchr(arguments->sets[i], '=');
        if (equals == NULL) {
            return mm_fail(MM_ERROR_USAGE, "--set: '%.64s' is not SWITCH=VALUE",
                           arguments->sets[i]);
        }
        snprintf(name, sizeof name, "%.*s", (int)(equals - arguments->sets[i]), arguments->sets[i]);
        int code = bourse_set_switch(bourse, name, equals + 1);
        if (code != MM_OK) {
            return mm_fail_add(code, "--set");
        }
    }
    return MM_OK;
}

// ---- what to connect to ----

static json_t *describe(const struct bourse *bourse, const struct address *address, uint16_t port,
                        bool tls, const char *certificate)
{
    json_t *accounts = json_array();
    for (uint32_t i = 0; i < bourse_account_count(bourse); i++) {
        json_array_append_new(accounts,
                              json_pack("{s:s, s:s}", "key", bourse_account_key(bourse, i),
                                        "secret", bourse_account_secret(bourse, i)));
    }
    char rest[URL_SIZE], socket[URL_SIZE];
    const char *open = address->is_ipv6 ? "[" : "", *close = address->is_ipv6 ? "]" : "";
    snprintf(rest, sizeof rest, "%s://%s%s%s:%u", tls ? "https" : "http", open, address->text,
             close, port);
    snprintf(socket, sizeof socket, "%s://%s%s%s:%u", tls ? "wss" : "ws", open, address->text,
             close, port);
    json_t *out =
        json_pack("{s:s, s:s, s:o}", "rest", rest, "websocket", socket, "accounts", accounts);
    if (certificate != NULL) {
        json_object_set_new(out, "certificate", json_string(certificate));
    }
    return out;
}

static void print_info(const json_t *info)
{
    const json_t *accounts = json_object_get(info, "accounts");
    const json_t *certificate = json_object_get(info, "certificate");
    printf("REST       %s\n", json_string_value(json_object_get(info, "rest")));
    printf("WebSocket  %s/v5/public/linear, /v5/private, /v5/trade\n",
           json_string_value(json_object_get(info, "websocket")));
    printf("control    %s/control/state\n", json_string_value(json_object_get(info, "rest")));
    if (certificate != NULL) {
        printf("trust      %s\n", json_string_value(certificate));
    }
    for (size_t i = 0; i < json_array_size(accounts); i++) {
        const json_t *account = json_array_get(accounts, i);
        printf("account %zu  key %s  secret %s\n", i + 1,
               json_string_value(json_object_get(account, "key")),
               json_string_value(json_object_get(account, "secret")));
    }
}

static int tell_info(const struct venue_arguments *arguments, const json_t *info)
{
    int code = arguments->info != NULL ? json_document_write(arguments->info, info, 0600) : MM_OK;
    char *line = json_document_line(info, NULL);
    if (arguments->json && line != NULL) {
        fputs(line, stdout);
    } else {
        print_info(info);
    }
    free(line);
    fflush(stdout);
    return code;
}

// ---- running ----

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

static int serve_bourse(struct serve *serve, struct bourse *bourse,
                        const struct venue_arguments *arguments)
{
    struct address address;
    struct certificate_files files = {.certificate = ""};
    struct serve_config config = {.certificate_file = arguments->certificate,
                                  .key_file = arguments->key,
                                  .stop = &stop_signal};
    const char *listen = arguments->listen != NULL ? arguments->listen : "127.0.0.1:0";
    int code = address_parse(listen, &address);
    code = code == MM_OK ? code : mm_fail_add(code, "--listen");
    config.address = address.text;
    config.port = address.port;
    if (code == MM_OK && arguments->tls && config.certificate_file == NULL) {
        code = certificate_make(address.text, &files);
        config.certificate_file = files.certificate;
        config.key_file = files.key;
    }
    code = code == MM_OK ? serve_open(serve, bourse, &config) : code;
    if (code == MM_OK) {
        bool tls = config.certificate_file != NULL;
        json_t *info = describe(bourse, &address, serve_port(serve), tls, config.certificate_file);
        code = tell_info(arguments, info);
        json_decref(info);
    }
    if (code == MM_OK) {
        serve_run(serve);
    }
    certificate_remove(&files);
    return code;
}

static int run_venue(const struct venue_arguments *arguments)
{
    static struct tape tapes[BOURSE_LISTINGS_MAX];
    int64_t seed = 1;
    int code = arguments->seed != NULL ? read_steps("--seed", arguments->seed,
                                                    strlen(arguments->seed), 0, 0, INT64_MAX, &seed)
                                       : MM_OK;
    if (code != MM_OK) {
        return code;
    }
    struct serve *serve = serve_create();
    struct bourse *bourse = bourse_create(&(struct bourse_setup){
        .sink = serve_sink(serve), .seed = (uint64_t)seed, .now_ns = serve_now_ns(serve)});
    code = list_markets(bourse, arguments, tapes);
    code = code == MM_OK ? add_accounts(bourse, arguments) : code;
    code = code == MM_OK ? set_switches(bourse, arguments) : code;
    code = code == MM_OK ? serve_bourse(serve, bourse, arguments) : code;
    serve_destroy(serve);
    bourse_destroy(bourse);
    for (uint32_t i = 0; i < BOURSE_LISTINGS_MAX; i++) {
        tape_close(&tapes[i]);
    }
    return code;
}

int cmd_venue(int argc, char **argv)
{
    struct venue_arguments arguments;
    int code = parse_arguments(argc, argv, &arguments);
    if (code == MM_OK && arguments.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK && arguments.switches) {
        print_switches();
        return 0;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
    signal(SIGPIPE, SIG_IGN);
    code = code == MM_OK ? run_venue(&arguments) : code;
    if (code != MM_OK) {
        fprintf(stderr, "mmbot venue: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return stop_signal == 0 ? 0 : 128 + (int)stop_signal;
}
