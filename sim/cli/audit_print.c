/* What an audit prints: findings with the frames before them, the table of rules that were broken,
 * and what could not be judged. */
#include <inttypes.h>
#include <stdlib.h>
#include "sim/cli/audit_inside.h"
#include "sim/judge/clause.h"
#include "sim/record/json.h"

enum { SHOWN = 3, TEXT_ROOM = 1024, LINE = 200 };

/* --- text --- */

static void print_who(FILE *out, const struct monitor_finding *f)
{
    if (f->ipv4)
        fprintf(out, "%u.%u.%u.%u", f->ipv4 >> 24, f->ipv4 >> 16 & 255, f->ipv4 >> 8 & 255,
                f->ipv4 & 255);
    else if (f->has_mac)
        fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", f->mac[0], f->mac[1], f->mac[2], f->mac[3],
                f->mac[4], f->mac[5]);
    else
        fputs("?", out);
}

static double seconds(const struct audit *a, int64_t time_ns)
{
    return (double)(time_ns - a->first_ns) / 1e9;
}

/* The frames up to the newest, which is the one that was found. */
static void print_ladder(FILE *out, struct audit *a)
{
    uint64_t have = a->arounds < AROUND ? a->arounds : AROUND;
    for (uint64_t k = a->arounds - have; k < a->arounds; k++) {
        const struct around *r = &a->around[k % AROUND];
        char text[TEXT_ROOM];
        packet_text(a->layers, r->bytes, r->len, 0, text, sizeof text);
        fprintf(out, "  %c %6" PRIu64 "  %.6f  %.*s%s\n", k + 1 == a->arounds ? '*' : ' ',
                r->number, seconds(a, r->time_ns), LINE, text,
                r->len < r->wire_len ? "  [cut]" : "");
    }
}

void *audit_context(void *self, enum monitor_rule rule)
{
    struct audit *a = self;
    char *text = NULL;
    size_t len;
    if (a->options->json || a->options->quiet ||
        (a->waited[rule]++ >= SHOWN && !a->options->verbose))
        return NULL;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return NULL;
    print_ladder(f, a);
    fclose(f);
    return text;
}

/* What the catalogue says, where the clause stands there. */
static void print_clause(const struct monitor_row *row)
{
    struct clause c;
    printf("  rule      %s\n", row->what);
    if (clause_find(row->clause, &c))
        printf("  clause    %s (%s section %s, %s): %.*s\n", c.id, c.rfc, c.section, c.level,
               c.text_len, c.text);
    else
        printf("  clause    %s\n", row->clause);
    if (row->except)
        printf("  spared    %s\n", row->except);
}

static void print_finding(struct audit *a, const struct monitor_finding *f)
{
    const struct monitor_row *row = &monitor_row[f->rule];
    bool first = a->certain[f->rule] == 1;
    if (a->certain[f->rule] > SHOWN && !a->options->verbose)
        return;
    printf("%s: frame %" PRIu64 " at %.6f s: ", a->path, f->number, seconds(a, f->time_ns));
    print_who(stdout, f);
    printf(" breaks %s (%s, %s): %s\n", row->name, monitor_level_name(row->level), row->clause,
           f->words);
    if (first)
        print_clause(row);
    if (f->context)
        fputs(f->context, stdout);
    else if (first || a->options->verbose)
        print_ladder(stdout, a);
}

/* --- JSON --- */

static void print_json(const struct audit *a, const struct monitor_finding *f, FILE *out)
{
    const struct monitor_row *row = &monitor_row[f->rule];
    fprintf(out, "{\"file\":");
    json_string(out, a->path);
    fprintf(out, ",\"frame\":%" PRIu64 ",\"time_ns\":%" PRId64 ",\"rule\":\"%s\",\"level\":\"%s\"",
            f->number, f->time_ns, row->name, monitor_level_name(row->level));
    fprintf(out, ",\"clause\":");
    json_string(out, row->clause);
    fprintf(out, ",\"certain\":%s", f->lacks ? "false" : "true");
    if (f->lacks) {
        fprintf(out, ",\"because\":");
        json_string(out, monitor_need_text(f->lacks));
    }
    fprintf(out, ",\"host\":\"");
    print_who(out, f);
    fprintf(out, "\",\"sentence\":");
    json_string(out, row->what);
    fprintf(out, ",\"found\":");
    json_string(out, f->words);
    fprintf(out, "}\n");
}

static void json_summary(const struct audit *a, FILE *out)
{
    const struct monitor_counts *c = monitor_counts(a->monitor);
    uint64_t open = 0;
    for (int r = 0; r < MONITOR_RULES; r++)
        open += a->open[r];
    fprintf(out, "{\"file\":");
    json_string(out, a->path);
    fprintf(out,
            ",\"frames\":%" PRIu64 ",\"judged\":%" PRIu64 ",\"connections\":%" PRIu64
            ",\"must\":%" PRIu64 ",\"should\":%" PRIu64 ",\"convention\":%" PRIu64
            ",\"uncertain\":%" PRIu64 "}\n",
            a->frames, c->judged, c->connections, a->broken[MONITOR_MUST],
            a->broken[MONITOR_SHOULD], a->broken[MONITOR_CONVENTION], open);
}

