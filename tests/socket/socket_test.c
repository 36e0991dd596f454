#include "stack/socket/socket.h"
#include "tests/transport/datagram.h"

static struct rig *r;
static struct stack *s;
static int ready_calls;
static unsigned ready_events;

static void ready(void *self, int fd, unsigned events)
{
    (void)self;
    (void)fd;
    ready_calls++;
    ready_events |= events;
}

static void open_rig(void)
{
    r = datagram_rig();
    s = r->s;
    s->port.ready = ready;
    ready_calls = 0;
    ready_events = 0;
}

static void close_rig(void)
{
    for (int fd = 3; fd < 16; fd++)
        socket_close(s, fd, 0);
    rig_close(r);
}

TestSuite(socket, .init = open_rig, .fini = close_rig);

static struct socket_address at(uint32_t address, uint16_t port)
{
    return (struct socket_address){addr_ipv4(address), port};
}

static int udp_socket(uint16_t port)
{
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    struct socket_address local = at(0, port);
    cr_assert_geq(fd, 3);
    if (port)
        cr_assert_eq(socket_bind(s, fd, &local), 0);
    return fd;
}

static int send_to(int fd, const char *text, uint32_t address, uint16_t port)
{
    struct socket_address to = at(address, port);
    return socket_send(s, fd, text, strlen(text), 0, &to, r->now_ns);
}

static int receive(int fd, char *out, size_t room, int flags)
{
    memset(out, 0, room);
    return socket_receive(s, fd, out, room, flags, NULL, r->now_ns);
}

static void arrives(const char *text, uint16_t port)
{
    datagram_receive(
        r, &(struct datagram){
               .sport = 5000, .dport = port, .payload = text, .len = (uint32_t)strlen(text)});
}

/* --- descriptors --- */

Test(socket, lowest_free_descriptor_and_a_full_table)
{
    for (int fd = 3; fd < 11; fd++) /* the rig's limit is 8 */
        cr_assert_eq(udp_socket(0), fd);
    cr_assert_eq(socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0), -ERR_MFILE);
    cr_assert_eq(socket_close(s, 5, 0), 0);
    cr_assert_eq(socket_close(s, 5, 0), -ERR_BADF);
    cr_assert_eq(udp_socket(0), 5);
}

Test(socket, kinds_that_do_not_exist)
{
    cr_assert_eq(socket_open(s, ADDR_IPV6, SOCKET_DGRAM, 0), -ERR_AFNOSUPPORT);
    cr_assert_eq(socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 6), -ERR_PROTONOSUPPORT);
    cr_assert_eq(socket_open(s, ADDR_IPV4, SOCKET_RAW, 0), -ERR_PROTONOSUPPORT);
    cr_assert_eq(socket_open(s, ADDR_IPV4, (enum socket_type)9, 0), -ERR_PROTOTYPE);
    struct socket_address to = at(RIG_PEER, 7);
    cr_assert_eq(socket_send(s, 3, "", 0, 0, &to, 0), -ERR_BADF);
    cr_assert_eq(socket_connect(s, -1, &to, 0), -ERR_BADF);
}

/* --- the queue --- */

/* RFC1122-4.1.1-1, -2, RFC768-user-interface-1. */
Test(socket, datagrams_keep_their_bounds)
{
    char text[16];
    struct socket_address from;
    int fd = udp_socket(9999);
    arrives("first", 9999);
    arrives("", 9999);
    arrives("third", 9999);
    cr_assert_eq(socket_receive(s, fd, text, sizeof text, 0, &from, 0), 5);
    cr_assert_eq(from.addr.word[0], RIG_PEER);
    cr_assert_eq(from.port, 5000);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 0);
    cr_assert_eq(receive(fd, text, sizeof text, MSG_FLAG_PEEK), 5);
    cr_assert_eq(receive(fd, text, 2, MSG_FLAG_PEEK | MSG_FLAG_TRUNC), 5);
    cr_assert_eq(receive(fd, text, 2, 0), 2);
    cr_assert_arr_eq(text, "th", 2);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
}

