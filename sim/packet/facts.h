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
    uint32_t end; /* where it goes at last: dst, but for a source route's */
    uint32_t src, dst, id, ttl, tos, protocol, flags; /* flags: 4 reserved, 2 DF, 1 MF */
    uint32_t offset;                                  /* in octets */
    bool fragment;
    const uint8_t *ip, *body; /* the header; what it carries */
    uint32_t header, body_len;
    /* UDP's, of a datagram or its first fragment; 0: none */
    uint32_t sport, dport;
    const uint8_t *tcp; /* a segment's header, whole; NULL: it is none */
};

enum facts_tcp_flag {
    FACTS_FIN = 1,
    FACTS_SYN = 2,
    FACTS_RST = 4,
    FACTS_ACK = 16,
    FACTS_URG = 32,
    FACTS_ECE = 64
};

/* What a segment's header says (RFC 9293, section 3.1), and what it carries. */
struct segment_facts {
    uint32_t sport, dport, seq, ack, flags, header, win, len;
    const uint8_t *payload;
};
void segment_facts(const struct packet_facts *f, struct segment_facts *out);
/* A segment's option of that kind: its length, with its octets behind kind and length in *value;
 * 0: it has none that is whole. */
uint32_t segment_option(const struct packet_facts *f, uint32_t kind, const uint8_t **value);

/* Never reads beyond the frame; what cannot be read is FACTS_OTHER. */
void packet_facts(const uint8_t *bytes, uint32_t len, struct packet_facts *out);

bool segment_has_option(const struct packet_facts *f, uint32_t kind);

#endif
