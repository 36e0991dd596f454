/* TCP segments for tests: built and taken apart by hand, never by stack/wire. Sequence numbers of a
 * conversation are relative: 0 is the SYN's of either side. */
#ifndef TESTS_TRANSPORT_SEGMENT_H
#define TESTS_TRANSPORT_SEGMENT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "stack/socket/socket.h"
#include "tests/core/rig.h"

enum { F = 1, S = 2, R = 4, P = 8, A = 16, U = 32 };
enum { PEER_PORT = 5000, OUR_PORT = 80, SEGMENT_BYTES = 1600 };

struct segment {
    unsigned flags;
    uint32_t seq, ack; /* relative */
    uint16_t window;   /* 0: 65535, unless closed */
    bool closed;       /* the window is 0 */
    uint16_t urgent;
    const void *options;
    uint32_t options_len; /* a multiple of 4 */
    const void *text;
    uint32_t len;
    uint32_t fill; /* octets of text that the stream's pattern fills, when there is no `text` */
    bool bad_sum;
    uint16_t from_port;
};

/* One conversation with the peer at RIG_PEER. */
struct talk {
    struct rig *r;
    uint16_t our_port, peer_port;
    uint32_t peer_iss; /* chosen by the test */
    uint32_t our_iss;  /* learnt from the SYN */
    bool learnt;
    uint32_t seen;   /* frames that were looked at */
    uint32_t ts_val; /* of the last segment looked at, when it had the option */
};

static inline uint8_t pattern(uint32_t at)
{
    return (uint8_t)(at * 31 + (at >> 8) * 7);
}

static inline uint16_t segment_sum(uint32_t src, uint32_t dst, const uint8_t *tcp, uint32_t len)
{
    uint8_t all[12 + SEGMENT_BYTES];
    rig_put32(all, src);
    rig_put32(all + 4, dst);
    all[8] = 0;
    all[9] = 6;
    rig_put16(all + 10, len);
    memcpy(all + 12, tcp, len);
    return rig_sum(all, 12 + len);
}

/* A segment arrives from the peer. */
static inline void arrives(struct talk *t, struct segment g)
{
    uint8_t tcp[SEGMENT_BYTES] = {0}, frame[SEGMENT_BYTES + 40];
    uint32_t len = g.fill && !g.text ? g.fill : g.len, header = 20 + g.options_len;
    rig_put16(tcp, g.from_port ? g.from_port : t->peer_port);
    rig_put16(tcp + 2, t->our_port);
    rig_put32(tcp + 4, t->peer_iss + g.seq);
    rig_put32(tcp + 8, g.flags & A ? t->our_iss + g.ack : 0);
    tcp[12] = (uint8_t)(header / 4 << 4);
    tcp[13] = (uint8_t)g.flags;
    rig_put16(tcp + 14, g.closed ? 0 : g.window ? g.window : 65535);
    rig_put16(tcp + 18, g.urgent);
    if (g.options_len)
        memcpy(tcp + 20, g.options, g.options_len);
    for (uint32_t i = 0; i < len; i++)
        tcp[header + i] = g.text ? ((const uint8_t *)g.text)[i] : pattern(g.seq - 1 + i);
    uint16_t sum = segment_sum(RIG_PEER, RIG_ADDRESS, tcp, header + len);
    rig_put16(tcp + 16, sum ^ (g.bad_sum ? 1 : 0));
    const struct rig_ip ip = {.src = RIG_PEER, .dst = RIG_ADDRESS, .proto = 6};
    rig_receive(t->r, frame, rig_ipv4(frame, &ip, tcp, header + len));
}

struct sent {
    unsigned flags;
    uint32_t seq, ack, window, urgent, len; /* relative */
    const uint8_t *text, *options;
    uint32_t options_len;
    int64_t at_ns;
};

static inline bool frame_is_tcp(const struct rig_frame *f)
{
    return rig_get16(f->bytes + 12) == 0x0800 && f->bytes[14 + 9] == 6;
}

