/* What must hold whatever happens: no buffer, modules left out, rubbish as replies. rig_close
 * checks that nothing is lost. */
#include <stdlib.h>
#include "stack/core/neighbour.h"
#include "stack/core/route.h"
#include "stack/link/link.h"
#include "stack/net/net.h"
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "stack/service/ping.h"
#include "stack/service/sntp.h"
#include "stack/service/traceroute.h"
#include "stack/service/udp_echo.h"
#include "stack/socket/socket.h"
#include "stack/transport/raw.h"
#include "stack/transport/udp.h"
#include "tests/transport/datagram.h"

#define SECOND RIG_SECOND

static unsigned ended;

static void done(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)s;
    (void)result;
    (void)data;
    (void)now_ns;
    ended++;
}

static void start_everything(struct rig *r)
{
    struct stack *s = r->s;
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    struct ping_options p;
    struct traceroute_options t;
    ping_defaults(&p, &peer);
    p.count = 3;
    traceroute_defaults(&t, &peer);
    t.max_hops = 3;
    ended = 0;
    dns_set_servers(s, &peer, 1);
    udp_echo_start(s, 0, 0);
    cr_assert_eq(dns_resolve(s, "a.example", DNS_A, done, NULL, 0), 0);
    cr_assert_eq(sntp_query(s, &peer, done, NULL, 0), 0);
    cr_assert_eq(ping_start(s, &p, done, NULL, 0), 0);
    cr_assert_eq(traceroute_start(s, &t, done, NULL, 0), 0);
    cr_assert_eq(dhcp_inform(s, r->nif, done, NULL, 0), 0);
}

/* Every service ends, whichever one buffer of all that they ask for is refused. */
Test(hardship, every_allocation_fails_once)
{
    for (uint64_t nth = 1; nth <= 40; nth++) {
        struct rig *r = datagram_rig();
        r->s->fail_allocation = nth;
        start_everything(r);
        if (r->s->fail_allocation != 1) /* 1: the rig's own buffer */
            datagram_receive(r, &(struct datagram){.sport = 5000, .dport = 7});
        if (r->s->fail_allocation != 1)
            datagram_receive(r, &(struct datagram){.sport = 5000, .dport = 9});
        rig_run(r, 600 * SECOND);
        cr_assert_eq(ended, 5, "allocation %d: %u ended", (int)nth, ended);
        rig_close(r);
    }
}

/* ... and when the device takes nothing at all. */
Test(hardship, nothing_leaves)
{
    struct rig *r = datagram_rig();
    r->send_error = -ERR_NOBUFS;
    start_everything(r);
    rig_run(r, 600 * SECOND);
    cr_assert_eq(ended, 5);
    rig_close(r);
}

/* DHCP and SNTP without resolver, sockets or raw: what is absent says so. */
Test(hardship, modules_left_out)
{
    static const struct module *const few[] = {
        &neighbour_module, &route_module, &loopback_module, &ethernet_module, &arp_module,
        &ipv4_module,      &udp_module,   &dhcp_module,     &ping_module,     NULL,
    };
    struct rig *r = rig_open(few, NULL, true);
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    struct ping_options p;
    ping_defaults(&p, &peer);
    cr_assert_eq(socket_open(r->s, ADDR_IPV4, SOCKET_DGRAM, 0), -ERR_PROTONOSUPPORT);
    cr_assert_eq(dns_resolve(r->s, "a.example", DNS_A, done, NULL, 0), -ERR_PROTONOSUPPORT);
    cr_assert_eq(sntp_query(r->s, &peer, done, NULL, 0), -ERR_PROTONOSUPPORT);
    cr_assert_eq(ping_start(r->s, &p, done, NULL, 0), -ERR_PROTONOSUPPORT);
    cr_assert_eq(udp_echo_start(r->s, 0, 0), -ERR_PROTONOSUPPORT);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, 0), 0);
    rig_run(r, 30 * SECOND);
    cr_assert_gt(r->sent_count, 0);
    rig_close(r);
}

/* A seeded stream: the same rubbish every time. */
static uint32_t seed;

static uint32_t draw(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static void spoil(uint8_t *bytes, uint32_t len)
{
    for (uint32_t n = draw(6); n > 0; n--)
        bytes[draw(len)] = (uint8_t)draw(256);
}

/* Replies that begin right and end as they please, to whatever was asked last. Sanitizers watch. */
Test(hardship, rubbish_in_replies)
{
    seed = 1;
    for (int round = 0; round < 300; round++) {
        struct rig *r = datagram_rig();
        start_everything(r);
        cr_assert_leq(r->sent_count, 8);
        for (uint32_t n = 0; n < r->sent_count && n < 8; n++) {
            if (!sent_is_udp(&r->sent[n]))
                continue;
            struct sent_datagram q = sent_udp(r, n);
            uint8_t m[600];
            memset(m, 0, sizeof m);
            memcpy(m, q.payload, q.len < 400 ? q.len : 400);
            uint32_t len = q.len < 400 ? q.len + draw(100) : 400;
            for (uint32_t i = q.len; i < len; i++)
                m[i] = (uint8_t)draw(256);
            if (q.dport == 53)
                rig_put16(m + 2, 0x8180), rig_put16(m + 6, draw(3)), rig_put16(m + 8, draw(2));
            if (q.dport == 67)
                m[0] = 2;
            if (q.dport == 123)
                m[0] = 0x24, memcpy(m + 24, m + 40, 8);
            spoil(m, len);
            datagram_receive(r, &(struct datagram){.src = q.dst == 0xffffffff ? 0 : q.dst,
                                                   .sport = (uint16_t)q.dport,
                                                   .dport = (uint16_t)q.sport,
                                                   .payload = m,
                                                   .len = draw(4) ? len : draw(len)});
        }
        for (int i = 0; i < 8; i++) { /* whole packets, with any protocol, about anything */
            uint8_t frame[DATAGRAM_BYTES], body[64];
            for (uint32_t k = 0; k < sizeof body; k++)
                body[k] = (uint8_t)draw(256);
            if (draw(2))
                memcpy(body + 8, r->sent[draw(r->sent_count)].bytes + 14, 56);
            const struct rig_ip ip = {.proto = draw(3) ? 1 : 17};
            body[0] = (uint8_t)draw(13);
            rig_put16(body + 2, 0);
            rig_put16(body + 2, rig_sum(body, sizeof body));
            rig_receive(r, frame, rig_ipv4(frame, &ip, body, sizeof body));
        }
        rig_run(r, 600 * SECOND);
        cr_assert_eq(ended, 5, "round %d: %u ended", round, ended);
        rig_close(r);
    }
}
