/* Fields: bits in bytes, bytes as values, words for numbers. */
#include <string.h>
#include "sim/packet/layer.h"

uint64_t bits_get(const uint8_t *bytes, uint32_t bit, uint32_t bits)
{
    uint64_t v = 0;
    for (uint32_t i = bit; i < bit + bits;) {
        uint32_t left = 8 - i % 8;
        uint32_t take = bit + bits - i < left ? bit + bits - i : left;
        v = v << take | (bytes[i / 8] >> (left - take) & ((1u << take) - 1));
        i += take;
    }
    return v;
}

void bits_put(uint8_t *bytes, uint32_t bit, uint32_t bits, uint64_t value)
{
    for (uint32_t i = 0; i < bits; i++) {
        uint32_t at = bit + i;
        uint8_t mask = (uint8_t)(0x80 >> at % 8);
        if (value >> (bits - 1 - i) & 1)
            bytes[at / 8] |= mask;
        else
            bytes[at / 8] &= (uint8_t)~mask;
    }
}

bool field_value(const struct field *f, const uint8_t *bytes, uint32_t len, struct value *out)
{
    memset(out, 0, sizeof *out);
    out->bytes = bytes;
    out->len = len;
    switch (f->type) {
    case FIELD_UINT:
    case FIELD_FLAG:
        out->kind = VALUE_NUMBER;
        if (len == 0 || len > 8)
            return false;
        out->number = (int64_t)(bits_get(bytes, 0, len * 8) * (f->scale ? f->scale : 1));
        break;
    case FIELD_IPV4:
        if (len != 4)
            return false;
        out->kind = VALUE_IPV4;
        out->number = get32(bytes);
        break;
    case FIELD_MAC:
        out->kind = VALUE_MAC;
        return len == 6;
    case FIELD_IPV6:
        out->kind = VALUE_IPV6;
        return len == 16;
    case FIELD_EMPTY:
        out->kind = VALUE_NONE;
        return len == 0;
    case FIELD_TEXT:
    case FIELD_BYTES:
    case FIELD_OWN:
        out->kind = VALUE_BYTES;
        return true;
    }
    if (out->kind == VALUE_NUMBER || out->kind == VALUE_IPV4)
        out->bytes = NULL, out->len = 0;
    return true;
}

/* A fixed text ends at its first zero when only zeros follow. */
static void trim(struct value *v)
{
    uint32_t len = v->len;
    while (len && !v->bytes[len - 1])
        len--;
    v->len = len;
}

bool only_has(uint64_t only, int64_t value)
{
    return only >> (value < 63 ? value : 63) & 1;
}

bool shape_has(const struct shape *s, int i, const struct field *f)
{
    if (!f->only)
        return true;
    struct value v;
    return shape_field(s, i, &s->view[i].layer->field[0], &v) && only_has(f->only, v.number);
}

bool shape_field(const struct shape *s, int i, const struct field *f, struct value *out)
{
    const struct view *v = &s->view[i];
    if (f->flags & (FIELD_OPTION | FIELD_ELSEWHERE) || f->type == FIELD_OWN)
        return false;
    if (f->flags & FIELD_REST)
        return field_value(f, s->bytes + v->at + f->bit / 8, v->end - v->at - f->bit / 8, out);
    if (f->flags & FIELD_HEADER)
        return v->at + f->bit / 8 <= v->body &&
               field_value(f, s->bytes + v->at + f->bit / 8, v->body - v->at - f->bit / 8, out);
    if (v->at + (f->bit + f->bits + 7) / 8 > v->body || !shape_has(s, i, f))
        return false;
    const uint8_t *h = s->bytes + v->at;
    if (f->type == FIELD_UINT || f->type == FIELD_FLAG) {
        memset(out, 0, sizeof *out);
        out->kind = VALUE_NUMBER;
        out->number = (int64_t)(bits_get(h, f->bit, f->bits) * (f->scale ? f->scale : 1));
        return true;
    }
    bool ok = field_value(f, h + f->bit / 8, f->bits / 8, out);
    if (ok && f->type == FIELD_TEXT)
        trim(out);
    return ok;
}

uint64_t shape_number(const struct shape *s, int i, const char *name)
{
    const struct field *f = field_named(s->view[i].layer, name);
    struct value v;
    return f && shape_field(s, i, f, &v) ? (uint64_t)v.number : 0;
}

static bool among(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = list; p && *p;) {
        size_t n = strcspn(p, " ");
        if (n == len && !memcmp(p, name, n))
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

const struct field *field_named(const struct layer *layer, const char *name)
{
    for (uint32_t i = 0; i < layer->fields; i++)
        if (!strcmp(layer->field[i].name, name))
            return &layer->field[i];
    for (uint32_t i = 0; i < layer->fields; i++)
        if (among(layer->field[i].alias, name))
            return &layer->field[i];
    return NULL;
}

const struct field *field_coded(const struct layer *layer, uint32_t code)
{
    for (uint32_t i = 0; i < layer->fields; i++)
        if (layer->field[i].flags & FIELD_OPTION && layer->field[i].code == code)
            return &layer->field[i];
    return NULL;
}

static bool holds(const struct symbol *s, int64_t given)
{
    return s->when < 0 || given < 0 || s->when == given;
}

const struct symbol *symbol_worded(const struct field *f, const char *word, int64_t given)
{
    for (const struct symbol *s = f->symbol; s && s->word; s++)
        if (!strcmp(s->word, word) && holds(s, given))
            return s;
    return NULL;
}

const struct symbol *symbol_valued(const struct field *f, uint64_t value, int64_t given)
{
    for (const struct symbol *s = f->symbol; s && s->word; s++)
        if (s->value == value && (s->when < 0 || s->when == given))
            return s;
    return NULL;
}
