/* ICMP (RFC 792, RFC 1191's MTU), and the packets that its errors quote. */
#include <netinet/ip_icmp.h>
#include <string.h>
#include "sim/packet/layers/icmp.h"
#include "sim/packet/unplayed.h"

enum { ICMP_HEADER = 8, QUOTED_PAYLOAD = 8 };

#define BIT(n) (UINT64_C(1) << (n))
#define QUERIES                                                                                    \
    (BIT(ICMP_ECHOREPLY) | BIT(ICMP_ECHO) | BIT(ICMP_TIMESTAMP) | BIT(ICMP_TIMESTAMPREPLY) |       \
     BIT(ICMP_INFO_REQUEST) | BIT(ICMP_INFO_REPLY) | BIT(ICMP_ADDRESS) | BIT(ICMP_ADDRESSREPLY))
#define ERRORS                                                                                     \
    (BIT(ICMP_DEST_UNREACH) | BIT(ICMP_SOURCE_QUENCH) | BIT(ICMP_REDIRECT) |                       \
     BIT(ICMP_TIME_EXCEEDED) | BIT(ICMP_PARAMETERPROB))

bool icmp_is_error(uint64_t type)
{
    return type < 64 && (ERRORS >> type & 1);
}

/* The field is left out, not taken off: the sum of nothing but zeros is 0, not its other form. */
static bool icmp_sum(const struct shape *s, int i, uint64_t *out)
{
    const struct view *v = &s->view[i];
    const uint8_t *h = s->bytes + v->at;
    *out = packet_sum(h + 4, v->end - v->at - 4, get16(h));
    return true;
}

static bool icmp_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                      const char **problem)
{
    if (limit - v->at < ICMP_HEADER) {
        *problem = "icmp: shorter than its header of 8 octets";
        return false;
    }
    v->body = v->at + ICMP_HEADER;
    v->end = limit;
    *next = icmp_is_error(s->bytes[v->at]) && v->body < limit ? &layer_ip : NULL;
    return true;
}

/* What a reply repeats from the request that it answers (RFC 792, "Echo or Echo Reply Message"). */
static int answered_request(const struct builder *b, int i)
{
    int a = build_answered(b, &layer_icmp);
    if (a < 0)
        return -1;
    uint64_t reply = shape_number(&b->shape, i, "type"),
             request = shape_number(&b->answered, a, "type");
    bool pairs = (reply == ICMP_ECHOREPLY && request == ICMP_ECHO) ||
                 (reply == ICMP_TIMESTAMPREPLY && request == ICMP_TIMESTAMP) ||
                 (reply == ICMP_ADDRESSREPLY && request == ICMP_ADDRESS);
    return pairs ? a : -1;
}

static bool repeated(struct builder *b, int i, const char *field, struct value *out)
{
    int a = answered_request(b, i);
    *out = (struct value){.kind = VALUE_NUMBER,
                          .number = a < 0 ? 0 : (int64_t)shape_number(&b->answered, a, field)};
    return true;
}

static bool answer_id(struct builder *b, int i, struct value *out)
{
    return repeated(b, i, "id", out);
}

static bool answer_seq(struct builder *b, int i, struct value *out)
{
    return repeated(b, i, "seq", out);
}

/* RFC 792: "The internet header plus the first 64 bits of the original datagram's data." */
static uint32_t quotation(const struct shape *answered, uint32_t payload, const uint8_t **bytes)
{
    int ip = shape_find(answered, &layer_ip, 0);
    if (ip < 0)
        return 0;
    const struct view *v = &answered->view[ip];
    uint32_t len = v->body - v->at + payload;
    *bytes = answered->bytes + v->at;
    return len < v->end - v->at ? len : v->end - v->at;
}

/* Nothing written behind the header: a reply returns the data, an error quotes what it complains
 * about. */
static bool icmp_emit(struct builder *b, int i)
{
    const struct layer_spec *l = b->part[i];
    if (l && l != &b->spec->layer[b->spec->layers - 1])
        return true;
    const uint8_t *bytes = NULL;
    uint32_t len = 0;
    int a = answered_request(b, i);
    const struct clause *quotes = l ? clause_named(l, "quotes") : NULL;
    const struct clause *echoed = l ? clause_named(l, "echoed") : NULL;
    if (echoed)
        return echoed_emit(b, i, echoed);
    if (icmp_is_error(shape_number(&b->shape, i, "type")))
        len = quotation(&b->answered,
                        quotes && quotes->matches ? (uint32_t)quotes->match->value.number
                                                  : QUOTED_PAYLOAD,
                        &bytes);
    else if (a >= 0) {
        bytes = b->answered.bytes + b->answered.view[a].body;
        len = b->answered.view[a].end - b->answered.view[a].body;
    }
    if (quotes && !len)
        why_set(b->why, "icmp: quotes: no IP datagram has gone the other way");
    return !len ? !b->why->text[0] : build_data(b, bytes, len);
}

