#include "market/tape_builder.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "market/book.h"
#include "market/tape_format.h"
#include "market/tape_sort.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    CAPACITY_FIRST = 4096,
    SPAN_CAPTURE_MAX = 1 << 26, // two books of 256 MiB, touched where prices occur
    PRICE_MARGIN = 1 << 16,     // ticks beyond the prices seen, for quotes away from them
};

// What the steps of writing hand on to one another.
struct tape_plan {
    struct tape_header header;
    struct row *rows; // in the memory of the builder's rows
    struct wide_row *wide;
    size_t wide_count, wide_capacity;
    struct tape_message *messages[2];
};

void tape_builder_init(struct tape_builder *builder)
{
    memset(builder, 0, sizeof *builder);
}

void tape_builder_fini(struct tape_builder *builder)
{
    if (builder == NULL) {
        return;
    }
    free(builder->rows);
    free(builder->wide);
    free(builder->messages);
    free(builder->bests);
    free(builder->local_order);
    memset(builder, 0, sizeof *builder);
}

// Doubles an array of `stride` bytes an element.
static int grow(void **memory, size_t *capacity, size_t stride)
{
    size_t wanted = *capacity == 0 ? CAPACITY_FIRST : *capacity * 2;
    void *grown = realloc(*memory, wanted * stride); // tidy: allow heap, because it can move pages
    if (grown == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "no memory for %zu x %zu bytes", wanted, stride);
    }
    *memory = grown;
    *capacity = wanted;
    return MM_OK;
}

int tape_builder_grow_rows(struct tape_builder *builder)
{
    if (builder->row_capacity > UINT32_MAX / 2) {
        return mm_fail(MM_ERROR_INPUT, "more rows than a tape can hold");
    }
    return grow((void **)&builder->rows, &builder->row_capacity, sizeof *builder->rows);
}

void tape_builder_reserve(struct tape_builder *builder, size_t row_count)
{
    MM_ASSERT(builder->row_count == 0);
    row_count = row_count < UINT32_MAX / 2 ? row_count : UINT32_MAX / 2;
    free(builder->rows);
    builder->rows = mm_alloc(row_count + 1, sizeof *builder->rows);
    builder->row_capacity = row_count + 1;
}

static void count_message(struct tape_facts *facts, enum event_kind kind)
{
    switch (kind) {
    case EVENT_DEPTH:
        facts->depth_count++;
        break;
    case EVENT_TRADE:
        facts->trade_count++;
        break;
    case EVENT_SNAPSHOT:
        facts->snapshot_count++;
        break;
    case EVENT_GAP:
        facts->gap_count++;
        break;
    case EVENT_CLEAR:
        break;
    }
}

int tape_builder_message(struct tape_builder *builder, enum event_kind kind, int64_t exch_ts_ns,
                         int64_t local_ts_ns, size_t first_row, size_t count)
{
    if (count == 0 && kind != EVENT_GAP) {
        return MM_OK;
    }
    if (count > UINT32_MAX >> 8) {
        return mm_fail(MM_ERROR_INPUT, "%zu rows in one message", count);
    }
    if (builder->message_count == builder->message_capacity) {
        int status = grow((void **)&builder->messages, &builder->message_capacity,
                          sizeof *builder->messages);
        if (status < 0) {
            return status;
        }
    }
    builder->messages[builder->message_count++] = (struct builder_message){
        exch_ts_ns, local_ts_ns, (uint32_t)first_row, (uint32_t)(count << 8) | (uint32_t)kind};
    count_message(&builder->facts, kind);
    return MM_OK;
}

int tape_builder_best(struct tape_builder *builder, const struct tape_best *best)
{
    if (builder->best_count == builder->best_capacity) {
        int status =
            grow((void **)&builder->bests, &builder->best_capacity, sizeof *builder->bests);
        if (status < 0) {
            return status;
        }
    }
    builder->bests[builder->best_count++] = *best;
    return MM_OK;
}

// Scales unless that leaves the range; says whether it did.
static bool scale(int64_t *value, int64_t factor)
{
    bool fits = *value <= TAPE_VALUE_MAX / factor;
    *value = fits ? *value * factor : 0;
    return fits;
}

