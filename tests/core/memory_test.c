/* What docs/porting.md says a stack costs; `make memory` prints it. Sizes are those of 64-bit
 * addresses. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "bench/memory.h"
#include "tests/core/rig.h"

enum {
    SMALLEST_BOUND = 64 << 10,
    DEFAULT_BOUND = 3200 << 10,
    IDLE_SOCKET_BOUND = 320,
    IDLE_SOCKETS_BOUND = 6300 << 10
};

Test(memory, the_smallest_configuration)
{
    const struct stack_config c = smallest_config();
    cr_assert_leq(stack_size(&c), SMALLEST_BOUND);
}

Test(memory, the_default)
{
    cr_assert_leq(stack_size(&stack_full_config), DEFAULT_BOUND);
}

/* 10,000 sockets cost their blocks and themselves, not a queue each. */
Test(memory, ten_thousand_idle_sockets)
{
    const struct stack_config idle = with_sockets(IDLE_SOCKETS), none = with_sockets(0);
    cr_assert_leq(stack_size(&idle), IDLE_SOCKETS_BOUND);
    cr_assert_leq((stack_size(&idle) - stack_size(&none)) / IDLE_SOCKETS, IDLE_SOCKET_BOUND);
}

/* The smallest is no mere number: it asks for an address, and a datagram goes round its loopback.
 */
Test(memory, the_smallest_works)
{
    const struct stack_config c = smallest_config();
    struct stack_limits limits = c.limits;
    limits.driver_bytes = 4096; /* the rig's driver */
    struct rig *r = rig_open(c.modules, &limits, false);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, NULL, NULL, 0), 0);
    rig_run(r, 20 * RIG_SECOND);
    cr_assert_gt(r->sent_count, 1, "DISCOVER is sent and repeated");
    struct socket_address here = {addr_ipv4(0x7f000001), 6800};
    char out[4];
    int fd = socket_open(r->s, ADDR_IPV4, SOCKET_DGRAM, 0);
    cr_assert_eq(socket_bind(r->s, fd, &here), 0);
    cr_assert_eq(socket_send(r->s, fd, "self", 4, 0, &here, r->now_ns), 4);
    rig_run(r, r->now_ns);
    cr_assert_eq(socket_receive(r->s, fd, out, 4, 0, NULL, r->now_ns), 4);
    cr_assert_eq(socket_open(r->s, ADDR_IPV4, SOCKET_RAW, 1), -ERR_PROTONOSUPPORT);
    socket_close(r->s, fd, r->now_ns);
    rig_close(r);
}

/* 10,000 sockets are opened, bound and closed; the invariants hold; another one is refused. */
Test(memory, ten_thousand_sockets_in_use)
{
    struct stack_config c = with_sockets(IDLE_SOCKETS);
    struct rig *r = rig_open(NULL, &c.limits, true);
    struct socket_address any = {addr_ipv4(0), 0}, got;
    uint8_t *seen = calloc(1, 65536);
    for (int i = 0; i < IDLE_SOCKETS; i++) {
        int fd = socket_open(r->s, ADDR_IPV4, SOCKET_DGRAM, 0);
        cr_assert_eq(fd, SOCKET_FIRST + i);
        cr_assert_eq(socket_bind(r->s, fd, &any), 0);
        socket_name(r->s, fd, &got);
        cr_assert(got.port >= 49152 && !seen[got.port]++);
    }
    cr_assert_eq(socket_open(r->s, ADDR_IPV4, SOCKET_DGRAM, 0), -ERR_MFILE);
    socket_close(r->s, SOCKET_FIRST + 77, 0);
    socket_close(r->s, SOCKET_FIRST + 7, 0);
    cr_assert_eq(socket_open(r->s, ADDR_IPV4, SOCKET_DGRAM, 0), SOCKET_FIRST + 7);
    for (int i = 0; i < IDLE_SOCKETS; i++)
        socket_close(r->s, SOCKET_FIRST + i, 0);
    free(seen);
    rig_close(r);
}
