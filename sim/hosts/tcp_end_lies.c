/* The last hands through which a segment goes: what is sent is what a lie makes of it. */
#include <netinet/in.h>
#include <string.h>
#include "sim/hosts/tcp_end_inside.h"

static const char *const kinds[] = {"syn", "syn-ack", "ack", "data", "fin", "rst", NULL};

#define LIE_SPEC(id, name, argument, help) PEER_LIE_SPEC(name, NULL, argument),
static const struct peer_lie_spec specs[] = {TCP_END_LIES(LIE_SPEC)};

struct peer_lies tcp_end_lies(struct tcp_end *end)
{
    return (struct peer_lies){specs, TCP_END_LIES_COUNT, kinds, end->lie};
}

bool tcp_end_lies_now(struct tcp_end *end, enum tcp_end_lie lie, enum tcp_end_kind kind)
{
    return peer_lie_now(&end->lie[lie], kind);
}

/* --- sending --- */

static void send_bytes(struct tcp_end *end, const struct tcp_made *m, uint32_t offset, bool bad_sum,
                       int64_t copies)
{
    struct host *h = end->ip.host;
    uint32_t room = END_HEADER + m->segment.options_len + m->segment.len;
    uint8_t *bytes = world_alloc_raw(h->world, room, 16);
    uint32_t len = tcp_segment_write(bytes, m, offset, bad_sum);
    for (int64_t k = 0; k <= copies; k++) {
        end->count.segments_out++;
        end->count.resets_out += (m->segment.flags & END_FLAG_RST) != 0;
        peer_send_ip(&end->ip, -1, IPPROTO_TCP, m->segment.src, m->segment.dst, bytes, len);
    }
    world_release(h->world, bytes, room);
}

static void forget(struct tcp_connection *c, struct tcp_made *m)
{
    if (m->payload)
        world_release(c->end->ip.host->world, m->payload, m->segment.len);
    m->payload = NULL;
}

/* The lies that want nothing but a number, with this kind of segment. */
static int64_t amount(struct tcp_connection *c, enum tcp_end_lie lie, enum tcp_end_kind kind)
{
    return tcp_end_lies_now(c->end, lie, kind) ? c->end->lie[lie].number : 0;
}

static void leave(struct tcp_connection *c, struct tcp_made *m)
{
    enum tcp_end_kind kind = tcp_segment_kind(&m->segment);
    int64_t offset = amount(c, TCP_END_LIE_OFFSET, kind);
    int64_t copies = amount(c, TCP_END_LIE_DUPLICATE, kind);
    bool bad_sum = tcp_end_lies_now(c->end, TCP_END_LIE_BAD_SUM, kind);
    send_bytes(c->end, m, (uint32_t)offset, bad_sum, copies);
    forget(c, m);
}

void tcp_end_flush(struct tcp_connection *c)
{
    uint32_t batched = c->batched;
    c->batched = 0;
    if (batched > 1)
        leave(c, &c->batch[batched - 1]);
    for (uint32_t k = 0; k + 1 < batched; k++)
        leave(c, &c->batch[k]);
    if (batched == 1)
        leave(c, &c->batch[0]);
}

/* True: kept, to be turned round with others. */
static bool keep(struct tcp_connection *c, const struct tcp_made *m, enum tcp_end_kind kind)
{
    int64_t most = c->end->lie[TCP_END_LIE_REORDER].number;
    if (kind != END_DATA || most < 2)
        return false;
    if (!c->batched && !tcp_end_lies_now(c->end, TCP_END_LIE_REORDER, kind))
        return false;
    c->batch[c->batched++] = *m;
    if (c->batched == most)
        tcp_end_flush(c);
    return true;
}

/* --- what a lie makes of a segment --- */

/* The last octets of the segment before come once more, in front. */
static void overlap(struct tcp_connection *c, struct tcp_made *m, int64_t octets)
{
    struct tcp_segment *s = &m->segment;
    uint32_t before = s->seq - (c->iss + 1), room = c->sent.size - (c->snd_end - s->seq);
    uint32_t more = (uint32_t)octets;
    more = more < before ? more : before;
    more = more < room ? more : room;
    if (!more || !s->len)
        return;
    struct host *h = c->end->ip.host;
    uint8_t *longer = world_alloc_raw(h->world, s->len + more, 16);
    tcp_ring_get(&c->sent, s->seq - more, longer, s->len + more);
    forget(c, m);
    m->payload = longer;
    s->seq -= more;
    s->len += more;
}

