#include "market/tape.h"

#include "market/book.h"
#include "market/tape_format.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

uint64_t tape_header_checksum(const struct tape_header *header)
{
    struct tape_header copy = *header;
    copy.header_checksum = 0;
    return XXH3_64bits(&copy, sizeof copy);
}

static bool text_ends(const char *text, size_t size)
{
    return memchr(text, 0, size) != NULL;
}

// Each check returns what is wrong, or NULL.
static const char *header_fault(const struct tape_header *header, size_t file_size)
{
    if (memcmp(header->magic, TAPE_MAGIC, sizeof header->magic) != 0) {
        return "not a tape";
    }
    if (header->version != TAPE_VERSION || header->header_size != TAPE_HEADER_SIZE) {
        return "a tape of another version; import the capture again";
    }
    if (header->header_checksum != tape_header_checksum(header)) {
        return "the header is damaged (its checksum differs)";
    }
    if (header->file_size != file_size) {
        return "the file is cut short or too long";
    }
    if (header->span < 2 || header->span > BOOK_SPAN_MAX || header->base_ticks < 0 ||
        header->base_ticks > TAPE_VALUE_MAX) {
        return "the range of prices is out of bounds";
    }
    if (!text_ends(header->symbol, sizeof header->symbol) ||
        !text_ends(header->venue, sizeof header->venue) ||
        !text_ends(header->settle, sizeof header->settle) ||
        !text_ends(header->facts.source, sizeof header->facts.source)) {
        return "a name in the header does not end";
    }
    if (header->contract != CONTRACT_LINEAR && header->contract != CONTRACT_INVERSE) {
        return "unknown kind of contract";
    }
    return NULL;
}

static const char *sections_fault(const struct tape_header *header)
{
    const struct tape_section *sections = header->sections;
    for (int id = 0; id < TAPE_SECTION_COUNT; id++) {
        size_t stride = tape_section_stride((enum tape_section_id)id);
        uint64_t offset = sections[id].offset;
        if (offset < TAPE_HEADER_SIZE || offset % TAPE_ALIGNMENT != 0 ||
            offset > header->file_size ||
            sections[id].count > (header->file_size - offset) / stride) {
            return "a section lies outside the file";
        }
    }
    if (sections[TAPE_SECTION_EXCH].count != sections[TAPE_SECTION_LOCAL].count) {
        return "the two clocks list different messages";
    }
    if (sections[TAPE_SECTION_EXCH].count == 0) {
        return "the tape holds no message";
    }
    if (sections[TAPE_SECTION_ROWS].count > UINT32_MAX) {
        return "more rows than a tape can hold";
    }
    return NULL;
}

static bool value_holds(int64_t value, int64_t least)
{
    return value >= least && value <= TAPE_VALUE_MAX;
}

static const char *rows_fault(const struct tape *tape)
{
    uint32_t span = tape->geometry.span;
    for (uint64_t i = 0; i < tape->row_count; i++) {
        struct row row = tape->rows[i];
        uint32_t index = row_index(row.key);
        bool narrow = index - 1 < span - 1 && row.lots < ROW_LOTS_LIMIT;
        if (!narrow && (row.key != ROW_WIDE || row.lots >= tape->wide_count)) {
            return "a row is out of range";
        }
    }
    for (uint64_t i = 0; i < tape->wide_count; i++) {
        const struct wide_row *wide = &tape->wide[i];
        if (wide->side > 1 || !value_holds(wide->price_ticks, 1) ||
            !value_holds(wide->qty_lots, 0)) {
            return "a wide row is out of range";
        }
    }
    for (uint64_t i = 0; i < tape->best_count; i++) {
        const struct tape_best *best = &tape->bests[i];
        for (int side = 0; side < 2; side++) {
            if (!value_holds(best->price_ticks[side], 0) || !value_holds(best->qty_lots[side], 0)) {
                return "a best bid or offer is out of range";
            }
        }
    }
    return NULL;
}

