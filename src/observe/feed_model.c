#include "observe/feed_model.h"

#include "base/check.h"
#include "base/json.h"
#include "base/memory.h"
#include "observe/feed_json.h"
#include "observe/feed_series.h"
#include "soak/reporter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 40 };

// A key of a section, or an entry of a list.
struct part {
    char *key;      // owned; of a field
    int64_t number; // of an entry
    char *text;     // owned; JSON
    uint64_t version;
};

struct section {
    uint32_t count;
    struct part fields[FIELDS_MAX];
};

enum list_id { LIST_FILLS, LIST_ORDERS, LIST_ITERATIONS, LIST_LOG, LIST_AUDIT, LIST_COUNT };

struct list {
    uint32_t capacity;
    struct part *entries; // owned ring; entry n is at n % capacity
    uint64_t first, end;
    uint64_t version; // the newest of all
};

struct known_fill {
    struct observed_fill fill;
    int64_t later_half_ticks[MARKOUT_COUNT];
};

struct feed_model {
    bool is_live, has_run;
    uint64_t sequence;
    int64_t wall_ns;
    struct observed_run run;
    struct section sections[FEED_SECTION_COUNT];
    struct list lists[LIST_COUNT];
    struct known_fill *fills;             // owned ring; fill n is at n % FEED_FILLS
    struct observed_iteration *summaries; // owned ring; iteration n is at n % FEED_ITERATIONS
    struct feed_series series;
    int64_t rate_wall_ns; // where the rate of events is measured from
    uint64_t rate_events;
};

static const char *const section_names[FEED_SECTION_COUNT] = {
    [FEED_SECTION_RUN] = "run",
    [FEED_SECTION_INSTRUMENT] = "instrument",
    [FEED_SECTION_STATUS] = "status",
    [FEED_SECTION_KPI] = "kpi",
    [FEED_SECTION_LATENCY] = "latency",
    [FEED_SECTION_LADDER] = "ladder",
    [FEED_SECTION_QUOTES] = "quotes",
    [FEED_SECTION_PARAMS] = "params",
    [FEED_SECTION_TUNER] = "tuner",
    [FEED_SECTION_GATE] = "gate",
    [FEED_SECTION_COUNTERS] = "counters",
    [FEED_SECTION_CONFIG] = "config",
    [FEED_SECTION_ARTIFACTS] = "artifacts",
    [FEED_SECTION_PROCESS] = "process",
};

static const char *const list_names[LIST_COUNT] = {[LIST_FILLS] = "fills",
                                                   [LIST_ORDERS] = "orders",
                                                   [LIST_ITERATIONS] = "iterations",
                                                   [LIST_LOG] = "log",
                                                   [LIST_AUDIT] = "audit"};

static const uint32_t list_capacities[LIST_COUNT] = {[LIST_FILLS] = FEED_FILLS,
                                                     [LIST_ORDERS] = FEED_ORDERS,
                                                     [LIST_ITERATIONS] = FEED_ITERATIONS,
                                                     [LIST_LOG] = FEED_LOG,
                                                     [LIST_AUDIT] = FEED_AUDIT};

int64_t feed_model_sample_ns(int64_t span_ns, int64_t most_ns)
{
    int64_t whole_ns = series_interval_ns(span_ns > 0 ? span_ns : INT64_MAX, FEED_SERIES_RUN);
    int64_t parts = 1;
    for (int i = 0; whole_ns / parts > most_ns && whole_ns / parts > 1000000; i++) {
        parts = i % 3 == 1 ? parts / 2 * 5 : parts * 2; // 1, 2, 5, 10, 20, 50, ...
    }
    return whole_ns / parts;
}

struct feed_model *feed_model_create(int64_t sample_ns, bool is_live)
{
    struct feed_model *model = mm_alloc(1, sizeof *model);
    model->is_live = is_live;
    for (int i = 0; i < LIST_COUNT; i++) {
        model->lists[i].capacity = list_capacities[i];
        model->lists[i].entries = mm_alloc(list_capacities[i], sizeof(struct part));
    }
    model->fills = mm_alloc(FEED_FILLS, sizeof *model->fills);
    model->summaries = mm_alloc(FEED_ITERATIONS, sizeof *model->summaries);
    feed_series_init(&model->series, sample_ns, FEED_SERIES_RUN, FEED_SERIES_RECENT);
    return model;
}

