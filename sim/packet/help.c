/* The tables for readers. */
#include <string.h>
#include "sim/packet/spec.h"

static void print_type(struct printer *p, const struct field *f)
{
    static const char *const names[] = {
        [FIELD_FLAG] = "a flag",       [FIELD_IPV4] = "an IPv4 address",
        [FIELD_MAC] = "a MAC address", [FIELD_IPV6] = "an IPv6 address",
        [FIELD_TEXT] = "text",         [FIELD_BYTES] = "octets",
        [FIELD_EMPTY] = "no value",
    };
    bool named = (size_t)f->type < sizeof names / sizeof names[0] && names[f->type];
    if (f->type == FIELD_UINT)
        print(p, "%u bits", f->bits);
    else
        print(p, "%s", named ? names[f->type] : "see docs/language.md");
    if (f->flags & FIELD_LIST)
        print(p, ", several with commas");
    if (f->flags & FIELD_SECONDS)
        print(p, ", seconds");
    if (f->scale)
        print(p, ", in octets, a multiple of %u", f->scale);
}

static void print_field(struct printer *p, const struct field *f)
{
    print(p, "  %-18s", f->name);
    print_type(p, f);
    if (f->alias)
        print(p, "; also %s", f->alias);
    if (f->flags & (FIELD_LENGTH | FIELD_SUM))
        print(p, "; always verified");
    else if (f->preset) {
        const struct value v = {.kind = VALUE_NUMBER, .number = (int64_t)f->preset};
        print(p, "; else ");
        print_value(p, f, &v, -1);
    }
    if (f->symbol)
        print(p, "%s", f->flags & FIELD_HEAD ? "; a word alone:" : "; words:");
    for (const struct symbol *s = f->symbol; s && s->word; s++)
        print(p, " %s", s->word);
    print(p, "\n");
}

static void print_layer(struct printer *p, const struct layer *l)
{
    print(p, "%s", l->name);
    if (l->first && l->single)
        print(p, " [%s >] %s", l->first, l->second);
    else if (l->first)
        print(p, " %s > %s", l->first, l->second);
    else if (l->single)
        print(p, " %s", l->single);
    if (l->below)
        print(p, "   (on %s unless the line says otherwise)", l->below);
    print(p, "\n");
    for (uint32_t k = 0; k < l->fields; k++)
        print_field(p, &l->field[k]);
}

int packet_help(const struct layer_set *set, const char *layer, char *out, int room)
{
    struct printer p = {.out = out, .room = room > 0 ? (size_t)room : 0};
    const struct layer_set *s = set ? set : layer_set_builtin();
    const struct layer *one = layer ? layer_named(s, layer) : NULL;
    print(&p, "%s", "");
    if (one)
        print_layer(&p, one);
    for (uint32_t i = 0; !layer && i < s->layers; i++)
        print(&p, "%s\n", s->layer[i]->name);
    return (int)p.len;
}