/* RFC1122-4.1.3.1-3: the newest is lost, by name, and the order is kept. */
Test(socket, bounded_by_datagrams)
{
    char text[4];
    int fd = udp_socket(9999);
    for (int i = 0; i < 6; i++)
        arrives(i == 0 ? "0" : i == 1 ? "1" : i == 2 ? "2" : i == 3 ? "3" : "x", 9999);
    cr_assert_eq(rig_counter(r, "socket.drop.queue_full"), 2);
    for (int c = '0'; c < '4'; c++) {
        cr_assert_eq(receive(fd, text, sizeof text, 0), 1);
        cr_assert_eq(text[0], c);
    }
}

/* Round and round the ring, with one to three in it. */
Test(socket, order_is_kept_round_the_ring)
{
    char text[2] = "a", got[4];
    int fd = udp_socket(9999), in = 0, out = 0;
    for (int step = 0; step < 40; step++) {
        for (int n = 0; n < 1 + step % 3; n++) {
            text[0] = (char)('a' + in++ % 26);
            arrives(text, 9999);
        }
        while (receive(fd, got, sizeof got, 0) == 1)
            cr_assert_eq(got[0], 'a' + out++ % 26);
    }
    cr_assert_eq(in, out);
}

Test(socket, bounded_by_bytes)
{
    char hundred[101];
    int64_t value;
    int fd = udp_socket(9999);
    memset(hundred, 'h', 100);
    hundred[100] = 0;
    cr_assert_eq(socket_set(s, fd, SO_OPT_RCVBUF, 1, 0), 0);
    cr_assert_eq(socket_get(s, fd, SO_OPT_RCVBUF, &value), 0);
    cr_assert_eq(value, 256);
    for (int i = 0; i < 3; i++)
        arrives(hundred, 9999);
    cr_assert_eq(rig_counter(r, "socket.drop.buffer_full"), 1);
    arrives("small enough", 9999);
    cr_assert_eq(rig_counter(r, "socket.drop.buffer_full"), 1);
    cr_assert_eq(receive(fd, hundred, 100, 0), 100);
    arrives(hundred, 9999);
    cr_assert_eq(rig_counter(r, "socket.drop.buffer_full"), 1);
}

/* Told once for what came, not for every datagram; again after the queue was empty. */
Test(socket, readiness_is_told_when_it_grows)
{
    char text[4];
    int fd = udp_socket(9999);
    cr_assert_eq(socket_events(s, fd), SOCKET_WRITABLE);
    arrives("a", 9999);
    arrives("b", 9999);
    cr_assert_eq(ready_calls, 1);
    cr_assert_eq(ready_events, SOCKET_READABLE);
    receive(fd, text, sizeof text, 0);
    receive(fd, text, sizeof text, 0);
    arrives("c", 9999);
    cr_assert_eq(ready_calls, 2);
}

Test(socket, close_drops_what_waits)
{
    int fd = udp_socket(9999);
    arrives("a", 9999);
    cr_assert_eq(socket_close(s, fd, 0), 0);
    cr_assert_eq(rig_counter(r, "socket.drop.closed"), 1);
    arrives("b", 9999); /* 3/3 */
    cr_assert_eq(r->sent_count, 1);
}

/* --- names and peers --- */