static bool kind_holds(enum event_kind kind, uint32_t count)
{
    switch (kind) {
    case EVENT_DEPTH:
    case EVENT_TRADE:
    case EVENT_SNAPSHOT:
        return count > 0;
    case EVENT_CLEAR:
        return count == 1;
    case EVENT_GAP:
        return true;
    }
    return false;
}

static bool bests_hold(const struct tape_message *message, enum tape_clock clock, uint32_t span)
{
    return message->best_end[0] < span && message->best_end[1] < span &&
           (clock == TAPE_LOCAL || (message->best_peak[0] < span && message->best_peak[1] < span));
}

static const char *messages_fault(const struct tape *tape, enum tape_clock clock)
{
    uint32_t span = tape->geometry.span;
    uint64_t rows = 0;
    int64_t ts_ns = 0;
    for (uint64_t i = 0; i < tape->message_count; i++) {
        const struct tape_message *message = &tape->messages[clock][i];
        uint32_t count = tape_message_count(message);
        if (message->first_row > tape->row_count || count > tape->row_count - message->first_row) {
            return "a message points outside the rows";
        }
        if (!kind_holds(tape_message_kind(message), count)) {
            return "a message is of no known kind";
        }
        if (!bests_hold(message, clock, span)) {
            return "a best price is out of range";
        }
        if (clock == TAPE_LOCAL && message->exch_ts_ns > message->ts_ns) {
            return "a message was received before it was sent";
        }
        if (message->ts_ns < ts_ns) {
            return "the messages are not in the order of their clock";
        }
        ts_ns = message->ts_ns;
        rows += count;
    }
    return rows == tape->row_count ? NULL : "the messages do not cover the rows";
}

static const char *body_fault(const struct tape *tape, const struct tape_header *header)
{
    const unsigned char *body = (const unsigned char *)tape->map.data + TAPE_HEADER_SIZE;
    if (XXH3_64bits(body, tape->map.size - TAPE_HEADER_SIZE) != header->body_checksum) {
        return "the content is damaged (its checksum differs)";
    }
    const char *fault = rows_fault(tape);
    if (fault == NULL) {
        fault = messages_fault(tape, TAPE_EXCH);
    }
    if (fault == NULL) {
        fault = messages_fault(tape, TAPE_LOCAL);
    }
    return fault;
}

static struct decimal step_of(struct tape_step step)
{
    return (struct decimal){step.mantissa, step.exponent};
}

static void take_header(struct tape *tape, const struct tape_header *header)
{
    struct instrument *instrument = &tape->instrument;
    memcpy(instrument->symbol, header->symbol, sizeof instrument->symbol);
    memcpy(instrument->venue, header->venue, sizeof instrument->venue);
    memcpy(instrument->settle, header->settle, sizeof instrument->settle);
    instrument->tick = step_of(header->tick);
    instrument->lot = step_of(header->lot);
    instrument->contract_size = step_of(header->contract_size);
    instrument->contract = (enum contract_kind)header->contract;
    tape->geometry = (struct book_geometry){header->base_ticks, header->span};
    tape->facts = header->facts;
    tape->inferred = header->inferred;
}

static const void *section_of(const struct tape *tape, const struct tape_header *header,
                              enum tape_section_id id)
{
    return (const unsigned char *)tape->map.data + header->sections[id].offset;
}

static void take_sections(struct tape *tape, const struct tape_header *header)
{
    tape->rows = section_of(tape, header, TAPE_SECTION_ROWS);
    tape->messages[TAPE_EXCH] = section_of(tape, header, TAPE_SECTION_EXCH);
    tape->messages[TAPE_LOCAL] = section_of(tape, header, TAPE_SECTION_LOCAL);
    tape->wide = section_of(tape, header, TAPE_SECTION_WIDE);
    tape->bests = section_of(tape, header, TAPE_SECTION_BESTS);
    tape->row_count = header->sections[TAPE_SECTION_ROWS].count;
    tape->message_count = header->sections[TAPE_SECTION_EXCH].count;
    tape->wide_count = header->sections[TAPE_SECTION_WIDE].count;
    tape->best_count = header->sections[TAPE_SECTION_BESTS].count;
}

