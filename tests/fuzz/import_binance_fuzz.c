// Any text either is refused with a message or becomes a tape that opens, whose recorded best
// prices are those of its book. The first byte chooses the import options.
#include "base/check.h"
#include "base/file.h"
#include "market/capture_lines.h"
#include "market/import_binance.h"
#include "market/tape_builder.h"
#include "market/tape_check.h"
#include "scratch_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tape_import_options choose_options(uint8_t choice)
{
    static const char *const symbols[] = {"", "", "ABCUSDT", "ABCUSD_PERP"};
    static const struct decimal ticks[] = {{0, 0}, {0, 0}, {1, -2}, {5, -1}};
    static const struct decimal lots[] = {{0, 0}, {0, 0}, {1, -3}, {1, 1}};
    struct tape_import_options options = {0};
    memcpy(options.symbol, symbols[choice & 3], strlen(symbols[choice & 3]));
    options.tick = ticks[choice >> 2 & 3];
    options.lot = lots[choice >> 4 & 3];
    return options;
}

static void check_tape(struct tape_builder *builder, const struct instrument *instrument)
{
    struct tape tape;
    struct tape_check check;
    const char *path = scratch_file();
    if (tape_builder_write(builder, instrument, path) < 0) {
        return;
    }
    int status = tape_open(&tape, path);
    MM_ASSERT(status == MM_OK);
    status = tape_check(&tape, &check);
    MM_ASSERT(status == MM_OK);
    MM_ASSERT(check.annotation_count == 0);
    MM_ASSERT(check.latency_min_ns >= 0);
    tape_close(&tape);
    status = file_remove(path);
    MM_ASSERT(status == MM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
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
        status = import_binance(&lines, &options, &builder, &report);
    }
    if (status == MM_OK) {
        check_tape(&builder, &report.instrument);
    } else {
        MM_ASSERT(strstr(mm_error_text(), "fuzz") != NULL || mm_error_exit_code(status) == 2);
    }
    capture_lines_fini(&lines);
    tape_builder_fini(&builder);
    return 0;
}
