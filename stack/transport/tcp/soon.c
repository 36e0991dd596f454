/*
 * When what came is acknowledged (RFC 9293 3.8.6.3): of two segments the second at once, one by
 * itself after a while. With the knob quick_acks it is Linux's way: the first acknowledgements of a
 * connection, and those after a loss or a long silence, are not delayed, unless the user answers
 * with data; the delay follows the peer's pace; and who does not read hears from the timer alone.
 */
#include "stack/core/div.h"
#include "stack/transport/tcp/inside.h"

enum {
    LEAST_MS = 40, /* TCP_ATO_MIN, TCP_DELACK_MIN */
    MOST_MS = 200,
    MOST_IDLE_MS = 500,
    FIRST_MSS = 536, /* what a peer's segments are taken for at first */
    SMALL = 68       /* with its options a segment of this is a full one to a peer of little room */
};

static bool has_way(const struct stack *s)
{
    return tcp_knob(s, TCP_KNOB_QUICK_ACKS) != 0;
}

static uint32_t unacknowledged(const struct tcp_pcb *pcb)
{
    return pcb->rcv_nxt - pcb->last_ack;
}

static uint32_t full_segment(const struct tcp_pcb *pcb)
{
    return pcb->rcv_mss ? pcb->rcv_mss : FIRST_MSS;
}

/* The window that was told last; at first the whole buffer, of which a SYN can say only a part. */
uint32_t tcp_told_window(const struct tcp_pcb *pcb)
{
    uint32_t told = pcb->rcv_adv - pcb->last_ack;
    uint32_t most = (uint32_t)UINT16_MAX << pcb->rcv_wscale;
    most = most < pcb->rcv_buffer ? most : pcb->rcv_buffer;
    return pcb->last_ack == pcb->irs + 1 && told < most ? most : told;
}

/* As many as half of the window takes, at least two and at most as many as the knob says. */
static void quicken(const struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t most = (uint32_t)tcp_knob(s, TCP_KNOB_QUICK_ACKS);
    uint32_t mss = full_segment(pcb), told = tcp_told_window(pcb), n = 2;
    while (n < most && told / (2 * mss) > n)
        n++;
    if (pcb->quick_acks < n)
        pcb->quick_acks = (uint8_t)n;
}

static uint16_t rto_ms(const struct stack *s, const struct tcp_pcb *pcb)
{
    int64_t ms = div_s64(tcp_rto_ns(s, pcb), 1000000);
    return ms < UINT16_MAX ? (uint16_t)ms : UINT16_MAX;
}

/* What a peer's full segment is: the most that came, or what came twice in a row without PSH. */
static void measure(struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    uint32_t len = g->text_len, last = pcb->last_len;
    pcb->last_len = 0;
    if (len >= full_segment(pcb)) {
        pcb->rcv_mss = (uint16_t)len;
        return;
    }
    if (len >= FIRST_MSS || (len >= SMALL && !(g->hdr.flags & TCP_FLAG_PSH))) {
        pcb->last_len = (uint16_t)len;
        if (len == last) {
            pcb->rcv_mss = (uint16_t)len;
            return;
        }
    }
    pcb->pushed_twice = pcb->pushed;
    pcb->pushed = true;
}

void tcp_soon_heard(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    uint32_t now = tcp_of(s)->clock_ms, gap = now - pcb->heard_ms;
    pcb->heard_ms = now;
    if (!has_way(s)) {
        if (pcb->rcv_mss < g->text_len)
            pcb->rcv_mss = (uint16_t)g->text_len;
        return;
    }
    measure(pcb, g);
    if (pcb->ato_ms == 0) {
        quicken(s, pcb);
        pcb->ato_ms = LEAST_MS;
    } else if (gap <= LEAST_MS / 2) {
        pcb->ato_ms = (uint16_t)(pcb->ato_ms / 2 + LEAST_MS / 2);
    } else if (gap < pcb->ato_ms) {
        uint16_t most = rto_ms(s, pcb);
        pcb->ato_ms = (uint16_t)(pcb->ato_ms / 2 + gap);
        pcb->ato_ms = pcb->ato_ms < most ? pcb->ato_ms : most;
    } else if (gap > rto_ms(s, pcb)) {
        quicken(s, pcb);
    }
}

