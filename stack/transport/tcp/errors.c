/* Reports about what we sent (RFC 9293 3.9.2.2, RFC 5927). */
#include "stack/core/bytes.h"
#include "stack/transport/tcp/inside.h"

enum { QUOTED_LEAST = 8 }; /* ports and sequence number: what RFC 792 has routers quote */

/* Whose segment is quoted; NULL: none of ours. */
static struct tcp_pcb *quoted(struct stack *s, const struct ip_error *e)
{
    if (e->quoted_len < QUOTED_LEAST)
        return NULL;
    const struct demux_key k = {.local = e->source,
                                .remote = e->destination,
                                .local_port = get16(e->quoted + TCP_SRC_PORT),
                                .remote_port = get16(e->quoted + TCP_DST_PORT)};
    struct port_pcb *end = demux_sender(&tcp_of(s)->demux, &k);
    return end && end->remote_port ? tcp_pcb_of(end) : NULL;
}

/* RFC 5927 4.1: of what is under way, SND.UNA =< SEG.SEQ < SND.NXT. */
static bool is_under_way(const struct tcp_pcb *pcb, const struct ip_error *e)
{
    uint32_t seq = get32(e->quoted + TCP_SEQ);
    return seq_within(seq, pcb->snd_una, pcb->snd_nxt - pcb->snd_una);
}

bool tcp_sent(struct stack *s, const struct ip_error *e)
{
    const struct tcp_pcb *pcb = quoted(s, e);
    return pcb && is_under_way(pcb, e);
}

/* RFC 1191 6.4: what was too long goes again at once, in pieces that fit. It says nothing of
 * congestion. */
static void resend_shorter(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    bool early = pcb->state == TCP_SYN_SENT && pcb->snd_nxt != pcb->iss + 1;
    if (early && pcb->retransmits == 0) { /* the SYN goes without octets (RFC 7413 4.1.3.1) */
        pcb->snd_nxt = pcb->iss + 1;
        pcb->fastopen_asks = false;
        tcp_send_syn(s, pcb, now_ns);
    }
    if (pcb->syn_acked && pcb->snd_una != pcb->snd_nxt)
        recovery_resend_all(&pcb->sender->recovery, pcb->snd_nxt);
}

/* Nobody is there who would ever answer. Net, host and route unreachable, times exceeded and
 * parameter problems are never so (MUST-56). */
static bool refuses(const struct stack *s, const struct ip_error *e)
{
    if (!tcp_knob(s, TCP_KNOB_ICMP_MAY_RST))
        return false;
    return (e->kind == IP_ERROR_REFUSED && e->hard) ||
           (e->kind == IP_ERROR_ADMIN && tcp_knob(s, TCP_KNOB_ICMP_PROHIBITED));
}

/* A hard error ends what is not yet synchronized (RFC 5927 4.2); later it is as soft as the others
 * (RFC 9293 3.9.2.2 lets them be remembered only: MUST-56). */
static void take(struct stack *s, struct tcp_pcb *pcb, const struct ip_error *e, int64_t now_ns)
{
    if (e->kind == IP_ERROR_TOO_LONG) {
        if (e->mtu)
            resend_shorter(s, pcb, now_ns);
        return;
    }
    if (pcb->state == TCP_SYN_SENT && refuses(s, e)) {
        bool plainly = tcp_knob(s, TCP_KNOB_ICMP_PROHIBITED) != 0;
        tcp_end(s, pcb, plainly ? ERR_CONNREFUSED : e->error);
        return;
    }
    pcb->soft_error = (uint8_t)e->error;
    if (pcb->tells_soft) /* MUST-47 */
        pcb->error = (uint8_t)e->error;
}

void tcp_input_error(struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    struct tcp_pcb *pcb = quoted(s, e);
    if (e->quoted_len < QUOTED_LEAST) {
        tcp_count(s, TCP_DROP_ERROR_SHORT);
    } else if (!pcb) {
        tcp_count(s, TCP_DROP_ERROR_UNMATCHED);
    } else if (!is_under_way(pcb, e)) {
        tcp_count(s, TCP_DROP_ERROR_SEQUENCE);
    } else {
        tcp_count(s, TCP_IN_ERROR);
        tcp_hold(pcb);
        take(s, pcb, e, now_ns);
        tcp_leave(s, pcb, now_ns);
    }
}
