/*
 * Unix sockets as QEMU's netdevs use them (qemu-options: `-netdev dgram`, `-netdev stream`). A
 * datagram is a frame; in a stream each has its length before it, four octets, the highest first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sim/cli/cable_inside.h"

enum { STREAM_AHEAD = 16384 };

static void put_length(uint8_t *out, uint32_t len)
{
    for (int k = 0; k < LENGTH; k++)
        out[k] = (uint8_t)(len >> (24 - 8 * k));
}

uint32_t cable_length(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* --- its name --- */

/* A socket that nobody holds any more was left by who was killed: it goes. */
static int make_room(const struct cable *c, int type, struct why *why)
{
    struct stat is;
    const char *path = c->own.sun_path;
    if (lstat(path, &is) != 0)
        return 0;
    if (!S_ISSOCK(is.st_mode)) {
        why_set(why, "--netdev: %s is there already, and is no socket", path);
        return -1;
    }
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    int got = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)&c->own, sizeof c->own);
    bool dead = got != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    if (dead && unlink(path) == 0)
        return 0;
    why_set(why, "--netdev: %s is another program's socket; name one that is not there", path);
    return -1;
}

static int name_socket(struct cable *c, int type, struct why *why)
{
    const char *path = c->own.sun_path;
    if (make_room(c, type, why) != 0)
        return -1;
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&c->own, sizeof c->own) == 0)
        return fd;
    why_set(why,
            "--netdev: no socket can be made at %s: %s; a folder that is there and may be written "
            "to is wanted",
            path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int cable_netdev(struct cable *c, const char *text, struct why *why)
{
    bool dgram = strncmp(text, "dgram:", 6) == 0, stream = strncmp(text, "stream:", 7) == 0;
    const char *path = dgram ? text + 6 : stream ? text + 7 : "";
    *c = (struct cable){.kind = dgram ? CABLE_DGRAM : CABLE_STREAM, .fd = -1, .listen = -1};
    if (!*path) {
        why_set(why, "--netdev: \"%s\" is neither dgram:PATH nor stream:PATH", text);
        return -1;
    }
    if (strlen(path) >= sizeof c->own.sun_path) {
        why_set(why, "--netdev: a socket's path has at most %zu octets, and this one has %zu",
                sizeof c->own.sun_path - 1, strlen(path));
        return -1;
    }
    c->own.sun_family = AF_UNIX;
    memcpy(c->own.sun_path, path, strlen(path) + 1);
    if (cable_room(c, why) != 0)
        return -1;
    int fd = name_socket(c, dgram ? SOCK_DGRAM : SOCK_STREAM, why);
    if (fd < 0) {
        cable_close(c);
        return -1;
    }
    *(dgram ? &c->fd : &c->listen) = fd;
    return dgram ? 0 : listen(fd, 1);
}

void cable_qemu(const struct cable *c, char *out, size_t room)
{
    const char *path = c->own.sun_path;
    if (c->kind == CABLE_DGRAM)
        snprintf(out, room,
                 "-netdev dgram,id=net0,local.type=unix,local.path=%s.qemu,remote.type=unix,"
                 "remote.path=%s",
                 path, path);
    else
        snprintf(out, room, "-netdev stream,id=net0,server=off,addr.type=unix,addr.path=%s", path);
}

/* --- datagrams --- */

size_t dgram_take(struct cable *c, uint8_t *bytes)
{
    struct sockaddr_un from = {0};
    socklen_t len = sizeof from;
    ssize_t got = recvfrom(c->fd, bytes, CABLE_FRAME, 0, (struct sockaddr *)&from, &len);
    if (got <= 0)
        return 0;
    if (len > sizeof from.sun_family) {
        c->other = from;
        c->other_len = len;
    } else if (!c->nameless) {
        c->nameless = true;
        fputs("wiredrill: frames come from a socket without a name, and cannot be answered: QEMU "
              "wants local.type=unix,local.path=... too\n",
              stderr);
    }
    return (size_t)got;
}

enum sent dgram_send(struct cable *c, const uint8_t *frame, uint32_t len)
{
    if (!c->other_len)
        return SENT_NOBODY;
    ssize_t sent = sendto(c->fd, frame, len, 0, (const struct sockaddr *)&c->other, c->other_len);
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR))
        return SENT_LATER;
    return sent == (ssize_t)len ? SENT_GONE : SENT_LOST;
}

/* --- streams --- */

static void hang_up(struct cable *c)
{
    close(c->fd);
    c->fd = -1;
    c->in_len = c->out_at = c->out_len = c->part = 0; /* the next one begins with a whole frame */
}

static bool pick_up(struct cable *c)
{
    if (c->fd >= 0)
        return true;
    c->fd = accept4(c->listen, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (c->fd >= 0) /* what the other side has not read waits here, where it is seen to wait */
        setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &(int){STREAM_AHEAD}, sizeof(int));
    return c->fd >= 0;
}

/* How many octets the frame and its length have that is being read; 0: not known yet. */
static size_t awaited(struct cable *c)
{
    uint32_t len = c->in_len < LENGTH ? 0 : cable_length(c->in);
    if (len <= CABLE_FRAME)
        return c->in_len < LENGTH ? 0 : LENGTH + len;
    if (!c->odd)
        fprintf(stderr,
                "wiredrill: a frame of %u octets is announced: what comes is no `-netdev stream`\n",
                len);
    c->odd = true;
    hang_up(c);
    return 0;
}

size_t stream_take(struct cable *c, uint8_t *bytes)
{
    while (pick_up(c)) {
        size_t whole = awaited(c);
        if (c->fd < 0)
            break;
        if (whole && c->in_len == whole) {
            memcpy(bytes, c->in + LENGTH, whole - LENGTH);
            c->in_len = 0;
            if (whole > LENGTH)
                return whole - LENGTH;
            continue;
        }
        ssize_t got = read(c->fd, c->in + c->in_len, (whole ? whole : (size_t)LENGTH) - c->in_len);
        if (got > 0)
            c->in_len += (size_t)got;
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            hang_up(c);
        else
            break;
    }
    return 0;
}

enum sent stream_send(struct cable *c, const uint8_t *frame, uint32_t len)
{
    if (c->fd < 0)
        return SENT_NOBODY;
    const uint8_t *from = frame - LENGTH + c->part;
    ssize_t sent = send(c->fd, from, LENGTH + len - c->part, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        hang_up(c);
    c->part += sent > 0 ? (size_t)sent : 0;
    if (c->part < LENGTH + len)
        return SENT_LATER;
    c->part = 0;
    return SENT_GONE;
}

void cable_put(struct cable *c, const uint8_t *bytes, uint32_t len)
{
    put_length(c->out + c->out_len, len);
    memcpy(c->out + c->out_len + LENGTH, bytes, len);
    c->out_len += LENGTH + len;
}
