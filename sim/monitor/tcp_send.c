/* What is sent, and where in the stream: RFC 9293 (3.4, 3.6, 3.7.1, 3.8). */
#include <string.h>
#include "sim/monitor/flow.h"

#define BEYOND "%u octets beyond the farthest window, which ends at %u"

enum { HEADER = 20, ROOM_FIRST = 512, ROOM_MOST = 1 << 17, PROBE = 1 };

static void place(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    struct tcp_end *from = v->from;
    if (from->seen && from->segments && is_after(s->seq, from->nxt)) {
        if (m->frame->way == MONITOR_LEAVES &&
            m->resolved_ns <= from->left_ns) /* else some may have been dropped while it waited for
                                                the neighbour's address; a capture has it from
                                                behind where it was lost */
            broken(m, MONITOR_tcp_gap, "%u octets are left out before %u", s->seq - from->nxt,
                   s->seq);
        from->kept_from = s->seq;
    }
    if (from->fin) {
        HOLDS(m, !is_after(s->end, from->fin_at + 1), tcp_after_fin, "%u octets behind the FIN",
              s->end - from->fin_at - 1);
        HOLDS(m, !(s->flags & TCP_FIN) || s->end == from->fin_at + 1, tcp_fin_moves,
              "FIN at %u, it was at %u", s->end - 1, from->fin_at);
    }
    if (s->len && v->flow->start && !(s->flags & TCP_SYN) && !v->flow->fast)
        HOLDS(m, v->to->syn, tcp_before_open, "data before the other side's SYN");
}

/* A probe of a window that is shut has one octet (RFC 9293, section 3.8.6.1). In a capture what is
 * taken all the same was allowed by an acknowledgement that is missing: the next one tells. */
static void window(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    uint32_t right = s->seq + s->len, edge = v->to->edge;
    struct doubt *d = &v->flow->window_doubt;
    if (!v->to->edged || s->len <= PROBE || !v->flow->start || s->flags & TCP_SYN ||
        !is_after(right, edge))
        return;
    if (m->frame->way != MONITOR_UNKNOWN) {
        broken(m, MONITOR_tcp_window, BEYOND, right - edge, edge);
    } else if (m->judged && !d->of) {
        *d = (struct doubt){.of = v->to, .ack = edge};
        doubted(m, &d->f, MONITOR_tcp_window, BEYOND, right - edge, edge);
    }
}

enum { MSS_LEAST = 64 }; /* a smaller one is no size: a host that sends a little more is spared */

static void size(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    uint32_t most = v->to->mss < MSS_LEAST ? MSS_LEAST : v->to->mss,
             text = s->len + s->header - HEADER;
    if (v->to->syn && s->len && !s->merged && !s->partial)
        HOLDS(m, text <= most, tcp_size, "%u octets with options, the MSS is %u", text, most);
}

void see_tcp_sent(struct monitor *m, const struct tcp_view *v)
{
    if (v->s->flags & TCP_RST)
        return;
    place(m, v);
    window(m, v);
    size(m, v);
}

/* --- the octets --- */

static bool make_room(struct monitor *m, struct tcp_end *e, uint32_t octets)
{
    uint32_t room = e->room ? e->room : ROOM_FIRST;
    while (room < octets && room < ROOM_MOST)
        room *= 2;
    if (room == e->room)
        return true;
    if (m->octets + room - e->room > m->config.octets_most)
        return e->room > 0;
    uint8_t *kept = monitor_alloc(m, room);
    if (!kept)
        return e->room > 0;
    for (uint32_t k = 0, at = e->kept_from; k < e->room; k++, at++)
        kept[at & (room - 1)] = e->kept[at & (e->room - 1)];
    if (e->kept)
        monitor_release(m, e->kept, e->room);
    m->octets += room - e->room;
    e->kept = kept;
    e->room = room;
    return true;
}

/* The octets from `at` on are those that were sent there. */
static void compare(struct monitor *m, const struct tcp_end *e, uint32_t at, const uint8_t *octets,
                    uint32_t len)
{
    uint32_t mask = e->room - 1, k = 0;
    while (k < len) {
        uint32_t run = e->room - ((at + k) & mask);
        run = run < len - k ? run : len - k;
        if (memcmp(e->kept + ((at + k) & mask), octets + k, run) != 0)
            break;
        k += run;
    }
    if (k >= len)
        return;
    while (octets[k] == e->kept[(at + k) & mask])
        k++;
    broken(m, MONITOR_tcp_other_octets, "octet %u is 0x%02x, it was sent as 0x%02x", at + k,
           octets[k], e->kept[(at + k) & mask]);
}

static void store(struct tcp_end *e, uint32_t at, const uint8_t *octets, uint32_t len)
{
    uint32_t mask = e->room - 1;
    for (uint32_t k = 0, run; k < len; k += run) {
        run = e->room - ((at + k) & mask);
        run = run < len - k ? run : len - k;
        memcpy(e->kept + ((at + k) & mask), octets + k, run);
    }
}

/* Behind the last octet of data that was sent. */
static uint32_t data_end(const struct tcp_end *e)
{
    return e->fin ? e->fin_at : e->nxt;
}

static void keep_new(struct monitor *m, struct tcp_end *e, const struct tcp_end *to, uint32_t begin,
                     const struct segment *s, uint32_t len)
{
    uint32_t end = begin + len, from = is_after(data_end(e), begin) ? data_end(e) : begin;
    if (to->acks_any && is_after(to->ack, e->kept_from))
        e->kept_from = is_after(to->ack, from) ? from : to->ack;
    if (is_after(from, data_end(e)) || end - e->kept_from > ROOM_MOST)
        e->kept_from = from;
    if (end - e->kept_from > ROOM_MOST || !make_room(m, e, end - e->kept_from)) {
        e->kept_from = end;
        return;
    }
    if (end - e->kept_from > e->room)
        e->kept_from = end - e->room;
    if (is_after(e->kept_from, from))
        from = e->kept_from;
    store(e, from, s->payload + (from - begin), end - from);
}

void see_tcp_keep(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    struct tcp_end *e = v->from;
    uint32_t begin = s->seq + !!(s->flags & TCP_SYN), len = s->have < s->len ? s->have : s->len;
    uint32_t before = data_end(e);
    if (!s->len || s->flags & TCP_RST || !e->seen)
        return;
    if (s->len == PROBE && v->to->acks_any && begin + 1 == v->to->ack)
        return; /* a keep-alive may carry any octet: RFC 9293, MAY-6 */
    uint32_t from = is_after(e->kept_from, begin) ? e->kept_from : begin;
    uint32_t end = is_after(begin + len, before) ? before : begin + len;
    /* Half of all numbers away, a segment lies before and behind what is kept. */
    if (e->kept && is_after(end, from) && end - begin <= len)
        compare(m, e, from, s->payload + (from - begin), end - from);
    if (!is_after(begin + s->len, before))
        return;
    if (len < s->len) {
        e->kept_from = begin + s->len;
        return;
    }
    keep_new(m, e, v->to, begin, s, len);
}
