#include "sim/play/stand_in.h"
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <string.h>
#include "sim/base/octets.h"
#include "sim/play/engine.h"

enum { NEIGHBOURS = 64, REPLY = 60, SENDER = 22, TARGET = 32 };

struct neighbour {
    uint32_t ipv4;
    uint8_t mac[6];
    bool asked;
    uint32_t link;
    uint8_t by[10]; /* who asks: MAC and IPv4 address, as ARP has them */
};

struct stand_in {
    struct owner owner; /* first */
    struct run *run;
    bool sends;
    uint32_t neighbours;
    struct neighbour neighbour[NEIGHBOURS];
};

static void answer(struct run *r, const struct neighbour *n)
{
    static const uint8_t header[8] = {0, 1, 8, 0, 6, 4, 0, ARPOP_REPLY};
    uint8_t reply[REPLY] = {0};
    memcpy(reply, n->by, 6);
    memcpy(reply + 6, n->mac, 6);
    reply[12] = ETHERTYPE_ARP >> 8;
    reply[13] = ETHERTYPE_ARP & 0xff;
    memcpy(reply + 14, header, sizeof header);
    memcpy(reply + SENDER, n->mac, 6);
    for (int k = 0; k < 4; k++)
        reply[SENDER + 6 + k] = (uint8_t)(n->ipv4 >> (24 - 8 * k));
    memcpy(reply + TARGET, n->by, sizeof n->by);
    inject_bytes(r, n->link, reply, REPLY);
}

static void fire(struct owner *o, int64_t now_ns)
{
    struct stand_in *s = (struct stand_in *)o;
    (void)now_ns;
    s->sends = true;
    for (uint32_t k = 0; k < s->neighbours; k++) {
        struct neighbour *n = &s->neighbour[k];
        if (n->asked)
            answer(s->run, n);
        n->asked = false;
    }
    s->sends = false;
}

static struct stand_in *begin(struct run *r)
{
    if (r->stand_in)
        return r->stand_in;
    struct stand_in *s = world_alloc(r->world, sizeof *s, 64);
    s->run = r;
    s->owner.fire = fire;
    s->owner.name = "who stands in for neighbours";
    world_own(r->world, &s->owner, RANK_HOST);
    r->stand_in = s;
    return s;
}

void stand_in_for(struct run *r, const struct value *argv)
{
    struct stand_in *s = begin(r);
    uint32_t ipv4 = (uint32_t)argv[1].number, k = 0;
    if (argv[1].kind != VALUE_IPV4 || argv[2].kind != VALUE_MAC)
        return;
    while (k < s->neighbours && s->neighbour[k].ipv4 != ipv4)
        k++;
    if (k == NEIGHBOURS)
        return;
    s->neighbours += k == s->neighbours;
    s->neighbour[k] = (struct neighbour){.ipv4 = ipv4};
    memcpy(s->neighbour[k].mac, argv[2].bytes, 6);
}

bool stand_in_takes(struct run *r, uint32_t link, int port, const struct frame *f)
{
    static const uint8_t request[10] = {8, 6, 0, 1, 8, 0, 6, 4, 0, ARPOP_REQUEST};
    struct stand_in *s = r->stand_in;
    const struct host *h = r->topology.sut;
    bool own = false;
    for (uint32_t p = 0; s && p < h->ports; p++)
        own |= link_number(h->port[p].link) == link && h->port[p].number == port;
    if (!own || f->len < TARGET + 10 || memcmp(f->bytes + 12, request, sizeof request) != 0)
        return false;
    for (uint32_t k = 0; k < s->neighbours; k++) {
        struct neighbour *n = &s->neighbour[k];
        if (n->ipv4 != octets_get(f->bytes + TARGET + 6, 4))
            continue;
        n->asked = true;
        n->link = link;
        memcpy(n->by, f->bytes + SENDER, sizeof n->by);
        world_due(r->world, &s->owner, world_now(r->world));
        return true;
    }
    return false;
}

bool stand_in_sends(const struct run *r)
{
    return r->stand_in && r->stand_in->sends;
}
