/* One field of a frame by name; and frames sent elsewhere. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/packet/spec.h"

/* Options and what else a layer reads by itself: the first clause of that name. */
static bool described(const struct shape *s, int i, const char *name, struct value *out)
{
    const struct layer *l = s->view[i].layer;
    if (!l->describe)
        return false;
    struct pool *pool = pool_new();
    struct packet_spec spec = {.direction = '<'};
    struct layer_spec part = {.layer = l};
    struct describer d = {.pool = pool, .shape = s, .spec = &spec, .layer = &part, .detail = 0};
    l->describe(&d, i);
    const struct clause *cl = clause_named(&part, name);
    bool found = cl && cl->matches;
    if (found)
        *out = cl->match->value;
    pool_free(pool);
    /* Text made for the description is gone with it. */
    return found && (!out->bytes || (out->bytes >= s->bytes && out->bytes <= s->bytes + s->len));
}

/* "quote.ip.id" looks into an ICMP error. */
static bool is_layer(const struct view *v, const char *name, size_t len, bool quoted)
{
    return v->quoted == quoted && strlen(v->layer->name) == len &&
           !memcmp(v->layer->name, name, len);
}

bool packet_field(const struct layer_set *set, const uint8_t *bytes, uint32_t len, const char *name,
                  struct value *out)
{
    struct shape s;
    shape_frame(&s, set, bytes, len);
    bool quoted = !strncmp(name, "quote.", 6);
    name += quoted ? 6 : 0;
    if (!strcmp(name, "frame.len")) {
        *out = (struct value){.kind = VALUE_NUMBER, .number = len};
        return true;
    }
    size_t layer = strcspn(name, ".");
    const char *field = name[layer] ? name + layer + 1 : "bytes";
    for (int i = 0; i < s.views; i++) {
        if (!is_layer(&s.view[i], name, layer, quoted))
            continue;
        const struct field *f = field_named(s.view[i].layer, field);
        if (f && shape_field(&s, i, f, out))
            return true;
        return described(&s, i, f ? f->name : field, out);
    }
    return false;
}

bool packet_field_place(const struct layer_set *set, const uint8_t *bytes, uint32_t len,
                        const char *name, uint32_t *bit, uint32_t *bits)
{
    struct shape s;
    shape_frame(&s, set, bytes, len);
    size_t layer = strcspn(name, ".");
    for (int i = 0; name[layer] && i < s.views; i++) {
        const struct view *v = &s.view[i];
        const struct field *f =
            is_layer(v, name, layer, false) ? field_named(v->layer, name + layer + 1) : NULL;
        if (!f || f->flags & FIELD_OPTION || !f->bits)
            continue;
        *bit = v->at * 8 + f->bit;
        *bits = f->bits;
        return (*bit + *bits + 7) / 8 <= v->end;
    }
    return false;
}

static void mend(const struct shape *s, uint8_t *bytes, int i)
{
    const struct layer *l = s->view[i].layer;
    for (uint32_t k = 0; k < l->fields; k++) {
        const struct field *f = &l->field[k];
        uint64_t sum;
        struct value was;
        if (!(f->flags & FIELD_SUM) || !f->derive || s->view[i].quoted ||
            !shape_field(s, i, f, &was))
            continue;
        if (l == &layer_udp && !was.number)
            continue; /* none was computed (RFC 768) */
        if (f->derive(s, i, &sum))
            bits_put(bytes + s->view[i].at, f->bit, f->bits, sum);
    }
}

static void mend_all(const struct shape *s, uint8_t *bytes)
{
    for (int i = s->views; i-- > 1;)
        if (!s->view[i].partial || i == 1)
            mend(s, bytes, i);
}

bool packet_redirect(uint8_t *bytes, uint32_t len, const uint8_t mac[6], uint32_t ipv4)
{
    struct shape s;
    shape_frame(&s, NULL, bytes, len);
    if (s.views < 2 || (s.view[1].layer != &layer_ip && s.view[1].layer != &layer_arp))
        return false;
    bool arp = s.view[1].layer == &layer_arp;
    if (!(bytes[0] & 1))
        memcpy(bytes, mac, 6);
    put32(bytes + s.view[1].at + (arp ? 24 : 16), ipv4);
    mend_all(&s, bytes);
    return true;
}

void packet_mend(uint8_t *bytes, uint32_t len)
{
    struct shape s;
    shape_frame(&s, NULL, bytes, len);
    mend_all(&s, bytes);
}
