#include "bourse/names.h"

#include "bourse/pit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const categories[] = {"linear", "inverse", "spot", "option"};
static const char *const statuses[] = {"New", "PartiallyFilled", "Filled", "Cancelled", "Rejected"};
static const char *const cancel_types[] = {"UNKNOWN", "CancelByUser", "CancelByReduceOnly",
                                           "CancelBySmp", "CancelByDCP"};
static const char *const reasons[] = {"EC_NoError",
                                      "EC_PerCancelRequest",
                                      "EC_PostOnlyWillTakeLiquidity",
                                      "EC_NoImmediateQtyToFill",
                                      "EC_CancelForNoFullFill",
                                      "EC_BySelfMatch",
                                      "EC_OrigClOrdIDDoesNotExist"};
static const char *const tifs[] = {
    [TIF_GTC] = "GTC", [TIF_POST_ONLY] = "PostOnly", [TIF_FOK] = "FOK", [TIF_IOC] = "IOC"};
static const char *const self_matches[] = {"None", "CancelMaker", "CancelTaker", "CancelBoth"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool find(const char *const *words, size_t count, const char *text, int *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = (int)i;
            return true;
        }
    }
    return false;
}

const char *category_text(enum category category)
{
    return categories[category];
}

bool category_parse(const char *text, enum category *out)
{
    int found;
    if (!find(categories, COUNT(categories), text, &found)) {
        return false;
    }
    *out = (enum category)found;
    return true;
}

const char *bourse_status_text(enum bourse_status status)
{
    return statuses[status];
}

const char *cancel_type_text(enum cancel_type type)
{
    return cancel_types[type];
}

const char *reject_reason_text(enum reject_reason reason)
{
    return reasons[reason];
}

const char *tif_text(int tif)
{
    return tifs[tif];
}

bool tif_parse(const char *text, int *out)
{
    return find(tifs, COUNT(tifs), text, out);
}

const char *self_match_text(int self_match)
{
    return self_matches[self_match];
}

bool self_match_parse(const char *text, int *out)
{
    return find(self_matches, COUNT(self_matches), text, out);
}

void name_uuid(struct random_stream *stream, char *out)
{
    uint64_t high = random_u64(stream), low = random_u64(stream);
    snprintf(out, UUID_SIZE, "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
             high >> 32, (high >> 16) & 0xffff, high & 0xfff, (low >> 48 & 0x3fff) | 0x8000,
             low & UINT64_C(0xffffffffffff));
}

void name_token(struct random_stream *stream, size_t length, char *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    enum { PER_DRAW = 8 }; // of which 36^8 is so small a part of 2^64 that letters are even
    uint64_t rest = 0;
    for (size_t i = 0; i < length; i++) {
        rest = i % PER_DRAW == 0 ? random_u64(stream) : rest / (sizeof letters - 1);
        out[i] = letters[rest % (sizeof letters - 1)];
    }
    out[length] = '\0';
}
