/* The DHCP client against messages written by hand: RFC 2131 figure 5, tables 4 and 5. Times are
 * virtual. */
#include "stack/net/ip.h"
#include "stack/service/dhcp.h"
#include "tests/transport/datagram.h"

#define SERVER RIG_PEER
#define SECOND RIG_SECOND

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

static struct rig *r;
static int results[16];
static unsigned result_count;

static void done(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)s;
    (void)data;
    (void)now_ns;
    cr_assert_lt(result_count, 16);
    results[result_count++] = result;
}

static void open_rig(void)
{
    r = rig_open(NULL, NULL, false);
    result_count = 0;
    stack_knob_set(r->s, "dhcp.start_delay", 0);
}

static void close_rig(void)
{
    dhcp_stop(r->s, r->nif, r->now_ns);
    rig_close(r);
}

TestSuite(dhcp, .init = open_rig, .fini = close_rig);

/* --- what the client sent --- */

static uint32_t udp_frames(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->sent_count; i++)
        n += sent_is_udp(&r->sent[i]);
    return n;
}

/* The nth datagram, whatever ARP is in between. */
static struct sent_datagram nth(uint32_t n)
{
    for (uint32_t i = 0; i < r->sent_count; i++)
        if (sent_is_udp(&r->sent[i]) && n-- == 0)
            return sent_udp(r, i);
    cr_assert_fail("there is no such datagram; %u were sent", udp_frames());
    return (struct sent_datagram){0};
}

static struct sent_datagram last(void)
{
    return nth(udp_frames() - 1);
}

/* An option's value, NULL without; *len its length. */
static const uint8_t *option(const struct sent_datagram *d, uint8_t code, unsigned *len)
{
    for (uint32_t at = 240; at + 1 < d->len && d->payload[at] != 255;
         at += d->payload[at] ? 2u + d->payload[at + 1] : 1u)
        if (d->payload[at] == code) {
            *len = d->payload[at + 1];
            return d->payload + at + 2;
        }
    return NULL;
}

static uint32_t option32(const struct sent_datagram *d, uint8_t code)
{
    unsigned len;
    const uint8_t *value = option(d, code, &len);
    return value && len == 4 ? rig_get32(value) : 0;
}

static int type_of(const struct sent_datagram *d)
{
    unsigned len;
    const uint8_t *value = option(d, 53, &len);
    return value && len == 1 ? value[0] : -1;
}

static uint32_t xid_of(const struct sent_datagram *d)
{
    return rig_get32(d->payload + 4);
}

/* RFC 2131 table 5 and figure 1: what every message has. */
static void check_message(const struct sent_datagram *d, int type)
{
    static const uint8_t cookie[] = {99, 130, 83, 99};
    cr_assert_eq(type_of(d), type, "type %d, not %d", type_of(d), type);
    cr_assert_eq(d->sport, 68);
    cr_assert_eq(d->dport, 67);
    cr_assert_geq(d->len, 300);
    cr_assert_arr_eq(d->payload, "\1\1\6\0", 4);
    cr_assert_eq(rig_get16(d->payload + 10), 0, "flags");
    cr_assert_eq(rig_get32(d->payload + 16), 0, "yiaddr");
    cr_assert_arr_eq(d->payload + 28, rig_mac, 6);
    for (int i = 34; i < 236; i++)
        cr_assert_eq(d->payload[i], 0, "octet %d", i);
    cr_assert_arr_eq(d->payload + 236, cookie, 4);
    unsigned len;
    const uint8_t *id = option(d, 61, &len);
    cr_assert(id && len == 7 && id[0] == 1 && memcmp(id + 1, rig_mac, 6) == 0, "client identifier");
}

/* --- what the server says --- */

struct reply {
    int type;
    uint32_t xid, yiaddr, to; /* to 0: broadcast */
    uint32_t server, lease_s, t1_s, t2_s, mask, router;
    uint8_t op; /* 0: 2 */
    const void *more;
    uint32_t more_len;
};

static uint32_t put32(uint8_t *m, uint32_t at, uint8_t code, uint32_t value)
{
    if (!value)
        return at;
    m[at] = code;
    m[at + 1] = 4;
    rig_put32(m + at + 2, value);
    return at + 6;
}

