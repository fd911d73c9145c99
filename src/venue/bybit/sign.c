#include "venue/bybit/sign.h"

#include "base/check.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>

enum { DIGEST_SIZE = 32 };

static EVP_MAC_CTX *keyed_context(const char *secret, size_t size)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, sizeof digest - 1),
        OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac); // the context keeps it
    if (context != NULL &&
        EVP_MAC_init(context, (const unsigned char *)secret, size, params) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

int bybit_signer_init(struct bybit_signer *signer, const char *secret, size_t size)
{
    signer->mac = NULL;
    if (size == 0) {
        return mm_fail(MM_ERROR_USAGE, "the secret of the API key is empty");
    }
    signer->mac = keyed_context(secret, size);
    return signer->mac != NULL ? MM_OK
                               : mm_fail(MM_ERROR_SYSTEM, "OpenSSL offers no HMAC with SHA-256");
}

void bybit_signer_fini(struct bybit_signer *signer)
{
    EVP_MAC_CTX_free(signer->mac);
    signer->mac = NULL;
}

void bybit_sign(struct bybit_signer *signer, const struct bybit_piece *pieces, size_t count,
                char out[BYBIT_SIGNATURE_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[DIGEST_SIZE];
    size_t size = 0;
    // Without a key: starts anew with the one it has.
    bool fine = EVP_MAC_init(signer->mac, NULL, 0, NULL) == 1;
    for (size_t i = 0; i < count && fine; i++) {
        fine =
            EVP_MAC_update(signer->mac, (const unsigned char *)pieces[i].data, pieces[i].size) == 1;
    }
    fine = fine && EVP_MAC_final(signer->mac, digest, &size, sizeof digest) == 1;
    MM_ASSERT(fine && size == sizeof digest); // nothing of it depends on the message
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[BYBIT_SIGNATURE_SIZE - 1] = '\0';
}
