/* Knobs, counters and queries by their full names. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/netif.h"
#include "tests/core/rig.h"

/* The walk has an end, no name comes twice, and each finds its own counter. */
Test(names, each_counter_has_one_name)
{
    static char names[1024][64];
    struct rig *r = rig_full();
    unsigned count = 0;
    const uint64_t *counter;
    while ((counter = stack_counter_at(r->s, count, names[count])) != NULL) {
        cr_assert_lt(count, 1023u);
        for (unsigned k = 0; k < count; k++)
            cr_assert_str_neq(names[k], names[count]);
        count++;
    }
    cr_assert_gt(count, 100u);
    cr_assert_str_eq(names[0], "core.rx_received");
    cr_assert_str_eq(names[4], "core.big_buffers_failed");
    cr_assert_null(stack_counter_at(r->s, count + 1, names[0]));
    rig_close(r);
}

Test(names, what_the_core_and_an_interface_count)
{
    struct rig *r = rig_full();
    uint8_t frame[RIG_FRAME_BYTES];
    uint64_t value;
    r->s->pool[NETBUF_FRAME].failed = 7;
    r->s->pool[NETBUF_BIG].failed = 8;
    cr_assert_eq(rig_counter(r, "core.frames_failed"), 7);
    cr_assert_eq(rig_counter(r, "core.big_buffers_failed"), 8);
    r->s->pool[NETBUF_FRAME].failed = r->s->pool[NETBUF_BIG].failed = 0;
    rig_receive(r, frame, rig_arp(frame, rig_mac, 1, rig_peer, RIG_PEER, rig_peer, RIG_ADDRESS));
    rig_receive(r, frame, rig_ethernet(frame, rig_mac, rig_peer, 0x88b5));
    cr_assert_eq(rig_counter(r, "core.rx_received"), 2);
    cr_assert_eq(rig_counter(r, "core.rx_consumed"), 1);
    cr_assert_eq(rig_counter(r, "core.rx_dropped"), 1);
    cr_assert_eq(rig_counter(r, "eth0.rx_frames"), 2);
    cr_assert_eq(rig_counter(r, "eth0.tx_frames"), r->sent_count);
    cr_assert_eq(rig_counter(r, "eth0.tx_errors"), 0);
    cr_assert_eq(rig_counter(r, "eth0.tx_bytes"), r->sent[0].len);
    cr_assert_eq(stack_counter(r->s, "eth0.nothing", &value), -ERR_NOENT);
    cr_assert_eq(stack_counter(r->s, "eth", &value), -ERR_NOENT);
    rig_close(r);
}

Test(names, knobs_keep_to_their_bounds)
{
    struct rig *r = rig_full();
    int64_t value = 0;
    cr_assert_eq(stack_knob_set(r->s, "ipv4.ttl", 255), 0);
    cr_assert_eq(stack_knob_get(r->s, "ipv4.ttl", &value), 0);
    cr_assert_eq(value, 255);
    cr_assert_eq(stack_knob_set(r->s, "ipv4.ttl", 256), -ERR_INVAL);
    cr_assert_eq(stack_knob_set(r->s, "ipv4.ttl", 0), -ERR_INVAL);
    cr_assert_eq(stack_knob_get(r->s, "ipv4.ttl", &value), 0);
    cr_assert_eq(value, 255, "a refused value changes nothing");
    cr_assert_eq(stack_knob_set(r->s, "ipv4.tt", 5), -ERR_NOENT);
    cr_assert_eq(stack_knob_set(r->s, "ipv4ttl", 5), -ERR_NOENT);
    cr_assert_eq(stack_knob_get(r->s, "nobody.ttl", &value), -ERR_NOENT);
    rig_close(r);
}

Test(names, each_name_finds_its_counter)
{
    struct rig *r = rig_full();
    char name[64];
    const uint64_t *counter;
    for (unsigned k = 0; (counter = stack_counter_at(r->s, k, name)) != NULL; k++) {
        uint64_t value = *counter + 1;
        cr_assert_eq(stack_counter(r->s, name, &value), 0, "%s", name);
        cr_assert_eq(value, *counter, "%s", name);
    }
    rig_close(r);
}

Test(names, queries_of_a_module)
{
    struct rig *r = rig_full();
    char out[80];
    cr_assert_eq(stack_query(r->s, "route.to 10.0.2.77", out, sizeof out), 30);
    cr_assert_str_eq(out, "10.0.2.0/24 dev eth0 interface");
    cr_assert_eq(stack_query(r->s, "route.to 10.0.2.77", out, 10), -ERR_MSGSIZE);
    cr_assert_eq(stack_query(r->s, "route", out, sizeof out), -ERR_NOENT);
    rig_close(r);
}

Test(names, queries_of_the_core)
{
    struct rig *r = rig_full();
    struct ip_addr more = addr_ipv4(0x0a000210);
    char out[128];
    cr_assert_gt(stack_query(r->s, "core.pool frames", out, sizeof out), 0);
    cr_assert_not_null(strstr(out, " free, lowest "));
    cr_assert_gt(stack_query(r->s, "core.pool big", out, sizeof out), 0);
    cr_assert_eq(stack_query(r->s, "core.addresses eth0", out, sizeof out), 12);
    cr_assert_str_eq(out, "10.0.2.15/24");
    cr_assert_eq(netif_add_address(r->nif, &more, 32, true, 0), 0);
    cr_assert_gt(stack_query(r->s, "core.addresses eth0", out, sizeof out), 0);
    cr_assert_str_eq(out, "10.0.2.15/24 10.0.2.16/32 tentative");
    cr_assert_eq(stack_query(r->s, "core.addresses eth9", out, sizeof out), -ERR_NOENT);
    cr_assert_eq(stack_query(r->s, "core.nothing", out, sizeof out), -ERR_NOENT);
    cr_assert_eq(stack_query(r->s, "core.addresses eth0", out, 12), -ERR_MSGSIZE);
    rig_close(r);
}
