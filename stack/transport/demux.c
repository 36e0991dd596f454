#include "stack/transport/demux.h"
#include "stack/core/bytes.h"
#include "stack/core/pool.h"
#include "stack/core/size.h"

size_t demux_bytes(uint32_t blocks)
{
    return size_array(size_buckets(blocks),
                      sizeof(struct demux_bucket) + 2 * sizeof(struct port_pcb *) + 1);
}

void demux_init(struct stack *s, struct demux *t, void *memory, uint32_t blocks)
{
    *t = (struct demux){.bucket = memory, .buckets = size_buckets(blocks)};
    t->flow = (struct port_pcb **)(void *)(t->bucket + t->buckets);
    t->holders = (uint8_t *)(t->flow + 2 * t->buckets);
    t->next = &t->end;
    for (uint32_t i = 0; i < t->buckets; i++)
        t->bucket[i].unconnected = t->bucket[i].connected = &t->end;
    stack_random(s, RANDOM_HASH_KEY, t->key, sizeof t->key);
}

/* --- which bucket --- */

/* Local ports are ours to choose: their low bits spread well enough. */
static struct demux_bucket *port_bucket(const struct demux *t, uint16_t port)
{
    return &t->bucket[port & (t->buckets - 1)];
}

/* --- which ports somebody has --- */

/*
 * Two bits for a port, four ports an octet, an octet for each bucket: how many blocks have it, or
 * another port that shares the bits where there are few; MANY stays. Enough to tell that nobody has
 * a port, which a search for a free one asks most of the time, without a look at any block.
 */
enum { MANY = 3 };

static uint32_t place_of(const struct demux *t, uint16_t port)
{
    return port & (4 * t->buckets - 1);
}

static unsigned holders(const struct demux *t, uint16_t port)
{
    uint32_t at = place_of(t, port);
    return t->holders[at / 4] >> at % 4 * 2 & MANY;
}

static void count_holder(struct demux *t, uint16_t port, bool more)
{
    uint32_t at = place_of(t, port);
    if (holders(t, port) == MANY)
        return;
    unsigned one = 1u << at % 4 * 2;
    t->holders[at / 4] = (uint8_t)(more ? t->holders[at / 4] + one : t->holders[at / 4] - one);
}

/* --- which flow --- */

static uint8_t *put_addr(uint8_t *out, const struct ip_addr *a)
{
    int words = a->family == ADDR_IPV6 ? 4 : 1;
    for (int i = 0; i < words; i++, out += 4)
        put32(out, a->word[i]);
    return out;
}

/* A flow's parts are its peer's choice: without the key nobody can tell who meets whom. */
static struct port_pcb **flow_head(const struct demux *t, const struct ip_addr *local,
                                   const struct ip_addr *remote, uint16_t local_port,
                                   uint16_t remote_port)
{
    uint8_t flow[2 * 16 + 4], *end = put_addr(put_addr(flow, local), remote);
    put16(end, local_port);
    put16(end + 2, remote_port);
    uint64_t h = keyed_hash(t->key, flow, (size_t)(end + 4 - flow));
    return &t->flow[h & (2 * t->buckets - 1)];
}

static struct port_pcb **flow_head_of(const struct demux *t, const struct port_pcb *p)
{
    return flow_head(t, &p->ip.local, &p->ip.remote, p->local_port, p->remote_port);
}

static bool is_connected(const struct port_pcb *p)
{
    return p->remote_port != 0;
}

static bool is_loose(const struct port_pcb *p)
{
    return addr_is_any(&p->ip.local) || p->to_many;
}

/* --- invariants --- */

static void check_entry(const struct demux *t, const struct port_pcb *p, bool connected)
{
    STACK_ASSERT(p->local_port != 0 && *p->port_link == p && holders(t, p->local_port));
    STACK_ASSERT(p->port_next == &t->end || p->port_next->port_link == &p->port_next);
    STACK_ASSERT(is_connected(p) == connected && (connected || !p->flow_next));
    STACK_ASSERT(p->serial <= t->serials && p->walk <= t->walks);
}

void demux_check(const struct demux *t)
{
    uint32_t unconnected = 0, connected = 0, flows = 0, loose = 0;
    STACK_ASSERT(t->buckets && (t->buckets & (t->buckets - 1)) == 0);
    for (uint32_t b = 0; b < t->buckets; b++) {
        const struct demux_bucket *at = &t->bucket[b];
        for (const struct port_pcb *p = at->unconnected; p != &t->end;
             p = p->port_next, unconnected++) {
            STACK_ASSERT(port_bucket(t, p->local_port) == at);
            check_entry(t, p, false);
        }
        for (const struct port_pcb *p = at->connected; p != &t->end;
             p = p->port_next, connected++) {
            STACK_ASSERT(port_bucket(t, p->local_port) == at);
            check_entry(t, p, true);
            STACK_ASSERT(p->loose == is_loose(p));
            loose += p->loose;
        }
    }
    for (uint32_t b = 0; b < 2 * t->buckets; b++)
        for (const struct port_pcb *p = t->flow[b]; p; p = p->flow_next, flows++)
            STACK_ASSERT(flow_head_of(t, p) == &t->flow[b]);
    STACK_ASSERT(flows == connected && connected == t->connected && loose == t->loose);
    STACK_ASSERT(unconnected + connected == t->entered);
}

