/* Services over lwIP: ping by a raw control block, an echo server on UDP port 7. */
#include "sim/hosts/lwip/lwip_sut.h"

#include <errno.h>
#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/prot/icmp.h>
#include <stdlib.h>
#include <string.h>

enum { ECHO_PORT = 7, ICMP_HEADER = 8, LARGEST = 65535 - 20 - ICMP_HEADER };

#define SECOND INT64_C(1000000000)

/*
 * --- ping(to [, count [, size [, ttl]]]) = echoes received; one a second, a second for the last
 * ---
 *
 * lwIP has no echo client: this one is ours. So it keeps no statistics, and a script that asks for
 * them is skipped: they would say nothing about lwIP.
 */

static void end_ping(struct lwip_ping *p)
{
    struct lwip_sut *u = p->owner;
    raw_remove(p->raw);
    p->owner = NULL;
    memset(u->out, 0, sizeof u->out);
    lwip_done(u, p->token, p->received, u->out);
}

/* A raw control block sees the packet before lwIP has looked at what ICMP says in it. */
static bool is_answer(const struct lwip_ping *p, const struct pbuf *b, const ip_addr_t *from)
{
    struct icmp_echo_hdr echo;
    struct pbuf icmp = *b; /* behind the IP header */
    u16_t header = IPH_HL_BYTES((const struct ip_hdr *)b->payload);
    if (b->tot_len < header + ICMP_HEADER || b->len < header ||
        pbuf_copy_partial(b, &echo, sizeof echo, header) != sizeof echo)
        return false;
    icmp.payload = (uint8_t *)b->payload + header;
    icmp.len = (u16_t)(b->len - header);
    icmp.tot_len = (u16_t)(b->tot_len - header);
    return inet_chksum_pbuf(&icmp) == 0 && ICMPH_TYPE(&echo) == ICMP_ER &&
           echo.id == lwip_htons(p->id) && lwip_ntohs(echo.seqno) < p->sent &&
           ip_addr_get_ip4_u32(from) == lwip_htonl(p->to);
}

static u8_t echo_came(void *arg, struct raw_pcb *pcb, struct pbuf *b, const ip_addr_t *from)
{
    struct lwip_ping *p = arg;
    (void)pcb;
    if (!is_answer(p, b, from))
        return 0;
    p->received++;
    if (p->received == p->count)
        p->due_ns = p->owner->env->now(p->owner->env->self);
    pbuf_free(b);
    return 1;
}

static void send_echo(struct lwip_ping *p)
{
    ip_addr_t to;
    struct pbuf *b = pbuf_alloc(PBUF_IP, (u16_t)(ICMP_HEADER + p->size), PBUF_RAM);
    ip_addr_set_ip4_u32_val(to, lwip_htonl(p->to));
    if (!b)
        return;
    struct icmp_echo_hdr *echo = b->payload;
    memset(b->payload, 0, b->len);
    ICMPH_TYPE_SET(echo, ICMP_ECHO);
    echo->id = lwip_htons(p->id);
    echo->seqno = lwip_htons((u16_t)p->sent);
    for (uint32_t k = 0; k < p->size; k++)
        ((uint8_t *)b->payload)[ICMP_HEADER + k] = (uint8_t)k;
    echo->chksum = inet_chksum(b->payload, b->len);
    raw_sendto(p->raw, b, &to);
    pbuf_free(b);
}

int64_t lwip_pings_poll(struct lwip_sut *u, int64_t now_ns)
{
    int64_t due_ns = INT64_MAX;
    for (int k = 0; k < LWIP_PINGS; k++) {
        struct lwip_ping *p = &u->ping[k];
        if (p->owner && p->due_ns <= now_ns) {
            if (p->received == p->count || p->sent == p->count) {
                end_ping(p);
                continue;
            }
            send_echo(p);
            p->sent++;
            p->due_ns = now_ns + SECOND;
        }
        if (p->owner && p->due_ns < due_ns)
            due_ns = p->due_ns;
    }
    return due_ns;
}

static int64_t call_ping(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    ip_addr_t to;
    int64_t count = argc > 1 && argv[1].kind == VALUE_NUMBER ? argv[1].number : 1;
    int64_t size = argc > 2 && argv[2].kind == VALUE_NUMBER ? argv[2].number : 56;
    (void)out;
    if (argc > 4 && argv[4].kind != VALUE_NONE)
        return SUT_UNKNOWN;
    if (!lwip_address(&argv[0], &to) || count < 1 || size < 0)
        return -EINVAL;
    if (size > LARGEST)
        return -EMSGSIZE;
    for (int k = 0; k < LWIP_PINGS; k++) {
        struct lwip_ping *p = &u->ping[k];
        if (p->owner)
            continue;
        *p = (struct lwip_ping){.owner = u,
                                .token = token,
                                .to = lwip_ntohl(ip_addr_get_ip4_u32(&to)),
                                .count = (uint32_t)count,
                                .size = (uint32_t)size,
                                .id = (uint16_t)rand(),
                                .raw = raw_new(IP_PROTO_ICMP)};
        if (!p->raw) {
            p->owner = NULL;
            return -ENOBUFS;
        }
        if (argc > 3 && argv[3].kind == VALUE_NUMBER)
            p->raw->ttl = (u8_t)argv[3].number;
        raw_recv(p->raw, echo_came, p);
        return SUT_PENDING; /* the first request leaves with the poll that follows each call */
    }
    return -ENOBUFS;
}

/* --- udp_echo([port]): ours too, so it answers neither a datagram to many nor another echo service
 * (RFC 8085 6) --- */

static bool echoes(const struct udp_pcb *pcb, u16_t port)
{
    const ip4_addr_t *to = ip4_current_dest_addr();
    bool many = ip4_addr_ismulticast(to) || ip4_addr_isbroadcast(to, ip_current_netif());
    return !many && port != 0 && port != ECHO_PORT && port != pcb->local_port;
}

static void echo_datagram(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                          u16_t port)
{
    (void)arg;
    if (echoes(pcb, port))
        udp_sendto(pcb, p, from, port);
    pbuf_free(p);
}

static int64_t call_udp_echo(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                             struct value *out)
{
    (void)token, (void)out;
    if (u->echo)
        return -EADDRINUSE;
    u->echo = udp_new();
    if (!u->echo)
        return -ENOBUFS;
    udp_recv(u->echo, echo_datagram, u);
    return lwip_error(
        udp_bind(u->echo, IP4_ADDR_ANY, (u16_t)(argc > 0 ? argv[0].number : ECHO_PORT)));
}

static int64_t call_udp_echo_stop(struct lwip_sut *u, uint64_t token, const struct value *argv,
                                  int argc, struct value *out)
{
    (void)token, (void)argv, (void)argc, (void)out;
    if (!u->echo)
        return -ENOENT;
    udp_remove(u->echo);
    u->echo = NULL;
    return 0;
}

const struct lwip_call_entry lwip_service_calls[] = {
    {"ping", call_ping, 1},
    {"udp_echo", call_udp_echo, 0},
    {"udp_echo_stop", call_udp_echo_stop, 0},
    {NULL, NULL, 0},
};
