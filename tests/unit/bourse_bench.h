// An exchange of bourse.h without sockets, and clients that talk to it: requests are signed,
// answers and frames are kept as JSON. One market, alt-perp, and two accounts; time goes on by
// bench_run.
#ifndef MM_TESTS_UNIT_BOURSE_BENCH_H
#define MM_TESTS_UNIT_BOURSE_BENCH_H

#include "bourse/bourse.h"
#include "cmocka_all.h"
#include "venue/bybit/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_START_NS (INT64_C(1764000000) * 1000000000)
#define BENCH_MS INT64_C(1000000)

enum { BENCH_FRAMES_MAX = 4096, BENCH_CONNECTIONS = 16 };

struct bench_frame {
    uint32_t connection;
    json_t *json;
    uint64_t order; // among frames and answers
};

struct bench {
    struct bourse *bourse;
    int64_t now_ns;
    // The last answer.
    int status;
    json_t *answer;
    char headers[512];
    uint64_t answer_order;
    uint32_t answered, dropped;
    // Frames not yet taken.
    struct bench_frame frames[BENCH_FRAMES_MAX];
    uint32_t frame_count;
    uint64_t events;
    bool closed[BENCH_CONNECTIONS];
    uint32_t request_number;
};

static inline void bench_on_answer(void *context, void *handle, const struct bourse_answer *answer)
{
    struct bench *bench = context;
    (void)handle;
    json_decref(bench->answer);
    bench->status = answer->status;
    bench->answer = json_loadb(answer->body, answer->body_size, 0, NULL);
    bench->answer_order = ++bench->events;
    bench->answered++;
    bench->headers[0] = '\0';
    for (size_t i = 0; i < answer->field_count; i++) {
        size_t used = strlen(bench->headers);
        snprintf(bench->headers + used, sizeof bench->headers - used, "%s: %s\n",
                 answer->fields[i].name, answer->fields[i].value);
    }
    assert_non_null(bench->answer);
}

static inline void bench_on_drop(void *context, void *handle)
{
    struct bench *bench = context;
    (void)handle;
    bench->dropped++;
}

static inline void bench_on_frame(void *context, uint32_t connection, const char *bytes,
                                  size_t size)
{
    struct bench *bench = context;
    assert_true(bench->frame_count < BENCH_FRAMES_MAX);
    json_t *json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    bench->frames[bench->frame_count++] = (struct bench_frame){connection, json, ++bench->events};
}

static inline void bench_on_close(void *context, uint32_t connection)
{
    struct bench *bench = context;
    assert_true(connection < BENCH_CONNECTIONS);
    bench->closed[connection] = true;
}

static inline void bench_add_account(struct bench *bench, const char *key, bool dcp)
{
    uint32_t number;
    struct bourse_account_spec spec = {.key = key,
                                       .secret = "test_secret",
                                       .balance_e9 = INT64_C(10000) * 1000000000,
                                       .maker_rate_e9 = 200000,
                                       .taker_rate_e9 = 550000,
                                       .dcp = dcp};
    assert_int_equal(bourse_add_account(bench->bourse, &spec, &number), MM_OK);
}

static inline struct bench *bench_create_at(int64_t now_ns)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->now_ns = now_ns;
    bench->bourse = bourse_create(&(struct bourse_setup){.sink = {.context = bench,
                                                                  .answer = bench_on_answer,
                                                                  .drop = bench_on_drop,
                                                                  .frame = bench_on_frame,
                                                                  .close = bench_on_close},
                                                         .seed = 7,
                                                         .now_ns = bench->now_ns});
    assert_int_equal(bourse_list_simulated(bench->bourse, sim_preset_find("alt-perp"), SIM_CALM),
                     MM_OK);
    bench_add_account(bench, "test_api_key", true);
    bench_add_account(bench, "second_key", false);
    return bench;
}

static inline struct bench *bench_create(void)
{
    return bench_create_at(BENCH_START_NS);
}

static inline void bench_forget(struct bench *bench)
{
    for (uint32_t i = 0; i < bench->frame_count; i++) {
        json_decref(bench->frames[i].json);
    }
    bench->frame_count = 0;
}

