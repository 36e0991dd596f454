/*
 * Frames from lines. First every layer is laid down, outermost first, with what the line states;
 * then, innermost first, what it leaves open is filled in: answers everywhere, then lengths and
 * sums. A spoiled length is spoiled before the sums, so that only the length is wrong; a spoiled
 * sum after everything inside it.
 */
#include <string.h>
#include "sim/packet/spec.h"

enum { BUILD_MAX = 65550 };

int build_answered(const struct builder *b, const struct layer *layer)
{
    int i = b->answered.views ? shape_find(&b->answered, layer, 0) : -1;
    return i >= 0 && !b->answered.view[i].quoted ? i : -1;
}

static bool host_value(struct builder *b, const struct field *f, const char *name,
                       struct value *out)
{
    struct packet_addresses a;
    if (!b->context->host || !b->context->host(b->context->self, name, &a)) {
        why_set(b->why, "no host or interface is called %s", name);
        return false;
    }
    if (f->type == FIELD_IPV4 && a.has_ipv4)
        *out = (struct value){.kind = VALUE_IPV4, .number = a.ipv4};
    else if (f->type == FIELD_MAC && a.has_mac)
        *out = (struct value){.kind = VALUE_MAC, .bytes = memcpy(b->scratch, a.mac, 6), .len = 6};
    else if (f->type == FIELD_IPV6 && a.has_ipv6)
        *out =
            (struct value){.kind = VALUE_IPV6, .bytes = memcpy(b->scratch, a.ipv6, 16), .len = 16};
    else
        why_set(b->why, "%s has no address for %s", name, f->name);
    return !b->why->text[0];
}

static bool resolve(struct builder *b, const struct field *f, const struct match *m,
                    struct value *out)
{
    switch (m->kind) {
    case MATCH_VALUE:
        *out = m->value;
        return true;
    case MATCH_HOST:
        return host_value(b, f, m->name, out);
    case MATCH_USE:
        if (!b->context->lookup || !b->context->lookup(b->context->self, m->name, out)) {
            why_set(b->why, "$%s has no value yet", m->name);
            return false;
        }
        out->number += m->addend;
        return true;
    default:
        why_set(b->why, "%s: a value is needed to build a packet", f->name);
        return false;
    }
}

bool build_resolve(struct builder *b, int i, const struct field *f, const struct match *m,
                   struct value *out)
{
    uint32_t base = 0;
    if (!resolve(b, f, m, out))
        return false;
    (void)segment_base(b->context, b->part[i], f, true, &base);
    if (f->flags & (FIELD_SEQ | FIELD_ACK))
        out->number = (uint32_t)((uint64_t)out->number + base);
    return true;
}

uint8_t *build_append(struct builder *b, int i, uint32_t len)
{
    struct view *v = &b->shape.view[i];
    if (len > b->room - v->body) {
        why_set(b->why, "the packet is longer than %u octets", b->room);
        return NULL;
    }
    uint8_t *at = b->out + v->body;
    memset(at, 0, len);
    v->body += len;
    b->shape.len = v->end = v->body;
    return at;
}

bool build_payload(struct builder *b, int i, const struct field *f, const struct match *m)
{
    bool made = m->kind == MATCH_PATTERN || m->kind == MATCH_LENGTH;
    if (made || m->kind == MATCH_ZERO) {
        struct value octets = m->value;
        const struct match use = {.kind = MATCH_USE, .name = m->name, .addend = m->addend};
        if (m->name && !resolve(b, f, &use, &octets))
            return false;
        uint32_t n = octets.number < 0 || octets.number > 65535 ? 65536 : (uint32_t)octets.number;
        uint8_t *at = build_append(b, i, n);
        uint64_t position = m->kind == MATCH_PATTERN ? (uint64_t)m->upper : 0;
        if (at && made)
            packet_pattern_fill(at, n, position);
        return at != NULL;
    }
    struct value v;
    if (m->kind == MATCH_ANY)
        return true;
    if (!build_resolve(b, i, f, m, &v))
        return false;
    uint8_t *at = build_append(b, i, v.len);
    if (at && v.len)
        memcpy(at, v.bytes, v.len);
    return at != NULL;
}

