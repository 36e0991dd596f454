/* The states of a sender's recovery, and how much may be in flight in each. */
#include "stack/core/panic.h"
#include "stack/transport/tcp/recovery_inside.h"

struct recovery_config recovery_config_rfc(void)
{
    return (struct recovery_config){.max_ack_delay_ns = 200000000,
                                    .dup_threshold = 3,
                                    .rack = true,
                                    .probe = true,
                                    .forward = true,
                                    .undo = true};
}

void recovery_init(struct tcp_recovery *r, const struct recovery_config *config,
                   const struct tcp_congestion_ops *ops, const struct congestion_config *congestion,
                   uint32_t snd_una, uint32_t mss, bool sack, bool syn_lost)
{
    *r = (struct tcp_recovery){.config = config,
                               .rto_at_ns = RECOVERY_NEVER,
                               .soft_at_ns = RECOVERY_NEVER,
                               .recover = snd_una - 1, /* RFC 6582 3.2 (1) */
                               .sack = sack,
                               .usage_end = snd_una,
                               .tlp.sampled = true};
    congestion_init(&r->congestion, ops, congestion, mss, syn_lost);
    rack_init(&r->rack);
}

void recovery_end(struct tcp_recovery *r, struct pool *pool)
{
    scoreboard_clear(&r->board, pool);
    r->rto_at_ns = r->soft_at_ns = RECOVERY_NEVER;
}

/* --- how much --- */

static bool by_segments(const struct tcp_recovery *r)
{
    return r->congestion.config->by_segments;
}

static bool reduces_by_and_by(const struct tcp_recovery *r)
{
    return r->state == RECOVERY_FAST || (r->state == RECOVERY_REDUCED && by_segments(r));
}

/* What a segment of so many octets takes of cwnd. */
static uint32_t weight(const struct tcp_recovery *r, uint32_t octets)
{
    return by_segments(r) ? r->congestion.mss : octets;
}

uint32_t recovery_in_flight(const struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt)
{
    uint32_t out = snd_nxt - snd_una, gone = r->board.sacked + r->board.lost;
    if (by_segments(r)) {
        out = r->board.segments * r->congestion.mss;
        gone = (r->board.sacked_segments + r->board.lost_segments) * r->congestion.mss;
    }
    if (!r->sack)
        gone += r->duplicates_octets;
    return out > gone ? out - gone : 0;
}

bool recovery_owes_earliest(const struct tcp_recovery *r)
{
    return r->state == RECOVERY_TIMEOUT && r->resent == 0;
}

uint32_t recovery_room(const struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt)
{
    uint32_t in_flight = recovery_in_flight(r, snd_una, snd_nxt);
    uint32_t cwnd = r->congestion.cwnd;
    if (by_segments(r))
        cwnd -= cwnd % r->congestion.mss;
    return cwnd > in_flight ? cwnd - in_flight : 0;
}

void recovery_used(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt, bool held)
{
    bool full = held || recovery_room(r, snd_una, snd_nxt) == 0;
    bool more = !r->cwnd_filled && r->board.segments > r->most_out;
    if (!full && !more && seq_before(snd_una, r->usage_end))
        return;
    r->cwnd_filled = full;
    r->most_out = r->board.segments;
    r->usage_end = snd_nxt;
}

/* RFC 5682 2.1 (2b): in its third step new data goes, if there is any; else the step is skipped. */
bool recovery_next(struct tcp_recovery *r, struct pool *pool, uint32_t snd_nxt, bool new_data,
                   uint32_t most, struct seq_range *out)
{
    if (r->forward_step == 3) {
        if (new_data || snd_nxt != r->recover)
            return false;
        r->forward_step = 0;
    }
    const struct sent_segment *s = scoreboard_next_lost(&r->board, pool, most);
    if (!s)
        return false;
    *out = s->at;
    if (out->right - out->left > most)
        out->right = out->left + most;
    return true;
}

/* --- sending --- */

bool recovery_sent(struct tcp_recovery *r, struct pool *pool, uint32_t left, uint32_t right,
                   int64_t now_ns)
{
    if (!scoreboard_sent(&r->board, pool, left, right, now_ns))
        return false;
    if (reduces_by_and_by(r))
        prr_sent(&r->prr, weight(r, right - left));
    return true;
}

static struct sent_segment *record_at(struct scoreboard *b, uint32_t left)
{
    struct sent_segment *s = b->first;
    while (s && seq_upto(s->at.right, left))
        s = s->next;
    return s;
}

static void note_again(struct tcp_recovery *r, uint32_t left, uint32_t right)
{
    if (r->undo_count == RECOVERY_UNDO)
        r->many_again = true;
    else
        r->undo[r->undo_count++] = (struct seq_range){left, right};
}

