/* TCP segments as octets: RFC 9293 3.1 and 3.2, RFC 7323 2 and 3, RFC 2018 2 and 3. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "sim/hosts/tcp_end_inside.h"

/* RFC 9293 figure 1 */
enum {
    AT_SOURCE = 0,
    AT_DESTINATION = 2,
    AT_SEQUENCE = 4,
    AT_ACKNOWLEDGEMENT = 8,
    AT_OFFSET = 12, /* upper four bits: words of the header */
    AT_FLAGS = 13,
    AT_WINDOW = 14,
    AT_SUM = 16,
    AT_URGENT = 18,
};

/* RFC 9293 3.1: the sum covers addresses, protocol and length, too. */
static uint16_t segment_sum(uint32_t src, uint32_t dst, const uint8_t *segment, uint32_t len)
{
    uint32_t pseudo =
        (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + IPPROTO_TCP + len;
    return packet_sum(segment, len, pseudo);
}

/* --- options --- */

static void read_blocks(struct tcp_options *o, const uint8_t *value, uint32_t len)
{
    if (len % 8 != 0 || len / 8 > 4 || len == 0) {
        o->malformed = true;
        return;
    }
    o->blocks = len / 8;
    for (uint32_t k = 0; k < o->blocks; k++)
        o->block[k] = (struct tcp_range){peer_get32(value + 8 * k), peer_get32(value + 8 * k + 4)};
}

static void read_option(struct tcp_options *o, uint8_t kind, const uint8_t *value, uint32_t len)
{
    if (kind == TCPOPT_MAXSEG && len == 2) {
        o->has_mss = true;
        o->mss = peer_get16(value);
    } else if (kind == TCPOPT_WINDOW && len == 1) {
        o->has_scale = true;
        o->scale = value[0];
    } else if (kind == TCPOPT_SACK_PERMITTED && len == 0) {
        o->sack_permitted = true;
    } else if (kind == TCPOPT_SACK) {
        read_blocks(o, value, len);
    } else if (kind == TCPOPT_TIMESTAMP && len == 8) {
        o->has_timestamps = true;
        o->tsval = peer_get32(value);
        o->tsecr = peer_get32(value + 4);
    } else if (kind <= TCPOPT_SACK || kind == TCPOPT_TIMESTAMP) {
        o->malformed = true; /* a known kind of another length */
    }
}

void tcp_options_read(struct tcp_options *o, const uint8_t *bytes, uint32_t len)
{
    memset(o, 0, sizeof *o);
    for (uint32_t at = 0; at < len && bytes[at] != TCPOPT_EOL;) {
        if (bytes[at] == TCPOPT_NOP) {
            at++;
            continue;
        }
        uint32_t size = at + 1 < len ? bytes[at + 1] : 0;
        if (size < 2 || size > len - at) {
            o->malformed = true;
            return;
        }
        read_option(o, bytes[at], bytes + at + 2, size - 2);
        at += size;
    }
}

/* --- segments --- */

enum tcp_end_sound tcp_segment_read(struct tcp_segment *s, const struct peer_packet *p)
{
    const uint8_t *h = p->payload;
    if (p->len < END_HEADER)
        return SEGMENT_SHORT;
    uint32_t header = (uint32_t)(h[AT_OFFSET] >> 4) * 4;
    if (segment_sum(p->src, p->dst, h, p->len) != 0)
        return SEGMENT_SUM;
    if (header < END_HEADER || header > p->len)
        return SEGMENT_OFFSET;
    *s = (struct tcp_segment){
        .src = p->src,
        .dst = p->dst,
        .sport = peer_get16(h + AT_SOURCE),
        .dport = peer_get16(h + AT_DESTINATION),
        .seq = peer_get32(h + AT_SEQUENCE),
        .ack = peer_get32(h + AT_ACKNOWLEDGEMENT),
        .flags = h[AT_FLAGS],
        .window = peer_get16(h + AT_WINDOW),
        .urgent = peer_get16(h + AT_URGENT),
        .options_len = header - END_HEADER,
        .payload = h + header,
        .len = p->len - header,
    };
    tcp_options_read(&s->options, h + END_HEADER, s->options_len);
    return SEGMENT_SOUND;
}

enum tcp_end_kind tcp_segment_kind(const struct tcp_segment *s)
{
    if (s->flags & END_FLAG_RST)
        return END_RST;
    if (s->flags & END_FLAG_SYN)
        return s->flags & END_FLAG_ACK ? END_SYN_ACK : END_SYN;
    if (s->flags & END_FLAG_FIN)
        return END_FIN;
    return s->len ? END_DATA : END_ACK;
}

uint32_t tcp_segment_write(uint8_t *out, const struct tcp_made *m, uint32_t offset, bool bad_sum)
{
    const struct tcp_segment *s = &m->segment;
    uint32_t header = END_HEADER + s->options_len, len = header + s->len;
    memset(out, 0, END_HEADER);
    peer_put16(out + AT_SOURCE, s->sport);
    peer_put16(out + AT_DESTINATION, s->dport);
    peer_put32(out + AT_SEQUENCE, s->seq);
    peer_put32(out + AT_ACKNOWLEDGEMENT, s->ack);
    out[AT_OFFSET] = (uint8_t)((offset ? offset : header / 4) << 4);
    out[AT_FLAGS] = s->flags;
    peer_put16(out + AT_WINDOW, s->window);
    peer_put16(out + AT_URGENT, s->urgent);
    memcpy(out + END_HEADER, m->options, s->options_len);
    if (s->len)
        memcpy(out + header, m->payload, s->len);
    peer_put16(out + AT_SUM, segment_sum(s->src, s->dst, out, len) ^ (bad_sum ? 1u : 0u));
    return len;
}
