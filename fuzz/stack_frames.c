/*
 * Frames and calls in any order, at any times, into a stack that is busy: looking for a lease,
 * holding one, asking names, pinging, tracing, with sockets open. Whatever comes, every frame has
 * one fate, every buffer comes back, what goes out is well-formed, and the stack comes to rest.
 *
 * An input: one byte chooses the world, then records. The three high bits of a record's first byte
 * say how much later it happens (or, 7, that it is a call), the next whether checksums stay as they
 * are, the next whether an answer gets the ports and ids of what was asked last, the last eleven of
 * two bytes the frame's length; its bytes follow. A call has a number, an argument and, where it
 * sends or sets bytes, as many as the argument says. Checksums are mended otherwise, and ids can be
 * had, or no fuzzer would get past them.
 */
#include "fuzz/stack_world.h"
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "stack/service/ping.h"
#include "stack/service/sntp.h"
#include "stack/service/traceroute.h"
#include "stack/service/udp_echo.h"
#include "stack/socket/socket.h"

enum {
    WORLDS = 3,
    RECORDS_MOST = 64,
    CALL = 7,
    LONGEST = 1518,
    MS = 1000000,
    FIRST_FD = 3,
    FDS = 8
};

static const int64_t second = 1000000000;
static struct fuzz_world *worlds[WORLDS];
static struct image *images[WORLDS]; /* beside the worlds: a restore would take them back */

/* --- calls --- */

static void done(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)ctx, (void)s, (void)result, (void)data, (void)now_ns;
}

static struct socket_address endpoint(uint32_t address, uint16_t port)
{
    return (struct socket_address){addr_ipv4(address), port};
}

/* Where a table is full or no route is there, one less is open. */
static void open_sockets(struct fuzz_world *f)
{
    struct stack *s = f->stack;
    struct socket_address any = endpoint(0, 4000), peer = endpoint(GATEWAY_IP, 7);
    int listener = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    socket_bind(s, listener, &any);
    socket_set(s, listener, IP_OPT_RECVERR, 1, f->now_ns);
    socket_set(s, listener, IP_OPT_ADD_MEMBERSHIP, 0xef010203, f->now_ns);
    int connected = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    socket_connect(s, connected, &peer, f->now_ns);
    socket_send(s, connected, "ping", 4, 0, NULL, f->now_ns);
    socket_open(s, ADDR_IPV4, SOCKET_RAW, 1);
    udp_echo_start(s, 7, f->now_ns);
}

static void receive_all(struct fuzz_world *f)
{
    uint8_t out[2048];
    struct socket_address from;
    struct socket_packet packet;
    for (int fd = FIRST_FD; fd < FIRST_FD + FDS; fd++) {
        socket_peek_packet(f->stack, fd, &packet);
        socket_receive(f->stack, fd, out, sizeof out, 0, &from, f->now_ns);
    }
}

static void start_ping(struct fuzz_world *f, uint32_t to, uint32_t size)
{
    struct ip_addr a = addr_ipv4(to);
    struct ping_options o;
    ping_defaults(&o, &a);
    o.count = 5;
    o.size = size;
    ping_start(f->stack, &o, done, NULL, f->now_ns);
}

static void start_services(struct fuzz_world *f, enum dns_query_type type)
{
    struct ip_addr far = addr_ipv4(0x0a070001), server = addr_ipv4(DNS_IP);
    struct traceroute_options o;
    traceroute_defaults(&o, &far);
    dns_set_servers(f->stack, &server, 1);
    dns_resolve(f->stack, "www.example.test", type, done, NULL, f->now_ns);
    start_ping(f, GATEWAY_IP, 56);
    traceroute_start(f->stack, &o, done, NULL, f->now_ns);
    sntp_query(f->stack, &server, done, NULL, f->now_ns);
}

static void send_to(struct fuzz_world *f, uint8_t what)
{
    static uint8_t payload[4000];
    static const uint32_t to[] = {GATEWAY_IP, HOST_IP,    0x0a0002ff, 0xef010203,
                                  0x0a070001, 0x7f000001, 0xffffffff, DNS_IP};
    struct socket_address a = endpoint(to[what & 7], 7);
    int fd = FIRST_FD + (what >> 3 & 1);
    socket_set(f->stack, fd, SO_OPT_BROADCAST, 1, f->now_ns);
    socket_send(f->stack, fd, payload, (size_t)(what >> 4) * 256, 0, &a, f->now_ns);
}