void feed_model_destroy(struct feed_model *model)
{
    if (model == NULL) {
        return;
    }
    for (int i = 0; i < FEED_SECTION_COUNT; i++) {
        for (uint32_t k = 0; k < model->sections[i].count; k++) {
            free(model->sections[i].fields[k].key);
            free(model->sections[i].fields[k].text);
        }
    }
    for (int i = 0; i < LIST_COUNT; i++) {
        for (uint32_t k = 0; k < model->lists[i].capacity; k++) {
            free(model->lists[i].entries[k].text);
        }
        free(model->lists[i].entries);
    }
    free(model->fills);
    free(model->summaries);
    feed_series_fini(&model->series);
    free(model);
}

// ---- parts ----

static char *text_of(const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
                                       JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    MM_ASSERT(text != NULL); // encoders give UTF-8 and no infinities
    return text;
}

static struct part *find_field(struct section *section, const char *key)
{
    for (uint32_t i = 0; i < section->count; i++) {
        if (strcmp(section->fields[i].key, key) == 0) {
            return &section->fields[i];
        }
    }
    MM_ASSERT(section->count < FIELDS_MAX);
    struct part *field = &section->fields[section->count++];
    size_t size = strlen(key) + 1;
    field->key = mm_alloc(size, 1);
    memcpy(field->key, key, size);
    return field;
}

static void set_part(struct feed_model *model, struct part *part, const json_t *value)
{
    char *text = text_of(value);
    if (part->text != NULL && strcmp(part->text, text) == 0) {
        free(text);
        return;
    }
    free(part->text);
    part->text = text;
    part->version = model->sequence;
}

void feed_model_set(struct feed_model *model, enum feed_section section, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        set_part(model, find_field(&model->sections[section], key), value);
    }
    json_decref(object);
}

// The entry of this number, or a new one when it is larger than all; NULL when it is gone.
static struct part *find_entry(struct list *list, int64_t number)
{
    for (uint64_t i = list->end; i > list->first; i--) {
        struct part *entry = &list->entries[(i - 1) % list->capacity];
        if (entry->number == number) {
            return entry;
        }
        if (entry->number < number) {
            if (i != list->end) {
                return NULL; // it was lost, and its place is taken
            }
            break;
        }
    }
    if (list->end > list->first &&
        list->entries[(list->end - 1) % list->capacity].number > number) {
        return NULL;
    }
    if (list->end - list->first == list->capacity) {
        list->first++;
    }
    struct part *entry = &list->entries[list->end++ % list->capacity];
    free(entry->text);
    *entry = (struct part){.number = number};
    return entry;
}

static void put_entry(struct feed_model *model, enum list_id id, int64_t number, json_t *value)
{
    struct list *list = &model->lists[id];
    struct part *entry = find_entry(list, number);
    if (entry != NULL) {
        set_part(model, entry, value);
        list->version = model->sequence;
    }
    json_decref(value);
}

// ---- taking in ----

uint64_t feed_model_advance(struct feed_model *model, int64_t wall_ns)
{
    model->wall_ns = model->is_live ? wall_ns : 0;
    return ++model->sequence;
}

void feed_model_begin(struct feed_model *model, const struct observed_run *run)
{
    model->run = *run;
    model->has_run = true;
    if (!model->is_live) {
        model->run.started_wall_ns = 0;
    }
    run = &model->run;
    feed_model_set(model, FEED_SECTION_RUN, feed_run_json(run));
    feed_model_set(model, FEED_SECTION_INSTRUMENT, feed_instrument_json(run));
    feed_model_set(model, FEED_SECTION_GATE, feed_gate_json(run));
    feed_model_set(model, FEED_SECTION_CONFIG, feed_config_json(run));
}

// Events per second of real time, over at least a second.
static void follow_rate(struct feed_model *model, const struct observed *now)
{
    uint64_t events = now->engine.status.event_count;
    int64_t passed_ns = now->monotonic_ns - model->rate_wall_ns;
    json_t *rate = NULL;
    if (model->rate_wall_ns == 0 || passed_ns >= INT64_C(1000000000)) {
        bool is_known = model->rate_wall_ns != 0;
        rate = is_known ? json_real_stable(
                              (double)(events - model->rate_events) * 1e9 / (double)passed_ns, 1)
                        : json_null();
        model->rate_wall_ns = now->monotonic_ns;
        model->rate_events = events;
        feed_model_set(model, FEED_SECTION_STATUS, json_pack("{s:o}", "events_per_second", rate));
    }
}

