/*
 * A stack as a plug-in that has nothing but frames: an eth_receive and a transmit hook. It answers
 * ARP, ping, datagrams to port 7 (RFC 862), and refuses all else as RFC 1122 asks. It opens nothing
 * by itself and has no calls but the one that gives it its address.
 *
 *     make examples
 *     build/release/wiredrill run --needs frames \
 *         --sut build/release/examples/stack/eth_receive.so scenarios
 *
 * What it does not have, it says (`lacks`, at the end); scripts that need it are skipped by name.
 */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut.h"

/* --- the stack: what you have already --- */

struct my_stack {
    uint8_t mac[6];
    uint8_t ip[4];
    int prefix;
    unsigned id; /* of the next datagram */
    void (*transmit)(void *ctx, const void *frame, size_t len);
    void *ctx;
};

enum { ETHERNET = 14, ARP = 28, IP = 20, ICMP = 8, UDP = 8, TCP = 20, LONGEST = 1514 };
enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, ECHO_PORT = 7 };
enum { UNREACHABLE = 3, NO_PROTOCOL = 2, NO_PORT = 3, QUOTED = 548 }; /* of 576 octets in all */

static unsigned get16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

/* RFC 1071, not yet complemented. */
static uint32_t add_up(uint32_t total, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        total += get16(p + i);
    if (len % 2)
        total += (uint32_t)p[len - 1] << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return total;
}

static unsigned sum(const uint8_t *p, size_t len)
{
    return ~add_up(0, p, len) & 0xffff;
}

/* Of UDP and TCP: with the addresses, the protocol and the length before it. */
static unsigned sum_with_addresses(const uint8_t *ip, unsigned protocol, const uint8_t *p,
                                   size_t len)
{
    uint32_t before = add_up(protocol + (uint32_t)len, ip + 12, 8);
    return ~add_up(before, p, len) & 0xffff;
}

/* --- ARP --- */

/* One host's address: not of this host, to many, loopback, nor of this network's broadcasts. */
static int is_a_host(const struct my_stack *s, uint32_t a)
{
    uint32_t host = s->prefix < 31 ? 0xffffffffu >> s->prefix : 0;
    int near = ((a ^ get32(s->ip)) & ~host) == 0;
    return a >> 24 != 0 && a >> 24 != 127 && a >> 28 < 0xe &&
           !(near && host && ((a & host) == 0 || (a & host) == host));
}

static void answer_arp(struct my_stack *s, uint8_t *frame, size_t len)
{
    static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
    uint8_t *arp = frame + ETHERNET;
    uint32_t sender = get32(arp + 14);
    if (len < ETHERNET + ARP || memcmp(arp, request, 8) != 0 || memcmp(arp + 24, s->ip, 4) != 0)
        return;
    /* A probe (RFC 5227) has no sender's address yet. */
    if ((sender && !is_a_host(s, sender)) || arp[8] & 1 || memcmp(arp + 8, s->mac, 6) == 0)
        return;
    arp[7] = 2; /* reply */
    memcpy(arp + 18, arp + 8, 10);
    memcpy(arp + 8, s->mac, 6);
    memcpy(arp + 14, s->ip, 4);
    memcpy(frame, arp + 18, 6);
    memcpy(frame + 6, s->mac, 6);
    uint8_t out[60] = {0};
    memcpy(out, frame, ETHERNET + ARP);
    s->transmit(s->ctx, out, sizeof out);
}

/* --- IPv4 --- */

/* A datagram that came: its header, and what it carries. */
struct datagram {
    const uint8_t *frame, *ip, *data;
    size_t header, len; /* of the header, of what it carries */
};

/* It has no gateway: of other networks nobody is to be reached. */
static int is_near(const struct my_stack *s, const uint8_t *address)
{
    if (s->prefix >= 32) /* an address alone: everybody is */
        return 1;
    return ((get32(address) ^ get32(s->ip)) & ~(0xffffffffu >> s->prefix)) == 0;
}

