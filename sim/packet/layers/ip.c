/* IPv4 (RFC 791). */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include "sim/packet/layers/ip.h"

enum { IP_HEADER = 20, IP_EXPERIMENT = 253 /* RFC 3692: what follows has no number */ };

static bool address(struct builder *b, const char *end, const struct packet_addresses *a,
                    struct value *out)
{
    if (!a->has_ipv4) {
        why_set(b->why, "ip: the %s of this line has no IPv4 address: write ip A > B", end);
        return false;
    }
    *out = (struct value){.kind = VALUE_IPV4, .number = a->ipv4};
    return true;
}

/* A quotation went the other way. */
static bool ip_src(struct builder *b, int i, struct value *out)
{
    const struct packet_context *c = b->context;
    if (i > 0 && b->shape.view[i].quoted)
        return address(b, "destination", &c->destination, out);
    int dhcp = shape_find(&b->shape, &layer_dhcp, i);
    if (dhcp >= 0 && dhcp_source_unknown(b, dhcp)) {
        *out = (struct value){.kind = VALUE_IPV4};
        return true;
    }
    return address(b, "source", &c->source, out);
}

static bool ip_dst(struct builder *b, int i, struct value *out)
{
    const struct packet_context *c = b->context;
    if (i > 0 && b->shape.view[i].quoted)
        return address(b, "source", &c->source, out);
    int dhcp = shape_find(&b->shape, &layer_dhcp, i);
    if (dhcp >= 0) {
        *out = (struct value){.kind = VALUE_IPV4, .number = dhcp_destination(b, dhcp)};
        return true;
    }
    return address(b, "destination", &c->destination, out);
}

static bool ip_len(const struct shape *s, int i, uint64_t *out)
{
    *out = s->view[i].end - s->view[i].at;
    return true;
}

static bool ip_ihl(const struct shape *s, int i, uint64_t *out)
{
    *out = (s->view[i].body - s->view[i].at) / 4;
    return true;
}

static bool ip_sum(const struct shape *s, int i, uint64_t *out)
{
    const struct view *v = &s->view[i];
    const uint8_t *h = s->bytes + v->at;
    uint32_t without = 0xffffu & ~get16(h + 10);
    *out = packet_sum(h, v->body - v->at, without);
    return true;
}

static bool ip_proto(const struct shape *s, int i, uint64_t *out)
{
    uint32_t number = IP_EXPERIMENT;
    if (i + 1 < s->views)
        layer_number(s->set, s->view[i].layer, s->view[i + 1].layer, &number);
    *out = number;
    return true;
}

static bool ip_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                    const char **problem)
{
    const uint8_t *h = s->bytes + v->at;
    uint32_t room = limit - v->at;
    *problem = "ip: shorter than its header of 20 octets";
    if (room < IP_HEADER)
        return false;
    uint32_t header = (h[0] & 15u) * 4, len = get16(h + 2);
    *problem = "ip: the version is not 4";
    if (h[0] >> 4 != IPVERSION)
        return false;
    *problem = "ip: IHL is below 5";
    if (header < IP_HEADER)
        return false;
    *problem = "ip: the header runs over the frame's end";
    if (header > room)
        return false;
    v->body = v->at + header;
    v->end = len < header || len > room ? limit : v->at + len;
    bool fragment = get16(h + 6) & (IP_MF | IP_OFFMASK);
    v->partial = v->partial || fragment;
    *next = fragment ? NULL : layer_bound(s->set, v->layer, h[9]);
    return true;
}

/* Options fill whole words: RFC 791, section 3.1, "Padding". */
static bool ip_emit(struct builder *b, int i)
{
    const struct clause *cl = b->part[i] ? clause_named(b->part[i], "options") : NULL;
    struct value v;
    if (!cl || cl->absent)
        return true;
    if (!build_resolve(b, i, cl->field, cl->match, &v))
        return false;
    uint8_t *at = build_append(b, i, (v.len + 3) / 4 * 4);
    if (at && v.len)
        memcpy(at, v.bytes, v.len);
    if (b->shape.view[i].body - b->shape.view[i].at > 60)
        why_set(b->why, "ip: options of %u octets: 40 fit", v.len);
    return at && !b->why->text[0];
}

