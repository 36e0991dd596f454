/* What a frame is, at a glance: the numbers that rules about frames ask for, read once. For lines
 * and reports there are the tables of layers; this is for whoever looks at every frame. */
#ifndef SIM_PACKET_FACTS_H
#define SIM_PACKET_FACTS_H

#include <stdbool.h>
#include <stdint.h>

enum facts_kind { FACTS_OTHER, FACTS_ARP, FACTS_IPV4 };

struct packet_facts {
    const uint8_t *bytes;
    uint32_t len;
    const uint8_t *eth_dst, *eth_src; /* NULL: the frame has no header */
    uint32_t type;                    /* the ethertype behind a tag and SNAP */
    bool tagged;                      /* IEEE 802.1Q */
    enum facts_kind kind;
    /* ARP for Ethernet and IPv4 */
    uint32_t op, spa, tpa;
    const uint8_t *sha, *tha;
    /* IPv4 */
    uint32_t src, dst, id, ttl, tos, protocol, flags; /* flags: 4 reserved, 2 DF, 1 MF */
    uint32_t offset;                                  /* in octets */
    bool fragment;
    const uint8_t *ip, *body; /* the header; what it carries */
    uint32_t header, body_len;
    /* UDP's, of a datagram or its first fragment; 0: none */
    uint32_t sport, dport;
};

/* Never reads beyond the frame; what cannot be read is FACTS_OTHER. */
void packet_facts(const uint8_t *bytes, uint32_t len, struct packet_facts *out);

#endif
