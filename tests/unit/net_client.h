// A blocking client over a plain socket, that can be as rude as a test wants.
#ifndef MM_TESTS_UNIT_NET_CLIENT_H
#define MM_TESTS_UNIT_NET_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { CLIENT_WAIT_SECONDS = 20 };

// -1 when refused. `receive_size` 0 leaves the system's buffer.
static inline int client_connect(uint16_t port, int receive_size)
{
    int file = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval wait = {.tv_sec = CLIENT_WAIT_SECONDS};
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (receive_size > 0) {
        setsockopt(file, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof receive_size);
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(file, (struct sockaddr *)&address, sizeof address) != 0) {
        close(file);
        return -1;
    }
    return file;
}

// False when the peer has closed.
static inline bool client_send(int file, const void *data, size_t size)
{
    const char *bytes = data;
    while (size > 0) {
        ssize_t sent = send(file, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

// Reads until `needle` has come or the peer closes; ends `out` by NUL and returns its length.
static inline size_t client_read_until(int file, const char *needle, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    while (used + 1 < size && strstr(out, needle) == NULL) {
        ssize_t got = recv(file, out + used, size - 1 - used, 0);
        if (got <= 0) {
            break;
        }
        used += (size_t)got;
        out[used] = '\0';
    }
    return used;
}

// Reads until the peer closes.
static inline size_t client_read_all(int file, char *out, size_t size)
{
    return client_read_until(file, "\x01never\x01", out, size);
}

// One request on a connection of its own; the reply whole, "" when there was none.
static inline void client_ask(uint16_t port, const char *request, char *out, size_t size)
{
    int file = client_connect(port, 0);
    out[0] = '\0';
    if (file >= 0) {
        client_send(file, request, strlen(request));
        client_read_all(file, out, size);
        close(file);
    }
}

// A WebSocket's first half; false when it was refused. `extra` are header lines.
static inline bool client_upgrade(int file, const char *path, const char *extra)
{
    char request[2048], reply[4096];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
             path, extra);
    client_send(file, request, strlen(request));
    size_t used = 0;
    // Byte by byte, because what follows the head are messages.
    while (used + 1 < sizeof reply && recv(file, reply + used, 1, 0) == 1) {
        reply[++used] = '\0';
        if (used >= 4 && strcmp(reply + used - 4, "\r\n\r\n") == 0) {
            break;
        }
    }
    return used > 12 && strncmp(reply, "HTTP/1.1 101", 12) == 0;
}

static inline bool client_read_exactly(int file, void *out, size_t size)
{
    return recv(file, out, size, MSG_WAITALL) == (ssize_t)size;
}

// Sends one frame with a mask of zeros; opcode 1 is text, 8 close, 9 ping.
static inline bool client_send_frame(int file, int opcode, bool is_last, const void *data,
                                     size_t size)
{
    unsigned char head[14] = {0};
    size_t used = 2;
    head[0] = (unsigned char)((is_last ? 0x80 : 0) | opcode);
    if (size < 126) {
        head[1] = (unsigned char)(0x80 | size);
    } else if (size < 65536) {
        head[1] = 0x80 | 126;
        head[2] = (unsigned char)(size >> 8);
        head[3] = (unsigned char)size;
        used = 4;
    } else {
        head[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++) {
            head[2 + i] = (unsigned char)((uint64_t)size >> (56 - 8 * i));
        }
        used = 10;
    }
    return client_send(file, head, used + 4) && client_send(file, data, size);
}

// Reads one frame; its opcode, -1 when the connection has ended. `out` is ended by NUL.
static inline int client_read_frame(int file, char *out, size_t size, size_t *out_length)
{
    unsigned char head[2], more[8];
    if (!client_read_exactly(file, head, 2)) {
        return -1;
    }
    uint64_t length = head[1] & 0x7f;
    int wide = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (wide > 0) {
        if (!client_read_exactly(file, more, (size_t)wide)) {
            return -1;
        }
        length = 0;
        for (int i = 0; i < wide; i++) {
            length = length << 8 | more[i];
        }
    }
    if (length + 1 > size || (length > 0 && !client_read_exactly(file, out, length))) {
        return -1;
    }
    out[length] = '\0';
    *out_length = length;
    return head[0] & 15;
}

#endif
