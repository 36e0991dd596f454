/*
 * RFC 7661: a window that the sender has not used lately says nothing about the path. pipeACK is
 * the most that was acknowledged in a round trip of the latest sampling period; while it is below
 * half of cwnd, cwnd is not validated.
 */
#include "stack/transport/tcp/congestion.h"
#include "stack/transport/tcp/sequence.h"

#define SECOND_NS 1000000000LL
#define NVP_NS    (300 * SECOND_NS) /* 4.4: "SHOULD NOT exceed five minutes" */

uint32_t validation_pipe_ack(const struct congestion_validation *v)
{
    return v->defined ? congestion_most(v->most, v->most_before) : UINT32_MAX;
}

bool validation_is_validated(const struct tcp_congestion *c)
{
    return validation_pipe_ack(&c->validation) >= c->cwnd / 2;
}

/* 4.2: the sampling period is Max(3*RTT, 1 second). Two halves of it are kept: a sample counts for
 * at least half a period and at most for a whole one. */
static void age(struct congestion_validation *v, int64_t now_ns, int64_t srtt_ns)
{
    int64_t half = (3 * srtt_ns > SECOND_NS ? 3 * srtt_ns : SECOND_NS) / 2;
    if (now_ns - v->half_ns < half)
        return;
    v->most_before = now_ns - v->half_ns < 2 * half ? v->most : 0;
    v->most = 0;
    v->half_ns = now_ns;
}

/* 4.4.3: after five minutes ssthresh remembers what was sustained, and cwnd is halved. */
static void end_period(struct tcp_congestion *c)
{
    uint32_t cwnd = c->cwnd;
    c->ssthresh = congestion_most(c->ssthresh, cwnd - cwnd / 4);
    c->cwnd = congestion_most(cwnd / 2, congestion_initial_window(c->config, c->mss));
    c->cwnd = congestion_least(c->cwnd, cwnd);
}

static void judge(struct tcp_congestion *c, int64_t now_ns)
{
    struct congestion_validation *v = &c->validation;
    if (validation_is_validated(c)) {
        v->doubted = false;
    } else if (!v->doubted) {
        v->doubted = true;
        v->since_ns = now_ns;
    } else if (now_ns - v->since_ns >= NVP_NS) {
        end_period(c);
        v->since_ns = now_ns;
    }
}

void validation_acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    struct congestion_validation *v = &c->validation;
    if (!v->in_round) {
        v->in_round = true;
        v->round_end = a->snd_nxt;
        v->round_acked = 0;
        v->half_ns = v->sampling ? v->half_ns : a->now_ns;
        v->sampling = true;
    }
    v->round_acked = congestion_add(v->round_acked, a->octets);
    age(v, a->now_ns, a->srtt_ns);
    if (!seq_before(a->snd_una, v->round_end)) { /* a round trip: one sample */
        v->most = congestion_most(v->most, v->round_acked);
        v->defined = true;
        v->in_round = false;
    }
    judge(c, a->now_ns);
}

/* 4.2: no samples while data is recovered, and "undefined" afterwards. 4.4.1: what was not
 * validated is measured by Max(pipeACK,LossFlightSize). */
uint32_t validation_lost(struct tcp_congestion *c, uint32_t flight)
{
    struct congestion_validation *v = &c->validation;
    if (!validation_is_validated(c)) {
        flight = congestion_most(validation_pipe_ack(v), flight);
        v->in_doubt = flight;
    }
    v->defined = v->in_round = false;
    v->most = v->most_before = 0;
    v->doubted = false;
    return flight;
}

void validation_resumed(struct tcp_congestion *c, int64_t now_ns)
{
    struct congestion_validation *v = &c->validation;
    v->in_round = false; /* the pause is no part of a round trip */
    if (v->defined)
        age(v, now_ns, 0);
    judge(c, now_ns);
}
