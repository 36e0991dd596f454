/*
 * The rules of the baseline, one table. A frame of a host under test satisfies each unless its line
 * states one of the rule's fields. RULE_MUST fails any stack; RULE_CONVENTION, what our own stack
 * holds itself to, is a note in the ladder of another.
 */
#include <arpa/inet.h>
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

__attribute__((format(printf, 4, 5))) static bool
broken(struct breach *b, bool holds, const char *expected, const char *actual, ...)
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

static bool hardware_source(struct judge *j, const struct judge_port *from,
                            const struct packet_facts *f, int64_t now_ns, struct breach *b)
{
    (void)j, (void)now_ns;
    if (!f->eth_src || memcmp(f->eth_src, from->mac, sizeof from->mac) == 0)
        return true;
    mac_text(from->mac, b->expected);
    mac_text(f->eth_src, b->actual);
    return false;
}

static bool untagged(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                     int64_t now_ns, struct breach *b)
{
    (void)j, (void)from, (void)now_ns;
    return broken(b, !f->tagged, "no tag", "tagged");
}

static bool is_broadcast(const struct judge_port *from, uint32_t ipv4)
{
    uint32_t host = from->prefix > 0 && from->prefix < 31 ? UINT32_MAX >> from->prefix : 255;
    return ipv4 == INADDR_BROADCAST || (ipv4 & host) == host || (ipv4 & host) == 0;
}

static bool hardware_destination(struct judge *j, const struct judge_port *from,
                                 const struct packet_facts *f, int64_t now_ns, struct breach *b)
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

static bool arp_sender(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                       int64_t now_ns, struct breach *b)
{
    (void)now_ns;
    if (f->kind != FACTS_ARP || (f->op == ARP_REQUEST && f->spa == INADDR_ANY) ||
        memory_owns(j, from, f->spa))
        return true;
    snprintf(b->expected, sizeof b->expected, "an address of its own");
    ipv4_text(f->spa, b->actual);
    return false;
}

static bool arp_hardware(struct judge *j, const struct judge_port *from,
                         const struct packet_facts *f, int64_t now_ns, struct breach *b)
{
    (void)j, (void)now_ns;
    if (f->kind != FACTS_ARP || memcmp(f->sha, from->mac, sizeof from->mac) == 0)
        return true;
    mac_text(from->mac, b->expected);
    mac_text(f->sha, b->actual);
    return false;
}

static bool arp_again(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                      int64_t now_ns, struct breach *b)
{
    if (f->kind != FACTS_ARP || f->op != ARP_REQUEST)
        return true;
    int64_t before = memory_sent_before(j, from, f);
    char at[TIME_TEXT_BYTES];
    return broken(b, before < 0 || now_ns - before >= j->arp_interval_ns,
                  "a second, or what the script set, between requests for one address",
                  "the same at %s", time_text(before, at));
}

static bool arp_answers(struct judge *j, const struct judge_port *from,
                        const struct packet_facts *f, int64_t now_ns, struct breach *b)
{
    (void)now_ns;
    if (f->kind != FACTS_ARP || f->op != ARP_REPLY)
        return true;
    int64_t before = memory_sent_before(j, from, f);
    char at[TIME_TEXT_BYTES];
    return broken(b, before < 0 || memory_asked_since(j, f->spa, before),
                  "a request for the address since the last reply", "none since %s",
                  time_text(before, at));
}

/* --- IPv4 --- */

static bool ip_source(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                      int64_t now_ns, struct breach *b)
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
static bool ip_destination(struct judge *j, const struct judge_port *from,
                           const struct packet_facts *f, int64_t now_ns, struct breach *b)
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

static bool ip_reserved(struct judge *j, const struct judge_port *from,
                        const struct packet_facts *f, int64_t now_ns, struct breach *b)
{
    (void)j, (void)from, (void)now_ns;
    return broken(b, f->kind != FACTS_IPV4 || !(f->flags & 4), "the reserved flag zero", "one");
}

