#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/neighbour.h"
#include "stack/net/ip.h"
#include "tests/core/rig.h"

enum { IP_AT = 14, DF = 0x4000, MF = 0x2000 };

static struct rig *open_with_peer(void)
{
    struct rig *r = rig_full();
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    cr_assert_eq(neighbour_add(r->nif, &peer, rig_peer, 0), 0);
    return r;
}

static int send(struct rig *r, uint32_t to, uint32_t len, struct ip_send how)
{
    struct ip_path path;
    how.destination = addr_ipv4(to);
    int error = ip_path(r->s, &how.destination, NULL, NULL, &path);
    if (error < 0)
        return error;
    how.source = path.source;
    how.protocol = 200;
    struct netbuf *nb = ip_buffer(r->s, &path, how.options_len, len);
    cr_assert_not_null(nb);
    for (uint32_t i = 0; i < len; i++)
        netbuf_data(nb)[i] = (uint8_t)(i * 31);
    return ip_output(r->s, &path, nb, &how, r->now_ns);
}

/* RFC 791 3.2: 3000 octets on an MTU of 1500 are 1480, 1480 and 40 at 0, 185 and 370 units. */
Test(ipv4_output, fragments_at_multiples_of_8)
{
    struct rig *r = open_with_peer();
    cr_assert_eq(send(r, RIG_PEER, 3000, (struct ip_send){0}), 0);
    cr_assert_eq(r->sent_count, 3);
    static const unsigned lengths[] = {1500, 1500, 60}, words[] = {MF, MF | 185, 370};
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *h = r->sent[i].bytes + IP_AT;
        cr_assert_eq(rig_get16(h + 2), lengths[i]);
        cr_assert_eq(rig_get16(h + 6), words[i]);
        cr_assert_eq(rig_get16(h + 4), rig_get16(r->sent[0].bytes + IP_AT + 4));
        cr_assert_eq(rig_sum(h, 20), 0);
        for (unsigned k = 0; k < lengths[i] - 20; k++)
            cr_assert_eq(h[20 + k], (uint8_t)((i * 1480 + k) * 31));
    }
    rig_close(r);
}

Test(ipv4_output, dont_fragment_too_long_refused)
{
    struct rig *r = open_with_peer();
    cr_assert_eq(send(r, RIG_PEER, 1481, (struct ip_send){.flags = IP_DONT_FRAGMENT}),
                 -ERR_MSGSIZE);
    cr_assert_eq(send(r, RIG_PEER, 1480, (struct ip_send){.flags = IP_DONT_FRAGMENT}), 0);
    cr_assert_eq(r->sent_count, 1);
    cr_assert_eq(rig_get16(r->sent[0].bytes + IP_AT + 6), DF);
    rig_close(r);
}

/* RFC 791 3.1: an option with the copied flag goes into each fragment, the others into the first; 7
 * octets are padded with a zero. */
Test(ipv4_output, options_padded_and_copied)
{
    struct rig *r = open_with_peer();
    struct ip_send how = {.options_len = 11,
                          .options = (const uint8_t[]){7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0}};
    cr_assert_eq(send(r, RIG_PEER, 2000, how), 0);
    cr_assert_eq(r->sent_count, 2);
    const uint8_t first[12] = {7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0}, second[4] = {148, 4, 0, 0};
    cr_assert_eq(r->sent[0].bytes[IP_AT], 0x48);
    cr_assert_arr_eq(r->sent[0].bytes + IP_AT + 20, first, 12);
    cr_assert_eq(r->sent[1].bytes[IP_AT], 0x46);
    cr_assert_arr_eq(r->sent[1].bytes + IP_AT + 20, second, 4);
    rig_close(r);
}

