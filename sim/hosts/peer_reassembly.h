/* Fragments that peers receive (RFC 791, RFC 1122 3.3.2): a few packets at a time are put together.
 */
#ifndef SIM_HOSTS_PEER_REASSEMBLY_H
#define SIM_HOSTS_PEER_REASSEMBLY_H

#include "sim/hosts/peer_ip.h"

enum peer_fragment { FRAGMENT_BAD, FRAGMENT_HELD, FRAGMENT_LAST };

/* FRAGMENT_LAST: *p is now the whole packet, in the table's buffer until the next fragment comes.
 * `field` is the header's flags and offset. */
enum peer_fragment peer_reassemble(struct peer_ip *ip, struct peer_fragments *table,
                                   struct peer_packet *p, uint16_t field);
/* When the first of the table's packets has waited too long; NEVER when it holds none. */
int64_t peer_reassembly_due(const struct peer_fragments *table);
/* Takes a packet that has waited too long out of the table: true, with its fragment zero in *p
 * (packet NULL when that never came); false when there is none. */
bool peer_reassembly_give_up(struct peer_fragments *table, int64_t now_ns, struct peer_packet *p);

#endif
