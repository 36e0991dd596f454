/* Frames for readers: one line, every field, the first difference, one field by name; and packets
 * sent elsewhere. */
#include <stdlib.h>
#include <string.h>
#include "sim/packet/spec.h"

static int printed(const struct printer *p)
{
    return (int)p->len;
}

int packet_text(const struct layer_set *set, const uint8_t *bytes, uint32_t len, int detail,
                char *out, int room)
{
    struct printer p = {.out = out, .room = room > 0 ? (size_t)room : 0};
    struct pool *pool = pool_new();
    struct shape s;
    shape_frame(&s, set, bytes, len);
    print(&p, "%s", "");
    print_spec(&p, describe_frame(s.set, pool, &s, detail));
    pool_free(pool);
    return printed(&p);
}

static bool is_verified(const struct shape *s, int i, const struct field *f)
{
    const struct view *v = &s->view[i];
    return f->derive && f->flags & (FIELD_LENGTH | FIELD_SUM) && !v->quoted &&
           (!v->partial || v->layer == &layer_ip);
}

static int64_t given_at(const struct shape *s, int i, const struct field *f)
{
    return f->given ? (int64_t)shape_number(s, i, f->given) : -1;
}

static void dump_field(struct printer *p, const struct shape *s, int i, const struct field *f)
{
    struct value v;
    uint64_t right;
    if (f->flags & FIELD_PART || !shape_field(s, i, f, &v) || (f->flags & FIELD_HEADER && !v.len))
        return;
    print(p, "%s%s.%s ", s->view[i].quoted ? "quoted " : "", s->view[i].layer->name, f->name);
    print_value(p, f, &v, given_at(s, i, f));
    if (is_verified(s, i, f) && f->derive(s, i, &right) && right != (uint64_t)v.number) {
        v.number = (int64_t)right;
        print(p, " (bad: ");
        print_value(p, f, &v, -1);
        print(p, " would be right)");
    }
    print(p, "\n");
}

/* Options and what else a layer reads by itself. */
static void dump_rest(struct printer *p, struct pool *pool, const struct shape *s, int i)
{
    struct packet_spec spec = {.direction = '<'};
    struct layer_spec l = {.layer = s->view[i].layer};
    struct describer d = {.pool = pool, .shape = s, .spec = &spec, .layer = &l, .detail = 1};
    if (!l.layer->describe)
        return;
    l.layer->describe(&d, i);
    for (uint32_t k = 0; k < l.clauses; k++) {
        print(p, "%s", l.layer->name);
        print_clause(p, &l, &l.clause[k]);
        print(p, "\n");
    }
}

int packet_dump(const struct layer_set *set, const uint8_t *bytes, uint32_t len, char *out,
                int room)
{
    struct printer p = {.out = out, .room = room > 0 ? (size_t)room : 0};
    struct pool *pool = pool_new();
    struct shape s;
    shape_frame(&s, set, bytes, len);
    print(&p, "frame of %u octets\n", len);
    for (int i = 0; i < s.views; i++) {
        for (uint32_t k = 0; k < s.view[i].layer->fields; k++)
            dump_field(&p, &s, i, &s.view[i].layer->field[k]);
        dump_rest(&p, pool, &s, i);
    }
    if (s.problem)
        print(&p, "%s\n", s.problem);
    uint32_t end = s.views > 1 ? s.view[1].end : len;
    if (end < len) {
        print(&p, "behind the packet ");
        print_bytes(&p, bytes + end, len - end);
        print(&p, "\n");
    }
    pool_free(pool);
    return printed(&p);
}

static bool same_value(const struct value *a, const struct value *b)
{
    return a->number == b->number && a->len == b->len &&
           (!a->len || !memcmp(a->bytes, b->bytes, a->len));
}

static void tell_payload(struct printer *p, const char *layer, const struct value *e,
                         const struct value *a, uint32_t at)
{
    uint32_t k = 0;
    while (k < e->len && k < a->len && e->bytes[k] == a->bytes[k])
        k++;
    if (k < e->len && k < a->len)
        print(p, "%s: octet %u: expected 0x%02x, actual 0x%02x (byte %u)", layer, k, e->bytes[k],
              a->bytes[k], at + k);
    else
        print(p, "%s: expected %u octets, actual %u", layer, e->len, a->len);
}

