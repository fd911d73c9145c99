#include "market/tape_cache.h"

#include "base/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { CACHE_PATH_SIZE = 4096, CACHE_NAME_SIZE = 48 };

// Everything that the imported tape is a function of, beside the content and the file's name.
struct cache_key {
    uint64_t content_low, content_high;
    uint32_t tape_version, import_version;
    char symbol[INSTRUMENT_NAME_SIZE];
    int64_t tick_mantissa, lot_mantissa, contract_mantissa;
    int32_t tick_exponent, lot_exponent, contract_exponent;
    uint32_t contract; // 0: inferred, else 1 + enum contract_kind
    uint32_t format, zero;
    int64_t feed_latency_ns;
};
_Static_assert(sizeof(struct cache_key) == 112, "hashed as bytes, so without padding");

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int hash_content(const char *path, struct cache_key *key)
{
    struct file_map map;
    int status = file_map_open(&map, path);
    if (status < 0) {
        return status;
    }
    XXH128_hash_t hash = XXH3_128bits(map.data, map.size);
    key->content_low = hash.low64;
    key->content_high = hash.high64;
    file_map_close(&map);
    return MM_OK;
}

// The name of the cached tape: 32 hexadecimal digits.
static int cache_name(const char *path, const struct tape_import_options *options, char *out)
{
    struct cache_key key = {
        .tape_version = TAPE_VERSION,
        .import_version = TAPE_IMPORT_VERSION,
        .format = options->format,
        .feed_latency_ns = options->feed_latency_ns,
        .tick_mantissa = options->tick.mantissa,
        .lot_mantissa = options->lot.mantissa,
        .contract_mantissa = options->contract_size.mantissa,
        .tick_exponent = options->tick.exponent,
        .lot_exponent = options->lot.exponent,
        .contract_exponent = options->contract_size.exponent,
        .contract = options->contract_given ? 1 + (uint32_t)options->contract : 0,
    };
    memcpy(key.symbol, options->symbol, sizeof key.symbol);
    int status = hash_content(path, &key);
    if (status < 0) {
        return status;
    }
    const char *name = name_of(path);
    uint64_t named = XXH3_64bits(name, strlen(name)); // the tape keeps it as its source
    XXH128_hash_t hash = XXH3_128bits_withSeed(&key, sizeof key, named);
    (void)snprintf(out, CACHE_NAME_SIZE, "%016" PRIx64 "%016" PRIx64 ".tape", (uint64_t)hash.high64,
                   (uint64_t)hash.low64);
    return MM_OK;
}

// Directory number `choice` of those in the header comment; false when there is none.
static bool cache_directory(int choice, char *out, size_t size)
{
    const char *own = getenv("MM_CACHE_DIR");
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int length = -1;
    if (own != NULL && own[0] != '\0') {
        length = choice == 0 ? snprintf(out, size, "%s", own) : -1;
    } else if (choice == 1) {
        length = snprintf(out, size, "/tmp/mmbot-%u", (unsigned)geteuid());
    } else if (choice == 0 && xdg != NULL && xdg[0] != '\0') {
        length = snprintf(out, size, "%s/mmbot", xdg);
    } else if (choice == 0 && home != NULL && home[0] != '\0') {
        length = snprintf(out, size, "%s/.cache/mmbot", home);
    }
    return length >= 0 && (size_t)length < size;
}

static int import_cached(struct tape *tape, const char *path, const char *cached,
                         const struct tape_import_options *options)
{
    if (file_exists(cached)) {
        if (tape_open(tape, cached) == MM_OK) {
            return MM_OK;
        }
        mm_error_clear(); // damaged: import it again
    }
    int status = tape_import(path, cached, options, NULL);
    return status == MM_OK ? tape_open(tape, cached) : status;
}

static int open_capture(struct tape *tape, const char *path,
                        const struct tape_import_options *options)
{
    char name[CACHE_NAME_SIZE];
    int status = cache_name(path, options, name);
    if (status < 0) {
        return status;
    }
    char directory[CACHE_PATH_SIZE];
    status = mm_fail(MM_ERROR_SYSTEM, "no directory to keep the imported tape in");
    for (int choice = 0; choice < 2; choice++) {
        if (!cache_directory(choice, directory, sizeof directory)) {
            continue;
        }
        status = dir_create(directory);
        if (status == MM_OK) {
            char cached[CACHE_PATH_SIZE + CACHE_NAME_SIZE];
            (void)snprintf(cached, sizeof cached, "%s/%s", directory, name);
            status = import_cached(tape, path, cached, options);
        }
        if (status != MM_ERROR_SYSTEM) {
            break;
        }
    }
    return status;
}

static bool same_step(struct decimal given, struct decimal own)
{
    return given.mantissa == 0 ||
           (given.mantissa == own.mantissa && given.exponent == own.exponent);
}

static int apply_options(struct tape *tape, const char *path,
                         const struct tape_import_options *options)
{
    struct instrument *instrument = &tape->instrument;
    char step[DECIMAL_TEXT_SIZE];
    if (options->symbol[0] != '\0' && strcmp(options->symbol, instrument->symbol) != 0) {
        return mm_fail(MM_ERROR_USAGE, "%s is a tape of %s, not of %s", path, instrument->symbol,
                       options->symbol);
    }
    if (!same_step(options->tick, instrument->tick)) {
        (void)decimal_print(instrument->tick, step);
        return mm_fail(MM_ERROR_USAGE, "%s is a tape with a tick of %s: import its capture again",
                       path, step);
    }
    if (!same_step(options->lot, instrument->lot)) {
        (void)decimal_print(instrument->lot, step);
        return mm_fail(MM_ERROR_USAGE, "%s is a tape with a lot of %s: import its capture again",
                       path, step);
    }
    if (options->format != TAPE_FORMAT_AUTO || options->feed_latency_ns != 0) {
        return mm_fail(MM_ERROR_USAGE,
                       "%s is a tape: a format and a feed latency are for recordings", path);
    }
    if (!options->contract_given) {
        return MM_OK;
    }
    instrument->contract = options->contract;
    instrument->contract_size = options->contract_size;
    tape->inferred &= ~(uint32_t)TAPE_INFERRED_CONTRACT;
    return instrument_prepare(instrument);
}

int tape_cache_open(struct tape *tape, const char *path, const struct tape_import_options *options)
{
    static const struct tape_import_options none;
    options = options != NULL ? options : &none;
    memset(tape, 0, sizeof *tape);
    if (!tape_recognise(path)) {
        return open_capture(tape, path, options);
    }
    int status = tape_open(tape, path);
    if (status == MM_OK) {
        status = apply_options(tape, path, options);
        if (status < 0) {
            tape_close(tape);
        }
    }
    return status;
}
