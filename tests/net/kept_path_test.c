/* The path that a control block keeps against one that is asked for each time. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/net/ip.h"
#include "tests/core/rig.h"

#define SECOND  (RIG_ADDRESS + 1) /* another address of ours */
#define LOOP    0x7f000001u
#define GATEWAY 0x0a0002feu
#define FAR     0xc6336401u /* 198.51.100.1 */

enum { STEPS = 20000 };

static struct rig *r;

static const uint32_t destinations[] = {RIG_PEER,   RIG_PEER + 1, FAR,         FAR + 1,
                                        LOOP,       LOOP + 1,     RIG_ADDRESS, SECOND,
                                        0xe0010203, 0xffffffffu,  0x0a0002ffu};
static const uint32_t sources[] = {0, 0, RIG_ADDRESS, SECOND, LOOP, LOOP + 1, FAR};

#define ONE_OF(list) (list)[(size_t)rand() % (sizeof(list) / sizeof *(list))]

static void expect_equal(const struct ip_path *a, const struct ip_path *b)
{
    cr_assert_eq(a->nif, b->nif);
    cr_assert(addr_equal(&a->source, &b->source));
    cr_assert(addr_equal(&a->next_hop, &b->next_hop));
    cr_assert(addr_equal(&a->destination, &b->destination));
    cr_assert_eq(a->mtu, b->mtu);
    cr_assert_eq(a->broadcast, b->broadcast);
    cr_assert_eq(a->multicast, b->multicast);
    cr_assert_eq(a->loopback, b->loopback);
    cr_assert_eq(a->too_narrow, b->too_narrow);
    cr_assert_eq(a->route, b->route);
}

/* Something that a path depends on comes or goes. */
static void move_something(void)
{
    struct ip_addr second = addr_ipv4(SECOND), far = addr_ipv4(FAR), gateway = addr_ipv4(GATEWAY);
    switch (rand() % 4) {
    case 0:
        netif_add_address(r->nif, &second, 24, false, 0);
        break;
    case 1:
        netif_remove_address(r->nif, &second, 0);
        break;
    case 2:
        route_add(r->s, &far, 32, &gateway, NULL);
        break;
    case 3:
        route_remove(r->s, &far, 32, &gateway, NULL);
        break;
    }
}

static void change_block(struct ip_pcb *pcb)
{
    struct netif *const netifs[] = {NULL, NULL, r->nif, &r->s->netif[0]};
    struct ip_addr peer = addr_ipv4(ONE_OF(destinations));
    switch (rand() % 3) {
    case 0:
        ip_pcb_connect(pcb, &peer);
        break;
    case 1:
        ip_pcb_connect(pcb, NULL);
        break;
    case 2:
        pcb->nif = ONE_OF(netifs);
        break;
    }
}

static void compare(struct ip_pcb *pcb)
{
    struct ip_addr to = addr_ipv4(ONE_OF(destinations)), from = addr_ipv4(ONE_OF(sources));
    struct ip_addr peer = pcb->remote;
    struct ip_path kept, asked;
    const struct ip_addr *destination = pcb->connected && rand() % 2 ? &peer : &to;
    int error = ip_path(r->s, destination, &from, pcb->nif, &asked);
    cr_assert_eq(ip_pcb_path(r->s, pcb, 17, destination, &from, &kept), error);
    cr_assert(!pcb->connected || addr_equal(&pcb->remote, &peer), "a peer stays");
    if (error == 0)
        expect_equal(&kept, &asked);
}

Test(kept_path, is_the_one_that_would_be_found)
{
    struct ip_addr gateway = addr_ipv4(GATEWAY - 1), any = addr_ipv4(0);
    struct ip_pcb pcb[8] = {{.ttl = 0}};
    r = rig_full();
    cr_assert_eq(route_add(r->s, &any, 0, &gateway, NULL), 0);
    srand(1);
    for (int step = 0; step < STEPS; step++) {
        if (rand() % 16 == 0)
            move_something();
        if (rand() % 8 == 0)
            change_block(&pcb[rand() % 8]);
        compare(&pcb[rand() % 8]);
    }
    rig_close(r);
}

/* Asked for twice, found once: what the block keeps serves the second time. */
Test(kept_path, is_not_asked_for_again)
{
    struct ip_addr to = addr_ipv4(RIG_PEER);
    struct ip_pcb pcb = {.ttl = 0};
    struct ip_path path;
    r = rig_full();
    cr_assert_eq(ip_pcb_path(r->s, &pcb, 17, &to, NULL, &path), 0);
    cr_assert(path.flow_known && path.mtu == 1500);
    pcb.path.mtu = 1234;
    cr_assert_eq(ip_pcb_path(r->s, &pcb, 17, &to, NULL, &path), 0);
    cr_assert_eq(path.mtu, 1234);
    stack_paths_moved(r->s);
    cr_assert_eq(ip_pcb_path(r->s, &pcb, 17, &to, NULL, &path), 0);
    cr_assert_eq(path.mtu, 1500);
    rig_close(r);
}
