/* One question for the time, against replies by hand: RFC 4330, RFC 5905. */
#include "stack/service/sntp.h"
#include "tests/service/service.h"

static struct sntp_time sntp;

static void sntp_done(void *ctx, struct stack *st, int got, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)st;
    note(got, now_ns);
    if (data)
        sntp = *(const struct sntp_time *)data;
}

static int ask_time(void)
{
    struct ip_addr server = addr_ipv4(RIG_PEER);
    return sntp_query(s, &server, sntp_done, NULL, r->now_ns);
}

struct ntp {
    uint8_t first, stratum; /* 0: 0x24, as normal */
    uint32_t refid, dispersion;
    uint32_t t2, t3; /* seconds since 1900 */
    uint32_t t3_fraction;
    bool no_origin;
};

static void time_reply(const struct sent_datagram *q, const struct ntp *n)
{
    uint8_t m[48];
    memset(m, 0, sizeof m);
    m[0] = n->first ? n->first : 0x24;
    m[1] = n->stratum;
    rig_put32(m + 8, n->dispersion);
    rig_put32(m + 12, n->refid);
    if (!n->no_origin)
        memcpy(m + 24, q->payload + 40, 8);
    rig_put32(m + 32, n->t2);
    rig_put32(m + 40, n->t3);
    rig_put32(m + 44, n->t3_fraction);
    datagram_receive(r,
                     &(struct datagram){
                         .sport = 123, .dport = (uint16_t)q->sport, .payload = m, .len = sizeof m});
}

TestSuite(sntp, .init = open_rig, .fini = close_rig);

/* RFC5905-7.3-1, -2, RFC9109-3-1; RFC5905-8-4: T1 10 s, T2 100 s later, T3 1 s on, T4 13 s: offset
 * (100 + 98) / 2, delay 2. */
Test(sntp, one_exchange)
{
    r->now_ns = 10 * SECOND;
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    cr_assert_eq(q.dport, 123);
    cr_assert_geq(q.sport, 49152);
    cr_assert_eq(q.len, 48);
    cr_assert_eq(q.payload[0], 0x23);
    for (int i = 1; i < 40; i++)
        cr_assert_eq(q.payload[i], 0);
    cr_assert(rig_get32(q.payload + 40) != 0 || rig_get32(q.payload + 44) != 0);
    r->now_ns = 13 * SECOND;
    const uint32_t t2 = 2208988800u + 1577836800u + 110;
    time_reply(&q, &(struct ntp){.stratum = 2, .t2 = t2, .t3 = t2 + 1});
    cr_assert_eq(result, 0);
    cr_assert_eq(sntp.offset_ns, (1577836800 + 99) * SECOND);
    cr_assert_eq(sntp.delay_ns, 2 * SECOND);
    cr_assert_eq(sntp.unix_s, 1577836800 + 112);
    cr_assert_eq(sntp.unix_ns, 0);
}

/* RFC5905-6-1: below the top bit it is 2036 or later; era 1 began at 2085978496. */
Test(sntp, era_1)
{
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    time_reply(&q, &(struct ntp){.stratum = 1, .t2 = 16, .t3 = 16, .t3_fraction = 0x80000000});
    cr_assert_eq(sntp.unix_s, 2085978496 + 16);
    cr_assert_eq(sntp.unix_ns, 250000000); /* half of T3's half second */
}

/* RFC5905-8-1, -3, 7.3-3 to -8, -10: each is dropped by name, and the wait goes on. */
Test(sntp, replies_that_are_of_no_use)
{
    static const struct {
        struct ntp n;
        const char *counter;
    } cases[] = {
        {{.stratum = 2, .t3 = 1, .no_origin = true}, "sntp.drop.origin"},
        {{.first = 0x23, .stratum = 2, .t3 = 1}, "sntp.drop.mode"},
        {{.first = 0x25, .stratum = 2, .t3 = 1}, "sntp.drop.mode"},
        {{.first = 0x04, .stratum = 2, .t3 = 1}, "sntp.drop.version"},
        {{.first = 0x2c, .stratum = 2, .t3 = 1}, "sntp.drop.version"},
        {{.first = 0xe4, .stratum = 2, .t3 = 1}, "sntp.drop.unsynchronized"},
        {{.stratum = 16, .t3 = 1}, "sntp.drop.stratum"},
        {{.stratum = 255, .t3 = 1}, "sntp.drop.stratum"},
        {{.stratum = 2}, "sntp.drop.transmit_zero"},
        {{.stratum = 2, .t3 = 1, .dispersion = 17 << 16}, "sntp.drop.distance"},
        {{.stratum = 0, .t3 = 1, .refid = 0x58414243}, "sntp.drop.kiss_unknown"},
        {{.stratum = 0, .t3 = 1, .refid = 0x44454e59, .no_origin = true}, "sntp.drop.origin"},
    };
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t before = rig_counter(r, cases[i].counter);
        time_reply(&q, &cases[i].n);
        cr_assert_eq(rig_counter(r, cases[i].counter), before + 1, "case %zu: %s", i,
                     cases[i].counter);
        cr_assert_eq(calls, 0, "case %zu", i);
    }
    datagram_receive(
        r, &(struct datagram){
               .sport = 123, .dport = (uint16_t)q.sport, .payload = q.payload, .len = 47});
    cr_assert_eq(rig_counter(r, "sntp.drop.short"), 1);
    time_reply(&q, &(struct ntp){.stratum = 2, .t2 = 1, .t3 = 1});
    cr_assert_eq(calls, 1);
}

