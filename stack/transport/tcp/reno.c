/* RFC 5681: slow start, congestion avoidance, and what loss does to the window. */
#include "stack/transport/tcp/congestion.h"

static void init(struct tcp_congestion *c)
{
    c->reno = (struct reno_state){0};
}

/* 3.1 (2): cwnd += min (N, SMSS). RFC 3465 2.3 allows 2*SMSS, but not after a timeout; what is more
 * than one segment ends at ssthresh. */
static void slow_start(struct tcp_congestion *c, uint32_t octets)
{
    uint32_t limit = (c->after_timeout ? 1u : c->config->abc_limit) * c->mss;
    uint32_t grown = congestion_least(octets, limit);
    if (grown > c->mss)
        grown = congestion_most(c->mss, congestion_least(grown, c->ssthresh - c->cwnd));
    c->cwnd = congestion_add(c->cwnd, grown);
}

/* 3.1: "to count the number of bytes that have been acknowledged by ACK segments for new data ...
 * when this count reaches cwnd, cwnd is increased by SMSS" */
static void avoid(struct tcp_congestion *c, uint32_t octets)
{
    c->reno.credit = congestion_add(c->reno.credit, octets);
    if (c->reno.credit < c->cwnd)
        return;
    c->reno.credit -= c->cwnd;
    c->cwnd = congestion_add(c->cwnd, c->mss);
}

static void acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    if (congestion_slow_start(c))
        slow_start(c, a->octets);
    else
        avoid(c, a->octets);
}

/* (4): ssthresh = max (FlightSize / 2, 2*SMSS) */
static void congested(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool ecn)
{
    (void)now_ns;
    (void)ecn;
    c->ssthresh = congestion_most(flight / 2, 2 * c->mss);
    c->reno.credit = 0;
}

/* "When a TCP sender detects segment loss using the retransmission timer and the given segment has
 * already been retransmitted by way of the retransmission timer at least once, the value of
 * ssthresh is held constant"; cwnd becomes LW, one segment. */
static void timed_out(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool again)
{
    if (!again)
        congested(c, flight, now_ns, false);
    c->cwnd = c->mss;
    c->reno.credit = 0;
}

static void recovered(struct tcp_congestion *c, int64_t now_ns)
{
    (void)now_ns;
    c->after_timeout = false;
}

const struct tcp_congestion_ops reno_ops = {.name = "reno",
                                            .init = init,
                                            .acked = acked,
                                            .congested = congested,
                                            .timed_out = timed_out,
                                            .recovered = recovered};
