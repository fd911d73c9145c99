#include "market/tape.h"

#include "base/file.h"
#include "base/random.h"
#include "market/book.h"
#include "market/tape_builder.h"
#include "market/tape_check.h"
#include "market/tape_format.h"
#include "market/tape_sort.h"
#include "scratch.h"

#include <xxhash.h>

static struct instrument test_instrument(void)
{
    struct instrument instrument = {.symbol = "TESTUSDT",
                                    .venue = "nowhere",
                                    .settle = "USDT",
                                    .tick = {1, -1},
                                    .lot = {1, -3},
                                    .contract_size = {1, 0}};
    assert_int_equal(instrument_prepare(&instrument), MM_OK);
    return instrument;
}

static void add_row(struct tape_builder *builder, enum side side, int64_t price, int64_t lots)
{
    assert_int_equal(tape_builder_row(builder, side, price, lots), MM_OK);
}

// A message over the last `count` rows.
static void add_message(struct tape_builder *builder, enum event_kind kind, int64_t exch_ns,
                        int64_t local_ns, size_t count)
{
    assert_int_equal(
        tape_builder_message(builder, kind, exch_ns, local_ns, builder->row_count - count, count),
        MM_OK);
}

static void write_tape(struct tape_builder *builder, const char *path)
{
    struct instrument instrument = test_instrument();
    assert_int_equal(tape_builder_write(builder, &instrument, path), MM_OK);
    tape_builder_fini(builder);
}

static void open_tape(struct tape *tape, const char *path)
{
    if (tape_open(tape, path) < 0) {
        fail_msg("%s", mm_error_text());
        abort(); // not reached
    }
}

// A small tape with every kind of content.
static void build_small(struct tape_builder *builder)
{
    tape_builder_init(builder);
    add_row(builder, SIDE_BUY, 1000, 5);
    add_row(builder, SIDE_SELL, 1002, 6);
    add_message(builder, EVENT_DEPTH, 1000, 1500, 2);
    add_row(builder, SIDE_SELL, 1002, 2);
    add_message(builder, EVENT_TRADE, 1100, 1600, 1);
    add_row(builder, SIDE_BUY, 1000, INT64_C(5000000000));
    add_message(builder, EVENT_DEPTH, 1200, 1700, 1);
    add_row(builder, SIDE_BUY, 990, 0);
    add_message(builder, EVENT_CLEAR, 1300, 1800, 1);
    add_row(builder, SIDE_BUY, 999, 1);
    add_message(builder, EVENT_SNAPSHOT, 1300, 1800, 1);
    add_message(builder, EVENT_GAP, 1400, 1900, 0);
    struct tape_best best = {1150, 1650, {1000, 1002}, {5, 4}};
    assert_int_equal(tape_builder_best(builder, &best), MM_OK);
    (void)snprintf(builder->facts.source, sizeof builder->facts.source, "test:small");
    builder->facts.skipped_count = 3;
    builder->inferred = TAPE_INFERRED_LOT;
}

static void a_tape_reads_back_as_it_was_written(void **state)
{
    (void)state;
    const char *path = scratch_path("small.tape");
    struct tape_builder builder;
    build_small(&builder);
    write_tape(&builder, path);
    struct tape tape;
    open_tape(&tape, path);
    assert_string_equal(tape.instrument.symbol, "TESTUSDT");
    assert_string_equal(tape.facts.source, "test:small");
    assert_int_equal(tape.row_count, 6);
    assert_int_equal(tape.message_count, 6);
    assert_int_equal(tape.wide_count, 1);
    assert_int_equal(tape.best_count, 1);
    assert_int_equal(tape.facts.depth_count, 2);
    assert_int_equal(tape.facts.trade_count, 1);
    assert_int_equal(tape.facts.snapshot_count, 1);
    assert_int_equal(tape.facts.gap_count, 1);
    assert_int_equal(tape.facts.skipped_count, 3);
    assert_int_equal(tape.facts.clock_shift_ns, 0);
    assert_int_equal(tape.facts.first_exch_ns, 1000);
    assert_int_equal(tape.facts.last_local_ns, 1900);
    assert_int_equal(tape.bests[0].price_ticks[SIDE_SELL], 1002);
    char text[TAPE_DESCRIPTION_SIZE];
    tape_describe(&tape, text, sizeof text);
    assert_string_equal(text, "TESTUSDT on nowhere, tick 0.1, lot 0.001 (inferred), linear:1");
    struct market_batch batch;
    tape_batch(&tape, &tape.messages[TAPE_LOCAL][0], TAPE_LOCAL, &batch);
    assert_int_equal(batch.local_ts_ns, 1500);
    assert_int_equal(batch.count, 2);
    assert_int_equal(batch.kind, EVENT_DEPTH);
    enum side side = row_side(batch.rows[1].key);
    assert_int_equal(side, SIDE_SELL);
    assert_int_equal(geometry_ticks(tape.geometry, side, row_index(batch.rows[1].key)), 1002);
    tape_batch(&tape, &tape.messages[TAPE_LOCAL][2], TAPE_LOCAL, &batch);
    assert_int_equal(batch.rows[0].key, ROW_WIDE);
    assert_int_equal(batch.wide[batch.rows[0].lots].qty_lots, INT64_C(5000000000));
    tape_close(&tape);
    tape_close(&tape);
    tape_close(NULL);
}