/* RFC 6864, RFC 6274: by one for each packet to a peer, and another sequence to another. */
Test(ipv4_output, identification_counts_for_each_peer)
{
    struct rig *r = open_with_peer();
    struct ip_addr other = addr_ipv4(RIG_PEER + 5);
    neighbour_add(r->nif, &other, rig_peer, 0);
    for (int i = 0; i < 4; i++) {
        send(r, RIG_PEER, 10, (struct ip_send){.flags = IP_DONT_FRAGMENT});
        send(r, RIG_PEER + 5, 10, (struct ip_send){0});
    }
    unsigned a = rig_get16(r->sent[0].bytes + IP_AT + 4),
             b = rig_get16(r->sent[1].bytes + IP_AT + 4);
    cr_assert_neq(a, b);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(rig_get16(r->sent[2 * i].bytes + IP_AT + 4), (uint16_t)(a + i));
        cr_assert_eq(rig_get16(r->sent[2 * i + 1].bytes + IP_AT + 4), (uint16_t)(b + i));
    }
    rig_close(r);
}

/* RFC 6864 4.3: an identification comes again only when all others of the flow have been, whatever
 * other flows send between. */
Test(ipv4_output, identification_repeats_after_all_others)
{
    enum { ALL = 65536, OTHER = 64 };
    static uint8_t seen[ALL];
    struct rig *r = open_with_peer();
    struct ip_addr other = addr_ipv4(RIG_PEER + 5);
    neighbour_add(r->nif, &other, rig_peer, 0);
    unsigned first = 0, id = 0;
    for (unsigned i = 0; i <= ALL; i++) {
        r->sent_count = 0;
        send(r, RIG_PEER, 10, (struct ip_send){0});
        id = rig_get16(r->sent[0].bytes + IP_AT + 4);
        first = i ? first : id;
        if (i % OTHER == 0)
            send(r, RIG_PEER + 5, 10, (struct ip_send){0});
        if (i < ALL)
            cr_assert_eq(seen[id]++, 0, "%u comes again at %u", id, i);
    }
    cr_assert_eq(id, first);
    rig_close(r);
}

static void expect_path(struct rig *r, uint32_t to, int error, uint32_t next_hop, uint32_t source)
{
    struct ip_path path;
    struct ip_addr a = addr_ipv4(to);
    cr_assert_eq(ip_path(r->s, &a, NULL, NULL, &path), error, "%08x", to);
    if (error == 0) {
        cr_assert_eq(path.next_hop.word[0], next_hop, "%08x", to);
        cr_assert_eq(path.source.word[0], source, "%08x", to);
    }
}

/* RFC 1122 3.3.1.1: on-link direct, else by the gateway; groups and broadcasts without one; 127/8
 * stays here. */
Test(ipv4_output, paths)
{
    struct rig *r = open_with_peer();
    struct ip_addr any = addr_ipv4(0), gateway = addr_ipv4(RIG_PEER),
                   foreign = addr_ipv4(0x0a000210), loop = addr_ipv4(0x7f000001);
    struct ip_path path;
    expect_path(r, 0x08080808, -ERR_NETUNREACH, 0, 0);
    route_add(r->s, &any, 0, &gateway, NULL);
    expect_path(r, 0x08080808, 0, RIG_PEER, RIG_ADDRESS);
    expect_path(r, RIG_PEER + 9, 0, RIG_PEER + 9, RIG_ADDRESS);
    expect_path(r, 0xa9fe0101, 0, 0xa9fe0101, RIG_ADDRESS); /* RFC 3927 2.6.2: never by a router */
    expect_path(r, 0xffffffff, 0, 0xffffffff, RIG_ADDRESS);
    expect_path(r, 0xe0000005, 0, 0xe0000005, RIG_ADDRESS);
    expect_path(r, 0x0a0002ff, 0, 0x0a0002ff, RIG_ADDRESS);
    expect_path(r, 0x7f010203, 0, 0x7f010203, 0x7f010203);
    expect_path(r, RIG_ADDRESS, 0, RIG_ADDRESS, RIG_ADDRESS);
    expect_path(r, 0xf0000001, -ERR_NETUNREACH, 0, 0);
    expect_path(r, 0, -ERR_NETUNREACH, 0, 0);
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    cr_assert_eq(ip_path(r->s, &peer, &foreign, NULL, &path), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(ip_path(r->s, &peer, &loop, NULL, &path), -ERR_ADDRNOTAVAIL);
    netif_down(r->nif, 0);
    expect_path(r, RIG_PEER, -ERR_NETDOWN, 0, 0);
    rig_close(r);
}

/* RFC 1112 6.4, RFC 894: groups and broadcasts have their link addresses; a broadcast needs leave.
 */
Test(ipv4_output, link_addresses)
{
    struct rig *r = open_with_peer();
    const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03},
                  everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    cr_assert_eq(send(r, 0xef810203, 4, (struct ip_send){0}), 0);
    cr_assert_arr_eq(r->sent[0].bytes, group, 6);
    cr_assert_eq(r->sent[0].bytes[IP_AT + 8], 1);
    cr_assert_eq(send(r, 0x0a0002ff, 4, (struct ip_send){0}), -ERR_ACCES);
    cr_assert_eq(send(r, 0x0a0002ff, 4, (struct ip_send){.flags = IP_BROADCAST_OK}), 0);
    cr_assert_arr_eq(r->sent[1].bytes, everybody, 6);
    cr_assert_eq(r->sent_count, 2);
    rig_close(r);
}

