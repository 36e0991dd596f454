/* The monitors of `wiredrill live`: findings as they come, and the tables at the end. */
#include <inttypes.h>
#include "sim/cli/live_inside.h"

enum { MOST = 16384, OCTETS_MOST = 32 << 20, SHOWN = 3 };

void live_found(void *side, const struct monitor_finding *f)
{
    struct side *s = side;
    const struct monitor_row *row = &monitor_row[f->rule];
    if (f->lacks) {
        s->open[f->rule]++;
        s->lacks[f->rule] |= f->lacks;
        return;
    }
    if (++s->found[f->rule] > SHOWN || s->live->options->quiet)
        return;
    printf("%10.6f  frame %" PRIu64 ", %s: %s (%s, %s): %s\n", (double)f->time_ns / 1e9, f->number,
           s->name, row->name, monitor_level_name(row->level), row->clause, f->words);
}

bool live_watch(struct side *s, unsigned known)
{
    struct monitor_config config = {.self = s,
                                    .alloc = monitor_heap_alloc,
                                    .release = monitor_heap_release,
                                    .found = live_found,
                                    .known = known,
                                    .most = MOST,
                                    .octets_most = OCTETS_MOST};
    s->monitor = monitor_new(&config);
    return s->monitor != NULL;
}

void live_see(struct live *l, const uint8_t *bytes, uint32_t len, bool ours)
{
    struct monitor_frame f = {.number = ++l->frames,
                              .time_ns = world_now(l->run->world),
                              .bytes = bytes,
                              .len = len,
                              .wire_len = len,
                              .link = MONITOR_ETHERNET,
                              .way = ours ? MONITOR_COMES : MONITOR_LEAVES};
    monitor_frame(l->theirs.monitor, &f);
    if (l->pcap)
        pcap_stream_add(l->pcap, f.time_ns, bytes, len);
}

void live_paused(struct live *l, int64_t paused_ns)
{
    l->pauses++;
    l->paused_ns = paused_ns > l->paused_ns ? paused_ns : l->paused_ns;
    monitor_tell(l->theirs.monitor, MONITOR_TOLD_LATE);
}

uint64_t live_table(const struct side *s)
{
    uint64_t must = 0;
    const struct monitor_counts *c = monitor_counts(s->monitor);
    printf("%s: %" PRIu64 " frames judged by %d rules, %" PRIu64 " connections\n", s->name,
           c->judged, (int)MONITOR_RULES, c->connections);
    for (int r = 0; r < MONITOR_RULES; r++) {
        const struct monitor_row *row = &monitor_row[r];
        if (s->found[r])
            printf("  %8" PRIu64 "  %-10s  %-28s %s\n", s->found[r], monitor_level_name(row->level),
                   row->name, row->clause);
        must += row->level == MONITOR_MUST ? s->found[r] : 0;
    }
    for (int r = 0; r < MONITOR_RULES; r++)
        if (s->open[r])
            printf("  not judged: %s, %" PRIu64 " time%s: %s\n", monitor_row[r].name, s->open[r],
                   s->open[r] == 1 ? "" : "s", monitor_need_text(s->lacks[r]));
    return must;
}
