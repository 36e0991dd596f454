/* Two stacks and a link between them that delays, loses and reorders: octets go from one to the
 * other. */
#ifndef TESTS_TRANSPORT_PAIR_H
#define TESTS_TRANSPORT_PAIR_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/core/neighbour.h"
#include "stack/socket/socket.h"
#include "tests/core/rig.h"

enum { PAIR_FRAMES = 512, PAIR_PORT = 80 };

struct pair_frame {
    int64_t at_ns;
    uint32_t order, to, len;
    uint8_t bytes[RIG_FRAME_BYTES];
};

struct pair {
    struct rig *end[2]; /* 10.0.2.15 and 10.0.2.2 */
    struct pair_frame *frame;
    uint32_t frames, orders, seed;
    int64_t now_ns, delay_ns, jitter_ns;
    uint32_t loss_per_mille, mark_per_mille;
    uint32_t forwarded, lost, marked;
    int fd[2];
    uint32_t sent, received, total;
    int64_t last_ns, longest_gap_ns; /* between octets received */
};

static inline uint32_t pair_draw(struct pair *p, uint32_t below)
{
    p->seed = p->seed * 1664525u + 1013904223u;
    return (p->seed >> 8) % below;
}

static inline uint8_t pair_octet(uint32_t at)
{
    return (uint8_t)(at * 2654435761u >> 24);
}

static inline struct pair *pair_open(void)
{
    struct pair *p = calloc(1, sizeof *p);
    const uint32_t at[2] = {RIG_ADDRESS, RIG_PEER};
    for (int i = 0; i < 2; i++) {
        struct ip_addr own = addr_ipv4(at[i]), other = addr_ipv4(at[!i]);
        p->end[i] = rig_open(NULL, NULL, false);
        p->end[i]->random = (uint64_t)i + 1;
        cr_assert_eq(netif_add_address(p->end[i]->nif, &own, 24, false, 0), 0);
        cr_assert_eq(neighbour_add(p->end[i]->nif, &other, rig_peer, 0), 0);
        p->fd[i] = -1;
    }
    p->frame = calloc(PAIR_FRAMES, sizeof *p->frame);
    p->seed = 1;
    p->delay_ns = RIG_SECOND / 100;
    return p;
}

static inline void pair_close(struct pair *p)
{
    for (int i = 0; i < 2; i++)
        rig_close(p->end[i]);
    free(p->frame);
    free(p);
}

/* CE in place of ECT (RFC 3168 5), the header's sum made right. */
static inline void pair_mark(struct pair *p, uint8_t *frame)
{
    uint8_t *ip = frame + 14;
    if ((ip[1] & 3) == 0 || pair_draw(p, 1000) >= p->mark_per_mille)
        return;
    ip[1] |= 3;
    rig_put16(ip + 10, 0);
    rig_put16(ip + 10, rig_sum(ip, (ip[0] & 15) * 4u));
    p->marked++;
}

static inline void pair_take(struct pair *p, uint32_t from)
{
    struct rig *r = p->end[from];
    for (uint32_t i = 0; i < r->sent_count; i++) {
        p->forwarded++;
        if (pair_draw(p, 1000) < p->loss_per_mille) {
            p->lost++;
            continue;
        }
        cr_assert_lt(p->frames, PAIR_FRAMES);
        struct pair_frame *f = &p->frame[p->frames++];
        f->at_ns = p->now_ns + p->delay_ns;
        if (p->jitter_ns)
            f->at_ns += pair_draw(p, 1000) * (p->jitter_ns / 1000);
        f->order = p->orders++;
        f->to = !from;
        f->len = r->sent[i].len;
        memcpy(f->bytes, r->sent[i].bytes, f->len);
        memcpy(f->bytes, rig_mac, 6);
        memcpy(f->bytes + 6, rig_peer, 6);
        pair_mark(p, f->bytes);
    }
    r->sent_count = 0;
}

static inline void pair_write(struct pair *p)
{
    uint8_t octets[1000];
    while (p->fd[0] >= 0 && p->sent < p->total) {
        uint32_t n = p->total - p->sent < sizeof octets ? p->total - p->sent : sizeof octets;
        for (uint32_t i = 0; i < n; i++)
            octets[i] = pair_octet(p->sent + i);
        int put = socket_send(p->end[0]->s, p->fd[0], octets, n, 0, NULL, p->now_ns);
        if (put <= 0)
            break;
        p->sent += (uint32_t)put;
    }
}

