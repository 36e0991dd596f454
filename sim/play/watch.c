#include "sim/play/watch.h"
#include <stdio.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/monitor/monitor.h"

#define SECOND_NS INT64_C(1000000000)

/* Of connections and of octets that are remembered: more than scenarios have. */
enum { SHORTEST = 60, MOST = 4096, OCTETS_MOST = 4 << 20, NOTE = 320, VERDICT = 2 * NOTE };

struct watch {
    struct monitor *monitor;
    struct frame *frame; /* the one that is being looked at */
    const char *link;
    struct names notes; /* what frames are noted with, each text once */
    const char *broken; /* the first MUST, in words; NULL: none was */
    int64_t broken_ns;
};

static void *alloc(void *self, size_t size)
{
    struct run *r = self;
    return world_alloc(r->world, size, 16);
}

static void release(void *self, void *memory, size_t size)
{
    struct run *r = self;
    world_release(r->world, memory, size);
}

/* What breaks a MUST fails a case whose lines hold: a line says more of what is wrong. The rest
 * stands in the ladder. */
static void found(void *self, const struct monitor_finding *f)
{
    struct run *r = self;
    const struct monitor_row *row = &monitor_row[f->rule];
    char note[NOTE], text[VERDICT];
    if (r->options->found) {
        r->options->found(r->options->found_ctx, f);
        return;
    }
    snprintf(note, sizeof note, "%s: %s, %s", row->name, f->words, row->clause);
    if (r->watch->frame && !r->watch->frame->note)
        frame_note(r->watch->frame, NULL, names_text(r->world, &r->watch->notes, note));
    if (row->level != MONITOR_MUST || f->lacks || r->watch->broken)
        return;
    snprintf(text, sizeof text,
             "%s frame %llu breaks %s (%s, %s): %s\n  rule      %s\n  differs   %s: expected it "
             "to hold, actual %s",
             r->watch->link, (unsigned long long)f->number, row->name,
             monitor_level_name(row->level), row->clause, f->words, row->what, row->name, f->words);
    r->watch->broken = names_text(r->world, &r->watch->notes, text);
    r->watch->broken_ns = f->time_ns;
}

void watch_finish(struct run *r)
{
    static const struct place nowhere = {NULL, 0, 0, 0};
    if (r->watch && r->watch->broken && r->verdict.status == RUN_PASSED)
        verdict_fail(&r->verdict, &nowhere, r->watch->broken_ns, "%s", r->watch->broken);
}

void watch_begin(struct run *r)
{
    struct monitor_config config = {.self = r,
                                    .alloc = alloc,
                                    .release = release,
                                    .found = found,
                                    .known =
                                        NEEDS_COMPLETE | NEEDS_PORT | NEEDS_ORDER | NEEDS_UNMERGED,
                                    .most = MOST,
                                    .octets_most = OCTETS_MOST};
    if (!r->options->monitored)
        return;
    r->watch = world_alloc(r->world, sizeof *r->watch, 16);
    r->watch->monitor = monitor_new(&config);
    if (r->other_timers)
        monitor_tell(r->watch->monitor, MONITOR_TOLD_TIMERS);
}

static void see(struct run *r, const uint8_t *bytes, uint32_t len, enum monitor_way way,
                const uint8_t *own, uint32_t record, int64_t now_ns)
{
    const struct monitor_frame seen = {.number = (uint64_t)record + 1,
                                       .time_ns = now_ns,
                                       .bytes = bytes,
                                       .len = len,
                                       .wire_len = len,
                                       .link = MONITOR_ETHERNET,
                                       .way = way,
                                       .own = own};
    monitor_frame(r->watch->monitor, &seen);
}

void watch_sent(struct run *r, const struct judge_port *from, struct frame *f, uint32_t record,
                int64_t now_ns)
{
    if (!r->watch || !from || from->station != STATION_UNDER_TEST)
        return;
    r->watch->frame = f;
    r->watch->link = r->topology.recording.link[judge_link_of(&r->judge, from)].name;
    see(r, f->bytes, f->len, MONITOR_LEAVES, from->mac, record, now_ns);
    r->watch->frame = NULL;
}

/* A NIC pads what is shorter than a frame may be, as QEMU's do: a cut that took zeros alone is
 * none. */
static void see_padded(struct run *r, const struct frame *f, int64_t now_ns)
{
    uint8_t bytes[SHORTEST] = {0};
    bool cut = f->len < SHORTEST;
    if (cut)
        memcpy(bytes, f->bytes, f->len);
    see(r, cut ? bytes : f->bytes, cut ? SHORTEST : f->len, MONITOR_COMES, NULL, 0, now_ns);
}

/* What goes to one station goes to the others' in vain. */
static bool is_for(const struct host_port *port, const struct frame *f)
{
    bool many = f->len && f->bytes[0] & 1;
    return many || f->len < sizeof port->mac || memcmp(f->bytes, port->mac, sizeof port->mac) == 0;
}

void watch_came(void *ctx, struct host *at, int port, const struct frame *f, int64_t now_ns)
{
    struct run *r = ctx;
    if (f == r->last_piece)
        f = r->whole;
    if (r->watch && !(f->flags & (FRAME_BAD_FCS | FRAME_PIECE)) && is_for(&at->port[port], f))
        see_padded(r, f, now_ns);
}

static bool says(const struct value *v, const char *word)
{
    return v->kind == VALUE_BYTES && v->bytes && strcmp((const char *)v->bytes, word) == 0;
}

void watch_losses(struct run *r)
{
    if (r->watch)
        monitor_tell(r->watch->monitor, MONITOR_TOLD_LOSSES);
}

/* RFC 6298 2.1, RFC 9293 3.8.6.3: who sets others has them. */
void watch_knob(struct run *r, const char *knob, int64_t value)
{
    static const struct {
        const char *knob;
        int64_t least, most;
    } timers[] = {{"tcp.rto_initial", SECOND_NS, INT64_MAX},
                  {"tcp.rexmit_slop", 0, SECOND_NS},
                  {"tcp.delayed_ack", 0, SECOND_NS / 2 - 1}};
    for (size_t k = 0; k < sizeof timers / sizeof timers[0]; k++)
        if (strcmp(timers[k].knob, knob) == 0 &&
            (value < timers[k].least || value > timers[k].most))
            r->other_timers = true;
    if (r->other_timers && r->watch)
        monitor_tell(r->watch->monitor, MONITOR_TOLD_TIMERS);
}

void watch_call(struct run *r, const char *call, const struct value *argv, uint32_t arguments)
{
    if (!r->watch)
        return;
    if (strcmp(call, "neighbour") == 0)
        monitor_resolved(r->watch->monitor, world_now(r->world));
    bool starves = strcmp(call, "busy") == 0 || strcmp(call, "fail_allocation") == 0;
    if (starves && r->by_outcome)
        monitor_tell(r->watch->monitor, MONITOR_TOLD_LOSSES);
    if (strcmp(call, "dhcp_option") == 0)
        monitor_tell(r->watch->monitor, MONITOR_TOLD_OPTIONS);
    if (strcmp(call, "ifflags") == 0 && arguments == 3 && says(&argv[1], "arp") && !argv[2].number)
        monitor_tell(r->watch->monitor, MONITOR_TOLD_NO_ARP);
}

struct monitor *watch_monitor(const struct run *r)
{
    return r->watch ? r->watch->monitor : NULL;
}
