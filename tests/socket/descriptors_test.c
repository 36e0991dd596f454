/* Descriptors: the lowest that is free, whatever was opened and closed before (POSIX 2.14). */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/socket/socket.h"
#include "tests/core/rig.h"

enum { SOCKETS = 21, FIRST = 3, STEPS = 3000 };

static int open_one(struct stack *s)
{
    return socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
}

static int lowest_free(const bool *used)
{
    for (int fd = FIRST; fd < FIRST + SOCKETS; fd++)
        if (!used[fd])
            return fd;
    return -ERR_MFILE;
}

Test(descriptors, the_lowest_after_any_history)
{
    static bool used[FIRST + SOCKETS];
    struct stack_limits limits = stack_full_config.limits;
    limits.sockets = SOCKETS;
    struct rig *r = rig_open(NULL, &limits, true);
    uint32_t draw = 1;
    for (int step = 0; step < STEPS; step++) {
        draw = draw * 1664525u + 1013904223u;
        int fd = FIRST + (int)((draw >> 16) % SOCKETS);
        if (used[fd]) {
            cr_assert_eq(socket_close(r->s, fd, 0), 0);
            used[fd] = false;
        } else {
            int expected = lowest_free(used);
            cr_assert_eq(open_one(r->s), expected, "step %d", step);
            used[expected] = true;
        }
    }
    for (int fd = FIRST; fd < FIRST + SOCKETS; fd++)
        if (used[fd])
            socket_close(r->s, fd, 0);
    rig_close(r);
}

Test(descriptors, what_is_no_socket)
{
    struct rig *r = rig_full();
    int64_t value;
    int fd = open_one(r->s);
    const int wrong[] = {-1, 0, fd - 1, fd + 1, 1000000};
    const struct ip_addr group = addr_ipv4(0xe0000005);
    struct socket_address at = {addr_ipv4(0), 9};
    struct socket_packet packet;
    struct socket_tcp_info info;
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        cr_assert_eq(socket_close(r->s, wrong[k], 0), -ERR_BADF);
        cr_assert_eq(socket_set(r->s, wrong[k], IP_OPT_TTL, 1, 0), -ERR_BADF);
        cr_assert_eq(socket_get(r->s, wrong[k], IP_OPT_TTL, &value), -ERR_BADF);
        cr_assert_eq(socket_bind_device(r->s, wrong[k], "eth0"), -ERR_BADF);
        cr_assert_eq(socket_send(r->s, wrong[k], "x", 1, 0, NULL, 0), -ERR_BADF);
        cr_assert_eq(socket_receive(r->s, wrong[k], &value, 1, 0, NULL, 0), -ERR_BADF);
        cr_assert_eq(socket_bind(r->s, wrong[k], &at), -ERR_BADF);
        cr_assert_eq(socket_connect(r->s, wrong[k], &at, 0), -ERR_BADF);
        cr_assert_eq(socket_listen(r->s, wrong[k], 1, 0), -ERR_BADF);
        cr_assert_eq(socket_accept(r->s, wrong[k], NULL, 0), -ERR_BADF);
        cr_assert_eq(socket_shutdown(r->s, wrong[k], SOCKET_SHUT_BOTH, 0), -ERR_BADF);
        cr_assert_eq(socket_name(r->s, wrong[k], &at), -ERR_BADF);
        cr_assert_eq(socket_peer(r->s, wrong[k], &at), -ERR_BADF);
        cr_assert_eq(socket_join(r->s, wrong[k], &group, 0), -ERR_BADF);
        cr_assert_eq(socket_leave(r->s, wrong[k], &group, 0), -ERR_BADF);
        cr_assert_eq(socket_peek_packet(r->s, wrong[k], &packet), -ERR_BADF);
        cr_assert_eq(socket_set_ip_options(r->s, wrong[k], NULL, 0), -ERR_BADF);
        cr_assert_eq(socket_tcp_info(r->s, wrong[k], &info, 0), -ERR_BADF);
    }
    cr_assert_eq(socket_close(r->s, fd, 0), 0);
    cr_assert_eq(socket_close(r->s, fd, 0), -ERR_BADF, "once");
    rig_close(r);
}
