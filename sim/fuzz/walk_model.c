/*
 * What RFC 9293 3.10.7, RFC 5961 and RFC 6298 ask of one connection, as far as the wire and the
 * user's calls tell without doubt: which segments are answered, and by what; which end it or move
 * it on, and which must not; that what is owed is sent again in time; what calls give. Where a
 * number is not known to the octet nothing is asked.
 */
#include "sim/fuzz/walk_inside.h"
#include <inttypes.h>
#include <string.h>

enum { OPTION_STAMP = 8, LITTLE = 2000 /* octets, for which there are chunks */ };

static const int64_t second_ns = 1000000000, two_msl_ns = 240 * second_ns, r2_ns = 100 * second_ns;

/* --- what the stack says --- */

static bool is_connection(unsigned state)
{
    return state > LISTEN;
}

static void begins(struct walk *w)
{
    struct walk_model *m = &w->model;
    m->fresh = true;
    w->reborn |= w->end.known;
    m->una = m->edge = m->tries = m->backoff = m->wl1 = 0;
    m->stamp_bent = m->bent_now; /* the SYN's */
    m->pending = m->fin_out = m->fin_in = m->fin_perhaps = m->deaf = m->reset_due = false;
    m->wnd_known = m->una_doubtful = m->syn_again = m->resent = m->bounded = false;
    m->syn_bent = m->syn_bent_now;
    m->heard_ns = w->now_ns;
    m->fd = -1;
    m->trip_ns = 0;
    m->flight_ns = m->out_ns = m->armed_ns = w->now_ns;
}

/* Something that was sent in it is waited for, or waits to be sent. */
static bool is_owed_by(unsigned state)
{
    return state == ESTABLISHED || state == FIN_WAIT_1 || state == CLOSE_WAIT || state == CLOSING ||
           state == LAST_ACK;
}

void walk_model_moved(struct walk *w, unsigned from, unsigned to)
{
    struct walk_model *m = &w->model;
    bool blind = m->blind;
    m->live = (uint16_t)(m->live + is_connection(to) - is_connection(from));
    m->listeners = (uint16_t)(m->listeners + (to == LISTEN) - (from == LISTEN));
    if (m->live > 1)
        m->blind = true; /* which of them moves, no trace says */
    if (m->live == 0 && !m->cookies)
        m->blind = false;
    if (!is_connection(from) && !is_connection(to))
        return;
    if (!is_connection(from))
        begins(w);
    /* MUST-36, MUST-37: the peer answers probes of its closed window. */
    bool given_up = w->fill == WALK_TIME && to == CLOSED && m->fd >= 0 && !blind && !m->bounded &&
                    is_owed_by(from) && m->wnd_known && m->wnd_edge == m->una &&
                    w->now_ns - m->heard_ns < r2_ns;
    w->vanished |= w->fill == WALK_TIME && to == CLOSED && from != TIME_WAIT;
    bool early = w->fill == WALK_TIME && from == TIME_WAIT && to == CLOSED && !blind &&
                 w->now_ns - m->entered_ns < two_msl_ns;
    m->state = (uint8_t)to;
    m->entered_ns = w->now_ns;
    if (early && !w->unsure)
        walk_fail(w, "TIME-WAIT ends after less than 2 MSL (RFC 9293, MUST-13)");
    if (given_up && !w->unsure && !w->odd)
        walk_fail(w, "the connection ends though the peer answers probes of its closed window "
                     "(RFC 9293 3.8.6.1, MUST-37)");
}

bool walk_model_is_sure(const struct walk *w)
{
    return !w->unsure && !w->odd && w->begin != BEGIN_COOKIES && !w->model.blind;
}

/* What an acknowledgement may say. */
static void check_told(struct walk *w, bool syn)
{
    struct walk_model *m = &w->model;
    const struct walk_end *e = &w->end;
    if (e->told && !w->odd && is_after(e->told, walk_model_came(w)))
        walk_fail(w, "%" PRIu32 " is acknowledged, and only what is before %" PRIu32 " was sent",
                  e->told, walk_model_came(w));
    if (m->edge && !syn && is_after(e->told, m->edge) && walk_model_is_sure(w))
        walk_fail(w,
                  "%" PRIu32 " is acknowledged, and the window ended at %" PRIu32
                  " (RFC 9293 3.10.7.4, first)",
                  e->told, m->edge);
    m->pending = false;
    if (is_after(e->edge, m->edge) || m->edge == 0)
        m->edge = e->edge;
}

