/* Wrong frames made of a right one: one field or one octet changed, lengths left as they are, sums
 * made right again, so that nothing but the change can be noticed. */
#ifndef SIM_PACKET_MUTATE_H
#define SIM_PACKET_MUTATE_H

#include "sim/packet/packet.h"

/* Told of each wrong frame: the name of what was changed ("ip.ttl", "quote.udp.dport", "dhcp
 * octets", "padding"). The bytes are the caller's until the next. */
typedef void packet_mutant(void *ctx, const char *field, const uint8_t *bytes, uint32_t len);
/* Every header field set to a wrong value, octets behind fixed headers changed (all of a few, some
 * of many), a tag added. */
void packet_mutate(const struct layer_set *set, const uint8_t *bytes, uint32_t len,
                   packet_mutant *each, void *ctx);
/* The same frame with the field set to the number, into `out` of the frame's length; false: it has
 * no such field at a fixed place. */
bool packet_with(const struct layer_set *set, const uint8_t *bytes, uint32_t len, const char *field,
                 uint64_t value, uint8_t *out);

#endif
