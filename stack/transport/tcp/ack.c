/*
 * What acknowledgements mean for what is sent (RFC 9293 3.10.7.4, fifth step; RFC 6298 5), and what
 * becomes of it when they do not come. What is lost and how much may be in flight is recovery's.
 */
#include "stack/core/neighbour.h"
#include "stack/net/path_mtu.h"
#include "stack/transport/tcp/inside.h"

bool tcp_fin_acknowledged(const struct tcp_pcb *pcb)
{
    return pcb->fin_queued && pcb->snd_una == pcb->snd_end + 1;
}

static bool outstanding(const struct tcp_pcb *pcb)
{
    return pcb->snd_una != pcb->snd_nxt;
}

/* The SYN is what is in flight: no sender has it. */
static bool syn_outstanding(const struct tcp_pcb *pcb)
{
    return !pcb->syn_acked;
}

/* --- timers --- */

void tcp_arm_retransmission(struct stack *s, struct tcp_pcb *pcb, bool fresh, int64_t now_ns)
{
    struct tcp_recovery *r = &pcb->sender->recovery;
    if (syn_outstanding(pcb)) /* its timer runs; what an early user sent waits behind it */
        return;
    recovery_arm(r, pcb->snd_una, pcb->snd_nxt, now_ns, tcp_rto_ns(s, pcb),
                 pcb->sender->rtt.srtt_ns, fresh);
    pcb->probing = false;
    pcb->rexmt_ns = recovery_deadline(r);
}

/* RFC 6298 5.2 and 5.3; and the user timeout begins anew with each step forward. */
static void restart_timers(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    pcb->retransmits = 0;
    pcb->probing = false;
    pcb->rexmt_ns = TCP_NEVER;
    pcb->give_up_ns = outstanding(pcb) ? tcp_give_up_at_ns(s, pcb, now_ns) : TCP_NEVER;
    if (pcb->sender)
        tcp_arm_retransmission(s, pcb, true, now_ns);
    if (pcb->ecn_waits && !outstanding(pcb))
        pcb->rexmt_ns = now_ns + tcp_rto_ns(s, pcb);
    if (!outstanding(pcb) && pcb->sender) {
        tcp_note_busy(pcb->sender, pcb->snd_nxt != pcb->snd_end, pcb->sender->limited,
                      pcb->sender->is_short, now_ns);
        tcp_sender_rest(s, pcb);
    }
}

/* --- an acknowledgement --- */

/* RFC 5681 2, but for outstanding data: no text, no SYN or FIN, SEG.ACK = SND.UNA, the window
 * unchanged. */
static bool is_duplicate(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return g->ack == pcb->snd_una && g->hdr_text_len == 0 &&
           !(g->hdr.flags & (TCP_FLAG_SYN | TCP_FLAG_FIN)) && g->wnd == pcb->snd_wnd;
}

static struct recovery_ack told(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                                struct seq_range sack[TCP_MAX_SACK_BLOCKS], int64_t now_ns)
{
    struct recovery_ack a = {.now_ns = now_ns,
                             .srtt_ns = pcb->sender->rtt.srtt_ns,
                             .snd_una = pcb->snd_una,
                             .snd_nxt = pcb->snd_nxt,
                             .ack = g->ack,
                             .mss = tcp_send_mss(s, pcb),
                             .duplicate = is_duplicate(pcb, g),
                             .echo = pcb->ecn && (g->hdr.flags & TCP_FLAG_ECE),
                             .sack = sack};
    if (pcb->timestamps && g->options.has_timestamps) {
        a.ts_now = tcp_timestamp(s, pcb, now_ns);
        a.ts_ecr = g->options.ts_ecr;
        a.has_echo_ts = seq_upto(a.ts_ecr, a.ts_now); /* of the future: none of ours */
    }
    for (; pcb->sack && a.sacks < g->options.sack_count; a.sacks++)
        sack[a.sacks] =
            (struct seq_range){g->options.sack[a.sacks].left, g->options.sack[a.sacks].right};
    return a;
}

static void measure(struct stack *s, struct tcp_pcb *pcb, const struct recovery_result *out)
{
    if (out->rtt_ns == 0)
        return;
    if (out->spurious_timeout)
        tcp_rtt_adapt(s, pcb->sender, out->rtt_ns);
    else
        tcp_rtt_sample(s, pcb->sender, out->rtt_ns);
}

