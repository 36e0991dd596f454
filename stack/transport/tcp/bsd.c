/*
 * Input as BSD has it, by knobs, where RFC 9293 3.10.7 leaves a choice or asks for less than a
 * MUST: a cache of SYNs in the place of SYN-RECEIVED, TIME-WAIT, and what lies at a window's edges.
 */
#include "stack/transport/tcp/inside.h"

/* --- the cache: who has answered no SYN-ACK yet --- */

bool tcp_is_cached(const struct stack *s, const struct tcp_pcb *pcb)
{
    return pcb->state == TCP_SYN_RECEIVED && pcb->passive && !pcb->early &&
           tcp_knob(s, TCP_KNOB_SYN_CACHE);
}

static uint32_t offered(const struct tcp_pcb *pcb)
{
    return pcb->rcv_adv - pcb->rcv_nxt;
}

static tcp_step cached_reset(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                             int64_t now_ns)
{
    bool exact = g->hdr.seq == pcb->rcv_nxt;
    if (!exact && !seq_within(g->hdr.seq, pcb->rcv_nxt, offered(pcb)))
        return TCP_DROP_SEQUENCE;
    if (!exact && !tcp_knob(s, TCP_KNOB_INSECURE_RST))
        return tcp_challenge(s, pcb, TCP_DROP_RST_CHALLENGED, now_ns);
    tcp_count(s, TCP_ENDED_RESET);
    tcp_end(s, pcb, 0);
    return TCP_DROP_RESET;
}

static tcp_step refuse(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                       int64_t now_ns)
{
    tcp_answer_rst(s, g, now_ns);
    tcp_end(s, pcb, 0);
    return TCP_DROP_SYN_RECEIVED_ACK;
}

/* Whatever its number: it is taken for the same one, whose answer was lost. */
static tcp_step cached_syn(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                           int64_t now_ns)
{
    pcb->timestamps = pcb->timestamps && g->options.has_timestamps;
    if (pcb->timestamps)
        pcb->ts_recent = g->options.ts_val;
    pcb->retransmits = 0;
    tcp_send_syn(s, pcb, now_ns);
    return TCP_COUNTERS;
}

/* An old timestamp, or none, is passed over in silence; another number than the SYN-ACK's asked for
 * ends the attempt, and a queue that is full does. */
static tcp_step cached_ack(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                           int64_t now_ns)
{
    if (tcp_lacks_timestamp(s, pcb, g))
        return TCP_DROP_NO_TIMESTAMP;
    if (tcp_timestamp_is_old(s, pcb, g))
        return TCP_DROP_PAWS;
    if (g->ack != pcb->iss + 1 || !seq_within(g->seq, pcb->rcv_nxt, offered(pcb)))
        return refuse(s, pcb, g, now_ns);
    return tcp_listener_has_room(s, pcb->parent) ? TCP_STEP_NEXT : refuse(s, pcb, g, now_ns);
}

/* Its listener is gone, and nobody looks for it any more. */
static tcp_step cached_alone(struct stack *s, const struct tcp_segment *g, int64_t now_ns)
{
    if (!(g->flags & TCP_FLAG_RST))
        tcp_answer_rst(s, g, now_ns);
    return TCP_DROP_NO_PORT;
}

tcp_step tcp_input_cached(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                          int64_t now_ns)
{
    const uint8_t both = TCP_FLAG_SYN | TCP_FLAG_ACK;
    if (!pcb->parent)
        return cached_alone(s, g, now_ns);
    if (g->flags & TCP_FLAG_RST)
        return cached_reset(s, pcb, g, now_ns);
    if ((g->flags & both) == both)
        return refuse(s, pcb, g, now_ns);
    if (g->flags & TCP_FLAG_SYN)
        return cached_syn(s, pcb, g, now_ns);
    return g->flags & TCP_FLAG_ACK ? cached_ack(s, pcb, g, now_ns) : (tcp_step)TCP_DROP_NO_ACK;
}

/* --- TIME-WAIT --- */

/* A SYN that does not reopen is an old one, and as little as what has no ACK it waits for an
 * answer; all but a plain repetition of the last ACK gets one, wherever it lies. */
tcp_step tcp_time_wait_of_bsd(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                              int64_t now_ns)
{
    if (g->flags & TCP_FLAG_RST)
        return TCP_DROP_RST_IN_TIME_WAIT;
    if (!(g->flags & TCP_FLAG_ACK))
        return g->flags & TCP_FLAG_SYN ? TCP_DROP_SYN_IN_CONNECTION : TCP_DROP_NO_ACK;
    if (g->flags == TCP_FLAG_ACK && g->text_len == 0 && g->seq == pcb->rcv_nxt &&
        g->ack == pcb->snd_nxt)
        return TCP_COUNTERS;
    tcp_send_bare_ack(s, pcb, now_ns);
    return TCP_DROP_SEQUENCE;
}

/* --- edges --- */

/* What lies before RCV.NXT is cut off, and what the rest says counts: an acknowledgement, though
 * all of the text is old. */
void tcp_cut_old(struct tcp_pcb *pcb, struct tcp_segment *g)
{
    if (!seq_before(g->seq, pcb->rcv_nxt) || g->flags & (TCP_FLAG_SYN | TCP_FLAG_RST))
        return;
    uint32_t old = pcb->rcv_nxt - g->seq;
    if (old < g->text_len || (old == g->text_len && g->flags & TCP_FLAG_FIN))
        return;
    g->text += g->text_len;
    g->text_len = 0;
    g->seq = pcb->rcv_nxt;
    g->flags &= (uint8_t)~TCP_FLAG_FIN;
    g->trimmed = true;
}

/* What must touch the window: of a RST its number alone, and a FIN behind it counts for nothing. */
uint32_t tcp_bsd_len(const struct tcp_segment *g)
{
    return g->flags & TCP_FLAG_RST ? 0 : g->text_len + ((g->flags & TCP_FLAG_SYN) != 0);
}

/* An answer to what lies before the peer's SYN, or acknowledges anything but ours, could go to and
 * fro between two that have opened at once. */
bool tcp_is_of_no_open(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    if (pcb->state != TCP_SYN_RECEIVED || g->flags & TCP_FLAG_RST)
        return false;
    bool wrong = !seq_after(g->ack, pcb->snd_una) || seq_after(g->ack, pcb->snd_nxt);
    return seq_before(g->seq, pcb->irs) || (g->flags & TCP_FLAG_ACK && wrong);
}

bool tcp_is_text_after_close(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return !pcb->user && !pcb->unaccepted && g->text_len > 0 &&
           !(g->flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
           seq_after(g->seq + g->text_len, pcb->rcv_nxt);
}
