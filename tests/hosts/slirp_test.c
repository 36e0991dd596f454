/*
 * QEMU's user network must not reach the network of the machine. The first test tries all that it
 * could want a socket for; the second takes the restriction away, to see that a socket which it
 * opens fails the run, and that this file would see one.
 */
#ifdef HAVE_SLIRP
#include <criterion/criterion.h>
#include <fcntl.h>
#include <slirp/libslirp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static Slirp *open_to_the_world(const SlirpConfig *config, const SlirpCb *callbacks, void *opaque)
{
    SlirpConfig open = *config;
    open.restricted = 0;
    return slirp_new(&open, callbacks, opaque);
}

/* The kind itself, once more, with that one difference. */
#define slirp_kind open_slirp_kind
#define slirp_new  open_to_the_world
#include "sim/hosts/slirp.c" /* a second copy of it: NOLINT(bugprone-suspicious-include) */
#undef slirp_kind
#undef slirp_new

#include "tests/hosts/peer_rig.h"

extern const struct host_kind slirp_kind; /* as scripts have it */

static bool watching;
static int sockets;

/* libslirp finds this one before the C library's. While we watch, it gets a descriptor that leads
 * nowhere. */
int socket(int domain, int type, int protocol)
{
    if (!watching)
        return (int)syscall(SYS_socket, domain, type, protocol);
    sockets++;
    return open("/dev/null", O_RDWR);
}

/* An IPv4 packet of the client's, its transport's checksum made where it has one. */
static void give(struct peer_rig *r, uint32_t dst, uint8_t protocol, const void *payload,
                 uint32_t len)
{
    uint8_t f[256] = {0x52, 0x55, 0x0a, 0, 2, 2};
    memcpy(f + 6, rig_client, 6);
    put16(f + 12, 0x0800);
    f[14] = 0x45;
    put16(f + 16, 20 + len);
    f[22] = 64;
    f[23] = protocol;
    put32(f + 26, RIG_CLIENT);
    put32(f + 30, dst);
    put16(f + 24, sum16(f + 14, 20, 0));
    memcpy(f + 34, payload, len);
    if (protocol == 6) /* TCP: with the pseudo header */
        put16(f + 50, sum16(f + 34, len,
                            protocol + len + (RIG_CLIENT >> 16) + (RIG_CLIENT & 0xffff) +
                                (dst >> 16) + (dst & 0xffff)));
    if (protocol == 1)
        put16(f + 36, sum16(f + 34, len, 0));
    if (r->host.kind == &slirp_kind)
        peer_rig_give(r, f, 34 + len);
    else /* the rig does not go on with a run that failed */
        r->host.kind->frame(&r->host, 0, frame_copy(r->world, f, 34 + len), world_now(r->world));
}

static void syn(struct peer_rig *r, uint32_t dst, uint16_t port)
{
    uint8_t tcp[20] = {0x9c, 0x40, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff};
    put16(tcp + 2, port);
    give(r, dst, 6, tcp, sizeof tcp);
}

static struct peer_rig *start(const char *line, const struct host_kind *kind)
{
    struct peer_rig *r = peer_rig_kind(line, kind);
    static const uint8_t arp[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34,
                                    0x56, 8,    6,    0,    1,    8,    0,    6,    4, 0,    1,
                                    0x52, 0x54, 0,    0x12, 0x34, 0x56, 10,   0,    2, 15,   0,
                                    0,    0,    0,    0,    0,    10,   0,    2,    2};
    watching = true;
    sockets = 0;
    cr_assert_eq(peer_rig_give(r, arp, sizeof arp), 1, "it answers ARP");
    return r;
}