static void take_by_sender(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                           int64_t now_ns)
{
    struct tcp_recovery *r = &pcb->sender->recovery;
    struct seq_range sack[TCP_MAX_SACK_BLOCKS];
    struct recovery_ack a = told(s, pcb, g, sack, now_ns);
    struct recovery_result out;
    recovery_acked(r, &tcp_of(s)->sent, &a, &out);
    measure(s, pcb, &out);
    pcb->tally.delivered += out.segments;
    pcb->sender->done.delivered_ce += a.echo ? out.segments : 0;
    pcb->sender->done.dsacks += out.dsack;
    /* The reordering timer moves with each acknowledgement, the others with SND.UNA. */
    if (!pcb->probing)
        pcb->rexmt_ns = recovery_deadline(r);
    if (out.waits) {
        pcb->ecn_waits = true;
        tcp_arm_retransmission(s, pcb, true, now_ns);
    }
}

/* Nothing is in flight any more: what comes now may be of the second copy of something. */
static void take_of_copy(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                         int64_t now_ns)
{
    struct seq_range sack[TCP_MAX_SACK_BLOCKS];
    struct recovery_ack a = told(s, pcb, g, sack, now_ns);
    recovery_acked_again(&pcb->sender->recovery, &a);
}

/* Octets of text that the acknowledgement is for; SYN and FIN are none. */
static void drop_acknowledged(struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t text = seq_earlier(pcb->snd_una, pcb->snd_end);
    tcp_stream_drop(&tcp_of(s)->chunks, &pcb->out, text, pcb->snd_end);
}

/* The right edge stays where it was offered: of a segment that is not the newest SND.WND is not
 * taken (update_window), and a peer that was acknowledged has not offered more by that. */
static void advance(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                    int64_t now_ns)
{
    uint32_t edge = tcp_text_una(pcb) + pcb->snd_wnd;
    pcb->tally.delivered += syn_outstanding(pcb);
    pcb->snd_una = g->ack;
    pcb->syn_acked = true;
    pcb->snd_wnd = seq_after(edge, g->ack) ? edge - g->ack : 0;
    pcb->soft_error = 0;
    pcb->starved = false;
    if (pcb->urgent && seq_upto(pcb->snd_up, g->ack))
        pcb->urgent = false;
    drop_acknowledged(s, pcb);
    restart_timers(s, pcb, now_ns);
}

/* The probe's octet, which was refused, goes again as the first of a segment: that is sent before
 * anybody can acknowledge what SND.NXT does not say meanwhile. */
static bool take_back_probe(struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t waits = pcb->snd_end + pcb->fin_queued - pcb->snd_una;
    uint32_t mss = tcp_send_mss(s, pcb), segment = waits < mss ? waits : mss;
    if (pcb->snd_nxt - pcb->snd_una != 1 || pcb->snd_wnd < segment)
        return false;
    scoreboard_clear(&pcb->sender->recovery.board, &tcp_of(s)->sent);
    pcb->snd_nxt = pcb->snd_una;
    return true;
}

static void window_opened(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    bool again = outstanding(pcb) && pcb->sender && !take_back_probe(s, pcb);
    if (pcb->sender)
        rtt_answered(&pcb->sender->rtt);
    restart_timers(s, pcb, now_ns);
    if (again)
        recovery_resend_all(&pcb->sender->recovery, pcb->snd_nxt);
}

/* The window is that of the newest segment (SND.WL1, SND.WL2). */
static void update_window(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                          int64_t now_ns)
{
    bool newer = seq_before(pcb->snd_wl1, g->seq) ||
                 (pcb->snd_wl1 == g->seq && seq_upto(pcb->snd_wl2, g->ack));
    if (!newer)
        return;
    bool opened = pcb->snd_wnd == 0 && g->wnd > 0;
    pcb->snd_wnd = g->wnd;
    pcb->snd_wl1 = g->seq;
    pcb->snd_wl2 = g->ack;
    if (pcb->max_wnd < g->wnd)
        pcb->max_wnd = g->wnd;
    if (opened && pcb->probing)
        window_opened(s, pcb, now_ns);
}

