#include <criterion/criterion.h>
#include "stack/core/keyed_hash.h"
#include "stack/core/neighbour.h"
#include "stack/core/route.h"
#include "tests/core/rig.h"

static uint32_t via(struct rig *r, uint32_t to)
{
    bool down;
    struct ip_addr a = addr_ipv4(to);
    const struct route *found = route_lookup(r->s, &a, NULL, &down);
    return found ? found->gateway.word[0] : 0xffffffff;
}

static int add(struct rig *r, uint32_t net, unsigned prefix, uint32_t gateway)
{
    struct ip_addr n = addr_ipv4(net), g = addr_ipv4(gateway);
    return route_add(r->s, &n, prefix, &g, NULL);
}

Test(route, longest_prefix_wins)
{
    struct rig *r = rig_full();
    cr_assert_eq(via(r, 0xc0000201), 0xffffffff);
    cr_assert_eq(add(r, 0, 0, 0x0a000201), 0);
    cr_assert_eq(add(r, 0xc0000000, 8, 0x0a000202), 0);
    cr_assert_eq(add(r, 0xc0000200, 24, 0x0a000203), 0);
    cr_assert_eq(add(r, 0xc0000201, 32, 0x0a000204), 0);
    cr_assert_eq(via(r, 0x08080808), 0x0a000201);
    cr_assert_eq(via(r, 0xc0010101), 0x0a000202);
    cr_assert_eq(via(r, 0xc0000202), 0x0a000203);
    cr_assert_eq(via(r, 0xc0000201), 0x0a000204);
    cr_assert_eq(via(r, 0x0a000277), 0); /* on-link */
    cr_assert_eq(add(r, 0xc0000201, 32, 0x0a000204), -ERR_EXIST);
    cr_assert_eq(add(r, 0xc0000201, 33, 0x0a000204), -ERR_INVAL);
    cr_assert_eq(add(r, 0x01000000, 8, 0x0b000001),
                 -ERR_NETUNREACH); /* the gateway must be on-link, and 0/0 is by another */
    struct ip_addr n = addr_ipv4(0xc0000201), g = addr_ipv4(0x0a000204);
    cr_assert_eq(route_remove(r->s, &n, 32, &g, NULL), 0);
    cr_assert_eq(route_remove(r->s, &n, 32, &g, NULL), -ERR_NOENT);
    cr_assert_eq(via(r, 0xc0000201), 0x0a000203);
    rig_close(r);
}

Test(route, table_is_bounded_and_redirects_give_way)
{
    struct rig *r = rig_full();
    struct ip_addr host = addr_ipv4(0x08080808), gateway = addr_ipv4(0x0a000209);
    cr_assert_eq(route_redirect(r->s, &host, &gateway, r->nif, 0), 0);
    uint32_t added = 0;
    while (add(r, 0x20000000 + (added << 16), 16, 0x0a000201) == 0)
        added++;
    cr_assert_eq(added, r->s->config.limits.routes -
                            2u); /* lo's and eth0's own stay; the redirect's place was taken */
    cr_assert_eq(via(r, 0x08080808), 0xffffffff);
    rig_close(r);
}

/* RFC 1122 3.3.1.4, 3.3.1.5: a gateway that does not answer gives way to the next, and is tried
 * again later. */
Test(route, dead_gateway_gives_way)
{
    struct rig *r = rig_full();
    add(r, 0, 0, 0x0a000201);
    add(r, 0, 0, 0x0a000203);
    cr_assert_eq(via(r, 0x08080808), 0x0a000201);
    struct ip_addr first = addr_ipv4(0x0a000201);
    struct netbuf *nb = netbuf_alloc(r->s, 66, 20);
    neighbour_output(r->s, r->nif, &first, nb, 0);
    rig_run(r, 3 * RIG_SECOND - 1);
    cr_assert_eq(via(r, 0x08080808), 0x0a000201);
    rig_run(r, 3 * RIG_SECOND);
    cr_assert_eq(via(r, 0x08080808), 0x0a000203);
    rig_run(r, 63 * RIG_SECOND);
    cr_assert_eq(via(r, 0x08080808), 0x0a000201);
    rig_close(r);
}

Test(route, interface_down_is_told_apart)
{
    struct rig *r = rig_full();
    bool down;
    struct ip_addr a = addr_ipv4(RIG_PEER), nowhere = addr_ipv4(0x08080808);
    netif_down(r->nif, 0);
    cr_assert_null(route_lookup(r->s, &a, NULL, &down));
    cr_assert(down);
    cr_assert_null(route_lookup(r->s, &nowhere, NULL, &down));
    cr_assert_not(down);
    rig_close(r);
}