static void equal_recordings_are_equal_bytes(void **state)
{
    (void)state;
    char *data[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        const char *path = scratch_path(i == 0 ? "one.tape" : "two.tape");
        struct tape_builder builder;
        build_small(&builder);
        write_tape(&builder, path);
        assert_int_equal(file_read_all(path, 1 << 20, &data[i], &size[i]), MM_OK);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(data[0], data[1], size[0]);
    free(data[0]);
    free(data[1]);
}

static void messages_follow_each_clock_and_keep_their_order_on_ties(void **state)
{
    (void)state;
    const char *path = scratch_path("order.tape");
    struct tape_builder builder;
    tape_builder_init(&builder);
    static const int64_t exch[] = {30, 10, 20, 10, 20, 30};
    static const int64_t local[] = {100, 100, 100, 90, 110, 110};
    for (int i = 0; i < 6; i++) {
        add_row(&builder, SIDE_BUY, 1000 + i, 1);
        add_message(&builder, EVENT_DEPTH, exch[i], local[i], 1);
    }
    write_tape(&builder, path);
    struct tape tape;
    open_tape(&tape, path);
    static const uint32_t by_exch[] = {1, 3, 2, 4, 0, 5};
    static const uint32_t by_local[] = {3, 0, 1, 2, 4, 5};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(tape.messages[TAPE_EXCH][i].first_row, by_exch[i]);
        assert_int_equal(tape.messages[TAPE_LOCAL][i].first_row, by_local[i]);
    }
    tape_close(&tape);
}

static void a_sort_keeps_equals_in_order_whatever_the_input(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static struct sort_item items[COUNT], spare[COUNT];
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, 2);
    for (size_t count = 0; count < COUNT; count += 1 + count / 8) {
        for (size_t i = 0; i < count; i++) {
            items[i] = (struct sort_item){(int64_t)random_below(&stream, count / 4 + 1), i};
        }
        sort_stable(items, count, spare);
        for (size_t i = 1; i < count; i++) {
            assert_true(
                items[i - 1].ts_ns < items[i].ts_ns ||
                (items[i - 1].ts_ns == items[i].ts_ns && items[i - 1].index < items[i].index));
        }
    }
}

static void a_local_clock_behind_the_exchange_is_moved_by_the_least_that_helps(void **state)
{
    (void)state;
    const char *path = scratch_path("clock.tape");
    struct tape_builder builder;
    tape_builder_init(&builder);
    add_row(&builder, SIDE_BUY, 1000, 1);
    add_message(&builder, EVENT_DEPTH, 5000, 4000, 1);
    add_row(&builder, SIDE_BUY, 1000, 2);
    add_message(&builder, EVENT_DEPTH, 6000, 4500, 1);
    // Published bests are moved along, but take no part in finding the shift.
    struct tape_best best = {9000, 4600, {1, 2}, {1, 1}};
    assert_int_equal(tape_builder_best(&builder, &best), MM_OK);
    write_tape(&builder, path);
    struct tape tape;
    open_tape(&tape, path);
    assert_int_equal(tape.facts.clock_shift_ns, 1500);
    assert_int_equal(tape.messages[TAPE_LOCAL][0].ts_ns, 5500);
    assert_int_equal(tape.messages[TAPE_LOCAL][1].ts_ns, 6000);
    assert_int_equal(tape.bests[0].local_ts_ns, 6100);
    assert_int_equal(tape.bests[0].exch_ts_ns, 9000);
    tape_close(&tape);
}

