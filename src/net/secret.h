// Secrets that let a client in: made by chance, compared without telling how far they agree.
//
// Pure but for the system's randomness; any thread.
#ifndef MM_NET_SECRET_H
#define MM_NET_SECRET_H

#include "base/error.h"

#include <stdbool.h>

enum { SECRET_SIZE = 65 }; // 256 bits in hexadecimal, ended by NUL

int secret_make(char out[SECRET_SIZE]) MM_CHECKED;

// Whether `given` is the secret; takes as long wherever they differ. NULL is not.
bool secret_equal(const char secret[SECRET_SIZE], const char *given);

// The TOKEN of "Bearer TOKEN", borrowed from the value; NULL for anything else. NULL is accepted.
const char *secret_of_bearer(const char *authorization);

#endif
