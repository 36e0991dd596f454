/* Options across the handshake: MSS (RFC 9293 3.7.1), window scale and timestamps (RFC 7323 2 and
 * 3), SACK permitted (RFC 2018 2). */
#include "stack/transport/tcp/inside.h"

enum {
    FIXED_HEADERS = 40, /* RFC 9293 3.7.1: of IPv4 and TCP, without options */
    MOST_SHIFT = 14,    /* RFC 7323 2.3 */
    PLAIN_AFTER = 3     /* SYNs that were lost with all options */
};

/* The smallest shift with which the whole buffer can be told, unless the knob fixes one. */
uint8_t tcp_window_shift(struct stack *s, uint32_t buffer)
{
    int64_t fixed = tcp_knob(s, TCP_KNOB_WSCALE);
    uint8_t shift = 0;
    if (fixed <= MOST_SHIFT)
        return (uint8_t)fixed;
    while (shift < MOST_SHIFT && buffer >> shift > UINT16_MAX)
        shift++;
    return shift;
}

/* What we can take (SHLD-5, MUST-67): the interface's MTU less the fixed headers, whatever options
 * come. */
static uint16_t own_mss(const struct stack *s, const struct tcp_pcb *pcb,
                        const struct ip_path *path)
{
    uint32_t mss = path->nif->mtu > FIXED_HEADERS ? (uint32_t)path->nif->mtu - FIXED_HEADERS : 1;
    bool bounded = pcb->user_mss && pcb->user_mss < mss && !tcp_has_bsd_calls(s);
    return (uint16_t)(bounded ? pcb->user_mss : mss);
}

/* The knob: someone on the path may mind the options, and after a few SYNs without an answer none
 * is asked for any more. */
static bool asks_plainly(const struct stack *s, const struct tcp_pcb *pcb)
{
    return !pcb->passive && pcb->retransmits >= PLAIN_AFTER &&
           tcp_knob(s, TCP_KNOB_REXMIT_DROP_OPTIONS);
}

/* An answer has what both sides have said; an offer what we are willing to. */
void tcp_syn_options(struct stack *s, const struct tcp_pcb *pcb, const struct ip_path *path,
                     bool answer, struct tcp_options *out)
{
    if (pcb->no_options)
        return;
    out->has_mss = true;
    out->mss = own_mss(s, pcb, path);
    if (!answer && asks_plainly(s, pcb))
        return;
    out->has_wscale = answer ? pcb->wscale : tcp_knob(s, TCP_KNOB_WINDOW_SCALING) != 0;
    out->wscale = pcb->rcv_wscale;
    out->sack_permitted = answer ? pcb->sack : tcp_knob(s, TCP_KNOB_SACK) != 0;
    out->scale_first = tcp_knob(s, TCP_KNOB_SCALE_FIRST) != 0;
    out->has_timestamps = answer ? pcb->timestamps : tcp_knob(s, TCP_KNOB_TIMESTAMPS) != 0;
    tcp_fastopen_option(s, pcb, answer, out);
}

static uint32_t whole_segments(uint32_t octets, uint32_t mss)
{
    uint32_t rest = octets % mss;
    return rest && octets > mss ? octets + mss - rest : octets;
}

void tcp_round_buffers(const struct stack *s, struct tcp_pcb *pcb)
{
    if (!tcp_knob(s, TCP_KNOB_WHOLE_RCVBUF))
        return;
    pcb->rcv_buffer = whole_segments(pcb->rcv_buffer, pcb->peer_mss);
    pcb->snd_buffer = whole_segments(pcb->snd_buffer, pcb->peer_mss);
}

void tcp_learn_options(struct stack *s, struct tcp_pcb *pcb, const struct tcp_options *told)
{
    const struct tcp_options none = {0}, plain = {.has_mss = told->has_mss, .mss = told->mss},
                             *o = pcb->no_options        ? &none
                                  : asks_plainly(s, pcb) ? &plain
                                                         : told;
    bool bsd = tcp_has_bsd_calls(s), has_mss = o->has_mss && (o->mss || !bsd);
    uint32_t mss = has_mss ? o->mss : (uint32_t)tcp_knob(s, TCP_KNOB_MSS_DEFAULT);
    uint32_t least = (uint32_t)tcp_knob(s, TCP_KNOB_MSS_LEAST);
    pcb->peer_mss = (uint16_t)(mss < least ? least : mss);
    if (bsd) /* it was a bound of the default */
        pcb->user_mss = 0;
    /* One that is cached has its listener's buffer yet; a client heeds an MSS alone, as BSD's do.
     */
    if (!tcp_is_cached(s, pcb) && (pcb->passive || o->has_mss))
        tcp_round_buffers(s, pcb);
    pcb->wscale = o->has_wscale && tcp_knob(s, TCP_KNOB_WINDOW_SCALING);
    pcb->snd_wscale = pcb->wscale ? (o->wscale > MOST_SHIFT ? MOST_SHIFT : o->wscale) : 0;
    if (!pcb->wscale)
        pcb->rcv_wscale = 0;
    pcb->sack = o->sack_permitted && tcp_knob(s, TCP_KNOB_SACK);
    /* MUST-16: options count, too, and some text must fit beside them */
    pcb->timestamps = o->has_timestamps && tcp_knob(s, TCP_KNOB_TIMESTAMPS) &&
                      pcb->peer_mss > TCP_TIMESTAMPS_AND_NOPS;
    pcb->ts_recent = pcb->timestamps ? o->ts_val : 0;
    pcb->ts_recent_ms = tcp_of(s)->clock_ms;
}
