/* The baseline's rules of Ethernet, ARP, IPv4 and of ICMP messages that answer. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "sim/judge/baseline.h"
#include "sim/judge/private.h"

enum {
    DEFAULT_TTL = 64,
    DHCP_CLIENT = 68,
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
    PLAIN_HEADER = 20,
    QUOTED_LEAST = 8, /* octets behind the quoted header: RFC 792 */
    PORT_TEXT = 32,
};
#define DATAGRAM_LIFE_NS (INT64_C(120) * 1000000000) /* RFC 6864's maximum datagram lifetime */

static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};

static void mac_text(const uint8_t m[6], char out[BREACH_TEXT])
{
    snprintf(out, BREACH_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void ipv4_text(uint32_t a, char out[BREACH_TEXT])
{
    snprintf(out, BREACH_TEXT, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

bool rule_broken(struct breach *b, bool holds, const char *expected, const char *actual, ...)
{
    va_list args;
    if (holds)
        return true;
    snprintf(b->expected, sizeof b->expected, "%s", expected);
    va_start(args, actual);
    vsnprintf(b->actual, sizeof b->actual, actual, args);
    va_end(args);
    return false;
}

static bool in_group(uint32_t ipv4)
{
    return IN_MULTICAST(ipv4);
}

/* --- the link --- */

RULE(rule_hardware_source)
{
    (void)j, (void)now_ns;
    if (!f->eth_src || memcmp(f->eth_src, from->mac, sizeof from->mac) == 0)
        return true;
    mac_text(from->mac, b->expected);
    mac_text(f->eth_src, b->actual);
    return false;
}

RULE(rule_untagged)
{
    (void)j, (void)from, (void)now_ns;
    return rule_broken(b, !f->tagged, "no tag", "tagged");
}

static bool is_broadcast(const struct judge_port *from, uint32_t ipv4)
{
    uint32_t host = from->prefix > 0 && from->prefix < 31 ? UINT32_MAX >> from->prefix : 255;
    return ipv4 == INADDR_BROADCAST || (ipv4 & host) == host || (ipv4 & host) == 0;
}

RULE(rule_hardware_destination)
{
    (void)j, (void)now_ns;
    uint8_t group[6] = {0x01, 0x00, 0x5e, f->dst >> 16 & 0x7f, f->dst >> 8 & 0xff, f->dst & 0xff};
    const char *expected = "an address of someone on this link, or ff:ff:ff:ff:ff:ff";
    bool holds;
    if (!f->eth_dst)
        return true;
    if (f->kind == FACTS_IPV4 && in_group(f->dst)) {
        mac_text(group, b->expected);
        holds = memcmp(f->eth_dst, group, sizeof group) == 0;
        expected = NULL;
    } else if (memcmp(f->eth_dst, everybody, sizeof everybody) == 0) {
        holds = f->kind != FACTS_IPV4 || is_broadcast(from, f->dst);
        expected = "an address of one station, as the datagram's destination is one host";
    } else {
        holds = memory_knows_mac(from->link, f->eth_dst);
    }
    if (holds)
        return true;
    if (expected)
        snprintf(b->expected, sizeof b->expected, "%s", expected);
    mac_text(f->eth_dst, b->actual);
    return false;
}

/* --- ARP --- */

RULE(rule_arp_sender)
{
    (void)now_ns;
    if (f->kind != FACTS_ARP || (f->op == ARP_REQUEST && f->spa == INADDR_ANY) ||
        memory_owns(j, from, f->spa))
        return true;
    snprintf(b->expected, sizeof b->expected, "an address of its own");
    ipv4_text(f->spa, b->actual);
    return false;
}

RULE(rule_arp_hardware)
{
    (void)j, (void)now_ns;
    if (f->kind != FACTS_ARP || memcmp(f->sha, from->mac, sizeof from->mac) == 0)
        return true;
    mac_text(from->mac, b->expected);
    mac_text(f->sha, b->actual);
    return false;
}

RULE(rule_arp_form)
{
    (void)j, (void)from, (void)now_ns;
    return rule_broken(b,
                       f->type != ETHERTYPE_ARP ||
                           (f->kind == FACTS_ARP && (f->op == ARP_REQUEST || f->op == ARP_REPLY)),
                       "hardware 1 with 6 octets, protocol 0x0800 with 4", "another form");
}

/* A reply goes to who asked; in a request the field means nothing and is zero, or known. */
RULE(rule_arp_target)
{
    static const uint8_t zero[6];
    (void)from, (void)now_ns;
    if (f->kind != FACTS_ARP)
        return true;
    bool holds = f->op == ARP_REPLY ? memory_asked_by(j, f->spa, f->tpa, f->tha)
                                    : memcmp(f->tha, zero, sizeof zero) == 0 ||
                                          memcmp(f->tha, f->eth_dst, sizeof zero) == 0;
    if (holds)
        return true;
    snprintf(b->expected, sizeof b->expected, "%s",
             f->op == ARP_REPLY ? "the addresses of one who asked" : "no hardware address");
    mac_text(f->tha, b->actual);
    return false;
}

RULE(rule_arp_asked)
{
    (void)now_ns;
    if (f->kind != FACTS_ARP || f->op != ARP_REQUEST || f->spa == INADDR_ANY ||
        memory_owns(j, from, f->tpa) || memory_knows_ipv4(j, f->tpa))
        return true;
    snprintf(b->expected, sizeof b->expected, "an address that a call or a packet named");
    ipv4_text(f->tpa, b->actual);
    return false;
}

RULE(rule_arp_again)
{
    if (f->kind != FACTS_ARP || f->op != ARP_REQUEST)
        return true;
    int64_t before = memory_sent_before(j, from, f);
    char at[TIME_TEXT_BYTES];
    /* One that defends the address (RFC 5227, section 2.4) comes when the conflict does. */
    if (f->spa == f->tpa && before >= 0 && memory_claimed_since(j, f->spa, before))
        return true;
    return rule_broken(b, before < 0 || now_ns - before >= j->arp_interval_ns,
                       "a second, or what the script set, between requests for one address",
                       "the same at %s", time_text(before, at));
}

RULE(rule_arp_answers)
{
    (void)now_ns;
    if (f->kind != FACTS_ARP || f->op != ARP_REPLY)
        return true;
    int64_t before = memory_sent_before(j, from, f);
    char at[TIME_TEXT_BYTES];
    return rule_broken(b, before < 0 || memory_asked_since(j, f->spa, before),
                       "a request for the address since the last reply", "none since %s",
                       time_text(before, at));
}

/* --- IPv4 --- */

RULE(rule_ip_source)
{
    (void)now_ns;
    bool booting = f->src == INADDR_ANY && f->protocol == IPPROTO_UDP &&
                   (f->sport == DHCP_CLIENT || f->offset > 0);
    if (f->kind != FACTS_IPV4 || booting || memory_owns(j, from, f->src))
        return true;
    snprintf(b->expected, sizeof b->expected, "an address of its own");
    ipv4_text(f->src, b->actual);
    return false;
}

/* The judge does no routing: it asks only whether anyone spoke of the destination. */
RULE(rule_ip_destination)
{
    (void)now_ns;
    if (f->kind != FACTS_IPV4 || in_group(f->dst) || is_broadcast(from, f->dst) ||
        memory_knows_ipv4(j, f->dst))
        return true;
    snprintf(b->expected, sizeof b->expected,
             "an address that a host has, a call or a packet named");
    ipv4_text(f->dst, b->actual);
    return false;
}

RULE(rule_ip_reserved)
{
    (void)j, (void)from, (void)now_ns;
    return rule_broken(b, f->kind != FACTS_IPV4 || !(f->flags & 4), "the reserved flag zero",
                       "one");
}

RULE(rule_ip_ttl_zero)
{
    (void)j, (void)from, (void)now_ns;
    return rule_broken(b, f->kind != FACTS_IPV4 || f->ttl > 0, "at least 1", "0");
}

RULE(rule_ip_ttl)
{
    (void)from, (void)now_ns;
    if (f->kind != FACTS_IPV4 || f->ttl == (in_group(f->dst) ? 1u : j->ttl) ||
        j->said_ttl[f->ttl / 64] >> f->ttl % 64 & 1)
        return true;
    snprintf(b->expected, sizeof b->expected, "%u", in_group(f->dst) ? 1u : j->ttl);
    snprintf(b->actual, sizeof b->actual, "%u", f->ttl);
    return false;
}

static bool is_icmp(const struct packet_facts *f)
{
    return f->kind == FACTS_IPV4 && f->protocol == IPPROTO_ICMP && f->offset == 0 &&
           f->body_len >= 8;
}

/* The echo request that a reply answers, by identifier and number; the one from the reply's
 * destination when there are several. NULL: none is remembered. */
static const struct frame *request_of(const struct judge *j, const struct packet_facts *reply,
                                      struct packet_facts *request)
{
    const struct frame *f, *found = NULL;
    struct packet_facts other;
    for (uint32_t back = 0; (f = memory_came_before(j, back)) != NULL; back++) {
        packet_facts(f->bytes, f->len, &other);
        if (!is_icmp(&other) || other.body[0] != ICMP_ECHO ||
            memcmp(other.body + 4, reply->body + 4, 4) != 0)
            continue;
        if (!found || other.src == reply->dst) {
            found = f;
            *request = other;
        }
        if (other.src == reply->dst)
            break;
    }
    return found;
}

static bool is_echo_reply(const struct packet_facts *f)
{
    return is_icmp(f) && f->body[0] == ICMP_ECHOREPLY;
}

/* Fragments of one datagram follow each other, as their sender cuts them. */
RULE(rule_fragment)
{
    (void)from, (void)now_ns;
    if (f->kind != FACTS_IPV4 || !f->fragment)
        return true;
    uint32_t end = memory_fragment_end(j, f);
    bool octets = !(f->flags & 1) || f->body_len % 8 == 0;
    return rule_broken(b, octets && (f->offset == 0 || f->offset == end),
                       "whole octets of eight, behind the fragment before it",
                       "%u octets at %u, behind %u", f->body_len, f->offset, end);
}

RULE(rule_ip_df)
{
    (void)from, (void)now_ns;
    bool tcp = f->kind == FACTS_IPV4 && f->protocol == IPPROTO_TCP; /* RFC 1191, section 6 */
    return rule_broken(b, f->kind != FACTS_IPV4 || !(f->flags & 2) || j->said_df || tcp,
                       "may be fragmented: no call asked for otherwise", "DF");
}

/* RFC 3168 6.1.2: data of a connection that has agreed on ECN may be marked as ECN-capable. */
static uint32_t tos_without_ecn(const struct judge *j, const struct packet_facts *f)
{
    enum { ECT_0 = 2 };
    struct segment_facts s;
    if (!f->tcp || (f->tos & 3) != ECT_0)
        return f->tos;
    segment_facts(f, &s);
    const struct flow *w = flow_find(j, f->src, (uint16_t)s.sport, f->end, (uint16_t)s.dport);
    return w && w->host.said.ecn && w->peer.said.ecn && s.len > 0 ? f->tos & ~3u : f->tos;
}

RULE(rule_ip_tos)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    uint32_t tos = f->kind == FACTS_IPV4 ? tos_without_ecn(j, f) : 0;
    if (tos == 0 || j->said_tos[tos / 64] >> tos % 64 & 1 ||
        (is_echo_reply(f) && request_of(j, f, &request) && request.tos == f->tos))
        return true;
    return rule_broken(b, false, "0, or what the script set", "0x%02x", f->tos);
}

/* A stack that answers in the request's own buffer sends its identification back: when that
 * repeats, the asker repeated it. */
RULE(rule_ip_identification)
{
    struct packet_facts request;
    bool atomic = (f->flags & 2) && !f->fragment; /* RFC 6864, section 4.1 */
    int64_t before = f->kind != FACTS_IPV4 || atomic ? -1 : memory_sent_before(j, from, f);
    char at[TIME_TEXT_BYTES];
    if (before < 0 || (is_echo_reply(f) && request_of(j, f, &request) && request.id == f->id))
        return true;
    return rule_broken(b, now_ns - before >= DATAGRAM_LIFE_NS,
                       "another than in the last two minutes", "%u, as at %s", f->id,
                       time_text(before, at));
}

/* --- ICMP --- */

RULE(rule_echo_asked)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    return rule_broken(b, !is_echo_reply(f) || request_of(j, f, &request) != NULL,
                       "a request with this identifier and number", "none came");
}

/* Octet k of the data of a request that came in fragments is that, in one of them at least. */
static bool came_in_part(const struct judge *j, const struct packet_facts *first, uint32_t k,
                         uint8_t octet)
{
    struct packet_facts part;
    const struct frame *f;
    for (uint32_t back = 0; (f = memory_came_before(j, back)) != NULL; back++) {
        packet_facts(f->bytes, f->len, &part);
        uint32_t at = k + 8;
        if (part.kind == FACTS_IPV4 && part.src == first->src && part.id == first->id &&
            part.protocol == IPPROTO_ICMP && at >= part.offset &&
            at < part.offset + part.body_len && part.body[at - part.offset] == octet)
            return true;
    }
    return false;
}

RULE(rule_echo_data)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    if (!is_echo_reply(f) || f->fragment || !request_of(j, f, &request))
        return true;
    uint32_t n = request.body_len < f->body_len ? request.body_len : f->body_len, k = 8;
    uint32_t whole = request.fragment ? f->body_len : request.body_len;
    n = request.fragment ? f->body_len : n;
    while (k < n && (request.fragment ? came_in_part(j, &request, k - 8, f->body[k])
                                      : request.body[k] == f->body[k]))
        k++;
    return rule_broken(b, k == whole && k == f->body_len, "the octets of the request",
                       "%u octets, the first of them that differs is number %u", f->body_len - 8,
                       k - 8);
}

RULE(rule_echo_source)
{
    struct packet_facts request;
    (void)now_ns;
    if (!is_echo_reply(f) || !request_of(j, f, &request) || !memory_owns(j, from, request.dst) ||
        request.dst == f->src)
        return true;
    ipv4_text(request.dst, b->expected);
    ipv4_text(f->src, b->actual);
    return false;
}

RULE(rule_echo_destination)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    if (!is_echo_reply(f) || !request_of(j, f, &request) || request.src == f->dst ||
        request.header > PLAIN_HEADER) /* a source route is turned round: RFC 1122, 3.2.2.6 */
        return true;
    ipv4_text(request.src, b->expected);
    ipv4_text(f->dst, b->actual);
    return false;
}

