#include "stack/transport/tcp/rtt.h"
#include "stack/core/div.h"

enum { K = 4, ALPHA_SHIFT = 3, BETA_SHIFT = 2 }; /* (2.3): alpha 1/8, beta 1/4, K 4 */
enum { BACKOFF_MOST = 16 };

struct rtt_limits rtt_limits_rfc(void)
{
    const int64_t ms = 1000000;
    return (struct rtt_limits){.initial_ns = 1000 * ms,
                               .min_ns = 1000 * ms,
                               .max_ns = 60000 * ms,
                               .granularity_ns = ms,
                               .after_syn_ns = 3000 * ms};
}

static int64_t within(const struct rtt_limits *limits, int64_t rto_ns)
{
    if (rto_ns < limits->min_ns)
        rto_ns = limits->min_ns; /* (2.4) */
    return rto_ns > limits->max_ns ? limits->max_ns : rto_ns;
}

void rtt_init(struct rtt *r, const struct rtt_limits *limits)
{
    *r = (struct rtt){.rto_ns = limits->initial_ns};
}

/* RTO <- SRTT + max (G, K*RTTVAR) */
static void compute(struct rtt *r, const struct rtt_limits *limits)
{
    int64_t slack = K * r->rttvar_ns;
    r->rto_ns = within(
        limits, r->srtt_ns + (slack > limits->granularity_ns ? slack : limits->granularity_ns));
    r->backoff = 0;
}

void rtt_restore(struct rtt *r, const struct rtt_limits *limits, int64_t srtt_ns, int64_t rttvar_ns)
{
    r->srtt_ns = srtt_ns;
    r->rttvar_ns = rttvar_ns;
    compute(r, limits);
}

void rtt_sample_one_of(struct rtt *r, const struct rtt_limits *limits, int64_t measured_ns,
                       uint32_t samples)
{
    if (measured_ns < 1)
        measured_ns = 1;   /* 0 says that there is none */
    if (r->srtt_ns == 0) { /* (2.2) */
        r->srtt_ns = measured_ns;
        r->rttvar_ns = measured_ns / 2;
    } else { /* (2.3): RTTVAR first, by the SRTT from before */
        int64_t error = measured_ns - r->srtt_ns;
        int64_t spread = (error < 0 ? -error : error) - r->rttvar_ns;
        r->rttvar_ns += div_s64(spread, (int64_t)samples << BETA_SHIFT);
        r->srtt_ns += div_s64(error, (int64_t)samples << ALPHA_SHIFT);
    }
    compute(r, limits);
}

void rtt_sample(struct rtt *r, const struct rtt_limits *limits, int64_t measured_ns)
{
    rtt_sample_one_of(r, limits, measured_ns, 1);
}

int64_t rtt_rto(const struct rtt *r, const struct rtt_limits *limits)
{
    int64_t rto_ns = r->rto_ns;
    for (unsigned i = 0; i < r->backoff && rto_ns < limits->max_ns; i++)
        rto_ns *= 2;
    return rto_ns > limits->max_ns ? limits->max_ns : rto_ns;
}

void rtt_expired(struct rtt *r, const struct rtt_limits *limits)
{
    if (r->backoff < BACKOFF_MOST && rtt_rto(r, limits) < limits->max_ns)
        r->backoff++;
}

void rtt_answered(struct rtt *r)
{
    r->backoff = 0;
}

void rtt_after_lost_syn(struct rtt *r, const struct rtt_limits *limits)
{
    r->backoff = 0;
    if (r->rto_ns < limits->after_syn_ns)
        r->rto_ns = limits->after_syn_ns;
}

void rtt_adapt_to_delay(struct rtt *r, const struct rtt_limits *limits, int64_t srtt_before_ns,
                        int64_t rttvar_before_ns, int64_t measured_ns)
{
    int64_t half = measured_ns / 2;
    r->srtt_ns = srtt_before_ns > measured_ns ? srtt_before_ns : measured_ns;
    r->rttvar_ns = rttvar_before_ns > half ? rttvar_before_ns : half;
    compute(r, limits);
}
