/* What a connection draws from the clock: timestamps (RFC 7323 5.4) and its first sequence number
 * (RFC 9293 3.4.1). */
#include "stack/core/bytes.h"
#include "stack/core/div.h"
#include "stack/transport/tcp/inside.h"

enum { NS_PER_MS = 1000000, NS_PER_ISN_TICK = 4000 };

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

enum keyed_for { FOR_ISN, FOR_TIMESTAMP };

static uint32_t keyed(struct stack *s, const struct tcp_pcb *pcb, enum keyed_for purpose)
{
    uint8_t id[2 * 16 + 4 + 1], *at = id;
    const struct ip_addr *ends[] = {&pcb->end.ip.local, &pcb->end.ip.remote};
    for (int e = 0; e < 2; e++)
        for (int i = 0; i < 4; i++, at += 4)
            put32(at, ends[e]->word[i]);
    put16(at, pcb->end.local_port);
    put16(at + 2, pcb->end.remote_port);
    at[4] = (uint8_t)purpose;
    return (uint32_t)keyed_hash(tcp_of(s)->secret, id, sizeof id);
}

/* A clock of 4 microseconds, and a function of the four numbers that nobody outside can compute. */
uint32_t tcp_isn(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns)
{
    return (uint32_t)div_s64(now_ns, NS_PER_ISN_TICK) + keyed(s, pcb, FOR_ISN);
}

/* The same for each incarnation of a connection, so that the clock goes on (RFC 6191). */
uint32_t tcp_timestamp_offset(struct stack *s, const struct tcp_pcb *pcb)
{
    return keyed(s, pcb, FOR_TIMESTAMP);
}

uint32_t tcp_timestamp(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns)
{
    return tcp_clock_ms(s, now_ns) + pcb->ts_offset;
}
