/* The octets of a TCP end's two streams, by their sequence numbers, and what came out of order. */
#include <string.h>
#include "sim/hosts/tcp_end_inside.h"

/* --- rings --- */

static uint32_t power_of_two(uint32_t least)
{
    uint32_t size = 1024;
    while (size < least)
        size *= 2;
    return size;
}

/* The stretch from seq on that lies in one piece. */
static uint32_t piece(const struct tcp_ring *r, uint32_t seq, uint32_t len)
{
    uint32_t straight = r->size - (seq & (r->size - 1));
    return len < straight ? len : straight;
}

void tcp_ring_put(struct host *h, struct tcp_ring *r, uint32_t size, uint32_t seq,
                  const uint8_t *bytes, uint32_t len)
{
    if (!r->octet) {
        r->size = power_of_two(size);
        r->octet = world_alloc_raw(h->world, r->size, 16);
    }
    for (uint32_t n; len; seq += n, bytes += n, len -= n) {
        n = piece(r, seq, len);
        memcpy(r->octet + (seq & (r->size - 1)), bytes, n);
    }
}

void tcp_ring_get(const struct tcp_ring *r, uint32_t seq, uint8_t *out, uint32_t len)
{
    for (uint32_t n; len; seq += n, out += n, len -= n) {
        n = piece(r, seq, len);
        memcpy(out, r->octet + (seq & (r->size - 1)), n);
    }
}

bool tcp_ring_equal(const struct tcp_ring *r, uint32_t seq, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t n; len; seq += n, bytes += n, len -= n) {
        n = piece(r, seq, len);
        if (memcmp(bytes, r->octet + (seq & (r->size - 1)), n) != 0)
            return false;
    }
    return true;
}

void tcp_ring_release(struct host *h, struct tcp_ring *r)
{
    if (r->octet)
        world_release(h->world, r->octet, r->size);
    *r = (struct tcp_ring){0};
}

/* --- reassembly --- */

/*
 * Twice the window is kept: so much of what came before stays to be compared with what comes again
 * (tcp_end_check.c), for octets beyond the window are never put in. Rounding a scaled window up
 * may offer one unit more.
 */
static uint32_t came_size(const struct tcp_connection *c)
{
    return 2 * ((uint32_t)c->end->config.window + (1u << c->said.scale % 15));
}

uint32_t tcp_connection_unread(const struct tcp_connection *c)
{
    return (c->fin_taken ? c->fin_seq : c->rcv_nxt) - c->rcv_read;
}

uint32_t tcp_end_free(const struct tcp_connection *c)
{
    uint32_t unread = tcp_connection_unread(c), window = (uint32_t)c->end->config.window;
    return unread < window ? window - unread : 0;
}

static void drop_range(struct tcp_connection *c, uint32_t k)
{
    memmove(&c->range[k], &c->range[k + 1], (c->ranges - k - 1) * sizeof c->range[0]);
    c->ranges--;
}

/* Ranges that touch become one, which stands first: RFC 2018 4 reports what came last first. */
static bool add_range(struct tcp_connection *c, struct tcp_range new)
{
    for (uint32_t k = 0; k < c->ranges;) {
        struct tcp_range old = c->range[k];
        if (seq_before(new.to, old.from) || seq_before(old.to, new.from)) {
            k++;
            continue;
        }
        new.from = seq_earlier(new.from, old.from);
        new.to = seq_later(new.to, old.to);
        drop_range(c, k);
    }
    if (c->ranges == END_RANGES)
        return false;
    memmove(&c->range[1], &c->range[0], c->ranges * sizeof c->range[0]);
    c->range[0] = new;
    c->ranges++;
    return true;
}

static void advance(struct tcp_connection *c)
{
    for (uint32_t k = 0; k < c->ranges; k++)
        if (!seq_before(c->rcv_nxt, c->range[k].from)) {
            c->end->count.octets_in += c->range[k].to - c->rcv_nxt;
            c->rcv_nxt = c->range[k].to;
            drop_range(c, k);
            return;
        }
}

/* Of octets that are there already the first ones stay. */
static void put_new(struct tcp_connection *c, uint32_t seq, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t at = 0, n; at < len; at += n) {
        bool there = false;
        n = len - at;
        for (uint32_t k = 0; k < c->ranges; k++) {
            uint32_t from = c->range[k].from - (seq + at), to = c->range[k].to - (seq + at);
            if ((int32_t)from <= 0 && (int32_t)to > 0) {
                there = true;
                n = to < n ? to : n;
            } else if ((int32_t)from > 0 && from < n) {
                n = from;
            }
        }
        if (!there)
            tcp_ring_put(c->end->ip.host, &c->came, came_size(c), seq + at, bytes + at, n);
    }
}

void tcp_end_reassemble(struct tcp_connection *c, const struct tcp_segment *s)
{
    uint32_t room = c->rcv_read + came_size(c) / 2;
    uint32_t from = seq_later(s->seq, c->rcv_nxt);
    uint32_t to = seq_earlier(s->seq + s->len, seq_earlier(c->rcv_edge, room));
    if (c->fin_seen)
        to = seq_earlier(to, c->fin_seq);
    if (!seq_before(from, to)) {
        c->end->count.twice++;
        return;
    }
    put_new(c, from, s->payload + (from - s->seq), to - from);
    if (!add_range(c, (struct tcp_range){from, to}))
        return;
    c->rcv_high = seq_later(c->rcv_high, to);
    if (from != c->rcv_nxt)
        c->end->count.out_of_order++;
    advance(c);
}