static bool ip_ttl_zero(struct judge *j, const struct judge_port *from,
                        const struct packet_facts *f, int64_t now_ns, struct breach *b)
{
    (void)j, (void)from, (void)now_ns;
    return broken(b, f->kind != FACTS_IPV4 || f->ttl > 0, "at least 1", "0");
}

static bool ip_ttl(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                   int64_t now_ns, struct breach *b)
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

static bool ip_tos(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                   int64_t now_ns, struct breach *b)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    if (f->kind != FACTS_IPV4 || f->tos == 0 || j->said_tos[f->tos / 64] >> f->tos % 64 & 1 ||
        (is_echo_reply(f) && request_of(j, f, &request) && request.tos == f->tos))
        return true;
    return broken(b, false, "0, or what the script set", "0x%02x", f->tos);
}

/* A stack that answers in the request's own buffer sends its identification back: when that
 * repeats, the asker repeated it. */
static bool ip_identification(struct judge *j, const struct judge_port *from,
                              const struct packet_facts *f, int64_t now_ns, struct breach *b)
{
    struct packet_facts request;
    bool atomic = (f->flags & 2) && !f->fragment; /* RFC 6864, section 4.1 */
    int64_t before = f->kind != FACTS_IPV4 || atomic ? -1 : memory_sent_before(j, from, f);
    char at[TIME_TEXT_BYTES];
    if (before < 0 || (is_echo_reply(f) && request_of(j, f, &request) && request.id == f->id))
        return true;
    return broken(b, now_ns - before >= DATAGRAM_LIFE_NS, "another than in the last two minutes",
                  "%u, as at %s", f->id, time_text(before, at));
}

/* --- ICMP --- */

static bool echo_asked(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                       int64_t now_ns, struct breach *b)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    return broken(b, !is_echo_reply(f) || request_of(j, f, &request) != NULL,
                  "a request with this identifier and number", "none came");
}

static bool echo_data(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                      int64_t now_ns, struct breach *b)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    if (!is_echo_reply(f) || f->fragment || !request_of(j, f, &request) || request.fragment)
        return true;
    uint32_t n = request.body_len < f->body_len ? request.body_len : f->body_len, k = 8;
    while (k < n && request.body[k] == f->body[k])
        k++;
    return broken(b, k == request.body_len && k == f->body_len, "the octets of the request",
                  "%u octets, the first of them that differs is number %u", f->body_len - 8, k - 8);
}

static bool echo_source(struct judge *j, const struct judge_port *from,
                        const struct packet_facts *f, int64_t now_ns, struct breach *b)
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

static bool echo_destination(struct judge *j, const struct judge_port *from,
                             const struct packet_facts *f, int64_t now_ns, struct breach *b)
{
    struct packet_facts request;
    (void)from, (void)now_ns;
    if (!is_echo_reply(f) || !request_of(j, f, &request) || request.src == f->dst)
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

static bool error_quotes(struct judge *j, const struct judge_port *from,
                         const struct packet_facts *f, int64_t now_ns, struct breach *b)
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
    return broken(b, false, "a datagram that came, unchanged", "another");
}

static bool error_destination(struct judge *j, const struct judge_port *from,
                              const struct packet_facts *f, int64_t now_ns, struct breach *b)
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

