#include "stack/transport/udp.h"
#include "tests/transport/datagram.h"

enum { PCBS = 4 };

struct ear {
    struct udp_pcb pcb;
    uint32_t count, errors;
    uint32_t len, source;
    uint16_t from_port;
    uint8_t bytes[64];
    int error;
    bool leaves; /* unbinds all ears at the first datagram */
};

static struct ear ear[PCBS];

static void hear(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                 const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    struct ear *e = pcb->owner;
    (void)now_ns;
    e->count++;
    e->len = netbuf_len(nb);
    e->source = r->source.word[0];
    e->from_port = from_port;
    memcpy(e->bytes, netbuf_data(nb), e->len < sizeof e->bytes ? e->len : sizeof e->bytes);
    netbuf_free(s, nb);
    for (int i = 0; e->leaves && i < PCBS; i++)
        udp_unbind(s, &ear[i].pcb);
}

static void fail(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    (void)now_ns;
    (void)s;
    ((struct ear *)pcb->owner)->errors++;
    ((struct ear *)pcb->owner)->error = e->error;
}

static struct udp_pcb *fresh(int i, uint32_t local, uint16_t port)
{
    ear[i] = (struct ear){
        .pcb = {.end.local_port = port, .receive = hear, .error = fail, .owner = &ear[i]}};
    if (local)
        ear[i].pcb.end.ip.local = addr_ipv4(local);
    return &ear[i].pcb;
}

static struct rig *r;

static void open_rig(void)
{
    memset(ear, 0, sizeof ear);
    r = datagram_rig();
}

static void close_rig(void)
{
    for (int i = 0; i < PCBS; i++)
        udp_unbind(r->s, &ear[i].pcb);
    rig_close(r);
}

TestSuite(udp, .init = open_rig, .fini = close_rig);

/* --- ports --- */

/* RFC6056-3.2-1: inside the range, none twice, spread, and not one after the other. */
Test(udp, ephemeral_ports_are_random_and_distinct)
{
    enum { COUNT = 500 };
    static struct udp_pcb pcb[COUNT];
    static bool seen[65536];
    unsigned rising = 0, least = 65535, most = 0;
    memset(pcb, 0, sizeof pcb);
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(udp_bind(r->s, &pcb[i]), 0);
        unsigned port = pcb[i].end.local_port;
        cr_assert(port >= 49152 && !seen[port], "port %u", port);
        seen[port] = true;
        rising += i > 0 && port > pcb[i - 1].end.local_port;
        least = port < least ? port : least;
        most = port > most ? port : most;
    }
    cr_assert_gt(most - least, 10000);
    cr_assert(rising > COUNT / 3 && rising < COUNT * 2 / 3, "%u of %d rise", rising, COUNT);
    for (int i = 0; i < COUNT; i++)
        udp_unbind(r->s, &pcb[i]);
}

/* The last free port is found, and then there is none. `reuse` does not share an ephemeral one. */
Test(udp, ephemeral_range_exhausted)
{
    stack_knob_set(r->s, "udp.port_first", 50000);
    stack_knob_set(r->s, "udp.port_last", 50002);
    for (int i = 0; i < 4; i++)
        fresh(i, 0, 0)->end.reuse = true;
    for (int i = 0; i < 3; i++)
        cr_assert_eq(udp_bind(r->s, &ear[i].pcb), 0);
    cr_assert_eq(udp_bind(r->s, &ear[3].pcb), -ERR_ADDRINUSE);
}

