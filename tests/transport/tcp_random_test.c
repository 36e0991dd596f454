/* Whatever comes in whatever order, and whatever is called: no assertion of the stack fails (the
 * invariants are on), each frame has one fate, and in the end nothing is lent any more. */
#include <stdio.h>
#include "stack/core/neighbour.h"
#include "tests/transport/segment.h"

enum { CASES = 120, STEPS = 250, FDS = 8 };

static struct talk t;
static uint64_t seed;
static uint32_t peer_nxt;         /* what the peer would send next, if it were honest */
static uint32_t our_nxt, our_una; /* as the peer has seen */
static bool stamps;               /* timestamps are agreed on */
static uint32_t peer_clock;

static uint32_t draw(uint32_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

static uint32_t near(uint32_t at)
{
    static const uint32_t off[] = {0,   0,        0,    0,     1,     0u - 1,     2,
                                   100, 0u - 100, 1460, 65535, 65536, 0u - 65535, 1u << 31};
    return at + off[draw(sizeof off / sizeof *off)];
}

static uint32_t some_options(uint8_t out[40])
{
    static const uint8_t kinds[][12] = {{2, 4, 5, 0xb4},
                                        {1, 3, 3, 7},
                                        {1, 1, 4, 2},
                                        {1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0},
                                        {1, 1, 5, 10, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 9},
                                        {2, 0, 0, 0},
                                        {30, 60, 1, 1},
                                        {3, 3, 255, 1}};
    static const uint8_t lens[] = {4, 4, 4, 12, 12, 4, 4, 4};
    uint32_t len = 0;
    for (uint32_t n = draw(4); n > 0; n--) {
        uint32_t k = draw(8);
        if (len + lens[k] > 40)
            break;
        memcpy(out + len, kinds[k], lens[k]);
        len += lens[k];
    }
    return len;
}

static uint32_t stamp(uint8_t out[40])
{
    static const uint8_t head[4] = {1, 1, 8, 10};
    memcpy(out, head, sizeof head);
    rig_put32(out + 4, peer_clock += draw(3));
    rig_put32(out + 8, t.ts_val - draw(3));
    return 12;
}

/* What an honest peer sends: text in its place, an acknowledgement, the end now and then. */
static void honest_segment(void)
{
    uint8_t options[40];
    struct segment g = {.flags = A, .seq = peer_nxt, .ack = our_nxt, .window = 60000};
    if (draw(3) == 0)
        g.seq += draw(3000);
    g.flags |= draw(30) == 0 ? F : draw(2) ? P : 0;
    g.fill = draw(2) ? draw(1400) : 0;
    g.options = options;
    g.options_len = stamps ? stamp(options) : 0;
    arrives(&t, g);
    if (g.seq == peer_nxt)
        peer_nxt += g.fill + ((g.flags & F) != 0);
}

static void some_segment(void)
{
    t.peer_port = (uint16_t)(PEER_PORT + (draw(6) == 0));
    if (draw(2)) {
        honest_segment();
        return;
    }
    static const unsigned flags[] = {S,     S | A, A,     A, A, A | P, F | A,   R,
                                     R | A, U | A, S | F, 0, F, 0xff,  A | 0x40};
    uint8_t options[40];
    struct segment g = {.flags = flags[draw(15)], .seq = near(peer_nxt), .ack = near(our_nxt)};
    if (draw(3) == 0)
        g.ack = near(our_una);
    g.options_len = some_options(options);
    g.options = options;
    g.fill = draw(3) == 0 ? draw(1400) : 0;
    g.window = (uint16_t)(draw(2) ? 65535 : draw(3000));
    g.closed = draw(10) == 0;
    g.urgent = (uint16_t)draw(20);
    if (stamps && draw(3))
        g.options_len = stamp(options);
    arrives(&t, g);
    if (g.seq == peer_nxt && draw(2))
        peer_nxt += g.fill + ((g.flags & (S | F)) != 0);
}

/* The peer reads what we say, so that it is honest now and then. */
static void look(void)
{
    while (!nothing_more(&t)) {
        struct sent g = next(&t);
        if (g.flags & S) {
            t.our_iss += g.seq;
            g.seq = 0;
            our_una = 0;
            our_nxt = 1;
        }
        uint32_t end = g.seq + g.len + ((g.flags & F) != 0);
        our_una = our_nxt;
        our_nxt = end > our_nxt || draw(4) == 0 ? end : our_nxt;
        if ((g.flags & A) && draw(2))
            peer_nxt = g.ack;
    }
    t.r->sent_count = t.seen = 0;
}

static void some_option(int fd)
{
    static const enum socket_option options[] = {
        SO_OPT_KEEPALIVE, SO_OPT_LINGER,        TCP_OPT_NODELAY,  TCP_OPT_CORK,
        TCP_OPT_KEEPIDLE, TCP_OPT_USER_TIMEOUT, TCP_OPT_QUICKACK, TCP_OPT_CONGESTION,
        SO_OPT_RCVBUF,    SO_OPT_SNDBUF,        SO_OPT_REUSEADDR, TCP_OPT_NOTSENT_LOWAT};
    int64_t value;
    enum socket_option o = options[draw(12)];
    socket_set(t.r->s, fd, o, draw(4) ? draw(3) : draw(9000), t.r->now_ns);
    socket_get(t.r->s, fd, o, &value);
}

static void some_call(void)
{
    static uint8_t octets[20000];
    struct socket_address to = {addr_ipv4(RIG_PEER), t.peer_port}, at = {addr_ipv4(0), OUR_PORT};
    struct socket_tcp_info info;
    int fd = 3 + (int)draw(FDS);
    struct stack *s = t.r->s;
    switch (draw(12)) {
    case 0:
        socket_open(s, ADDR_IPV4, SOCKET_STREAM, 0);
        break;
    case 1:
        socket_bind(s, fd, &at);
        break;
    case 2:
        socket_listen(s, fd, (int)draw(3), t.r->now_ns);
        break;
    case 3:
        socket_connect(s, fd, &to, t.r->now_ns);
        break;
    case 4:
    case 5:
        socket_accept(s, fd, NULL, t.r->now_ns);
        break;
    case 6:
    case 7:
        socket_send(s, fd, octets, draw(sizeof octets), draw(5) ? 0 : MSG_FLAG_OOB, NULL,
                    t.r->now_ns);
        break;
    case 8:
        socket_receive(s, fd, octets, draw(9000), draw(3) ? 0 : MSG_FLAG_PEEK, NULL, t.r->now_ns);
        break;
    case 9:
        socket_shutdown(s, fd, (int)draw(3), t.r->now_ns);
        break;
    case 10:
        some_option(fd);
        socket_tcp_info(s, fd, &info, t.r->now_ns);
        break;
    default:
        if (draw(3) == 0)
            socket_close(s, fd, t.r->now_ns);
    }
}

static void begin_connected(void)
{
    static const uint8_t all[] = {2, 4,    5, 0xb4, 4, 2, 8, 10, 0, 0,
                                  3, 0xe8, 0, 0,    0, 0, 1, 3,  3, 4};
    begin_connect(&t);
    struct sent g = next(&t);
    stamps = option(&g, 8) != NULL && draw(2);
    peer_clock = 1000;
    arrives(&t,
            (struct segment){
                .flags = S | A, .ack = 1, .options = all, .options_len = stamps ? sizeof all : 4});
    peer_nxt = our_nxt = our_una = 1;
}

/* With little of everything, so that everything runs out. */
static struct talk narrow_talk(void)
{
    struct stack_limits l = stack_full_config.limits;
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    struct talk narrow = {.peer_port = PEER_PORT, .our_port = OUR_PORT, .peer_iss = 0xfffffff0u};
    l.frames = 24;
    l.driver_bytes = 4096;
    l.tcp_pcbs = 3;
    l.tcp_chunks = (uint16_t)(2 + draw(6));
    narrow.r = rig_open(NULL, &l, true);
    cr_assert_eq(neighbour_add(narrow.r->nif, &peer, rig_peer, 0), 0);
    return narrow;
}

static void one_case(uint64_t number)
{
    seed = number;
    t = draw(3) ? talk_open() : narrow_talk();
    stack_knob_set(t.r->s, "tcp.timestamps", draw(2));
    stack_knob_set(t.r->s, "tcp.window_scaling", draw(2));
    stack_knob_set(t.r->s, "tcp.sack", draw(2));
    stack_knob_set(t.r->s, "tcp.msl", (int64_t)draw(3) * RIG_SECOND);
    peer_nxt = our_nxt = our_una = 0;
    stamps = false;
    if (draw(4))
        begin_connected();
    for (int i = 0; i < 2; i++)
        stream_socket(&t);
    for (int step = 0; step < STEPS; step++) {
        switch (draw(5)) {
        case 0:
        case 1:
            some_segment();
            break;
        case 2:
        case 3:
            if (draw(20) == 0)
                t.r->s->fail_allocation = 1 + draw(3);
            some_call();
            t.r->s->fail_allocation = 0;
            break;
        default:
            if (draw(4) == 0)
                wait_ns(&t, (int64_t)draw(4000) * 1000000);
        }
        look();
    }
    stack_knob_set(t.r->s, "tcp.msl", RIG_SECOND);
    for (int fd = 3; fd < 3 + FDS; fd++)
        socket_close(t.r->s, fd, t.r->now_ns);
    for (int i = 0; i < 70; i++) {
        wait_ns(&t, 10 * RIG_SECOND);
        t.r->sent_count = 0;
    }
    char text[16];
    cr_assert_gt(stack_query(t.r->s, "tcp.chunks", text, sizeof text), 0);
    cr_assert_str_eq(text, "0", "chunks are still lent");
    rig_close(t.r);
}

Test(tcp_random, segments_and_calls)
{
    for (uint64_t i = 1; i <= CASES; i++)
        one_case(i);
}