void recovery_sent_again(struct tcp_recovery *r, uint32_t left, uint32_t right, int64_t now_ns,
                         uint32_t ts)
{
    struct sent_segment *s = record_at(&r->board, left);
    STACK_ASSERT(s && s->state != SENT_SACKED);
    scoreboard_sent_again(&r->board, s, now_ns);
    if (r->state == RECOVERY_FAST)
        prr_sent(&r->prr, weight(r, right - left));
    r->resent += right - left;
    note_again(r, left, right);
    if (r->echo == RECOVERY_UNTIMED && recovery_is_on(r) && s == r->board.first) { /* (2) */
        r->echo = RECOVERY_TIMED;
        r->again_ts = ts;
    }
}

/* --- entering and leaving --- */

void recovery_save(struct tcp_recovery *r)
{
    congestion_save(&r->congestion, &r->saved);
    r->undo_count = 0;
    r->many_again = false;
    r->may_undo = r->config->undo;
    r->echo = RECOVERY_UNTIMED;
}

/* A congestion response, and PRR's episode with it. `recover_fs` by RFC 9937 6.1. */
static void reduce(struct tcp_recovery *r, uint32_t flight, uint32_t recover_fs,
                   enum congestion_event event, int64_t now_ns)
{
    congestion_congested(&r->congestion, flight, event);
    prr_start(&r->prr, recover_fs);
    r->reduced_ns = now_ns;
    r->cwr = true; /* RFC 3168 6.1.2: whatever the window was reduced for */
}

/* FlightSize when a loss is found. RFC 5681 3.2 (2): what limited transmit sent does not count;
 * with RACK that lasts as long as reordering may. It is what lies beyond cwnd. RFC 9438 4.6: who
 * lets cwnd not grow beyond what is used may take cwnd itself. */
static uint32_t flight_size(const struct tcp_recovery *r, const struct recovery_ack *a)
{
    if (by_segments(r))
        return r->congestion.cwnd;
    return congestion_least(a->snd_nxt - a->snd_una, r->congestion.cwnd);
}

static void enter_fast(struct tcp_recovery *r, const struct recovery_ack *a,
                       const struct delivery *d)
{
    uint32_t flight = a->snd_nxt - a->ack;
    uint32_t recover_fs =
        by_segments(r) ? r->congestion.cwnd : flight - r->board.sacked + d->octets;
    if (r->state == RECOVERY_OPEN) {
        recovery_save(r);
        reduce(r, flight_size(r, a), recover_fs, CONGESTION_LOSS, a->now_ns);
    } else { /* an echo took from it in this round trip */
        prr_start(&r->prr, recover_fs);
        r->may_undo = false;
    }
    r->state = RECOVERY_FAST;
    r->recover = a->snd_nxt;
    r->resent = 0;
    r->tlp.on = false; /* RFC 8985 7.1 */
}

static void open_again(struct tcp_recovery *r)
{
    if (r->state == RECOVERY_FAST || r->state == RECOVERY_TIMEOUT)
        rack_recovered(&r->rack);
    if (reduces_by_and_by(r))
        congestion_recovered(&r->congestion, r->resent);
    r->state = RECOVERY_OPEN;
    r->forward_step = 0;
    r->duplicates_octets = 0;
}

/* What was taken for lost arrived: RFC 4015 3.2, RFC 9438 4.9. */
static void undo(struct tcp_recovery *r, uint32_t snd_una, struct recovery_result *out)
{
    out->spurious_timeout = r->state == RECOVERY_TIMEOUT;
    scoreboard_unlose_all(&r->board);
    if (recovery_is_on(r))
        rack_recovered(&r->rack);
    /* Or RACK finds the same again: what it knows may be of a retransmission that told nothing. */
    r->rack.reordering_seen = true;
    if (out->spurious_timeout)
        r->rack.any = false;
    congestion_undo(&r->congestion, &r->saved);
    r->state = RECOVERY_OPEN;
    r->may_undo = false;
    r->forward_step = 0;
    r->duplicates = 0;
    r->recover = snd_una - 1; /* RFC 5682 2.1 (3b) */
}

/* --- an acknowledgement --- */

static struct tcp_acked what_came(const struct recovery_ack *a, const struct delivery *d)
{
    return (struct tcp_acked){.now_ns = a->now_ns,
                              .srtt_ns = a->srtt_ns,
                              .rtt_ns = d->rtt_ns,
                              .octets = d->octets,
                              .snd_una = a->ack,
                              .snd_nxt = a->snd_nxt};
}

static void grow(struct tcp_recovery *r, const struct recovery_ack *a, const struct delivery *d)
{
    struct tcp_acked acked = what_came(a, d);
    acked.cwnd_limited = r->cwnd_limited || r->state == RECOVERY_TIMEOUT;
    if (by_segments(r)) /* slow start doubles what is used */
        acked.cwnd_limited =
            r->cwnd_filled || (congestion_slow_start(&r->congestion) &&
                               r->congestion.cwnd < 2 * r->most_out * r->congestion.mss);
    if (a->ack != a->snd_una && d->octets > 0)
        congestion_acked(&r->congestion, &acked);
}

