#include "sweep/points.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/suggest.h"
#include "sweep/sobol.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)PARAM_COUNT <= (int)SOBOL_DIMENSIONS_MAX, "every parameter can be swept");

enum {
    KEY_SIZE = 64,
    DRAWS_PER_POINT = 64 // after which too few cells are left for the sequence to find one
};

static const char *const sample_names[SAMPLE_COUNT] = {"grid", "random", "sobol"};

const char *sample_name(enum sample sample)
{
    return sample_names[sample];
}

int sample_parse(const char *text, enum sample *out)
{
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        if (strcmp(text, sample_names[i]) == 0) {
            *out = (enum sample)i;
            return MM_OK;
        }
    }
    const char *near = suggest_name(text, sample_names, SAMPLE_COUNT);
    return mm_fail(MM_ERROR_USAGE, "--sample: '%.64s' is none of grid, random, sobol%s%s%s", text,
                   near != NULL ? ", did you mean " : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
}

// ---- axes ----

static int refuse_key(const char *key)
{
    const char *names[PARAM_COUNT];
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        names[i] = param_specs[i].key;
    }
    const char *near = suggest_name(key, names, PARAM_COUNT);
    if (near != NULL) {
        return mm_fail(MM_ERROR_USAGE, "--grid: unknown parameter '%.64s', did you mean %s?", key,
                       near);
    }
    return mm_fail(MM_ERROR_USAGE,
                   "--grid: unknown parameter '%.64s'; there are %s, %s, %s, %s, %s, %s", key,
                   names[0], names[1], names[2], names[3], names[4], names[5]);
}

// One value out of the text between `start` and `end`.
static int parse_value(enum param_id id, const char *start, const char *end, int32_t min,
                       int32_t max, int32_t *out)
{
    char text[DECIMAL_TEXT_SIZE];
    if ((size_t)(end - start) >= sizeof text) {
        return mm_fail(MM_ERROR_USAGE, "--grid: %s: '%.64s' is too long for a number",
                       param_specs[id].key, start);
    }
    snprintf(text, sizeof text, "%.*s", (int)(end - start), start);
    int code = param_parse(id, text, min, max, out);
    return code == MM_OK ? MM_OK : mm_fail_add(code, "--grid");
}

static int parse_live_value(const struct points *points, enum param_id id, const char *start,
                            const char *end, int32_t *out)
{
    return parse_value(id, start, end, points->low.steps[id], points->high.steps[id], out);
}

static int refuse_end(enum param_id id, int32_t low, int32_t high, int32_t step)
{
    char texts[4][DECIMAL_TEXT_SIZE];
    int32_t below = low + (high - low) / step * step;
    param_print(id, high, texts[0]);
    param_print(id, low, texts[1]);
    param_print(id, step, texts[2]);
    param_print(id, below, texts[3]);
    return mm_fail(MM_ERROR_USAGE,
                   "--grid: %s: %s is not reached from %s in steps of %s; the last value is %s",
                   param_specs[id].key, texts[0], texts[1], texts[2], texts[3]);
}

// "lo:hi" or "lo:hi:step"
static int parse_range(struct points *points, enum param_id id, const char *text)
{
    const char *colon = strchr(text, ':');
    const char *second = strchr(colon + 1, ':');
    struct axis *out = &points->axes[id];
    int32_t low = 0, high = 0, step = 1;
    int code = parse_live_value(points, id, text, colon, &low);
    if (code == MM_OK) {
        const char *end = second != NULL ? second : colon + 1 + strlen(colon + 1);
        code = parse_live_value(points, id, colon + 1, end, &high);
    }
    if (code == MM_OK && second != NULL) {
        int32_t widest = points->high.steps[id] - points->low.steps[id];
        code = parse_value(id, second + 1, second + 1 + strlen(second + 1), 1, widest, &step);
    }
    if (code != MM_OK) {
        return code;
    }
    if (low > high) {
        return mm_fail(MM_ERROR_USAGE, "--grid: %s: '%.64s' runs backwards; write lo:hi:step",
                       param_specs[id].key, text);
    }
    if ((high - low) % step != 0) {
        return refuse_end(id, low, high, step);
    }
    MM_ASSERT((high - low) / step < AXIS_VALUES_MAX);
    for (int32_t value = low; value <= high; value += step) {
        out->steps[out->count++] = value;
    }
    return MM_OK;
}

// Keeps the axis ascending, so that the order in which values are written does not matter.
static int insert_value(enum param_id id, int32_t value, struct axis *axis)
{
    uint32_t at = axis->count;
    while (at > 0 && axis->steps[at - 1] > value) {
        at--;
    }
    if (at > 0 && axis->steps[at - 1] == value) {
        char text[DECIMAL_TEXT_SIZE];
        param_print(id, value, text);
        return mm_fail(MM_ERROR_USAGE, "--grid: %s: %s is given twice", param_specs[id].key, text);
    }
    memmove(&axis->steps[at + 1], &axis->steps[at], (axis->count - at) * sizeof axis->steps[0]);
    axis->steps[at] = value;
    axis->count++;
    return MM_OK;
}

// "a,b,c"
static int parse_list(struct points *points, enum param_id id, const char *text)
{
    for (const char *start = text;; start++) {
        const char *end = start + strcspn(start, ",");
        int32_t value;
        int code = parse_live_value(points, id, start, end, &value);
        if (code == MM_OK) {
            code = insert_value(id, value, &points->axes[id]);
        }
        if (code != MM_OK || *end == '\0') {
            return code;
        }
        start = end;
    }
}