/* The vector of the SipHash paper, appendix A. */
Test(keyed_hash, paper_vector)
{
    uint8_t key[16], in[15];
    for (uint8_t i = 0; i < 16; i++)
        key[i] = i;
    for (uint8_t i = 0; i < 15; i++)
        in[i] = i;
    cr_assert_eq(keyed_hash(key, in, sizeof in), 0xa129ca6149be45e5u);
}

/* What the tables hold, one by one; what was learnt and what is permanent can both be removed. */
Test(route, tables_are_enumerated)
{
    struct rig *r = rig_full();
    struct route_info route;
    struct neighbour_info n;
    struct ip_addr net = addr_ipv4(0x0a090000), gateway = addr_ipv4(RIG_PEER), far = addr_ipv4(7);
    unsigned k = 0, found = 0;
    cr_assert_eq(route_add(r->s, &net, 16, &gateway, r->nif), 0);
    for (; route_at(r->s, k, &route); k++)
        found += !route.dynamic && route.prefix == 16 && addr_equal(&route.gateway, &gateway) &&
                 addr_equal(&route.net, &net) && route.nif == r->nif && !route.dead;
    cr_assert(k == 3 && found == 1, "loopback's, eth0's and this one: %u, %u", k, found);
    cr_assert_not(neighbour_at(r->s, 0, &n));
    cr_assert_eq(neighbour_add(r->nif, &gateway, rig_peer, 0), 0);
    cr_assert(neighbour_at(r->s, 0, &n) && n.permanent && n.resolved && n.nif == r->nif);
    cr_assert(addr_equal(&n.addr, &gateway) && memcmp(n.mac, rig_peer, 6) == 0);
    cr_assert_not(neighbour_at(r->s, 1, &n));
    cr_assert_eq(neighbour_remove(r->nif, &far, 0), -ERR_NOENT);
    cr_assert_eq(neighbour_remove(r->nif, &gateway, 0), 0);
    cr_assert_not(neighbour_at(r->s, 0, &n));
    struct netbuf *nb = netif_packet(r->nif, 0, 20);
    memset(netbuf_data(nb), 0, 20);
    cr_assert_eq(neighbour_output(r->s, r->nif, &gateway, nb, 0), 0);
    cr_assert(neighbour_at(r->s, 0, &n) && !n.resolved && !n.permanent);
    cr_assert_eq(neighbour_remove(r->nif, &gateway, 0), 0);
    cr_assert_eq(rig_counter(r, "neighbour.drop.removed"), 1);
    rig_close(r);
}

static int no(struct stack *s, void *state, int64_t now_ns)
{
    (void)s, (void)state, (void)now_ns;
    return -ERR_NOBUFS;
}

static void any(void *self, enum random_purpose purpose, void *out, size_t len)
{
    (void)self, (void)purpose;
    memset(out, 1, len);
}

/* Why there is no stack. */
Test(stack, says_why_it_refuses)
{
    static const struct module refuses = {.name = "no", .id = MODULE_UDP, .init = no};
    static const struct module *const once[] = {&refuses, NULL}, *const twice[] = {&refuses,
                                                                                   &refuses, NULL};
    static _Alignas(64) uint8_t region[1 << 16];
    struct stack_config config = {.limits = {.frames = 2, .netifs = 1}, .modules = once};
    struct port port = {.random = any}, mute = {0};
    struct stack_refusal why;
    cr_assert_null(stack_init(region + 1, sizeof region - 1, &config, &port, 0, &why));
    cr_assert_eq(why.reason, STACK_REFUSED_REGION);
    cr_assert_null(stack_init(region, stack_size(&config) - 1, &config, &port, 0, &why));
    cr_assert_eq(why.reason, STACK_REFUSED_SIZE);
    cr_assert_null(stack_init(region, sizeof region, &config, &mute, 0, &why));
    cr_assert_eq(why.reason, STACK_REFUSED_PORT);
    cr_assert_null(stack_init(region, sizeof region, &config, &port, 0, &why));
    cr_assert(why.reason == STACK_REFUSED_MODULE && why.error == -ERR_NOBUFS);
    cr_assert_str_eq(why.module, "no");
    config.modules = twice;
    cr_assert_null(stack_init(region, sizeof region, &config, &port, 0, &why));
    cr_assert(why.reason == STACK_REFUSED_MODULE && why.error == 0);
    config.limits.netifs = 0;
    cr_assert_null(stack_init(region, sizeof region, &config, &port, 0, &why));
    cr_assert_eq(why.reason, STACK_REFUSED_LIMITS);
}
