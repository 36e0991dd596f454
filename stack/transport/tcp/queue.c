/* Chains of blocks: a listener's children, and what is in TIME-WAIT. */
#include "stack/transport/tcp/inside.h"

void tcp_queue_init(struct tcp_queue *q)
{
    *q = (struct tcp_queue){NULL, &q->first};
}

void tcp_queue_put(struct tcp_queue *q, struct tcp_pcb *pcb)
{
    STACK_ASSERT(!pcb->link && !pcb->next && !*q->end);
    pcb->link = q->end;
    *q->end = pcb;
    q->end = &pcb->next;
}

void tcp_queue_take_out(struct tcp_queue *q, struct tcp_pcb *pcb)
{
    STACK_ASSERT(pcb->link && *pcb->link == pcb);
    *pcb->link = pcb->next;
    if (pcb->next)
        pcb->next->link = pcb->link;
    else
        q->end = pcb->link;
    pcb->next = NULL;
    pcb->link = NULL;
}
