/* The baseline's rules of what the host's own clients send: DHCP, DNS and NTP. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "sim/judge/baseline.h"
#include "sim/judge/private.h"

enum {
    UDP = 8,
    DNS_PORT = 53,
    DNS_HEADER = 12,
    DHCP_SERVER = 67,
    DHCP_CLIENT = 68,
    DHCP_OPTIONS = 240,
    NTP_PORT = 123,
    NTP_OCTETS = 48,
};

/* What a datagram to that port carries; NULL: it is none, or shorter than `least`. */
static const uint8_t *message(const struct packet_facts *f, uint32_t port, uint32_t least)
{
    bool it_is = f->kind == FACTS_IPV4 && f->protocol == IPPROTO_UDP && !f->fragment &&
                 f->dport == port && f->body_len >= UDP + least;
    return it_is ? f->body + UDP : NULL;
}

static bool fixed(const uint8_t *m, struct breach *b)
{
    const struct rule *r = b->rule;
    uint32_t number = 0, mask = r->mask ? r->mask : UINT32_MAX;
    for (uint32_t k = 0; m && k < r->octets; k++)
        number = number << 8 | m[r->at + k];
    if (!m || (number & mask) == r->value)
        return true;
    snprintf(b->expected, sizeof b->expected, "0x%x", r->value);
    snprintf(b->actual, sizeof b->actual, "0x%x", number & mask);
    return false;
}

/* --- DHCP: RFC 2131, section 2 and table 5 --- */

static const uint8_t *dhcp(const struct packet_facts *f)
{
    const uint8_t *m = message(f, DHCP_SERVER, DHCP_OPTIONS);
    return m && f->sport == DHCP_CLIENT ? m : NULL;
}

RULE(rule_dhcp_fixed)
{
    (void)j, (void)from, (void)now_ns;
    return fixed(dhcp(f), b);
}

RULE(rule_dhcp_ports)
{
    (void)j, (void)from, (void)now_ns;
    bool udp = f->kind == FACTS_IPV4 && f->protocol == IPPROTO_UDP && f->offset == 0;
    return rule_broken(b, !udp || (f->sport == DHCP_CLIENT) == (f->dport == DHCP_SERVER),
                       "68 to 67", "%u to %u", f->sport, f->dport);
}

RULE(rule_dhcp_hardware)
{
    enum { CHADDR = 28, REST = 34, FILE_END = 236 };
    const uint8_t *m = dhcp(f);
    uint32_t k = REST;
    (void)j, (void)now_ns;
    while (m && k < FILE_END && m[k] == 0)
        k++;
    if (!m || memcmp(m + CHADDR, from->mac, sizeof from->mac) != 0)
        return rule_broken(b, !m, "the interface's own address", "another");
    return rule_broken(b, k == FILE_END, "zeros", "0x%02x at octet %u", m[k], k);
}

RULE(rule_dhcp_client_address)
{
    enum { CIADDR = 12 };
    const uint8_t *m = dhcp(f);
    (void)now_ns;
    if (!m)
        return true;
    const uint8_t *a = m + CIADDR;
    uint32_t ciaddr = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];
    return rule_broken(b, ciaddr == 0 || memory_owns(j, from, ciaddr), "0 or its own",
                       "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

/* The value of an option in a message of that length; NULL: it has none. */
static const uint8_t *option(const uint8_t *m, uint32_t len, uint8_t code, uint32_t *octets)
{
    for (uint32_t at = DHCP_OPTIONS; at + 1 < len && m[at] != 255;) {
        if (m[at] == 0) {
            at++;
            continue;
        }
        uint32_t end = at + 2 + m[at + 1];
        if (end > len)
            return NULL;
        if (m[at] == code) {
            *octets = m[at + 1];
            return m + at + 2;
        }
        at = end;
    }
    return NULL;
}

/* The length that an option has (RFC 2132), 0: any; and whether messages of the type have it (RFC
 * 2131, table 5: MUST NOT). */
static bool option_fits(uint32_t type, uint32_t code, uint32_t octets)
{
    enum { DISCOVER = 1, DECLINE = 4, RELEASE = 7, INFORM = 8 };
    static const struct {
        uint8_t code, octets;
    } lengths[] = {{50, 4}, {51, 4}, {52, 1}, {53, 1}, {54, 4}, {57, 2}, {58, 4}, {59, 4}};
    bool ends = type == DECLINE || type == RELEASE;
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++)
        if (lengths[k].code == code && lengths[k].octets != octets)
            return false;
    switch (code) {
    case 54:
        return type != DISCOVER && type != INFORM;
    case 50:
        return type != INFORM && type != RELEASE;
    case 51:
        return type != INFORM && !ends;
    case 55:
    case 57:
        return !ends;
    case 56:
        return ends;
    case 61:
        return octets >= 2;
    default:
        return code != 58 && code != 59 && octets > 0;
    }
}