int points_add_axis(struct points *points, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return mm_fail(MM_ERROR_USAGE, "--grid: '%.64s' is not KEY=LO:HI:STEP or KEY=A,B,C", text);
    }
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
    enum param_id id = param_find(key);
    if (id == PARAM_COUNT) {
        return refuse_key(key);
    }
    if (points->axes[id].count > 0) {
        return mm_fail(MM_ERROR_USAGE, "--grid: %s is given twice", key);
    }
    return strchr(equals, ':') != NULL ? parse_range(points, id, equals + 1)
                                       : parse_list(points, id, equals + 1);
}

// ---- choosing points ----

static uint64_t count_cells(const struct points *points)
{
    uint64_t count = 1;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        count *= points->axes[i].count > 0 ? points->axes[i].count : 1;
    }
    return count;
}

// The cell that holds a point of the unit cube, its coordinates as fractions of 2^32.
static uint64_t cell_of(const struct points *points, const uint32_t coordinates[PARAM_COUNT])
{
    uint64_t cell = 0;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (points->axes[i].count > 0) {
            uint64_t value = ((uint64_t)coordinates[i] * points->axes[i].count) >> 32;
            cell = cell * points->axes[i].count + value;
        }
    }
    return cell;
}

// What the n-th draw of a sample is made from.
struct drawer {
    const struct points *points;
    struct random_stream stream;  // random
    uint32_t shifts[PARAM_COUNT]; // sobol: exclusive-or of every coordinate, from the seed
};

static void init_drawer(struct drawer *drawer, const struct points *points)
{
    drawer->points = points;
    random_init(&drawer->stream, points->seed, RANDOM_SWEEP, (uint32_t)points->sample);
    for (size_t i = 0; i < PARAM_COUNT && points->sample == SAMPLE_SOBOL; i++) {
        drawer->shifts[i] = random_u32(&drawer->stream);
    }
}

static uint64_t draw_cell(struct drawer *drawer, uint32_t number)
{
    uint32_t coordinates[PARAM_COUNT] = {0};
    unsigned dimension = 0;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (drawer->points->axes[i].count > 0) {
            coordinates[i] = drawer->points->sample == SAMPLE_SOBOL
                                 ? sobol_coordinate(number, dimension++) ^ drawer->shifts[i]
                                 : random_u32(&drawer->stream);
        }
    }
    return cell_of(drawer->points, coordinates);
}

// Open addressing over a power of two; entries are cell + 1, 0 = free. False when it was there.
static bool remember(uint64_t *table, size_t size, uint64_t cell)
{
    size_t at = (size_t)((cell * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (size - 1);
    while (table[at] != 0) {
        if (table[at] == cell + 1) {
            return false;
        }
        at = (at + 1) & (size - 1);
    }
    table[at] = cell + 1;
    return true;
}

// A cell drawn again is passed over, so that nothing is run twice.
static int draw_cells(struct points *points, uint64_t cells)
{
    size_t size = 1;
    while (size < 2 * (size_t)points->count) {
        size *= 2;
    }
    uint64_t *table = mm_alloc(size, sizeof *table);
    struct drawer drawer;
    init_drawer(&drawer, points);
    points->cells = mm_alloc(points->count, sizeof *points->cells);
    uint32_t found = 0, draws = 0;
    for (; found < points->count && draws / DRAWS_PER_POINT <= points->count; draws++) {
        uint64_t cell = draw_cell(&drawer, draws);
        if (remember(table, size, cell)) {
            points->cells[found++] = cell;
        }
    }
    free(table);
    return found == points->count
               ? MM_OK
               : mm_fail(MM_ERROR_USAGE,
                         "--count: %" PRIu32 " different points of %" PRIu64
                         " were not found in %" PRIu32 " draws; use --sample grid",
                         points->count, cells, draws);
}

int points_choose(struct points *points, uint64_t count)
{
    uint64_t cells = count_cells(points);
    if (points->sample == SAMPLE_GRID && count != 0) {
        return mm_fail(MM_ERROR_USAGE, "--count is for --sample random and sobol; "
                                       "a grid runs all of its points");
    }
    if (points->sample != SAMPLE_GRID && count == 0) {
        return mm_fail(MM_ERROR_USAGE, "--sample %s needs --count", sample_name(points->sample));
    }
    uint64_t wanted = points->sample == SAMPLE_GRID ? cells : count;
    if (wanted > POINTS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "%" PRIu64 " points are more than %d%s", wanted, POINTS_MAX,
                       points->sample == SAMPLE_GRID ? "; --sample sobol runs some of them" : "");
    }
    if (wanted > cells) {
        return mm_fail(MM_ERROR_USAGE,
                       "--count: %" PRIu64 " is more than the %" PRIu64 " points of the grid",
                       wanted, cells);
    }
    points->count = (uint32_t)wanted;
    return points->sample == SAMPLE_GRID ? MM_OK : draw_cells(points, cells);
}

void points_fini(struct points *points)
{
    free(points->cells);
    *points = (struct points){0};
}

struct params points_at(const struct points *points, uint32_t index)
{
    MM_ASSERT(index < points->count);
    struct params params = points->base;
    uint64_t cell = points->cells != NULL ? points->cells[index] : index;
    for (size_t i = PARAM_COUNT; i > 0; i--) {
        const struct axis *axis = &points->axes[i - 1];
        if (axis->count > 0) {
            params.steps[i - 1] = axis->steps[cell % axis->count];
            cell /= axis->count;
        }
    }
    return params;
}