static void add_random_message(struct tape_builder *builder, struct random_stream *stream,
                               int64_t now_ns)
{
    size_t count = 1 + random_below(stream, 12);
    bool clear = random_below(stream, 15) == 0;
    count = clear ? 1 : count;
    for (size_t i = 0; i < count; i++) {
        int64_t price = random_below(stream, 50) == 0 ? INT64_C(1) << 40
                                                      : 900 + (int64_t)random_below(stream, 60);
        int64_t lots = random_below(stream, 3) == 0 ? 0 : (int64_t)random_below(stream, 9);
        add_row(builder, (enum side)random_below(stream, 2), price, lots);
    }
    add_message(builder, clear ? EVENT_CLEAR : EVENT_DEPTH,
                now_ns + (int64_t)random_below(stream, 50),
                now_ns + 60 + (int64_t)random_below(stream, 50), count);
}

static void recorded_bests_are_those_of_a_book_in_each_clocks_order(void **state)
{
    (void)state;
    const char *path = scratch_path("bests.tape");
    struct random_stream stream;
    random_init(&stream, 3, RANDOM_TEST, 3);
    struct tape_builder builder;
    tape_builder_init(&builder);
    add_row(&builder, SIDE_BUY, 920, 1); // where trading is, for the choice of the range
    add_message(&builder, EVENT_TRADE, 0, 60, 1);
    for (int i = 0; i < 3000; i++) {
        add_random_message(&builder, &stream, 10 * i);
    }
    write_tape(&builder, path);
    struct tape tape;
    open_tape(&tape, path);
    assert_true(tape.wide_count > 0);
    for (int clock = 0; clock < 2; clock++) {
        struct book book;
        assert_int_equal(book_init(&book, tape.geometry), MM_OK);
        for (uint64_t i = 0; i < tape.message_count; i++) {
            const struct tape_message *message = &tape.messages[clock][i];
            struct market_batch batch;
            tape_batch(&tape, message, (enum tape_clock)clock, &batch);
            book_apply(&book, &batch);
            assert_memory_equal(book.best, message->best_end, sizeof book.best);
            if (clock == TAPE_EXCH) {
                assert_memory_equal(book.peak, message->best_peak, sizeof book.peak);
            }
            assert_memory_equal(book.best, batch.best_end, sizeof book.best);
        }
        book_fini(&book);
    }
    struct tape_check check;
    assert_int_equal(tape_check(&tape, &check), MM_OK);
    assert_int_equal(check.annotation_count, 0);
    tape_close(&tape);
}

static void a_narrow_recording_leaves_room_for_quotes_around_it(void **state)
{
    (void)state;
    const char *path = scratch_path("narrow.tape");
    struct tape_builder builder;
    tape_builder_init(&builder);
    add_row(&builder, SIDE_BUY, 100, 1);
    add_message(&builder, EVENT_DEPTH, 1, 2, 1);
    write_tape(&builder, path);
    struct tape tape;
    open_tape(&tape, path);
    assert_true(geometry_holds(tape.geometry, 1));
    assert_false(geometry_holds(tape.geometry, 0));
    assert_true(geometry_holds(tape.geometry, 100 + (1 << 16)));
    tape_close(&tape);
}

static void a_range_too_wide_for_a_book_is_centred_on_the_trades(void **state)
{
    (void)state;
    const char *path = scratch_path("wide.tape");
    struct tape_builder builder;
    tape_builder_init(&builder);
    int64_t far = INT64_C(1) << 45;
    add_row(&builder, SIDE_BUY, far, 7);
    add_row(&builder, SIDE_BUY, 1, 8);
    add_row(&builder, SIDE_SELL, 2 * far, 9);
    add_message(&builder, EVENT_DEPTH, 1, 2, 3);
    add_row(&builder, SIDE_SELL, far + 1, 1);
    add_message(&builder, EVENT_TRADE, 2, 3, 1);
    write_tape(&builder, path);
    struct tape tape;
    open_tape(&tape, path);
    assert_true(geometry_holds(tape.geometry, far));
    assert_false(geometry_holds(tape.geometry, 1));
    assert_int_equal(tape.wide_count, 2);
    assert_int_equal(tape.wide[0].price_ticks, 1);
    assert_int_equal(tape.wide[0].side, SIDE_BUY);
    assert_int_equal(tape.wide[1].price_ticks, 2 * far);
    assert_int_equal(tape.wide[1].side, SIDE_SELL);
    assert_int_equal(tape.messages[TAPE_EXCH][1].best_end[SIDE_SELL], 0);
    tape_close(&tape);
}

