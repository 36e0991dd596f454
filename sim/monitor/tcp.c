/* Connections: which one a segment is of, and the order in which it is looked at. */
#include <netinet/in.h>
#include <string.h>
#include "sim/monitor/flow.h"

/* --- records --- */

static void forget_octets(struct monitor *m, struct tcp_end *e)
{
    if (!e->kept)
        return;
    monitor_release(m, e->kept, e->room);
    m->octets -= e->room;
    e->kept = NULL;
    e->room = 0;
}

void see_tcp_forget(struct monitor *m, struct node *n)
{
    struct tcp_flow *f = (struct tcp_flow *)(void *)n;
    forget_octets(m, &f->end[0]);
    forget_octets(m, &f->end[1]);
    m->counts.forgotten++;
}

/* What was known is over: the numbers of a new connection begin. What came of the old one may still
 * be answered, since answers wait for the neighbour's address. */
static void restart(struct monitor *m, struct tcp_flow *f)
{
    struct tcp_flow old = *f;
    forget_octets(m, &f->end[0]);
    forget_octets(m, &f->end[1]);
    memset(f, 0, sizeof *f);
    f->node = old.node;
    for (int k = 0; k < 2; k++) {
        f->end[k].segments = old.end[k].segments;
        memcpy(f->end[k].recent, old.end[k].recent, sizeof old.end[k].recent);
    }
    m->counts.connections++;
}

/* Which end sends: that of the smaller address and port is 0. */
static int side_of(const struct sight *s)
{
    uint64_t from = (uint64_t)s->src << 16 | get16(s->body);
    uint64_t to = (uint64_t)s->end << 16 | get16(s->body + 2);
    return from > to;
}

static struct tcp_flow *flow_of(struct monitor *m, int side, bool make, bool *made)
{
    const struct sight *s = &m->sight;
    uint32_t a = side ? s->end : s->src, b = side ? s->src : s->end;
    uint32_t pa = get16(s->body + (side ? 2 : 0)), pb = get16(s->body + (side ? 0 : 2));
    return (struct tcp_flow *)(void *)table_find(m, &m->flows, (uint64_t)a << 32 | b,
                                                 (uint64_t)pa << 16 | pb, make, made);
}

/* RFC 1191 6.4: who hears that a segment was too long sends again at once. */
void see_tcp_too_long(struct monitor *m, uint32_t source, uint32_t destination,
                      const uint8_t *quoted)
{
    struct sight was = m->sight;
    m->sight.src = source;
    m->sight.dst = m->sight.end = destination;
    m->sight.body = quoted;
    int side = side_of(&m->sight);
    struct tcp_flow *f = flow_of(m, side, false, NULL);
    if (f)
        f->end[side].agains = 0;
    m->sight = was;
}

/* --- the beginning --- */

static void take_syn(struct tcp_end *e, const struct segment *s)
{
    e->syn = e->seen = true;
    e->isn = s->seq;
    e->nxt = s->end;
    e->kept_from = s->seq + 1;
    e->sack_top = s->seq;
    e->offers = s->kinds;
    e->once = 0;
    e->mss = (s->kinds & 1u << OPTION_MSS) ? s->mss : MSS_DEFAULT;
    e->scale = (s->kinds & 1u << OPTION_SCALE) ? (s->scale > 14 ? 14 : s->scale) : 0;
    e->ecn = s->flags & (TCP_ECE | TCP_CWR);
    e->opens = !(s->flags & TCP_ACK);
}

/* A reset came before both SYNs were acknowledged. The same SYN may be another connection's, or,
 * if the reset's number was wrong, the old one's: then what its first had may still be echoed. */
static void begin_again(struct monitor *m, struct tcp_flow *f, int side, const struct segment *s)
{
    const struct tcp_end old = f->end[side];
    restart(m, f);
    if (!old.syn || old.isn != s->seq)
        return;
    f->end[side].stamped = old.stamped;
    f->end[side].leapt = old.leapt;
    f->end[side].first_tsval = old.first_tsval;
    f->end[side].tsval = old.tsval;
}

/* A SYN begins a connection, unless one is there that it cannot touch (RFC 5961, section 4): then
 * the answer to it tells whether it did. */
