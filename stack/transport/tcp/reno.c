/* RFC 5681: slow start, congestion avoidance, and what loss does to the window. */
#include "stack/transport/tcp/congestion.h"

static void init(struct tcp_congestion *c)
{
    c->reno = (struct reno_state){0};
}

/* 3.1: octets are counted, and when there are cwnd of them, cwnd grows by one segment: at most SMSS
 * in a round trip. */
static void avoid(struct tcp_congestion *c, uint32_t octets)
{
    c->reno.credit = congestion_add(c->reno.credit, octets);
    if (c->reno.credit < c->cwnd)
        return;
    c->reno.credit -= c->cwnd;
    c->cwnd = congestion_add(c->cwnd, c->mss);
}

/* RFC 3465 2.3 allows 2*SMSS for an acknowledgement of slow start, but not after a timeout. */
static void acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    if (congestion_slow_start(c))
        congestion_slow_start_step(c, a->octets, congestion_abc_limit(c));
    else
        avoid(c, a->octets);
    c->after_timeout = c->after_timeout && congestion_slow_start(c);
}

/* (4): ssthresh = max (FlightSize / 2, 2*SMSS). RFC 3168 6.1.2 has an echo of congestion answered
 * as a loss is, and RFC 5681 7 lets cwnd be as small as one segment. */
static void congested(struct tcp_congestion *c, uint32_t flight, enum congestion_event event)
{
    if (event == CONGESTION_ECN)
        c->cwnd = congestion_most(congestion_least(flight, c->cwnd) / 2, c->mss);
    c->ssthresh = congestion_most(flight / 2, 2 * c->mss);
    c->reno.credit = 0;
}

/* When the timer sent the segment before, "the value of ssthresh is held constant". */
static void timed_out(struct tcp_congestion *c, uint32_t flight, bool again)
{
    if (!again)
        c->ssthresh = congestion_most(flight / 2, 2 * c->mss);
    c->reno.credit = 0;
}

const struct tcp_congestion_ops reno_ops = {
    .name = "reno", .init = init, .acked = acked, .congested = congested, .timed_out = timed_out};