static bool compare_layer(struct printer *p, const struct shape *e, const struct shape *a, int i)
{
    const struct layer *l = e->view[i].layer;
    for (uint32_t k = 0; k < l->fields; k++) {
        const struct field *f = &l->field[k];
        struct value ev, av;
        bool eh = shape_field(e, i, f, &ev), ah = shape_field(a, i, f, &av);
        if (f->flags & FIELD_PART || (!eh && !ah) || (eh && ah && same_value(&ev, &av)))
            continue;
        if (eh && ah && f->flags & FIELD_REST) {
            tell_payload(p, l->name, &ev, &av, a->view[i].at);
            return true;
        }
        print(p, "%s.%s: expected ", l->name, f->name);
        eh ? print_value(p, f, &ev, given_at(e, i, f)) : print(p, "none");
        print(p, ", actual ");
        ah ? print_value(p, f, &av, given_at(a, i, f)) : print(p, "none");
        print(p, " (byte %u)", a->view[i].at + f->bit / 8);
        return true;
    }
    return false;
}

/* Options as text, one by one. */
static bool compare_rest(struct printer *p, struct pool *pool, const struct shape *e,
                         const struct shape *a, int i)
{
    const struct layer *l = e->view[i].layer;
    if (!l->describe)
        return false;
    struct packet_spec spec = {.direction = '<'};
    struct layer_spec el = {.layer = l}, al = {.layer = l};
    struct describer ed = {.pool = pool, .shape = e, .spec = &spec, .layer = &el, .detail = 1};
    struct describer ad = {.pool = pool, .shape = a, .spec = &spec, .layer = &al, .detail = 1};
    l->describe(&ed, i);
    l->describe(&ad, i);
    for (uint32_t k = 0; k < el.clauses || k < al.clauses; k++) {
        struct printer et = {.grow = true}, at = {.grow = true};
        print(&et, "%s", k < el.clauses ? "" : " none");
        print(&at, "%s", k < al.clauses ? "" : " none");
        if (k < el.clauses)
            print_clause(&et, &el, &el.clause[k]);
        if (k < al.clauses)
            print_clause(&at, &al, &al.clause[k]);
        bool differs = strcmp(et.out, at.out) != 0;
        if (differs)
            print(p, "%s: expected%s, actual%s", l->name, et.out, at.out);
        free(et.out);
        free(at.out);
        if (differs)
            return true;
    }
    return false;
}

static void compare_octets(struct printer *p, const uint8_t *e, uint32_t elen, const uint8_t *a,
                           uint32_t alen)
{
    uint32_t k = 0;
    while (k < elen && k < alen && e[k] == a[k])
        k++;
    if (k < elen && k < alen)
        print(p, "byte %u: expected 0x%02x, actual 0x%02x", k, e[k], a[k]);
    else
        print(p, "length: expected %u, actual %u", elen, alen);
}

int packet_compare(const struct layer_set *set, const uint8_t *expected, uint32_t expected_len,
                   const uint8_t *actual, uint32_t actual_len, char *out, int room)
{
    struct printer p = {.out = out, .room = room > 0 ? (size_t)room : 0};
    if (room > 0)
        out[0] = 0;
    if (expected_len == actual_len && (!actual_len || !memcmp(expected, actual, actual_len)))
        return 0;
    struct shape e, a;
    shape_frame(&e, set, expected, expected_len);
    shape_frame(&a, set, actual, actual_len);
    struct pool *pool = pool_new();
    bool told = false;
    for (int i = 0; !told && (i < e.views || i < a.views); i++) {
        const char *el = i < e.views ? e.view[i].layer->name : "nothing",
                   *al = i < a.views ? a.view[i].layer->name : "nothing";
        told = strcmp(el, al) != 0;
        if (told)
            print(&p, "layer %d: expected %s, actual %s", i + 1, el, al);
        else
            told = compare_layer(&p, &e, &a, i) || compare_rest(&p, pool, &e, &a, i);
    }
    if (!told)
        compare_octets(&p, expected, expected_len, actual, actual_len);
    pool_free(pool);
    return printed(&p);
}
