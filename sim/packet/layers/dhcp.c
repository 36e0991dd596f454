/* DHCP (RFC 2131) and its options (RFC 2132). */
#include <net/if_arp.h>
#include <string.h>
#include "sim/packet/layers/options.h"

enum {
    DHCP_FIXED = 240, /* with the cookie */
    BOOTREQUEST = 1,
    BOOTREPLY = 2,
    OPTION_PAD = 0,
    OPTION_TYPE = 53,
    OPTION_END = 255,
    DISCOVER = 1,
    OFFER,
    REQUEST,
    DECLINE,
    ACK,
    NAK,
    RELEASE,
    INFORM,
    PORT_SERVER = 67,
    PORT_CLIENT = 68,
};

static const struct option_style style = {.pad = OPTION_PAD, .end = OPTION_END};

static uint32_t message_type(const struct shape *s, int i)
{
    struct option_view o;
    const struct view *v = &s->view[i];
    if (!option_find(s, &style, v->at + DHCP_FIXED, v->end, OPTION_TYPE, &o) || o.end == o.value)
        return 0;
    return s->bytes[o.value];
}

static bool from_server(const struct shape *s, int i)
{
    uint32_t type = message_type(s, i);
    return type == OFFER || type == ACK || type == NAK;
}

static bool dhcp_op(const struct shape *s, int i, uint64_t *out)
{
    *out = from_server(s, i) ? BOOTREPLY : BOOTREQUEST;
    return true;
}

/* RFC 2131, table 3: xid, flags, giaddr and chaddr of a reply are those of the client's message. */
static int asked(const struct builder *b, int i)
{
    return from_server(&b->shape, i) ? build_answered(b, &layer_dhcp) : -1;
}

static bool repeated(struct builder *b, int i, const char *name, struct value *out)
{
    int a = asked(b, i);
    *out = (struct value){.kind = VALUE_NUMBER,
                          .number = a < 0 ? 0 : (int64_t)shape_number(&b->answered, a, name)};
    return true;
}

static bool dhcp_xid(struct builder *b, int i, struct value *out)
{
    return repeated(b, i, "xid", out);
}

static bool dhcp_broadcast(struct builder *b, int i, struct value *out)
{
    return repeated(b, i, "broadcast", out);
}

static bool dhcp_giaddr(struct builder *b, int i, struct value *out)
{
    return repeated(b, i, "giaddr", out);
}

static bool dhcp_chaddr(struct builder *b, int i, struct value *out)
{
    static const uint8_t nobody[6];
    int a = asked(b, i);
    const struct packet_addresses *client =
        from_server(&b->shape, i) ? &b->context->destination : &b->context->source;
    const uint8_t *mac = a >= 0            ? b->answered.bytes + b->answered.view[a].at + 28
                         : client->has_mac ? client->mac
                                           : nobody;
    *out = (struct value){.kind = VALUE_MAC, .bytes = mac, .len = 6};
    return true;
}

/* RFC 2131, section 4.1: "prior to that client obtaining its IP address" the source is 0; else the
 * line's own. */
bool dhcp_source_unknown(const struct builder *b, int i)
{
    return !from_server(&b->shape, i) && !shape_number(&b->shape, i, "ciaddr");
}

/* RFC 2131, section 4.1: giaddr, else ciaddr, else by the flag, else yiaddr. */
uint32_t dhcp_destination(const struct builder *b, int i)
{
    const struct shape *s = &b->shape;
    if (!from_server(s, i))
        return 0xffffffff;
    uint32_t relay = (uint32_t)shape_number(s, i, "giaddr"),
             client = (uint32_t)shape_number(s, i, "ciaddr");
    if (relay)
        return relay;
    if (message_type(s, i) == NAK)
        return 0xffffffff;
    if (client)
        return client;
    uint32_t yours = (uint32_t)shape_number(s, i, "yiaddr");
    return shape_number(s, i, "broadcast") || !yours ? 0xffffffff : yours;
}

static bool dhcp_port(const struct shape *s, int i, bool source, uint32_t *port)
{
    *port = from_server(s, i) == source ? PORT_SERVER : PORT_CLIENT;
    return true;
}