// Appends to one of the arrays of wide rows.
static int add_wide(struct wide_row **wide, size_t *count, size_t *capacity, struct wide_row row)
{
    if (*count == *capacity) {
        int status = grow((void **)wide, capacity, sizeof row);
        if (status < 0) {
            return status;
        }
    }
    (*wide)[(*count)++] = row;
    return MM_OK;
}

static int put_row(struct tape_builder *builder, size_t index, struct wide_row row)
{
    struct builder_row *slot = &builder->rows[index];
    if (builder_row_fits(row.price_ticks, row.qty_lots)) {
        *slot = builder_row_of((enum side)row.side, row.price_ticks, row.qty_lots);
        return MM_OK;
    }
    *slot = (struct builder_row){BUILDER_WIDE, (uint32_t)builder->wide_count};
    return add_wide(&builder->wide, &builder->wide_count, &builder->wide_capacity, row);
}

int tape_builder_wide_row(struct tape_builder *builder, enum side side, int64_t price_ticks,
                          int64_t qty_lots)
{
    return put_row(builder, builder->row_count++,
                   (struct wide_row){price_ticks, qty_lots, (uint32_t)side, 0});
}

static bool scale_best(struct tape_best *best, int64_t price_factor, int64_t qty_factor)
{
    bool fits = true;
    for (int side = 0; side < 2; side++) {
        bool price_fits = scale(&best->price_ticks[side], price_factor);
        bool qty_fits = scale(&best->qty_lots[side], qty_factor);
        fits = fits && price_fits && qty_fits;
    }
    return fits;
}

int tape_builder_rescale(struct tape_builder *builder, int64_t price_factor, int64_t qty_factor)
{
    MM_ASSERT(price_factor > 0 && qty_factor > 0);
    bool fits = true;
    for (size_t i = 0; i < builder->row_count && fits; i++) {
        struct wide_row row = tape_builder_at(builder, i);
        fits = scale(&row.price_ticks, price_factor) && scale(&row.qty_lots, qty_factor);
        int status = fits ? put_row(builder, i, row) : MM_OK;
        if (status < 0) {
            return status;
        }
    }
    for (size_t i = 0; i < builder->best_count && fits; i++) {
        fits = scale_best(&builder->bests[i], price_factor, qty_factor);
    }
    return fits ? MM_OK
                : mm_fail(MM_ERROR_INPUT, "an earlier number is too large to be counted in steps "
                                          "as fine as this one's");
}

// Binance's clock and ours disagree; the reference (hftbacktest 2.4, correct_local_timestamp)
// moves every local stamp by one amount so that none precedes the exchange's.
static void correct_clocks(struct tape_builder *builder)
{
    int64_t least_ns = 0;
    for (size_t i = 0; i < builder->message_count; i++) {
        const struct builder_message *message = &builder->messages[i];
        int64_t latency_ns = message->local_ts_ns - message->exch_ts_ns;
        least_ns = latency_ns < least_ns ? latency_ns : least_ns;
    }
    for (size_t i = 0; i < builder->message_count; i++) {
        builder->messages[i].local_ts_ns -= least_ns;
    }
    for (size_t i = 0; i < builder->best_count; i++) {
        builder->bests[i].local_ts_ns -= least_ns;
    }
    builder->facts.clock_shift_ns = -least_ns;
}

static int64_t stamp_of(const struct builder_message *message, enum tape_clock clock)
{
    return clock == TAPE_EXCH ? message->exch_ts_ns : message->local_ts_ns;
}

static bool in_order(const struct tape_builder *builder, enum tape_clock clock)
{
    for (size_t i = 1; i < builder->message_count; i++) {
        if (stamp_of(&builder->messages[i], clock) < stamp_of(&builder->messages[i - 1], clock)) {
            return false;
        }
    }
    return true;
}

// Where the messages of one clock's order lie, arrival order on ties; NULL where that is how they
// lie already. The caller frees the list.
static uint32_t *sort_messages(const struct tape_builder *builder, enum tape_clock clock)
{
    size_t count = builder->message_count;
    if (in_order(builder, clock)) {
        return NULL;
    }
    struct sort_item *items = mm_alloc(count, sizeof *items);
    struct sort_item *spare = mm_alloc(count, sizeof *spare);
    uint32_t *order = mm_alloc(count, sizeof *order);
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct sort_item){stamp_of(&builder->messages[i], clock), i};
    }
    sort_stable(items, count, spare);
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)items[i].index;
    }
    free(items);
    free(spare);
    return order;
}

