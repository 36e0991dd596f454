/*
 * "frag OFF LEN" in a line: this part of the datagram that stands above. Injected, build.c cuts it
 * out of the whole, which is summed. Expected, the whole is built here, with the frame's own
 * addresses, and the same part of it compared.
 */
#include <stdlib.h>
#include <string.h>
#include "sim/packet/layers/ip.h"

enum { FRAG_ROOM = 65550 };

/* A number of octets, or the variable that holds it, and what is added to it. */
static bool frag_part(struct compiler *c, struct match *m)
{
    const struct word *w = peek(c, 0);
    if (w->kind == WORD_USE)
        return compile_match(c, field_named(&layer_ip, "frag"), m) == 0;
    m->value = (struct value){.kind = VALUE_NUMBER, .number = w->number};
    c->at++;
    return w->kind == WORD_NUMBER && w->number >= 0 && w->number <= 65535;
}

int frag_parse(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    if (!word_is(w, "frag"))
        return 0;
    const struct word *from = peek(c, 1);
    struct match *m = pool_alloc(c->pool, 2 * sizeof *m);
    c->at++;
    if (!frag_part(c, &m[0]) || !frag_part(c, &m[1]))
        return wrong(c, w, "frag needs the part's offset and its length in octets: frag 1480 520");
    if (m[0].value.number % 8)
        return wrong(c, from, "a fragment starts at a multiple of 8 octets, %lld is none",
                     (long long)from->number);
    return clause_add(c, field_named(&layer_ip, "frag"), m, 2) ? 1 : -1;
}

bool frag_print(struct printer *p, const struct layer_spec *l, const struct clause *cl)
{
    static const struct field octets = {.name = "frag", .type = FIELD_UINT};
    (void)l;
    if (strcmp(cl->field->name, "frag") != 0)
        return false;
    print(p, " frag ");
    print_match(p, &octets, &cl->match[0], -1);
    print(p, " ");
    print_match(p, &octets, &cl->match[1], -1);
    return true;
}

/* The line from IP up, with nothing said of IP but the part. */
static void strip(const struct packet_spec *line, const struct clause *frag,
                  struct packet_spec *out)
{
    *out = *line;
    out->direction = '<';
    out->layers = out->spoils = out->trailer_len = 0;
    out->pad = out->cut = -1;
    for (uint32_t k = 0; k < line->layers; k++) {
        bool ip = layer_of(line, frag) == &line->layer[k];
        if (!ip && !out->layers)
            continue;
        out->layer[out->layers] = line->layer[k];
        if (ip)
            out->layer[out->layers].clause = (struct clause *)(uintptr_t)frag,
            out->layer[out->layers].clauses = 1;
        out->layers++;
    }
}

static void differs(struct matcher *m, const char *field, uint32_t expected, uint32_t actual)
{
    char e[32], a[32];
    snprintf(e, sizeof e, "%u", expected);
    snprintf(a, sizeof a, "%u", actual);
    if (expected != actual)
        match_differs(m, &layer_ip, field, NULL, e, a);
}

static void compare(struct matcher *m, int i, const struct shape *want, int w)
{
    const struct view *hv = &m->shape->view[i], *wv = &want->view[w];
    const uint8_t *h = m->shape->bytes + hv->body, *x = want->bytes + wv->body;
    uint32_t len = wv->end - wv->body;
    differs(m, "off", (uint32_t)shape_number(want, w, "off"),
            (uint32_t)shape_number(m->shape, i, "off"));
    differs(m, "mf", (uint32_t)shape_number(want, w, "mf"),
            (uint32_t)shape_number(m->shape, i, "mf"));
    differs(m, "proto", (uint32_t)shape_number(want, w, "proto"),
            (uint32_t)shape_number(m->shape, i, "proto"));
    if (len != hv->end - hv->body) {
        differs(m, "frag", len, hv->end - hv->body);
        return;
    }
    for (uint32_t k = 0; k < len; k++) {
        char e[64], a[16];
        if (h[k] == x[k])
            continue;
        snprintf(e, sizeof e, "octet %u of the part is 0x%02x", k, x[k]);
        snprintf(a, sizeof a, "0x%02x", h[k]);
        match_differs(m, &layer_ip, "frag", NULL, e, a);
        return;
    }
}

void frag_match(struct matcher *m, int i, const struct clause *cl)
{
    struct packet_spec whole;
    struct packet_context c = *m->context;
    struct why why = {0};
    struct shape want;
    if (strcmp(cl->field->name, "frag") != 0)
        return;
    strip(m->spec, cl, &whole);
    c.source.has_ipv4 = c.destination.has_ipv4 = true;
    c.source.ipv4 = (uint32_t)shape_number(m->shape, i, "src");
    c.destination.ipv4 = (uint32_t)shape_number(m->shape, i, "dst");
    c.answered = NULL;
    uint8_t *bytes = malloc(FRAG_ROOM);
    if (!bytes)
        abort();
    int len = packet_build(&whole, &c, bytes, FRAG_ROOM, &why);
    shape_frame(&want, m->shape->set, bytes, len < 0 ? 0 : (uint32_t)len);
    int ip = shape_find(&want, &layer_ip, 0);
    if (len < 0 || ip < 0)
        match_differs(m, &layer_ip, "frag", NULL, "a datagram that can be built",
                      len < 0 ? why.text : "none");
    else
        compare(m, i, &want, ip);
    free(bytes);
}
