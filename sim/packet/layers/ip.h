/* What IP's files share. */
#ifndef SIM_PACKET_LAYERS_IP_H
#define SIM_PACKET_LAYERS_IP_H

#include "sim/packet/spec.h"

extern const struct symbol ecn_words[]; /* RFC 3168, section 5: the field of both, IPv4 and IPv6 */

int frag_parse(struct compiler *c);
bool frag_print(struct printer *p, const struct layer_spec *l, const struct clause *cl);
void frag_match(struct matcher *m, int i, const struct clause *cl);

#endif
