/* Keep-alive (RFC 9293 3.8.4): off unless asked for, and never while something is in flight, since
 * then the retransmission timeout watches over the peer. */
#include "stack/transport/tcp/inside.h"

/* --- what the user has asked for, or the knobs say --- */

struct tcp_wishes *tcp_wish(struct stack *s, struct tcp_pcb *pcb)
{
    if (!pcb->wishes) {
        pcb->wishes = pool_take(&tcp_of(s)->wishes);
        if (pcb->wishes)
            pcb->wishes->linger_s = -1;
    }
    return pcb->wishes;
}

void tcp_forget_wishes(struct stack *s, struct tcp_pcb *pcb)
{
    if (pcb->wishes)
        pool_give(&tcp_of(s)->wishes, pcb->wishes);
    pcb->wishes = NULL;
}

/* What a listener wants for itself is no child's. */
static struct tcp_wishes heritage(const struct tcp_wishes *of)
{
    return (struct tcp_wishes){.user_timeout_ms = of->user_timeout_ms,
                               .unsent_low = of->unsent_low,
                               .keep_idle_s = of->keep_idle_s,
                               .keep_interval_s = of->keep_interval_s,
                               .keep_count = of->keep_count,
                               .syn_count = of->syn_count,
                               .fin_wait_2_s = of->fin_wait_2_s,
                               .linger_s = of->linger_s};
}

/* A child wants what its listener does, as far as there is room for it. */
void tcp_inherit_wishes(struct stack *s, struct tcp_pcb *child, const struct tcp_pcb *listener)
{
    const struct tcp_wishes *of = listener->wishes;
    if (!of ||
        (!of->user_timeout_ms && !of->unsent_low && !of->keep_idle_s && !of->keep_interval_s &&
         !of->keep_count && !of->syn_count && !of->fin_wait_2_s && of->linger_s < 0))
        return;
    struct tcp_wishes *w = tcp_wish(s, child);
    if (w)
        *w = heritage(of);
}

static int64_t seconds_or_knob(const struct stack *s, unsigned seconds, enum tcp_knob k)
{
    return seconds ? (int64_t)seconds * 1000000000 : tcp_knob(s, k);
}

int64_t tcp_keep_idle_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    return seconds_or_knob(s, pcb->wishes ? pcb->wishes->keep_idle_s : 0, TCP_KNOB_KEEP_IDLE);
}

int64_t tcp_keep_interval_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    return seconds_or_knob(s, pcb->wishes ? pcb->wishes->keep_interval_s : 0,
                           TCP_KNOB_KEEP_INTERVAL);
}

unsigned tcp_keep_count(const struct stack *s, const struct tcp_pcb *pcb)
{
    unsigned own = pcb->wishes ? pcb->wishes->keep_count : 0;
    return own ? own : (unsigned)tcp_knob(s, TCP_KNOB_KEEP_COUNT);
}

/* --- the timer --- */

static bool is_kept(const struct tcp_pcb *pcb)
{
    bool waits = pcb->state == TCP_ESTABLISHED || pcb->state == TCP_CLOSE_WAIT ||
                 (pcb->state == TCP_FIN_WAIT_2 && pcb->user);
    return waits && pcb->keep_alive;
}

void tcp_keep_heard(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (!is_kept(pcb))
        return;
    pcb->keep_probes = 0;
    pcb->idle_ns = now_ns + tcp_keep_idle_ns(s, pcb);
}

void tcp_keep_changed(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    tcp_hold(pcb);
    if (is_kept(pcb))
        tcp_keep_heard(s, pcb, now_ns);
    else if (pcb->state == TCP_ESTABLISHED || pcb->state == TCP_CLOSE_WAIT)
        pcb->idle_ns = TCP_NEVER;
    tcp_leave(s, pcb, now_ns);
}

/* SEG.SEQ = SND.NXT-1: outside the peer's window, so that it must answer. Without the octet of
 * garbage that some old hosts wanted (SHLD-12). */
static void send_probe(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp_plan plan = {.seq = pcb->snd_nxt - 1, .flags = TCP_FLAG_ACK, .bare = true};
    tcp_transmit(s, pcb, &plan, now_ns);
    tcp_count(s, TCP_OUT_KEEP_ALIVE);
}

/* MUST-28: no single probe's failure says that the peer is dead. That it is given up is told, as an
 * ABORT is, in case that it lives after all. */
void tcp_keep_due(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (!is_kept(pcb))
        return;
    pcb->idle_ns = now_ns + tcp_keep_interval_ns(s, pcb);
    if (pcb->snd_una != pcb->snd_nxt)
        return;
    if (pcb->keep_probes >= tcp_keep_count(s, pcb)) {
        uint32_t nxt = pcb->snd_nxt;
        tcp_count(s, TCP_ENDED_TIMEOUT);
        tcp_end(s, pcb, pcb->soft_error ? pcb->soft_error : ERR_TIMEDOUT);
        STACK_ASSERT(pcb->snd_nxt == nxt);
        tcp_send_rst(s, pcb, now_ns);
        return;
    }
    pcb->keep_probes++;
    send_probe(s, pcb, now_ns);
}
