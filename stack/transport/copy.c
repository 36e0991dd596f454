#include "stack/transport/copy.h"
#include "stack/core/mem.h"

struct netbuf *transport_copy(struct stack *s, const struct netbuf *nb, uint32_t from)
{
    STACK_ASSERT(nb->net_at <= from && from <= nb->end);
    uint32_t head = from - nb->net_at;
    struct netbuf *copy = netbuf_alloc(s, head, nb->end - from);
    if (!copy)
        return NULL;
    STACK_ASSERT(copy->start >= head);
    uint32_t net_at = copy->start - head;
    memcpy(copy->base + net_at, nb->base + nb->net_at, nb->end - nb->net_at);
    copy->net_at = net_at;
    copy->transport_at = net_at + (nb->transport_at - nb->net_at);
    copy->nif = nb->nif;
    copy->flags = (uint16_t)(nb->flags & ~(NETBUF_RX | NETBUF_AT_DRIVER));
    return copy;
}