/* Thousands that come one by one must not be counted thousands of times: a large table is looked at
 * now and then, a very large one more seldom. */
#ifdef STACK_CHECK
static void check(const struct demux *t)
{
    enum { SMALL = 64, LARGE = 1024 };
    if (t->entered <= SMALL || t->serials % (t->entered <= LARGE ? SMALL : LARGE) == 0)
        demux_check(t);
}
#endif

/* --- entering and leaving --- */

/* Whether there is another is not asked: the end takes the link as well, and nothing waits for the
 * bucket to come into the cache. */
static void link_port(struct port_pcb **head, struct port_pcb *p)
{
    p->port_next = *head;
    p->port_link = head;
    (*head)->port_link = &p->port_next;
    *head = p;
}

static void link_flow(struct port_pcb **head, struct port_pcb *p)
{
    p->flow_next = *head;
    *head = p;
}

/* Few meet in a bucket, so that the one before is looked for: an address of it in each block would
 * take what a lookup wants out of the block's second line. */
static void unlink_flow(struct port_pcb **at, struct port_pcb *p)
{
    while (*at != p) {
        STACK_ASSERT(*at);
        at = &(*at)->flow_next;
    }
    *at = p->flow_next;
}

/* What enters while a walk is on is not walked over: it may have been already. */
static void link_in(struct demux *t, struct port_pcb *p)
{
    struct demux_bucket *b = port_bucket(t, p->local_port);
    p->walk = t->walks;
    p->ip.connected = is_connected(p);
    count_holder(t, p->local_port, true);
    t->entered++;
    if (!is_connected(p)) {
        link_port(&b->unconnected, p);
        return;
    }
    link_port(&b->connected, p);
    link_flow(flow_head_of(t, p), p);
    t->connected++;
    p->loose = is_loose(p);
    t->loose += p->loose;
}

static struct port_pcb *behind(const struct demux *t, const struct port_pcb *p)
{
    if (p->port_next != &t->end || is_connected(p))
        return p->port_next;
    return port_bucket(t, p->local_port)->connected;
}

static void link_out(struct demux *t, struct port_pcb *p)
{
    STACK_ASSERT(t->entered > 0 && *p->port_link == p);
    if (t->next == p)
        t->next = behind(t, p);
    p->port_next->port_link = p->port_link;
    *p->port_link = p->port_next;
    count_holder(t, p->local_port, false);
    t->entered--;
    if (is_connected(p)) {
        STACK_ASSERT(t->connected > 0);
        unlink_flow(flow_head_of(t, p), p);
        t->connected--;
        t->loose -= p->loose;
    }
    p->port_next = p->flow_next = NULL;
    p->port_link = NULL;
}

void demux_enter(struct demux *t, struct port_pcb *p)
{
    STACK_INVARIANT(check(t));
    STACK_ASSERT(!demux_is_in(p) && p->local_port != 0);
    p->serial = ++t->serials;
    link_in(t, p);
    STACK_INVARIANT(check(t));
}

void demux_leave(struct demux *t, struct port_pcb *p)
{
    STACK_INVARIANT(check(t));
    if (demux_is_in(p))
        link_out(t, p);
    STACK_INVARIANT(check(t));
}

void demux_set_ends(struct demux *t, struct port_pcb *p, struct ip_addr local,
                    struct ip_addr remote, uint16_t remote_port)
{
    bool in = demux_is_in(p);
    STACK_INVARIANT(check(t));
    if (in)
        link_out(t, p);
    p->ip.local = local;
    ip_pcb_connect(&p->ip, remote_port ? &remote : NULL);
    p->remote_port = remote_port;
    if (in)
        link_in(t, p);
    STACK_INVARIANT(check(t));
}

void demux_netif_gone(struct stack *s, struct demux *t, const struct netif *nif)
{
    for (uint32_t b = 0; b < t->buckets; b++) {
        struct port_pcb *const lists[] = {t->bucket[b].unconnected, t->bucket[b].connected};
        for (int i = 0; i < 2; i++)
            for (struct port_pcb *p = lists[i]; p; p = p->port_next)
                if (p->ip.nif == nif)
                    p->ip.nif = s->gone;
    }
}

/* --- finding --- */

