// The exchange's vocabulary: enums and the words for them, exactly as on the wire.
//
// Pure; any thread. The `_text` functions return static strings; the `_parse` ones return false for
// a word that is not in the list.
#ifndef MM_BOURSE_NAMES_H
#define MM_BOURSE_NAMES_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum category { CATEGORY_LINEAR, CATEGORY_INVERSE, CATEGORY_SPOT, CATEGORY_OPTION, CATEGORY_COUNT };

enum bourse_status { STATUS_NEW, STATUS_PARTIAL, STATUS_FILLED, STATUS_CANCELLED, STATUS_REJECTED };

enum cancel_type {
    CANCEL_UNKNOWN, // not cancelled
    CANCEL_BY_USER,
    CANCEL_BY_REDUCE_ONLY,
    CANCEL_BY_SMP,
    CANCEL_BY_DCP
};

enum reject_reason {
    REASON_NONE,
    REASON_PER_CANCEL_REQUEST,
    REASON_POST_ONLY,
    REASON_NO_IMMEDIATE_QTY,
    REASON_NO_FULL_FILL,
    REASON_SELF_MATCH,
    REASON_NO_ORIGINAL
};

enum order_kind { KIND_LIMIT, KIND_MARKET };

const char *category_text(enum category category);
bool category_parse(const char *text, enum category *out);
const char *bourse_status_text(enum bourse_status status);
const char *cancel_type_text(enum cancel_type type);
const char *reject_reason_text(enum reject_reason reason);
const char *tif_text(int tif); // enum time_in_force
bool tif_parse(const char *text, int *out);
const char *self_match_text(int self_match); // enum self_match
bool self_match_parse(const char *text, int *out);

// Identifiers drawn from a stream: the same seed gives the same ones.
enum { UUID_SIZE = 37, TOKEN_SIZE = 48 };
void name_uuid(struct random_stream *stream, char *out); // UUID_SIZE bytes
// `length` lower-case letters and digits and NUL.
void name_token(struct random_stream *stream, size_t length, char *out);

#endif