/* Sends `len` octets behind the headers of `out` to where the datagram came from. */
static void answer_ip(struct my_stack *s, const struct datagram *to, uint8_t *out,
                      unsigned protocol, size_t len)
{
    uint8_t *ip = out + ETHERNET;
    if (!is_near(s, to->ip + 12))
        return;
    memcpy(out, to->frame + 6, 6);
    memcpy(out + 6, s->mac, 6);
    put16(out + 12, 0x0800);
    memset(ip, 0, IP);
    ip[0] = 0x45;
    ip[1] = protocol == PROTO_ICMP && out[ETHERNET + IP] == 0 ? to->ip[1] : 0; /* TOS: a reply's */
    put16(ip + 2, (unsigned)(IP + len));
    put16(ip + 4, ++s->id);
    ip[8] = 64;
    ip[9] = (uint8_t)protocol;
    memcpy(ip + 12, s->ip, 4);
    memcpy(ip + 16, to->ip + 12, 4);
    if (protocol == PROTO_UDP || protocol == PROTO_TCP) {
        uint8_t *at = ip + IP + (protocol == PROTO_UDP ? 6 : 16);
        unsigned check = sum_with_addresses(ip, protocol, ip + IP, len);
        put16(at, check || protocol == PROTO_TCP ? check : 0xffff);
    }
    put16(ip + 10, sum(ip, IP));
    size_t all = ETHERNET + IP + len;
    s->transmit(s->ctx, out, all < 60 ? 60 : all);
}

/* RFC 1122, section 3.2.2: the header and what of the data fits. */
static void refuse(struct my_stack *s, const struct datagram *d, unsigned code)
{
    uint8_t out[LONGEST] = {0}, *icmp = out + ETHERNET + IP;
    size_t quoted = d->header + d->len < QUOTED ? d->header + d->len : QUOTED;
    icmp[0] = UNREACHABLE;
    icmp[1] = (uint8_t)code;
    memcpy(icmp + ICMP, d->ip, quoted);
    put16(icmp + 2, sum(icmp, ICMP + quoted));
    answer_ip(s, d, out, PROTO_ICMP, ICMP + quoted);
}

static void take_icmp(struct my_stack *s, const struct datagram *d)
{
    uint8_t out[LONGEST] = {0}, *icmp = out + ETHERNET + IP;
    if (d->len < ICMP || sum(d->data, d->len) != 0 || d->data[0] != 8)
        return;
    memcpy(icmp, d->data, d->len);
    memset(icmp, 0, 4); /* echo reply, code 0 */
    put16(icmp + 2, sum(icmp, d->len));
    answer_ip(s, d, out, PROTO_ICMP, d->len);
}

static void take_udp(struct my_stack *s, const struct datagram *d)
{
    uint8_t out[LONGEST] = {0}, *udp = out + ETHERNET + IP;
    size_t len = d->len >= UDP ? get16(d->data + 4) : 0;
    if (len < UDP || len > d->len || get16(d->data + 2) == 0)
        return;
    if (get16(d->data + 6) && sum_with_addresses(d->ip, PROTO_UDP, d->data, len) != 0)
        return;
    if (get16(d->data + 2) != ECHO_PORT) {
        refuse(s, d, NO_PORT);
        return;
    }
    if (get16(d->data) == 0 || get16(d->data) == ECHO_PORT)
        return; /* nobody wants an answer; or two would answer each other for ever */
    memcpy(udp, d->data, len);
    memcpy(udp, d->data + 2, 2);
    memcpy(udp + 2, d->data, 2);
    put16(udp + 4, (unsigned)len);
    put16(udp + 6, 0);
    answer_ip(s, d, out, PROTO_UDP, len);
}

/* RFC 9293, section 3.10.7.1: there is no connection, so a segment that is no reset gets one. */
static void take_tcp(struct my_stack *s, const struct datagram *d)
{
    enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
    uint8_t out[ETHERNET + 60] = {0}, *tcp = out + ETHERNET + IP;
    size_t header = d->len >= TCP ? (size_t)(d->data[12] >> 4) * 4 : 0;
    if (header < TCP || header > d->len || sum_with_addresses(d->ip, PROTO_TCP, d->data, d->len))
        return;
    unsigned flags = d->data[13];
    if (flags & RST)
        return;
    memcpy(tcp, d->data + 2, 2);
    memcpy(tcp + 2, d->data, 2);
    tcp[12] = TCP / 4 << 4;
    tcp[13] = flags & ACK ? RST : RST | ACK;
    if (flags & ACK)
        memcpy(tcp + 4, d->data + 8, 4);
    else
        put32(tcp + 8,
              get32(d->data + 4) + (uint32_t)(d->len - header) + !!(flags & SYN) + !!(flags & FIN));
    answer_ip(s, d, out, PROTO_TCP, TCP);
}

