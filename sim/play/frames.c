/* Frames: what hosts sent and no line has spoken for, and what `<` lines put on the wire. */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"

static void remember(struct run *r, struct host *h, int port, struct frame *f, uint32_t record,
                     int64_t now_ns)
{
    if (r->seens == r->seen_room)
        r->seen = world_grow(r->world, r->seen, &r->seen_room, sizeof *r->seen);
    r->seen[r->seens++] = (struct seen){frame_ref(f), now_ns, h, port, record, false};
    world_due(r->world, &r->owner, now_ns);
}

static struct host *sender_of(struct run *r, const struct run_link *l, int number, int *port)
{
    for (uint32_t h = 0; h < r->hosts; h++)
        for (uint32_t p = 0; p < r->host[h]->ports; p++)
            if (r->host[h]->port[p].link == l->link && r->host[h]->port[p].number == number) {
                *port = (int)p;
                return r->host[h];
            }
    return NULL;
}

/* `ignore @eth0 > arp`: a frame of that kind needs no line. */
static bool is_ignored(struct run *r, struct host *h, int port, const struct frame *f)
{
    struct packet_context c;
    engine_fill_context(r, &c);
    bool ignored = false;
    for (uint32_t i = 0; i < r->script->ignores; i++) {
        const struct ignore *ig = &r->script->ignore[i];
        int at_port = 0;
        struct host *at = ig->at ? run_host(r, ig->at, &at_port) : r->sut;
        if (at != h || (ig->at && at_port != port) ||
            !packet_matches(ig->packet, &c, f->bytes, f->len))
            continue;
        r->ignored[i]++;
        ignored = true;
    }
    return ignored;
}

static void keep_frame(struct frame **last, struct frame *f)
{
    if (*last)
        frame_unref(*last);
    *last = frame_ref(f);
}

void engine_frame_seen(struct run *r, struct run_link *l, int number, struct frame *f,
                       int64_t now_ns)
{
    int port = 0;
    struct host *h = sender_of(r, l, number, &port);
    r->frames++;
    keep_frame(h == r->sut ? &r->last_out : &r->last_in, f);
    if (!h || (h->kind->flags & HOST_RAW) || r->options->by_outcome ||
        (h != r->sut && !r->want_peer_frames))
        return;
    if (!is_ignored(r, h, port, f))
        remember(r, h, port, f, l->capture->count - 1, now_ns);
}

/* The oldest frame of the host that no line has taken, not older than from_ns for peers (their
 * frames need no line). */
struct seen *engine_next_seen(struct run *r, const struct host *h)
{
    while (r->seen_first < r->seens && r->seen[r->seen_first].taken)
        r->seen_first++;
    if (r->seen_first == r->seens)
        r->seen_first = r->seens = 0;
    for (uint32_t s = r->seen_first; s < r->seens; s++)
        if (!r->seen[s].taken && r->seen[s].host == h)
            return &r->seen[s];
    return NULL;
}

void engine_take(struct run *r, struct seen *s)
{
    (void)r;
    s->taken = true;
    frame_unref(s->frame);
}

/* The record says which line spoke for the frame. */
void engine_mark(struct run *r, const struct seen *s, const struct step *step)
{
    struct run_link *l = run_link_of(r, s->host->port[s->port].link);
    l->capture->record[s->record].script_line = step->place.line;
}

/* --- contexts for lines --- */

static bool context_lookup(void *self, const char *name, struct value *out)
{
    const struct value *v = run_lookup(self, name);
    if (v)
        *out = *v;
    return v != NULL;
}

static void context_bind(void *self, const char *name, const struct value *value)
{
    run_bind(self, name, value);
}

static bool context_host(void *self, const char *name, struct packet_addresses *out)
{
    int port;
    struct host *h = run_host(self, name, &port);
    return h && run_host_addresses(self, h, port, out);
}

void engine_fill_context(struct run *r, struct packet_context *c)
{
    memset(c, 0, sizeof *c);
    c->self = r;
    c->lookup = context_lookup;
    c->bind = context_bind;
    c->host = context_host;
    if (r->last_out) {
        c->answered = r->last_out->bytes;
        c->answered_len = r->last_out->len;
    }
}

/* Where a `<` line enters the link: the first raw host there, else a port of the script's own. */
static struct host *raw_host_on(struct run *r, const struct link *l, int *port)
{
    for (uint32_t h = 1; h < r->hosts; h++)
        for (uint32_t p = 0; p < r->host[h]->ports; p++)
            if ((r->host[h]->kind->flags & HOST_RAW) && r->host[h]->port[p].link == l) {
                *port = (int)p;
                return r->host[h];
            }
    return NULL;
}

static void script_port_frame(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    (void)ctx, (void)port, (void)f, (void)now_ns;
}

void engine_inject(struct run *r, const struct step *step, int64_t now_ns)
{
    int port = 0, raw_port = 0;
    struct host *h = step->u.packet.at ? run_host(r, step->u.packet.at, &port) : r->sut;
    struct run_link *l = run_link_of(r, h->port[port].link);
    struct host *raw = raw_host_on(r, l->link, &raw_port);
    struct packet_context c;
    struct why why = {{0}};
    if (h != r->sut && !(h->kind->flags & HOST_RAW)) {
        run_fail(r, &step->place, now_ns,
                 "%s is alive: its frames come over the link, none is injected into it", h->name);
        r->status = RUN_ERROR;
        return;
    }
    engine_fill_context(r, &c);
    run_host_addresses(r, h, port, &c.destination);
    if (r->script->packetdrill &&
        !r->last_out) { /* nothing came out yet whose ports could be answered */
        c.source_port = r->tool.connect_port;
        c.destination_port = r->tool.bind_port;
    }
    if (raw)
        run_host_addresses(r, raw, raw_port, &c.source);
    else if (l->script_port < 0)
        l->script_port = link_attach(l->link, "script", script_port_frame, NULL, r);
    uint8_t *bytes = world_alloc(r->world, PACKET_ROOM, 16);
    int len = packet_build(step->u.packet.packet, &c, bytes, PACKET_ROOM, &why);
    if (len < 0) {
        run_fail(r, &step->place, now_ns, "this packet cannot be built: %s", why.text);
    } else {
        struct frame *f = frame_copy(r->world, bytes, (uint32_t)len);
        uint32_t entered = l->capture->count;
        link_send(l->link, raw ? raw->port[raw_port].number : l->script_port, f);
        if (l->capture->count > entered)
            l->capture->record[entered].script_line = step->place.line;
        frame_unref(f);
    }
    world_release(r->world, bytes, PACKET_ROOM);
}
