/* Many connections: what they cost while they are idle, and that nothing of them stays. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "stack/socket/socket.h"
#include "stack/transport/tcp/inside.h"
#include "tests/core/rig.h"

/* Ten thousand idle connections cost less than 8 MiB more than ten, sockets included. */
Test(tcp_many, memory_of_idle_connections)
{
    struct stack_config c = stack_full_config;
    c.limits.tcp_pcbs = c.limits.sockets = 10;
    size_t few = stack_size(&c);
    c.limits.tcp_pcbs = c.limits.sockets = 10000;
    size_t many = stack_size(&c);
    cr_assert_lt(many - few, (size_t)8 << 20, "%zu octets", many - few);
    cr_assert_leq(sizeof(struct tcp_pcb), 512);
}

static struct rig *r;

static int stream(void)
{
    int fd = socket_open(r->s, ADDR_IPV4, SOCKET_STREAM, 0);
    cr_assert_geq(fd, 3);
    return fd;
}

/* From ourselves to ourselves, over loopback: an octet each way, then both close. */
static void one_connection(int listener, const struct socket_address *to)
{
    char octet = 0;
    int client = stream();
    cr_assert_eq(socket_connect(r->s, client, to, r->now_ns), -ERR_INPROGRESS);
    rig_run(r, r->now_ns + 1000000);
    int server = socket_accept(r->s, listener, NULL, r->now_ns);
    cr_assert_geq(server, 3);
    cr_assert_eq(socket_send(r->s, client, "q", 1, 0, NULL, r->now_ns), 1);
    rig_run(r, r->now_ns + 1000000);
    cr_assert_eq(socket_receive(r->s, server, &octet, 1, 0, NULL, r->now_ns), 1);
    cr_assert_eq(octet, 'q');
    cr_assert_eq(socket_send(r->s, server, "a", 1, 0, NULL, r->now_ns), 1);
    socket_close(r->s, server, r->now_ns);
    rig_run(r, r->now_ns + 1000000);
    cr_assert_eq(socket_receive(r->s, client, &octet, 1, 0, NULL, r->now_ns), 1);
    cr_assert_eq(octet, 'a');
    cr_assert_eq(socket_receive(r->s, client, &octet, 1, 0, NULL, r->now_ns), 0);
    socket_close(r->s, client, r->now_ns);
    rig_run(r, r->now_ns + 1000000);
}

static void all_is_back(void)
{
    const struct tcp *t = tcp_of(r->s);
    cr_assert_eq(t->pcbs.available, t->pcbs.total);
    cr_assert_eq(t->chunks.available, t->chunks.total);
    cr_assert_eq(t->senders.available, t->senders.total);
    cr_assert_eq(t->sent.available, t->sent.total);
    cr_assert_eq(t->ranges.available, t->ranges.total);
    cr_assert_eq(t->wishes.available, t->wishes.total);
    for (unsigned i = 0; i < TCP_STATES; i++)
        cr_assert_eq(t->count[i], 0, "state %u", i);
}

/* With 16 blocks: those in TIME-WAIT give way, and nothing leaks. */
Test(tcp_many, ten_thousand_one_after_the_other)
{
    const struct socket_address at = {addr_ipv4(0x7f000001), 80};
    char text[16];
    r = rig_full();
    int listener = stream();
    cr_assert_eq(socket_bind(r->s, listener, &at), 0);
    cr_assert_eq(socket_listen(r->s, listener, 1, 0), 0);
    for (int i = 0; i < 10000; i++)
        one_connection(listener, &at);
    /* A new connection may have ended the TIME-WAIT of its own numbers. */
    cr_assert_eq(stack_query(r->s, "tcp.count TIME-WAIT", text, sizeof text), 2);
    cr_assert(text[0] == '1' && text[1] <= '5', "%s in TIME-WAIT", text);
    cr_assert_gt(rig_counter(r, "tcp.time_wait_spared"), 9900);
    socket_close(r->s, listener, r->now_ns);
    rig_run(r, r->now_ns + 241 * RIG_SECOND);
    all_is_back();
    rig_close(r);
}
