/*
 * Of one connection, what the wire says of both windows: which of the peer's segments the stack
 * takes, so that SND.UNA and the window are known to the octet (RFC 9293 3.10.7.4, fifth), and
 * which octets the peer has ever sent.
 */
#include <string.h>
#include "sim/fuzz/walk_inside.h"

/* --- what came --- */

static void join(struct walk_model *m)
{
    for (uint32_t k = 0; k + 1 < m->came_count;) {
        struct walk_span *a = &m->came[k], *b = a + 1;
        if (is_after(b->from, a->to)) {
            k++;
            continue;
        }
        a->to = is_after(b->to, a->to) ? b->to : a->to;
        memmove(b, b + 1, (m->came_count - k - 2) * sizeof *b);
        m->came_count--;
    }
}

/* Whether the stack took it or not, and of whichever connection. Where there is no more room, what
 * lies between two spans counts as sent. */
void walk_model_note_came(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    struct walk_span s = {g->seq, g->seq + walk_segment_length(g)};
    if (s.from == s.to || walk_model_is_broken(g))
        return;
    if (m->came_count == WALK_SPANS) {
        m->came[m->came_count - 2].to = m->came[m->came_count - 1].to;
        m->came_count--;
    }
    uint32_t k = m->came_count++;
    for (; k > 0 && is_after(m->came[k - 1].from, s.from); k--)
        m->came[k] = m->came[k - 1];
    m->came[k] = s;
    join(m);
}

/* Behind what came from the SYN on without a gap. */
uint32_t walk_model_came(const struct walk *w)
{
    const struct walk_model *m = &w->model;
    uint32_t to = 0;
    for (uint32_t k = 0; k < m->came_count; k++)
        if (!is_after(m->came[k].from, to) && is_after(m->came[k].to, to))
            to = m->came[k].to;
    return to;
}

/* --- the peer's window --- */

/* The first half of the handshake: SYN-ACK or ACK as they should be. */
static bool is_handshake(const struct walk *w, const struct walk_segment *g)
{
    bool answer = w->model.state == SYN_SENT;
    return g->flags == (answer ? SYN | ACK : ACK) && g->seq == !answer && g->len == 0 &&
           g->ack == w->end.top;
}

/* Does its acknowledgement count? Up to the fifth step. */
static enum walk_pass passes(const struct walk *w, const struct walk_segment *g)
{
    const struct walk_model *m = &w->model;
    const struct walk_end *e = &w->end;
    if (!walk_model_is_ours(w, g) || walk_model_is_broken(g))
        return PASS_NO;
    if (!walk_model_is_sure(w) || g->offset || !e->known || m->pending || m->state == TIME_WAIT)
        return PASS_PERHAPS;
    if (m->state < ESTABLISHED)
        return is_handshake(w, g) ? PASS_YES : PASS_PERHAPS;
    if (!walk_model_has_stamp(w, g))
        return PASS_PERHAPS;
    bool refused = !is_after(m->edge, e->told) && g->seq == e->told; /* its text alone */
    if (g->flags & (SYN | RST) || !(g->flags & ACK) || is_after(g->ack, e->top) ||
        (!refused && !walk_model_is_acceptable(w, g)))
        return PASS_NO;
    return !is_after(m->una, g->ack) ? PASS_YES : m->una_doubtful ? PASS_PERHAPS : PASS_NO;
}

/* Its options are not those of which the scale is known to be 0. */
static bool is_bent_syn(const struct walk *w, const struct walk_segment *g)
{
    uint8_t right[40];
    uint32_t len = walk_syn_options(w, right);
    return g->flags & SYN && (g->options_len != len || memcmp(g->options, right, len) != 0);
}

/* Before it is delivered. SND.WL1 is known, or at most what is kept of it; SND.WL2 is at most
 * SND.UNA. */
void walk_model_window(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    uint32_t seq =
        is_after(w->end.told, g->seq) ? w->end.told : g->seq; /* what lies before is cut */
    m->pass = passes(w, g);
    m->syn_bent_now = is_bent_syn(w, g);
    m->syn_bent |= m->syn_bent_now && m->pass != PASS_NO;
    if (m->pass == PASS_NO)
        return;
    bool newer = !is_after(m->wl1, seq);
    m->wl1 = newer ? seq : m->wl1;
    if (m->pass == PASS_PERHAPS) {
        m->wnd_known = false;
        return;
    }
    m->heard_ns = w->now_ns;
    if (!newer)
        return;
    m->wnd_known = !m->syn_bent || g->flags & SYN; /* of a SYN it is never scaled */
    m->wnd_edge = g->ack + g->wnd;
}
