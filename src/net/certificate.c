#include "net/certificate.h"

#include "base/file.h"
#include "base/platform.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAYS = 30, NAMES_SIZE = 128 };
static const long DAY_S = 86400;

static bool add_names(X509 *certificate, const char *address)
{
    char names[NAMES_SIZE];
    snprintf(names, sizeof names, "DNS:localhost,IP:%s", address);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    bool fine = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return fine;
}

static bool fill(X509 *certificate, EVP_PKEY *key, const char *address)
{
    uint32_t serial;
    X509_NAME *name = X509_get_subject_name(certificate);
    return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
           X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), DAYS * DAY_S) != NULL &&
           X509_set_pubkey(certificate, key) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                      -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && add_names(certificate, address) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static int write_pem(BIO *pem, bool written, const char *path)
{
    char *data = NULL;
    long size = written ? BIO_get_mem_data(pem, &data) : 0;
    if (size <= 0) {
        return mm_fail(MM_ERROR_SYSTEM, "OpenSSL could not make a certificate");
    }
    return file_write_atomic(path, data, (size_t)size, 0600);
}

static int write_files(X509 *certificate, EVP_PKEY *key, const struct certificate_files *files)
{
    BIO *certificate_pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
    int code = write_pem(certificate_pem, PEM_write_bio_X509(certificate_pem, certificate) == 1,
                         files->certificate);
    if (code == MM_OK) {
        bool written = PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) == 1;
        code = write_pem(key_pem, written, files->key);
    }
    BIO_free(certificate_pem);
    BIO_free(key_pem);
    return code;
}

static int make_directory(struct certificate_files *out)
{
    const char *base = getenv("TMPDIR");
    base = base != NULL && base[0] != '\0' ? base : "/tmp";
    snprintf(out->directory, sizeof out->directory, "%.200s/mmbot-venue-%u", base,
             platform_process_id());
    int error = platform_make_directory(out->directory);
    if (error < 0) {
        int code = mm_fail(MM_ERROR_SYSTEM, "%s: %s", out->directory, platform_error_text(error));
        out->directory[0] = '\0';
        return code;
    }
    snprintf(out->certificate, sizeof out->certificate, "%.240s/cert.pem", out->directory);
    snprintf(out->key, sizeof out->key, "%.240s/key.pem", out->directory);
    return MM_OK;
}

int certificate_make(const char *address, struct certificate_files *out)
{
    *out = (struct certificate_files){.directory = ""};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    int code = MM_OK;
    if (key == NULL || certificate == NULL || !fill(certificate, key, address)) {
        code = mm_fail(MM_ERROR_SYSTEM, "OpenSSL could not make a certificate for %s", address);
    }
    code = code == MM_OK ? make_directory(out) : code;
    code = code == MM_OK ? write_files(certificate, key, out) : code;
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (code != MM_OK) {
        certificate_remove(out);
    }
    return code;
}

void certificate_remove(const struct certificate_files *files)
{
    if (files->directory[0] != '\0') {
        (void)platform_remove(files->certificate);
        (void)platform_remove(files->key);
        (void)platform_remove_directory(files->directory);
    }
}
