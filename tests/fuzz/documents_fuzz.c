// Any bytes, as a market preset, as parameters and as a tuning state: either refused with words, or
// within every limit. A state's checksum is put right first, so that what lies behind it is
// reached.
#include "base/check.h"
#include "base/json.h"
#include "soak/legacy.h"
#include "soak/market_preset.h"
#include "soak/state.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_words(void)
{
    MM_ASSERT(mm_error_text()[0] != '\0');
    mm_error_clear();
}

static void check_preset(const struct market_preset *preset)
{
    const struct guard_config *guard = &preset->guard;
    const char *problem = guard_config_problem(guard);
    MM_ASSERT(problem == NULL);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        const struct param_spec *spec = &param_specs[i];
        int32_t width = spec->hard_max - spec->hard_min;
        MM_ASSERT(spec->hard_min <= guard->min[i] && guard->max[i] <= spec->hard_max);
        MM_ASSERT(guard->cap_per_iteration[i] <= width && guard->cap_per_window[i] <= width);
        for (size_t rule = 0; rule < TUNER_RULE_COUNT; rule++) {
            struct tuner_move move = preset->tuner.moves[rule][i];
            MM_ASSERT(move.delta >= -width && move.delta <= width);
            MM_ASSERT(move.delta == 0 ||
                      (move.limit >= spec->hard_min && move.limit <= spec->hard_max));
        }
    }
    json_decref(market_preset_json(preset));
}

static void try_preset(const json_t *document)
{
    static struct market_preset preset;
    if (market_preset_read(document, "preset", &preset) == MM_OK) {
        check_preset(&preset);
    } else {
        expect_words();
    }
}

static void try_parameters(const json_t *document)
{
    struct overrides overrides;
    if (overrides_read(document, "parameters", &overrides) != MM_OK) {
        expect_words();
        return;
    }
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        int32_t steps = 0;
        enum param_id id = (enum param_id)i;
        if (overrides.has[i] && param_parse(id, overrides.texts[i], param_specs[i].live_min,
                                            param_specs[i].live_max, &steps) != MM_OK) {
            expect_words();
        }
    }
}

static void seal(json_t *document)
{
    size_t size = 0;
    char hash[ARTIFACT_HASH_SIZE];
    json_object_del(document, "checksum");
    char *text = json_document_line(document, &size);
    MM_ASSERT(text != NULL);
    artifact_hash(text, size, hash);
    free(text);
    json_object_set_new(document, "checksum", json_string(hash));
}

static void try_state(json_t *document)
{
    static struct tuning_state state, again;
    if (json_is_object(document)) {
        seal(document);
    }
    if (state_read(document, &state) != MM_OK) {
        expect_words();
        return;
    }
    json_t *written = state_json(&state);
    int code = state_read(written, &again);
    json_t *rewritten = state_json(&again);
    MM_ASSERT(code == MM_OK && json_equal(written, rewritten));
    json_decref(written);
    json_decref(rewritten);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *document = NULL;
    if (json_document_parse((const char *)data, size, "bytes", &document) != MM_OK) {
        expect_words();
        return 0;
    }
    try_preset(document);
    try_parameters(document);
    try_state(document);
    json_decref(document);
    return 0;
}
