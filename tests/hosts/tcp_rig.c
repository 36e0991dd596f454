#include "tests/hosts/tcp_rig.h"
#include <criterion/criterion.h>
#include <string.h>

int tcp_give(struct peer_rig *r, struct tcp_seg s)
{
    uint8_t f[RIG_BYTES] = {0}, *ip = f + 14, *tcp = f + 34;
    uint32_t data = s.len ? s.len : s.payload ? (uint32_t)strlen(s.payload) : 0;
    uint32_t header = 20 + s.options_len, len = header + data;
    memcpy(f, r->host.port[0].mac, 6);
    memcpy(f + 6, rig_client, 6);
    put16(f + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, 20 + len);
    ip[8] = 64;
    ip[9] = 6;
    put32(ip + 12, RIG_CLIENT);
    put32(ip + 16, RIG_SERVER);
    put16(ip + 10, sum16(ip, 20, 0));
    put16(tcp, TCP_CLIENT_PORT);
    put16(tcp + 2, s.port ? s.port : 7);
    put32(tcp + 4, s.seq);
    put32(tcp + 8, s.ack);
    tcp[12] = (uint8_t)(header / 4 << 4);
    tcp[13] = (uint8_t)s.flags;
    put16(tcp + 14, s.window);
    if (s.options_len)
        memcpy(tcp + 20, s.options, s.options_len);
    if (data)
        memcpy(tcp + header, s.payload, data);
    put16(tcp + 16, sum16(ip + 12, 8 + len, 6 + len));
    return peer_rig_give(r, f, 34 + len);
}

void tcp_last_is(const struct peer_rig *r, uint32_t flags, uint32_t seq, uint32_t ack,
                 const char *payload)
{
    const uint8_t *f = r->seen[r->frames - 1].bytes, *tcp = f + 34;
    uint32_t total = get16(f + 16) - 20, header = (uint32_t)(tcp[12] >> 4) * 4;
    cr_assert_gt(r->frames, 0);
    cr_assert_eq(f[23], 6);
    cr_assert_eq(sum16(f + 14, 20, 0), 0);
    cr_assert_eq(sum16(f + 26, 8 + total, 6 + total), 0, "the sum is wrong");
    cr_assert_eq(get16(tcp + 2), TCP_CLIENT_PORT);
    cr_expect_eq(tcp[13], flags, "flags %x, expected %x", tcp[13], flags);
    cr_expect_eq(get32(tcp + 4), seq, "seq %u, expected %u", get32(tcp + 4), seq);
    cr_expect_eq(get32(tcp + 8), ack, "ack %u, expected %u", get32(tcp + 8), ack);
    cr_assert_eq(total - header, strlen(payload));
    cr_assert_arr_eq(tcp + header, payload, strlen(payload));
}

/* --- conversations --- */

static void take(struct tcp_talk *t, const struct rig_seen *seen)
{
    const uint8_t *f = seen->bytes, *tcp = f + 34;
    uint32_t total = get16(f + 16) - 20, header = (uint32_t)(tcp[12] >> 4) * 4;
    if (get16(f + 12) != 0x0800 || f[23] != 6)
        return;
    cr_assert_eq(sum16(f + 26, 8 + total, 6 + total), 0);
    if (tcp[13] & URG)
        t->urgent = get16(tcp + 18);
    uint32_t len = total - header;
    if (get32(tcp + 4) != t->ack)
        return; /* again, or out of order */
    cr_assert_leq(t->len + len, TALK_ROOM);
    memcpy(t->got + t->len, tcp + header, len);
    t->len += len;
    t->ack += len;
    if (tcp[13] & FIN) {
        t->ended = true;
        t->ack++;
    }
}

/* What came since the last time, then a segment and what it makes come. */
static void send_and_take(struct tcp_talk *t, const void *octets, uint32_t len)
{
    tcp_give(t->r, (struct tcp_seg){ACK | (len ? PSH : 0), t->seq, t->ack, 60000, octets, NULL, 0,
                                    t->port, len});
    t->seq += len;
    for (int k = 0; k < t->r->frames; k++)
        take(t, &t->r->seen[k]);
    t->r->frames = 0;
}

void tcp_talk_begin(struct tcp_talk *t, const char *line, uint16_t port)
{
    static const uint8_t mss[] = {2, 4, 5, 180};
    memset(t, 0, sizeof *t);
    t->r = peer_rig_open(line);
    t->port = port;
    t->seq = 5001;
    tcp_give(t->r, (struct tcp_seg){SYN, 5000, 0, 60000, NULL, mss, 4, port, 0});
    cr_assert_gt(t->r->frames, 0);
    t->ack = get32(t->r->seen[t->r->frames - 1].bytes + 34 + 4) + 1;
    t->r->frames = 0;
    send_and_take(t, NULL, 0);
}

void tcp_say(struct tcp_talk *t, const void *octets, uint32_t len)
{
    t->len = 0;
    send_and_take(t, octets, len);
    send_and_take(t, NULL, 0);
}

void tcp_heard(const struct tcp_talk *t, const void *octets, uint32_t len)
{
    cr_assert_eq(t->len, len, "%u octets came: %.*s", t->len, (int)t->len, (const char *)t->got);
    cr_assert_arr_eq(t->got, octets, len);
}
