/* Packets to ourselves. They are queued by netif_send and come back in stack_poll, never
 * re-entered. */
#include "stack/link/link.h"

enum loopback_counter { DROP_UNKNOWN_TYPE };

static void input(struct stack *s, struct netbuf *nb, int64_t now_ns)
{
    static const uint8_t nobody[NETIF_MAC_BYTES] = {0};
    const struct link_protocol *p = link_protocol(s, nb->ethertype);
    nb->flags |= NETBUF_LOOPED;
    if (p)
        p->input(s, nb, nobody, now_ns);
    else
        stack_drop(s, nb, MODULE_LOOPBACK, DROP_UNKNOWN_TYPE);
}

static int output(struct stack *s, struct netif *nif, struct netbuf *nb, uint16_t ethertype,
                  const uint8_t *to, int64_t now_ns)
{
    (void)s;
    (void)to;
    nb->ethertype = ethertype;
    return netif_send(nif, nb, now_ns);
}

static const struct link_layer layer = {
    .hardware = NETIF_LOOP,
    .module = MODULE_LOOPBACK,
    .header_bytes = 0,
    .input = input,
    .output = output,
};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    (void)state;
    struct netif *lo = &s->netif[0];
    struct ip_addr local = addr_ipv4(0x7f000001);
    int error = link_layer_register(s, &layer);
    if (error < 0)
        return error;
    lo->link = &layer;
    return netif_add_address(lo, &local, 8, false, now_ns);
}

static const char *const counters[] = {[DROP_UNKNOWN_TYPE] = "drop.unknown_type"};

const struct module loopback_module = {
    .name = "loopback",
    .id = MODULE_LOOPBACK,
    .init = init,
    .counters = counters,
    .counter_count = sizeof counters / sizeof counters[0],
};
