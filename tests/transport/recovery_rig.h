/*
 * A sender's recovery by itself, with a receiver that answers as RFC 5681 4.2, 2018 and 2883 want
 * it and a link between them: what is sent, lost, delayed and acknowledged is the test's.
 */
#ifndef TESTS_TRANSPORT_RECOVERY_RIG_H
#define TESTS_TRANSPORT_RECOVERY_RIG_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/transport/tcp/recovery.h"

#define MS       1000000LL
#define NEVER_NS INT64_MAX

enum { MSS = 1000, RECORDS = 4096, MOST_IN_LINK = 8192 };

struct event {
    int64_t at_ns;
    uint32_t order;
    bool is_ack, again;
    uint32_t left, right; /* of data */
    uint32_t ack, ts, ecr;
    struct seq_range sack[4];
    unsigned sacks;
    bool duplicate;
};

struct flow {
    struct tcp_recovery r;
    struct recovery_config config;
    struct congestion_config congestion;
    struct rtt_limits limits;
    struct rtt rtt;
    struct pool records, ranges;
    void *record_memory, *range_memory;
    bool timestamps;
    uint32_t una, nxt, end, wnd;
    int64_t now_ns, delay_ns;
    /* The receiver. */
    struct ranges held;
    uint32_t rcv_nxt, ts_recent, acked_before;
    bool dsack;
    /* The link. true: it is dropped. */
    bool (*drop)(struct flow *f, const struct event *e);
    int64_t (*jitter)(struct flow *f);
    struct event *event;
    uint32_t events, orders;
    /* What happened. */
    uint32_t sent, resent, timeouts, probes, seed, drops;
    uint32_t log_left[64], logged; /* what was sent, by its left edge */
};

static inline uint32_t flow_draw(struct flow *f, uint32_t below)
{
    f->seed = f->seed * 1664525u + 1013904223u;
    return (f->seed >> 8) % below;
}

static inline struct flow *flow_open(bool sack, uint32_t begin, uint32_t octets)
{
    struct flow *f = calloc(1, sizeof *f);
    f->config = recovery_config_rfc();
    f->congestion = congestion_config_rfc();
    f->limits = rtt_limits_rfc();
    f->limits.min_ns = 200 * MS;
    rtt_init(&f->rtt, &f->limits);
    cr_assert_eq(posix_memalign(&f->record_memory, POOL_ALIGN,
                                pool_bytes(RECORDS, sizeof(struct sent_segment))),
                 0);
    cr_assert_eq(
        posix_memalign(&f->range_memory, POOL_ALIGN, pool_bytes(256, sizeof(struct range))), 0);
    pool_init(&f->records, f->record_memory, RECORDS, sizeof(struct sent_segment));
    pool_init(&f->ranges, f->range_memory, 256, sizeof(struct range));
    ranges_init(&f->held, 200);
    f->event = calloc(MOST_IN_LINK, sizeof *f->event);
    f->una = f->nxt = f->rcv_nxt = f->acked_before = begin;
    f->end = begin + octets;
    f->wnd = 1 << 20;
    f->delay_ns = 50 * MS;
    f->dsack = true;
    f->seed = 1;
    recovery_init(&f->r, &f->config, &reno_ops, &f->congestion, begin, MSS, sack, false);
    return f;
}

static inline void flow_close(struct flow *f)
{
    recovery_end(&f->r, &f->records);
    ranges_clear(&f->held, &f->ranges);
    cr_assert_eq(f->records.available, RECORDS);
    free(f->record_memory);
    free(f->range_memory);
    free(f->event);
    free(f);
}

static inline uint32_t flow_ts(const struct flow *f)
{
    return (uint32_t)(f->now_ns / MS) + 1;
}

static inline void flow_put(struct flow *f, struct event e)
{
    e.order = f->orders++;
    e.at_ns = f->now_ns + f->delay_ns + (f->jitter ? f->jitter(f) : 0);
    if (f->drop && f->drop(f, &e)) {
        f->drops++;
        return;
    }
    cr_assert_lt(f->events, MOST_IN_LINK);
    f->event[f->events++] = e;
}

static inline void flow_data(struct flow *f, uint32_t left, uint32_t right, bool again)
{
    if (f->logged < 64)
        f->log_left[f->logged++] = left;
    f->sent++;
    f->resent += again;
    flow_put(f, (struct event){.left = left, .right = right, .again = again, .ts = flow_ts(f)});
}

static inline bool flow_new_data(struct flow *f, uint32_t *len)
{
    uint32_t edge = f->una + f->wnd;
    *len = f->end - f->nxt;
    *len = *len < MSS ? *len : MSS;
    return *len > 0 && seq_upto(f->nxt + *len, edge) &&
           scoreboard_has_room(&f->r.board, &f->records);
}

static inline void flow_arm(struct flow *f, bool fresh)
{
    recovery_arm(&f->r, f->una, f->nxt, f->now_ns, rtt_rto(&f->rtt, &f->limits), f->rtt.srtt_ns,
                 fresh);
}

static inline void flow_send_new(struct flow *f, uint32_t len)
{
    cr_assert(recovery_sent(&f->r, &f->records, f->nxt, f->nxt + len, f->now_ns));
    flow_data(f, f->nxt, f->nxt + len, false);
    f->nxt += len;
}

