/* Putting datagrams together, for both families. What varies stands behind a small table. */
#ifndef STACK_NET_REASSEMBLY_H
#define STACK_NET_REASSEMBLY_H

#include "stack/core/module.h"

struct reassembly_family {
    uint32_t longest; /* octets of a datagram, its header included */
    /* Takes nb, a whole datagram with the header of the part of offset 0 in front, to be made that
     * of a datagram that never was in parts, and delivered. `congestion`: CE goes into it (RFC 3168
     * 5.3). */
    void (*whole)(struct stack *s, struct netbuf *nb, bool congestion, int64_t now_ns);
    /* Time is over for a datagram whose part of offset 0 is here: nb is that part. */
    void (*expired)(struct stack *s, const struct netbuf *nb, int64_t now_ns);
};

/* One part, as its header says. */
struct ip_fragment {
    const struct reassembly_family *family;
    /* What parts of one datagram have in common. RFC 791 3.2: all four; RFC 8200 4.5: protocol is
     * left at 0. */
    struct ip_addr source, destination;
    uint32_t id;
    uint8_t protocol;
    uint8_t ecn;           /* RFC 3168 5 */
    bool more;             /* parts follow */
    uint32_t offset;       /* of the data, in octets */
    const uint8_t *header; /* in nb: what goes in front of the whole, at most REASSEMBLY_HEADER */
    uint32_t header_len;
    const uint8_t *data; /* in nb */
    uint32_t len;
};

enum { REASSEMBLY_HEADER = 128 };

/* Takes nb; delivers the datagram when it is whole. Only where the module is. */
void reassembly_input(struct stack *s, struct netbuf *nb, const struct ip_fragment *f,
                      int64_t now_ns);

#endif
