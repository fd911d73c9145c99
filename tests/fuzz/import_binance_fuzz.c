// Any text either is refused with a message or becomes a tape that opens, whose recorded best
// prices are those of its book. The first byte chooses the import options.
#include "import_fuzz.h"
#include "market/import_binance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_lines(data, size, import_binance);
}
