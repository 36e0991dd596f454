#include "stack/transport/tcp/prr.h"
#include "stack/core/div.h"

void prr_start(struct prr *p, uint32_t recover_fs)
{
    *p = (struct prr){.recover_fs = recover_fs ? recover_fs : 1};
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t difference(uint32_t a, uint32_t b)
{
    return a > b ? a - b : 0;
}

/* In flight is more than ssthresh: ssthresh/RecoverFS of what was delivered goes out, rounded up.
 * To a whole segment, as in figure 1, or the first acknowledgement could send none. */
static uint32_t proportion(const struct prr *p, uint32_t ssthresh, uint32_t smss)
{
    uint64_t whole = (uint64_t)p->recover_fs * smss;
    uint64_t segments =
        div_u64((uint64_t)p->delivered * ssthresh + whole - 1, whole, (uint64_t *)0);
    uint64_t out = segments * smss;
    return out > p->out ? (uint32_t)(out - p->out) : 0;
}

/* In flight is less: as much as was delivered (the conservative reduction bound), a segment more
 * when the acknowledgement was a good sign (the slow start reduction bound). */
static uint32_t bound(const struct prr *p, const struct prr_ack *ack, uint32_t delivered,
                      uint32_t ssthresh, uint32_t smss)
{
    uint32_t count = difference(p->delivered, p->out);
    if (count < delivered)
        count = delivered;
    if (ack->safe)
        count += smss;
    return least(ssthresh - ack->in_flight, count);
}

uint32_t prr_acked(struct prr *p, const struct prr_ack *ack, uint32_t ssthresh, uint32_t smss,
                   uint32_t cwnd)
{
    uint32_t delivered = ack->delivered;
    if (!ack->sack)
        delivered = least(delivered, difference(p->recover_fs, p->delivered));
    if (delivered == 0 && !ack->hole)
        return cwnd;
    p->delivered += delivered;
    uint32_t count = ack->in_flight > ssthresh ? proportion(p, ssthresh, smss)
                                               : bound(p, ack, delivered, ssthresh, smss);
    /* "Force a fast retransmit upon entering recovery": with less than a segment none would go. And
     * RFC 6582 3.2 (3): a partial acknowledgement has the first unacknowledged segment sent again,
     * or with all behind it lost no further one would ever come. */
    if ((p->out == 0 || ack->hole) && count < smss)
        count = smss;
    return ack->in_flight + count;
}
