// mmbot config: what a run would be told, whether files say something valid, and old layouts.
#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/platform.h"
#include "cmd/commands.h"
#include "cmd/soak_options.h"
#include "soak/legacy.h"
#include "soak/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_SIZE_MAX = 1 << 20 };

static const char help[] =
    "usage: mmbot config show [--json] [OPTIONS OF mmbot soak]\n"
    "       mmbot config validate [--market PRESET] FILE|DIRECTORY...\n"
    "       mmbot config migrate DIRECTORY [--dry-run]\n"
    "\n"
    "show      every value with where it came from and its allowed range; runs nothing\n"
    "validate  parameters (within the preset's bounds), market presets and tuning states; exit "
    "code 2\n"
    "          says that one is wrong\n"
    "migrate   turns an old layout of artifacts into the present one; the old files go to legacy/\n"
    "\n"
    "Exit codes: 0 fine, 2 wrong usage or configuration, 4 an input or system error.\n";

static int finish(int code)
{
    if (code != MM_OK) {
        fprintf(stderr, "mmbot config: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return 0;
}

// ---- show ----

static json_t *bounded(json_t *entry, json_t *min, json_t *max)
{
    json_object_set_new(entry, "min", min);
    json_object_set_new(entry, "max", max);
    return entry;
}

static json_t *show_document(const struct run_config *config)
{
    json_t *run = config_json(config);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        enum param_id id = (enum param_id)i;
        json_t *entry = json_object_get(run, param_specs[i].key);
        char step[DECIMAL_TEXT_SIZE];
        decimal_print(param_specs[i].step, step);
        json_object_set_new(entry, "unit", json_string(param_specs[i].unit));
        json_object_set_new(entry, "step", json_string(step));
        json_object_set_new(entry, "what", json_string(param_specs[i].what));
        bounded(entry, config_param_json(id, config->preset.guard.min[i]),
                config_param_json(id, config->preset.guard.max[i]));
    }
    for (size_t i = 0; i < CONFIG_SETTING_COUNT; i++) {
        if (config_setting_is_real_time(
                (enum config_setting_id)i)) { // no part of what artifacts say
            const struct config_setting *setting = &config->settings[i];
            json_object_set_new(run, config_setting_name((enum config_setting_id)i),
                                json_pack("{s:s, s:s}", "value", setting->value, "source",
                                          config_source_name(setting->source)));
        }
    }
    json_t *preset = market_preset_json(&config->preset);
    const char *key;
    json_t *entry;
    char source[2 * PRESET_TEXT_SIZE];
    snprintf(source, sizeof source, "preset:%s", config->preset.name);
    json_object_foreach(preset, key, entry)
    {
        if (json_object_get(entry, "source") == NULL) {
            json_object_set_new(entry, "source", json_string(source));
        }
    }
    return json_pack("{s:o, s:o}", "run", run, "preset", preset);
}

static void print_value(const json_t *value, char *out, size_t size)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    snprintf(out, size, "%s", shown != NULL ? shown : "");
    free(text);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_section(const char *title, const json_t *object)
{
    size_t count = json_object_size(object), next = 0;
    const char **keys = mm_alloc(count + 1, sizeof *keys);
    const char *key;
    json_t *entry;
    int width = (int)strlen(title);
    json_object_foreach((json_t *)object, key, entry)
    {
        keys[next++] = key;
        width = (int)strlen(key) > width ? (int)strlen(key) : width;
    }
    qsort(keys, count, sizeof *keys, by_key);
    printf("%-*s %18s  %-20s %s\n", width, title, "value", "from", "allowed");
    for (size_t i = 0; i < count; i++) {
        char value[CONFIG_VALUE_SIZE], min[CONFIG_VALUE_SIZE], max[CONFIG_VALUE_SIZE];
        entry = json_object_get(object, keys[i]);
        print_value(json_object_get(entry, "value"), value, sizeof value);
        print_value(json_object_get(entry, "min"), min, sizeof min);
        print_value(json_object_get(entry, "max"), max, sizeof max);
        bool bound = json_object_get(entry, "min") != NULL;
        printf("%-*s %18s  %-*s%s%s%s\n", width, keys[i], value, bound ? 21 : 0,
               json_string_value(json_object_get(entry, "source")), bound ? min : "",
               bound ? " .. " : "", bound ? max : "");
    }
    free(keys);
}

static int show(int argc, char **argv)
{
    struct soak_options options;
    struct run_config config;
    int code = soak_options_parse(argc, argv, &options);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return MM_OK;
    }
    if (code == MM_OK) {
        code = config_resolve(&options.config, &config);
    }
    if (code != MM_OK) {
        return code;
    }
    json_t *document = show_document(&config);
    if (options.json) {
        char *text = json_document_text(document, NULL);
        fputs(text != NULL ? text : "", stdout);
        free(text);
    } else {
        print_section("run", json_object_get(document, "run"));
        putchar('\n');
        print_section("market preset", json_object_get(document, "preset"));
    }
    json_decref(document);
    return MM_OK;
}

// ---- validate ----

static int check_ranges(const struct overrides *overrides, const char *path,
                        const struct guard_config *bounds)
{
    int code = MM_OK;
    for (size_t i = 0; i < PARAM_COUNT && code == MM_OK; i++) {
        int32_t steps = 0;
        if (overrides->has[i]) {
            code = param_parse((enum param_id)i, overrides->texts[i], bounds->min[i],
                               bounds->max[i], &steps);
        }
    }
    return code == MM_OK ? MM_OK : mm_fail_add(code, "%s", path);
}