/* --- the whole --- */

void audit_finding(struct audit *a, const struct monitor_finding *f)
{
    const struct monitor_row *row = &monitor_row[f->rule];
    if (f->lacks) {
        a->open[f->rule]++;
        a->lacks[f->rule] |= f->lacks;
    } else {
        a->certain[f->rule]++;
        a->broken[row->level]++;
    }
    for (int k = 0; k < 2; k++)
        if (a->json[k])
            print_json(a, f, json_out(a->json[k]));
    if (!a->options->json && !f->lacks && !a->options->quiet)
        print_finding(a, f);
    free(f->context);
}

static void print_table(const struct audit *a)
{
    bool any = false;
    for (int r = 0; r < MONITOR_RULES; r++) {
        if (!a->certain[r])
            continue;
        if (!any)
            printf("  %8s  %-10s  %-28s %s\n", "findings", "level", "rule", "clause");
        any = true;
        printf("  %8" PRIu64 "  %-10s  %-28s %s\n", a->certain[r],
               monitor_level_name(monitor_row[r].level), monitor_row[r].name,
               monitor_row[r].clause);
    }
}

static void print_open(const struct audit *a)
{
    for (int r = 0; r < MONITOR_RULES; r++)
        if (a->open[r])
            printf("  not judged: %s, %" PRIu64 " time%s: %s\n", monitor_row[r].name, a->open[r],
                   a->open[r] == 1 ? "" : "s", monitor_need_text(a->lacks[r]));
}

static void print_line(uint64_t count, const char *what)
{
    if (count)
        printf("  %" PRIu64 " %s\n", count, what);
}

static void print_capture(const struct audit *a)
{
    const struct monitor_counts *c = monitor_counts(a->monitor);
    uint8_t m[6];
    printf("%s: %" PRIu64 " frames in %.6f s: %" PRIu64 " ARP, %" PRIu64 " IPv4 (%" PRIu64
           " ICMP, %" PRIu64 " UDP, %" PRIu64 " TCP in %" PRIu64 " connections), %" PRIu64
           " others\n",
           a->path, a->frames, seconds(a, a->last_ns), c->arp, c->ipv4, c->icmp, c->udp, c->tcp,
           c->connections, c->other + a->unread);
    if (!a->options->host && monitor_own(a->monitor, m))
        printf(
            "  taken at the port of %02x:%02x:%02x:%02x:%02x:%02x, as it seems: frames of it are "
            "shorter than a wire's\n",
            m[0], m[1], m[2], m[3], m[4], m[5]);
    print_line(c->midway, "connections began before the capture: of them little is judged");
    print_line(c->holes, "gaps: acknowledged or passed over, and not in the capture");
    print_line(c->cut, "frames were cut by the capture");
    print_line(c->partial_sums, "checksums were left to a NIC: captured before it put them in");
    print_line(c->merged, "segments were longer than a frame: captured before a NIC cut them, or "
                          "after one joined them");
    print_line(c->repeated, "frames were seen twice and judged once");
    if (a->unread)
        printf("  %" PRIu64 " packets of link type %d or without IPv4 were passed over\n",
               a->unread, a->unread_link);
}

void audit_summary(const struct audit *a)
{
    const struct monitor_counts *c = monitor_counts(a->monitor);
    for (int k = 0; k < 2; k++)
        if (a->json[k])
            json_summary(a, json_out(a->json[k]));
    if (a->options->json)
        return;
    print_capture(a);
    print_table(a);
    print_open(a);
    printf("%" PRIu64 " frames judged by %d rules: %" PRIu64 " findings against a MUST, %" PRIu64
           " against a SHOULD, %" PRIu64 " against a convention\n",
           c->judged, (int)MONITOR_RULES, a->broken[MONITOR_MUST], a->broken[MONITOR_SHOULD],
           a->broken[MONITOR_CONVENTION]);
}

void audit_print_rules(FILE *out)
{
    uint32_t level[3] = {0};
    for (int r = 0; r < MONITOR_RULES; r++) {
        const struct monitor_row *row = &monitor_row[r];
        level[row->level]++;
        fprintf(out, "%-26s %-10s %-28s %s\n", row->name, monitor_level_name(row->level),
                row->clause, row->what);
        for (unsigned need = 1; need < NEEDS_ALL; need <<= 1)
            if (row->needs & need)
                fprintf(out, "%26s unless %s\n", "", monitor_need_text(need));
        if (row->except)
            fprintf(out, "%26s spared: %s\n", "", row->except);
    }
    fprintf(out, "%d rules: %u MUST, %u SHOULD, %u conventions\n", (int)MONITOR_RULES,
            level[MONITOR_MUST], level[MONITOR_SHOULD], level[MONITOR_CONVENTION]);
}
