// Any bytes either are refused with a message or become a tape, as an array of hftbacktest. The
// first byte chooses the import options and whether a sound header is put before the bytes, so that
// what lies behind it is reached.
#include "import_fuzz.h"
#include "market/import_npy.h"
#include "market/npy_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER_SIZE = 256 };

static uint8_t *with_header(const uint8_t *data, size_t size)
{
    uint8_t *whole = malloc(size + HEADER_SIZE);
    MM_ASSERT(whole != NULL);
    memset(whole, ' ', HEADER_SIZE);
    memcpy(whole, NPY_MAGIC "\x01\x00\xf6\x00", 10);
    char text[HEADER_SIZE];
    int length = snprintf(text, sizeof text,
                          "{'descr':" NPY_DESCRIPTION ",'fortran_order':False,'shape':(%zu,)}",
                          size / sizeof(struct npy_row));
    memcpy(whole + 10, text, (size_t)length);
    memcpy(whole + HEADER_SIZE, data, size);
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct tape_import_options options = choose_options(data[0]);
    struct tape_import_report report;
    struct tape_builder builder;
    tape_builder_init(&builder);
    bool bare = data[0] & 0x80;
    uint8_t *whole = bare ? NULL : with_header(data + 1, size - 1);
    int status =
        bare ? import_npy("fuzz", data + 1, size - 1, &options, &builder, &report)
             : import_npy("fuzz", whole, size - 1 + HEADER_SIZE, &options, &builder, &report);
    check_import(status, &builder, &report.instrument);
    free(whole);
    tape_builder_fini(&builder);
    return 0;
}