static void rescaling_restates_all_that_was_collected(void **state)
{
    (void)state;
    struct tape_builder builder;
    tape_builder_init(&builder);
    add_row(&builder, SIDE_SELL, 100, 3);
    add_message(&builder, EVENT_DEPTH, 1, 2, 1);
    struct tape_best best = {1, 2, {99, 101}, {1, 2}};
    assert_int_equal(tape_builder_best(&builder, &best), MM_OK);
    assert_int_equal(tape_builder_rescale(&builder, 10, 1000), MM_OK);
    struct wide_row row = tape_builder_at(&builder, 0);
    assert_int_equal(row.price_ticks, 1000);
    assert_int_equal(row.side, SIDE_SELL);
    assert_int_equal(row.qty_lots, 3000);
    assert_int_equal(builder.bests[0].price_ticks[1], 1010);
    assert_int_equal(builder.bests[0].qty_lots[1], 2000);
    assert_int_equal(tape_builder_rescale(&builder, INT64_C(1000000000000000), 1), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "too large to be counted in steps as fine"));
    tape_builder_fini(&builder);
}

static void an_empty_recording_leaves_no_file(void **state)
{
    (void)state;
    struct tape_builder builder;
    tape_builder_init(&builder);
    assert_int_equal(tape_builder_message(&builder, EVENT_DEPTH, 1, 1, 0, 0), MM_OK);
    struct instrument instrument = test_instrument();
    const char *path = scratch_path("nothing.tape");
    assert_int_equal(tape_builder_write(&builder, &instrument, path), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "no depth update, snapshot or trade"));
    assert_false(file_exists(path));
    tape_builder_fini(&builder);
}

static void a_tape_that_cannot_be_written_leaves_nothing_behind(void **state)
{
    (void)state;
    struct tape_builder builder;
    build_small(&builder);
    struct instrument instrument = test_instrument();
    int before = scratch_count(scratch_directory);
    assert_int_equal(
        tape_builder_write(&builder, &instrument, scratch_path("no/such/directory.tape")),
        MM_ERROR_SYSTEM);
    assert_int_equal(scratch_count(scratch_directory), before);
    tape_builder_fini(&builder);
}

static void assert_refused(const char *path, const char *text)
{
    struct tape tape;
    assert_int_equal(tape_open(&tape, path), MM_ERROR_INPUT);
    if (strstr(mm_error_text(), text) == NULL || strstr(mm_error_text(), path) == NULL) {
        fail_msg("'%s' does not say '%s' of %s", mm_error_text(), text, path);
    }
}

// A copy of the small tape's bytes; it is built once.
static char *small_bytes(size_t *out_size)
{
    static char bytes[8192];
    static size_t size;
    if (size == 0) {
        const char *path = scratch_path("bytes.tape");
        struct tape_builder builder;
        char *data;
        build_small(&builder);
        write_tape(&builder, path);
        assert_int_equal(file_read_all(path, sizeof bytes, &data, &size), MM_OK);
        memcpy(bytes, data, size);
        free(data);
    }
    char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    *out_size = size;
    return copy;
}

static void any_flipped_bit_is_found(void **state)
{
    (void)state;
    size_t size;
    char *data = small_bytes(&size);
    const char *path = scratch_path("flipped.tape");
    for (size_t i = 0; i < size; i += i < 640 || i >= TAPE_HEADER_SIZE ? 1 : 97) {
        data[i] = (char)(data[i] ^ 1 << i % 8);
        scratch_write(path, data, size);
        assert_refused(path, "");
        data[i] = (char)(data[i] ^ 1 << i % 8);
    }
    scratch_write(path, data, size);
    struct tape tape;
    open_tape(&tape, path);
    tape_close(&tape);
    free(data);
}

static void a_file_that_is_cut_or_no_tape_is_refused(void **state)
{
    (void)state;
    size_t size;
    char *data = small_bytes(&size);
    const char *path = scratch_path("cut.tape");
    scratch_write(path, data, size - 1);
    assert_refused(path, "cut short");
    scratch_write(path, data, 100);
    assert_refused(path, "too short for a tape");
    scratch_write(path, "", 0);
    assert_refused(path, "too short for a tape");
    assert_false(tape_recognise(path));
    memset(data, 'x', size);
    scratch_write(path, data, size);
    assert_refused(path, "not a tape");
    struct tape tape;
    assert_int_equal(tape_open(&tape, scratch_path("missing")), MM_ERROR_SYSTEM);
    assert_false(tape_recognise(scratch_path("missing")));
    free(data);
}

