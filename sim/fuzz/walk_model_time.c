/*
 * Of one connection, how long the stack may be silent while something is owed (RFC 6298 5, RFC 9293
 * 3.8.6.1): what was sent and not acknowledged goes again, a closed window is probed.
 */
#include <inttypes.h>
#include "sim/fuzz/walk_inside.h"

static const int64_t second_ns = 1000000000, most_rto_ns = 60 * second_ns, slack_ns = 2000000;

/* Something leaves. What only time brought about, a timeout at the least after the timer began, is
 * a timer's, which is doubled; a loss probe comes earlier. */
void walk_model_left(struct walk *w, uint32_t at, bool again)
{
    struct walk_model *m = &w->model;
    bool begins = m->una == at && !again, by_timer = w->fill == WALK_TIME;
    m->tries += by_timer && w->now_ns - m->armed_ns >= second_ns;
    if (begins)
        m->flight_ns = w->now_ns;
    if (begins || by_timer)
        m->armed_ns = w->now_ns;
    m->resent |= again;
    m->out_ns = w->now_ns;
}

/* An acknowledgement is on its way to the stack: the round trip can have been so long at most. */
void walk_model_acks(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    bool forward = is_after(g->ack, m->una), doubtful = m->pass == PASS_PERHAPS;
    if (!(g->flags & ACK) || m->pass == PASS_NO || is_after(g->ack, w->end.top) ||
        (!forward && !doubtful && !m->una_doubtful))
        return;
    m->out_ns = w->now_ns;
    m->una_doubtful = doubtful;
    if (!forward)
        return;
    int64_t trip_ns = w->now_ns - m->flight_ns;
    m->trip_ns = trip_ns > m->trip_ns ? trip_ns : m->trip_ns;
    m->una = g->ack;
    if (doubtful)
        return;
    m->backoff = m->resent ? m->backoff + m->tries : 0; /* Karn's algorithm keeps it */
    m->tries = 0;
    m->resent = false;
    m->armed_ns = w->now_ns;
}

/* RFC 6298 2: SRTT is below the longest round trip, RTTVAR as well; 5.7: three seconds when a SYN
 * was lost. */
static int64_t patience_ns(const struct walk_model *m)
{
    int64_t rto_ns = 5 * m->trip_ns,
            least_ns = m->state < ESTABLISHED || m->syn_again ? 3 * second_ns : second_ns;
    rto_ns = rto_ns < least_ns ? least_ns : rto_ns;
    for (uint32_t k = 0; k < m->tries + m->backoff && rto_ns < most_rto_ns; k++)
        rto_ns *= 2;
    return (rto_ns < most_rto_ns ? rto_ns : most_rto_ns) + slack_ns;
}

/* What waits for an acknowledgement, or to be sent. */
static bool is_owed(const struct walk *w)
{
    const struct walk_model *m = &w->model;
    const struct walk_end *e = &w->end;
    if (m->state < SYN_SENT || m->state == FIN_WAIT_2 || m->state == TIME_WAIT)
        return false;
    if (is_after(e->top, m->una))
        return true;
    bool unsent = m->fd >= 0 && is_after(w->fd[m->fd].write_at + 1, e->top);
    return m->state >= ESTABLISHED && unsent && !m->held_back;
}

void walk_model_time(struct walk *w, int64_t to_ns)
{
    struct walk_model *m = &w->model;
    bool owed = m->live == 1 && is_owed(w);
    int64_t silent_ns = patience_ns(m);
    if (!owed)
        m->out_ns = w->now_ns;
    if (!owed || !walk_model_is_sure(w) || to_ns - m->out_ns <= silent_ns)
        return;
    walk_pass(w, m->out_ns + silent_ns);
    walk_assert(w, "counter(\"tcp.out\") > %" PRIu32, w->sent);
    walk_fail(w,
              "in %s something is owed, and for %" PRId64
              " ms nothing was sent (RFC 6298 5, RFC 9293 3.8.6.1)",
              walk_state_name(m->state), silent_ns / 1000000);
}
