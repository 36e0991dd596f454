/*
 * A host to talk to: answers ARP and ping, echoes UDP on port 7 (RFC 862) and on whatever `ports`
 * names, swallows it on 9 (RFC 863), and sends characters for anything on 19 (RFC 864). With
 * `delay` everything but ARP is answered late; with `defend` it insists on its addresses (RFC
 * 5227 2.4); with `silent` it does not answer ARP.
 */
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include "sim/hosts/peer_ip.h"
#include "sim/hosts/router_icmp.h"

enum { ECHO_PORTS = 16, HELD = 64, ECHO = 7, DISCARD = 9, CHARGEN = 19, CHARACTERS = 72 };

struct held {
    struct frame *frame;
    int port;
    int64_t due_ns;
};

struct echo_state {
    struct peer_ip ip;
    int64_t delay_ns;
    uint16_t echo[ECHO_PORTS];
    uint32_t echoes;
    bool unreachable, defend, silent;
    struct held held[HELD]; /* a ring: the delay is the same for all */
    uint32_t first, holding;
    uint64_t datagrams, refused, lost, conflicts;
};

static const struct attr_spec echo_attrs[] = {
    PEER_IP_ATTRS,
    {"ports", VALUE_LIST, "UDP ports that are echoed beside 7"},
    {"delay", VALUE_TIME, "everything but ARP is answered so much later"},
    {"unreachable", VALUE_NONE, "a closed port is answered with port unreachable"},
    {"defend", VALUE_NONE,
     "an ARP packet that claims one of its addresses is answered with an announcement"},
    {"silent", VALUE_NONE, "does not answer ARP, and hears nothing"},
    {NULL, VALUE_NONE, NULL},
};

static int read_ports(struct echo_state *s, const struct attrs *a, struct why *why)
{
    const struct attribute *ports = attr_find(a, "ports", 0);
    uint32_t items = !ports ? 0 : ports->value.kind == VALUE_LIST ? ports->value.items : 1;
    s->echo[s->echoes++] = ECHO;
    for (uint32_t k = 0; k < items; k++) {
        const struct value *v =
            ports->value.kind == VALUE_LIST ? &ports->value.item[k] : &ports->value;
        if (v->kind != VALUE_NUMBER || v->number < 1 || v->number > 65535 ||
            s->echoes == ECHO_PORTS)
            return attr_refuse(a, ports, why, "ports: at most %d numbers from 1 to 65535",
                               ECHO_PORTS - 1);
        s->echo[s->echoes++] = (uint16_t)v->number;
    }
    return 0;
}

static int echo_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct echo_state *s = h->state;
    s->unreachable = attr_flag(a, "unreachable");
    s->defend = attr_flag(a, "defend");
    s->silent = attr_flag(a, "silent");
    return peer_ip_init(&s->ip, h, a, why) != 0 ||
                   attr_duration(a, "delay", &s->delay_ns, why) != 0 || read_ports(s, a, why) != 0
               ? -1
               : 0;
}

/* --- UDP --- */

static bool echoes(const struct echo_state *s, uint16_t port)
{
    for (uint32_t k = 0; k < s->echoes; k++)
        if (s->echo[k] == port)
            return true;
    return false;
}

static void answer(struct echo_state *s, const struct peer_packet *p, const void *payload,
                   uint32_t len)
{
    const struct peer_datagram d = {
        .src = peer_ip_is_own(&s->ip, p->dst) ? p->dst : 0,
        .dst = p->src,
        .sport = p->dport,
        .dport = p->sport,
        .payload = payload,
        .len = len,
    };
    peer_send_udp(&s->ip, p->port, &d);
}

/* RFC 1122 4.1.3.1: a datagram for a port that nobody listens on is answered with port unreachable.
 */
static void refuse(struct echo_state *s, const struct peer_packet *p)
{
    uint8_t message[ICMP_ERROR_MAX];
    const struct icmp_error e = {ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, QUOTE_ALL};
    s->refused++;
    if (!s->unreachable || !peer_ip_is_own(&s->ip, p->dst) || !icmp_error_allowed(&s->ip, p))
        return;
    peer_send_icmp(&s->ip, p->port, p->dst, p->src, message, icmp_error_write(message, &e, p));
}