static inline void bench_destroy(struct bench *bench)
{
    bench_forget(bench);
    bourse_destroy(bench->bourse);
    json_decref(bench->answer);
    free(bench);
}

static inline void bench_run(struct bench *bench, int64_t ms)
{
    bench->now_ns += ms * BENCH_MS;
    bourse_run(bench->bourse, bench->now_ns);
}

static inline void bench_sign(const char *secret, const char *text, char out[BYBIT_SIGNATURE_SIZE])
{
    struct bybit_signer signer;
    assert_int_equal(bybit_signer_init(&signer, secret, strlen(secret)), MM_OK);
    bybit_sign(&signer, &(struct bybit_piece){text, strlen(text)}, 1, out);
    bybit_signer_fini(&signer);
}

// A request signed by `key` with a payload (query or body). Returns the answer, which is the
// bench's until the next one; NULL when there was none (yet).
static inline json_t *bench_call(struct bench *bench, const char *key, const char *method,
                                 const char *path, const char *payload)
{
    char text[4096], sign[BYBIT_SIGNATURE_SIZE], timestamp[24];
    bool is_get = strcmp(method, "GET") == 0;
    snprintf(timestamp, sizeof timestamp, "%" PRId64, bench->now_ns / BENCH_MS);
    snprintf(text, sizeof text, "%s%s5000%s", timestamp, key, payload);
    bench_sign("test_secret", text, sign);
    uint32_t before = bench->answered;
    bourse_handle(bench->bourse,
                  &(struct bourse_request){.handle = bench,
                                           .method = method,
                                           .path = path,
                                           .query = is_get ? payload : "",
                                           .api_key = key,
                                           .timestamp = timestamp,
                                           .recv_window = "5000",
                                           .sign = sign,
                                           .body = is_get ? "" : payload,
                                           .body_size = is_get ? 0 : strlen(payload)},
                  bench->now_ns);
    return bench->answered > before ? bench->answer : NULL;
}

static inline json_t *bench_get(struct bench *bench, const char *path, const char *query)
{
    return bench_call(bench, "test_api_key", "GET", path, query);
}

static inline json_t *bench_post(struct bench *bench, const char *path, const char *body)
{
    return bench_call(bench, "test_api_key", "POST", path, body);
}

static inline json_t *bench_control(struct bench *bench, const char *method, const char *path,
                                    const char *body)
{
    bourse_control(bench->bourse,
                   &(struct bourse_request){.handle = bench,
                                            .method = method,
                                            .path = path,
                                            .query = "",
                                            .body = body,
                                            .body_size = strlen(body)},
                   bench->now_ns);
    return bench->answer;
}

static inline void bench_fault(struct bench *bench, const char *body)
{
    bench_control(bench, "POST", "/control/fault", body);
    assert_int_equal(bench->status, 200);
}

static inline void bench_set(struct bench *bench, const char *name, const char *value)
{
    assert_int_equal(bourse_set_switch(bench->bourse, name, value), MM_OK);
}

static inline int bench_code(const json_t *answer)
{
    assert_non_null(answer);
    return (int)json_integer_value(json_object_get(answer, "retCode"));
}

// The member at a path of names and array places separated by points; NULL when it is not there.
static inline json_t *bench_at(const json_t *json, const char *path)
{
    char name[64];
    while (*path != '\0' && json != NULL) {
        size_t size = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)size, path);
        path += size + (path[size] == '.');
        json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10))
                                   : json_object_get(json, name);
    }
    return (json_t *)json;
}

static inline const char *bench_text(const json_t *json, const char *path)
{
    const char *text = json_string_value(bench_at(json, path));
    return text != NULL ? text : "(none)";
}

static inline double bench_number(const json_t *json, const char *path)
{
    return strtod(bench_text(json, path), NULL);
}

// ---- sockets ----

static inline uint32_t bench_open(struct bench *bench, const char *path)
{
    uint32_t connection = bourse_open(bench->bourse, path, "", bench->now_ns);
    assert_true(connection != 0 && connection < BENCH_CONNECTIONS);
    bench->closed[connection] = false;
    return connection;
}