/* An octet behind a closed window is a probe of it. */
static bool is_beyond(const struct walk_model *m, uint32_t at, uint32_t length)
{
    bool probe = !is_after(m->wnd_edge, m->una) && at == m->una && length == 1;
    return m->wnd_known && !probe && is_after(at + length, m->wnd_edge);
}

void walk_model_sent(struct walk *w, uint8_t flags, uint32_t at, uint32_t length, bool again)
{
    struct walk_model *m = &w->model;
    m->answers++;
    m->answer_flags |= flags;
    m->empty += length == 0 && flags == ACK;
    if (flags & RST)
        return;
    if (flags & SYN && flags & ACK && m->live == 0)
        m->cookies = m->blind = true;
    if (flags & ACK)
        check_told(w, flags & SYN);
    if (flags & FIN) {
        m->fin_out = true;
        m->fin_end = at + length;
    }
    if (length == 0)
        return;
    if (!again && is_beyond(m, at, length) && walk_model_is_sure(w))
        walk_fail(w, "%" PRIu32 " octets go behind the window as it is (RFC 9293 3.8.6)",
                  at + length - m->wnd_edge);
    m->syn_again |= again && flags & SYN;
    walk_model_left(w, at, again);
}

/* --- one segment --- */

bool walk_model_is_ours(const struct walk *w, const struct walk_segment *g)
{
    return g->sut_port == w->end.sut_port && g->peer_port == w->end.peer_port;
}

/* Table 6 of RFC 9293 3.10.7.4. */
bool walk_model_is_acceptable(const struct walk *w, const struct walk_segment *g)
{
    uint32_t nxt = w->end.told, edge = w->model.edge, len = walk_segment_length(g),
             last = g->seq + len - 1;
    uint32_t wnd = is_after(edge, nxt) ? edge - nxt : 0;
    if (len == 0)
        return wnd == 0 ? g->seq == nxt : g->seq - nxt < wnd;
    return wnd > 0 && (g->seq - nxt < wnd || last - nxt < wnd);
}

/* It has what RFC 7323 asks of every segment, or nobody asks. */
bool walk_model_has_stamp(const struct walk *w, const struct walk_segment *g)
{
    uint8_t right[12];
    if (w->variant == VARIANT_PLAIN)
        return true;
    return !w->model.stamp_bent && g->options_len >= 12 && walk_stamp_option(w, right) == 12 &&
           memcmp(g->options, right, 12) == 0 &&
           !memchr(g->options + 12, OPTION_STAMP, g->options_len - 12u);
}

bool walk_model_is_broken(const struct walk_segment *g)
{
    uint32_t there = 20 + g->options_len + g->len;
    return g->bad_sum || g->from || (g->offset && (g->offset < 5 || g->offset * 4u > there));
}

/* Of a SYN its options stand in another order. */
static bool has_bent_stamp(const struct walk *w, const struct walk_segment *g)
{
    uint8_t right[12];
    if (!(g->flags & SYN) || w->variant == VARIANT_PLAIN)
        return !walk_model_has_stamp(w, g);
    walk_stamp_option(w, right);
    for (uint32_t at = 0; at + 10 <= g->options_len; at++)
        if (memcmp(g->options + at, right + 2, 6) == 0)
            return false;
    return true;
}

/* What must follow. */
static void silent(struct walk_model *m, const char *why)
{
    m->want = WANT_SILENCE;
    m->want_state = m->state;
    m->why = why;
}

static void same(struct walk_model *m, enum walk_want want, const char *why)
{
    m->want = want;
    m->want_state = m->state;
    m->why = why;
}

static void moves(struct walk_model *m, enum walk_want want, unsigned to, const char *why)
{
    m->want = want;
    m->want_state = (uint8_t)to;
    m->why = why;
}

static void without_connection(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    bool heard = m->listeners > 0 && g->sut_port == 80;
    if (m->listeners > (w->listener >= 0) || (g->sut_port == 80 && heard != (w->listener >= 0)))
        return;
    if (g->flags & RST)
        same(m, WANT_SILENCE, heard ? "RFC 9293 3.10.7.2, first" : "RFC 9293 3.10.7.1");
    else if (!heard || g->flags & ACK)
        same(m, WANT_RESET, heard ? "RFC 9293 3.10.7.2, second" : "RFC 9293 3.10.7.1");
    else if (!(g->flags & SYN))
        same(m, WANT_SILENCE, "RFC 9293 3.10.7.2, fourth");
}

