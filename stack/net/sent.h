/*
 * What was sent lately, so that a report about a packet of ours can be tied to one: a blind forger
 * has to guess the ports (RFC 5927 4). Bounded and lossy; a later packet takes an earlier one's
 * place, and a report that is not believed for it comes again with the next packet.
 */
#ifndef STACK_NET_SENT_H
#define STACK_NET_SENT_H

#include "stack/core/addr.h"

enum { SENT_PACKETS = 64 };

struct sent_packet {
    struct ip_addr destination; /* of family ADDR_NONE: none yet */
    uint32_t begin;             /* the first four octets behind the IP header: UDP's ports */
    uint8_t protocol;
    bool dont_fragment; /* one of them had DF */
};

struct sent_packets {
    struct sent_packet packet[SENT_PACKETS];
};

void sent_note(struct sent_packets *t, const struct ip_addr *destination, uint8_t protocol,
               uint32_t begin, bool dont_fragment);
/* NULL: nothing like it was sent lately. */
const struct sent_packet *sent_find(const struct sent_packets *t, const struct ip_addr *destination,
                                    uint8_t protocol, uint32_t begin);

#endif