/* The third segment, of a connection on which text was sent before it: that is what counts. */
static bool ends_early_start(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                             int64_t now_ns)
{
    if (!syn_outstanding(pcb) || !pcb->sender || g->ack == pcb->iss)
        return false;
    pcb->snd_una = pcb->iss + 1;
    pcb->syn_acked = true;
    if (g->ack == pcb->snd_una)
        restart_timers(s, pcb, now_ns);
    return g->ack == pcb->snd_una;
}

void tcp_acknowledged(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                      int64_t now_ns)
{
    if (seq_before(g->ack, pcb->snd_una))
        return;
    if (ends_early_start(s, pcb, g, now_ns)) {
        update_window(s, pcb, g, now_ns);
        return;
    }
    if (!syn_outstanding(pcb) && outstanding(pcb))
        take_by_sender(s, pcb, g, now_ns);
    else if (pcb->sender && pcb->sender->recovery.tlp.on)
        take_of_copy(s, pcb, g, now_ns);
    if (seq_after(g->ack, pcb->snd_una))
        advance(s, pcb, g, now_ns);
    /* MUST-37: a peer that goes on acknowledging probes may keep its window closed for ever. */
    else if (pcb->probing) {
        pcb->give_up_ns = now_ns + tcp_patience_ns(s, pcb);
        if (tcp_knob(s, TCP_KNOB_PROBE_EMPTY))
            pcb->rexmt_ns = now_ns + tcp_rto_ns(s, pcb);
    }
    update_window(s, pcb, g, now_ns);
}

/* --- none came --- */

/* RFC 8985 7.3: new data when there is some, else the last segment again. Into a window that shrank
 * to nothing neither goes: that is probed after an RTO (RFC 9293 3.8.6.1, SHLD-29). */
static void probe_for_loss(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp_recovery *r = &pcb->sender->recovery;
    if (pcb->snd_wnd == 0) {
        recovery_probe_skip(r);
        pcb->rexmt_ns = recovery_deadline(r);
        return;
    }
    if (recovery_probe_due(r)) {
        tcp_count(s, TCP_OUT_LOSS_PROBE);
        tcp_send_loss_probe(s, pcb, now_ns);
        recovery_probe_sent(r, pcb->snd_nxt);
    }
    tcp_arm_retransmission(s, pcb, true, now_ns);
}

/* What the path is believed to carry after so many timeouts, and after as many again: 1024 octets
 * and half of it, or what the knobs say. 0: nothing is believed now. */
static uint16_t black_hole_mtu(const struct stack *s, const struct tcp_pcb *pcb)
{
    enum { SEARCH_LOW = 1024, HEADERS = 40 };
    int64_t after = tcp_knob(s, TCP_KNOB_BLACK_HOLE_AFTER);
    int64_t mss = tcp_knob(s, TCP_KNOB_BLACK_HOLE_MSS);
    if (pcb->retransmits == after)
        return (uint16_t)(mss ? mss + HEADERS : SEARCH_LOW);
    if (pcb->retransmits == 2 * after)
        return (uint16_t)(mss ? tcp_knob(s, TCP_KNOB_MSS_DEFAULT) + HEADERS : SEARCH_LOW / 2);
    return 0;
}

/* RFC 4821 7.7: no answer for R1 (RFC 1122 4.2.3.5: three retransmissions), no ICMP message that
 * says why, and segments larger than pass nearly everywhere: a black hole, in which the messages of
 * RFC 1191 get lost. */
static void suspect_black_hole(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    const struct sent_segment *first = pcb->sender->recovery.board.first;
    uint16_t mtu = black_hole_mtu(s, pcb);
    if (!mtu || pcb->soft_error || !tcp_knob(s, TCP_KNOB_BLACK_HOLE) ||
        !tcp_knob(s, TCP_KNOB_PATH_MTU_DISCOVERY))
        return;
    uint32_t len = tcp_packet_len(pcb, first->at.right - first->at.left);
    if (len > mtu && len <= UINT16_MAX &&
        path_mtu_learn(s, &pcb->end.ip.remote, (uint16_t)len, mtu, now_ns))
        tcp_count(s, TCP_BLACK_HOLE);
}

