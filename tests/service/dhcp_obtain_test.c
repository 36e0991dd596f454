/* The DHCP client on its way to a lease, or to parameters alone: RFC 2131 figure 5, tables 4 and 5.
 */
#include "stack/net/ip.h"
#include "tests/service/dhcp_rig.h"

TestSuite(dhcp_obtain, .init = open_rig, .fini = close_rig);

/* RFC2131-3.1-1, -3, -4, 4.4.1-6; the address check's probes, then BOUND with address and route. */
Test(dhcp_obtain, from_discover_to_bound)
{
    unsigned len;
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    struct sent_datagram discover = last();
    check_message(&discover, DISCOVER);
    cr_assert_eq(discover.src, 0);
    cr_assert_eq(discover.dst, 0xffffffff);
    cr_assert_null(option(&discover, 54, &len));
    cr_assert_null(option(&discover, 50, &len));
    cr_assert_geq(rig_get16(option(&discover, 57, &len)), 576);
    struct reply p = normal(OFFER, xid_of(&discover));
    say(&p);
    struct sent_datagram request = last();
    check_message(&request, REQUEST);
    cr_assert_eq(xid_of(&request), xid_of(&discover));
    cr_assert_eq(rig_get16(request.payload + 8), rig_get16(discover.payload + 8), "secs");
    cr_assert_eq(option32(&request, 54), SERVER);
    cr_assert_eq(option32(&request, 50), RIG_ADDRESS);
    cr_assert_eq(rig_get32(request.payload + 12), 0, "ciaddr");
    cr_assert_eq(request.src, 0);
    cr_assert_eq(request.dst, 0xffffffff);
    p.type = ACK;
    say(&p);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_CHECKING);
    rig_run(r, 10 * SECOND); /* RFC 5227: at most 1 + 2 + 2 + 2 s */
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
    cr_assert_eq(result_count, 1);
    cr_assert_eq(results[0], 0);
    struct ip_addr far = addr_ipv4(0xc0000201);
    struct ip_path path;
    cr_assert_eq(ip_path(r->s, &far, NULL, NULL, &path), 0);
    cr_assert_eq(path.next_hop.word[0], RIG_PEER);
    cr_assert_eq(path.source.word[0], RIG_ADDRESS);
}

/* RFC2131-4.1-5: 4, 8, 16, 32, 64, 64 s, each give or take one, secs counting. */
Test(dhcp_obtain, discover_is_sent_again_ever_slower)
{
    static const int64_t gaps[] = {4, 8, 16, 32, 64, 64};
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 200 * SECOND);
    cr_assert_geq(udp_frames(), 7);
    bool exact = true;
    for (uint32_t i = 0; i < 6; i++) {
        struct sent_datagram a = nth(i), b = nth(i + 1);
        int64_t gap = b.at_ns - a.at_ns;
        cr_assert(gap >= (gaps[i] - 1) * SECOND && gap <= (gaps[i] + 1) * SECOND, "gap %u", i);
        exact = exact && gap == gaps[i] * SECOND;
        cr_assert_eq(xid_of(&a), xid_of(&b));
        cr_assert_eq(rig_get16(b.payload + 8), (unsigned)(b.at_ns / SECOND), "secs");
    }
    cr_assert_not(exact, "not random");
}

/* RFC2131-4.4.1-1. */
Test(dhcp_obtain, starts_after_one_to_ten_seconds)
{
    stack_knob_set(r->s, "dhcp.start_delay", 10 * SECOND);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, SECOND - 1);
    cr_assert_eq(udp_frames(), 0);
    rig_run(r, 10 * SECOND);
    cr_assert_geq(udp_frames(), 1);
}

/* RFC2131-3.1-10, -11: four requests in a minute, then over again from INIT with another xid, and
 * the caller hears of it. */
Test(dhcp_obtain, request_unanswered)
{
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    struct sent_datagram d = last();
    struct reply p = normal(OFFER, xid_of(&d));
    say(&p);
    rig_run(r, 65 * SECOND);
    for (uint32_t i = 1; i <= 4; i++) {
        struct sent_datagram request = nth(i);
        check_message(&request, REQUEST);
    }
    struct sent_datagram again = nth(5);
    check_message(&again, DISCOVER);
    cr_assert_neq(xid_of(&again), xid_of(&d));
    cr_assert(again.at_ns >= 56 * SECOND && again.at_ns <= 64 * SECOND);
    cr_assert_eq(results[0], -ERR_TIMEDOUT);
}

