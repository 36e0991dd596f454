/*
 * Calls of the host's UDP as the capture suggests them: a socket for each port that it sent from, a
 * DHCP client when it asked for a lease, and of what has no call a word.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cli/from_pcap.h"
#include "sim/base/octets.h"

enum { ETHERNET = 14, IPV4 = 20, UDP = 8, IP_UDP = 17, IP_ICMP = 1, PORTS = 64, DHCP_CLIENT = 68 };
#define DOTTED(a) (a) >> 24, (a) >> 16 & 255, (a) >> 8 & 255, (a)&255

struct datagram {
    uint32_t source, destination, len;
    uint16_t sport, dport;
    const uint8_t *payload;
};

/* The ports that sockets stand on, numbered from 1 as descriptors $u1 and so on. */
struct ports {
    uint16_t port[PORTS];
    unsigned count;
};

static const uint8_t *ip_of(const struct pcap_frame *f, uint8_t protocol, uint32_t *len)
{
    const uint8_t *ip = f->bytes + ETHERNET;
    if (f->len < ETHERNET + IPV4 || octets_get(f->bytes + 12, 2) != 0x0800 || ip[9] != protocol ||
        octets_get(ip + 6, 2) & 0x3fff)
        return NULL;
    uint32_t header = (ip[0] & 15u) * 4, total = octets_get(ip + 2, 2);
    if (header < IPV4 || total > f->len - ETHERNET || header + UDP > total)
        return NULL;
    *len = total - header;
    return ip + header;
}

static bool read_datagram(const struct pcap_frame *f, struct datagram *d)
{
    uint32_t len;
    const uint8_t *udp = ip_of(f, IP_UDP, &len), *ip = f->bytes + ETHERNET;
    if (!udp || octets_get(udp + 4, 2) < UDP || octets_get(udp + 4, 2) > len)
        return false;
    *d = (struct datagram){.source = octets_get(ip + 12, 4),
                           .destination = octets_get(ip + 16, 4),
                           .len = octets_get(udp + 4, 2) - UDP,
                           .sport = (uint16_t)octets_get(udp, 2),
                           .dport = (uint16_t)octets_get(udp + 2, 2),
                           .payload = udp + UDP};
    return true;
}

static unsigned number_of(const struct ports *p, uint16_t port)
{
    for (unsigned k = 0; k < p->count; k++)
        if (p->port[k] == port)
            return k + 1;
    return 0;
}

/* The port's socket, opened before the frame when it is the first of its port. */
static unsigned open_port(struct guesses *g, struct ports *p, uint16_t port, int64_t at_ns,
                          size_t before)
{
    unsigned number = number_of(p, port);
    char at[96];
    if (number || p->count == PORTS)
        return number;
    p->port[p->count++] = port;
    guess_endpoint(at, 0, port);
    guess_act(g, -1, before, "// a guess: it sends from UDP port %u", port);
    guess_act(g, at_ns, before, "socket(..., SOCK_DGRAM, IPPROTO_UDP) = ?u%u", p->count);
    guess_act(g, at_ns, before, "setsockopt($u%u, SOL_SOCKET, SO_BROADCAST, [1], 4) = 0", p->count);
    guess_act(g, at_ns, before, "bind($u%u, %s, ...) = 0", p->count, at);
    return p->count;
}

/* Whether the host ever sends from it: only then a socket is there. */
static bool answers_from(const struct conversion *c, uint16_t port)
{
    struct datagram d;
    for (size_t f = 0; f < c->file.count; f++)
        if (captured_out(c, f) && read_datagram(&c->file.frame[f], &d) && d.sport == port)
            return true;
    return false;
}

static size_t behind_arp(const struct conversion *c, size_t frame)
{
    size_t f = frame;
    while (f > 0 && octets_get(c->file.frame[f - 1].bytes + 12, 2) == 0x0806)
        f--;
    return f < frame && captured_out(c, f) ? f : frame;
}

static void sent(struct guesses *g, struct ports *p, const struct datagram *d, size_t frame)
{
    size_t before = behind_arp(g->c, frame);
    int64_t at_ns = captured_time(g->c, before);
    unsigned number = open_port(g, p, d->sport, at_ns, before);
    char to[96];
    struct text t = {.grows = true};
    guess_endpoint(to, d->destination, d->dport);
    text_add(&t, "sendto($u%u, ", number);
    text_quoted(&t, d->payload, d->len);
    text_add(&t, ", %" PRIu32 ", 0, %s, ...) = %" PRIu32, d->len, to, d->len);
    size_t k = guess_act(g, at_ns, before, " ");
    struct text line = {.grows = true};
    print_frame_time(&line, at_ns);
    text_add(&line, "%s\n", t.bytes);
    free(t.bytes);
    free(g->action[k].text);
    g->action[k].text = line.bytes;
}

static void came(struct guesses *g, struct ports *p, const struct datagram *d, size_t frame)
{
    int64_t at_ns = captured_time(g->c, frame) + g->latency_ns;
    if (!answers_from(g->c, d->dport))
        return;
    unsigned number = open_port(g, p, d->dport, 0, 0);
    guess_act(g, at_ns, guess_place(g->c, frame, at_ns),
              "recv($u%u, ..., 65535, 0) = %" PRIu32 " // a guess: as it comes", number, d->len);
}

/* A lease that it asks for, from the first DISCOVER or REQUEST on. */
static bool is_dhcp(struct guesses *g, const struct datagram *d, bool out, size_t frame, bool *told)
{
    bool dhcp = (out ? d->sport : d->dport) == DHCP_CLIENT;
    if (dhcp && out && !*told) {
        *told = true;
        guess_act(g, captured_time(g->c, frame), frame,
                  "dhcp_start(\"eth0\") = 0 // a guess: it asks for a lease");
    }
    return dhcp;
}

void guess_datagrams(struct guesses *g)
{
    struct ports ports = {.count = 0};
    struct datagram d;
    bool dhcp = false, pings = false;
    for (size_t f = 0; f < g->c->file.count; f++) {
        bool out = captured_out(g->c, f);
        uint32_t len;
        const uint8_t *icmp = ip_of(&g->c->file.frame[f], IP_ICMP, &len);
        if (out && icmp && icmp[0] == 8 && !pings) {
            pings = true;
            guess_act(g, -1, f, "// it pings: no call is guessed");
        }
        if (!read_datagram(&g->c->file.frame[f], &d) || is_dhcp(g, &d, out, f, &dhcp))
            continue;
        if (out)
            sent(g, &ports, &d, f);
        else
            came(g, &ports, &d, f);
    }
}
