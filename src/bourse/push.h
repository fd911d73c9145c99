// What the exchange sends: frames to connections and answers to requests, and what holds them back.
//
// Everything that leaves goes through here, so that delays, silence and lost answers concern all of
// it alike. Order is kept within a connection.
#ifndef MM_BOURSE_PUSH_H
#define MM_BOURSE_PUSH_H

#include "bourse/state.h"

static inline struct connection *connection_of(const struct bourse *bourse, uint32_t number)
{
    return &bourse->connections[number - 1];
}

// A frame to one connection.
void push_frame(struct bourse *bourse, uint32_t connection, const struct text *frame);
// Closes a connection after what is on its way to it.
void push_close(struct bourse *bourse, uint32_t connection);
// An answer; nothing else may be sent for its handle.
void push_answer(struct bourse *bourse, void *handle, const struct bourse_answer *answer);
// The request stays without an answer.
void push_drop(struct bourse *bourse, void *handle);

// To every connection that subscribed to the public topic.
void push_public(struct bourse *bourse, enum topic topic, uint32_t listing, uint32_t argument,
                 const struct text *frame);
// To every connection of the account that subscribed to the private topic, all of it or this
// category; `data` is the array's elements. Each gets the topic's name as it wrote it.
void push_private(struct bourse *bourse, const struct account *account, enum topic topic,
                  enum category category, const char *data);
// Whether anybody would get it.
bool push_private_wanted(const struct bourse *bourse, const struct account *account,
                         enum topic topic);

int64_t push_next_ns(const struct bourse *bourse);
// Sends what was held back and is due.
void push_run(struct bourse *bourse);
void push_fini(struct bourse *bourse);

#endif