/* RFC1122-4.1.3.5-4. */
Test(socket, connect_and_dissolve)
{
    struct socket_address a, peer = at(RIG_PEER, 7), nobody = {0};
    int fd = udp_socket(0);
    cr_assert_eq(socket_peer(s, fd, &a), -ERR_NOTCONN);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, NULL, 0), -ERR_DESTADDRREQ);
    cr_assert_eq(socket_connect(s, fd, &peer, 0), 0);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, NULL, 0), 1);
    struct sent_datagram sent = last_udp(r);
    cr_assert_eq(socket_name(s, fd, &a), 0);
    cr_assert_eq(a.addr.word[0], sent.src);
    cr_assert_eq(a.port, sent.sport);
    cr_assert_eq(socket_peer(s, fd, &a), 0);
    cr_assert_eq(a.port, 7);
    cr_assert_eq(send_to(fd, "elsewhere", RIG_PEER, 8), 9);
    cr_assert_eq(last_udp(r).dport, 8);
    cr_assert_eq(socket_connect(s, fd, &nobody, 0), 0);
    cr_assert_eq(socket_name(s, fd, &a), 0);
    cr_assert(addr_is_any(&a.addr) && a.port == 0);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, NULL, 0), -ERR_DESTADDRREQ);
}

/* What bind named stays when the association goes. */
Test(socket, dissolving_keeps_what_was_bound)
{
    struct socket_address a, peer = at(RIG_PEER, 7);
    int fd = udp_socket(9999);
    cr_assert_eq(socket_connect(s, fd, &peer, 0), 0);
    cr_assert_eq(socket_connect(s, fd, NULL, 0), 0);
    cr_assert_eq(socket_name(s, fd, &a), 0);
    cr_assert(addr_is_any(&a.addr) && a.port == 9999);
    arrives("a", 9999);
    cr_assert(socket_events(s, fd) & SOCKET_READABLE);
}

Test(socket, bind_errors)
{
    struct socket_address mine = at(0, 9999), again = at(0, 9998), foreign = at(0x0a000263, 9997),
                          six = {{.family = ADDR_IPV6}, 1};
    int fd = udp_socket(9999), other = udp_socket(0);
    cr_assert_eq(socket_bind(s, fd, &again), -ERR_INVAL);
    cr_assert_eq(socket_bind(s, other, &mine), -ERR_ADDRINUSE);
    cr_assert_eq(socket_bind(s, other, &foreign), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(socket_bind(s, other, &six), -ERR_AFNOSUPPORT);
    cr_assert_eq(socket_set(s, fd, SO_OPT_REUSEADDR, 1, 0), 0);
    cr_assert_eq(socket_set(s, other, SO_OPT_REUSEADDR, 1, 0), 0);
    cr_assert_eq(socket_bind(s, other, &mine), 0);
}

/* --- errors --- */

/* RFC1122-4.1.3.3-2: once, by the next call; RFC 1122 has a soft error only told to who asks. */
Test(socket, an_icmp_error_is_told_once)
{
    char text[4];
    int64_t value;
    struct socket_address peer = at(RIG_PEER, 7);
    int fd = udp_socket(0);
    cr_assert_eq(socket_connect(s, fd, &peer, 0), 0);
    socket_send(s, fd, "a", 1, 0, NULL, 0);
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(ready_events, SOCKET_ERROR);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_CONNREFUSED);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, NULL, 0), -ERR_CONNREFUSED);
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(socket_get(s, fd, SO_OPT_ERROR, &value), 0);
    cr_assert_eq(value, ERR_CONNREFUSED);
    icmp_about(r, 0, 3, 1, RIG_PEER);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
    socket_set(s, fd, IP_OPT_RECVERR, 1, 0);
    icmp_about(r, 0, 3, 1, RIG_PEER);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_HOSTUNREACH);
}

/* A socket without a peer cannot tell which datagram failed, and is not told. */
Test(socket, an_unconnected_socket_hears_no_error)
{
    char text[4];
    int fd = udp_socket(9999);
    send_to(fd, "a", RIG_PEER, 7);
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
}

Test(socket, send_errors)
{
    static char big[65508];
    struct socket_address to = at(RIG_PEER, 7);
    int fd = udp_socket(0);
    cr_assert_eq(socket_send(s, fd, big, sizeof big, 0, &to, 0), -ERR_MSGSIZE);
    cr_assert_eq(send_to(fd, "a", 0x0a0002ff, 7), -ERR_ACCES);
    cr_assert_eq(send_to(fd, "a", RIG_PEER, 0), -ERR_INVAL);
    cr_assert_eq(send_to(fd, "a", 0xc0000201, 7), -ERR_NETUNREACH);
    socket_set(s, fd, SO_OPT_BROADCAST, 1, 0);
    cr_assert_eq(send_to(fd, "a", 0x0a0002ff, 7), 1);
}

