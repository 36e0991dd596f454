/* The DHCP client with a lease: renewed, verified, ended, given back. RFC 2131 figure 5. */
#include "tests/service/dhcp_rig.h"

TestSuite(dhcp_keep, .init = open_rig, .fini = close_rig);

/* RFC2131-4.4.5-2, -4, -5, -6, -7, -8: T1 500, T2 875, expiry 1000. */
Test(dhcp_keep, renewing_rebinding_expiry)
{
    unsigned len;
    struct reply ack = normal(ACK, 0);
    bind_with(&ack);
    uint32_t n = udp_frames();
    rig_run(r, 500 * SECOND - 1);
    cr_assert_eq(udp_frames(), n);
    rig_run(r, 999 * SECOND);
    /* Half of what is left to T2 (375): 187.5, then 93.75, then 60 at least. */
    static const int64_t renew_ns[] = {500 * SECOND, 687500000000, 781250000000, 841250000000};
    for (uint32_t i = 0; i < 4; i++) {
        struct sent_datagram d = nth(n + i);
        check_message(&d, REQUEST);
        cr_assert_eq(d.at_ns, renew_ns[i], "renewal %u at %lld", i, (long long)d.at_ns);
        cr_assert_eq(d.src, RIG_ADDRESS);
        cr_assert_eq(d.dst, SERVER);
        cr_assert_eq(rig_get32(d.payload + 12), RIG_ADDRESS, "ciaddr");
        cr_assert_null(option(&d, 50, &len));
        cr_assert_null(option(&d, 54, &len));
    }
    /* 125 left to the end: 62.5, then 60. */
    static const int64_t rebind_ns[] = {875 * SECOND, 937500000000, 997500000000};
    for (uint32_t i = 0; i < 3; i++) {
        struct sent_datagram d = nth(n + 4 + i);
        check_message(&d, REQUEST);
        cr_assert_eq(d.at_ns, rebind_ns[i], "rebinding %u at %lld", i, (long long)d.at_ns);
        cr_assert_eq(d.src, RIG_ADDRESS);
        cr_assert_eq(d.dst, 0xffffffff);
        cr_assert_eq(rig_get32(d.payload + 12), RIG_ADDRESS, "ciaddr");
        cr_assert_null(option(&d, 50, &len));
        cr_assert_null(option(&d, 54, &len));
    }
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_REBINDING);
    rig_run(r, 1000 * SECOND);
    struct sent_datagram d = last();
    check_message(&d, DISCOVER);
    cr_assert_eq(d.src, 0);
    cr_assert_eq(r->nif->address[0].addr.family, ADDR_NONE);
    cr_assert_eq(results[1], -ERR_TIMEDOUT);
}

/* RFC2131-4.4.5-5: an ACK five seconds late counts from the request, not from its own arrival. */
Test(dhcp_keep, renewed_lease_counts_from_its_request)
{
    struct reply ack = normal(ACK, 0);
    bind_with(&ack);
    rig_run(r, 505 * SECOND);
    struct sent_datagram d = last();
    ack.xid = xid_of(&d);
    ack.to = RIG_ADDRESS;
    say(&ack);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
    uint32_t n = udp_frames();
    rig_run(r, 1000 * SECOND - 1);
    cr_assert_eq(udp_frames(), n);
    rig_run(r, 1000 * SECOND);
    cr_assert_eq(udp_frames(), n + 1);
    cr_assert_eq(dhcp_lease(r->s, r->nif)->since_ns, 500 * SECOND);
}

/* RFC2131-4.4.5-1: T1 and T2 are taken when T1 < T2 < lease, else the defaults hold.
 * RFC2132-9.11-1. */
Test(dhcp_keep, times_of_the_server)
{
    static const struct {
        uint32_t t1_s, t2_s, lease_s;
        int64_t t1, t2;
    } cases[] = {
        {100, 200, 1000, 100, 200},  {300, 200, 1000, 500, 875}, {100, 1000, 1000, 500, 875},
        {100, 2000, 1000, 500, 875}, {900, 0, 1000, 500, 875},   {0, 600, 1000, 500, 600},
        {0, 400, 1000, 500, 875},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply ack = normal(ACK, 0);
        ack.t1_s = cases[i].t1_s;
        ack.t2_s = cases[i].t2_s;
        int64_t start = r->now_ns;
        bind_with(&ack);
        uint32_t n = udp_frames();
        rig_run(r, start + 900 * SECOND);
        cr_assert_eq(nth(n).at_ns - start, cases[i].t1 * SECOND, "case %zu", i);
        bool rebinding = false;
        for (uint32_t k = n; k < udp_frames(); k++)
            rebinding |= nth(k).at_ns - start == cases[i].t2 * SECOND && nth(k).dst == 0xffffffff;
        cr_assert(rebinding, "case %zu: no rebinding at T2", i);
        cr_assert_eq(dhcp_stop(r->s, r->nif, r->now_ns), 0);
    }
}

/* RFC2131-3.3-1. */
Test(dhcp_keep, infinite_lease)
{
    struct reply ack = normal(ACK, 0);
    ack.lease_s = 0xffffffff;
    bind_with(&ack);
    uint32_t n = r->sent_count;
    rig_run(r, INT64_C(10) * 365 * 86400 * SECOND);
    cr_assert_eq(r->sent_count, n);
}

