/* What a connection draws from the clock: timestamps (RFC 7323 5.4) and its first sequence number
 * (RFC 9293 3.4.1). */
#include "stack/core/div.h"
#include "stack/transport/tcp/inside.h"
#include "stack/transport/tcp/isn.h"

enum { NS_PER_MS = 1000000 };

uint32_t tcp_clock_ms(struct stack *s, int64_t now_ns)
{
    struct tcp *t = tcp_of(s);
    int64_t passed_ns = now_ns - t->clock_ns;
    bool small = passed_ns >= 0 && passed_ns <= UINT32_MAX;
    int64_t ms = small ? (int64_t)((uint32_t)passed_ns / NS_PER_MS) : div_s64(passed_ns, NS_PER_MS);
    t->clock_ms += (uint32_t)ms;
    t->clock_ns += ms * NS_PER_MS;
    return t->clock_ms;
}

static struct tcp_ends ends_of(const struct tcp_pcb *pcb)
{
    return (struct tcp_ends){.local = pcb->end.ip.local,
                             .remote = pcb->end.ip.remote,
                             .local_port = pcb->end.local_port,
                             .remote_port = pcb->end.remote_port};
}

uint32_t tcp_first_sequence(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns)
{
    const struct tcp_ends ends = ends_of(pcb);
    int64_t fixed = tcp_knob(s, TCP_KNOB_ISN); /* a test places the wrap with it */
    if (fixed >= 0)
        return (uint32_t)fixed;
    return isn_of_ends(tcp_of(s)->secret, &ends, now_ns);
}

uint32_t tcp_first_timestamp(struct stack *s, const struct tcp_pcb *pcb)
{
    const struct tcp_ends ends = ends_of(pcb);
    return timestamp_offset_of_ends(tcp_of(s)->secret, &ends);
}

uint32_t tcp_timestamp(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns)
{
    return tcp_clock_ms(s, now_ns) + pcb->ts_offset;
}
