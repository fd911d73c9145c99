// A certificate for a server on this machine, made now and signed by itself, as two PEM files that
// only the owner can read. Whoever is to trust the server is given the certificate's file.
#ifndef MM_NET_CERTIFICATE_H
#define MM_NET_CERTIFICATE_H

#include "base/error.h"

enum { CERTIFICATE_PATH_SIZE = 256 };

struct certificate_files {
    char directory[CERTIFICATE_PATH_SIZE]; // "" = nothing was made
    char certificate[CERTIFICATE_PATH_SIZE], key[CERTIFICATE_PATH_SIZE];
};

// For the numeric address and for localhost, valid for 30 days, in a new directory below $TMPDIR or
// /tmp. MM_ERROR_SYSTEM.
int certificate_make(const char *address, struct certificate_files *out) MM_CHECKED;

// Removes the files; accepts a zeroed struct.
void certificate_remove(const struct certificate_files *files);

#endif
