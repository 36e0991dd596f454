/* Options: what was set is what is read, and a new socket has none of an old one's. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/socket/socket.h"
#include "tests/core/rig.h"

static struct rig *r;
static struct stack *s;

static void open_rig(void)
{
    r = rig_full();
    s = r->s;
}

static void close_rig(void)
{
    rig_close(r);
}

TestSuite(options, .init = open_rig, .fini = close_rig);

static int64_t get(int fd, enum socket_option option)
{
    int64_t value = -77;
    cr_assert_eq(socket_get(s, fd, option, &value), 0, "option %d", (int)option);
    return value;
}

static const struct {
    enum socket_option option;
    int64_t fresh, set;
} options[] = {
    {SO_OPT_BROADCAST, 0, 1},     {SO_OPT_REUSEADDR, 0, 1},      {SO_OPT_BINDTODEVICE, -1, 1},
    {IP_OPT_TTL, 64, 255},        {IP_OPT_TTL, 64, 1},           {IP_OPT_TOS, 0, 0xb8},
    {IP_OPT_MTU_DISCOVER, 1, 0},  {IP_OPT_MTU_DISCOVER, 1, 2},   {IP_OPT_RECVERR, 0, 1},
    {IP_OPT_MULTICAST_TTL, 1, 9}, {IP_OPT_MULTICAST_LOOP, 1, 0}, {UDP_OPT_NO_CHECKSUM, 0, 1},
};

Test(options, what_was_set_is_read_and_goes_with_its_socket)
{
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
        cr_assert_eq(fd, 3);
        cr_assert_eq(get(fd, options[k].option), options[k].fresh, "option %zu, new", k);
        cr_assert_eq(socket_set(s, fd, options[k].option, options[k].set, 0), 0, "option %zu", k);
        for (size_t other = 0; other < sizeof options / sizeof *options; other++)
            cr_assert_eq(get(fd, options[other].option),
                         options[other].option == options[k].option ? options[k].set
                                                                    : options[other].fresh,
                         "option %zu beside %zu", other, k);
        cr_assert_eq(socket_close(s, fd, 0), 0);
    }
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    for (size_t k = 0; k < sizeof options / sizeof *options; k++)
        cr_assert_eq(get(fd, options[k].option), options[k].fresh, "option %zu, inherited", k);
    cr_assert_eq(socket_close(s, fd, 0), 0);
}

Test(options, values_that_cannot_be)
{
    static const struct {
        enum socket_option option;
        int64_t value;
        int error;
    } wrong[] = {
        {IP_OPT_TTL, 0, -ERR_INVAL},           {IP_OPT_TTL, 256, -ERR_INVAL},
        {IP_OPT_TTL, -2, -ERR_INVAL},          {IP_OPT_MULTICAST_TTL, 256, -ERR_INVAL},
        {IP_OPT_MTU_DISCOVER, 3, -ERR_INVAL},  {IP_OPT_MTU_DISCOVER, -1, -ERR_INVAL},
        {SO_OPT_RCVBUF, -1, -ERR_INVAL},       {SO_OPT_BINDTODEVICE, 99, -ERR_NODEV},
        {SO_OPT_BINDTODEVICE, -2, -ERR_NODEV},
    };
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        int64_t before = get(fd, wrong[k].option);
        cr_assert_eq(socket_set(s, fd, wrong[k].option, wrong[k].value, 0), wrong[k].error,
                     "case %zu", k);
        cr_assert_eq(get(fd, wrong[k].option), before, "case %zu", k);
    }
    cr_assert_eq(get(fd, SO_OPT_TYPE), SOCKET_DGRAM);
    cr_assert_eq(socket_close(s, fd, 0), 0);
}

/* -1 asks for the default again; -1 is no interface. */
Test(options, back_to_the_default)
{
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    cr_assert_eq(socket_set(s, fd, IP_OPT_TTL, 9, 0), 0);
    cr_assert_eq(socket_set(s, fd, IP_OPT_TTL, -1, 0), 0);
    cr_assert_eq(get(fd, IP_OPT_TTL), 64);
    cr_assert_eq(stack_knob_set(s, "ipv4.ttl", 77), 0);
    cr_assert_eq(get(fd, IP_OPT_TTL), 77);
    cr_assert_eq(socket_bind_device(s, fd, "eth0"), 0);
    cr_assert_eq(get(fd, SO_OPT_BINDTODEVICE), 1);
    cr_assert_eq(socket_set(s, fd, SO_OPT_BINDTODEVICE, -1, 0), 0);
    cr_assert_eq(get(fd, SO_OPT_BINDTODEVICE), -1);
    cr_assert_eq(socket_close(s, fd, 0), 0);
}

/* RFC 1122 3.2.1.3: 0.0.0.0 as a destination is this host. */
Test(options, nobody_is_ourselves)
{
    const struct socket_address nobody = {addr_ipv4(0), 9};
    struct socket_address peer;
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    cr_assert_eq(socket_connect(s, fd, &nobody, 0), 0);
    cr_assert_eq(socket_peer(s, fd, &peer), 0);
    cr_assert_eq(peer.addr.word[0], 0x7f000001);
    cr_assert_eq(socket_close(s, fd, 0), 0);
}

/* Memberships come back when they are left, and when their socket is closed. */
Test(options, memberships_are_given_back)
{
    struct ip_addr any = addr_ipv4(0);
    const uint16_t limit = s->config.limits.memberships;
    const int most = limit < NETIF_MULTICASTS ? limit : NETIF_MULTICASTS;
    cr_assert_eq(route_add(s, &any, 0, NULL, r->nif), 0);
    for (int round = 0; round < 3; round++) {
        int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0), joined = 0;
        while (joined < 100 &&
               socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, INT64_C(0xe0010200) + joined, 0) == 0)
            joined++;
        cr_assert_leq(joined, most, "round %d", round);
        cr_assert_gt(joined, most / 2, "round %d", round);
        cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, 0xe0010300, 0), -ERR_NOBUFS);
        cr_assert_eq(socket_set(s, fd, IP_OPT_DROP_MEMBERSHIP, 0xe0010200, 0), 0);
        cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, 0xe0010300, 0), 0);
        cr_assert_eq(socket_close(s, fd, 0), 0);
    }
}