static inline const uint8_t *option(const struct sent *g, uint8_t kind)
{
    for (uint32_t i = 0; i < g->options_len && g->options[i];) {
        if (g->options[i] == kind)
            return g->options + i;
        i += g->options[i] == 1 ? 1 : g->options[i + 1];
    }
    return NULL;
}

/* The next segment that left, its checksum verified. */
static inline struct sent next(struct talk *t)
{
    while (t->seen < t->r->sent_count && !frame_is_tcp(&t->r->sent[t->seen]))
        t->seen++;
    cr_assert_lt(t->seen, t->r->sent_count, "nothing more was sent");
    const struct rig_frame *f = &t->r->sent[t->seen++];
    const uint8_t *ip = f->bytes + 14, *tcp = ip + (ip[0] & 15) * 4;
    uint32_t total = rig_get16(ip + 2) - (ip[0] & 15) * 4u, header = (tcp[12] >> 4) * 4u;
    cr_assert_eq(segment_sum(rig_get32(ip + 12), rig_get32(ip + 16), tcp, total), 0, "bad sum");
    cr_assert(rig_get16(ip + 6) & 0x4000, "without DF");
    if ((tcp[13] & S) && !t->learnt) {
        t->our_iss = rig_get32(tcp + 4);
        t->learnt = true;
        t->our_port = (uint16_t)rig_get16(tcp);
    }
    struct sent g = {.flags = tcp[13],
                     .seq = rig_get32(tcp + 4) - t->our_iss,
                     .ack = rig_get32(tcp + 8) - t->peer_iss,
                     .window = rig_get16(tcp + 14),
                     .urgent = rig_get16(tcp + 18),
                     .len = total - header,
                     .text = tcp + header,
                     .options = tcp + 20,
                     .options_len = header - 20,
                     .at_ns = f->at_ns};
    if (option(&g, 8))
        t->ts_val = rig_get32(option(&g, 8) + 2);
    return g;
}

static inline bool nothing_more(struct talk *t)
{
    while (t->seen < t->r->sent_count && !frame_is_tcp(&t->r->sent[t->seen]))
        t->seen++;
    return t->seen == t->r->sent_count;
}

#define EXPECT(talk, wanted_flags, wanted_seq, wanted_ack, wanted_len)                             \
    do {                                                                                           \
        struct sent got_ = next(talk);                                                             \
        cr_assert(got_.flags == (unsigned)(wanted_flags) && got_.seq == (uint32_t)(wanted_seq) &&  \
                      (!(got_.flags & A) || got_.ack == (uint32_t)(wanted_ack)) &&                 \
                      got_.len == (uint32_t)(wanted_len),                                          \
                  "got flags %x seq %u ack %u len %u, expected flags %x seq %u ack %u len %u",     \
                  got_.flags, got_.seq, got_.ack, got_.len, (unsigned)(wanted_flags),              \
                  (uint32_t)(wanted_seq), (uint32_t)(wanted_ack), (uint32_t)(wanted_len));         \
    } while (0)

#define NOTHING(talk) cr_assert(nothing_more(talk), "a segment was sent that should not be")

/* --- the usual beginnings --- */

static inline struct talk talk_open(void)
{
    struct talk opened = {.r = rig_full(), .peer_port = PEER_PORT, .our_port = OUR_PORT};
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    opened.peer_iss = 0xfffffff0u; /* so that every test goes across the wrap */
    cr_assert_eq(neighbour_add(opened.r->nif, &peer, rig_peer, 0), 0);
    /* What is not asked for stays away: the plainest connection. */
    stack_knob_set(opened.r->s, "tcp.timestamps", 0);
    stack_knob_set(opened.r->s, "tcp.window_scaling", 0);
    stack_knob_set(opened.r->s, "tcp.sack", 0);
    return opened;
}

