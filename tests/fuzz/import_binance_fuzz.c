// Any text either is refused with a message or becomes a tape that opens, whose recorded best
// prices are those of its book. The first byte chooses the import options.
#include "import_fuzz.h"
#include "market/capture_lines.h"
#include "market/import_binance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    check_import(status, &builder, &report.instrument);
    capture_lines_fini(&lines);
    tape_builder_fini(&builder);
    return 0;
}
