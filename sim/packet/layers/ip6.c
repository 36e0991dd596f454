/* IPv6's header (RFC 8200, section 3) and ICMPv6's (RFC 4443, section 2.1). Extension headers are
 * data. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/packet/layers/icmp.h"
#include "sim/packet/layers/ip.h"

enum { IP6_HEADER = 40, ICMP6_HEADER = 8, IP6_EXPERIMENT = 253 };

static bool address(struct builder *b, const char *end, const struct packet_addresses *a,
                    struct value *out)
{
    if (!a->has_ipv6) {
        why_set(b->why, "ip6: the %s of this line has no IPv6 address: write ip6 A > B", end);
        return false;
    }
    *out = (struct value){.kind = VALUE_IPV6, .bytes = a->ipv6, .len = 16};
    return true;
}

static bool ip6_src(struct builder *b, int i, struct value *out)
{
    (void)i;
    return address(b, "source", &b->context->source, out);
}

static bool ip6_dst(struct builder *b, int i, struct value *out)
{
    (void)i;
    return address(b, "destination", &b->context->destination, out);
}

static bool ip6_len(const struct shape *s, int i, uint64_t *out)
{
    *out = s->view[i].end - s->view[i].body;
    return true;
}

static bool ip6_next(const struct shape *s, int i, uint64_t *out)
{
    uint32_t number = IP6_EXPERIMENT;
    if (i + 1 < s->views)
        layer_number(s->set, s->view[i].layer, s->view[i + 1].layer, &number);
    *out = number;
    return true;
}

static bool ip6_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                     const char **problem)
{
    const uint8_t *h = s->bytes + v->at;
    *problem = "ip6: shorter than its header of 40 octets";
    if (limit - v->at < IP6_HEADER)
        return false;
    *problem = "ip6: the version is not 6";
    if (h[0] >> 4 != 6)
        return false;
    uint32_t len = get16(h + 4);
    v->body = v->at + IP6_HEADER;
    v->end = len > limit - v->body ? limit : v->body + len;
    *next = layer_bound(s->set, v->layer, h[6]);
    return true;
}

static const struct symbol nexts[] = {
    {"icmp6", IPPROTO_ICMPV6, -1},
    {"tcp", IPPROTO_TCP, -1},
    {"udp", IPPROTO_UDP, -1},
    {0},
};

static const struct field ip6_fields[] = {
    {.name = "src", .alias = "from", .type = FIELD_IPV6, .bit = 64, .bits = 128, .answer = ip6_src},
    {.name = "dst", .alias = "to", .type = FIELD_IPV6, .bit = 192, .bits = 128, .answer = ip6_dst},
    {.name = "hlim",
     .alias = "ttl",
     .type = FIELD_UINT,
     .bit = 56,
     .bits = 8,
     .preset = 64,
     .flags = FIELD_QUIET},
    {.name = "class", .alias = "tos", .type = FIELD_UINT, .bit = 4, .bits = 8, .flags = FIELD_HEX},
    {.name = "ecn",
     .type = FIELD_UINT,
     .bit = 10,
     .bits = 2,
     .flags = FIELD_PART,
     .symbol = ecn_words},
    {.name = "flow",
     .alias = "flowlabel",
     .type = FIELD_UINT,
     .bit = 12,
     .bits = 20,
     .flags = FIELD_HEX | FIELD_QUIET},
    {.name = "next",
     .type = FIELD_UINT,
     .bit = 48,
     .bits = 8,
     .derive = ip6_next,
     .flags = FIELD_KEY,
     .symbol = nexts},
    {.name = "version", .type = FIELD_UINT, .bit = 0, .bits = 4, .preset = 6},
    {.name = "len",
     .type = FIELD_UINT,
     .bit = 32,
     .bits = 16,
     .derive = ip6_len,
     .flags = FIELD_LENGTH},
};

const struct layer layer_ip6 = {
    .name = "ip6",
    .below = "eth",
    .field = ip6_fields,
    .fields = COUNT(ip6_fields),
    .fixed = IP6_HEADER,
    .first = "src",
    .second = "dst",
    .open = ip6_open,
};

static bool icmp6_sum(const struct shape *s, int i, uint64_t *out)
{
    const struct view *v = &s->view[i];
    const uint8_t *h = s->bytes + v->at;
    uint32_t len = v->end - v->at;
    *out = packet_sum(h, len, pseudo_sum(s, i, IPPROTO_ICMPV6, len) + (0xffffu & ~get16(h + 2)));
    return true;
}

static bool icmp6_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                       const char **problem)
{
    (void)s, (void)next;
    if (limit - v->at < ICMP6_HEADER) {
        *problem = "icmp6: shorter than its header of 8 octets";
        return false;
    }
    v->body = v->at + ICMP6_HEADER;
    v->end = limit;
    return true;
}

static const struct symbol types[] = {
    {"unreachable", ICMP6_DST_UNREACH, -1},
    {"too-big", ICMP6_PACKET_TOO_BIG, -1},
    {"time-exceeded", ICMP6_TIME_EXCEEDED, -1},
    {"parameter-problem", ICMP6_PARAM_PROB, -1},
    {"echo-request", ICMP6_ECHO_REQUEST, -1},
    {"echo-reply", ICMP6_ECHO_REPLY, -1},
    {"router-solicitation", ND_ROUTER_SOLICIT, -1},
    {"router-advertisement", ND_ROUTER_ADVERT, -1},
    {"neighbor-solicitation", ND_NEIGHBOR_SOLICIT, -1},
    {"neighbor-advertisement", ND_NEIGHBOR_ADVERT, -1},
    /* packetdrill's */
    {"packet_too_big", ICMP6_PACKET_TOO_BIG, -1},
    {"time_exceeded", ICMP6_TIME_EXCEEDED, -1},
    {"parameter_problem", ICMP6_PARAM_PROB, -1},
    {"echo_request", ICMP6_ECHO_REQUEST, -1},
    {"echo_reply", ICMP6_ECHO_REPLY, -1},
    {0},
};

