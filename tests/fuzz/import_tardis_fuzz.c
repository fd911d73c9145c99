// Any text either is refused with a message or becomes a tape, as a CSV file of Tardis. The first
// byte chooses the import options.
#include "import_fuzz.h"
#include "market/import_tardis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_lines(data, size, import_tardis);
}