static void change_octets(struct tcp_connection *c, struct tcp_made *m)
{
    bool again = m->segment.len && !seq_before(c->snd_claimed, m->segment.seq + m->segment.len);
    if (!again || !tcp_end_lies_now(c->end, TCP_END_LIE_OTHER_OCTETS, END_DATA))
        return;
    for (uint32_t k = 0; k < m->segment.len; k++)
        m->payload[k] ^= 0xff;
}

static void change_options(struct tcp_connection *c, struct tcp_made *m, enum tcp_end_kind kind)
{
    const struct peer_lie *lie = &c->end->lie[TCP_END_LIE_OPTIONS];
    if (!tcp_end_lies_now(c->end, TCP_END_LIE_OPTIONS, kind))
        return;
    uint32_t len = lie->len < END_OPTIONS ? lie->len : END_OPTIONS;
    memset(m->options, 0, sizeof m->options);
    memcpy(m->options, lie->bytes, len);
    m->segment.options_len = (len + 3) / 4 * 4;
}

static uint32_t scale_of(const struct tcp_connection *c, const struct tcp_segment *s)
{
    return c->scaled && !(s->flags & END_FLAG_SYN) ? c->said.scale % 15 : 0;
}

static void change_window(struct tcp_connection *c, struct tcp_segment *s, enum tcp_end_kind kind)
{
    uint32_t scale = scale_of(c, s), wnd = (uint32_t)s->window << scale;
    uint32_t less = (uint32_t)amount(c, TCP_END_LIE_SHRINK, kind);
    if (less)
        s->window = (uint16_t)((wnd > less ? wnd - less : 0) >> scale);
    if (tcp_end_lies_now(c->end, TCP_END_LIE_WINDOW_FIELD, kind))
        s->window = (uint16_t)c->end->lie[TCP_END_LIE_WINDOW_FIELD].number;
}

static void change_numbers(struct tcp_connection *c, struct tcp_segment *s, enum tcp_end_kind kind)
{
    s->seq += (uint32_t)amount(c, TCP_END_LIE_SEQ_AHEAD, kind);
    s->seq -= (uint32_t)amount(c, TCP_END_LIE_SEQ_BEHIND, kind);
    s->ack += (uint32_t)amount(c, TCP_END_LIE_ACK_AHEAD, kind);
    s->ack -= (uint32_t)amount(c, TCP_END_LIE_ACK_BEHIND, kind);
    if (tcp_end_lies_now(c->end, TCP_END_LIE_FLAGS, kind))
        s->flags = (uint8_t)c->end->lie[TCP_END_LIE_FLAGS].number;
    if (tcp_end_lies_now(c->end, TCP_END_LIE_URGENT, kind)) {
        s->flags |= END_FLAG_URG;
        s->urgent = (uint16_t)c->end->lie[TCP_END_LIE_URGENT].number;
    }
}

/* What the other side may rely on from now on is what it was told, not what was true. */
static void remember(struct tcp_connection *c, const struct tcp_made *m)
{
    const struct tcp_segment *s = &m->segment;
    c->snd_claimed = seq_later(c->snd_claimed, s->seq + tcp_segment_len(s));
    if (s->flags & END_FLAG_SYN) {
        tcp_options_read(&c->said, m->options, s->options_len);
        tcp_end_agree(c);
    }
    if (!(s->flags & END_FLAG_ACK))
        return;
    c->rcv_acked = s->ack;
    c->rcv_edge = seq_later(c->rcv_edge, s->ack + ((uint32_t)s->window << scale_of(c, s)));
}

/* True: it is not sent at all. */
static bool withheld(struct tcp_connection *c, struct tcp_segment *s, enum tcp_end_kind kind)
{
    if (tcp_end_lies_now(c->end, TCP_END_LIE_MUTE, kind))
        return true;
    bool octets_came = c->rcv_nxt != c->irs + 1;
    if (!octets_came || kind == END_RST || !tcp_end_lies_now(c->end, TCP_END_LIE_NO_ACK, kind))
        return false;
    s->ack = c->rcv_acked;
    return kind == END_ACK;
}

void tcp_end_transmit(struct tcp_connection *c, struct tcp_made *m)
{
    enum tcp_end_kind kind = tcp_segment_kind(&m->segment);
    if (withheld(c, &m->segment, kind)) {
        forget(c, m);
        return;
    }
    change_octets(c, m);
    if (m->segment.len)
        overlap(c, m, amount(c, TCP_END_LIE_OVERLAP, kind));
    change_options(c, m, kind);
    change_window(c, &m->segment, kind);
    change_numbers(c, &m->segment, kind);
    remember(c, m);
    if (!keep(c, m, kind))
        leave(c, m);
}
