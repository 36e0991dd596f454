/* What the stack asks of its port, and what it tells it. */
#include "stack/core/module.h"
#include "stack/core/text.h"

void stack_random(struct stack *s, enum random_purpose purpose, void *out, size_t len)
{
    s->port.random(s->port.self, purpose, out, len);
}

uint32_t stack_random32(struct stack *s, enum random_purpose purpose)
{
    uint8_t b[4];
    stack_random(s, purpose, b, sizeof b);
    /* Not by copying into a word: the draw must be the same on either byte order. */
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Draws again what lies in the last, incomplete run of `bound` values, which would favour the small
 * ones. */
uint32_t stack_random_below(struct stack *s, enum random_purpose purpose, uint32_t bound)
{
    STACK_ASSERT(bound > 0);
    uint32_t unfair = (0u - bound) % bound; /* 2^32 mod bound */
    uint32_t draw;
    do
        draw = stack_random32(s, purpose);
    while (draw < unfair);
    return draw % bound;
}

void stack_trace(struct stack *s, enum trace_kind kind, const char *what, int64_t value)
{
    if (s->port.trace)
        s->port.trace(s->port.self, kind, what, value);
}

void stack_fate(struct stack *s, uint32_t number, const char *reason)
{
    if (reason)
        s->rx_dropped++;
    else
        s->rx_consumed++;
    STACK_ASSERT(s->rx_consumed + s->rx_dropped <= s->rx_received);
    if (s->port.fate)
        s->port.fate(s->port.self, number, reason ? FATE_DROPPED : FATE_CONSUMED, reason);
}

const char *stack_counter_name(const struct stack *s, enum module_id m, unsigned index, char *name)
{
    struct text t = text_to(name, 64);
    text_string(&t, s->module[m]->name);
    text_char(&t, '.');
    text_string(&t, s->module[m]->counters[index]);
    return name;
}

void stack_drop(struct stack *s, struct netbuf *nb, enum module_id m, unsigned index)
{
    char name[64];
    STACK_ASSERT(s->module[m] && index < s->module[m]->counter_count);
    const char *reason = s->module[m]->counters[index];
    if ((nb->flags & NETBUF_RX) && s->port.fate)
        reason = stack_counter_name(s, m, index, name);
    netbuf_drop(s, nb, &s->count[m][index], reason);
}
