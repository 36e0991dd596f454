/* What the judge remembers of a world, for the rules of the baseline. All in the arena. */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <strings.h>
#include "sim/judge/baseline.h"
#include "sim/judge/private.h"

enum {
    CAME = 256,
    SENT = 1024,
    SAID = 256,
    PARTS = 64,
    FIRST = 16, /* powers of two */
    NAMES = 64,
    SENT_PROBES = 8,
    SOUGHT = 64, /* a power of two */
};

struct came {
    struct frame *frame;
    int64_t time_ns;
    uint32_t asked, by; /* an ARP request for this address, from that one; 0: none */
    uint32_t claimed;   /* an ARP packet with this sender address; 0: none */
    uint8_t mac[6];
};

struct sent {
    uint64_t key;
    int64_t time_ns;
    const struct judge_port *from;
};

struct said {
    const uint8_t *octets;
    uint32_t len;
};

struct part {
    uint64_t key;
    uint32_t end; /* of those so far */
};

/* An address that was looked for in what came: frames are numbered from 1. */
struct sought {
    uint32_t ipv4, upto; /* those up to this one were looked through */
    uint32_t found;      /* the newest of them that has it; 0: none */
};

/* As large as what it has seen, up to its bounds. */
struct memory {
    struct came *came; /* a ring */
    uint32_t cames, came_room;
    struct sent *sent; /* by key; 0: free */
    uint32_t sents, sent_room;
    struct said *said; /* octets that calls handed over, a ring of SAID; NULL: none did */
    uint32_t saids;
    const char **name; /* that calls asked for, a ring of NAMES */
    uint32_t names;
    struct part *part;     /* of datagrams that went out in fragments, PARTS by key */
    struct sought *sought; /* SOUGHT by address; NULL: none was */
};

/* --- hardware addresses --- */

static uint64_t mac_key(const uint8_t mac[6])
{
    uint64_t key = 1; /* never 0, which is a free place */
    for (int k = 0; k < 6; k++)
        key = key << 8 | mac[k];
    return key;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    return x;
}

static uint64_t *set_place(const struct hash_set *s, uint64_t key)
{
    uint32_t at = (uint32_t)mix(key) & (s->room - 1);
    while (s->key[at] && s->key[at] != key)
        at = (at + 1) & (s->room - 1);
    return &s->key[at];
}

static bool set_has(const struct hash_set *s, uint64_t key)
{
    return s->room > 0 && *set_place(s, key) != 0;
}

static void set_grow(struct judge *j, struct hash_set *s)
{
    const struct hash_set old = *s;
    s->room = old.room ? old.room * 2 : FIRST;
    s->key = world_alloc(j->world, s->room * sizeof *s->key, 16);
    for (uint32_t k = 0; k < old.room; k++)
        if (old.key[k])
            *set_place(s, old.key[k]) = old.key[k];
    if (old.room)
        world_release(j->world, old.key, old.room * sizeof *old.key);
}

static void set_add(struct judge *j, struct hash_set *s, uint64_t key)
{
    if (s->keys * 2 >= s->room)
        set_grow(j, s);
    uint64_t *place = set_place(s, key);
    s->keys += *place == 0;
    *place = key;
}

void judge_heard_mac(struct judge *j, uint32_t link, const uint8_t mac[6])
{
    if (!(mac[0] & 1)) /* a group is nobody's */
        set_add(j, &j->link[link].mac, mac_key(mac));
}

bool memory_knows_mac(const struct judge_link *l, const uint8_t mac[6])
{
    return set_has(&l->mac, mac_key(mac));
}

/* --- addresses --- */

static uint64_t ipv4_key(uint32_t ipv4)
{
    return UINT64_C(1) << 32 | ipv4;
}

void judge_said_ipv4(struct judge *j, uint32_t ipv4)
{
    set_add(j, &j->said, ipv4_key(ipv4));
}

static struct sought *sought_place(const struct judge *j, uint32_t ipv4)
{
    struct memory *m = j->memory;
    if (!m->sought)
        m->sought = world_alloc(j->world, SOUGHT * sizeof *m->sought, 16);
    struct sought *s = &m->sought[mix(ipv4) & (SOUGHT - 1)];
    if (s->ipv4 != ipv4)
        *s = (struct sought){.ipv4 = ipv4};
    return s;
}

/* Its octets stand somewhere in what came and is still kept. A frame is looked through once for an
 * address that is asked about again and again. */
static bool came_with(const struct judge *j, uint32_t ipv4)
{
    const uint8_t octets[4] = {(uint8_t)(ipv4 >> 24), (uint8_t)(ipv4 >> 16), (uint8_t)(ipv4 >> 8),
                               (uint8_t)ipv4};
    const struct memory *m = j->memory;
    uint32_t gone = m->cames > m->came_room ? m->cames - m->came_room : 0;
    struct sought *s = sought_place(j, ipv4);
    if (s->found > gone)
        return true;
    uint32_t upto = s->upto > gone ? s->upto : gone;
    s->upto = m->cames;
    s->found = 0;
    for (uint32_t number = m->cames; number > upto && !s->found; number--) {
        const struct frame *f = m->came[(number - 1) & (m->came_room - 1)].frame;
        if (memmem(f->bytes, f->len, octets, sizeof octets))
            s->found = number;
    }
    return s->found != 0;
}

