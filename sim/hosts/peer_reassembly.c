/*
 * RFC 791's reassembly, by a map of eight-byte blocks. What overlaps is overwritten. A peer that
 * has no deadline for it forgets old fragments when new ones come.
 */
#include "sim/hosts/peer_reassembly.h"
#include <netinet/ip.h>
#include <stddef.h>
#include <string.h>

enum { LONGEST = 65536, BLOCKS = LONGEST / 8, HEADER_MAX = 60 };

/* RFC 1122 3.3.2: a fixed value between 60 and 120 seconds. */
#define TIMEOUT_NS INT64_C(60000000000)

struct peer_reassembly {
    bool live;
    int64_t until_ns;
    int port;
    uint32_t src, dst, end; /* end 0: the last fragment has not come */
    uint16_t id;
    uint8_t protocol, to_mac[6], from_mac[6];
    uint32_t header_len, zero_len; /* of fragment zero: its header, its data; 0: not here yet */
    uint8_t have[BLOCKS];
    uint8_t bytes[HEADER_MAX + LONGEST]; /* the header ends at HEADER_MAX */
};

/* --- the table --- */

static bool is_of(const struct peer_reassembly *r, const struct peer_packet *p, uint16_t id,
                  int64_t now_ns)
{
    return r && r->live && r->until_ns > now_ns && r->src == p->src && r->dst == p->dst &&
           r->id == id && r->protocol == p->protocol;
}

/* What a place is worth to a new packet: one that is free, else the one that has waited the
 * longest.
 */
static int64_t held_until(const struct peer_reassembly *r)
{
    return r && r->live ? r->until_ns : INT64_MIN;
}

static struct peer_reassembly **place_for(struct peer_fragments *table, const struct peer_packet *p,
                                          uint16_t id, int64_t now_ns)
{
    struct peer_reassembly **place = &table->slot[0];
    for (int k = 0; k < PEER_REASSEMBLIES; k++) {
        if (is_of(table->slot[k], p, id, now_ns))
            return &table->slot[k];
        if (held_until(table->slot[k]) < held_until(*place))
            place = &table->slot[k];
    }
    return place;
}

static struct peer_reassembly *slot_for(struct peer_ip *ip, struct peer_fragments *table,
                                        const struct peer_packet *p, uint16_t id)
{
    int64_t now_ns = host_now(ip->host);
    struct peer_reassembly **place = place_for(table, p, id, now_ns);
    if (is_of(*place, p, id, now_ns))
        return *place;
    if (!*place)
        *place = host_alloc(ip->host, sizeof **place);
    struct peer_reassembly *r = *place;
    memset(r, 0, offsetof(struct peer_reassembly, bytes));
    r->live = true;
    r->until_ns = now_ns + TIMEOUT_NS;
    r->port = p->port;
    r->src = p->src;
    r->dst = p->dst;
    r->id = id;
    r->protocol = p->protocol;
    memcpy(r->to_mac, p->to_mac, sizeof r->to_mac);
    memcpy(r->from_mac, p->from_mac, sizeof r->from_mac);
    return r;
}

/* --- fragments --- */

static void take(struct peer_reassembly *r, const struct peer_packet *p, uint32_t at, bool more)
{
    memcpy(r->bytes + HEADER_MAX + at, p->payload, p->len);
    memset(r->have + at / 8, 1, (p->len + 7) / 8);
    if (!more)
        r->end = at + p->len;
    if (at)
        return;
    r->header_len = (uint32_t)(p->payload - p->packet);
    r->zero_len = p->len;
    memcpy(r->bytes + HEADER_MAX - r->header_len, p->packet, r->header_len);
}

static bool whole(const struct peer_reassembly *r)
{
    return r->end && !memchr(r->have, 0, (r->end + 7) / 8);
}

/* Fragment zero's header and so much of the data. */
static void view(struct peer_reassembly *r, struct peer_packet *p, uint32_t len)
{
    *p = (struct peer_packet){.port = r->port,
                              .to_mac = r->to_mac,
                              .from_mac = r->from_mac,
                              .src = r->src,
                              .dst = r->dst,
                              .protocol = r->protocol,
                              .packet = r->bytes + HEADER_MAX - r->header_len,
                              .packet_len = r->header_len + len,
                              .payload = r->bytes + HEADER_MAX,
                              .len = len};
    p->ttl = p->packet[offsetof(struct iphdr, ttl)];
    p->tos = p->packet[offsetof(struct iphdr, tos)];
}

/* RFC 791: fragment zero's header, with the whole length and without fragment flags and offset. */
static void finish(struct peer_reassembly *r, struct peer_packet *p)
{
    uint8_t *header = r->bytes + HEADER_MAX - r->header_len;
    peer_put16(header + offsetof(struct iphdr, tot_len), r->header_len + r->end);
    peer_put16(header + offsetof(struct iphdr, frag_off), 0);
    peer_put16(header + offsetof(struct iphdr, check), 0);
    peer_put16(header + offsetof(struct iphdr, check), packet_sum(header, r->header_len, 0));
    r->live = false; /* the next packet may have the same identification */
    view(r, p, r->end);
}

enum peer_fragment peer_reassemble(struct peer_ip *ip, struct peer_fragments *table,
                                   struct peer_packet *p, uint16_t field)
{
    uint32_t at = (uint32_t)(field & IP_OFFMASK) * 8;
    uint32_t header_len = (uint32_t)(p->payload - p->packet);
    bool more = field & IP_MF;
    if (header_len + at + p->len >= LONGEST || p->len == 0 || (more && p->len % 8)) {
        ip->bad++;
        return FRAGMENT_BAD;
    }
    struct peer_reassembly *r =
        slot_for(ip, table, p, peer_get16(p->packet + offsetof(struct iphdr, id)));
    take(r, p, at, more);
    if (!whole(r))
        return FRAGMENT_HELD;
    if (r->header_len + r->end >= LONGEST) {
        r->live = false;
        ip->bad++;
        return FRAGMENT_BAD;
    }
    finish(r, p);
    return FRAGMENT_LAST;
}

/* --- time --- */

int64_t peer_reassembly_due(const struct peer_fragments *table)
{
    int64_t due_ns = NEVER;
    for (int k = 0; k < PEER_REASSEMBLIES; k++)
        if (table->slot[k] && table->slot[k]->live && table->slot[k]->until_ns < due_ns)
            due_ns = table->slot[k]->until_ns;
    return due_ns;
}

bool peer_reassembly_give_up(struct peer_fragments *table, int64_t now_ns, struct peer_packet *p)
{
    for (int k = 0; k < PEER_REASSEMBLIES; k++) {
        struct peer_reassembly *r = table->slot[k];
        if (!r || !r->live || r->until_ns > now_ns)
            continue;
        r->live = false;
        view(r, p, r->zero_len);
        if (!r->header_len)
            p->packet = NULL;
        return true;
    }
    return false;
}