// Content that lies although both checksums are right.

struct bytes {
    struct tape_header *header;
    char *data;
};

static void *element(struct bytes bytes, enum tape_section_id section, size_t index)
{
    return bytes.data + bytes.header->sections[section].offset +
           index * tape_section_stride(section);
}

static void seal(struct bytes bytes, size_t size)
{
    bytes.header->body_checksum =
        XXH3_64bits(bytes.data + TAPE_HEADER_SIZE, size - TAPE_HEADER_SIZE);
    bytes.header->header_checksum = tape_header_checksum(bytes.header);
}

static void lie_version(struct bytes bytes)
{
    bytes.header->version = TAPE_VERSION + 1;
}

static void lie_span(struct bytes bytes)
{
    bytes.header->span = BOOK_SPAN_MAX + 1;
}

static void lie_base(struct bytes bytes)
{
    bytes.header->base_ticks = INT64_MIN;
}

static void lie_name(struct bytes bytes)
{
    memset(bytes.header->symbol, 'A', sizeof bytes.header->symbol);
}

static void lie_contract(struct bytes bytes)
{
    bytes.header->contract = 2;
}

static void lie_tick(struct bytes bytes)
{
    bytes.header->tick.mantissa = 0;
}

static void lie_section(struct bytes bytes)
{
    bytes.header->sections[TAPE_SECTION_WIDE].count = UINT64_MAX / 24;
}

static void lie_offset(struct bytes bytes)
{
    bytes.header->sections[TAPE_SECTION_BESTS].offset = UINT64_MAX - 63;
}

static void lie_clocks(struct bytes bytes)
{
    bytes.header->sections[TAPE_SECTION_LOCAL].count = 1;
}

static void lie_no_message(struct bytes bytes)
{
    bytes.header->sections[TAPE_SECTION_LOCAL].count = 0;
    bytes.header->sections[TAPE_SECTION_EXCH].count = 0;
}

static void lie_row_index(struct bytes bytes)
{
    struct row *row = element(bytes, TAPE_SECTION_ROWS, 0);
    row->key = 0;
}

static void lie_row_beyond(struct bytes bytes)
{
    struct row *row = element(bytes, TAPE_SECTION_ROWS, 1);
    row->key = ROW_SIDE_BIT | bytes.header->span;
}

static void lie_row_wide(struct bytes bytes)
{
    struct row *row = element(bytes, TAPE_SECTION_ROWS, 0);
    *row = (struct row){ROW_WIDE, 1};
}

static void lie_wide_price(struct bytes bytes)
{
    struct wide_row *wide = element(bytes, TAPE_SECTION_WIDE, 0);
    wide->price_ticks = -1;
}

static void lie_best(struct bytes bytes)
{
    struct tape_best *best = element(bytes, TAPE_SECTION_BESTS, 0);
    best->qty_lots[1] = INT64_MIN;
}

static void lie_message_rows(struct bytes bytes)
{
    struct tape_message *message = element(bytes, TAPE_SECTION_LOCAL, 0);
    message->first_row = 6;
}

static void lie_message_kind(struct bytes bytes)
{
    struct tape_message *message = element(bytes, TAPE_SECTION_EXCH, 1);
    message->count_kind = 1 << 8 | 9;
}

static void lie_message_best(struct bytes bytes)
{
    struct tape_message *message = element(bytes, TAPE_SECTION_EXCH, 0);
    message->best_peak[1] = bytes.header->span;
}

static void lie_message_time(struct bytes bytes)
{
    struct tape_message *message = element(bytes, TAPE_SECTION_EXCH, 0);
    message->ts_ns = INT64_MAX;
}

static void lie_message_sent(struct bytes bytes)
{
    struct tape_message *message = element(bytes, TAPE_SECTION_LOCAL, 0);
    message->exch_ts_ns = message->ts_ns + 1;
}

static void lie_message_cover(struct bytes bytes)
{
    struct tape_message *message = element(bytes, TAPE_SECTION_EXCH, 0);
    message->count_kind = 1 << 8 | EVENT_DEPTH;
}