/* RFC 4443, sections 3.1, 3.3 and 3.4. */
static const struct symbol codes[] = {
    {"no-route", ICMP6_DST_UNREACH_NOROUTE, ICMP6_DST_UNREACH},
    {"admin-prohibited", ICMP6_DST_UNREACH_ADMIN, ICMP6_DST_UNREACH},
    {"beyond-scope", ICMP6_DST_UNREACH_BEYONDSCOPE, ICMP6_DST_UNREACH},
    {"address", ICMP6_DST_UNREACH_ADDR, ICMP6_DST_UNREACH},
    {"port", ICMP6_DST_UNREACH_NOPORT, ICMP6_DST_UNREACH},
    {"hop-limit", ICMP6_TIME_EXCEED_TRANSIT, ICMP6_TIME_EXCEEDED},
    {"reassembly", ICMP6_TIME_EXCEED_REASSEMBLY, ICMP6_TIME_EXCEEDED},
    {"header", ICMP6_PARAMPROB_HEADER, ICMP6_PARAM_PROB},
    {"next-header", ICMP6_PARAMPROB_NEXTHEADER, ICMP6_PARAM_PROB},
    {"option", ICMP6_PARAMPROB_OPTION, ICMP6_PARAM_PROB},
    /* packetdrill's */
    {"no_route", ICMP6_DST_UNREACH_NOROUTE, ICMP6_DST_UNREACH},
    {"admin_prohibited", ICMP6_DST_UNREACH_ADMIN, ICMP6_DST_UNREACH},
    {"address_unreachable", ICMP6_DST_UNREACH_ADDR, ICMP6_DST_UNREACH},
    {"port_unreachable", ICMP6_DST_UNREACH_NOPORT, ICMP6_DST_UNREACH},
    {0},
};

static const struct field icmp6_fields[] = {
    {.name = "type",
     .type = FIELD_UINT,
     .bit = 0,
     .bits = 8,
     .flags = FIELD_KEY | FIELD_HEAD,
     .preset = ICMP6_ECHO_REQUEST,
     .symbol = types},
    {.name = "code",
     .type = FIELD_UINT,
     .bit = 8,
     .bits = 8,
     .flags = FIELD_KEY | FIELD_HEAD,
     .symbol = codes,
     .given = "type"},
    {.name = "id", .type = FIELD_UINT, .bit = 32, .bits = 16, .flags = FIELD_PART},
    {.name = "seq", .type = FIELD_UINT, .bit = 48, .bits = 16, .flags = FIELD_PART},
    {.name = "rest", .alias = "mtu", .type = FIELD_UINT, .bit = 32, .bits = 32, .flags = FIELD_HEX},
    {.name = "echoed", .type = FIELD_OWN},
    {.name = "sum",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 16,
     .derive = icmp6_sum,
     .flags = FIELD_SUM | FIELD_HEX},
};

static int icmp6_parse(struct compiler *c)
{
    return echoed_starts(c) ? echoed_parse(c) : icmp_number(c);
}

const struct layer layer_icmp6 = {
    .name = "icmp6",
    .below = "ip6",
    .field = icmp6_fields,
    .fields = COUNT(icmp6_fields),
    .fixed = ICMP6_HEADER,
    .open = icmp6_open,
    .parse = icmp6_parse,
};
