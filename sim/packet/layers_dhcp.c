/* DHCP (RFC 2131, RFC 2132). */
#include "sim/packet/spec.h"

const struct layer layer_dhcp = {.name = "dhcp", .below = "udp"};

uint32_t dhcp_destination(const struct builder *b, int i)
{
    (void)b, (void)i;
    return 0xffffffff;
}

bool upper_port(const struct builder *b, int i, bool source, uint32_t *port)
{
    (void)b, (void)i, (void)source, (void)port;
    return false;
}
