/* What ICMP's files share. */
#ifndef SIM_PACKET_LAYERS_ICMP_H
#define SIM_PACKET_LAYERS_ICMP_H

#include "sim/packet/spec.h"

bool echoed_starts(const struct compiler *c);
int echoed_parse(struct compiler *c);
void echoed_print(struct printer *p, const struct clause *cl);
/* The ports of the segment that the line quotes; false: it writes none. */
bool echoed_ports(const struct packet_spec *p, uint16_t *from, uint16_t *to);
bool echoed_emit(struct builder *b, int i, const struct clause *cl);
void echoed_match(struct matcher *m, int i, const struct clause *cl);
/* A type or a code as a number; 0: none at the cursor. */
int icmp_number(struct compiler *c);
/* Types of ICMP whose message quotes a datagram. */
bool icmp_is_error(uint64_t type);

#endif
