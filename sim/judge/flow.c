#include "sim/judge/flow.h"
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include "sim/judge/private.h"

enum { BUCKETS = 16, OPTION_MSS = 2, OPTION_SCALE = 3, ICMP_HEADER = 8, QUOTED = 8 };

/* --- the table --- */

static uint32_t bucket_of(const struct flows *t, uint32_t host, uint32_t peer, uint32_t ports)
{
    uint64_t x = ((uint64_t)host << 32 | peer) ^ (uint64_t)ports * UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 29;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(x >> 32) & (t->buckets - 1);
}

static uint32_t bucket_of_flow(const struct flows *t, const struct flow *f)
{
    return bucket_of(t, f->host.ipv4, f->peer.ipv4, (uint32_t)f->host.port << 16 | f->peer.port);
}

struct flow *flow_find(const struct judge *j, uint32_t host, uint16_t host_port, uint32_t peer,
                       uint16_t peer_port)
{
    const struct flows *t = &j->flows;
    if (!t->buckets)
        return NULL;
    struct flow *f = t->bucket[bucket_of(t, host, peer, (uint32_t)host_port << 16 | peer_port)];
    while (f && (f->host.ipv4 != host || f->peer.ipv4 != peer || f->host.port != host_port ||
                 f->peer.port != peer_port))
        f = f->next;
    return f;
}

static void grow(struct judge *j, struct flows *t)
{
    const struct flows old = *t;
    t->buckets = old.buckets ? old.buckets * 2 : BUCKETS;
    t->bucket = world_alloc(j->world, t->buckets * sizeof(struct flow *), 16);
    for (uint32_t b = 0; b < old.buckets; b++)
        for (struct flow *f = old.bucket[b], *next; f; f = next) {
            struct flow **place = &t->bucket[bucket_of_flow(t, f)];
            next = f->next;
            f->next = *place;
            *place = f;
        }
    if (old.buckets)
        world_release(j->world, old.bucket, old.buckets * sizeof(struct flow *));
}

/* --- those that wait for their connection, by the time of their last segment --- */

static struct flow_queue *queue_of(struct flows *t, const struct flow *f)
{
    return f->named ? &t->named : &t->unnamed;
}

static void unqueue(struct flows *t, struct flow *f)
{
    struct flow_queue *q = queue_of(t, f);
    *(f->older ? &f->older->newer : &q->oldest) = f->newer;
    *(f->newer ? &f->newer->older : &q->newest) = f->older;
    f->older = f->newer = NULL;
    f->waits = false;
    q->count--;
}

static void queue(struct flows *t, struct flow *f)
{
    struct flow_queue *q = queue_of(t, f);
    f->older = q->newest;
    *(q->newest ? &q->newest->newer : &q->oldest) = f;
    q->newest = f;
    f->waits = true;
    q->count++;
}

static bool has_connection(const struct flow *f)
{
    return (f->host.agreed && f->spoke) || f->writes;
}

/* It was seen just now. */
static void touch(struct flows *t, struct flow *f)
{
    if (f->waits)
        unqueue(t, f);
    if (!has_connection(f))
        queue(t, f);
}

void flow_hold(struct flow *w)
{
    if (w)
        w->holds++;
}

void flow_let_go(struct flow *w)
{
    if (w)
        w->holds--;
}

static void forget(struct judge *j, struct flow *f)
{
    struct flows *t = &j->flows;
    struct flow **place = &t->bucket[bucket_of_flow(t, f)];
    while (*place != f)
        place = &(*place)->next;
    *place = f->next;
    unqueue(t, f);
    t->count--;
    t->gave_way = true;
    world_release(j->world, f, sizeof *f);
}

/* The oldest that nobody holds, and that is not its link's last. */
static void make_room(struct judge *j, const struct flow_queue *q, uint32_t bound)
{
    enum { LOOKED_AT = 64 };
    struct flow *f = q->count < bound ? NULL : q->oldest;
    for (int k = 0; f && k < LOOKED_AT; k++, f = f->newer)
        if (!f->holds && !has_connection(f) && !(f->at && f->at->link->flow == f)) {
            forget(j, f);
            return;
        }
}

