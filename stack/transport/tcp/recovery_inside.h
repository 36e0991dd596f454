/* What the files of recovery share. */
#ifndef STACK_TRANSPORT_TCP_RECOVERY_INSIDE_H
#define STACK_TRANSPORT_TCP_RECOVERY_INSIDE_H

#include "stack/transport/tcp/recovery.h"

#define RECOVERY_NEVER INT64_MAX

/* RFC 8985 3.1: it needs SACK. */
static inline bool recovery_by_time(const struct tcp_recovery *r)
{
    return r->sack && r->config->rack;
}

static inline bool recovery_is_on(const struct tcp_recovery *r)
{
    return r->state == RECOVERY_FAST || r->state == RECOVERY_TIMEOUT;
}

/* --- recovery_detect.c --- */

/* True: the acknowledgement has a D-SACK block, the first one. */
bool recovery_take_dsack(struct tcp_recovery *r, const struct recovery_ack *a);
struct delivery recovery_deliver(struct tcp_recovery *r, struct pool *pool,
                                 const struct recovery_ack *a, bool dsack);
/* True: what was taken for lost had arrived. */
bool recovery_was_spurious(struct tcp_recovery *r, const struct recovery_ack *a,
                           const struct delivery *d, bool dsack);
/* Marks what is lost. True: a retransmission is. `rtt_ns`: stands for SRTT while there is none. */
bool recovery_detect(struct tcp_recovery *r, const struct recovery_ack *a, int64_t rtt_ns);
/* True: a probe has repaired a loss. */
bool recovery_probe_repaired(struct tcp_recovery *r, const struct recovery_ack *a, bool dsack);
struct rack_context recovery_rack_context(const struct tcp_recovery *r, int64_t srtt_ns);
void recovery_check_reneging(struct tcp_recovery *r);

/* --- recovery.c --- */

/* What an undo would give back. */
void recovery_save(struct tcp_recovery *r);
/* Into the state that follows, and what cwnd becomes in it. */
void recovery_move(struct tcp_recovery *r, const struct recovery_ack *a, const struct delivery *d,
                   uint32_t lost_before, bool again_lost, struct recovery_result *out);

#endif
