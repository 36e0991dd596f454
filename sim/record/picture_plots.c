/* Sequence numbers over time: of each direction of a TCP connection its segments, what was
 * acknowledged of it, and the edge of the window that it was given. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/record/html.h"
#include "sim/record/ladder.h"
#include "sim/record/picture.h"

enum { WIDTH = 620, HEIGHT = 240, LEFT = 76, BOTTOM = 24, POINTS = 2000, SCALE_MOST = 14 };

struct end {
    uint32_t ip;
    uint16_t port;
};

struct segment {
    struct end from, to;
    int64_t time_ns;
    uint32_t seq, ack, win, len;
    uint8_t flags;
    int scale; /* -1: it says none */
};

/* A direction: what goes from one end to the other. */
struct way {
    struct end from, to;
    uint32_t first;      /* sequence number that counts as 0 */
    uint32_t high;       /* the highest that was seen, from there */
    int scale, answered; /* of the receiver's windows, whether both said so */
    uint64_t octets;
};

enum { FIN = 1, SYN = 2, ACK = 16 };

static bool number(const struct picture *p, const struct frame *f, const char *name, uint32_t *out)
{
    struct value v;
    bool found = packet_field(p->recording->layers, f->bytes, f->len, name, &v);
    *out = found ? (uint32_t)v.number : 0;
    return found;
}

static bool read_segment(const struct picture *p, const struct capture_record *rec,
                         struct segment *s)
{
    uint32_t flags, sport, dport, total, offset, scale, ihl;
    const struct frame *f = rec->frame;
    *s = (struct segment){.time_ns = rec->time_ns, .scale = -1};
    if (!number(p, f, "tcp.flags", &flags) || !number(p, f, "ip.src", &s->from.ip) ||
        !number(p, f, "ip.len", &total) || !number(p, f, "tcp.off", &offset) ||
        !number(p, f, "ip.ihl", &ihl))
        return false;
    number(p, f, "ip.dst", &s->to.ip);
    number(p, f, "tcp.sport", &sport);
    number(p, f, "tcp.dport", &dport);
    number(p, f, "tcp.seq", &s->seq);
    number(p, f, "tcp.ack", &s->ack);
    number(p, f, "tcp.win", &s->win);
    if (flags & SYN && number(p, f, "tcp.wscale", &scale))
        s->scale = scale < SCALE_MOST ? (int)scale : SCALE_MOST;
    s->from.port = (uint16_t)sport;
    s->to.port = (uint16_t)dport;
    s->flags = (uint8_t)flags;
    uint32_t headers = (ihl + offset) * 4;
    s->len = total > headers ? total - headers : 0;
    return true;
}

static bool same(struct end a, struct end b)
{
    return a.ip == b.ip && a.port == b.port;
}

static struct way *way_of(struct way *way, int *ways, const struct segment *s, bool back)
{
    struct end from = back ? s->to : s->from, to = back ? s->from : s->to;
    for (int k = 0; k < *ways; k++)
        if (same(way[k].from, from) && same(way[k].to, to))
            return &way[k];
    if (back || *ways == PICTURE_PLOTS)
        return NULL;
    way[*ways] = (struct way){.from = from, .to = to, .first = s->seq};
    return &way[(*ways)++];
}

static void reach(struct way *w, uint32_t number_reached)
{
    uint32_t from_first = number_reached - w->first;
    if (from_first < UINT32_MAX / 2 && from_first > w->high)
        w->high = from_first;
}

/* What goes beyond what was sent is of no interest: the window's edge is drawn up to the top. */
static void learn(struct way *way, int *ways, const struct segment *s)
{
    struct way *w = way_of(way, ways, s, false), *back = way_of(way, ways, s, true);
    if (w) {
        reach(w, s->seq + s->len);
        w->octets += s->len;
    }
    if (back && s->scale >= 0)
        back->scale = s->scale;
}

struct plot {
    FILE *out;
    const struct way *way;
    int64_t from_ns, to_ns;
    uint32_t top;
};