static const char *read_tape(struct tape *tape)
{
    const struct tape_header *header = tape->map.data;
    if (tape->map.size < TAPE_HEADER_SIZE) {
        return "too short for a tape";
    }
    const char *fault = header_fault(header, tape->map.size);
    if (fault == NULL) {
        fault = sections_fault(header);
    }
    if (fault != NULL) {
        return fault;
    }
    take_header(tape, header);
    take_sections(tape, header);
    return body_fault(tape, header);
}

int tape_open(struct tape *tape, const char *path)
{
    memset(tape, 0, sizeof *tape);
    int status = file_map_open(&tape->map, path);
    if (status < 0) {
        return mm_fail_add(status, "tape");
    }
    const char *fault = read_tape(tape);
    if (fault != NULL) {
        status = mm_fail(MM_ERROR_INPUT, "tape %s: %s", path, fault);
    } else {
        status = instrument_prepare(&tape->instrument);
        if (status < 0) {
            status = mm_fail_add(status, "tape %s", path);
        }
    }
    if (status < 0) {
        tape_close(tape);
    }
    return status;
}

void tape_close(struct tape *tape)
{
    if (tape != NULL) {
        file_map_close(&tape->map);
        memset(tape, 0, sizeof *tape);
    }
}

bool tape_recognise(const char *path)
{
    struct file_map map;
    if (file_map_open(&map, path) < 0) {
        mm_error_clear();
        return false;
    }
    bool is_tape = map.size >= sizeof TAPE_MAGIC - 1 &&
                   memcmp(map.data, TAPE_MAGIC, sizeof TAPE_MAGIC - 1) == 0;
    file_map_close(&map);
    return is_tape;
}

void tape_describe(const struct tape *tape, char *out, size_t size)
{
    const struct instrument *instrument = &tape->instrument;
    char tick[DECIMAL_TEXT_SIZE];
    char lot[DECIMAL_TEXT_SIZE];
    char contract[DECIMAL_TEXT_SIZE];
    static const char mark[] = " (inferred)";
    (void)decimal_print(instrument->tick, tick);
    (void)decimal_print(instrument->lot, lot);
    (void)decimal_print(instrument->contract_size, contract);
    (void)snprintf(out, size, "%s on %s, tick %s%s, lot %s%s, %s:%s%s", instrument->symbol,
                   instrument->venue, tick, (tape->inferred & TAPE_INFERRED_TICK) ? mark : "", lot,
                   (tape->inferred & TAPE_INFERRED_LOT) ? mark : "",
                   instrument->contract == CONTRACT_LINEAR ? "linear" : "inverse", contract,
                   (tape->inferred & TAPE_INFERRED_CONTRACT) ? mark : "");
}

uint64_t tape_first_from(const struct tape *tape, enum tape_clock clock, int64_t ts_ns)
{
    const struct tape_message *messages = tape->messages[clock];
    uint64_t low = 0, high = tape->message_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (messages[middle].ts_ns < ts_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void tape_batch(const struct tape *tape, const struct tape_message *message, enum tape_clock clock,
                struct market_batch *out)
{
    *out = (struct market_batch){
        .exch_ts_ns = clock == TAPE_EXCH ? message->ts_ns : message->exch_ts_ns,
        .local_ts_ns = clock == TAPE_LOCAL ? message->ts_ns : 0,
        .rows = tape->rows + message->first_row,
        .wide = tape->wide_count > 0 ? tape->wide : NULL,
        .count = tape_message_count(message),
        .kind = tape_message_kind(message),
        .best_known = true,
        .best_end = {message->best_end[0], message->best_end[1]},
    };
}
