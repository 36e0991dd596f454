/*
 * Where a user's records end (MSG_EOR). TCP has none (RFC 9293 2.2: "a stream"), but a segment may
 * end where its user said: then what follows goes in a segment of its own, the first time and
 * again, and PSH stands there. A few of these ends are remembered; one more than fit is forgotten.
 */
#include "stack/core/mem.h"
#include "stack/transport/tcp/inside.h"

static void forget_acknowledged(struct tcp_wishes *w, uint32_t una)
{
    while (w->records && seq_upto(w->record_end[0], una)) {
        w->records--;
        memmove(w->record_end, w->record_end + 1, w->records * sizeof w->record_end[0]);
    }
}

void tcp_record_ends(struct stack *s, struct tcp_pcb *pcb)
{
    struct tcp_wishes *w = tcp_wish(s, pcb);
    if (!w)
        return;
    forget_acknowledged(w, pcb->snd_una);
    if (w->records < TCP_RECORDS)
        w->record_end[w->records++] = pcb->snd_end;
}

uint32_t tcp_record_left(const struct tcp_pcb *pcb, uint32_t from)
{
    const struct tcp_wishes *w = pcb->wishes;
    for (unsigned k = 0; w && k < w->records; k++)
        if (seq_after(w->record_end[k], from))
            return w->record_end[k] - from;
    return UINT32_MAX;
}
