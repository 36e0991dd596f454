/* Segments and ICMP errors: what fits to the connection, and what of it is bent. */
#include "sim/fuzz/walk_inside.h"
#include <inttypes.h>
#include <string.h>
#include "sim/packet/packet.h"

enum { ETHERNET = 14, IP = 20, TCP = 20, MOST = 1460, ICMP_HEADER = 8, QUOTED = 28 };

enum bent {
    BENT_NOT,
    BENT_SEQ,
    BENT_ACK,
    BENT_WINDOW,
    BENT_FLAGS,
    BENT_URGENT,
    BENT_OPTION,
    BENT_SUM,
    BENT_LENGTH,
    BENT_MSS,
    BENT_STAMP,
    BENT_ECHO,
    BENT_SACK,
    BENT_PORT,
    BENT_SCALE,
    BENT_OFFSET
};

const char *const walk_edge_name[WALK_EDGES] = {
    "as it fits", "seq", "ack",    "win",    "flags", "urg",  "option", "checksum",
    "length",     "mss", "TS val", "TS ecr", "sack",  "port", "wscale", "offset"};

static const uint32_t lengths[16] = {1, 2,   7,    100, 536, 1000, 1460, 0,
                                     3, 500, 1459, 8,   64,  1200, 333,  20};
static const uint16_t windows[16] = {65535, 0,    1,    100, 536,   1000,  1460,  2920,
                                     8192,  4000, 2000, 7,   16384, 32767, 32768, 65534};

/* --- options --- */

uint32_t walk_stamp_option(const struct walk *w, uint8_t *out)
{
    if (w->variant == VARIANT_PLAIN)
        return 0;
    out[0] = out[1] = 1;
    out[2] = 8;
    out[3] = 10;
    walk_put(out + 4, w->peer_stamp, 4);
    walk_put(out + 8, w->end.stamps ? w->end.stamp : 0, 4);
    return 12;
}

uint32_t walk_syn_options(const struct walk *w, uint8_t *out)
{
    static const uint8_t mss[] = {2, 4, 1000 >> 8, 1000 & 255};
    static const uint8_t more[] = {4, 2, 1, 1, 1, 3, 3, 0};
    memcpy(out, mss, sizeof mss);
    if (w->variant == VARIANT_PLAIN)
        return sizeof mss;
    memcpy(out + 4, more, sizeof more);
    return 12 + walk_stamp_option(w, out + 12);
}

static void add_sack(const struct walk *w, struct walk_segment *g, uint32_t from, uint32_t to)
{
    if (w->variant == VARIANT_PLAIN || g->options_len + 12 > 40)
        return;
    uint8_t *o = g->options + g->options_len;
    o[0] = o[1] = 1;
    o[2] = 5;
    o[3] = 10;
    walk_put(o + 4, w->end.irs + from, 4);
    walk_put(o + 8, w->end.irs + to, 4);
    g->options_len += 12;
}

/* --- what fits --- */

struct walk_segment walk_fitting(const struct walk *w, uint8_t flags, uint32_t len)
{
    const struct walk_end *e = &w->end;
    struct walk_segment g = {.flags = flags,
                             .seq = e->told,
                             .ack = e->got,
                             .wnd = 65535,
                             .len = len,
                             .sut_port = e->sut_port,
                             .peer_port = e->peer_port,
                             .with_ports = e->peer_port == 5000};
    if (flags & SYN) {
        g.seq = 0;
        g.options_len = walk_syn_options(w, g.options);
    } else if (!(flags & RST)) {
        g.options_len = walk_stamp_option(w, g.options);
    }
    if (!(flags & ACK))
        g.ack = 0;
    return g;
}

