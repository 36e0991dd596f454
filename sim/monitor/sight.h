/* A frame as far as it was captured: what its headers say, and how much of each part is there.
 * Nothing is read behind the captured octets, and lengths are those of the headers. */
#ifndef SIM_MONITOR_SIGHT_H
#define SIM_MONITOR_SIGHT_H

#include "sim/monitor/monitor.h"

enum sight_kind { SIGHT_OTHER, SIGHT_ARP, SIGHT_IPV4 };

struct sight {
    const uint8_t *eth; /* NULL: the link has no such header */
    uint32_t type;
    bool snap; /* behind IEEE 802.2 */
    enum sight_kind kind;
    const uint8_t *ip; /* or the ARP packet */
    uint32_t ip_have;  /* octets of it in the capture, what pads the frame included */
    uint32_t ip_room;  /* that the frame had */
    /* IPv4 */
    uint32_t header, total, src, dst, end, id, ttl, tos, protocol, offset;
    bool reserved, df, mf, whole_header;
    const uint8_t *body;     /* behind its header */
    uint32_t body_len, have; /* by its total length; in the capture */
    bool whole;              /* have == body_len */
};

bool sight_read(const struct monitor_frame *f, struct sight *out);

static inline uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) << 16 | get16(p + 2);
}

/* The one's complement sum of the octets, folded into 16 bits (RFC 1071), begun with `sum`. */
uint32_t sight_sum(const uint8_t *octets, uint32_t len, uint32_t sum);
/* The pseudo-header's of TCP and UDP (RFC 9293, section 3.1). */
uint32_t sight_pseudo_sum(const struct sight *s);

enum sum_state { SUM_RIGHT, SUM_WRONG, SUM_PARTIAL, SUM_UNKNOWN };
/* Of a whole TCP segment or UDP datagram whose checksum stands at `at`: PARTIAL is the
 * pseudo-header's alone, which the sender's NIC goes on from. */
enum sum_state sight_transport_sum(const struct sight *s, uint32_t at);

#endif
