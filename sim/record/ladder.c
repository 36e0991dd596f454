#include "sim/record/ladder.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM = 4096, NAME_WIDTH = 8, CAPTION_ROOM = 48 };

/* By time; of one time in the order of the topology. */
static int by_time(const void *x, const void *y)
{
    const struct ladder_rung *a = x, *b = y;
    if (a->record->time_ns != b->record->time_ns)
        return a->record->time_ns < b->record->time_ns ? -1 : 1;
    if (a->link != b->link)
        return a->link < b->link ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

struct ladder_rung *ladder_rungs(const struct recording *r, size_t *count, uint64_t *lost)
{
    size_t n = 0, kept = 1; /* one, so that none is no failure */
    for (uint32_t l = 0; l < r->links; l++)
        kept += r->link[l].capture->count - r->link[l].capture->first;
    struct ladder_rung *rung = malloc(kept * sizeof *rung);
    *count = 0, *lost = 0;
    for (uint32_t l = 0; rung && l < r->links; l++) {
        const struct capture *c = r->link[l].capture;
        *lost += c->first;
        for (uint32_t k = c->first; k < c->count; k++)
            rung[n++] = (struct ladder_rung){&r->link[l], capture_at(c, k), k};
    }
    if (rung)
        qsort(rung, n, sizeof *rung, by_time);
    *count = n;
    return rung;
}

static void print_time(FILE *out, int64_t ns)
{
    fprintf(out, "%6" PRId64 ".%09" PRId64, ns / 1000000000, ns % 1000000000);
}

static void print_margin(FILE *out, const struct capture_record *rec)
{
    if (rec->event != LINK_SENT)
        fprintf(out, "  [%s%s", link_event_name(rec->event), rec->line ? "" : "]");
    if (rec->event != LINK_SENT && rec->line)
        fprintf(out, ", line %d]", rec->line);
    const struct frame *f = rec->frame;
    if (f->note)
        fprintf(out, "  [%s%s%s]", f->teller ? f->teller : "", f->teller ? ": " : "", f->note);
}

static void print_record(FILE *out, const struct recording *r, const struct recorded_link *l,
                         const struct capture_record *rec)
{
    char text[TEXT_ROOM], line[16] = "";
    const char *from = link_port_name(l->link, rec->port);
    packet_text(r->layers, rec->frame->bytes, rec->frame->len, 0, text, sizeof text);
    if (rec->script_line)
        snprintf(line, sizeof line, ":%d", rec->script_line);
    print_time(out, rec->time_ns);
    fprintf(out, "  %-*s %-6s > %s", NAME_WIDTH, from, line, text);
    print_margin(out, rec);
    if (r->links > 1)
        fprintf(out, "  on %s", l->name);
    fputc('\n', out);
}

/* Those that were told before the frame of that number, from *at on. */
static void print_notes(FILE *out, const struct recorded_notes *n, uint32_t *at, uint64_t frames)
{
    for (; n && *at < n->count && n->note[*at].frames <= frames; ++*at) {
        print_time(out, n->note[*at].time_ns);
        fprintf(out, "  %-*s %-6s | %s\n", NAME_WIDTH, "", "", n->note[*at].text);
    }
}

void ladder_of_run(FILE *out, const struct recording *r)
{
    size_t count;
    uint64_t lost;
    uint32_t noted = 0;
    struct ladder_rung *rung = ladder_rungs(r, &count, &lost);
    fprintf(out, "%16s  %-*s %-6s   frame\n", "time", NAME_WIDTH, "from", "line");
    if (lost)
        fprintf(out, "  ... %" PRIu64 " earlier frames were not kept; --pcap F keeps all\n", lost);
    if (r->notes && r->notes->lost)
        fprintf(out, "  ... %" PRIu64 " earlier lines of the trace were not kept\n",
                r->notes->lost);
    for (size_t k = 0; k < count; k++) {
        print_notes(out, r->notes, &noted, lost + k);
        print_record(out, r, rung[k].link, rung[k].record);
    }
    print_notes(out, r->notes, &noted, UINT64_MAX);
    free(rung);
}

char *ladder_text(const struct recording *r)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    ladder_of_run(f, r);
    fclose(f);
    return text;
}

void ladder_of_capture(FILE *out, const struct pcap_file *file)
{
    struct pool *pool = pool_new();
    struct layer_set *layers = layer_set_new(pool);
    char text[TEXT_ROOM];
    int64_t start = file->count ? file->frame[0].time_ns : 0;
    /* Captures of ours begin near 0; others carry the date. */
    if (start < 86400 * INT64_C(1000000000))
        start = 0;
    fprintf(out, "%16s  frame\n", "time");
    for (size_t f = 0; f < file->count; f++) {
        const struct pcap_frame *frame = &file->frame[f];
        packet_text(layers, frame->bytes, frame->len, 1, text, sizeof text);
        int64_t since = frame->time_ns - start;
        print_time(out, since < 0 ? 0 : since);
        fprintf(out, "  %s%s\n", text,
                frame->len < frame->original_len ? "  [cut short by the capture]" : "");
    }
    pool_free(pool);
}

/* --- as Mermaid --- */

/* A colon, a semicolon or a hash would end the text. */
static void print_mermaid_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == ';' || c == '#' || c == '<' || c == '>' || c == '&')
            fprintf(out, "#%d;", c);
        else
            fputc(c < ' ' || c > '~' ? '?' : c, out);
    }
}

static void print_station(FILE *out, const uint8_t mac[6])
{
    for (int k = 0; k < 6; k++)
        fprintf(out, "%s%02x", k ? "_" : "m", mac[k]);
}

void ladder_mermaid(FILE *out, const struct pcap_file *file)
{
    struct pool *pool = pool_new();
    struct layer_set *layers = layer_set_new(pool);
    char text[TEXT_ROOM];
    fputs("sequenceDiagram\n", out);
    for (size_t f = 0; f < file->count; f++) {
        const struct pcap_frame *frame = &file->frame[f];
        if (frame->len < 12)
            continue;
        packet_text(layers, frame->bytes, frame->len, 0, text, sizeof text);
        fputs("    ", out);
        print_station(out, frame->bytes + 6);
        fputs("->>", out);
        print_station(out, frame->bytes);
        fprintf(out, ": %" PRId64 ".%09" PRId64 " ", frame->time_ns / 1000000000,
                frame->time_ns % 1000000000);
        print_mermaid_text(out, text);
        fputc('\n', out);
    }
    pool_free(pool);
}
