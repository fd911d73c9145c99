#include "market/tape_import.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/units.h"
#include "market/capture_lines.h"
#include "market/import_binance.h"
#include "market/import_bybit.h"
#include "market/import_bybit_trades.h"
#include "market/import_npy.h"
#include "market/import_tardis.h"
#include "market/tape_detect.h"
#include "market/tape_join.h"

#include <stdio.h>
#include <stdlib.h>
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

static int set_format(struct tape_import_options *options, const char *value)
{
    for (int format = TAPE_FORMAT_AUTO; format <= TAPE_FORMAT_HFTBACKTEST; format++) {
        if (strcmp(value, tape_format_name((enum tape_format)format)) == 0) {
            options->format = (enum tape_format)format;
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_USAGE,
                   "format '%s' is not one of: auto, binance, bybit, bybit-archive, tardis, "
                   "hftbacktest",
                   value);
}

static int set_latency(struct tape_import_options *options, const char *value)
{
    int status = duration_parse(value, &options->feed_latency_ns);
    return status < 0 ? mm_fail_add(status, "--feed-latency") : MM_OK;
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
        return set_format(options, value);
    }
    if (strcmp(key, "feed-latency") == 0) {
        return set_latency(options, value);
    }
    return mm_fail(MM_ERROR_USAGE, "unknown import option '%s'", key);
}

static void set_source(struct tape_facts *facts, enum tape_format format, const char *path,
                       size_t count)
{
    const char *slash = strrchr(path, '/');
    int length = snprintf(facts->source, sizeof facts->source, "%s:%s", tape_format_name(format),
                          slash != NULL ? slash + 1 : path);
    if (count > 1 && length > 0 && (size_t)length < sizeof facts->source) {
        (void)snprintf(facts->source + length, sizeof facts->source - (size_t)length,
                       " and %zu more", count - 1);
    }
}

static int import_lines(enum recording recording, const char *path, const struct file_map *map,
                        const struct tape_import_options *options, struct tape_part *part)
{
    struct capture_lines lines;
    struct tape_builder *builder = &part->builder;
    struct tape_import_report *report = &part->report;
    int status = capture_lines_open_memory(&lines, path, map->data, map->size);
    if (options->progress != NULL) {
        lines.advance = options->progress->advance;
        lines.advance_context = options->progress->context;
    }
    if (status == MM_OK) {
        switch (recording) {
        case RECORDING_BINANCE:
            status = import_binance(&lines, options, builder, report);
            break;
        case RECORDING_BYBIT:
        case RECORDING_BYBIT_BOOK:
            status = import_bybit(&lines, recording == RECORDING_BYBIT, options, builder, report);
            break;
        case RECORDING_BYBIT_TRADES:
            status = import_bybit_trades(&lines, options, builder, report);
            break;
        case RECORDING_TARDIS:
            status = import_tardis(&lines, options, builder, report);
            break;
        case RECORDING_NPY:
            break; // no lines
        }
    }
    capture_lines_fini(&lines);
    return status;
}

static int import_part(const char *path, const struct tape_import_options *options,
                       struct tape_part *part, enum tape_format *out_format)
{
    struct file_map map;
    enum recording recording = RECORDING_BINANCE;
    part->name = path;
    int status = file_map_open(&map, path);
    if (status < 0) {
        return status;
    }
    if (map.size == 0) {
        status = mm_fail(MM_ERROR_INPUT, "%s: the file is empty", path);
    }
    if (status == MM_OK) {
        status = tape_detect(path, map.data, map.size, options->format, &recording);
    }
    if (status == MM_OK && recording == RECORDING_NPY) {
        status = import_npy(path, map.data, map.size, options, &part->builder, &part->report);
    } else if (status == MM_OK) {
        status = import_lines(recording, path, &map, options, part);
    }
    *out_format = recording_format(recording);
    file_map_close(&map);
    return status;
}

static int import_parts(const char *const *paths, size_t count,
                        const struct tape_import_options *options, struct tape_part *parts,
                        enum tape_format *out_format)
{
    for (size_t i = 0; i < count; i++) {
        enum tape_format format;
        int status = import_part(paths[i], options, &parts[i], &format);
        if (status < 0) {
            return status;
        }
        if (i > 0 && format != *out_format) {
            return mm_fail(MM_ERROR_INPUT,
                           "%s is in the format %s, but %s in %s: not one recording", paths[0],
                           tape_format_name(*out_format), paths[i], tape_format_name(format));
        }
        *out_format = format;
    }
    return tape_join(parts, count);
}

int tape_import_files(const char *const *paths, size_t count, const char *out_path,
                      const struct tape_import_options *options, struct tape_import_report *report)
{
    enum tape_format format = TAPE_FORMAT_AUTO;
    struct tape_part *parts = mm_alloc(count, sizeof *parts);
    struct tape_builder *builder = &parts[0].builder;
    int status = import_parts(paths, count, options, parts, &format);
    if (status == MM_OK) {
        set_source(&builder->facts, format, parts[0].name, count);
        status = tape_builder_write(builder, &parts[0].report.instrument, out_path);
        parts[0].report.clock_shift_ns = builder->facts.clock_shift_ns;
        status = status < 0 ? mm_fail_add(status, "%s", paths[0]) : status;
    }
    if (report != NULL) {
        *report = parts[0].report;
    }
    for (size_t i = 0; i < count; i++) {
        tape_builder_fini(&parts[i].builder);
    }
    free(parts);
    if (options->progress != NULL) {
        options->progress->advance(options->progress->context, NULL, 0, 0);
    }
    return status;
}

int tape_import(const char *path, const char *out_path, const struct tape_import_options *options,
                struct tape_import_report *report)
{
    return tape_import_files(&path, 1, out_path, options, report);
}
