/* Frames in and out, whatever carries them. */
#include "sim/cli/cable.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sim/cli/cable_inside.h"

enum { AGAIN_NS = 200000 }; /* between tries to hand over what waits */

int cable_tap(struct cable *c, const char *name, struct why *why)
{
    *c = (struct cable){.kind = CABLE_TAP, .fd = tap_open(name, why), .listen = -1};
    return c->fd < 0 ? -1 : 0;
}

int cable_room(struct cable *c, struct why *why)
{
    c->out = malloc(CABLE_WAITING);
    c->in = malloc(LENGTH + CABLE_FRAME);
    if (c->out && c->in)
        return 0;
    why_set(why, "no memory for a socket's frames");
    cable_close(c);
    return -1;
}

size_t cable_take(struct cable *c, uint8_t *bytes)
{
    if (c->kind == CABLE_DGRAM)
        return dgram_take(c, bytes);
    if (c->kind == CABLE_STREAM)
        return stream_take(c, bytes);
    ssize_t got = read(c->fd, bytes, CABLE_FRAME);
    return got > 0 ? (size_t)got : 0;
}

static enum sent send_first(struct cable *c)
{
    const uint8_t *frame = c->out + c->out_at + LENGTH;
    uint32_t len = cable_length(frame - LENGTH);
    enum sent sent =
        c->kind == CABLE_DGRAM ? dgram_send(c, frame, len) : stream_send(c, frame, len);
    if (sent == SENT_LATER)
        return sent;
    if (sent == SENT_GONE)
        c->gone(c->ctx, frame, len);
    c->lost += sent == SENT_LOST;
    c->out_at += LENGTH + len;
    return sent;
}

static void hand_over(struct cable *c)
{
    while (c->out_at < c->out_len && send_first(c) != SENT_LATER) {
    }
    if (c->out_at >= c->out_len)
        c->out_at = c->out_len = 0;
}

static void give_tap(struct cable *c, const uint8_t *bytes, uint32_t len)
{
    if (write(c->fd, bytes, len) == (ssize_t)len)
        c->gone(c->ctx, bytes, len);
    else
        c->lost++;
}

void cable_give(struct cable *c, const uint8_t *bytes, uint32_t len)
{
    if (c->kind == CABLE_TAP) {
        give_tap(c, bytes, len);
        return;
    }
    if (c->out_at && c->out_len + LENGTH + len > CABLE_WAITING) {
        memmove(c->out, c->out + c->out_at, c->out_len - c->out_at);
        c->out_len -= c->out_at;
        c->out_at = 0;
    }
    if (c->out_len + LENGTH + len > CABLE_WAITING) {
        c->lost++;
        return;
    }
    cable_put(c, bytes, len);
    hand_over(c);
}

bool cable_wait(struct cable *c, int other, int64_t wait_ns)
{
    if (c->out_len) {
        hand_over(c);
        wait_ns = c->out_len && wait_ns > AGAIN_NS ? AGAIN_NS : wait_ns;
    }
    struct timespec wait = {0, (long)wait_ns};
    struct pollfd p[] = {{.fd = c->fd >= 0 ? c->fd : c->listen, .events = POLLIN},
                         {.fd = other, .events = POLLIN}};
    ppoll(p, 2, &wait, NULL);
    return p[1].revents != 0;
}

void cable_close(struct cable *c)
{
    if (c->fd >= 0)
        close(c->fd);
    if (c->listen >= 0)
        close(c->listen);
    if (c->own.sun_path[0] && (c->fd >= 0 || c->listen >= 0))
        unlink(c->own.sun_path);
    free(c->out);
    free(c->in);
    *c = (struct cable){.fd = -1, .listen = -1};
}
