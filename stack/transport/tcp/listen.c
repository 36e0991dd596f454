/* LISTEN (RFC 9293 3.10.7.2), and the queues of what has come: half-open connections, and those
 * that wait to be accepted. */
#include "stack/transport/tcp/inside.h"

/* --- a listener's children --- */

static void take_out(struct tcp_pcb *child)
{
    struct tcp_listener *l = &child->parent->listener;
    if (child->state == TCP_SYN_RECEIVED && !child->early) {
        tcp_queue_take_out(&l->half, child);
        l->half_count--;
    } else {
        tcp_queue_take_out(&l->done, child);
        l->done_count--;
    }
}

void tcp_listener_forget(struct tcp_pcb *child)
{
    take_out(child);
    child->unaccepted = false;
    child->parent = NULL;
}

bool tcp_listener_has_room(const struct stack *s, const struct tcp_pcb *listener)
{
    const struct tcp_listener *l = &listener->listener;
    if (tcp_knob(s, TCP_KNOB_SYN_CACHE))
        return l->done_count <= l->backlog * 3u / 2;
    return l->done_count < l->backlog;
}

/* The child is out of SYN-RECEIVED already. */
void tcp_listener_child_done(struct stack *s, struct tcp_pcb *child, int64_t now_ns)
{
    struct tcp_pcb *listener = child->parent;
    struct tcp_listener *l = &listener->listener;
    tcp_count(s, TCP_OPENED_PASSIVE);
    tcp_queue_take_out(&l->half, child);
    l->half_count--;
    tcp_queue_put(&l->done, child);
    l->done_count++;
    tcp_hold(listener);
    tcp_leave(s, listener, now_ns);
}

bool tcp_accept_aborted(struct tcp_pcb *listener)
{
    if (!listener->listener.aborted)
        return false;
    listener->listener.aborted--;
    return true;
}

struct tcp_pcb *tcp_accept(struct stack *s, struct tcp_pcb *listener)
{
    struct tcp_pcb *child = listener->listener.done.first;
    if (!child)
        return NULL;
    tcp_listener_forget(child);
    child->user = true;
    child->told = (uint8_t)tcp_events(s, child);
    listener->told = (uint8_t)tcp_events(s, listener);
    return child;
}

static void abort_all(struct stack *s, struct tcp_queue *q, int64_t now_ns)
{
    struct tcp_pcb *child;
    while ((child = q->first) != NULL) {
        tcp_hold(child);
        if (child->state == TCP_CLOSED) {
            tcp_listener_forget(child);
        } else {
            tcp_end(s, child, 0);
            tcp_send_rst(s, child, now_ns);
        }
        tcp_leave(s, child, now_ns);
    }
}

/* What nobody will accept any more is aborted: its peers hear it at once rather than when they
 * send; but those in a cache of SYNs, whose SYN-ACKs go on until they are answered in vain. */
void tcp_listener_close(struct stack *s, struct tcp_pcb *listener, int64_t now_ns)
{
    struct tcp_queue *half = &listener->listener.half;
    struct tcp_pcb *child;
    abort_all(s, &listener->listener.done, now_ns);
    if (!tcp_knob(s, TCP_KNOB_SYN_CACHE))
        abort_all(s, half, now_ns);
    while ((child = half->first) != NULL) {
        tcp_listener_forget(child);
        tcp_orphaned(s, child, now_ns);
    }
}

/* --- a SYN --- */

/* What the user said of the listener holds for what comes to it (RFC 1122 4.2.4.2: TOS). */
void tcp_listener_inherit(struct stack *s, struct tcp_pcb *child, const struct tcp_pcb *listener)
{
    child->end.ip.nif = listener->end.ip.nif;
    child->end.ip.ttl = listener->end.ip.ttl;
    child->end.ip.tos = listener->end.ip.tos;
    child->end.reuse = listener->end.reuse;
    child->snd_buffer = listener->snd_buffer;
    child->rcv_buffer = listener->rcv_buffer;
    child->rcv_wscale = tcp_window_shift(s, child->rcv_buffer);
    child->user_mss = listener->user_mss;
    child->no_delay = listener->no_delay;
    child->reno = listener->reno;
    child->no_options = listener->no_options;
    child->keep_alive = listener->keep_alive;
    child->ready = listener->ready;
}

