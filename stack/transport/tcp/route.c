/* Source routes of a connection: the application's (RFC 9293 3.9.2.1, MUST-51), or the way back of
 * who opened it (MUST-53). Whoever minds that strangers choose the way: the knob ipv4.source_route.
 */
#include "stack/core/mem.h"
#include "stack/transport/tcp/inside.h"

int tcp_set_options(struct stack *s, struct tcp_pcb *pcb, const uint8_t *options, size_t len)
{
    int err = ip_check_options(options, len);
    if (err < 0)
        return err;
    if (pcb->state == TCP_LISTEN)
        return -ERR_INVAL;
    struct tcp_wishes *w = len ? tcp_wish(s, pcb) : NULL;
    if (len && !w)
        return -ERR_NOBUFS;
    if (len)
        memcpy(w->ip_options, options, len);
    if (pcb->wishes)
        pcb->wishes->own_options = len > 0;
    pcb->end.options_len = (uint8_t)len;
    return 0;
}

struct ip_addr tcp_first_hop(const struct tcp_pcb *pcb, const struct ip_addr *remote)
{
    if (!pcb->end.options_len)
        return *remote;
    return ip_first_hop(pcb->wishes->ip_options, pcb->end.options_len, remote);
}

/* Strangers' routes take half of the places at most. */
static struct tcp_wishes *place_for_route(struct stack *s, struct tcp_pcb *pcb)
{
    const struct pool *p = &tcp_of(s)->wishes;
    return pcb->wishes || p->available > p->total / 2 ? tcp_wish(s, pcb) : NULL;
}

/* SHLD-24: a later one counts. What an application has asked for stays (MUST-52). */
bool tcp_learn_route(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    uint8_t route[IP_OPTIONS_MAX];
    uint8_t len = pcb->passive ? ip_return_route(g->nb, g->ip, route) : 0;
    if (len == 0 || (pcb->wishes && pcb->wishes->own_options))
        return true;
    struct tcp_wishes *w = place_for_route(s, pcb);
    if (!w)
        return false;
    memcpy(w->ip_options, route, len);
    pcb->end.options_len = len;
    return true;
}
