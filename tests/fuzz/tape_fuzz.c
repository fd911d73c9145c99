// Any bytes either are refused as a tape or can be replayed without a further check. The checksums
// are put right first, so that what lies behind them is reached.
#include "base/check.h"
#include "base/file.h"
#include "market/tape_check.h"
#include "market/tape_format.h"
#include "scratch_file.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(uint8_t *bytes, size_t size)
{
    struct tape_header header;
    memcpy(&header, bytes, sizeof header);
    header.file_size = size;
    header.body_checksum = XXH3_64bits(bytes + sizeof header, size - sizeof header);
    header.header_checksum = tape_header_checksum(&header);
    memcpy(bytes, &header, sizeof header);
}

static void write_file(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FILE *file = fopen(scratch_file(), "wb");
    MM_ASSERT(bytes != NULL && file != NULL);
    memcpy(bytes, data, size);
    if (size >= TAPE_HEADER_SIZE) {
        seal(bytes, size);
    }
    size_t written = fwrite(bytes, 1, size, file);
    MM_ASSERT(written == size);
    (void)fclose(file);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape tape;
    struct tape_check check;
    char text[TAPE_DESCRIPTION_SIZE];
    write_file(data, size);
    if (tape_open(&tape, scratch_file()) == MM_OK) {
        tape_describe(&tape, text, sizeof text);
        int status = tape_check(&tape, &check);
        MM_ASSERT(status == MM_OK);
    } else {
        MM_ASSERT(mm_error_text()[0] != '\0');
    }
    tape_close(&tape);
    return file_remove(scratch_file()) < 0;
}