static struct flow *add(struct judge *j, const struct judge_port *at, const struct flow_end *host,
                        const struct flow_end *peer)
{
    struct flows *t = &j->flows;
    make_room(j, &t->unnamed, FLOWS_WAITING);
    make_room(j, &t->named, FLOWS_NAMED);
    if (t->count >= t->buckets)
        grow(j, t);
    struct flow *f = world_alloc(j->world, sizeof *f, 16);
    f->host = *host;
    f->peer = *peer;
    f->host.said.scale = f->peer.said.scale = -1;
    f->at = at;
    struct flow **place = &t->bucket[bucket_of_flow(t, f)];
    f->next = *place;
    *place = f;
    t->count++;
    return f;
}

/* --- what a segment tells --- */

static void read_syn(const struct packet_facts *f, struct flow_syn *e)
{
    const uint8_t *value;
    e->mss = segment_option(f, OPTION_MSS, &value) == 2 ? (uint32_t)value[0] << 8 | value[1] : 0;
    e->scale = segment_option(f, OPTION_SCALE, &value) == 1 ? value[0] : -1;
    e->offers = 0;
    e->ecn = f->tcp[13] & FACTS_ECE;
    for (uint32_t kind = 2; kind < 32; kind++)
        e->offers |= (uint32_t)segment_has_option(f, kind) << kind;
}

/* The same SYN again, with fewer options perhaps: the first may be the one that is answered. */
static void keep_said(struct flow_syn *e, const struct flow_syn *was)
{
    e->offers |= was->offers;
    e->mss = e->mss ? e->mss : was->mss;
    e->scale = e->scale < 0 ? was->scale : e->scale;
}

static uint32_t end_of(const struct segment_facts *s)
{
    return s->seq + s->len + (s->flags & FACTS_SYN ? 1 : 0) + (s->flags & FACTS_FIN ? 1 : 0);
}

static void begin(struct flow_end *e, uint32_t isn)
{
    e->isn = e->top = e->acked = isn;
    e->known = true;
    e->agreed = e->asks = false;
}

static void acknowledge(struct flow_end *e, uint32_t ack, bool by_syn)
{
    if (e->asks && by_syn && ack - 1 - e->asked < 0x10000) {
        begin(e, e->asked);
        e->top = e->asked_top;
        e->said = e->asked_said;
    }
    if (e->known && (int32_t)(ack - e->isn) > 0)
        e->agreed = true;
    if (e->known && (int32_t)(ack - e->acked) > 0 && (int32_t)(ack - e->top) <= 0)
        e->acked = ack;
}

uint32_t flow_offer(const struct flow *w, const struct segment_facts *s)
{
    bool scaled = !(s->flags & FACTS_SYN) && w->host.said.scale >= 0 && w->peer.said.scale >= 0;
    return s->win << (scaled ? (w->host.said.scale > 14 ? 14 : w->host.said.scale) : 0);
}

/* The right edge of what the host offers; a SYN begins anew. */
static void see_told(struct flow *w, const struct segment_facts *s)
{
    uint32_t edge = s->ack + flow_offer(w, s);
    if (!w->told || s->flags & FACTS_SYN || (int32_t)(edge - w->told_edge) > 0)
        w->told_edge = edge;
    w->told = true;
}

static void see_sent(struct flow *w, const struct packet_facts *f, const struct segment_facts *s)
{
    w->spoke = w->spoke || !(s->flags & FACTS_RST);
    if (s->flags & FACTS_SYN) {
        if (!w->host.known || w->host.isn != s->seq)
            begin(&w->host, s->seq);
        w->stamps = s->flags & FACTS_ACK && w->stamps ? w->stamps : 0;
        read_syn(f, &w->host.said);
    }
    if (!(s->flags & FACTS_RST) && (int32_t)(end_of(s) - w->host.top) > 0)
        w->host.top = end_of(s);
    if (s->flags & FACTS_ACK && !(s->flags & FACTS_RST)) {
        acknowledge(&w->peer, s->ack, s->flags & FACTS_SYN);
        see_told(w, s);
    }
}

static bool is_pattern(const struct flow *w, const struct segment_facts *s)
{
    uint32_t place = s->seq + (s->flags & FACTS_SYN ? 1 : 0) - (w->peer.isn + 1);
    return packet_pattern_run(s->payload, s->len, place) == s->len;
}

