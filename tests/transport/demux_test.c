/* The demultiplexer against a naive one: a list of all blocks that each packet walks. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/transport/demux.h"
#include "tests/core/rig.h"

enum { BLOCKS = 60, ADDRESSES = 4, PORTS = 6, STEPS = 20000 };

static struct rig *r;
static struct demux t;
static void *memory;
static struct port_pcb block[BLOCKS];
static uint32_t bound[BLOCKS]; /* when, counted; 0: not */
static uint32_t binds;

static void open_table(uint32_t blocks)
{
    r = rig_full();
    memory = calloc(1, demux_bytes(blocks));
    demux_init(r->s, &t, memory, blocks);
}

static void close_table(void)
{
    free(memory);
    rig_close(r);
}

/* 0: any; the last is a group. */
static struct ip_addr address(int k)
{
    static const uint32_t addresses[ADDRESSES] = {0, RIG_ADDRESS, RIG_ADDRESS + 1, 0xe0010203};
    return addr_ipv4(addresses[k]);
}

static int random_below(int n)
{
    return rand() % n;
}

static void enter(struct port_pcb *p)
{
    demux_enter(&t, p);
    bound[p - block] = ++binds;
}

static void fresh(struct port_pcb *p)
{
    *p = (struct port_pcb){
        .local_port = (uint16_t)(1 + random_below(PORTS)),
        .open = random_below(8) != 0,
        .any_destination = random_below(4) == 0,
        .ip.nif = random_below(4) == 0 ? r->nif : NULL,
    };
    int own = random_below(ADDRESSES);
    p->ip.local = address(own);
    p->to_many = own == ADDRESSES - 1;
    if (random_below(2)) {
        p->ip.remote = address(1 + random_below(2));
        p->remote_port = (uint16_t)(1 + random_below(3));
    }
    enter(p);
}

static struct demux_key random_key(void)
{
    return (struct demux_key){
        .local = address(1 + random_below(ADDRESSES - 1)),
        .remote = address(1 + random_below(2)),
        .local_port = (uint16_t)(1 + random_below(PORTS)),
        .remote_port = (uint16_t)(1 + random_below(3)),
        .nif = random_below(2) ? r->nif : &r->s->netif[0],
        .foreign = random_below(8) == 0,
    };
}

/* As the header of udp.h says it: a peer counts most, then an address, then an interface. */
static unsigned receives(const struct port_pcb *p, const struct demux_key *k)
{
    bool peer = p->remote_port == k->remote_port && addr_equal(&p->ip.remote, &k->remote);
    bool any = addr_is_any(&p->ip.local);
    if (p->local_port != k->local_port || (k->foreign && !p->any_destination) ||
        (p->ip.nif && p->ip.nif != k->nif) || (!any && !addr_equal(&p->ip.local, &k->local)) ||
        (p->remote_port ? !peer : !p->open))
        return 0;
    return 1u + (p->ip.nif ? 1u : 0u) + (any ? 0u : 2u) + (p->remote_port ? 4u : 0u);
}

static unsigned sends(const struct port_pcb *p, const struct demux_key *k)
{
    bool peer = p->remote_port == k->remote_port && addr_equal(&p->ip.remote, &k->remote);
    bool own = addr_is_any(&p->ip.local) || p->to_many || addr_equal(&p->ip.local, &k->local);
    if (p->local_port != k->local_port || !own || (p->remote_port && !peer))
        return 0;
    return p->remote_port ? 2 : 1;
}

static struct port_pcb *naive(const struct demux_key *k,
                              unsigned (*points)(const struct port_pcb *, const struct demux_key *))
{
    struct port_pcb *best = NULL;
    unsigned most = 0;
    for (int i = 0; i < BLOCKS; i++) {
        unsigned p = bound[i] ? points(&block[i], k) : 0;
        if (p > most || (p && p == most && bound[i] > bound[best - block])) {
            best = &block[i];
            most = p;
        }
    }
    return best;
}

static void compare_walk(const struct demux_key *k)
{
    unsigned seen = 0, expected = 0;
    for (struct port_pcb *p = demux_first(&t, k); p; p = demux_next(&t, k)) {
        cr_assert_neq(receives(p, k), 0);
        seen++;
    }
    for (int i = 0; i < BLOCKS; i++)
        expected += bound[i] && receives(&block[i], k);
    cr_assert_eq(seen, expected);
}

static void move(struct port_pcb *p)
{
    bool connect = random_below(2);
    demux_set_ends(&t, p, p->ip.local, connect ? address(1 + random_below(2)) : address(0),
                   connect ? (uint16_t)(1 + random_below(3)) : 0);
}

/* Bound, connected, dissolved and closed at random, the same block is found as by looking at all.
 */
