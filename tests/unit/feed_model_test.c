// Messages of the feed: a reader that misses some has the same state as one that sees them all.
#include "observe/feed_model.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <jansson.h>
#include <string.h>

enum { READERS = 5, ROUNDS = 400 };

static struct observed_run a_run(void)
{
    struct observed_run run = {.venue = "sim", .window_ns = 60000000000, .start_ns = 5000000000};
    struct config_options options = {.mock = true};
    assert_int_equal(config_resolve(&options, &run.config), MM_OK);
    run.instrument = (struct instrument){.symbol = "ALT",
                                         .tick = {1, -1},
                                         .lot = {1, -3},
                                         .contract_size = {1, 0},
                                         .contract = CONTRACT_LINEAR};
    assert_int_equal(instrument_prepare(&run.instrument), MM_OK);
    run.engine.risk.position_limit_lots = 1000;
    run.guard = run.config.preset.guard;
    return run;
}

static json_t *read_message(struct feed_model *model, uint64_t since)
{
    struct text text = {0};
    json_t *message = NULL;
    if (feed_model_message(model, since, &text)) {
        json_error_t error;
        message = json_loads(text_string(&text), JSON_REJECT_DUPLICATES, &error);
        if (message == NULL) {
            fail_msg("%s at %d: %.200s", error.text, error.position, text_string(&text));
        }
    }
    text_fini(&text);
    return message;
}

// ---- a reader as docs/feed.md tells it to be ----

struct reader {
    json_t *set, *lists; // lists: {name: {key: entry}}
    uint64_t sequence;
};

static const struct {
    const char *name, *key;
    size_t limit;
} lists[] = {{"fills", "number", FEED_FILLS},
             {"orders", "number", FEED_ORDERS},
             {"iterations", "iteration", FEED_ITERATIONS},
             {"log", "number", FEED_LOG},
             {"audit", "id", FEED_AUDIT}};

static void take_list(struct reader *reader, size_t list, const json_t *entries)
{
    json_t *known = json_object_get(reader->lists, lists[list].name);
    size_t index;
    json_t *entry;
    json_array_foreach(entries, index, entry)
    {
        char key[32];
        snprintf(key, sizeof key, "%020" JSON_INTEGER_FORMAT,
                 json_integer_value(json_object_get(entry, lists[list].key)));
        json_object_set(known, key, entry);
    }
}

static void read_on(struct reader *reader, struct feed_model *model)
{
    json_t *message = read_message(model, reader->sequence);
    if (message == NULL) {
        return;
    }
    bool is_state = strcmp(json_string_value(json_object_get(message, "type")), "state") == 0;
    assert_int_equal(is_state, reader->sequence == 0);
    const char *name;
    json_t *given;
    json_object_foreach(json_object_get(message, "set"), name, given)
    {
        json_t *section = json_object_get(reader->set, name);
        if (section == NULL) {
            json_object_set_new(reader->set, name, section = json_object());
        }
        json_object_update(section, given);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        take_list(reader, i, json_object_get(json_object_get(message, "add"), lists[i].name));
    }
    reader->sequence = (uint64_t)json_integer_value(json_object_get(message, "seq"));
    json_decref(message);
}

static struct reader new_reader(void)
{
    struct reader reader = {.set = json_object(), .lists = json_object()};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        json_object_set_new(reader.lists, lists[i].name, json_object());
    }
    return reader;
}

static void drop_reader(struct reader *reader)
{
    json_decref(reader->set);
    json_decref(reader->lists);
}

// Whatever a new reader is told, the old one knows.
static void assert_knows_all(const struct reader *reader, struct feed_model *model)
{
    struct reader fresh = new_reader();
    read_on(&fresh, model);
    assert_true(json_equal(fresh.set, reader->set));
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        json_t *told = json_object_get(fresh.lists, lists[i].name);
        json_t *known = json_object_get(reader->lists, lists[i].name);
        assert_true(json_object_size(told) <= lists[i].limit);
        const char *key;
        json_t *entry;
        json_object_foreach(told, key, entry)
        {
            assert_true(json_equal(entry, json_object_get(known, key)));
        }
    }
    drop_reader(&fresh);
}

// ---- a run that does all sorts of things ----

struct source {
    struct random_stream random;
    uint64_t fills, orders, lines;
    uint32_t iterations;
    struct observed now;
};

static bool chance(struct source *source, double share)
{
    return random_uniform(&source->random) < share;
}