/* What goes to ourselves is queued, comes back in the poll, and never touches the wire. */
Test(ipv4_output, loopback_is_queued)
{
    struct rig *r = open_with_peer();
    cr_assert_eq(send(r, 0x7f000001, 9000, (struct ip_send){0}), 0);
    cr_assert_eq(rig_counter(r, "ipv4.received"), 0);
    stack_poll(r->s, 0);
    /* protocol 200 is unknown: the datagram, and the ICMP error about it */
    cr_assert_eq(rig_counter(r, "ipv4.received"), 2);
    cr_assert_eq(rig_counter(r, "icmpv4.errors_received"), 1);
    cr_assert_eq(r->sent_count, 0);
    rig_close(r);
}

static unsigned told;
static int told_error;

static void on_error(struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    (void)now_ns;
    (void)s;
    told++;
    told_error = e->error;
    cr_assert_eq(e->destination.word[0], RIG_PEER + 1);
    cr_assert_eq(e->quoted_len, 10);
}

static void ignore(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns)
{
    (void)r;
    (void)now_ns;
    netbuf_free(s, nb);
}

/* RFC 1122 2.4: no error at once; after the last request it is told as host unreachable. */
Test(ipv4_output, unanswered_neighbour_told_to_the_transport)
{
    static const struct ip_protocol p = {
        .number = 200, .module = MODULE_CORE, .input = ignore, .error = on_error};
    struct rig *r = open_with_peer();
    ip_register(r->s, &p);
    cr_assert_eq(send(r, RIG_PEER + 1, 10, (struct ip_send){0}), 0);
    rig_run(r, 3 * RIG_SECOND - 1);
    cr_assert_eq(told, 0);
    rig_run(r, 3 * RIG_SECOND);
    cr_assert_eq(told, 1);
    cr_assert_eq(told_error, ERR_HOSTUNREACH);
    rig_close(r);
}

/* Every allocation on the way may fail: the stack goes on, nothing leaks (rig_close counts). */
Test(ipv4_output, nth_allocation_fails)
{
    for (uint64_t n = 1; n <= 6; n++) {
        struct rig *r = open_with_peer();
        uint8_t f[1600], ping[16] = {8, 0, 0xf7, 0xff};
        struct rig_ip ip = {.proto = 1};
        r->s->fail_allocation = n + 1; /* the first is the frame's own */
        rig_receive(r, f, rig_ipv4(f, &ip, ping, 16));
        struct ip_path path;
        struct ip_send how = {.destination = addr_ipv4(RIG_PEER), .protocol = 200};
        ip_path(r->s, &how.destination, NULL, NULL, &path);
        how.source = path.source;
        struct netbuf *nb = ip_buffer(r->s, &path, 0, 5000);
        if (nb)
            ip_output(r->s, &path, nb, &how, 0);
        rig_close(r);
    }
}
