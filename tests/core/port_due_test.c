/* A kernel that sleeps until what stack_poll returned, unless port.due or port.wake says otherwise.
 */
#include <criterion/criterion.h>
#include "stack/service/dhcp.h"
#include "stack/service/ping.h"
#include "stack/socket/socket.h"
#include "tests/core/rig.h"

static struct rig *asleep(bool address)
{
    struct rig *r = rig_open(NULL, NULL, address);
    rig_sleep(r, 0);
    cr_assert_eq(r->sleep_ns, INT64_MAX, "nothing is due: the kernel sleeps for ever");
    return r;
}

static int open_datagram(struct rig *r)
{
    int fd = socket_open(r->s, ADDR_IPV4, SOCKET_DGRAM, 0);
    cr_assert(fd >= 0);
    return fd;
}

/* The send arms the retry of an ARP request outside stack_poll: the port hears of it. */
Test(port_due, arp_retries_wake_a_sleeping_kernel)
{
    struct rig *r = asleep(true);
    struct socket_address to = {addr_ipv4(RIG_PEER), 7};
    int fd = open_datagram(r);
    cr_assert_eq(socket_send(r->s, fd, "x", 1, 0, &to, r->now_ns), 1);
    cr_assert_eq(r->sent_count, 1);
    cr_assert_eq(r->sleep_ns, RIG_SECOND);
    rig_sleep(r, 10 * RIG_SECOND);
    cr_assert_gt(r->sent_count, 2, "the request was repeated");
    cr_assert_eq(r->sent[1].at_ns, RIG_SECOND);
    socket_close(r->s, fd, r->now_ns);
    rig_close(r);
}

/* A later deadline beside an earlier one moves nothing, and is kept all the same. */
Test(port_due, a_later_deadline_is_kept)
{
    struct rig *r = asleep(true);
    struct socket_address to = {addr_ipv4(RIG_PEER), 7}, other = {addr_ipv4(RIG_PEER + 1), 7};
    int fd = open_datagram(r);
    socket_send(r->s, fd, "x", 1, 0, &to, 0);
    r->now_ns = 1000;
    socket_send(r->s, fd, "x", 1, 0, &other, r->now_ns);
    cr_assert_eq(r->sleep_ns, RIG_SECOND);
    rig_sleep(r, RIG_SECOND + 1000);
    cr_assert_eq(r->sent_count, 4);
    cr_assert_eq(r->sent[3].at_ns, RIG_SECOND + 1000);
    socket_close(r->s, fd, r->now_ns);
    rig_close(r);
}

/* A datagram to ourselves waits in the loopback's queue: that needs a poll as well. */
Test(port_due, loopback_wakes_a_sleeping_kernel)
{
    struct rig *r = asleep(true);
    char out[4];
    struct socket_address here = {addr_ipv4(0x7f000001), 4000};
    int fd = open_datagram(r);
    cr_assert_eq(socket_bind(r->s, fd, &here), 0);
    cr_assert_eq(socket_send(r->s, fd, "self", 4, 0, &here, 0), 4);
    rig_sleep(r, 1);
    cr_assert_eq(socket_receive(r->s, fd, out, 4, 0, NULL, 1), 4);
    socket_close(r->s, fd, r->now_ns);
    rig_close(r);
}

static int pinged;

static void ping_done(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)ctx, (void)s, (void)data, (void)now_ns;
    pinged = result + 1;
}

/* Services that are started arm their timers outside stack_poll, too. */
Test(port_due, services_wake_a_sleeping_kernel)
{
    struct rig *r = asleep(false);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, NULL, NULL, r->now_ns), 0);
    rig_sleep(r, 60 * RIG_SECOND);
    cr_assert_gt(r->sent_count, 3, "DISCOVER is repeated");
    struct ping_options o;
    struct ip_addr self = addr_ipv4(0x7f000001);
    ping_defaults(&o, &self);
    cr_assert_eq(ping_start(r->s, &o, ping_done, NULL, r->now_ns), 0);
    rig_sleep(r, r->now_ns + 1);
    cr_assert_eq(pinged, 2, "one echo was answered");
    rig_close(r);
}

static void nothing(struct stack *s, struct deadline *d, int64_t now_ns)
{
    (void)s, (void)d, (void)now_ns;
}

/* Of two deadlines the earlier is told, whatever the order and whatever is cleared meanwhile. */
Test(port_due, an_earlier_deadline_is_told_a_cleared_one_costs_a_poll)
{
    struct rig *r = asleep(true);
    struct deadline *d = calloc(2, sizeof *d);
    for (uint32_t i = 0; i < 2; i++)
        deadline_init(&d[i], i, "test", nothing);
    deadline_set(r->s, &d[0], 50);
    deadline_set(r->s, &d[1], 20);
    cr_assert_eq(r->sleep_ns, 20);
    deadline_clear(r->s, &d[1]);
    r->now_ns = 20;
    rig_sleep(r, 20);
    cr_assert_eq(r->sleep_ns, 50);
    deadline_clear(r->s, &d[0]);
    rig_close(r);
    free(d);
}
