/* Ethernet, VLAN tags (IEEE 802.1Q) and ARP (RFC 826). */
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <string.h>
#include "sim/packet/spec.h"

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t nobody[6];

static bool mac_value(const uint8_t *mac, struct value *out)
{
    *out = (struct value){.kind = VALUE_MAC, .bytes = mac, .len = 6};
    return true;
}

static bool ipv4_value(uint32_t address, struct value *out)
{
    *out = (struct value){.kind = VALUE_IPV4, .number = address};
    return true;
}

static bool next_number(const struct shape *s, int i, uint64_t *out)
{
    uint32_t number = 0x88b5; /* IEEE 802's local experimental ethertype: what follows has none */
    if (i + 1 < s->views)
        layer_number(s->set, s->view[i].layer, s->view[i + 1].layer, &number);
    *out = number;
    return true;
}

/* Goes to everybody: a broadcast datagram, an ARP request. */
static bool to_everybody(const struct builder *b)
{
    for (int i = 0; i < b->shape.views; i++) {
        const struct layer *l = b->shape.view[i].layer;
        if (l == &layer_arp)
            return shape_number(&b->shape, i, "op") == ARPOP_REQUEST;
        if (l == &layer_ip)
            return shape_number(&b->shape, i, "dst") == 0xffffffff;
    }
    return false;
}

/* RFC 1112, section 6.4: the low 23 bits of the group's address. */
static const uint8_t *group_mac(struct builder *b)
{
    int ip = shape_find(&b->shape, &layer_ip, 0);
    uint32_t dst = ip < 0 ? 0 : (uint32_t)shape_number(&b->shape, ip, "dst");
    if (dst >> 28 != 14)
        return NULL;
    const uint8_t group[6] = {0x01, 0x00, 0x5e, dst >> 16 & 0x7f, dst >> 8 & 0xff, dst & 0xff};
    return memcpy(b->scratch, group, 6);
}

static bool eth_dst(struct builder *b, int i, struct value *out)
{
    (void)i;
    if (to_everybody(b))
        return mac_value(broadcast, out);
    const uint8_t *group = group_mac(b);
    if (group)
        return mac_value(group, out);
    if (b->context->destination.has_mac)
        return mac_value(b->context->destination.mac, out);
    if (b->answered.views)
        return mac_value(b->answered.bytes + 6, out);
    return mac_value(broadcast, out);
}

static bool eth_src(struct builder *b, int i, struct value *out)
{
    (void)i;
    return mac_value(b->context->source.has_mac ? b->context->source.mac : nobody, out);
}

static bool eth_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                     const char **problem)
{
    if (limit - v->at < ETH_HLEN) {
        *problem = "eth: shorter than its header of 14 octets";
        return false;
    }
    v->body = v->at + ETH_HLEN;
    v->end = limit;
    *next = layer_bound(s->set, v->layer, get16(s->bytes + v->at + 12));
    return true;
}

static const struct symbol ethertypes[] = {
    {"arp", ETHERTYPE_ARP, -1},
    {"ip", ETHERTYPE_IP, -1},
    {"ip6", ETHERTYPE_IPV6, -1},
    {"vlan", ETHERTYPE_VLAN, -1},
    {0},
};

static const struct field eth_fields[] = {
    {.name = "dst", .alias = "to", .type = FIELD_MAC, .bit = 0, .bits = 48, .answer = eth_dst},
    {.name = "src", .alias = "from", .type = FIELD_MAC, .bit = 48, .bits = 48, .answer = eth_src},
    {.name = "type",
     .type = FIELD_UINT,
     .bit = 96,
     .bits = 16,
     .flags = FIELD_HEX | FIELD_KEY,
     .derive = next_number,
     .symbol = ethertypes},
};

const struct layer layer_eth = {
    .name = "eth",
    .field = eth_fields,
    .fields = COUNT(eth_fields),
    .fixed = ETH_HLEN,
    .first = "src",
    .second = "dst",
    .single = "dst",
    .open = eth_open,
};

static bool vlan_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                      const char **problem)
{
    if (limit - v->at < 4) {
        *problem = "vlan: shorter than its tag of 4 octets";
        return false;
    }
    v->body = v->at + 4;
    v->end = limit;
    *next = layer_bound(s->set, v->layer, get16(s->bytes + v->at + 2));
    return true;
}

static const struct field vlan_fields[] = {
    {.name = "id", .alias = "vid", .type = FIELD_UINT, .bit = 4, .bits = 12, .flags = FIELD_KEY},
    {.name = "priority", .alias = "pcp", .type = FIELD_UINT, .bit = 0, .bits = 3},
    {.name = "dei", .type = FIELD_FLAG, .bit = 3, .bits = 1},
    {.name = "type",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 16,
     .flags = FIELD_HEX,
     .derive = next_number,
     .symbol = ethertypes},
};

const struct layer layer_vlan = {
    .name = "vlan",
    .below = "eth",
    .field = vlan_fields,
    .fields = COUNT(vlan_fields),
    .fixed = 4,
    .single = "id",
    .open = vlan_open,
};

static bool arp_is_reply(const struct builder *b, int i)
{
    return shape_number(&b->shape, i, "op") == ARPOP_REPLY;
}

static bool arp_sha(struct builder *b, int i, struct value *out)
{
    (void)i;
    return mac_value(b->context->source.has_mac ? b->context->source.mac : nobody, out);
}

/* RFC 826, "Packet Reception": a reply swaps hardware and protocol fields and puts its own
 * addresses in as sender. */
static bool arp_spa(struct builder *b, int i, struct value *out)
{
    int a = build_answered(b, &layer_arp);
    if (arp_is_reply(b, i) && a >= 0)
        return ipv4_value((uint32_t)shape_number(&b->answered, a, "tpa"), out);
    return ipv4_value(b->context->source.has_ipv4 ? b->context->source.ipv4 : 0, out);
}