Test(udp, bind_conflicts)
{
    static const struct {
        uint32_t first, second;
        bool reuse_first, reuse_second;
        int result;
    } cases[] = {
        {0, 0, false, false, -ERR_ADDRINUSE},
        {0, RIG_ADDRESS, false, false, -ERR_ADDRINUSE},
        {RIG_ADDRESS, 0, false, false, -ERR_ADDRINUSE},
        {RIG_ADDRESS, RIG_ADDRESS, false, false, -ERR_ADDRINUSE},
        {RIG_ADDRESS, 0x7f000001, false, false, 0},
        {0, 0, true, false, -ERR_ADDRINUSE},
        {0, 0, false, true, -ERR_ADDRINUSE},
        {0, 0, true, true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fresh(0, cases[i].first, 9999)->end.reuse = cases[i].reuse_first;
        fresh(1, cases[i].second, 9999)->end.reuse = cases[i].reuse_second;
        cr_assert_eq(udp_bind(r->s, &ear[0].pcb), 0, "case %zu", i);
        cr_assert_eq(udp_bind(r->s, &ear[1].pcb), cases[i].result, "case %zu", i);
        udp_unbind(r->s, &ear[0].pcb);
        udp_unbind(r->s, &ear[1].pcb);
    }
}

/* RFC1122-4.1.3.6-2. */
Test(udp, bind_to_a_strangers_address)
{
    cr_assert_eq(udp_bind(r->s, fresh(0, 0x0a000263, 9999)), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(udp_bind(r->s, fresh(0, 0x0a0002ff, 9999)), 0);
}

/* --- receiving --- */

/* RFC1122-4.1.3.1-2: the most specific takes it. */
Test(udp, lookup_connected_then_bound_then_wildcard)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    for (int i = 0; i < 3; i++)
        fresh(i, i ? RIG_ADDRESS : 0, 9999)->end.reuse = true;
    for (int i = 0; i < 3; i++)
        cr_assert_eq(udp_bind(r->s, &ear[i].pcb), 0);
    cr_assert_eq(udp_connect(r->s, &ear[2].pcb, &peer, 5000), 0);
    datagram_receive(r, &(struct datagram){.sport = 5000, .dport = 9999, .payload = "a", .len = 1});
    datagram_receive(r,
                     &(struct datagram){.sport = 5001, .dport = 9999, .payload = "bc", .len = 2});
    datagram_receive(r, &(struct datagram){.src = 0x0a000203, .sport = 5000, .dport = 9999});
    cr_assert_eq(ear[2].count, 1);
    cr_assert_eq(ear[1].count, 2);
    cr_assert_eq(ear[0].count, 0);
    udp_unbind(r->s, &ear[1].pcb);
    datagram_receive(r,
                     &(struct datagram){.sport = 5001, .dport = 9999, .payload = "abc", .len = 3});
    cr_assert_eq(ear[0].count, 1);
    cr_assert_eq(ear[0].len, 3);
    cr_assert_eq(ear[0].source, RIG_PEER);
    cr_assert_eq(ear[0].from_port, 5001);
}

/* ... also before one that is bound to the interface and the address, and later. */
Test(udp, connected_before_bound_to_the_interface)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    fresh(0, 0, 9999)->end.reuse = true;
    fresh(1, RIG_ADDRESS, 9999)->end.reuse = true;
    ear[1].pcb.end.ip.nif = r->nif;
    cr_assert_eq(udp_bind(r->s, &ear[0].pcb), 0);
    cr_assert_eq(udp_connect(r->s, &ear[0].pcb, &peer, 5000), 0);
    cr_assert_eq(udp_bind(r->s, &ear[1].pcb), 0);
    datagram_receive(r, &(struct datagram){.sport = 5000, .dport = 9999});
    cr_assert_eq(ear[0].count, 1);
    datagram_receive(r, &(struct datagram){.sport = 5001, .dport = 9999});
    cr_assert_eq(ear[1].count, 1);
}

static void one_drop(const struct datagram *d, const char *counter)
{
    uint32_t icmp = r->sent_count;
    uint64_t before = rig_counter(r, counter);
    uint32_t heard = ear[0].count;
    datagram_receive(r, d);
    cr_assert_eq(rig_counter(r, counter), before + 1, "%s", counter);
    cr_assert_eq(ear[0].count, heard);
    cr_assert_eq(r->sent_count, icmp, "%s: something was answered", counter);
}

