#include "base/check.h"
#include "net/server_state.h"

#include <string.h>

static void *context_of(const struct net_connection *socket)
{
    return socket->server->config.context;
}

static void want_writable(struct net_connection *socket)
{
    if (socket->waits_since_ns == 0) {
        socket->waits_since_ns = platform_monotonic_ns();
    }
    lws_callback_on_writable(socket->wsi);
}

void net_socket_open(struct net_connection *socket)
{
    int size = socket->server->config.send_buffer_size;
    if (size > 0) {
        (void)platform_set_send_buffer(lws_get_socket_fd(socket->wsi), size);
    }
    socket->stage = NET_SOCKET;
    socket->server->counters.sockets++;
    if (socket->endpoint->opened != NULL) {
        socket->endpoint->opened(context_of(socket), socket);
    }
}

void net_socket_gone(struct net_connection *socket)
{
    if (socket->stage != NET_SOCKET) {
        return;
    }
    socket->stage = NET_IDLE;
    socket->server->counters.sockets--;
    if (socket->endpoint->closed != NULL) {
        socket->endpoint->closed(context_of(socket), socket);
    }
}

// ---- in ----

int net_socket_receive(struct net_connection *socket, const void *data, size_t size)
{
    struct net_server *server = socket->server;
    if (socket->close_code != 0) {
        return 0; // nothing more is listened to
    }
    if (socket->incoming.size + size > server->config.message_size_max) {
        server->counters.refused[NET_REFUSED_SIZE]++;
        net_socket_close(socket, 1009, "the message is too large");
        return 0;
    }
    text_put(&socket->incoming, data, size);
    if (!lws_is_final_fragment(socket->wsi) || lws_remaining_packet_payload(socket->wsi) > 0) {
        return 0;
    }
    if (!net_may_ask(server, socket->peer)) {
        server->counters.refused[NET_REFUSED_RATE]++;
        net_socket_close(socket, 1008, "too many messages");
        return 0;
    }
    server->counters.messages_in++;
    socket->endpoint->message(context_of(socket), socket, text_string(&socket->incoming),
                              socket->incoming.size);
    text_clear(&socket->incoming);
    return 0;
}

// ---- out ----

void net_socket_ask(struct net_connection *socket)
{
    socket->is_asked = true;
    want_writable(socket);
}

bool net_socket_is_asked(const struct net_connection *socket)
{
    return socket->is_asked;
}

void net_socket_close(struct net_connection *socket, uint16_t code, const char *reason)
{
    if (socket->close_code == 0) {
        socket->close_code = code;
        snprintf(socket->close_reason, sizeof socket->close_reason, "%s", reason);
        want_writable(socket);
    }
}

static int write_message(struct net_connection *socket, const char *data, size_t size)
{
    struct text *outgoing = &socket->server->outgoing;
    static const char room[LWS_PRE];
    text_clear(outgoing);
    text_put(outgoing, room, sizeof room);
    text_put(outgoing, data, size);
    socket->server->counters.messages_out++;
    socket->server->counters.bytes_out += size;
    unsigned char *bytes = (unsigned char *)outgoing->bytes + LWS_PRE;
    return lws_write(socket->wsi, bytes, size, LWS_WRITE_TEXT) < (int)size ? -1 : 0;
}

static int write_queued(struct net_connection *socket)
{
    size_t size;
    memcpy(&size, socket->queue.bytes + socket->queue_taken, sizeof size);
    const char *data = socket->queue.bytes + socket->queue_taken + sizeof size;
    int code = write_message(socket, data, size);
    socket->queue_taken += sizeof size + size;
    if (socket->queue_taken == socket->queue.size) {
        text_clear(&socket->queue);
        socket->queue_taken = 0;
    } else if (socket->queue_taken > socket->queue.size / 2) {
        size_t left = socket->queue.size - socket->queue_taken;
        memmove(socket->queue.bytes, socket->queue.bytes + socket->queue_taken, left);
        socket->queue.size = left;
        socket->queue_taken = 0;
    }
    return code;
}

static int write_newest(struct net_connection *socket)
{
    struct text message = {0};
    socket->is_asked = false;
    socket->endpoint->ready(context_of(socket), socket, &message);
    int code = message.size > 0 ? write_message(socket, text_string(&message), message.size) : 0;
    text_fini(&message);
    return code;
}

bool net_socket_send(struct net_connection *socket, const char *data, size_t size)
{
    size_t waiting = socket->queue.size - socket->queue_taken;
    size_t room = socket->server->config.socket_queue_size;
    if (waiting + sizeof size + size > room) {
        return false;
    }
    // Alone it need not wait for the loop; what the peer does not take the library keeps.
    if (waiting == 0 && socket->close_code == 0 && lws_partial_buffered(socket->wsi) == 0) {
        return write_message(socket, data, size) == 0;
    }
    text_put(&socket->queue, (const char *)&size, sizeof size);
    text_put(&socket->queue, data, size);
    want_writable(socket);
    return true;
}

int net_socket_writable(struct net_connection *socket)
{
    socket->waits_since_ns = 0;
    int code = 0;
    if (socket->queue.size > 0) {
        code = write_queued(socket);
    } else if (socket->close_code != 0) {
        lws_close_reason(socket->wsi, (enum lws_close_status)socket->close_code,
                         (unsigned char *)socket->close_reason, strlen(socket->close_reason));
        return -1;
    } else if (socket->is_asked) {
        code = write_newest(socket);
    }
    if (socket->queue.size > 0 || socket->close_code != 0 || socket->is_asked) {
        want_writable(socket);
    }
    return code;
}

void net_socket_check(struct net_connection *socket, int64_t now_ns)
{
    if (socket->waits_since_ns == 0 || socket->is_dropped) {
        return;
    }
    // A large message over a slow line takes its time; what counts is that it moves.
    uint64_t taken_bytes = platform_socket_taken_bytes(lws_get_socket_fd(socket->wsi));
    if (taken_bytes != socket->taken_bytes) {
        socket->taken_bytes = taken_bytes;
        socket->waits_since_ns = now_ns;
    } else if (now_ns - socket->waits_since_ns > socket->server->config.stall_ns) {
        socket->server->counters.sockets_cut++;
        net_drop(socket);
    }
}

void net_server_each_socket(struct net_server *server, const struct net_endpoint *endpoint,
                            void (*visit)(void *context, struct net_connection *socket),
                            void *context)
{
    struct net_connection *next;
    for (struct net_connection *each = server->connections; each != NULL; each = next) {
        next = each->next;
        if (each->stage == NET_SOCKET && each->endpoint == endpoint) {
            visit(context, each);
        }
    }
}
