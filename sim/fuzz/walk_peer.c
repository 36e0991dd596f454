/* The peer as somebody who lives: while time passes, and at the end of a walk. */
#include "sim/fuzz/walk_inside.h"

enum { AGAIN = 1000, AT_ONCE = 20, TURNS_MOST = 60, REPEATS_MOST = 12 };
static const int64_t repeat_ns = 400 * INT64_C(1000000);

static void answer(struct walk *w, const struct walk_answer *a, bool closed)
{
    struct walk_end *e = &w->end;
    bool ours = a->sut_port == e->sut_port && a->peer_port == e->peer_port;
    struct walk_segment g = walk_fitting(w, ACK, 0);
    if (a->flags & RST || (a->end == a->seq && !(a->flags & SYN)) || (!ours && !e->known))
        return;
    g.wnd = closed ? 0 : g.wnd;
    g.sut_port = a->sut_port;
    g.peer_port = a->peer_port;
    g.with_ports |= w->no_ports;
    g.seq = a->flags & ACK ? a->ack - walk_isn(w) : 0;
    g.ack = a->end - e->irs;
    if (ours && !(a->flags & SYN) && (int32_t)(e->got - g.ack) < 0)
        g.ack = e->got; /* there is a gap before it */
    if (ours && closed && a->end - a->seq == 1 && !(a->flags & (SYN | FIN)))
        g.ack = a->seq - e->irs; /* the probe's octet has no room */
    if (a->flags == SYN) {
        g.flags = SYN | ACK;
        g.seq = 0;
        g.options_len = walk_syn_options(w, g.options);
    } else if (ours && e->fin_taken) {
        /* A peer whose text went on behind its FIN goes on from there: SND.WL1 is that far. */
        g.seq = (int32_t)(e->text_end - g.seq) > 0 ? e->text_end : g.seq;
    } else if (ours && (int32_t)(e->text_end - g.seq) > 0) {
        g.len = e->text_end - g.seq; /* what did not come in its turn comes again */
        g.len = g.len < AGAIN ? g.len : AGAIN;
    } else if (a->flags & FIN && g.ack == a->end - e->irs) {
        g.flags |= FIN;
    }
    if (!(a->flags & (SYN | FIN)))
        w->model.forward_ns = w->now_ns; /* text comes, of whichever connection */
    walk_inject(w, &g);
}

void walk_peer_turn(struct walk *w, bool closed)
{
    w->peer_stamp = (uint32_t)(1 + w->now_ns / 1000000);
    for (uint32_t k = 0; k < w->answers; k++) {
        struct walk_answer a = w->answer[k];
        if (k == AT_ONCE)
            break;
        answer(w, &a, closed);
    }
    w->answers = 0;
}

static void say_again(struct walk *w)
{
    w->peer_stamp = (uint32_t)(1 + w->now_ns / 1000000);
    struct walk_segment g = walk_fitting(w, ACK, 0);
    g.ack = w->end.acked;
    g.wnd = w->end.wnd;
    g.with_ports |= w->no_ports;
    walk_inject(w, &g);
}

static void repeat(struct walk *w, int64_t until_ns)
{
    for (int k = 0; k < REPEATS_MOST && w->now_ns + repeat_ns < until_ns; k++) {
        walk_until(w, w->now_ns + repeat_ns);
        say_again(w);
    }
}

void walk_peer_lives(struct walk *w, enum plan_peer how, int64_t until_ns)
{
    if (how == PEER_REPEATS && w->end.known)
        repeat(w, until_ns);
    w->answering = how == PEER_ANSWERS || how == PEER_CLOSED;
    w->answers = 0;
    for (int k = 0; w->answering && k < TURNS_MOST && w->due_ns <= until_ns; k++) {
        walk_until(w, w->due_ns);
        walk_peer_turn(w, how == PEER_CLOSED);
    }
    w->answering = false;
    walk_until(w, until_ns);
}
