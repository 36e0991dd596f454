/* The baseline's rules of datagrams: what they carry, from where they come. */
#include <netinet/in.h>
#include "sim/judge/baseline.h"

enum { UDP = 8, EPHEMERAL = 1024, DNS = 53, DHCP_SERVER = 67, NTP = 123, TRACEROUTE = 33434 };

/* Services of the stack make their own messages, judged by rules of their own. */
static bool is_service(const struct packet_facts *f)
{
    return f->dport == DNS || f->dport == DHCP_SERVER || f->dport == NTP ||
           (f->dport >= TRACEROUTE && f->dport < TRACEROUTE + 255);
}

static bool is_datagram(const struct packet_facts *f)
{
    return f->kind == FACTS_IPV4 && f->protocol == IPPROTO_UDP && f->offset == 0 &&
           f->body_len >= UDP;
}

static bool is_pattern(const uint8_t *octets, uint32_t len, uint32_t at)
{
    uint32_t k = 0;
    while (k < len && octets[k] == packet_pattern(at + k))
        k++;
    return k == len;
}

/* Fragments behind the first carry on from their place. */
RULE(rule_payload)
{
    (void)from, (void)now_ns;
    bool udp = f->kind == FACTS_IPV4 && f->protocol == IPPROTO_UDP;
    uint32_t skipped = f->offset == 0 ? UDP : 0;
    if (!udp || f->body_len < skipped || is_service(f) || !j->calls_heard)
        return true;
    const uint8_t *octets = f->body + skipped;
    uint32_t len = f->body_len - skipped, at = f->offset + skipped - UDP;
    bool last = !(f->flags & 1); /* no more fragments */
    bool holds = len == 0 || (at + len <= j->said_pattern && is_pattern(octets, len, at)) ||
                 memory_was_written(j, octets, len, at, last) || memory_came_as(j, octets, len);
    return rule_broken(b, holds, "octets that a call handed over, or that came", "%u others", len);
}

RULE(rule_source_port)
{
    (void)from, (void)now_ns;
    if (!is_datagram(f) || f->sport < EPHEMERAL || is_service(f) || !j->calls_heard ||
        j->ports_open)
        return true;
    uint32_t k = 0;
    while (k < j->ports && j->port[k] != f->sport)
        k++;
    if (k < j->ports)
        return true;
    if (j->ports < JUDGE_PORTS)
        j->port[j->ports++] = (uint16_t)f->sport;
    return rule_broken(b, j->ports <= j->sockets, "a port of one of its sockets",
                       "%u, one port more than there are sockets", f->sport);
}
