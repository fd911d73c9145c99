// WebSocket frames to the venue, one per line; the first line is the connection's path. On private
// and trade connections a frame that authenticates comes first, since anybody with a key may send
// anything.
#include "venue_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_SIZE = 64 };

// Signed for an expiry at 1800000000000 ms.
static const char auth[] = "{\"op\":\"auth\",\"args\":[\"test_api_key\",1800000000000,"
                           "\"2c7244d9d596cc1c1ab69c7a195e73cbbd5bd15103ace3493d3de37b95979445\"]}";

static size_t line_length(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    return end != NULL ? (size_t)(end - data) : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bourse *bourse;
    if (bourse == NULL) {
        bourse = venue_for_fuzzing();
    }
    char path[PATH_SIZE];
    size_t length = line_length(data, size);
    if (length >= sizeof path) {
        return 0;
    }
    memcpy(path, data, length);
    path[length] = '\0';
    uint32_t connection = bourse_open(bourse, path, "", VENUE_FUZZ_NS);
    if (connection == 0) {
        return 0;
    }
    bourse_receive(bourse, connection, auth, sizeof auth - 1, VENUE_FUZZ_NS);
    while (length < size) {
        data += length + 1;
        size -= length + 1;
        length = line_length(data, size);
        bourse_receive(bourse, connection, (const char *)data, length, VENUE_FUZZ_NS);
    }
    bourse_close(bourse, connection, VENUE_FUZZ_NS);
    return 0;
}