static void choose(const struct walk *w, const struct plan_step *s, struct walk_segment *g)
{
    static const uint8_t flags[PLAN_SEGMENTS] = {
        ACK,       ACK | PSH, FIN | ACK, FIN | PSH | ACK, SYN, SYN | ACK, RST, RST | ACK, ACK,
        ACK | PSH, ACK,       ACK,       ACK | URG | PSH, PSH, ACK,       ACK, ACK | PSH, ACK | PSH,
        ACK | PSH, ACK | PSH};
    const struct walk_end *e = &w->end;
    uint32_t len = lengths[s->b & 15];
    bool text =
        s->a == 1 || s->a == 3 || s->a == 8 || s->a == 9 || s->a == 12 || s->a == 13 || s->a >= 16;
    *g = walk_fitting(w, flags[s->a], text ? len : 0);
    g->wnd = windows[s->b >> 4];
    switch (s->a) {
    case 8: /* text that came before */
        g->seq -= len;
        break;
    case 9: /* text ahead of its turn */
        g->seq += len;
        break;
    case 10: /* nothing new */
        g->ack = e->acked;
        break;
    case 11: /* a duplicate, with what came behind the gap */
        g->ack = e->acked;
        add_sack(w, g, e->top - (e->top - e->acked) / 2, e->top);
        break;
    case 12:
        g->urg = (uint16_t)len;
        break;
    case 14: /* some of what is in flight */
        g->ack = e->acked + (e->top - e->acked) / 2;
        break;
    case 15: /* all of it, whatever was lost */
        g->ack = e->top;
        break;
    case 16: /* what follows the text that came last */
        g->seq = w->last_end;
        break;
    case 17: /* with a hole of one octet between */
        g->seq = w->last_end + 1;
        break;
    case 18: /* the second half of it, and more */
        g->seq = w->last_end - (w->last_end - w->last_begin) / 2;
        break;
    case 19: /* what stands before it */
        g->seq = w->last_begin - len;
        break;
    default:
        break;
    }
}

/* --- what is bent --- */

static uint32_t distance(const struct walk *w, unsigned how)
{
    static const uint32_t fixed[13] = {1,        0u - 1,      2,          0u - 2, 100,
                                       0u - 100, 1000,        0u - 1000,  65535,  0u - 65535,
                                       65536,    0x7fffffffu, 0x80000000u};
    const struct walk_end *e = &w->end;
    if (how < 13)
        return fixed[how];
    return how == 13 ? e->edge - e->told : how == 14 ? e->edge - e->told - 1 : e->top - e->got;
}

static void raw_option(struct walk_segment *g, unsigned how)
{
    static const struct {
        uint8_t len, octets[12];
    } raws[16] = {
        {4, {2, 0, 0, 0}},
        {4, {3, 1, 1, 1}},
        {0, {0}}, /* no option at all */
        {4, {30, 60, 1, 1}},
        {4, {254, 0, 1, 1}},
        {4, {2, 4, 0, 0}},
        {4, {2, 4, 0, 1}},
        {4, {3, 3, 255, 1}},
        {8, {8, 6, 0, 0, 0, 0, 1, 1}},
        {4, {5, 2, 1, 1}},
        {12, {5, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1}},
        {4, {4, 3, 0, 1}},
        {4, {0, 2, 4, 9}},
        {8, {34, 6, 1, 2, 3, 4, 1, 1}},
        {12, {1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}},
        {4, {1, 2, 255, 4}},
    };
    uint32_t len = raws[how].len;
    if (len == 0 || g->options_len + len > 40)
        g->options_len = 0;
    memcpy(g->options + g->options_len, raws[how].octets, len);
    g->options_len += len;
}

static uint8_t *option(struct walk_segment *g, uint8_t kind)
{
    for (uint32_t at = 0; at + 1 < g->options_len;
         at += g->options[at] == 1 ? 1 : g->options[at + 1])
        if (g->options[at] == kind)
            return g->options + at;
        else if (g->options[at] != 1 && g->options[at + 1] < 2)
            break;
    return NULL;
}

static void bend_option(const struct walk *w, struct walk_segment *g, enum bent field, unsigned how)
{
    static const uint16_t sizes[16] = {0,   1,   2,    7,    8,    40,   63,    64,
                                       100, 536, 1460, 1461, 9000, 5000, 32768, 65535};
    uint8_t *o = option(g, field == BENT_MSS ? 2 : field == BENT_SCALE ? 3 : 8);
    if (field == BENT_SACK) {
        const struct walk_end *e = &w->end;
        uint32_t d = distance(w, how);
        add_sack(w, g, how & 1 ? e->acked + d : e->top - 1,
                 how & 1 ? e->acked + d + 1 : e->top + d);
    } else if (!o) {
        return;
    } else if (field == BENT_MSS) {
        walk_put(o + 2, sizes[how], 2);
    } else if (field == BENT_SCALE) {
        o[2] = (uint8_t)(how < 15 ? how : 255);
    } else if (field == BENT_STAMP) {
        walk_put(o + 2, w->peer_stamp + distance(w, how), 4);
    } else {
        walk_put(o + 6, how == 15 ? 0 : w->end.stamp + distance(w, how), 4);
    }
}

