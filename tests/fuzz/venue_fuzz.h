// The exchange that the fuzzers of its requests talk to: one simulated market, one
// account whose key and secret are known. Answers must be JSON.
#ifndef MM_TESTS_FUZZ_VENUE_FUZZ_H
#define MM_TESTS_FUZZ_VENUE_FUZZ_H

#include "base/check.h"
#include "bourse/bourse.h"

#include <string.h>

#define VENUE_FUZZ_NS (INT64_C(1764000000) * 1000000000)

static inline void check_json(const char *text, size_t size)
{
    json_t *document = json_loadb(text, size, 0, NULL);
    MM_ASSERT(document != NULL);
    json_decref(document);
}

static inline void venue_answered(void *context, void *handle, const struct bourse_answer *answer)
{
    (void)context;
    (void)handle;
    check_json(answer->body, answer->body_size);
}

static inline void venue_dropped(void *context, void *handle)
{
    (void)context;
    (void)handle;
}

static inline void venue_told(void *context, uint32_t connection, const char *bytes, size_t size)
{
    (void)context;
    (void)connection;
    check_json(bytes, size);
}

static inline void venue_closed(void *context, uint32_t connection)
{
    (void)context;
    (void)connection;
}

static inline struct bourse *venue_for_fuzzing(void)
{
    struct bourse *bourse = bourse_create(&(struct bourse_setup){.sink = {.answer = venue_answered,
                                                                          .drop = venue_dropped,
                                                                          .frame = venue_told,
                                                                          .close = venue_closed},
                                                                 .seed = 1,
                                                                 .now_ns = VENUE_FUZZ_NS});
    struct bourse_account_spec spec = {.key = "test_api_key",
                                       .secret = "test_secret",
                                       .balance_e9 = INT64_C(1000000000000000),
                                       .dcp = true};
    uint32_t number;
    int code = bourse_list_simulated(bourse, sim_preset_find("alt-perp"), SIM_CALM);
    code = code == MM_OK ? bourse_add_account(bourse, &spec, &number) : code;
    code = code == MM_OK ? bourse_set_switch(bourse, "rate_limits", "off") : code;
    code = code == MM_OK ? bourse_set_switch(bourse, "ip_limit", "off") : code;
    MM_ASSERT(code == MM_OK);
    return bourse;
}

#endif
