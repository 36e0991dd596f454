/* The resolver's questions, sntp, ping, traceroute and echo, against packets by hand. */
#include "stack/net/ip.h"
#include "stack/service/dns.h"
#include "stack/service/ping.h"
#include "stack/service/sntp.h"
#include "stack/service/traceroute.h"
#include "stack/service/udp_echo.h"
#include "tests/transport/datagram.h"

#define SECOND RIG_SECOND

static struct rig *r;
static struct stack *s;
static unsigned calls;
static int result;
static int64_t ended_ns;
static struct dns_result dns;
static struct sntp_time sntp;
static struct ping_result ping;
static struct traceroute_result route;

static void open_rig(void)
{
    r = datagram_rig();
    s = r->s;
    calls = 0;
}

static void close_rig(void)
{
    rig_close(r);
}

static void note(int got, int64_t now_ns)
{
    calls++;
    result = got;
    ended_ns = now_ns;
}

/* --- DNS --- */

static void dns_done(void *ctx, struct stack *st, int got, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)st;
    note(got, now_ns);
    dns = *(const struct dns_result *)data;
}

static void resolve(const char *name)
{
    cr_assert_eq(dns_resolve(s, name, DNS_A, dns_done, NULL, r->now_ns), 0);
}

static void servers(unsigned count)
{
    struct ip_addr a[2] = {addr_ipv4(RIG_PEER), addr_ipv4(0x0a000203)};
    const uint8_t second[6] = {0x52, 0x55, 10, 0, 2, 3};
    neighbour_add(r->nif, &a[1], second, 0);
    cr_assert_eq(dns_set_servers(s, a, count), 0);
}

/* A reply to the query `q`: its header and question, then `tail`; flags and counts as given. */
static void answer(const struct sent_datagram *q, unsigned flags, unsigned answers,
                   const void *tail, uint32_t len)
{
    uint8_t m[512];
    memcpy(m, q->payload, q->len);
    rig_put16(m + 2, flags);
    rig_put16(m + 6, answers);
    if (len)
        memcpy(m + q->len, tail, len);
    datagram_receive(r, &(struct datagram){.src = q->dst,
                                           .sport = 53,
                                           .dport = (uint16_t)q->sport,
                                           .payload = m,
                                           .len = q->len + len});
}

static const uint8_t a_record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 5};

TestSuite(dns, .init = open_rig, .fini = close_rig);

/* RFC1035-4.1.1-1, -2: the header; RFC 1035 4.1.2: the question. Then the answer, and then the
 * cache. */