/* RFC2131-4.1-8: the answer comes to the address that we do not have yet. */
Test(dhcp_obtain, unicast_before_there_is_an_address)
{
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    struct sent_datagram d = last();
    struct reply p = normal(OFFER, xid_of(&d));
    p.to = RIG_ADDRESS;
    say(&p);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_REQUESTING);
}

/* Each of these leaves the client where it is, under a name of its own. */
Test(dhcp_obtain, offers_that_are_of_no_use)
{
    static const uint8_t other_id[] = {61, 7, 1, 2, 2, 2, 2, 2, 2}, overrun[] = {12, 200};
    static const struct {
        struct reply p;
        const char *counter;
    } cases[] = {
        {{.type = OFFER, .xid = 1}, "dhcp.drop.xid"},
        {{.type = OFFER, .op = 1}, "dhcp.drop.op"},
        {{.type = 0}, "dhcp.drop.no_type"},
        {{.type = OFFER, .server = 1}, "dhcp.drop.no_server"},
        {{.type = OFFER, .yiaddr = 0xffffffff}, "dhcp.drop.address"},
        {{.type = OFFER, .yiaddr = 0x7f000001}, "dhcp.drop.address"},
        {{.type = OFFER, .yiaddr = 0xe0000001}, "dhcp.drop.address"},
        {{.type = ACK}, "dhcp.drop.unexpected"},
        {{.type = NAK}, "dhcp.drop.unexpected"},
        {{.type = 9}, "dhcp.drop.unexpected"},
        {{.type = OFFER, .more = other_id, .more_len = sizeof other_id}, "dhcp.drop.client_id"},
        {{.type = OFFER, .more = overrun, .more_len = sizeof overrun}, "dhcp.drop.malformed"},
    };
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    struct sent_datagram d = last();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply p = normal(OFFER, xid_of(&d));
        const struct reply *bad = &cases[i].p;
        p.type = bad->type;
        p.op = bad->op;
        p.xid += bad->xid;
        p.server = bad->server == 1 ? 0 : p.server;
        p.yiaddr = bad->yiaddr ? bad->yiaddr : p.yiaddr;
        p.more = bad->more;
        p.more_len = bad->more_len;
        if (bad->more == overrun) /* nothing but the length says more */
            p.more_len = 2;
        uint64_t before = rig_counter(r, cases[i].counter);
        if (strcmp(cases[i].counter, "dhcp.drop.malformed") == 0) {
            uint8_t m[242] = {2, 1, 6};
            rig_put32(m + 236, 0x63825363);
            memcpy(m + 240, overrun, 2);
            datagram_receive(
                r, &(struct datagram){
                       .dst = 0xffffffff, .sport = 67, .dport = 68, .payload = m, .len = 242});
        } else {
            say(&p);
        }
        cr_assert_eq(rig_counter(r, cases[i].counter), before + 1, "case %zu: %s", i,
                     cases[i].counter);
        cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_SELECTING, "case %zu", i);
    }
}

Test(dhcp_obtain, acks_that_are_of_no_use)
{
    stack_knob_set(r->s, "dhcp.check", 0);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    struct sent_datagram d = last();
    struct reply p = normal(OFFER, xid_of(&d));
    say(&p);
    p.type = ACK;
    p.lease_s = 0;
    say(&p);
    cr_assert_eq(rig_counter(r, "dhcp.drop.no_lease"), 1);
    p.lease_s = 1000;
    p.yiaddr++;
    say(&p);
    cr_assert_eq(rig_counter(r, "dhcp.drop.other_address"), 1);
    p.yiaddr--;
    p.server++;
    say(&p);
    cr_assert_eq(rig_counter(r, "dhcp.drop.other_server"), 1);
    p.type = NAK;
    say(&p);
    cr_assert_eq(rig_counter(r, "dhcp.drop.other_server"), 2);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_REQUESTING);
    p.type = ACK;
    p.server--;
    say(&p);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
}

/* RFC2131-3.1-9, and what it does not say: a server that refuses for ever is not asked for ever at
 * its own speed. */
