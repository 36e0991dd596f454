/*
 * Linux's convention, behind the knob push_bursts: what goes out together is a unit as its device
 * would take it, of about a millisecond of the path's rate and at least two segments. A unit of
 * more than one segment ends with PSH, the rest of a write goes along with the unit before it, and
 * a unit that is small beside the window waits for the next acknowledgement to become larger.
 */
#include "stack/core/div.h"
#include "stack/transport/tcp/inside.h"

enum {
    RATE_SHIFT = 10, /* a 1,024th of a second's worth */
    NEAR_SHIFT = 9,  /* a path of 512 us takes half of the most, and so on */
    MOST_OCTETS = 65536,
    LEAST_SEGMENTS = 2,
    WINDOW_PARTS = 3,
    RECENT_NS = 1000000
};

/* Twice cwnd a round trip while slow start is far from its end, then 1.2 of it. */
static uint64_t rate_per_second(const struct tcp_congestion *c, int64_t srtt_ns)
{
    uint64_t tenths = c->cwnd < c->ssthresh / 2 ? 20 : 12;
    uint64_t us = div_u64((uint64_t)srtt_ns, 1000, NULL);
    return div_u64(c->cwnd * tenths * 100000, us ? us : 1, NULL);
}

static uint32_t most_octets(const struct tcp_sender *x, uint32_t mss)
{
    const struct tcp_recovery *r = &x->recovery;
    uint64_t most = MOST_OCTETS - mss;
    int64_t near_ns = r->rack.any ? rack_min_rtt(&r->rack) : x->rtt.srtt_ns;
    if (x->rtt.srtt_ns > 0) {
        uint64_t shift = div_u64((uint64_t)near_ns, 1000, NULL) >> NEAR_SHIFT;
        uint64_t octets = rate_per_second(&r->congestion, x->rtt.srtt_ns) >> RATE_SHIFT;
        octets += shift < 32 ? (uint64_t)MOST_OCTETS >> shift : 0;
        most = octets < most ? octets : most;
    }
    uint32_t segments = (uint32_t)div_u64(most, mss, NULL);
    return (segments > LEAST_SEGMENTS ? segments : LEAST_SEGMENTS) * mss;
}

uint32_t tcp_unit(const struct tcp_pcb *pcb, const struct tcp_unit_offer *o)
{
    const struct tcp_congestion *c = &pcb->sender->recovery.congestion;
    uint32_t half = congestion_most(c->cwnd / 2 - c->cwnd / 2 % o->mss, o->mss);
    uint32_t room = congestion_least(o->window, congestion_least(o->congestion, half));
    uint32_t needed = congestion_least(o->waiting, room);
    uint32_t most = most_octets(pcb->sender, o->mss), rest = needed % o->mss;
    if (most <= needed)
        return most;
    return rest && o->holds_rest && needed > rest ? needed - rest : needed;
}

bool tcp_unit_waits(const struct tcp_pcb *pcb, const struct tcp_unit_offer *o, int64_t now_ns)
{
    const struct tcp_sender *x = pcb->sender;
    const struct sent_segment *head = x->recovery.board.first;
    if (o->waiting <= o->mss || o->fin || !head || x->sent_ns == TCP_NEVER ||
        x->recovery.state == RECOVERY_FAST || x->recovery.state == RECOVERY_TIMEOUT)
        return false;
    uint32_t limit = congestion_least(o->window, o->congestion);
    uint32_t window = congestion_least(pcb->snd_wnd, x->recovery.congestion.cwnd);
    if (now_ns - x->sent_ns > RECENT_NS || limit >= most_octets(x, o->mss) ||
        limit >= window / WINDOW_PARTS || limit >= o->waiting)
        return false;
    /* When the next acknowledgement is far, it is not waited for. */
    int64_t srtt_ns = x->rtt.srtt_ns, far_ns = head->sent_ns + srtt_ns - now_ns;
    return far_ns <= (srtt_ns / 2 < RECENT_NS ? srtt_ns / 2 : RECENT_NS);
}