/* IP_MTU_DISCOVER: 2 never fragments; 0 does; 1 is the knob's. */
Test(socket, dont_fragment)
{
    static char big[2000];
    struct socket_address to = at(RIG_PEER, 7);
    int64_t mtu;
    int fd = udp_socket(0);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, &to, 0), 1);
    cr_assert_eq(last_udp(r).frag & 0x4000, 0);
    stack_knob_set(s, "socket.dont_fragment", 1);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, &to, 0), 1);
    cr_assert_eq(last_udp(r).frag & 0x4000, 0x4000);
    cr_assert_eq(socket_send(s, fd, big, sizeof big, 0, &to, 0), 2000);
    socket_set(s, fd, IP_OPT_MTU_DISCOVER, 2, 0);
    cr_assert_eq(socket_send(s, fd, big, sizeof big, 0, &to, 0), -ERR_MSGSIZE);
    cr_assert_eq(socket_send(s, fd, big, 1472, 0, &to, 0), 1472);
    cr_assert_eq(last_udp(r).frag & 0x4000, 0x4000);
    socket_set(s, fd, IP_OPT_MTU_DISCOVER, 0, 0);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, &to, 0), 1);
    cr_assert_eq(last_udp(r).frag & 0x4000, 0);
    cr_assert_eq(socket_get(s, fd, IP_OPT_MTU, &mtu), -ERR_NOTCONN);
    cr_assert_eq(socket_connect(s, fd, &to, 0), 0);
    cr_assert_eq(socket_get(s, fd, IP_OPT_MTU, &mtu), 0);
    cr_assert_eq(mtu, 1500);
}

/* RFC1122-4.1.4-1. */
Test(socket, ttl_and_tos)
{
    int64_t value;
    int fd = udp_socket(0);
    cr_assert_eq(socket_get(s, fd, IP_OPT_TTL, &value), 0);
    cr_assert_eq(value, 64);
    cr_assert_eq(socket_set(s, fd, IP_OPT_TTL, 3, 0), 0);
    cr_assert_eq(socket_set(s, fd, IP_OPT_TOS, 0x20, 0), 0);
    send_to(fd, "a", RIG_PEER, 7);
    cr_assert_eq(last_udp(r).ttl, 3);
    cr_assert_eq(last_udp(r).tos, 0x20);
    cr_assert_eq(socket_set(s, fd, IP_OPT_TTL, 256, 0), -ERR_INVAL);
    cr_assert_eq(socket_set(s, fd, IP_OPT_TTL, 0, 0), -ERR_INVAL);
    cr_assert_eq(socket_set(s, fd, IP_OPT_HDRINCL, 1, 0), -ERR_NOPROTOOPT);
}

Test(socket, shutdown)
{
    char text[4];
    struct socket_address peer = at(RIG_PEER, 5000);
    int fd = udp_socket(9999);
    cr_assert_eq(socket_shutdown(s, fd, SOCKET_SHUT_BOTH, 0), -ERR_NOTCONN);
    cr_assert_eq(socket_connect(s, fd, &peer, 0), 0);
    arrives("a", 9999);
    cr_assert_eq(socket_shutdown(s, fd, 3, 0), -ERR_INVAL);
    cr_assert_eq(socket_shutdown(s, fd, SOCKET_SHUT_BOTH, 0), 0);
    arrives("b", 9999);
    cr_assert_eq(rig_counter(r, "socket.drop.shut"), 1);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 1);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 0);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, NULL, 0), -ERR_PIPE);
    cr_assert(socket_events(s, fd) & SOCKET_HANGUP);
}