static inline void pair_read(struct pair *p)
{
    uint8_t octets[4000];
    int got;
    while (p->fd[1] >= 0 && (got = socket_receive(p->end[1]->s, p->fd[1], octets, sizeof octets, 0,
                                                  NULL, p->now_ns)) > 0) {
        for (int i = 0; i < got; i++)
            cr_assert_eq(octets[i], pair_octet(p->received + (uint32_t)i), "octet %u",
                         p->received + (uint32_t)i);
        p->received += (uint32_t)got;
        if (p->last_ns && p->now_ns - p->last_ns > p->longest_gap_ns)
            p->longest_gap_ns = p->now_ns - p->last_ns;
        p->last_ns = p->now_ns;
    }
}

static inline uint32_t pair_earliest(const struct pair *p)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < p->frames; i++)
        if (p->frame[i].at_ns < p->frame[best].at_ns ||
            (p->frame[i].at_ns == p->frame[best].at_ns && p->frame[i].order < p->frame[best].order))
            best = i;
    return best;
}

/* The next thing that happens, until `until_ns`. False: nothing does before. */
static inline bool pair_step(struct pair *p, int64_t until_ns)
{
    int64_t at = until_ns;
    uint32_t i = p->frames ? pair_earliest(p) : 0;
    for (int e = 0; e < 2; e++)
        at = p->end[e]->sleep_ns < at ? p->end[e]->sleep_ns : at;
    bool frame = p->frames && p->frame[i].at_ns <= at;
    at = frame ? p->frame[i].at_ns : at;
    if (at >= until_ns)
        return false;
    p->now_ns = at > p->now_ns ? at : p->now_ns;
    if (frame) {
        struct pair_frame f = p->frame[i];
        p->frame[i] = p->frame[--p->frames];
        p->end[f.to]->now_ns = p->now_ns;
        rig_receive(p->end[f.to], f.bytes, f.len);
    }
    for (uint32_t e = 0; e < 2; e++) {
        rig_run(p->end[e], p->now_ns);
        pair_take(p, e);
    }
    return true;
}

static inline void pair_connect(struct pair *p)
{
    struct socket_address at = {addr_ipv4(0), PAIR_PORT}, to = {addr_ipv4(RIG_PEER), PAIR_PORT};
    int listener = socket_open(p->end[1]->s, ADDR_IPV4, SOCKET_STREAM, 0);
    cr_assert_eq(socket_bind(p->end[1]->s, listener, &at), 0);
    cr_assert_eq(socket_listen(p->end[1]->s, listener, 2, 0), 0);
    p->fd[0] = socket_open(p->end[0]->s, ADDR_IPV4, SOCKET_STREAM, 0);
    cr_assert_eq(socket_connect(p->end[0]->s, p->fd[0], &to, 0), -ERR_INPROGRESS);
    pair_take(p, 0);
    while (p->fd[1] < 0) {
        cr_assert(pair_step(p, 200 * RIG_SECOND), "nobody came");
        p->fd[1] = socket_accept(p->end[1]->s, listener, NULL, p->now_ns);
    }
    socket_close(p->end[1]->s, listener, p->now_ns);
}

/* So many octets from the first to the second. */
static inline void pair_transfer(struct pair *p, uint32_t total, int64_t most_ns)
{
    p->total = total;
    while (p->received < total) {
        pair_write(p);
        pair_take(p, 0);
        cr_assert(pair_step(p, most_ns), "%u of %u octets", p->received, total);
        pair_read(p);
        pair_take(p, 1);
    }
}

/* Both close; TIME-WAIT passes. */
static inline void pair_end(struct pair *p)
{
    for (int i = 0; i < 2; i++)
        socket_close(p->end[i]->s, p->fd[i], p->now_ns);
    for (uint32_t i = 0; i < 2; i++)
        pair_take(p, i);
    int64_t until = p->now_ns + 600 * RIG_SECOND;
    while (pair_step(p, until))
        ;
}

#endif