static inline void bench_say(struct bench *bench, uint32_t connection, const char *text)
{
    bourse_receive(bench->bourse, connection, text, strlen(text), bench->now_ns);
}

// The oldest frame of a connection that has not been taken, or of them the oldest with this topic
// (NULL = any); NULL when there is none. The caller owns it.
static inline json_t *bench_take(struct bench *bench, uint32_t connection, const char *topic)
{
    for (uint32_t i = 0; i < bench->frame_count; i++) {
        json_t *json = bench->frames[i].json;
        if (bench->frames[i].connection != connection ||
            (topic != NULL && strcmp(bench_text(json, "topic"), topic) != 0)) {
            continue;
        }
        memmove(&bench->frames[i], &bench->frames[i + 1],
                (bench->frame_count - i - 1) * sizeof bench->frames[0]);
        bench->frame_count--;
        return json;
    }
    return NULL;
}

// Whether the next frame of the connection is exactly this, a conn_id or connId apart.
static inline void bench_expect(struct bench *bench, uint32_t connection, const char *expected)
{
    json_t *frame = bench_take(bench, connection, NULL);
    assert_non_null(frame);
    json_object_del(frame, "conn_id");
    json_object_del(frame, "connId");
    char *text = json_dumps(frame, JSON_COMPACT | JSON_PRESERVE_ORDER);
    assert_string_equal(text, expected);
    free(text);
    json_decref(frame);
}

static inline void bench_authenticate(struct bench *bench, uint32_t connection, const char *key)
{
    char text[512], sign[BYBIT_SIGNATURE_SIZE];
    int64_t expires_ms = bench->now_ns / BENCH_MS + 5000;
    snprintf(text, sizeof text, "GET/realtime%" PRId64, expires_ms);
    bench_sign("test_secret", text, sign);
    snprintf(text, sizeof text, "{\"op\":\"auth\",\"args\":[\"%s\",%" PRId64 ",\"%s\"]}", key,
             expires_ms, sign);
    bench_say(bench, connection, text);
}

static inline uint32_t bench_private(struct bench *bench, const char *key, const char *topics)
{
    char text[512];
    uint32_t connection = bench_open(bench, "/v5/private");
    bench_authenticate(bench, connection, key);
    bench_expect(bench, connection, "{\"success\":true,\"ret_msg\":\"\",\"op\":\"auth\"}");
    snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"args\":[%s]}", topics);
    bench_say(bench, connection, text);
    bench_expect(bench, connection, "{\"success\":true,\"ret_msg\":\"\",\"op\":\"subscribe\"}");
    return connection;
}

// ---- orders ----

// The best price of a side, in units of a tick of 0.0001.
static inline int64_t bench_best(struct bench *bench, bool bid)
{
    json_t *book = bench_call(bench, "test_api_key", "GET", "/v5/market/orderbook",
                              "category=linear&symbol=ALTUSDT&limit=1");
    double price = bench_number(book, bid ? "result.b.0.0" : "result.a.0.0");
    assert_true(price > 0);
    return (int64_t)(price * 10000 + 0.5);
}

// Creates an order and returns the answer.
static inline json_t *bench_order(struct bench *bench, const char *key, const char *side,
                                  int64_t ticks, int64_t lots, const char *more)
{
    char body[512];
    snprintf(body, sizeof body,
             "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"side\":\"%s\",\"orderType\":"
             "\"Limit\",\"qty\":\"%" PRId64 "\",\"price\":\"%" PRId64 ".%04" PRId64 "\"%s}",
             side, lots, ticks / 10000, ticks % 10000, more);
    return bench_call(bench, key, "POST", "/v5/order/create", body);
}

// An order's record by its id, as /v5/order/realtime gives it.
static inline json_t *bench_find(struct bench *bench, const char *key, const char *order_id)
{
    char query[128];
    snprintf(query, sizeof query, "category=linear&orderId=%s", order_id);
    return bench_at(bench_call(bench, key, "GET", "/v5/order/realtime", query), "result.list.0");
}

#endif
