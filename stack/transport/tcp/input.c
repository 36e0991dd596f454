/* Where segments come in: what is wrong with them by themselves, whose they are, and SYN-SENT. */
#include "stack/core/bytes.h"
#include "stack/core/addr_class.h"
#include "stack/transport/tcp/inside.h"
#include "stack/wire/ipproto.h"

/* --- reading --- */

static enum tcp_counter counter_of(enum tcp_fault fault)
{
    switch (fault) {
    case TCP_SHORT:
        return TCP_DROP_SHORT;
    case TCP_OFFSET_BELOW_5:
    case TCP_OFFSET_BEYOND:
        return TCP_DROP_OFFSET;
    case TCP_SOUND:
    case TCP_FAULTS:
        break;
    }
    return TCP_COUNTERS;
}

static bool checksum_ok(const struct tcp_segment *g)
{
    if (g->nb->flags & NETBUF_SUM_OK)
        return true;
    return tcp_checksum4_ok(g->ip->source.word[0], g->ip->destination.word[0], netbuf_data(g->nb),
                            (uint16_t)netbuf_len(g->nb));
}

/* What is no segment between two hosts (RFC 9293 3.9.2.3: MUST-57, MUST-63), or broken. */
static enum tcp_counter refusal(struct stack *s, const struct tcp_segment *g)
{
    const struct ip_addr *from = &g->ip->source;
    if (g->ip->broadcast || g->ip->multicast ||
        (g->nb->flags & (NETBUF_LINK_BROADCAST | NETBUF_LINK_MULTICAST)))
        return TCP_DROP_TO_MANY;
    if (addr_is_any(from) || addr_is_multicast(from) || addr_is_broadcast(s, from))
        return TCP_DROP_TO_MANY;
    if (!g->ip->local)
        return TCP_DROP_FOREIGN;
    if (!checksum_ok(g)) /* MUST-3 */
        return TCP_DROP_CHECKSUM;
    if (g->hdr.src_port == 0 || g->hdr.dst_port == 0)
        return TCP_DROP_PORT_ZERO;
    return TCP_COUNTERS;
}

/* MUST-7: options of an illegal length do not bring the segment down; those in front of them
 * count. */
static void read_options(struct stack *s, struct tcp_segment *g)
{
    if (tcp_options_parse(g->hdr.options, g->hdr.options_len, &g->options) != TCP_OPTION_SOUND)
        tcp_count(s, TCP_IN_BAD_OPTIONS);
}

/* The counter of why it is dropped, or TCP_COUNTERS. */
static enum tcp_counter read_segment(struct stack *s, struct netbuf *nb,
                                     const struct ip_received *r, struct tcp_segment *g)
{
    *g = (struct tcp_segment){.nb = nb, .ip = r};
    enum tcp_counter drop = counter_of(tcp_parse(netbuf_data(nb), netbuf_len(nb), &g->hdr));
    if (drop == TCP_COUNTERS)
        drop = refusal(s, g);
    if (drop != TCP_COUNTERS)
        return drop;
    read_options(s, g);
    g->seq = g->hdr.seq;
    g->ack = g->hdr.ack;
    g->wnd = g->hdr.window;
    g->flags = g->hdr.flags;
    g->text = netbuf_data(nb) + g->hdr.hdr_len;
    g->text_len = netbuf_len(nb) - g->hdr.hdr_len;
    g->hdr_text_len = g->text_len;
    return TCP_COUNTERS;
}

/* --- whose it is --- */

static struct tcp_pcb *receiver(struct stack *s, const struct tcp_segment *g)
{
    const struct demux_key k = {.local = g->ip->destination,
                                .remote = g->ip->source,
                                .local_port = g->hdr.dst_port,
                                .remote_port = g->hdr.src_port,
                                .nif = g->ip->nif};
    struct port_pcb *end = demux_receiver(&tcp_of(s)->demux, &k);
    return end ? tcp_pcb_of(end) : NULL;
}

/* SEGMENT ARRIVES (3.10.7). */
static tcp_step arrives(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g, int64_t now_ns)
{
    switch ((enum tcp_state)pcb->state) {
    case TCP_LISTEN:
        return tcp_input_listen(s, pcb, g, now_ns);
    case TCP_SYN_SENT:
        return tcp_input_syn_sent(s, pcb, g, now_ns);
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
        return tcp_input_synchronized(s, pcb, g, now_ns);
    case TCP_CLOSED:
    case TCP_STATES:
        break;
    }
    STACK_ASSERT(false); /* a block that is CLOSED is not found */
    return TCP_DROP_NO_PORT;
}

static void finish(struct stack *s, struct netbuf *nb, tcp_step step)
{
    if (step == TCP_STEP_NEXT || step == TCP_COUNTERS)
        netbuf_free(s, nb);
    else
        stack_drop(s, nb, MODULE_TCP, (unsigned)step);
}

/* The knob has closed ports say nothing, to SYNs or to anything. */
static bool is_swallowed(const struct stack *s, const struct tcp_segment *g)
{
    int64_t knob = tcp_knob(s, TCP_KNOB_BLACKHOLE);
    return knob == 2 || (knob == 1 && g->hdr.flags & TCP_FLAG_SYN);
}

static void note_tally(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    struct tcp_tally *t = &pcb->tally;
    t->segments_in++;
    t->texts_in += g->text_len > 0;
    if (g->flags & TCP_FLAG_ACK)
        t->ack_ms = tcp_of(s)->clock_ms;
}