/* Words of ICMPv6, which packetdrill's scripts write as they write ICMP's. */
static bool is_of_ipv6(const struct word *w)
{
    static const char *const words[] = {
        "packet_too_big",
        "no_route",
        "not_neighbour",
        "not_neighbor",
        "beyond_scope",
        "address_unreachable",
        "src_policy_fail",
        "reject_route",
        "exceeded_hop_limit",
        "hop_limit_exceeded",
        "exceeded_frag_reassembly_time",
        "erroneous_header_field",
        "unknown_next_header",
        "unknown_ipv6_option",
    };
    for (size_t k = 0; k < COUNT(words); k++)
        if (w->kind == WORD_NAME && !strcmp(w->text, words[k]))
            return true;
    return false;
}

/* A word in place of a type or a code that the script's -D is to give. */
static int icmp_word(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    bool capitals = w->kind == WORD_NAME &&
                    w->text[strspn(w->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0;
    bool open = !clause_named(c->layer, "type") || !clause_named(c->layer, "code");
    if (!open || (!capitals && !is_of_ipv6(w)))
        return icmp_number(c);
    c->at++;
    return capitals ? undefined_word(c, w) : unplayed(c, "the message is one of ICMPv6");
}

/* "quotes [N]": the answered datagram's header and (at least, in an expectation: as many as N)
 * octets behind it. */
static int icmp_parse(struct compiler *c)
{
    if (echoed_starts(c))
        return echoed_parse(c);
    if (!take(c, "quotes"))
        return icmp_word(c);
    const struct word *w = peek(c, 0);
    struct match *m = NULL;
    if (w->kind == WORD_NUMBER) {
        if (w->number < 0 || w->number > 65535)
            return wrong(c, w, "quotes %s: 0..65535 octets behind the header", w->text);
        m = pool_alloc(c->pool, sizeof *m);
        m->value = (struct value){.kind = VALUE_NUMBER, .number = w->number};
        c->at++;
    }
    return clause_add(c, field_named(&layer_icmp, "quotes"), m, m ? 1 : 0) ? 1 : -1;
}

int icmp_number(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    if (w->kind != WORD_NUMBER)
        return 0;
    static const char *const names[] = {"type", "code"};
    for (size_t k = 0; k < COUNT(names); k++) {
        const struct field *f = field_named(c->layer->layer, names[k]);
        struct match *m = pool_alloc(c->pool, sizeof *m);
        if (!clause_of(c->layer, f))
            return compile_match(c, f, m) < 0 || !clause_add(c, f, m, 1) ? -1 : 1;
    }
    return 0;
}

static bool icmp_print(struct printer *p, const struct layer_spec *l, const struct clause *cl)
{
    (void)l;
    if (!strcmp(cl->field->name, "echoed")) {
        echoed_print(p, cl);
        return true;
    }
    if (strcmp(cl->field->name, "quotes") != 0)
        return false;
    print(p, " quotes");
    if (cl->matches)
        print(p, " %lld", (long long)cl->match->value.number);
    return true;
}

static void icmp_match(struct matcher *m, int i, const struct clause *cl)
{
    if (!strcmp(cl->field->name, "echoed")) {
        echoed_match(m, i, cl);
        return;
    }
    struct shape answered = {0};
    if (m->context->answered)
        shape_frame(&answered, m->shape->set, m->context->answered, m->context->answered_len);
    const struct view *v = &m->shape->view[i];
    const uint8_t *bytes = NULL;
    uint32_t payload = cl->matches ? (uint32_t)cl->match->value.number : v->end - v->body;
    uint32_t least = quotation(&answered, QUOTED_PAYLOAD, &bytes);
    uint32_t want = cl->matches ? quotation(&answered, payload, &bytes) : v->end - v->body;
    const uint8_t *have = m->shape->bytes + v->body;
    char expected[64], actual[64];
    if (!least) {
        match_differs(m, v->layer, "quotes", NULL, "a quotation",
                      "nothing has gone the other way that could be quoted");
        return;
    }
    uint32_t whole = quotation(&answered, 65535, &bytes);
    if (v->end - v->body != want || want < least || want > whole) {
        snprintf(expected, sizeof expected, "%u%s octets of the datagram",
                 cl->matches ? want : least, cl->matches ? "" : " or more");
        snprintf(actual, sizeof actual, "%u octets", v->end - v->body);
        match_differs(m, v->layer, "quotes", "RFC1122-3.2.2-2", expected, actual);
        return;
    }
    for (uint32_t k = 0; k < want; k++)
        if (have[k] != bytes[k]) {
            snprintf(expected, sizeof expected, "octet %u is 0x%02x", k, bytes[k]);
            snprintf(actual, sizeof actual, "0x%02x", have[k]);
            match_differs(m, v->layer, "quotes", "RFC1122-3.2.2-2", expected, actual);
            return;
        }
}

static const struct symbol types[] = {
    {"echo-reply", ICMP_ECHOREPLY, -1},
    {"unreachable", ICMP_DEST_UNREACH, -1},
    {"source-quench", ICMP_SOURCE_QUENCH, -1},
    {"redirect", ICMP_REDIRECT, -1},
    {"echo-request", ICMP_ECHO, -1},
    {"router-advertisement", 9, -1},
    {"router-solicitation", 10, -1},
    {"time-exceeded", ICMP_TIME_EXCEEDED, -1},
    {"parameter-problem", ICMP_PARAMETERPROB, -1},
    {"timestamp-request", ICMP_TIMESTAMP, -1},
    {"timestamp-reply", ICMP_TIMESTAMPREPLY, -1},
    {"mask-request", ICMP_ADDRESS, -1},
    {"mask-reply", ICMP_ADDRESSREPLY, -1},
    /* packetdrill's */
    {"echo_reply", ICMP_ECHOREPLY, -1},
    {"source_quench", ICMP_SOURCE_QUENCH, -1},
    {"echo_request", ICMP_ECHO, -1},
    {"time_exceeded", ICMP_TIME_EXCEEDED, -1},
    {"parameter_problem", ICMP_PARAMETERPROB, -1},
    {0},
};

static const struct symbol codes[] = {
    {"net", ICMP_NET_UNREACH, ICMP_DEST_UNREACH},
    {"host", ICMP_HOST_UNREACH, ICMP_DEST_UNREACH},
    {"protocol", ICMP_PROT_UNREACH, ICMP_DEST_UNREACH},
    {"port", ICMP_PORT_UNREACH, ICMP_DEST_UNREACH},
    {"frag-needed", ICMP_FRAG_NEEDED, ICMP_DEST_UNREACH},
    {"source-route", ICMP_SR_FAILED, ICMP_DEST_UNREACH},
    {"net-unknown", ICMP_NET_UNKNOWN, ICMP_DEST_UNREACH},
    {"host-unknown", ICMP_HOST_UNKNOWN, ICMP_DEST_UNREACH},
    {"source-isolated", ICMP_HOST_ISOLATED, ICMP_DEST_UNREACH},
    {"net-prohibited", ICMP_NET_ANO, ICMP_DEST_UNREACH},
    {"host-prohibited", ICMP_HOST_ANO, ICMP_DEST_UNREACH},
    {"net-tos", ICMP_NET_UNR_TOS, ICMP_DEST_UNREACH},
    {"host-tos", ICMP_HOST_UNR_TOS, ICMP_DEST_UNREACH},
    {"admin-prohibited", ICMP_PKT_FILTERED, ICMP_DEST_UNREACH},
    {"precedence", ICMP_PREC_VIOLATION, ICMP_DEST_UNREACH},
    {"precedence-cutoff", ICMP_PREC_CUTOFF, ICMP_DEST_UNREACH},
    {"net", ICMP_REDIR_NET, ICMP_REDIRECT},
    {"host", ICMP_REDIR_HOST, ICMP_REDIRECT},
    {"net-tos", ICMP_REDIR_NETTOS, ICMP_REDIRECT},
    {"host-tos", ICMP_REDIR_HOSTTOS, ICMP_REDIRECT},
    {"ttl", ICMP_EXC_TTL, ICMP_TIME_EXCEEDED},
    {"reassembly", ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED},
    {"missing-option", 1, ICMP_PARAMETERPROB},
    /* packetdrill's */
    {"net_unreachable", ICMP_NET_UNREACH, ICMP_DEST_UNREACH},
    {"host_unreachable", ICMP_HOST_UNREACH, ICMP_DEST_UNREACH},
    {"protocol_unreachable", ICMP_PROT_UNREACH, ICMP_DEST_UNREACH},
    {"port_unreachable", ICMP_PORT_UNREACH, ICMP_DEST_UNREACH},
    {"frag_needed", ICMP_FRAG_NEEDED, ICMP_DEST_UNREACH},
    {"source_route_failed", ICMP_SR_FAILED, ICMP_DEST_UNREACH},
    {"net_unknown", ICMP_NET_UNKNOWN, ICMP_DEST_UNREACH},
    {"host_unknown", ICMP_HOST_UNKNOWN, ICMP_DEST_UNREACH},
    {"source_host_isolated", ICMP_HOST_ISOLATED, ICMP_DEST_UNREACH},
    {"net_prohibited", ICMP_NET_ANO, ICMP_DEST_UNREACH},
    {"host_prohibited", ICMP_HOST_ANO, ICMP_DEST_UNREACH},
    {"net_unreachable_for_tos", ICMP_NET_UNR_TOS, ICMP_DEST_UNREACH},
    {"host_unreachable_for_tos", ICMP_HOST_UNR_TOS, ICMP_DEST_UNREACH},
    {"packet_filtered", ICMP_PKT_FILTERED, ICMP_DEST_UNREACH},
    {"precedence_violation", ICMP_PREC_VIOLATION, ICMP_DEST_UNREACH},
    {"precedence_cutoff", ICMP_PREC_CUTOFF, ICMP_DEST_UNREACH},
    {"ttl_exceeded", ICMP_EXC_TTL, ICMP_TIME_EXCEEDED},
    {"reassembly_time_exceeded", ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED},
    /* FreeBSD's */
    {"ttl_exceeded_in_transit", ICMP_EXC_TTL, ICMP_TIME_EXCEEDED},
    {"fragment_reassembly_time_exceeded", ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED},
    {"frag_reassembly_time_exceeded", ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED},
    {"communication_prohibited", ICMP_PKT_FILTERED, ICMP_DEST_UNREACH},
    {"admin_prohibited", ICMP_PKT_FILTERED, ICMP_DEST_UNREACH},
    {"host_precedence_violation", ICMP_PREC_VIOLATION, ICMP_DEST_UNREACH},
    {"fragmentation_needed", ICMP_FRAG_NEEDED, ICMP_DEST_UNREACH},
    {"source_route_fail", ICMP_SR_FAILED, ICMP_DEST_UNREACH},
    {"host_isolated", ICMP_HOST_ISOLATED, ICMP_DEST_UNREACH},
    {"pointer_indicates_error", 0, ICMP_PARAMETERPROB},
    {"missing_required_option", 1, ICMP_PARAMETERPROB},
    {"bad_length", 2, ICMP_PARAMETERPROB},
    {0},
};

static const struct field icmp_fields[] = {
    {.name = "type",
     .type = FIELD_UINT,
     .bit = 0,
     .bits = 8,
     .flags = FIELD_KEY | FIELD_HEAD,
     .preset = ICMP_ECHO,
     .symbol = types},
    {.name = "code",
     .type = FIELD_UINT,
     .bit = 8,
     .bits = 8,
     .flags = FIELD_KEY | FIELD_HEAD,
     .symbol = codes,
     .given = "type"},
    {.name = "id", .type = FIELD_UINT, .bit = 32, .bits = 16, .only = QUERIES, .answer = answer_id},
    {.name = "seq",
     .type = FIELD_UINT,
     .bit = 48,
     .bits = 16,
     .only = QUERIES,
     .answer = answer_seq},
    {.name = "mtu", .type = FIELD_UINT, .bit = 48, .bits = 16, .only = BIT(ICMP_DEST_UNREACH)},
    {.name = "gateway", .type = FIELD_IPV4, .bit = 32, .bits = 32, .only = BIT(ICMP_REDIRECT)},
    {.name = "pointer", .type = FIELD_UINT, .bit = 32, .bits = 8, .only = BIT(ICMP_PARAMETERPROB)},
    {.name = "unused",
     .type = FIELD_UINT,
     .bit = 32,
     .bits = 16,
     .flags = FIELD_QUIET,
     .only = BIT(ICMP_DEST_UNREACH)},
    {.name = "rest",
     .type = FIELD_UINT,
     .bit = 32,
     .bits = 32,
     .flags = FIELD_HEX,
     .only = ~(QUERIES | BIT(ICMP_DEST_UNREACH) | BIT(ICMP_REDIRECT) | BIT(ICMP_PARAMETERPROB))},
    {.name = "rest24",
     .type = FIELD_UINT,
     .bit = 40,
     .bits = 24,
     .flags = FIELD_HEX | FIELD_QUIET,
     .only = BIT(ICMP_PARAMETERPROB)},
    {.name = "quotes", .type = FIELD_OWN},
    {.name = "echoed", .type = FIELD_OWN},
    {.name = "sum",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 16,
     .derive = icmp_sum,
     .flags = FIELD_SUM | FIELD_HEX,
     .clause = "RFC792-general-1"},
};

const struct layer layer_icmp = {
    .name = "icmp",
    .below = "ip",
    .field = icmp_fields,
    .fields = COUNT(icmp_fields),
    .fixed = ICMP_HEADER,
    .open = icmp_open,
    .parse = icmp_parse,
    .print = icmp_print,
    .emit = icmp_emit,
    .match = icmp_match,
};
