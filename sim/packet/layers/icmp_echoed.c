/*
 * packetdrill's way to say what an ICMP error quotes: [1:1461(1460)] for a TCP segment, [udp
 * (LEN)], [raw (LEN)], before or behind the words of the error; and which connection's segment it
 * is, [80 > 5000 1:1461(1460)]. Its datagram went the other way: IP's header and eight octets.
 */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include "sim/packet/layers/icmp.h"
#include "sim/packet/unplayed.h"

enum { ECHOED_VALUES = 5 };

static struct match number(int64_t n)
{
    return (struct match){.value = {.kind = VALUE_NUMBER, .number = n}};
}

static uint32_t header_octets(uint32_t protocol)
{
    return protocol == IPPROTO_TCP ? 20 : protocol == IPPROTO_UDP ? 8 : 0;
}

static bool plain_starts(const struct compiler *c, size_t at)
{
    return (word_is(peek(c, at), "udp") || word_is(peek(c, at), "raw")) &&
           word_is(peek(c, at + 1), "(") && peek(c, at + 2)->kind == WORD_NUMBER;
}

static bool has_ports(const struct compiler *c, size_t at)
{
    return peek(c, at)->kind == WORD_NUMBER && word_is(peek(c, at + 1), ">") &&
           peek(c, at + 2)->kind == WORD_NUMBER;
}

/* In brackets, or in an ICMP message udp (LEN) and raw (LEN) without them. */
bool echoed_starts(const struct compiler *c)
{
    bool icmp = c->layer && (c->layer->layer == &layer_icmp || c->layer->layer == &layer_icmp6);
    if (!word_is(peek(c, 0), "["))
        return icmp && plain_starts(c, 0);
    return plain_starts(c, 1) || has_ports(c, 1) ||
           (peek(c, 1)->kind == WORD_NUMBER && word_is(peek(c, 2), ":"));
}

/* The clause's values: protocol, sequence number, length, the segment's ports, which are 0 when
 * they are not written. */
int echoed_parse(struct compiler *c)
{
    const struct word *start = peek(c, 0);
    struct match *m = pool_alloc(c->pool, ECHOED_VALUES * sizeof *m);
    const struct field *echoed = field_named(c->layer->layer, "echoed");
    bool bracket = take(c, "["), udp = word_is(peek(c, 0), "udp"), raw = word_is(peek(c, 0), "raw");
    bool ports = has_ports(c, 0);
    m[3] = number(ports ? peek(c, 0)->number : 0);
    m[4] = number(ports ? peek(c, 2)->number : 0);
    c->at += ports ? 3 : 0;
    size_t at = udp || raw ? 1 : 3;
    const struct word *len = peek(c, at + 1);
    bool shaped =
        word_is(peek(c, at), "(") && len->kind == WORD_NUMBER && word_is(peek(c, at + 2), ")");
    if (clause_of(c->layer, echoed))
        return wrong(c, start, "what an error quotes is written twice");
    if (m[3].value.number > UINT16_MAX || m[4].value.number > UINT16_MAX)
        return wrong(c, start, "the ports of what an error quotes are 1 to 65535");
    if (!shaped || len->number < 0 || len->number > 65495)
        return wrong(c, start,
                     "what an error quotes is written [1:1461(1460)], [80 > 5000 1:1461(1460)], "
                     "[udp (8)] or [raw (8)]");
    m[0] = number(udp ? IPPROTO_UDP : raw ? IPPROTO_RAW : IPPROTO_TCP);
    m[1] = number(udp || raw ? 0 : peek(c, 0)->number);
    m[2] = number(len->number);
    c->at += at + 3;
    if (bracket && unplayed_parse(c) < 0)
        return -1;
    if (bracket && !take(c, "]"))
        return wrong(c, peek(c, 0), "what an error quotes ends with ]");
    if (c->layer->layer == &layer_icmp6)
        unplayed(c, "the datagram that an ICMPv6 error quotes is not built");
    return clause_add(c, echoed, m, ECHOED_VALUES) ? 1 : -1;
}

void echoed_print(struct printer *p, const struct clause *cl)
{
    long long protocol = cl->match[0].value.number, seq = cl->match[1].value.number,
              len = cl->match[2].value.number;
    long long from = cl->match[3].value.number, to = cl->match[4].value.number;
    if (protocol == IPPROTO_TCP && (from || to))
        print(p, " [%lld > %lld %lld:%lld(%lld)]", from, to, seq, (seq + len) & 0xffffffff, len);
    else if (protocol == IPPROTO_TCP)
        print(p, " [%lld:%lld(%lld)]", seq, (seq + len) & 0xffffffff, len);
    else
        print(p, " [%s (%lld)]", protocol == IPPROTO_UDP ? "udp" : "raw", len);
}

