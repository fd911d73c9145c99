// Signatures as Bybit's V5 interface wants them: HMAC-SHA256 in lower-case hexadecimal.
//
//   REST:       timestamp, key, receive window, then the query string or the body, byte for byte
//   WebSocket:  "GET/realtime", then the time of expiry
//
// The signer owns the keyed context; each message starts it anew, which costs a fifth of keying it
// again. Allocates in init only. One owner thread.
#ifndef MM_VENUE_BYBIT_SIGN_H
#define MM_VENUE_BYBIT_SIGN_H

#include "base/error.h"

#include <stddef.h>

enum { BYBIT_SIGNATURE_SIZE = 65 }; // 256 bits in hexadecimal, ended by NUL

struct bybit_signer {
    struct evp_mac_ctx_st *mac; // owned
};

// A piece of what is signed; pieces are signed as if they were one text.
struct bybit_piece {
    const char *data;
    size_t size;
};

// MM_ERROR_USAGE for an empty secret, MM_ERROR_SYSTEM when the library has no HMAC-SHA256. The
// secret is not kept.
int bybit_signer_init(struct bybit_signer *signer, const char *secret, size_t size) MM_CHECKED;
void bybit_signer_fini(struct bybit_signer *signer); // accepts a zeroed one

void bybit_sign(struct bybit_signer *signer, const struct bybit_piece *pieces, size_t count,
                char out[BYBIT_SIGNATURE_SIZE]);

#endif
