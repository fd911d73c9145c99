#include "cmd/soak_page.h"

#include "base/platform.h"

#include <stdio.h>
#include <string.h>

static const int64_t LINGER_NS = 100000000;

// ---- whether and where ----

static bool is_wanted(const struct soak_options *options)
{
    bool is_soak = strcmp(options->command, "canary") != 0;
    bool on_terminal = is_soak && !options->json && platform_is_terminal(fileno(stdout));
    return !options->no_http && (options->http != NULL || options->keep_open || on_terminal);
}

static int check_options(const struct soak_options *options)
{
    if (options->no_http && (options->http != NULL || options->keep_open)) {
        return mm_fail(MM_ERROR_USAGE, "--no-http does not go with --%s",
                       options->http != NULL ? "http" : "keep-open");
    }
    if ((options->http_cert == NULL) != (options->http_key == NULL)) {
        return mm_fail(MM_ERROR_USAGE, "--http-cert and --http-key go together");
    }
    if (options->http_plain && options->http_cert != NULL) {
        return mm_fail(MM_ERROR_USAGE, "--http-plain does not go with --http-cert");
    }
    return MM_OK;
}

// On an address that others reach, a token in clear text is anyone's.
int soak_page_address(const struct soak_options *options, struct address *out)
{
    int code = check_options(options);
    if (code != MM_OK) {
        return code;
    }
    code = address_parse(options->http != NULL ? options->http : "127.0.0.1:0", out);
    if (code != MM_OK) {
        return mm_fail_add(code, "--http");
    }
    if (!out->is_loopback && options->http_cert == NULL && !options->http_plain) {
        return mm_fail(MM_ERROR_USAGE,
                       "--http %s can be reached from other machines: give --http-cert and "
                       "--http-key for TLS, or --http-plain to do without",
                       options->http);
    }
    return MM_OK;
}

// ---- life ----

// The run owns its directory now, so that the link leads to it.
static void on_begun(void *context)
{
    struct soak_page *page = context;
    char link[SERVICE_LINK_SIZE];
    service_link(page->service, link);
    if (service_announce(page->service) != MM_OK) {
        fprintf(stderr, "mmbot: no ctl for this run: %s\n", mm_error_text());
        mm_error_clear();
    }
    if (page->out != NULL) {
        fprintf(page->out, "page: %s\n", link);
        fflush(page->out);
    }
}

static int open_service(struct soak_page *page, const struct soak_options *options,
                        const struct run_config *config, const struct address *address)
{
    struct service_config service = {.address = *address,
                                     .certificate_file = options->http_cert,
                                     .key_file = options->http_key,
                                     .publisher = page->publisher,
                                     .directory = config->out_dir};
    int code = service_create(&service, &page->service);
    return code == MM_OK ? service_start(page->service) : code;
}

int soak_page_open(struct soak_page *page, const struct soak_options *options,
                   const struct run_config *config)
{
    *page = (struct soak_page){.out = options->json ? stderr : stdout};
    struct address address;
    int code = soak_page_address(options, &address);
    if (code != MM_OK || !is_wanted(options)) {
        return code;
    }
    struct publisher_config publisher = {.pace_e3 = config->pace_e3,
                                         .span_ns = config->window_ns * config->iterations,
                                         .context = page,
                                         .begun = on_begun};
    page->publisher = publisher_create(&publisher);
    page->watch = publisher_watch(page->publisher);
    code = open_service(page, options, config, &address);
    if (code != MM_OK) {
        soak_page_close(page);
    }
    return code;
}

const struct soak_watch *soak_page_watch(const struct soak_page *page)
{
    return page->publisher != NULL ? &page->watch : NULL;
}

void soak_page_linger(const struct soak_page *page, const struct soak_options *options,
                      const volatile sig_atomic_t *stop)
{
    if (page->publisher == NULL || !options->keep_open || *stop != 0) {
        return;
    }
    if (page->out != NULL) {
        fprintf(page->out, "the page stays open; Ctrl-C ends it\n");
        fflush(page->out);
    }
    while (*stop == 0) {
        platform_sleep_ns(LINGER_NS);
    }
}

void soak_page_close(struct soak_page *page)
{
    service_stop(page->service);
    service_destroy(page->service);
    publisher_destroy(page->publisher);
    *page = (struct soak_page){0};
}
