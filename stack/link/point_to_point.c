/*
 * A link with one peer: the packet behind a protocol field (RFC 1661 2), without addresses. The
 * link control protocol and framing are the driver's.
 *
 *     +----------+-------------+
 *     | Protocol | Information |
 *     | 16 bits  |    *        |
 *     +----------+-------------+
 */
#include "stack/core/bytes.h"
#include "stack/link/link.h"
#include "stack/wire/ethernet.h"

enum { PROTOCOL_LEN = 2, PROTOCOL_IPV4 = 0x0021, PROTOCOL_IPV6 = 0x0057 };

enum point_to_point_counter { DROP_SHORT, DROP_UNKNOWN_PROTOCOL, DROP_NO_ROOM, COUNTERS };

static void input(struct stack *s, struct netbuf *nb, int64_t now_ns)
{
    static const uint8_t nobody[NETIF_MAC_BYTES] = {0};
    if (netbuf_len(nb) < PROTOCOL_LEN) {
        stack_drop(s, nb, MODULE_POINT_TO_POINT, DROP_SHORT);
        return;
    }
    uint16_t protocol = get16(netbuf_data(nb));
    uint16_t ethertype = protocol == PROTOCOL_IPV4   ? ETHERNET_TYPE_IPV4
                         : protocol == PROTOCOL_IPV6 ? ETHERNET_TYPE_IPV6
                                                     : 0;
    const struct link_protocol *p = ethertype ? link_protocol(s, ethertype) : NULL;
    if (!p) {
        stack_drop(s, nb, MODULE_POINT_TO_POINT, DROP_UNKNOWN_PROTOCOL);
        return;
    }
    netbuf_pull(nb, PROTOCOL_LEN);
    p->input(s, nb, nobody, now_ns);
}

static int output(struct stack *s, struct netif *nif, struct netbuf *nb, uint16_t ethertype,
                  const uint8_t *to, int64_t now_ns)
{
    (void)to;
    uint8_t *at = netbuf_push(nb, PROTOCOL_LEN);
    if (!at) {
        stack_drop(s, nb, MODULE_POINT_TO_POINT, DROP_NO_ROOM);
        return -ERR_NOBUFS;
    }
    put16(at, ethertype == ETHERNET_TYPE_IPV6 ? PROTOCOL_IPV6 : PROTOCOL_IPV4);
    return netif_send(nif, nb, now_ns);
}

static const struct link_layer layer = {
    .hardware = NETIF_PPP,
    .module = MODULE_POINT_TO_POINT,
    .header_bytes = PROTOCOL_LEN,
    .input = input,
    .output = output,
};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    (void)state;
    (void)now_ns;
    return link_layer_register(s, &layer);
}

static const char *const counters[COUNTERS] = {
    [DROP_SHORT] = "drop.short",
    [DROP_UNKNOWN_PROTOCOL] = "drop.unknown_protocol",
    [DROP_NO_ROOM] = "drop.no_room",
};

const struct module point_to_point_module = {
    .name = "point_to_point",
    .id = MODULE_POINT_TO_POINT,
    .init = init,
    .counters = counters,
    .counter_count = COUNTERS,
};