Test(dhcp_obtain, naks_slow_us_down)
{
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    for (int i = 0; i < 4; i++) {
        struct sent_datagram d = last();
        check_message(&d, DISCOVER);
        struct reply p = normal(OFFER, xid_of(&d));
        say(&p);
        p.type = NAK;
        int64_t refused_ns = r->now_ns;
        uint32_t before = udp_frames() + 0;
        say(&p);
        rig_run(r, r->now_ns + (i == 0 ? 0 : 2 * SECOND));
        cr_assert_eq(udp_frames(), before + (i == 0), "refusal %d", i);
        while (udp_frames() == before)
            rig_run(r, r->now_ns + SECOND);
        cr_assert_leq(r->now_ns, refused_ns + 70 * SECOND);
    }
}

/* RFC2131-3.1-7, -8, 4.4.1-12, -13: somebody answers a probe. */
Test(dhcp_obtain, decline)
{
    uint8_t frame[60];
    unsigned len;
    struct reply ack = normal(ACK, 0);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 0);
    offer_and_ack(&ack);
    rig_run(r, SECOND);
    rig_receive(r, frame, rig_arp(frame, rig_mac, 2, rig_peer, RIG_ADDRESS, rig_mac, 0));
    struct sent_datagram d = last();
    check_message(&d, DECLINE);
    cr_assert_eq(option32(&d, 50), RIG_ADDRESS);
    cr_assert_eq(option32(&d, 54), SERVER);
    cr_assert_eq(rig_get32(d.payload + 12), 0, "ciaddr");
    cr_assert_eq(d.src, 0);
    cr_assert_eq(d.dst, 0xffffffff);
    cr_assert_null(option(&d, 55, &len));
    cr_assert_null(option(&d, 57, &len));
    cr_assert_null(option(&d, 51, &len));
    cr_assert_eq(results[0], -ERR_ADDRINUSE);
    uint32_t n = udp_frames();
    rig_run(r, 11 * SECOND - 1);
    cr_assert_eq(udp_frames(), n, "within ten seconds");
    rig_run(r, 11 * SECOND);
    d = last();
    check_message(&d, DISCOVER);
}

/* RFC2131-3.2-1, -2, 4.4.2-1; silence leads to INIT. */
Test(dhcp_obtain, remembered_address)
{
    unsigned len;
    cr_assert_eq(dhcp_start(r->s, r->nif, RIG_ADDRESS, done, NULL, 0), 0);
    struct sent_datagram d = last();
    check_message(&d, REQUEST);
    cr_assert_eq(option32(&d, 50), RIG_ADDRESS);
    cr_assert_null(option(&d, 54, &len));
    cr_assert_eq(rig_get32(d.payload + 12), 0, "ciaddr");
    cr_assert_eq(d.src, 0);
    cr_assert_eq(d.dst, 0xffffffff);
    struct reply ack = normal(ACK, xid_of(&d));
    stack_knob_set(r->s, "dhcp.check", 0);
    say(&ack);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
    dhcp_stop(r->s, r->nif, 0);
    cr_assert_eq(dhcp_start(r->s, r->nif, RIG_ADDRESS, done, NULL, 0), 0);
    rig_run(r, 64 * SECOND);
    d = last();
    check_message(&d, DISCOVER);
}

/* RFC2131-4.4.3-1, -2, -3, -4. */
Test(dhcp_obtain, inform)
{
    struct ip_addr own = addr_ipv4(RIG_ADDRESS);
    unsigned len = 0;
    cr_assert_eq(dhcp_inform(r->s, r->nif, done, NULL, 0), -ERR_ADDRNOTAVAIL);
    netif_add_address(r->nif, &own, 24, false, 0);
    cr_assert_eq(dhcp_inform(r->s, r->nif, done, NULL, 0), 0);
    struct sent_datagram d = last();
    check_message(&d, INFORM);
    cr_assert_eq(rig_get32(d.payload + 12), RIG_ADDRESS, "ciaddr");
    cr_assert_eq(d.src, RIG_ADDRESS);
    const uint8_t *list = option(&d, 55, &len);
    cr_assert(list, "no parameter request list");
    for (unsigned i = 0; i < len; i++)
        cr_assert(list[i] != 51 && list[i] != 58 && list[i] != 59);
    struct reply ack = {.type = ACK, .xid = xid_of(&d), .to = RIG_ADDRESS, .server = SERVER};
    say(&ack);
    cr_assert_eq(results[0], 0);
    cr_assert_eq(dhcp_inform(r->s, r->nif, done, NULL, 0), 0);
    rig_run(r, 64 * SECOND);
    cr_assert_eq(results[1], -ERR_TIMEDOUT);
    cr_assert_eq(udp_frames(), 5);
}