static inline void flow_output(struct flow *f)
{
    struct seq_range at;
    uint32_t len;
    bool sent = false;
    for (;;) {
        bool fresh = flow_new_data(f, &len);
        if (recovery_room(&f->r, f->una, f->nxt) < MSS)
            break;
        if (recovery_next(&f->r, &f->records, f->nxt, fresh, MSS, &at)) {
            recovery_sent_again(&f->r, at.left, at.right, f->now_ns, flow_ts(f));
            flow_data(f, at.left, at.right, true);
        } else if (fresh) {
            flow_send_new(f, len);
        } else {
            break;
        }
        sent = true;
    }
    f->r.cwnd_limited = flow_new_data(f, &len);
    if (sent)
        flow_arm(f, false);
}

static inline void flow_take_ack(struct flow *f, const struct event *e)
{
    if (seq_before(e->ack, f->una))
        return;
    struct recovery_ack a = {.now_ns = f->now_ns,
                             .srtt_ns = f->rtt.srtt_ns,
                             .snd_una = f->una,
                             .snd_nxt = f->nxt,
                             .ack = e->ack,
                             .mss = MSS,
                             .duplicate = e->ack == f->una && f->una != f->nxt,
                             .has_echo_ts = f->timestamps,
                             .ts_now = flow_ts(f),
                             .ts_ecr = e->ecr,
                             .sack = e->sack,
                             .sacks = f->r.sack ? e->sacks : 0};
    struct recovery_result out;
    bool advanced = e->ack != f->una;
    int64_t srtt = f->rtt.srtt_ns, rttvar = f->rtt.rttvar_ns;
    recovery_acked(&f->r, &f->records, &a, &out);
    f->una = e->ack;
    if (out.rtt_ns)
        rtt_sample(&f->rtt, &f->limits, out.rtt_ns);
    if (out.spurious_timeout && out.rtt_ns)
        rtt_adapt_to_delay(&f->rtt, &f->limits, srtt, rttvar, out.rtt_ns);
    if (advanced)
        flow_arm(f, true);
    scoreboard_check(&f->r.board);
    flow_output(f);
}

/* RFC 5681 4.2 without delayed acknowledgements. */
static inline void flow_take_data(struct flow *f, const struct event *e)
{
    struct seq_range dup;
    bool again = ranges_duplicate(&f->held, f->rcv_nxt, e->left, e->right, &dup) && f->dsack;
    if (seq_upto(e->left, f->acked_before))
        f->ts_recent = e->ts;
    if (seq_after(e->right, f->rcv_nxt))
        ranges_add(&f->held, &f->ranges, seq_later(e->left, f->rcv_nxt), e->right);
    const struct range *at = ranges_at(&f->held, f->rcv_nxt);
    if (at)
        f->rcv_nxt = at->at.right;
    ranges_cut_before(&f->held, &f->ranges, f->rcv_nxt);
    f->acked_before = f->rcv_nxt;
    struct event ack = {.is_ack = true, .ack = f->rcv_nxt, .ecr = f->ts_recent};
    ack.sacks = again ? ranges_recent_dsack(&f->held, &dup, ack.sack, 4)
                      : ranges_recent(&f->held, ack.sack, 4);
    flow_put(f, ack);
}

static inline void flow_fire(struct flow *f)
{
    struct seq_range at;
    uint32_t len;
    switch (recovery_due(&f->r)) {
    case RECOVERY_TIMER_REORDER:
        recovery_reorder_due(&f->r, f->una, f->nxt, f->now_ns, f->rtt.srtt_ns);
        break;
    case RECOVERY_TIMER_PROBE:
        if (recovery_probe_due(&f->r)) {
            f->probes++;
            if (flow_new_data(f, &len)) {
                flow_send_new(f, len);
            } else if (recovery_probe_again(&f->r, &f->records, MSS, &at)) {
                recovery_sent_again(&f->r, at.left, at.right, f->now_ns, flow_ts(f));
                flow_data(f, at.left, at.right, true);
            }
            recovery_probe_sent(&f->r, f->nxt);
        }
        flow_arm(f, true);
        break;
    case RECOVERY_TIMER_RTO:
        f->timeouts++;
        rtt_expired(&f->rtt, &f->limits);
        recovery_timed_out(&f->r, f->una, f->nxt, f->now_ns, f->rtt.srtt_ns);
        flow_arm(f, true);
        break;
    }
    flow_output(f);
}

static inline uint32_t flow_earliest(const struct flow *f)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < f->events; i++)
        if (f->event[i].at_ns < f->event[best].at_ns ||
            (f->event[i].at_ns == f->event[best].at_ns && f->event[i].order < f->event[best].order))
            best = i;
    return best;
}

/* One event. False: nothing is to come. */
static inline bool flow_step(struct flow *f)
{
    uint32_t i = f->events ? flow_earliest(f) : 0;
    int64_t link = f->events ? f->event[i].at_ns : NEVER_NS;
    int64_t timer = recovery_deadline(&f->r);
    if (link == NEVER_NS && timer == NEVER_NS)
        return false;
    if (timer < link) {
        f->now_ns = timer;
        flow_fire(f);
        return true;
    }
    struct event e = f->event[i];
    f->event[i] = f->event[--f->events];
    f->now_ns = link;
    if (e.is_ack)
        flow_take_ack(f, &e);
    else
        flow_take_data(f, &e);
    return true;
}

/* To the end; at most so much time. */
static inline void flow_run(struct flow *f, int64_t most_ns)
{
    flow_output(f);
    for (int steps = 0; flow_step(f); steps++) {
        cr_assert_lt(steps, 3000000, "it goes round");
        cr_assert_lt(f->now_ns, most_ns, "una %u of %u", f->una, f->end);
    }
    cr_assert_eq(f->una, f->end, "all was acknowledged");
    cr_assert_eq(f->rcv_nxt, f->end);
}

#endif
