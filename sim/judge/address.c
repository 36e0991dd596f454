/* Whose address is whose: what the script said, and after that what servers granted on the wire. */
#include <string.h>
#include "sim/judge/private.h"

/* The host under test's own, from which it may send; a peer's is one that a host has. */
static void belongs(struct judge *j, const struct judge_port *p, uint32_t ipv4)
{
    if (p->station == STATION_UNDER_TEST)
        memory_own(j, ipv4);
    else
        judge_said_ipv4(j, ipv4);
}

void judge_given(struct judge *j, struct judge_port *p, uint32_t ipv4, int prefix)
{
    belongs(j, p, ipv4);
    p->prefix = p->prefix ? p->prefix : prefix;
    if (p->has_ipv4 && !p->leased)
        return; /* a second one: the first is what a line means by the interface's name */
    p->has_ipv4 = true;
    p->leased = false;
    p->ipv4 = ipv4;
}

void judge_taken(struct judge *j, struct judge_port *p, uint32_t ipv4)
{
    if (p->station == STATION_UNDER_TEST)
        memory_disown(j, ipv4);
    p->has_ipv4 = p->has_ipv4 && p->ipv4 != ipv4;
}

void judge_addresses(const struct judge_port *p, struct packet_addresses *out)
{
    memset(out, 0, sizeof *out);
    out->has_mac = true;
    memcpy(out->mac, p->mac, sizeof out->mac);
    out->has_ipv4 = p->has_ipv4;
    out->ipv4 = p->ipv4;
}

static bool number_of(const struct judge *j, const struct frame *f, const char *field, int64_t *out)
{
    struct value v;
    if (!packet_field(j->layers, f->bytes, f->len, field, &v))
        return false;
    *out = v.number;
    return true;
}

static bool is_for(const struct judge *j, const struct frame *f, const struct judge_port *p)
{
    struct value v;
    return p && p->station != STATION_SCRIPT &&
           packet_field(j->layers, f->bytes, f->len, "dhcp.chaddr", &v) && v.len >= sizeof p->mac &&
           memcmp(v.bytes, p->mac, sizeof p->mac) == 0;
}

/* A client's REQUEST: what is granted or refused from now on is to be an answer to it, of the
 * server that it names or is sent to, where that is one (RFC 2131, section 4.3.2). */
static void asked(const struct judge *j, const struct frame *f, struct judge_port *p)
{
    int64_t to;
    p->asks = number_of(j, f, "dhcp.xid", &p->asked_xid);
    if (!number_of(j, f, "dhcp.server", &p->asked_server))
        p->asked_server = number_of(j, f, "ip.dst", &to) && to != UINT32_MAX ? to : 0;
}

/* RFC 2131, section 4.4.1: a client discards what is no answer to what it asked last. An answer
 * ends the asking; who has asked nothing takes nothing. */
static bool is_answered(const struct judge *j, const struct frame *f, struct judge_port *p)
{
    int64_t xid, server;
    if (!p->asks || !number_of(j, f, "dhcp.xid", &xid) || xid != p->asked_xid)
        return false;
    if (p->asked_server && number_of(j, f, "dhcp.server", &server) && server != p->asked_server)
        return false;
    p->asks = false;
    return true;
}

/* A server's ACK with an address makes it the client's (section 3.1, 4); one without (to an INFORM)
 * changes nothing; a NAK takes it (section 3.2, 4). */
static void answered(struct judge *j, const struct frame *f, struct judge_port *p, bool ack)
{
    int64_t yiaddr;
    bool granted = ack && number_of(j, f, "dhcp.yiaddr", &yiaddr) && yiaddr != 0;
    bool fixed = p->has_ipv4 && !p->leased;
    if (p->leased && (!ack || (granted && p->ipv4 != (uint32_t)yiaddr)))
        judge_taken(j, p, p->ipv4);
    if (granted)
        belongs(j, p, (uint32_t)yiaddr);
    if (fixed || !granted)
        return;
    p->ipv4 = (uint32_t)yiaddr;
    p->has_ipv4 = p->leased = true;
}

void address_heard(struct judge *j, struct judge_link *l, const struct frame *f)
{
    enum { BOOTP_OCTETS = 14 + 20 + 8 + 240, SERVER_PORT = 67, CLIENT_PORT = 68 };
    enum { REQUEST = 3, ACK = 5, NAK = 6 };
    int64_t port, type;
    if (f->len < BOOTP_OCTETS || !number_of(j, f, "udp.dport", &port) ||
        (port != SERVER_PORT && port != CLIENT_PORT) || !number_of(j, f, "dhcp.type", &type))
        return;
    bool asks = port == SERVER_PORT && type == REQUEST;
    bool answers = port == CLIENT_PORT && (type == ACK || type == NAK);
    for (uint32_t k = 0; (asks || answers) && k < l->ports; k++) {
        struct judge_port *p = l->port[k];
        if (!is_for(j, f, p))
            continue;
        if (asks)
            asked(j, f, p);
        else if (is_answered(j, f, p))
            answered(j, f, p, type == ACK);
    }
}