static void bend(struct walk *w, struct walk_segment *g, uint8_t what)
{
    static const uint8_t flips[16] = {FIN,       SYN,       RST,       PSH,       ACK,  URG,
                                      FIN | SYN, SYN | RST, FIN | RST, SYN | ACK, 0x40, 0x80,
                                      FIN | ACK, 0xc0,      RST | ACK, 63};
    static const uint16_t urgents[16] = {0,     1,     2,     3, 100, 999,  1000, 1001,
                                         65535, 65534, 32768, 7, 536, 1460, 20,   64};
    /* One more than the address: 0 is the peer's. */
    static const uint32_t nobodies[] = {0x00000001, 0xe0000002, 0x0a000300};
    unsigned field = what >> 4, how = what & 15;
    switch ((enum bent)field) {
    case BENT_SEQ:
        g->seq += distance(w, how);
        break;
    case BENT_ACK:
        g->ack += distance(w, how);
        break;
    case BENT_WINDOW:
        g->wnd = (uint16_t)(g->wnd ^ (1u << how));
        break;
    case BENT_FLAGS:
        g->flags ^= flips[how];
        break;
    case BENT_URGENT:
        g->flags |= URG;
        g->urg = how == 15 ? (uint16_t)(g->len + 1) : urgents[how];
        break;
    case BENT_OPTION:
        raw_option(g, how);
        break;
    case BENT_SUM:
        g->bad_sum = true;
        break;
    case BENT_LENGTH:
        g->len = lengths[how];
        break;
    case BENT_PORT:
        if (how < 3)
            g->peer_port = (uint16_t)(g->peer_port + 1 + how);
        else
            g->from = nobodies[how % (sizeof nobodies / sizeof nobodies[0])];
        break;
    case BENT_OFFSET:
        if (how < 4)
            g->tos = (uint8_t)how;
        else
            g->offset = (uint8_t)how;
        break;
    case BENT_NOT:
        break;
    default:
        bend_option(w, g, (enum bent)field, how);
        break;
    }
}

static void stamp(struct walk *w)
{
    w->peer_stamp = (uint32_t)(1 + w->now_ns / 1000000);
}

/* What the walk knows of the stack by it. */
static void note_sent(struct walk *w, const struct walk_segment *g)
{
    struct walk_end *e = &w->end;
    if (g->peer_port != e->peer_port || g->sut_port != e->sut_port)
        w->no_ports = true; /* lines that leave them out would mean others */
    w->odd |= g->offset || (g->flags & SYN && g->seq != 0);
    w->unsure |= g->flags & RST && w->begin == BEGIN_COOKIES;
    e->wnd = g->wnd;
    if (g->flags & FIN) {
        e->fin_sent = true;
        e->fin_end = g->seq + g->len + 1;
    }
    uint32_t end = g->seq + !!(g->flags & SYN) + g->len;
    if (g->len > 0) {
        w->last_begin = end - g->len;
        w->last_end = end;
    }
    if ((int32_t)(end - e->edge) > 0)
        end = (int32_t)(e->edge - g->seq) >= 0 ? e->edge : e->text_end; /* what lay in the window */
    if ((int32_t)(end - e->text_end) > 0)
        e->text_end = end;
    if (g->flags & ACK && (int32_t)(g->ack - e->acked) > 0 && (int32_t)(e->top - g->ack) >= 0)
        e->acked = g->ack;
    if ((int32_t)(e->acked - e->got) > 0)
        e->got = e->acked;
}