bool memory_knows_ipv4(const struct judge *j, uint32_t ipv4)
{
    return set_has(&j->said, ipv4_key(ipv4)) || came_with(j, ipv4);
}

/* --- addresses of the host under test --- */

void memory_own(struct judge *j, uint32_t ipv4)
{
    if (memory_owns(j, NULL, ipv4))
        return;
    if (j->owned == j->own_room)
        j->own = world_grow(j->world, j->own, &j->own_room, sizeof *j->own);
    j->own[j->owned++] = ipv4;
}

void memory_disown(struct judge *j, uint32_t ipv4)
{
    for (uint32_t k = 0; k < j->owned; k++)
        if (j->own[k] == ipv4)
            j->own[k--] = j->own[--j->owned];
}

bool memory_owns(const struct judge *j, const struct judge_port *from, uint32_t ipv4)
{
    (void)from;
    for (uint32_t k = 0; k < j->owned; k++)
        if (j->own[k] == ipv4)
            return true;
    return false;
}

/* --- frames --- */

struct memory *memory_new(struct judge *j)
{
    return world_alloc(j->world, sizeof(struct memory), 64);
}

static uint64_t sent_key(const struct packet_facts *f)
{
    uint64_t a = f->kind, b = 0;
    if (f->kind == FACTS_ARP) {
        a = (uint64_t)f->spa << 32 | f->tpa;
        b = mac_key(f->eth_dst) << 8 | f->op;
    } else if (f->kind == FACTS_IPV4) {
        a = (uint64_t)f->src << 32 | f->dst;
        b = (uint64_t)f->id << 32 | f->offset << 8 | f->protocol;
    }
    return mix(mix(a) + mix(b ^ f->kind)) | 1;
}

/* Where the key stands, a free place, or the oldest of those that it could have. */
static struct sent *sent_place(const struct memory *m, uint64_t key)
{
    struct sent *oldest = NULL;
    for (uint32_t k = 0; k < SENT_PROBES && m->sent_room; k++) {
        struct sent *s = &m->sent[(key + k) & (m->sent_room - 1)];
        if (s->key == key || !s->key)
            return s;
        if (!oldest || s->time_ns < oldest->time_ns)
            oldest = s;
    }
    return oldest;
}

static void grow_sent(struct judge *j, struct memory *m)
{
    const struct memory old = *m;
    m->sent_room = old.sent_room ? old.sent_room * 2 : FIRST;
    m->sent = world_alloc(j->world, m->sent_room * sizeof *m->sent, 16);
    for (uint32_t k = 0; k < old.sent_room; k++)
        if (old.sent[k].key)
            *sent_place(m, old.sent[k].key) = old.sent[k];
    world_release(j->world, old.sent, old.sent_room * sizeof *old.sent);
}

static uint64_t datagram_key(const struct packet_facts *f)
{
    return mix(((uint64_t)f->src << 32 | f->dst) ^ mix((uint64_t)f->id << 8 | f->protocol)) | 1;
}

uint32_t memory_fragment_end(const struct judge *j, const struct packet_facts *f)
{
    uint64_t key = datagram_key(f);
    const struct part *p = j->memory->part;
    p = p ? p + (key >> 8 & (PARTS - 1)) : NULL;
    return p && p->key == key ? p->end : 0;
}

static void part_sent(struct judge *j, const struct packet_facts *f)
{
    uint64_t key = datagram_key(f);
    if (f->kind != FACTS_IPV4 || !f->fragment)
        return;
    if (!j->memory->part)
        j->memory->part = world_alloc(j->world, PARTS * sizeof *j->memory->part, 16);
    j->memory->part[key >> 8 & (PARTS - 1)] = (struct part){key, f->offset + f->body_len};
}

void judge_said_name(struct judge *j, const char *name)
{
    if (!j->memory->name)
        j->memory->name = world_alloc(j->world, NAMES * sizeof *j->memory->name, 16);
    j->memory->name[j->memory->names++ % NAMES] = world_text(j->world, name);
}

bool memory_was_named(const struct judge *j, const char *name)
{
    for (uint32_t k = 0; k < NAMES && k < j->memory->names; k++) {
        const char *said = j->memory->name[k];
        size_t len = strlen(said);
        len -= len && said[len - 1] == '.';
        if (strlen(name) == len && strncasecmp(said, name, len) == 0)
            return true;
    }
    return false;
}