// The messages in the order of one clock; the caller frees the list.
static struct tape_message *order_messages(const struct tape_builder *builder,
                                           enum tape_clock clock)
{
    size_t count = builder->message_count;
    bool given = clock == TAPE_LOCAL && builder->local_order != NULL;
    uint32_t *sorted = given ? NULL : sort_messages(builder, clock);
    const uint32_t *order = given ? builder->local_order : sorted;
    struct tape_message *ordered = mm_alloc(count, sizeof *ordered);
    for (size_t i = 0; i < count; i++) {
        const struct builder_message *message = &builder->messages[order != NULL ? order[i] : i];
        ordered[i] = (struct tape_message){.ts_ns = stamp_of(message, clock),
                                           .first_row = message->first_row,
                                           .count_kind = message->count_kind};
        if (clock == TAPE_LOCAL) {
            ordered[i].exch_ts_ns = message->exch_ts_ns;
        }
    }
    free(sorted);
    return ordered;
}

struct price_range {
    int64_t low, high; // low > high: none
};

static void range_add(struct price_range *range, int64_t price_ticks)
{
    range->low = price_ticks < range->low ? price_ticks : range->low;
    range->high = price_ticks > range->high ? price_ticks : range->high;
}

static struct price_range range_of_rows(const struct tape_builder *builder)
{
    struct price_range range = {INT64_MAX, 0};
    uint32_t low = BUILDER_WIDE, high = 0; // the side does not change their order
    for (size_t i = 0; i < builder->row_count; i++) {
        uint32_t price_side = builder->rows[i].price_side;
        if (price_side == BUILDER_WIDE) {
            range_add(&range, tape_builder_at(builder, i).price_ticks);
            continue;
        }
        low = price_side < low ? price_side : low;
        high = price_side > high ? price_side : high;
    }
    if (high > 0) {
        range_add(&range, low >> 1);
        range_add(&range, high >> 1);
    }
    return range;
}

// Where trading happened: the trades, else the quoted bests, else the first rows of snapshots, else
// the first row of all.
static struct price_range range_of_touch(const struct tape_builder *builder)
{
    struct price_range trades = {INT64_MAX, 0}, bests = trades, snapshots = trades;
    for (size_t i = 0; i < builder->message_count; i++) {
        const struct builder_message *message = &builder->messages[i];
        uint32_t kind = message->count_kind & 0xff;
        if (kind == EVENT_TRADE || kind == EVENT_SNAPSHOT) {
            range_add(kind == EVENT_TRADE ? &trades : &snapshots,
                      tape_builder_at(builder, message->first_row).price_ticks);
        }
    }
    for (size_t i = 0; i < builder->best_count; i++) {
        for (int side = 0; side < 2; side++) {
            if (builder->bests[i].price_ticks[side] > 0) {
                range_add(&bests, builder->bests[i].price_ticks[side]);
            }
        }
    }
    int64_t first = tape_builder_at(builder, 0).price_ticks;
    struct price_range start = {first, first};
    return trades.high > 0      ? trades
           : bests.high > 0     ? bests
           : snapshots.high > 0 ? snapshots
                                : start;
}

// All prices with a margin where they fit, else as many as fit around the touch.
static struct book_geometry choose_geometry(const struct tape_builder *builder)
{
    struct price_range range = range_of_rows(builder);
    if (range.high == 0) {
        return (struct book_geometry){0, 2};
    }
    int64_t span = range.high - range.low + 2;
    if (span > SPAN_CAPTURE_MAX) {
        struct price_range touch = range_of_touch(builder);
        int64_t middle = touch.low + (touch.high - touch.low) / 2;
        int64_t base = middle - SPAN_CAPTURE_MAX / 2;
        return (struct book_geometry){base > 0 ? base : 0, SPAN_CAPTURE_MAX};
    }
    int64_t margin = (SPAN_CAPTURE_MAX - span) / 2;
    margin = margin < PRICE_MARGIN ? margin : PRICE_MARGIN;
    int64_t base = range.low - 1 > margin ? range.low - 1 - margin : 0;
    return (struct book_geometry){base, (uint32_t)(range.high + 1 + margin - base)};
}