Test(udp, each_drop_has_its_counter)
{
    cr_assert_eq(udp_bind(r->s, fresh(0, 0, 9999)), 0);
    one_drop(&(struct datagram){.sport = 1, .dport = 9999, .length = 7}, "udp.drop.length_small");
    one_drop(&(struct datagram){.sport = 1, .dport = 9999, .length = 9}, "udp.drop.length_large");
    one_drop(&(struct datagram){.sport = 1, .dport = 9999, .bad_sum = true}, "udp.drop.checksum");
    one_drop(
        &(struct datagram){.sport = 1, .dport = 9999, .bad_sum = true, .payload = "odd", .len = 3},
        "udp.drop.checksum");
    one_drop(&(struct datagram){.sport = 1, .dport = 0}, "udp.drop.port_zero");
    one_drop(&(struct datagram){.sport = 1, .dport = 40000, .dst = 0x0a0002ff},
             "udp.drop.no_port_multi");
    stack_knob_set(r->s, "udp.require_checksum", 1);
    one_drop(&(struct datagram){.sport = 1, .dport = 9999, .no_sum = true},
             "udp.drop.checksum_missing");
}

Test(udp, shorter_than_its_header)
{
    uint8_t frame[DATAGRAM_BYTES];
    const struct rig_ip ip = {.proto = 17};
    cr_assert_eq(udp_bind(r->s, fresh(0, 0, 9999)), 0);
    rig_receive(r, frame, rig_ipv4(frame, &ip, "\0\1\x27\x0f\0\0\0", 7));
    cr_assert_eq(rig_counter(r, "udp.drop.short"), 1);
}

/* RFC768-checksum-3, RFC768-format-3, RFC768-format-4, RFC1122-4.1.1-2. */
Test(udp, what_must_be_accepted)
{
    cr_assert_eq(udp_bind(r->s, fresh(0, 0, 9999)), 0);
    datagram_receive(
        r, &(struct datagram){.sport = 1, .dport = 9999, .no_sum = true, .payload = "a", .len = 1});
    cr_assert_eq(ear[0].count, 1);
    cr_assert_eq(rig_counter(r, "udp.in.no_checksum"), 1);
    datagram_receive(
        r, &(struct datagram){.sport = 1, .dport = 9999, .payload = "abcd", .len = 4, .extra = 8});
    cr_assert_eq(ear[0].count, 2);
    cr_assert_eq(ear[0].len, 4);
    datagram_receive(r, &(struct datagram){.sport = 0, .dport = 9999});
    cr_assert_eq(ear[0].count, 3);
    cr_assert_eq(ear[0].from_port, 0);
    cr_assert_eq(ear[0].len, 0);
}

/* RFC1122-4.1.3.1-1: 3/3 with the IP header and eight octets; nothing for a broadcast (RFC
 * 1122 3.2.2). */
Test(udp, port_unreachable)
{
    datagram_receive(r,
                     &(struct datagram){.sport = 1234, .dport = 40000, .payload = "x", .len = 1});
    cr_assert_eq(r->sent_count, 1);
    const uint8_t *ip = r->sent[0].bytes + 14;
    cr_assert_eq(ip[9], 1);
    cr_assert_eq(ip[20], 3);
    cr_assert_eq(ip[21], 3);
    cr_assert_eq(rig_get16(ip + 28 + 20), 1234);
    cr_assert_eq(rig_get16(ip + 28 + 22), 40000);
    cr_assert_eq(rig_counter(r, "udp.drop.no_port"), 1);
}

/* A broadcast goes to every pcb whose address admits it, and to each once. */
Test(udp, broadcast_reaches_all_that_listen)
{
    fresh(0, 0, 9999)->end.reuse = true;
    fresh(1, 0x0a0002ff, 9999)->end.reuse = true;
    fresh(2, RIG_ADDRESS, 9999)->end.reuse = true;
    for (int i = 0; i < 3; i++)
        cr_assert_eq(udp_bind(r->s, &ear[i].pcb), 0);
    datagram_receive(r,
                     &(struct datagram){
                         .dst = 0x0a0002ff, .sport = 1, .dport = 9999, .payload = "all", .len = 3});
    cr_assert_eq(ear[0].count, 1);
    cr_assert_eq(ear[1].count, 1);
    cr_assert_eq(ear[2].count, 0);
    cr_assert_arr_eq(ear[0].bytes, "all", 3);
    cr_assert_arr_eq(ear[1].bytes, "all", 3);
}

