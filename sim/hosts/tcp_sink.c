/*
 * Reads what comes over TCP and says what it was: how many octets, their hash, and how far they are
 * the pattern that scripts leave open (packet_pattern). With `read` and `every` it reads slowly, so
 * that the window closes and opens.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "sim/hosts/tcp_end.h"

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
enum { SINK_PORT = 5001, SINK_PIECE = 4096 };

/* Of the connection that read last, or reads. */
struct sink_state {
    struct tcp_end end;
    int64_t read, every_ns;
    uint64_t octets, pattern, finished;
    uint64_t hash;
    char hash_text[17];
};

struct sink_connection {
    uint64_t octets, pattern;
    int64_t due_ns; /* before which nothing more is read */
    uint64_t hash;  /* FNV-1a of 64 bits, which does not see where segments end */
    bool begun, finished;
};

static void take(struct sink_connection *k, const uint8_t *octets, uint32_t len)
{
    if (k->pattern == k->octets)
        k->pattern += packet_pattern_run(octets, len, k->octets);
    k->octets += len;
    for (uint32_t i = 0; i < len; i++)
        k->hash = (k->hash ^ octets[i]) * UINT64_C(0x100000001b3);
}

static void read_octets(struct tcp_connection *c, struct sink_connection *k, int64_t most)
{
    uint8_t octets[SINK_PIECE];
    uint32_t len;
    while (most > 0) {
        len = tcp_connection_read(c, octets, most < SINK_PIECE ? (uint32_t)most : SINK_PIECE);
        if (!len)
            return;
        take(k, octets, len);
        most -= len;
    }
}

static void sink_progress(struct tcp_connection *c)
{
    struct sink_state *s = tcp_connection_host(c)->state;
    struct sink_connection *k = tcp_connection_app(c);
    int64_t now_ns = host_now(tcp_connection_host(c));
    if (!k->begun)
        k->hash = FNV_BASIS;
    k->begun = true;
    if (!s->read) {
        read_octets(c, k, INT64_MAX);
    } else if (tcp_connection_unread(c) && now_ns >= k->due_ns) {
        read_octets(c, k, s->read);
        k->due_ns = now_ns + s->every_ns;
        tcp_connection_wake(c, k->due_ns);
    }
    s->octets = k->octets;
    s->pattern = k->pattern;
    s->hash = k->hash;
    if (!tcp_connection_at_end(c) || k->finished)
        return;
    k->finished = true;
    s->finished++;
    tcp_connection_close(c);
}

static const struct tcp_app sink_app = {.state_size = sizeof(struct sink_connection),
                                        .progress = sink_progress};

static const struct attr_spec sink_attrs[] = {
    {"read", VALUE_NUMBER, "reads so many octets at a time, not all there are"},
    {"every", VALUE_TIME, "the time between two readings; 100 ms"},
    TCP_END_ATTRS,
    TCP_END_LIES(TCP_END_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static int sink_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct sink_state *s = h->state;
    s->every_ns = INT64_C(100000000);
    s->hash = FNV_BASIS;
    if (attr_range(a, "read", 1, 1 << 20, &s->read, why) != 0 ||
        attr_duration(a, "every", &s->every_ns, why) != 0)
        return -1;
    return tcp_end_init(&s->end, h, &sink_app, SINK_PORT, a, why);
}

/* "octets", "pattern" (so many from the first on are the pattern), "hash", "finished" (connections
 * of which all was read). */
static int sink_query(struct host *h, const char *what, struct value *out)
{
    struct sink_state *s = h->state;
    const struct host_number known[] = {
        {"octets", (int64_t)s->octets},
        {"pattern", (int64_t)s->pattern},
        {"finished", (int64_t)s->finished},
        {NULL, 0},
    };
    if (strcmp(what, "hash") != 0)
        return host_answer(known, what, out) == 0 ? 0 : tcp_end_query(h, what, out);
    snprintf(s->hash_text, sizeof s->hash_text, "%016" PRIx64, s->hash);
    *out = (struct value){.kind = VALUE_BYTES,
                          .bytes = (const uint8_t *)s->hash_text,
                          .len = (uint32_t)strlen(s->hash_text)};
    return 0;
}

const struct host_kind tcp_sink_kind = {
    .name = "tcp-sink",
    .help = "reads what comes over TCP, and says what it was",
    .state_size = sizeof(struct sink_state),
    .attrs = sink_attrs,
    .init = sink_init,
    .frame = tcp_end_frame,
    .due = tcp_end_due,
    .query = sink_query,
    .call = tcp_end_call,
};
