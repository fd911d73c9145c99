#include "market/tape_import.h"

#include "market/capture_lines.h"
#include "market/import_binance.h"
#include "market/tape_builder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int set_step(struct decimal *step, const char *key, const char *value)
{
    struct decimal parsed = {0, 0};
    enum decimal_status status = decimal_parse(value, strlen(value), &parsed);
    if (status != DECIMAL_OK || parsed.mantissa <= 0) {
        return mm_fail(MM_ERROR_USAGE, "%s '%s' is not a decimal number above 0", key, value);
    }
    *step = parsed;
    return MM_OK;
}

static int set_contract(struct tape_import_options *options, const char *value)
{
    struct instrument parsed = {0};
    int status = instrument_contract_parse(value, &parsed);
    if (status == MM_OK) {
        options->contract_given = true;
        options->contract = parsed.contract;
        options->contract_size = parsed.contract_size;
    }
    return status;
}

int tape_import_option(struct tape_import_options *options, const char *key, const char *value)
{
    if (strcmp(key, "symbol") == 0) {
        if (value[0] == '\0' || strlen(value) >= sizeof options->symbol) {
            return mm_fail(MM_ERROR_USAGE, "symbol '%s' is not 1 to 31 characters long", value);
        }
        memset(options->symbol, 0, sizeof options->symbol);
        memcpy(options->symbol, value, strlen(value));
        return MM_OK;
    }
    if (strcmp(key, "tick") == 0) {
        return set_step(&options->tick, key, value);
    }
    if (strcmp(key, "lot") == 0) {
        return set_step(&options->lot, key, value);
    }
    if (strcmp(key, "contract") == 0) {
        return set_contract(options, value);
    }
    if (strcmp(key, "format") == 0) {
        return strcmp(value, "binance") == 0
                   ? MM_OK
                   : mm_fail(MM_ERROR_USAGE, "format '%s' is not one of: binance", value);
    }
    return mm_fail(MM_ERROR_USAGE, "unknown import option '%s'", key);
}

static void set_source(struct tape_facts *facts, const char *path)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(facts->source, sizeof facts->source, "binance:%s",
                   slash != NULL ? slash + 1 : path);
}

static int import_into(struct tape_builder *builder, const char *path,
                       const struct tape_import_options *options, struct tape_import_report *report)
{
    struct capture_lines lines;
    int status = capture_lines_open(&lines, path);
    if (status == MM_OK) {
        status = import_binance(&lines, options, builder, report);
    }
    capture_lines_fini(&lines);
    return status;
}

int tape_import(const char *path, const char *out_path, const struct tape_import_options *options,
                struct tape_import_report *report)
{
    struct tape_import_report own_report;
    struct tape_builder builder;
    report = report != NULL ? report : &own_report;
    tape_builder_init(&builder);
    int status = import_into(&builder, path, options, report);
    if (status == MM_OK) {
        set_source(&builder.facts, path);
        status = tape_builder_write(&builder, &report->instrument, out_path);
        report->clock_shift_ns = builder.facts.clock_shift_ns;
        status = status < 0 ? mm_fail_add(status, "%s", path) : status;
    }
    tape_builder_fini(&builder);
    return status;
}
