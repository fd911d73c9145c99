// What every fuzzer of an importer asserts: what was read becomes a tape that opens, whose recorded
// best prices are those of its book; what was refused has a message that names the input.
#ifndef MM_TESTS_FUZZ_IMPORT_FUZZ_H
#define MM_TESTS_FUZZ_IMPORT_FUZZ_H

#include "base/check.h"
#include "base/file.h"
#include "market/capture_lines.h"
#include "market/export_npy.h"
#include "market/tape_builder.h"
#include "market/tape_check.h"
#include "market/tape_import.h"
#include "scratch_file.h"

#include <string.h>

static inline struct tape_import_options choose_options(uint8_t choice)
{
    static const char *const symbols[] = {"", "", "ABCUSDT", "ABCUSD_PERP"};
    static const struct decimal ticks[] = {{0, 0}, {0, 0}, {1, -2}, {5, -1}};
    static const struct decimal lots[] = {{0, 0}, {0, 0}, {1, -3}, {1, 1}};
    struct tape_import_options options = {0};
    memcpy(options.symbol, symbols[choice & 3], strlen(symbols[choice & 3]));
    options.tick = ticks[choice >> 2 & 3];
    options.lot = lots[choice >> 4 & 3];
    options.feed_latency_ns = choice >> 6;
    return options;
}

static inline void check_import(int status, struct tape_builder *builder,
                                const struct instrument *instrument)
{
    struct tape tape;
    struct tape_check check;
    const char *path = scratch_file();
    if (status < 0) {
        MM_ASSERT(strstr(mm_error_text(), "fuzz") != NULL || mm_error_exit_code(status) == 2);
        return;
    }
    if (tape_builder_write(builder, instrument, path) < 0) {
        return;
    }
    status = tape_open(&tape, path);
    MM_ASSERT(status == MM_OK);
    status = tape_check(&tape, &check);
    MM_ASSERT(status == MM_OK);
    MM_ASSERT(check.annotation_count == 0);
    MM_ASSERT(check.latency_min_ns >= 0);
    tape_close(&tape);
    status = file_remove(path);
    MM_ASSERT(status == MM_OK);
}

// Imports the text after the first byte, which chooses the options, by an importer of lines.
typedef int import_lines(struct capture_lines *lines, const struct tape_import_options *options,
                         struct tape_builder *builder, struct tape_import_report *report);

static inline int fuzz_lines(const uint8_t *data, size_t size, import_lines *import)
{
    if (size == 0) {
        return 0;
    }
    struct tape_import_options options = choose_options(data[0]);
    struct tape_import_report report;
    struct tape_builder builder;
    struct capture_lines lines;
    tape_builder_init(&builder);
    int status = capture_lines_open_memory(&lines, "fuzz", data + 1, size - 1);
    if (status == MM_OK) {
        status = import(&lines, &options, &builder, &report);
    }
    check_import(status, &builder, &report.instrument);
    capture_lines_fini(&lines);
    tape_builder_fini(&builder);
    return 0;
}

#endif
