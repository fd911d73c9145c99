#include "cmd/soak_run.h"

#include "base/json.h"
#include "base/log.h"
#include "base/platform.h"
#include "cmd/commands.h"
#include "cmd/soak_page.h"
#include "observe/run_report.h"
#include "soak/orchestrator.h"
#include "soak/reporter.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

// ---- signals ----

static volatile sig_atomic_t stop_signal;

// The first asks for a clean end; the second gets the default, which is death.
static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

// ---- the end ----

int soak_run_exit_code(const struct soak_options *options, int code, const struct run_record *run)
{
    if (code == MM_ERROR_STOPPED) {
        return 128 + stop_signal;
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot %s: %s\n", options->command, mm_error_text());
        return mm_error_exit_code(code);
    }
    return verdict_exit_code(run->verdict.verdict);
}

static void print_json(const struct run_record *run)
{
    json_t *document = report_gate(run);
    char *text = json_document_text(document, NULL);
    if (text != NULL) {
        fputs(text, stdout);
    }
    free(text);
    json_decref(document);
}

// With the page of the finished run, and whoever else looks.
static int run_watched(struct run_config *config, struct terminal *terminal,
                       const struct soak_watch *page, struct run_record *run)
{
    struct run_report *report =
        run_report_create(config->out_dir, config->window_ns * config->iterations);
    struct soak_watch watch = run_report_watch(report);
    const struct soak_watch *watches[] = {&watch, page};
    int code = orchestrator_run(config, terminal, watches, 2, &stop_signal, run);
    int written = run_report_status(report);
    run_report_destroy(report);
    return written != MM_OK ? written : code;
}

static int run_configured(const struct soak_options *options, soak_run_done *done, void *context)
{
    struct run_config config;
    struct run_record run = {0};
    struct terminal terminal;
    int code = config_resolve(&options->config, &config);
    if (code != MM_OK) {
        return soak_run_exit_code(options, code, &run);
    }
    log_init(stderr, options->log_level);
    terminal_init(&terminal, options->json ? NULL : stdout, platform_is_terminal(fileno(stdout)));
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal); // the terminal went away
    signal(SIGPIPE, SIG_IGN);  // the reader of the output went away: the artifacts are still wanted
    struct soak_page page;
    code = soak_page_open(&page, options, &config);
    if (code == MM_OK) {
        code = run_watched(&config, &terminal, soak_page_watch(&page), &run);
    }
    log_flush();
    if (options->json && (code == MM_OK || code == MM_ERROR_STOPPED)) {
        print_json(&run);
    }
    if (done != NULL && (code == MM_OK || code == MM_ERROR_STOPPED)) {
        done(&run, context);
    }
    int result = soak_run_exit_code(options, code, &run);
    if (code == MM_OK) {
        soak_page_linger(&page, options, &stop_signal);
    }
    soak_page_close(&page);
    run_record_fini(&run);
    return result;
}

int soak_run(struct soak_options *options, soak_run_done *done, void *context)
{
    int result = run_configured(options, done, context);
    bybit_keys_fini(&options->keys);
    return result;
}
