#include "venue/bybit/keys.h"

#include "base/platform.h"

#include <openssl/crypto.h>
#include <string.h>

enum { TEXT_SIZE = 4096, STDIN_FILE = 0 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

// What signatures and headers can carry.
static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return length > 0 && length < BYBIT_KEY_SIZE;
}

static int take_value(const char *name, const char *text, size_t length, char out[BYBIT_KEY_SIZE])
{
    if (out[0] != '\0') {
        return mm_fail(MM_ERROR_USAGE, "%s is there twice", name);
    }
    if (!is_plain(text, length)) {
        return mm_fail(MM_ERROR_USAGE, "%s is not 1 to %d printable characters without blanks",
                       name, BYBIT_KEY_SIZE - 1);
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return MM_OK;
}

// One line without its end.
static int take_line(const char *line, size_t length, struct bybit_keys *out)
{
    while (length > 0 && is_blank(line[0])) {
        line++;
        length--;
    }
    while (length > 0 && is_blank(line[length - 1])) {
        length--;
    }
    if (length == 0 || line[0] == '#') {
        return MM_OK;
    }
    if (length > 4 && memcmp(line, "key=", 4) == 0) {
        return take_value("key", line + 4, length - 4, out->key);
    }
    if (length > 7 && memcmp(line, "secret=", 7) == 0) {
        return take_value("secret", line + 7, length - 7, out->secret);
    }
    return mm_fail(MM_ERROR_USAGE, "a line is neither key=... nor secret=...");
}

int bybit_keys_parse(const char *text, size_t size, struct bybit_keys *out)
{
    int code = MM_OK;
    *out = (struct bybit_keys){0};
    for (size_t at = 0; at < size && code == MM_OK;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        code = take_line(text + at, length, out);
        at += length + 1;
    }
    if (code == MM_OK && (out->key[0] == '\0' || out->secret[0] == '\0')) {
        code = mm_fail(MM_ERROR_USAGE, "%s is missing", out->key[0] == '\0' ? "key=" : "secret=");
    }
    if (code != MM_OK) {
        bybit_keys_fini(out);
    }
    return code;
}

static int check_private(int file)
{
    bool is_private = false;
    int error = platform_file_is_private(file, &is_private);
    if (error < 0) {
        return mm_fail(MM_ERROR_SYSTEM, "%s", platform_error_text(error));
    }
    return is_private ? MM_OK
                      : mm_fail(MM_ERROR_USAGE, "others may read or write it; chmod 600 would do");
}

static int read_text(int file, char *text, size_t *out_size)
{
    size_t size = 0, got = 1;
    while (got > 0 && size < TEXT_SIZE) {
        int error = platform_read(file, text + size, TEXT_SIZE - size, &got);
        if (error < 0) {
            return mm_fail(MM_ERROR_SYSTEM, "%s", platform_error_text(error));
        }
        size += got;
    }
    *out_size = size;
    return size < TEXT_SIZE ? MM_OK : mm_fail(MM_ERROR_USAGE, "it is longer than two keys are");
}

static int read_file(int file, bool must_be_private, struct bybit_keys *out)
{
    char text[TEXT_SIZE];
    size_t size = 0;
    int code = must_be_private ? check_private(file) : MM_OK;
    if (code == MM_OK) {
        code = read_text(file, text, &size);
    }
    if (code == MM_OK) {
        code = bybit_keys_parse(text, size, out);
    }
    OPENSSL_cleanse(text, sizeof text);
    return code;
}

static int read_path(const char *path, struct bybit_keys *out)
{
    bool from_stdin = strcmp(path, "-") == 0;
    int file = from_stdin ? STDIN_FILE : platform_open_read(path);
    if (file < 0) {
        return mm_fail(MM_ERROR_USAGE, "--keys: %.200s: %s", path, platform_error_text(file));
    }
    int code = read_file(file, !from_stdin, out);
    if (!from_stdin) {
        (void)platform_close(file);
    }
    return code == MM_OK ? MM_OK : mm_fail_add(code, "--keys: %.200s", from_stdin ? "stdin" : path);
}

int bybit_keys_read(const char *path, const char *env_key, const char *env_secret,
                    struct bybit_keys *out)
{
    *out = (struct bybit_keys){0};
    if (path != NULL) {
        return read_path(path, out);
    }
    if (env_key == NULL && env_secret == NULL) {
        return MM_OK;
    }
    if (env_key == NULL || env_secret == NULL) {
        return mm_fail(MM_ERROR_USAGE, "$%s is set and $%s is not",
                       env_key != NULL ? BYBIT_KEY_VARIABLE : BYBIT_SECRET_VARIABLE,
                       env_key != NULL ? BYBIT_SECRET_VARIABLE : BYBIT_KEY_VARIABLE);
    }
    int code = take_value("$" BYBIT_KEY_VARIABLE, env_key, strlen(env_key), out->key);
    if (code == MM_OK) {
        code = take_value("$" BYBIT_SECRET_VARIABLE, env_secret, strlen(env_secret), out->secret);
    }
    return code;
}

bool bybit_keys_given(const struct bybit_keys *keys)
{
    return keys->key[0] != '\0';
}

void bybit_keys_fini(struct bybit_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof *keys);
}