/* The knob: neither a listener nor a connection looks at it; what acknowledges as well gets from a
 * listener, and from what it has not completed, the reset that it would get without. */
static bool is_syn_with_fin(const struct stack *s, const struct tcp_pcb *pcb,
                            const struct tcp_segment *g)
{
    const uint8_t both = TCP_FLAG_SYN | TCP_FLAG_FIN;
    bool answered = pcb->state == TCP_LISTEN || tcp_is_cached(s, pcb);
    return tcp_knob(s, TCP_KNOB_DROP_SYNFIN) && (g->hdr.flags & both) == both &&
           !(answered && g->hdr.flags & TCP_FLAG_ACK);
}

/* The netbuf is free before what is due is sent. */
static tcp_step deliver(struct stack *s, struct tcp_segment *g, int64_t now_ns)
{
    struct tcp_pcb *pcb = receiver(s, g);
    if (pcb && is_syn_with_fin(s, pcb, g)) {
        stack_drop(s, g->nb, MODULE_TCP, TCP_DROP_SYN_FIN);
        return TCP_COUNTERS;
    }
    if (!pcb && is_swallowed(s, g)) {
        stack_drop(s, g->nb, MODULE_TCP, TCP_DROP_BLACKHOLE);
        return TCP_COUNTERS;
    }
    if (!pcb) { /* 3.10.7.1 */
        tcp_answer_rst(s, g, now_ns);
        stack_drop(s, g->nb, MODULE_TCP, TCP_DROP_NO_PORT);
        return TCP_COUNTERS;
    }
    tcp_hold(pcb);
    note_tally(s, pcb, g);
    tcp_step step;
    if (!tcp_input_fast(s, pcb, g, now_ns, &step))
        step = arrives(s, pcb, g, now_ns);
    if (step != TCP_STEP_AGAIN)
        finish(s, g->nb, step);
    tcp_leave(s, pcb, now_ns);
    return step;
}

void tcp_input(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns)
{
    struct tcp_segment g;
    enum tcp_counter drop = read_segment(s, nb, r, &g);
    if (drop != TCP_COUNTERS) {
        stack_drop(s, nb, MODULE_TCP, drop);
        return;
    }
    tcp_count(s, TCP_IN);
    tcp_clock_ms(s, now_ns);
    if (deliver(s, &g, now_ns) == TCP_STEP_AGAIN)
        deliver(s, &g, now_ns);
}

/* --- SYN-SENT (3.10.7.3) --- */

/* First, check the ACK bit. */
static tcp_step syn_sent_ack(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                             int64_t now_ns)
{
    if (!(g->flags & TCP_FLAG_ACK))
        return TCP_STEP_NEXT;
    if (seq_after(g->ack, pcb->snd_una) && seq_upto(g->ack, pcb->snd_nxt))
        return TCP_STEP_NEXT;
    tcp_answer_rst(s, g, now_ns);
    /* Linux: what the RST ends was of before; the SYN goes again as soon as it may have. */
    if (tcp_knob(s, TCP_KNOB_LINUX_CALLS) && pcb->retransmits == 0)
        pcb->rexmt_ns = now_ns + 2000000;
    return TCP_DROP_SYN_SENT_ACK;
}

/* Second, check the RST bit. */
static tcp_step syn_sent_rst(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    if (!(g->flags & TCP_FLAG_RST))
        return TCP_STEP_NEXT;
    if (!(g->flags & TCP_FLAG_ACK))
        return TCP_DROP_SYN_SENT_RST;
    tcp_count(s, TCP_ENDED_RESET);
    tcp_end(s, pcb, ERR_CONNREFUSED);
    return TCP_DROP_RESET;
}

/* Fourth, check the SYN bit. */
static tcp_step syn_sent_syn(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                             int64_t now_ns)
{
    if (!(g->flags & TCP_FLAG_SYN)) /* fifth */
        return TCP_DROP_SYN_SENT_NO_SYN;
    tcp_start_receiving(s, pcb, g);
    g->seq = g->hdr.seq + 1;
    g->flags &= (uint8_t)~TCP_FLAG_SYN;
    if (!(g->flags & TCP_FLAG_ACK)) { /* both opened at once */
        tcp_enter(s, pcb, TCP_SYN_RECEIVED);
        tcp_send_syn(s, pcb, now_ns);
        return TCP_COUNTERS;
    }
    tcp_fastopen_answered(s, pcb, g, now_ns);
    tcp_establish(s, pcb, now_ns);
    tcp_count(s, TCP_OPENED_ACTIVE);
    tcp_acknowledged(s, pcb, g, now_ns);
    tcp_soon_opened(s, pcb, now_ns);
    return TCP_STEP_NEXT;
}

tcp_step tcp_input_syn_sent(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                            int64_t now_ns)
{
    tcp_step step = syn_sent_ack(s, pcb, g, now_ns);
    if (step == TCP_STEP_NEXT)
        step = syn_sent_rst(s, pcb, g);
    if (step == TCP_STEP_NEXT)
        step = syn_sent_syn(s, pcb, g, now_ns);
    if (step != TCP_STEP_NEXT)
        return step;
    /* Other controls or text: on at the sixth step of the others. */
    return tcp_input_from_urgent(s, pcb, g, now_ns);
}
