/*
 * RFC 791's reassembly, by a map of eight-byte blocks. A fragment of another packet starts anew, so
 * a peer has no timer; what overlaps is overwritten.
 */
#include "sim/hosts/peer_reassembly.h"
#include <netinet/ip.h>
#include <stddef.h>
#include <string.h>

enum { LONGEST = 65536, BLOCKS = LONGEST / 8 };

struct peer_reassembly {
    bool live;
    uint32_t src, dst, end; /* end 0: the last fragment has not come */
    uint16_t id;
    uint8_t protocol;
    uint8_t have[BLOCKS];
    uint8_t bytes[LONGEST];
};

static void begin(struct peer_reassembly *r, const struct peer_packet *p, uint16_t id)
{
    if (r->live && r->src == p->src && r->dst == p->dst && r->id == id &&
        r->protocol == p->protocol)
        return;
    r->live = true;
    r->src = p->src;
    r->dst = p->dst;
    r->id = id;
    r->protocol = p->protocol;
    r->end = 0;
    memset(r->have, 0, sizeof r->have);
}

static bool whole(const struct peer_reassembly *r)
{
    return r->end && !memchr(r->have, 0, (r->end + 7) / 8);
}

bool peer_reassemble(struct peer_ip *ip, struct peer_packet *p, uint16_t fragment)
{
    uint32_t at = (uint32_t)(fragment & IP_OFFMASK) * 8;
    bool more = fragment & IP_MF;
    if (at + p->len >= LONGEST || p->len == 0 || (more && p->len % 8)) {
        ip->bad++;
        return false;
    }
    if (!ip->reassembly)
        ip->reassembly = host_alloc(ip->host, sizeof *ip->reassembly);
    struct peer_reassembly *r = ip->reassembly;
    begin(r, p, peer_get16(p->packet + offsetof(struct iphdr, id)));
    memcpy(r->bytes + at, p->payload, p->len);
    memset(r->have + at / 8, 1, (p->len + 7) / 8);
    if (!more)
        r->end = at + p->len;
    if (!whole(r))
        return false;
    p->payload = r->bytes;
    p->len = r->end;
    r->live = false; /* the next packet may have the same identification */
    return true;
}
