/* Proportional Rate Reduction (RFC 9937): how much each acknowledgement of a recovery lets out, so
 * that what is in flight ends at ssthresh. Octets. */
#ifndef STACK_TRANSPORT_TCP_PRR_H
#define STACK_TRANSPORT_TCP_PRR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct prr {
    uint32_t delivered; /* prr_delivered */
    uint32_t out;       /* prr_out */
    uint32_t recover_fs;
};

/* What an acknowledgement told. */
struct prr_ack {
    uint32_t delivered; /* DeliveredData */
    uint32_t in_flight; /* after it: what is neither acknowledged, SACKed nor lost */
    bool safe;          /* SafeACK: SND.UNA advanced and no further loss is indicated */
    bool sack;          /* without SACK, at most RecoverFS can have been delivered */
    bool hole;          /* a partial acknowledgement without SACK: it shows one that is lost */
};

/* 6.1: an episode begins. RecoverFS = SND.NXT - SND.UNA - (octets SACKed before) + (octets that the
 * acknowledgement which began it acknowledged, cumulatively or not): all of what may yet arrive. */
void prr_start(struct prr *p, uint32_t recover_fs);
/* 6.2: the new cwnd. */
uint32_t prr_acked(struct prr *p, const struct prr_ack *ack, uint32_t ssthresh, uint32_t smss,
                   uint32_t cwnd);
/* 6.3: octets that were sent or sent again. */
static inline void prr_sent(struct prr *p, uint32_t octets)
{
    p->out += octets;
}

#ifdef __cplusplus
}
#endif

#endif