/* A taker may leave, and take others with it, while the datagram is being offered round. */
Test(udp, unbinding_while_a_broadcast_is_delivered)
{
    for (int i = 0; i < PCBS; i++) {
        fresh(i, 0, 9999)->end.reuse = true;
        ear[i].leaves = true;
        cr_assert_eq(udp_bind(r->s, &ear[i].pcb), 0);
    }
    datagram_receive(r, &(struct datagram){.dst = 0xffffffff, .sport = 1, .dport = 9999});
    cr_assert_eq(ear[0].count + ear[1].count + ear[2].count + ear[3].count, 1);
}

/* --- sending --- */

/* RFC768-checksum-2: a sum of zero leaves as ones. The payload cancels everything else of the sum.
 */
Test(udp, checksum_zero_is_sent_as_ones)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    uint8_t payload[2] = {0, 0};
    cr_assert_eq(udp_bind(r->s, fresh(0, 0, 9999)), 0);
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, payload, 2, &peer, 7, 0), 0);
    rig_put16(payload, last_udp(r).sum);
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, payload, 2, &peer, 7, 0), 0);
    cr_assert_eq(last_udp(r).sum, 0xffff);
    ear[0].pcb.end.no_checksum = true;
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, payload, 2, &peer, 7, 0), 0);
    cr_assert_eq(last_udp(r).sum, 0);
}

Test(udp, send_errors)
{
    static uint8_t big[65508];
    struct ip_addr peer = addr_ipv4(RIG_PEER), everyone = addr_ipv4(0x0a0002ff);
    fresh(0, 0, 0);
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, "a", 1, NULL, 0, 0), -ERR_DESTADDRREQ);
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, "a", 1, &peer, 0, 0), -ERR_INVAL);
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, big, 65508, &peer, 7, 0), -ERR_MSGSIZE);
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, "a", 1, &everyone, 7, 0), -ERR_ACCES);
    cr_assert_eq(r->sent_count, 0);
    ear[0].pcb.end.ip.ip_flags = IP_BROADCAST_OK;
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, "a", 1, &everyone, 7, 0), 0);
    cr_assert_eq(last_udp(r).dst, 0x0a0002ff);
    cr_assert_geq(last_udp(r).sport, 49152);
}

/* Every allocation may fail (stack.fail_allocation): the call says so and nothing is lost. */
Test(udp, no_buffer)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    cr_assert_eq(udp_bind(r->s, fresh(0, 0, 9999)), 0);
    r->s->fail_allocation = 1;
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, "a", 1, &peer, 7, 0), -ERR_NOBUFS);
    cr_assert_eq(udp_send(r->s, &ear[0].pcb, "a", 1, &peer, 7, 0), 0);
}

/* --- errors --- */

/* RFC8085-5.2-1: the quoted ports and addresses name the pcb; a quote of something that was never
 * sent is dropped. */
Test(udp, an_error_finds_who_sent)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    cr_assert_eq(udp_bind(r->s, fresh(0, 0, 1000)), 0);
    cr_assert_eq(udp_bind(r->s, fresh(1, 0, 1001)), 0);
    cr_assert_eq(udp_connect(r->s, &ear[1].pcb, &peer, 7), 0);
    cr_assert_eq(udp_send(r->s, &ear[1].pcb, "a", 1, NULL, 0, 0), 0);
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(ear[1].errors, 1);
    cr_assert_eq(ear[1].error, ERR_CONNREFUSED);
    cr_assert_eq(ear[0].errors, 0);
    rig_put16(r->sent[0].bytes + 14 + 22, 8); /* to port 8: the connected pcb never sent that */
    icmp_about(r, 0, 3, 3, RIG_PEER);
    cr_assert_eq(ear[1].errors, 1);
    cr_assert_eq(rig_counter(r, "udp.drop.error_unmatched"), 1);
}