Test(slirp, restricted_opens_no_socket)
{
    static const uint32_t to[] = {0x08080808, RIG_SERVER, 0x0a000203,
                                  0x7f000001, 0x0a0002ff, 0xffffffff};
    static const uint16_t port[] = {7, 22, 53, 67, 69, 80, 113, 445};
    static const uint8_t echo[8] = {8};
    /* No tftp-server: libslirp 4.7 never frees its copy of that name, and the leak checker tells.
     */
    struct peer_rig *r = start("host slirp srv ip 10.0.2.2/24 bootfile \"kernel\"", &slirp_kind);
    for (size_t t = 0; t < sizeof to / sizeof to[0]; t++) {
        give(r, to[t], 1, echo, sizeof echo);
        give(r, to[t], 47, "?", 1);
        for (size_t p = 0; p < sizeof port / sizeof port[0]; p++) {
            r->frames = 0;
            peer_rig_udp(r, RIG_CLIENT, to[t], 5000, port[p], "\0\1/etc/passwd\0octet", 20);
            syn(r, to[t], port[p]);
        }
    }
    r->frames = 0;
    peer_rig_run(r, INT64_C(300) * 1000 * 1000 * 1000);
    watching = false;
    cr_assert_eq(sockets, 0);
    struct why why = {{0}};
    cr_assert_not(world_failed(r->world, &why), "%s", why.text);
    peer_rig_close(r);
}

static void opened(void (*provoke)(struct peer_rig *r))
{
    struct peer_rig *r = start("host slirp srv ip 10.0.2.2/24", &open_slirp_kind);
    provoke(r);
    watching = false;
    struct why why = {{0}};
    cr_assert_eq(sockets, 1);
    cr_assert(world_failed(r->world, &why));
    cr_assert_not_null(strstr(why.text, "srv: libslirp opened a socket of this machine"), "%s",
                       why.text);
    peer_rig_close(r);
}

static void datagram_to_the_world(struct peer_rig *r)
{
    static const uint8_t udp[9] = {0x13, 0x88, 0, 9, 0, 9, 0, 0, '?'}; /* without a checksum */
    give(r, 0xc0000201, 17, udp, sizeof udp);
}

static void connection_to_the_world(struct peer_rig *r)
{
    syn(r, 0xc0000201, 80);
}

Test(slirp, socket_for_a_datagram_fails_the_run)
{
    opened(datagram_to_the_world);
}

Test(slirp, socket_for_a_connection_fails_the_run)
{
    opened(connection_to_the_world);
}
/* A DISCOVER; the offer's option 12, RFC 2132 3.14. */
static int offers(const char *line, const uint8_t **name)
{
    static const uint8_t head[8] = {1, 1, 6, 0, 1, 2, 3, 4},
                         options[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255};
    uint8_t m[300] = {0};
    uint32_t len;
    struct peer_rig *r = start(line, &slirp_kind);
    memcpy(m, head, 8);
    memcpy(m + 28, rig_client, 6);
    memcpy(m + 236, options, sizeof options);
    int came = peer_rig_udp(r, 0, 0xffffffff, 68, 67, m, sizeof m);
    watching = false;
    *name = NULL;
    if (came) {
        const uint8_t *p = peer_rig_payload(r, r->frames - 1, &len);
        for (uint32_t at = 240; at + 1 < len && p[at] != 255; at += p[at] ? 2u + p[at + 1] : 1)
            if (p[at] == 12)
                *name = p + at + 1;
    }
    static uint8_t kept[16];
    if (*name)
        *name = memcpy(kept, *name, sizeof kept);
    peer_rig_close(r);
    return came;
}

Test(slirp, dhcp_gives_the_host_name_or_is_off)
{
    const uint8_t *name;
    cr_assert_eq(offers("host slirp srv ip 10.0.2.2/24 hostname \"guest\"", &name), 1);
    cr_assert(name && name[0] == 5 && memcmp(name + 1, "guest", 5) == 0);
    cr_assert_eq(offers("host slirp srv ip 10.0.2.2/24 no-dhcp", &name), 0);
}
#else
typedef int no_slirp_here;
#endif