static bool arp_tha(struct builder *b, int i, struct value *out)
{
    int a = build_answered(b, &layer_arp);
    if (!arp_is_reply(b, i))
        return mac_value(nobody, out);
    if (a >= 0)
        return mac_value(b->answered.bytes + b->answered.view[a].at + 8, out);
    return mac_value(b->context->destination.has_mac ? b->context->destination.mac : nobody, out);
}

static bool arp_tpa(struct builder *b, int i, struct value *out)
{
    int a = build_answered(b, &layer_arp);
    if (arp_is_reply(b, i) && a >= 0)
        return ipv4_value((uint32_t)shape_number(&b->answered, a, "spa"), out);
    return ipv4_value(b->context->destination.has_ipv4 ? b->context->destination.ipv4 : 0, out);
}

enum { ARP_BYTES = 28 };

static bool arp_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                     const char **problem)
{
    (void)s, (void)next;
    if (limit - v->at < ARP_BYTES) {
        *problem = "arp: shorter than 28 octets";
        return false;
    }
    v->body = v->end = v->at + ARP_BYTES;
    return true;
}

static bool arp_op_is(const struct layer_spec *l, int64_t wanted)
{
    const struct clause *op = clause_named(l, "op");
    return op && op->match->kind == MATCH_VALUE && op->match->value.number == wanted;
}

/* "arp reply 10.0.2.2 is-at ...": the address that stands alone is the sender's. */
static int arp_parse(struct compiler *c)
{
    const struct field *spa = field_named(&layer_arp, "spa");
    if (clause_of(c->layer, spa) ||
        !(arp_op_is(c->layer, ARPOP_REPLY) || word_is(peek(c, 1), "is-at")) ||
        !match_starts(c, spa))
        return 0;
    struct match *m = pool_alloc(c->pool, sizeof *m);
    if (compile_match(c, spa, m) < 0)
        return -1;
    return clause_add(c, spa, m, 1) ? 1 : -1;
}

/* A reply's own address stands alone before is-at; a request asks for the target before it tells
 * its own. */
static bool arp_print(struct printer *p, const struct layer_spec *l, const struct clause *cl)
{
    const struct field *spa = field_named(&layer_arp, "spa"), *tpa = field_named(&layer_arp, "tpa");
    const struct clause *asked = clause_of(l, tpa);
    bool request = arp_op_is(l, ARPOP_REQUEST), reply = arp_op_is(l, ARPOP_REPLY);
    if (request && cl->field == tpa && clause_of(l, spa))
        return true;
    if (request && asked && (cl->field == spa || cl->field == tpa)) {
        print(p, " who-has ");
        print_match(p, tpa, asked->match, -1);
    }
    if (request && cl->field == tpa)
        return true;
    if (request && cl->field == spa)
        print(p, " tell ");
    else if (reply && cl->field == spa)
        print(p, " ");
    else if (reply && !strcmp(cl->field->name, "sha"))
        print(p, " is-at ");
    else
        return false;
    print_match(p, cl->field, cl->match, -1);
    return true;
}

/* A request tells its sender's address twice; a reply, whom it tells. */
static bool arp_dull(const struct shape *s, int i, const struct field *f)
{
    uint64_t op = shape_number(s, i, "op");
    const uint8_t *sha = s->bytes + s->view[i].at + 8;
    if (op == ARPOP_REPLY)
        return !strcmp(f->name, "tpa") || !strcmp(f->name, "tha");
    return op == ARPOP_REQUEST && !strcmp(f->name, "sha") && !memcmp(sha, s->bytes + 6, 6);
}

static const struct symbol arp_ops[] = {
    {"request", ARPOP_REQUEST, -1},
    {"reply", ARPOP_REPLY, -1},
    {0},
};

/* In the order in which a line says them. */
static const struct field arp_fields[] = {
    {.name = "op",
     .type = FIELD_UINT,
     .bit = 48,
     .bits = 16,
     .flags = FIELD_KEY | FIELD_HEAD,
     .preset = ARPOP_REQUEST,
     .symbol = arp_ops},
    {.name = "spa",
     .alias = "tell sender",
     .type = FIELD_IPV4,
     .bit = 112,
     .bits = 32,
     .answer = arp_spa},
    {.name = "sha", .alias = "is-at", .type = FIELD_MAC, .bit = 64, .bits = 48, .answer = arp_sha},
    {.name = "tpa",
     .alias = "who-has target",
     .type = FIELD_IPV4,
     .bit = 192,
     .bits = 32,
     .answer = arp_tpa},
    {.name = "tha",
     .type = FIELD_MAC,
     .bit = 144,
     .bits = 48,
     .flags = FIELD_QUIET,
     .answer = arp_tha},
    {.name = "htype",
     .type = FIELD_UINT,
     .bit = 0,
     .bits = 16,
     .preset = ARPHRD_ETHER,
     .flags = FIELD_QUIET},
    {.name = "ptype",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 16,
     .preset = ETHERTYPE_IP,
     .flags = FIELD_HEX | FIELD_QUIET},
    {.name = "hlen", .type = FIELD_UINT, .bit = 32, .bits = 8, .preset = 6, .flags = FIELD_QUIET},
    {.name = "plen", .type = FIELD_UINT, .bit = 40, .bits = 8, .preset = 4, .flags = FIELD_QUIET},
};

const struct layer layer_arp = {
    .name = "arp",
    .below = "eth",
    .field = arp_fields,
    .fields = COUNT(arp_fields),
    .fixed = ARP_BYTES,
    .open = arp_open,
    .parse = arp_parse,
    .dull = arp_dull,
    .print = arp_print,
};