static int pack_wide(struct tape_plan *plan, struct book_geometry geometry, struct wide_row row,
                     struct row *out)
{
    if (geometry_holds(geometry, row.price_ticks) && row.qty_lots < ROW_LOTS_LIMIT) {
        *out = (struct row){geometry_key(geometry, (enum side)row.side, row.price_ticks),
                            (uint32_t)row.qty_lots};
        return MM_OK;
    }
    *out = (struct row){ROW_WIDE, (uint32_t)plan->wide_count};
    return add_wide(&plan->wide, &plan->wide_count, &plan->wide_capacity, row);
}

// Gives the rows the keys of the geometry, where they lie.
static int pack_rows(struct tape_builder *builder, struct tape_plan *plan,
                     struct book_geometry geometry)
{
    plan->rows = (struct row *)builder->rows;
    for (size_t i = 0; i < builder->row_count; i++) {
        struct builder_row row = builder->rows[i];
        int64_t above = (int64_t)(row.price_side >> 1) - geometry.base_ticks;
        if (row.price_side != BUILDER_WIDE && above > 0 && above < geometry.span) {
            int64_t index = (row.price_side & 1) != 0 ? geometry.span - above : above;
            plan->rows[i] = (struct row){(uint32_t)index | row.price_side << 31, row.lots};
            continue;
        }
        int status = pack_wide(plan, geometry, tape_builder_at(builder, i), &plan->rows[i]);
        if (status < 0) {
            return status;
        }
    }
    return MM_OK;
}

static int annotate_bests(const struct tape_builder *builder, const struct tape_plan *plan,
                          struct book_geometry geometry, enum tape_clock clock)
{
    struct book book;
    int status = book_init(&book, geometry);
    if (status < 0) {
        return status;
    }
    for (size_t i = 0; i < builder->message_count; i++) {
        struct tape_message *message = &plan->messages[clock][i];
        struct market_batch batch = {.rows = plan->rows + message->first_row,
                                     .wide = plan->wide,
                                     .count = tape_message_count(message),
                                     .kind = tape_message_kind(message)};
        book_apply(&book, &batch);
        for (int side = 0; side < 2; side++) {
            message->best_end[side] = book.best[side];
            if (clock == TAPE_EXCH) {
                message->best_peak[side] = book.peak[side];
            }
        }
    }
    book_fini(&book);
    return MM_OK;
}

static void fill_sections(const struct tape_builder *builder, const struct tape_plan *plan,
                          struct tape_header *header)
{
    const size_t counts[TAPE_SECTION_COUNT] = {builder->row_count, builder->message_count,
                                               builder->message_count, plan->wide_count,
                                               builder->best_count};
    uint64_t offset = TAPE_HEADER_SIZE;
    for (int id = 0; id < TAPE_SECTION_COUNT; id++) {
        header->sections[id] = (struct tape_section){offset, counts[id]};
        offset += counts[id] * tape_section_stride((enum tape_section_id)id);
        offset = (offset + TAPE_ALIGNMENT - 1) / TAPE_ALIGNMENT * TAPE_ALIGNMENT;
    }
    header->file_size = offset;
}

static struct tape_step step_from(struct decimal value)
{
    return (struct tape_step){value.mantissa, value.exponent, 0};
}

// Copies up to the end of the name and leaves zeros behind it, so that equal tapes are equal bytes.
static void copy_name(char *to, const char *from)
{
    memcpy(to, from, strnlen(from, INSTRUMENT_NAME_SIZE - 1));
}