/* A destination of 0.0.0.0 is this host. Loopback's datagrams come with the next poll. */
Test(socket, to_this_host)
{
    char text[8];
    int fd = udp_socket(9999);
    cr_assert_eq(send_to(fd, "self", 0, 9999), 4);
    stack_poll(s, 0);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 4);
}

/* RFC1122-4.1.3.2-2, -3: the options leave as they were given. A source route that
 * somebody has followed is refused. */
Test(socket, ip_options_sent)
{
    static const uint8_t record[] = {1, 7, 7, 4, 0, 0, 0, 0}, route[] = {131, 7, 8, 10, 0, 2, 2, 0},
                         bad[] = {7, 99, 4};
    int fd = udp_socket(0);
    cr_assert_eq(socket_set_ip_options(s, fd, record, sizeof record), 0);
    send_to(fd, "a", RIG_PEER, 7);
    const uint8_t *ip = r->sent[0].bytes + 14;
    cr_assert_eq(ip[0], 0x47);
    cr_assert_arr_eq(ip + 20, record, 3);
    cr_assert_eq(last_udp(r).len, 1);
    cr_assert_eq(socket_set_ip_options(s, fd, route, sizeof route), -ERR_INVAL);
    cr_assert_eq(socket_set_ip_options(s, fd, bad, sizeof bad), -ERR_INVAL);
    cr_assert_eq(socket_set_ip_options(s, fd, record, 41), -ERR_INVAL);
    cr_assert_eq(socket_set_ip_options(s, fd, NULL, 0), 0);
    send_to(fd, "a", RIG_PEER, 7);
    cr_assert_eq(r->sent[1].bytes[14], 0x45);
}

/* RFC1122-4.1.3.2-1, RFC1122-4.1.3.5-1, RFC1122-4.1.4-2. */
Test(socket, what_the_header_said)
{
    static const uint8_t record[] = {7, 7, 4, 0, 0, 0, 0, 0};
    uint8_t frame[DATAGRAM_BYTES], udp[8] = {0x13, 0x88, 0x27, 0x0f, 0, 8, 0, 0};
    const struct rig_ip ip = {
        .proto = 17, .tos = 0x20, .ttl = 9, .options = record, .options_len = 8};
    struct socket_packet packet;
    char text[4];
    int fd = udp_socket(9999);
    cr_assert_eq(socket_peek_packet(s, fd, &packet), -ERR_AGAIN);
    rig_receive(r, frame, rig_ipv4(frame, &ip, udp, 8));
    cr_assert_eq(socket_peek_packet(s, fd, &packet), 0);
    cr_assert_eq(packet.destination.word[0], RIG_ADDRESS);
    cr_assert_eq(packet.tos, 0x20);
    cr_assert_eq(packet.ttl, 9);
    cr_assert_eq(packet.netif, r->nif->index);
    cr_assert_eq(packet.options_len, 8);
    cr_assert_eq(packet.options[0], 7);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 0);
    datagram_receive(r, &(struct datagram){.dst = 0x0a0002ff, .sport = 5000, .dport = 9999});
    cr_assert_eq(socket_peek_packet(s, fd, &packet), 0);
    cr_assert_eq(packet.destination.word[0], 0x0a0002ff);
}

/* RFC6633-5-2. */
Test(socket, source_quench_is_ignored)
{
    char text[4];
    struct socket_address peer = at(RIG_PEER, 7);
    int fd = udp_socket(0);
    socket_connect(s, fd, &peer, 0);
    socket_set(s, fd, IP_OPT_RECVERR, 1, 0);
    socket_send(s, fd, "a", 1, 0, NULL, 0);
    icmp_about(r, 0, 4, 0, RIG_PEER);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
    cr_assert_eq(socket_send(s, fd, "a", 1, 0, NULL, 0), 1);
}

/* --- multicast --- */

/* A group is heard while some socket is in it, and only that group, though two share their link
 * address. */
