/* Reads what comes over TCP and throws it away, on port 9 (RFC 863). */
#include "sim/hosts/tcp_end.h"

enum { DISCARD_PORT = 9 };

static void discard_progress(struct tcp_connection *c)
{
    uint8_t octets[4096];
    while (tcp_connection_read(c, octets, sizeof octets))
        ;
    if (tcp_connection_at_end(c))
        tcp_connection_close(c);
}

static const struct tcp_app discard_app = {.progress = discard_progress};

static const struct attr_spec discard_attrs[] = {
    TCP_END_ATTRS,
    TCP_END_LIES(TCP_END_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static int discard_init(struct host *h, const struct attrs *a, struct why *why)
{
    return tcp_end_init(h->state, h, &discard_app, DISCARD_PORT, a, why);
}

const struct host_kind tcp_discard_kind = {
    .name = "tcp-discard",
    .help = "swallows what comes over TCP (RFC 863)",
    .state_size = sizeof(struct tcp_end),
    .attrs = discard_attrs,
    .init = discard_init,
    .frame = tcp_end_frame,
    .due = tcp_end_due,
    .query = tcp_end_query,
    .call = tcp_end_call,
};