static void say(const struct reply *p)
{
    uint8_t m[548];
    memset(m, 0, sizeof m);
    m[0] = p->op ? p->op : 2;
    m[1] = 1;
    m[2] = 6;
    rig_put32(m + 4, p->xid);
    rig_put32(m + 16, p->yiaddr);
    memcpy(m + 28, rig_mac, 6);
    rig_put32(m + 236, 0x63825363);
    uint32_t at = 240;
    if (p->type) {
        m[at++] = 53;
        m[at++] = 1;
        m[at++] = (uint8_t)p->type;
    }
    at = put32(m, at, 54, p->server);
    at = put32(m, at, 51, p->lease_s);
    at = put32(m, at, 58, p->t1_s);
    at = put32(m, at, 59, p->t2_s);
    at = put32(m, at, 1, p->mask);
    at = put32(m, at, 3, p->router);
    if (p->more_len)
        memcpy(m + at, p->more, p->more_len);
    m[at + p->more_len] = 255;
    datagram_receive(r, &(struct datagram){.src = SERVER,
                                           .dst = p->to ? p->to : 0xffffffff,
                                           .sport = 67,
                                           .dport = 68,
                                           .payload = m,
                                           .len = sizeof m});
}

static struct reply normal(int type, uint32_t xid)
{
    return (struct reply){.type = type,
                          .xid = xid,
                          .yiaddr = RIG_ADDRESS,
                          .server = SERVER,
                          .lease_s = 1000,
                          .mask = 0xffffff00,
                          .router = RIG_PEER};
}

static void offer_and_ack(const struct reply *ack)
{
    struct sent_datagram d = last();
    struct reply offer = normal(OFFER, xid_of(&d));
    say(&offer);
    struct reply p = *ack;
    d = last();
    p.xid = xid_of(&d);
    say(&p);
}

/* From the start to BOUND at `r->now_ns`, without the address check. */
static void bind_with(const struct reply *ack)
{
    stack_knob_set(r->s, "dhcp.check", 0);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, r->now_ns), 0);
    rig_run(r, r->now_ns);
    offer_and_ack(ack);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
    struct ip_addr server = addr_ipv4(SERVER);
    neighbour_add(r->nif, &server, rig_peer, r->now_ns);
}

/* --- obtaining --- */

/* RFC2131-3.1-1, -3, -4, 4.4.1-6; the address check's probes, then BOUND with address and route. */
Test(dhcp, from_discover_to_bound)
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
Test(dhcp, discover_is_sent_again_ever_slower)
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
Test(dhcp, starts_after_one_to_ten_seconds)
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
Test(dhcp, request_unanswered)
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
Test(dhcp, unicast_before_there_is_an_address)
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
Test(dhcp, offers_that_are_of_no_use)
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

Test(dhcp, acks_that_are_of_no_use)
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
Test(dhcp, naks_slow_us_down)
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

/* --- the address is in use --- */

/* RFC2131-3.1-7, -8, 4.4.1-12, -13: somebody answers a probe. */
Test(dhcp, decline)
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

/* --- keeping --- */

/* RFC2131-4.4.5-2, -4, -5, -6, -7, -8: T1 500, T2 875, expiry 1000. */
Test(dhcp, renewing_rebinding_expiry)
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
Test(dhcp, renewed_lease_counts_from_its_request)
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
Test(dhcp, times_of_the_server)
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
Test(dhcp, infinite_lease)
{
    struct reply ack = normal(ACK, 0);
    ack.lease_s = 0xffffffff;
    bind_with(&ack);
    uint32_t n = r->sent_count;
    rig_run(r, INT64_C(10) * 365 * 86400 * SECOND);
    cr_assert_eq(r->sent_count, n);
}

/* RFC2131-4.4.5-11, 4.4-2. */
Test(dhcp, nak_in_renewing)
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

/* --- INIT-REBOOT, release, inform --- */

/* RFC2131-3.2-1, -2, 4.4.2-1; silence leads to INIT. */
Test(dhcp, remembered_address)
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

/* RFC2131-3.7-1: the cable was out; the lease is verified, and holds when nobody answers. */
Test(dhcp, carrier_comes_back)
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
Test(dhcp, lease_ends_while_verified)
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
Test(dhcp, release)
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

/* RFC2131-4.4.3-1, -2, -3, -4. */
Test(dhcp, inform)
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
