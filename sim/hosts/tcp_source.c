/*
 * Sends so many octets of the pattern that scripts leave open (packet_pattern) to whoever connects,
 * or where it is told to connect, and closes. With `chunk` and `every` it writes a little at a
 * time, as a program does that waits for something.
 */
#include "sim/hosts/tcp_end.h"

enum { SOURCE_PORT = 5001, SOURCE_PIECE = 4096 };

struct source_state {
    struct tcp_end end;
    int64_t octets, chunk, every_ns;
    bool keep;
};

struct source_connection {
    int64_t written;
    int64_t due_ns; /* of the next chunk */
};

static void write_octets(struct tcp_connection *c, struct source_connection *k, int64_t most)
{
    uint8_t octets[SOURCE_PIECE];
    while (most > 0) {
        uint32_t len = most < SOURCE_PIECE ? (uint32_t)most : SOURCE_PIECE;
        uint32_t room = tcp_connection_room(c);
        len = len < room ? len : room;
        if (!len)
            return;
        packet_pattern_fill(octets, len, (uint64_t)k->written);
        tcp_connection_write(c, octets, len);
        k->written += len;
        most -= len;
    }
}

static void source_progress(struct tcp_connection *c)
{
    const struct source_state *s = tcp_connection_host(c)->state;
    struct source_connection *k = tcp_connection_app(c);
    uint8_t octets[SOURCE_PIECE];
    int64_t now_ns = host_now(tcp_connection_host(c)), left = s->octets - k->written;
    while (tcp_connection_read(c, octets, sizeof octets))
        ;
    if (!s->chunk) {
        write_octets(c, k, left);
    } else if (left > 0 && now_ns >= k->due_ns) {
        write_octets(c, k, left < s->chunk ? left : s->chunk);
        k->due_ns = now_ns + s->every_ns;
        tcp_connection_wake(c, k->due_ns);
    }
    if (k->written == s->octets && !s->keep)
        tcp_connection_close(c);
}

static const struct tcp_app source_app = {.state_size = sizeof(struct source_connection),
                                          .progress = source_progress};

static const struct attr_spec source_attrs[] = {
    {"octets", VALUE_NUMBER, "how many it sends on each connection; 65536"},
    {"chunk", VALUE_NUMBER, "writes so many at a time, not all at once"},
    {"every", VALUE_TIME, "the time between two chunks; 100 ms"},
    {"keep", VALUE_NONE, "does not close after the last"},
    TCP_END_ATTRS,
    TCP_END_LIES(TCP_END_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static int source_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct source_state *s = h->state;
    s->octets = 65536;
    s->every_ns = INT64_C(100000000);
    s->keep = attr_flag(a, "keep");
    if (attr_range(a, "octets", 0, INT64_C(1) << 40, &s->octets, why) != 0 ||
        attr_range(a, "chunk", 1, 1 << 20, &s->chunk, why) != 0 ||
        attr_duration(a, "every", &s->every_ns, why) != 0)
        return -1;
    return tcp_end_init(&s->end, h, &source_app, SOURCE_PORT, a, why);
}

const struct host_kind tcp_source_kind = {
    .name = "tcp-source",
    .help = "sends octets of a known pattern over TCP",
    .state_size = sizeof(struct source_state),
    .attrs = source_attrs,
    .init = source_init,
    .frame = tcp_end_frame,
    .due = tcp_end_due,
    .query = tcp_end_query,
    .call = tcp_end_call,
};