static void enter_table(struct stack *s, struct tcp_pcb *child, const struct tcp_segment *g)
{
    struct demux *t = &tcp_of(s)->demux;
    child->end.local_port = g->hdr.dst_port;
    demux_set_ends(t, &child->end, g->ip->destination, g->ip->source, g->hdr.src_port);
    demux_enter(t, &child->end);
}

/* Who has only sent a SYN may be anybody: all of them together have half of the blocks, or a flood
 * would leave none for connections. */
static bool half_of_all(struct stack *s)
{
    const struct tcp *t = tcp_of(s);
    return t->count[TCP_SYN_RECEIVED] >= (t->pcbs.total + 1) / 2;
}

static enum tcp_counter no_room(struct stack *s, const struct tcp_pcb *listener)
{
    const struct tcp_listener *l = &listener->listener;
    if (!tcp_knob(s, TCP_KNOB_SYN_CACHE) && !tcp_listener_has_room(s, listener))
        return TCP_DROP_BACKLOG_FULL;
    if (l->half_count >= tcp_knob(s, TCP_KNOB_SYN_BACKLOG) || half_of_all(s))
        return TCP_DROP_SYN_BACKLOG_FULL;
    return TCP_COUNTERS;
}

/* In SYN-RECEIVED, in the listener's queue, held. NULL: no block. */
struct tcp_pcb *tcp_listener_child(struct stack *s, struct tcp_pcb *listener,
                                   const struct tcp_segment *g)
{
    struct tcp_listener *l = &listener->listener;
    struct tcp_pcb *child = tcp_take(s);
    if (!child)
        return NULL;
    tcp_hold(child);
    tcp_listener_inherit(s, child, listener);
    tcp_inherit_wishes(s, child, listener);
    enter_table(s, child, g);
    child->passive = child->unaccepted = true;
    child->parent = listener;
    tcp_enter(s, child, TCP_SYN_RECEIVED);
    tcp_queue_put(&l->half, child);
    l->half_count++;
    return child;
}

/* Third: a SYN. Text and FIN that came with it are not kept, since nobody vouches for its sender
 * yet, unless a cookie does (RFC 7413); they are sent again. */
static tcp_step open_half(struct stack *s, struct tcp_pcb *listener, const struct tcp_segment *g,
                          int64_t now_ns)
{
    enum tcp_counter refused = no_room(s, listener);
    if (refused == TCP_DROP_BACKLOG_FULL)
        return (tcp_step)refused;
    struct tcp_pcb *child = NULL;
    if (refused == TCP_COUNTERS && !tcp_knob(s, TCP_KNOB_SYN_COOKIES_ONLY)) {
        child = tcp_listener_child(s, listener, g);
        refused = TCP_DROP_NO_BLOCK;
    }
    if (child && !tcp_learn_route(s, child, g)) {
        tcp_end(s, child, 0);
        tcp_leave(s, child, now_ns);
        return TCP_DROP_NO_BLOCK;
    }
    if (!child) {
        if (tcp_send_cookie(s, listener, g, now_ns))
            return TCP_COUNTERS;
        return (tcp_step)refused;
    }
    tcp_start_receiving(s, child, g);
    tcp_start_sending(s, child, now_ns);
    tcp_fastopen_take(s, listener, child, g);
    tcp_send_syn(s, child, now_ns);
    tcp_leave(s, child, now_ns);
    return TCP_COUNTERS;
}

tcp_step tcp_input_listen(struct stack *s, struct tcp_pcb *listener, struct tcp_segment *g,
                          int64_t now_ns)
{
    /* First, check for a RST: it cannot be valid. */
    if (g->flags & TCP_FLAG_RST)
        return TCP_DROP_LISTEN_RST;
    /* Second, check for an ACK: any is bad, but for one that brings a cookie. */
    if (g->flags & TCP_FLAG_ACK) {
        struct tcp_pcb *child = tcp_take_cookie(s, listener, g, now_ns);
        if (child) {
            tcp_step step = tcp_input_synchronized(s, child, g, now_ns);
            tcp_leave(s, child, now_ns);
            return step;
        }
        if (!tcp_may_follow_cookie(s, g, now_ns))
            tcp_answer_rst(s, g, now_ns);
        return TCP_DROP_LISTEN_ACK;
    }
    /* Third, check for a SYN. */
    if (g->flags & TCP_FLAG_SYN)
        return open_half(s, listener, g, now_ns);
    /* Fourth, other data or control. */
    return TCP_DROP_LISTEN_NO_SYN;
}
