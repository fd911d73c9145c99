// Any text either is refused with a message or becomes a tape: as a Bybit capture, as a book or as
// trades of its archive. The first two bytes choose the import options and which of them.
#include "import_fuzz.h"
#include "market/import_bybit.h"
#include "market/import_bybit_trades.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct tape_import_options options = choose_options(data[0]);
    struct tape_import_report report;
    struct tape_builder builder;
    struct capture_lines lines;
    int kind = data[1] % 3;
    tape_builder_init(&builder);
    int status = capture_lines_open_memory(&lines, "fuzz", data + 2, size - 2);
    if (status == MM_OK) {
        status = kind == 2 ? import_bybit_trades(&lines, &options, &builder, &report)
                           : import_bybit(&lines, kind == 0, &options, &builder, &report);
    }
    check_import(status, &builder, &report.instrument);
    capture_lines_fini(&lines);
    tape_builder_fini(&builder);
    return 0;
}
