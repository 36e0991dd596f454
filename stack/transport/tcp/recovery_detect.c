/* What an acknowledgement tells of what is in flight: what arrived, what is lost, and what was
 * taken for lost and was not. */
#include "stack/transport/tcp/recovery_inside.h"

/* --- what an acknowledgement tells --- */

/* RFC 2883 5: the first block lies left of SEG.ACK of the same segment, or inside the second. */
static bool is_dsack(const struct recovery_ack *a)
{
    if (a->sacks == 0)
        return false;
    const struct seq_range *first = &a->sack[0], *second = &a->sack[1];
    if (seq_before(first->left, a->ack))
        return true;
    return a->sacks > 1 && seq_upto(second->left, first->left) &&
           seq_upto(first->right, second->right);
}

/* A D-SACK of what was sent again in this recovery: one retransmission less that was needed. One of
 * anything else is the network's duplicate and tells nothing of the loss (RFC 3708 1). */
static void take_back(struct tcp_recovery *r, const struct seq_range *twice)
{
    for (unsigned k = 0; k < r->undo_count; k++) {
        if (seq_before(twice->left, r->undo[k].left) || seq_after(twice->right, r->undo[k].right))
            continue;
        r->undo[k] = r->undo[--r->undo_count];
        return;
    }
}

bool recovery_take_dsack(struct tcp_recovery *r, const struct recovery_ack *a)
{
    if (!is_dsack(a))
        return false;
    rack_dsack(&r->rack, a->ack, a->snd_nxt);
    if (r->may_undo)
        take_back(r, &a->sack[0]);
    return true;
}

/* RFC 5961 5.2's check is the caller's; a block beyond SND.NXT, or empty, or of long ago is none.
 */
static void take_blocks(struct tcp_recovery *r, struct pool *pool, const struct recovery_ack *a,
                        bool dsack, struct delivery *d)
{
    for (unsigned i = dsack ? 1 : 0; i < a->sacks; i++) {
        struct seq_range at = a->sack[i];
        if (seq_upto(at.right, at.left) || seq_after(at.right, a->snd_nxt) ||
            seq_upto(at.right, a->ack))
            continue;
        scoreboard_sacked(&r->board, pool, seq_later(at.left, a->ack), at.right, d);
    }
}

/* RFC 2018 8: SEG.ACK stops at what was SACKed. */
void recovery_check_reneging(struct tcp_recovery *r)
{
    if (r->board.first && r->board.first->state == SENT_SACKED)
        scoreboard_renege(&r->board);
}

/* RFC 9937 6.2: without SACK no more than RecoverFS is believed to have arrived in an episode, or
 * who forges duplicates would have all sent that the window takes. */
static bool all_delivered(const struct tcp_recovery *r)
{
    return r->state == RECOVERY_FAST && r->prr.delivered >= r->prr.recover_fs;
}

/* How many octets duplicates can be about: all but the first segment. After a timeout all that was
 * under way counts as lost, and they tell nothing of what goes again: only what RFC 5682 has sent
 * since is told by them. */
static uint32_t most_by_duplicates(const struct tcp_recovery *r, const struct recovery_ack *a)
{
    if (r->state == RECOVERY_TIMEOUT)
        return seq_after(a->snd_nxt, r->recover) ? a->snd_nxt - r->recover : 0;
    uint32_t out = a->snd_nxt - a->snd_una;
    return out > a->mss ? out - a->mss : 0;
}

/* Without SACK (RFC 9937 6.2): a segment has arrived for each duplicate; when SND.UNA moves they
 * are among what it passes, beside the one that filled the hole. */
static void count_duplicates(struct tcp_recovery *r, const struct recovery_ack *a,
                             struct delivery *d)
{
    uint32_t acked = a->ack - a->snd_una;
    if (a->duplicate && all_delivered(r))
        return;
    if (a->duplicate) {
        uint32_t now = congestion_least(r->duplicates_octets + a->mss, most_by_duplicates(r, a));
        if (now > r->duplicates_octets)
            d->octets += now - r->duplicates_octets;
        r->duplicates_octets = now;
    } else if (acked > 0) {
        uint32_t beside = acked > a->mss ? acked - a->mss : 0;
        if (a->ack == a->snd_nxt)
            beside = acked;
        uint32_t known = congestion_least(beside, r->duplicates_octets);
        r->duplicates_octets -= known;
        d->octets -= congestion_least(known, d->octets);
    }
}

struct delivery recovery_deliver(struct tcp_recovery *r, struct pool *pool,
                                 const struct recovery_ack *a, bool dsack)
{
    struct delivery d = {.now_ns = a->now_ns,
                         .rack = &r->rack,
                         .recover = r->recover,
                         .has_echo = a->has_echo_ts,
                         .echo_age_ms = a->ts_now - a->ts_ecr};
    scoreboard_acked(&r->board, pool, a->ack, &d);
    if (r->sack)
        take_blocks(r, pool, a, dsack, &d);
    rack_told(&r->rack, a->mss);
    if (r->congestion.config->by_segments) /* what came twice had been delivered, too */
        d.octets = (d.segments + (dsack && r->resent > 0)) * r->congestion.mss;
    if (r->sack) {
        recovery_check_reneging(r);
    } else {
        count_duplicates(r, a, &d);
    }
    return d;
}

/* --- what is lost --- */

struct rack_context recovery_rack_context(const struct tcp_recovery *r, int64_t srtt_ns)
{
    return (struct rack_context){.srtt_ns = srtt_ns,
                                 .recovering = recovery_is_on(r),
                                 .enough_sacked =
                                     r->board.sacked_segments >= r->config->dup_threshold};
}