/* A value at a field's place, whose header starts at `at`. */
static bool put_number(const struct field *f, uint8_t *at, uint64_t v, struct why *why)
{
    uint64_t scale = f->scale ? f->scale : 1;
    if (v % scale || (f->bits < 64 && v / scale >> f->bits)) {
        why_set(why, "%s: %llu does not fit", f->name, (unsigned long long)v);
        return false;
    }
    bits_put(at, f->bit, f->bits, v / scale);
    return true;
}

bool field_store(const struct field *f, uint8_t *at, uint32_t len, const struct value *v,
                 struct why *why)
{
    bool number = v->kind == VALUE_NUMBER || v->kind == VALUE_IPV4 || v->kind == VALUE_TIME;
    uint8_t *place = at + f->bit / 8;
    switch (f->type) {
    case FIELD_UINT:
    case FIELD_FLAG:
    case FIELD_IPV4:
        if (!number) {
            why_set(why, "%s needs a number", f->name);
            return false;
        }
        return put_number(f, at, (uint64_t)v->number, why);
    case FIELD_MAC:
    case FIELD_IPV6:
    case FIELD_TEXT:
    case FIELD_BYTES:
        if (number || v->len > len ||
            ((f->type == FIELD_MAC || f->type == FIELD_IPV6) && v->len != len)) {
            why_set(why, "%s: %u octets where %u belong", f->name, number ? 0 : v->len, len);
            return false;
        }
        memset(place, 0, len);
        if (v->len)
            memcpy(place, v->bytes, v->len);
        return true;
    case FIELD_EMPTY:
    case FIELD_OWN:
        break;
    }
    return true;
}

static bool is_fixed(const struct field *f)
{
    return f->bits && !(f->flags & (FIELD_OPTION | FIELD_HEADER | FIELD_REST | FIELD_ELSEWHERE)) &&
           f->type != FIELD_OWN;
}

static const struct clause *stated(const struct builder *b, int i, const struct field *f)
{
    const struct clause *cl = clause_of(b->part[i], f);
    return cl && cl->matches && cl->match->kind != MATCH_ANY ? cl : NULL;
}

static bool put_stated(struct builder *b, int i)
{
    const struct view *v = &b->shape.view[i];
    uint8_t *h = b->out + v->at;
    for (uint32_t k = 0; k < v->layer->fields; k++) {
        const struct field *f = &v->layer->field[k];
        if (is_fixed(f) && !(f->flags & FIELD_PART) && f->preset && shape_has(&b->shape, i, f))
            bits_put(h, f->bit, f->bits, f->preset);
        if (f->preset_octets)
            memcpy(h + f->bit / 8, f->preset_octets, f->bits / 8);
        /* The first field tells which others there are. */
        const struct clause *cl = is_fixed(f) ? stated(b, i, f) : NULL;
        struct value value;
        if (cl && (!build_resolve(b, i, f, cl->match, &value) ||
                   !field_store(f, h, f->bits / 8, &value, b->why)))
            return false;
    }
    return true;
}

static bool push(struct builder *b, const struct layer *layer, const struct layer_spec *part,
                 bool quoted)
{
    struct shape *s = &b->shape;
    if (s->views == SHAPE_LAYERS) {
        why_set(b->why, "more than %d layers", SHAPE_LAYERS);
        return false;
    }
    int i = s->views++;
    uint32_t at = i ? s->view[i - 1].body : 0;
    s->view[i] = (struct view){.layer = layer, .at = at, .body = at, .end = at, .quoted = quoted};
    b->part[i] = part;
    if (!build_append(b, i, layer->fixed) || !put_stated(b, i))
        return false;
    return !layer->emit || layer->emit(b, i);
}

bool build_data(struct builder *b, const uint8_t *bytes, uint32_t len)
{
    int i = b->shape.views - 1;
    if (!push(b, &layer_data, NULL, b->shape.view[i].quoted))
        return false;
    uint8_t *at = build_append(b, i + 1, len);
    if (at)
        memcpy(at, bytes, len);
    return at != NULL;
}

bool build_pattern(struct builder *b, uint32_t len, uint64_t position)
{
    int i = b->shape.views - 1;
    const struct match m = {.kind = MATCH_PATTERN,
                            .value = {.kind = VALUE_NUMBER, .number = len},
                            .upper = (int64_t)position};
    return push(b, &layer_data, NULL, b->shape.view[i].quoted) &&
           build_payload(b, i + 1, layer_data.field, &m);
}

