/*
 * A listener whose queue of half-open connections is full answers a SYN by a cookie (RFC 4987 3.6)
 * and keeps nothing; by the knob each does. What the peer offered survives in the ISS and, with
 * timestamps, in TSval; without them ECN does not, and is not agreed on.
 */
#include "stack/transport/tcp/cookie.h"
#include "stack/transport/tcp/inside.h"

#define VALID_NS 120000000000LL /* as long as a cookie can be good */

static struct tcp_ends ends_of(const struct tcp_segment *g)
{
    return (struct tcp_ends){.local = g->ip->destination,
                             .remote = g->ip->source,
                             .local_port = g->hdr.dst_port,
                             .remote_port = g->hdr.src_port};
}

static struct cookie_options options_of(const struct tcp_pcb *half)
{
    return (struct cookie_options){.wscale = half->wscale,
                                   .shift = half->wscale ? half->snd_wscale : 0,
                                   .sack = half->sack,
                                   .ecn = half->ecn};
}

/* What cannot be remembered is not agreed on. The offset makes the clock show the options. */
static void fit_options(struct stack *s, struct tcp_pcb *half, int64_t now_ns)
{
    half->ts_offset = tcp_first_timestamp(s, half);
    if (!half->timestamps) {
        half->ecn = false;
        return;
    }
    uint32_t ms = tcp_clock_ms(s, now_ns);
    const struct cookie_options o = options_of(half);
    half->ts_offset += cookie_timestamp(ms, &o) - ms;
}

bool tcp_send_cookie(struct stack *s, const struct tcp_pcb *listener, const struct tcp_segment *g,
                     int64_t now_ns)
{
    struct tcp *t = tcp_of(s);
    struct tcp_wishes route = {.linger_s = -1};
    /* for the time of this call */
    struct tcp_pcb half = {.state = TCP_SYN_RECEIVED, .passive = true, .wishes = &route};
    const struct tcp_ends ends = ends_of(g);
    if (!tcp_knob(s, TCP_KNOB_SYN_COOKIES))
        return false;
    tcp_listener_inherit(s, &half, listener);
    half.end.ip.local = ends.local;
    half.end.ip.remote = ends.remote;
    half.end.local_port = ends.local_port;
    half.end.remote_port = ends.remote_port;
    tcp_start_receiving(s, &half, g);
    tcp_learn_route(s, &half, g);
    fit_options(s, &half, now_ns);
    struct tcp_plan plan = {.flags = TCP_FLAG_SYN | TCP_FLAG_ACK};
    plan.flags |= tcp_ecn_syn_flags(s, &half, true);
    const struct cookie_options o = options_of(&half);
    plan.seq = cookie_make(t->secret, &ends, g->hdr.seq, half.peer_mss, &o, now_ns);
    t->cookie_ns = now_ns;
    t->cookies = true;
    tcp_count(s, TCP_OUT_COOKIE);
    tcp_transmit(s, &half, &plan, now_ns);
    return true;
}

/* The SYN as it must have been. */
static struct tcp_segment syn_of(struct stack *s, const struct tcp_pcb *child,
                                 const struct tcp_segment *g, uint16_t mss, struct cookie_options o)
{
    struct tcp_segment syn = {.ip = g->ip, .hdr = {.seq = g->hdr.seq - 1, .flags = TCP_FLAG_SYN}};
    syn.options.has_mss = true;
    syn.options.mss = mss;
    if (g->options.has_timestamps) {
        o = cookie_options_of(g->options.ts_ecr - tcp_first_timestamp(s, child));
        syn.options.has_timestamps = true;
        syn.options.ts_val = g->options.ts_val;
    }
    syn.options.has_wscale = o.wscale;
    syn.options.wscale = o.shift;
    syn.options.sack_permitted = o.sack;
    if (o.ecn)
        syn.hdr.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
    return syn;
}

/* As if its SYN had been kept, and our SYN-ACK had been sent once, nobody knows when. */
static void begin(struct stack *s, struct tcp_pcb *child, const struct tcp_segment *g, uint16_t mss,
                  const struct cookie_options *o, int64_t now_ns)
{
    const struct tcp_segment syn = syn_of(s, child, g, mss, *o);
    tcp_start_receiving(s, child, &syn);
    tcp_start_sending(s, child, now_ns);
    child->iss = child->snd_una = child->snd_up = g->hdr.ack - 1;
    child->snd_nxt = child->snd_end = g->hdr.ack;
    /* A SYN-ACK tells no more than its field does: it is not scaled. */
    uint32_t told = tcp_receive_window(s, child);
    child->rcv_adv = child->rcv_nxt + (told < UINT16_MAX ? told : UINT16_MAX);
    child->syn_ns = TCP_NEVER;
}

/* Some may be under way: else each ACK would be a guess. */
static bool cookies_out(const struct tcp *t, int64_t now_ns)
{
    return t->cookies && now_ns - t->cookie_ns < VALID_NS;
}

struct tcp_pcb *tcp_take_cookie(struct stack *s, struct tcp_pcb *listener,
                                const struct tcp_segment *g, int64_t now_ns)
{
    struct tcp *t = tcp_of(s);
    const struct tcp_ends ends = ends_of(g);
    struct cookie_options o;
    uint16_t mss;
    if (!cookies_out(t, now_ns) || (g->flags & TCP_FLAG_SYN))
        return NULL;
    if (!tcp_listener_has_room(s, listener) ||
        !cookie_check(t->secret, &ends, g->hdr.seq - 1, g->hdr.ack - 1, now_ns, &mss, &o))
        return NULL;
    struct tcp_pcb *child = tcp_listener_child(s, listener, g);
    if (!child)
        return NULL;
    tcp_count(s, TCP_OPENED_COOKIE);
    begin(s, child, g, mss, &o, now_ns);
    return child;
}

bool tcp_may_follow_cookie(struct stack *s, const struct tcp_segment *g, int64_t now_ns)
{
    return cookies_out(tcp_of(s), now_ns) && !tcp_knob(s, TCP_KNOB_SYN_CACHE) &&
           !(g->flags & TCP_FLAG_SYN) && g->text_len + (g->flags & TCP_FLAG_FIN) > 0;
}
