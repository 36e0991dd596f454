/* A connection's times, all behind one deadline (RFC 9293 3.10.8). */
#include "stack/transport/tcp/inside.h"

static int64_t earliest(const struct tcp_pcb *pcb)
{
    int64_t at = pcb->rexmt_ns;
    at = pcb->ack_ns < at ? pcb->ack_ns : at;
    at = pcb->idle_ns < at ? pcb->idle_ns : at;
    return pcb->give_up_ns < at ? pcb->give_up_ns : at;
}

/* One that is earlier than it need be is left: it fires, and looks. */
void tcp_timers_arm(struct stack *s, struct tcp_pcb *pcb)
{
    int64_t at = earliest(pcb);
    if (at < pcb->deadline.due_ns)
        deadline_set(s, &pcb->deadline, at);
}

void tcp_timers_stop(struct tcp_pcb *pcb)
{
    pcb->rexmt_ns = pcb->ack_ns = pcb->idle_ns = pcb->give_up_ns = TCP_NEVER;
    pcb->probing = false;
}

void tcp_timeout_changed(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->give_up_ns == TCP_NEVER)
        return;
    tcp_hold(pcb);
    pcb->give_up_ns = now_ns + tcp_patience_ns(s, pcb);
    tcp_leave(s, pcb, now_ns);
}

/* USER TIMEOUT: what the network has said meanwhile is the better reason (RFC 1122 4.2.3.9). */
void tcp_give_up(struct stack *s, struct tcp_pcb *pcb)
{
    tcp_count(s, TCP_ENDED_TIMEOUT);
    tcp_end(s, pcb, pcb->soft_error ? pcb->soft_error : ERR_TIMEDOUT);
}

/* TIME-WAIT TIMEOUT, the end of an orphan in FIN-WAIT-2, or a keep-alive. */
static void idle_over(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    pcb->idle_ns = TCP_NEVER;
    if (pcb->state == TCP_TIME_WAIT || (pcb->state == TCP_FIN_WAIT_2 && !pcb->user))
        tcp_end(s, pcb, 0);
    else
        tcp_keep_due(s, pcb, now_ns);
}

/* What ends the connection stops its other times. */
static void look(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->give_up_ns <= now_ns)
        tcp_give_up(s, pcb);
    if (pcb->idle_ns <= now_ns)
        idle_over(s, pcb, now_ns);
    if (pcb->ack_ns <= now_ns)
        tcp_soon_due(s, pcb);
    if (pcb->rexmt_ns <= now_ns) {
        pcb->rexmt_ns = TCP_NEVER;
        tcp_retransmission_due(s, pcb, now_ns);
    }
}

static void fire(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct tcp_pcb *pcb =
        (struct tcp_pcb *)(void *)((uint8_t *)d - offsetof(struct tcp_pcb, deadline));
    tcp_hold(pcb);
    look(s, pcb, now_ns);
    tcp_leave(s, pcb, now_ns);
}

/* The rank is the block's place in the pool: of two connections at one instant the same comes
 * first, wherever the pool lies. */
void tcp_timers_init(struct stack *s, struct tcp_pcb *pcb)
{
    const struct pool *p = &tcp_of(s)->pcbs;
    uint32_t offset = (uint32_t)((const uint8_t *)pcb - p->slab);
    deadline_init(&pcb->deadline, deadline_rank(MODULE_TCP, offset), "tcp.timer", fire);
    tcp_timers_stop(pcb);
}