static void begin(struct monitor *m, struct tcp_flow *f, int side, const struct segment *s)
{
    struct tcp_end *e = &f->end[side], *o = &f->end[!side];
    bool answers = s->flags & TCP_ACK;
    if (f->refused && !answers)
        begin_again(m, f, side, s);
    /* In TIME-WAIT it is the host's to refuse (RFC 6191). */
    bool over = e->reset || o->reset || o->dead;
    /* Who has closed, or was reset, answers a SYN by a SYN only when it begins another connection,
     * though its number may be that of the last. */
    bool closed = f->perhaps_reset || (answers ? e->fin : o->fin);
    bool again = answers && f->again.there && f->again.side != side &&
                 s->ack == f->again.s.seq + 1 && (s->ack != o->isn + 1 || closed);
    if (e->syn && e->isn == s->seq && !over && !again && (answers || !closed)) {
        if (is_after(s->end, o->got))
            o->got = s->end; /* text that the first did not have */
        if (!f->open) {
            e->once |= e->offers ^ s->kinds;
            e->offers &= s->kinds;
        }
        return;
    }
    /* So where the answer to the first is not seen yet: it may wait for a neighbour. */
    if (!answers && e->syn && !over && !f->refused) {
        f->again.there = true;
        f->again.side = side;
        f->again.s = *s;
        return;
    }
    if (answers && f->again.there && f->again.side != side && s->ack == f->again.s.seq + 1) {
        struct segment first = f->again.s;
        begin_again(m, f, !side, &first);
        f->start = true;
        take_syn(o, &first);
        if (!o->stamped)
            o->tsval = o->first_tsval = first.tsval;
        o->stamped |= first.kinds & 1u << OPTION_TS;
    } else if (!answers && e->seen) {
        restart(m, f);
    } else if (e->seen) {
        return; /* another answer than before: which one holds the wire does not say */
    }
    f->start |= !answers || o->syn;
    f->accurate |= s->accurate;
    f->fast |= s->len > 0;
    take_syn(e, s);
    o->got = s->end;
    if (o->syn)
        e->got = o->nxt;
}

/* Every SYN that goes out for the first time has a number that cannot be foretold (RFC 6528). */
static void judge_isn(struct monitor *m, const struct segment *s, const struct tcp_end *e)
{
    struct host *h = host_of(m, m->sight.src);
    if (!h || !(s->flags & TCP_SYN) || (e->syn && e->isn == s->seq))
        return;
    h->isn_same = h->isn.begun && h->isn_last == s->seq ? h->isn_same + 1 : 0;
    h->isn_last = s->seq;
    HOLDS(m, h->isn_same < 3, tcp_isn_constant, "the initial number %u for the %uth time", s->seq,
          h->isn_same + 1);
    uint32_t step = s->seq - h->isn.last;
    h->isn.run = h->isn.begun && step && step == h->isn.step ? h->isn.run + 1 : 0;
    h->isn.step = step;
    h->isn.last = s->seq;
    h->isn.begun = true;
    HOLDS(m, h->isn.run < 6, tcp_isn_steps, "initial numbers %u apart, seven times", step);
    if (!(s->flags & TCP_ACK))
        HOLDS(m, !guessed(&h->port, get16(m->sight.body), 0xffff) || !h->port.step, tcp_port,
              "port %u: the last eight were foretold", get16(m->sight.body));
}

/* What may be answered, also where it touches no connection. */
static void note_recent(struct tcp_end *e, const struct segment *s)
{
    uint32_t slot = e->segments++ % RECENT_SEGMENTS;
    e->recent[slot].ack = s->ack;
    e->recent[slot].end = s->end;
    e->recent[slot].flags = s->flags;
}

static void note(struct tcp_flow *f, int side, const struct segment *s, int64_t now_ns)
{
    struct tcp_end *e = &f->end[side], *o = &f->end[!side];
    note_recent(e, s);
    e->left_ns = now_ns + 1;
    e->syns += (s->flags & TCP_SYN) != 0;
    e->resets |= (s->flags & TCP_RST) != 0;
    if (s->flags & TCP_RST || (f->start && !e->syn))
        return;
    if (!e->seen) {
        e->seen = true;
        e->nxt = e->kept_from = s->seq;
    }
    bool taken = !e->fin && is_after(e->nxt, s->end - 1); /* there is text in its place */
    if (is_after(s->end, e->nxt))
        e->nxt = s->end;
    if (s->flags & TCP_FIN && !taken) {
        e->first |= !o->fin;
        e->fin_ns = e->fin ? e->fin_ns : now_ns;
        e->fin = true;
        e->fin_at = s->end - 1;
    }
    f->open |= f->start && e->syn && o->syn && s->flags & TCP_ACK && !(s->flags & TCP_SYN);
    f->refused &= !f->open; /* what was refused before the handshake was something else */
}