RULE(rule_dhcp_options)
{
    const uint8_t *m = dhcp(f);
    uint32_t len = f->body_len - UDP, at = DHCP_OPTIONS;
    bool seen[256] = {false};
    uint32_t octets = 0;
    const uint8_t *type = m ? option(m, len, 53, &octets) : NULL;
    (void)j, (void)from, (void)now_ns;
    while (m && at < len && m[at] != 255) {
        uint32_t code = m[at], end = code == 0 ? at + 1 : at + 1 < len ? at + 2 + m[at + 1] : len;
        bool fits = code == 0 || (end <= len && option_fits(type ? type[0] : 0, code, m[at + 1]));
        if (end > len || !fits || (code != 0 && seen[code]))
            return rule_broken(b, false, "each option whole, once, and in its place", "option %u",
                               code);
        seen[code] = true;
        at = end;
    }
    if (m && (at >= len || !seen[53]))
        return rule_broken(b, false, "a message type, and an end", "none");
    for (at++; m && at < len; at++)
        if (m[at])
            return rule_broken(b, false, "zeros behind the end", "0x%02x", m[at]);
    return true;
}

RULE(rule_dhcp_broadcast)
{
    enum { FLAGS = 10 };
    const uint8_t *m = dhcp(f);
    (void)from, (void)now_ns;
    return rule_broken(
        b, !m || !(m[FLAGS] & 0x80) || j->said_broadcast || (from->has_ipv4 && !from->leased),
        "none of an interface without an address, which takes unicast", "one");
}

/* Seconds since the client began, or 0 (RFC 2131, section 2). */
RULE(rule_dhcp_secs)
{
    enum { SECS = 8, SECS_MOST = 65535 };
    const uint8_t *m = dhcp(f);
    int64_t secs = m ? m[SECS] << 8 | m[SECS + 1] : 0;
    int64_t gone_s = now_ns / 1000000000; /* since time 0: when it began the judge cannot know */
    (void)j, (void)from;
    return rule_broken(b, secs <= gone_s || secs == SECS_MOST, "no more than have gone", "%lld",
                       (long long)secs);
}

/* What is the same in every message of a client: its identifier in all, the others where they are
 * (table 5 keeps them out of DECLINE and RELEASE). */
static const uint8_t kept_codes[DHCP_KEPT] = {61, 55, 12, 60};

RULE(rule_dhcp_same)
{
    const uint8_t *m = dhcp(f);
    (void)j, (void)now_ns;
    for (uint32_t k = 0; m && from->dhcp_option && k < DHCP_KEPT; k++) {
        const struct kept_option *kept = &from->dhcp_option[k];
        uint32_t octets = 0;
        const uint8_t *value = option(m, f->body_len - UDP, kept_codes[k], &octets);
        bool other = value && kept->there &&
                     (octets != kept->len || memcmp(value, kept->value, octets) != 0);
        if (other || (k == 0 && (value != NULL) != kept->there))
            return rule_broken(b, false, "the same in every message", "option %u is another",
                               kept_codes[k]);
    }
    return true;
}

void dhcp_sent(struct judge *j, struct judge_port *from, const struct packet_facts *f)
{
    const uint8_t *m = dhcp(f);
    if (!m || from->dhcp_option)
        return;
    from->dhcp_option = world_alloc(j->world, DHCP_KEPT * sizeof *from->dhcp_option, 16);
    for (uint32_t k = 0; k < DHCP_KEPT; k++) {
        struct kept_option *kept = &from->dhcp_option[k];
        uint32_t octets = 0;
        const uint8_t *value = option(m, f->body_len - UDP, kept_codes[k], &octets);
        *kept = (struct kept_option){.there = value != NULL, .len = (uint8_t)octets};
        if (value)
            memcpy(kept->value, value, octets);
    }
}

/* A server's OFFER with that number, of that address, under that identifier. */
static bool is_offer(const struct frame *came, const uint8_t *m, const uint8_t *address,
                     const uint8_t *server)
{
    enum { XID = 4, YIADDR = 16, OFFER = 2, TYPE = 53, SERVER = 54 };
    struct packet_facts f;
    uint32_t octets = 0;
    packet_facts(came->bytes, came->len, &f);
    const uint8_t *o = message(&f, DHCP_CLIENT, DHCP_OPTIONS);
    const uint8_t *type = o ? option(o, f.body_len - UDP, TYPE, &octets) : NULL;
    if (!type || octets != 1 || type[0] != OFFER)
        return false;
    const uint8_t *id = option(o, f.body_len - UDP, SERVER, &octets);
    return memcmp(o + XID, m + XID, 4) == 0 && memcmp(o + YIADDR, address, 4) == 0 && id &&
           octets == 4 && memcmp(id, server, 4) == 0;
}

