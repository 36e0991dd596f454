#include "sim/packet/mutate.h"
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/packet/layer.h"

enum { FEW = 64, SOME = 16, NAME = 96, TAG = 4 };

struct mutator {
    struct shape shape; /* of the right frame; reads the wrong one's bytes */
    const uint8_t *right;
    uint8_t *wrong;
    uint32_t len;
    packet_mutant *each;
    void *ctx;
};

/* Sums of all layers but the field that is wrong on purpose, from the innermost outwards. */
static void mend_sums(const struct shape *s, uint8_t *bytes, int at, const struct field *wrong)
{
    for (int i = s->views; i-- > 0;) {
        const struct view *v = &s->view[i];
        if (v->quoted || (v->partial && v->layer != &layer_ip))
            continue;
        for (uint32_t k = 0; k < v->layer->fields; k++) {
            const struct field *f = &v->layer->field[k];
            struct value was;
            uint64_t sum;
            if (!(f->flags & FIELD_SUM) || !f->derive || (i == at && f == wrong) ||
                !shape_field(s, i, f, &was))
                continue;
            if (v->layer == &layer_udp && !was.number)
                continue; /* none was computed (RFC 768) */
            if (f->derive(s, i, &sum))
                bits_put(bytes + v->at, f->bit, f->bits, sum);
        }
    }
}

static bool stands_fixed(const struct field *f)
{
    return f->bits > 0 && f->type != FIELD_OWN && f->type != FIELD_EMPTY &&
           !(f->flags & (FIELD_OPTION | FIELD_PART | FIELD_REST | FIELD_HEADER | FIELD_ELSEWHERE));
}

static void tell(struct mutator *m, const char *name)
{
    m->each(m->ctx, name, m->wrong, m->len);
    memcpy(m->wrong, m->right, m->len);
}

static void change_field(struct mutator *m, int i, const struct field *f)
{
    const struct view *v = &m->shape.view[i];
    uint8_t *at = m->wrong + v->at;
    char name[NAME];
    struct value there;
    if (!stands_fixed(f) || !shape_field(&m->shape, i, f, &there))
        return;
    if (f->bits <= 64)
        bits_put(at, f->bit, f->bits, bits_get(at, f->bit, f->bits) ^ 1);
    else
        at[f->bit / 8 + f->bits / 8 - 1] ^= 1;
    mend_sums(&m->shape, m->wrong, i, f);
    snprintf(name, sizeof name, "%s%s.%s", v->quoted ? "quote." : "", v->layer->name, f->name);
    tell(m, name);
}

static void change_octets(struct mutator *m, int i, uint32_t from, uint32_t to, const char *name)
{
    uint32_t octets = to > from ? to - from : 0;
    uint32_t step = octets <= FEW ? 1 : octets / SOME;
    for (uint32_t at = from; at < to; at += step) {
        m->wrong[at] ^= 1;
        mend_sums(&m->shape, m->wrong, i, NULL);
        tell(m, name);
    }
}

/* DHCP's options one by one, under the names that they have: code and length as "dhcp.opt", values
 * as themselves. False: they are not laid out so. */
static bool change_options(struct mutator *m, int i)
{
    enum { OPTIONS = 240, PAD = 0, END = 255 };
    const struct view *v = &m->shape.view[i];
    uint32_t at = v->at + OPTIONS;
    if (v->layer != &layer_dhcp || v->quoted)
        return false;
    while (at < v->end) {
        uint32_t code = m->right[at];
        uint32_t value = code == PAD || code == END ? at + 1 : at + 2;
        uint32_t end = value == at + 2 && at + 1 < v->end ? value + m->right[at + 1] : value;
        const struct field *f = field_coded(v->layer, code);
        char name[NAME];
        snprintf(name, sizeof name, "dhcp.%s", f ? f->name : "opt");
        end = end < v->end ? end : v->end;
        value = value < end ? value : end;
        change_octets(m, i, at, value, "dhcp options");
        change_octets(m, i, value, end, name);
        at = end > at ? end : v->end;
    }
    return true;
}

static void change_layer(struct mutator *m, int i)
{
    const struct view *v = &m->shape.view[i];
    const struct layer *l = v->layer;
    char name[NAME];
    for (uint32_t k = 0; k < l->fields; k++)
        change_field(m, i, &l->field[k]);
    snprintf(name, sizeof name, "%s%s octets", v->quoted ? "quote." : "", l->name);
    if (change_options(m, i))
        return;
    uint32_t fixed = v->at + l->fixed < v->body ? v->at + l->fixed : v->body;
    change_octets(m, i, l->fixed ? fixed : v->body, v->body, name);
    if (i + 1 == m->shape.views)
        change_octets(m, i, v->body, v->end, name);
}

static void add_tag(struct mutator *m)
{
    static const uint8_t tag[TAG] = {0x81, 0, 0, 5};
    uint8_t *tagged = malloc(m->len + TAG);
    if (!tagged || m->len < ETHER_HDR_LEN) {
        free(tagged);
        return;
    }
    memcpy(tagged, m->right, 2 * ETHER_ADDR_LEN);
    memcpy(tagged + 2 * ETHER_ADDR_LEN, tag, TAG);
    memcpy(tagged + 2 * ETHER_ADDR_LEN + TAG, m->right + 2 * ETHER_ADDR_LEN,
           m->len - 2 * ETHER_ADDR_LEN);
    m->each(m->ctx, "a tag", tagged, m->len + TAG);
    free(tagged);
}

void packet_mutate(const struct layer_set *set, const uint8_t *bytes, uint32_t len,
                   packet_mutant *each, void *ctx)
{
    struct mutator m = {
        .right = bytes, .wrong = malloc(len + 1), .len = len, .each = each, .ctx = ctx};
    if (!m.wrong)
        return;
    memcpy(m.wrong, bytes, len);
    shape_frame(&m.shape, set, bytes, len);
    m.shape.bytes = m.wrong;
    for (int i = 0; i < m.shape.views; i++)
        change_layer(&m, i);
    if (m.shape.views > 1 && m.shape.view[1].end < len) {
        m.wrong[len - 1] ^= 1;
        tell(&m, "padding");
    }
    add_tag(&m);
    free(m.wrong);
}

bool packet_with(const struct layer_set *set, const uint8_t *bytes, uint32_t len, const char *field,
                 uint64_t value, uint8_t *out)
{
    struct shape s;
    const char *dot = strchr(field, '.');
    size_t layer = dot ? (size_t)(dot - field) : 0;
    shape_frame(&s, set, bytes, len);
    memcpy(out, bytes, len);
    s.bytes = out;
    for (int i = 0; dot && i < s.views; i++) {
        const struct view *v = &s.view[i];
        struct value there;
        if (v->quoted || strlen(v->layer->name) != layer ||
            memcmp(v->layer->name, field, layer) != 0)
            continue;
        const struct field *f = field_named(v->layer, dot + 1);
        if (!f || !stands_fixed(f) || f->bits > 64 || !shape_field(&s, i, f, &there))
            return false;
        bits_put(out + v->at, f->bit, f->bits, value);
        mend_sums(&s, out, i, f);
        return true;
    }
    return false;
}