void feed_model_moment(struct feed_model *model, const struct observed *now)
{
    const struct observed_run *run = &model->run;
    MM_ASSERT(model->has_run);
    json_t *status = feed_status_json(run, now);
    if (!model->is_live) {
        json_object_del(status, "event_count"); // it depends on how often time is looked at
    }
    feed_model_set(model, FEED_SECTION_STATUS, status);
    feed_model_set(model, FEED_SECTION_KPI, feed_kpi_json(run, now));
    feed_model_set(model, FEED_SECTION_LATENCY, feed_latency_json(now));
    feed_model_set(model, FEED_SECTION_PARAMS, feed_params_json(run, now));
    feed_model_set(model, FEED_SECTION_TUNER, feed_tuner_json(run, now));
    feed_model_set(model, FEED_SECTION_COUNTERS, feed_counters_json(now));
    if (model->is_live) {
        feed_model_set(model, FEED_SECTION_LADDER, feed_ladder_json(now));
        feed_model_set(model, FEED_SECTION_QUOTES, feed_quotes_json(run, now));
        follow_rate(model, now);
    }
}

static void tell_fill(struct feed_model *model, const struct known_fill *known)
{
    put_entry(model, LIST_FILLS, (int64_t)known->fill.number,
              feed_fill_json(&model->run, &known->fill, known->later_half_ticks));
}

void feed_model_fill_known(struct feed_model *model, const struct observed_fill *fill,
                           const int64_t later_half_ticks[MARKOUT_COUNT])
{
    struct known_fill *known = &model->fills[fill->number % FEED_FILLS];
    known->fill = *fill;
    memcpy(known->later_half_ticks, later_half_ticks, sizeof known->later_half_ticks);
    tell_fill(model, known);
}

void feed_model_fill(struct feed_model *model, const struct observed_fill *fill)
{
    static const int64_t unknown[MARKOUT_COUNT];
    feed_model_fill_known(model, fill, unknown);
}

void feed_model_markout(struct feed_model *model, const struct observed_markout *markout)
{
    struct known_fill *known = &model->fills[markout->number % FEED_FILLS];
    if (known->fill.number == markout->number && known->fill.row.qty_lots > 0) {
        known->later_half_ticks[markout->horizon] = markout->later_half_ticks;
        tell_fill(model, known);
    }
}

void feed_model_order(struct feed_model *model, const struct observed_order *order)
{
    put_entry(model, LIST_ORDERS, (int64_t)order->number, feed_order_json(&model->run, order));
}

void feed_model_sample(struct feed_model *model, const struct observed_sample *sample)
{
    feed_series_add(&model->series, sample, model->sequence);
}

void feed_model_iteration(struct feed_model *model, const struct observed_iteration *iteration)
{
    struct observed_iteration *kept =
        &model->summaries[iteration->record.iteration % FEED_ITERATIONS];
    *kept = *iteration;
    kept->wall_ns = model->is_live ? iteration->wall_ns : 0;
    put_entry(model, LIST_ITERATIONS, iteration->record.iteration,
              feed_iteration_json(&model->run, kept));
}

void feed_model_log(struct feed_model *model, const struct observed_log *line)
{
    if (model->is_live) {
        put_entry(model, LIST_LOG, (int64_t)line->number, feed_log_json(line));
    }
}

void feed_model_audit(struct feed_model *model, int64_t id, json_t *entry)
{
    put_entry(model, LIST_AUDIT, id, entry);
}

// ---- telling ----

static bool section_text(const struct section *section, uint64_t since, struct text *out)
{
    bool any = false;
    for (uint32_t i = 0; i < section->count; i++) {
        const struct part *field = &section->fields[i];
        if (field->version > since) {
            text_add(out, "%s\"%s\":", any ? "," : "{", field->key);
            text_word(out, field->text);
            any = true;
        }
    }
    if (any) {
        text_put(out, "}", 1);
    }
    return any;
}