/* Of an end that sent its SYN: before it, it says nothing that anybody takes. */
static void see_stream(struct monitor *m, const struct tcp_view *v)
{
    see_tcp_sent(m, v);
    see_tcp_acknowledged(m, v);
    see_tcp_timed(m, v);
    see_tcp_keep(m, v);
    see_tcp_arrived(m, v);
    see_tcp_note_time(m, v);
    see_tcp_note_reset(m, v);
}

static bool is_later(const struct segment *s, const struct tcp_end *e)
{
    bool stamp = s->kinds & 1u << OPTION_TS && e->stamped;
    return (stamp && is_after(s->tsval, e->tsval)) ||
           (s->flags & TCP_ACK && e->acks_any && is_after(s->ack, e->ack));
}

void see_tcp(struct monitor *m)
{
    struct segment s;
    bool made;
    m->counts.tcp++;
    HOLDS(m, !in_group(m->sight.dst) && m->sight.dst != INADDR_BROADCAST, tcp_to_many,
          "a segment to %s", ip_words(m->sight.dst));
    if (!see_tcp_header(m, &s))
        return;
    int side = side_of(&m->sight);
    struct tcp_flow *f = flow_of(m, side, true, &made);
    if (!f)
        return;
    if (s.flags & TCP_RST && s.flags & TCP_SYN) { /* the reset is looked at first (3.10.7.4) */
        s.flags &= ~(uint32_t)TCP_SYN;
        s.end--;
    }
    m->flow = f;
    m->counts.connections += made;
    m->counts.midway += made && !(s.flags & (TCP_SYN | TCP_RST));
    judge_isn(m, &s, &f->end[side]);
    struct tcp_view v = {&s, f, &f->end[side], &f->end[!side], is_later(&s, &f->end[side])};
    if (s.flags & TCP_SYN)
        begin(m, f, side, &s);
    if (s.flags & TCP_SYN && v.from->isn != s.seq) {
        note_recent(v.from, &s);
        if (v.from->stamped && s.kinds & 1u << OPTION_TS && is_after(s.tsval, v.from->tsval))
            v.from->tsval = s.tsval; /* RFC 7323 5.3 comes before the SYN is looked at */
        return;                      /* it touches no connection that is there */
    }
    f->blind |= s.blind && s.flags & TCP_SYN;
    m->known |= f->start && !f->blind ? NEEDS_START : 0;
    m->known &= ~(f->holes ? (unsigned)NEEDS_COMPLETE : 0u);
    see_tcp_options(m, &v);
    see_tcp_resets(m, &v);
    if (!f->start || v.from->syn)
        see_stream(m, &v);
    note(f, side, &s, m->frame->time_ns);
}

void see_tcp_again(struct monitor *m)
{
    const struct sight *s = &m->sight;
    struct tcp_flow *f =
        s->body && s->have >= 20 && !s->offset ? flow_of(m, side_of(s), false, NULL) : NULL;
    if (!f)
        return;
    f->end[0].duplicates++;
    f->end[1].duplicates++;
    struct tcp_end *to = &f->end[!side_of(s)];
    uint32_t seq = get32(s->body + 4), len = s->body_len - (s->body[12] >> 4) * 4u;
    if (len && len <= s->body_len)
        to->twice[to->twices++ % AHEAD] = (struct range){seq, seq + len};
}

void see_tcp_damaged(struct monitor *m)
{
    const struct sight *s = &m->sight;
    bool syn = s->protocol == IPPROTO_TCP && s->body && !s->offset && s->have >= 20 &&
               s->body[13] & TCP_SYN;
    struct tcp_flow *f = syn ? flow_of(m, side_of(s), true, NULL) : NULL;
    if (f)
        f->holes = true;
}
