/* What `wiredrill replay` tells: how the frames of a capture ended, all together and each. */
#include "sim/cli/replay_inside.h"
#include <inttypes.h>
#include <string.h>
#include "sim/record/json.h"

enum { TEXT = 512, NEARLY_ALL = 90, LEAST = 4, MACS = 32 };

static const char *const words[] = {"filtered", "consumed", "dropped", "held"};

static const char *word_of(const struct ledger *l, enum sut_fate fate)
{
    return l->silent && fate == SUT_FATE_HELD ? "given" : words[fate];
}

static void print_fed(const struct ledger *l, size_t k, const struct layer_set *layers)
{
    const struct pcap_frame *f = &l->file->frame[k];
    const struct told_frame *t = &l->frame[k];
    bool named = t->reason && t->reason[0] && strcmp(t->reason, "held") != 0;
    char text[TEXT];
    packet_text(layers, f->bytes, f->len, 0, text, sizeof text);
    printf("  %5zu  %-9s %s%s%s\n", k + 1, t->reason ? word_of(l, t->fate) : "not fed",
           named ? t->reason : "", named ? "  " : "", text);
}

/* In the order in which they were on the wire, those of the host under test among them. */
static void print_each(const struct ledger *l, const struct run *r)
{
    const struct recording *rec = &r->topology.recording;
    const struct capture *c = rec->link[0].capture;
    size_t fed = 0;
    for (uint32_t k = 0; k < c->count; k++) {
        const struct capture_record *record = capture_at(c, k);
        char text[TEXT];
        if (!record)
            continue;
        if (record->port != (int)r->topology.sut->port[0].number) {
            if (fed < l->file->count)
                print_fed(l, fed++, rec->layers);
            continue;
        }
        packet_text(rec->layers, record->frame->bytes, record->frame->len, 0, text, sizeof text);
        printf("      >  sent      %s\n", text);
    }
}

static void json_each(FILE *out, const char *path, const struct ledger *l)
{
    for (size_t k = 0; k < l->file->count; k++) {
        const struct told_frame *t = &l->frame[k];
        fputs("{\"file\":", out);
        json_string(out, path);
        fprintf(out, ",\"frame\":%zu,\"time_ns\":%" PRId64 ",\"fate\":", k + 1,
                l->file->frame[k].time_ns - l->file->frame[0].time_ns);
        json_string(out, t->reason ? word_of(l, t->fate) : "not fed");
        fputs(",\"reason\":", out);
        json_string(out, t->reason);
        fputs("}\n", out);
    }
}

static void json_all(FILE *out, const char *path, const struct ledger *l, uint64_t answers)
{
    fputs("{\"file\":", out);
    json_string(out, path);
    fprintf(out, ",\"fed\":%" PRIu64, l->fed);
    for (int k = 0; k < 4; k++)
        fprintf(out, ",\"%s\":%" PRIu64, word_of(l, (enum sut_fate)k), l->by_fate[k]);
    fprintf(out, ",\"partial_sums\":%" PRIu64 ",\"answers\":%" PRIu64 "}\n", l->partial, answers);
}

/* --- what would do better --- */

/* The station that most frames of the file are for; false: none is. */
static bool most_wanted(const struct pcap_file *file, char out[64])
{
    struct {
        const uint8_t *frame;
        size_t count;
    } station[MACS] = {{0}}, *most = &station[0];
    for (size_t k = 0; k < file->count; k++) {
        const struct pcap_frame *f = &file->frame[k];
        int m = 0;
        if (f->len < 34 || f->bytes[0] & 1 || f->bytes[12] != 8 || f->bytes[13] != 0)
            continue;
        while (m < MACS && station[m].count && memcmp(station[m].frame, f->bytes, 6) != 0)
            m++;
        if (m == MACS)
            continue;
        station[m].frame = f->bytes;
        most = ++station[m].count > most->count ? &station[m] : most;
    }
    const uint8_t *b = most->frame;
    if (!b)
        return false;
    snprintf(out, 64, "%02x:%02x:%02x:%02x:%02x:%02x/%u.%u.%u.%u", b[0], b[1], b[2], b[3], b[4],
             b[5], b[30], b[31], b[32], b[33]);
    return true;
}

static void advise(const struct ledger *l, const struct options *o, const struct target *t)
{
    char to[64];
    bool many = l->fed >= LEAST && 100 * l->by_fate[SUT_FATE_FILTERED] >= NEARLY_ALL * l->fed;
    if (many && !t->rewrite && !o->promiscuous && most_wanted(l->file, to))
        printf(
            "  nearly all of it is for other stations: --to %s makes the stack the one that most "
            "frames are for, and rewrites the others to it\n",
            to);
    if (l->partial && !o->fix_sums && !t->rewrite)
        printf("  %" PRIu64 " frames carry the sum of their pseudo-header alone, as a capture on a "
               "sender shows them whose NIC adds the rest: --fix-sums makes them whole\n",
               l->partial);
    else if (l->partial && o->fix_sums)
        printf("  %" PRIu64 " partial sums were made whole\n", l->partial);
    if (l->silent)
        printf("  %s does not say what became of what it was given\n", o->stack->name);
}

/* --- all together --- */

static void print_rows(const struct ledger *l)
{
    for (int k = 0; k < l->rows; k++) {
        const struct fate_row *row = &l->row[k];
        if (l->silent && row->fate == SUT_FATE_HELD)
            continue;
        printf("  %8" PRIu64 "  %s %s", row->frames, words[row->fate], row->reason);
        if (row->cut)
            printf("  [%" PRIu64 " cut short by the capture]", row->cut);
        putchar('\n');
    }
}

static void print_all(const char *path, const struct ledger *l, uint64_t answers,
                      struct passed_over over)
{
    char text[33];
    fingerprint_text(&l->s, text);
    printf("%s: %" PRIu64 " frames fed: %" PRIu64 " filtered by the NIC, ", path, l->fed,
           l->by_fate[SUT_FATE_FILTERED]);
    if (l->silent)
        printf("%" PRIu64 " given to the stack; ", l->by_fate[SUT_FATE_HELD]);
    else
        printf("%" PRIu64 " consumed, %" PRIu64 " dropped, %" PRIu64 " held at the end; ",
               l->by_fate[SUT_FATE_CONSUMED], l->by_fate[SUT_FATE_DROPPED],
               l->by_fate[SUT_FATE_HELD]);
    printf("%" PRIu64 " answers; S %s\n", answers, text);
    if (over.empty)
        printf("  %zu records without a byte of a frame were passed over\n", over.empty);
    if (over.giant)
        printf("  %zu records of more than %d octets were passed over\n", over.giant, FRAME_MAX);
    if (l->cut)
        printf("  %" PRIu64 " of these frames had been cut short by the capture itself\n", l->cut);
}

void replay_tell(const char *path, const struct ledger *l, const struct run *r,
                 const struct options *o, const struct target *t, struct passed_over over,
                 struct json_lines *const json[2])
{
    const struct host *sut = r->topology.sut;
    uint64_t answers = link_port_sent(sut->port[0].link, sut->port[0].number);
    for (int k = 0; k < 2; k++)
        if (json[k]) {
            json_each(json_out(json[k]), path, l);
            json_all(json_out(json[k]), path, l, answers);
        }
    if (o->json)
        return;
    print_all(path, l, answers, over);
    print_rows(l);
    if (o->verbose)
        print_each(l, r);
    advise(l, o, t);
}
