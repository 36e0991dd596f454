#include <stdlib.h>
#include "stack/net/ip.h"
#include "stack/transport/raw.h"
#include "stack/transport/udp.h"
#include "tests/transport/datagram.h"

enum { ARP = 0x0806, IPV4 = 0x0800, UDP = 17, DEADLINES = 40 };

static void hear(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                 const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    (void)r;
    (void)from_port;
    (void)now_ns;
    ++*(uint32_t *)pcb->owner;
    netbuf_free(s, nb);
}

static void ring(struct stack *s, struct deadline *d, int64_t now_ns)
{
    (void)s;
    (void)d;
    (void)now_ns;
}

static void to_port_9(struct rig *r)
{
    datagram_receive(r, &(struct datagram){.sport = 7, .dport = 9, .payload = "x", .len = 1});
}

/* The last frame out is ICMP's destination unreachable, protocol unreachable. */
static bool told_no_protocol(const struct rig *r)
{
    const uint8_t *ip = r->sent[r->sent_count - 1].bytes + 14;
    return r->sent_count > 0 && ip[9] == 1 && ip[20] == 3 && ip[21] == 2;
}

Test(registry, udp_stays_while_a_port_is_bound)
{
    struct rig *r = datagram_rig();
    uint32_t heard = 0;
    struct udp_pcb pcb = {.end.local_port = 9, .receive = hear, .owner = &heard};
    const struct ip_protocol *udp = ip_protocol(r->s, UDP);
    cr_assert_not_null(udp);
    cr_assert_eq(udp_bind(r->s, &pcb), 0);
    cr_assert_eq(ip_unregister(r->s, UDP), -ERR_BUSY);
    cr_assert_eq(link_unregister(r->s, IPV4), -ERR_BUSY, "IPv4 is UDP's");
    to_port_9(r);
    cr_assert_eq(heard, 1);
    udp_unbind(r->s, &pcb);
    cr_assert_eq(ip_unregister(r->s, UDP), 0);
    cr_assert_null(ip_protocol(r->s, UDP));
    cr_assert_eq(ip_unregister(r->s, UDP), -ERR_NOENT);
    to_port_9(r);
    cr_assert(told_no_protocol(r));
    cr_assert_eq(rig_counter(r, "ipv4.drop.no_protocol"), 1);
    cr_assert_eq(ip_register(r->s, udp), 0);
    cr_assert_eq(ip_register(r->s, udp), -ERR_EXIST);
    cr_assert_eq(udp_bind(r->s, &pcb), 0);
    udp_unbind(r->s, &pcb);
    rig_close(r);
}

Test(registry, ipv4_stays_while_a_raw_socket_is_bound)
{
    struct rig *r = datagram_rig();
    struct raw_pcb pcb = {.protocol = 253};
    cr_assert_eq(raw_bind(r->s, &pcb), 0);
    cr_assert_eq(link_unregister(r->s, IPV4), -ERR_BUSY);
    cr_assert_eq(ip_unregister(r->s, UDP), 0, "no raw socket is UDP's");
    raw_unbind(r->s, &pcb);
    cr_assert_eq(link_unregister(r->s, IPV4), 0);
    to_port_9(r);
    cr_assert_eq(rig_counter(r, "ethernet.drop.unknown_type"), 1);
    cr_assert_eq(link_unregister(r->s, IPV4), -ERR_NOENT);
    rig_close(r);
}

/* Parts that wait, and their timer. */
Test(registry, ipv4_stays_while_parts_wait)
{
    struct rig *r = datagram_rig();
    uint8_t f[128], part[8] = {0};
    const struct rig_ip first = {.src = RIG_PEER, .dst = RIG_ADDRESS, .frag = 0x2000, .proto = UDP};
    rig_receive(r, f, rig_ipv4(f, &first, part, sizeof part));
    cr_assert_eq(link_unregister(r->s, IPV4), -ERR_BUSY);
    rig_run(r, 200 * RIG_SECOND);
    cr_assert_eq(link_unregister(r->s, IPV4), 0);
    rig_close(r);
}

/* A datagram waits for an answer; after the last unanswered request nothing does. */
Test(registry, arp_stays_while_an_answer_is_awaited)
{
    struct rig *r = datagram_rig();
    struct ip_addr to = addr_ipv4(RIG_ADDRESS + 1);
    struct udp_pcb pcb = {.receive = hear};
    cr_assert_eq(udp_send(r->s, &pcb, "x", 1, &to, 9, 0), 0);
    cr_assert_eq(link_unregister(r->s, ARP), -ERR_BUSY);
    rig_run(r, 200 * RIG_SECOND);
    udp_unbind(r->s, &pcb);
    cr_assert_eq(link_unregister(r->s, ARP), 0);
    uint8_t everybody[6] = {255, 255, 255, 255, 255, 255}, q[64];
    uint32_t sent = r->sent_count;
    rig_receive(r, q, rig_arp(q, everybody, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS));
    cr_assert_eq(r->sent_count, sent);
    cr_assert_eq(rig_counter(r, "ethernet.drop.unknown_type"), 1);
    rig_close(r);
}

/* The detection of conflicts is timers and no packets. */
Test(registry, arp_stays_while_an_address_is_probed)
{
    struct rig *r = rig_open(NULL, NULL, false);
    struct ip_addr own = addr_ipv4(RIG_ADDRESS);
    cr_assert_eq(netif_add_address(r->nif, &own, 24, true, 0), 0);
    cr_assert_eq(link_unregister(r->s, ARP), -ERR_BUSY);
    rig_run(r, 60 * RIG_SECOND);
    cr_assert_eq(link_unregister(r->s, ARP), 0);
    rig_close(r);
}

/* One deadline of a module is seen wherever it stands among others', however the heap came about.
 */
Test(registry, a_deadline_is_found_anywhere)
{
    struct stack *s = calloc(1, sizeof *s);
    struct deadline d[DEADLINES];
    cr_assert_not(module_busy(s, MODULE_UDP));
    for (uint32_t own = 0; own < DEADLINES; own++) {
        for (uint32_t i = 0; i < DEADLINES; i++) {
            enum module_id m = i == own ? MODULE_UDP : MODULE_ARP;
            deadline_init(&d[i], deadline_rank(m, i), "test", ring);
            deadline_set(s, &d[i], i * 7 % DEADLINES);
        }
        /* What fires or goes leaves its children side by side. */
        for (uint32_t i = 0; i < DEADLINES; i += 3)
            if (i != own)
                deadline_clear(s, &d[i]);
        int64_t first = own * 7 % DEADLINES;
        for (int64_t at = 0; at < first; at++) {
            deadline_run(s, at);
            cr_assert(module_busy(s, MODULE_UDP), "%u, after %d", own, (int)at);
        }
        cr_assert_not(module_busy(s, MODULE_IPV4));
        deadline_clear(s, &d[own]);
        cr_assert_not(module_busy(s, MODULE_UDP), "%u", own);
        deadline_run(s, DEADLINES);
    }
    free(s);
}