/* R1 (RFC 9293 3.8.3): IP is told that the next hop may be dead. */
static void advise_ip(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct ip_path path;
    const struct ip_addr to = tcp_first_hop(pcb, &pcb->end.ip.remote), *from = &pcb->end.ip.local;
    if (pcb->retransmits == tcp_knob(s, TCP_KNOB_R1) &&
        ip_path(s, &to, from, pcb->end.ip.nif, &path) == 0 && !path.loopback)
        neighbour_doubt(path.nif, &path.next_hop, now_ns);
}

/* A SYN may be given up after so many tries, whatever r2_syn says. */
static int64_t syn_tries(const struct stack *s, const struct tcp_pcb *pcb)
{
    if (pcb->wishes && pcb->wishes->syn_count)
        return pcb->wishes->syn_count;
    return pcb->passive ? tcp_knob(s, TCP_KNOB_SYN_ACK_RETRIES) : UINT8_MAX;
}

static void resend_syn(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->retransmits > syn_tries(s, pcb)) {
        tcp_count(s, TCP_ENDED_TIMEOUT);
        tcp_end(s, pcb, ERR_TIMEDOUT);
        return;
    }
    tcp_count(s, TCP_OUT_RESENT);
    pcb->tally.again++;
    tcp_send_syn(s, pcb, now_ns);
}

/* R2 (RFC 9293 3.8.3) may be a number of retransmissions; a user's timeout is a time. */
static bool is_tired(const struct stack *s, const struct tcp_pcb *pcb)
{
    int64_t most = tcp_knob(s, TCP_KNOB_RETRIES);
    bool by_time = pcb->wishes && pcb->wishes->user_timeout_ms;
    return most && !by_time && pcb->retransmits > most;
}

/* RFC 6298 5.4 to 5.6. */
static void time_out(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    pcb->ecn_waits = false;
    if (pcb->retransmits < UINT8_MAX)
        pcb->retransmits++;
    advise_ip(s, pcb, now_ns);
    tcp_rto_expired(s, pcb);
    if (syn_outstanding(pcb)) {
        resend_syn(s, pcb, now_ns);
        return;
    }
    if (is_tired(s, pcb)) { /* told, as an ABORT is */
        tcp_give_up(s, pcb);
        tcp_send_rst(s, pcb, now_ns);
        return;
    }
    pcb->sender->done.timeouts++;
    if (pcb->give_up_ns == TCP_NEVER)
        pcb->give_up_ns = tcp_give_up_at_ns(s, pcb, now_ns);
    suspect_black_hole(s, pcb, now_ns);
    recovery_timed_out(&pcb->sender->recovery, pcb->snd_una, pcb->snd_nxt, now_ns,
                       pcb->sender->rtt.srtt_ns);
    tcp_arm_retransmission(s, pcb, true, now_ns);
}

void tcp_retransmission_due(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->ecn_waits && !outstanding(pcb)) {
        pcb->ecn_waits = false;
        return;
    }
    /* A window that shrank to nothing is probed, too (RFC 9293 3.8.6, SHLD-17, MUST-35). */
    enum recovery_timer due = syn_outstanding(pcb) || !outstanding(pcb)
                                  ? RECOVERY_TIMER_RTO
                                  : recovery_due(&pcb->sender->recovery);
    bool shut = pcb->snd_wnd == 0 && !syn_outstanding(pcb) && due == RECOVERY_TIMER_RTO;
    if (pcb->probing || shut) {
        tcp_send_probe(s, pcb, now_ns);
        return;
    }
    if (!outstanding(pcb))
        return;
    switch (due) {
    case RECOVERY_TIMER_REORDER:
        recovery_reorder_due(&pcb->sender->recovery, pcb->snd_una, pcb->snd_nxt, now_ns,
                             pcb->sender->rtt.srtt_ns);
        tcp_arm_retransmission(s, pcb, false, now_ns);
        break;
    case RECOVERY_TIMER_PROBE:
        probe_for_loss(s, pcb, now_ns);
        break;
    case RECOVERY_TIMER_RTO:
        time_out(s, pcb, now_ns);
        break;
    }
}