/* What the message at view i quotes, as the clause's values; raw: the octets behind IP's header. */
static bool quoted_values(const struct matcher *m, int i, const struct clause *cl,
                          struct match out[ECHOED_VALUES])
{
    int64_t wanted = cl->match[0].value.number;
    bool ports = cl->match[3].value.number || cl->match[4].value.number;
    const struct shape *s = m->shape;
    const struct view *v = &s->view[i + 1];
    if (i + 1 >= s->views || v->layer != &layer_ip)
        return false;
    uint64_t protocol = shape_number(s, i + 1, "proto");
    int64_t len = (int64_t)shape_number(s, i + 1, "len") - (v->body - v->at), seq = 0;
    if (protocol == IPPROTO_TCP && v->end - v->body >= 8)
        seq = (uint32_t)(get32(s->bytes + v->body + 4) -
                         (m->context->have_destination_isn ? m->context->destination_isn : 0));
    if (wanted == IPPROTO_RAW)
        protocol = IPPROTO_RAW, seq = 0;
    out[0] = number((int64_t)protocol);
    out[1] = number(seq);
    out[2] = number(len - header_octets((uint32_t)protocol));
    out[3] = number(ports && v->end - v->body >= 4 ? get16(s->bytes + v->body) : 0);
    out[4] = number(ports && v->end - v->body >= 4 ? get16(s->bytes + v->body + 2) : 0);
    return true;
}

void echoed_match(struct matcher *m, int i, const struct clause *cl)
{
    char expected[64] = "", actual[64] = "no datagram";
    struct printer e = {.out = expected, .room = sizeof expected},
                   a = {.out = actual, .room = sizeof actual};
    struct match have[ECHOED_VALUES] = {{0}};
    const struct view *v = &m->shape->view[i];
    bool same = quoted_values(m, i, cl, have);
    if (!icmp_is_error(m->shape->bytes[v->at])) { /* raw (LEN) of a message that quotes nothing */
        have[0] = number(IPPROTO_RAW);
        have[1] = number(0);
        have[2] = number(v->end - v->body);
        have[3] = have[4] = number(0);
        same = true;
    }
    if (same)
        echoed_print(&a, &(struct clause){.match = have, .matches = ECHOED_VALUES});
    for (int k = 0; k < ECHOED_VALUES; k++)
        same = same && have[k].value.number == cl->match[k].value.number;
    echoed_print(&e, cl);
    if (!same)
        match_differs(m, v->layer, "echoed", NULL, expected + 1, actual + (actual[0] == ' '));
}

bool echoed_ports(const struct packet_spec *p, uint16_t *from, uint16_t *to)
{
    const struct layer_spec *last = p->layers ? &p->layer[p->layers - 1] : NULL;
    const struct clause *cl =
        last && last->layer == &layer_icmp ? clause_named(last, "echoed") : NULL;
    if (!cl || (!cl->match[3].value.number && !cl->match[4].value.number))
        return false;
    *from = (uint16_t)cl->match[3].value.number;
    *to = (uint16_t)cl->match[4].value.number;
    return true;
}

bool echoed_emit(struct builder *b, int i, const struct clause *cl)
{
    const struct packet_context *c = b->context;
    uint32_t protocol = (uint32_t)cl->match[0].value.number,
             len = (uint32_t)cl->match[2].value.number;
    uint32_t header = header_octets(protocol);
    uint8_t quoted[28] = {0x45};
    if (!icmp_is_error(b->shape.bytes[b->shape.view[i].at]))
        return build_pattern(b, len, 0);
    if (!c->destination.has_ipv4 || !c->source.has_ipv4) {
        why_set(b->why, "icmp: the ends of this line have no IPv4 addresses to quote");
        return false;
    }
    put16(quoted + 2, 20 + header + len);
    /* Segments carry DF where the path's MTU is looked for (RFC 1191 3), and what asks for shorter
     * ones is believed of those alone. */
    quoted[6] = protocol == IPPROTO_TCP ? 0x40 : 0;
    quoted[8] = IPDEFTTL;
    quoted[9] = (uint8_t)protocol;
    put32(quoted + 12, c->destination.ipv4);
    put32(quoted + 16, c->source.ipv4);
    put16(quoted + 10, packet_sum(quoted, 20, 0));
    int64_t from = cl->match[3].value.number, to = cl->match[4].value.number;
    put16(quoted + 20, from ? (uint32_t)from : header ? c->destination_port : 0);
    put16(quoted + 22, to ? (uint32_t)to : header ? c->source_port : 0);
    if (protocol == IPPROTO_TCP)
        put32(quoted + 24, (uint32_t)cl->match[1].value.number +
                               (c->have_destination_isn ? c->destination_isn : 0));
    else if (protocol == IPPROTO_UDP)
        put16(quoted + 24, 8 + len);
    return build_data(b, quoted, header ? 28 : 20 + (len < 8 ? len : 8));
}