static const struct layer *below(const struct builder *b, const struct layer *l)
{
    if (!l->below)
        return NULL;
    const struct packet_addresses *s = &b->context->source, *d = &b->context->destination;
    bool six = s->has_ipv6 && d->has_ipv6 && !s->has_ipv4 && !d->has_ipv4;
    if (six && !strcmp(l->below, "ip"))
        return layer_named(b->shape.set, "ip6");
    return layer_named(b->shape.set, l->below);
}

/* The layers that the line leaves out between what is built and `l`. A quotation starts with IP. */
static bool push_implied(struct builder *b, const struct layer *l, bool quotation, bool quoted)
{
    const struct layer *path[SHAPE_LAYERS];
    const struct layer *top =
        b->shape.views && !quotation ? b->shape.view[b->shape.views - 1].layer : NULL;
    int n = 0;
    uint32_t number;
    while (n < SHAPE_LAYERS && !(top && layer_number(b->shape.set, top, l, &number))) {
        const struct layer *lower = below(b, l);
        if (!lower || lower == top || (quotation && lower == &layer_eth)) {
            n = lower || !top ? n : 0; /* nothing leads there: directly on top */
            break;
        }
        path[n++] = l = lower;
    }
    while (n-- > 0)
        if (!push(b, path[n], NULL, quoted))
            return false;
    return true;
}

static bool lay_down(struct builder *b)
{
    bool quoted = false;
    for (uint32_t k = 0; k < b->spec->layers; k++) {
        const struct layer_spec *l = &b->spec->layer[k];
        quoted = quoted || l->quoted;
        if (!push_implied(b, l->layer, l->quoted, quoted) || !push(b, l->layer, l, quoted))
            return false;
    }
    for (int i = 0; i < b->shape.views; i++)
        b->shape.view[i].end = b->shape.len;
    return true;
}

static bool fill(struct builder *b, int i, uint32_t flags, uint32_t without)
{
    const struct view *v = &b->shape.view[i];
    uint8_t *h = b->out + v->at;
    for (uint32_t k = 0; k < v->layer->fields; k++) {
        const struct field *f = &v->layer->field[k];
        uint64_t n;
        if (!f->derive || f == b->kept || (f->flags & flags) != flags || f->flags & without ||
            stated(b, i, f))
            continue;
        if (f->derive(&b->shape, i, &n) && !put_number(f, h, n, b->why))
            return false;
    }
    return true;
}

/* A stated part (dhcp flags) says these bits. */
static bool stated_in_part(const struct builder *b, int i, const struct field *f)
{
    const struct layer_spec *l = b->part[i];
    for (uint32_t k = 0; l && k < l->clauses; k++) {
        const struct field *p = l->clause[k].field;
        if (p->flags & FIELD_PART && p->bit <= f->bit && p->bit + p->bits >= f->bit + f->bits)
            return stated(b, i, p);
    }
    return false;
}

static bool fill_answers(struct builder *b, int i)
{
    const struct view *v = &b->shape.view[i];
    for (uint32_t k = 0; k < v->layer->fields; k++) {
        const struct field *f = &v->layer->field[k];
        struct value value;
        if (!f->answer || f->flags & FIELD_OPTION || stated(b, i, f) || stated_in_part(b, i, f) ||
            !shape_has(&b->shape, i, f))
            continue;
        if (!f->answer(b, i, &value) ||
            !field_store(f, b->out + v->at, f->bits / 8, &value, b->why))
            return false;
    }
    return true;
}

/* A length becomes 256 more, a sum one more (and never zero, which UDP takes for "none", nor the
 * other zero); of the rest one bit turns. */
static void spoil(struct builder *b, int i, uint32_t flags)
{
    for (uint32_t k = 0; k < b->spec->spoils; k++) {
        const struct field *f = b->spec->spoil[k].field;
        const struct view *v = &b->shape.view[i];
        bool first = shape_find(&b->shape, v->layer, 0) == i;
        if (b->spec->spoil[k].layer != v->layer || !first || (f->flags & FIELD_SUM) != flags ||
            stated(b, i, f))
            continue;
        uint8_t *h = b->out + v->at;
        uint32_t head = f->bits > 32 ? f->bits - 32 : 0;
        uint64_t was = bits_get(h, f->bit + head, f->bits - head), now = was ^ 1;
        if (f->flags & FIELD_LENGTH && f->bits == 16)
            now = was + 256 > 0xffff ? was - 256 : was + 256;
        if (f->flags & FIELD_SUM)
            now = was == 0xffff ? 1 : was + 1;
        bits_put(h, f->bit + head, f->bits - head, now);
    }
}