static void take_ip(struct my_stack *s, const uint8_t *frame, size_t len)
{
    struct datagram d = {.frame = frame, .ip = frame + ETHERNET};
    size_t total = get16(d.ip + 2);
    d.header = (size_t)(d.ip[0] & 15) * 4;
    if (d.ip[0] >> 4 != 4 || d.header < IP || total < d.header || total > len - ETHERNET)
        return;
    if (sum(d.ip, d.header) != 0 || memcmp(d.ip + 16, s->ip, 4) != 0)
        return;
    if (!is_a_host(s, get32(d.ip + 12)) || memcmp(d.ip + 12, s->ip, 4) == 0 ||
        get16(d.ip + 6) & 0x3fff)
        return; /* a source that cannot be answered; a fragment */
    d.data = d.ip + d.header;
    d.len = total - d.header;
    if (d.ip[9] == PROTO_ICMP)
        take_icmp(s, &d);
    else if (d.ip[9] == PROTO_UDP)
        take_udp(s, &d);
    else if (d.ip[9] == PROTO_TCP)
        take_tcp(s, &d);
    else
        refuse(s, &d, NO_PROTOCOL);
}

static void eth_receive(struct my_stack *s, const void *bytes, size_t len)
{
    uint8_t frame[LONGEST] = {0};
    if (len < ETHERNET + IP || len > sizeof frame)
        return;
    memcpy(frame, bytes, len);
    if (frame[6] & 1 || memcmp(frame + 6, s->mac, 6) == 0)
        return; /* no station sends from there */
    if (get16(frame + 12) == 0x0806)
        answer_arp(s, frame, len);
    if (get16(frame + 12) == 0x0800 && memcmp(frame, s->mac, 6) == 0)
        take_ip(s, frame, len);
}

/* --- the plug: what you add --- */

struct plug {
    const struct sut_env *env;
    struct my_stack stack;
};

static void to_wire(void *ctx, const void *frame, size_t len)
{
    struct plug *p = ctx;
    p->env->transmit(p->env->self, 0, frame, len);
}

static void *plug_open(const struct sut_env *env)
{
    struct plug *p =
        env->memory(env->self, sizeof *p, NULL); /* or malloc; but then leave SUT_SAVES out */
    if (p)
        *p = (struct plug){.env = env, .stack = {.transmit = to_wire, .ctx = p}};
    return p;
}

static int plug_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                       const struct bus *b)
{
    struct plug *p = s;
    (void)ifname, (void)mtu, (void)b;
    if (port > 0)
        return -19; /* ENODEV: it has one interface */
    memcpy(p->stack.mac, mac, 6);
    return 0;
}

static void plug_input(void *s, int port, const void *frame, size_t len)
{
    struct plug *p = s;
    (void)port;
    eth_receive(&p->stack, frame, len);
}

/* Timers would run here, and say by env->due when they want to run again. */
static void plug_poll(void *s)
{
    (void)s;
}

static int64_t plug_call(void *s, uint64_t token, const char *name, const struct value *argv,
                         int argc, struct value *out)
{
    struct plug *p = s;
    (void)token, (void)out;
    if (strcmp(name, "ifconfig") != 0 || argc < 2 || argv[1].kind != VALUE_PREFIX)
        return SUT_UNKNOWN;
    uint32_t address = (uint32_t)argv[1].number;
    p->stack.prefix = 0;
    if (!is_a_host(&p->stack, address))
        return -22; /* EINVAL: no host has it */
    p->stack.prefix = argv[1].prefix;
    put32(p->stack.ip, address);
    return 0;
}

static void plug_close(void *s)
{
    (void)s;
}

extern const struct sut wiredrill_sut;
const struct sut wiredrill_sut = {
    .abi = SUT_ABI,
    .flags = SUT_FRAMES | SUT_SAVES,
    .name = "eth_receive",
    .version = "1",
    .open = plug_open,
    .attach = plug_attach,
    .input = plug_input,
    .poll = plug_poll,
    .call = plug_call,
    .close = plug_close,
    .lacks = "arp-requests conflict-defence dhcp error-limits fragments groups link-local options "
             "probing second-address snap timestamp",
};
