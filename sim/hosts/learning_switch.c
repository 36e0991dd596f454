/*
 * A switch: a port on each of several links, `host switch sw on a on b on c`. It learns where
 * stations are from the frames that they send, forgets them after `age`, sends what it cannot place
 * everywhere, and has no spanning tree: a loop of links is a storm, which ends the run. It forwards
 * whole frames at once, without a delay of its own.
 */
#include <string.h>
#include "sim/hosts/host.h"

enum { BUCKETS = 256, WAYS = 4 };

struct station {
    uint8_t mac[6];
    bool known;
    int port;
    int64_t seen_ns;
};

struct switch_state {
    int64_t age_ns; /* 0: never forgotten */
    struct station station[BUCKETS][WAYS];
    uint64_t forwarded, flooded, filtered, bad;
};

static const struct attr_spec switch_attrs[] = {
    {"age", VALUE_TIME, "a station that was silent for so long is forgotten (300s); 0: never"},
    {NULL, VALUE_NONE, NULL},
};

static int switch_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct switch_state *s = h->state;
    s->age_ns = INT64_C(300000000000);
    return attr_duration(a, "age", &s->age_ns, why);
}

static struct station *bucket_of(struct switch_state *s, const uint8_t mac[6])
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (int k = 0; k < 6; k++)
        hash = (hash ^ mac[k]) * 16777619u;
    return s->station[(hash ^ hash >> 16) % BUCKETS];
}

static struct station *find(struct switch_state *s, const uint8_t mac[6], int64_t now_ns)
{
    struct station *bucket = bucket_of(s, mac);
    for (int w = 0; w < WAYS; w++) {
        struct station *t = &bucket[w];
        if (!t->known || memcmp(t->mac, mac, 6) != 0)
            continue;
        if (s->age_ns && now_ns - t->seen_ns >= s->age_ns)
            t->known = false;
        return t->known ? t : NULL;
    }
    return NULL;
}

/* A full bucket loses the station that was silent the longest. A group address is nobody's. */
static void learn(struct switch_state *s, const uint8_t mac[6], int port, int64_t now_ns)
{
    if (mac[0] & 1)
        return;
    struct station *t = find(s, mac, now_ns);
    struct station *bucket = bucket_of(s, mac);
    for (int w = 0; w < WAYS && !t; w++)
        if (!bucket[w].known)
            t = &bucket[w];
    if (!t) {
        t = bucket;
        for (int w = 1; w < WAYS; w++)
            if (bucket[w].seen_ns < t->seen_ns)
                t = &bucket[w];
    }
    memcpy(t->mac, mac, 6);
    t->known = true;
    t->port = port;
    t->seen_ns = now_ns;
}

/* 01-80-c2-00-00-00 to -0f are for the neighbour on the link alone (IEEE 802.1D: never relayed by a
 * bridge). */
static bool is_link_local(const uint8_t mac[6])
{
    static const uint8_t first[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};
    return memcmp(mac, first, sizeof first) == 0 && mac[5] < 16;
}

static void send_copy(struct host *h, int port, struct frame *f)
{
    host_send(h, port, frame_ref(f));
}

static void flood(struct host *h, int from, struct frame *f)
{
    struct switch_state *s = h->state;
    s->flooded++;
    for (uint32_t p = 0; p < h->ports; p++)
        if ((int)p != from)
            send_copy(h, (int)p, f);
}

static void switch_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct switch_state *s = h->state;
    if (f->len < 14 || f->flags & FRAME_BAD_FCS) {
        s->bad++;
        return;
    }
    const uint8_t *to = f->bytes, *from = f->bytes + 6;
    learn(s, from, port, now_ns);
    const struct station *t = to[0] & 1 ? NULL : find(s, to, now_ns);
    if (is_link_local(to) || (t && t->port == port)) {
        s->filtered++;
        return;
    }
    if (!t) {
        flood(h, port, f);
        return;
    }
    s->forwarded++;
    send_copy(h, t->port, f);
}

/* What was learned behind a port that lost its carrier is no longer so. */
static void forget(struct switch_state *s, int port)
{
    for (int b = 0; b < BUCKETS; b++)
        for (int w = 0; w < WAYS; w++)
            if (port < 0 || s->station[b][w].port == port)
                s->station[b][w].known = false;
}

static void switch_carrier(struct host *h, int port, bool up, int64_t now_ns)
{
    (void)now_ns;
    if (!up)
        forget(h->state, port);
}

static uint64_t stations(struct host *h)
{
    struct switch_state *s = h->state;
    uint64_t count = 0;
    for (int b = 0; b < BUCKETS; b++)
        for (int w = 0; w < WAYS; w++)
            count += s->station[b][w].known &&
                     (!s->age_ns || host_now(h) - s->station[b][w].seen_ns < s->age_ns);
    return count;
}

static int switch_query(struct host *h, const char *what, struct value *out)
{
    const struct switch_state *s = h->state;
    const struct host_number known[] = {
        {"forwarded", (int64_t)s->forwarded}, {"flooded", (int64_t)s->flooded},
        {"filtered", (int64_t)s->filtered},   {"bad", (int64_t)s->bad},
        {"stations", (int64_t)stations(h)},   {NULL, 0},
    };
    return host_answer(known, what, out);
}

static int switch_call(struct host *h, const char *name, const struct value *argument,
                       uint32_t arguments, struct why *why)
{
    (void)argument, (void)arguments;
    if (strcmp(name, "flush") != 0) {
        why_set(why, "a switch has flush()");
        return -1;
    }
    forget(h->state, -1);
    return 0;
}

const struct host_kind switch_kind = {
    .name = "switch",
    .help = "a learning switch with a port on each link it names; no spanning tree",
    .state_size = sizeof(struct switch_state),
    .attrs = switch_attrs,
    .init = switch_init,
    .frame = switch_frame,
    .carrier = switch_carrier,
    .query = switch_query,
    .call = switch_call,
};