static void content_that_lies_under_right_checksums_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*lie)(struct bytes bytes);
        const char *text;
    } cases[] = {
        {lie_version, "a tape of another version"},
        {lie_span, "the range of prices is out of bounds"},
        {lie_base, "the range of prices is out of bounds"},
        {lie_name, "a name in the header does not end"},
        {lie_contract, "unknown kind of contract"},
        {lie_tick, "the tick must be above 0"},
        {lie_section, "a section lies outside the file"},
        {lie_offset, "a section lies outside the file"},
        {lie_clocks, "the two clocks list different messages"},
        {lie_no_message, "the tape holds no message"},
        {lie_row_index, "a row is out of range"},
        {lie_row_beyond, "a row is out of range"},
        {lie_row_wide, "a row is out of range"},
        {lie_wide_price, "a wide row is out of range"},
        {lie_best, "a best bid or offer is out of range"},
        {lie_message_rows, "a message points outside the rows"},
        {lie_message_kind, "a message is of no known kind"},
        {lie_message_best, "a best price is out of range"},
        {lie_message_time, "not in the order of their clock"},
        {lie_message_sent, "received before it was sent"},
        {lie_message_cover, "the messages do not cover the rows"},
    };
    const char *path = scratch_path("lie.tape");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size;
        char *data = small_bytes(&size);
        struct bytes bytes = {(struct tape_header *)data, data};
        cases[i].lie(bytes);
        seal(bytes, size);
        scratch_write(path, data, size);
        assert_refused(path, cases[i].text);
        free(data);
    }
}

static void a_check_counts_what_the_book_goes_through(void **state)
{
    (void)state;
    const char *path = scratch_path("check.tape");
    struct tape_builder builder;
    tape_builder_init(&builder);
    add_row(&builder, SIDE_BUY, 1000, 5);
    add_row(&builder, SIDE_SELL, 1002, 6);
    add_row(&builder, SIDE_SELL, 1003, 6);
    add_message(&builder, EVENT_DEPTH, 100, 110, 3);
    add_row(&builder, SIDE_BUY, 1002, 5); // meets the ask, which is never removed
    add_message(&builder, EVENT_DEPTH, 200, 240, 1);
    add_row(&builder, SIDE_SELL, 1003, 0);
    add_message(&builder, EVENT_DEPTH, 300, 320, 1);
    struct tape_best bests[] = {{90, 95, {1000, 1002}, {1, 1}}, {200, 220, {1000, 1003}, {1, 1}}};
    assert_int_equal(tape_builder_best(&builder, &bests[0]), MM_OK);
    assert_int_equal(tape_builder_best(&builder, &bests[1]), MM_OK);
    write_tape(&builder, path);
    struct tape tape;
    struct tape_check check;
    open_tape(&tape, path);
    assert_int_equal(tape_check(&tape, &check), MM_OK);
    tape_close(&tape);
    assert_int_equal(check.crossed_count, 1);
    assert_int_equal(check.one_sided_count, 1);
    assert_int_equal(check.annotation_count, 0);
    assert_int_equal(check.best_clock, TAPE_EXCH);
    assert_int_equal(check.best_compared, 2); // the third depth update leaves one side empty
    assert_int_equal(check.best_agreed, 1);
    assert_int_equal(check.latency_min_ns, 10);
    assert_int_equal(check.latency_p50_ns, 20);
    assert_int_equal(check.latency_max_ns, 40);
    assert_int_equal(check.silence_max_ns, 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tape_reads_back_as_it_was_written),
        cmocka_unit_test(equal_recordings_are_equal_bytes),
        cmocka_unit_test(messages_follow_each_clock_and_keep_their_order_on_ties),
        cmocka_unit_test(a_sort_keeps_equals_in_order_whatever_the_input),
        cmocka_unit_test(a_local_clock_behind_the_exchange_is_moved_by_the_least_that_helps),
        cmocka_unit_test(recorded_bests_are_those_of_a_book_in_each_clocks_order),
        cmocka_unit_test(a_narrow_recording_leaves_room_for_quotes_around_it),
        cmocka_unit_test(a_range_too_wide_for_a_book_is_centred_on_the_trades),
        cmocka_unit_test(rescaling_restates_all_that_was_collected),
        cmocka_unit_test(an_empty_recording_leaves_no_file),
        cmocka_unit_test(a_tape_that_cannot_be_written_leaves_nothing_behind),
        cmocka_unit_test(any_flipped_bit_is_found),
        cmocka_unit_test(a_file_that_is_cut_or_no_tape_is_refused),
        cmocka_unit_test(content_that_lies_under_right_checksums_is_refused),
        cmocka_unit_test(a_check_counts_what_the_book_goes_through),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
