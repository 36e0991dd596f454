/*
 * A stack that can only block: its ping waits for the answer in a loop. With SUT_BLOCKS each call
 * runs on a stack of its own, and env->wait sleeps until a frame came or the time is over;
 * everything else goes on meanwhile.
 *
 *     build/release/wiredrill run --sut build/release/examples/stack/blocking.so
 * scenarios/slirp/request-gateway-pong.pkt
 *
 * It asks for an address by ARP each time, and keeps its state in static variables, so it is
 * loaded anew for each case (SUT_SINGLETON).
 */
#include <string.h>
#include "sim/hosts/sut.h"

enum {
    ARP_FRAME = 60,
    ECHO_DATA = 56,
    IP_AT = 14,
    ICMP_AT = 34,
    ECHO_FRAME = ICMP_AT + 8 + ECHO_DATA
};

#define SECOND INT64_C(1000000000)

static const struct sut_env *env;
static uint8_t my_mac[6], my_ip[4];
static uint8_t peer_mac[6];
static int have_mac, have_echo;
static uint16_t sequence;

static int64_t now(void)
{
    return env->now(env->self);
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int k = 0; k < 4; k++)
        p[k] = (uint8_t)(v >> (24 - 8 * k));
}

static void write_sum(uint8_t *at, const uint8_t *p, size_t len)
{
    uint32_t total = 0;
    for (size_t i = 0; i < len; i += 2)
        total += (uint32_t)(p[i] << 8 | p[i + 1]);
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    at[0] = (uint8_t)(~total >> 8);
    at[1] = (uint8_t)~total;
}

/* Waits for a flag as a program on a real machine would sleep on it. */
static int wait_for(const int *flag, int64_t until)
{
    while (!*flag && now() < until)
        env->wait(env->self, until);
    return *flag;
}

static int resolve(uint32_t ip)
{
    static const uint8_t head[10] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
    uint8_t f[ARP_FRAME] = {0};
    memset(f, 0xff, 6);
    memcpy(f + 6, my_mac, 6);
    memcpy(f + 12, head, sizeof head);
    memcpy(f + 22, my_mac, 6);
    memcpy(f + 28, my_ip, 4);
    put32(f + 38, ip);
    have_mac = 0;
    env->transmit(env->self, 0, f, sizeof f);
    return wait_for(&have_mac, now() + SECOND);
}

/* Blocks until the answer is here or a second is over. */
static int ping(uint32_t ip)
{
    uint8_t f[ECHO_FRAME] = {0};
    if (!resolve(ip))
        return 0;
    memcpy(f, peer_mac, 6);
    memcpy(f + 6, my_mac, 6);
    f[12] = 8;
    f[IP_AT] = 0x45;
    f[IP_AT + 3] = ECHO_FRAME - IP_AT;
    f[IP_AT + 8] = 64;
    f[IP_AT + 9] = 1;
    memcpy(f + IP_AT + 12, my_ip, 4);
    put32(f + IP_AT + 16, ip);
    write_sum(f + IP_AT + 10, f + IP_AT, 20);
    f[ICMP_AT] = 8;
    f[ICMP_AT + 7] = (uint8_t)sequence++;
    for (int k = 0; k < ECHO_DATA; k++)
        f[ICMP_AT + 8 + k] = (uint8_t)k;
    write_sum(f + ICMP_AT + 2, f + ICMP_AT, 8 + ECHO_DATA);
    have_echo = 0;
    env->transmit(env->self, 0, f, sizeof f);
    return wait_for(&have_echo, now() + SECOND);
}

/* --- the plug --- */

static void *plug_open(const struct sut_env *e)
{
    env = e;
    return my_mac; /* any address: there is one instance */
}

static int plug_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                       const struct bus *b)
{
    (void)s, (void)ifname, (void)mtu, (void)b;
    memcpy(my_mac, mac, 6);
    return port == 0 ? 0 : -19;
}

static void plug_input(void *s, int port, const void *frame, size_t len)
{
    const uint8_t *f = frame;
    (void)s, (void)port;
    if (len >= 42 && f[12] == 8 && f[13] == 6 && f[21] == 2) {
        memcpy(peer_mac, f + 22, 6);
        have_mac = 1;
    }
    if (len >= ICMP_AT + 8 && f[12] == 8 && f[13] == 0 && f[IP_AT + 9] == 1 && f[ICMP_AT] == 0)
        have_echo = 1;
}

static void plug_poll(void *s)
{
    (void)s;
}

static int64_t plug_call(void *s, uint64_t token, const char *name, const struct value *argv,
                         int argc, struct value *out)
{
    (void)s, (void)token, (void)argc, (void)out;
    if (strcmp(name, "ifconfig") == 0) {
        put32(my_ip, (uint32_t)argv[1].number);
        return 0;
    }
    if (strcmp(name, "ping") == 0) {
        uint32_t to = 0;
        for (const char *p = (const char *)argv[0].bytes; argv[0].kind == VALUE_BYTES && *p;) {
            uint32_t part = 0;
            for (; *p >= '0' && *p <= '9'; p++)
                part = part * 10 + (uint32_t)(*p - '0');
            to = to << 8 | (part & 0xff);
            p += *p == '.';
        }
        return ping(argv[0].kind == VALUE_IPV4 ? (uint32_t)argv[0].number : to);
    }
    return SUT_UNKNOWN;
}

static void plug_close(void *s)
{
    (void)s;
}

extern const struct sut wiredrill_sut;
const struct sut wiredrill_sut = {
    .abi = SUT_ABI,
    .flags = SUT_FRAMES | SUT_BLOCKS | SUT_SINGLETON,
    .name = "blocking",
    .version = "1",
    .open = plug_open,
    .attach = plug_attach,
    .input = plug_input,
    .poll = plug_poll,
    .call = plug_call,
    .close = plug_close,
    /* It asks, and is deaf to what others ask. */
    .lacks = "arp conflict-defence dhcp fragments groups icmp-errors options ping probing tcp udp",
};