static int validate_document(const char *path, const json_t *document,
                             const struct guard_config *bounds)
{
    if (json_object_get(document, "checksum") != NULL) {
        struct tuning_state state;
        int code = state_read(document, &state);
        return code == MM_OK ? MM_OK : mm_fail_add(MM_ERROR_USAGE, "%s", path);
    }
    if (json_object_get(document, "quote") != NULL || json_object_get(document, "gate") != NULL) {
        struct market_preset preset;
        return market_preset_read(document, path, &preset);
    }
    struct overrides overrides;
    int code = overrides_read(document, path, &overrides);
    if (code == MM_OK) {
        code = check_ranges(&overrides, path, bounds);
    }
    if (code == MM_OK && (overrides.nested || overrides.ignored[0] != '\0')) {
        printf("%s: old spelling%s%s\n", path,
               overrides.ignored[0] != '\0' ? "; without an effect: " : "", overrides.ignored);
    }
    return code;
}

static int validate_file(const char *path, const struct guard_config *bounds)
{
    json_t *document = NULL;
    int code = json_document_read(path, DOCUMENT_SIZE_MAX, &document);
    if (code == MM_ERROR_INPUT) {
        return mm_fail_add(MM_ERROR_USAGE, "not a valid document");
    }
    if (code == MM_OK) {
        code = validate_document(path, document, bounds);
    }
    if (code == MM_OK) {
        printf("%s: valid\n", path);
    }
    json_decref(document);
    return code;
}

static bool is_configuration(const char *name)
{
    static const char *const names[] = {"runtime_overrides.json", "TUNING_STATE.json",
                                        "steady_safe_overrides.json", "steady_overrides.json",
                                        "ultra_safe_overrides.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_in_json(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

// One level: what of it is configuration; `all` takes every .json file.
static int validate_directory(const char *path, bool all, const struct guard_config *bounds)
{
    struct directory_list list;
    int code = directory_list(path, &list);
    for (size_t i = 0; i < list.count && code == MM_OK; i++) {
        char *below = path_join(path, list.names[i]);
        bool takes = all ? ends_in_json(list.names[i]) : is_configuration(list.names[i]);
        code = takes && !platform_is_directory(below) ? validate_file(below, bounds) : MM_OK;
        free(below);
    }
    directory_list_fini(&list);
    return code;
}

static int validate_any(const char *path, const struct guard_config *bounds)
{
    if (!platform_is_directory(path)) {
        return validate_file(path, bounds);
    }
    static const struct {
        const char *below;
        bool all;
    } places[] = {{"", false}, {"profiles", true}, {"market", true}, {"latest", false}};
    char *runtime = path_join(path, "runtime_overrides.json");
    bool is_run = platform_exists(runtime);
    free(runtime);
    int code = MM_OK;
    for (size_t i = 0; i < sizeof places / sizeof places[0] && code == MM_OK; i++) {
        char *below = path_join(path, places[i].below);
        code = validate_directory(below, places[i].all || !is_run, bounds);
        free(below);
    }
    return code;
}

// Takes `--market PRESET` out of the arguments; what is left are paths.
static int take_market(int *argc, char **argv, struct market_preset *out)
{
    const char *market = "alt-perp";
    int left = 1;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--market") != 0) {
            argv[left++] = argv[i];
        } else if (++i < *argc) {
            market = argv[i];
        } else {
            return mm_fail(MM_ERROR_USAGE, "validate: --market needs a value");
        }
    }
    *argc = left;
    return config_load_market(market, out);
}

static int validate(int argc, char **argv)
{
    struct market_preset preset;
    int code = take_market(&argc, argv, &preset);
    if (code == MM_OK && argc < 2) {
        return mm_fail(MM_ERROR_USAGE, "validate needs a file or a directory");
    }
    for (int i = 1; i < argc && code == MM_OK; i++) {
        code = validate_any(argv[i], &preset.guard);
    }
    return code;
}

// ---- migrate ----

static int migrate(int argc, char **argv)
{
    const char *directory = NULL;
    bool dry_run = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--dry-run") == 0) {
            dry_run = true;
        } else if (argv[i][0] == '-' || directory != NULL) {
            return mm_fail(MM_ERROR_USAGE, "migrate: unexpected argument '%.64s'", argv[i]);
        } else {
            directory = argv[i];
        }
    }
    if (directory == NULL || !platform_is_directory(directory)) {
        return mm_fail(MM_ERROR_USAGE, "migrate needs a directory");
    }
    struct lock lock = {.file = -1};
    char *path = path_join(directory, ".run.lock");
    int code = dry_run ? MM_OK : lock_take(&lock, path);
    free(path);
    if (code != MM_OK) {
        return code;
    }
    struct text said = {0};
    code = legacy_migrate(directory, dry_run, &said);
    fputs(text_string(&said), stdout);
    text_fini(&said);
    lock_release(&lock);
    return code;
}

int cmd_config(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "show") == 0) {
        return finish(show(argc - 1, argv + 1));
    }
    if (strcmp(what, "validate") == 0) {
        return finish(validate(argc - 1, argv + 1));
    }
    if (strcmp(what, "migrate") == 0) {
        return finish(migrate(argc - 1, argv + 1));
    }
    bool asked = strcmp(what, "--help") == 0;
    fputs(help, asked ? stdout : stderr);
    return asked ? 0 : mm_error_exit_code(MM_ERROR_USAGE);
}