/* The farthest that the peer ever let the host send. */
static void see_window(struct flow *w, const struct segment_facts *s)
{
    bool scaled = !(s->flags & FACTS_SYN) && w->host.said.scale >= 0 && w->peer.said.scale >= 0;
    uint32_t shift = scaled ? (uint32_t)(w->peer.said.scale > 14 ? 14 : w->peer.said.scale) : 0;
    uint32_t edge = s->ack + (s->win << shift);
    if (!(s->flags & FACTS_ACK) || s->flags & FACTS_RST)
        return;
    if (w->host.known && w->host.top - s->ack > 1u << 30)
        return; /* it acknowledges what was never sent */
    if (!w->offered || (int32_t)(edge - w->edge) > 0)
        w->edge = edge;
    w->offered = true;
}

static void see_came(struct flow *w, const struct packet_facts *f, const struct segment_facts *s)
{
    const struct flow_syn was = w->peer.said;
    bool again = w->peer.known && !w->peer.asks && s->seq == w->peer.isn;
    w->came = true;
    if (s->flags & FACTS_SYN && !w->peer.agreed) {
        begin(&w->peer, s->seq);
        w->literal = w->offered = false;
    } else if (s->flags & FACTS_SYN && s->seq != w->peer.isn) {
        w->peer.asks = true;
        w->peer.asked = s->seq;
        w->peer.asked_top = end_of(s);
        w->offered = false;
    }
    if (s->flags & FACTS_SYN)
        read_syn(f, w->peer.asks ? &w->peer.asked_said : &w->peer.said);
    if (s->flags & FACTS_SYN && again)
        keep_said(&w->peer.said, &was);
    if ((int32_t)(end_of(s) - w->peer.top) > 0)
        w->peer.top = end_of(s);
    see_window(w, s);
    w->literal = w->literal || s->flags & FACTS_URG || (s->len && !is_pattern(w, s));
    if (s->flags & FACTS_ACK && !(s->flags & FACTS_RST))
        acknowledge(&w->host, s->ack, false);
}

/* Of a flow that gave way the first segment to come again is the one that makes the connection: it
 * names the octet behind each SYN (RFC 9293, 3.5). */
static void recall(struct flow *w, const struct segment_facts *s)
{
    if (w->host.agreed || (s->flags & (FACTS_SYN | FACTS_RST | FACTS_ACK)) != FACTS_ACK)
        return;
    if (!w->host.known)
        begin(&w->host, s->ack - 1);
    if (!w->peer.known)
        begin(&w->peer, s->seq - 1);
}

void flow_now(struct flow *w, struct flow_base *out)
{
    *out = (struct flow_base){.flow = w};
    if (!w)
        return;
    out->host_isn = w->host.known ? w->host.isn : 0;
    out->peer_isn = w->peer.known ? w->peer.isn : 0;
}

/* An ICMP error quotes a segment that went the other way. */
static struct flow *quoted(const struct judge *j, const struct packet_facts *f, bool sent)
{
    uint32_t header = f->body_len > ICMP_HEADER ? (f->body[ICMP_HEADER] & 15u) * 4 : 0;
    if (f->kind != FACTS_IPV4 || f->protocol != IPPROTO_ICMP || f->offset ||
        header < sizeof(struct ip) || f->body_len < ICMP_HEADER + header + QUOTED ||
        f->body[ICMP_HEADER + 9] != IPPROTO_TCP)
        return NULL;
    const uint8_t *ip = f->body + ICMP_HEADER, *tcp = ip + header;
    uint32_t src = (uint32_t)ip[12] << 24 | (uint32_t)ip[13] << 16 | (uint32_t)ip[14] << 8 | ip[15];
    uint32_t dst = (uint32_t)ip[16] << 24 | (uint32_t)ip[17] << 16 | (uint32_t)ip[18] << 8 | ip[19];
    uint16_t from = (uint16_t)(tcp[0] << 8 | tcp[1]), to = (uint16_t)(tcp[2] << 8 | tcp[3]);
    return sent ? flow_find(j, dst, to, src, from) : flow_find(j, src, from, dst, to);
}