Test(dns, question_answer_cache)
{
    static const uint8_t rest[] = {1,   0,   0,   1,   0,   0,   0,   0, 0, 0, 1, 'a', 7,
                                   'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1};
    servers(1);
    resolve("a.example");
    struct sent_datagram q = last_udp(r);
    cr_assert_eq(q.dport, 53);
    cr_assert_geq(q.sport, 49152);
    cr_assert_eq(q.len, 2 + sizeof rest);
    cr_assert_arr_eq(q.payload + 2, rest, sizeof rest);
    answer(&q, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(result, 0);
    cr_assert_eq(dns.addr[0].word[0], 0xc0000205);
    uint32_t n = r->sent_count;
    rig_run(r, 60 * SECOND - 1);
    resolve("A.Example.");
    cr_assert_eq(calls, 2);
    cr_assert_eq(r->sent_count, n);
    rig_run(r, 60 * SECOND);
    resolve("a.example");
    cr_assert_eq(r->sent_count, n + 1);
    rig_run(r, 200 * SECOND);
    cr_assert_eq(calls, 3);
}

/* RFC5452-9.1-1: id, question, port, address; the wait goes on (9.1-2). */
Test(dns, forged_answers)
{
    servers(1);
    resolve("a.example");
    struct sent_datagram q = last_udp(r), forged = q;
    uint8_t m[64];
    memcpy(m, q.payload, q.len);
    m[1] ^= 1;
    forged.payload = m;
    answer(&forged, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(rig_counter(r, "dns.drop.id"), 1);
    m[1] ^= 1;
    m[13] = 'b';
    answer(&forged, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(rig_counter(r, "dns.drop.question"), 1);
    forged = q;
    forged.dst = 0x0a000203;
    answer(&forged, 0x8180, 1, a_record, sizeof a_record);
    forged = q;
    forged.sport ^= 1;
    answer(&forged, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(rig_counter(r, "udp.drop.no_port"), 2);
    answer(&q, 0x0180, 1, a_record, sizeof a_record);
    cr_assert_eq(rig_counter(r, "dns.drop.not_reply"), 1);
    cr_assert_eq(calls, 0);
    answer(&q, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 0);
}

/* RFC1035-4.2.1-2, RFC1123-6.1.3.3-3, -4: the other server first, then twice the patience; each
 * with its own id and port. */
Test(dns, silence)
{
    static const int64_t at[] = {0, 5, 10, 20, 30, 50};
    servers(2);
    resolve("a.example");
    rig_run(r, 200 * SECOND);
    cr_assert_eq(r->sent_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        struct sent_datagram q = sent_udp(r, i);
        cr_assert_eq(q.at_ns, at[i] * SECOND, "query %u", i);
        cr_assert_eq(q.dst, RIG_PEER + i % 2);
        for (uint32_t k = 0; k < i; k++) {
            struct sent_datagram before = sent_udp(r, k);
            cr_assert_neq(before.sport, q.sport);
            cr_assert_neq(rig_get16(before.payload), rig_get16(q.payload));
        }
    }
    cr_assert_eq(result, -ERR_TIMEDOUT);
    cr_assert_eq(ended_ns, 70 * SECOND);
    /* RFC1123-6.1.3.3-2: the failure is remembered for a while. */
    r->now_ns = 70 * SECOND;
    resolve("a.example");
    cr_assert_eq(calls, 2);
    cr_assert_eq(result, -ERR_TIMEDOUT);
}

/* RFC1035-4.1.1-5, 7.2-1: a server that fails hands on to the next, and is not asked again. */
Test(dns, server_failure)
{
    servers(2);
    resolve("a.example");
    struct sent_datagram q = last_udp(r);
    answer(&q, 0x8182, 0, NULL, 0);
    cr_assert_eq(r->sent_count, 2);
    q = last_udp(r);
    cr_assert_eq(q.dst, 0x0a000203);
    answer(&q, 0x8185, 0, NULL, 0);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(result, -ERR_IO);
    cr_assert_eq(dns.rcode, 5);
}

/* RFC1122-4.1.3.3: nobody at the port; on to the next at once. */
Test(dns, server_refuses_by_icmp)
{
    servers(2);
    resolve("a.example");
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(last_udp(r).dst, 0x0a000203);
    struct sent_datagram q = last_udp(r);
    answer(&q, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(result, 0);
}

/* RFC1034-3.6.2-2: an alias alone brings another question; the two TTLs' lower one holds for the
 * name. */
Test(dns, alias_without_address)
{
    static const uint8_t alias[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 30, 0, 4, 1, 'b', 0xc0, 14};
    servers(1);
    resolve("a.example");
    struct sent_datagram q = last_udp(r);
    answer(&q, 0x8180, 1, alias, sizeof alias);
    cr_assert_eq(r->sent_count, 2);
    q = last_udp(r);
    cr_assert_arr_eq(q.payload + 12, "\1b\7example", 10);
    answer(&q, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(result, 0);
    cr_assert_eq(dns.ttl_s, 30);
    cr_assert_str_eq(dns.name, "b.example");
}

/* RFC1034-3.6.2-1, RFC1123-6.1.3.3-1: aliases without end are followed for a while only. */
Test(dns, aliases_without_end)
{
    uint8_t alias[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 30, 0, 4, 1, 'b', 0xc0, 14};
    servers(1);
    resolve("a.example");
    for (int i = 0; i < 40 && !calls; i++) {
        struct sent_datagram q = last_udp(r);
        alias[13] = (uint8_t)('b' + i % 20);
        answer(&q, 0x8180, 1, alias, sizeof alias);
    }
    cr_assert_eq(result, -ERR_IO);
    cr_assert_eq(r->sent_count, 17);
}

/* RFC5452-5-1. Both hear; a cancelled one does not. */
Test(dns, equal_questions_are_asked_once)
{
    int one, two;
    servers(1);
    cr_assert_eq(dns_resolve(s, "a.example", DNS_A, dns_done, &one, 0), 0);
    cr_assert_eq(dns_resolve(s, "A.EXAMPLE", DNS_A, dns_done, &two, 0), 0);
    cr_assert_eq(dns_resolve(s, "b.example", DNS_A, dns_done, &two, 0),
                 -ERR_NOBUFS); /* the rig's limit is 2 */
    cr_assert_eq(r->sent_count, 1);
    cr_assert_eq(dns_cancel(s, &one), 0);
    cr_assert_eq(dns_cancel(s, &one), -ERR_NOENT);
    struct sent_datagram q = last_udp(r);
    answer(&q, 0x8180, 1, a_record, sizeof a_record);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 0);
}

/* Literal addresses, RFC6761-6.3-1, -6.4-1, bad names: at once, without a frame. */
Test(dns, answered_without_a_question)
{
    static const char *const bad[] = {
        "", "a..b", ".a",
        "0123456789012345678901234567890123456789012345678901234567890123.example"};
    resolve("192.0.2.7");
    cr_assert_eq(result, 0);
    cr_assert_eq(dns.addr[0].word[0], 0xc0000207);
    resolve("x.localhost");
    cr_assert_eq(dns.addr[0].word[0], 0x7f000001);
    resolve("x.invalid");
    cr_assert_eq(result, -ERR_NOENT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        resolve(bad[i]);
        cr_assert_eq(result, -ERR_INVAL, "\"%s\"", bad[i]);
    }
    cr_assert_eq(r->sent_count, 0);
    cr_assert_eq(dns_resolve(s, "a.example", DNS_A, dns_done, NULL, 0), -ERR_NETUNREACH);
}

/* RFC1035-3.5-1, RFC3596-2.5-1. */
Test(dns, reverse_names)
{
    struct ip_addr v4 = addr_ipv4(0xc0000205), v6 = {ADDR_IPV6, {0x20010db8, 0, 0, 1}};
    servers(1);
    cr_assert_eq(dns_reverse(s, &v4, dns_done, NULL, 0), 0);
    cr_assert_arr_eq(last_udp(r).payload + 12,
                     "\1"
                     "5\1"
                     "2\1"
                     "0\3"
                     "192\7in-addr\4arpa\0\0\14\0\1",
                     28);
    cr_assert_eq(dns_reverse(s, &v6, dns_done, NULL, 0), 0);
    cr_assert_arr_eq(last_udp(r).payload + 12,
                     "\1"
                     "1\1"
                     "0\1"
                     "0\1"
                     "0",
                     8);
    cr_assert_arr_eq(last_udp(r).payload + 12 + 64 - 16,
                     "\1"
                     "8\1"
                     "b\1"
                     "d\1"
                     "0\1"
                     "1\1"
                     "0\1"
                     "0\1"
                     "2\3ip6\4arpa",
                     26);
}

/* --- SNTP --- */

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

/* --- ping --- */

static void ping_done(void *ctx, struct stack *st, int got, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)st;
    note(got, now_ns);
    ping = *(const struct ping_result *)data;
}

/* Answers the nth frame, an echo request, with `change` added to the octet `at` of the ICMP
 * message. */
static void echo_reply(uint32_t n, uint32_t at, uint8_t change, bool sum)
{
    uint8_t icmp[DATAGRAM_BYTES], frame[DATAGRAM_BYTES];
    const uint8_t *ip = r->sent[n].bytes + 14;
    uint32_t len = rig_get16(ip + 2) - 20;
    cr_assert_eq(ip[20], 8, "not an echo request");
    cr_assert_eq(rig_sum(ip + 20, len), 0, "bad ICMP checksum");
    memcpy(icmp, ip + 20, len);
    icmp[0] = 0;
    icmp[2] = icmp[3] = 0;
    icmp[at] = (uint8_t)(icmp[at] + change);
    rig_put16(icmp + 2, rig_sum(icmp, len) ^ (sum ? 0 : 1));
    const struct rig_ip answer_ip = {.proto = 1};
    rig_receive(r, frame, rig_ipv4(frame, &answer_ip, icmp, len));
}

static void start_ping(uint32_t count)
{
    struct ping_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER);
    ping_defaults(&o, &to);
    o.count = count;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, r->now_ns), 0);
}

TestSuite(ping, .init = open_rig, .fini = close_rig);

/* One a second; min, max, total; a duplicate, a corrupt one and a stranger are told apart. */
Test(ping, statistics)
{
    start_ping(3);
    r->now_ns = SECOND / 100;
    echo_reply(0, 0, 0, true);
    echo_reply(0, 0, 0, true);
    rig_run(r, SECOND);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(r->sent[1].at_ns, SECOND);
    echo_reply(1, 20, 1, true);
    cr_assert_eq(rig_counter(r, "ping.in"), 3);
    echo_reply(1, 4, 1, true);
    cr_assert_eq(rig_counter(r, "ping.drop.id"), 1);
    echo_reply(1, 7, 9, true);
    cr_assert_eq(rig_counter(r, "ping.drop.seq"), 1);
    echo_reply(1, 20, 0, false);
    cr_assert_eq(rig_counter(r, "ping.drop.checksum"), 1);
    rig_run(r, 2 * SECOND);
    r->now_ns += SECOND / 50;
    echo_reply(2, 0, 0, true);
    cr_assert_eq(calls, 0, "the second is still out");
    rig_run(r, 10 * SECOND);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 2);
    cr_assert_eq(ended_ns, 3 * SECOND);
    cr_assert_eq(ping.sent, 3);
    cr_assert_eq(ping.duplicates, 1);
    cr_assert_eq(ping.corrupt, 1);
    cr_assert_eq(ping.min_ns, SECOND / 100);
    cr_assert_eq(ping.max_ns, SECOND / 50);
    cr_assert_eq(ping.total_ns, SECOND / 100 + SECOND / 50);
}

/* It ends with the last answer, not with its patience. */
Test(ping, all_answered)
{
    start_ping(1);
    r->now_ns = 5;
    echo_reply(0, 0, 0, true);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 1);
    cr_assert_eq(ended_ns, 5);
}

