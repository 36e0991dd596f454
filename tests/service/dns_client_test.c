/* The resolver's questions, against replies by hand: RFC 1035, RFC 1123 6.1.3, RFC 5452. */
#include "stack/service/dns.h"
#include "tests/service/service.h"

static struct dns_result dns;

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
    struct ip_addr v4 = addr_ipv4(0xc0000205),
                   v6 = {.family = ADDR_IPV6, .word = {0x20010db8, 0, 0, 1}};
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

/* RFC 6761: nobody is asked for these, and the answers are whole. */
Test(dns, names_that_are_known)
{
    servers(1);
    resolve("host.invalid");
    cr_assert_eq(result, -ERR_NOENT);
    cr_assert_eq(dns.rcode, 3);
    cr_assert_eq(dns.count, 0);
    resolve("printer.LOCALHOST");
    cr_assert_eq(result, 0);
    cr_assert_eq(dns.addr[0].word[0], 0x7f000001);
    cr_assert_str_eq(dns.name, "printer.LOCALHOST");
    cr_assert_eq(r->sent_count, 0);
}
