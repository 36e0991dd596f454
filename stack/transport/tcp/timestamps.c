/* What the peer's timestamps say: PAWS (RFC 7323 5), and when its SYN may end a TIME-WAIT
 * (RFC 6191). */
#include "stack/transport/tcp/inside.h"

enum { STALE_MS = 24u * 86400 * 1000 }; /* RFC 7323 5.5 */

/* 3.2: once agreed on, every segment but a RST has the option. */
bool tcp_lacks_timestamp(const struct stack *s, const struct tcp_pcb *pcb,
                         const struct tcp_segment *g)
{
    return pcb->timestamps && !tcp_knob(s, TCP_KNOB_TOLERATE_MISSING_TS) &&
           !g->options.has_timestamps && !(g->flags & TCP_FLAG_RST);
}

/* 5.3 R1: TS.Recent is valid, and SEG.TSval lies before it. */
bool tcp_timestamp_is_old(struct stack *s, const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    if (!pcb->timestamps || !g->options.has_timestamps || (g->flags & TCP_FLAG_RST))
        return false;
    uint32_t age_ms = tcp_of(s)->clock_ms - pcb->ts_recent_ms;
    return seq_before(g->options.ts_val, pcb->ts_recent) && age_ms < STALE_MS;
}

/* 5.3 R3, with 4.3 (2): only from a segment at or left of what was acknowledged last, so that the
 * echo is of the earliest that an acknowledgement is for. Never from a RST (3.2). */
void tcp_note_timestamp(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    if (!pcb->timestamps || !g->options.has_timestamps || seq_after(g->hdr.seq, pcb->last_ack))
        return;
    if (g->flags & TCP_FLAG_RST)
        return;
    if (seq_before(g->options.ts_val, pcb->ts_recent) &&
        tcp_of(s)->clock_ms - pcb->ts_recent_ms < STALE_MS)
        return;
    pcb->ts_recent = g->options.ts_val;
    pcb->ts_recent_ms = tcp_of(s)->clock_ms;
}

/* RFC 6191 2: newer by its timestamp, or by its sequence number where timestamps do not decide; by
 * the knob, never. */
static bool is_newer(const struct stack *s, const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    if (pcb->timestamps && !tcp_knob(s, TCP_KNOB_BSD_TIME_WAIT) && g->options.has_timestamps &&
        g->options.ts_val != pcb->ts_recent)
        return seq_after(g->options.ts_val, pcb->ts_recent);
    return seq_after(g->hdr.seq, pcb->rcv_nxt);
}

/* RFC 9293 3.6.1, MAY-2: a SYN may open the connection anew when it is no old one, and our first
 * sequence number lies behind all that were used. */
bool tcp_may_reopen(struct stack *s, const struct tcp_pcb *pcb, const struct tcp_segment *g,
                    int64_t now_ns)
{
    uint8_t flags = TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST;
    if (!tcp_knob(s, TCP_KNOB_BSD_TIME_WAIT))
        flags |= TCP_FLAG_FIN;
    return pcb->state == TCP_TIME_WAIT && (g->flags & flags) == TCP_FLAG_SYN &&
           is_newer(s, pcb, g) && seq_after(tcp_first_sequence(s, pcb, now_ns), pcb->snd_nxt);
}

/* An active OPEN of the numbers of a connection in TIME-WAIT: by the knob it ends, when its last
 * second is over and timestamps keep its segments from being taken for the new one's. */
bool tcp_takes_over(struct stack *s, struct tcp_pcb *old, int64_t now_ns)
{
    const int64_t second = 1000000000;
    int64_t since_ns = old->idle_ns - 2 * tcp_knob(s, TCP_KNOB_MSL);
    if (old->state != TCP_TIME_WAIT || !old->timestamps || !tcp_knob(s, TCP_KNOB_TW_REUSE) ||
        now_ns - since_ns < second || !seq_after(tcp_first_sequence(s, old, now_ns), old->snd_nxt))
        return false;
    tcp_hold(old);
    tcp_end(s, old, 0);
    tcp_leave(s, old, now_ns);
    return true;
}
