/* Who receives what: link layers by hardware type, protocols by ethertype. The tables belong to the
 * stack. */
#include "stack/core/module.h"

const struct link_protocol *link_protocol(const struct stack *s, uint16_t ethertype)
{
    for (int i = 0; i < LINK_PROTOCOLS; i++)
        if (s->link_protocol[i].input && s->link_protocol[i].ethertype == ethertype)
            return &s->link_protocol[i];
    return NULL;
}

int link_register(struct stack *s, const struct link_protocol *p)
{
    if (link_protocol(s, p->ethertype))
        return -ERR_EXIST;
    for (int i = 0; i < LINK_PROTOCOLS; i++)
        if (!s->link_protocol[i].input) {
            s->link_protocol[i] = *p;
            return 0;
        }
    return -ERR_NOBUFS;
}

static bool has_deadline(const struct stack *s, enum module_id m)
{
    for (const struct deadline *d = s->deadlines; d; d = deadline_next(d))
        if (d->rank >> DEADLINE_INDEX_BITS == (uint64_t)m)
            return true;
    return false;
}

bool module_busy(struct stack *s, enum module_id m)
{
    const struct module *module = s->module[m];
    return has_deadline(s, m) || (module && module->busy && module->busy(s, s->state[m]));
}

int link_unregister(struct stack *s, uint16_t ethertype)
{
    for (int i = 0; i < LINK_PROTOCOLS; i++) {
        struct link_protocol *p = &s->link_protocol[i];
        if (!p->input || p->ethertype != ethertype)
            continue;
        if (module_busy(s, p->module))
            return -ERR_BUSY;
        p->input = NULL;
        return 0;
    }
    return -ERR_NOENT;
}

int link_layer_register(struct stack *s, const struct link_layer *layer)
{
    for (int i = 0; i < LINK_LAYERS; i++) {
        if (s->link_layer[i] && s->link_layer[i]->hardware == layer->hardware)
            return -ERR_EXIST;
        if (!s->link_layer[i]) {
            s->link_layer[i] = layer;
            return 0;
        }
    }
    return -ERR_NOBUFS;
}