/* Closes what is open, and lets TIME-WAIT end. */
static inline void talk_close(struct talk *t)
{
    for (int fd = 3; fd < 11; fd++)
        socket_close(t->r->s, fd, t->r->now_ns);
    t->r->sent_count = t->seen = 0;
    for (int i = 0; i < 60; i++) {
        rig_run(t->r, t->r->now_ns + 10 * RIG_SECOND);
        t->r->sent_count = 0;
    }
    char lent[16];
    cr_assert_gt(stack_query(t->r->s, "tcp.chunks", lent, sizeof lent), 0);
    cr_assert_str_eq(lent, "0", "chunks are still lent");
    rig_close(t->r);
}

static inline int stream_socket(struct talk *t)
{
    int fd = socket_open(t->r->s, ADDR_IPV4, SOCKET_STREAM, 0);
    cr_assert_geq(fd, 3);
    return fd;
}

static inline int listening(struct talk *t, int backlog)
{
    int fd = stream_socket(t);
    struct socket_address at = {addr_ipv4(0), OUR_PORT};
    cr_assert_eq(socket_set(t->r->s, fd, SO_OPT_REUSEADDR, 1, 0), 0);
    cr_assert_eq(socket_bind(t->r->s, fd, &at), 0);
    cr_assert_eq(socket_listen(t->r->s, fd, backlog, t->r->now_ns), 0);
    return fd;
}

static inline int begin_connect(struct talk *t)
{
    int fd = stream_socket(t);
    struct socket_address to = {addr_ipv4(RIG_PEER), t->peer_port};
    cr_assert_eq(socket_connect(t->r->s, fd, &to, t->r->now_ns), -ERR_INPROGRESS);
    return fd;
}

/* 10.0.2.2's port 5000 is connected to; the peer's window is `window`. */
static inline int connected(struct talk *t, uint16_t window)
{
    static const uint8_t mss[] = {2, 4, 0x05, 0xb4};
    int fd = begin_connect(t);
    EXPECT(t, S, 0, 0, 0);
    arrives(t, (struct segment){
                   .flags = S | A, .ack = 1, .window = window, .options = mss, .options_len = 4});
    EXPECT(t, A, 1, 1, 0);
    NOTHING(t);
    return fd;
}

/* ... and one that came to a listener, which is closed. */
static inline int accepted(struct talk *t)
{
    int port = listening(t, 1);
    arrives(t, (struct segment){.flags = S});
    EXPECT(t, S | A, 0, 1, 0);
    arrives(t, (struct segment){.flags = A, .seq = 1, .ack = 1});
    int fd = socket_accept(t->r->s, port, NULL, t->r->now_ns);
    cr_assert_geq(fd, 3);
    socket_close(t->r->s, port, t->r->now_ns);
    NOTHING(t);
    return fd;
}

static inline const char *state_of(struct talk *t)
{
    static char name[64];
    char what[96];
    snprintf(what, sizeof what, "tcp.state 10.0.2.15 %u 10.0.2.2 %u", t->our_port, t->peer_port);
    cr_assert_gt(stack_query(t->r->s, what, name, sizeof name), 0);
    return name;
}

#define STATE(talk, name) cr_assert_str_eq(state_of(talk), name)

static inline int send_text(struct talk *t, int fd, const char *what)
{
    return socket_send(t->r->s, fd, what, strlen(what), 0, NULL, t->r->now_ns);
}

/* `len` octets of a pattern. */
static inline int send_octets(struct talk *t, int fd, uint32_t len)
{
    static uint8_t octets[1 << 17];
    for (uint32_t i = 0; i < len; i++)
        octets[i] = pattern(i);
    return socket_send(t->r->s, fd, octets, len, 0, NULL, t->r->now_ns);
}

static inline int receive_text(struct talk *t, int fd, char *out, size_t room)
{
    memset(out, 0, room);
    return socket_receive(t->r->s, fd, out, room, 0, NULL, t->r->now_ns);
}

static inline void wait_ns(struct talk *t, int64_t ns)
{
    rig_run(t->r, t->r->now_ns + ns);
}

#endif