static bool dhcp_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                      const char **problem)
{
    (void)s, (void)next;
    if (limit - v->at < DHCP_FIXED) {
        *problem = "dhcp: shorter than its fixed part of 240 octets";
        return false;
    }
    v->body = v->end = limit;
    return true;
}

static const struct field *named(const char *name)
{
    return field_named(&layer_dhcp, name);
}

/* "client-id MAC" is hardware type 1 and the address; "opt N ..." names a code; "size N" fills up
 * to N octets. */
static int dhcp_parse(struct compiler *c)
{
    const struct word *w = peek(c, 0), *n = peek(c, 1);
    if (word_is(w, "client-id") && n->kind == WORD_MAC) {
        uint8_t *id = pool_alloc(c->pool, 7);
        struct match *m = pool_alloc(c->pool, sizeof *m);
        id[0] = ARPHRD_ETHER;
        memcpy(id + 1, n->bytes, 6);
        m->value = (struct value){.kind = VALUE_BYTES, .bytes = id, .len = 7};
        c->at += 2;
        return clause_add(c, named("client-id"), m, 1) ? 1 : -1;
    }
    if (!word_is(w, "opt"))
        return 0;
    if (n->kind != WORD_NUMBER || n->number < 1 || n->number > 254)
        return wrong(c, n, "opt %s: an option's code from 1 to 254 belongs here", n->text);
    const struct field *known = field_coded(&layer_dhcp, (uint32_t)n->number);
    bool octets = peek(c, 2)->kind == WORD_STRING || peek(c, 2)->kind == WORD_HEX ||
                  word_is(peek(c, 2), "hex");
    c->at++;
    int done = compile_clause(c, known && !octets ? known : named("opt"));
    if (done > 0)
        c->layer->clause[c->layer->clauses - 1].code = (uint32_t)n->number;
    return done;
}

static bool dhcp_print(struct printer *p, const struct layer_spec *l, const struct clause *cl)
{
    (void)l;
    if (cl->field != named("opt"))
        return false;
    print(p, "%s opt %u", cl->absent ? " no" : "", cl->code);
    for (uint32_t k = 0; k < cl->matches && !cl->absent; k++) {
        print(p, " ");
        print_match(p, cl->field, cl->match, -1);
    }
    return true;
}

/* Options in the order of the line, then the end (unless "no end"), then zeros up to "size". */
static bool dhcp_emit(struct builder *b, int i)
{
    const struct layer_spec *l = b->part[i];
    const struct field *end = named("end");
    bool closed = false;
    for (uint32_t k = 0; l && k < l->clauses; k++) {
        const struct clause *cl = &l->clause[k];
        closed = closed || cl->field == end;
        if (!(cl->field->flags & FIELD_OPTION) || cl->field == named("size") || cl->absent ||
            (cl->matches == 1 && cl->match->kind == MATCH_ANY))
            continue;
        if (!option_emit(b, i, &style, cl))
            return false;
    }
    const struct clause last = {.field = end, .code = OPTION_END};
    if (!closed && !option_emit(b, i, &style, &last))
        return false;
    const struct clause *size = clause_named(l, "size");
    uint32_t len = b->shape.view[i].body - b->shape.view[i].at;
    uint32_t whole =
        size && size->match->kind == MATCH_VALUE ? (uint32_t)size->match->value.number : 0;
    return whole <= len || build_append(b, i, whole - len);
}

static void dhcp_match(struct matcher *m, int i, const struct clause *cl)
{
    const struct view *v = &m->shape->view[i];
    struct value size = {.kind = VALUE_NUMBER, .number = v->end - v->at};
    if (cl->field == named("size"))
        match_clause(m, i, cl, &size);
    else
        option_match(m, i, &style, v->at + DHCP_FIXED, v->end, cl);
}

