/* When to stop waiting for acknowledgements: the reordering timer, the loss probe, the
 * retransmission timeout; one of them at a time (RFC 8985 8). */
#include "stack/transport/tcp/recovery_inside.h"

/* RFC 8985 7.2. */
static bool wants_probe(const struct tcp_recovery *r)
{
    return recovery_by_time(r) && r->config->probe && r->state == RECOVERY_OPEN &&
           r->board.sacked == 0 && !r->tlp.on && r->tlp.sampled;
}

/* "FlightSize is one segment": its acknowledgement may be delayed. */
static int64_t probe_after(const struct tcp_recovery *r, int64_t srtt_ns)
{
    const struct sent_segment *first = r->board.first;
    bool single = first && !first->next && first->segments == 1;
    if (srtt_ns == 0)
        return 1000000000;
    return 2 * srtt_ns + (single ? r->config->max_ack_delay_ns : 0);
}

/* Linux (tcp_schedule_loss_probe): who sends more does not put off the probe for what went first
 * beyond that one's own RTO. */
static int64_t first_expires(const struct tcp_recovery *r, int64_t now_ns, int64_t rto_ns)
{
    const struct sent_segment *first = r->board.first;
    if (!r->congestion.config->by_segments || !first || first->sent_ns + rto_ns <= now_ns)
        return RECOVERY_NEVER;
    return first->sent_ns + rto_ns;
}

void recovery_arm(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt, int64_t now_ns,
                  int64_t rto_ns, int64_t srtt_ns, bool fresh)
{
    uint32_t flight = snd_nxt - snd_una;
    if (flight == 0) {
        r->rto_at_ns = r->soft_at_ns = RECOVERY_NEVER;
        return;
    }
    if (fresh || r->rto_at_ns == RECOVERY_NEVER)
        r->rto_at_ns = now_ns + rto_ns;
    if (r->soft_at_ns != RECOVERY_NEVER && r->soft_timer == RECOVERY_TIMER_REORDER)
        return;
    r->soft_at_ns = RECOVERY_NEVER;
    if (!wants_probe(r))
        return;
    int64_t at = now_ns + probe_after(r, srtt_ns);
    int64_t first_at = fresh ? RECOVERY_NEVER : first_expires(r, now_ns, rto_ns);
    at = at < first_at ? at : first_at;
    r->soft_timer = RECOVERY_TIMER_PROBE;
    /* "a TLP to be sent at that RTO time": it comes before the timeout, which begins anew. */
    r->soft_at_ns = at < r->rto_at_ns ? at : r->rto_at_ns;
}

void recovery_reorder_due(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt,
                          int64_t now_ns, int64_t srtt_ns)
{
    struct recovery_ack a = {.now_ns = now_ns,
                             .srtt_ns = srtt_ns,
                             .snd_una = snd_una,
                             .ack = snd_una,
                             .snd_nxt = snd_nxt,
                             .mss = r->congestion.mss};
    /* Linux (tcp_rack_reo_timeout): recovery that a timer begins sends as if for one segment that
     * has arrived. */
    bool begins = r->state == RECOVERY_OPEN && r->congestion.config->by_segments;
    struct delivery one = {.octets = begins ? r->congestion.mss : 0};
    struct recovery_result out = {0};
    r->soft_at_ns = RECOVERY_NEVER;
    uint32_t before = r->board.lost;
    bool again_lost = recovery_detect(r, &a, srtt_ns);
    if (r->board.lost > before)
        recovery_move(r, &a, &one, before, again_lost, &out);
}

bool recovery_probe_due(struct tcp_recovery *r)
{
    r->soft_at_ns = r->rto_at_ns = RECOVERY_NEVER;
    r->tlp.is_retrans = false;
    return wants_probe(r);
}

void recovery_probe_skip(struct tcp_recovery *r)
{
    r->soft_at_ns = RECOVERY_NEVER;
}

void recovery_probe_sent(struct tcp_recovery *r, uint32_t snd_nxt)
{
    r->tlp.end = snd_nxt;
    r->tlp.on = true;
    r->tlp.sampled = false;
}

bool recovery_probe_again(struct tcp_recovery *r, struct pool *pool, uint32_t most,
                          struct seq_range *out)
{
    struct sent_segment *s = scoreboard_tail(&r->board, pool, most);
    if (!s)
        return false;
    r->tlp.is_retrans = true;
    *out = s->at;
    if (out->right - out->left > most)
        out->left = out->right - most;
    return true;
}

/* RFC 5682 2.1 (1): not when an earlier timeout's recovery is on, but for the same segment again;
 * nor in fast recovery. */
static uint8_t first_forward_step(const struct tcp_recovery *r, bool again)
{
    bool tries =
        r->config->forward && r->state != RECOVERY_FAST && (r->state != RECOVERY_TIMEOUT || again);
    return tries ? 2 : 0;
}

static void lose_for_timeout(struct tcp_recovery *r, int64_t now_ns, int64_t srtt_ns)
{
    recovery_check_reneging(r);
    if (recovery_by_time(r)) {
        struct rack_context c = recovery_rack_context(r, srtt_ns);
        rack_timed_out(&r->rack, &r->board, &c, now_ns);
    } else {
        scoreboard_lose_all(&r->board);
    }
}

/* The window was reduced for what is still under way: Linux does not do it twice (tcp_enter_loss).
 */
static bool was_reduced(const struct tcp_recovery *r, uint32_t snd_una)
{
    return r->congestion.config->by_segments &&
           (r->state == RECOVERY_FAST || r->state == RECOVERY_REDUCED) &&
           seq_before(snd_una, r->recover);
}

void recovery_timed_out(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt, int64_t now_ns,
                        int64_t srtt_ns)
{
    bool again = r->state == RECOVERY_TIMEOUT && r->board.first && r->board.first->again;
    r->soft_at_ns = r->rto_at_ns = RECOVERY_NEVER;
    r->forward_step = first_forward_step(r, again);
    if (r->state == RECOVERY_OPEN || r->state == RECOVERY_REDUCED)
        recovery_save(r);
    congestion_timed_out(&r->congestion,
                         r->congestion.config->by_segments ? r->congestion.cwnd : snd_nxt - snd_una,
                         again || was_reduced(r, snd_una));
    r->state = RECOVERY_TIMEOUT;
    r->recover = snd_nxt;
    r->reduced_ns = now_ns;
    r->cwr = true;
    r->duplicates = 0;
    r->duplicates_octets = r->resent = 0;
    r->tlp.on = false;
    lose_for_timeout(r, now_ns, srtt_ns);
}

void recovery_resend_all(struct tcp_recovery *r, uint32_t snd_nxt)
{
    scoreboard_lose_all(&r->board);
    if (r->board.lost == 0)
        return;
    r->state = RECOVERY_TIMEOUT;
    r->recover = snd_nxt;
    r->forward_step = 0;
    r->may_undo = r->tlp.on = false;
    r->duplicates = 0;
    r->duplicates_octets = 0;
    r->soft_at_ns = RECOVERY_NEVER;
}
