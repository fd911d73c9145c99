// The names of topics, and what a connection has subscribed to.
#ifndef MM_BOURSE_TOPIC_H
#define MM_BOURSE_TOPIC_H

#include "bourse/state.h"

// Reads a topic's name as a connection of this endpoint may use it: false when there is no such
// topic for it.
bool topic_parse(const struct bourse *bourse, const struct connection *connection, const char *name,
                 struct subscription *out);

// NULL when it has not subscribed to it.
struct subscription *topic_find(const struct connection *connection, const char *name);

// Adds one, which must not be there; false when there is no room.
bool topic_add(struct bourse *bourse, struct connection *connection,
               const struct subscription *subscription);
void topic_remove(struct bourse *bourse, struct connection *connection, const char *name);
void topic_remove_all(struct bourse *bourse, struct connection *connection);

#endif