static void wait_for_reordering(struct tcp_recovery *r, int64_t now_ns, int64_t wait_ns)
{
    r->soft_at_ns = wait_ns > 0 ? now_ns + wait_ns : RECOVERY_NEVER;
    r->soft_timer = RECOVERY_TIMER_REORDER;
}

/* RFC 3042 2: as many segments beyond cwnd as come before the duplicate that shows a loss; further
 * duplicates let nothing out when they show none. */
static uint32_t limited_transmit(const struct tcp_recovery *r)
{
    return (r->config->dup_threshold - 1u) * r->congestion.mss;
}

/* RFC 6582 3.2 (2): the third duplicate, unless it is of what an earlier recovery sent. In recovery
 * (step 3) each partial acknowledgement shows the next hole. */
static void lose_without_sack(struct tcp_recovery *r, const struct recovery_ack *a)
{
    struct sent_segment *first = r->board.first;
    if (!first || first->state != SENT_IN_FLIGHT)
        return;
    bool third = r->state != RECOVERY_FAST && r->duplicates >= r->config->dup_threshold &&
                 seq_before(r->recover, a->ack) && r->state != RECOVERY_TIMEOUT;
    bool partial = r->state == RECOVERY_FAST && a->ack != a->snd_una;
    if (third || partial)
        scoreboard_lose(&r->board, first);
    else if (r->state != RECOVERY_FAST && r->duplicates >= r->config->dup_threshold)
        r->duplicates_octets = congestion_least(r->duplicates_octets, limited_transmit(r));
}

/* RFC 6675 5 (1) and (2): as many segments SACKed as make DupThresh duplicates, however small, or
 * so many octets. A block more is a segment more, too. */
static void lose_by_sack(struct tcp_recovery *r)
{
    uint32_t most = (r->config->dup_threshold - 1u) * r->congestion.mss;
    struct sent_segment *first = r->board.first;
    if (r->board.sacked_segments >= r->config->dup_threshold && first->state == SENT_IN_FLIGHT &&
        !first->again)
        scoreboard_lose(&r->board, first);
    if (r->board.sacked > most)
        scoreboard_lose_by_sack(&r->board, most + 1);
}

bool recovery_detect(struct tcp_recovery *r, const struct recovery_ack *a, int64_t rtt_ns)
{
    bool again = false;
    if (recovery_by_time(r)) {
        struct rack_context c = recovery_rack_context(r, a->srtt_ns ? a->srtt_ns : rtt_ns);
        wait_for_reordering(r, a->now_ns, rack_detect(&r->rack, &r->board, &c, a->now_ns, &again));
    } else if (r->sack && r->board.first) {
        lose_by_sack(r);
    } else {
        lose_without_sack(r, a);
    }
    return again;
}

/* --- RFC 5682 2.1 --- */

/* True: the timeout was spurious. */
static bool forward(struct tcp_recovery *r, const struct recovery_ack *a, const struct delivery *d)
{
    bool advances = a->ack != a->snd_una;
    if (r->forward_step == 2) {
        if (!advances && r->sack) /* 3.1 (2): the next new acknowledgement is waited for */
            return false;
        /* (2a), or (2b): two new segments. */
        bool covers = seq_upto(r->recover, a->ack);
        bool all_again = !r->board.first || !r->board.first->again;
        r->forward_step = advances && !covers && all_again ? 3 : 0;
        r->recover = a->snd_nxt;
        return false;
    }
    /* (3): what the timeout did not send again arrives. */
    r->forward_step = 0;
    return d->once;
}

/* --- RFC 8985 7.4 --- */

/* TLP_process_ack(): true when the probe has repaired a loss, which is answered as one. */
bool recovery_probe_repaired(struct tcp_recovery *r, const struct recovery_ack *a, bool dsack)
{
    if (!r->tlp.on || seq_before(a->ack, r->tlp.end))
        return false;
    if (!r->tlp.is_retrans || (dsack && a->sack[0].right == r->tlp.end)) {
        r->tlp.on = false;
    } else if (seq_after(a->ack, r->tlp.end)) {
        r->tlp.on = false;
        return true;
    } else if (a->duplicate && a->sacks == 0) {
        r->tlp.on = false;
    }
    return false;
}

/* The tail arrived before its probe did: there was no loss, and so says what the probe brings. */
void recovery_acked_again(struct tcp_recovery *r, const struct recovery_ack *a)
{
    recovery_probe_repaired(r, a, r->sack && recovery_take_dsack(r, a));
}

bool recovery_was_spurious(struct tcp_recovery *r, const struct recovery_ack *a,
                           const struct delivery *d, bool dsack)
{
    if (!r->may_undo)
        return false;
    /* RFC 3522 3.2 (5): the first that acknowledges what was sent again echoes what was sent
     * before. */
    if (r->echo == RECOVERY_TIMED && a->ack != a->snd_una) {
        r->echo = RECOVERY_ECHOED;
        if (a->has_echo_ts && (int32_t)(a->ts_ecr - r->again_ts) < 0)
            return true;
    }
    if (dsack && r->undo_count == 0 && !r->many_again && r->resent > 0)
        return true;
    /* Without SACK what was sent again may be what the acknowledgement is for. */
    bool tells = d->once && (r->sack || !d->again);
    if (r->forward_step != 0 && r->config->forward_at_once && tells)
        return true;
    return r->forward_step != 0 && (a->ack != a->snd_una || a->duplicate) && forward(r, a, d);
}