/* RFC4330-10-1, -2: 16 s, then twice that, and so on; each with a nonce of its own. */
Test(sntp, silence)
{
    static const int64_t at[] = {0, 16, 48, 112};
    cr_assert_eq(ask_time(), 0);
    cr_assert_eq(ask_time(), -ERR_BUSY);
    rig_run(r, 1000 * SECOND);
    cr_assert_eq(r->sent_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(sent_udp(r, i).at_ns, at[i] * SECOND, "request %u", i);
        for (uint32_t k = 0; k < i; k++)
            cr_assert_arr_neq(sent_udp(r, k).payload + 40, sent_udp(r, i).payload + 40, 8);
    }
    cr_assert_eq(result, -ERR_TIMEDOUT);
    cr_assert_eq(ended_ns, 240 * SECOND);
}

/* RFC4330-10-1: also from one query to the next. */
Test(sntp, two_queries_keep_the_pace)
{
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    time_reply(&q, &(struct ntp){.stratum = 2, .t2 = 1, .t3 = 1});
    cr_assert_eq(ask_time(), 0);
    cr_assert_eq(r->sent_count, 1);
    rig_run(r, 16 * SECOND);
    cr_assert_eq(r->sent_count, 2);
    q = last_udp(r);
    time_reply(&q, &(struct ntp){.stratum = 2, .t2 = 1, .t3 = 1});
    cr_assert_eq(calls, 2);
}

/* RFC5905-7.4-1, -5. */
Test(sntp, kiss_deny)
{
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    time_reply(&q, &(struct ntp){.first = 0xe4, .refid = 0x44454e59, .t2 = 1, .t3 = 1});
    cr_assert_eq(result, -ERR_ACCES);
    rig_run(r, 100 * SECOND);
    cr_assert_eq(ask_time(), -ERR_ACCES);
    cr_assert_eq(r->sent_count, 1);
}

/* RFC5905-7.4-2: asked to slow down, it waits twice as long; and so again. */
Test(sntp, kiss_rate)
{
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    time_reply(&q, &(struct ntp){.refid = 0x52415445, .t3 = 1});
    rig_run(r, 40 * SECOND);
    cr_assert_eq(r->sent_count, 2);
    q = last_udp(r);
    cr_assert_eq(q.at_ns, 32 * SECOND);
    time_reply(&q, &(struct ntp){.refid = 0x52415445, .t3 = 1});
    rig_run(r, 100 * SECOND);
    cr_assert_eq(r->sent_count, 3);
    q = last_udp(r);
    cr_assert_eq(q.at_ns, 96 * SECOND);
    time_reply(&q, &(struct ntp){.stratum = 2, .t2 = 1, .t3 = 1});
    cr_assert_eq(result, 0);
    /* An answer does not make it forget: 16, 32, 64. */
    cr_assert_eq(ask_time(), 0);
    rig_run(r, 200 * SECOND);
    cr_assert_eq(sent_udp(r, 3).at_ns, (96 + 64) * SECOND);
    rig_run(r, 5000 * SECOND);
}

Test(sntp, nobody_there)
{
    cr_assert_eq(ask_time(), 0);
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(result, -ERR_CONNREFUSED);
}

/* RFC 5905 7.2: a root distance of MAXDISP, 16 s, is too far; a little below is not. */
Test(sntp, distance_at_its_bound)
{
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    time_reply(&q, &(struct ntp){.stratum = 2, .t2 = 1, .t3 = 1, .dispersion = 16u << 16});
    cr_assert_eq(rig_counter(r, "sntp.drop.distance"), 1);
    cr_assert_eq(calls, 0);
    time_reply(&q, &(struct ntp){.stratum = 15, .t2 = 1, .t3 = 1, .dispersion = (16u << 16) - 1});
    cr_assert_eq(calls, 1);
    cr_assert_eq(sntp.stratum, 15);
}

/* RFC 5905 6: half a second before 1970 is second -1 and a half, and a whole second is none. */
Test(sntp, before_1970)
{
    const uint32_t unix_epoch = 2208988800u;
    cr_assert_eq(ask_time(), 0);
    struct sent_datagram q = last_udp(r);
    time_reply(&q, &(struct ntp){.stratum = 1, .t3 = unix_epoch - 1, .t3_fraction = 0x80000000});
    cr_assert_eq(sntp.unix_s, -1);
    cr_assert_eq(sntp.unix_ns, 500000000);
    r->now_ns = 0;
    rig_run(r, 100 * SECOND);
    int64_t asked_ns = r->now_ns;
    cr_assert_eq(ask_time(), 0);
    q = last_udp(r);
    time_reply(&q, &(struct ntp){.stratum = 1, .t3 = unix_epoch - 2});
    cr_assert_eq(sntp.unix_s, -2);
    cr_assert_eq(sntp.unix_ns, 0);
    cr_assert_eq(sntp.offset_ns, -2 * SECOND - asked_ns);
}