static void in_syn_sent(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    bool acks = g->flags & ACK, good = acks && is_after(g->ack, 0) && !is_after(g->ack, w->end.top);
    if (g->flags & RST && good)
        moves(m, WANT_SILENCE, CLOSED, "RFC 9293 3.10.7.3, second");
    else if (g->flags & RST)
        silent(m, "RFC 9293 3.10.7.3, second");
    else if (acks && !good)
        same(m, WANT_RESET, "RFC 9293 3.10.7.3, first");
    else if (!(g->flags & SYN))
        silent(m, "RFC 9293 3.10.7.3, fifth");
    else if (g->len == 0 && !(g->flags & FIN))
        moves(m, WANT_ACK, acks ? ESTABLISHED : SYN_RECEIVED, "RFC 9293 3.10.7.3, fourth");
}

static void by_reset(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    uint32_t nxt = w->end.told;
    if (g->flags & ~(RST | ACK) || g->len || (m->state == TIME_WAIT && g->seq == nxt))
        return;
    if (g->seq == nxt)
        moves(m, WANT_SILENCE, CLOSED, "RFC 5961 3.2, 2");
    else if (walk_model_is_acceptable(w, g))
        same(m, WANT_NO_RESET, "RFC 5961 3.2, 3");
    else
        silent(m, "RFC 5961 3.2, 1");
}

/* Fifth and eighth: all of what was sent is acknowledged, and what comes is next. */
static void in_turn(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    uint8_t to = m->state;
    bool fin_acked = m->fin_out && m->fin_end == w->end.top, fin = g->flags & FIN;
    if (fin_acked && m->state == FIN_WAIT_1)
        to = FIN_WAIT_2;
    else if (fin_acked && m->state == CLOSING)
        to = TIME_WAIT;
    else if (fin_acked && m->state == LAST_ACK)
        to = CLOSED;
    else if (m->state == SYN_RECEIVED)
        to = ESTABLISHED;
    if (g->len > 0 && to != CLOSED) {
        if (m->state == ESTABLISHED && m->fd >= 0 && !m->deaf && !m->fin_perhaps &&
            w->end.told - w->fd[m->fd].read_at < LITTLE)
            m->text_to = g->seq + g->len;
        return;
    }
    if (fin)
        to = to == ESTABLISHED  ? CLOSE_WAIT
             : to == FIN_WAIT_1 ? CLOSING
             : to == FIN_WAIT_2 ? TIME_WAIT
                                : to;
    m->nothing_new = g->flags == ACK && m->una == w->end.top && to == m->state;
    moves(m, WANT_NO_RESET, to, fin ? "RFC 9293 3.10.7.4, eighth" : "RFC 9293 3.10.7.4, fifth");
}

static void synchronized(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    uint32_t wnd = is_after(m->edge, w->end.told) ? m->edge - w->end.told : 0;
    if (m->pending || !walk_model_has_stamp(w, g))
        return;
    if (g->flags & RST) {
        by_reset(w, g);
    } else if (g->flags & SYN) {
        if (m->state >= ESTABLISHED && m->state < TIME_WAIT)
            same(m, WANT_NO_RESET, "RFC 5961 4.2");
        else if (m->state == SYN_RECEIVED && g->flags == SYN && g->seq == 0)
            same(m, WANT_NO_RESET, "RFC 9293 3.10.7.4, first");
    } else if (wnd == 0 && g->seq == w->end.told) {
        return;
    } else if (!walk_model_is_acceptable(w, g)) {
        same(m, WANT_ACK, "RFC 9293 3.10.7.4, first");
    } else if (!(g->flags & ACK)) {
        same(m,
             g->seq == w->end.told && walk_segment_length(g) <= wnd ? WANT_SILENCE : WANT_NO_RESET,
             "RFC 9293 3.10.7.4, fifth");
    } else if (is_after(g->ack, w->end.top)) {
        same(m, m->state == SYN_RECEIVED ? WANT_RESET : WANT_NO_RESET, "RFC 9293 3.10.7.4, fifth");
    } else if (g->ack == w->end.top && g->seq == w->end.told && walk_segment_length(g) <= wnd) {
        in_turn(w, g);
    }
}