void memory_sent(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                 int64_t now_ns)
{
    struct memory *m = j->memory;
    uint64_t key = sent_key(f);
    part_sent(j, f);
    if (m->sents * 2 >= m->sent_room && m->sent_room < SENT)
        grow_sent(j, m);
    struct sent *s = sent_place(m, key);
    m->sents += !s->key;
    *s = (struct sent){key, now_ns, from};
    if (f->kind == FACTS_ARP && f->spa == INADDR_ANY && f->op == 1)
        memory_own(j, f->tpa); /* a probe claims the address it asks for (RFC 5227, section 1.1) */
}

int64_t memory_sent_before(const struct judge *j, const struct judge_port *from,
                           const struct packet_facts *f)
{
    uint64_t key = sent_key(f);
    const struct sent *s = sent_place(j->memory, key);
    return s && s->key == key && s->from == from ? s->time_ns : -1;
}

/* A ring that has not been round yet is only its beginning. */
static struct came *next_came(struct judge *j, struct memory *m)
{
    if (m->cames == m->came_room && m->came_room < CAME) {
        uint32_t room = m->came_room ? m->came_room * 2 : FIRST;
        struct came *came = world_alloc(j->world, room * sizeof *came, 16);
        if (m->cames)
            memcpy(came, m->came, m->cames * sizeof *came);
        world_release(j->world, m->came, m->came_room * sizeof *came);
        m->came = came;
        m->came_room = room;
    }
    return &m->came[m->cames++ & (m->came_room - 1)];
}

void memory_came(struct judge *j, struct judge_link *l, struct frame *f,
                 const struct packet_facts *facts, int64_t now_ns)
{
    struct came *c = next_came(j, j->memory);
    uint32_t link = (uint32_t)(l - j->link);
    if (c->frame)
        frame_unref(c->frame);
    *c = (struct came){.frame = frame_ref(f), .time_ns = now_ns};
    if (facts->eth_src)
        judge_heard_mac(j, link, facts->eth_src);
    j->too_long |= facts->kind == FACTS_IPV4 && facts->protocol == IPPROTO_ICMP &&
                   facts->body_len > 1 && facts->body[0] == ICMP_DEST_UNREACH &&
                   facts->body[1] == ICMP_FRAG_NEEDED;
    if (facts->kind != FACTS_ARP)
        return;
    judge_heard_mac(j, link, facts->sha);
    c->claimed = facts->spa;
    if (facts->op != 1)
        return;
    c->asked = facts->tpa;
    c->by = facts->spa;
    memcpy(c->mac, facts->sha, sizeof c->mac);
}

void judge_said_octets(struct judge *j, const uint8_t *octets, uint32_t len)
{
    if (!j->memory->said)
        j->memory->said = world_alloc(j->world, SAID * sizeof *j->memory->said, 16);
    j->memory->said[j->memory->saids++ & (SAID - 1)] = (struct said){octets, len};
}

bool memory_was_written(const struct judge *j, const uint8_t *octets, uint32_t len, uint32_t at,
                        bool whole)
{
    for (uint32_t k = 0; k < SAID && k < j->memory->saids; k++) {
        const struct said *s = &j->memory->said[k];
        if ((whole ? s->len == at + len : s->len >= at + len) &&
            memcmp(s->octets + at, octets, len) == 0)
            return true;
    }
    return false;
}

bool memory_came_as(const struct judge *j, const uint8_t *octets, uint32_t len)
{
    const struct frame *f;
    for (uint32_t back = 0; (f = memory_came_before(j, back)) != NULL; back++)
        if (memmem(f->bytes, f->len, octets, len))
            return true;
    return false;
}

bool memory_asked_by(const struct judge *j, uint32_t asked, uint32_t by, const uint8_t mac[6])
{
    const struct memory *m = j->memory;
    for (uint32_t back = 0; back < CAME && back < m->cames; back++) {
        const struct came *c = &m->came[(m->cames - 1 - back) & (m->came_room - 1)];
        if (c->asked == asked && c->by == by && memcmp(c->mac, mac, sizeof c->mac) == 0)
            return true;
    }
    return false;
}

const struct frame *memory_came_before(const struct judge *j, uint32_t back)
{
    const struct memory *m = j->memory;
    bool there = back < m->came_room && back < m->cames;
    return there ? m->came[(m->cames - 1 - back) & (m->came_room - 1)].frame : NULL;
}

/* The newest of what came since then that asked for the address, or that was sent by it. */
static bool since(const struct judge *j, uint32_t asked, uint32_t claimed, int64_t since_ns)
{
    const struct memory *m = j->memory;
    for (uint32_t back = 0; back < m->came_room && back < m->cames; back++) {
        const struct came *c = &m->came[(m->cames - 1 - back) & (m->came_room - 1)];
        if (c->time_ns < since_ns)
            return false;
        if ((asked && c->asked == asked) || (claimed && c->claimed == claimed))
            return true;
    }
    return false;
}

bool memory_asked_since(const struct judge *j, uint32_t ipv4, int64_t since_ns)
{
    return since(j, ipv4, INADDR_ANY, since_ns);
}

bool memory_claimed_since(const struct judge *j, uint32_t ipv4, int64_t since_ns)
{
    return since(j, INADDR_ANY, ipv4, since_ns);
}
