/* A segment as octets, and as the line that says the same. */
#include <inttypes.h>
#include <string.h>
#include "sim/fuzz/walk_inside.h"
#include "sim/packet/packet.h"

enum { ETHERNET = 14, IP = 20, TCP = 20 };

void walk_put(uint8_t *at, uint32_t v, int octets)
{
    while (octets-- > 0) {
        at[octets] = (uint8_t)v;
        v >>= 8;
    }
}

/* --- the frame --- */

uint32_t walk_sum_of(const uint8_t *p, uint32_t len, uint32_t sum)
{
    for (uint32_t k = 0; k + 1 < len; k += 2)
        sum += (uint32_t)(p[k] << 8 | p[k + 1]);
    return len & 1 ? sum + (uint32_t)(p[len - 1] << 8) : sum;
}

uint16_t walk_folded(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

void walk_frame_headers(uint8_t *f, uint8_t protocol, uint8_t tos, uint32_t total)
{
    memset(f, 0, ETHERNET + IP);
    memcpy(f, walk_sut_mac, 6);
    memcpy(f + 6, walk_peer_mac, 6);
    f[12] = 8;
    uint8_t *ip = f + ETHERNET;
    ip[0] = 0x45;
    ip[1] = tos;
    walk_put(ip + 2, total, 2);
    ip[8] = 64;
    ip[9] = protocol;
    walk_put(ip + 12, WALK_PEER_IP, 4);
    walk_put(ip + 16, WALK_SUT_IP, 4);
    walk_put(ip + 10, walk_folded(walk_sum_of(ip, IP, 0)), 2);
}

uint32_t walk_frame_padded(uint8_t *f, uint32_t len)
{
    if (len < 60)
        memset(f + len, 0, 60 - len);
    return len < 60 ? 60 : len;
}

/* Octets of the stream by their place, which may lie before its beginning. */
static void fill_text(uint8_t *text, uint32_t len, uint32_t place)
{
    uint32_t before = place + len < place ? 0u - place : 0;
    packet_pattern_fill(text, before, place);
    packet_pattern_fill(text + before, len - before, (uint32_t)(place + before));
}

uint32_t walk_frame_of(const struct walk *w, const struct walk_segment *g, uint8_t f[WALK_FRAME])
{
    uint8_t *t = f + ETHERNET + IP;
    uint32_t header = TCP + g->options_len, length = header + g->len;
    walk_frame_headers(f, 6, g->tos, IP + length);
    if (g->from) {
        walk_put(f + ETHERNET + 10, 0, 2);
        walk_put(f + ETHERNET + 12, g->from - 1, 4);
        walk_put(f + ETHERNET + 10, walk_folded(walk_sum_of(f + ETHERNET, IP, 0)), 2);
    }
    memset(t, 0, TCP);
    walk_put(t, g->peer_port, 2);
    walk_put(t + 2, g->sut_port, 2);
    walk_put(t + 4, walk_isn(w) + g->seq, 4);
    walk_put(t + 8, g->flags & ACK ? w->end.irs + g->ack : 0, 4);
    t[12] = (uint8_t)((g->offset ? g->offset : header / 4) << 4);
    t[13] = g->flags;
    walk_put(t + 14, g->wnd, 2);
    walk_put(t + 18, g->urg, 2);
    memcpy(t + TCP, g->options, g->options_len);
    fill_text(t + header, g->len, g->seq + !!(g->flags & SYN) - 1);
    uint32_t sum = walk_sum_of(f + ETHERNET + 12, 8, 6 + length);
    walk_put(t + 16, (uint32_t)walk_folded(walk_sum_of(t, length, sum)) ^ (g->bad_sum ? 1u : 0u),
             2);
    return walk_frame_padded(f, ETHERNET + IP + length);
}

/* --- the line --- */

static uint32_t number_at(const uint8_t *p, int octets)
{
    uint32_t v = 0;
    while (octets-- > 0)
        v = v << 8 | *p++;
    return v;
}

static uint32_t print_option(const struct walk *w, const struct walk_segment *g, uint32_t at,
                             uint32_t second, FILE *out)
{
    const uint8_t *o = g->options + at;
    uint32_t left = g->options_len - at, len = left > 1 ? o[1] : 0;
    if (o[0] == 1) {
        fputs("nop", out);
        return 1;
    }
    if (o[0] == 2 && len == 4 && left >= 4)
        fprintf(out, "mss %" PRIu32, number_at(o + 2, 2));
    else if (o[0] == 3 && len == 3 && left >= 3)
        fprintf(out, "wscale %u", o[2]);
    else if (o[0] == 4 && len == 2)
        fputs("sackOK", out);
    else if (o[0] == 8 && len == 10 && left >= 10)
        fprintf(out, "TS val %" PRIu32 " ecr %" PRIu32, number_at(o + 2, 4), number_at(o + 6, 4));
    else if (o[0] == 5 && len == 10 && left >= 10)
        fprintf(out, "sack %" PRIu32 ":%" PRIu32, number_at(o + 2, 4) - w->end.irs + second,
                number_at(o + 6, 4) - w->end.irs + second);
    else
        return 0;
    return len;
}

static void print_options(const struct walk *w, const struct walk_segment *g, uint32_t second,
                          FILE *out)
{
    uint32_t at = 0;
    fputs(" <", out);
    while (at < g->options_len) {
        fputs(at ? "," : "", out);
        uint32_t used = print_option(w, g, at, second, out);
        if (used == 0) {
            fputs("raw ", out);
            for (; at < g->options_len; at++)
                fprintf(out, "%02x", g->options[at]);
            break;
        }
        at += used;
    }
    fputs(">", out);
}

void walk_print_frame(const uint8_t *frame, uint32_t len, FILE *out)
{
    fputs("< hex", out);
    for (uint32_t k = 0; k < len; k++)
        fprintf(out, " %02x", frame[k]);
    fputs("\n", out);
}

/* Numbers stand as they are where the ISNs are not those that the lines before tell. */
void walk_print_segment(struct walk *w, const struct walk_segment *g, FILE *out)
{
    static const char letters[] = "FSRP.UEW";
    bool as_they_are = w->odd || !w->end.known;
    uint32_t first = as_they_are || g->flags & SYN ? walk_isn(w) : 0,
             second = as_they_are ? w->end.irs : 0;
    fputs("< ", out);
    if (g->tos)
        fprintf(out, "ip tos %u ", g->tos);
    if (g->with_ports || g->tos)
        fprintf(out, "tcp %u > %u ", g->peer_port, g->sut_port);
    for (int k = 0; k < 8; k++)
        if (g->flags >> k & 1)
            fputc(letters[k], out);
    if (!g->flags)
        fputc('-', out);
    fprintf(out, " %" PRIu32 ":%" PRIu32 "(%" PRIu32 ")%s", first + g->seq, first + g->seq + g->len,
            g->len, as_they_are && g->flags != SYN ? "!" : "");
    if (g->flags & ACK)
        fprintf(out, " ack %" PRIu32, second + g->ack);
    fprintf(out, " win %u", g->wnd);
    if (g->urg || g->flags & URG)
        fprintf(out, " urg %u", g->urg);
    if (g->options_len)
        print_options(w, g, second, out);
    fputs(g->bad_sum ? " bad tcp.sum\n" : "\n", out);
}