static void fill_header(const struct tape_builder *builder, const struct instrument *instrument,
                        struct book_geometry geometry, struct tape_plan *plan)
{
    struct tape_header *header = &plan->header;
    memcpy(header->magic, TAPE_MAGIC, sizeof header->magic);
    header->version = TAPE_VERSION;
    header->header_size = TAPE_HEADER_SIZE;
    copy_name(header->symbol, instrument->symbol);
    copy_name(header->venue, instrument->venue);
    copy_name(header->settle, instrument->settle);
    header->tick = step_from(instrument->tick);
    header->lot = step_from(instrument->lot);
    header->contract_size = step_from(instrument->contract_size);
    header->contract = instrument->contract;
    header->span = geometry.span;
    header->base_ticks = geometry.base_ticks;
    header->facts = builder->facts;
    header->inferred = builder->inferred;
    size_t last = builder->message_count - 1;
    header->facts.first_exch_ns = plan->messages[TAPE_EXCH][0].ts_ns;
    header->facts.last_exch_ns = plan->messages[TAPE_EXCH][last].ts_ns;
    header->facts.first_local_ns = plan->messages[TAPE_LOCAL][0].ts_ns;
    header->facts.last_local_ns = plan->messages[TAPE_LOCAL][last].ts_ns;
    fill_sections(builder, plan, header);
}

static int put_body(struct file_writer *writer, XXH3_state_t *hash, const void *data, size_t size)
{
    static const unsigned char zeros[TAPE_ALIGNMENT];
    size_t padding = -size % TAPE_ALIGNMENT;
    int status = size > 0 ? file_writer_put(writer, data, size) : MM_OK;
    if (status == MM_OK && padding > 0) {
        status = file_writer_put(writer, zeros, padding);
    }
    XXH3_64bits_update(hash, data, size);
    XXH3_64bits_update(hash, zeros, padding);
    return status;
}

static int put_sections(const struct tape_builder *builder, struct tape_plan *plan,
                        struct file_writer *writer)
{
    const void *data[TAPE_SECTION_COUNT] = {plan->rows, plan->messages[TAPE_EXCH],
                                            plan->messages[TAPE_LOCAL], plan->wide, builder->bests};
    XXH3_state_t *hash = XXH3_createState();
    if (hash == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "no memory for a checksum");
    }
    XXH3_64bits_reset(hash);
    int status = file_writer_put(writer, &plan->header, sizeof plan->header);
    for (int id = 0; id < TAPE_SECTION_COUNT && status == MM_OK; id++) {
        size_t stride = tape_section_stride((enum tape_section_id)id);
        status = put_body(writer, hash, data[id], plan->header.sections[id].count * stride);
    }
    plan->header.body_checksum = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    return status;
}

static int write_file(const struct tape_builder *builder, struct tape_plan *plan, const char *path)
{
    struct file_writer writer;
    int status = file_writer_open(&writer, path);
    if (status < 0) {
        return status;
    }
    status = put_sections(builder, plan, &writer);
    if (status == MM_OK) {
        // The header goes in last, when the checksum of the body is known.
        plan->header.header_checksum = tape_header_checksum(&plan->header);
        status = file_writer_put_at(&writer, 0, &plan->header, sizeof plan->header);
    }
    if (status == MM_OK) {
        return file_writer_commit(&writer, 0644);
    }
    file_writer_abandon(&writer);
    return status;
}

static int build(struct tape_builder *builder, const struct instrument *instrument,
                 struct tape_plan *plan, const char *path)
{
    correct_clocks(builder);
    plan->messages[TAPE_EXCH] = order_messages(builder, TAPE_EXCH);
    plan->messages[TAPE_LOCAL] = order_messages(builder, TAPE_LOCAL);
    struct book_geometry geometry = choose_geometry(builder);
    int status = pack_rows(builder, plan, geometry);
    for (int clock = 0; clock < 2 && status == MM_OK; clock++) {
        status = annotate_bests(builder, plan, geometry, (enum tape_clock)clock);
    }
    if (status == MM_OK) {
        fill_header(builder, instrument, geometry, plan);
        status = write_file(builder, plan, path);
    }
    return status;
}

int tape_builder_write(struct tape_builder *builder, const struct instrument *instrument,
                       const char *path)
{
    if (builder->message_count == 0) {
        return mm_fail(MM_ERROR_INPUT, "no depth update, snapshot or trade of the market");
    }
    struct tape_plan plan = {0};
    int status = build(builder, instrument, &plan, path);
    free(plan.wide);
    free(plan.messages[TAPE_EXCH]);
    free(plan.messages[TAPE_LOCAL]);
    builder->row_count = 0;
    builder->message_count = 0;
    builder->best_count = 0;
    return status;
}