static bool is_error(const struct packet_facts *f)
{
    if (!is_icmp(f) || f->body_len < 8 + sizeof(struct in_addr) * 5)
        return false;
    uint8_t type = f->body[0];
    return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB ||
           type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT;
}

/* The datagram that came and that an error quotes: its header unchanged, and at least eight octets
 * behind it, or all that there are. */
static bool quotes(const struct packet_facts *error, const struct packet_facts *came)
{
    const uint8_t *quote = error->body + 8;
    uint32_t quoted = error->body_len - 8;
    if (came->kind != FACTS_IPV4 || came->header > quoted)
        return false;
    uint32_t whole = came->header + came->body_len;
    uint32_t least = came->header + QUOTED_LEAST < whole ? came->header + QUOTED_LEAST : whole;
    uint32_t n = quoted < whole ? quoted : whole;
    return quoted >= least && memcmp(quote, came->ip, n) == 0;
}

RULE(rule_error_quotes)
{
    struct packet_facts came;
    const struct frame *c;
    (void)from, (void)now_ns;
    if (!is_error(f))
        return true;
    for (uint32_t back = 0; (c = memory_came_before(j, back)) != NULL; back++) {
        packet_facts(c->bytes, c->len, &came);
        if (quotes(f, &came))
            return true;
    }
    return rule_broken(b, false, "a datagram that came, unchanged", "another");
}

RULE(rule_error_destination)
{
    (void)j, (void)from, (void)now_ns;
    if (!is_error(f))
        return true;
    const uint8_t *s = f->body + 8 + 12;
    uint32_t source = (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
    if (source == f->dst)
        return true;
    ipv4_text(source, b->expected);
    ipv4_text(f->dst, b->actual);
    return false;
}