static const struct symbol protocols[] = {
    {"icmp", IPPROTO_ICMP, -1},
    {"igmp", IPPROTO_IGMP, -1},
    {"tcp", IPPROTO_TCP, -1},
    {"udp", IPPROTO_UDP, -1},
    {0},
};

const struct symbol ecn_words[] = {
    {"noecn", IPTOS_ECN_NOT_ECT, -1},
    {"ect1", IPTOS_ECN_ECT1, -1},
    {"ect0", IPTOS_ECN_ECT0, -1},
    {"ce", IPTOS_ECN_CE, -1},
    {0},
};

static const struct field ip_fields[] = {
    {.name = "src", .alias = "from", .type = FIELD_IPV4, .bit = 96, .bits = 32, .answer = ip_src},
    {.name = "dst", .alias = "to", .type = FIELD_IPV4, .bit = 128, .bits = 32, .answer = ip_dst},
    {.name = "ttl",
     .alias = "hlim",
     .type = FIELD_UINT,
     .bit = 64,
     .bits = 8,
     .preset = IPDEFTTL,
     .flags = FIELD_QUIET},
    {.name = "tos", .type = FIELD_UINT, .bit = 8, .bits = 8, .flags = FIELD_HEX},
    {.name = "dscp", .type = FIELD_UINT, .bit = 8, .bits = 6, .flags = FIELD_PART},
    {.name = "ecn",
     .type = FIELD_UINT,
     .bit = 14,
     .bits = 2,
     .flags = FIELD_PART,
     .symbol = ecn_words},
    {.name = "id", .type = FIELD_UINT, .bit = 32, .bits = 16, .flags = FIELD_QUIET},
    {.name = "rf", .type = FIELD_FLAG, .bit = 48, .bits = 1},
    {.name = "df", .type = FIELD_FLAG, .bit = 49, .bits = 1, .flags = FIELD_QUIET},
    {.name = "mf", .type = FIELD_FLAG, .bit = 50, .bits = 1},
    {.name = "off", .type = FIELD_UINT, .bit = 51, .bits = 13, .scale = 8},
    {.name = "proto",
     .type = FIELD_UINT,
     .bit = 72,
     .bits = 8,
     .derive = ip_proto,
     .flags = FIELD_KEY,
     .symbol = protocols},
    {.name = "version", .type = FIELD_UINT, .bit = 0, .bits = 4, .preset = IPVERSION},
    {.name = "options",
     .type = FIELD_BYTES,
     .bit = 160,
     .bits = 0,
     .flags = FIELD_HEADER | FIELD_PADDED},
    {.name = "frag", .type = FIELD_OWN},
    {.name = "ihl",
     .type = FIELD_UINT,
     .bit = 4,
     .bits = 4,
     .derive = ip_ihl,
     .flags = FIELD_LENGTH},
    {.name = "len",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 16,
     .derive = ip_len,
     .flags = FIELD_LENGTH},
    {.name = "sum",
     .type = FIELD_UINT,
     .bit = 80,
     .bits = 16,
     .derive = ip_sum,
     .flags = FIELD_SUM | FIELD_HEX,
     .clause = "RFC1122-3.2.1.2-2"},
};

const struct layer layer_ip = {
    .name = "ip",
    .below = "eth",
    .field = ip_fields,
    .fields = COUNT(ip_fields),
    .fixed = IP_HEADER,
    .first = "src",
    .second = "dst",
    .open = ip_open,
    .parse = frag_parse,
    .print = frag_print,
    .emit = ip_emit,
    .match = frag_match,
};