/* "frag OFF LEN": the datagram above is whole and summed; this part of it stays. */
static bool slice(struct builder *b, int i)
{
    const struct clause *cl =
        b->shape.view[i].layer == &layer_ip && b->part[i] ? clause_named(b->part[i], "frag") : NULL;
    if (!cl)
        return true;
    struct view *v = &b->shape.view[i];
    struct value from, octets;
    if (!build_resolve(b, i, cl->field, &cl->match[0], &from) ||
        !build_resolve(b, i, cl->field, &cl->match[1], &octets))
        return false;
    uint32_t off = (uint32_t)from.number, len = (uint32_t)octets.number, whole = v->end - v->body;
    if (off % 8) {
        why_set(b->why, "a fragment starts at a multiple of 8 octets, %u is none", off);
        return false;
    }
    if (off >= whole) {
        why_set(b->why, "frag %u %u: the datagram carries %u octets", off, len, whole);
        return false;
    }
    if (!fill(b, i, 0, FIELD_LENGTH | FIELD_SUM))
        return false;
    b->kept = field_named(&layer_ip, "proto");
    len = len < whole - off ? len : whole - off;
    const struct field *mf = field_named(&layer_ip, "mf"), *at = field_named(&layer_ip, "off");
    if (!stated(b, i, mf))
        bits_put(b->out + v->at, mf->bit, 1, off + len < whole);
    if (!stated(b, i, at))
        bits_put(b->out + v->at, at->bit, at->bits, off / 8);
    memmove(b->out + v->body, b->out + v->body + off, len);
    b->shape.views = i + 1;
    b->shape.len = v->body + len;
    for (int k = 0; k <= i; k++)
        b->shape.view[k].end = b->shape.len;
    return true;
}

static bool finish(struct builder *b)
{
    for (int i = b->shape.views; i-- > 0;)
        if (!fill_answers(b, i))
            return false;
    for (int i = b->shape.views; i-- > 0;) {
        if (!slice(b, i) || !fill(b, i, 0, FIELD_SUM))
            return false;
        spoil(b, i, 0);
        if (!fill(b, i, FIELD_SUM, 0))
            return false;
        spoil(b, i, FIELD_SUM);
        b->kept = NULL;
    }
    return true;
}

/* What stands behind the packet, and what is missing of it. */
static bool finish_frame(struct builder *b)
{
    const struct packet_spec *p = b->spec;
    uint32_t len = b->shape.len;
    uint32_t pad = p->pad > (int64_t)len ? (uint32_t)p->pad : len;
    if (pad > b->room || p->trailer_len > b->room - pad) {
        why_set(b->why, "the packet is longer than %u octets", b->room);
        return false;
    }
    memset(b->out + len, 0, pad - len);
    if (p->trailer_len)
        memcpy(b->out + pad, p->trailer, p->trailer_len);
    b->shape.len = pad + p->trailer_len;
    if (p->cut >= 0 && p->cut < (int64_t)b->shape.len)
        b->shape.len = (uint32_t)p->cut;
    return true;
}

int packet_build(const struct packet_spec *p, const struct packet_context *c, uint8_t *out,
                 size_t room, struct why *why)
{
    struct why reason = {0};
    struct builder b = {.spec = p, .context = c, .out = out, .why = &reason};
    b.room = room < BUILD_MAX ? (uint32_t)room : BUILD_MAX;
    b.shape.set = p->set ? p->set : layer_set_builtin();
    b.shape.bytes = out;
    if (c->answered)
        shape_frame(&b.answered, b.shape.set, c->answered, c->answered_len);
    if (lay_down(&b) && finish(&b) && finish_frame(&b))
        return (int)b.shape.len;
    why_set(why, "%s", reason.text[0] ? reason.text : "the packet cannot be built");
    return -1;
}

bool packet_spoils(const struct packet_spec *p)
{
    return p->spoils > 0 || p->cut >= 0;
}

int packet_build_right(const struct packet_spec *p, const struct packet_context *c, uint8_t *out,
                       size_t room, struct why *why)
{
    struct packet_spec right = *p;
    right.spoils = 0;
    right.cut = -1;
    return packet_build(&right, c, out, room, why);
}