/* How well p matches a packet that came in: 0, not at all. */
static unsigned receives(const struct port_pcb *p, const struct demux_key *k)
{
    unsigned points = 1;
    if (p->local_port != k->local_port || (k->foreign && !p->any_destination))
        return 0;
    if (p->ip.nif) {
        if (p->ip.nif != k->nif)
            return 0;
        points += 1;
    }
    if (!addr_is_any(&p->ip.local)) {
        if (!addr_equal(&p->ip.local, &k->local))
            return 0;
        points += 2;
    }
    if (!is_connected(p))
        return p->open ? points : 0;
    if (p->remote_port != k->remote_port || !addr_equal(&p->ip.remote, &k->remote))
        return 0;
    return points + 4;
}

/* How well p matches a packet that an error quotes: the ports and addresses must all be its own
 * (RFC 8085 5.2). */
static unsigned sends(const struct port_pcb *p, const struct demux_key *k)
{
    if (p->local_port != k->local_port)
        return 0;
    if (!is_loose(p) && !addr_equal(&p->ip.local, &k->local))
        return 0;
    if (!is_connected(p))
        return 1;
    return p->remote_port == k->remote_port && addr_equal(&p->ip.remote, &k->remote) ? 2 : 0;
}

struct best {
    struct port_pcb *pcb;
    unsigned points;
};

static void consider(struct best *best, struct port_pcb *p, unsigned points)
{
    if (points < best->points || points == 0)
        return;
    if (points > best->points || p->serial > best->pcb->serial)
        *best = (struct best){p, points};
}

static struct port_pcb *const *flow_of(const struct demux *t, const struct demux_key *k)
{
    return k->flow ? k->flow : flow_head(t, &k->local, &k->remote, k->local_port, k->remote_port);
}

/* What a lookup compares, and what the transport has behind it: two of the cache's lines. The
 * processor goes on while they come; it waits for none of this. */
static void fetch(const struct port_pcb *p)
{
    const uint8_t *at = (const uint8_t *)p;
    if (!p)
        return;
    __builtin_prefetch(at);
    __builtin_prefetch(at + POOL_ALIGN);
}

void demux_aim(const struct demux *t, struct demux_key *k)
{
    const struct demux_bucket *b = port_bucket(t, k->local_port);
    if (t->connected < t->entered)
        fetch(b->unconnected);
    if (t->connected > 0) {
        fetch(b->connected); /* the flow's own, as a rule: known before the hash is */
        k->flow = flow_of(t, k);
        fetch(*k->flow);
    }
}

static struct port_pcb *find(const struct demux *t, const struct demux_key *k,
                             unsigned (*points)(const struct port_pcb *p,
                                                const struct demux_key *k))
{
    struct best best = {NULL, 0};
    const struct demux_bucket *b = port_bucket(t, k->local_port);
    for (struct port_pcb *p = t->connected > 0 ? *flow_of(t, k) : NULL; p; p = p->flow_next)
        consider(&best, p, points(p, k));
    if (t->loose > 0)
        for (struct port_pcb *p = b->connected; p != &t->end; p = p->port_next)
            consider(&best, p, points(p, k));
    if (best.pcb)
        return best.pcb;
    for (struct port_pcb *p = b->unconnected; p != &t->end; p = p->port_next)
        consider(&best, p, points(p, k));
    return best.pcb;
}

struct port_pcb *demux_receiver(const struct demux *t, const struct demux_key *k)
{
    return find(t, k, receives);
}

struct port_pcb *demux_sender(const struct demux *t, const struct demux_key *k)
{
    return find(t, k, sends);
}

/* --- walking --- */

struct port_pcb *demux_first(struct demux *t, const struct demux_key *k)
{
    const struct demux_bucket *b = port_bucket(t, k->local_port);
    STACK_ASSERT(t->next == &t->end);
    t->walks++;
    t->next = b->unconnected != &t->end ? b->unconnected : b->connected;
    return demux_next(t, k);
}

struct port_pcb *demux_next(struct demux *t, const struct demux_key *k)
{
    while (t->next != &t->end) {
        struct port_pcb *p = t->next;
        t->next = behind(t, p);
        if (p->walk == t->walks)
            continue;
        p->walk = t->walks;
        if (receives(p, k))
            return p;
    }
    return NULL;
}

/* --- ports --- */

/* Could one packet match both? */
static bool overlap(const struct port_pcb *a, const struct port_pcb *b, uint16_t port)
{
    if (a->local_port != port || a == b)
        return false;
    if (a->ip.nif && b->ip.nif && a->ip.nif != b->ip.nif)
        return false;
    return addr_is_any(&a->ip.local) || addr_is_any(&b->ip.local) ||
           addr_equal(&a->ip.local, &b->ip.local);
}

bool demux_port_taken(const struct demux *t, const struct port_pcb *p, uint16_t port, bool share)
{
    if (holders(t, port) == 0)
        return false;
    const struct demux_bucket *b = port_bucket(t, port);
    const struct port_pcb *const lists[] = {b->unconnected, b->connected};
    for (int i = 0; i < 2; i++)
        for (const struct port_pcb *q = lists[i]; q != &t->end; q = q->port_next)
            if (overlap(q, p, port) && !(share && q->reuse))
                return true;
    return false;
}
