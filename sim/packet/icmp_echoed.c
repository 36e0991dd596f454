/*
 * packetdrill's way to say what an ICMP error quotes: [1:1461(1460)] for a TCP segment, [udp
 * (LEN)], [raw (LEN)], before or behind the words of the error. Its datagram went the other way:
 * IP's header and eight octets.
 */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include "sim/packet/icmp.h"

static const struct field *echoed(void)
{
    return field_named(&layer_icmp, "echoed");
}

static struct match number(int64_t n)
{
    return (struct match){.value = {.kind = VALUE_NUMBER, .number = n}};
}

bool echoed_starts(const struct compiler *c)
{
    if (!word_is(peek(c, 0), "["))
        return false;
    bool segment = peek(c, 1)->kind == WORD_NUMBER && word_is(peek(c, 2), ":");
    return segment || word_is(peek(c, 1), "udp") || word_is(peek(c, 1), "raw");
}

/* The clause's values: protocol, sequence number, length; at the cursor's `[`. */
int echoed_parse(struct compiler *c)
{
    const struct word *start = peek(c, 0);
    struct match *m = pool_alloc(c->pool, 3 * sizeof *m);
    if (c->spec->direction == '>')
        return wrong(c, start,
                     "a segment in brackets says what an injected error quotes; an expected one "
                     "says: quotes");
    bool udp = word_is(peek(c, 1), "udp"), raw = word_is(peek(c, 1), "raw");
    size_t at = udp || raw ? 2 : 4;
    const struct word *len = peek(c, at + 1);
    bool shaped = word_is(peek(c, at), "(") && len->kind == WORD_NUMBER &&
                  word_is(peek(c, at + 2), ")") && word_is(peek(c, at + 3), "]");
    if (!shaped || len->number < 0 || len->number > 65495)
        return wrong(c, start,
                     "what an error quotes is written [1:1461(1460)], [udp (8)] or [raw (8)]");
    m[0] = number(udp ? IPPROTO_UDP : raw ? IPPROTO_RAW : IPPROTO_TCP);
    m[1] = number(udp || raw ? 0 : peek(c, 1)->number);
    m[2] = number(len->number);
    c->at += at + 4;
    return clause_add(c, echoed(), m, 3) ? 1 : -1;
}

void echoed_print(struct printer *p, const struct clause *cl)
{
    long long protocol = cl->match[0].value.number, seq = cl->match[1].value.number,
              len = cl->match[2].value.number;
    if (protocol == IPPROTO_TCP)
        print(p, " [%lld:%lld(%lld)]", seq, (seq + len) & 0xffffffff, len);
    else
        print(p, " [%s (%lld)]", protocol == IPPROTO_UDP ? "udp" : "raw", len);
}

bool echoed_emit(struct builder *b, const struct clause *cl)
{
    const struct packet_context *c = b->context;
    uint32_t protocol = (uint32_t)cl->match[0].value.number,
             len = (uint32_t)cl->match[2].value.number;
    uint32_t header = protocol == IPPROTO_TCP ? 20 : protocol == IPPROTO_UDP ? 8 : 0;
    uint8_t quoted[28] = {0x45};
    if (!c->destination.has_ipv4 || !c->source.has_ipv4) {
        why_set(b->why, "icmp: the ends of this line have no IPv4 addresses to quote");
        return false;
    }
    put16(quoted + 2, 20 + header + len);
    quoted[8] = IPDEFTTL;
    quoted[9] = (uint8_t)protocol;
    put32(quoted + 12, c->destination.ipv4);
    put32(quoted + 16, c->source.ipv4);
    put16(quoted + 10, packet_sum(quoted, 20, 0));
    put16(quoted + 20, header ? c->destination_port : 0);
    put16(quoted + 22, header ? c->source_port : 0);
    if (protocol == IPPROTO_TCP)
        put32(quoted + 24, (uint32_t)cl->match[1].value.number +
                               (c->have_destination_isn ? c->destination_isn : 0));
    else if (protocol == IPPROTO_UDP)
        put16(quoted + 24, 8 + len);
    return build_data(b, quoted, header ? 28 : 20 + (len < 8 ? len : 8));
}
