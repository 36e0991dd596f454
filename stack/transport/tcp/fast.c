/*
 * What most segments are: the next text while nothing of ours is under way, or an acknowledgement
 * and nothing else. The steps of RFC 9293 3.10.7.4 have nothing to object to either, so they are
 * passed over; whatever is in doubt takes them. The knob tcp.fast_path 0 has every segment take
 * them, and the wire shows no difference (tests/checks/89-fast_path.sh).
 */
#include "stack/transport/tcp/inside.h"

enum { IPV4_HEADER = 20 }; /* without options, of which one may be a route */

/* First to fourth step: the segment stands at RCV.NXT, ends inside of what was offered, has the
 * timestamp that was agreed on and no old one, and neither RST, SYN, FIN nor URG. */
static bool is_plain(struct stack *s, const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return pcb->state == TCP_ESTABLISHED &&
           (g->flags | TCP_FLAG_PSH) == (TCP_FLAG_ACK | TCP_FLAG_PSH) && g->seq == pcb->rcv_nxt &&
           g->ip->header_len == IPV4_HEADER && seq_upto(g->seq + g->text_len, pcb->rcv_adv) &&
           pcb->rcv_adv != pcb->rcv_nxt && !tcp_lacks_timestamp(s, pcb, g) &&
           !tcp_timestamp_is_old(s, pcb, g);
}

/* Fifth step, where it says nothing: all is acknowledged already, and the window stays. */
static bool acknowledges_nothing(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return g->ack == pcb->snd_una && pcb->snd_una == pcb->snd_nxt &&
           g->wnd << pcb->snd_wscale == pcb->snd_wnd && !pcb->probing;
}

static bool is_next_text(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return g->text_len > 0 && pcb->user && !pcb->ahead.first && acknowledges_nothing(pcb, g);
}

static bool is_acknowledgement(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return g->text_len == 0 && seq_after(g->ack, pcb->snd_una) && seq_upto(g->ack, pcb->snd_nxt);
}

bool tcp_input_fast(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g, int64_t now_ns,
                    tcp_step *step)
{
    if (!is_plain(s, pcb, g) || !tcp_knob(s, TCP_KNOB_FAST_PATH))
        return false;
    bool text = is_next_text(pcb, g);
    if (!text && !is_acknowledgement(pcb, g))
        return false;
    tcp_note_timestamp(s, pcb, g);
    tcp_keep_heard(s, pcb, now_ns);
    tcp_ecn_input(pcb, g);
    g->wnd <<= pcb->snd_wscale;
    if (!text) {
        tcp_acknowledged(s, pcb, g, now_ns);
        *step = TCP_COUNTERS;
        return true;
    }
    pcb->snd_wl1 = g->seq;
    pcb->snd_wl2 = g->ack;
    *step = tcp_input_text(s, pcb, g, now_ns);
    if (*step == TCP_STEP_NEXT)
        *step = TCP_COUNTERS;
    return true;
}
