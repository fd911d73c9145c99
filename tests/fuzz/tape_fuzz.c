// Any bytes either are refused as a tape or can be replayed without a further check: the ladder
// trades on what is short enough. The checksums are put right first, so that what lies behind them
// is reached.
#include "base/check.h"
#include "base/file.h"
#include "engine/ladder_run.h"
#include "market/tape_check.h"
#include "market/tape_format.h"
#include "scratch_file.h"
#include "venue/replay/replay.h"

#include <stdbool.h>
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

enum { TRADED_NS_MAX = 2000000000, TRADED_SPAN_MAX = 1 << 20, LOOK_NS = 100000000 };

static bool is_short(const struct tape *tape)
{
    const struct tape_message *last = &tape->messages[TAPE_LOCAL][tape->message_count - 1];
    return tape->geometry.span <= TRADED_SPAN_MAX &&
           last->ts_ns - replay_earliest_ns(tape) <= TRADED_NS_MAX;
}

static void trade(const struct tape *tape, enum fills_mode fills)
{
    struct latency_model latency = {.entry_ns = 10000000, .response_ns = 10000000};
    struct replay_config config = {.fills = fills, .latency = &latency};
    struct ladder_run_config run = {.ladder = ladder_defaults(&tape->instrument),
                                    .start_ns = replay_earliest_ns(tape),
                                    .interval_ns = LOOK_NS,
                                    .place_orders = true};
    struct ladder_totals totals;
    struct venue *venue = NULL;
    int status = queue_model_parse("pow3:3", &config.queue_model);
    MM_ASSERT(status == MM_OK);
    status = replay_create(tape, &config, &venue);
    MM_ASSERT(status == MM_OK);
    status = ladder_run(venue, &run, &totals);
    MM_ASSERT(status == MM_OK);
    venue_destroy(venue);
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
        if (is_short(&tape)) {
            trade(&tape, FILLS_STRICT);
            trade(&tape, FILLS_COMPAT);
        }
    } else {
        MM_ASSERT(mm_error_text()[0] != '\0');
    }
    tape_close(&tape);
    return file_remove(scratch_file()) < 0;
}