/* A client that names a server in a REQUEST is in SELECTING (RFC 2131, section 4.3.2). */
RULE(rule_dhcp_request)
{
    enum { REQUEST = 3, TYPE = 53, REQUESTED = 50, SERVER = 54 };
    const uint8_t *m = dhcp(f);
    uint32_t len = f->body_len - UDP, octets = 0;
    const uint8_t *type = m ? option(m, len, TYPE, &octets) : NULL;
    (void)from, (void)now_ns;
    if (!type || octets != 1 || type[0] != REQUEST)
        return true;
    const uint8_t *server = option(m, len, SERVER, &octets);
    if (!server)
        return true;
    const uint8_t *address = octets == 4 ? option(m, len, REQUESTED, &octets) : NULL;
    const struct frame *came;
    for (uint32_t back = 0; address && octets == 4 && (came = memory_came_before(j, back)); back++)
        if (is_offer(came, m, address, server))
            return true;
    return rule_broken(b, false, "number, address and server of an offer that came", "others");
}

/* --- DNS and NTP --- */

/* The octets of the first question's name; 0: it runs over the message, or points elsewhere. */
static uint32_t name_octets(const uint8_t *m, uint32_t len)
{
    uint32_t at = DNS_HEADER;
    while (at < len && m[at] != 0 && m[at] < 64)
        at += 1 + m[at];
    return at < len && m[at] == 0 ? at + 1 - DNS_HEADER : 0;
}

/* "10.2.0.192.in-addr.arpa", or the name as text, in lower case. */
static void name_text(const uint8_t *m, uint32_t octets, char out[256])
{
    uint32_t n = 0;
    for (uint32_t at = 0; at + 1 < octets;) {
        uint32_t label = m[at++];
        if (n)
            out[n++] = '.';
        for (uint32_t k = 0; k < label && n < 254; k++)
            out[n++] = (char)m[at + k];
        at += label;
    }
    out[n] = 0;
}

static bool name_was_said(const struct judge *j, const uint8_t *name, uint32_t octets)
{
    char text[256];
    name_text(name, octets, text);
    return memory_was_named(j, text) || memory_came_as(j, name, octets);
}

/* Behind the question is nothing, or the one record of EDNS without options (RFC 6891). */
RULE(rule_dns_whole)
{
    enum { OPT_OCTETS = 11, TAIL = 4, ARCOUNT = 11 };
    const uint8_t *m = message(f, DNS_PORT, DNS_HEADER);
    (void)j, (void)from, (void)now_ns;
    uint32_t len = m ? f->body_len - UDP : 0, octets = m ? name_octets(m, len) : 0;
    uint32_t whole = DNS_HEADER + octets + TAIL + (m && m[ARCOUNT] ? OPT_OCTETS : 0);
    return rule_broken(b, !m || (octets > 0 && len == whole), "what its counts say", "%u octets",
                       len);
}

/* One question (RFC 1035, section 4.1.2) for a name that someone asked for. */
RULE(rule_dns_question)
{
    enum { A = 1, PTR = 12, AAAA = 28, IN = 1, TAIL = 4 };
    const uint8_t *m = message(f, DNS_PORT, DNS_HEADER);
    (void)from, (void)now_ns;
    if (!m)
        return true;
    uint32_t len = f->body_len - UDP, octets = name_octets(m, len);
    uint32_t at = DNS_HEADER + octets;
    if (octets == 0 || at + TAIL > len)
        return rule_broken(b, false, "a whole question", "%u octets", len);
    uint32_t type = (uint32_t)m[at] << 8 | m[at + 1], class = (uint32_t)m[at + 2] << 8 | m[at + 3];
    if ((type != A && type != PTR && type != AAAA) || class != IN)
        return rule_broken(b, false, "A, AAAA or PTR, class IN", "type %u, class %u", type, class);
    return rule_broken(b, !j->calls_heard || name_was_said(j, m + DNS_HEADER, octets),
                       "a name that a call asked for", "another");
}

RULE(rule_dns_fixed)
{
    (void)j, (void)from, (void)now_ns;
    return fixed(message(f, DNS_PORT, DNS_HEADER), b);
}

RULE(rule_ntp_fixed)
{
    (void)j, (void)from, (void)now_ns;
    return fixed(message(f, NTP_PORT, NTP_OCTETS), b);
}