static void dhcp_describe(struct describer *d, int i)
{
    const struct shape *s = d->shape;
    const struct view *v = &s->view[i];
    struct option_view o;
    uint32_t at = v->at + DHCP_FIXED;
    bool ended = false, first = true;
    while (!ended && option_next(s, &style, &at, v->end, &o)) {
        const struct field *f = field_coded(&layer_dhcp, o.code);
        ended = o.code == OPTION_END;
        /* The type stands first in a line, so elsewhere it is an option among others. */
        if (o.code == OPTION_TYPE && d->detail && !first)
            f = NULL;
        if (!ended)
            option_describe(d, &o, f, named("opt"));
        first = false;
    }
    struct value v0 = {0};
    if (!ended && d->detail)
        describe_clause(d, named("end"), &v0)->absent = true;
    v0 = (struct value){.kind = VALUE_NUMBER, .number = v->end - v->at};
    if (ended && d->detail && at < v->end)
        describe_clause(d, named("size"), &v0);
}

static const struct symbol types[] = {
    {"discover", DISCOVER, -1}, {"offer", OFFER, -1},   {"request", REQUEST, -1},
    {"decline", DECLINE, -1},   {"ack", ACK, -1},       {"nak", NAK, -1},
    {"release", RELEASE, -1},   {"inform", INFORM, -1}, {0},
};

static const struct symbol lease_words[] = {{"infinite", 0xffffffff, -1}, {0}};

/* In a parameter list an option's name stands for its code. */
static const struct symbol codes[] = {
    {"subnet-mask", 1, -1},
    {"router", 3, -1},
    {"dns", 6, -1},
    {"hostname", 12, -1},
    {"domain", 15, -1},
    {"mtu", 26, -1},
    {"broadcast-address", 28, -1},
    {"router-discovery", 31, -1},
    {"static-routes", 33, -1},
    {"ntp", 42, -1},
    {"lease", 51, -1},
    {"server", 54, -1},
    {"t1", 58, -1},
    {"t2", 59, -1},
    {"classless-routes", 121, -1},
    {0},
};

#define AT(octet) .bit = (octet)*8
#define OPTION(number, word, kind, size, more)                                                     \
    {                                                                                              \
        .name = word, .type = kind, .code = number, .bits = size, .flags = FIELD_OPTION | (more)   \
    }

