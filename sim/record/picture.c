#include "sim/record/picture.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/record/html.h"
#include "sim/record/ladder.h"

enum {
    LANES = 24,
    FIRST_X = 150,
    STEP_X = 150,
    TOP = 44,
    ROW = 34,
    TEXT_ROOM = 4096,
    SHOWN = 110, /* characters of a frame's text */
};

/* A vertical line: a port, or the link itself, which stands between its first port and the rest. */
struct lane {
    const struct recorded_link *link;
    int port; /* -1: the link */
};

struct diagram {
    const struct picture *picture;
    struct lane lane[LANES];
    int lanes;
};

static void add_lane(struct diagram *d, const struct recorded_link *l, int port)
{
    if (d->lanes < LANES)
        d->lane[d->lanes++] = (struct lane){l, port};
}

static void find_lanes(struct diagram *d)
{
    const struct recording *r = d->picture->recording;
    for (uint32_t l = 0; l < r->links; l++) {
        int ports = link_ports(r->link[l].link);
        for (int p = 0; p < ports; p++) {
            add_lane(d, &r->link[l], p);
            if (p == 0)
                add_lane(d, &r->link[l], -1);
        }
    }
}

static int x_of(const struct diagram *d, const struct recorded_link *l, int port)
{
    for (int k = 0; k < d->lanes; k++)
        if (d->lane[k].link == l && d->lane[k].port == port)
            return FIRST_X + k * STEP_X;
    return FIRST_X;
}

static void print_lanes(FILE *out, const struct diagram *d, int height)
{
    for (int k = 0; k < d->lanes; k++) {
        const struct lane *l = &d->lane[k];
        int x = FIRST_X + k * STEP_X;
        const char *kind = l->port < 0 ? "link" : "port";
        fprintf(out,
                "<line class=\"%s\" x1=\"%d\" y1=\"30\" x2=\"%d\" y2=\"%d\"/>"
                "<text class=\"name\" x=\"%d\" y=\"20\">",
                kind, x, x, height, x);
        html_text(out, l->port < 0 ? l->link->name : link_port_name(l->link->link, l->port));
        fputs("</text>", out);
    }
}

static bool goes_on(enum link_event e)
{
    return e != LINK_LOST && e != LINK_QUEUE_FULL && e != LINK_TOO_LONG && e != LINK_IS_DOWN;
}

static void print_arrow(FILE *out, int from, int to, int y, bool head)
{
    int back = to > from ? -7 : 7;
    fprintf(out, "<path d=\"M%d %dH%d\"/>", from, y, to);
    if (head)
        fprintf(out, "<path class=\"head\" d=\"M%d %dl%d -4v8z\"/>", to, y, back);
}

/* From the port to the link, and on from there to every other port, or to nobody. */
static void print_way(FILE *out, const struct diagram *d, const struct ladder_rung *rung, int y)
{
    const struct recorded_link *l = rung->link;
    int from = x_of(d, l, rung->record->port), link = x_of(d, l, -1);
    bool on = goes_on(rung->record->event);
    print_arrow(out, from, link, y, !on);
    for (int k = 0; on && k < d->lanes; k++)
        if (d->lane[k].link == l && d->lane[k].port >= 0 && d->lane[k].port != rung->record->port)
            print_arrow(out, link, FIRST_X + k * STEP_X, y, true);
    if (!on)
        fprintf(out, "<path class=\"cross\" d=\"M%d %dl10 10m0 -10l-10 10\"/>", link - 5, y - 5);
}

static void print_words(FILE *out, const struct recording *r, const struct ladder_rung *rung)
{
    char text[TEXT_ROOM];
    const struct capture_record *rec = rung->record;
    int len = packet_text(r->layers, rec->frame->bytes, rec->frame->len, 0, text, sizeof text);
    if (rec->event != LINK_SENT)
        fprintf(out, "[%s] ", link_event_name(rec->event));
    html_octets(out, text, SHOWN);
    fputs(len > SHOWN ? "..." : "", out);
    if (rec->frame->note) {
        fputs(" [", out);
        html_text(out, rec->frame->note);
        fputs("]", out);
    }
}

static void print_frame(FILE *out, const struct diagram *d, const struct ladder_rung *rung, int y)
{
    const struct capture_record *rec = rung->record;
    const struct picture *p = d->picture;
    bool fault = rec->event != LINK_SENT,
         failing = p->line && rec->time_ns == p->at_ns && rec->script_line == 0;
    fprintf(out, "<g class=\"frame%s%s%s\"><title>", fault ? " fault" : "",
            failing ? " failing" : "", rec->frame->note ? " noted" : "");
    char text[TEXT_ROOM];
    packet_text(p->recording->layers, rec->frame->bytes, rec->frame->len, 1, text, sizeof text);
    html_octets(out, text, TEXT_ROOM);
    fprintf(out, "</title><text class=\"time\" x=\"4\" y=\"%d\">%" PRId64 ".%09" PRId64 "%s", y + 4,
            rec->time_ns / 1000000000, rec->time_ns % 1000000000, "</text>");
    print_way(out, d, rung, y);
    fprintf(out, "<text class=\"what\" x=\"%d\" y=\"%d\">", FIRST_X + 6, y - 6);
    if (rec->script_line)
        fprintf(out, ":%d ", rec->script_line);
    print_words(out, p->recording, rung);
    fputs("</text></g>\n", out);
}

static void print_diagram(FILE *out, struct diagram *d, const struct ladder_rung *rung,
                          size_t count, uint64_t lost)
{
    size_t first = count > PICTURE_FRAMES ? count - PICTURE_FRAMES : 0;
    int height = TOP + (int)(count - first) * ROW + 10,
        width = FIRST_X + d->lanes * STEP_X > 980 ? FIRST_X + d->lanes * STEP_X : 980;
    if (first + lost)
        fprintf(out, "<p>The newest %zu of %" PRIu64 " frames.</p>\n", count - first,
                (uint64_t)count + lost);
    fprintf(out,
            "<div class=\"scroll\"><svg role=\"img\" aria-label=\"sequence diagram\" "
            "width=\"%d\" height=\"%d\">\n",
            width, height);
    print_lanes(out, d, height);
    for (size_t k = first; k < count; k++)
        print_frame(out, d, &rung[k], TOP + (int)(k - first) * ROW + 16);
    fputs("</svg></div>\n", out);
}

/* Lines are counted from 1; the one to blame is lit. */
static void print_script(FILE *out, const struct picture *p)
{
    int line = 1;
    fputs("<pre class=\"script\">", out);
    for (const char *at = p->script; at && *at; line++) {
        size_t len = strcspn(at, "\n");
        fprintf(out, "<span%s><i>%3d</i> ", line == p->line ? " class=\"lit\"" : "", line);
        html_octets(out, at, len);
        fputs("</span>", out);
        at += len + (at[len] == '\n');
    }
    fputs("</pre>\n", out);
}

char *picture_text(const struct picture *p)
{
    char *text = NULL;
    size_t len, count;
    uint64_t lost;
    FILE *out = open_memstream(&text, &len);
    struct ladder_rung *rung = ladder_rungs(p->recording, &count, &lost);
    struct diagram d = {.picture = p};
    if (!out || !rung) {
        free(rung);
        return NULL;
    }
    find_lanes(&d);
    fputs("<div class=\"pair\"><div>", out);
    print_diagram(out, &d, rung, count, lost);
    picture_octets(out, p, rung, count);
    picture_plots(out, p, rung, count);
    fputs("</div>", out);
    print_script(out, p);
    fputs("</div>\n", out);
    free(rung);
    fclose(out);
    return text;
}