void walk_model_before(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    m->want = WANT_NOTHING;
    m->answers = m->empty = 0;
    m->answer_flags = 0;
    m->nothing_new = false;
    m->text_to = 0;
    m->listened = m->listeners;
    m->told = w->end.told;
    m->was = m->state;
    walk_model_window(w, g);
    walk_model_note_came(w, g);
    if (walk_model_is_broken(g))
        silent(m, "RFC 9293 3.1 and 3.9.2.3: MUST-3, MUST-57");
    else if (!walk_model_is_sure(w) || g->offset)
        return;
    else if (m->live == 0)
        without_connection(w, g);
    else if (w->end.known && walk_model_is_ours(w, g) && m->state == SYN_SENT)
        in_syn_sent(w, g);
    else if (w->end.known && walk_model_is_ours(w, g))
        synchronized(w, g);
    m->ends = m->want != WANT_NOTHING && m->want_state == CLOSED && m->state >= ESTABLISHED &&
              m->state <= CLOSE_WAIT && g->flags & RST;
    if (walk_model_is_ours(w, g) && !walk_model_is_broken(g) && (g->len > 0 || g->flags & FIN))
        m->pending = true;
    m->fin_perhaps |= walk_model_is_ours(w, g) && g->flags & FIN;
    m->bent_now = has_bent_stamp(w, g) && !(g->flags & RST);
    m->stamp_bent |= walk_model_is_ours(w, g) && m->bent_now;
}

void walk_assert(struct walk *w, const char *format, ...)
{
    va_list args;
    FILE *line = walk_line(w);
    if (!line)
        return;
    fputs("assert ", line);
    va_start(args, format);
    vfprintf(line, format, args);
    va_end(args);
    fputs("\n", line);
}

static void check_answer(struct walk *w)
{
    struct walk_model *m = &w->model;
    static const char *const wanted[] = {[WANT_SILENCE] = "nothing",
                                         [WANT_ACK] = "an ACK",
                                         [WANT_RESET] = "a RST",
                                         [WANT_NO_RESET] = "no RST"};
    bool right = m->want == WANT_SILENCE ? m->answers == 0
                 : m->want == WANT_ACK   ? m->answer_flags & ACK && !(m->answer_flags & RST)
                 : m->want == WANT_RESET ? m->answer_flags & RST
                                         : !(m->answer_flags & RST);
    if (right)
        return;
    walk_assert(w, "counter(\"tcp.out\") %s %" PRIu32,
                m->answers && m->want != WANT_SILENCE ? "!="
                : m->answers                          ? "<"
                                                      : ">",
                w->sent);
    walk_fail(w, "in %s %s must answer (%s), and %s does", walk_state_name(m->was), wanted[m->want],
              m->why,
              m->answers == 0         ? "nothing"
              : m->answer_flags & RST ? "a RST"
                                      : "a segment");
}

/* A user that closed in SYN-RECEIVED: its FIN goes with the handshake's end. */
static bool has_closed_before(const struct walk_model *m)
{
    return m->was == SYN_RECEIVED && ((m->want_state == ESTABLISHED && m->state == FIN_WAIT_1) ||
                                      (m->want_state == CLOSE_WAIT && m->state == CLOSING));
}

void walk_model_after(struct walk *w, const struct walk_segment *g)
{
    struct walk_model *m = &w->model;
    if (w->unsure)
        return;
    if (m->listeners != m->listened) {
        walk_assert(w, "query(\"tcp.count LISTEN\") == %u", m->listened);
        walk_fail(w, "a segment ends a listener (RFC 9293, 3.10.7.2)");
    }
    if (m->text_to && !m->pending && m->state == m->was && is_after(m->text_to, w->end.told)) {
        walk_assert(w, "counter(\"tcp.in\") == 0");
        walk_fail(w,
                  "text in its turn was acknowledged up to %" PRIu32 ", it ends at %" PRIu32
                  " (RFC 9293 3.10.7.4, seventh)",
                  w->end.told, m->text_to);
    }
    if (m->want == WANT_NOTHING)
        return;
    check_answer(w);
    if (m->state != m->want_state && !has_closed_before(m)) {
        walk_assert(w, "query(\"tcp.count %s\") == 1", walk_state_name(m->want_state));
        walk_fail(w, "%s follows %s, and %s should (%s)", walk_state_name(m->state),
                  walk_state_name(m->was), walk_state_name(m->want_state), m->why);
    }
    if (m->nothing_new && m->empty) {
        walk_assert(w, "counter(\"tcp.out\") < %" PRIu32, w->sent);
        walk_fail(w, "an ACK that says nothing new is answered by another");
    }
    m->reset_due |= m->ends && m->fd >= 0;
    m->fin_in |= g->flags & FIN && m->want == WANT_NO_RESET && m->state != m->was;
}
