/* Fragments that peers receive: one packet at a time is put together, which is what scenarios need.
 */
#ifndef SIM_HOSTS_PEER_REASSEMBLY_H
#define SIM_HOSTS_PEER_REASSEMBLY_H

#include "sim/hosts/peer_ip.h"

/* True when *p is now whole, its payload in the buffer (packet and packet_len stay those of the
 * last fragment). `fragment` is the header's flags and offset. */
bool peer_reassemble(struct peer_ip *ip, struct peer_packet *p, uint16_t fragment);

#endif
