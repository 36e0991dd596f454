/* Two lines that say the same. */
#include <string.h>
#include "sim/packet/spec.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool same_value(const struct value *a, const struct value *b)
{
    return a->kind == b->kind && a->number == b->number && a->len == b->len &&
           (!a->len || !memcmp(a->bytes, b->bytes, a->len));
}

static bool same_match(const struct match *a, const struct match *b)
{
    return a->kind == b->kind && a->upper == b->upper && a->addend == b->addend &&
           same_text(a->name, b->name) && same_value(&a->value, &b->value);
}

static bool same_clause(const struct clause *a, const struct clause *b)
{
    if (strcmp(a->field->name, b->field->name) != 0 || a->code != b->code ||
        a->absent != b->absent || a->matches != b->matches)
        return false;
    for (uint32_t i = 0; i < a->matches; i++)
        if (!same_match(&a->match[i], &b->match[i]))
            return false;
    return true;
}

static bool same_layer(const struct layer_spec *a, const struct layer_spec *b)
{
    if (strcmp(a->layer->name, b->layer->name) != 0 || a->quoted != b->quoted ||
        a->bare != b->bare || a->absolute != b->absolute || a->clauses != b->clauses)
        return false;
    for (uint32_t i = 0; i < a->clauses; i++)
        if (!same_clause(&a->clause[i], &b->clause[i]))
            return false;
    return true;
}

static bool same_trailer(const struct packet_spec *a, const struct packet_spec *b)
{
    return !a->trailer == !b->trailer && a->trailer_len == b->trailer_len &&
           (!a->trailer || !memcmp(a->trailer, b->trailer, a->trailer_len));
}

const struct word *packet_host(const struct packet_spec *p, uint32_t k)
{
    return k < p->hosts ? p->host[k] : NULL;
}

const char *packet_unplayed(const struct packet_spec *p)
{
    return p->unplayed;
}

bool packet_has_layer(const struct packet_spec *p, const char *name)
{
    for (uint32_t i = 0; i < p->layers; i++)
        if (strcmp(p->layer[i].layer->name, name) == 0)
            return true;
    return false;
}

/* By name, not by address: the two may come from two sets with the same formats. */
bool packet_spec_equal(const struct packet_spec *a, const struct packet_spec *b)
{
    if (a->unplayed || b->unplayed)
        return a->direction == b->direction && same_text(a->written, b->written);
    if (a->direction != b->direction || a->layers != b->layers || a->spoils != b->spoils ||
        a->cut != b->cut || a->pad != b->pad || !same_trailer(a, b))
        return false;
    for (uint32_t i = 0; i < a->layers; i++)
        if (!same_layer(&a->layer[i], &b->layer[i]))
            return false;
    for (uint32_t i = 0; i < a->spoils; i++)
        if (strcmp(a->spoil[i].layer->name, b->spoil[i].layer->name) != 0 ||
            strcmp(a->spoil[i].field->name, b->spoil[i].field->name) != 0)
            return false;
    return true;
}