void flow_see(struct judge *j, const struct judge_port *at, const struct packet_facts *f, bool sent,
              struct flow_base *out)
{
    struct segment_facts s;
    if (!f->tcp) {
        flow_now(quoted(j, f, sent), out);
        return;
    }
    segment_facts(f, &s);
    struct flow_end source = {.ipv4 = f->src, .port = (uint16_t)s.sport},
                    destination = {.ipv4 = f->end, .port = (uint16_t)s.dport};
    const struct flow_end *host = sent ? &source : &destination,
                          *peer = sent ? &destination : &source;
    struct flow *w = flow_find(j, host->ipv4, host->port, peer->ipv4, peer->port);
    if (!w)
        w = add(j, at, host, peer);
    if (!sent && j->flows.gave_way)
        recall(w, &s);
    if (sent)
        see_sent(w, f, &s);
    else
        see_came(w, f, &s);
    touch(&j->flows, w);
    if (w->at)
        w->at->link->flow = w;
    flow_now(w, out);
}

/* --- for lines --- */

/* The newest that a line wrote so; else counted on from it. False: none was written yet. */
static bool stamp_of(const void *flow, uint32_t written, uint32_t *wire)
{
    const struct flow *f = flow;
    uint32_t have = f->stamps < FLOW_STAMPS ? f->stamps : FLOW_STAMPS;
    const struct flow_stamp *newest = have ? &f->stamp[(f->stamps - 1) % FLOW_STAMPS] : NULL;
    if (!newest)
        return false;
    *wire = newest->wire + (written - newest->written);
    for (uint32_t back = 1; back <= have; back++) {
        const struct flow_stamp *s = &f->stamp[(f->stamps - back) % FLOW_STAMPS];
        if (s->written == written) {
            *wire = s->wire;
            break;
        }
    }
    return true;
}

void flow_context(const struct judge *j, const struct flow_base *b, bool sent,
                  struct packet_context *c)
{
    const struct flow *w = b->flow;
    if (!w)
        return;
    c->have_source_isn = c->have_destination_isn = true;
    c->whole_syns = j->script_space;
    c->source_isn = sent ? b->host_isn : b->peer_isn;
    c->destination_isn = sent ? b->peer_isn : b->host_isn;
    c->source_first = (sent ? b->host_isn : b->peer_isn) + 1;
    c->source_port = sent ? w->host.port : w->peer.port;
    c->destination_port = sent ? w->peer.port : w->host.port;
    c->stamps = w;
    c->stamp = stamp_of;
    c->stamps_are_free = j->stamps_are_free;
}

static void name(struct flows *t, struct flow *f)
{
    bool waits = f->waits;
    if (f->named)
        return;
    if (waits)
        unqueue(t, f);
    f->named = true;
    if (waits)
        queue(t, f);
}

void flow_learn(struct judge *j, struct flow *f, const struct packet_spec *line,
                const uint8_t *bytes, uint32_t len)
{
    struct flow_stamp s;
    name(&j->flows, f);
    if (packet_stamp(line, bytes, len, &s.written, &s.wire))
        f->stamp[f->stamps++ % FLOW_STAMPS] = s;
}

/* --- what calls handed over --- */

void flow_write(struct judge *j, struct flow *f, uint64_t at, const uint8_t *octets, uint32_t len)
{
    if (!f->written)
        f->written = world_alloc(j->world, FLOW_WRITTEN * sizeof *f->written, 16);
    f->written[f->writes++ % FLOW_WRITTEN] = (struct flow_written){at, octets, len};
    f->written_end = at + len;
}

static uint8_t octet_at(const struct flow *f, uint64_t place)
{
    uint32_t have = f->writes < FLOW_WRITTEN ? f->writes : FLOW_WRITTEN;
    for (uint32_t back = 1; back <= have; back++) {
        const struct flow_written *w = &f->written[(f->writes - back) % FLOW_WRITTEN];
        if (place >= w->at && place - w->at < w->len)
            return w->octets ? w->octets[place - w->at] : packet_pattern(place);
    }
    return packet_pattern(place);
}

uint32_t flow_wrote(const struct flow *f, uint64_t at, const uint8_t *octets, uint32_t len)
{
    uint32_t same = 0;
    while (same < len && octets[same] == octet_at(f, at + same))
        same++;
    return same;
}