static double x_of(const struct plot *g, int64_t t)
{
    int64_t span = g->to_ns > g->from_ns ? g->to_ns - g->from_ns : 1;
    return LEFT + (double)(t - g->from_ns) * (WIDTH - LEFT - 10) / (double)span;
}

static double y_of(const struct plot *g, uint32_t n)
{
    n = n > g->top ? g->top : n;
    return HEIGHT - BOTTOM - (double)n * (HEIGHT - BOTTOM - 10) / (double)(g->top ? g->top : 1);
}

static void plot_segment(const struct plot *g, const struct segment *s)
{
    const struct way *w = g->way;
    double x = x_of(g, s->time_ns);
    if (same(s->from, w->from) && same(s->to, w->to)) {
        uint32_t n = s->seq - w->first;
        if (n <= g->top)
            fprintf(g->out, "<path class=\"seg\" d=\"M%.1f %.1fV%.1f\"/>", x, y_of(g, n) + 1,
                    y_of(g, n + s->len) - 1);
    } else if (same(s->from, w->to) && same(s->to, w->from) && s->flags & ACK) {
        uint32_t acked = s->ack - w->first,
                 edge = acked + (s->flags & SYN ? s->win : s->win << w->scale);
        if (acked <= g->top)
            fprintf(g->out,
                    "<circle class=\"ack\" cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/><circle "
                    "class=\"win\" cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>",
                    x, y_of(g, acked), x, y_of(g, edge));
    }
}

static void print_end(FILE *out, struct end e)
{
    fprintf(out, "%u.%u.%u.%u:%u", e.ip >> 24, e.ip >> 16 & 255, e.ip >> 8 & 255, e.ip & 255,
            e.port);
}

static void begin_plot(const struct plot *g)
{
    fputs("<figure class=\"plot\"><figcaption>", g->out);
    print_end(g->out, g->way->from);
    fputs(" to ", g->out);
    print_end(g->out, g->way->to);
    fprintf(g->out,
            ": <span class=\"seg\">segments</span>, <span class=\"ack\">acknowledged</span>, "
            "<span class=\"win\">window's edge</span></figcaption><svg role=\"img\" "
            "aria-label=\"sequence numbers over time\" width=\"%d\" height=\"%d\">",
            WIDTH, HEIGHT);
    fprintf(g->out,
            "<path class=\"axis\" d=\"M%d 6V%dH%d\"/><text x=\"2\" y=\"16\">%u</text><text "
            "x=\"2\" y=\"%d\">0</text><text x=\"%d\" y=\"%d\">%.3f s</text><text class=\"end\" "
            "x=\"%d\" y=\"%d\">%.3f s</text>",
            LEFT, HEIGHT - BOTTOM, WIDTH - 10, g->top, HEIGHT - BOTTOM, LEFT, HEIGHT - 6,
            (double)g->from_ns / 1e9, WIDTH - 10, HEIGHT - 6, (double)g->to_ns / 1e9);
}

void picture_plots(FILE *out, const struct picture *p, const struct ladder_rung *rung, size_t count)
{
    struct way way[PICTURE_PLOTS] = {{{0, 0}, {0, 0}, 0, 0, 0, 0, 0}};
    struct segment *s = calloc(POINTS, sizeof *s);
    int ways = 0, segments = 0;
    for (size_t k = count > POINTS ? count - POINTS : 0; s && k < count; k++)
        if (read_segment(p, rung[k].record, &s[segments]))
            learn(way, &ways, &s[segments++]);
    for (int w = 0; w < ways; w++) {
        struct plot g = {out, &way[w], s[0].time_ns, s[segments - 1].time_ns,
                         way[w].high + way[w].high / 4};
        if (way[w].octets < 2)
            continue;
        begin_plot(&g);
        for (int k = 0; k < segments; k++)
            plot_segment(&g, &s[k]);
        fputs("</svg></figure>\n", out);
    }
    free(s);
}
