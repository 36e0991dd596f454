/* Sends back what comes over TCP, on port 7 (RFC 862): what it cannot send it does not read. */
#include "sim/hosts/tcp_end.h"

enum { ECHO_PORT = 7 };

static void echo_progress(struct tcp_connection *c)
{
    uint8_t octets[2048];
    uint32_t len, room;
    while ((room = tcp_connection_room(c)) > 0) {
        len = tcp_connection_read(c, octets, room < sizeof octets ? room : sizeof octets);
        if (!len)
            break;
        tcp_connection_write(c, octets, len);
    }
    if (tcp_connection_at_end(c))
        tcp_connection_close(c);
}

static const struct tcp_app echo_app = {.progress = echo_progress};

static const struct attr_spec echo_attrs[] = {
    TCP_END_ATTRS,
    TCP_END_LIES(TCP_END_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static int echo_init(struct host *h, const struct attrs *a, struct why *why)
{
    return tcp_end_init(h->state, h, &echo_app, ECHO_PORT, a, why);
}

const struct host_kind tcp_echo_kind = {
    .name = "tcp-echo",
    .help = "sends back what comes over TCP (RFC 862)",
    .state_size = sizeof(struct tcp_end),
    .attrs = echo_attrs,
    .init = echo_init,
    .frame = tcp_end_frame,
    .due = tcp_end_due,
    .query = tcp_end_query,
    .call = tcp_end_call,
};
