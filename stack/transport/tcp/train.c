/*
 * Segments that follow each other at one instant go to the device as one packet, where it cuts such
 * packets up by itself. What may be sent is decided a segment at a time, as without; so is what is
 * remembered of it. The frames on the wire are the same: what one segment says and the next does
 * not (CWR, a D-SACK, an urgent pointer) is told by a segment of its own.
 */
#include "stack/transport/tcp/inside.h"

static bool says_it_once(const struct tcp_pcb *pcb)
{
    return pcb->urgent || pcb->sender->recovery.cwr || pcb->dsack.left != pcb->dsack.right;
}

static bool begin(struct stack *s, struct tcp_pcb *pcb, struct tcp_train *t,
                  const struct tcp_plan *plan, int64_t now_ns)
{
    if (!plan->fresh || plan->len == 0 || plan->flags != TCP_FLAG_ACK || says_it_once(pcb))
        return false;
    t->most = tcp_segments_at_once(s, pcb, plan->len, now_ns);
    if (t->most <= 1)
        return false;
    t->plan = *plan;
    t->plan.segment = (uint16_t)plan->len;
    t->count = 1;
    return true;
}

/* All but the last are of one length, and PSH and FIN are the last one's. */
static bool follows(const struct tcp_train *t, const struct tcp_plan *plan)
{
    return plan->fresh && t->count < t->most && plan->len > 0 && plan->len <= t->plan.segment &&
           plan->seq == t->plan.seq + t->plan.len && t->plan.len == t->count * t->plan.segment &&
           t->plan.flags == TCP_FLAG_ACK;
}

bool tcp_train_takes(struct stack *s, struct tcp_pcb *pcb, struct tcp_train *t,
                     const struct tcp_plan *plan, int64_t now_ns)
{
    if (t->count == 0)
        return begin(s, pcb, t, plan, now_ns);
    if (!follows(t, plan))
        return false;
    t->plan.len += plan->len;
    t->plan.flags |= plan->flags;
    t->count++;
    return true;
}

int tcp_train_leaves(struct stack *s, struct tcp_pcb *pcb, struct tcp_train *t, int64_t now_ns)
{
    if (t->count == 0)
        return 0;
    if (t->count == 1)
        t->plan.segment = 0;
    t->count = 0;
    return tcp_transmit(s, pcb, &t->plan, now_ns);
}