static void delay(struct tcp_pcb *pcb, int64_t now_ns)
{
    uint32_t ms = pcb->ato_ms;
    if (ms > LEAST_MS) {
        uint32_t most = pcb->answers || pcb->pushed ? MOST_MS : MOST_IDLE_MS;
        uint32_t srtt = pcb->sender ? (uint32_t)div_s64(pcb->sender->rtt.srtt_ns, 1000000)
                                    : pcb->srtt_us / 1000;
        if (srtt) {
            srtt = srtt > LEAST_MS ? srtt : LEAST_MS;
            most = most < srtt ? most : srtt;
        }
        most = most < MOST_MS ? most : MOST_MS;
        ms = ms < most ? ms : most;
    }
    int64_t ns = ms * INT64_C(1000000);
    if (ns == 0 || (pcb->ack_ns != TCP_NEVER && pcb->ack_ns <= now_ns + ns / 4))
        pcb->ack_now = true;
    else if (pcb->ack_ns == TCP_NEVER || now_ns + ns < pcb->ack_ns)
        pcb->ack_ns = now_ns + ns;
}

static void soon_quick(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    bool much = unacknowledged(pcb) > full_segment(pcb) &&
                tcp_receive_window(s, pcb) >= tcp_told_window(pcb);
    if (much || (!pcb->answers && pcb->quick_acks > 0))
        pcb->ack_now = true;
    else
        delay(pcb, now_ns);
}

void tcp_soon(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (has_way(s))
        soon_quick(s, pcb, now_ns);
    else if (pcb->ack_ns != TCP_NEVER)
        pcb->ack_now = true;
    else
        pcb->ack_ns = now_ns + tcp_knob(s, TCP_KNOB_DELAYED_ACK);
}

/* Linux: who is known to send at once (a write waits, or TCP_QUICKACK is off) says it with that. */
void tcp_soon_opened(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (!has_way(s) || !pcb->answers) {
        pcb->ack_now = true;
        return;
    }
    tcp_soon_lost(s, pcb);
    pcb->ack_ns = now_ns + MOST_MS * INT64_C(1000000);
}

/* What is left to say may go with it. */
void tcp_soon_fin(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (!has_way(s) || pcb->state != TCP_CLOSE_WAIT || pcb->ack_now) {
        pcb->ack_now = true;
        return;
    }
    pcb->answers = true;
    soon_quick(s, pcb, now_ns);
}

void tcp_soon_lost(const struct stack *s, struct tcp_pcb *pcb)
{
    if (!has_way(s) || pcb->state <= TCP_SYN_RECEIVED)
        return;
    quicken(s, pcb);
    pcb->answers = false;
    pcb->ato_ms = LEAST_MS;
}

void tcp_soon_due(struct stack *s, struct tcp_pcb *pcb)
{
    pcb->ack_ns = TCP_NEVER;
    pcb->ack_now = true;
    if (!has_way(s))
        return;
    uint32_t twice = 2u * pcb->ato_ms, most = rto_ms(s, pcb);
    pcb->ato_ms = pcb->answers ? LEAST_MS : (uint16_t)(twice < most ? twice : most);
    pcb->answers = false;
}

void tcp_soon_said(struct tcp_pcb *pcb)
{
    if (pcb->last_ack != pcb->rcv_nxt && pcb->quick_acks && --pcb->quick_acks == 0)
        pcb->ato_ms = LEAST_MS;
    pcb->pushed = pcb->pushed_twice = false;
}

/* Data goes out about as soon as data has come: it will bring the acknowledgements along. */
void tcp_soon_answered(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (has_way(s) && tcp_clock_ms(s, now_ns) - pcb->heard_ms < pcb->ato_ms)
        pcb->answers = true;
}

void tcp_soon_read(struct stack *s, struct tcp_pcb *pcb)
{
    if (!has_way(s) || (unacknowledged(pcb) == 0 && pcb->ack_ns == TCP_NEVER))
        return;
    bool emptied = tcp_unread(pcb) == 0 && (pcb->pushed_twice || (pcb->pushed && !pcb->answers));
    if (unacknowledged(pcb) > full_segment(pcb) || emptied)
        pcb->ack_now = true;
}

void tcp_set_quick_ack(struct stack *s, struct tcp_pcb *pcb, bool quick, int64_t now_ns)
{
    bool waits = pcb->ack_ns != TCP_NEVER;
    pcb->answers = !quick;
    if (!quick || pcb->state <= TCP_LISTEN || !waits)
        return;
    tcp_hold(pcb);
    pcb->pushed = true;
    if (has_way(s))
        tcp_soon_read(s, pcb);
    else
        pcb->ack_now = true;
    tcp_leave(s, pcb, now_ns);
}