/* Every option of a socket, set and asked for; every question about it. */
static void probe_socket(struct fuzz_world *f, int fd, uint8_t what)
{
    struct stack *s = f->stack;
    struct socket_address a;
    int64_t value;
    for (int option = SO_OPT_BROADCAST; option <= UDP_OPT_NO_CHECKSUM; option++) {
        if (what & 1)
            socket_set(s, fd, (enum socket_option)option, what >> 1, f->now_ns);
        socket_get(s, fd, (enum socket_option)option, &value);
    }
    socket_name(s, fd, &a);
    socket_peer(s, fd, &a);
    socket_events(s, fd);
}

static void change_socket(struct fuzz_world *f, int fd, uint8_t what)
{
    static const uint8_t record_route[] = {7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t echo[] = {8, 0, 0xf7, 0xfd,
                                   0, 1, 0,    1}; /* whole, as a raw socket's user must */
    struct stack *s = f->stack;
    struct socket_address nobody = {.addr = {.family = ADDR_NONE}}, peer = endpoint(DNS_IP, 53);
    switch (what & 7) {
    case 0:
        socket_shutdown(s, fd, what >> 3 & 3, f->now_ns);
        break;
    case 1:
        socket_bind_device(s, fd, what & 8 ? "eth0" : "lo");
        break;
    case 2:
        socket_set_ip_options(s, fd, record_route, what & 8 ? sizeof record_route : 0);
        break;
    case 3:
        socket_connect(s, fd, &nobody, f->now_ns);
        break;
    case 4:
        socket_connect(s, fd, &peer, f->now_ns);
        break;
    default:
        socket_send(s, fd, echo, sizeof echo, 0, &peer, f->now_ns);
        break;
    }
}

static void change_interface(struct fuzz_world *f, unsigned number, uint8_t argument)
{
    struct ip_addr own = addr_ipv4(HOST_IP);
    switch (number) {
    case 2:
        netif_link(f->nif, argument & 1, f->now_ns);
        break;
    case 3:
        argument & 1 ? netif_up(f->nif, f->now_ns) : netif_down(f->nif, f->now_ns);
        break;
    case 10:
        netif_remove_address(f->nif, &own, f->now_ns);
        break;
    case 11:
        netif_add_address(f->nif, &own, 24, argument & 1, f->now_ns);
        break;
    case 16:
        netif_set_flags(f->nif, argument & 1 ? NETIF_PROMISCUOUS : 0,
                        argument & 2 ? NETIF_PROMISCUOUS : 0, f->now_ns);
        break;
    case 17:
        netif_set_mtu(f->nif, 68 + argument * 6u);
        break;
    default:
        break;
    }
}

/* What is off by default, and what the standards leave open. */
static void turn_knob(struct fuzz_world *f, uint8_t argument)
{
    static const struct {
        const char *name;
        int64_t value[2];
    } knobs[] = {
        {"dns.edns", {0, 1232}},
        {"dhcp.broadcast", {0, 1}},
        {"dhcp.check", {1, 0}},
        {"dhcp.offer_wait", {0, 5 * second}},
        {"icmpv4.timestamp", {0, 1}},
        {"icmpv4.echo_broadcast", {0, 1}},
        {"ipv4.strong_host", {0, 1}},
        {"reassembly.overlap", {0, 2}},
        {"arp.accept_unsolicited", {0, 1}},
        {"arp.defend", {1, 2}},
    };
    size_t k = (argument >> 1) % (sizeof knobs / sizeof knobs[0]);
    CHECK(stack_knob_set(f->stack, knobs[k].name, knobs[k].value[argument & 1]) == 0);
}

/* Networks and hosts by one router or another, or on the link: there already, or taught by a
 * redirect, or learned from a server (RFC 3442), or neither. */
static void change_route(struct fuzz_world *f, uint8_t what)
{
    static const uint32_t nets[] = {0, 0x0a070001, 0x0a070000, 0x0a000200};
    static const uint8_t prefixes[] = {0, 32, 24, 24};
    struct ip_addr net = addr_ipv4(nets[what >> 1 & 3]);
    struct ip_addr router = addr_ipv4(GATEWAY_IP + (what >> 3 & 3));
    const struct ip_addr *via = what & 32 ? NULL : &router;
    unsigned prefix = prefixes[what >> 1 & 3];
    if (what & 1)
        route_remove(f->stack, &net, prefix, via, NULL);
    else
        route_add(f->stack, &net, prefix, via, f->nif);
}

static void query_state(struct fuzz_world *f, uint8_t what)
{
    static const char *const questions[] = {
        "dhcp.state eth0",   "dhcp.lease eth0",      "dns.server 0",       "route.to 10.7.0.1",
        "route.to 10.0.2.2", "path_mtu.to 10.7.0.1", "arp.entry 10.0.2.2", "dhcp.lease eth1",
    };
    char out[256];
    size_t room = what & 8 ? 4 : sizeof out;
    CHECK(stack_query(f->stack, questions[what & 7], out, room) < (int)room);
}

static void change_stack(struct fuzz_world *f, unsigned number, uint8_t argument)
{
    switch (number) {
    case 22:
        turn_knob(f, argument);
        break;
    case 23:
        f->full = argument & 1;
        netif_wake(f->nif);
        break;
    case 26:
        change_route(f, argument);
        break;
    case 27:
        query_state(f, argument);
        break;
    default:
        change_interface(f, number, argument);
        break;
    }
}

/* A whole datagram by a raw socket that brings its own header: protocol 253 (RFC 3692 2.1), so that
 * what is behind the header is nobody's to judge. */
static void send_own_header(struct fuzz_world *f, const uint8_t *bytes, size_t len)
{
    static uint8_t datagram[3000];
    struct socket_address to = endpoint(GATEWAY_IP, 0);
    int fd = socket_open(f->stack, ADDR_IPV4, SOCKET_RAW, 253);
    if (fd < 0)
        return;
    memset(datagram, 0, sizeof datagram);
    memcpy(datagram, bytes, len);
    datagram[9] = 253;
    socket_set(f->stack, fd, IP_OPT_HDRINCL, 1, f->now_ns);
    socket_send(f->stack, fd, datagram, len & 1 ? sizeof datagram : len, 0, &to, f->now_ns);
    socket_close(f->stack, fd, f->now_ns);
}

/* The calls with bytes of their own; how many of them were taken. */
static size_t call_with_bytes(struct fuzz_world *f, unsigned number, uint8_t argument,
                              const uint8_t *bytes, size_t left)
{
    size_t len = argument < left ? argument : left;
    if (number == 24)
        send_own_header(f, bytes, len);
    else if (number == 25 && len > 0)
        dhcp_set_option(f->stack, f->nif, bytes[0], bytes + 1, len - 1);
    else
        return 0;
    settle(f);
    return len;
}

static void call(struct fuzz_world *f, unsigned number, uint8_t argument)
{
    struct stack *s = f->stack;
    struct ip_addr own = addr_ipv4(HOST_IP);
    switch (number) {
    case 0:
        s->fail_allocation = argument;
        break;
    case 1:
        receive_all(f);
        break;
    case 4:
        dhcp_start(s, f->nif, argument & 1 ? HOST_IP : 0, done, NULL, f->now_ns);
        break;
    case 5:
        dhcp_release(s, f->nif, f->now_ns);
        break;
    case 6:
        dhcp_inform(s, f->nif, done, NULL, f->now_ns);
        break;
    case 7:
        start_services(f, argument & 1 ? DNS_AAAA : DNS_A);
        break;
    case 8:
        start_ping(f, argument & 1 ? HOST_IP : GATEWAY_IP, argument * 16u);
        break;
    case 9:
        send_to(f, argument);
        break;
    case 12:
        socket_close(s, FIRST_FD + argument % FDS, f->now_ns);
        break;
    case 13:
        open_sockets(f);
        break;
    case 14:
        run_until(f, f->now_ns + (argument + 1) * 30 * second);
        return;
    case 15:
        dns_flush(s);
        dns_cancel(s, NULL);
        break;
    case 18:
        probe_socket(f, FIRST_FD + argument % FDS, argument / FDS);
        break;
    case 19:
        change_socket(f, FIRST_FD + argument % 4, argument >> 2);
        break;
    case 20:
        dns_reverse(s, &own, done, NULL, f->now_ns);
        break;
    case 21:
        udp_echo_stop(s, f->now_ns);
        break;
    default:
        change_stack(f, number, argument);
        break;
    }
    settle(f);
}

/* --- worlds --- */

static void arp_reply(struct fuzz_world *f, uint32_t from)
{
    uint8_t p[60] = {0};
    memcpy(p, fuzz_host_mac, 6);
    memcpy(p + 6, fuzz_gateway_mac, 6);
    memcpy(p + 12, (const uint8_t[]){8, 6, 0, 1, 8, 0, 6, 4, 0, 2}, 10);
    memcpy(p + 22, fuzz_gateway_mac, 6);
    put32(p + 28, from);
    memcpy(p + 32, fuzz_host_mac, 6);
    put32(p + 38, HOST_IP);
    deliver(f, p, sizeof p);
}

/* An OFFER (2) or ACK (5) to the DISCOVER or REQUEST that was sent last. */
static void dhcp_answer(struct fuzz_world *f, uint8_t type)
{
    uint8_t p[342] = {0};
    CHECK(f->sent_len >= 282);
    memset(p, 0xff, 6);
    memcpy(p + 6, fuzz_gateway_mac, 6);
    memcpy(p + 12, (const uint8_t[]){8, 0, 0x45, 0, 1, 72, 0, 0, 0, 0, 64, 17}, 12);
    put32(p + 26, GATEWAY_IP);
    put32(p + 30, 0xffffffff);
    put16(p + 24, packet_sum(p + 14, 20, 0));
    memcpy(p + 34, (const uint8_t[]){0, 67, 0, 68, 1, 52}, 6);
    uint8_t *bootp = p + 42;
    memcpy(bootp, (const uint8_t[]){2, 1, 6, 0}, 4);
    memcpy(bootp + 4, f->sent + 42 + 4, 4);
    put32(bootp + 16, HOST_IP);
    memcpy(bootp + 28, fuzz_host_mac, 6);
    const uint8_t options[] = {99, 130, 83, 99, 53, 1,  type, 54, 4,   10,  0,   2,  2,
                               51, 4,   0,  0,  14, 16, 1,    4,  255, 255, 255, 0,  3,
                               4,  10,  0,  2,  2,  6,  4,    10, 0,   2,   3,   255};
    memcpy(bootp + 236, options, sizeof options);
    deliver(f, p, sizeof p);
}

/* 0: no address, the DHCP client has sent its DISCOVER and waits for offers. */
static void looking(struct fuzz_world *f)
{
    CHECK(dhcp_start(f->stack, f->nif, 0, done, NULL, 0) == 0);
    run_until(f, 11 * second);
    CHECK(dhcp_state(f->stack, f->nif) == DHCP_SELECTING);
    open_sockets(f);
}

/* 1: an address by hand, neighbours known, every service waits for an answer. */
static void busy(struct fuzz_world *f)
{
    struct ip_addr own = addr_ipv4(HOST_IP), all = addr_ipv4(0), gateway = addr_ipv4(GATEWAY_IP);
    CHECK(netif_add_address(f->nif, &own, 24, false, 0) == 0);
    CHECK(route_add(f->stack, &all, 0, &gateway, f->nif) == 0);
    open_sockets(f);
    start_services(f, DNS_A);
    run_until(f, MS);
    arp_reply(f, GATEWAY_IP);
    arp_reply(f, DNS_IP);
    run_until(f, 2 * MS);
}

/* 2: a lease that is being renewed. */
static void renewing(struct fuzz_world *f)
{
    CHECK(dhcp_start(f->stack, f->nif, 0, done, NULL, 0) == 0);
    run_until(f, 11 * second);
    dhcp_answer(f, 2);
    dhcp_answer(f, 5);
    run_until(f, 30 * second);
    CHECK(dhcp_state(f->stack, f->nif) == DHCP_BOUND);
    open_sockets(f);
    run_until(f, 1820 * second);
    arp_reply(f, GATEWAY_IP);
    run_until(f, 1821 * second);
    CHECK(dhcp_state(f->stack, f->nif) == DHCP_RENEWING);
}

static struct fuzz_world *world_of(unsigned which)
{
    static void (*const build[WORLDS])(struct fuzz_world * f) = {looking, busy, renewing};
    struct fuzz_world **w = &worlds[which];
    if (*w)
        return *w;
    struct fuzz_world *f = fuzz_world_new();
    build[which](f);
    check_counter_names(f->stack);
    f->polls = 0;
    images[which] = world_save(f->world, NULL);
    CHECK(images[which]);
    *w = f;
    return f;
}

/* --- frames --- */

/* Mends what a NIC would not deliver otherwise and what every layer would refuse: sums only. */
static void mend(uint8_t *p, uint32_t len)
{
    if (len < 34 || get16(p + 12) != 0x0800)
        return;
    uint8_t *ip = p + 14;
    uint32_t header = (ip[0] & 15u) * 4, total = get16(ip + 2);
    if (header < 20 || total < header || total > len - 14)
        return;
    put16(ip + 10, 0);
    put16(ip + 10, packet_sum(ip, header, 0));
    uint8_t *upper = ip + header;
    uint32_t rest = total - header, pseudo = 17 + rest;
    if (get16(ip + 6) & 0x3fff)
        return;
    if (ip[9] == 1 && rest >= 4) {
        put16(upper + 2, 0);
        put16(upper + 2, packet_sum(upper, rest, 0));
    } else if (ip[9] == 17 && rest >= 8 && get16(upper + 6) != 0) {
        for (uint32_t k = 12; k < 20; k += 2)
            pseudo += get16(ip + k);
        put16(upper + 6, 0);
        uint16_t sum = packet_sum(upper, rest, pseudo);
        put16(upper + 6, sum ? sum : 0xffff);
    }
}

/* What an ICMP error is about: all that waits for one is in reach. */
static enum question quoted(uint8_t type, uint8_t code)
{
    return type == 11 ? ASKED_TRACE : code & 1 ? ASKED_DNS : ASKED_IP;
}

/* Ports and ids of the question that this frame, by its kind, would answer. */
static void aim(const struct fuzz_world *f, uint8_t *p, uint32_t len)
{
    if (len < 42 || get16(p + 12) != 0x0800 || p[14] != 0x45)
        return;
    uint8_t *upper = p + 34;
    uint32_t rest = len - 34;
    uint16_t from = p[23] == 17 ? get16(upper) : 0;
    const uint8_t *dns = f->asked[ASKED_DNS] + 34, *ntp = f->asked[ASKED_NTP] + 34;
    if (from == 67 && rest >= 16)
        memcpy(upper + 12, f->asked[ASKED_DHCP] + 34 + 12, 4); /* xid */
    if (from == 53 && rest >= 10) {
        memcpy(upper + 2, dns, 2);
        memcpy(upper + 8, dns + 8, 2); /* id */
    }
    if (from == 123 && rest >= 40) {
        memcpy(upper + 2, ntp, 2);
        memcpy(upper + 32, ntp + 48, 8); /* originate is the request's transmit timestamp */
    }
    if (p[23] == 1 && upper[0] == 0)
        memcpy(upper + 4, f->asked[ASKED_ECHO] + 34 + 4, 4); /* identifier, sequence number */
    else if (p[23] == 1 && upper[0] != 8 && rest >= 36)
        memcpy(upper + 8, f->asked[quoted(upper[0], upper[1])] + 14, 28);
}

/* One record; returns the bytes used. */
static size_t record(struct fuzz_world *f, const uint8_t *data, size_t size)
{
    static const int64_t steps[CALL] = {0,
                                        1000,
                                        MS,
                                        100 * (int64_t)MS,
                                        1000 * (int64_t)MS,
                                        10000 * (int64_t)MS,
                                        60000 * (int64_t)MS};
    uint8_t frame[LONGEST];
    unsigned step = data[0] >> 5;
    if (step == CALL) {
        call(f, data[0] & 31, data[1]);
        return 2 + call_with_bytes(f, data[0] & 31, data[1], data + 2, size - 2);
    }
    uint32_t len = (uint32_t)(data[0] & 7) << 8 | data[1];
    if (len > size - 2)
        len = (uint32_t)(size - 2);
    uint32_t used = len > LONGEST ? LONGEST : len;
    memcpy(frame, data + 2, used);
    run_until(f, f->now_ns + steps[step]);
    if (data[0] & 8)
        aim(f, frame, used);
    if (!(data[0] & 16))
        mend(frame, used);
    if (used && f->stack->rx_number + 1 < FRAMES_MOST)
        deliver(f, frame, used);
    return 2 + len;
}

/* --- the end --- */

static void check_end(struct fuzz_world *f)
{
    struct stack *s = f->stack;
    s->fail_allocation = 0;
    for (int fd = FIRST_FD; fd < FIRST_FD + FDS; fd++)
        socket_close(s, fd, f->now_ns);
    stack_stop(s, f->now_ns);
    CHECK(s->rx_received == s->rx_consumed + s->rx_dropped);
    for (uint32_t frame = 1; frame <= s->rx_number; frame++)
        CHECK(f->fates[frame] == 1);
    for (int c = 0; c < NETBUF_CLASSES; c++)
        CHECK(s->pool[c].available == s->pool[c].total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    unsigned which = data[0] % WORLDS;
    struct fuzz_world *f = world_of(which);
    int records = 0;
    data++, size--;
    while (size >= 2 && records++ < RECORDS_MOST && f->polls < POLLS_MOST) {
        size_t used = record(f, data, size);
        data += used;
        size -= used;
    }
    if (f->polls < POLLS_MOST)
        run_until(f, f->now_ns + 2 * second);
    check_end(f);
    world_restore(f->world, images[which]);
    return 0;
}