static void receive_datagram(struct echo_state *s, const struct peer_packet *p)
{
    s->datagrams++;
    if (echoes(s, p->dport)) {
        answer(s, p, p->payload, p->len);
    } else if (p->dport == CHARGEN) {
        uint8_t line[CHARACTERS];
        for (int k = 0; k < CHARACTERS; k++)
            line[k] = (uint8_t)(' ' + k);
        answer(s, p, line, sizeof line);
    } else if (p->dport != DISCARD) {
        refuse(s, p);
    }
}

/* --- ARP --- */

/* RFC 5227 2.4 (b): one announcement says whose the address is. */
static void defend(struct echo_state *s, int port, const struct frame *f)
{
    const uint8_t *arp = f->bytes + ETH_HLEN;
    if (f->len < ETH_HLEN + sizeof(struct ether_arp) || f->flags & FRAME_BAD_FCS)
        return;
    uint32_t sender = peer_get32(arp + offsetof(struct ether_arp, arp_spa));
    bool mine = memcmp(arp + offsetof(struct ether_arp, arp_sha), s->ip.host->port[port].mac,
                       ETH_ALEN) == 0;
    if (mine || !peer_ip_is_own(&s->ip, sender))
        return;
    s->conflicts++;
    if (s->defend)
        peer_send_arp(&s->ip, port, ARPOP_REQUEST, sender, NULL, sender);
}

/* --- frames --- */

static void take(struct host *h, int port, const struct frame *f)
{
    struct echo_state *s = h->state;
    struct peer_packet p;
    if (peer_ip_frame(&s->ip, port, f, &p) == PEER_UDP)
        receive_datagram(s, &p);
}

static void hold(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct echo_state *s = h->state;
    if (s->holding == HELD) {
        s->lost++;
        return;
    }
    s->held[(s->first + s->holding++) % HELD] =
        (struct held){frame_ref(f), port, now_ns + s->delay_ns};
    if (s->holding == 1)
        host_due(h, now_ns + s->delay_ns);
}

static void echo_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct echo_state *s = h->state;
    bool arp = f->len >= ETH_HLEN && peer_get16(f->bytes + 2 * ETH_ALEN) == ETHERTYPE_ARP;
    if (s->silent)
        return;
    if (arp)
        defend(s, port, f);
    if (s->delay_ns > 0 && !arp)
        hold(h, port, f, now_ns);
    else
        take(h, port, f);
}

static void echo_due(struct host *h, int64_t now_ns)
{
    struct echo_state *s = h->state;
    while (s->holding && s->held[s->first].due_ns <= now_ns) {
        struct held held = s->held[s->first];
        s->first = (s->first + 1) % HELD;
        s->holding--;
        take(h, held.port, held.frame);
        frame_unref(held.frame);
    }
    host_due(h, s->holding ? s->held[s->first].due_ns : NEVER);
}

static int echo_query(struct host *h, const char *what, struct value *out)
{
    const struct echo_state *s = h->state;
    const struct host_number known[] = {
        {"datagrams", (int64_t)s->datagrams}, {"refused", (int64_t)s->refused},
        {"lost", (int64_t)s->lost},           {"conflicts", (int64_t)s->conflicts},
        {"bad", (int64_t)s->ip.bad},          {NULL, 0},
    };
    return host_answer(known, what, out);
}

/* Without a 0 behind it, from now on. */
static int echo_call(struct host *h, const char *name, const struct value *argument,
                     uint32_t arguments, struct why *why)
{
    struct echo_state *s = h->state;
    bool on = arguments == 0 || argument[0].number != 0;
    if (strcmp(name, "silent") == 0) {
        s->silent = on;
    } else if (strcmp(name, "ping") == 0) {
        s->ip.no_ping = !on;
    } else if (strcmp(name, "unreachable") == 0) {
        s->unreachable = on;
    } else if (strcmp(name, "defend") == 0) {
        s->defend = on;
    } else if (strcmp(name, "delay") == 0 && arguments == 1 && argument[0].kind == VALUE_TIME &&
               s->holding == 0) {
        s->delay_ns = argument[0].number;
    } else {
        why_set(why, "an echo host has silent(), ping(), unreachable(), defend(), each with 0 for "
                     "off, and delay(TIME) while it holds nothing");
        return -1;
    }
    return 0;
}

const struct host_kind echo_kind = {
    .name = "echo",
    .help = "answers ARP, ping and UDP echo",
    .state_size = sizeof(struct echo_state),
    .attrs = echo_attrs,
    .init = echo_init,
    .frame = echo_frame,
    .due = echo_due,
    .query = echo_query,
    .call = echo_call,
};