/* RFC2131-4.4.5-11, 4.4-2. */
Test(dhcp_keep, nak_in_renewing)
{
    struct reply ack = normal(ACK, 0);
    bind_with(&ack);
    struct reply nak = normal(NAK, 0);
    say(&nak); /* in BOUND nobody asked */
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
    rig_run(r, 500 * SECOND);
    struct sent_datagram d = last();
    nak.xid = xid_of(&d);
    say(&nak);
    cr_assert_eq(r->nif->address[0].addr.family, ADDR_NONE);
    rig_run(r, r->now_ns);
    d = last();
    check_message(&d, DISCOVER);
    cr_assert_eq(d.src, 0);
    cr_assert_eq(results[1], -ERR_CONNREFUSED);
}

/* RFC2131-3.7-1: the cable was out; the lease is verified, and holds when nobody answers. */
Test(dhcp_keep, carrier_comes_back)
{
    struct reply ack = normal(ACK, 0);
    bind_with(&ack);
    rig_run(r, 10 * SECOND);
    netif_link(r->nif, false, r->now_ns);
    netif_link(r->nif, true, r->now_ns);
    struct sent_datagram d = last();
    check_message(&d, REQUEST);
    cr_assert_eq(option32(&d, 50), RIG_ADDRESS);
    cr_assert_eq(d.src, 0);
    cr_assert_not_null(dhcp_lease(r->s, r->nif));
    rig_run(r, 80 * SECOND);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
    uint32_t n = udp_frames();
    rig_run(r, 500 * SECOND);
    cr_assert_eq(udp_frames(), n + 1);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_RENEWING);
}

/* RFC2131-4.4.5-8: while it is being verified, a lease ends on time. */
Test(dhcp_keep, lease_ends_while_verified)
{
    struct reply ack = normal(ACK, 0);
    ack.lease_s = 20;
    bind_with(&ack);
    rig_run(r, 9 * SECOND);
    netif_link(r->nif, false, r->now_ns);
    netif_link(r->nif, true, r->now_ns);
    rig_run(r, 20 * SECOND - 1);
    cr_assert_not_null(dhcp_lease(r->s, r->nif));
    rig_run(r, 20 * SECOND);
    cr_assert_eq(r->nif->address[0].addr.family, ADDR_NONE);
    struct sent_datagram d = last();
    check_message(&d, DISCOVER);
}

/* RFC2131-4.4.6-1, 4.4.1-13: unicast, though the server's link address has yet to be asked for when
 * the address is gone. */
Test(dhcp_keep, release)
{
    uint8_t frame[60];
    unsigned len;
    struct reply ack = normal(ACK, 0);
    stack_knob_set(r->s, "dhcp.check", 0);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    offer_and_ack(&ack);
    cr_assert_eq(dhcp_release(r->s, r->nif, 0), 0);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_STOPPED);
    rig_receive(r, frame, rig_arp(frame, rig_mac, 2, rig_peer, SERVER, rig_mac, RIG_ADDRESS));
    struct sent_datagram d = last();
    check_message(&d, RELEASE);
    cr_assert_eq(d.src, RIG_ADDRESS);
    cr_assert_eq(d.dst, SERVER);
    cr_assert_eq(rig_get32(d.payload + 12), RIG_ADDRESS, "ciaddr");
    cr_assert_eq(option32(&d, 54), SERVER);
    cr_assert_null(option(&d, 50, &len));
    cr_assert_null(option(&d, 55, &len));
    cr_assert_eq(r->nif->address[0].addr.family, ADDR_NONE);
}

/* RFC2132-5.1-1: the MTU of a lease goes with it; what the user set meanwhile is his, and the next
 * renewal leaves it alone. */
Test(dhcp_keep, mtu_of_the_lease_and_of_the_user)
{
    static const uint8_t mtu[] = {26, 2, 1000 >> 8, 1000 & 0xff};
    struct reply ack = normal(ACK, 0);
    ack.more = mtu;
    ack.more_len = sizeof mtu;
    bind_with(&ack);
    cr_assert_eq(r->nif->mtu, 1000);
    cr_assert_eq(netif_set_mtu(r->nif, 1200), 0);
    rig_run(r, 500 * SECOND);
    struct sent_datagram d = last();
    ack.xid = xid_of(&d);
    ack.to = RIG_ADDRESS;
    say(&ack);
    cr_assert_eq(r->nif->mtu, 1200);
    dhcp_stop(r->s, r->nif, r->now_ns);
    cr_assert_eq(r->nif->mtu, 1200);
}

/* A mask changes in place, or not at all. */
Test(dhcp_keep, prefix_in_place)
{
    struct reply ack = normal(ACK, 0);
    bind_with(&ack);
    struct ip_addr own = addr_ipv4(RIG_ADDRESS), other = addr_ipv4(RIG_ADDRESS + 1);
    cr_assert_eq(netif_set_prefix(r->nif, &other, 24, r->now_ns), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(netif_set_prefix(r->nif, &own, 33, r->now_ns), -ERR_INVAL);
    cr_assert_eq(netif_set_prefix(r->nif, &own, 28, r->now_ns), -ERR_INVAL);
    cr_assert_eq(r->nif->address[0].prefix, 24);
    cr_assert_eq(netif_set_prefix(r->nif, &own, 25, r->now_ns), 0);
    cr_assert_eq(r->nif->address[0].prefix, 25);
    cr_assert_not(r->nif->address[0].tentative);
}