Test(ping, icmp_error)
{
    start_ping(1);
    icmp_about(r, 0, 3, 1, RIG_PEER);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 0);
    cr_assert_eq(ping.errors, 1);
    cr_assert_eq(ping.last_error, ERR_HOSTUNREACH);
}

/* The rig's limit is 2; what cannot be sent is an error, not a wait. */
Test(ping, limits)
{
    struct ping_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER), nowhere = addr_ipv4(0xc0000201);
    start_ping(1);
    start_ping(1);
    cr_assert_neq(rig_get16(r->sent[0].bytes + 38), rig_get16(r->sent[1].bytes + 38),
                  "one id for two");
    ping_defaults(&o, &to);
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_NOBUFS);
    rig_run(r, SECOND);
    cr_assert_eq(calls, 2);
    o.to = nowhere;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, r->now_ns), 0);
    rig_run(r, r->now_ns);
    cr_assert_eq(calls, 3);
    cr_assert_eq(ping.last_error, ERR_NETUNREACH);
    o.size = 65508;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_MSGSIZE);
}

/* --- traceroute --- */

static void route_done(void *ctx, struct stack *st, int got, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)st;
    note(got, now_ns);
    route = *(const struct traceroute_result *)data;
}

TestSuite(traceroute, .init = open_rig, .fini = close_rig);