Test(socket, groups)
{
    const struct datagram in = {
        .dst = 0xe0010203, .sport = 1, .dport = 9999, .payload = "g", .len = 1};
    const struct datagram alias = {
        .dst = 0xe0810203, .sport = 1, .dport = 9999, .payload = "h", .len = 1};
    char text[4];
    int fd = udp_socket(9999), other = udp_socket(0);
    struct ip_addr any = addr_ipv4(0);
    cr_assert_eq(route_add(s, &any, 0, NULL, r->nif), 0);
    datagram_receive(r, &in);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
    cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, 0xe0010203, 0), 0);
    cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, 0xe0010203, 0), -ERR_ADDRINUSE);
    cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, RIG_PEER, 0), -ERR_INVAL);
    cr_assert_eq(socket_set(s, other, IP_OPT_ADD_MEMBERSHIP, 0xe0010203, 0), 0);
    datagram_receive(r, &in);
    datagram_receive(r, &alias);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 1);
    cr_assert_eq(text[0], 'g');
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
    cr_assert_eq(socket_set(s, fd, IP_OPT_DROP_MEMBERSHIP, 0xe0010203, 0), 0);
    cr_assert_eq(socket_set(s, fd, IP_OPT_DROP_MEMBERSHIP, 0xe0010203, 0), -ERR_ADDRNOTAVAIL);
    datagram_receive(r, &in);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 1); /* the other one is still in it */
    cr_assert_eq(socket_close(s, other, 0), 0);
    datagram_receive(r, &in);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
}

/* A member hears its own host's datagrams, unless the sender says not. */
Test(socket, group_looped_back)
{
    char text[4];
    int fd = udp_socket(9999);
    struct ip_addr any = addr_ipv4(0);
    cr_assert_eq(route_add(s, &any, 0, NULL, r->nif), 0);
    cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, 0xe0010203, 0), 0);
    cr_assert_eq(send_to(fd, "g", 0xe0010203, 9999), 1);
    stack_poll(s, 0);
    cr_assert_eq(receive(fd, text, sizeof text, 0), 1);
    socket_set(s, fd, IP_OPT_MULTICAST_LOOP, 0, 0);
    cr_assert_eq(send_to(fd, "g", 0xe0010203, 9999), 1);
    stack_poll(s, 0);
    cr_assert_eq(receive(fd, text, sizeof text, 0), -ERR_AGAIN);
}

Test(socket, sends_to_a_group_with_ttl_1)
{
    int fd = udp_socket(0);
    cr_assert_eq(send_to(fd, "g", 0xe0010203, 9999), 1);
    cr_assert_eq(last_udp(r).ttl, 1);
    socket_set(s, fd, IP_OPT_MULTICAST_TTL, 5, 0);
    cr_assert_eq(send_to(fd, "g", 0xe0010203, 9999), 1);
    cr_assert_eq(last_udp(r).ttl, 5);
}

/* --- raw --- */

Test(socket, raw)
{
    uint8_t frame[DATAGRAM_BYTES];
    char text[64];
    const struct rig_ip ip = {.proto = 200};
    struct socket_address from, to = at(RIG_PEER, 0);
    int fd = socket_open(s, ADDR_IPV4, SOCKET_RAW, 200);
    cr_assert_eq(fd, 3);
    rig_receive(r, frame, rig_ipv4(frame, &ip, "raw", 3));
    cr_assert_eq(socket_receive(s, fd, text, sizeof text, 0, &from, 0), 23);
    cr_assert_eq(from.addr.word[0], RIG_PEER);
    cr_assert_eq(socket_send(s, fd, "raw", 3, 0, NULL, 0), -ERR_DESTADDRREQ);
    cr_assert_eq(socket_send(s, fd, "raw", 3, 0, &to, 0), 3);
    cr_assert_eq(r->sent[0].bytes[14 + 9], 200);
    cr_assert_eq(socket_connect(s, fd, &to, 0), 0);
    cr_assert_eq(socket_send(s, fd, "raw", 3, 0, NULL, 0), 3);
}