const struct rule baseline_rules[] = {
    {"hardware source",
     RULE_MUST,
     "IEEE802.3-3.2.3-2",
     "The source is the interface's own address.",
     {"eth.src"},
     hardware_source},
    {"no tag",
     RULE_MUST,
     "RFC894-frame-format-1",
     "No 802.1Q tag that nobody asked for.",
     {"vlan"},
     untagged},
    {"hardware destination",
     RULE_MUST,
     "RFC1122-3.3.6-4",
     "The destination is everybody for what is for everybody, a group as RFC 1112 maps it, or an "
     "address that someone on the link has or claimed.",
     {"eth.dst"},
     hardware_destination},
    {"arp sender",
     RULE_MUST,
     "RFC826-packet-generation-1",
     "ARP's sender is an address of the host, or 0 in a probe (RFC 5227).",
     {"arp.spa"},
     arp_sender},
    {"arp hardware",
     RULE_MUST,
     "RFC826-packet-generation-1",
     "ARP's sender has the interface's hardware address.",
     {"arp.sha"},
     arp_hardware},
    {"arp rate",
     RULE_CONVENTION,
     "RFC1122-2.3.2.1-4",
     "Requests for one address come a second apart at least.",
     {NULL},
     arp_again},
    {"arp reply",
     RULE_MUST,
     "RFC826-packet-reception-8",
     "The same reply again only when asked again.",
     {NULL},
     arp_answers},
    {"source",
     RULE_MUST,
     "RFC1122-3.2.1.3-5",
     "The source is an address that the script, a server's ACK or a probe made the host's own; "
     "0.0.0.0 from DHCP's client alone.",
     {"ip.src"},
     ip_source},
    {"destination",
     RULE_MUST,
     NULL,
     "The destination is an address that a host has, or that a call or a packet named before.",
     {"ip.dst"},
     ip_destination},
    {"reserved flag",
     RULE_MUST,
     "RFC791-3.1-5",
     "The reserved flag is zero.",
     {"ip.rf"},
     ip_reserved},
    {"ttl zero", RULE_MUST, "RFC1122-3.2.1.7-1", "TTL 0 is never sent.", {"ip.ttl"}, ip_ttl_zero},
    {"ttl",
     RULE_CONVENTION,
     "RFC1122-3.2.1.7-4",
     "The TTL is 64, to groups 1 (RFC 1112, section 6.1), or what the script's calls and knobs "
     "say.",
     {"ip.ttl"},
     ip_ttl},
    {"tos",
     RULE_MUST,
     "RFC1122-3.2.1.6-4",
     "The TOS octet is 0, what the script set, or in an echo reply the request's.",
     {"ip.tos"},
     ip_tos},
    {"identification",
     RULE_MUST,
     "RFC6864-4.3-1",
     "The identification of what may be fragmented does not repeat within two minutes.",
     {"ip.id"},
     ip_identification},
    {"echo asked",
     RULE_MUST,
     "RFC1122-3.2.2.6-1",
     "An echo reply has its request.",
     {NULL},
     echo_asked},
    {"echo data",
     RULE_MUST,
     "RFC1122-3.2.2.6-5",
     "An echo reply returns all of the request's data.",
     {"data", "icmp.data"},
     echo_data},
    {"echo source",
     RULE_MUST,
     "RFC1122-3.2.2.6-4",
     "An echo reply comes from the address that was asked.",
     {"ip.src"},
     echo_source},
    {"echo destination",
     RULE_MUST,
     "RFC1122-3.2.2.6-1",
     "An echo reply goes to who asked.",
     {"ip.dst"},
     echo_destination},
    {"error quotes",
     RULE_MUST,
     "RFC1122-3.2.2-2",
     "An ICMP error quotes what came, unchanged, with eight octets behind the header.",
     {"quote"},
     error_quotes},
    {"error destination",
     RULE_MUST,
     "RFC1122-3.2.2-11",
     "An ICMP error goes to the source of what it quotes.",
     {"ip.dst"},
     error_destination},
    {.name = NULL},
};

uint32_t baseline_breaches(struct judge *j, const struct judge_port *from,
                           const struct packet_facts *f, int64_t now_ns,
                           struct breach out[BREACHES])
{
    uint32_t count = 0;
    for (const struct rule *r = baseline_rules; r->name && count < BREACHES; r++)
        if (!r->holds(j, from, f, now_ns, &out[count]))
            out[count++].rule = r;
    return count;
}

bool baseline_excused(const struct rule *r, const struct packet_spec *line)
{
    for (int k = 0; k < RULE_FIELDS && r->field[k]; k++)
        if (packet_states(line, r->field[k]))
            return true;
    return false;
}