/* TTL 1 answered by a router, 2 by nobody, 3 by the destination. */
Test(traceroute, two_routers_and_the_end)
{
    struct traceroute_options o;
    struct ip_addr to = addr_ipv4(0xc0000201), any = addr_ipv4(0), gateway = addr_ipv4(RIG_PEER);
    cr_assert_eq(route_add(s, &any, 0, &gateway, r->nif), 0);
    traceroute_defaults(&o, &to);
    o.probes = 2;
    o.timeout_ns = SECOND;
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, 0), 0);
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, 0), -ERR_BUSY);
    cr_assert_eq(last_udp(r).ttl, 1);
    cr_assert_eq(last_udp(r).dport, 33434);
    r->now_ns = 7;
    icmp_about(r, 0, 11, 0, RIG_PEER);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(last_udp(r).ttl, 2);
    cr_assert_eq(last_udp(r).dport, 33435);
    icmp_about(r, 0, 11, 0, RIG_PEER);
    cr_assert_eq(rig_counter(r, "traceroute.drop.late"), 1);
    rig_run(r, 2 * SECOND + 7);
    cr_assert_eq(r->sent_count, 4);
    cr_assert_eq(sent_udp(r, 2).ttl, 2);
    cr_assert_eq(sent_udp(r, 3).ttl, 3);
    r->now_ns += 9;
    icmp_about(r, 3, 3, 3, 0xc0000201);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 3);
    cr_assert(route.reached);
    cr_assert_eq(route.hops, 3);
    cr_assert_eq(route.hop[0].addr.word[0], RIG_PEER);
    cr_assert_eq(route.hop[0].rtt_ns, 7);
    cr_assert(addr_is_any(&route.hop[1].addr));
    cr_assert_eq(route.hop[2].addr.word[0], 0xc0000201);
    cr_assert_eq(route.hop[2].rtt_ns, 9);
}