/* RFC 9937 6.2. */
static void proportion(struct tcp_recovery *r, const struct recovery_ack *a,
                       const struct delivery *d, uint32_t lost_before)
{
    struct prr_ack ack = {.delivered = d->octets,
                          .in_flight = recovery_in_flight(r, a->ack, a->snd_nxt),
                          .safe = a->ack != a->snd_una && r->board.lost <= lost_before,
                          .sack = r->sack,
                          .hole = !r->sack && !by_segments(r) && a->ack != a->snd_una};
    struct tcp_congestion *c = &r->congestion;
    c->cwnd = congestion_most(prr_acked(&r->prr, &ack, c->ssthresh, c->mss, c->cwnd), c->mss);
}

/* RFC 3168 6.1.2: once in a round trip, and not beside a loss. A window of one segment cannot be
 * halved: the retransmission timer paces then. */
static void take_echo(struct tcp_recovery *r, const struct recovery_ack *a,
                      struct recovery_result *out)
{
    if (!a->echo || r->state != RECOVERY_OPEN)
        return;
    out->waits = r->congestion.cwnd <= r->congestion.mss;
    if (by_segments(r)) /* PRR takes it back, by and by */
        reduce(r, r->congestion.cwnd, r->congestion.cwnd, CONGESTION_LOSS, a->now_ns);
    else
        reduce(r, flight_size(r, a), a->snd_nxt - a->snd_una, CONGESTION_ECN, a->now_ns);
    r->state = RECOVERY_REDUCED;
    r->recover = a->snd_nxt;
    out->reduced = true;
}

/* RFC 5681 4.3: the loss of a retransmission is a second sign of congestion. Once for what was sent
 * since the last. */
static void reduce_again(struct tcp_recovery *r, const struct recovery_ack *a,
                         const struct delivery *d)
{
    if (r->reduced_ns + r->rack.rtt_ns > a->now_ns)
        return;
    struct tcp_congestion *c = &r->congestion;
    uint32_t flight = a->snd_nxt - a->ack;
    c->cwnd = congestion_least(c->ssthresh, CONGESTION_NO_SSTHRESH);
    reduce(r, congestion_least(flight, c->ssthresh), flight - r->board.sacked + d->octets,
           CONGESTION_LOSS, a->now_ns);
    r->may_undo = false;
}

void recovery_move(struct tcp_recovery *r, const struct recovery_ack *a, const struct delivery *d,
                   uint32_t lost_before, bool again_lost, struct recovery_result *out)
{
    if (r->board.lost > 0 && !recovery_is_on(r)) {
        out->reduced = r->state == RECOVERY_OPEN;
        enter_fast(r, a, d);
    } else if (again_lost && r->state == RECOVERY_FAST) {
        reduce_again(r, a, d);
    }
    take_echo(r, a, out);
    if (reduces_by_and_by(r))
        proportion(r, a, d, lost_before);
    /* RFC 9937 6.4: cwnd is ssthresh then. RFC 3168 6.1.2: an echo, too, lets it not grow. */
    else if (r->state != RECOVERY_REDUCED && (!out->ended || by_segments(r)))
        grow(r, a, d);
}

static void repair_answered(struct tcp_recovery *r, const struct recovery_ack *a,
                            struct recovery_result *out)
{
    if (r->state != RECOVERY_OPEN)
        return;
    congestion_congested(&r->congestion, flight_size(r, a), CONGESTION_LOSS);
    congestion_recovered(&r->congestion, 0);
    out->reduced = true;
}

void recovery_acked(struct tcp_recovery *r, struct pool *pool, const struct recovery_ack *a,
                    struct recovery_result *out)
{
    *out = (struct recovery_result){0};
    bool dsack = r->sack && recovery_take_dsack(r, a);
    uint32_t lost_before = r->board.lost;
    struct delivery d = recovery_deliver(r, pool, a, dsack);
    if (a->ack != a->snd_una) {
        r->duplicates = 0;
        if (r->state == RECOVERY_OPEN)
            r->duplicates_octets = 0;
    } else if (a->duplicate && r->duplicates < UINT8_MAX) {
        r->duplicates++;
    }
    if (d.rtt_ns > 0) {
        struct tcp_acked measured = what_came(a, &d);
        r->tlp.sampled = true;
        congestion_measured(&r->congestion, &measured);
    }
    if (recovery_was_spurious(r, a, &d, dsack))
        undo(r, a->ack, out);
    bool over = seq_upto(r->recover, a->ack) && a->ack != a->snd_una;
    if (r->state == RECOVERY_REDUCED && by_segments(r)) /* CWR has arrived, too */
        over = seq_before(r->recover, a->ack);
    if (r->state != RECOVERY_OPEN && over) {
        out->ended = reduces_by_and_by(r);
        open_again(r);
    }
    bool again_lost = recovery_detect(r, a, d.rtt_ns);
    if (recovery_probe_repaired(r, a, dsack))
        repair_answered(r, a, out);
    recovery_move(r, a, &d, lost_before, again_lost, out);
    out->rtt_ns = d.rtt_ns;
    out->octets = d.octets;
    out->segments = d.segments + (dsack && r->resent > 0);
    out->dsack = dsack;
}
