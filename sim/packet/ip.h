/* What IP's files share. */
#ifndef SIM_PACKET_IP_H
#define SIM_PACKET_IP_H

#include "sim/packet/spec.h"

int frag_parse(struct compiler *c);
bool frag_print(struct printer *p, const struct layer_spec *l, const struct clause *cl);
void frag_match(struct matcher *m, int i, const struct clause *cl);

#endif