Test(demux, random_operations_match_the_naive_table)
{
    open_table(BLOCKS / 4);
    srand(3);
    for (int step = 0; step < STEPS; step++) {
        int i = random_below(BLOCKS);
        if (!bound[i]) {
            fresh(&block[i]);
        } else if (random_below(3)) {
            move(&block[i]);
        } else {
            demux_leave(&t, &block[i]);
            bound[i] = 0;
        }
        struct demux_key k = random_key();
        cr_assert_eq(demux_receiver(&t, &k), naive(&k, receives));
        cr_assert_eq(demux_sender(&t, &k), naive(&k, sends));
        demux_aim(&t, &k);
        cr_assert_eq(demux_receiver(&t, &k), naive(&k, receives));
        compare_walk(&k);
    }
    demux_check(&t);
    close_table();
}

/* While a datagram goes to all, each is seen once, whoever is closed, connected or opened between
 * two of them; what comes new is not. */
Test(demux, a_walk_survives_what_its_takers_do)
{
    open_table(8);
    srand(4);
    struct demux_key k = {.local = address(1), .local_port = 1, .remote = address(2)};
    for (int round = 0; round < 2000; round++) {
        unsigned seen[BLOCKS] = {0};
        for (int i = 0; i < 20; i++) {
            block[i] = (struct port_pcb){.local_port = 1, .open = true, .ip.local = address(0)};
            enter(&block[i]);
        }
        for (struct port_pcb *p = demux_first(&t, &k); p; p = demux_next(&t, &k)) {
            seen[p - block]++;
            struct port_pcb *other = &block[random_below(20)];
            switch (random_below(4)) {
            case 0:
                demux_leave(&t, other);
                break;
            case 1:
                demux_set_ends(&t, other, address(0), address(2), 5);
                break;
            case 2:
                demux_leave(&t, p);
                break;
            default:
                if (!demux_is_in(other)) {
                    *other =
                        (struct port_pcb){.local_port = 1, .open = true, .ip.local = address(0)};
                    enter(other);
                }
                break;
            }
        }
        for (int i = 0; i < 20; i++) {
            cr_assert_leq(seen[i], 1);
            demux_leave(&t, &block[i]);
        }
        cr_assert_eq(t.entered, 0);
    }
    close_table();
}

/* 10,000 flows to one port, whose peers' addresses and ports were chosen to differ in few bits: no
 * bucket has more than chance gives it. */
Test(demux, chosen_flows_do_not_meet)
{
    enum { FLOWS = 10000 };
    open_table(FLOWS);
    struct port_pcb *p = calloc(FLOWS, sizeof *p);
    for (uint32_t i = 0; i < FLOWS; i++) {
        p[i] = (struct port_pcb){.local_port = 80,
                                 .remote_port = (uint16_t)(1024 + (i & 15) * 4096),
                                 .ip = {.local = address(1), .remote = addr_ipv4(i >> 4 << 16)}};
        demux_enter(&t, &p[i]);
    }
    uint32_t longest = 0;
    for (uint32_t b = 0; b < 2 * t.buckets; b++) {
        uint32_t length = 0;
        for (const struct port_pcb *q = t.flow[b]; q; q = q->flow_next)
            length++;
        longest = length > longest ? length : longest;
    }
    cr_assert_leq(longest, 10, "a bucket of %u", longest);
    demux_check(&t);
    free(p);
    close_table();
}

/* Another stack, another key: what meets in one does not in the other. */
Test(demux, the_key_is_the_stacks_own)
{
    open_table(16);
    struct demux other;
    demux_init(r->s, &other, memory, 16);
    cr_assert_neq(memcmp(t.key, other.key, sizeof t.key), 0);
    close_table();
}

/* The last free port of a range is found; then there is none; one that leaves is free again. */
Test(demux, ephemeral_ports_to_the_last)
{
    enum { FIRST = 50000, LAST = 50999, RANGE = LAST - FIRST + 1 };
    open_table(RANGE);
    struct port_pcb *p = calloc(RANGE + 1, sizeof *p);
    for (int i = 0; i < RANGE; i++) {
        p[i].open = true;
        p[i].local_port = ephemeral_port(r->s, &t, &p[i], FIRST, LAST);
        cr_assert(p[i].local_port >= FIRST && p[i].local_port <= LAST);
        demux_enter(&t, &p[i]);
    }
    cr_assert_eq(ephemeral_port(r->s, &t, &p[RANGE], FIRST, LAST), 0);
    uint16_t freed = p[17].local_port;
    demux_leave(&t, &p[17]);
    cr_assert_eq(ephemeral_port(r->s, &t, &p[RANGE], FIRST, LAST), freed);
    free(p);
    close_table();
}

/* A range of one port and one that is upside down. */
Test(demux, ephemeral_ports_of_odd_ranges)
{
    open_table(4);
    struct port_pcb p = {.open = true};
    cr_assert_eq(ephemeral_port(r->s, &t, &p, 50000, 50000), 50000);
    cr_assert_eq(ephemeral_port(r->s, &t, &p, 50000, 40000), 50000);
    close_table();
}
