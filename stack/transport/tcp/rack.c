#include "stack/transport/tcp/rack.h"
#include "stack/core/div.h"
#include "stack/transport/tcp/scoreboard.h"

enum { PERSIST_RECOVERIES = 16 };
#define MIN_WINDOW_NS 10000000000LL /* a smallest round trip counts for 10 to 20 s */
#define NO_MIN        INT64_MAX

void rack_init(struct rack *r)
{
    *r = (struct rack){.min_ns = NO_MIN, .min_before_ns = NO_MIN, .reo_wnd_mult = 1};
}

int64_t rack_min_rtt(const struct rack *r)
{
    int64_t least = r->min_ns < r->min_before_ns ? r->min_ns : r->min_before_ns;
    return least == NO_MIN ? 0 : least;
}

/* Step 1: the minimum is that of recent time, so that a longer path is learnt. */
static void take_min(struct rack *r, int64_t rtt_ns, int64_t now_ns)
{
    if (now_ns - r->window_ns >= MIN_WINDOW_NS) {
        r->min_before_ns = now_ns - r->window_ns < 2 * MIN_WINDOW_NS ? r->min_ns : NO_MIN;
        r->min_ns = NO_MIN;
        r->window_ns = now_ns;
    }
    if (rtt_ns < r->min_ns)
        r->min_ns = rtt_ns;
}

/* Step 2: what arrived may be the first of its transmissions, not the last. The echo is older than
 * the last for certain when its age in whole milliseconds is more than one beyond. */
static bool may_be_an_earlier_one(const struct rack *r, const struct rack_segment *s,
                                  const struct rack_echo *echo, int64_t rtt_ns)
{
    if (!s->again)
        return false;
    if (echo->has && (int64_t)echo->age_ms > div_s64(rtt_ns, 1000000) + 1)
        return true;
    return rtt_ns < rack_min_rtt(r);
}

/* Step 3. */
static void look_for_reordering(struct rack *r, const struct rack_segment *s)
{
    if (!r->any || seq_after(s->end, r->fack))
        r->fack = s->end;
    else if (seq_before(s->end, r->fack) && !s->again) {
        r->late = r->is_late ? seq_earlier(s->start, r->late) : s->start;
        r->reordering_seen = r->is_late = true;
    }
}

/* For STATUS: how far, in segments. */
void rack_told(struct rack *r, uint32_t mss)
{
    enum { MOST = 300 };
    if (!r->is_late)
        return;
    uint32_t reach = (r->fack - r->late + mss - 1) / mss;
    reach = reach < MOST ? reach : MOST;
    r->reach = reach > r->reach ? reach : r->reach;
    r->reorderings++;
    r->is_late = false;
}

void rack_delivered(struct rack *r, const struct rack_segment *s, const struct rack_echo *echo,
                    int64_t now_ns)
{
    int64_t rtt_ns = now_ns - s->sent_ns;
    if (!s->again)
        take_min(r, rtt_ns > 0 ? rtt_ns : 1, now_ns);
    look_for_reordering(r, s);
    bool first = !r->any;
    if (may_be_an_earlier_one(r, s, echo, rtt_ns)) {
        r->any = true;
        return;
    }
    r->any = true;
    r->rtt_ns = rtt_ns;
    /* RACK_sent_after(): of those sent at one instant their order is known here, and need not be
     * guessed from the sequence. */
    if (first || seq_after(s->order, r->order)) {
        r->xmit_ns = s->sent_ns;
        r->order = s->order;
    }
}

/* Step 4: a round trip with a D-SACK widens the window by a quarter of min_RTT, for 16 recoveries.
 */
void rack_dsack(struct rack *r, uint32_t snd_una, uint32_t snd_nxt)
{
    if (r->in_dsack_round && seq_upto(r->dsack_round, snd_una))
        r->in_dsack_round = false;
    if (r->in_dsack_round)
        return;
    r->in_dsack_round = true;
    r->dsack_round = snd_nxt;
    if (r->reo_wnd_mult < UINT8_MAX)
        r->reo_wnd_mult++;
    r->reo_wnd_persist = PERSIST_RECOVERIES;
}

void rack_recovered(struct rack *r)
{
    if (r->reo_wnd_persist > 0)
        r->reo_wnd_persist--;
    if (r->reo_wnd_persist == 0)
        r->reo_wnd_mult = 1;
}

int64_t rack_reo_wnd(const struct rack *r, const struct rack_context *c)
{
    if (!r->reordering_seen && (c->recovering || c->enough_sacked))
        return 0;
    int64_t window = r->reo_wnd_mult * (rack_min_rtt(r) / 4);
    return window < c->srtt_ns ? window : c->srtt_ns;
}

/* Step 5. In the order of time: what was not sent before that which arrived ends it. */
int64_t rack_detect(struct rack *r, struct scoreboard *b, const struct rack_context *c,
                    int64_t now_ns, bool *again)
{
    int64_t longest = 0, window = rack_reo_wnd(r, c);
    *again = false;
    for (struct sent_segment *s = b->earliest, *next; s && r->any; s = next) {
        next = s->later;
        if (!seq_before(s->order, r->order))
            break;
        int64_t remaining = s->sent_ns + r->rtt_ns + window - now_ns;
        if (remaining > 0) {
            longest = remaining > longest ? remaining : longest;
            continue;
        }
        *again = *again || s->again;
        scoreboard_lose(b, s);
    }
    return longest;
}

void rack_timed_out(struct rack *r, struct scoreboard *b, const struct rack_context *c,
                    int64_t now_ns)
{
    int64_t window = rack_reo_wnd(r, c);
    for (struct sent_segment *s = b->first; s; s = s->next)
        if (s->state == SENT_IN_FLIGHT &&
            (s == b->first || s->sent_ns + r->rtt_ns + window <= now_ns))
            scoreboard_lose(b, s);
}
