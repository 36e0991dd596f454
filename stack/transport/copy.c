#include "stack/transport/copy.h"
#include "stack/core/mem.h"

struct netbuf *transport_copy(struct stack *s, const struct netbuf *nb, uint32_t from)
{
    STACK_ASSERT(nb->net_at <= from && from <= nb->end);
    uint32_t head = from - nb->net_at;
    struct netbuf *copy = netbuf_alloc(s, 0, nb->end - nb->net_at);
    if (!copy)
        return NULL;
    memcpy(netbuf_data(copy), nb->base + nb->net_at, nb->end - nb->net_at);
    netbuf_pull(copy, head);
    copy->net_at = 0;
    copy->transport_at = nb->transport_at - nb->net_at;
    copy->nif = nb->nif;
    copy->flags = (uint16_t)(nb->flags & ~(NETBUF_RX | NETBUF_AT_DRIVER));
    return copy;
}