static void do_something(struct source *source, struct feed_model *model)
{
    feed_model_advance(model, 1000000000);
    while (chance(source, 0.7)) {
        struct observed_fill fill = {.number = source->fills++,
                                     .row = {.order_id = 1,
                                             .price_ticks = 100,
                                             .qty_lots = 3,
                                             .mid_half_ticks = 201,
                                             .local_ts_ns = 6000000000}};
        feed_model_fill(model, &fill);
    }
    if (source->fills > 0 && chance(source, 0.5)) {
        uint64_t back = random_below(&source->random, 700);
        struct observed_markout markout = {
            .number = back < source->fills ? source->fills - 1 - back : 0,
            .horizon = (uint32_t)random_below(&source->random, MARKOUT_COUNT),
            .later_half_ticks = 200 + (int64_t)random_below(&source->random, 9)};
        feed_model_markout(model, &markout);
    }
    while (chance(source, 0.6)) {
        struct observed_order order = {.number = source->orders,
                                       .row = {.status = "filled", .reason = "filled"}};
        source->orders += 1 + (chance(source, 0.1) ? 3 : 0); // some were lost on the way
        feed_model_order(model, &order);
    }
    if (chance(source, 0.3)) {
        static struct observed_iteration iteration;
        iteration.record.iteration = ++source->iterations;
        feed_model_iteration(model, &iteration);
    }
    if (chance(source, 0.5)) {
        struct observed_log line = {
            .number = source->lines++, .wall_ns = 1, .event = "x", .text = "cut \xc3"};
        feed_model_log(model, &line);
    }
    if (chance(source, 0.6)) {
        source->now.engine.status.now_ns += 1000000;
        source->now.engine.status.position_lots = (int64_t)random_below(&source->random, 3);
        feed_model_moment(model, &source->now);
    }
}

static struct source a_source(uint64_t seed)
{
    struct source source = {.fills = 0};
    random_init(&source.random, seed, RANDOM_TEST, 0);
    for (int side = 0; side < 2; side++) {
        source.now.sides[side] = (struct observed_side){.code = "ok", .text = ""};
    }
    source.now.engine.status.halt_reason = "";
    source.now.engine.status.now_ns = 5000000000;
    return source;
}

static void a_reader_that_misses_messages_ends_with_the_same_state(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct source source = a_source(seed);
        struct feed_model *model = feed_model_create(1000000, true);
        struct observed_run run = a_run();
        struct reader readers[READERS];
        feed_model_advance(model, 1);
        feed_model_begin(model, &run);
        for (int i = 0; i < READERS; i++) {
            readers[i] = new_reader();
        }
        for (int round = 0; round < ROUNDS; round++) {
            do_something(&source, model);
            for (int i = 0; i < READERS; i++) {
                if (chance(&source, i == 0 ? 1 : 0.5 / i)) {
                    read_on(&readers[i], model);
                }
            }
        }
        for (int i = 0; i < READERS; i++) {
            read_on(&readers[i], model);
            assert_knows_all(&readers[i], model);
            drop_reader(&readers[i]);
        }
        feed_model_destroy(model);
    }
}

static void nothing_new_is_no_message(void **state)
{
    (void)state;
    struct feed_model *model = feed_model_create(1000000, true);
    struct observed_run run = a_run();
    feed_model_advance(model, 1);
    feed_model_begin(model, &run);
    uint64_t sequence = feed_model_advance(model, 2);
    assert_null(read_message(model, sequence - 1));
    feed_model_begin(model, &run); // the same once more
    assert_null(read_message(model, sequence - 1));
    struct observed_log line = {.number = 3, .event = "x"};
    feed_model_log(model, &line);
    json_t *message = read_message(model, sequence - 1);
    assert_int_equal(json_object_size(json_object_get(message, "set")), 0);
    assert_int_equal(json_array_size(json_object_get(json_object_get(message, "add"), "log")), 1);
    json_decref(message);
    feed_model_destroy(model);
}

static void a_model_that_is_not_live_tells_no_real_time(void **state)
{
    (void)state;
    struct source source = a_source(9);
    struct feed_model *model = feed_model_create(1000000, false);
    struct observed_run run = a_run();
    run.started_wall_ns = 123456789000000;
    source.now.wall_ns = 0;
    feed_model_advance(model, 5000000);
    feed_model_begin(model, &run);
    feed_model_moment(model, &source.now);
    struct text text = {0};
    assert_true(feed_model_message(model, 0, &text));
    assert_null(strstr(text_string(&text), "123456789"));
    assert_non_null(strstr(text_string(&text), "\"wall_ms\":null"));
    assert_null(strstr(text_string(&text), "\"ladder\""));
    assert_null(strstr(text_string(&text), "\"series_recent\""));
    text_fini(&text);
    feed_model_destroy(model);
}

static void parts_are_found_by_their_names(void **state)
{
    (void)state;
    struct source source = a_source(4);
    struct feed_model *model = feed_model_create(1000000, true);
    struct observed_run run = a_run();
    feed_model_advance(model, 1);
    feed_model_begin(model, &run);
    for (int i = 0; i < 50; i++) {
        do_something(&source, model);
    }
    static const char *const names[] = {
        "run",        "status",     "kpi",     "config", "fills",   "orders",       "log",
        "iterations", "series_run", "process", "audit",  "latency", "series_recent"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct text text = {0};
        assert_true(feed_model_part(model, names[i], &text));
        json_t *part = json_loads(text_string(&text), JSON_DECODE_ANY, NULL);
        assert_non_null(part);
        json_decref(part);
        text_fini(&text);
    }
    struct text text = {0};
    assert_false(feed_model_part(model, "nothing", &text));
    assert_false(feed_model_part(model, "", &text));
    assert_true(feed_model_summary(model, source.iterations, &text));
    assert_false(feed_model_summary(model, 0, &text));
    assert_false(feed_model_summary(model, source.iterations + 1, &text));
    text_fini(&text);
    feed_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_that_misses_messages_ends_with_the_same_state),
        cmocka_unit_test(nothing_new_is_no_message),
        cmocka_unit_test(a_model_that_is_not_live_tells_no_real_time),
        cmocka_unit_test(parts_are_found_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