void walk_inject(struct walk *w, const struct walk_segment *g)
{
    uint8_t frame[WALK_FRAME];
    uint32_t len = walk_frame_of(w, g, frame);
    FILE *out = walk_line(w);
    if (out && (g->offset || g->from))
        walk_print_frame(frame, len, out);
    else if (out)
        walk_print_segment(w, g, out);
    if (out)
        fflush(out);
    walk_model_before(w, g);
    if (!g->from)
        note_sent(w, g);
    walk_model_acks(w, g);
    walk_deliver(w, frame, len);
    walk_model_after(w, g);
}

void walk_play_segment(struct walk *w, const struct plan_step *s)
{
    struct walk_segment g;
    stamp(w);
    choose(w, s, &g);
    const uint8_t bent[3] = {w->bend[0], w->bends > 1 ? w->bend[1] : 0, s->c};
    unsigned edge = 0;
    for (uint32_t k = w->bends ? 0 : 2; k < 3; k++) {
        bend(w, &g, bent[k]);
        edge = edge ? edge : bent[k] >> 4;
    }
    w->bends = 0;
    if (w->no_ports)
        g.with_ports = true;
    if (g.len > MOST - g.options_len)
        g.len = MOST - g.options_len;
    if (g.flags & SYN && g.len == 0 && g.seq != 0)
        g.with_ports = true;
    w->unsure |= edge && w->begin == BEGIN_COOKIES;
    walk_cell(w, s->a < 16 ? s->a : WALK_MORE_SEGMENTS + s->a - 16u, edge);
    walk_inject(w, &g);
}

/* --- ICMP --- */

static const struct {
    uint8_t type, code;
    uint16_t mtu;
} errors[PLAN_ERRORS] = {{3, 1, 0}, {3, 0, 0},  {3, 3, 0},  {3, 2, 0}, {3, 4, 1000}, {3, 4, 500},
                         {3, 4, 0}, {3, 4, 68}, {11, 0, 0}, {4, 0, 0}, {12, 0, 0},   {3, 13, 0}};

/* It quotes the first octets of a segment of the stack's. */
void walk_play_error(struct walk *w, const struct plan_step *s)
{
    uint8_t f[128] = {0}, *icmp = f + ETHERNET + IP, *ip = icmp + ICMP_HEADER, *t = ip + IP;
    const struct walk_end *e = &w->end;
    const uint32_t seqs[4] = {e->acked, e->top, e->top - 1, e->acked + 70000};
    uint32_t seq = seqs[s->b & 3];
    walk_cell(w, 16 + s->a, 0);
    if (!e->known)
        return;
    walk_frame_headers(f, 1, 0, IP + ICMP_HEADER + QUOTED);
    icmp[0] = errors[s->a].type;
    icmp[1] = errors[s->a].code;
    walk_put(icmp + 6, errors[s->a].mtu, 2);
    ip[0] = 0x45;
    walk_put(ip + 2, 1040, 2);
    ip[6] = 0x40;
    ip[8] = 64;
    ip[9] = 6;
    walk_put(ip + 12, WALK_SUT_IP, 4);
    walk_put(ip + 16, WALK_PEER_IP, 4);
    walk_put(ip + 10, walk_folded(walk_sum_of(ip, IP, 0)), 2);
    walk_put(t, e->sut_port, 2);
    walk_put(t + 2, e->peer_port, 2);
    walk_put(t + 4, e->irs + seq, 4);
    walk_put(icmp + 2, walk_folded(walk_sum_of(icmp, ICMP_HEADER + QUOTED, 0)), 2);
    uint32_t len = walk_frame_padded(f, ETHERNET + IP + ICMP_HEADER + QUOTED);
    FILE *out = walk_line(w);
    if (out && w->no_ports) {
        walk_print_frame(f, len, out);
    } else if (out) {
        fprintf(out, "< icmp %u %u", icmp[0], icmp[1]);
        if (errors[s->a].type == 3 && errors[s->a].code == 4)
            fprintf(out, " mtu %u", errors[s->a].mtu);
        fprintf(out, " [%" PRIu32 ":%" PRIu32 "(1000)]\n", seq, seq + 1000);
    }
    if (out)
        fflush(out);
    walk_deliver(w, f, len);
}
