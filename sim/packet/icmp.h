/* What ICMP's files share. */
#ifndef SIM_PACKET_ICMP_H
#define SIM_PACKET_ICMP_H

#include "sim/packet/spec.h"

bool echoed_starts(const struct compiler *c);
int echoed_parse(struct compiler *c);
void echoed_print(struct printer *p, const struct clause *cl);
bool echoed_emit(struct builder *b, const struct clause *cl);

#endif
