#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/route.h"
#include "stack/core/text.h"
#include "tests/core/rig.h"

Test(netbuf, classes_by_size_and_bounds)
{
    struct rig *r = rig_full();
    struct netbuf *small = netbuf_alloc(r->s, 48, 2000), *big = netbuf_alloc(r->s, 49, 2000);
    cr_assert_eq(small->size_class, NETBUF_FRAME);
    cr_assert_eq(big->size_class, NETBUF_BIG);
    cr_assert_null(netbuf_alloc(r->s, 129, 65536));
    cr_assert_null(netbuf_alloc(r->s, 0xffffffff, 2));
    cr_assert_null(netbuf_push(small, 49));
    cr_assert_eq(netbuf_push(small, 48), small->base);
    netbuf_free(r->s, small);
    netbuf_free(r->s, big);
    rig_close(r);
}

/* What is sent leaves an eighth to reception. A dry pool refuses and counts; what comes back can be
 * had again. The stack survives meanwhile. */
Test(netbuf, dry_pool_refuses)
{
    struct rig *r = rig_full();
    struct netbuf_queue all = {0};
    uint8_t f[64];
    uint32_t frames = r->s->config.limits.frames;
    for (struct netbuf *nb; (nb = netbuf_alloc(r->s, 0, 100)) != NULL;)
        netbuf_enqueue(&all, nb);
    cr_assert_eq(all.count, frames - frames / 8);
    for (struct netbuf *nb; (nb = netbuf_alloc_received(r->s, 0, 100)) != NULL;)
        netbuf_enqueue(&all, nb);
    cr_assert_eq(all.count, frames);
    cr_assert_eq(rig_counter(r, "core.frames_failed"), 2);
    struct netbuf *last = netbuf_dequeue(&all);
    netbuf_free(r->s, last);
    /* the request comes in by the last buffer, and the reply finds none */
    rig_receive(r, f, rig_arp(f, rig_mac, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS));
    cr_assert_eq(r->sent_count, 0);
    cr_assert_eq(rig_counter(r, "arp.no_buffer"), 1);
    while (all.head)
        netbuf_free(r->s, netbuf_dequeue(&all));
    cr_assert_eq(r->s->pool[NETBUF_FRAME].lowest, 0);
    rig_close(r);
}

Test(netbuf, nth_allocation_fails_once)
{
    struct rig *r = rig_full();
    r->s->fail_allocation = 2;
    struct netbuf *a = netbuf_alloc(r->s, 0, 10), *b = netbuf_alloc(r->s, 0, 10),
                  *c = netbuf_alloc(r->s, 0, 10);
    cr_assert_not_null(a);
    cr_assert_null(b);
    cr_assert_not_null(c);
    netbuf_free(r->s, a);
    netbuf_free(r->s, c);
    rig_close(r);
}

/* Whatever frame comes, it has one fate and its buffer comes back. rig_close checks. */
Test(netbuf, random_frames_have_one_fate_each)
{
    struct rig *r = rig_full();
    uint8_t f[RIG_FRAME_BYTES];
    uint32_t x = 12345;
    for (int i = 0; i < 4000; i++) {
        static const uint8_t protocols[] = {1, 6, 17, 253};
        uint8_t payload[64];
        for (unsigned k = 0; k < sizeof payload; k++)
            payload[k] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
        struct rig_ip ip = {.proto = protocols[x >> 8 & 3],
                            .id = (uint16_t)(x >> 16 & 3),
                            .frag = (uint16_t)(x >> 20 & 1 ? 0x2001 : 0)};
        uint32_t n = rig_ipv4(f, &ip, payload, x >> 24 & 63);
        for (uint32_t k = x >> 5 & 3; k > 0; k--) {
            x = x * 1664525u + 1013904223u;
            f[(x >> 8) % n] = (uint8_t)(x >> 24);
        }
        r->sent_count = 0;
        rig_receive(r, f, x >> 3 & 15 ? n : (x >> 9) % (n + 1));
    }
    rig_run(r, 200 * RIG_SECOND);
    rig_close(r);
}

#ifdef STACK_POISONS
/* Nobody may touch what lies in front of a packet or behind it, and nothing of a free buffer. */
int __asan_address_is_poisoned(const volatile void *p);
Test(netbuf, poison)
{
    struct rig *r = rig_full();
    struct netbuf *nb = netbuf_alloc(r->s, 64, 99);
    uint8_t *data = netbuf_data(nb);
    cr_assert(__asan_address_is_poisoned(data - 1));
    cr_assert_not(__asan_address_is_poisoned(data) || __asan_address_is_poisoned(data + 98));
    cr_assert(__asan_address_is_poisoned(data + 99));
    cr_assert_eq(netbuf_push(nb, 16), data - 16);
    cr_assert_not(__asan_address_is_poisoned(data - 16));
    cr_assert(__asan_address_is_poisoned(data - 17));
    cr_assert_eq(netbuf_put(nb, 3), data + 99);
    cr_assert_not(__asan_address_is_poisoned(data + 101));
    cr_assert(__asan_address_is_poisoned(data + 102));
    cr_assert(netbuf_pull(nb, 16) && netbuf_trim(nb, 50));
    cr_assert_not(__asan_address_is_poisoned(data - 16)); /* a header that was read stays */
    cr_assert(__asan_address_is_poisoned(data + 50));
    cr_assert_not(__asan_address_is_poisoned(netbuf_front(nb, 24)));
    netbuf_free(r->s, nb);
    cr_assert(__asan_address_is_poisoned(data));
    rig_close(r);
}
#endif