Test(traceroute, ends_without_an_answer_or_a_route)
{
    struct traceroute_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER), nowhere = addr_ipv4(0xc0000201);
    traceroute_defaults(&o, &to);
    o.max_hops = 2;
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, 0), 0);
    rig_run(r, 60 * SECOND);
    cr_assert_eq(result, -ERR_TIMEDOUT);
    cr_assert_eq(r->sent_count, 6);
    traceroute_defaults(&o, &nowhere);
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, r->now_ns), 0);
    rig_run(r, r->now_ns);
    cr_assert_eq(calls, 2);
    cr_assert_eq(result, -ERR_NETUNREACH);
}

/* --- echo --- */

TestSuite(echo, .init = open_rig, .fini = close_rig);

Test(echo, answers_and_what_it_must_not_answer)
{
    cr_assert_eq(udp_echo_start(s, 0, 0), 0);
    datagram_receive(r,
                     &(struct datagram){.sport = 5000, .dport = 7, .payload = "echo me", .len = 7});
    struct sent_datagram d = last_udp(r);
    cr_assert_eq(d.sport, 7);
    cr_assert_eq(d.dport, 5000);
    cr_assert_eq(d.src, RIG_ADDRESS);
    cr_assert_eq(d.len, 7);
    cr_assert_arr_eq(d.payload, "echo me", 7);
    datagram_receive(r,
                     &(struct datagram){
                         .dst = 0x0a0002ff, .sport = 5000, .dport = 7, .payload = "all", .len = 3});
    datagram_receive(r, &(struct datagram){.sport = 7, .dport = 7, .payload = "loop", .len = 4});
    datagram_receive(r, &(struct datagram){.sport = 0, .dport = 7, .payload = "none", .len = 4});
    cr_assert_eq(r->sent_count, 1);
    cr_assert_eq(rig_counter(r, "echo.drop.multi"), 1);
    cr_assert_eq(rig_counter(r, "echo.drop.loop"), 1);
    cr_assert_eq(rig_counter(r, "echo.drop.port_zero"), 1);
    cr_assert_eq(udp_echo_stop(s, 0), 0);
    datagram_receive(r, &(struct datagram){.sport = 5000, .dport = 7});
    cr_assert_eq(rig_counter(r, "udp.drop.no_port"), 1);
}
