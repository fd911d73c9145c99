// The first TAPE_HEADER_SIZE bytes of a tape, as they lie in the file. Little-endian; every offset
// is what docs/tape.md says. Only tape.c and tape_builder.c read or write it.
#ifndef MM_MARKET_TAPE_FORMAT_H
#define MM_MARKET_TAPE_FORMAT_H

#include "market/tape.h"

#include <stddef.h>
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a tape is mapped as it lies");

enum tape_section_id {
    TAPE_SECTION_ROWS,
    TAPE_SECTION_EXCH,
    TAPE_SECTION_LOCAL,
    TAPE_SECTION_WIDE,
    TAPE_SECTION_BESTS,
    TAPE_SECTION_COUNT
};
enum { TAPE_ALIGNMENT = 64 }; // of every section; the gaps are zero
#define TAPE_MAGIC "\x89MMTAPE\n"

// Ticks and lots: whole numbers that a double still counts exactly.
#define TAPE_VALUE_MAX ((INT64_C(1) << 53) - 1)

struct tape_section {
    uint64_t offset; // from the start of the file
    uint64_t count;  // of elements
};

struct tape_step {
    int64_t mantissa;
    int32_t exponent;
    int32_t zero;
};

struct tape_header {
    char magic[8];
    uint32_t version;
    uint32_t header_size;
    uint64_t header_checksum; // XXH3-64 of the header with this field 0
    uint64_t body_checksum;   // XXH3-64 of everything after the header
    uint64_t file_size;
    struct tape_section sections[TAPE_SECTION_COUNT];
    char symbol[INSTRUMENT_NAME_SIZE];
    char venue[INSTRUMENT_NAME_SIZE];
    char settle[INSTRUMENT_NAME_SIZE];
    struct tape_step tick, lot, contract_size;
    uint32_t contract;
    uint32_t span;
    int64_t base_ticks;
    struct tape_facts facts;
    uint32_t inferred;
    unsigned char zero[TAPE_HEADER_SIZE - 620];
};
_Static_assert(sizeof(struct tape_header) == TAPE_HEADER_SIZE, "the header is one page");
_Static_assert(offsetof(struct tape_header, sections) == 40, "docs/tape.md");
_Static_assert(offsetof(struct tape_header, symbol) == 120, "docs/tape.md");
_Static_assert(offsetof(struct tape_header, tick) == 216, "docs/tape.md");
_Static_assert(offsetof(struct tape_header, contract) == 264, "docs/tape.md");
_Static_assert(offsetof(struct tape_header, facts) == 280, "docs/tape.md");
_Static_assert(offsetof(struct tape_header, inferred) == 616, "docs/tape.md");

// Size of one element of a section.
static inline size_t tape_section_stride(enum tape_section_id section)
{
    static const size_t strides[TAPE_SECTION_COUNT] = {
        sizeof(struct row), sizeof(struct tape_message), sizeof(struct tape_message),
        sizeof(struct wide_row), sizeof(struct tape_best)};
    return strides[section];
}

uint64_t tape_header_checksum(const struct tape_header *header);

#endif
