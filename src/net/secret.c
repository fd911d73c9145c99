#include "net/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <strings.h>

int secret_make(char out[SECRET_SIZE])
{
    unsigned char bytes[SECRET_SIZE / 2];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        return mm_fail(MM_ERROR_SYSTEM, "the system gives no random numbers");
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[SECRET_SIZE - 1] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    return MM_OK;
}

bool secret_equal(const char secret[SECRET_SIZE], const char *given)
{
    // The length is no secret.
    return given != NULL && strlen(given) == SECRET_SIZE - 1 &&
           CRYPTO_memcmp(secret, given, SECRET_SIZE - 1) == 0;
}

const char *secret_of_bearer(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    bool is_bearer =
        authorization != NULL && strncasecmp(authorization, scheme, sizeof scheme - 1) == 0;
    return is_bearer ? authorization + sizeof scheme - 1 : NULL;
}
