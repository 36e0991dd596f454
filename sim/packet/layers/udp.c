/* UDP (RFC 768), and octets that belong to no protocol here. */
#include <netinet/in.h>
#include <string.h>
#include "sim/packet/spec.h"

enum { UDP_HEADER = 8 };

static bool udp_len(const struct shape *s, int i, uint64_t *out)
{
    *out = s->view[i].end - s->view[i].at;
    return true;
}

/* Zero means "no checksum", so a sum of zero is sent as all ones. A length that is wrong but inside
 * the datagram is summed as it says. */
static bool udp_sum(const struct shape *s, int i, uint64_t *out)
{
    const struct view *v = &s->view[i];
    const uint8_t *h = s->bytes + v->at;
    uint32_t stated = get16(h + 4), len = v->end - v->at;
    if (stated >= UDP_HEADER && stated < len)
        len = stated;
    uint32_t pseudo = pseudo_sum(s, i, IPPROTO_UDP, stated);
    uint16_t sum = packet_sum(h, len, pseudo + (0xffffu & ~get16(h + 6)));
    *out = sum ? sum : 0xffff;
    return true;
}

static bool udp_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                     const char **problem)
{
    if (limit - v->at < UDP_HEADER) {
        *problem = "udp: shorter than its header of 8 octets";
        return false;
    }
    const uint8_t *h = s->bytes + v->at;
    v->body = v->at + UDP_HEADER;
    v->end = limit;
    const struct layer *upper = layer_bound(s->set, v->layer, get16(h + 2));
    if (!upper)
        upper = layer_bound(s->set, v->layer, get16(h));
    *next = v->body < limit ? upper : NULL;
    return true;
}

static bool number(uint32_t v, struct value *out)
{
    *out = (struct value){.kind = VALUE_NUMBER, .number = v};
    return true;
}

/* From the context, else the answered datagram's other end, else what stands above: a service's own
 * port is on the side that serves. */
static bool port(struct builder *b, int i, bool source, struct value *out)
{
    uint32_t known = source ? b->context->source_port : b->context->destination_port;
    int a = build_answered(b, &layer_udp);
    uint32_t bound = 0;
    bool above = i + 1 < b->shape.views &&
                 layer_number(b->shape.set, &layer_udp, b->shape.view[i + 1].layer, &bound);
    if (above && b->shape.view[i + 1].layer->port &&
        b->shape.view[i + 1].layer->port(&b->shape, i + 1, source, &known))
        return number(known, out);
    if (known)
        return number(known, out);
    if (a >= 0)
        return number((uint32_t)shape_number(&b->answered, a, source ? "dport" : "sport"), out);
    if (above)
        return number(bound, out);
    why_set(b->why, "udp: no port is known: write udp A > B");
    return false;
}

static bool udp_sport(struct builder *b, int i, struct value *out)
{
    return port(b, i, true, out);
}

static bool udp_dport(struct builder *b, int i, struct value *out)
{
    return port(b, i, false, out);
}

static const struct field udp_fields[] = {
    {.name = "sport",
     .alias = "from",
     .type = FIELD_UINT,
     .bit = 0,
     .bits = 16,
     .flags = FIELD_KEY,
     .answer = udp_sport},
    {.name = "dport",
     .alias = "to",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 16,
     .flags = FIELD_KEY,
     .answer = udp_dport},
    {.name = "len",
     .type = FIELD_UINT,
     .bit = 32,
     .bits = 16,
     .derive = udp_len,
     .flags = FIELD_LENGTH,
     .clause = "RFC768-format-1"},
    {.name = "sum",
     .type = FIELD_UINT,
     .bit = 48,
     .bits = 16,
     .derive = udp_sum,
     .flags = FIELD_SUM | FIELD_HEX,
     .clause = "RFC768-checksum-1"},
};

const struct layer layer_udp = {
    .name = "udp",
    .below = "ip",
    .field = udp_fields,
    .fields = COUNT(udp_fields),
    .fixed = UDP_HEADER,
    .first = "sport",
    .second = "dport",
    .open = udp_open,
};

static bool data_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                      const char **problem)
{
    (void)s, (void)next, (void)problem;
    v->body = v->at;
    v->end = limit;
    return true;
}

static bool data_emit(struct builder *b, int i)
{
    const struct clause *cl = b->part[i] ? clause_named(b->part[i], "bytes") : NULL;
    return !cl || build_payload(b, i, cl->field, cl->match);
}

static const struct field data_fields[] = {
    {.name = "bytes", .type = FIELD_BYTES, .flags = FIELD_REST},
};

const struct layer layer_data = {
    .name = "data",
    .field = data_fields,
    .fields = COUNT(data_fields),
    .single = "bytes",
    .open = data_open,
    .emit = data_emit,
};

/* A whole frame as octets: "hex ff ff ...". */
const struct layer layer_raw = {
    .name = "hex",
    .field = data_fields,
    .fields = COUNT(data_fields),
    .single = "bytes",
    .open = data_open,
    .emit = data_emit,
};
