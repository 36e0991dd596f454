/*
 * A kernel that a user boots in QEMU, in the place of the host under test: it takes whole frames by
 * the cable, and nobody can call it. What a script says of its address the user tells it himself.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "sim/cli/live_inside.h"

static struct live *live;
static const struct sut_env *world_env;

void live_outside_begin(struct live *l)
{
    live = l;
}

static void *outside_open(const struct sut_env *env)
{
    world_env = env;
    return live;
}

static int outside_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                          const struct bus *b)
{
    (void)s, (void)ifname, (void)mac, (void)mtu, (void)b;
    return port == 0 ? 0 : -1;
}

/* The monitor sees it as it enters the cable. */
static void outside_input(void *s, int port, const void *frame, size_t len)
{
    struct live *l = s;
    (void)port;
    if (!l->run) /* the world is being built */
        return;
    cable_give(&l->cable, frame, (uint32_t)len);
}

void live_outside_came(const uint8_t *bytes, size_t len)
{
    live_see(live, bytes, (uint32_t)len, false);
    if (len >= 14) /* an Ethernet header's */
        world_env->transmit(world_env->self, 0, bytes, len);
}

static void outside_poll(void *s)
{
    (void)s;
}

static int64_t outside_call(void *s, uint64_t token, const char *name, const struct value *argv,
                            int argc, struct value *out)
{
    static const char *const told[] = {"ifconfig", "route", "nameserver", "neighbour", NULL};
    (void)s, (void)token, (void)argv, (void)argc, (void)out;
    for (int k = 0; told[k]; k++)
        if (strcmp(told[k], name) == 0)
            return 0;
    return SUT_UNKNOWN;
}

static int outside_query(void *s, const char *what, struct value *out)
{
    (void)s, (void)what, (void)out;
    return -1;
}

static void outside_close(void *s)
{
    (void)s;
}

const struct sut live_outside = {.abi = SUT_ABI,
                                 .flags = SUT_FRAMES,
                                 .name = "the kernel in QEMU",
                                 .version = "",
                                 .open = outside_open,
                                 .attach = outside_attach,
                                 .input = outside_input,
                                 .poll = outside_poll,
                                 .call = outside_call,
                                 .query = outside_query,
                                 .close = outside_close};

/* --- our peers --- */

/* QEMU's own user network has its first four addresses for the same. */
static const char peers[] =
    "link lan\n"
    "sut eth0 on lan\n"
    "host dhcp-server dhcp on lan ip 10.0.2.2/24 pool 10.0.2.15 10.0.2.99 lease 3600 "
    "router 10.0.2.1 dns 10.0.2.3 ntp 10.0.2.4 domain \"live.test\" "
    "next-server 10.0.2.5 boot-file \"boot.ipxe\"\n"
    "host router router on lan ip 10.0.2.1/24 hop 198.51.100.1 far 203.0.113.0/24\n"
    "host ntp-server ntp on lan ip 10.0.2.4/24 time %" PRId64 "\n"
    "host tftp-server tftp on lan ip 10.0.2.5/24 file \"hello.txt\" \"hello\\n\" "
    "made \"big\" 1000000 file \"boot.ipxe\" \"#!ipxe\\nimgfetch http://10.0.2.80/hello.txt\\n"
    "imgstat\\nprompt A script came by TFTP, a text by HTTP. Press any key.\\n\"\n"
    "host http-server www on lan ip 10.0.2.80/24 page \"/\" \"<html>wiredrill live</html>\\n\" "
    "page \"/hello.txt\" \"hello\\n\" made \"/big\" 1000000\n"
    "host echo echo on lan ip 10.0.2.7/24\n"
    "host tcp-echo tcp-echo on lan ip 10.0.2.8/24\n"
    "%s"
    "0 assert now() == 0\n"
    "end 31536000s because \"until Ctrl-C\"\n";

static const char resolver[] =
    "host dns-resolver dns on lan ip 10.0.2.3/24 zone \"www.live.test A 10.0.2.80\" "
    "\"tftp.live.test A 10.0.2.5\" \"ntp.live.test A 10.0.2.4\" \"echo.live.test A 10.0.2.7\" "
    "\"router.live.test A 10.0.2.1\"\n";

struct script *live_peers(const char *const *define, struct diagnostic *d)
{
    static char text[sizeof peers + sizeof resolver + 32];
    bool named = host_kind_by_name("dns-resolver") != NULL;
    int len = snprintf(text, sizeof text, peers, (int64_t)time(NULL), named ? resolver : "");
    return script_parse("live", text, (size_t)len, define, d);
}

/* --- what is told --- */

void live_outside_tell(const struct live *l)
{
    const struct topology *t = &l->run->topology;
    char qemu[512];
    cable_qemu(&l->cable, qemu, sizeof qemu);
    printf("a network for a kernel; QEMU comes to it with\n"
           "  %s -device e1000,netdev=net0\n",
           qemu);
    for (uint32_t k = 0; k < t->hosts; k++)
        for (uint32_t p = 0; t->host[k] != t->sut && p < t->host[k]->ports; p++) {
            uint32_t a = t->host[k]->port[p].ipv4;
            char address[16];
            snprintf(address, sizeof address, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
                     a & 255);
            if (t->host[k]->port[p].has_ipv4)
                printf("  %-15s  %s (%s)\n", address, t->host[k]->name, t->host[k]->kind->name);
        }
}

void live_outside_violations(const struct live *l)
{
    const struct topology *t = &l->run->topology;
    for (uint32_t k = 0; k < t->hosts; k++) {
        struct host *h = t->host[k];
        struct value count, last = {0};
        if (h == t->sut || !h->kind->query || h->kind->query(h, "violations", &count) != 0 ||
            count.number == 0)
            continue;
        if (h->kind->query(h, "last-violation", &last) != 0)
            last.bytes = NULL;
        printf("  %s counted %" PRId64 " violation%s of its protocol%s%s\n", h->name, count.number,
               count.number == 1 ? "" : "s", last.bytes ? ", the last: " : "",
               last.bytes ? (const char *)last.bytes : "");
    }
}