static const struct field fields[] = {
    {.name = "type",
     .type = FIELD_UINT,
     .code = OPTION_TYPE,
     .bits = 8,
     .flags = FIELD_OPTION | FIELD_HEAD | FIELD_KEY,
     .symbol = types},
    {.name = "xid", .type = FIELD_UINT, AT(4), .bits = 32, .flags = FIELD_HEX, .answer = dhcp_xid},
    {.name = "secs", .type = FIELD_UINT, AT(8), .bits = 16, .flags = FIELD_SECONDS},
    {.name = "broadcast",
     .type = FIELD_FLAG,
     AT(10),
     .bits = 1,
     .flags = FIELD_QUIET,
     .answer = dhcp_broadcast},
    {.name = "flags", .type = FIELD_UINT, AT(10), .bits = 16, .flags = FIELD_HEX | FIELD_PART},
    {.name = "mbz", .type = FIELD_UINT, .bit = 81, .bits = 15, .flags = FIELD_HEX},
    {.name = "ciaddr", .type = FIELD_IPV4, AT(12), .bits = 32},
    {.name = "yiaddr", .type = FIELD_IPV4, AT(16), .bits = 32},
    {.name = "siaddr", .type = FIELD_IPV4, AT(20), .bits = 32},
    {.name = "giaddr",
     .type = FIELD_IPV4,
     AT(24),
     .bits = 32,
     .flags = FIELD_QUIET,
     .answer = dhcp_giaddr},
    {.name = "chaddr",
     .type = FIELD_MAC,
     AT(28),
     .bits = 48,
     .flags = FIELD_QUIET,
     .answer = dhcp_chaddr},
    {.name = "chaddr-rest", .type = FIELD_BYTES, AT(34), .bits = 80},
    {.name = "sname", .type = FIELD_TEXT, AT(44), .bits = 512, .flags = FIELD_PADDED},
    {.name = "file", .type = FIELD_TEXT, AT(108), .bits = 1024, .flags = FIELD_PADDED},
    {.name = "op",
     .type = FIELD_UINT,
     AT(0),
     .bits = 8,
     .derive = dhcp_op,
     .clause = "RFC2131-2-2"},
    {.name = "htype",
     .type = FIELD_UINT,
     AT(1),
     .bits = 8,
     .preset = ARPHRD_ETHER,
     .flags = FIELD_QUIET},
    {.name = "hlen", .type = FIELD_UINT, AT(2), .bits = 8, .preset = 6, .flags = FIELD_QUIET},
    {.name = "hops", .type = FIELD_UINT, AT(3), .bits = 8},
    {.name = "cookie",
     .type = FIELD_UINT,
     AT(236),
     .bits = 32,
     .flags = FIELD_HEX,
     .preset = 0x63825363,
     .clause = "RFC2131-3-1"},
    OPTION(1, "subnet-mask", FIELD_IPV4, 32, 0),
    OPTION(2, "time-offset", FIELD_UINT, 32, 0),
    OPTION(3, "router", FIELD_IPV4, 32, FIELD_LIST),
    OPTION(4, "time-server", FIELD_IPV4, 32, FIELD_LIST),
    OPTION(6, "dns", FIELD_IPV4, 32, FIELD_LIST),
    OPTION(7, "log-server", FIELD_IPV4, 32, FIELD_LIST),
    OPTION(12, "hostname", FIELD_TEXT, 0, 0),
    OPTION(15, "domain", FIELD_TEXT, 0, 0),
    OPTION(17, "root-path", FIELD_TEXT, 0, 0),
    OPTION(23, "default-ttl", FIELD_UINT, 8, 0),
    OPTION(26, "mtu", FIELD_UINT, 16, 0),
    OPTION(28, "broadcast-address", FIELD_IPV4, 32, 0),
    OPTION(33, "static-routes", FIELD_IPV4, 32, FIELD_LIST),
    OPTION(42, "ntp", FIELD_IPV4, 32, FIELD_LIST),
    OPTION(43, "vendor", FIELD_BYTES, 0, 0),
    OPTION(50, "requested", FIELD_IPV4, 32, 0),
    {.name = "lease",
     .type = FIELD_UINT,
     .code = 51,
     .bits = 32,
     .flags = FIELD_OPTION | FIELD_SECONDS,
     .symbol = lease_words},
    OPTION(52, "overload", FIELD_UINT, 8, 0),
    OPTION(54, "server", FIELD_IPV4, 32, 0),
    {.name = "params",
     .type = FIELD_UINT,
     .code = 55,
     .bits = 8,
     .flags = FIELD_OPTION | FIELD_LIST,
     .symbol = codes},
    OPTION(56, "message", FIELD_TEXT, 0, 0),
    OPTION(57, "max-size", FIELD_UINT, 16, 0),
    {.name = "t1",
     .type = FIELD_UINT,
     .code = 58,
     .bits = 32,
     .flags = FIELD_OPTION | FIELD_SECONDS,
     .symbol = lease_words},
    {.name = "t2",
     .type = FIELD_UINT,
     .code = 59,
     .bits = 32,
     .flags = FIELD_OPTION | FIELD_SECONDS,
     .symbol = lease_words},
    OPTION(60, "vendor-class", FIELD_TEXT, 0, 0),
    OPTION(61, "client-id", FIELD_BYTES, 0, 0),
    OPTION(66, "tftp-server", FIELD_TEXT, 0, 0),
    OPTION(67, "bootfile", FIELD_TEXT, 0, 0),
    OPTION(82, "relay-agent", FIELD_BYTES, 0, 0),
    OPTION(121, "classless-routes", FIELD_BYTES, 0, 0),
    OPTION(0, "fill", FIELD_EMPTY, 0, 0),
    OPTION(OPTION_END, "end", FIELD_EMPTY, 0, 0),
    OPTION(256, "opt", FIELD_BYTES, 0, 0),
    {.name = "size", .type = FIELD_UINT, .bits = 16, .flags = FIELD_OPTION, .code = 257},
};

const struct layer layer_dhcp = {
    .name = "dhcp",
    .below = "udp",
    .field = fields,
    .fields = COUNT(fields),
    .fixed = DHCP_FIXED,
    .open = dhcp_open,
    .parse = dhcp_parse,
    .print = dhcp_print,
    .emit = dhcp_emit,
    .describe = dhcp_describe,
    .match = dhcp_match,
    .port = dhcp_port,
};
