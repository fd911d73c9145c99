#include "bourse/push.h"

#include "base/memory.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_delayed(const struct bourse *bourse)
{
    return bourse->now_ns < bourse->faults.delay_until_ns || bourse->parcels != NULL;
}

// Puts a parcel behind all that are due no later. Nothing overtakes what is held back already.
static struct parcel *hold(struct bourse *bourse)
{
    struct parcel *parcel = mm_alloc(1, sizeof *parcel);
    bool delaying = bourse->now_ns < bourse->faults.delay_until_ns;
    parcel->due_ns = bourse->now_ns + (delaying ? bourse->faults.delay_ns : 0);
    struct parcel **at = &bourse->parcels;
    while (*at != NULL) {
        parcel->due_ns = (*at)->due_ns > parcel->due_ns ? (*at)->due_ns : parcel->due_ns;
        at = &(*at)->next;
    }
    *at = parcel;
    return parcel;
}

static void send_frame(struct bourse *bourse, uint32_t connection, const char *bytes, size_t size)
{
    bourse->counters.frames_out++;
    connection_of(bourse, connection)->told_ns = bourse->now_ns;
    bourse->sink.frame(bourse->sink.context, connection, bytes, size);
}

void push_frame(struct bourse *bourse, uint32_t connection, const struct text *frame)
{
    if (connection_of(bourse, connection)->closing ||
        bourse->now_ns < bourse->faults.silent_until_ns) {
        return;
    }
    if (is_delayed(bourse)) {
        struct parcel *parcel = hold(bourse);
        parcel->connection = connection;
        parcel->generation = bourse->generations[connection - 1];
        text_put(&parcel->body, text_string(frame), frame->size);
        return;
    }
    send_frame(bourse, connection, text_string(frame), frame->size);
}

void push_close(struct bourse *bourse, uint32_t connection)
{
    struct connection *closing = connection_of(bourse, connection);
    if (closing->closing) {
        return;
    }
    closing->closing = true;
    if (is_delayed(bourse)) {
        struct parcel *parcel = hold(bourse);
        parcel->connection = connection;
        parcel->generation = bourse->generations[connection - 1];
        return;
    }
    bourse->sink.close(bourse->sink.context, connection);
}

void push_answer(struct bourse *bourse, void *handle, const struct bourse_answer *answer)
{
    if (!is_delayed(bourse)) {
        bourse->sink.answer(bourse->sink.context, handle, answer);
        return;
    }
    struct parcel *parcel = hold(bourse);
    parcel->handle = handle;
    parcel->status = answer->status;
    for (size_t i = 0; i < answer->field_count; i++) {
        text_put(&parcel->headers, answer->fields[i].name, strlen(answer->fields[i].name) + 1);
        text_put(&parcel->headers, answer->fields[i].value, strlen(answer->fields[i].value) + 1);
    }
    text_put(&parcel->body, answer->body, answer->body_size);
}

void push_drop(struct bourse *bourse, void *handle)
{
    bourse->sink.drop(bourse->sink.context, handle);
}

// ---- to subscribers ----

void push_public(struct bourse *bourse, enum topic topic, uint32_t listing, uint32_t argument,
                 const struct text *frame)
{
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        const struct connection *connection = connection_of(bourse, number);
        for (uint32_t i = 0; i < connection->subscription_count; i++) {
            const struct subscription *subscription = &connection->subscriptions[i];
            if (subscription->topic == topic && subscription->listing == listing &&
                subscription->argument == argument) {
                push_frame(bourse, number, frame);
            }
        }
    }
}

static bool takes_private(const struct connection *connection, const struct account *account)
{
    return connection->endpoint == ENDPOINT_PRIVATE &&
           connection->account == (int32_t)account->number;
}

bool push_private_wanted(const struct bourse *bourse, const struct account *account,
                         enum topic topic)
{
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        const struct connection *connection = connection_of(bourse, number);
        for (uint32_t i = 0;
             takes_private(connection, account) && i < connection->subscription_count; i++) {
            if (connection->subscriptions[i].topic == topic) {
                return true;
            }
        }
    }
    return false;
}

static void write_private(struct bourse *bourse, const struct account *account,
                          const struct subscription *subscription, const char *data)
{
    struct text *out = &bourse->message;
    text_clear(out);
    wire_open(out, NULL, '{');
    if (subscription->topic != TOPIC_EXECUTION_FAST) {
        char id[64];
        snprintf(id, sizeof id, "%" PRId64 "_%" PRIu64, account->uid, bourse->counters.frames_out);
        wire_string(out, "id", id);
    }
    wire_string(out, "topic", subscription->name);
    wire_number(out, "creationTime", bourse_clock_ms(bourse));
    wire_open(out, "data", '[');
    text_word(out, data);
    wire_close(out, ']');
    wire_close(out, '}');
}

void push_private(struct bourse *bourse, const struct account *account, enum topic topic,
                  enum category category, const char *data)
{
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        const struct connection *connection = connection_of(bourse, number);
        for (uint32_t i = 0;
             takes_private(connection, account) && i < connection->subscription_count; i++) {
            const struct subscription *subscription = &connection->subscriptions[i];
            if (subscription->topic == topic &&
                (subscription->argument == TOPIC_ALL || subscription->argument == category)) {
                write_private(bourse, account, subscription, data);
                push_frame(bourse, number, &bourse->message);
            }
        }
    }
}

// ---- what was held back ----

int64_t push_next_ns(const struct bourse *bourse)
{
    return bourse->parcels != NULL ? bourse->parcels->due_ns : INT64_MAX;
}

static void deliver_answer(struct bourse *bourse, const struct parcel *parcel)
{
    struct bourse_field fields[8];
    size_t count = 0;
    const char *at = text_string(&parcel->headers);
    const char *end = at + parcel->headers.size;
    while (at < end && count < sizeof fields / sizeof fields[0]) {
        fields[count].name = at;
        at += strlen(at) + 1;
        fields[count++].value = at;
        at += strlen(at) + 1;
    }
    bourse->sink.answer(bourse->sink.context, parcel->handle,
                        &(struct bourse_answer){.status = parcel->status,
                                                .fields = fields,
                                                .field_count = count,
                                                .body = text_string(&parcel->body),
                                                .body_size = parcel->body.size});
}

static void deliver(struct bourse *bourse, const struct parcel *parcel)
{
    if (parcel->connection == 0) {
        deliver_answer(bourse, parcel);
    } else if (parcel->generation == bourse->generations[parcel->connection - 1]) {
        if (parcel->body.size > 0) {
            send_frame(bourse, parcel->connection, parcel->body.bytes, parcel->body.size);
        } else {
            bourse->sink.close(bourse->sink.context, parcel->connection);
        }
    }
}

static void free_first(struct bourse *bourse)
{
    struct parcel *parcel = bourse->parcels;
    bourse->parcels = parcel->next;
    text_fini(&parcel->headers);
    text_fini(&parcel->body);
    free(parcel);
}

void push_run(struct bourse *bourse)
{
    while (bourse->parcels != NULL && bourse->parcels->due_ns <= bourse->now_ns) {
        deliver(bourse, bourse->parcels);
        free_first(bourse);
    }
}

void push_fini(struct bourse *bourse)
{
    while (bourse->parcels != NULL) {
        free_first(bourse);
    }
}
