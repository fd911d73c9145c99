// A REST request: "METHOD PATH[?QUERY]\nBODY", signed as its account would sign it, since whoever
// has a key may send anything. Paths below /control/ go to the control port.
#include "venue/bybit/sign.h"
#include "venue_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_SIZE = 1024 };

static void sign(const char *payload, size_t size, char out[BYBIT_SIGNATURE_SIZE])
{
    static const char head[] = "1764000000000test_api_key5000";
    const struct bybit_piece pieces[] = {{head, sizeof head - 1}, {payload, size}};
    struct bybit_signer signer;
    MM_ASSERT(bybit_signer_init(&signer, "test_secret", 11) == MM_OK);
    bybit_sign(&signer, pieces, 2, out);
    bybit_signer_fini(&signer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bourse *bourse;
    if (bourse == NULL) {
        bourse = venue_for_fuzzing();
    }
    char line[LINE_SIZE], signature[BYBIT_SIGNATURE_SIZE];
    const uint8_t *end = memchr(data, '\n', size);
    size_t line_size = end != NULL ? (size_t)(end - data) : size;
    if (line_size >= sizeof line) {
        return 0;
    }
    memcpy(line, data, line_size);
    line[line_size] = '\0';
    char *path = strchr(line, ' ');
    if (path == NULL) {
        return 0;
    }
    *path++ = '\0';
    char *query = strchr(path, '?');
    if (query != NULL) {
        *query++ = '\0';
    }
    const char *body = end != NULL ? (const char *)end + 1 : "";
    size_t body_size = end != NULL ? size - line_size - 1 : 0;
    bool is_get = strcmp(line, "GET") == 0;
    const char *payload = !is_get ? body : query != NULL ? query : "";
    sign(payload, is_get ? strlen(payload) : body_size, signature);
    struct bourse_request request = {.method = line,
                                     .path = path,
                                     .query = query != NULL ? query : "",
                                     .api_key = "test_api_key",
                                     .timestamp = "1764000000000",
                                     .recv_window = "5000",
                                     .sign = signature,
                                     .body = body,
                                     .body_size = body_size};
    bool control = strncmp(path, "/control/", 9) == 0;
    (control ? bourse_control : bourse_handle)(bourse, &request, VENUE_FUZZ_NS);
    mm_error_clear();
    if (control && !is_get) { // its faults would be in the way of all that follows
        bourse_destroy(bourse);
        bourse = NULL;
    }
    return 0;
}
