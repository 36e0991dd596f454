/*
 * A stack as a plug-in, the smallest that is of use: it has an eth_receive and a transmit hook,
 * answers ARP and ping, and knows nothing else.
 *
 *     make examples
 *     build/release/wiredrill run --sut build/release/examples/stack/eth_receive.so scenarios/arp
 *
 * Scripts that call socket() and the like are skipped, since it has none.
 */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut.h"

/* --- the stack: what you have already --- */

struct my_stack {
    uint8_t mac[6];
    uint8_t ip[4];
    void (*transmit)(void *ctx, const void *frame, size_t len);
    void *ctx;
};

enum { ETHERNET = 14, ARP = 28, IP = 20, LONGEST = 1514 };

static uint16_t sum(const uint8_t *p, size_t len)
{
    uint32_t total = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        total += (uint32_t)(p[i] << 8 | p[i + 1]);
    if (len % 2)
        total += (uint32_t)p[len - 1] << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)~total;
}

static void answer_arp(struct my_stack *s, uint8_t *frame)
{
    static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
    uint8_t *arp = frame + ETHERNET;
    if (memcmp(arp, request, 8) != 0 || memcmp(arp + 24, s->ip, 4) != 0)
        return;
    arp[7] = 2; /* reply */
    memcpy(arp + 18, arp + 8, 10);
    memcpy(arp + 8, s->mac, 6);
    memcpy(arp + 14, s->ip, 4);
    memcpy(frame, arp + 18, 6);
    memcpy(frame + 6, s->mac, 6);
    uint8_t out[60] = {0};
    memcpy(out, frame, ETHERNET + ARP);
    s->transmit(s->ctx, out, sizeof out);
}

static void answer_ping(struct my_stack *s, uint8_t *frame, size_t len)
{
    uint8_t *ip = frame + ETHERNET, *icmp = ip + IP;
    size_t total = (size_t)(ip[2] << 8 | ip[3]);
    if (ip[0] != 0x45 || ip[9] != 1 || memcmp(ip + 16, s->ip, 4) != 0 || total > len - ETHERNET ||
        total < IP + 8)
        return;
    if (ip[6] & 0x3f || ip[7] || sum(ip, IP) != 0 || sum(icmp, total - IP) != 0 || icmp[0] != 8)
        return;
    icmp[0] = 0; /* echo reply */
    icmp[2] = icmp[3] = 0;
    uint16_t check = sum(icmp, total - IP);
    icmp[2] = (uint8_t)(check >> 8);
    icmp[3] = (uint8_t)check;
    memcpy(ip + 16, ip + 12, 4);
    memcpy(ip + 12, s->ip, 4);
    ip[8] = 64;
    ip[10] = ip[11] = 0;
    check = sum(ip, IP);
    ip[10] = (uint8_t)(check >> 8);
    ip[11] = (uint8_t)check;
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, s->mac, 6);
    s->transmit(s->ctx, frame, ETHERNET + total < 60 ? 60 : ETHERNET + total);
}

static void eth_receive(struct my_stack *s, const void *bytes, size_t len)
{
    uint8_t frame[LONGEST] = {0};
    if (len < ETHERNET + ARP || len > sizeof frame)
        return;
    memcpy(frame, bytes, len);
    if (frame[12] == 8 && frame[13] == 6)
        answer_arp(s, frame);
    if (frame[12] == 8 && frame[13] == 0 && memcmp(frame, s->mac, 6) == 0)
        answer_ping(s, frame, len);
}

/* --- the plug: what you add --- */

struct plug {
    const struct sut_env *env;
    struct my_stack stack;
};

static void to_wire(void *ctx, const void *frame, size_t len)
{
    struct plug *p = ctx;
    p->env->transmit(p->env->self, 0, frame, len);
}

static void *plug_open(const struct sut_env *env)
{
    struct plug *p =
        env->memory(env->self, sizeof *p, NULL); /* or malloc; but then leave SUT_SAVES out */
    if (p)
        *p = (struct plug){.env = env, .stack = {.transmit = to_wire, .ctx = p}};
    return p;
}

static int plug_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                       const struct bus *b)
{
    struct plug *p = s;
    (void)ifname, (void)mtu, (void)b;
    if (port > 0)
        return -19; /* ENODEV: it has one interface */
    memcpy(p->stack.mac, mac, 6);
    return 0;
}

static void plug_input(void *s, int port, const void *frame, size_t len)
{
    struct plug *p = s;
    (void)port;
    eth_receive(&p->stack, frame, len);
}

/* Timers would run here, and say by env->due when they want to run again. */
static void plug_poll(void *s)
{
    (void)s;
}

static int64_t plug_call(void *s, uint64_t token, const char *name, const struct value *argv,
                         int argc, struct value *out)
{
    struct plug *p = s;
    (void)token, (void)out;
    if (strcmp(name, "ifconfig") != 0 || argc < 2 || argv[1].kind != VALUE_PREFIX)
        return SUT_UNKNOWN;
    for (int k = 0; k < 4; k++)
        p->stack.ip[k] = (uint8_t)(argv[1].number >> (24 - 8 * k));
    return 0;
}

static void plug_close(void *s)
{
    (void)s;
}

extern const struct sut wiredrill_sut;
const struct sut wiredrill_sut = {
    .abi = SUT_ABI,
    .flags = SUT_FRAMES | SUT_SAVES,
    .name = "eth_receive",
    .version = "1",
    .open = plug_open,
    .attach = plug_attach,
    .input = plug_input,
    .poll = plug_poll,
    .call = plug_call,
    .close = plug_close,
};