static bool list_text(const struct list *list, uint64_t since, struct text *out)
{
    bool any = false;
    if (list->version <= since) {
        return false;
    }
    for (uint64_t i = list->first; i < list->end; i++) {
        const struct part *entry = &list->entries[i % list->capacity];
        if (entry->version > since) {
            text_put(out, any ? "," : "[", 1);
            text_word(out, entry->text);
            any = true;
        }
    }
    if (any) {
        text_put(out, "]", 1);
    }
    return any;
}

static int64_t origin_ns(const struct feed_model *model)
{
    return -feed_time_ns(&model->run, 0);
}

// Writes `"name":`, to be taken back when nothing follows.
static size_t add_name(struct text *out, const char *name, bool is_first)
{
    size_t before = out->size;
    text_add(out, "%s\"%s\":", is_first ? "" : ",", name);
    return before;
}

static void take_back(struct text *out, size_t size)
{
    out->size = size;
    out->bytes[size] = '\0';
}

static bool add_sections(const struct feed_model *model, uint64_t since, struct text *out)
{
    bool any = false;
    for (int i = 0; i < FEED_SECTION_COUNT; i++) {
        size_t before = add_name(out, section_names[i], !any);
        if (section_text(&model->sections[i], since, out)) {
            any = true;
        } else {
            take_back(out, before);
        }
    }
    return any;
}

static bool add_lists(const struct feed_model *model, uint64_t since, struct text *out)
{
    bool any = false;
    for (int i = 0; i < LIST_COUNT; i++) {
        size_t before = add_name(out, list_names[i], !any);
        if (list_text(&model->lists[i], since, out)) {
            any = true;
        } else {
            take_back(out, before);
        }
    }
    size_t before = add_name(out, "series_run", !any);
    if (feed_series_run_text(&model->series, since, origin_ns(model), out)) {
        any = true;
    } else {
        take_back(out, before);
    }
    before = add_name(out, "series_recent", !any);
    if (model->is_live && feed_series_recent_text(&model->series, since, origin_ns(model), out)) {
        any = true;
    } else {
        take_back(out, before);
    }
    return any;
}

bool feed_model_message(struct feed_model *model, uint64_t since, struct text *out)
{
    size_t before = out->size;
    text_add(out, "{\"type\":\"%s\",\"version\":%d,\"seq\":%" PRIu64, since > 0 ? "diff" : "state",
             FEED_VERSION, model->sequence);
    if (since > 0) {
        text_add(out, ",\"since\":%" PRIu64, since);
    }
    if (model->wall_ns != 0) {
        text_add(out, ",\"wall_ms\":%" PRId64, model->wall_ns / 1000000);
    } else {
        text_add(out, ",\"wall_ms\":null");
    }
    text_add(out, ",\"set\":{");
    bool any = add_sections(model, since, out);
    text_add(out, "},\"add\":{");
    any |= add_lists(model, since, out);
    text_add(out, "}}");
    if (!any && since > 0) {
        take_back(out, before);
        return false;
    }
    return true;
}

uint64_t feed_model_sequence(const struct feed_model *model)
{
    return model->sequence;
}

bool feed_model_part(const struct feed_model *model, const char *name, struct text *out)
{
    for (int i = 0; i < FEED_SECTION_COUNT; i++) {
        if (strcmp(section_names[i], name) == 0) {
            if (!section_text(&model->sections[i], 0, out)) {
                text_add(out, "{}");
            }
            return true;
        }
    }
    for (int i = 0; i < LIST_COUNT; i++) {
        if (strcmp(list_names[i], name) == 0) {
            if (!list_text(&model->lists[i], 0, out)) {
                text_add(out, "[]");
            }
            return true;
        }
    }
    bool is_run = strcmp(name, "series_run") == 0;
    if (!is_run && strcmp(name, "series_recent") != 0) {
        return false;
    }
    if (!(is_run ? feed_series_run_text : feed_series_recent_text)(&model->series, 0,
                                                                   origin_ns(model), out)) {
        text_add(out, "null");
    }
    return true;
}

bool feed_model_summary(const struct feed_model *model, uint32_t iteration, struct text *out)
{
    const struct observed_iteration *kept = &model->summaries[iteration % FEED_ITERATIONS];
    if (iteration == 0 || kept->record.iteration != iteration) {
        return false;
    }
    json_t *document = report_iteration(&kept->record);
    char *text = json_document_text(document, NULL);
    text_word(out, text);
    free(text);
    json_decref(document);
    return true;
}
